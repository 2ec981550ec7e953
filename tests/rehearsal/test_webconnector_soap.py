from collections.abc import Callable, Mapping

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.webconnector import soap
from tests.rehearsal.webconnector_server import GOOD_HEADERS, NS, Answer, Pc, Server, result, wrap
from tests.support import shared_dir

XSD = "http://www.w3.org/2001/XMLSchema"
HEAD = (
    b'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
TAIL = b"</soap:Body></soap:Envelope>"


def test_envelopes_have_the_recorded_shape() -> None:
    """Prefix, declarations, default namespace on the method and self-closed empty parameters are as recorded."""
    assert soap.envelope("serverVersion", ()) == HEAD + b'<serverVersion xmlns="http://developer.intuit.com/" />' + TAIL
    assert soap.envelope("authenticate", ("a&b", "")) == (
        HEAD
        + b'<authenticate xmlns="http://developer.intuit.com/"><strUserName>a&amp;b</strUserName><strPassword />'
        + b"</authenticate>"
        + TAIL
    )


def test_the_action_is_quoted_and_the_type_is_text_xml() -> None:
    """Every call carries SOAPAction in quotes, text/xml with utf-8 and .NET's name."""
    pc = Pc()
    pc.connector.visit()
    for (method, _), headers in zip(pc.server.calls, pc.server.headers, strict=True):
        assert headers["HTTP_SOAPACTION"] == f'"{NS}{method}"'
        assert headers["CONTENT_TYPE"] == "text/xml; charset=utf-8"
        assert "MS Web Services Client Protocol" in headers["HTTP_USER_AGENT"]


def test_a_reply_of_quickbooks_is_escaped_once() -> None:
    """Markup, quotes and letters beyond ASCII arrive as they were; control characters go out as references."""
    reply = '<?xml version="1.0" ?><a b="&quot;\'">Caf\u00e9 \u2019 \U0001f600 &amp; &lt;\x92</a>\n'
    pc = Pc()
    pc.company.reply = reply
    pc.connector.visit()
    assert pc.server.sent("receiveResponseXML")[0]["response"] == reply
    assert b"<response>a&#x1;&#x1F;b</response>" in soap.envelope("receiveResponseXML", ("t", "a\x01\x1fb", "", ""))
    assert b"&#55357;" in soap.envelope("getLastError", ("\ud83d",))


def test_every_call_validates_against_the_published_wsdl() -> None:
    """The schema inside Intuit's WSDL accepts the method elements of a whole update."""
    types = etree.parse(shared_dir("qbwc", "QBWebConnectorSvc.wsdl")).find(f".//{{{XSD}}}schema")
    assert types is not None
    schema = etree.XMLSchema(etree.fromstring(etree.tostring(types)))
    pc = Pc(Server(sendRequestXML=["", "<q/>"], getLastError=["NoOp"]))
    pc.company.closed_tries = 2
    pc.server.script["connectionError"] = [""]
    pc.connector.visit()
    assert {name for name, _ in pc.server.calls} == set(pc.server.script)
    for body in pc.server.bodies:
        schema.assertValid(etree.fromstring(etree.tostring(etree.fromstring(body)[0][0])))


NUMBERS = {
    "authenticate": "QBWC1012",
    "sendRequestXML": "QBWC1041",
    "receiveResponseXML": "QBWC1042",
    "getLastError": "QBWC1043",
    "closeConnection": "QBWC1044",
    "connectionError": "QBWC1045",
}
FAULT = wrap("<soap:Fault><faultcode>soap:Server</faultcode><faultstring>broken</faultstring></soap:Fault>")
HTML = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


def failing(method: str, answer: Answer) -> Pc:
    """Make a PC whose server fails at one method, and reaches it."""
    pc = Pc(Server(**{method: [answer]}))
    if method == "getLastError":
        pc.server.script["sendRequestXML"] = [""]
    if method == "connectionError":
        pc.company.closed_tries = 99
    return pc


@pytest.mark.parametrize("method", NUMBERS)
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {"Content-Type": "text/html"}, HTML), "expected 'text/xml'"),
        ((200, GOOD_HEADERS, HTML), "document type"),
        ((302, {**GOOD_HEADERS, "Location": "/login"}, b""), "status 302"),
        ((404, GOOD_HEADERS, b""), "status 404"),
        ((500, GOOD_HEADERS, FAULT), "broken"),
        ((200, GOOD_HEADERS, FAULT), "broken"),
        ((500, {"Content-Type": "text/html"}, b""), "expected 'text/xml'"),
        ((500, GOOD_HEADERS, result("sendRequestXML", "")), "status 500"),
        ((200, GOOD_HEADERS, b""), "not well-formed"),
        ((200, GOOD_HEADERS, b"PHP Warning: <soap>"), "not well-formed"),
        ((200, GOOD_HEADERS, b"<a/>"), "not a SOAP 1.1 envelope"),
        ((200, {"Content-Type": "text/xml"}, FAULT), "charset=utf-8"),
        ((200, {"Content-Type": "text/xml; charset=iso-8859-1"}, FAULT), "charset=utf-8"),
    ],
)
def test_a_bad_answer_has_the_number_of_its_call(
    method: str, answer: tuple[int, Mapping[str, str], bytes], words: str
) -> None:
    """HTML, redirects, faults and broken XML end the update under the call's number, and nothing is called after."""
    pc = failing(method, answer)
    visit = pc.connector.visit()
    assert (visit.outcome, visit.qbwc_error) == ("error", NUMBERS[method])
    assert words in visit.status_text
    assert visit.calls[-1] == method


