"""What tests, tables and trainees see of the company: small frozen values, names instead of ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .book import Book
from .documents import COST_TYPES, is_fully_received, total
from .posting import Row, job_of, posted
from .report import is_debit
from .state import Txn, TxnLine

ZERO_MONEY = Decimal("0.00")


@dataclass(frozen=True)
class Posting:
    """One row of the posting ledger. Debit and credit in currency units; `modified` is local wall clock time."""

    txn_id: str
    txn_type: str
    txn_date: date
    ref_number: str
    account: str
    account_type: str
    job: str
    item: str
    debit: Decimal
    credit: Decimal
    source_name: str
    memo: str
    modified: datetime
    class_name: str = ""


@dataclass(frozen=True)
class DocumentLine:
    """One line of an order or estimate. Rate and amount in currency units; `received` is the quantity billed."""

    line_id: str
    item: str
    job: str
    description: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal
    received: Decimal
    is_closed: bool


@dataclass(frozen=True)
class OrderView:
    """One purchase order. Total in currency units."""

    txn_id: str
    ref_number: str
    vendor: str
    txn_date: date
    memo: str
    total: Decimal
    is_closed: bool
    is_fully_received: bool
    edit_sequence: str
    lines: tuple[DocumentLine, ...]


@dataclass(frozen=True)
class EstimateView:
    """One estimate. Total in currency units."""

    txn_id: str
    ref_number: str
    job: str
    txn_date: date
    memo: str
    total: Decimal
    is_active: bool
    edit_sequence: str
    lines: tuple[DocumentLine, ...]


@dataclass(frozen=True)
class NameView:
    """One customer, job, vendor or account."""

    list_id: str
    name: str
    full_name: str
    is_active: bool


@dataclass(frozen=True)
class ItemView:
    """One service item with the full names of its accounts; the expense account is empty when it is one-sided."""

    list_id: str
    full_name: str
    is_active: bool
    two_sided: bool
    income_account: str
    expense_account: str
    description: str


def posting_views(book: Book) -> list[Posting]:
    """Give the whole posting ledger by date."""
    return [_posting(book, row) for row in posted(book)]


def _posting(book: Book, row: Row) -> Posting:
    account = book.state.records[row.account_id]
    return Posting(
        txn_id=row.txn.txn_id,
        txn_type=row.txn.kind,
        txn_date=row.txn.txn_date,
        ref_number=row.txn.ref_number,
        account=book.full_name(row.account_id),
        account_type=account.account_type,
        job=job_of(book, row),
        item=book.full_name(row.line.item_id) if row.line else "",
        debit=row.value if is_debit(row) else ZERO_MONEY,
        credit=ZERO_MONEY if is_debit(row) else -row.value,
        source_name=book.full_name(row.source_id),
        memo=row.memo,
        modified=row.txn.modified.wall,
        class_name=book.full_name(row.class_id),
    )


def job_cost_sums(book: Book, as_of: date | None) -> dict[tuple[str, str], Decimal]:
    """Sum costs by job and item, or account where a row has no item: only cost accounts, up to and with `as_of`."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in posted(book):
        job = job_of(book, row)
        late = as_of is not None and row.txn.txn_date > as_of
        if not job or late or book.state.records[row.account_id].account_type not in COST_TYPES:
            continue
        item = row.line.item_id if row.line else ""
        key = (job, book.full_name(item or row.account_id))
        sums[key] = sums.get(key, ZERO_MONEY) + row.value
    return sums


def _lines(book: Book, lines: Iterable[TxnLine]) -> tuple[DocumentLine, ...]:
    return tuple(
        DocumentLine(
            line_id=one.line_id,
            item=book.full_name(one.item_id),
            job=book.full_name(one.job_id),
            description=one.memo,
            quantity=one.quantity,
            rate=one.rate,
            amount=one.amount,
            received=one.received,
            is_closed=one.is_closed,
        )
        for one in lines
    )


def order_view(book: Book, txn: Txn) -> OrderView:
    """Show one purchase order."""
    return OrderView(
        txn_id=txn.txn_id,
        ref_number=txn.ref_number,
        vendor=book.full_name(txn.entity_id),
        txn_date=txn.txn_date,
        memo=txn.memo,
        total=total(txn),
        is_closed=txn.is_closed,
        is_fully_received=is_fully_received(txn),
        edit_sequence=str(txn.edit_sequence),
        lines=_lines(book, txn.lines),
    )


def estimate_view(book: Book, txn: Txn) -> EstimateView:
    """Show one estimate."""
    return EstimateView(
        txn_id=txn.txn_id,
        ref_number=txn.ref_number,
        job=book.full_name(txn.entity_id),
        txn_date=txn.txn_date,
        memo=txn.memo,
        total=total(txn),
        is_active=txn.is_active,
        edit_sequence=str(txn.edit_sequence),
        lines=_lines(book, txn.lines),
    )


def name_views(book: Book, kind: str) -> list[NameView]:
    """Show the entries of a list of names."""
    return [NameView(one.list_id, one.name, book.full_name(one.list_id), one.is_active) for one in book.records(kind)]


def item_views(book: Book) -> list[ItemView]:
    """Show the service items; stock and other charges are left out."""
    return [
        ItemView(
            list_id=one.list_id,
            full_name=book.full_name(one.list_id),
            is_active=one.is_active,
            two_sided=one.two_sided,
            income_account=book.full_name(one.income_id),
            expense_account=book.full_name(one.expense_id),
            description=one.purchase_desc or one.sales_desc,
        )
        for one in book.records("Item")
        if one.item_type == "Service"
    ]
