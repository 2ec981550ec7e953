"""Joining a submission to a record that stands in QuickBooks: found there, chosen by a person, or just written."""

import datetime as dt

from qbwc_bridge.domain.mapping import lines_by_position
from qbwc_bridge.domain.procore import Budget, Commitment
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.agreement import agreed_of
from qbwc_bridge.flow.contents import content_text, stored
from qbwc_bridge.flow.moves import BRIDGE, cancel_queued, move, note
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
        row.agreed = agreed_of(order)
        _remember_lines(uow, row, [line.txn_line_id for line in order.lines])
    why = f"linked: {why}"
    if row.state is State.SYNCED:  # done by hand before, and now known where
        uow.submissions.save(row)
        note(uow, row, now=now, who=row.accepted_by or BRIDGE, why=why)
    else:
        move(uow, row, State.SYNCED, now=now, who=row.accepted_by or BRIDGE, why=why)


def _remember_lines(uow: UnitOfWork, row: Submission, txn_line_ids: list[str]) -> None:
    """Keep which line of QuickBooks stands for which line of Procore, when both have the same number of lines.

    A budget's lines are known by budget code id, a commitment's by line id.
    """
    found = uow.documents.first(connection_id=row.connection_id, kind=row.kind, key=row.key)
    document = found.document if found else None
    if isinstance(document, Commitment) and len(document.lines) == len(txn_line_ids):
        row.line_ids = lines_by_position(document.lines, txn_line_ids)
    elif isinstance(document, Budget) and len(document.rows) == len(txn_line_ids):
        ids = zip(document.rows, txn_line_ids, strict=True)
        row.line_ids = {str(budget_row.code.id): txn_line_id for budget_row, txn_line_id in ids}