@pytest.mark.parametrize("method", NUMBERS)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"/soap/envelope/", b"/soap/envelope-12/"),
        lambda body: body.replace(b"Result>", b"Answer>"),
        lambda body: body.replace(b"</soap:Body>", b"<x/></soap:Body>"),
        lambda body: body.replace(b"</soap:Body>", b"</soap:Body><soap:Body/>"),
        lambda body: body.replace(b"Result>", b"Result>\x01", 1),
    ],
)
def test_a_spoiled_answer_has_the_number_of_its_call(method: str, spoil: Callable[[bytes], bytes]) -> None:
    """A byte order mark, another SOAP, other elements, two bodies and control characters are all refused."""
    values: dict[str, int | list[str]] = {"authenticate": ["t", ""], "receiveResponseXML": 100}
    visit = failing(method, spoil(result(method, values.get(method, "text")))).connector.visit()
    assert visit.qbwc_error == NUMBERS[method]


@pytest.mark.parametrize("method", NUMBERS)
def test_a_missing_or_unqualified_result_is_2012(method: str) -> None:
    """An empty body and elements outside the service's namespace are QBWC2012."""
    for body in (
        wrap(""),
        wrap(f"<{method}Response><{method}Result/></{method}Response>"),
        wrap(f'<{method}Response xmlns="{NS}"><{method}Result xmlns=""/></{method}Response>'),
    ):
        assert failing(method, body).connector.visit().qbwc_error == "QBWC2012"


def test_an_absent_result_is_null() -> None:
    """A text may be absent and is empty then; an array must not be null, a number must be there."""

    def absent(method: str) -> bytes:
        return wrap(f'<{method}Response xmlns="{NS}"/>')

    assert failing("closeConnection", absent("closeConnection")).connector.visit().outcome == "done"
    assert failing("authenticate", absent("authenticate")).connector.visit().qbwc_error == "QBWC1012"
    assert failing("receiveResponseXML", absent("receiveResponseXML")).connector.visit().qbwc_error == "QBWC2012"


def test_a_nested_string_is_no_text() -> None:
    """An element inside a text result is refused."""
    method = "sendRequestXML"
    body = wrap(
        f'<{method}Response xmlns="{NS}"><{method}Result><string>x</string></{method}Result></{method}Response>'
    )
    assert failing(method, body).connector.visit().qbwc_error == "QBWC1041"


@pytest.mark.parametrize(
    "items",
    [
        "t<string>t</string><string/>",
        "<string xmlns=''>t</string><string/>",
        "t",
        "<text>t</text><string/>",
        "<string><b>t</b></string><string/>",
    ],
)
def test_the_items_of_the_array_must_be_strings_of_the_namespace(items: str) -> None:
    """Other elements or bare text in the array are QBWC1012."""
    method = "authenticate"
    body = wrap(f'<{method}Response xmlns="{NS}"><{method}Result>{items}</{method}Result></{method}Response>')
    assert failing(method, body).connector.visit().qbwc_error == "QBWC1012"


def test_nil_items_are_empty() -> None:
    """The WSDL lets an item be nil."""
    method, nil = "authenticate", 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
    items = f"<string>t</string><string {nil}/>"
    body = wrap(f'<{method}Response xmlns="{NS}"><{method}Result>{items}</{method}Result></{method}Response>')
    assert failing(method, body).connector.visit().outcome == "done"


@pytest.mark.parametrize("text", ["99.5", "", "1e2", "100%", "\u0661\u0660\u0660", "2147483648", "0x64"])
def test_progress_is_a_whole_number_of_32_bits(text: str) -> None:
    """Decimals, words and too large numbers are QBWC1042."""
    assert failing("receiveResponseXML", text).connector.visit().qbwc_error == "QBWC1042"


@pytest.mark.parametrize(("text", "number"), [(" 100\n", 100), ("+5", 5), ("-2147483648", -(2**31)), ("007", 7)])
def test_what_dotnet_reads_as_a_number_is_read(text: str, number: int) -> None:
    """White space around and a sign in front are allowed."""
    assert soap.integer(text) == number
