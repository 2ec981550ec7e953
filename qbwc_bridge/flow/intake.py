"""Intake: what Procore says is read and kept as documents; `review` makes submissions of them.

No network call happens inside a transaction: Procore is read first, then everything is stored at once.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TypeVar

from qbwc_bridge.domain.procore import BudgetCode, Document, Project
from qbwc_bridge.domain.procore_billing import Billing
from qbwc_bridge.domain.records import Connection, DocumentRow, ProjectChoice
from qbwc_bridge.domain.shown import Partly, Shown
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.ports import Procore, UnitOfWork

Progress = Callable[[str], None]
"""Told one short sentence at each step."""

Found = TypeVar("Found")

PASSING = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals of the moment, not of a tool: the whole project is read again with the next pull."""


NOT_SHOWN = (
    "It is not active in Procore, or not shown to the bridge: a Procore company administrator must permit it to the "
    "bridge's app, or activate it."
)


@dataclass(slots=True)
class Reading:
    """One reading of Procore: documents by project (0 for the company's own), codes, and what could not be read."""

    documents: dict[int, list[Document]] = field(default_factory=dict)
    budget_codes: dict[int, list[BudgetCode]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)
    """Projects that Procore refuses to show, with its reason: not those that only a moment's trouble kept from it."""
    notices: dict[int, list[str]] = field(default_factory=dict)
    """What of a project was read only in part."""

    def told(self) -> list[str]:
        """Say what was read only in part, project by project."""
        names = {doc.id: doc.number or doc.name for doc in self.documents.get(0, ()) if isinstance(doc, Project)}
        return [f"{names.get(at, at)}: {notice}" for at, notices in self.notices.items() for notice in notices]


def read(procore: Procore, project_ids: Iterable[int], progress: Progress) -> Reading:
    """Read the company's lists and the given projects. A project that cannot be read does not stop the others.

    Raises ProcoreError when the company's own lists cannot be read.
    """
    progress("reading projects, vendors, cost codes and cost types")
    company: list[Document] = [
        *procore.projects(),
        *procore.vendors(),
        *procore.cost_codes(),
        *procore.cost_types(),
    ]
    reading = Reading({0: company})
    names = {doc.id: f"{doc.number} {doc.name}" for doc in company if isinstance(doc, Project)}
    for project_id in project_ids:
        if project_id not in names:
            reading.problems.append(f"Project {project_id} is not active in Procore, or not shown to the bridge.")
            reading.unread[project_id] = NOT_SHOWN
            continue
        progress(f"reading {names[project_id]}: budget, contracts, change orders")
        try:
            budget, commitments = procore.budget(project_id), procore.commitments(project_id)
            changes, billing = procore.change_orders(project_id), _billing(procore, project_id)
            codes = procore.budget_codes(project_id)
        except ProcoreError as problem:
            reading.problems.append(f"{names[project_id]}: {problem}")
            if not (problem.is_outage or problem.status in PASSING):
                reading.unread[project_id] = str(problem)
            continue
        reading.documents[project_id] = [budget, *commitments, *changes, billing]
        reading.notices[project_id] = [*budget.notices, *changes.refused, *billing.refused]
        reading.budget_codes[project_id] = codes
    return reading


def _billing(procore: Procore, project_id: int) -> Billing:
    """Read what only the work-in-progress schedule needs: what Procore refuses of it holds nothing else up."""
    refused: list[str] = []

    def read_of(ask: Callable[[int], list[Found]]) -> tuple[Found, ...] | None:
        try:
            found = ask(project_id)
            refused.extend(found.refused if isinstance(found, Partly) else ())
            return tuple(found)
        except ProcoreError as problem:
            if problem.is_outage or problem.status in PASSING:
                raise
            refused.append(str(problem))
            return None

    contracts, forecasts = read_of(procore.prime_contracts), read_of(procore.forecasts)
    return Billing(project_id, contracts, forecasts, tuple(refused))


def store(uow: UnitOfWork, connection: Connection, reading: Reading, now: dt.datetime) -> None:
    """Keep a reading: documents that Procore no longer lists are marked gone, never forgotten."""
    for project_id, documents in reading.documents.items():
        _store_documents(uow, connection, project_id, documents, now)
    _store_projects(uow, connection, reading)
    connection.pulled_at = now
    uow.connections.save(connection)


def _store_documents(
    uow: UnitOfWork, connection: Connection, project_id: int, documents: Iterable[Document], now: dt.datetime
) -> None:
    rows = uow.documents.find(connection_id=connection.id, project_id=project_id)
    known = {(row.kind, row.key): row for row in rows}
    for document in documents:
        key = str(getattr(document, "id", project_id))  # one budget, one billing for each project
        row = known.pop((document.kind, key), None)
        if row is None:
            uow.documents.add(DocumentRow(connection.id, document.kind, key, document, project_id, now))
        elif row.document != document or row.gone:
            row.document, row.seen_at, row.gone = document, now, False
            uow.documents.save(row)
    for row in known.values():
        if not row.gone:
            row.gone = True
            uow.documents.save(row)


def _store_projects(uow: UnitOfWork, connection: Connection, reading: Reading) -> None:
    """Keep what people choose projects from, and with each what Procore did not show of it."""
    known = {row.project_id: row for row in uow.projects.find(connection_id=connection.id)}
    shown = {doc.id: doc for doc in reading.documents.get(0, ()) if isinstance(doc, Project)}
    for project in shown.values():
        row = known.get(project.id) or uow.projects.add(
            ProjectChoice(connection.id, project.id, project.number, project.name)
        )
        row.number, row.name, row.active = project.number, project.name, project.active
        row.budget_codes = reading.budget_codes.get(project.id, row.budget_codes)
        row.shown = _shown(row, reading)
        uow.projects.save(row)
    for row in known.values():
        if row.project_id not in shown:
            row.active, row.shown = False, _shown(row, reading)
            uow.projects.save(row)


def _shown(row: ProjectChoice, reading: Reading) -> Shown:
    """Give what Procore refuses of a project after this reading; one that was not read keeps what was known."""
    if row.project_id in reading.documents:
        return replace(row.shown, unread="", notices=reading.notices.get(row.project_id, []))
    return replace(row.shown, unread=reading.unread.get(row.project_id, row.shown.unread if row.on else ""))
