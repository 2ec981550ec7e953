"""Answers: what QuickBooks said is applied with all its effects in one transaction (DESIGN, once 2)."""

from dataclasses import replace
from typing import Any

from qbwc_bridge.domain.quickbooks import EstimateQuery, PurchaseOrderMod, PurchaseOrderQuery
from qbwc_bridge.domain.records import MessageSet, Submission, Task
from qbwc_bridge.domain.replies import Reply, ReplySet
from qbwc_bridge.domain.states import OUTSTANDING, TaskState
from qbwc_bridge.flow import adoption, cost_answers, mirror
from qbwc_bridge.flow.mirror import Orders
from qbwc_bridge.flow.moves import give_up, is_write, move_task, submissions_of
from qbwc_bridge.flow.readings import LISTS_RANK
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.qbxml.by_itself import BACK_OFF, MAX_REBUILDS
from qbwc_bridge.qbxml.statuses import Meaning, Reaction, meaning

ORDER_GONE = (
    "The order of this change order is no longer in QuickBooks: enter it there again, or unlink the order here."
)
"""What a person reads when an order was deleted in QuickBooks."""

_OF_A_FEATURE = (EstimateQuery, PurchaseOrderQuery)
_NO_FEATURE = frozenset({1030, 3250})
"""An edition without estimates or purchase orders, or a company with them switched off, has none."""

_NO_RECORD = frozenset({1, 500, 3120})
"""Statuses of a query that found nothing of what was named."""

_GONE = _NO_RECORD | {0}
"""Statuses of a query for one record, without that record, by which it is not there."""


def apply(scene: Scene, message: MessageSet, replies: ReplySet) -> None:
    """Apply the answer to a message of reads or writes.

    A query without a reply in the set is asked again; a write without one is in doubt and looked up first, whatever
    the set's own status says: 600, 9001, 9002 and 9005 prove nothing (DESIGN, once 3).
    """
    orders = mirror.keep(scene, (result for reply in replies.replies for result in reply.results))
    tasks = scene.uow.tasks.find(message_set_id=message.id, state=[*OUTSTANDING, TaskState.QUEUED])
    rows = submissions_of(scene.uow, tasks)
    for task in tasks:
        reply, row = replies.for_request(str(task.id)), rows.get(task.submission_id)
        if task.state is TaskState.QUEUED:
            _late(scene, task, row, reply, orders)
            continue
        if reply is None and is_write(task):
            doubt(scene, task, f"QuickBooks' reply set left it out (set status {replies.status or 'none'})")
        elif reply is None:
            again(scene, task, why="QuickBooks' reply set left it out")
        elif task.kind.endswith("Query") or task.kind == "CustomTxnDetail":
            _apply_query(scene, task, reply)
        else:
            apply_write(scene, task, row, reply, orders)


def _late(scene: Scene, task: Task, row: Submission | None, reply: Reply | None, orders: Orders) -> None:
    """Take in the late answer to a write that would be sent again: what was made after all is not made twice."""
    made = reply is not None and meaning(reply.status).reaction is Reaction.DONE and reply.results
    if is_write(task) and reply is not None and made:
        move_task(scene.uow, task, TaskState.SENT, now=scene.now, why="its answer came late")
        apply_write(scene, task, row, reply, orders)


def apply_write(scene: Scene, task: Task, row: Submission | None, reply: Reply, orders: Orders) -> None:
    """Apply the answer to one write: adopt what was made, or do what the table of statuses says."""
    told = meaning(reply.status)
    task.status_code = reply.status
    if told.reaction is Reaction.DONE and reply.results:
        adoption.adopt(scene, task, row, reply.results[0], orders)
    elif told.reaction in (Reaction.DONE, Reaction.LOOK_UP):
        # Written, but not shown (510, 501), or not sure: what QuickBooks has decides.
        doubt(scene, task, _sentence(told, reply, given_up=task.attempts > len(BACK_OFF)))
    elif told.reaction in (Reaction.RETRY, Reaction.RESEND) and task.attempts <= len(BACK_OFF):
        again(scene, task, why=_sentence(told, reply))
    elif told.reaction is Reaction.REFRESH and _may_rebuild(scene, task):
        why = "its order changed meanwhile; it is read and built again"
        move_task(scene.uow, task, TaskState.PARKED, now=scene.now, why=why)
        move_task(scene.uow, task, TaskState.CANCELLED, now=scene.now, why=why)
        _forget_reading(scene, task)
    else:
        give_up(scene, task, _sentence(told, reply, given_up=True))


