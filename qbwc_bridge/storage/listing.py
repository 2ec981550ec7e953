"""Submissions as a table that people filter, sort and turn the pages of: all of it by the database.

The rows are wide, so what is wanted is found first by narrow indexes, and only the rows of one page are read.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, case, cast, func, or_, select
from sqlalchemy import text as sql
from sqlalchemy.sql.elements import ColumnElement

from qbwc_bridge.domain.records import Kind, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.ports import Found, Wanted
from qbwc_bridge.storage import statements
from qbwc_bridge.storage.driver import Values
from qbwc_bridge.storage.repository import TableStore, Transaction
from qbwc_bridge.storage.tables import DIFFERS, project_choice, submission

ESCAPE = "/"
ROW_OFFSET = "row_offset"

_ORDER = (State.FAILED, State.READY, State.BLOCKED, State.ACCEPTED, State.EXPORTING)
"""What needs a person first, oldest first; what is at rest last, newest first."""

_SEARCHED = ("number", "title", "party", "quickbooks_name")


class SubmissionListing:
    """The submissions of one transaction (`ports.Listing`)."""

    def __init__(self, transaction: Transaction, rows: TableStore[Submission]) -> None:
        self._transaction = transaction
        self._rows = rows

    def counts(self, connection_id: int) -> dict[tuple[Kind, State, bool], int]:
        """Count the submissions of a connection by kind, state, and whether they are updates."""
        found = self._fetch(_counting(), {"connection_id": connection_id})
        return {(kind, State(state), bool(update)): int(count) for kind, state, update, count in found}

    def differing(self, connection_id: int) -> dict[str, int]:
        """Count by kind what is synced, but not as it should be."""
        return {kind: int(count) for kind, count in self._fetch(_differing(), {"connection_id": connection_id})}

    def oldest_ready(self, connection_id: int) -> dt.datetime | None:
        """Since when the oldest one waits for a person's decision."""
        ((since,),) = self._fetch(_oldest(), {"connection_id": connection_id, "ready": str(State.READY)})
        return dt.datetime.fromisoformat(since) if since else None

    def page(self, wanted: Wanted, *, first: int, rows: int) -> Found:
        """Give some rows of what is wanted, in its order, with how many there are and their sum in cents.

        `first` is the number of rows before them; beyond the end nothing is given.
        """
        values: Values = {"connection_id": wanted.connection_id}
        shape = _shape(wanted, values)
        ((count, amount, revised),) = self._fetch(_sum(shape), values)
        values |= {statements.ROW_LIMIT: rows, ROW_OFFSET: first}
        ids = [row_id for (row_id,) in self._fetch(_ids(shape, wanted.order), values)]
        read = {row.id: row for row in self._rows.find(id=ids)}
        return Found([read[row_id] for row_id in ids], int(count), int(amount or 0), int(revised or 0))

    def _fetch(self, statement: Select[Any], values: Values) -> list[Sequence[Any]]:
        self._transaction.flush()
        return self._transaction.fetch(statement, values)


Shape = tuple[tuple[str, int], ...]
"""Which criteria there are, and how many values each has."""


def _shape(wanted: Wanted, values: Values) -> Shape:
    shape: list[tuple[str, int]] = []
    for name, chosen in (("kind", wanted.kinds), ("state", [str(state) for state in wanted.states])):
        if chosen:
            values |= statements.numbered(name, chosen)
            shape.append((name, statements.places(chosen)))
    if wanted.update is not None:
        values["updating"] = wanted.update
        shape.append(("update", 1))
    if wanted.differs:
        shape.append(("differs", 1))
    if wanted.text:
        forms = _forms(wanted.text)
        values |= statements.numbered("text", forms)
        shape.append(("text", statements.places(forms)))
        projects = list(wanted.projects)
        values |= statements.numbered("project", projects)
        shape.append(("project", statements.places(projects)))
    return tuple(shape)


