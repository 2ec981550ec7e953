"""Texts and tables of values as plain text that neither a terminal nor a spreadsheet takes for something else."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from qbwc_bridge.errors import WrongUsage

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Signs with which a spreadsheet takes a cell for a formula; an apostrophe before them prevents it."""


def printable(text: str) -> str:
    """Give text that cannot steer a terminal: names come from outside."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def csv_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Give rows below the names of their columns, in UTF-8 with the mark by which Excel knows it."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(key, "")) for key in columns] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


_TABLES = {".xlsx", ".csv"}


def write_file(file: Path, content: bytes) -> None:
    """Write a file that a person named; it is whole or untouched. Raises WrongUsage when it cannot be written."""
    if file.exists() and not file.is_file():
        raise WrongUsage(f"{file} is no ordinary file: name another one.")
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_bytes(content)
        new.replace(file)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        ask = "and is it closed in Excel" if file.suffix in _TABLES else "and may this account write there"
        raise WrongUsage(f"The file {file} cannot be written: {error.strerror}. Is its folder there, {ask}?") from error


def text_of_cell(cell: str) -> str:
    """Give the text that was written as a cell of `csv_table`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _cell(value: str | Decimal | dt.date | None) -> str:
    """Write an amount and a time plainly, and a text so that no spreadsheet takes it for a formula."""
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:.2f}"
        case dt.date():
            return value.isoformat()
    return f"'{value}" if value.startswith(_FORMULA) else value
