"""Recovery: the fate of a write whose answer never came is settled before anything else (docs/architecture.md, Once 3).

First QuickBooks is asked for the stored reply of the message set. If it has none, that proves nothing: QuickBooks may
have died in the middle. Then a look-up by name, or by number and mark, decides between adopting what exists and sending
again. Two matches are for a person.
"""

import datetime as dt
from dataclasses import replace

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.names import fold, mark, marks
from qbwc_bridge.domain.records import Connection, MessageSet, Purpose, Submission, Task
from qbwc_bridge.domain.replies import ListRet, Reply, ReplySet, Result, TxnRet
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.errors import ImpossibleMove
from qbwc_bridge.flow import adoption, mirror
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.moves import fail, give_up, hopeless, is_write, move_task, submissions_of
from qbwc_bridge.flow.readings import COSTS_RANK, LISTS_RANK
from qbwc_bridge.flow.rebuilding import each_alone
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import Filled, UnitOfWork
from qbwc_bridge.qbxml.by_itself import BACK_OFF
from qbwc_bridge.qbxml.statuses import NO_RECORD

MOST_LOOK_UPS = 6
"""Look-ups without a clear answer, one a visit, before a person is asked: a doubt must not hold all later work."""

NOTHING_STORED = "QuickBooks has no stored reply of it"
"""Note on the recovery message: the look-up comes next."""


