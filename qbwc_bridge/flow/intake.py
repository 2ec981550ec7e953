"""Intake: what Procore said is kept as documents; `review` makes submissions of them.

Reading and keeping take turns: no network call happens inside a transaction, and each portion is kept, with how far it
reached, before the next is asked for. So a reading that is cut short is taken up again and repeats little. A document
is gone only once a whole list lacks it, or Procore shows it as deleted; one that makes no sense stays as it was.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qbwc_bridge.domain.procore import BudgetCode, Commitment, Document, Project
from qbwc_bridge.domain.reading import (
    CHANGE_ORDERS,
    COST_CODES,
    COST_TYPES,
    ORDERS,
    PROJECTS,
    SUBCONTRACTS,
    VENDORS,
    ReadState,
)
from qbwc_bridge.domain.records import Connection, DocumentRow, ProjectChoice
from qbwc_bridge.domain.shown import LeftOut, Notices
from qbwc_bridge.ports import UnitOfWork

_TOLD_BY: Mapping[str, tuple[str, ...]] = {
    PROJECTS: ("project",),
    VENDORS: ("vendor",),
    COST_CODES: ("cost_code",),
    COST_TYPES: ("cost_type",),
    ORDERS: ("commitment",),
    SUBCONTRACTS: ("commitment",),
    CHANGE_ORDERS: ("change_order", "prime_change"),
}
"""Kinds of documents by the list that tells of them; a project's budget and billing stand in none."""

NOT_SHOWN = (
    "It is not active in Procore, or not shown to the bridge: a Procore company administrator must permit it to the "
    "bridge's app, or activate it."
)


@dataclass(slots=True)
class Part:
    """What one list brought. `listed` are the keys of all that lives, where the list was whole."""

    documents: Sequence[Document] = ()
    listed: frozenset[str] | None = None
    gone: frozenset[str] = frozenset()
    stamps: Mapping[str, str] = field(default_factory=dict)
    newest: dt.datetime | None = None
    left: int = 0
    """How many records that its rows name are to come."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why records make no sense, by key: so far, where its list is read in portions."""
    done: bool = True
    """Whether the list is through, so that its cursor may move."""


@dataclass(slots=True)
class Portion:
    """What is kept in one transaction: parts by kind of reading, and what a reading says beside them."""

    project_id: int
    """0: the company's own lists."""
    began: dt.datetime
    parts: dict[str, Part] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    """Budget and billing, which several kinds make up together."""
    codes: list[BudgetCode] | None = None
    view_id: int | None = None
    code_lists: list[int] | None = None
    aside: Mapping[str, str] | None = None
    notices: Notices = field(default_factory=dict)
    """What of a project Procore shows only in part."""
    whole: bool = False
    """The last portion of a whole reading."""


def told_by(kind: str, row: DocumentRow) -> bool:
    """Whether the list of a kind tells of a document."""
    if isinstance(row.document, Commitment):
        return kind == (SUBCONTRACTS if row.document.subcontract else ORDERS)
    return row.kind in _TOLD_BY.get(kind, ())


def store(uow: UnitOfWork, connection: Connection, portion: Portion, now: dt.datetime) -> None:
    """Keep a portion: documents that Procore no longer lists are marked gone, never forgotten."""
    project_id = portion.project_id
    rows = uow.documents.find(connection_id=connection.id, project_id=project_id)
    known = {(row.kind, row.key): row for row in rows}
    for document in portion.documents:
        _keep(uow, connection, known, project_id, document, "", now)
    for kind, part in portion.parts.items():
        for document in part.documents:
            key = _key(document, project_id)
            _keep(uow, connection, known, project_id, document, part.stamps.get(key, ""), now)
        if part.listed is not None or part.gone:
            _mark_gone(uow, kind, part, rows)
    connection.unsettled = connection.unsettled or "answers"
    if project_id:
        choice = uow.projects.first(connection_id=connection.id, project_id=project_id)
        if choice is not None:
            _note_project(uow, choice, portion)
    else:
        _note_company(uow, connection, portion)
    uow.connections.save(connection)


