"""Text that is safe to show and to open: names come from outside."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any


def printable(text: str) -> str:
    """Give text that cannot steer a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def csv_text(columns: Sequence[str], lines: Iterable[Mapping[str, Any]]) -> str:
    """Give a table as CSV; what a line does not have stays empty."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_cell(line.get(key)) for key in columns] for line in lines)
    return stream.getvalue()


def _cell(value: str | Decimal | dt.date | None) -> str:
    """Write an amount and a time plainly, and a text so that no spreadsheet takes it for a formula."""
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:.2f}"
        case dt.date():
            return value.isoformat()
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
