"""Rows of one table as records: the generic store behind every property of the unit of work."""

from collections.abc import Sequence
from typing import Any, Generic

from sqlalchemy import Connection, CursorResult, Executable, Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import ColumnElement

from qbwc_bridge.errors import BridgeError, NotFound
from qbwc_bridge.storage.faults import broken_rule, told_plainly
from qbwc_bridge.storage.rows import Row, RowCodec


class Transaction:
    """One open transaction. After the first error nothing more runs in it, on every database alike.

    PostgreSQL would otherwise answer the COMMIT of a failed transaction with a silent ROLLBACK, and SQLite would keep
    the half that worked.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.spoiled = False

    def run(self, statement: Executable, values: dict[str, Any] | None = None) -> CursorResult[Any]:
        """Execute a statement; raises BridgeError with one sentence."""
        self.check()
        try:
            with told_plainly(self._connection.engine):
                return self._execute(statement, values)
        except BridgeError:
            self.spoiled = True
            raise

    def check(self) -> None:
        """Raise BridgeError when an earlier statement failed."""
        if self.spoiled:
            raise BridgeError("Nothing was stored, because an earlier step of the same piece of work failed.")

    def _execute(self, statement: Executable, values: dict[str, Any] | None) -> CursorResult[Any]:
        try:
            return self._connection.execute(statement, values)
        except IntegrityError as error:
            raise broken_rule(error) from error


class TableStore(Generic[Row]):
    """The rows of one table inside one transaction (`ports.Store`)."""

    def __init__(self, transaction: Transaction, table: Table, codec: RowCodec[Row]) -> None:
        self._transaction = transaction
        self._table = table
        self._codec = codec

    def add(self, row: Row) -> Row:
        """Insert a row and set its `id`; raises ValueError for one that is stored already."""
        if row.id:
            raise ValueError(f"this {self._name()} is stored already, as number {row.id}")
        statement = insert(self._table).returning(self._table.c.id)
        row.id = self._transaction.run(statement, self._codec.encode(row)).scalar_one()
        return row

    def get(self, row_id: int) -> Row:
        """Give the row of that id; raises NotFound."""
        row = self.first(id=row_id)
        if row is None:
            raise NotFound(f"There is no {self._name()} number {row_id}.")
        return row

    def save(self, row: Row) -> None:
        """Write every field of a row back; raises NotFound when it is gone."""
        statement = update(self._table).where(self._table.c.id == bindparam("row_id"))
        result = self._transaction.run(statement, {**self._codec.encode(row), "row_id": row.id})
        self._expect_one(result, row)

    def remove(self, row: Row) -> None:
        """Delete a row; raises NotFound when it is gone."""
        self._expect_one(self._transaction.run(delete(self._table).where(self._table.c.id == row.id)), row)

    def find(self, *, order: str = "id", limit: int | None = None, **criteria: Any) -> list[Row]:
        """Give the rows that meet all criteria, ordered by a column (`-id` for descending), empty values first.

        Raises TypeError for a column that does not exist, or that cannot be searched or sorted by.
        """
        statement = select(self._table).where(*self._conditions(criteria)).order_by(*self._order(order)).limit(limit)
        return [self._codec.decode(values) for values in self._transaction.run(statement).mappings()]

    def first(self, **criteria: Any) -> Row | None:
        """Give the row of the smallest id that meets all criteria, or None."""
        rows = self.find(limit=1, **criteria)
        return rows[0] if rows else None

    def count(self, **criteria: Any) -> int:
        """Count the rows that meet all criteria."""
        statement = select(func.count()).select_from(self._table).where(*self._conditions(criteria))
        return int(self._transaction.run(statement).scalar_one())

    def _conditions(self, criteria: dict[str, Any]) -> list[ColumnElement[bool]]:
        return [self._condition(name, value) for name, value in criteria.items()]

    def _condition(self, name: str, value: Any) -> ColumnElement[bool]:
        column = self._column(name)
        if value is None:
            return column.is_(None)
        codec = self._codec.fields[name]
        if not codec.searchable:
            raise TypeError(f"rows of {self._table.name} cannot be searched by {name}, only by its being None")
        values = value if isinstance(value, list | tuple | set | frozenset) else [value]
        one_of = column.in_([codec.encode(each) for each in values if each is not None])
        return or_(one_of, column.is_(None)) if None in values else one_of

    def _order(self, order: str) -> Sequence[ColumnElement[Any]]:
        name = order.removeprefix("-")
        column = self._column(name)
        if not self._codec.fields[name].sortable:
            raise TypeError(f"rows of {self._table.name} cannot be sorted by {name}")
        # The databases disagree about where NULL sorts, and about the order of equals.
        if order.startswith("-"):
            return [column.desc().nulls_last(), self._table.c.id.desc()]
        return [column.asc().nulls_first(), self._table.c.id.asc()]

    def _column(self, name: str) -> ColumnElement[Any]:
        if name not in self._codec.fields:
            raise TypeError(f"rows of {self._table.name} have no column {name}")
        return self._table.c[name]

    def _expect_one(self, result: CursorResult[Any], row: Row) -> None:
        if result.rowcount != 1:
            raise NotFound(f"The {self._name()} number {row.id} does not exist any more.")

    def _name(self) -> str:
        return self._table.name.replace("_", " ")
