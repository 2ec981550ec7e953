"""Joining a submission to a record that stands in QuickBooks: found there, chosen by a person, or just written."""

import datetime as dt
from decimal import Decimal

from qbwc_bridge.domain.books import TransactionRecord
from qbwc_bridge.domain.mapping import alike_lines
from qbwc_bridge.domain.money import cents
from qbwc_bridge.domain.procore import Budget, BudgetCode, Commitment
from qbwc_bridge.domain.records import BY_HAND, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.agreement import DOCUMENTS, agreed_of
from qbwc_bridge.flow.contents import content_text, stored
from qbwc_bridge.flow.moves import BRIDGE, MARK_LENGTH, cancel_queued, move, note, token
from qbwc_bridge.ports import UnitOfWork


def join(uow: UnitOfWork, row: Submission, quickbooks_id: str, name: str, *, now: dt.datetime, why: str) -> None:
    """Link a submission to what QuickBooks has instead of writing it; queued tasks are cancelled."""
    cancel_queued(uow, row, now=now, why=why)
    row.quickbooks_id, row.quickbooks_name, row.exported_version = quickbooks_id, name, row.version
    row.reasons, row.waits_for, row.choice, row.link_to = [], [], "", ""
    row.exported = content_text(stored(uow, row.connection_id), row)
    order = uow.transactions.first(connection_id=row.connection_id, txn_id=quickbooks_id)
    if order:
        row.quickbooks_name = order.ref_number
        row.agreed = agreed_of(order) if row.kind in DOCUMENTS else None
        _remember_lines(uow, row, order)
    why = f"linked: {why}"
    if row.state is State.SYNCED:  # done by hand before, and now known where
        uow.submissions.save(row)
        note(uow, row, now=now, who=row.accepted_by or BRIDGE, why=why)
    else:
        move(uow, row, State.SYNCED, now=now, who=row.accepted_by or BRIDGE, why=why)


def part(
    uow: UnitOfWork, row: Submission, *, now: dt.datetime, why: str, who: str = BRIDGE, keep_mark: bool = False
) -> None:
    """Forget what a submission is joined to; what QuickBooks has stays as it is, and keeps its old mark.

    What may be written anew must not be taken for what carries that mark, unless `keep_mark` says so.
    """
    cancel_queued(uow, row, now=now, who=who, why=why)
    row.quickbooks_id = row.quickbooks_name = row.exported_version = row.exported = ""
    row.link_to = BY_HAND
    row.line_ids, row.agreed, row.choice, row.update = {}, None, "", False
    row.mark = row.mark if keep_mark else token(MARK_LENGTH)
    if row.state in (State.READY, State.BLOCKED, State.ARCHIVED):
        uow.submissions.save(row)
        note(uow, row, now=now, who=who, why=why)
    else:
        move(uow, row, State.READY, now=now, who=who, why=why)


def _remember_lines(uow: UnitOfWork, row: Submission, order: TransactionRecord) -> None:
    """Keep which line of QuickBooks stands for which line of Procore, whoever typed them in whatever order.

    A budget's lines are known by budget code id, a commitment's by line id.
    """
    found = uow.documents.first(connection_id=row.connection_id, kind=row.kind, key=row.key)
    document = found.document if found else None
    parts: list[tuple[str, BudgetCode | None, Decimal]] = []
    if isinstance(document, Commitment):
        parts = [(str(line.id), line.code, cents(line.amount)) for line in document.lines]
    elif isinstance(document, Budget):
        amounts = document.amounts()
        parts = [(str(each.code.id), each.code, amounts[each.code.id]) for each in document.rows]
    keys = {key for _, code, _ in parts if code for key in (code.code, code.cost_code)}
    items = uow.submissions.find(connection_id=row.connection_id, kind="cost_code", key=keys) if keys else []
    of_code = {each.key: each.quickbooks_id for each in items if each.quickbooks_id}
    wanted = {
        key: ({of_code.get(code.code), of_code.get(code.cost_code)} if code else set(), amount)
        for key, code, amount in parts
    }
    row.line_ids = alike_lines(wanted, order.lines)
