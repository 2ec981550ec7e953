"""The guard in front of spyne: reads the bytes itself, hands spyne an envelope of its own making, lets no trace out.

The envelope is read with expat as a stream, not with lxml: an answer of QuickBooks is one text of up to
MAX_SOAP_BYTES, and libxml2 takes more than 10,000,000 characters only with all its limits off. Here a DOCTYPE is
refused where it begins, text may be long, and everything else is short: markup and the number of elements. Spyne
then sees a small, clean envelope in one fixed form, in which a long text stands as a token; the text goes past spyne.

Whatever goes wrong, the answer is a SOAP fault with status 500, which is where a SOAP 1.1 client looks for the reason.
"""

import codecs
import html
import io
import logging
import re
import secrets
import traceback
from collections.abc import Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from xml.parsers import expat

from werkzeug.http import parse_options_header

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.webconnector.calls import BY_NAME, NAMESPACE, NUMBERS
from qbwc_bridge.webconnector.service import HANDOVER, Handover

log = logging.getLogger("qbwc_bridge.webconnector")

ENVELOPE_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
CONTENT_TYPE = "text/xml; charset=utf-8"

CHUNK_BYTES = 64 * 1024
"""How much is read and parsed at once: a body is never held whole as bytes."""
MAX_ELEMENTS = 200
"""The largest call has nine elements with its envelope; a header may bring some. Bounds the depth as well."""
MAX_SILENT_BYTES = 1024 * 1024
"""How much may arrive without an element or a text: one tag, or comments. Text is reported every 64 KiB."""
LONG_TEXT = 16 * 1024
"""Texts above this many characters go past spyne by a token."""
MAX_FRAMES = 5
"""How many exceptions of a chain are logged."""

GENERIC = "The bridge met a fault of its own; the log on its server says where, and the next visit tries again."
"""All that a caller hears of an unexpected exception: its text may hold a secret, so it goes nowhere."""

ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso8859-1",
    "latin1": "iso8859-1",
    "windows-1252": "cp1252",
}
"""Encodings that are read, by the names they are declared with; the Web Connector sends utf-8."""

_XML_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_NUMBER = re.compile(r"\s*[0-9]{1,9}\s*", re.ASCII)


class RefusedRequest(BridgeError):  # noqa: N818 - reads as the sentence it heads
    """A request that cannot be read; the sentence goes to the caller. `code` is the SOAP 1.1 fault code."""

    def __init__(self, sentence: str, code: str = "Client") -> None:
        super().__init__(sentence)
        self.code = code


