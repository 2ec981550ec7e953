"""Statements built by SQLAlchemy, run by the database's own driver.

SQLAlchemy's execution costs several times what a small statement itself costs, and a call of the Web Connector runs a
dozen of them. Its compiler, pool and dialects stay; only the way between them and the driver is short.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Engine, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

Values = dict[str, Any]


class Driver:
    """A connection of the pool in the driver's own hands, for one transaction.

    Everything raises DBAPIError, as SQLAlchemy's own execution would.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._dialect = engine.dialect
        self._fault = engine.dialect.loaded_dbapi.Error
        try:
            self._pooled = engine.raw_connection()
            self._cursor = self._pooled.cursor()
        except self._fault as error:  # the pool lets the driver's own error through
            raise self._told("CONNECT", error) from error

    def fetch(self, statement: Executable, values: Values) -> list[Sequence[Any]]:
        """Run a statement that gives rows."""
        compiled = _compiled(statement, self._dialect, frozenset(values))
        try:
            self._cursor.execute(compiled.text, compiled.parameters(values))
            rows: list[Sequence[Any]] = list(self._cursor.fetchall())
        except self._fault as error:
            raise self._told(compiled.text, error) from error
        return rows

    def change(self, statement: Executable, rows: Sequence[Values]) -> int:
        """Run a statement once for each of `rows`, which name the same columns; gives how many rows changed."""
        compiled = _compiled(statement, self._dialect, frozenset(rows[0]))
        try:
            if len(rows) == 1:
                self._cursor.execute(compiled.text, compiled.parameters(rows[0]))
            else:
                self._cursor.executemany(compiled.text, [compiled.parameters(values) for values in rows])
        except self._fault as error:
            raise self._told(compiled.text, error) from error
        return int(self._cursor.rowcount)

    def command(self, text: str) -> None:
        """Run a command that gives nothing."""
        try:
            self._cursor.execute(text)
        except self._fault as error:
            raise self._told(text, error) from error

    def commit(self) -> None:
        """Keep what was done."""
        try:
            self._pooled.commit()
        except self._fault as error:
            raise self._told("COMMIT", error) from error

    def close(self) -> None:
        """Give the connection back; the pool undoes what was not committed."""
        # An open cursor would keep SQLite from closing its file, and with that from folding the log into it.
        self._cursor.close()
        self._pooled.close()

    def _told(self, text: str, error: Exception) -> BaseException:
        return DBAPIError.instance(text, None, error, self._fault, hide_parameters=True, dialect=self._dialect)


class _Compiled:
    """A statement in the words of one driver, and how its values are handed over."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: frozenset[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=sorted(names))
        self.text = str(compiled)
        # Values that stand in the statement itself, such as the OFFSET that some dialects add to a LIMIT.
        self._own: Values = {name: value for name, value in compiled.params.items() if name not in names}
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def parameters(self, values: Values) -> Any:
        given = {**self._own, **values} if self._own else values
        return given if self._order is None else [given[name] for name in self._order]


@cache
def _compiled(statement: ClauseElement, dialect: Dialect, names: frozenset[str]) -> _Compiled:
    return _Compiled(statement, dialect, names)
