"""Adoption: a record that QuickBooks made or changed (or was found to have) becomes its submissions' own."""

import datetime as dt

from qbwc_bridge.domain.books import TransactionRecord
from qbwc_bridge.domain.changing import NEW_LINE
from qbwc_bridge.domain.records import Submission, Task
from qbwc_bridge.domain.replies import ListRet, Result, TxnRet
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import newest
from qbwc_bridge.flow.agreement import DOCUMENTS, agreed_of
from qbwc_bridge.flow.mirror import Orders, list_kind
from qbwc_bridge.flow.moves import BRIDGE, Rows, move, move_task, note
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork


def adopt(scene: Scene, task: Task, rows: Rows, result: Result, orders: Orders) -> None:
    """Make what QuickBooks has (kept in the mirror already) its submissions' own: all that the task brings are synced.

    What a person should look at (another total, tax, markup) the next review says.
    """
    move_task(scene.uow, task, TaskState.DONE, now=scene.now)
    if isinstance(result, ListRet):
        newest.remember(scene.connection, result)
        _not_born(scene, result)
        quickbooks_id, name = result.list_id, result.full_name
    elif isinstance(result, TxnRet):
        order = orders[result.txn_id]
        newest.remember(scene.connection, result)
        quickbooks_id, name = order.txn_id, order.ref_number
    else:
        return
    if isinstance(result, TxnRet):
        _remember_lines(scene.uow, task, rows, order)
        _agree(scene, rows.get(task.submission_id), order)
    for row_id, content in task.brings.items():
        row = rows.get(row_id)
        if row:
            row.exported = content
            _synced(scene.uow, row, quickbooks_id, name, scene.now)
            scene.visit.exported += 1


def tell_second(scene: Scene, task: Task, rows: Rows, result: Result) -> None:
    """Stop all writes where QuickBooks made an order or estimate a second time: only a person can take one away."""
    owners = [row for row in rows.values() if row.quickbooks_id]
    if not isinstance(result, TxnRet) or not task.kind.endswith("Add") or not owners:
        return
    if all(row.quickbooks_id != result.txn_id for row in owners):
        scene.connection.alarm = (
            f"{owners[0].title}, {result.ref_number}, stands twice in QuickBooks: the answer to the first try came "
            f"after the second was made. Delete the one of TxnID {result.txn_id} there, then an admin runs connection "
            f"confirm {scene.connection.name}. Nothing is written until then."
        )


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
    row.choice, row.reasons = "", []
    if row.state is State.ACCEPTED:
        move(uow, row, State.EXPORTING, now=now, why="sent to QuickBooks")
    move(uow, row, State.SYNCED, now=now, why=f"QuickBooks answered: {name}")


def _remember_lines(uow: UnitOfWork, task: Task, rows: Rows, order: TransactionRecord) -> None:
    """Keep which line of QuickBooks stands for which line of Procore.

    A line that was there keeps its id. New ones come back in the order in which they were written, wherever they stand.
    """
    lines = getattr(task.request, "lines", ())
    known = {line.txn_line_id for line in lines} - {"", NEW_LINE}
    fresh = [line.txn_line_id for line in order.lines if line.txn_line_id not in known]
    new = iter(fresh if len(fresh) == len(lines) - len(known) else ())
    found: dict[int, dict[str, str]] = {}
    for written in lines:
        txn_line_id = written.txn_line_id if written.txn_line_id in known else next(new, "")
        owner, _, key = written.source.partition(":")
        if owner and txn_line_id:
            found.setdefault(int(owner), {})[key] = txn_line_id
    for row_id, line_ids in found.items():
        row = rows.get(row_id) or uow.submissions.get(row_id)
        row.line_ids = row.line_ids | line_ids
        uow.submissions.save(row)


def _agree(scene: Scene, row: Submission | None, order: TransactionRecord) -> None:
    """Keep the document as it stands now, so that a later hand edit shows (ACCOUNTING 14).

    Closing an order changes nothing that was agreed, and agrees to nothing.
    """
    if row is None:
        return
    if row.choice == "close":
        row.choice = ""
        scene.uow.submissions.save(row)
        note(scene.uow, row, now=scene.now, who=BRIDGE, why="its order was closed in QuickBooks")
        return
    owner: Submission | None = None
    if row.kind not in DOCUMENTS:  # what it changes is another's, unless it is a second order
        kinds = list(DOCUMENTS)
        owner = scene.uow.submissions.first(connection_id=scene.connection.id, kind=kinds, quickbooks_id=order.txn_id)
    owner = owner or row
    owner.agreed = agreed_of(order)
    scene.uow.submissions.save(owner)
