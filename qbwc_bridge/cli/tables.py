"""Tables for people: aligned text, amounts to the right with thousands separators."""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal

from qbwc_bridge.domain.money import readable
from qbwc_bridge.files.plain import printable

GAP = "  "
LAST_RULE = 40
"""How long the rule below the last head is at most: reasons stand there, of many lines on any screen."""


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Give rows below their heads; columns of numbers stand to the right. Without rows only the heads."""
    cells = _aligned([[_cell(value) for value in row] for row in rows])
    right = [all(_numeric(row[place]) for row in rows) and bool(rows) for place in range(len(heads))]
    widths = [max(len(line[place]) for line in [list(heads), *cells]) for place in range(len(heads))]

    def line(texts: Sequence[str]) -> str:
        parts = [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(texts, widths, right, strict=True)
        ]
        return GAP.join(parts).rstrip()

    rules = ["-" * width for width in (*widths[:-1], min(widths[-1], LAST_RULE))]
    return "\n".join([line(heads), line(rules), *(line(row) for row in cells)])


def facts(rows: Sequence[tuple[str, object]]) -> str:
    """Give a list of names and values, the values below one another."""
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name.ljust(width)}{GAP}{_cell(value)}".rstrip() for name, value in rows)


def _aligned(cells: list[list[str]]) -> list[list[str]]:
    """Put the digits of positive amounts above those of negative ones, which end with a parenthesis."""
    columns = [list(column) for column in zip(*cells, strict=True)]
    for column in columns:
        if any(re.fullmatch(r"\([0-9,]+\.[0-9]{2}\)", text) for text in column):
            column[:] = [f"{text} " if text and not text.endswith(")") else text for text in column]
    return [list(row) for row in zip(*columns, strict=True)] if columns else cells


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return readable(value)
        case dt.datetime():
            return value.strftime("%Y-%m-%d %H:%M %Z").rstrip()
        case list() | tuple():
            return printable(" ".join(str(each) for each in value))
        case _:
            return printable(str(value))


def _numeric(value: object) -> bool:
    return value is None or (isinstance(value, Decimal | int) and not isinstance(value, bool))
