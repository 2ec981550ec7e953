"""The guard: every hole found in spyne, and hostile bytes; the answer is always a SOAP fault in one sentence."""

import io
import re
import time
import tracemalloc

import pytest
from lxml import etree

from qbwc_bridge.webconnector.guard import fault
from tests.protocol.fakes import ENVELOPE, INTUIT, MAX_BYTES, Answer, FakeCalls, application, call, envelope, post
from tests.support import DEEP

GOOD = call("getLastError", "<ticket>tick-é</ticket>")
SOON = 5
"""Seconds: each takes a few hundredths, and a bomb that goes off takes minutes or all memory."""


def _refused(body: bytes, **environ: object) -> str:
    """Send it; check that a proper fault came and that no call was made; give the fault's sentence."""
    calls = FakeCalls()
    answer = post(application(calls), body, **environ)

    assert (answer.status, calls.seen) == (500, [])
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    _assert_one_sentence(answer)
    return answer.fault


def _assert_one_sentence(answer: Answer) -> None:
    assert answer.fault.endswith(".")
    assert len(answer.fault) < 200
    assert not re.search(r"Traceback|File \"|\.py|<html|spyne|lxml", answer.body.decode(), re.IGNORECASE)


@pytest.mark.parametrize(
    "length", ["", None, "-1", "-0", "+5", "x", "1e3", "0x10", "1 0", "٣", "9" * 5000, "1.5", str(MAX_BYTES + 1)]
)
def test_a_senseless_or_too_large_length_is_refused_naming_the_setting(length: str | None) -> None:
    """Missing, negative, not a number or above the limit: one sentence that names MAX_SOAP_BYTES, body unread."""
    unread = io.BytesIO(GOOD)

    sentence = _refused(GOOD, CONTENT_LENGTH=length, **{"wsgi.input": unread})

    assert "MAX_SOAP_BYTES" in sentence
    assert unread.tell() == 0


def test_a_body_of_exactly_the_limit_is_accepted() -> None:
    """The limit itself is allowed, one byte more is not."""
    calls = FakeCalls()

    assert post(application(calls, max_bytes=len(GOOD)), GOOD).status == 200
    assert post(application(calls, max_bytes=len(GOOD) - 1), GOOD).status == 500
    assert calls.seen == [("get_last_error", "tick-é")]


def test_an_empty_body_and_one_that_ends_early_are_refused() -> None:
    """Where spyne raises StopIteration or sees half a document, the guard says what is wrong."""
    assert _refused(b"").startswith("The request is empty")
    assert _refused(GOOD, CONTENT_LENGTH=str(len(GOOD) + 1)).startswith("The request ended before")


def test_a_body_that_comes_in_single_bytes_is_read_whole() -> None:
    """A stream may give less than was asked for."""

    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1))

    calls = FakeCalls()

    assert post(application(calls), GOOD, **{"wsgi.input": Dripping(GOOD)}).status == 200
    assert calls.seen == [("get_last_error", "tick-é")]


def test_a_stream_that_breaks_is_a_fault() -> None:
    """An exception of the server's input does not escape."""

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 - as BytesIO has it
            raise OSError("the cable, and s3cret")

    sentence = _refused(GOOD, **{"wsgi.input": Broken()})

    assert "s3cret" not in sentence


@pytest.mark.parametrize(
    "kind", [None, "", "application/json", "text/html", "text/plain", "multipart/form-data; boundary=x", ";;=", "xml"]
)
def test_a_content_type_that_is_not_xml_is_refused(kind: str | None) -> None:
    """What spyne accepts as anything must be XML."""
    assert _refused(GOOD, CONTENT_TYPE=kind) == "The content type of the request must be text/xml."


@pytest.mark.parametrize(
    "kind",
    ["text/xml", "TEXT/XML", 'text/xml; charset="UTF-8"', "application/xml;charset=utf8", "application/soap+xml"],
)
def test_content_types_of_xml_are_accepted(kind: str) -> None:
    """Case, quotes and parameters do not matter."""
    assert post(application(), GOOD, CONTENT_TYPE=kind).status == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