class Guard:
    """A WSGI application for POST requests, around spyne's; `max_bytes` (MAX_SOAP_BYTES) bounds a request."""

    def __init__(self, inner: WSGIApplication, *, max_bytes: int) -> None:
        self._inner = inner
        self._max_bytes = max_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer one SOAP request with status 200, or 500 and a soap:Fault."""
        status = "500 Internal Server Error"
        try:
            name, texts = read_call(environ, self._max_bytes)
            body = _ask(self._inner, name, texts)
            status = "200 OK"
        except RefusedRequest as refusal:
            log.warning(
                "A SOAP request from %s was refused: %s", environ.get("REMOTE_ADDR", "an unknown address"), refusal
            )
            body = fault(refusal.code, str(refusal))
        except Exception as error:  # noqa: BLE001 - the last line of defence: logged below, answered as a fault
            log.error("A SOAP call failed: %s", without_values(error))  # noqa: TRY400 - a full traceback ends in the message
            body = fault("Server", GENERIC)
        answer = b'<?xml version="1.0" encoding="utf-8"?>' + body
        start_response(status, [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(answer)))])
        return [answer]


def fault(code: str, sentence: str) -> bytes:
    """Give a SOAP 1.1 envelope with a fault, without XML declaration; `code` is Client, Server or VersionMismatch."""
    return (
        f'<soap:Envelope xmlns:soap="{ENVELOPE_NAMESPACE}"><soap:Body><soap:Fault><faultcode>soap:{code}</faultcode>'
        f"<faultstring>{html.escape(sentence)}</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    ).encode()


def without_values(error: BaseException) -> str:
    """Tell the kinds of an exception and its causes and the lines they passed; no message, it may quote a secret."""
    told: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(told) < MAX_FRAMES:
        kind = f"{type(cause).__module__}.{type(cause).__qualname__}"
        told.append(f"{kind}\n{''.join(traceback.format_tb(cause.__traceback__))}")
        cause = cause.__cause__ or cause.__context__
    return "after ".join(told)


def read_call(environ: WSGIEnvironment, max_bytes: int) -> tuple[str, dict[str, str]]:
    """Read the operation's name and its parameters from a request; absent, empty and nil texts are "".

    Names are compared without their namespace: an old .qwc with Style RPC sends unqualified parameters.
    Raises RefusedRequest for anything that is not a call of the protocol.
    """
    kind, options = parse_options_header(environ.get("CONTENT_TYPE", ""))
    if kind.lower() not in {"text/xml", "application/xml"} and not kind.lower().endswith("+xml"):
        raise RefusedRequest("The content type of the request must be text/xml.")
    reader = _EnvelopeReader()
    for piece in _decoded(_chunks(environ, max_bytes), options.get("charset")):
        reader.feed(piece)
    name, found = reader.close()
    texts = {parameter: found.get(parameter, "") for parameter in BY_NAME[name].parameters}
    for parameter, text in texts.items():
        if parameter in NUMBERS and not _NUMBER.fullmatch(text):
            raise RefusedRequest(f"The call {name} needs a whole number as {parameter}.")
    return name, texts


def _chunks(environ: WSGIEnvironment, max_bytes: int) -> Iterator[bytes]:
    """Give the body in chunks; refuse it unread when its length is missing, senseless or above the limit."""
    given = environ.get("CONTENT_LENGTH", "").strip()
    if not given:
        raise RefusedRequest(
            f"The request has no Content-Length, and MAX_SOAP_BYTES ({max_bytes}) bounds every request."
        )
    # Twenty digits hold any length that exists; int() on an endless row of digits would be work for nothing.
    if not re.fullmatch(r"[0-9]{1,20}", given, re.ASCII):
        raise RefusedRequest(f"The Content-Length is not a number of bytes from 1 to MAX_SOAP_BYTES ({max_bytes}).")
    length = int(given)
    if length > max_bytes:
        raise RefusedRequest(
            f"The request has {length} bytes, more than MAX_SOAP_BYTES ({max_bytes}) allows; "
            "who runs the bridge can raise that setting."
        )
    if length == 0:
        raise RefusedRequest(
            f"The request is empty; a SOAP envelope of 1 to MAX_SOAP_BYTES ({max_bytes}) bytes was expected."
        )
    left = length
    while left:
        chunk = _filled(environ["wsgi.input"], min(CHUNK_BYTES, left))
        left -= len(chunk)
        yield chunk


def _filled(stream: io.BufferedIOBase, wanted: int) -> bytes:
    """Read exactly `wanted` bytes, however small the pieces that the stream gives."""
    pieces = []
    while wanted:
        piece = stream.read(wanted)
        if not piece:
            raise RefusedRequest("The request ended before its Content-Length was reached.")
        wanted -= len(piece)
        pieces.append(piece)
    return b"".join(pieces)


def _decoded(chunks: Iterator[bytes], charset: str | None) -> Iterator[str]:
    """Decode strictly: by the declared charset, else the byte order mark, else the XML declaration, else utf-8."""
    first = next(chunks)
    if charset is None:
        declared = _XML_DECLARATION.match(first.removeprefix(codecs.BOM_UTF8))
        utf16 = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        charset = "utf-16" if utf16 else declared[1].decode("ascii") if declared else "utf-8"
    encoding = ENCODINGS.get(charset.strip().lower())
    if encoding is None:
        raise RefusedRequest("The request declares a character set that the bridge does not read; utf-8 is right.")
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        yield decoder.decode(first)
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        # `from None`: the exception carries the bytes, which may hold a password.
        raise RefusedRequest("The request is not in the character set that it declares.") from None


class _EnvelopeReader:
    """Takes an envelope in pieces, keeps the call's name and parameters, bounds everything but the length of a text."""

    def __init__(self) -> None:
        self._parser = parser = expat.ParserCreate("utf-8", "}")
        parser.buffer_text = True
        parser.buffer_size = CHUNK_BYTES
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._depth = self._elements = self._silent = 0
        self._in_body = False
        self._call = ""
        self._parameter: list[str] | None = None
        self._texts: dict[str, list[str]] = {}

    def feed(self, text: str, *, final: bool = False) -> None:
        """Take the next piece."""
        self._silent += len(text)
        try:
            self._parser.Parse(text, final)
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise RefusedRequest(f"The request is not well-formed XML ({place}).") from None
        if self._silent > MAX_SILENT_BYTES:
            raise RefusedRequest("The request holds a tag or a comment of unreasonable length.")

    def close(self) -> tuple[str, dict[str, str]]:
        """Give the call's name and the parameters that came; raise RefusedRequest when there is no call."""
        self.feed("", final=True)
        if not self._call:
            raise RefusedRequest("The SOAP envelope holds no call.")
        return self._call, {name: "".join(pieces) for name, pieces in self._texts.items()}

    def _doctype(self, *_: object) -> None:
        raise RefusedRequest("The request has a DOCTYPE, which SOAP forbids.")

    def _start(self, name: str, _attributes: object) -> None:
        self._silent = 0
        self._depth += 1
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise RefusedRequest("The request has more elements than any call has.")
        namespace, _, local = name.rpartition("}")
        if self._depth == 1:
            self._envelope(namespace, local)
        elif self._depth == 2:  # noqa: PLR2004 - the second level of an envelope
            self._in_body = (namespace, local) == (ENVELOPE_NAMESPACE, "Body")
        elif self._in_body:
            self._in_call(local)

    def _envelope(self, namespace: str, local: str) -> None:
        if local != "Envelope":
            raise RefusedRequest("The request is XML, but not a SOAP envelope.")
        if namespace != ENVELOPE_NAMESPACE:
            raise RefusedRequest(
                "The envelope is not one of SOAP 1.1, which the Web Connector speaks.", "VersionMismatch"
            )

    def _in_call(self, local: str) -> None:
        if self._depth == 3:  # noqa: PLR2004 - the call itself
            if self._call:
                raise RefusedRequest("The envelope holds more than one call.")
            if local not in BY_NAME:
                raise RefusedRequest("The Web Connector's protocol has no call of this name.")
            self._call = local
        elif self._depth == 4:  # noqa: PLR2004 - a parameter
            if local in self._texts:
                raise RefusedRequest(f"A parameter of the call {self._call} stands twice in the request.")
            self._parameter = self._texts[local] = []
        else:
            raise RefusedRequest(
                f"A parameter of the call {self._call} holds elements where text belongs; escape it once."
            )

    def _end(self, _name: str) -> None:
        self._silent = 0
        self._depth -= 1
        self._parameter = None

    def _text(self, text: str) -> None:
        self._silent = 0
        if self._parameter is not None:
            self._parameter.append(text)


