"""Filters of reports: which rows of the ledger a report request covers."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from .book import ENTITY_KINDS, Book
from .errors import QuickBooksError
from .macros import Span, span_of
from .nodes import Node
from .posting import NON_POSTING, Row, ledger, posted
from .queries import filter_ids
from .values import day

_INCOME, _OTHER_INCOME = frozenset({"Income"}), frozenset({"OtherIncome"})
_COGS, _EXPENSE, _OTHER_EXPENSE = frozenset({"CostOfGoodsSold"}), frozenset({"Expense"}), frozenset({"OtherExpense"})
_ORDINARY = _INCOME | _COGS | _EXPENSE
_OTHER = _OTHER_INCOME | _OTHER_EXPENSE
_CURRENT_ASSETS = frozenset({"Bank", "AccountsReceivable", "OtherCurrentAsset"})
_ASSETS = _CURRENT_ASSETS | {"FixedAsset", "OtherAsset"}
_CURRENT_DEBTS = frozenset({"AccountsPayable", "CreditCard", "OtherCurrentLiability"})
_DEBTS = _CURRENT_DEBTS | {"LongTermLiability"}
_EQUITY = frozenset({"Equity"})

ACCOUNT_GROUPS: dict[str, frozenset[str]] = {
    "AllowedFor1099": _COGS | _EXPENSE | _OTHER_EXPENSE,
    "APAndSalesTax": frozenset({"AccountsPayable"}),
    "APOrCreditCard": frozenset({"AccountsPayable", "CreditCard"}),
    "ARAndAP": frozenset({"AccountsReceivable", "AccountsPayable"}),
    "Asset": _ASSETS,
    "BalanceSheet": _ASSETS | _DEBTS | _EQUITY,
    "BankAndARAndAPAndUF": frozenset({"Bank", "AccountsReceivable", "AccountsPayable"}),
    "BankAndUF": frozenset({"Bank"}),
    "CostOfSales": _COGS,
    "CurrentAsset": _CURRENT_ASSETS,
    "CurrentAssetAndExpense": _CURRENT_ASSETS | _COGS | _EXPENSE | _OTHER_EXPENSE,
    "CurrentLiability": _CURRENT_DEBTS,
    "EquityAndIncomeAndExpense": _EQUITY | _ORDINARY | _OTHER,
    "ExpenseAndOtherExpense": _EXPENSE | _OTHER_EXPENSE,
    "IncomeAndExpense": _ORDINARY | _OTHER,
    "IncomeAndOtherIncome": _INCOME | _OTHER_INCOME,
    "Liability": _DEBTS,
    "LiabilityAndEquity": _DEBTS | _EQUITY,
    "OrdinaryExpense": _EXPENSE,
    "OrdinaryIncome": _INCOME,
    "OrdinaryIncomeAndCOGS": _INCOME | _COGS,
    "OrdinaryIncomeAndExpense": _ORDINARY,
    "OtherIncomeOrExpense": _OTHER,
}
"""Words of AccountTypeFilter that mean several account types; every other word is a type itself."""

_SERVICE_WORDS = frozenset({"Service", "AllExceptFixedAsset", "Sales"})
"""Words of ItemTypeFilter that cover the service items of this company."""


def rows(book: Book, request: Node, default: str) -> Iterator[Row]:
    """Give the ledger rows a report covers; `default` is the date macro of a request that names no period."""
    status = request.value("ReportPostingStatusFilter") or "Posting"
    first, last = period(book, request, default)
    tests = [one for one in (_accounts(book, request), _entities(book, request), _items(book, request)) if one]
    changed = _modified(book, request)
    types = {one for kinds in request.all("ReportTxnTypeFilter") for one in kinds.texts("TxnTypeFilter")}
    detail = request.value("ReportDetailLevelFilter") or "All"
    if request.has("ReportClassFilter"):
        raise QuickBooksError(3250, "This feature is not enabled or not available: class tracking.")
    for row in posted(book) if status == "Posting" else ledger(book):
        if (
            _between(row.txn.txn_date, first, last)
            and (status != "NonPosting" or row.txn.kind in NON_POSTING)
            and (not types or "All" in types or row.txn.kind in types)
            and _between(row.txn.modified.wall.date(), *changed)
            and (detail == "All" or (row.line is None) == (detail == "SummaryOnly"))
            and all(test(row) for test in tests)
        ):
            yield row


def _between(value: date, first: date | None, last: date | None) -> bool:
    return (first is None or value >= first) and (last is None or value <= last)


def period(book: Book, request: Node, default: str) -> Span:
    """Give first and last day of a report."""
    limits = request.child("ReportPeriod")
    if limits is not None:
        return day(limits.value("FromReportDate")), day(limits.value("ToReportDate"))
    return span_of(request.value("ReportDateMacro") or default, book.today())


def _modified(book: Book, request: Node) -> Span:
    limits = request.child("ReportModifiedDateRangeFilter")
    if limits is not None:
        return day(limits.value("FromReportModifiedDate")), day(limits.value("ToReportModifiedDate"))
    return span_of(request.value("ReportModifiedDateRangeMacro") or "All", book.today())


Test = Callable[[Row], bool]


def _chosen(book: Book, node: Node | None, kinds: tuple[str, ...], word: str) -> tuple[str | None, set[str]]:
    if node is None:
        return None, set()
    kind = node.value(word)
    return (kind, set()) if kind else (None, filter_ids(book, node, kinds) or set())


def _accounts(book: Book, request: Node) -> Test | None:
    node = request.child("ReportAccountFilter")
    if node is None:
        return None
    word, ids = _chosen(book, node, ("Account",), "AccountTypeFilter")
    if word:
        types = ACCOUNT_GROUPS.get(word, frozenset({word}))
        return lambda row: book.state.records[row.account_id].account_type in types
    return lambda row: row.account_id in ids


def _entities(book: Book, request: Node) -> Test | None:
    node = request.child("ReportEntityFilter")
    if node is None:
        return None
    word, ids = _chosen(book, node, ENTITY_KINDS, "EntityTypeFilter")
    if word:
        return lambda row: bool(row.name_id) and book.state.records[row.name_id].kind == word
    return lambda row: row.name_id in ids


def _items(book: Book, request: Node) -> Test | None:
    node = request.child("ReportItemFilter")
    if node is None:
        return None
    word, ids = _chosen(book, node, ("Item",), "ItemTypeFilter")
    if word:
        covered = word in _SERVICE_WORDS
        return lambda row: covered and row.line is not None and bool(row.line.item_id)
    return lambda row: row.line is not None and row.line.item_id in ids


def by_date(chosen: Iterable[Row]) -> list[Row]:
    """Sort rows as detail reports show them: by date, then in the order of entry."""
    return sorted(chosen, key=lambda row: (row.txn.txn_date, row.txn.number))
