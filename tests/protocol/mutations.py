"""Requests of the Web Connector, damaged in body, headers and framing; the same seed gives the same ones."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from qbwc_bridge.webconnector.calls import OPERATIONS
from tests.protocol.fakes import call

PIECES = (
    b"<", b">", b"&", b"&#0;", b"&lt;", b"&#xD800;", b"]]>", b"<![CDATA[", b"<!DOCTYPE a [<!ENTITY e 'x'>]>", b"<!--",
    b"\x00", b"\xff", b"\xed\xa0\x80", b'"', b"xmlns:", b"<?", b"\r\n\r\n", b"\r\n0\r\n\r\n", b"/>", b"<soap:Body>",
)  # fmt: skip
KINDS = (
    "text/xml", "text/xml; charset=utf-8", "text/xml; charset=utf-16", "text/xml; charset=us-ascii", "application/xml",
    "text/xml; charset=windows-1252", "text/xml; charset=", "text/xml; charset=utf-7", "application/soap+xml",
    "text/html", "multipart/related; boundary=x", "application/x-www-form-urlencoded", "", ";;;",
)  # fmt: skip
METHODS = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "post", "XPOST")
TARGETS = ("/qbwc", "/qbwc/", "/qbwc?wsdl", "/qbwc/x", "/", "*", "//qbwc", "http://[/qbwc", "/qbwc%00", "/qbwc;a=b#c")
LENGTHS = ("", "-1", "abc", "1e3", "0x10", " ", "9" * 19, "9" * 5000, "1, 1")
OTHER_HEADERS = (
    "Expect: 100-continue", "Expect: x", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked",
    "Content-Encoding: gzip", "Connection: close", "Connection: keep-alive", "Host: evil.example", "SOAPAction: x",
    "X-Forwarded-For: 192.0.2.1", "Content-Length: 7", "X\x00: y", "Upgrade: h2c", "Cookie: a=b", "no colon", " folded",
)  # fmt: skip
QBXML = "&lt;?xml version=&quot;1.0&quot;?&gt;&lt;QBXML&gt;&lt;QBXMLMsgsRs&gt;{}&lt;/QBXMLMsgsRs&gt;&lt;/QBXML&gt;"
HCP = QBXML.format(
    "&lt;HostQueryRs statusCode=&quot;0&quot;&gt;&lt;HostRet&gt;&lt;ProductName&gt;Q\u2019Books&lt;/ProductName&gt;"
    "&lt;SupportedQBXMLVersion&gt;13.0&lt;/SupportedQBXMLVersion&gt;&lt;/HostRet&gt;&lt;/HostQueryRs&gt;"
    "&lt;CompanyQueryRs statusCode=&quot;0&quot;&gt;&lt;CompanyRet&gt;&lt;IsSampleCompany&gt;false"
    "&lt;/IsSampleCompany&gt;&lt;CompanyName&gt;Bluestone&lt;/CompanyName&gt;&lt;EIN&gt;%s&lt;/EIN&gt;"
    "&lt;/CompanyRet&gt;&lt;/CompanyQueryRs&gt;"
)
MANY_ROWS = QBXML.format("&lt;BillRet&gt;&lt;Memo&gt;caf\u00e9 &amp;amp; co&lt;/Memo&gt;&lt;/BillRet&gt;" * 200)


@dataclass
class Secrets:
    """What must stay inside: the password, the present ticket, and a number in the books."""

    password: str
    ticket: str
    books: str


@dataclass(frozen=True)
class Request:
    """The bytes of one request. `complete`: it is framed as it says, so exactly one answer is due; None: who knows."""

    wire: bytes
    complete: bool | None
    method: str


def bodies(known: Secrets) -> dict[str, bytes]:
    """Give a good body of each operation, with the secrets where they belong."""
    values = {
        "strVersion": "34.0.10012.70",
        "strUserName": "bluestone",
        "strPassword": known.password,
        "ticket": known.ticket,
        "wcTicket": known.ticket,
        "strHCPResponse": HCP % known.books,
        "strCompanyFileName": "C:\\B\u00fccher\\Bluestone.qbw",
        "qbXMLCountry": "US",
        "qbXMLMajorVers": "16",
        "qbXMLMinorVers": "0",
        "response": MANY_ROWS,
        "hresult": "",
        "message": "",
        "reason": "no",
        "sessionID": "7",
    }
    return {
        operation.name: call(
            operation.name, "".join(f"<{name}>{values[name]}</{name}>" for name in operation.parameters)
        )
        for operation in OPERATIONS
    }


def mutated(chance: random.Random, known: Secrets) -> Request:
    """Give a request of any operation, with up to four kinds of damage; one in ten has none."""
    good = list(bodies(known).values())
    body = chance.choice(good)
    if chance.random() < 0.1:
        return _framed(chance, body, plain=True)
    for _ in range(chance.randint(0, 4)):
        body = _damaged(chance, body, good)
    if chance.random() < 0.01:
        body += b" " * 70_000
    request = _framed(chance, body, plain=chance.random() < 0.5)
    if request.method == "POST" and chance.random() < 0.05:
        head, _, rest = request.wire.partition(b"\r\n\r\n")
        wire = _damaged(chance, head, good) + b"\r\n\r\n" + rest
        return Request(wire, None, request.method)
    return request


def _damaged(chance: random.Random, body: bytes, others: Sequence[bytes]) -> bytes:
    """Flip a bit, set a byte, insert, drop, repeat, cut off, or put in a part of another request."""
    at, length = chance.randrange(len(body) + 1), chance.randint(1, 40)
    before, hit, after = body[:at], body[at : at + length], body[at + length :]
    match chance.randrange(7):
        case 0:
            hit = bytes([hit[0] ^ 1 << chance.randrange(8)]) + hit[1:] if hit else b"\x80"
        case 1:
            hit = bytes([chance.randrange(256)]) + hit[1:]
        case 2:
            hit = chance.choice(PIECES) + hit
        case 3:
            hit = b""
        case 4:
            hit *= chance.choice((2, 2, 50))
        case 5:
            hit = after = b""
        case _:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            hit = other[start : start + chance.choice((length, 2000))]
    return before + hit + after


def _framed(chance: random.Random, body: bytes, *, plain: bool) -> Request:
    """Put headers before a body; unless `plain` they are changed, and the length may lie."""
    method, target, kind, extra, length = "POST", "/qbwc", "text/xml; charset=utf-8", "", str(len(body))
    complete: bool | None = True
    if not plain:
        method = chance.choice(METHODS) if chance.random() < 0.1 else method
        target = chance.choice(TARGETS) if chance.random() < 0.1 else target
        kind = chance.choice(KINDS) if chance.random() < 0.3 else kind
        if chance.random() < 0.2:
            extra, complete = f"{chance.choice(OTHER_HEADERS)}\r\n", None
        if chance.random() < 0.2:
            wrong = [str(len(body) // 2), str(len(body) + 7), str(len(body) * 1000), "0", *LENGTHS]
            length, complete = chance.choice(wrong), None
    framing, sent = f"Content-Length: {length}\r\n", body
    if chance.random() < 0.2:
        framing, sent = "Transfer-Encoding: chunked\r\n", _chunked(chance, body)
        if chance.random() < 0.2:
            sent, complete = _damaged(chance, sent, [body]), None
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{extra}{framing}\r\n"
    return Request(head.encode("latin-1") + sent, complete, method)


def _chunked(chance: random.Random, body: bytes) -> bytes:
    size = chance.choice((1, 10, 1000, 100_000))
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