def test_a_compressed_body_is_refused_by_name(encoding: str) -> None:
    """What cannot be read is told as what it is, not as wrong characters; an encoding that is none is no matter."""
    assert _refused(GOOD, HTTP_CONTENT_ENCODING=encoding).startswith("The request is compressed")
    assert post(application(), GOOD, HTTP_CONTENT_ENCODING="Identity").status == 200


UNDECLARED = GOOD.decode().replace(' encoding="utf-8"', "")


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", GOOD),
        ("utf-8", b"\xef\xbb\xbf" + GOOD),
        (None, b"\xef\xbb\xbf" + GOOD),
        ("utf-16", UNDECLARED.encode("utf-16")),
        (None, UNDECLARED.encode("utf-16")),
        ("utf-16le", UNDECLARED.encode("utf-16-le")),
        ("UTF-16BE", ("\ufeff" + UNDECLARED).encode("utf-16-be")),
        ("iso-8859-1", GOOD.decode().encode("latin-1")),
        ("windows-1252", GOOD.decode().replace("utf-8", "utf-16").encode("cp1252")),
        (None, GOOD.decode().replace("utf-8", "windows-1252").encode("cp1252")),
        (None, GOOD.decode().replace("utf-8", "ISO-8859-1").encode("latin-1")),
    ],
)
def test_the_declared_character_set_is_decoded(charset: str | None, body: bytes) -> None:
    """HTTP's charset rules over the mark and the declaration; the text arrives the same."""
    calls = FakeCalls()
    kind = "text/xml" if charset is None else f"text/xml; charset={charset}"

    assert post(application(calls), body, CONTENT_TYPE=kind).status == 200
    assert calls.seen == [("get_last_error", "tick-é")]


@pytest.mark.parametrize(
    "charset", ["klingon", "utf-7", "rot13", "zlib", "unicode_escape", "idna", "undefined", "utf-32", "\x00", "../x"]
)
def test_an_unknown_or_dangerous_character_set_is_refused(charset: str) -> None:
    """Where spyne raises LookupError, and for codecs that are not character sets."""
    assert "character set" in _refused(GOOD, CONTENT_TYPE=f'text/xml; charset="{charset}"')
    declared = GOOD.replace(b"utf-8", b"utf-7")
    assert "character set" in _refused(declared, CONTENT_TYPE="text/xml")


