"""The wire form byte by byte: what a recorded Web Connector sends, and what it must get back."""

import pytest
from lxml import etree

from tests.protocol.fakes import ENVELOPE, INTUIT, Answer, FakeCalls, application, ask, call, envelope, post

XSI = "http://www.w3.org/2001/XMLSchema-instance"


def _posted(body: bytes, **environ: object) -> tuple[FakeCalls, Answer]:
    calls = FakeCalls()
    return calls, post(application(calls), body, **environ)


def test_an_answer_is_one_line_of_utf8_without_a_byte_order_mark() -> None:
    """Declaration, envelope and headers are as the Web Connector's .NET client wants them."""
    _, answer = _posted(call("closeConnection", "<ticket>t</ticket>"))

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.body.startswith(b'<?xml version="1.0" encoding="utf-8"?><')
    assert b"\n" not in answer.body
    assert "Café &amp; &lt;b&gt;OK&lt;/b&gt;".encode() in answer.body


def test_result_text_stands_directly_in_the_result_element() -> None:
    """No `string` element is nested in a text result."""
    _, answer = _posted(call("getLastError", "<ticket>t</ticket>"))

    assert answer.result.tag == f"{{{INTUIT}}}getLastErrorResult"
    assert (answer.result.text, len(answer.result)) == ("No more work", 0)


def test_an_empty_text_result_is_an_empty_element_not_an_absent_one() -> None:
    """A text of no characters is answered by an element, without nil."""
    _, answer = _posted(call("clientVersion", "<strVersion>2.3.0.36</strVersion>"))

    assert answer.result.tag == f"{{{INTUIT}}}clientVersionResult"
    assert (answer.result.text or "", len(answer.result.attrib)) == ("", 0)


@pytest.mark.parametrize("ticket", [[], ["t"], ["t", ""], ["t", "", "", ""], ["t", "C:\\a b\\é.qbw", "60", "900"]])
def test_the_answer_to_authenticate_is_an_array_of_string_elements(ticket: list[str]) -> None:
    """Each text is one `string` in Intuit's namespace, empty ones included, none nil."""
    answer = post(application(FakeCalls(ticket=ticket)), call("authenticate", "<strUserName>a</strUserName>"))

    assert answer.result.tag == f"{{{INTUIT}}}authenticateResult"
    assert [(item.tag, item.text or "", len(item.attrib)) for item in answer.result] == [
        (f"{{{INTUIT}}}string", text, 0) for text in ticket
    ]


@pytest.mark.parametrize("progress", [-1, 0, 99, 100])
def test_progress_is_a_plain_whole_number(progress: int) -> None:
    """The Web Connector parses an integer and nothing else."""
    answer = post(application(FakeCalls(progress=progress)), call("receiveResponseXML", "<ticket>t</ticket>"))

    assert answer.result.text == str(progress)


def test_a_request_for_quickbooks_is_escaped_exactly_once() -> None:
    """The qbXML arrives as the very text that was given."""
    request = '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML a="&amp;">\u00e9 &#233; ]]&gt;</QBXML>'

    answer = post(
        application(FakeCalls(request=request)),
        call("sendRequestXML", "<qbXMLMajorVers>13</qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers>"),
    )

    assert answer.result.text == request


@pytest.mark.parametrize("content", ["", "<strVersion>1</strVersion>", "<ticket>t</ticket>"])
def test_server_version_is_accepted_with_and_without_a_parameter(content: str) -> None:
    """Sources disagree on its parameter, so any is ignored."""
    calls, answer = _posted(call("serverVersion", content))

    assert (calls.seen, answer.result.text) == ([("server_version",)], "1.0")


@pytest.mark.parametrize(
    "password", ["", "<strPassword/>", "<strPassword></strPassword>", f'<strPassword xmlns:i="{XSI}" i:nil="true"/>']
)
def test_absent_empty_and_nil_texts_are_all_empty(password: str) -> None:
    """A missing parameter is the empty text, never None."""
    calls, _ = _posted(call("authenticate", f"<strUserName>carol</strUserName>{password}"))

    assert calls.seen == [("authenticate", "carol", "")]


def test_the_recorded_first_request_of_a_visit_arrives_whole() -> None:
    """Escaped replies in strHCPResponse, a Windows path and the version numbers keep every character."""
    company = (
        "<?xml version=&quot;1.0&quot; ?>\r\n&lt;QBXML&gt;&amp;amp; \u2019\U0001f477&#13;\n\t&lt;/QBXML&gt;".replace(
            "<", "&lt;"
        ).replace("\r\n", "&#xD;\n")
    )

    calls, _ = _posted(
        call(
            "sendRequestXML",
            f"<ticket>t</ticket><strHCPResponse>{company}</strHCPResponse><strCompanyFileName>C:\\Öl &amp; Co.QBW"
            "</strCompanyFileName><qbXMLCountry>US</qbXMLCountry><qbXMLMajorVers>16</qbXMLMajorVers>"
            "<qbXMLMinorVers>0</qbXMLMinorVers>",
        )
    )

    wanted = '<?xml version="1.0" ?>\r\n<QBXML>&amp; \u2019\U0001f477\r\n\t</QBXML>'.replace("?>", "?>")
    assert calls.seen == [("send_request_xml", "t", wanted, "C:\\Öl & Co.QBW", "US", 16, 0)]


