"""What an element says: its texts, attributes and references.

Numeric references 128-159 in replies are Windows-1252 code points (measured in real replies); they are mapped to what
they mean.
"""

from collections.abc import Collection, Iterable

from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.qbxml.parse import Element


def _code_page() -> dict[int, str]:
    """U+0080-U+009F as Windows-1252 means them; the five that it does not define stay."""
    return {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}


_CP1252 = _code_page()


def clean(text: str) -> str:
    """Give text with the code points of Windows-1252 as what they mean."""
    return text if text.isascii() else text.translate(_CP1252)


def attribute(node: Element, name: str) -> str:
    """Give an attribute, empty where it is absent."""
    return clean(node.get(name, ""))


def _said(text: str | None) -> str:
    # White space alone is layout, and libxml2 drops it where a slice of the document ends in it.
    return "" if not text or text.isspace() else clean(text)


def text_at(node: Element, path: str) -> str:
    """Give the text at a path such as `VendorRef/ListID`, through first children; empty where it ends early."""
    return _said(node.findtext(path))


def fields(node: Element, wanted: Iterable[str], refs: Collection[str] = ()) -> tuple[dict[str, str], dict[str, Ref]]:
    """Read the children in one pass: texts and references by their tags, those that are asked for.

    What is empty is left out; of several children with one tag the first counts. A record has many more children than
    anybody asks for: lxml passes those over without a word of Python.
    """
    texts: dict[str, str] = {}
    found: dict[str, Ref] = {}
    for child in node.iterchildren(*wanted, *refs, reversed=True):
        tag = child.tag
        if tag in refs:
            ref = {part.tag: _said(part.text) for part in child}
            if any(ref.values()):
                found[tag] = Ref(ref.get("ListID", ""), ref.get("FullName", ""))
        elif text := _said(child.text):
            texts[tag] = text
    return texts, found
