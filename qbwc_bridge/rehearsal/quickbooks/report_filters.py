"""Filters of reports: which rows of the ledger a report request covers."""

from collections.abc import Callable, Iterator
from datetime import date

from .book import ENTITY_KINDS, Book
from .macros import Span, span_of
from .nodes import Node
from .posting import Row, ledger, posts
from .queries import filter_ids
from .state import Txn
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

_ALL_ITEMS = frozenset({"Service", "OtherCharge", "Inventory"})
ITEM_GROUPS: dict[str, frozenset[str]] = {
    "AllExceptFixedAsset": _ALL_ITEMS,
    "Sales": _ALL_ITEMS,
    "Service": frozenset({"Service"}),
    "OtherCharge": frozenset({"OtherCharge"}),
    "Inventory": frozenset({"Inventory"}),
    "InventoryAndAssembly": frozenset({"Inventory"}),
}
"""Words of ItemTypeFilter by the types of item that this company can have."""


def rows(book: Book, request: Node, default: str) -> Iterator[Row]:
    """Give the ledger rows a report covers, by date, then in the order of entry.

    `default` is the date macro of a request that names no period. Documents are chosen before their rows are made, so
    that a month costs what a month holds.
    """
    makers = (_accounts, _entities, _items, _classes)
    tests = [test for test in (one(book, request) for one in makers) if test]
    detail = request.value("ReportDetailLevelFilter") or "All"
    for row in ledger(book, _documents(book, request, default)):
        if (detail == "All" or (row.line is None) == (detail == "SummaryOnly")) and all(test(row) for test in tests):
            yield row


def _documents(book: Book, request: Node, default: str) -> Iterator[Txn]:
    """Give the documents that a report's period, change dates, types and posting status let pass."""
    status = request.value("ReportPostingStatusFilter") or "Posting"
    first, last = period(book, request, default)
    changed = _modified(book, request)
    types = {one for kinds in request.all("ReportTxnTypeFilter") for one in kinds.texts("TxnTypeFilter")} - {"All"}
    for txn in book.state.txns.values():
        if (
            _between(txn.txn_date, first, last)
            and (not types or txn.kind in types)
            and (status == "Either" or posts(txn) == (status == "Posting"))
            and (changed == (None, None) or _between(txn.modified.wall.date(), *changed))
        ):
            yield txn


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
        ids = {one.list_id for one in book.records("Item") if one.item_type in ITEM_GROUPS.get(word, ())}
    return lambda row: row.line is not None and row.line.item_id in ids


def _classes(book: Book, request: Node) -> Test | None:
    ids = filter_ids(book, request.child("ReportClassFilter"), ("Class",))
    return None if ids is None else lambda row: row.class_id in ids
