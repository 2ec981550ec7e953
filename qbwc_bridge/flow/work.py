"""Steps that several rooms take in the same order: bring submissions up to date, queue, apply costs."""

import datetime as dt
from collections.abc import Callable

from qbwc_bridge.domain.records import Connection, MessageSet, Submission, Task
from qbwc_bridge.domain.states import ALIVE, OUTSTANDING, State
from qbwc_bridge.flow import actuals, cost_readings, dispatch, leases, queueing, review
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.leases import PULL
from qbwc_bridge.flow.moves import is_write
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork

SMALL_READING = 24
"""Answers of a cost reading that a visit takes the time to apply: a larger one is left to the clockwork."""


def settle(
    uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime, *, visit_id: int | None = None
) -> list[Submission]:
    """Review everything and queue what can go; gives submissions that are new."""
    fresh = review.refresh(uow, connection, options, now)
    queueing.enqueue(uow, connection, options, now, visit_id=visit_id)
    connection.unsettled, connection.settled_on = "", _today(options, now)
    uow.connections.save(connection)
    return fresh


def catch_up(uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime) -> bool:
    """Apply answers already received, then settle; gives whether more are left for the next transaction."""
    if actuals.apply_some(uow, connection, now, zone=options.known_zone):
        return True
    settle(uow, connection, options, now)
    return False


def settle_all(kit: Kit, connection_id: int) -> None:
    """Apply every answer already received, some in each transaction, and bring submissions up to date."""
    left = True
    while left:
        with kit.work(connection_id) as uow:
            connection = uow.connections.get(connection_id)
            left = catch_up(uow, connection, kit.options(connection), kit.clock.now())


def plan_visit(uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime) -> bool:
    """Prepare a visit; gives whether it has anything to do. An idle visit reads nothing.

    Everybody who changes a record settles; what is left for here are answers, and rules that look at the date.
    """
    # A large reading is left to the clockwork: no visit waits for it.
    applied = actuals.apply_some(uow, connection, now, zone=options.known_zone)
    cost_readings.advance(uow, connection, now)
    if applied or connection.unsettled or connection.settled_on != _today(options, now):
        settle(uow, connection, options, now)
    jobs = uow.submissions.count(connection_id=connection.id, kind="job", state=State.SYNCED)
    due = cost_readings.due(connection, options, now, has_jobs=jobs > 0)
    if due and not cost_readings.rests(uow, connection, options, now):
        cost_readings.ask(uow, connection, now)
    waiting = dispatch.due(uow, connection, now)
    doubtful = uow.tasks.count(connection_id=connection.id, state=list(OUTSTANDING))
    first = connection.lists_read_at is None
    if not (waiting or doubtful or first):
        return False
    queueing.ask_lists(uow, connection, now)
    return True


def heard(scene: Scene, message: MessageSet) -> None:
    """Remember that an answer came whose effects review and queueing have not seen."""
    reads = message.purpose in ("facts", "read")
    scene.connection.unsettled = "lists" if reads else scene.connection.unsettled or "answers"


def go_on(scene: Scene, options: Callable[[Connection], Options]) -> Task | None:
    """Look after the effects of an answer where they matter now; gives what this visit sends next, if anything.

    Reviewing everything after each answer would make a visit with n records take n times n steps. So answers to writes
    wait until nothing else can be sent but what they may let go, or until the visit ends; lists are looked at before
    the next write, which they may turn into a link.
    """
    nearest = dispatch.nearest(scene)
    if _must_settle(scene, nearest, options):
        settle(scene.uow, scene.connection, options(scene.connection), scene.now, visit_id=scene.visit.id)
        plan_progress(scene)
        nearest = dispatch.nearest(scene)
    if nearest is None and _costs_go_on(scene):
        plan_progress(scene)
        nearest = dispatch.nearest(scene)
    return nearest


def _costs_go_on(scene: Scene) -> bool:
    """Let a cost reading take its next step; gives whether it asks for more.

    A small one that is complete is applied at once: where QuickBooks' own totals then show that a job differs, that job
    is read whole in the same visit.
    """
    uow, connection, now = scene.uow, scene.connection, scene.now
    if cost_readings.advance(uow, connection, now):
        return True
    reading = uow.readings.first(connection_id=connection.id, stage="complete", applied_at=None)
    if reading is None or uow.answers.count(reading_id=reading.id) > SMALL_READING:
        return False
    actuals.apply_all(uow, connection, now, zone=scene.zone)
    connection.unsettled = connection.unsettled or "answers"
    if reading.jobs or not connection.costs_wanted:
        return False
    cost_readings.ask(uow, connection, now)
    return True


def _must_settle(scene: Scene, nearest: Task | None, options: Callable[[Connection], Options]) -> bool:
    if scene.connection.unsettled == "lists":
        return nearest is None or is_write(nearest)
    return scene.connection.unsettled != "" and nearest is None and _may_follow(scene, options(scene.connection))


def _may_follow(scene: Scene, options: Options) -> bool:
    """Whether answers to writes may let more be sent: something is accepted without its task, or is accepted by itself.

    Where not, the visit has nothing more to send, and what the answers changed is reviewed when it ends.
    """
    submissions, mine = scene.uow.submissions, scene.connection.id
    return (
        bool(options.direct_export)
        or submissions.has(connection_id=mine, state=[State.ACCEPTED, State.EXPORTING])
        or submissions.has(connection_id=mine, state=State.SYNCED, choice="close")
    )


def being_prepared(scene: Scene) -> bool:
    """Whether Procore is being read just now: what it brings may have to go to QuickBooks."""
    return leases.held(scene.uow, scene.connection.id, PULL, scene.now)


def plan_progress(scene: Scene) -> None:
    """Count what will still be done, for the progress that the Web Connector shows."""
    left = scene.uow.tasks.count(connection_id=scene.connection.id, state=list(ALIVE))
    scene.visit.planned = scene.visit.finished + left


def _today(options: Options, now: dt.datetime) -> dt.date:
    return now.astimezone(options.zone).date()
