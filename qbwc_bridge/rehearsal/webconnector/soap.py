"""The letters of the Web Connector: envelopes as .NET writes them, answers as strictly as .NET reads them.

Sources: WSDL (names, order, types), recorded traffic (the shape of an envelope), the guide's appendix A (numbers).
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from lxml import etree

NAMESPACE = "http://developer.intuit.com/"
"""Namespace of every element of the service, with its slash at the end (WSDL)."""
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
"""Namespace of SOAP 1.1; the Web Connector never speaks 1.2."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "serverVersion": (),
    "clientVersion": ("strVersion",),
    "authenticate": ("strUserName", "strPassword"),
    "sendRequestXML": (
        "ticket",
        "strHCPResponse",
        "strCompanyFileName",
        "qbXMLCountry",
        "qbXMLMajorVers",
        "qbXMLMinorVers",
    ),
    "receiveResponseXML": ("ticket", "response", "hresult", "message"),
    "connectionError": ("ticket", "hresult", "message"),
    "getLastError": ("ticket",),
    "closeConnection": ("ticket",),
    "interactiveRejected": ("wcTicket", "reason"),
}
"""The operations that this Web Connector calls, each with its parameters in wire order (WSDL; guide ch. 6)."""

_OPENING = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
_CLOSING = "</soap:Body></soap:Envelope>"
_ESCAPES = {
    **{code: f"&#x{code:X};" for code in range(0x20) if code not in {0x09, 0x0A, 0x0D}},
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}
_INTEGER = re.compile(r"[ \t\r\n]*([+-]?[0-9]{1,10})[ \t\r\n]*")
_INT32 = 2**31
_BOM = b"\xef\xbb\xbf"


class AnswerError(Exception):
    """An answer that .NET cannot use; `missing` tells that the result is absent or outside the service's namespace."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


def envelope(method: str, values: Sequence[str]) -> bytes:
    """Write the envelope of one call: no white space, empty parameters as one closed tag, the text escaped once.

    Control characters, which XML does not know, go out as references like &#x1; just as .NET writes them.
    """
    parts = [
        f"<{name}>{value.translate(_ESCAPES)}</{name}>" if value else f"<{name} />"
        for name, value in zip(PARAMETERS[method], values, strict=True)
    ]
    inner = "".join(parts)
    call = f'<{method} xmlns="{NAMESPACE}">{inner}</{method}>' if inner else f'<{method} xmlns="{NAMESPACE}" />'
    return (_OPENING + call + _CLOSING).encode("utf-8", "xmlcharrefreplace")


def request_headers(method: str) -> dict[str, str]:
    """Give the two headers that SOAP 1.1 asks for; the action stands in quotes (WSDL)."""
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}{method}"'}


def read_text(method: str, status: int, headers: Mapping[str, str], body: bytes) -> str:
    """Read an answer that is one text; an absent result is "" (WSDL: minOccurs 0). Raises AnswerError."""
    result = _result(method, status, headers, body)
    return "" if result is None else _plain_text(result)


def read_texts(method: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
    """Read an answer that is an ArrayOfString; a nil item is "". Raises AnswerError."""
    result = _result(method, status, headers, body)
    if result is None:
        raise AnswerError("Object reference not set to an instance of an object.")
    if (result.text or "").strip():
        raise AnswerError(f"{method}Result holds text where an array of string elements is due.")
    for item in result:
        if item.tag != f"{{{NAMESPACE}}}string":
            raise AnswerError(f"{method}Result holds an element {item.tag!s} that is not string of {NAMESPACE}.")
    return [_plain_text(item) for item in result]


def read_integer(method: str, status: int, headers: Mapping[str, str], body: bytes) -> int:
    """Read an answer that is one whole number of 32 bits; it may not be absent (WSDL). Raises AnswerError."""
    result = _result(method, status, headers, body)
    if result is None:
        raise AnswerError(f"{method}Result is missing in the answer.", missing=True)
    return integer(_plain_text(result))


def integer(text: str) -> int:
    """Read a whole number as .NET does: 32 bits, no decimals, white space around it allowed. Raises AnswerError."""
    match = _INTEGER.fullmatch(text)
    if match is None or not -_INT32 <= int(match[1]) < _INT32:
        raise AnswerError(f"Input string was not in a correct format: {text[:40]!r} is no 32-bit whole number.")
    return int(match[1])


def _result(method: str, status: int, headers: Mapping[str, str], body: bytes) -> etree._Element | None:
    """Give the result element of an answer, None when the answer leaves it out."""
    _check_head(status, headers)
    content = _body_element(body)
    if content is None:
        raise AnswerError("The SOAP body of the answer is empty.", missing=True)
    if content.tag == f"{{{SOAP}}}Fault":
        reason = content.findtext("faultstring")
        if reason is None:
            raise AnswerError("The answer is a SOAP fault without a faultstring.")
        raise AnswerError(f"The server answered with a SOAP fault: {reason.strip()}")
    if status != HTTPStatus.OK:
        raise AnswerError(f"The request failed with HTTP status {status}.")
    if content.tag != f"{{{NAMESPACE}}}{method}Response":
        unqualified = etree.QName(content).localname == f"{method}Response"
        raise AnswerError(f"The answer holds {content.tag!s} where {method}Response is due.", missing=unqualified)
    found = [child for child in content if etree.QName(child).localname == f"{method}Result"]
    if any(child.tag != f"{{{NAMESPACE}}}{method}Result" for child in found):
        raise AnswerError(f"{method}Result is not in the namespace {NAMESPACE}.", missing=True)
    if len(found) > 1 or len(found) < len(content):
        raise AnswerError(f"{method}Response holds more than one {method}Result.")
    return found[0] if found else None


def _check_head(status: int, headers: Mapping[str, str]) -> None:
    """Refuse an answer by its status line and content type."""
    if status not in {HTTPStatus.OK, HTTPStatus.INTERNAL_SERVER_ERROR}:
        raise AnswerError(f"The request failed with HTTP status {status}.")
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    kind, _, rest = content_type.partition(";")
    if kind.strip().lower() != "text/xml":
        raise AnswerError(f"Client found response content type of {content_type!r}, but expected 'text/xml'.")
    options = {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in _pairs(rest)}
    if options.get("charset") != "utf-8":
        raise AnswerError(f"The content type {content_type!r} of the answer does not say charset=utf-8.")


def _pairs(text: str) -> list[tuple[str, str, str]]:
    """Split the options of a content type at their signs."""
    return [option.partition("=") for option in text.split(";")]


def _body_element(body: bytes) -> etree._Element | None:
    """Parse an envelope and give the one element in its body, None for an empty body."""
    if body.startswith(_BOM):
        raise AnswerError("The answer begins with a byte order mark before its XML declaration.")
    # One parser per answer: lxml parsers keep state and must not be shared between threads.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise AnswerError(f"Response is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise AnswerError("The answer holds a document type, which SOAP forbids.")
    if root.tag != f"{{{SOAP}}}Envelope":
        raise AnswerError(f"The answer is {root.tag!s}, not a SOAP 1.1 envelope.")
    bodies = root.findall(f"{{{SOAP}}}Body")
    if len(bodies) != 1 or len(bodies[0]) > 1:
        raise AnswerError("The answer does not have exactly one SOAP body with one element.")
    return bodies[0][0] if len(bodies[0]) else None


def _plain_text(element: etree._Element) -> str:
    """Give the text directly inside an element; .NET finds no text when another element is nested there."""
    if len(element):
        raise AnswerError(f"{etree.QName(element).localname} holds an element where plain text is due.")
    return element.text or ""
