"""Submissions as a table that people filter, sort and turn the pages of: all of it by the database.

The rows are wide, so what is wanted is found first by narrow indexes, and only the rows of one page are read.
"""

import datetime as dt
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, case, cast, func, literal, or_, select
from sqlalchemy import text as sql
from sqlalchemy.sql.elements import ColumnElement

from qbwc_bridge.domain.records import Kind, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.ports import Linked, Sums, Wanted
from qbwc_bridge.storage import statements
from qbwc_bridge.storage.driver import Values
from qbwc_bridge.storage.repository import TableStore, Transaction
from qbwc_bridge.storage.tables import DIFFERS, list_record, project_choice, submission, transaction_record

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

    def counts(
        self, connection_id: int, kinds: Sequence[str] = (), *, summed: bool = False
    ) -> dict[tuple[Kind, State, bool], Sums]:
        """Count the submissions of a connection by kind, state, and whether they are updates; with sums if asked."""
        values: Values = {}
        shape = _shape(Wanted(connection_id, kinds=kinds), values)
        found = self._fetch(_counting(shape, summed=summed), values)
        return {(kind, State(state), bool(update)): _read(sums) for kind, state, update, *sums in found}

    def linked(self, connection_id: int, kinds: Sequence[str]) -> list[Linked]:
        """Give what is joined to a record of QuickBooks, of these kinds."""
        values: Values = {}
        shape = _shape(Wanted(connection_id, kinds=kinds), values)
        return [Linked(*found) for found in self._fetch(_linked(shape), values)]

    def orders_of_job(self, connection_id: int, job_id: str) -> dict[str, str]:
        """Give the vendors of purchase orders with a line for a job, by TxnID: the lines are looked through as text."""
        text = f'"job_id":{json.dumps(job_id)}'
        for special in (ESCAPE, "%", "_"):
            text = text.replace(special, ESCAPE + special)
        values: Values = {"connection_id": connection_id, "text": f"%{text}%"}
        return dict(self._pairs(_orders_of_job(), values))

    def standing(self, connection_id: int) -> dict[str, int]:
        """Add up the totals of estimates and purchase orders that submissions are joined to, in cents."""
        return {kind: int(cents) for kind, cents in self._fetch(_standing(), {"connection_id": connection_id})}

    def names(self, connection_id: int, kind: str) -> dict[str, str]:
        """Give the FullNames on a list of QuickBooks by ListID, also of what is gone."""
        return dict(self._pairs(_names(), {"connection_id": connection_id, "kind": kind}))

    def differing(self, connection_id: int) -> dict[str, int]:
        """Count by kind what is synced, but not as it should be."""
        return {kind: int(count) for kind, count in self._fetch(_differing(), {"connection_id": connection_id})}

    def oldest_ready(self, connection_id: int) -> dt.datetime | None:
        """Since when the oldest one waits for a person's decision."""
        ((since,),) = self._fetch(_oldest(), {"connection_id": connection_id, "ready": str(State.READY)})
        return dt.datetime.fromisoformat(since) if since else None

    def page(self, wanted: Wanted, *, first: int, rows: int) -> list[Submission]:
        """Give some rows of what is wanted, in its order; `first` is how many stand before them."""
        values: Values = {statements.ROW_LIMIT: rows, ROW_OFFSET: first}
        return self._rows_of([row_id for (row_id,) in self._fetch(_ids(_shape(wanted, values), wanted.order), values)])

    def searched(self, wanted: Wanted, *, first: int, rows: int) -> tuple[list[Submission], Sums]:
        """Give the same with the count and sums of all; the texts are looked through once for all three."""
        values: Values = {statements.ROW_LIMIT: rows, ROW_OFFSET: first}
        found = self._fetch(_ids(_shape(wanted, values), wanted.order, summed=True), values)
        if not found and first:
            return self.searched(wanted, first=0, rows=rows)
        return self._rows_of([each[0] for each in found]), _read(found[0][1:]) if found else Sums()

    def _pairs(self, statement: Select[Any], values: Values) -> list[tuple[str, str]]:
        return [(one, other) for one, other in self._fetch(statement, values)]

    def _rows_of(self, ids: Sequence[int]) -> list[Submission]:
        read = {row.id: row for row in self._rows.find(id=ids)}
        return [read[row_id] for row_id in ids]

    def _fetch(self, statement: Select[Any], values: Values) -> list[Sequence[Any]]:
        self._transaction.flush()
        return self._transaction.fetch(statement, values)


