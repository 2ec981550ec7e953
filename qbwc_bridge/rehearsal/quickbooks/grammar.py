r"""A small notation for the order of elements, and the check of a document against it.

An order table is text: `Name!:s41 IsActive?:bool BillAddress?=ADDR ( Price?:price | PricePercent?:pct )?`.
After the name: `!` once, `?` at most once, `*` any number, `+` one or more. Then `:type` for a value, `=BLOCK` for a
block of its own, nothing for plain text, and `@7.0` for the qbXML version that brought the element.
Types: `sN` text of at most N characters, `s` text, `id`, `amt`, `price`, `qty`, `pct`, `int`, `float`, `bool`, `date`,
`dt`, `guid`, `{A|B}` or `#Name` an enumeration, `refN` a reference with ListID and FullName (at most N characters).
`( ... | ... )` is a choice.

A table becomes a regular expression over the names of the children, so a wrong order cannot slip through.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from .errors import parse_fault
from .nodes import Node
from .values import normal

_TOKEN = re.compile(
    r"(?P<name>\w+)(?P<count>[!?*+])(?::(?P<kind>\{[^}]*\}|#\w+|[a-z]+\d*))?(?:=(?P<block>\w+))?(?:@(?P<since>[\d.]+))?"
)
_COUNTS = {"!": "", "?": "?", "*": "*", "+": "+"}


@dataclass(frozen=True)
class Field:
    """One element of an order table."""

    name: str
    kind: str
    limit: int | None
    choices: frozenset[str]
    block: "Model | None"
    since: float


@dataclass(frozen=True)
class Model:
    """One order table, compiled."""

    pattern: re.Pattern[str]
    fields: Mapping[str, Field]

    @property
    def order(self) -> tuple[str, ...]:
        """The names in the order of the table."""
        return tuple(self.fields)


class Grammar:
    """A set of order tables that may use one another's blocks and enumerations."""

    def __init__(self, enumerations: Mapping[str, str]) -> None:
        self._enumerations = {name: frozenset(words.split("|")) for name, words in enumerations.items()}
        self.blocks: dict[str, Model] = {}
        self._references: dict[str, Model] = {}

    def add(self, table: Mapping[str, str]) -> None:
        """Compile order tables; a table may use blocks that were added before it."""
        for name, text in table.items():
            self.blocks[name] = self.compile(text)

    def compile(self, text: str) -> Model:
        """Compile one order table."""
        fields: dict[str, Field] = {}
        pattern = ""
        for word in text.split():
            if word == "(":
                pattern += "(?:"
            elif word == "|":
                pattern += "|"
            elif word[0] == ")":
                pattern += ")" + word[1:].replace("!", "")
            else:
                match = _TOKEN.fullmatch(word)
                if match is None:
                    raise ValueError(f"order table has a wrong word: {word}")
                fields[match["name"]] = self._field(match)
                pattern += f"(?:{match['name']};){_COUNTS[match['count']]}"
        return Model(re.compile(pattern), fields)

    def _field(self, match: re.Match[str]) -> Field:
        name, kind, since = match["name"], match["kind"] or "s", float(match["since"] or 0)
        if match["block"]:
            return Field(name, "block", None, frozenset(), self.blocks[match["block"]], since)
        if kind.startswith("ref"):
            return Field(name, "block", None, frozenset(), self._reference(kind), since)
        if kind.startswith("{"):
            return Field(name, "enum", None, frozenset(kind[1:-1].split("|")), None, since)
        if kind.startswith("#"):
            return Field(name, "enum", None, self._enumerations[kind[1:]], None, since)
        word = kind.rstrip("0123456789")
        limit = kind.removeprefix(word)
        return Field(name, word, int(limit) if limit else None, frozenset(), None, since)

    def _reference(self, kind: str) -> Model:
        if kind not in self._references:
            self._references[kind] = self.compile(f"ListID?:id FullName?:s{kind.removeprefix('ref')}")
        return self._references[kind]


def check_order(element: etree._Element, model: Model, version: float) -> None:
    """Check names, order and nesting of an element's children; raises RequestProcessorError 0x80040400."""
    if element.text and element.text.strip():
        raise parse_fault(f"{element.tag} may not contain text")
    names = []
    for child in element:
        field = model.fields.get(str(child.tag))
        if field is None or field.since > version:
            raise parse_fault(f"{child.tag} is not known in {element.tag} of qbXML {version}")
        if child.attrib or (child.tail and child.tail.strip()):
            raise parse_fault(f"{child.tag} in {element.tag} has attributes or is followed by text")
        if field.block is not None:
            check_order(child, field.block, version)
        elif len(child):
            raise parse_fault(f"{child.tag} in {element.tag} may not contain elements")
        names.append(f"{child.tag};")
    if not model.pattern.fullmatch("".join(names)):
        raise parse_fault(f"the elements of {element.tag} are not in the schema's order or one is missing: {names}")


def to_node(element: etree._Element, model: Model) -> Node:
    """Turn a checked element into a value; raises QuickBooksError for the first value that does not convert."""
    children = []
    for child in element:
        field = model.fields[str(child.tag)]
        if field.block is not None:
            children.append(to_node(child, field.block))
        else:
            text = normal(field.kind, field.limit, field.choices, field.name, child.text or "")
            children.append(Node(field.name, text))
    return Node(str(element.tag), children=tuple(children))
