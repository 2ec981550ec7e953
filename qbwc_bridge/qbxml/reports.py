"""Reports: data rows by column, read while the report grows, with proof that no row is missing.

Only DataRow is given out: headings, subtotals and totals repeat it. A cell is found by the ColType of its column. Where
several columns share a ColType (a summary by job has one Amount per job) the column is named by its titles, joined by
colons, so that no cell hides another.
"""

from collections import Counter

from qbwc_bridge.domain.replies import ReportRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.elements import attribute, clean, text_at
from qbwc_bridge.qbxml.parse import Element, taken
from qbwc_bridge.qbxml.types import read_count

ROWS = frozenset({"DataRow", "TextRow", "SubtotalRow", "TotalRow"})
"""NumRows counts all of them (measured in a real reply)."""


class ReportReader:
    """Takes the rows out of one ReportRet that grows, and gives the report once it is complete."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []
        self._labels: list[str] = []
        self._counted = 0
        self._described: list[Element] = []
        self._places: dict[str | None, int] = {}
        # Names, types, dates and accounts come again and again: each text is held once.
        self._texts: dict[str, str] = {}

    def take(self, report: Element, *, whole: bool) -> None:
        """Read the rows that are complete. Raises QuickBooksError where a cell is in no column described before."""
        data = report.find("ReportData")
        if data is None:
            return
        if not self._described:
            self._described = report.findall("ColDesc")
            self._places = {column.get("colID"): at for at, column in enumerate(self._described)}
        for row in taken(data, whole=whole):
            self._counted += row.tag in ROWS
            if row.tag == "DataRow":
                self._rows.append(self._row(row))
                about = row.find("RowData")
                self._labels.append("" if about is None else clean(about.get("value", "")))

    def complete(self, report: Element) -> ReportRet:
        """Read the rest of a complete report. Raises QuickBooksError when rows are missing: the reply was cut."""
        self.take(report, whole=True)
        promised = text_at(report, "NumRows")
        if promised and read_count(promised) != self._counted:
            raise QuickBooksError(
                f"The report {text_at(report, 'ReportTitle')[:60]!r} came with {self._counted} rows where it promises "
                f"{promised[:12]}: the reply was cut and must be asked again."
            )
        described = report.findall("ColDesc")
        return ReportRet(
            title=text_at(report, "ReportTitle"),
            basis=text_at(report, "ReportBasis"),
            columns=_columns(described),
            rows=tuple(self._rows),
            titles=tuple(_title(column) for column in described),
            labels=tuple(self._labels),
        )

    def _row(self, row: Element) -> tuple[str, ...]:
        places, texts = self._places, self._texts
        cells = [""] * len(self._described)
        try:
            for cell in row.iterchildren("ColData"):
                text = cell.get("value", "")
                cells[places[cell.get("colID")]] = texts.get(text) or texts.setdefault(text, clean(text))
        except KeyError as error:
            column = str(error.args[0])[:12]
            raise QuickBooksError(f"The report has a cell in column {column!r}, which it does not describe.") from None
        return tuple(cells)


def _columns(described: list[Element]) -> tuple[str, ...]:
    """Name the columns: by ColType, or by the titles where the ColType stands more than once."""
    types = [text_at(column, "ColType") for column in described]
    seen = Counter(types)
    named = [
        kind if kind and seen[kind] == 1 else _title(column) for column, kind in zip(described, types, strict=True)
    ]
    doubled = Counter(named)
    return tuple(
        name if name and doubled[name] == 1 else f"{name}#{attribute(column, 'colID')}"
        for column, name in zip(described, named, strict=True)
    )


def _title(column: Element) -> str:
    return ":".join(filter(None, (attribute(title, "value") for title in column.iterchildren("ColTitle"))))
