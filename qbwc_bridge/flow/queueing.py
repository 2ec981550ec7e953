"""Queueing: accepted submissions that wait for nothing become tasks; so do the readings of a visit."""

import datetime as dt
from dataclasses import replace
from typing import Any

from qbwc_bridge.domain import ages
from qbwc_bridge.domain.quickbooks import Request
from qbwc_bridge.domain.records import KINDS_IN_ORDER, Connection, Submission, Task
from qbwc_bridge.domain.states import ALIVE, State, TaskState
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.building import is_own_write, next_request
from qbwc_bridge.flow.changes import going_together, owner_of
from qbwc_bridge.flow.contents import content_text
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.moves import BRIDGE, add_task, hopeless, move, move_task, note
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.readings import LISTS_RANK, LISTS_WHOLE_EVERY, list_queries, must_be_known, window
from qbwc_bridge.ports import UnitOfWork


def enqueue(
    uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime, *, visit_id: int | None
) -> int:
    """Queue the next request of every accepted submission that waits for nothing; gives how many were queued.

    What is queued already and was never sent is replaced when it would be built otherwise now.
    """
    facts = Facts(uow, connection, options)
    unsent = uow.tasks.find(connection_id=connection.id, state=TaskState.QUEUED, message_set_id=None)
    waiting = {task.submission_id: task for task in unsent}
    queued = 0
    for row in facts.submissions.values():
        if row.kind not in KINDS_IN_ORDER:
            continue
        if row.state not in (State.ACCEPTED, State.EXPORTING) and not _to_close(row):
            continue
        task = waiting.get(row.id)
        if task and _outdated(facts, row, task, visit_id):
            why = "a setting, or a record that it refers to, changed before it was sent"
            move_task(uow, task, TaskState.CANCELLED, now=now, why=why)
        if not _to_close(row) and (row.waits_for or row.reasons):
            continue
        if uow.tasks.count(submission_id=row.id, state=[*ALIVE, TaskState.PARKED]) or _busy(facts, row):
            continue
        queued += _enqueue_one(facts, row, now, visit_id)
    return queued


def _outdated(facts: Facts, row: Submission, task: Task, visit_id: int | None) -> bool:
    """Whether a queued request is no longer what its submission needs next."""
    if row.waits_for:
        return True
    try:
        return next_request(facts, row, visit_id=visit_id) != task.request
    except Refused:
        return True


def _to_close(row: Submission) -> bool:
    """Whether a person asked to close the order of an exported commitment."""
    return row.state is State.SYNCED and row.choice == "close"


def _busy(facts: Facts, row: Submission) -> bool:
    """Whether another change of the same order or estimate is under way: two would race for one EditSequence."""
    owner = owner_of(facts, row)
    if owner is None:
        return False
    changes = facts.changes_of(owner.key) if owner.kind == "commitment" else facts.budget_changes(owner.project_id)
    others = [other.id for other in (owner, *changes) if other is not row]
    return bool(others) and facts.uow.tasks.count(submission_id=others, state=list(ALIVE)) > 0


def _enqueue_one(facts: Facts, row: Submission, now: dt.datetime, visit_id: int | None) -> int:
    if row.state is State.EXPORTING and row.version != row.accepted_version:
        # What was accepted was refused as stale; what Procore shows now, nobody has accepted (promise 3).
        why = "changed in Procore before QuickBooks took it; please look again"
        move(facts.uow, row, State.FAILED, now=now, why=why)
        move(facts.uow, row, State.READY, now=now, why=why)
        return 0
    try:
        request = next_request(facts, row, visit_id=visit_id)
    except Refused as problem:
        _cannot_go(facts, row, str(problem), now)
        return 0
    own = is_own_write(row, request)
    if not own and _asked_already(facts, request):
        return 0
    rank = 1 + KINDS_IN_ORDER.index(row.kind) * 2 + row.key.count(".") * (row.kind == "cost_code")
    if not own and row.kind == "job":
        rank -= 1
    task = add_task(facts.uow, facts.connection, request, now, rank=rank, submission_id=row.id)
    if own and not _to_close(row):
        task.brings = {each.id: content_text(facts.find, each) for each in going_together(facts, row)}
        facts.uow.tasks.save(task)
    return 1


def _cannot_go(facts: Facts, row: Submission, why: str, now: dt.datetime) -> None:
    """A request that cannot be built waits for a person: blocked, or failed where QuickBooks refused it before."""
    if _to_close(row):
        row.choice = ""
        note(facts.uow, row, now=now, who=BRIDGE, why=f"not closed: {why}")
        facts.uow.submissions.save(row)
        return
    row.reasons = [why]
    move(facts.uow, row, State.BLOCKED if row.state is State.ACCEPTED else State.FAILED, now=now, why=why)


def _asked_already(facts: Facts, request: Request) -> bool:
    """Whether another record's task brings the same: several jobs may need one new customer above them."""
    tasks = facts.uow.tasks.find(connection_id=facts.connection.id, kind=request.kind, state=list(ALIVE))
    return any(task.request == request for task in tasks)


def ask_lists(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Queue the reading of QuickBooks' lists, orders and estimates, and of what was deleted of them."""
    for request in list_queries(connection, now):
        open_ones = uow.tasks.find(
            connection_id=connection.id,
            kind=request.kind,
            submission_id=None,
            reading_id=None,
            state=[*ALIVE, TaskState.PARKED],
        )
        if not open_ones:
            add_task(uow, connection, request, now, rank=LISTS_RANK)
        for task in open_ones:
            if window(request) is None and window(task.request) is not None:
                # It was queued while another file was the bound one, or the lists are to be read whole meanwhile.
                task.request = request
            task.not_before = None  # no back-off: writes wait for it
            uow.tasks.save(task)
            rests = _spared(task) and not ages.due(task.sent_at, now, LISTS_WHOLE_EVERY)
            if task.state is TaskState.PARKED and not rests:
                _ask_again(uow, task, now)


def _spared(task: Task) -> bool:
    """Whether a reading gets one try a day, for QuickBooks breaks at it each time and a visit ends with that."""
    return hopeless(task) and not must_be_known(task)


def _ask_again(uow: UnitOfWork, task: Task, now: dt.datetime) -> None:
    """Queue a given-up reading of a list again with its own window: a later one would leave out what it missed."""
    request: Any = task.request
    if getattr(request, "iterator", None):
        task.request = replace(request, iterator=replace(request.iterator, id=""))
    if not _spared(task):
        task.attempts = 0
    move_task(uow, task, TaskState.QUEUED, now=now, why="a list that was not read whole is read again")
