"""Rows of one table as records: the generic store behind every property of the unit of work.

Saved and appended rows are written together, before the next look at their table and at the end of the transaction:
one round trip for a row that is saved five times, or for a hundred rows of history. A long list goes in portions.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Executable, Table
from sqlalchemy.exc import SQLAlchemyError

from qbwc_bridge.errors import BridgeError, NotFound
from qbwc_bridge.ports import Filled, Other, UpTo
from qbwc_bridge.storage import statements, tables
from qbwc_bridge.storage.driver import Driver, Values
from qbwc_bridge.storage.faults import plainly
from qbwc_bridge.storage.rows import Known, Row, RowCodec
from qbwc_bridge.storage.touched import Touched

Given = TypeVar("Given")
Result = TypeVar("Result")

PORTION = 1000
"""Appended rows that wait at most: more together are hardly faster, and a list of QuickBooks has tens of thousands."""

# Written as a union in the call it would be made anew for each criterion.
_SEVERAL = (list, tuple, set, frozenset)
_COMPARED = (UpTo, Other)


class Transaction:
    """One open transaction. After the first error nothing more runs in it, on every database alike.

    PostgreSQL would otherwise answer the COMMIT of a failed transaction with a silent ROLLBACK, and SQLite would keep
    the half that worked.
    """

    def __init__(self, driver: Driver, connection_id: int | None = None) -> None:
        self._driver = driver
        self._connection_id = connection_id
        self.spoiled = False
        self.stores: list[TableStore[Any]] = []
        self.touched = Touched()
        self._closed = False

    @property
    def dialect(self) -> str:
        """The kind of database: sqlite or postgresql."""
        return self._driver.engine.dialect.name

    def fetch(self, statement: Executable, values: Values) -> list[Sequence[Any]]:
        """Run a statement that gives rows; raises BridgeError with one sentence."""
        return self._told(self._driver.fetch, statement, values)

    def change(self, statement: Executable, rows: Sequence[Values]) -> int:
        """Run a statement once for each of `rows`; gives how many rows changed. Raises BridgeError."""
        return self._told(self._driver.change, statement, rows)

    def check(self) -> None:
        """Raise BridgeError when an earlier statement failed, or the unit of work has ended."""
        if self._closed:
            raise BridgeError("This piece of work is closed; nothing more is read or stored in it.")
        if self.spoiled:
            raise BridgeError("Nothing was stored, because an earlier step of the same piece of work failed.")

    def check_row(self, table: str, row: Any) -> None:
        """Raise RuntimeError for a row of another connection than that of the unit of work: others may be at it."""
        mine = self._connection_id
        owner = row.id if table == tables.connection.name else getattr(row, "connection_id", None)
        if mine is not None and owner != mine:
            raise RuntimeError(f"a unit of work on connection {mine} must not write this {table}")

    def close(self) -> None:
        """End it: the connection goes back, and what still holds a store must not use it."""
        self._closed = True

    def flush(self) -> None:
        """Write what was saved and appended to any table."""
        for store in self.stores:
            store.flush()

    def end(self) -> None:
        """Write everything, and with it the marks of what figures of the ledger are made of."""
        self.flush()
        self.touched.write(self.fetch, self.change)

    def _told(self, run: Callable[[Executable, Given], Result], statement: Executable, given: Given) -> Result:
        self.check()
        try:
            return run(statement, given)
        except SQLAlchemyError as error:
            self.spoiled = True
            raise plainly(self._driver.engine, error) from error


class TableStore(Generic[Row]):
    """The rows of one table inside one transaction (`ports.Store`)."""

    def __init__(self, transaction: Transaction, table: Table, codec: RowCodec[Row]) -> None:
        self._transaction = transaction
        self._table = table
        self._codec = codec
        self._known: dict[int, Known] = {}
        self._saved: dict[int, Values] = {}
        self._appended: list[Values] = []
        self._look = transaction.touched.look_at(table.name)
        transaction.stores.append(self)

    def add(self, row: Row) -> Row:
        """Insert a row and set its `id`; raises ValueError for one that is stored already."""
        self._expect_new(row)
        self._transaction.check_row(self._table.name, row)
        self.flush()
        values = self._codec.encode(row)
        ((row.id,),) = self._transaction.fetch(statements.add_row(self._table), values)
        self._touch(row)
        return row

    def append(self, row: Row) -> None:
        """Insert a row whose `id` nobody needs to know yet: it stays 0. Raises ValueError like `add`."""
        self._expect_new(row)
        self._transaction.check()
        self._transaction.check_row(self._table.name, row)
        self._appended.append(self._codec.encode(row))
        self._touch(row)
        if len(self._appended) == PORTION:
            self._write_appended()

    def get(self, row_id: int) -> Row:
        """Give the row of that id; raises NotFound."""
        row = self.first(id=row_id)
        if row is None:
            raise NotFound(f"There is no {self._name()} number {row_id}.")
        return row

    def save(self, row: Row) -> None:
        """Write what changed since the row was read; a row that is gone raises NotFound when it is written."""
        self._transaction.check()
        known = self._known.get(row.id)
        changes, self._known[row.id] = self._codec.changes(row, known)
        if changes:
            self._transaction.check_row(self._table.name, row)
            self._touch(row, changes, known)
            self._saved.setdefault(row.id, {}).update(changes)

    def remove(self, row: Row) -> None:
        """Delete a row; raises NotFound when it is gone."""
        self._transaction.check_row(self._table.name, row)
        self._transaction.flush()  # rows that go along with this one may be waiting in other tables
        self._known.pop(row.id, None)
        self._touch(row)
        changed = self._transaction.change(statements.remove_row(self._table), [{statements.ROW_ID: row.id}])
        self._expect([row.id], changed)

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

    def has(self, **criteria: Any) -> bool:
        """Whether any row meets all criteria."""
        self.flush()
        shape, values = self._shape(criteria)
        return bool(self._transaction.fetch(statements.any_row(self._table, shape), values))

    def count(self, **criteria: Any) -> int:
        """Count the rows that meet all criteria."""
        self.flush()
        shape, values = self._shape(criteria)
        ((count,),) = self._transaction.fetch(statements.count_rows(self._table, shape), values)
        return int(count)

    def sums(self, column: str, by: str, **criteria: Any) -> dict[Any, int]:
        """Add up a column of whole numbers over the rows that meet all criteria, for each value of the column `by`."""
        self.flush()
        shape, values = self._shape(criteria)
        found = self._transaction.fetch(statements.sum_rows(self._table, column, by, shape), values)
        return {self._codec_of(by).decode(value): int(amount) for value, amount in found}

    def flush(self) -> None:
        """Write what was saved and appended."""
        self._write_appended()
        if self._saved:
            saved, self._saved = self._saved, {}
            alike: dict[tuple[str, ...], list[int]] = {}
            for row_id, values in saved.items():
                alike.setdefault(tuple(values), []).append(row_id)
            for row_ids in alike.values():
                rows = [{**saved[row_id], statements.ROW_ID: row_id} for row_id in row_ids]
                self._expect(row_ids, self._transaction.change(statements.save_row(self._table), rows))

    def _touch(self, row: Row, changes: Values | None = None, known: Known | None = None) -> None:
        """Have a row that is written looked at: new or removed without `changes`."""
        if self._look:
            before = dict(zip(self._codec.columns, known[1], strict=True)) if known else {}
            self._look(row, changes, before)

    def _write_appended(self) -> None:
        if self._appended:
            rows, self._appended = self._appended, []
            self._transaction.change(statements.add_rows(self._table), rows)

    def _read(self, found: Sequence[Any]) -> Row:
        row, known = self._codec.decode(found)
        self._known[row.id] = known
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
            if isinstance(value, _SEVERAL):
                some = [codec.encode(each) for each in value if each is not None]
                values.update(statements.numbered(name, some))
                shape.append((name, statements.places(some), "some_or_none" if None in value else "some"))
            elif isinstance(value, Filled):
                shape.append((name, 0, "filled"))
            elif isinstance(value, _COMPARED):
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

    def _expect(self, row_ids: list[int], changed: int) -> None:
        if changed != len(row_ids):
            numbers = " or ".join(str(row_id) for row_id in row_ids)
            self._transaction.spoiled = True
            raise NotFound(f"The {self._name()} number {numbers} does not exist any more.")

    def _name(self) -> str:
        return self._table.name.replace("_", " ")
