"""Reads a call from the bytes of a request, strictly where it could do harm and tolerantly where clients differ.

The envelope is read with expat as a stream, not with lxml: an answer of QuickBooks is one text of up to
MAX_SOAP_BYTES, and libxml2 takes more than 10,000,000 characters only with all its limits off. Here a DOCTYPE is
refused where it begins, text may be long, and everything else is short: markup and the number of elements.

A long answer is held little more than once (`_Text`), and no cycle is left that would keep it until Python collects
garbage.
"""

import codecs
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from wsgiref.types import WSGIEnvironment
from xml.parsers import expat

from werkzeug.http import parse_options_header

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.webconnector.calls import BY_NAME, NUMBERS

ENVELOPE_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"

CHUNK_BYTES = 256 * 1024
"""How much is read and parsed at once: a body is never held whole as bytes."""
MAX_ELEMENTS = 200
"""The largest call has nine elements with its envelope; a header may bring some. Bounds the depth as well."""
MAX_SILENT_BYTES = 1024 * 1024
"""How much may arrive without an element or a text: one tag, or comments. Text is reported every CHUNK_BYTES."""

STEPS = 8
"""A long text grows by an eighth: in steps of one chunk, 128 MB took 25 s where each step copies."""

REMEMBERED = 16
"""Content types that are read once: every Web Connector sends the same one with each call."""

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


def read_call(environ: WSGIEnvironment, max_bytes: int) -> tuple[str, dict[str, str]]:
    """Read the operation's name and its parameters from a request; absent, empty and nil texts are "".

    Names are compared without their namespace: an old .qwc with Style RPC sends unqualified parameters.
    Raises RefusedRequest for anything that is not a call of the protocol.
    """
    kind, charset = _content_type(environ.get("CONTENT_TYPE", ""))
    if kind not in {"text/xml", "application/xml"} and not kind.endswith("+xml"):
        raise RefusedRequest("The content type of the request must be text/xml.")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
        raise RefusedRequest("The request is compressed, and the bridge reads only what comes as it is.")
    name, found = _EnvelopeReader().read(_as_utf8(_chunks(environ, max_bytes), charset))
    texts = {parameter: found.get(parameter, "") for parameter in BY_NAME[name].parameters}
    for parameter, text in texts.items():
        if parameter in NUMBERS and not _NUMBER.fullmatch(text):
            raise RefusedRequest(f"The call {name} needs a whole number as {parameter}.")
    return name, texts


@lru_cache(maxsize=REMEMBERED)
def _content_type(header: str) -> tuple[str, str | None]:
    """Give the media type in lower case, and the character set where one is named."""
    kind, options = parse_options_header(header)
    return kind.lower(), options.get("charset")


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


def _as_utf8(chunks: Iterator[bytes], charset: str | None) -> Iterator[bytes]:
    """Read strictly by the declared charset, else the byte order mark, else the XML declaration, else utf-8.

    Gives utf-8, which is what expat works in.
    """
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
        for chunk in itertools.chain([first], chunks):
            text = decoder.decode(chunk)
            yield chunk if encoding == "utf-8" else text.encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError:
        # `from None`: the exception carries the bytes, which may hold a password.
        raise RefusedRequest("The request is not in the character set that it declares.") from None


class _EnvelopeReader:
    """Takes an envelope in pieces, keeps the call's name and parameters, bounds everything but the length of a text."""

    def __init__(self) -> None:
        self._depth = self._elements = self._silent = 0
        self._in_body = False
        self._call = ""
        self._parameter: _Text | None = None
        self._texts: dict[str, _Text] = {}

    def read(self, pieces: Iterable[bytes]) -> tuple[str, dict[str, str]]:
        """Give the call's name and the parameters that came; raise RefusedRequest when there is no call.

        `pieces` are the envelope in utf-8. The parser is not kept: it would make a cycle that keeps the texts alive.
        """
        parser = expat.ParserCreate("utf-8", "}")
        parser.buffer_text = True
        parser.buffer_size = CHUNK_BYTES
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        for piece in pieces:
            self._feed(parser, piece)
        self._feed(parser, b"", final=True)
        if not self._call:
            raise RefusedRequest("The SOAP envelope holds no call.")
        return self._call, {name: self._texts.pop(name).whole() for name in list(self._texts)}

    def _feed(self, parser: expat.XMLParserType, piece: bytes, *, final: bool = False) -> None:
        self._silent += len(piece)
        try:
            parser.Parse(piece, final)
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            raise RefusedRequest(f"The request is not well-formed XML ({place}).") from None
        if self._silent > MAX_SILENT_BYTES:
            raise RefusedRequest("The request holds a tag or a comment of unreasonable length.")

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
            self._parameter = self._texts[local] = _Text()
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
            self._parameter.add(text)


class _Text:
    """A text that comes in pieces. It grows in few steps, so that the work is in proportion to its length anywhere.

    Where the system can, as Linux does, a step needs no second copy: CPython lengthens a text in place while a variable
    is its only name. Elsewhere each step copies it, and the last holds it twice for a moment.
    """

    def __init__(self) -> None:
        self._whole = ""
        self._pieces: list[str] = []
        self._waiting = 0

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._waiting += len(piece)
        if self._waiting * STEPS >= len(self._whole):
            self._grow()

    def whole(self) -> str:
        self._grow()
        return self._whole

    def _grow(self) -> None:
        more = "".join(self._pieces)
        self._pieces.clear()
        self._waiting = 0
        whole, self._whole = self._whole, ""
        whole += more
        self._whole = whole
