"""The job profitability detail report: what one job cost and brought in, item by item, from the posting ledger."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from .book import Book
from .documents import COST_TYPES
from .errors import QuickBooksError, invalid, missing_element
from .nodes import Node, group, leaf
from .posting import Row
from .report import column, row_node, subtitle
from .report_filters import rows
from .state import ZERO, Record
from .values import money

DEFAULT_PERIOD = "ThisFiscalYearToDate"
"""Period of a job report that names none: older costs are left out unless the macro All is asked for."""
INCOME_TYPES = frozenset({"Income", "OtherIncome"})
SECTIONS: tuple[tuple[str, str], ...] = (
    ("Inventory", "Parts"),
    ("Service", "Service"),
    ("OtherCharge", "Other Charges"),
)
"""Item types and their headings, in the order of the report."""

Sums = tuple[Decimal, Decimal]
"""Actual cost and actual revenue in currency units."""
NOTHING: Sums = (ZERO, ZERO)


def job_report(book: Book, request: Node) -> list[Node]:
    """Answer JobReportQuery for JobProfitabilityDetail.

    The basis cannot be asked for: the reply tells it. Raises QuickBooksError 3150 without ReportEntityFilter, 3210
    when it does not name exactly one customer or job, 3250 for other reports and columns.
    """
    kind = request.value("JobReportType")
    if kind != "JobProfitabilityDetail" or (request.value("SummarizeColumnsBy") or "TotalOnly") != "TotalOnly":
        raise QuickBooksError(3250, f"This feature is not enabled or not available: {kind} or its columns.")
    job = _job(book, request)
    sums = _by_item(book, rows(book, request, DEFAULT_PERIOD))
    table = _Table(book, sums)
    table.fill()
    return [
        group(
            "ReportRet",
            leaf("ReportTitle", f"Job Profitability Detail for {book.full_name(job.list_id)}"),
            leaf("ReportSubtitle", subtitle(book, request, DEFAULT_PERIOD)),
            leaf("ReportBasis", "Accrual"),
            leaf("NumRows", str(len(table.rows))),
            leaf("NumColumns", "4"),
            leaf("NumColTitleRows", "1"),
            column("1", "", "Blank", "STRTYPE"),
            column("2", "Act. Cost", "Amount", "AMTTYPE"),
            column("3", "Act. Revenue", "Amount", "AMTTYPE"),
            column("4", "($) Diff.", "AmountDifference", "AMTTYPE"),
            group("ReportData", *table.rows) if table.rows else None,
        )
    ]


def _job(book: Book, request: Node) -> Record:
    chosen = request.child("ReportEntityFilter")
    if chosen is None:
        raise missing_element("ReportEntityFilter")
    names = [one.text for one in chosen.children if one.name != "EntityTypeFilter"]
    found = book.known(("Customer",), names[0]) if len(names) == 1 else None
    if found is None:
        raise invalid("The report is about one customer or job, which the entity filter must name.")
    return found


def _by_item(book: Book, chosen: Iterable[Row]) -> dict[str, Sums]:
    """Sum costs and revenue by ListID of the item, an empty one for what has no item."""
    sums: dict[str, Sums] = {}
    for row in chosen:
        kind = book.state.records[row.account_id].account_type
        if kind not in COST_TYPES | INCOME_TYPES:
            continue
        item_id = row.line.item_id if row.line else ""
        cost, revenue = sums.get(item_id, NOTHING)
        sums[item_id] = (cost + row.value, revenue) if kind in COST_TYPES else (cost, revenue - row.value)
    return sums


class _Table:
    """The rows of a job report while they are made."""

    def __init__(self, book: Book, sums: dict[str, Sums]) -> None:
        self._book = book
        self._sums = sums
        self._below: dict[str, set[str]] = {}
        for item_id in filter(None, sums):
            above = book.state.records[item_id]
            while True:
                self._below.setdefault(above.list_id, set()).add(item_id)
                if not above.parent_id:
                    break
                above = book.state.records[above.parent_id]
        self.rows: list[Node] = []

    def fill(self) -> None:
        """Add the items by type, parents before children, then what has no item, then the total."""
        items = [one for one in self._book.records("Item") if one.list_id in self._below]
        for kind, heading in SECTIONS:
            shown = [one for one in items if one.item_type == kind]
            if not shown:
                continue
            self._heading(heading)
            ids = {one.list_id for one in shown}
            for one in shown:
                if one.parent_id not in ids:
                    self._item(one, shown)
            self._row("SubtotalRow", f"Total {heading}", self._total(ids & self._sums.keys()), "")
        if "" in self._sums:
            self._row("DataRow", "No item", self._sums[""], "")
        if self.rows:
            self._row("TotalRow", "TOTAL", self._total(self._sums), "")

    def _item(self, item: Record, shown: Sequence[Record]) -> None:
        """Add an item; one with children gets a heading, a row for its own amount, and a sum."""
        path = self._book.full_name(item.list_id)
        below = [one for one in shown if one.parent_id == item.list_id]
        if not below:
            self._row("DataRow", item.name, self._sums.get(item.list_id, NOTHING), path)
            return
        self._heading(item.name)
        for one in below:
            self._item(one, shown)
        if item.list_id in self._sums:
            self._row("DataRow", f"{item.name} - Other", self._sums[item.list_id], path)
        self._row("SubtotalRow", f"Total {item.name}", self._total(self._below[item.list_id]), path)

    def _total(self, ids: Iterable[str]) -> Sums:
        parts = [self._sums[one] for one in ids]
        return sum((one[0] for one in parts), ZERO), sum((one[1] for one in parts), ZERO)

    def _heading(self, text: str) -> None:
        self.rows.append(Node("TextRow", attributes=(("rowNumber", str(len(self.rows) + 1)), ("value", text))))

    def _row(self, kind: str, label: str, sums: Sums, path: str) -> None:
        cost, revenue = sums
        cells = [(1, label), (2, money(cost)), (3, money(revenue)), (4, money(revenue - cost))]
        self.rows.append(row_node(kind, len(self.rows) + 1, cells, ("item", path) if path else None))
