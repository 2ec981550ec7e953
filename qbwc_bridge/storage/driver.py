"""Statements built by SQLAlchemy, run by the database's own driver.

SQLAlchemy's execution costs several times what a small statement itself costs, and a call of the Web Connector runs a
dozen of them. Its compiler, pool, transactions and dialects stay; only the way between them and the driver is short.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

Values = dict[str, Any]


class _Compiled:
    """A statement in the words of one driver, and how its values are handed over."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: frozenset[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=sorted(names))
        self.text = str(compiled)
        # Values that stand in the statement itself, such as the OFFSET that some dialects add to a LIMIT.
        self._own: Values = dict(compiled.params)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def parameters(self, values: Values) -> Any:
        given = {**self._own, **values}
        return given if self._order is None else [given[name] for name in self._order]


@cache
def _compiled(statement: ClauseElement, dialect: Dialect, names: frozenset[str]) -> _Compiled:
    return _Compiled(statement, dialect, names)


def fetch(connection: Connection, statement: Executable, values: Values) -> list[Sequence[Any]]:
    """Run a statement that gives rows. Raises SQLAlchemy's DBAPIError, as its own execution would."""
    return _run(connection, statement, [values]).fetchall()  # type: ignore[no-any-return]


def change(connection: Connection, statement: Executable, rows: Sequence[Values]) -> int:
    """Run a statement that changes rows once for each of `rows`, which name the same columns; gives how many changed.

    Raises like `fetch`.
    """
    return _run(connection, statement, rows).rowcount  # type: ignore[no-any-return]


def _run(connection: Connection, statement: Any, rows: Sequence[Values]) -> Any:
    dialect = connection.dialect
    compiled = _compiled(statement, dialect, frozenset(rows[0]))
    cursor = connection.connection.cursor()
    try:
        if len(rows) == 1:
            cursor.execute(compiled.text, compiled.parameters(rows[0]))
        else:
            cursor.executemany(compiled.text, [compiled.parameters(values) for values in rows])
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(
            compiled.text, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
        ) from error
    return cursor