Shape = tuple[tuple[str, int], ...]
"""Which criteria there are, and how many values each has."""


def _shape(wanted: Wanted, values: Values) -> Shape:
    values["connection_id"] = wanted.connection_id
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


def _read(sums: Sequence[Any]) -> Sums:
    return Sums(*(int(each or 0) for each in sums))


@cache
def _counting(shape: Shape, *, summed: bool) -> Select[Any]:
    columns = (submission.c.kind, submission.c.state, submission.c.update)
    amounts = [func.sum(_cents(each)) for each in (submission.c.amount, submission.c.revised)] if summed else []
    return select(*columns, func.count(), *amounts).where(*_conditions(shape)).group_by(*columns)


@cache
def _linked(shape: Shape) -> Select[Any]:
    names = ("kind", "key", "project_id", "quickbooks_id", "quickbooks_name", "number", "choice")
    columns = [submission.c[name] for name in names]
    return select(*columns).where(*_conditions(shape), submission.c.quickbooks_id != "").order_by(submission.c.id)


@cache
def _orders_of_job() -> Select[Any]:
    table = transaction_record
    mine = (table.c.connection_id == bindparam("connection_id"), table.c.kind == "PurchaseOrder", ~table.c.gone)
    return select(table.c.txn_id, table.c.party_id).where(*mine, table.c.lines.like(bindparam("text"), escape=ESCAPE))


@cache
def _standing() -> Select[Any]:
    table = transaction_record
    owners = or_(*(submission.c.kind == kind for kind in ("budget", "commitment", "change_order")))
    joined = select(submission.c.quickbooks_id).where(_mine(), owners, submission.c.quickbooks_id != "")
    mine = (table.c.connection_id == bindparam("connection_id"), ~table.c.gone, table.c.txn_id.in_(joined))
    kinds = or_(table.c.kind == "Estimate", table.c.kind == "PurchaseOrder")
    return select(table.c.kind, func.sum(_cents(table.c.total))).where(*mine, kinds).group_by(table.c.kind)


@cache
def _names() -> Select[Any]:
    mine = (list_record.c.connection_id == bindparam("connection_id"), list_record.c.kind == bindparam("kind"))
    return select(list_record.c.list_id, list_record.c.full_name).where(*mine)


@cache
def _differing() -> Select[Any]:
    return select(submission.c.kind, func.count()).where(_mine(), sql(DIFFERS)).group_by(submission.c.kind)


@cache
def _oldest() -> Select[Any]:
    return select(func.min(submission.c.since)).where(_mine(), submission.c.state == bindparam("ready"))


def _mine() -> ColumnElement[bool]:
    return submission.c.connection_id == bindparam("connection_id")


def _cents(column: ColumnElement[Any]) -> ColumnElement[int]:
    """An amount in cents: it has two decimals always, so without the point it is whole, and nothing is rounded."""
    return func.coalesce(cast(func.replace(column, ".", ""), BigInteger), 0)


@cache
def _ids(shape: Shape, order: str, *, summed: bool = False) -> Select[Any]:
    sums = (
        [func.count().over(), *(func.sum(_cents(submission.c[name])).over() for name in ("amount", "revised"))]
        if summed
        else []
    )
    query = select(submission.c.id, *sums).where(*_conditions(shape)).order_by(*_sorting(order))
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
        "amount": _cents(submission.c.amount),
        "revised": _cents(submission.c.revised),
        "changes": _cents(submission.c.revised) - _cents(submission.c.amount),
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
    chosen = (name for name in ("kind", "state") if name in places)
    found += [submission.c[name].in_(_several(name, places[name])) for name in chosen]
    if "update" in places:
        found.append(submission.c.update == bindparam("updating"))
    if "text" in places:
        texts = _several("text", places["text"])
        # Looked through in one go: this is what a search takes its time for.
        everything = func.lower(_everything())
        like = [everything.like(text, escape=ESCAPE) for text in texts]
        some = _several("project", places["project"])
        found.append(or_(*like, submission.c.project_id.in_(some)) if some else or_(*like))
    return found


def _everything() -> ColumnElement[str]:
    found: ColumnElement[str] = literal("")
    for name in _SEARCHED:
        found = found + "\n" + submission.c[name]
    return found


def _several(name: str, count: int) -> list[Any]:
    return [bindparam(f"{name}_{place}") for place in range(count)]