@pytest.mark.parametrize(
    "body", [GOOD.decode().encode("latin-1"), b"\xff\xfe\x00", GOOD[:-30] + b"\xc3", GOOD + b"\xe2\x82"]
)
def test_a_body_that_is_not_its_declared_character_set_is_refused(body: bytes) -> None:
    """Where spyne raises UnicodeDecodeError: 9,378 of 30,000 mutated requests."""
    assert _refused(body) == "The request is not in the character set that it declares."


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE soap:Envelope>",
        '<!DOCTYPE x [<!ENTITY e "nothing">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]>',
        f"<!DOCTYPE x [{LAUGHS}]>",
        "<!-- before --><!DOCTYPE x>",
        f"<!--{'-x' * 70_000}--><!DOCTYPE x [{LAUGHS}]>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_any_doctype_is_refused(doctype: str, encoding: str) -> None:
    """Where spyne makes `tick-&e;` into `tick-` with 200: no entity, no file, no network, whatever the encoding."""
    content = "<ticket>tick-&e;&l11;</ticket>"
    body = (doctype + call("getLastError", content).decode().partition("?>")[2]).encode(encoding)
    started = time.perf_counter()

    sentence = _refused(body, CONTENT_TYPE=f"text/xml; charset={encoding}")

    assert sentence == "The request has a DOCTYPE, which SOAP forbids."
    assert time.perf_counter() - started < SOON


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b"<",
        GOOD[:-1],
        GOOD + b"<more/>",
        b" " + GOOD,
        call("getLastError", "<ticket>&e;</ticket>"),
        call("getLastError", "<ticket>&#1;</ticket>"),
        call("getLastError", "<ticket>&#xD800;</ticket>"),
        call("getLastError", "<ticket>&#xFFFE;</ticket>"),
        call("getLastError", "<ticket>\x01</ticket>"),
        call("getLastError", "<ticket>\x00</ticket>"),
        call("getLastError", "<ticket>a</tocket>"),
        call("getLastError", "<ticket a='1' a='2'>t</ticket>"),
        call("getLastError", "<p:ticket>t</p:ticket>"),
        call("getLastError", "<ticket>]]></ticket>"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place(body: bytes) -> None:
    """Unclosed, doubled, undeclared, illegal characters: line and column, and not a word of the content."""
    assert re.fullmatch(r"The request is not well-formed XML \(line \d+, column \d+\)\.", _refused(body))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html><body>login</body></html>", "The request is XML, but not a SOAP envelope."),
        (b"<Envelope/>", "The envelope is not one of SOAP 1.1, which the Web Connector speaks."),
        (
            GOOD.replace(ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope"),
            "The envelope is not one of SOAP 1.1",
        ),
        (envelope(""), "The SOAP envelope holds no call."),
        (f'<e:Envelope xmlns:e="{ENVELOPE}"/>'.encode(), "The SOAP envelope holds no call."),
        (
            f'<e:Envelope xmlns:e="{ENVELOPE}"><Body><getLastError/></Body></e:Envelope>'.encode(),
            "The SOAP envelope holds no",
        ),
        (
            envelope(f'<getLastError xmlns="{INTUIT}"/><closeConnection xmlns="{INTUIT}"/>'),
            "The envelope holds more than one",
        ),
        (
            call("getLastError", "<ticket>a</ticket><ticket>b</ticket>"),
            "A parameter of the call getLastError stands twice",
        ),
        (
            call("receiveResponseXML", "<response><QBXML/></response>"),
            "A parameter of the call receiveResponseXML holds",
        ),
        (
            call("sendRequestXML", "<ticket>t</ticket>"),
            "The call sendRequestXML needs a whole number as qbXMLMajorVers.",
        ),
        (
            call("sendRequestXML", "<qbXMLMajorVers>13</qbXMLMajorVers><qbXMLMinorVers>0.5</qbXMLMinorVers>"),
            "The call sendRequestXML needs a whole number as qbXMLMinorVers.",
        ),
    ],
)
def test_xml_that_is_not_a_call_is_refused_with_its_reason(body: bytes, sentence: str) -> None:
    """Each way of not being a call of the protocol has its own sentence."""
    assert _refused(body).startswith(sentence)


