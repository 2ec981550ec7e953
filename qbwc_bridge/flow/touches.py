"""What an event of Procore does: it says that a project, or the company's own lists, must be read again, and no more.

Only the moment is kept, so that events may come twice, late, or in any order.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.webhooks import Event
from qbwc_bridge.ports import UnitOfWork

Outcome = Literal[
    "touched", "of another company", "our own change", "of an unknown project", "of a project that is off"
]


def touch(uow: UnitOfWork, connection: Connection, events: Iterable[Event], now: dt.datetime) -> list[Outcome]:
    """Note what each event concerns; gives what became of each, in their order."""
    outcomes = [_touch(uow, connection, event, now) for event in events]
    if "touched" in outcomes:
        connection.event_at = now
        uow.connections.save(connection)
    return outcomes


def _touch(uow: UnitOfWork, connection: Connection, event: Event, now: dt.datetime) -> Outcome:
    if event.company_id != connection.procore_company_id:
        return "of another company"
    if event.source_application and event.source_application == connection.procore_client_id:
        return "our own change"
    if event.of_company:
        connection.touched_at = now
        return "touched"
    project = uow.projects.first(connection_id=connection.id, project_id=event.project_id)
    if project is None:
        return "of an unknown project"
    if not project.on:
        return "of a project that is off"
    project.touched_at = now
    uow.projects.save(project)
    return "touched"
