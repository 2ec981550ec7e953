"""Figures for monitors, of every connection: read from the database by a few questions, however many there are."""

import datetime as dt
import platform
from collections.abc import Iterator

import qbwc_bridge
from qbwc_bridge import metrics
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.metrics import Sample
from qbwc_bridge.ports import Totals, UnitOfWork


def figures(uow: UnitOfWork, now: dt.datetime) -> list[Sample]:
    """Read what the database has for monitors, at the moment `now`."""
    totals, connections = uow.everywhere.totals(now), uow.connections.find(order="name")
    about = (qbwc_bridge.__version__, platform.python_version(), totals.database, totals.schema)
    found = [metrics.INFO.read(1, *about), metrics.DATABASE_BYTES.read(totals.size)]
    for connection in connections:
        found += _of_connection(connection, totals, now)
    return found


def _of_connection(connection: Connection, totals: Totals, now: dt.datetime) -> Iterator[Sample]:
    name, row_id = connection.name, connection.id
    yield metrics.SESSIONS.read(totals.sessions[row_id], name)
    for metric, moment in (
        (metrics.LAST_CONTACT, connection.last_contact),
        (metrics.LAST_PULL, connection.pulled_at),
        (metrics.LAST_PUSH, connection.pushed_at),
    ):
        if moment:
            yield metric.read((now - moment).total_seconds(), name)
    stops = {"alarm": connection.alarm, "brake": connection.brake, "detached": connection.detached_at}
    for what, stop in stops.items():
        yield metrics.STOPPED.read(int(bool(stop)), name, what)
    for metric, counts in (
        (metrics.SUBMISSIONS, totals.submissions[row_id]),
        (metrics.TASKS, totals.tasks[row_id]),
        (metrics.MAIL, totals.mail[row_id]),
    ):
        for state, count in counts.items():
            yield metric.read(count, name, state)