def test_soap_1_2_gets_the_code_version_mismatch() -> None:
    """The fault code that SOAP 1.1 has for another envelope namespace."""
    answer = post(application(), GOOD.replace(ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope"))

    assert etree.fromstring(answer.body).findtext(".//faultcode") == "soap:VersionMismatch"


@pytest.mark.parametrize(
    "content",
    [
        "<a>" * 5000 + "</a>" * 5000,
        "<a/>" * 100_000,
        "<a " + " ".join(f'b{n}=""' for n in range(200_000)) + "/>",
        f'<a b="{"x" * 2_000_000}"/>',
        f"<!--{'x' * 2_000_000}-->",
        "<!--x-->" * 300_000,
        f"<a{'x' * 2_000_000}/>",
        "<a " + " ".join(f'xmlns:b{n}="c"' for n in range(100_000)) + "/>",
        f"<?{'x' * 2_000_000}?>",
    ],
)
def test_bombs_of_depth_number_and_length_are_refused_fast(content: str) -> None:
    """Nesting, elements, attributes, names, comments: refused at once and without a tree in memory."""
    in_header = f"<soap:Header>{content}</soap:Header><soap:Body>".encode()
    body = GOOD.replace(b"<soap:Body>", in_header)
    tracemalloc.start()
    started = time.perf_counter()

    _refused(body)
    _refused(call("getLastError", f"<ticket>t</ticket>{content}"))

    took, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert took < SOON
    assert peak < 8 * len(body) + 16 * 1024 * 1024


@pytest.mark.parametrize("millions", [11, 60] if DEEP else [11])
def test_an_answer_above_ten_million_characters_arrives_whole(millions: int) -> None:
    """QuickBooks' answer is one text node; libxml2's limit of 10,000,000 characters does not hold here."""
    row = "<BillRet><Memo>Café & \u201cco\u201d\r\n</Memo></BillRet>"
    response = row * (millions * 1_000_000 // len(row))
    escaped = response.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    calls = FakeCalls()

    answer = post(
        application(calls, max_bytes=128 * 1024 * 1024),
        call("receiveResponseXML", f"<ticket>t</ticket><response>{escaped}</response><hresult/><message/>"),
    )

    assert answer.result.text == "50"
    assert calls.seen == [("receive_response_xml", "t", response, "", "")]


def test_every_text_may_be_long_and_keeps_its_characters() -> None:
    """Whatever XML can carry arrives as it was sent, in any parameter."""
    text = "\U0001f477&<>\"'\r\n\t x" * 20_000
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;")
    calls = FakeCalls()

    post(application(calls), call("connectionError", f"<ticket>{escaped}</ticket><hresult>{'0' * 32}</hresult>"))

    assert calls.seen == [("connection_error", text, "0" * 32, "")]


def test_a_text_of_many_pieces_arrives_whole() -> None:
    """However a text is cut into sections, comments and references, and whatever widens it, its pieces are joined."""
    pieces = ["<![CDATA[<a>]]>", "&amp;", "<!--x-->", "é", "\u201c", "\U0001f477", "<?x y?>", "&#233;"] * 50_000
    text = "<a>&é\u201c\U0001f477é" * 50_000
    calls = FakeCalls()

    post(application(calls), call("getLastError", f"<ticket>{''.join(pieces)}</ticket>"))

    assert calls.seen == [("get_last_error", text)]


@pytest.mark.parametrize("name", ["serverVersion", "authenticate", "receiveResponseXML"])
def test_an_exception_of_a_call_is_a_generic_fault(name: str) -> None:
    """Neither message nor trace of what happened inside reaches the wire, and the next call works."""
    calls = FakeCalls(failing=RuntimeError("password s3cret in row 7"))
    app = application(calls)

    answer = post(app, call(name))

    assert answer.status == 500
    assert etree.fromstring(answer.body).findtext(".//faultcode") == "soap:Server"
    _assert_one_sentence(answer)
    assert "s3cret" not in answer.body.decode()
    calls.failing = None
    assert post(app, call(name)).status == 200


@pytest.mark.parametrize("text", ["nul \x00", "control \x01", "half a pair \ud800", "no character \uffff"])
def test_a_result_that_xml_cannot_carry_is_a_generic_fault(text: str) -> None:
    """Characters that XML forbids in a result end as a fault, not as an escape or broken XML."""
    answer = post(application(FakeCalls(ticket=[text, ""])), call("authenticate"))

    assert answer.status == 500
    _assert_one_sentence(answer)


def test_a_sentence_with_markup_stays_a_sentence() -> None:
    """Whatever a reason says, it cannot break out of its element."""
    answer = Answer(500, {}, fault("Client", "a < b && </faultstring>."))

    assert answer.fault == "a < b && </faultstring>."


def test_a_bare_environ_is_answered() -> None:
    """Even without the keys that a server must give, the answer is a fault."""
    _refused(GOOD, REMOTE_ADDR=None, SERVER_NAME=None, HTTP_HOST=None, CONTENT_TYPE=None)
    _refused(GOOD, **{"wsgi.input": None})
