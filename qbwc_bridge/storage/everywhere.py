"""Figures of all connections at once, grouped by the database: a page shows hundreds of clients by a few statements."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Select, Table, bindparam, func, or_, select
from sqlalchemy import text as sql
from sqlalchemy.sql.elements import ColumnElement

from qbwc_bridge.domain.books import KeptFigures
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.ports import ProjectGlance, Tally, Totals
from qbwc_bridge.storage import tables
from qbwc_bridge.storage.kept import decoded
from qbwc_bridge.storage.repository import Transaction
from qbwc_bridge.storage.rows import row_codec
from qbwc_bridge.storage.totals import read_totals

Figures = TypeVar("Figures")


class EveryConnection:
    """The figures of one transaction (`ports.Everywhere`)."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def tallies(self) -> dict[int, Tally]:
        """Add up the rows of every connection that has any, by its id."""
        found: dict[int, Tally] = defaultdict(Tally)
        for connection_id, _, state, update, count, since in self._fetch(_states()):
            tally = found[connection_id]
            tally.states[State(state)] = tally.states.get(State(state), 0) + count
            if state == State.READY:
                oldest = dt.datetime.fromisoformat(since)
                tally.oldest_ready = min(tally.oldest_ready or oldest, oldest)
                tally.updates += count if update else 0
        for connection_id, project_id in self._fetch(_linked()):
            found[connection_id].linked.add(project_id)
        for name, statement in _COUNTED.items():
            for connection_id, count in self._fetch(statement()):
                setattr(found[connection_id], name, count)
        return dict(found)

    def totals(self, now: dt.datetime) -> Totals:
        """Count what is open at the moment `now`, for monitors."""
        return read_totals(self._transaction, now)

    def projects(self) -> list[ProjectGlance]:
        """Give every project of every connection, by number."""
        decode = row_codec(ProjectChoice).fields["shown"].decode
        return [
            ProjectGlance(connection_id, project_id, number, name, bool(on), release is not None, decode(shown))
            for connection_id, project_id, number, name, on, release, shown in self._fetch(_projects())
        ]

    def figures(self, kind: type[Figures]) -> dict[tuple[int, int], Figures]:
        """Give the kept figures of a class by connection and project, as they were last reckoned."""
        decode = row_codec(KeptFigures).fields["content"].decode
        rows = self._transaction.fetch(_figures(), {"kind": kind.__name__})
        return {
            (connection_id, project_id): figures
            for connection_id, project_id, content in rows
            for figures in decoded(kind, decode(content))
        }

    def _fetch(self, statement: Select[Any]) -> Iterator[Any]:
        self._transaction.flush()
        return iter(self._transaction.fetch(statement, {}))


@cache
def _states() -> Select[Any]:
    # In the order of an index, kinds too, so that nothing is sorted: a fifth of the time.
    table = tables.submission
    columns = (table.c.connection_id, table.c.kind, table.c.state, table.c.update)
    return select(*columns, func.count(), func.min(table.c.since)).group_by(*columns)


@cache
def _linked() -> Select[Any]:
    table = tables.submission
    return select(table.c.connection_id, table.c.project_id).where(table.c.kind == "job", table.c.quickbooks_id != "")


def _counting(table: Table, *conditions: Any, what: Any = None) -> Select[Any]:
    column: ColumnElement[int] = table.c.connection_id
    return select(column, func.count() if what is None else what).where(*conditions).group_by(column)


@cache
def _differing() -> Select[Any]:
    return _counting(tables.submission, sql(tables.DIFFERS))


@cache
def _parked_readings() -> Select[Any]:
    table = tables.task
    return _counting(table, table.c.state == str(TaskState.PARKED), table.c.submission_id.is_(None))


@cache
def _refused() -> Select[Any]:
    table = tables.write_back
    return _counting(table, table.c.message != "")


@cache
def _last_letter() -> Select[Any]:
    table = tables.notice
    ended = or_(table.c.state == "sent", table.c.state == "given_up")
    return _counting(table, ended, what=func.max(table.c.id))


_COUNTED = {
    "differing": _differing,
    "parked_readings": _parked_readings,
    "refused": _refused,
    "last_letter": _last_letter,
}
"""Fields of a tally that one statement gives for all connections."""


@cache
def _projects() -> Select[Any]:
    table = tables.project_choice
    names = ("connection_id", "project_id", "number", "name", "on", "release", "shown")
    return select(*(table.c[name] for name in names)).order_by(table.c.number, table.c.id)


@cache
def _figures() -> Select[Any]:
    table = tables.kept_figures
    columns = (table.c.connection_id, table.c.project_id, table.c.content)
    return select(*columns).where(table.c.kind == bindparam("kind"))
