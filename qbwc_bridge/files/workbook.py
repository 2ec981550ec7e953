"""Excel workbooks: facts above a table on each sheet, amounts as numbers, sums as formulas with their values."""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.money import total
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.files.plain import printable

MOST_ROWS = 1_048_000
"""A sheet of Excel ends at row 1,048,576; what stands above and below the table needs some of them."""

LONGEST = 32_767
"""Characters that Excel holds in a cell."""

WIDEST, NARROWEST = 60, 10
"""Widths of columns, in characters: longer texts are wrapped, and an amount always fits."""

MONEY = "#,##0.00;(#,##0.00)"
PERCENT = "0.00%"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: `head` above, then `rows` below the names of `columns`; `amounts` are summed where `sums` says so.

    `percents` are columns of percents, 43.21 for 43.21 %, which are not summed. None leaves a cell empty.
    """

    name: str
    columns: Sequence[str]
    amounts: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    head: Sequence[tuple[str, str]] = ()
    sums: bool = True
    percents: Sequence[str] = ()
    absolute: str = ""
    """The column of which the foot shows the sum without signs too."""


def workbook(sheets: Sequence[Sheet], now: dt.datetime) -> bytes:
    """Give the content of a workbook; raises WrongUsage when Excel cannot hold it."""
    for sheet in sheets:
        if len(sheet.rows) > MOST_ROWS:
            raise WrongUsage(
                f"The sheet {sheet.name} would have {len(sheet.rows):,} rows, more than Excel holds: use --csv."
            )
    return _content(sheets, now)


def _content(sheets: Sequence[Sheet], now: dt.datetime) -> bytes:
    # Imported late: no other command needs it.
    import xlsxwriter  # noqa: PLC0415

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": now.replace(tzinfo=None), "author": "qbwc-bridge"})
        formats = {
            "text": book.add_format({"valign": "top", "text_wrap": True}),
            "name": book.add_format({"bold": True}),
            "plain": book.add_format(),
            "head": book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True}),
            "money": book.add_format({"num_format": MONEY, "valign": "top"}),
            "percent": book.add_format({"num_format": PERCENT, "valign": "top"}),
            "sum": book.add_format({"num_format": MONEY, "bold": True, "top": 1}),
        }
        for sheet in sheets:
            _Writer(book.add_worksheet(sheet.name), sheet, formats).write()
    return stream.getvalue()


class _Writer:
    """Fills one worksheet from above; XlsxWriter counts rows and columns from 0."""

    def __init__(self, page: Any, sheet: Sheet, formats: Mapping[str, Any]) -> None:
        self.page, self.sheet, self.formats = page, sheet, formats
        self.top = len(sheet.head) + 1 if sheet.head else 0
        self.first = self.top + 1
        self.last = self.top + len(sheet.rows)

    def write(self) -> None:
        """Write head, table and sums, then what Excel needs to show and print them."""
        for row, (name, value) in enumerate(self.sheet.head):
            self._text(row, 0, name, "name")
            self._text(row, 1, value, "plain")
        for column, name in enumerate(self.sheet.columns):
            self._text(self.top, column, name.replace("_", " ").capitalize(), "head")
        self._widths()
        for row, values in enumerate(self.sheet.rows, self.first):
            for column, name in enumerate(self.sheet.columns):
                self._value(row, column, name, values[name])
        if self.sheet.sums and self.sheet.rows:
            self._sums()
        self._layout()

    def _value(self, row: int, column: int, name: str, value: Any) -> None:
        if value is None:
            return
        if name in self.sheet.amounts:
            self.page.write_number(row, column, value, self.formats["money"])
        elif name in self.sheet.percents:
            self.page.write_number(row, column, value / 100, self.formats["percent"])
        else:
            self._text(row, column, str(value), "text")

    def _text(self, row: int, column: int, text: str, style: str) -> None:
        """Write text as text, whatever it begins with: names come from outside and may look like a formula."""
        self.page.write_string(row, column, printable(text[:LONGEST]), self.formats[style])

    def _sums(self) -> None:
        self._text(self.last + 1, 0, "Total", "name")
        for name in self.sheet.amounts:
            self._formula(self.last + 1, name, "SUM({})", total(self._amounts(name)))
        if self.sheet.absolute:
            name = self.sheet.absolute
            self._text(self.last + 2, 0, f"{name.capitalize()}, without signs", "name")
            value = total(map(abs, self._amounts(name)))
            self._formula(self.last + 2, name, "SUMPRODUCT(ABS({}))", value)

    def _amounts(self, name: str) -> list[Decimal]:
        return [row[name] for row in self.sheet.rows if row[name] is not None]

    def _formula(self, row: int, name: str, formula: str, value: Decimal) -> None:
        """Write a formula over a column of the table, with its value for programs that do not compute."""
        from xlsxwriter.utility import xl_range  # noqa: PLC0415 - as above

        column = self.sheet.columns.index(name)
        cells = xl_range(self.first, column, self.last, column)
        self.page.write_formula(row, column, f"={formula.format(cells)}", self.formats["sum"], f"{value:.2f}")

    def _widths(self) -> None:
        for column, name in enumerate(self.sheet.columns):
            if name in self.sheet.amounts:
                # No sum is longer than that of the amounts without signs; parentheses need a place each.
                longest = len(f"({total(map(abs, self._amounts(name))):,.2f})")
            else:
                labels = [label for label, _ in self.sheet.head] if column == 0 else []
                longest = max(len(text) for text in (name, *labels, *(_shown(row[name]) for row in self.sheet.rows)))
            self.page.set_column(column, column, min(WIDEST, max(NARROWEST, longest + 1)))

    def _layout(self) -> None:
        self.page.freeze_panes(self.first, 0)
        self.page.repeat_rows(self.top)
        self.page.set_landscape()
        self.page.fit_to_pages(1, 0)
        self.page.set_footer("&L&A&RPage &P of &N")


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