def _ask(inner: WSGIApplication, name: str, texts: dict[str, str]) -> bytes:
    """Put one call through spyne and give its envelope; raises what the call raised, or RuntimeError."""
    handover = Handover()
    parameters = []
    for parameter, text in texts.items():
        passed = text
        if len(text) > LONG_TEXT:
            passed = secrets.token_hex(16)
            handover.texts[passed] = text
        escaped = html.escape(passed, quote=False).replace("\r", "&#13;")
        parameters.append(f"<{parameter}>{escaped}</{parameter}>")
    envelope = (
        f'<soap:Envelope xmlns:soap="{ENVELOPE_NAMESPACE}"><soap:Body>'
        f'<{name} xmlns="{NAMESPACE}">{"".join(parameters)}</{name}></soap:Body></soap:Envelope>'
    ).encode()
    statuses: list[str] = []

    def started(status: str, _headers: object, _exc_info: object = None) -> None:
        statuses.append(status)

    answer = b"".join(inner(_environ(envelope, handover), started))  # type: ignore[arg-type] # write() is not offered
    if handover.error is not None:
        raise handover.error
    # Spyne says 200 and sends an envelope without a body when XML cannot carry the result.
    if statuses != ["200 OK"] or f"{name}Response>".encode() not in answer:
        raise RuntimeError(f"spyne gave no answer to {name}; is there a character in the result that XML forbids?")
    return answer


def _environ(envelope: bytes, handover: Handover) -> WSGIEnvironment:
    """Give the least environ that spyne runs with: no header of the caller reaches it, Host least of all."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "text/xml",
        "CONTENT_LENGTH": str(len(envelope)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(envelope),
        HANDOVER: handover,
    }
