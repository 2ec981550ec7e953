"""Rows of cost reports with the records that their names mean.

Names are looked up while an answer is read, in the visit that has just read the lists: later one may be renamed.
Payroll rows are summed at the same time; no name and no single check is kept (ACCOUNTING 18).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from operator import attrgetter

from qbwc_bridge.domain.books import CostLine, ListRecord, TransactionRecord
from qbwc_bridge.domain.costs import COST_ACCOUNTS
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.replies import ReportRet
from qbwc_bridge.domain.txn_types import PAYROLL, txn_type
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow.cost_names import Names
from qbwc_bridge.flow.mirror import Orders

_COLUMNS = (
    *("TxnID", "TxnType", "Date", "RefNumber", "Name", "SourceName", "Item", "Account", "Class", "Memo"),
    *("Debit", "Credit"),
)


@dataclass(frozen=True, slots=True)
class PostedRow:
    """One posted line of a job, as texts that JSON keeps; ids are empty where the lists do not have the name."""

    txn_id: str
    txn_type: str
    txn_date: str
    ref_number: str
    payee: str
    vendor_id: str
    job_id: str
    job_name: str
    item: str
    item_id: str
    account: str
    account_id: str
    account_type: str
    class_name: str
    class_id: str
    memo: str
    amount: str
    """Debit less credit."""

    def cells(self) -> tuple[str, ...]:
        """Give its values in the order in which it is made of them."""
        return _CELLS(self)

    def line(self) -> CostLine:
        """Give it as a line of the ledger."""
        return CostLine(
            job_id=self.job_id,
            job_name=self.job_name,
            account=self.account,
            account_type=self.account_type,
            item=self.item,
            amount=Decimal(self.amount),
            counted=self.account_type in COST_ACCOUNTS,
            memo=self.memo,
            account_id=self.account_id,
            item_id=self.item_id,
            class_name=self.class_name,
            class_id=self.class_id,
        )


_CELLS: Callable[[PostedRow], tuple[str, ...]] = attrgetter(*(each.name for each in fields(PostedRow)))


def posted(
    reports: Iterable[ReportRet], names: Names, orders: Orders, *, job: str = ""
) -> tuple[list[str], list[PostedRow]]:
    """Give the TxnIDs that reports show, and their rows that name a customer or job.

    `orders` are the documents as last read, as far as they were: their own lines tell which item a row means. In the
    report of one `job` an unknown name is the job's own, which it was given since the lists were read.
    """
    own = names.job_of(job)
    ids: dict[str, None] = {}
    rows: list[PostedRow] = []
    for report in reports:
        for cells in report.cells(*_COLUMNS):
            row = dict(zip(_COLUMNS, cells, strict=True))
            ids[row["TxnID"]] = None
            named = names.job(row["Name"]) or (None if names.vendor(row["Name"]) or not row["Name"] else own)
            if named:
                header = orders.get(row["TxnID"])
                rows.append(_row(row, named, names, header))
    return list(ids), rows


def summed(reports: Iterable[ReportRet], names: Names) -> Iterator[PostedRow]:
    """Sum payroll rows per pay date, job, item, account and class.

    A row whose name is no job carries an employee's name: it is left out altogether.
    """
    sums: dict[tuple[str, ...], Decimal] = defaultdict(lambda: ZERO)
    jobs: dict[str, ListRecord] = {}
    for report in reports:
        told = report.cells("Date", "Name", "Item", "Account", "Class", "Debit", "Credit")
        for date, name, item, account, of_class, debit, credit in told:
            job = names.job(name)
            if job:
                jobs[job.list_id] = job
                sums[date, job.list_id, item, account, of_class] += number(debit) - number(credit)
    for (date, job_id, item, account, of_class), amount in sorted(sums.items()):
        values = (f"pay-{date}", PAYROLL, date, "", "", "", item, account, of_class, "", str(amount), "")
        yield _row(dict(zip(_COLUMNS, values, strict=True)), jobs[job_id], names, None)


def number(text: str) -> Decimal:
    """Read a report's amount; an absent cell is nothing. Raises QuickBooksError, which tells no text: it may be pay."""
    try:
        found = Decimal(text) if text else ZERO
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise QuickBooksError("QuickBooks' report is not used: an amount in it is no plain number such as 1234.50.")
    return found


def day(text: str) -> str:
    """Check a report's date; raises QuickBooksError for one that is not written like 2026-03-10."""
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise QuickBooksError("QuickBooks' report is not used: a date in it is not written like 2026-03-10.") from None


def _row(row: dict[str, str], job: ListRecord, names: Names, header: TransactionRecord | None) -> PostedRow:
    own_items = {line.item_id for line in header.lines if line.item_id} if header else set()
    party = header.party_id if header and names.has_vendor(header.party_id) else ""
    account_name, account = names.account(row["Account"])
    item_name, item = names.item(row["Item"], own_items)
    of_class, vendor = names.class_(row["Class"]), names.vendor(row["SourceName"])
    return PostedRow(
        txn_id=row["TxnID"],
        txn_type=txn_type(row["TxnType"]),
        txn_date=day(row["Date"]),
        ref_number=row["RefNumber"],
        payee=row["SourceName"],
        vendor_id=party or (vendor.list_id if vendor else ""),
        job_id=job.list_id,
        job_name=job.full_name,
        item=item.full_name if item else item_name,
        item_id=item.list_id if item else "",
        account=account_name,
        account_id=account.list_id if account else "",
        account_type=account.type if account else "",
        class_name=of_class.full_name if of_class else row["Class"],
        class_id=of_class.list_id if of_class else "",
        memo=row["Memo"],
        amount=str(number(row["Debit"]) - number(row["Credit"]) + ZERO),
    )
