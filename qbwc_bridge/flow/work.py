"""Steps that several rooms take in the same order: bring submissions up to date, queue, apply costs."""

import datetime as dt

from qbwc_bridge.domain.records import Connection, Submission
from qbwc_bridge.domain.states import ALIVE, OUTSTANDING, State, TaskState
from qbwc_bridge.flow import actuals, queueing, review
from qbwc_bridge.flow.options import Options
from qbwc_bridge.ports import UnitOfWork


def settle(
    uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime, *, visit_id: int | None = None
) -> list[Submission]:
    """Review everything and queue what can go; gives submissions that are new."""
    fresh = review.refresh(uow, connection, options, now)
    queueing.enqueue(uow, connection, options, now, visit_id=visit_id)
    return fresh


def catch_up(uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime) -> None:
    """Apply every answer already received, then settle."""
    actuals.apply_all(uow, connection, now)
    settle(uow, connection, options, now)


def plan_visit(uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime) -> bool:
    """Prepare a visit; gives whether it has anything to do. An idle visit reads nothing."""
    catch_up(uow, connection, options, now)
    jobs = uow.submissions.count(connection_id=connection.id, kind="job", state=State.SYNCED)
    if queueing.costs_due(connection, options, now, has_jobs=jobs > 0):
        queueing.ask_costs(uow, connection, now)
    queued = uow.tasks.find(connection_id=connection.id, state=TaskState.QUEUED)
    due = [task for task in queued if task.not_before is None or task.not_before <= now]
    doubtful = uow.tasks.count(connection_id=connection.id, state=list(OUTSTANDING))
    first = connection.lists_read_at is None
    if not (due or doubtful or first):
        return False
    queueing.ask_lists(uow, connection, now)
    return True


def busy_tasks(uow: UnitOfWork, connection: Connection) -> int:
    """How many tasks will still do something by themselves."""
    return uow.tasks.count(connection_id=connection.id, state=list(ALIVE))