def test_a_body_in_cdata_with_comments_between_is_one_text() -> None:
    """Other SOAP clients write text as CDATA; a comment does not cut it."""
    calls, _ = _posted(call("getLastError", "<ticket>ab<!-- x --><![CDATA[<c>]]>d</ticket>"))

    assert calls.seen == [("get_last_error", "ab<c>d")]


def test_white_space_between_elements_belongs_to_no_parameter() -> None:
    """A pretty-printed request is the same call; white space inside a parameter is kept."""
    calls, _ = _posted(call("authenticate", "\n  <strUserName> a\n</strUserName>\n  <strPassword>b</strPassword>\n"))

    assert calls.seen == [("authenticate", " a\n", "b")]


def test_an_rpc_encoded_envelope_is_understood() -> None:
    """With Style RPC the parameters come unqualified with xsi:type under a q1 prefix; they are found all the same."""
    body = (
        f'<soap:Envelope xmlns:soap="{ENVELOPE}" xmlns:tns="{INTUIT}" xmlns:xsi="{XSI}"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        '<soap:Body soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
        f'<q1:authenticate xmlns:q1="{INTUIT}"><strUserName xsi:type="xsd:string">carol</strUserName>'
        '<strPassword xsi:type="xsd:string">x</strPassword></q1:authenticate></soap:Body></soap:Envelope>'
    ).encode()

    calls, answer = _posted(body, HTTP_SOAPACTION=f'"{INTUIT}authenticate"')

    assert calls.seen == [("authenticate", "carol", "x")]
    assert answer.status == 200


def test_the_body_decides_which_call_it_is_and_not_the_soapaction() -> None:
    """A SOAPAction of another call, or none, changes nothing."""
    for action in (None, '""', f'"{INTUIT}authenticate"'):
        calls, _ = _posted(call("getLastError", "<ticket>t</ticket>"), HTTP_SOAPACTION=action)

        assert calls.seen == [("get_last_error", "t")]


def test_a_soap_header_is_passed_over() -> None:
    """What stands in a header is not taken for a call."""
    header = f'<soap:Header><a><authenticate xmlns="{INTUIT}"/></a></soap:Header><soap:Body>'
    body = call("getLastError", "<ticket>t</ticket>").replace(b"<soap:Body>", header.encode())

    calls, _ = _posted(body)

    assert calls.seen == [("get_last_error", "t")]


@pytest.mark.parametrize("name", ["interactiveDone", "isInteractiveDone"])
def test_both_names_of_interactive_done_get_the_same_answer(name: str) -> None:
    """The guide and Intuit's sample name it differently."""
    calls, answer = _posted(call(name, "<wcTicket>t</wcTicket>"))

    assert calls.seen == [("interactive_done", "t")]
    assert (answer.result.tag, answer.result.text) == (f"{{{INTUIT}}}{name}Result", "Done")


@pytest.mark.parametrize("path", ["", "/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_certificate_probe_gets_a_short_text(method: str, path: str) -> None:
    """GET and HEAD give 200 without login, redirect or cookie; HEAD gives the headers alone."""
    answer = ask(application(), method, CONTENT_TYPE=None, CONTENT_LENGTH=None, PATH_INFO=path)

    assert answer.status == 200
    assert answer.headers.keys() == {"content-type", "content-length"}
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(answer.body) == (0 if method == "HEAD" else int(answer.headers["content-length"]))
    assert 0 < int(answer.headers["content-length"]) < 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "", "POSTX"])
def test_other_methods_get_405_and_a_short_text(method: str) -> None:
    """Only POST, GET and HEAD are spoken."""
    answer = ask(application(), method, b"x")

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_path_gets_404_and_a_short_text(method: str) -> None:
    """The endpoint has one address."""
    calls = FakeCalls()

    answer = ask(application(calls), method, call("serverVersion"), PATH_INFO="/other.wsdl")

    assert (answer.status, calls.seen) == (404, [])
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_unknown_call_is_a_fault_of_the_client() -> None:
    """An optional method that we lack is a SOAP fault, which the Web Connector logs and passes over."""
    calls, answer = _posted(envelope(f'<getServerName xmlns="{INTUIT}"/>'))

    code = etree.fromstring(answer.body).findtext(f".//{{{ENVELOPE}}}Fault/faultcode")
    assert (answer.status, code, calls.seen) == (500, "soap:Client", [])
    assert answer.fault == "The Web Connector's protocol has no call of this name."
