"""Answers: what QuickBooks said is applied with all its effects in one transaction (docs/architecture.md, Once 2)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from qbwc_bridge.domain.quickbooks import (
    CostQuery,
    CustomTxnDetail,
    EstimateMod,
    EstimateQuery,
    Iterator,
    JobProfitability,
    ProfitAndLoss,
    PurchaseOrderMod,
    PurchaseOrderQuery,
)
from qbwc_bridge.domain.records import MessageSet, Task
from qbwc_bridge.domain.replies import Reply, ReplySet
from qbwc_bridge.domain.states import OUTSTANDING, TaskState
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow import adoption, cost_answers, mirror, newest
from qbwc_bridge.flow.mirror import Orders
from qbwc_bridge.flow.moves import Rows, give_up, is_write, move_task, submissions_of
from qbwc_bridge.flow.readings import LISTS, LISTS_RANK, LISTS_WHOLE_EVERY, OPTIONAL, UNREAD, must_be_known, window
from qbwc_bridge.flow.rebuilding import build_anew, each_alone
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.logs import about
from qbwc_bridge.qbxml.by_itself import BACK_OFF, MAX_REBUILDS
from qbwc_bridge.qbxml.statuses import NO_RECORD, Meaning, Reaction, meaning

DOCUMENT_GONE = "What this changes is no longer in QuickBooks: unlink it here, and it can be written anew."
"""What a person reads when an order or estimate was deleted in QuickBooks."""

_OF_A_FEATURE = (EstimateQuery, PurchaseOrderQuery, CostQuery)
_NO_FEATURE = frozenset({1030, 3250})
"""An edition without estimates, orders, receipts or stock, or a company with them switched off, has none."""

_REPORTS = (CustomTxnDetail, ProfitAndLoss)
"""Reports whose rows are the ledger, or judge it. A job's own report only explains a difference."""

_NO_REFERENCE = frozenset({3000, 3120, 3130, 3140})
"""Statuses of a write that used a record which QuickBooks does not have: it was deleted or merged unseen."""

_WHOLE_ANSWER = frozenset({0, 1})
"""Statuses of a reading that left nothing out: 1 means that the list is empty."""

_NOT_SHOWN = frozenset({501, 510})
"""Statuses of a reading whose records are there, but cannot be shown in this version of qbXML."""

_NO_JOB = _NO_REFERENCE | NO_RECORD
"""Statuses of a job's report by which the job is not there."""

_GONE = NO_RECORD | {0}
"""Statuses of a query for one record, without that record, by which it is not there."""


def apply(scene: Scene, message: MessageSet, replies: ReplySet) -> None:
    """Apply the answer to a message of reads or writes.

    A query without a reply in the set is asked again; a write without one is in doubt and looked up first, whatever
    the set's own status says: 600, 9001, 9002 and 9005 prove nothing (docs/architecture.md, Once 3).
    """
    results = [result for reply in replies.replies for result in reply.results]
    orders = mirror.keep(scene, results)
    newest.forget(scene, mirror.deleted_ids(results))
    tasks = scene.uow.tasks.find(message_set_id=message.id, state=[*OUTSTANDING, TaskState.QUEUED])
    rows = submissions_of(scene.uow, tasks)
    for task in tasks:
        with about(task=task.id, submission=task.submission_id):
            _apply_reply(scene, task, rows, replies, orders)
    if message.purpose == "write":
        _apply_strays(scene, {str(task.id) for task in tasks}, replies, orders)


def _apply_reply(scene: Scene, task: Task, rows: Rows, replies: ReplySet, orders: Orders) -> None:
    reply = replies.for_request(str(task.id))
    if task.state is TaskState.QUEUED:
        _late(scene, task, rows, reply, orders)
    elif reply is None and is_write(task):
        doubt(scene, task, f"QuickBooks' reply set left it out (set status {replies.status or 'none'})")
    elif reply is None:
        again(scene, task, why="QuickBooks' reply set left it out")
    elif not is_write(task):
        _apply_query(scene, task, reply, orders)
    else:
        apply_write(scene, task, rows, reply, orders)


def _late(scene: Scene, task: Task, rows: Rows, reply: Reply | None, orders: Orders) -> None:
    """Take in the late answer to a write that would be sent again: what was made after all is not made twice."""
    if is_write(task) and reply is not None and _shows_made(reply):
        move_task(scene.uow, task, TaskState.SENT, now=scene.now, why="its answer came late")
        apply_write(scene, task, rows, reply, orders)


