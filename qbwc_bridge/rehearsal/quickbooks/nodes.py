"""Elements of qbXML as plain values, their text as QuickBooks keeps it, and how they are written out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

C1_FIRST, C1_LAST = 0x80, 0x9F
"""The range in which Windows-1252 has typographic characters and Unicode has control characters."""


@dataclass(frozen=True)
class Node:
    """One element: name, text or children, attributes in the order in which they are written."""

    name: str
    text: str = ""
    children: tuple["Node", ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()

    def child(self, name: str) -> "Node | None":
        """Give the first child of that name, or None."""
        return next((one for one in self.children if one.name == name), None)

    def all(self, *names: str) -> Iterator["Node"]:
        """Give the children that have one of the names, in document order."""
        return (one for one in self.children if one.name in names)

    def value(self, name: str) -> str | None:
        """Give the text of the first child of that name; None when it is absent."""
        found = self.child(name)
        return None if found is None else found.text

    def has(self, name: str) -> bool:
        """Tell whether a child of that name is there."""
        return self.child(name) is not None

    def texts(self, name: str) -> list[str]:
        """Give the texts of all children of that name."""
        return [one.text for one in self.children if one.name == name]


def group(name: str, *children: Node | None) -> Node:
    """Make an element with children; None among them is left out."""
    return Node(name, children=tuple(one for one in children if one is not None))


def leaf(name: str, text: str | None) -> Node | None:
    """Make an element with text, or nothing when there is no text: QuickBooks leaves empty fields out."""
    return Node(name, text) if text else None


def flag(name: str, value: bool) -> Node:  # noqa: FBT001  (the value is the point of the call)
    """Make a boolean element."""
    return Node(name, "true" if value else "false")


def reference(name: str, list_id: str, full_name: str) -> Node:
    """Make a reference element with ListID and FullName."""
    return Node(name, children=(Node("ListID", list_id), Node("FullName", full_name)))


def quickbooks_text(text: str) -> str:
    """Give text as QuickBooks stores it: Windows-1252, blanks at both ends cut, others as question marks."""
    return _windows_1252(text.strip())


def _windows_1252(text: str) -> str:
    if text.isascii():
        return text
    return "".join(_stored(char) for char in text)


def _stored(char: str) -> str:
    code = ord(char)
    if C1_FIRST <= code <= C1_LAST:  # a reference such as &#146; names a Windows-1252 code point
        return bytes([code]).decode("cp1252", errors="replace").replace("�", "?")
    return char.encode("cp1252", errors="replace").decode("cp1252")


def written(text: str) -> str:
    """Give text as it stands in a reply: ASCII, other characters as references to Windows-1252 code points."""
    plain = escape(text)
    if plain.isascii():
        return plain
    return "".join(char if char.isascii() else f"&#{char.encode('cp1252', errors='replace')[0]};" for char in plain)


def render(node: Node) -> str:
    """Write an element and everything below it."""
    parts: list[str] = []
    _render(node, parts)
    return "".join(parts)


@lru_cache(maxsize=4096)
def _attribute(name: str, value: str) -> str:
    """Write an attribute; the cells of a report repeat names, dates and columns thousands of times."""
    quoted = written(value).replace('"', "&quot;").replace("\n", "&#10;")
    return f' {name}="{quoted}"'


def _render(node: Node, parts: list[str]) -> None:
    head = node.name
    for name, value in node.attributes:
        head += _attribute(name, value)
    if node.children:
        parts.append(f"<{head}>")
        for one in node.children:
            _render(one, parts)
        parts.append(f"</{node.name}>\n")
    elif node.text:
        parts.append(f"<{head}>{written(node.text)}</{node.name}>\n")
    else:
        parts.append(f"<{head}/>\n")


def only(nodes: Iterable[Node], names: frozenset[str]) -> tuple[Node, ...]:
    """Keep the elements that IncludeRetElement names; all of them when it names none."""
    return tuple(one for one in nodes if not names or one.name in names)
