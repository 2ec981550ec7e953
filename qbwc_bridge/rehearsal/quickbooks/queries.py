"""Queries: which records and transactions a request asks for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar

from .book import ENTITY_KINDS, Book
from .errors import QuickBooksError, not_found
from .list_replies import Balances
from .macros import Span, span_of
from .nodes import Node, group, leaf
from .posting import in_order, net
from .state import Deleted, Record, Txn
from .values import day, moment

REMEMBERED = timedelta(days=90)
"""How long QuickBooks remembers what was deleted."""

LIST_KINDS = {
    "AccountQuery": "Account",
    "CustomerQuery": "Customer",
    "VendorQuery": "Vendor",
    "ItemQuery": "Item",
    "ItemServiceQuery": "Item",
    "ClassQuery": "Class",
    "EmployeeQuery": "Employee",
    "OtherNameQuery": "OtherName",
}
TXN_KINDS = {
    f"{kind}Query": kind
    for kind in (
        "Estimate",
        "PurchaseOrder",
        "Bill",
        "VendorCredit",
        "Check",
        "CreditCardCharge",
        "CreditCardCredit",
        "ItemReceipt",
        "JournalEntry",
        "Deposit",
        "InventoryAdjustment",
        "Invoice",
        "CreditMemo",
        "SalesReceipt",
    )
}
NAMED_BY_LINES = frozenset({"JournalEntry", "Deposit"})
"""Documents that have their names on the lines."""


@dataclass(frozen=True)
class Found:
    """Ids that a query chose, and the named objects that do not exist."""

    ids: tuple[str, ...]
    missing: tuple[str, ...] = ()


_Ordered = TypeVar("_Ordered", date, datetime, str)


def _within(value: _Ordered, low: _Ordered | None, high: _Ordered | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _matches(criterion: Node | None, text: str, element: str) -> bool:
    if criterion is None:
        return True
    wanted, mode = (criterion.value(element) or "").casefold(), criterion.value("MatchCriterion")
    have = text.casefold()
    if mode == "StartsWith":
        return have.startswith(wanted)
    return have.endswith(wanted) if mode == "EndsWith" else wanted in have


def _in_range(limits: Node | None, text: str, element: str) -> bool:
    if limits is None:
        return True
    low, high = (limits.value(f"{end}{element}") for end in ("From", "To"))
    return _within(text.casefold(), low.casefold() if low else None, high.casefold() if high else None)


def _named(names: Sequence[str], find: Callable[[str], Iterable[str]]) -> Found:
    ids: dict[str, None] = {}
    missing = []
    for name in names:
        matches = list(find(name))
        ids.update(dict.fromkeys(matches))
        if not matches:
            missing.append(name)
    return Found(tuple(ids), tuple(missing))


def find_records(book: Book, message: str, request: Node, balances: Balances) -> Found:
    """Choose records for a list query."""
    kind = LIST_KINDS[message]
    if request.has("ListID"):
        known = {one.list_id for one in book.records(kind)}
        return _named(request.texts("ListID"), lambda one: [one] if one in known else [])
    if request.has("FullName"):
        return _named(request.texts("FullName"), lambda one: _record_named(book, kind, one))
    if request.has("ClassFilter") or request.has("CurrencyFilter"):
        raise QuickBooksError(3250, "This feature is not enabled or not available: classes or currencies.")
    low = moment(request.value("FromModifiedDate"), book.now())
    high = moment(request.value("ToModifiedDate"), book.now(), end=True)
    status = request.value("ActiveStatus") or "ActiveOnly"
    types = request.texts("AccountType")

    def wanted(one: Record) -> bool:
        return (
            (status == "All" or one.is_active == (status == "ActiveOnly"))
            and (message != "ItemServiceQuery" or one.item_type == "Service")
            and _within(one.modified.wall, low, high)
            and _matches(request.child("NameFilter"), one.name, "Name")
            and _in_range(request.child("NameRangeFilter"), one.name, "Name")
            and (not types or one.account_type in types)
            and _balance_fits(request.child("TotalBalanceFilter"), balances.get(one.list_id, Decimal(0)))
        )

    return Found(tuple(one.list_id for one in book.records(kind) if wanted(one)))


def _record_named(book: Book, kind: str, name: str) -> list[str]:
    record = book.named((kind,), name)
    return [record.list_id] if record else []


def _balance_fits(limit: Node | None, balance: Decimal) -> bool:
    if limit is None:
        return True
    amount = Decimal(limit.value("Amount") or 0)
    return {
        "LessThan": balance < amount,
        "LessThanEqual": balance <= amount,
        "Equal": balance == amount,
        "GreaterThan": balance > amount,
        "GreaterThanEqual": balance >= amount,
    }[limit.value("Operator") or "Equal"]


def find_txns(book: Book, message: str, request: Node) -> Found:
    """Choose transactions for a query, by date, then in the order of entry."""
    kind = TXN_KINDS[message]
    if request.has("TxnID"):
        held = book.state.txns
        return _named(request.texts("TxnID"), lambda one: [one] if one in held and held[one].kind == kind else [])
    txns = book.txns(kind)
    for element, exact in (("RefNumber", False), ("RefNumberCaseSensitive", True)):
        if request.has(element):
            return _named(request.texts(element), partial(_numbered, sorted(txns, key=in_order), exact=exact))
    if request.has("CurrencyFilter"):
        raise QuickBooksError(3250, "This feature is not enabled or not available: multiple currencies.")
    modified = request.child("ModifiedDateRangeFilter") or Node("ModifiedDateRangeFilter")
    low = moment(modified.value("FromModifiedDate"), book.now())
    high = moment(modified.value("ToModifiedDate"), book.now(), end=True)
    first, last = _txn_span(book, request.child("TxnDateRangeFilter"))
    entities = filter_ids(book, request.child("EntityFilter"), ENTITY_KINDS)
    accounts = filter_ids(book, request.child("AccountFilter"), ("Account",))
    items = filter_ids(book, request.child("ItemFilter"), ("Item",))
    paid = request.value("PaidStatus") or "All"

    def wanted(one: Txn) -> bool:
        return (
            _within(one.modified.wall, low, high)
            and _within(one.txn_date, first, last)
            and (entities is None or bool(entities & _names(one)))
            and (accounts is None or bool(accounts & {one.account_id, *(line.account_id for line in one.lines)}))
            and _matches(request.child("RefNumberFilter"), one.ref_number, "RefNumber")
            and _in_range(request.child("RefNumberRangeFilter"), one.ref_number, "RefNumber")
            and (items is None or any(line.item_id in items for line in one.lines))
            and (paid == "All" or (paid == "PaidOnly") == (net(one) == 0))
        )

    return Found(tuple(one.txn_id for one in sorted(filter(wanted, txns), key=in_order)))


def _names(txn: Txn) -> set[str]:
    """Give the names by which EntityFilter finds a document: its payee, never the jobs on the lines of a purchase."""
    names = {txn.entity_id}
    return names | {one.job_id for one in txn.lines} if txn.kind in NAMED_BY_LINES else names


def _numbered(txns: Iterable[Txn], number: str, *, exact: bool) -> list[str]:
    if exact:
        return [one.txn_id for one in txns if one.ref_number == number]
    return [one.txn_id for one in txns if one.ref_number.casefold() == number.casefold()]


def _txn_span(book: Book, limits: Node | None) -> Span:
    if limits is None:
        return None, None
    macro = limits.value("DateMacro")
    if macro:
        return span_of(macro, book.today())
    return day(limits.value("FromTxnDate")), day(limits.value("ToTxnDate"))


def filter_ids(book: Book, chosen: Node | None, kinds: tuple[str, ...]) -> set[str] | None:
    """Give the ids that a filter names; None when there is no filter. Raises QuickBooksError 3140."""
    if chosen is None:
        return None
    ids: set[str] = set()
    for one in chosen.children:
        record = book.known(kinds, one.text)
        if record is None:
            raise not_found("Entity" if len(kinds) > 1 else kinds[0], one.text, "query filter")
        ids |= book.family(record) if one.name.endswith("WithChildren") else {record.list_id}
    return ids


def deleted_replies(book: Book, message: str, request: Node) -> list[Node]:
    """Answer TxnDeletedQuery or ListDeletedQuery from what is remembered of the last 90 days."""
    is_txn = message == "TxnDeletedQuery"
    log = book.state.deleted_txns if is_txn else book.state.deleted_records
    kinds = set(request.texts("TxnDelType" if is_txn else "ListDelType"))
    limits = request.child("DeletedDateRangeFilter") or Node("DeletedDateRangeFilter")
    low = moment(limits.value("FromDeletedDate"), book.now())
    high = moment(limits.value("ToDeletedDate"), book.now(), end=True)
    oldest = book.stamp().wall - REMEMBERED
    return [
        _deleted(one, is_txn=is_txn)
        for one in log
        if one.kind in kinds and one.deleted.wall >= oldest and _within(one.deleted.wall, low, high)
    ]


def _deleted(one: Deleted, *, is_txn: bool) -> Node:
    return group(
        "TxnDeletedRet" if is_txn else "ListDeletedRet",
        leaf("TxnDelType" if is_txn else "ListDelType", one.kind),
        leaf("TxnID" if is_txn else "ListID", one.object_id),
        leaf("TimeCreated", one.created.text),
        leaf("TimeDeleted", one.deleted.text),
        leaf("RefNumber" if is_txn else "FullName", one.label),
    )
