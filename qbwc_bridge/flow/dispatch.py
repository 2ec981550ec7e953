"""Dispatch: which message goes to QuickBooks next.

What is chosen is stored before its text leaves (docs/architecture.md, Once 1).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from qbwc_bridge.domain.quickbooks import (
    CompanyQuery,
    CustomerAdd,
    CustomTxnDetail,
    HostQuery,
    ItemServiceAdd,
    PreferencesQuery,
    Request,
    VendorAdd,
)
from qbwc_bridge.domain.records import Connection, MessageSet, Purpose, Task
from qbwc_bridge.domain.states import OUTSTANDING, State, TaskState
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow import newest
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.moves import MESSAGE_SET_ID_LENGTH, give_up, is_write, move, move_task, submissions_of, token
from qbwc_bridge.flow.readings import COSTS_RANK, LISTS_RANK
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import Other, UnitOfWork, UpTo

RECORDS_PER_SET = 25
"""List records in one write set (docs/architecture.md, Once 4), and queries in one set: few enough that a refused set
is soon split."""

_LIST_ADDS = (CustomerAdd, VendorAdd, ItemServiceAdd)


def next_message(scene: Scene, language: Language) -> MessageSet | None:
    """Choose, render and store the next message of a visit; None when there is nothing to send now.

    Order: facts that the first call did not bring, lists, proof that the file is no older copy, writes in dependency
    order, costs. Messages in doubt come before all of these and are `recovery`'s business.
    """
    connection, visit = scene.connection, scene.visit
    if not visit.facts_read:
        queries: list[Request] = [HostQuery(), CompanyQuery(owner_id=language.owner_id), PreferencesQuery()]
        numbered = [(f"fact-{number}", query) for number, query in enumerate(queries)]  # no number of a task
        return _store(scene, "facts", language.message(numbered, connection))
    first = nearest(scene)
    return message_with(scene, first, language) if first else None


def message_with(scene: Scene, first: Task, language: Language) -> MessageSet | None:
    """Render and store the message that the nearest task goes in, with what may go beside it."""
    if is_write(first):
        return newest_write_message(scene, language) or _send_writes(scene, _set_of(scene, first), language)
    return _send(scene, _readings_with(scene, first), language)


def newest_write_message(scene: Scene, language: Language) -> MessageSet | None:
    """Give the message that asks for the newest record that we wrote, or None once this visit has proof of it."""
    connection = scene.connection
    if scene.visit.sentinel_checked or not connection.newest_write:
        return None
    return _store(scene, "sentinel", language.message([(newest.PROOF, newest.query(connection))], connection))


def nearest(scene: Scene) -> Task | None:
    """Give the task that this visit sends next, if it still can send one."""
    queued = scene.uow.tasks.find(connection_id=scene.connection.id, state=TaskState.QUEUED, order="rank", limit=1)
    # What comes first mostly may go, and then no list is open but itself: lists have the lowest rank.
    if queued and scene.visit.writes_allowed and _may_go(scene, queued[0]):
        return queued[0]
    ready = _ready(scene, limit=1) if queued else []
    return ready[0] if ready else None


def anything_outstanding(scene: Scene) -> bool:
    """Whether an answer, or the fate of a write, is still unknown."""
    return scene.uow.tasks.has(connection_id=scene.connection.id, state=list(OUTSTANDING))


def due(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> bool:
    """Whether a visit that begins now would have something to send."""
    return uow.tasks.has(**_due(connection, now))


def _ready(scene: Scene, *, limit: int, **more: Any) -> list[Task]:
    """What this visit may send, in dependency order."""
    return scene.uow.tasks.find(**{**_readiness(scene), **more}, order="rank", limit=limit)


def _readiness(scene: Scene) -> dict[str, Any]:
    """Criteria of the tasks that this visit may send; one that failed in it waits for the next visit."""
    # Without leave to write only the bridge's own readings go: those of a submission serve a write.
    own = {} if scene.visit.writes_allowed and not _lists_open(scene) else {"rank": [LISTS_RANK, COSTS_RANK]}
    return {**_due(scene.connection, scene.now), "failed_visit_id": Other(scene.visit.id), **own}


def _may_go(scene: Scene, task: Task) -> bool:
    """The criteria of `_readiness` but for its rank, for one task that is queued."""
    waits = task.not_before is not None and task.not_before > scene.now
    return not waits and task.failed_visit_id != scene.visit.id


def _lists_open(scene: Scene) -> bool:
    """Whether a list is still to be read, now or in a later visit: it may hold what would be written (ACCOUNTING 2)."""
    return scene.uow.tasks.has(connection_id=scene.connection.id, state=TaskState.QUEUED, rank=LISTS_RANK)


def _due(connection: Connection, now: dt.datetime) -> dict[str, Any]:
    return {"connection_id": connection.id, "state": TaskState.QUEUED, "not_before": UpTo(now)}


def _set_of(scene: Scene, first: Task) -> list[Task]:
    """One transaction, or up to 25 list records of one rank; those of an unreadable set go on in half as large ones."""
    size = first.set_limit or RECORDS_PER_SET
    if not isinstance(first.request, _LIST_ADDS) or size == 1:
        return [first]
    beside = _ready(scene, limit=size, rank=first.rank, set_limit=first.set_limit)
    return [task for task in beside if isinstance(task.request, _LIST_ADDS)]


def _send_writes(scene: Scene, tasks: Sequence[Task], language: Language) -> MessageSet | None:
    """Send writes; a record that has no form in qbXML fails alone and stops no other (promise 6)."""
    try:
        return _send(scene, tasks, language)
    except QuickBooksError:
        sound = [task for task in tasks if _has_form(scene, task, language)]
    if not sound:
        return next_message(scene, language)
    # Where each alone is sound, only the set can be at fault: then they go one by one.
    return _send(scene, sound if len(sound) < len(tasks) else sound[:1], language)


def _has_form(scene: Scene, task: Task, language: Language) -> bool:
    """Whether a write can be sent; one that cannot is given up."""
    try:
        language.message([(str(task.id), task.request)], scene.connection)
    except QuickBooksError as problem:
        give_up(scene, task, str(problem), after=TaskState.CANCELLED)
        scene.connection.unsettled = scene.connection.unsettled or "answers"
        return False
    return True


def _readings_with(scene: Scene, first: Task) -> list[Task]:
    """Queries of one rank share a set; one that was asked before goes alone, so that it cannot spoil the others again.

    Reports go alone too: an answer with wages must be in no stored reply, and the others are long.
    """
    if first.attempts or first.set_limit or isinstance(first.request, CustomTxnDetail):
        return [first]
    beside = _ready(scene, limit=RECORDS_PER_SET, rank=first.rank, attempts=0, set_limit=0)
    return [task for task in beside if not is_write(task) and not isinstance(task.request, CustomTxnDetail)]


def _send(scene: Scene, tasks: Sequence[Task], language: Language) -> MessageSet:
    uow, now = scene.uow, scene.now
    write = is_write(tasks[0])
    set_id = token(MESSAGE_SET_ID_LENGTH) if write else ""
    numbered = [(str(task.id), task.request) for task in tasks]
    text = language.message(numbered, scene.connection, set_id=set_id)
    purpose: Purpose = "write" if write else "costs" if tasks[0].reading_id is not None else "read"
    stored = _store(scene, purpose, text, set_id=set_id)
    rows = submissions_of(uow, tasks)
    for task in tasks:
        task.message_set_id, task.sent_at = stored.id, now
        task.attempts += 1
        move_task(uow, task, TaskState.SENT, now=now)
        for row_id in task.brings:
            row = rows.get(row_id)
            if row and row.state is State.ACCEPTED:
                move(uow, row, State.EXPORTING, now=now, why="sent to QuickBooks")
    return stored


def _store(scene: Scene, purpose: Purpose, text: str, *, set_id: str = "") -> MessageSet:
    row = MessageSet(scene.connection.id, scene.visit.id, purpose, text, scene.now, set_id=set_id)
    return scene.uow.message_sets.add(row)
