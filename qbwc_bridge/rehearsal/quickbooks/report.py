"""The custom transaction detail report: one row per ledger row, with the columns that were asked for."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from .book import Book
from .errors import QuickBooksError
from .nodes import Node, group, leaf
from .posting import DEBIT_NATURE, Row
from .report_filters import period, rows
from .state import ZERO
from .values import money, price, quantity

DEFAULT_PERIOD = "ThisMonthToDate"
"""Period of a custom transaction detail report that names none."""

Cell = Callable[[Book, Row], str]


SCREEN_WORDS = {
    "CreditMemo": "Credit Memo",
    "InventoryAdjustment": "Inventory Adjust",
    "ItemReceipt": "Item Receipt",
    "JournalEntry": "General Journal",
    "SalesReceipt": "Sales Receipt",
    "CreditCardCharge": "Credit Card Charge",
    "CreditCardCredit": "Credit Card Credit",
    "VendorCredit": "Credit",
    "PurchaseOrder": "Purchase Order",
}
"""What the screen calls transaction types where the schema has another word."""


def _type(book: Book, row: Row) -> str:
    return SCREEN_WORDS.get(row.txn.kind, row.txn.kind) if book.screen_words else row.txn.kind


def _item(book: Book, row: Row) -> str:
    return book.full_name(row.line.item_id) if row.line else ""


def _amount(book: Book, row: Row) -> str:
    nature = book.state.records[row.account_id].account_type in DEBIT_NATURE
    return money(row.value if nature else -row.value)


def _debit(_book: Book, row: Row) -> str:
    return money(row.value) if is_debit(row) else ""


def _credit(_book: Book, row: Row) -> str:
    return "" if is_debit(row) else money(-row.value)


def is_debit(row: Row) -> bool:
    """Tell on which side a row stands; a zero stands on the side of its line."""
    return row.value > 0 or (row.value == 0 and row.line is not None)


def _count(_book: Book, row: Row) -> str:
    return quantity(row.line.quantity) if row.line and row.line.quantity is not None else ""


def _unit_price(_book: Book, row: Row) -> str:
    return price(row.line.rate) if row.line and row.line.rate is not None else ""


def _split(book: Book, row: Row) -> str:
    others = {one.account_id for one in row.txn.lines if one.account_id}
    if row.line is not None:
        return book.full_name(row.txn.account_id) if row.txn.account_id else "-SPLIT-"
    return book.full_name(others.pop()) if len(others) == 1 else "-SPLIT-"


COLUMNS: tuple[tuple[str, str, str, Cell], ...] = (
    ("TxnID", "Trans ID", "IDTYPE", lambda _book, row: row.txn.txn_id),
    ("TxnNumber", "Trans #", "INTTYPE", lambda _book, row: str(row.txn.number)),
    ("TxnType", "Type", "STRTYPE", _type),
    ("ModifiedTime", "Entered/Last Modified", "DATETIMETYPE", lambda _book, row: row.txn.modified.text),
    ("Date", "Date", "DATETYPE", lambda _book, row: row.txn.txn_date.isoformat()),
    ("RefNumber", "Num", "STRTYPE", lambda _book, row: row.txn.ref_number),
    ("Name", "Name", "STRTYPE", lambda book, row: book.full_name(row.name_id)),
    ("SourceName", "Source Name", "STRTYPE", lambda book, row: book.full_name(row.source_id)),
    ("Memo", "Memo", "STRTYPE", lambda _book, row: row.memo),
    ("Item", "Item", "STRTYPE", _item),
    ("Account", "Account", "STRTYPE", lambda book, row: book.full_name(row.account_id)),
    ("Class", "Class", "STRTYPE", lambda book, row: book.full_name(row.class_id)),
    ("BillingStatus", "Billing Status", "STRTYPE", lambda _book, row: row.line.billable if row.line else ""),
    ("SplitAccount", "Split", "STRTYPE", _split),
    ("Quantity", "Qty", "QUANTYPE", _count),
    ("UnitPrice", "Sales Price", "PRICETYPE", _unit_price),
    ("Debit", "Debit", "AMTTYPE", _debit),
    ("Credit", "Credit", "AMTTYPE", _credit),
    ("Amount", "Amount", "AMTTYPE", _amount),
)
"""Column, title, data type and content, in the order in which this report shows them, whatever the request's order."""
SUMMED = frozenset({"Debit", "Credit", "Amount"})
"""Columns that have sums."""


