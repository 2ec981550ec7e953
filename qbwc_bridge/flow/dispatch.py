"""Dispatch: which message goes to QuickBooks next. What is chosen is stored before its text leaves (DESIGN, once 1)."""

from collections.abc import Sequence

from qbwc_bridge.domain.quickbooks import (
    CompanyQuery,
    CustomerAdd,
    CustomerQuery,
    CustomTxnDetail,
    EstimateQuery,
    HostQuery,
    ItemQuery,
    ItemServiceAdd,
    PreferencesQuery,
    PurchaseOrderQuery,
    Request,
    VendorAdd,
    VendorQuery,
)
from qbwc_bridge.domain.records import MessageSet, Purpose, Task
from qbwc_bridge.domain.states import OUTSTANDING, State, TaskState
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow.building import is_own_write
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.moves import MESSAGE_SET_ID_LENGTH, is_write, move, move_task, token
from qbwc_bridge.flow.readings import LISTS_RANK
from qbwc_bridge.flow.scene import Scene

LIST_RECORDS_PER_SET = 25
"""List records in one write set (DESIGN, once 4): few enough that a refused set is soon split."""

_LIST_ADDS = (CustomerAdd, VendorAdd, ItemServiceAdd)


def next_message(scene: Scene, language: Language) -> MessageSet | None:
    """Choose, render and store the next message of a visit; None when there is nothing to send now.

    Order: facts that the first call did not bring, lists, proof that the file is no older copy, writes in dependency
    order, costs. Messages in doubt come before all of these and are `recovery`'s business.
    """
    connection, visit = scene.connection, scene.visit
    if not visit.facts_read:
        queries: list[Request] = [HostQuery(), CompanyQuery(owner_id=language.owner_id), PreferencesQuery()]
        numbered = [(str(number), query) for number, query in enumerate(queries)]
        return _store(scene, "facts", language.message(numbered, connection))
    ready = _ready(scene)
    reads = [task for task in ready if not is_write(task)]
    writes = [task for task in ready if is_write(task)]
    lists = [task for task in reads if task.rank == LISTS_RANK]
    if lists:
        return _send(scene, _readings_of(lists), language)
    if not visit.writes_allowed:
        writes = []
        reads = [task for task in reads if task.submission_id is None]
    sentinel = newest_write_message(scene, language) if writes else None
    if sentinel:
        return sentinel
    own_reads = [task for task in reads if task.submission_id is not None]
    if own_reads and not (writes and writes[0].rank < own_reads[0].rank):
        return _send(scene, _readings_of(own_reads), language)
    if writes:
        return _send_writes(scene, _set_of(writes), language)
    # Payroll answers are handled alone, so that their raw text is in no stored reply.
    payroll = [task for task in reads if isinstance(task.request, CustomTxnDetail)]
    costs = payroll[:1] or _readings_of(reads)
    return _send(scene, costs, language) if costs else None


def newest_write_message(scene: Scene, language: Language) -> MessageSet | None:
    """Give the message that asks for the newest record that we wrote, or None once this visit has proof of it."""
    connection = scene.connection
    if scene.visit.sentinel_checked or not connection.newest_write:
        return None
    kind, _, found = connection.newest_write.partition(":")
    return _store(scene, "sentinel", language.message([("proof", _proof(kind, found))], connection))


def anything_left(scene: Scene) -> bool:
    """Whether this visit could still send something."""
    if scene.uow.tasks.count(connection_id=scene.connection.id, state=list(OUTSTANDING)):
        return True
    ready = _ready(scene)
    return any(scene.visit.writes_allowed or (not is_write(task) and task.submission_id is None) for task in ready)


def _proof(kind: str, found: str) -> Request:
    """The query that reads the newest record that we wrote back."""
    match kind:
        case "Customer":
            return CustomerQuery(list_ids=(found,))
        case "Vendor":
            return VendorQuery(list_ids=(found,))
        case "Item":
            return ItemQuery(list_ids=(found,))
        case "Estimate":
            return EstimateQuery(txn_ids=(found,))
        case _:
            return PurchaseOrderQuery(txn_ids=(found,))


def _ready(scene: Scene) -> list[Task]:
    queued = scene.uow.tasks.find(connection_id=scene.connection.id, state=TaskState.QUEUED)
    due = [
        task
        for task in queued
        if task.failed_visit_id != scene.visit.id and (task.not_before is None or task.not_before <= scene.now)
    ]
    return sorted(due, key=lambda task: (task.rank, task.id))


def _set_of(writes: Sequence[Task]) -> list[Task]:
    """One transaction, or up to 25 list records of the lowest rank; a record that failed before goes alone."""
    first = writes[0]
    if not isinstance(first.request, _LIST_ADDS) or first.attempts:
        return [first]
    same = [task for task in writes if isinstance(task.request, _LIST_ADDS) and not task.attempts]
    return [task for task in same if task.rank == first.rank][:LIST_RECORDS_PER_SET]


def _send_writes(scene: Scene, tasks: Sequence[Task], language: Language) -> MessageSet | None:
    """Send writes; a record that has no form in qbXML fails alone and stops no other (promise 6)."""
    try:
        return _send(scene, tasks, language)
    except QuickBooksError as problem:
        if len(tasks) > 1:
            return _send_writes(scene, tasks[:1], language)
        _fail_unsent(scene, tasks[0], str(problem))
        return next_message(scene, language)


def _fail_unsent(scene: Scene, task: Task, why: str) -> None:
    """Give a write up that cannot be sent: cancelled, and failed for a person."""
    uow, now = scene.uow, scene.now
    move_task(uow, task, TaskState.CANCELLED, now=now, why=why)
    if task.submission_id is None:
        return
    row = uow.submissions.get(task.submission_id)
    row.reasons = [why]
    if row.state is State.ACCEPTED:
        move(uow, row, State.EXPORTING, now=now, why="made ready for QuickBooks")
    if row.state is State.EXPORTING:
        scene.visit.failed += 1
        move(uow, row, State.FAILED, now=now, why=why)


def _readings_of(reads: Sequence[Task]) -> list[Task]:
    """Queries that share a set; one that was asked before goes alone, so that it cannot spoil the others again."""
    return [reads[0]] if reads and reads[0].attempts else [task for task in reads if not task.attempts]


def _send(scene: Scene, tasks: Sequence[Task], language: Language) -> MessageSet:
    uow, now = scene.uow, scene.now
    write = is_write(tasks[0])
    set_id = token(MESSAGE_SET_ID_LENGTH) if write else ""
    numbered = [(str(task.id), task.request) for task in tasks]
    text = language.message(numbered, scene.connection, set_id=set_id)
    stored = _store(scene, "write" if write else "read", text, set_id=set_id)
    for task in tasks:
        task.message_set_id, task.sent_at = stored.id, now
        task.attempts += 1
        move_task(uow, task, TaskState.SENT, now=now)
        if task.submission_id is not None:
            row = uow.submissions.get(task.submission_id)
            if row.state is State.ACCEPTED and is_own_write(row, task.request):
                move(uow, row, State.EXPORTING, now=now, why="sent to QuickBooks")
    return stored


def _store(scene: Scene, purpose: Purpose, text: str, *, set_id: str = "") -> MessageSet:
    row = MessageSet(scene.connection.id, scene.visit.id, purpose, text, scene.now, set_id=set_id)
    return scene.uow.message_sets.add(row)
