"""Condensing the company file: old transactions give way to summary journal entries."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from .book import Book
from .documents import enter, is_fully_received, new_txn
from .posting import posts, rows_of
from .state import ZERO, Txn, TxnLine

MEMO = "Condensed"
"""Memo of the lines that stand for transactions which are gone."""


def condense(book: Book, through: date) -> None:
    """Replace the transactions dated through that day by one journal entry per month with a line per account.

    No deletion record tells of them, and the summary names no job, item or class. Orders that are still open, pending
    documents and estimates in use stay, and so do orders from which a later document has drawn.
    """
    old = {one.txn_id: one for one in book.state.txns.values() if one.txn_date <= through}
    leaving = {txn_id: txn for txn_id, txn in old.items() if posts(txn) or _is_done(txn)}
    for txn in list(leaving.values()):
        if not posts(txn) and any(one not in leaving for one in txn.links):
            del leaving[txn.txn_id]
    months = _sums((txn for txn in leaving.values() if posts(txn)), through)
    for txn_id in leaving:
        del book.state.txns[txn_id]
    for txn in book.state.txns.values():
        txn.links = [one for one in txn.links if one not in leaving]
    for day, sums in sorted(months.items()):
        _enter_summary(book, day, sums)


def _is_done(txn: Txn) -> bool:
    """Tell whether a document that does not post has nothing to come any more."""
    if txn.kind == "PurchaseOrder":
        return txn.is_closed or is_fully_received(txn)
    return txn.kind == "Estimate" and not txn.is_active


def _sums(txns: Iterable[Txn], through: date) -> dict[date, dict[str, Decimal]]:
    """Sum debits less credits by the last day of the month (at most `through`) and account."""
    months: dict[date, dict[str, Decimal]] = {}
    for txn in txns:
        last = txn.txn_date.replace(day=monthrange(txn.txn_date.year, txn.txn_date.month)[1])
        sums = months.setdefault(min(last, through), {})
        for row in rows_of(txn, {}):
            sums[row.account_id] = sums.get(row.account_id, ZERO) + row.value
    return months


def _enter_summary(book: Book, day: date, sums: dict[str, Decimal]) -> None:
    lines = [
        TxnLine(book.new_txn_id(), "debit" if value > 0 else "credit", abs(value), account_id=account_id, memo=MEMO)
        for account_id, value in sorted(sums.items(), key=lambda one: book.full_name(one[0]).casefold())
        if value
    ]
    if lines:
        txn = new_txn(book, "JournalEntry", day)
        txn.lines = lines
        enter(book, txn)
