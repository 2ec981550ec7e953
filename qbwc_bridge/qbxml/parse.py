"""The one hardened XML parser: text of QuickBooks in, plain Nodes out.

No document type, hence no entity, is accepted; nothing is loaded from outside; size and depth are bounded. Numeric
references 128-159 in replies are Windows-1252 code points (measured in real replies) and are mapped to what they mean.
"""

from collections.abc import Callable, Iterator, Mapping
from sys import intern

from lxml import etree

from qbwc_bridge.domain.replies import Node
from qbwc_bridge.errors import QuickBooksError

MAX_SIZE = 128 * 1024 * 1024
"""Bytes of a document: what the SOAP door lets in at most."""

MAX_DEPTH = 32
"""Elements inside one another: the deepest qbXML reply has 8."""

EXTRACT = 160
"""Characters of a parser's complaint that may be shown: enough to find the place, too few to spread the books."""

_CHUNK = 64 * 1024
"""Bytes given to the parser at once, so that a document too deep is refused early."""

Detach = Callable[[str, int], bool]
"""Decides by tag and depth (the root has 0) whether an element is given out instead of kept in its parent."""


def _code_page() -> dict[int, str]:
    """U+0080-U+009F as Windows-1252 means them; the five that it does not define stay."""
    return {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}


_CP1252 = _code_page()


def parse_document(text: str) -> Node:
    """Give the root element of a document with everything in it but comments and processing instructions.

    Raises QuickBooksError with one sentence when the document is malformed, has a document type, or is too big.
    """
    for node, _ in stream_document(text, lambda _tag, depth: depth == 0):
        return node
    raise QuickBooksError("The XML from QuickBooks holds no element.")


def stream_document(text: str, detach: Detach, *, recover: bool = False) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Give elements as they end: (element, the elements around it, outermost first, with tag and attributes only).

    An element that `detach` names is given out and not kept in its parent, so a long document needs little memory;
    the root comes last if `detach` names it. With `recover` malformed places are skipped. Raises like parse_document.
    """
    data = _checked(text)
    builder = _Builder(detach)
    parser = _parser(builder, recover=recover)
    for start in range(0, len(data), _CHUNK):
        _feed(parser, data[start : start + _CHUNK])
        yield from builder.take()
    _finish(parser)
    yield from builder.take()


def parse_tree(text: str) -> "etree._Element":
    """Give a document as an lxml tree, under the same rules, for the schema check. Raises like parse_document."""
    data = _checked(text)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None


def _checked(text: str) -> bytes:
    if len(text) > MAX_SIZE:
        raise QuickBooksError(f"The XML from QuickBooks is larger than {MAX_SIZE >> 20} MiB and was not read.")
    if "<!DOCTYPE" in text:
        raise QuickBooksError("The XML has a document type (DOCTYPE), which QuickBooks never sends; it was not read.")
    if not text.strip():
        raise QuickBooksError("The XML from QuickBooks is empty.")
    try:
        data = text.lstrip("\ufeff \t\r\n").encode()
    except UnicodeEncodeError:
        raise QuickBooksError("The XML from QuickBooks holds half characters (lone surrogates).") from None
    if len(data) > MAX_SIZE:
        raise QuickBooksError(f"The XML from QuickBooks is larger than {MAX_SIZE >> 20} MiB and was not read.")
    return data


def _parser(builder: "_Builder", *, recover: bool) -> etree.XMLParser:
    # The text is Unicode already, so a declared encoding is overruled. huge_tree lifts libxml2's own limits on one
    # text; ours on size and depth hold instead. Entities: with False libxml2 hands `&amp;` in attributes out as
    # `&#38;`; "internal" reads it right, and no other entity can exist where a document type is refused.
    return etree.XMLParser(
        target=builder,
        encoding="utf-8",
        resolve_entities="internal",  # type: ignore[arg-type]  # the stubs are older than this value
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        recover=recover,
    )


def _feed(parser: etree.XMLParser, data: bytes) -> None:
    try:
        parser.feed(data)
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None


def _finish(parser: etree.XMLParser) -> None:
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None


def _malformed(error: etree.XMLSyntaxError) -> QuickBooksError:
    said = " ".join((error.msg or "").split())[:EXTRACT]
    return QuickBooksError(f"The XML is malformed: {said}.")


class _Open:
    """An element whose end has not come yet."""

    __slots__ = ("children", "head", "texts")

    def __init__(self, head: Node) -> None:
        self.head = head
        self.texts: list[str] = []
        self.children: list[Node] = []

    def closed(self) -> Node:
        text = "".join(self.texts).translate(_CP1252)
        if self.children:
            text = text.strip()
        elif text.isspace():
            text = ""
        if not text and not self.children:
            return self.head
        return Node(self.head.tag, text, self.head.attributes, tuple(self.children))


class _Builder:
    """lxml's parser target: builds Nodes and sets aside the detached ones."""

    def __init__(self, detach: Detach) -> None:
        self._detach = detach
        self._open: list[_Open] = []
        self._ready: list[tuple[Node, tuple[Node, ...]]] = []

    def take(self) -> list[tuple[Node, tuple[Node, ...]]]:
        ready, self._ready = self._ready, []
        return ready

    def start(self, tag: str | bytes, attrib: Mapping[str | bytes, str | bytes]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise QuickBooksError(
                f"The XML from QuickBooks is nested deeper than {MAX_DEPTH} elements; it was not read."
            )
        pairs = tuple((intern(str(name)), str(value).translate(_CP1252)) for name, value in attrib.items())
        self._open.append(_Open(Node(intern(str(tag)), "", pairs)))

    def data(self, data: str | bytes) -> None:
        if self._open:
            self._open[-1].texts.append(str(data))

    def end(self, tag: str | bytes) -> None:  # noqa: ARG002 - lxml names it
        node = self._open.pop().closed()
        if self._detach(node.tag, len(self._open)):
            self._ready.append((node, tuple(outer.head for outer in self._open)))
        elif self._open:
            self._open[-1].children.append(node)

    def comment(self, text: str | bytes) -> None:
        """Comments are no part of a message."""

    def doctype(self, *_parts: str | None) -> None:
        raise QuickBooksError("The XML has a document type (DOCTYPE), which QuickBooks never sends; it was not read.")

    def close(self) -> None:
        """Nothing is left to do when the document ends."""
