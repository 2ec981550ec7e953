"""Adoption: a record that QuickBooks made (or was found to have made) becomes its submission's own."""

import datetime as dt
from decimal import Decimal

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain import rules
from qbwc_bridge.domain.books import TransactionRecord
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.procore import Commitment
from qbwc_bridge.domain.records import Submission, Task
from qbwc_bridge.domain.replies import ListRet, Result, TxnRet
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow.linking import remember_lines
from qbwc_bridge.flow.mirror import Orders, list_kind
from qbwc_bridge.flow.moves import move, move_task
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork


def adopt(scene: Scene, task: Task, row: Submission | None, result: Result, orders: Orders) -> None:
    """Make what QuickBooks has (kept in the mirror already) its submission's own: `row` becomes synced."""
    uow, connection, now = scene.uow, scene.connection, scene.now
    move_task(uow, task, TaskState.DONE, now=now)
    if isinstance(result, ListRet):
        connection.newest_write = f"{list_kind(result).capitalize()}:{result.list_id}"
        _not_born(scene, result)
        if row is None or (isinstance(task.request, qb.CustomerAdd) and task.request.parent is None):
            return  # the customer above a job: the job itself follows
        _synced(uow, row, result.list_id, result.full_name, now)
    elif isinstance(result, TxnRet):
        order = orders[result.txn_id]
        connection.newest_write = f"{result.kind}:{order.txn_id}"
        if row is None:
            return
        row.reasons = _proof(uow, row, order, result)
        remember_lines(uow, row, [line.txn_line_id for line in order.lines])
        _synced(uow, row, order.txn_id, order.ref_number, now)
    if row is not None:
        scene.visit.exported += 1


def _not_born(scene: Scene, result: ListRet) -> None:
    """Take back that a record came into QuickBooks by itself: it is the bridge's own."""
    kept = scene.uow.lists.first(
        connection_id=scene.connection.id, kind=list_kind(result), list_id=result.list_id, born=True
    )
    if kept:
        kept.born = False
        scene.uow.lists.save(kept)


def _synced(uow: UnitOfWork, row: Submission, quickbooks_id: str, name: str, now: dt.datetime) -> None:
    row.quickbooks_id, row.quickbooks_name = quickbooks_id, name
    row.exported_version = row.accepted_version or row.version
    if row.state is State.ACCEPTED:
        move(uow, row, State.EXPORTING, now=now, why="sent to QuickBooks")
    move(uow, row, State.SYNCED, now=now, why=f"QuickBooks answered: {name}")


def _proof(uow: UnitOfWork, row: Submission, order: TransactionRecord, result: TxnRet) -> list[str]:
    """Compare QuickBooks' own figures with ours (ACCOUNTING 9, 13); what differs is shown, never rounded away."""
    expected = row.amount or ZERO
    problems: list[str | None] = []
    if row.kind == "change_order":
        expected = _revised(uow, row, order)
    problems.append(
        rules.total_differs(f"{row.kind.replace('_', ' ').capitalize()} {row.number}", expected, order.total)
    )
    if result.kind == "Estimate":
        if result.sales_tax_total:
            problems.append(f"QuickBooks added sales tax of {result.sales_tax_total} to the estimate: remove it there.")
        problems += [
            f"QuickBooks added a markup to line {line.description}: remove it there."
            for line in order.lines
            if line.quantity is not None and line.rate is not None and cents(line.quantity * line.rate) != line.amount
        ]
    return [problem for problem in problems if problem]


def _revised(uow: UnitOfWork, row: Submission, order: TransactionRecord) -> Decimal:
    """What the order should be now: the original with every change order that QuickBooks has, this one included."""
    commitment = uow.submissions.first(connection_id=row.connection_id, kind="commitment", quickbooks_id=order.txn_id)
    found = uow.documents.first(
        connection_id=row.connection_id, kind="commitment", key=commitment.key if commitment else ""
    )
    base = found.document.amount() if found and isinstance(found.document, Commitment) else ZERO
    done = uow.submissions.find(connection_id=row.connection_id, kind="change_order", quickbooks_id=order.txn_id)
    others = sum((other.amount or ZERO for other in done if other.id != row.id), ZERO)
    return base + others + (row.amount or ZERO)