def _apply_strays(scene: Scene, known: Collection[str], replies: ReplySet, orders: Orders) -> None:
    """Take in late answers to writes that were given to QuickBooks a second time: what the first made must not vanish.

    While the second is without an answer, what was made is adopted. Where the second was made too, a person must see
    to it.
    """
    for reply in replies.replies:
        if reply.request_id in known or not reply.request_id.isdecimal() or not _shows_made(reply):
            continue
        task = scene.uow.tasks.first(id=int(reply.request_id), connection_id=scene.connection.id)
        if task is None or not is_write(task):
            continue
        rows = submissions_of(scene.uow, [task])
        if task.state is TaskState.QUEUED:
            _late(scene, task, rows, reply, orders)
        elif task.state in OUTSTANDING:
            apply_write(scene, task, rows, reply, orders)
        elif task.state is TaskState.DONE:
            adoption.tell_second(scene, task, rows, reply.results[0])


def _shows_made(reply: Reply) -> bool:
    """Whether the answer to a write shows what it made."""
    return meaning(reply.status).reaction is Reaction.DONE and bool(reply.results)


def apply_write(scene: Scene, task: Task, rows: Rows, reply: Reply, orders: Orders) -> None:
    """Apply the answer to one write: adopt what was made, or do what the table of statuses says."""
    told = meaning(reply.status)
    task.status_code = reply.status
    if reply.status in _NO_REFERENCE:
        _ask_lists_whole(scene)
    if _shows_made(reply):
        adoption.adopt(scene, task, rows, reply.results[0], orders)
    elif told.reaction in (Reaction.DONE, Reaction.LOOK_UP):
        # Written, but not shown (510, 501), or not sure: what QuickBooks has decides.
        doubt(scene, task, _sentence(told, reply, given_up=task.attempts > len(BACK_OFF)))
    elif told.reaction in (Reaction.RETRY, Reaction.RESEND) and task.attempts <= len(BACK_OFF):
        again(scene, task, why=_sentence(told, reply))
    elif told.reaction is Reaction.REFRESH and _may_rebuild(scene, task):
        build_anew(scene, task, "what it changes was changed meanwhile; it is read and built again")
    elif len(task.brings) > 1:
        each_alone(scene, task, _sentence(told, reply))
    else:
        give_up(scene, task, _sentence(told, reply, given_up=True))


def _ask_lists_whole(scene: Scene) -> None:
    """Have the lists read whole with the next visit: a record was merged, which nothing else tells."""
    if scene.connection.lists_whole_at:
        scene.connection.lists_whole_at = scene.now - LISTS_WHOLE_EVERY


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
        scene.visit.last_error = f"{UNREAD} {why}"
    move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=why)


def sentinel_answered(scene: Scene, replies: ReplySet) -> None:
    """Judge whether the newest record that we wrote is still there; if not, this is an older copy (promise 2).

    Only that record is proof: any other may stand in an answer to another message.
    """
    connection, visit = scene.connection, scene.visit
    reply = replies.for_request(newest.PROOF)
    if reply and any(newest.is_it(connection, result) for result in reply.results):
        visit.sentinel_checked = True
    elif reply and reply.status in NO_RECORD:
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


def _apply_query(scene: Scene, task: Task, reply: Reply, orders: Orders) -> None:
    told = meaning(reply.status)
    task.status_code = reply.status
    has_none = _has_none(task, reply)
    if not has_none and told.reaction in (Reaction.RETRY, Reaction.RESEND) and task.attempts <= len(BACK_OFF):
        again(scene, task, why=_sentence(told, reply))
        return
    if _lost_page(task, reply) and task.attempts <= len(BACK_OFF):
        again(scene, task, why="QuickBooks left out a page of a list; it is read again.")
        return
    missing = task.submission_id is not None and not reply.results
    lost = missing or _lost_page(task, reply) or _lost_report(task, reply) or (not has_none and _lost_list(task, reply))
    if lost or not (has_none or told.reaction in (Reaction.DONE, Reaction.NOTHING_FOUND)):
        if isinstance(task.request, CustomTxnDetail) and task.request.job and reply.status in _NO_JOB:
            _ask_lists_whole(scene)
        # A reading of a whole list is asked for again with every visit that has work.
        why = _sentence(told, reply, given_up=task.submission_id is not None)
        give_up(scene, task, f"{DOCUMENT_GONE} {why}" if missing and reply.status in _GONE else why)
        return
    try:
        cost_answers.keep(scene, task, reply, orders)
    except QuickBooksError as problem:
        give_up(scene, task, str(problem))
        return
    if task.submission_id is None and task.reading_id is None:
        mirror.remember_newest(scene, reply.results)
    if reply.remaining and reply.iterator_id:
        _next_page(scene, task, reply)
    else:
        move_task(scene.uow, task, TaskState.DONE, now=scene.now)
        _list_ended(scene, task, reply)


