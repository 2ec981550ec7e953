"""Actuals: the kept answers of a cost reading become the ledger, all at once."""

import datetime as dt
import re
from collections import defaultdict
from decimal import Decimal

from qbwc_bridge.domain.books import CostAnswer, CostDocument, CostLine, CostReading, ListRecord
from qbwc_bridge.domain.costs import COST_ACCOUNTS, PAYROLL
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.states import ALIVE, TaskState
from qbwc_bridge.flow import cost_answers
from qbwc_bridge.ports import UnitOfWork

_ITEM_NOTE = re.compile(r" \(.*\)$", re.DOTALL)
_ACCOUNT_NUMBER = re.compile(r"(^|:)[0-9]{1,7} · ")
"""Reports write items with their description in parentheses and accounts with their number."""

_TYPES = {
    "General Journal": "JournalEntry",
    "Journal": "JournalEntry",
    "Bill Credit": "VendorCredit",
    "Credit": "VendorCredit",
    "Credit Card Charge": "CreditCardCharge",
    "Credit Card Credit": "CreditCardCredit",
    "Item Receipt": "ItemReceipt",
    "Inventory Adjust": "InventoryAdjustment",
    "Credit Memo": "CreditMemo",
    "Sales Receipt": "SalesReceipt",
}
"""Report words of transaction types by qbXML's words; the others are the same in both."""


def apply_all(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> int:
    """Apply every complete reading; gives how many.

    A reading with a parked or cancelled query is given up. Payroll alone may be missing, because QuickBooks can refuse
    it for itself (3261, 3262): then the payroll costs known so far stay, and the parked query says why.
    """
    applied = 0
    for reading in uow.readings.find(connection_id=connection.id, applied_at=None):
        tasks = uow.tasks.find(reading_id=reading.id)
        if any(task.state in ALIVE for task in tasks):
            continue
        missing = [task for task in tasks if task.state is not TaskState.DONE]
        if all(cost_answers.is_payroll(task) for task in missing):
            _apply(uow, connection, reading, with_payroll=not missing)
            connection.costs_read_at = now
            applied += 1
        reading.applied_at = now
        uow.readings.save(reading)
        for answer in uow.answers.find(reading_id=reading.id):
            uow.answers.remove(answer)
    uow.connections.save(connection)
    return applied


def _apply(uow: UnitOfWork, connection: Connection, reading: CostReading, *, with_payroll: bool) -> None:
    answers = uow.answers.find(reading_id=reading.id)
    deletions = _kept(answers, cost_answers.DELETED)
    deleted = {txn_id for txn_id, _ in deletions}
    # A document that is still shown has not vanished: its job was taken off it.
    deleted |= {
        row["TxnID"] for answer in answers if answer.kind == cost_answers.REPORT for row in cost_answers.rows(answer)
    }
    found = _documents(uow, connection, answers)
    for row in uow.costs.find(connection_id=connection.id):
        if row.txn_type == PAYROLL and not with_payroll:
            continue
        fresh = found.pop(row.txn_id, None)
        if fresh is None:
            if not row.deleted or (row.txn_id in deleted and not row.deletion_known):
                row.deleted, row.deletion_known = True, row.txn_id in deleted or row.txn_type == PAYROLL
                row.reading_id = reading.id
                uow.costs.save(row)
            continue
        fresh.id, fresh.reading_id = row.id, row.reading_id
        if fresh != row:
            fresh.reading_id = reading.id
            uow.costs.save(fresh)
    for fresh in found.values():
        fresh.reading_id = reading.id
        uow.costs.add(fresh)
    connection.deletions_seen = _newest(connection.deletions_seen, deletions)
    connection.bills_modified = _newest(connection.bills_modified, _kept(answers, cost_answers.BILLS))


def _kept(answers: list[CostAnswer], kind: str) -> list[list[str]]:
    return [row for answer in answers if answer.kind == kind for row in cost_answers.unpack(answer)]


def _newest(known: dt.datetime | None, rows: list[list[str]]) -> dt.datetime | None:
    """The newest time seen so far: `rows` are of an id and a time, or an empty text."""
    times = [dt.datetime.fromisoformat(when) for _, when in rows if when]
    return max([*times, known] if known else times, default=None)


def _documents(uow: UnitOfWork, connection: Connection, answers: list[CostAnswer]) -> dict[str, CostDocument]:
    """Build ledger documents from report rows: lines that name a job, grouped by TxnID (payroll: by pay date)."""
    accounts, items = _by_name(uow, connection, "account"), _by_name(uow, connection, "item")
    jobs = _by_name(uow, connection, "customer")
    vendors = _by_name(uow, connection, "vendor")
    bills = {bill.txn_id: bill for bill in uow.transactions.find(connection_id=connection.id, kind="Bill")}
    documents: dict[str, CostDocument] = {}
    lines: dict[str, list[CostLine]] = defaultdict(list)
    for answer in answers:
        if answer.kind not in (cost_answers.REPORT, cost_answers.PAYROLL):
            continue
        for row in cost_answers.rows(answer):
            job = jobs.get(fold(row["Name"]))
            if job is None:
                continue
            txn_id = row["TxnID"]
            documents.setdefault(txn_id, _document(connection, row))
            lines[txn_id].append(_line(row, job, accounts, items))
    for txn_id, document in documents.items():
        document.lines = sorted(lines[txn_id], key=_line_order)
        bill = bills.get(txn_id)
        vendor = vendors.get(fold(document.payee))
        document.vendor_id = bill.party_id if bill else vendor.list_id if vendor else ""
        document.order_ids = [linked for linked, kind in bill.linked if kind == "PurchaseOrder"] if bill else []
    return documents


def _document(connection: Connection, row: dict[str, str]) -> CostDocument:
    return CostDocument(
        connection_id=connection.id,
        txn_id=row["TxnID"],
        txn_type=_TYPES.get(row["TxnType"], row["TxnType"].replace(" ", "")),
        txn_date=dt.date.fromisoformat(row["Date"]),
        ref_number=row["RefNumber"],
        payee=row["SourceName"],
        memo=row["Memo"],
    )


def _item_name(text: str, items: dict[str, ListRecord]) -> str:
    """Take off the description in parentheses; names may hold parentheses too, so the longest known name wins."""
    name = text
    while fold(name) not in items and " (" in name:
        name = name.rpartition(" (")[0]
    return name if fold(name) in items else _ITEM_NOTE.sub("", text)


def _line(
    row: dict[str, str], job: ListRecord, accounts: dict[str, ListRecord], items: dict[str, ListRecord]
) -> CostLine:
    account_name = _ACCOUNT_NUMBER.sub(r"\1", row["Account"])
    account = accounts.get(fold(account_name))
    account_type = account.type if account else ""
    amount: Decimal = cost_answers.number(row["Debit"]) - cost_answers.number(row["Credit"])
    return CostLine(
        job_id=job.list_id,
        job_name=job.full_name,
        account=account.full_name if account else account_name,
        account_type=account_type,
        item=_item_name(row["Item"], items),
        amount=amount + ZERO,
        counted=account_type in COST_ACCOUNTS,
        memo=row["Memo"],
    )


def _line_order(line: CostLine) -> tuple[str, str, str, Decimal]:
    return (line.job_id, line.item, line.account, line.amount)


def _by_name(uow: UnitOfWork, connection: Connection, kind: str) -> dict[str, ListRecord]:
    rows = uow.lists.find(connection_id=connection.id, kind=kind)
    # What is gone has had costs all the same; where another record took its name, that one is meant.
    return {row.folded: row for row in sorted(rows, key=lambda row: not row.gone)}