def _forms(text: str) -> list[str]:
    """Give the patterns of a search: letters beyond ASCII are compared as they are, so they are tried both ways."""
    safe = text.lower()
    for special in (ESCAPE, "%", "_"):
        safe = safe.replace(special, ESCAPE + special)
    other = "".join(letter if letter.isascii() else letter.upper() for letter in safe)
    first = next((at for at, letter in enumerate(safe) if not letter.isascii()), 0)
    one = safe[:first] + safe[first : first + 1].upper() + safe[first + 1 :]
    return [f"%{form}%" for form in dict.fromkeys((safe, other, one if not one.isascii() else safe))]


@cache
def _counting() -> Select[Any]:
    columns = (submission.c.kind, submission.c.state, submission.c.update)
    return select(*columns, func.count()).where(_mine()).group_by(*columns)


@cache
def _differing() -> Select[Any]:
    return select(submission.c.kind, func.count()).where(_mine(), sql(DIFFERS)).group_by(submission.c.kind)


@cache
def _oldest() -> Select[Any]:
    return select(func.min(submission.c.since)).where(_mine(), submission.c.state == bindparam("ready"))


def _mine() -> ColumnElement[bool]:
    return submission.c.connection_id == bindparam("connection_id")


@cache
def _sum(shape: Shape) -> Select[Any]:
    sums = (func.sum(_cents("amount")), func.sum(_cents("revised")))
    return select(func.count(), *sums).select_from(submission).where(*_conditions(shape))


def _cents(name: str) -> ColumnElement[int]:
    """An amount in cents: it has two decimals always, so without the point it is whole, and nothing is rounded."""
    return func.coalesce(cast(func.replace(submission.c[name], ".", ""), BigInteger), 0)


@cache
def _ids(shape: Shape, order: str) -> Select[Any]:
    query = select(submission.c.id).where(*_conditions(shape)).order_by(*_sorting(order))
    if order.removeprefix("-") == "project":
        mine = (project_choice.c.connection_id == submission.c.connection_id) & (
            project_choice.c.project_id == submission.c.project_id
        )
        query = query.select_from(submission.outerjoin(project_choice, mine))
    return query.limit(bindparam(statements.ROW_LIMIT)).offset(bindparam(ROW_OFFSET))


def _sorting(order: str) -> list[ColumnElement[Any]]:
    name, falling = order.removeprefix("-"), order.startswith("-")
    if not name:
        rank = case({str(state): place for place, state in enumerate(_ORDER)}, value=submission.c.state, else_=9)
        waits, rests = _apart(rank)
        return [rank, waits.asc(), rests.desc(), submission.c.id]
    columns: dict[str, ColumnElement[Any]] = {
        "number": submission.c.number,
        "title": submission.c.title,
        "vendor": submission.c.party,
        "name": submission.c.quickbooks_name,
        "amount": _cents("amount"),
        "revised": _cents("revised"),
        "changes": _cents("revised") - _cents("amount"),
        "since": submission.c.since,
        "state": submission.c.state,
        "project": func.coalesce(project_choice.c.number, ""),
    }
    by = columns[name]
    return [by.desc() if falling else by.asc(), submission.c.id.desc() if falling else submission.c.id.asc()]


def _apart(rank: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Give the times of what waits and of what rests, each empty for the other."""
    waits = rank < len(_ORDER)
    return case((waits, submission.c.since), else_=""), case((waits, ""), else_=submission.c.since)


def _conditions(shape: Shape) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_mine()]
    places = dict(shape)
    if "differs" in places:
        found.append(sql(DIFFERS))  # type: ignore[arg-type]  # a text is a condition too
    for name in ("kind", "state"):
        if name in places:
            found.append(submission.c[name].in_(_several(name, places[name])))
    if "update" in places:
        found.append(submission.c.update == bindparam("updating"))
    if "text" in places:
        texts = _several("text", places["text"])
        like = [func.lower(submission.c[name]).like(text, escape=ESCAPE) for name in _SEARCHED for text in texts]
        some = _several("project", places["project"])
        found.append(or_(*like, submission.c.project_id.in_(some)) if some else or_(*like))
    return found


def _several(name: str, count: int) -> list[Any]:
    return [bindparam(f"{name}_{place}") for place in range(count)]
