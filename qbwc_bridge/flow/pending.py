"""Costs that are entered in QuickBooks and post nothing yet: no cost so far (ACCOUNTING 17), told beside the proof."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument, CostLine, TransactionRecord
from qbwc_bridge.domain.costs import COST_ACCOUNTS
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import described

KINDS = ("Bill", "Check")
"""What buys and can be pending; pending sales are income to come."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A line of a pending document on a linked job, where it would belong; both codes are empty without one."""

    project: str
    cost_code: str
    cost_type: str
    document: str
    account_or_item: str
    amount: Decimal


def pending(ledger: Ledger) -> list[Pending]:
    """Give the lines of pending documents on linked jobs, through the ledger's date, by project."""
    placed = ledger.place_beside(_documents(ledger))
    found = [
        Pending(
            project=ledger.choices[item.project_id].number,
            cost_code=item.cost_code,
            cost_type=item.cost_type,
            document=described(item.document),
            account_or_item=item.line.item or item.line.account,
            amount=item.line.amount,
        )
        for item in placed
        if item.project_id in ledger.choices
    ]
    return sorted(found, key=lambda row: (row.project, row.cost_code, row.cost_type, row.document))


def stands(ledger: Ledger, txn_id: str) -> bool:
    """Whether QuickBooks has a document as one that posts nothing yet."""
    return ledger.uow.transactions.has(connection_id=ledger.connection.id, txn_id=txn_id, pending=True, gone=False)


def _documents(ledger: Ledger) -> Iterator[CostDocument]:
    uow, connection = ledger.uow, ledger.connection
    rows = uow.transactions.find(connection_id=connection.id, kind=list(KINDS), pending=True, gone=False)
    accounts = uow.lists.find(connection_id=connection.id, kind="account") if rows else []
    costs = {row.list_id for row in accounts if row.type in COST_ACCOUNTS}
    for row in rows:
        date = row.txn_date or (row.time_modified.date() if row.time_modified else dt.date.min)
        if ledger.as_of is None or date <= ledger.as_of:
            yield _document(row, date, costs)


def _document(row: TransactionRecord, date: dt.date, costs: set[str]) -> CostDocument:
    """Give a pending document as the ledger would have it. An item's account is not told before it posts."""
    lines = [
        CostLine(
            job_id=line.job_id,
            job_name="",
            account="",
            account_type="",
            item=line.item_name,
            amount=line.amount,
            counted=bool(line.item_id) or line.account_id in costs,
            account_id=line.account_id,
            item_id=line.item_id,
            class_id=line.class_id,
        )
        for line in row.lines
    ]
    return CostDocument(
        row.connection_id,
        row.txn_id,
        row.kind,
        date,
        ref_number=row.ref_number,
        payee=row.party_name,
        vendor_id=row.party_id,
        lines=lines,
    )
