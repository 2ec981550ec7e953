"""CSV files: amounts and dates plain, and no text that a spreadsheet would take for a formula."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

ENCODING = "utf-8-sig"
"""Excel takes a file without the mark for the machine's old character set."""


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Give rows below the names of their columns; what a row lacks stays empty."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return stream.getvalue()


def _cell(value: str | Decimal | dt.date | None) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:.2f}"
        case dt.date():
            return value.isoformat()
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
