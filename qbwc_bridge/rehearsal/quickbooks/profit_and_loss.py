"""Profit & Loss: Standard and by Job, on accrual basis, from the posting ledger."""

from collections.abc import Iterable
from decimal import Decimal

from .book import Book
from .errors import QuickBooksError
from .nodes import Node, group, leaf
from .posting import Row, job_of
from .report import column, row_node, subtitle
from .report_filters import rows
from .state import ZERO
from .values import money

DEFAULT_PERIOD = "ThisYearToDate"
"""Period of a summary report that names none: the fiscal year to date."""
SECTIONS: tuple[tuple[str, str, int], ...] = (
    ("Income", "Income", -1),
    ("Cost of Goods Sold", "CostOfGoodsSold", 1),
    ("Expense", "Expense", 1),
    ("Other Income", "OtherIncome", -1),
    ("Other Expense", "OtherExpense", 1),
)
"""Heading, account type and the side (1 is debit) on which the section's amounts are positive."""

RESULT_TYPES = frozenset(one[1] for one in SECTIONS)
"""Account types that a profit and loss statement has."""

Cells = dict[str, Decimal]


def summary_report(book: Book, request: Node) -> list[Node]:
    """Answer GeneralSummaryReportQuery for ProfitAndLossStandard and ProfitAndLossByJob."""
    kind = request.value("GeneralSummaryReportType")
    if kind not in {"ProfitAndLossStandard", "ProfitAndLossByJob"}:
        raise QuickBooksError(3250, f"This feature is not enabled or not available: {kind}.")
    columns_by = request.value("SummarizeColumnsBy") or ("Customer" if kind == "ProfitAndLossByJob" else "TotalOnly")
    if columns_by not in {"TotalOnly", "Customer"} or request.value("ReportBasis") == "Cash":
        raise QuickBooksError(3250, "This feature is not enabled or not available: this basis or these columns.")
    totals = _totals(book, rows(book, request, DEFAULT_PERIOD), jobs_only=kind == "ProfitAndLossByJob")
    names = {job for cells in totals.values() for job in cells}
    heads = sorted(names - {""}, key=str.casefold) if columns_by == "Customer" else []
    # The standard report also shows what belongs to no job; the one by job leaves it out.
    if columns_by == "Customer" and "" in names:
        heads.append("")
    table = _Statement(book, totals, heads)
    table.fill()
    return [
        group(
            "ReportRet",
            leaf("ReportTitle", "Profit & Loss by Job" if kind == "ProfitAndLossByJob" else "Profit & Loss"),
            leaf("ReportSubtitle", subtitle(book, request, DEFAULT_PERIOD)),
            leaf("ReportBasis", "Accrual"),
            leaf("NumRows", str(len(table.rows))),
            leaf("NumColumns", str(len(heads) + 2)),
            leaf("NumColTitleRows", "1"),
            column("1", "", "Blank", "STRTYPE"),
            *(column(str(index), one or "Unclassified", "Amount", "AMTTYPE") for index, one in enumerate(heads, 2)),
            column(str(len(heads) + 2), "TOTAL", "Total", "AMTTYPE"),
            group("ReportData", *table.rows) if table.rows else None,
        )
    ]


def _totals(book: Book, chosen: Iterable[Row], *, jobs_only: bool) -> dict[str, Cells]:
    """Sum debits less credits by account and full name of the job, an empty one for what belongs to none."""
    totals: dict[str, Cells] = {}
    for row in chosen:
        if book.state.records[row.account_id].account_type in RESULT_TYPES:
            job = job_of(book, row)
            if job or not jobs_only:
                cells = totals.setdefault(row.account_id, {})
                cells[job] = cells.get(job, ZERO) + row.value
    return totals


class _Statement:
    """The rows of a profit and loss statement while they are made."""

    def __init__(self, book: Book, totals: dict[str, Cells], heads: list[str]) -> None:
        self._book = book
        self._totals = totals
        self._heads = heads
        self.rows: list[Node] = []

    def fill(self) -> None:
        """Add sections with their accounts and sums, then the result."""
        accounts = self._book.records("Account")
        result: Cells = {}
        for heading, kind, side in SECTIONS:
            inside = [one for one in accounts if one.account_type == kind]
            sums = {
                one.list_id: {job: side * value for job, value in self._totals.get(one.list_id, {}).items()}
                for one in inside
            }
            if not any(sums.values()):
                continue
            self.rows.append(Node("TextRow", attributes=(("rowNumber", str(len(self.rows) + 1)), ("value", heading))))
            section: Cells = {}
            for one in inside:
                if sums[one.list_id]:
                    name = self._book.full_name(one.list_id)
                    self._row("DataRow", name, sums[one.list_id], ("account", name))
                    _add(section, sums[one.list_id], 1)
            self._row("SubtotalRow", f"Total {heading}", section, None)
            _add(result, section, -side)
        if self.rows:
            self._row("TotalRow", "Net Income", result, None)

    def _row(self, kind: str, label: str, sums: Cells, row_data: tuple[str, str] | None) -> None:
        cells = [(1, label)]
        cells += [(index, money(sums[one])) for index, one in enumerate(self._heads, start=2) if one in sums]
        cells.append((len(self._heads) + 2, money(sum(sums.values(), ZERO))))
        self.rows.append(row_node(kind, len(self.rows) + 1, cells, row_data))


def _add(target: Cells, source: Cells, sign: int) -> None:
    for job, value in source.items():
        target[job] = target.get(job, ZERO) + sign * value
