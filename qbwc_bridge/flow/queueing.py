"""Queueing: accepted submissions that wait for nothing become tasks; so do the readings of a visit."""

import datetime as dt
from dataclasses import replace
from typing import Any

from qbwc_bridge.domain.books import CostReading
from qbwc_bridge.domain.procore import ChangeOrder
from qbwc_bridge.domain.quickbooks import (
    AccountQuery,
    BillQuery,
    CustomerQuery,
    CustomTxnDetail,
    EstimateQuery,
    ItemQuery,
    Iterator,
    PurchaseOrderQuery,
    Request,
    TxnDeletedQuery,
    VendorQuery,
)
from qbwc_bridge.domain.records import KINDS_IN_ORDER, Connection, Submission, Task
from qbwc_bridge.domain.states import ALIVE, State, TaskState
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.building import is_own_write, next_request
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.moves import move, move_task
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.readings import (
    COST_TYPES,
    COSTS_RANK,
    DELETABLE_TYPES,
    LIST_PAGE,
    LISTS_RANK,
    OVERLAP,
    PAYROLL_TYPES,
    TRANSACTION_PAGE,
)
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
        if row.state not in (State.ACCEPTED, State.EXPORTING) or row.kind not in KINDS_IN_ORDER:
            continue
        task = waiting.get(row.id)
        if task and _outdated(facts, row, task, visit_id):
            why = "a setting, or a record that it refers to, changed before it was sent"
            move_task(uow, task, TaskState.CANCELLED, now=now, why=why)
        if row.waits_for or row.reasons:
            continue
        if uow.tasks.count(submission_id=row.id, state=[*ALIVE, TaskState.PARKED]) or _order_busy(facts, row):
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


def _order_busy(facts: Facts, row: Submission) -> bool:
    """Whether another change of the same order is under way: two changes would race for one EditSequence."""
    found = facts.documents.get((row.kind, row.key))
    if found is None or not isinstance(found.document, ChangeOrder):
        return False
    siblings = [
        facts.submissions["change_order", str(other.id)].id
        for other in facts.change_orders(row.project_id)
        if other.commitment_id == found.document.commitment_id
        and str(other.id) != row.key
        and ("change_order", str(other.id)) in facts.submissions
    ]
    return bool(siblings) and facts.uow.tasks.count(submission_id=siblings, state=list(ALIVE)) > 0


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
        row.reasons = [str(problem)]
        after = State.BLOCKED if row.state is State.ACCEPTED else State.FAILED
        move(facts.uow, row, after, now=now, why=str(problem))
        return 0
    if not is_own_write(row, request) and _asked_already(facts, request):
        return 0
    rank = 1 + KINDS_IN_ORDER.index(row.kind) * 2 + row.key.count(".") * (row.kind == "cost_code")
    if not is_own_write(row, request) and row.kind == "job":
        rank -= 1
    _add(facts.uow, facts.connection, request, now, rank=rank, submission_id=row.id)
    return 1


def _asked_already(facts: Facts, request: Request) -> bool:
    """Whether another record's task brings the same: several jobs may need one new customer above them."""
    tasks = facts.uow.tasks.find(connection_id=facts.connection.id, kind=request.kind, state=list(ALIVE))
    return any(task.request == request for task in tasks)


def ask_lists(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Queue the reading of QuickBooks' lists, orders and estimates: everything first, later what changed."""
    since = _since(connection.lists_modified)
    orders = _since(connection.orders_modified)
    wanted: tuple[Request, ...] = (
        AccountQuery(modified_from=since),
        CustomerQuery(modified_from=since, iterator=Iterator(LIST_PAGE)),
        VendorQuery(modified_from=since, iterator=Iterator(LIST_PAGE)),
        ItemQuery(modified_from=since, iterator=Iterator(LIST_PAGE)),
        EstimateQuery(modified_from=orders, iterator=Iterator(TRANSACTION_PAGE)),
        PurchaseOrderQuery(modified_from=orders, iterator=Iterator(TRANSACTION_PAGE)),
    )
    for request in wanted:
        open_ones = uow.tasks.find(
            connection_id=connection.id,
            kind=request.kind,
            submission_id=None,
            reading_id=None,
            state=[*ALIVE, TaskState.PARKED],
        )
        if not open_ones:
            _add(uow, connection, request, now, rank=LISTS_RANK)
        for task in open_ones:
            if request.modified_from is None and task.request.modified_from is not None:  # type: ignore[union-attr]
                # It was queued while another file was the bound one; of this one nothing was read yet.
                task.request = request
            task.not_before = None  # no back-off: writes wait for it
            uow.tasks.save(task)
            if task.state is TaskState.PARKED:
                _ask_again(uow, task, now)


def _ask_again(uow: UnitOfWork, task: Task, now: dt.datetime) -> None:
    """Queue a given-up reading of a list again with its own window: a later one would leave out what it missed."""
    request: Any = task.request
    if getattr(request, "iterator", None):
        task.request = replace(request, iterator=replace(request.iterator, id=""))
    task.attempts = 0
    move_task(uow, task, TaskState.QUEUED, now=now, why="a list that was not read whole is read again")


def ask_costs(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Queue a fresh reading of job costs, unless one is under way."""
    if uow.readings.count(connection_id=connection.id, applied_at=None):
        return
    # What an earlier reading could not get is asked for anew.
    for task in uow.tasks.find(connection_id=connection.id, rank=COSTS_RANK, state=TaskState.PARKED):
        move_task(uow, task, TaskState.CANCELLED, now=now, why="a new reading asks again")
    reading = uow.readings.add(CostReading(connection.id, now))
    wanted: tuple[Request, ...] = (
        CustomTxnDetail(COST_TYPES),
        CustomTxnDetail(PAYROLL_TYPES),
        BillQuery(modified_from=_since(connection.bills_modified), iterator=Iterator(TRANSACTION_PAGE)),
        TxnDeletedQuery(DELETABLE_TYPES, deleted_from=_since(connection.deletions_seen)),
    )
    for request in wanted:
        _add(uow, connection, request, now, rank=COSTS_RANK, reading_id=reading.id)
    connection.costs_wanted = False
    uow.connections.save(connection)


def costs_due(connection: Connection, options: Options, now: dt.datetime, *, has_jobs: bool) -> bool:
    """Whether job costs should be read in the next visit: asked for, or the clock says so."""
    if connection.costs_wanted:
        return True
    if not has_jobs or not options.costs_every_seconds:
        return False
    read = connection.costs_read_at
    return read is None or (now - read).total_seconds() >= options.costs_every_seconds


def _since(modified: dt.datetime | None) -> dt.datetime | None:
    return modified - OVERLAP if modified else None


def _add(
    uow: UnitOfWork,
    connection: Connection,
    request: Request,
    now: dt.datetime,
    *,
    rank: int,
    submission_id: int | None = None,
    reading_id: int | None = None,
) -> Task:
    return uow.tasks.add(
        Task(
            connection_id=connection.id,
            kind=request.kind,
            request=request,
            created_at=now,
            submission_id=submission_id,
            reading_id=reading_id,
            rank=rank,
        )
    )
