"""What is linked, mapped and ignored as a CSV file, written and read back."""

import csv
import io
from collections.abc import Iterable

from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.files.plain import csv_table, text_of_cell
from qbwc_bridge.flow.links import Link
from qbwc_bridge.flow.map_lines import Line, line

COLUMNS = ("kind", "quickbooks", "procore", "ignored", "comment", "expense_account")
NEEDED = COLUMNS[:3]
"""Columns that a file must have; the others may be missing."""


def links_file(links: Iterable[Link]) -> bytes:
    """Give links as CSV."""
    return csv_table(COLUMNS, map(line, links))


def lines_of(text: str, called: str) -> list[Line]:
    """Read the lines of such a file; raises WrongUsage, naming the file as `called`, when it is none."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    try:
        rows = list(reader)
    except csv.Error as error:
        raise WrongUsage(f"{called} cannot be read as CSV: {error}.") from error
    if not set(NEEDED) <= set(reader.fieldnames or ()):
        raise WrongUsage(f"{called} lacks one of the columns {', '.join(NEEDED)} in its first line.")
    return [{column: text_of_cell(row.get(column) or "") for column in COLUMNS} for row in rows]