def begin(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Begin a visit with what earlier ones left behind."""
    doubt(uow, connection, now)
    _restart_iterators(uow, connection, now)
    _shorten_waits(uow, connection, now)


def doubt(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Put what was sent and not answered in doubt; queries are simply asked again, but not for ever."""
    for task in uow.tasks.find(connection_id=connection.id, state=TaskState.SENT):
        move_task(uow, task, TaskState.IN_DOUBT, now=now, why="the session ended before its answer came")
        if is_write(task):
            continue
        if hopeless(task):
            fail(uow, task, f"QuickBooks was asked this {task.attempts} times and never answered.", now=now)
        else:
            _start_again(task)
            move_task(uow, task, TaskState.QUEUED, now=now, why="a query is asked again from its first page")


def _restart_iterators(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Let a query in the middle start at its first page: its iterator died with its session."""
    for task in uow.tasks.find(connection_id=connection.id, state=TaskState.QUEUED, rank=[LISTS_RANK, COSTS_RANK]):
        if _start_again(task):
            task.message = f"started again at {now:%H:%M}"
            uow.tasks.save(task)


def _shorten_waits(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Let no task wait for a moment that is further off than any back-off: the clock was ahead when it was set."""
    for task in uow.tasks.find(connection_id=connection.id, state=TaskState.QUEUED, not_before=Filled()):
        if task.not_before and task.not_before > now + BACK_OFF[-1]:
            task.not_before = None
            uow.tasks.save(task)


def anything_in_doubt(scene: Scene) -> bool:
    """Whether the fate of a write is unknown."""
    return scene.uow.tasks.count(connection_id=scene.connection.id, state=TaskState.IN_DOUBT) > 0


def next_message(scene: Scene, language: Language) -> MessageSet | None:
    """Give the message that settles the oldest doubt, or None when nothing is in doubt."""
    uow, connection = scene.uow, scene.connection
    waiting = uow.tasks.find(connection_id=connection.id, state=TaskState.IN_DOUBT)
    if not waiting or waiting[0].message_set_id is None:
        return None
    lost = uow.message_sets.get(waiting[0].message_set_id)
    asked = uow.message_sets.find(recovers=lost.id, purpose="recover")
    if not any(message.note == NOTHING_STORED for message in asked):
        text = language.recovery(lost.set_id, connection)
        return uow.message_sets.add(
            MessageSet(connection.id, scene.visit.id, "recover", text, scene.now, recovers=lost.id)
        )
    queries = [(str(task.id), _look_up(uow, task)) for task in waiting if task.message_set_id == lost.id]
    text = language.message(queries, connection)
    return _store(scene, "look_up", text, lost)


def _store(scene: Scene, purpose: Purpose, text: str, lost: MessageSet) -> MessageSet:
    row = MessageSet(scene.connection.id, scene.visit.id, purpose, text, scene.now, recovers=lost.id)
    return scene.uow.message_sets.add(row)


def has_stored_reply(replies: ReplySet) -> bool:
    """Whether an empty message set brought back the lost reply; any other status proves nothing."""
    return (replies.status in (None, 0)) and bool(replies.replies)


def _settled(scene: Scene, lost_id: int) -> None:
    """Close a lost message once no task of it is in doubt: the next write set may go."""
    if not scene.uow.tasks.count(message_set_id=lost_id, state=TaskState.IN_DOUBT):
        lost = scene.uow.message_sets.get(lost_id)
        lost.answered_at, lost.note = scene.now, lost.note or "its fate was settled by recovery"
        scene.uow.message_sets.save(lost)


def replayed(scene: Scene, message: MessageSet) -> None:
    """Close a lost message whose stored reply came; what that reply left open is looked up next."""
    if message.recovers is None:
        return
    if scene.uow.tasks.count(message_set_id=message.recovers, state=TaskState.IN_DOUBT):
        nothing_stored(scene.uow, message)
    _settled(scene, message.recovers)


def nothing_stored(uow: UnitOfWork, message: MessageSet) -> None:
    """Note that QuickBooks has no stored reply: the look-up follows."""
    message.note = NOTHING_STORED
    uow.message_sets.save(message)


def looked_up(scene: Scene, message: MessageSet, replies: ReplySet) -> None:
    """Decide every task of the lost message by what the look-up found, and close that message once none is in doubt."""
    tasks = scene.uow.tasks.find(message_set_id=message.recovers, state=TaskState.IN_DOUBT)
    rows = submissions_of(scene.uow, tasks)
    for task in tasks:
        reply = replies.for_request(str(task.id))
        shown = reply.results if reply else ()
        found = [result for result in shown if _is_ours(task, rows.get(task.submission_id), result)]
        if len(found) == 1:
            adoption.adopt(scene, task, rows, found[0], mirror.keep(scene, found))
        elif not found and reply and _has_not(reply):
            _send_again(scene, task, together=len(tasks))
        elif not found:
            _unclear(scene, message, task)
        else:
            count = len(found)
            why = (
                f"QuickBooks has {count} records with this mark: delete the double there, then link the right one here."
            )
            give_up(scene, task, why)
    if message.recovers is not None:
        _settled(scene, message.recovers)


def _send_again(scene: Scene, task: Task, *, together: int) -> None:
    """Queue what QuickBooks does not have, in smaller sets: one at which it dies each time is found (promise 6)."""
    if together > 1:
        task.set_limit, task.attempts = -(-together // 2), 0
    elif task.attempts > len(BACK_OFF):
        why = f"QuickBooks was given this {task.attempts} times, never answered and does not have it: look there."
        (each_alone if len(task.brings) > 1 else give_up)(scene, task, why)
        return
    task.not_before = task.failed_visit_id = None
    move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why="QuickBooks does not have it: sent again")


def _unclear(scene: Scene, message: MessageSet, task: Task) -> None:
    """Still in doubt: the next visit asks again, and nothing is written before; after many visits a person decides."""
    scene.visit.writes_allowed = False
    scene.visit.last_error = "QuickBooks could not show whether an earlier write happened; it is asked again."
    if scene.uow.message_sets.count(recovers=message.recovers, purpose="look_up") >= MOST_LOOK_UPS:
        why = "QuickBooks could not show in many visits whether this was written: look there, then link it or retry."
        give_up(scene, task, why)


def _look_up(uow: UnitOfWork, task: Task) -> qb.Request:
    """The query that shows whether a write happened: lists by FullName, transactions by RefNumber or TxnID."""
    match task.request:
        case qb.CustomerAdd(name=name, parent=parent):
            return qb.CustomerQuery(full_names=(_full_name(uow, task, "customer", parent, name),))
        case qb.VendorAdd(name=name):
            return qb.VendorQuery(full_names=(name,))
        case qb.ItemServiceAdd(name=name, parent=parent):
            return qb.ItemQuery(full_names=(_full_name(uow, task, "item", parent, name),))
        case qb.EstimateAdd(ref_number=number):
            return qb.EstimateQuery(ref_numbers=(number,))
        case qb.PurchaseOrderAdd(ref_number=number):
            return qb.PurchaseOrderQuery(ref_numbers=(number,))
        case qb.EstimateMod(txn_id=txn_id) | qb.PurchaseOrderMod(txn_id=txn_id) as change:
            return qb.query_of(change.kind, txn_id)
        case request:
            raise ImpossibleMove(f"{request.kind} is no write and cannot be in doubt.")


def _full_name(uow: UnitOfWork, task: Task, kind: str, parent: qb.Ref | None, name: str) -> str:
    above = uow.lists.first(connection_id=task.connection_id, kind=kind, list_id=parent.list_id) if parent else None
    return f"{above.full_name}:{name}" if above else name


def _is_ours(task: Task, row: Submission | None, result: Result) -> bool:
    """Whether a found record is the one that the task would have made: by mark, or by name below its parent.

    A change left its own marks in the memo, if it happened; closing an order shows in the order itself.
    """
    if isinstance(task.request, qb.PurchaseOrderMod) and not task.request.lines and isinstance(result, TxnRet):
        return result.is_manually_closed is task.request.is_closed
    if isinstance(task.request, qb.EstimateMod | qb.PurchaseOrderMod) and isinstance(result, TxnRet):
        return set(marks(task.request.memo)) <= set(marks(result.memo))
    if isinstance(result, TxnRet):
        return row is not None and mark(row.mark) in result.memo
    if not isinstance(result, ListRet):
        return False
    name = getattr(task.request, "name", "")
    parent = getattr(task.request, "parent", None)
    above = result.parent.list_id if result.parent else ""
    return fold(result.name) == fold(name) and above == (parent.list_id if parent else "")


def _has_not(reply: Reply) -> bool:
    """Whether a look-up that did not show the record says for sure that QuickBooks does not have it.

    It found nothing of that name, or showed without any reserve what bears the number. A record that it only cannot
    show (501, 510) is there, and would be made twice.
    """
    return reply.status in NO_RECORD or (reply.status == 0 and bool(reply.results))


def _start_again(task: Task) -> bool:
    iterator = getattr(task.request, "iterator", None)
    if iterator is None or not iterator.id:
        return False
    task.request = replace(task.request, iterator=replace(iterator, id=""))
    return True
