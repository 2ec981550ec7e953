"""Facts for support: states, counts and times of every connection, without a word of what the records say."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from qbwc_bridge.domain.books import ListKind
from qbwc_bridge.domain.records import Connection, Task
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.views import look
from qbwc_bridge.ports import UnitOfWork

MOST_VISITS = 50
MOST_TASKS = 300
MOST_MOVES = 500
"""Of each connection, the newest ones: a few days of a busy office."""

PEOPLE: tuple[ListKind, ...] = ("vendor", "employee", "other_name", "customer")
"""QuickBooks' lists of who is paid, and who pays."""


def about_connection(kit: Kit, uow: UnitOfWork, connection: Connection, now: dt.datetime) -> dict[str, Any]:
    """Tell of one connection what is no name and no amount; its own sentences must be scrubbed."""
    found = look(kit, uow, connection, now)
    counts = uow.listing.counts(connection.id)
    return {
        "name": connection.name,
        "working": found.word,
        "alarm": connection.alarm,
        "brake": bool(connection.brake),
        "detached_at": connection.detached_at,
        "bound": bool(connection.bound_file_id or connection.bound_name),
        "quickbooks": {"product": connection.company.product, "qbxml": connection.company.qbxml_version},
        "own_settings": sorted(connection.settings),
        "last_contact": connection.last_contact,
        "pulled_at": connection.pulled_at,
        "pushed_at": connection.pushed_at,
        "costs_read_at": connection.costs_read_at,
        "procore_down": connection.procore_down,
        "submissions": [
            {"kind": kind, "state": state, "update": update, "count": sums.count}
            for (kind, state, update), sums in sorted(counts.items())
        ],
        "queue": found.queue,
        "rows": {
            "documents": uow.documents.count(connection_id=connection.id),
            "ledger": uow.costs.count(connection_id=connection.id),
            "outbox": uow.writebacks.count(connection_id=connection.id),
            "keys": uow.keys.count(connection_id=connection.id),
        },
        "projects": {
            "on": uow.projects.count(connection_id=connection.id, on=True),
            "known": uow.projects.count(connection_id=connection.id),
        },
        "visits": list(_visits(uow, connection)),
        "tasks": [_task(row) for row in _tasks(uow, connection)],
        "moves": list(_moves(uow, connection)),
    }


def names_of(uow: UnitOfWork, connection: Connection) -> set[str]:
    """Give every name of a vendor, employee, customer, job, project and record that the bridge knows."""
    found: set[str] = set()
    for kind in PEOPLE:
        for name in uow.listing.names(connection.id, kind).values():
            found |= {name, *name.split(":")}
    for row in uow.submissions.find(connection_id=connection.id):
        found |= {row.title, row.party, row.name, row.quickbooks_name, *row.quickbooks_name.split(":")}
    for project in uow.projects.find(connection_id=connection.id):
        found |= {project.name, project.customer}
    for mapping in uow.mappings.find(connection_id=connection.id):
        found |= {mapping.quickbooks, mapping.procore} if mapping.kind in {"job", "vendor"} else set()
    for document in uow.transactions.find(connection_id=connection.id):
        found.add(document.party_name)
    found |= {connection.bound_name, connection.company_name, connection.company.name}
    return found - {"", connection.name}


def _visits(uow: UnitOfWork, connection: Connection) -> Iterator[dict[str, Any]]:
    for row in uow.visits.find(connection_id=connection.id, order="-id", limit=MOST_VISITS):
        shown = (
            "started_at",
            "ended_at",
            "exported",
            "failed",
            "planned",
            "finished",
            "connection_errors",
            "last_error",
        )
        yield {name: getattr(row, name) for name in shown}


def _tasks(uow: UnitOfWork, connection: Connection) -> list[Task]:
    """Give those that are not ended, then the newest of those that are."""
    ended = (TaskState.DONE, TaskState.CANCELLED)
    alive = [state for state in TaskState if state not in ended]
    found = uow.tasks.find(connection_id=connection.id, state=alive, order="-id", limit=MOST_TASKS)
    rest = MOST_TASKS - len(found)
    return [
        *found,
        *(uow.tasks.find(connection_id=connection.id, state=ended, order="-id", limit=rest) if rest else []),
    ]


def _task(row: Task) -> dict[str, Any]:
    shown = ("id", "kind", "state", "submission_id", "message_set_id", "attempts", "status_code")
    times = ("created_at", "not_before", "sent_at", "done_at")
    return {name: getattr(row, name) for name in (*shown, *times)}


def _moves(uow: UnitOfWork, connection: Connection) -> Iterator[dict[str, Any]]:
    """Tell which record went from which state to which; who and why may name people."""
    for row in uow.history.find(connection_id=connection.id, order="-id", limit=MOST_MOVES):
        yield {name: getattr(row, name) for name in ("subject", "subject_id", "at", "before", "after")}