def doubt(scene: Scene, task: Task, why: str) -> None:
    """Leave it to recovery to find out whether a write happened; after too many tries ask a person."""
    if task.attempts > len(BACK_OFF):
        give_up(scene, task, f"QuickBooks never said clearly whether this was written: look there. {why}")
    elif task.state is not TaskState.IN_DOUBT:
        move_task(scene.uow, task, TaskState.IN_DOUBT, now=scene.now, why=why)


def again(scene: Scene, task: Task, *, why: str) -> None:
    """Put a task back into the queue with back-off; never again in the same visit."""
    wait = BACK_OFF[min(max(task.attempts - 1, 0), len(BACK_OFF) - 1)]
    task.not_before = scene.now + wait if wait else None
    task.failed_visit_id = scene.visit.id
    if task.rank == LISTS_RANK:
        scene.visit.last_error = f"Nothing is written before QuickBooks' lists and orders are read. {why}"
    move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=why)


def sentinel_answered(scene: Scene, replies: ReplySet) -> None:
    """Judge whether the newest record that we wrote is still there; if not, this is an older copy (promise 2)."""
    connection, visit = scene.connection, scene.visit
    reply = replies.for_request("proof") or (replies.replies[0] if replies.replies else None)
    if reply and reply.results:
        visit.sentinel_checked = True
    elif reply and reply.status in _NO_RECORD:
        visit.writes_allowed = False
        connection.alarm = (
            "The newest record that the bridge wrote is not in this QuickBooks file: an older copy was restored or "
            "opened, or the record was deleted. Nothing is written until an admin looks and runs connection confirm."
        )
        visit.last_error = connection.alarm
    else:
        told = f"{reply.message} ({reply.status})" if reply else "no reply"
        visit.writes_allowed = False
        visit.last_error = f"QuickBooks could not show the newest record that the bridge wrote: {told}"


def _apply_query(scene: Scene, task: Task, reply: Reply) -> None:
    told = meaning(reply.status)
    task.status_code = reply.status
    if told.reaction in (Reaction.RETRY, Reaction.RESEND) and task.attempts <= len(BACK_OFF):
        again(scene, task, why=_sentence(told, reply))
        return
    missing = task.submission_id is not None and not reply.results
    has_none = task.rank == LISTS_RANK and reply.status in _NO_FEATURE and isinstance(task.request, _OF_A_FEATURE)
    if missing or not (has_none or told.reaction in (Reaction.DONE, Reaction.NOTHING_FOUND)):
        # A reading of a whole list is asked for again with every visit that has work.
        why = _sentence(told, reply, given_up=task.submission_id is not None)
        give_up(scene, task, f"{ORDER_GONE} {why}" if missing and reply.status in _GONE else why)
        return
    if task.reading_id is not None:
        cost_answers.keep(scene, task, reply)
    if task.submission_id is None and task.reading_id is None:
        mirror.remember_newest(scene.connection, reply.results)
    if reply.remaining and reply.iterator_id:
        _next_page(scene, task, reply)
    else:
        move_task(scene.uow, task, TaskState.DONE, now=scene.now)
        _lists_complete(scene)


def _next_page(scene: Scene, task: Task, reply: Reply) -> None:
    """Queue the next page; the iterator lives in this session only (qbXML 5.0)."""
    request: Any = task.request
    task.request = replace(request, iterator=replace(request.iterator, id=reply.iterator_id))
    task.attempts = 0
    move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=f"{reply.remaining} left")


def _lists_complete(scene: Scene) -> None:
    open_lists = scene.uow.tasks.count(
        connection_id=scene.connection.id,
        rank=LISTS_RANK,
        submission_id=None,
        reading_id=None,
        state=[TaskState.QUEUED, TaskState.SENT, TaskState.IN_DOUBT, TaskState.PARKED],
    )
    if not open_lists:
        scene.connection.lists_read_at = scene.now


def _may_rebuild(scene: Scene, task: Task) -> bool:
    """Whether a change that QuickBooks refused as stale may be read and built once more."""
    if task.submission_id is None or not isinstance(task.request, PurchaseOrderMod):
        return False
    tried = scene.uow.tasks.find(submission_id=task.submission_id, kind=task.kind, state=TaskState.CANCELLED)
    return sum(1 for row in tried if row.status_code is not None) < MAX_REBUILDS


def _forget_reading(scene: Scene, task: Task) -> None:
    if isinstance(task.request, PurchaseOrderMod):
        order = scene.uow.transactions.first(connection_id=scene.connection.id, txn_id=task.request.txn_id)
        if order:
            order.read_visit_id = None
            scene.uow.transactions.save(order)


def _sentence(told: Meaning, reply: Reply, *, given_up: bool = False) -> str:
    return told.told(reply.message, str(reply.status), given_up=given_up)
