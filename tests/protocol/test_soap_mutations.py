"""Random damage to good requests: nothing escapes, whatever the bytes."""

import io
import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.protocol.fakes import ENVELOPE, INTUIT, Answer, FakeCalls, application, ask, call, post
from tests.support import DEEP

COUNT = 30_000 if DEEP else 2_000
XML_TEXT = st.text().map(lambda text: re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text))

REQUESTS = (
    call("serverVersion"),
    call("authenticate", "<strUserName>carol</strUserName><strPassword>pässword</strPassword>"),
    call(
        "sendRequestXML",
        "<ticket>t</ticket><strHCPResponse>&lt;QBXML/&gt;</strHCPResponse><strCompanyFileName>C:\\é.qbw"
        "</strCompanyFileName><qbXMLCountry>US</qbXMLCountry><qbXMLMajorVers>16</qbXMLMajorVers>"
        "<qbXMLMinorVers>0</qbXMLMinorVers>",
    ),
    call("receiveResponseXML", "<ticket>t</ticket><response>&lt;a&gt;\u2019&lt;/a&gt;</response><hresult/><message/>"),
    call("closeConnection", "<ticket>t</ticket>"),
)
APPLICATION = application()
PIECES = (
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"]]>",
    b"<![CDATA[",
    b"<!DOCTYPE a [",
    b"<!--",
    b"\x00",
    b"\xff",
    b'"',
    b"xmlns:",
    b"<?",
)
KINDS = (
    "text/xml",
    "text/xml; charset=utf-8",
    "text/xml; charset=utf-16",
    "text/xml; charset=us-ascii",
    "text/xml; charset=windows-1252",
    "text/xml; charset=",
    "application/soap+xml",
    "text/html",
    "multipart/related; boundary=x",
)


def _damaged(chance: random.Random, body: bytes) -> bytes:
    """Flip, insert, drop, repeat or cut, up to four times."""
    for _ in range(chance.randint(0, 4)):
        at, length = chance.randrange(len(body) + 1), chance.randint(1, 40)
        match chance.randrange(5):
            case 0:
                body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]
            case 1:
                body = body[:at] + chance.choice(PIECES) + body[at:]
            case 2:
                body = body[:at] + body[at + length :]
            case 3:
                body = body[:at] + body[at : at + length] * 2 + body[at + length :]
            case _:
                body = body[:at]
    return body


def _assert_proper(answer: Answer) -> None:
    """Fail on anything but a result, a fault, or a short plain text."""
    text = answer.body.decode("utf-8")
    assert "Traceback" not in text
    assert int(answer.headers["content-length"]) == len(answer.body)
    if answer.headers["content-type"].startswith("text/plain"):
        assert answer.status in {200, 404, 405}
        assert len(text) < 200
        return
    root = etree.fromstring(answer.body)
    if answer.status == 200:
        assert root[0][0].tag.startswith(f"{{{INTUIT}}}")
    else:
        assert (answer.status, root[0][0].tag) == (500, f"{{{ENVELOPE}}}Fault")
        assert answer.fault.endswith(".")


def test_no_mutated_request_escapes() -> None:
    """Damaged bodies, content types, lengths and methods all end as an answer; undamaged ones are still served."""
    chance = random.Random(20_240_117)  # noqa: S311 - repeatable damage, no secret
    calls = FakeCalls()
    app = application(calls)
    statuses = {200: 0, 405: 0, 500: 0}

    for _ in range(COUNT):
        body = _damaged(chance, chance.choice(REQUESTS))
        environ: dict[str, object] = {}
        if chance.random() < 0.3:
            environ["CONTENT_TYPE"] = chance.choice(KINDS)
        if chance.random() < 0.1:
            environ["CONTENT_LENGTH"] = chance.choice(["", "0", "-1", "abc", str(len(body) // 2), str(len(body) + 7)])
        method = "POST" if chance.random() < 0.97 else chance.choice(["GET", "HEAD", "PUT"])
        answer = ask(app, method, body, **environ)
        if method != "HEAD":
            _assert_proper(answer)
        statuses[answer.status] += 1

    assert statuses[200] > COUNT // 20
    assert statuses[500] > COUNT // 4
    assert calls.seen


@settings(max_examples=2_000 if DEEP else 100, deadline=None)
@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=40)), st.one_of(st.none(), st.text(max_size=8)))
def test_no_arbitrary_bytes_or_headers_escape(body: bytes, kind: str | None, length: str | None) -> None:
    """Bytes without any likeness to a request, with any headers, end as a fault."""
    answer = post(APPLICATION, body, CONTENT_TYPE=kind, CONTENT_LENGTH=length, **{"wsgi.input": io.BytesIO(body)})

    assert answer.status == 500
    _assert_proper(answer)


@settings(max_examples=2_000 if DEEP else 100, deadline=None)
@given(XML_TEXT, XML_TEXT)
def test_every_text_that_xml_can_carry_arrives_and_returns_unchanged(sent: str, given_back: str) -> None:
    """Whatever characters a ticket has and a result holds, neither side sees others."""
    calls = FakeCalls(ticket=[given_back])
    escaped = sent.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")

    answer = post(application(calls), call("authenticate", f"<strUserName>{escaped}</strUserName>"))

    assert calls.seen == [("authenticate", sent, "")]
    assert (answer.result[0].text or "") == given_back