def refuse(uow: UnitOfWork, connection: Connection, project_id: int, kind: str, refusal: str) -> None:
    """Keep with a project why Procore refused a kind of reading; the next one that is through takes it away."""
    choice = uow.projects.first(connection_id=connection.id, project_id=project_id)
    if choice is not None:
        choice.shown.refused[kind] = refusal
        connection.unsettled = connection.unsettled or "answers"
        uow.projects.save(choice)
        uow.connections.save(connection)


def _key(document: Document, project_id: int) -> str:
    return str(getattr(document, "id", project_id))  # one budget, one billing for each project


def _keep(  # noqa: PLR0917 - one row
    uow: UnitOfWork,
    connection: Connection,
    known: Mapping[tuple[str, str], DocumentRow],
    project_id: int,
    document: Document,
    stamp: str,
    now: dt.datetime,
) -> None:
    key = _key(document, project_id)
    row = known.get((document.kind, key))
    if row is None:
        uow.documents.add(DocumentRow(connection.id, document.kind, key, document, project_id, now, stamp=stamp))
    elif row.document != document or row.gone:
        row.document, row.seen_at, row.gone, row.stamp = document, now, False, stamp
        uow.documents.save(row)
    elif row.stamp != stamp:
        row.stamp = stamp
        uow.documents.save(row)


def _mark_gone(uow: UnitOfWork, kind: str, part: Part, rows: Iterable[DocumentRow]) -> None:
    for row in rows:
        missing = part.listed is not None and row.key not in part.listed
        if (missing or row.key in part.gone) and not row.gone and told_by(kind, row):
            row.gone = True
            uow.documents.save(row)


def _note_project(uow: UnitOfWork, choice: ProjectChoice, portion: Portion) -> None:
    state = choice.reading
    _note(state, portion)
    state.view_id = portion.view_id or state.view_id
    if portion.aside is not None:
        state.aside = {**state.aside, **portion.aside}
    choice.budget_codes = choice.budget_codes if portion.codes is None else portion.codes
    through = {kind for kind, part in portion.parts.items() if part.done}
    refused = {} if portion.whole else choice.shown.refused
    choice.shown.refused = {kind: told for kind, told in refused.items() if kind not in through}
    choice.shown.note(portion.notices)
    _note_left_out(choice.shown.left_out, portion)
    uow.projects.save(choice)


def _note_company(uow: UnitOfWork, connection: Connection, portion: Portion) -> None:
    state = connection.reading
    _note(state, portion)
    _note_left_out(state.left_out, portion)
    state.code_lists = state.code_lists if portion.code_lists is None else portion.code_lists
    if PROJECTS in portion.parts:
        _store_projects(uow, connection, portion.parts[PROJECTS])


def _note(state: ReadState, portion: Portion) -> None:
    """Move the cursors of what was read to its end."""
    for kind, part in portion.parts.items():
        if part.done:
            state.read_at[kind] = portion.began
            if part.newest is not None:
                state.newest[kind] = max(part.newest, state.newest.get(kind, part.newest))
    if portion.whole:
        state.whole_at = portion.began


def _note_left_out(left_out: LeftOut, portion: Portion) -> None:
    """Take what the lists left out; only the end of a whole list tells that nothing else makes no sense."""
    for kind, part in portion.parts.items():
        good = {_key(each, portion.project_id) for each in part.documents} | part.gone
        left_out.note(kind, part.left_out, None if part.done and part.listed is not None else good)


def _store_projects(uow: UnitOfWork, connection: Connection, part: Part) -> None:
    """Keep what people choose projects from, and with each that is on whether Procore shows it."""
    known = {row.project_id: row for row in uow.projects.find(connection_id=connection.id)}
    shown = {doc.id: doc for doc in part.documents if isinstance(doc, Project)}
    for project in shown.values():
        row = known.get(project.id) or uow.projects.add(
            ProjectChoice(connection.id, project.id, project.number, project.name)
        )
        row.number, row.name, row.active = project.number, project.name, project.active
        row.shown.refused = {kind: told for kind, told in row.shown.refused.items() if kind != PROJECTS and row.on}
        uow.projects.save(row)
    for row in known.values():
        if row.project_id not in shown and str(row.project_id) not in part.left_out:
            row.active, row.shown.refused = False, {PROJECTS: NOT_SHOWN} if row.on else {}
            uow.projects.save(row)
