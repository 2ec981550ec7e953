"""Rows of one table as records: the generic store behind every property of the unit of work.

Saved and appended rows are written together, before the next look at their table and at the end of the transaction:
one round trip for a row that is saved five times, or for a hundred rows of history.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic

from sqlalchemy import Connection, Executable, Table

from qbwc_bridge.errors import BridgeError, NotFound
from qbwc_bridge.ports import Other, UpTo
from qbwc_bridge.storage import driver, statements
from qbwc_bridge.storage.driver import Values
from qbwc_bridge.storage.faults import told_plainly
from qbwc_bridge.storage.rows import Row, RowCodec


class Transaction:
    """One open transaction. After the first error nothing more runs in it, on every database alike.

    PostgreSQL would otherwise answer the COMMIT of a failed transaction with a silent ROLLBACK, and SQLite would keep
    the half that worked.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.spoiled = False
        self.stores: list[TableStore[Any]] = []

    def fetch(self, statement: Executable, values: Values) -> list[Sequence[Any]]:
        """Run a statement that gives rows; raises BridgeError with one sentence."""
        with self._told():
            return driver.fetch(self._connection, statement, values)

    def change(self, statement: Executable, rows: Sequence[Values]) -> int:
        """Run a statement once for each of `rows`; gives how many rows changed. Raises BridgeError."""
        with self._told():
            return driver.change(self._connection, statement, rows)

    def check(self) -> None:
        """Raise BridgeError when an earlier statement failed."""
        if self.spoiled:
            raise BridgeError("Nothing was stored, because an earlier step of the same piece of work failed.")

    def flush(self) -> None:
        """Write what was saved and appended to any table."""
        for store in self.stores:
            store.flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        self.check()
        try:
            with told_plainly(self._connection.engine):
                yield
        except BridgeError:
            self.spoiled = True
            raise


class TableStore(Generic[Row]):
    """The rows of one table inside one transaction (`ports.Store`)."""

    def __init__(self, transaction: Transaction, table: Table, codec: RowCodec[Row]) -> None:
        self._transaction = transaction
        self._table = table
        self._codec = codec
        self._seen: dict[int, Sequence[Any]] = {}
        self._saved: dict[int, Values] = {}
        self._appended: list[Values] = []
        transaction.stores.append(self)

    def add(self, row: Row) -> Row:
        """Insert a row and set its `id`; raises ValueError for one that is stored already."""
        self._expect_new(row)
        self.flush()
        ((row.id,),) = self._transaction.fetch(statements.add_row(self._table), self._codec.encode(row))
        return row

    def append(self, row: Row) -> None:
        """Insert a row whose `id` nobody needs to know yet: it stays 0. Raises ValueError like `add`."""
        self._expect_new(row)
        self._transaction.check()
        self._appended.append(self._codec.encode(row))

    def get(self, row_id: int) -> Row:
        """Give the row of that id; raises NotFound."""
        row = self.first(id=row_id)
        if row is None:
            raise NotFound(f"There is no {self._name()} number {row_id}.")
        return row

    def save(self, row: Row) -> None:
        """Write every field of a row back; a row that is gone raises NotFound when it is written."""
        self._transaction.check()
        values = self._codec.encode(row)
        if row.id in self._saved or tuple(values.values()) != self._seen.get(row.id):
            self._saved[row.id] = values

    def remove(self, row: Row) -> None:
        """Delete a row; raises NotFound when it is gone."""
        self._transaction.flush()  # rows that go along with this one may be waiting in other tables
        self._seen.pop(row.id, None)
        changed = self._transaction.change(statements.remove_row(self._table), [{statements.ROW_ID: row.id}])
        self._expect(1, changed, [row.id])

    def find(self, *, order: str = "id", limit: int | None = None, **criteria: Any) -> list[Row]:
        """Give the rows that meet all criteria, ordered by a column (`-id` for descending), empty values first.

        Raises TypeError for a column that does not exist, or that cannot be searched or sorted by.
        """
        self.flush()
        shape, values = self._shape(criteria)
        if not self._codec_of(order.removeprefix("-")).sortable:
            raise TypeError(f"rows of {self._table.name} cannot be sorted by {order.removeprefix('-')}")
        columns = self._codec.columns
        query = statements.find_rows(self._table, columns, shape, order, limited=limit is not None)
        if limit is not None:
            values[statements.ROW_LIMIT] = limit
        return [self._read(found) for found in self._transaction.fetch(query, values)]

    def first(self, **criteria: Any) -> Row | None:
        """Give the row of the smallest id that meets all criteria, or None."""
        rows = self.find(limit=1, **criteria)
        return rows[0] if rows else None

    def count(self, **criteria: Any) -> int:
        """Count the rows that meet all criteria."""
        self.flush()
        shape, values = self._shape(criteria)
        ((count,),) = self._transaction.fetch(statements.count_rows(self._table, shape), values)
        return int(count)

    def flush(self) -> None:
        """Write what was saved and appended."""
        if self._appended:
            rows, self._appended = self._appended, []
            self._transaction.change(statements.add_rows(self._table), rows)
        if self._saved:
            saved, self._saved = self._saved, {}
            self._seen.update((row_id, tuple(values.values())) for row_id, values in saved.items())
            changes = [{**values, statements.ROW_ID: row_id} for row_id, values in saved.items()]
            changed = self._transaction.change(statements.save_row(self._table), changes)
            self._expect(len(changes), changed, list(saved))

    def _read(self, found: Sequence[Any]) -> Row:
        row = self._codec.decode(found)
        # Columns stand in the order of the fields, and the id is no part of what is encoded.
        self._seen[row.id] = self._codec.without_id(found)
        return row

    def _shape(self, criteria: Values) -> tuple[statements.Shape, Values]:
        """Give the shape of criteria, and the values for its parameters."""
        shape: list[Any] = []
        values: Values = {}
        for name, value in criteria.items():
            codec = self._codec_of(name)
            if value is None:
                shape.append((name, 0, "none"))
                continue
            if not codec.searchable:
                raise TypeError(f"rows of {self._table.name} cannot be searched by {name}, only by its being None")
            if isinstance(value, list | tuple | set | frozenset):
                some = [codec.encode(each) for each in value if each is not None]
                values.update(statements.numbered(name, some))
                shape.append((name, statements.places(some), "some_or_none" if None in value else "some"))
            elif isinstance(value, UpTo | Other):
                values[name] = codec.encode(value.value)
                shape.append((name, 1, "up_to" if isinstance(value, UpTo) else "other"))
            else:
                values[name] = codec.encode(value)
                shape.append((name, 1, "one"))
        return tuple(shape), values

    def _codec_of(self, name: str) -> Any:
        if name not in self._codec.fields:
            raise TypeError(f"rows of {self._table.name} have no column {name}")
        return self._codec.fields[name]

    def _expect_new(self, row: Row) -> None:
        if row.id:
            raise ValueError(f"this {self._name()} is stored already, as number {row.id}")

    def _expect(self, count: int, changed: int, row_ids: list[int]) -> None:
        if changed != count:
            numbers = " or ".join(str(row_id) for row_id in row_ids)
            self._transaction.spoiled = True
            raise NotFound(f"The {self._name()} number {numbers} does not exist any more.")

    def _name(self) -> str:
        return self._table.name.replace("_", " ")