def custom_detail(book: Book, request: Node) -> list[Node]:
    """Answer CustomDetailReportQuery."""
    wanted = set(request.texts("IncludeColumn"))
    columns = [one for one in COLUMNS if one[0] in wanted]
    if wanted - {one[0] for one in COLUMNS}:
        missing = ", ".join(sorted(wanted - {one[0] for one in COLUMNS}))
        raise QuickBooksError(3250, f"This feature is not enabled or not available: report columns {missing}.")
    way = request.value("SummarizeRowsBy") or "TotalOnly"
    if way not in {"TotalOnly", "Account"}:
        raise QuickBooksError(3250, f"This feature is not enabled or not available: rows summarized by {way}.")
    if request.value("ReportBasis") == "Cash":
        raise QuickBooksError(3250, "This feature is not enabled or not available: reports on cash basis.")
    table = _Table(book, columns)
    chosen = list(rows(book, request, DEFAULT_PERIOD))
    if way == "Account":
        table.by_account(chosen)
    else:
        table.details(chosen)
    table.sums("TotalRow", "TOTAL" if way == "Account" else "", chosen, None)
    return [
        group(
            "ReportRet",
            leaf("ReportTitle", "Custom Transaction Detail Report"),
            leaf("ReportSubtitle", subtitle(book, request, DEFAULT_PERIOD)),
            leaf("ReportBasis", "Accrual"),
            leaf("NumRows", str(len(table.rows))),
            leaf("NumColumns", str(len(columns) + 1)),
            leaf("NumColTitleRows", "1"),
            column("1", "", "Blank", "STRTYPE"),
            *(column(str(index), one[1], one[0], one[2]) for index, one in enumerate(columns, start=2)),
            group("ReportData", *table.rows) if table.rows else None,
        )
    ]


def subtitle(book: Book, request: Node, default: str) -> str:
    """Say which days a report covers."""
    first, last = period(book, request, default)
    if first is None and last is None:
        return "All Transactions"
    return f"{first.isoformat() if first else 'Beginning'} through {last.isoformat() if last else 'End'}"


def column(number: str, title: str, kind: str, data_type: str) -> Node:
    """Describe a column of a report."""
    shown = (("titleRow", "1"), *((("value", title),) if title else ()))
    return Node(
        "ColDesc",
        children=(Node("ColTitle", attributes=shown), Node("ColType", kind)),
        attributes=(("colID", number), ("dataType", data_type)),
    )


@lru_cache(maxsize=8192)
def _cell(column_id: int, text: str) -> Node:
    """Make a cell; names, dates and types stand in row after row."""
    return Node("ColData", attributes=(("colID", str(column_id)), ("value", text)))


def row_node(name: str, number: int, cells: Iterable[tuple[int, str]], row_data: tuple[str, str] | None) -> Node:
    """Make a row; empty cells are left out, as in real replies."""
    about = (
        () if row_data is None else (Node("RowData", attributes=(("rowType", row_data[0]), ("value", row_data[1]))),)
    )
    data = tuple(_cell(column_id, text) for column_id, text in cells if text)
    return Node(name, children=(*about, *data), attributes=(("rowNumber", str(number)),))


class _Table:
    """The rows of a detail report while they are made."""

    def __init__(self, book: Book, columns: Sequence[tuple[str, str, str, Cell]]) -> None:
        self._book = book
        self._columns = columns
        self.rows: list[Node] = []

    def details(self, chosen: Iterable[Row]) -> None:
        """Add a DataRow per ledger row."""
        for row in chosen:
            cells = [(index, one[3](self._book, row)) for index, one in enumerate(self._columns, start=2)]
            self.rows.append(row_node("DataRow", len(self.rows) + 1, cells, None))

    def by_account(self, chosen: list[Row]) -> None:
        """Add the rows under a heading per account, each followed by its sums."""
        paths = {one.list_id: number for number, one in enumerate(self._book.records("Account"))}
        ordered = sorted(chosen, key=lambda row: paths[row.account_id])
        for account_id, part in groupby(ordered, key=lambda row: row.account_id):
            name = self._book.full_name(account_id)
            inside = list(part)
            heading = (("rowNumber", str(len(self.rows) + 1)), ("value", name))
            self.rows.append(Node("TextRow", attributes=heading))
            self.details(inside)
            self.sums("SubtotalRow", f"Total {name}", inside, ("account", name))

    def sums(self, kind: str, label: str, chosen: list[Row], row_data: tuple[str, str] | None) -> None:
        """Add a row with the sums of the money columns."""
        if not chosen:
            return
        totals = {
            "Debit": sum((row.value for row in chosen if is_debit(row)), ZERO),
            "Credit": sum((-row.value for row in chosen if not is_debit(row)), ZERO),
            "Amount": sum((Decimal(_amount(self._book, row)) for row in chosen), ZERO),
        }
        cells = [(1, label)]
        cells += [
            (index, money(totals[one[0]])) for index, one in enumerate(self._columns, start=2) if one[0] in SUMMED
        ]
        self.rows.append(row_node(kind, len(self.rows) + 1, cells, row_data))