def _has_none(task: Task, reply: Reply) -> bool:
    """Whether a refused reading shows that there is nothing to read, or nothing that must be known."""
    if task.submission_id is not None:
        return False
    optional = task.rank == LISTS_RANK and isinstance(task.request, OPTIONAL)
    feature = reply.status in _NO_FEATURE and isinstance(task.request, _OF_A_FEATURE)
    return optional or feature or isinstance(task.request, JobProfitability)


def _lost_page(task: Task, reply: Reply) -> bool:
    """Whether an iterator's records are missing: those that the page before it told of, or the way to those left."""
    iterator: Iterator | None = getattr(task.request, "iterator", None)
    if reply.remaining and not reply.iterator_id:
        return True
    return iterator is not None and iterator.id != "" and not reply.results


def _lost_list(task: Task, reply: Reply) -> bool:
    """Whether orders or estimates are there that QuickBooks only cannot show."""
    return must_be_known(task) and not reply.results and reply.status in _NOT_SHOWN


def _lost_report(task: Task, reply: Reply) -> bool:
    """Whether a report came without content: what it does not show would be taken out of the ledger."""
    return isinstance(task.request, _REPORTS) and not reply.results and reply.status not in _WHOLE_ANSWER


def _list_ended(scene: Scene, task: Task, reply: Reply) -> None:
    """Take in that one reading has ended; one of a whole list shows what is gone."""
    if task.rank != LISTS_RANK or task.submission_id is not None:
        return
    kind = LISTS.get(type(task.request))
    if kind and window(task.request) is None and reply.status in _WHOLE_ANSWER and not reply.remaining:
        mirror.forget_unread(scene, kind)
    _lists_complete(scene)


def _next_page(scene: Scene, task: Task, reply: Reply) -> None:
    """Queue the next page; the iterator lives in this session only (qbXML 5.0)."""
    request: Any = task.request
    task.request = replace(request, iterator=replace(request.iterator, id=reply.iterator_id))
    task.attempts = 0
    move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=f"{reply.remaining} left")


def _lists_complete(scene: Scene) -> None:
    readings: dict[str, Any] = {"connection_id": scene.connection.id, "rank": LISTS_RANK, "submission_id": None}
    open_ones = [TaskState.QUEUED, TaskState.SENT, TaskState.IN_DOUBT, TaskState.PARKED]
    for task in scene.uow.tasks.find(**readings, state=open_ones):
        if task.state is not TaskState.PARKED or not isinstance(task.request, OPTIONAL):
            return
    scene.connection.lists_read_at = scene.now
    last = scene.uow.tasks.find(**readings, kind="ItemQuery", state=TaskState.DONE, order="-done_at", limit=1)
    if last and window(last[0].request) is None:  # all lists are asked for whole together
        scene.connection.lists_whole_at = scene.now


def _may_rebuild(scene: Scene, task: Task) -> bool:
    """Whether a change that QuickBooks refused as stale may be read and built once more."""
    if task.submission_id is None or not isinstance(task.request, EstimateMod | PurchaseOrderMod):
        return False
    accepted_at = scene.uow.submissions.get(task.submission_id).accepted_at
    tried = scene.uow.tasks.find(submission_id=task.submission_id, kind=task.kind, state=TaskState.CANCELLED)
    lately = [row for row in tried if accepted_at is None or row.created_at >= accepted_at]
    return sum(1 for row in lately if row.status_code == task.status_code) < MAX_REBUILDS


def _sentence(told: Meaning, reply: Reply, *, given_up: bool = False) -> str:
    return told.told(reply.message, str(reply.status), given_up=given_up)
