"""The one hardened XML parser: text of QuickBooks in, elements out, all at once or while the document is still read.

No document type, hence no entity, is accepted; nothing is loaded from outside; size and depth are bounded.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias, cast

from lxml import etree

from qbwc_bridge.errors import QuickBooksError

MAX_SIZE = 128 * 1024 * 1024
"""Bytes of a document: what the SOAP door lets in at most."""

MAX_SHORT = 16 * 1024 * 1024
"""Bytes of a document that is read whole: a request or a session's first answer has far below one million."""

MAX_DEPTH = 32
"""Elements inside one another, in a record or around it: the deepest qbXML reply has 8."""

EXTRACT = 160
"""Characters of a parser's complaint that may be shown: enough to find the place, too few to spread the books."""

_SLICE = 64 * 1024
"""Characters given to the parser at once: about 25 records, so little is held and what is too deep is refused early."""

Element: TypeAlias = etree._Element  # noqa: SLF001 - the only name that lxml has for it

# The text is Unicode already, so a declared encoding is overruled. Entities: with False libxml2 hands `&amp;` in
# attributes out as `&#38;`; "internal" reads it right, and no other entity can exist where a document type is refused.
_OPTIONS: dict[str, Any] = {
    "encoding": "utf-8",
    "resolve_entities": "internal",
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
}

_BLANK = re.compile(r"[\ufeff \t\r\n]*")


# ---------------------------------------------------------------- documents


def parse_tree(text: str, *, recover: bool = False) -> Element:
    """Give the root of a short document (a request, a session's first answer), within libxml2's own tighter bounds.

    With `recover` malformed places are skipped. Raises QuickBooksError with one sentence when the document is
    malformed, has a document type, or is too big.
    """
    parser = etree.XMLParser(recover=recover, **_OPTIONS)
    try:
        root: Element | None = etree.fromstring(b"".join(_slices(text, MAX_SHORT)), parser)
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None
    if root is None:
        raise QuickBooksError("The XML holds no element.")
    return root


def grow(text: str) -> Iterator[tuple[Element, bool]]:
    """Give the root of a QBXML document after each slice of its text, and at last with True, when it is whole.

    Whoever takes (`taken`) what is complete each time needs little memory for a long document. Raises like parse_tree.
    """
    # huge_tree lifts libxml2's own limits on one text; ours on size and depth hold instead.
    # Blanks between elements are layout: without them reading is a tenth faster.
    parser = etree.XMLPullParser(("start",), tag="QBXML", huge_tree=True, remove_blank_text=True, **_OPTIONS)
    root: Element | None = None
    try:
        for data in _slices(text, MAX_SIZE):
            parser.feed(data)
            started = [cast("Element", element) for _, element in parser.read_events()]
            root = started[0] if root is None and started else root
            if root is None or root.getparent() is not None:
                raise QuickBooksError("The answer is no reply set of QuickBooks: it does not begin with QBXML.")
            _bound_open(root)
            yield root, False
        parser.close()
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None
    if root is not None:
        yield root, True


def taken(parent: Element, *, whole: bool) -> list[Element]:
    """Take out and give the children that are complete; the last one may still be open unless `parent` is whole.

    Nobody else may remove elements: libxml2 still writes into the last one or the text after it, and crashes without.
    """
    children = list(parent)
    if children and not whole:
        children.pop()
    if children and _DEEP(parent):
        raise _too_deep()
    del parent[: len(children)]
    return children


# ---------------------------------------------------------------- bounds


_DEEP = etree.XPath(f"boolean({'/'.join('*' * MAX_DEPTH)})")


def _bound_open(root: Element) -> None:
    """Refuse a document in which too many elements are open: they are the last child of the last child ..."""
    node, depth = root, 1
    while len(node):
        node, depth = node[-1], depth + 1
        if depth > MAX_DEPTH:
            raise _too_deep()


def _too_deep() -> QuickBooksError:
    return QuickBooksError(f"The XML from QuickBooks is nested deeper than {MAX_DEPTH} elements; it was not read.")


def _slices(text: str, limit: int) -> Iterator[bytes]:
    """Give a document of at most `limit` bytes in encoded slices, so that no second copy of it is held."""
    start = _BLANK.match(text).end()  # type: ignore[union-attr]  # it matches the empty text too
    if "<!DOCTYPE" in text:
        raise QuickBooksError("The XML has a document type (DOCTYPE), which QuickBooks never sends; it was not read.")
    if start == len(text):
        raise QuickBooksError("The XML from QuickBooks is empty.")
    size = 0
    for at in range(start, len(text), _SLICE):
        try:
            data = text[at : at + _SLICE].encode()
        except UnicodeEncodeError:
            raise QuickBooksError("The XML from QuickBooks holds half characters (lone surrogates).") from None
        size += len(data)
        if size > limit:
            raise QuickBooksError(f"The XML from QuickBooks is larger than {limit >> 20} MiB and was not read.")
        yield data


def _malformed(error: etree.XMLSyntaxError) -> QuickBooksError:
    said = " ".join((error.msg or "").split())[:EXTRACT]
    return QuickBooksError(f"The XML is malformed: {said}.")
