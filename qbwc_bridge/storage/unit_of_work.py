"""Units of work: one transaction each, committed whole or not at all."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Engine, Table

from qbwc_bridge import ports
from qbwc_bridge.domain import books, records
from qbwc_bridge.storage import tables
from qbwc_bridge.storage.faults import told_plainly
from qbwc_bridge.storage.repository import TableStore, Transaction
from qbwc_bridge.storage.rows import Row, row_codec


class SqlUnitOfWork:
    """The stores of one open transaction (`ports.UnitOfWork`); after its end they raise."""

    def __init__(self, transaction: Transaction) -> None:
        def store(table: Table, record: type[Row]) -> TableStore[Row]:
            return TableStore(transaction, table, row_codec(record))

        self.connections = store(tables.connection, records.Connection)
        self.projects = store(tables.project_choice, records.ProjectChoice)
        self.documents = store(tables.document, records.DocumentRow)
        self.submissions = store(tables.submission, records.Submission)
        self.tasks = store(tables.task, records.Task)
        self.message_sets = store(tables.message_set, records.MessageSet)
        self.visits = store(tables.visit, records.Visit)
        self.lists = store(tables.list_record, books.ListRecord)
        self.transactions = store(tables.transaction_record, books.TransactionRecord)
        self.readings = store(tables.cost_reading, books.CostReading)
        self.answers = store(tables.cost_answer, books.CostAnswer)
        self.costs = store(tables.cost_document, books.CostDocument)
        self.mappings = store(tables.mapping, records.Mapping)
        self.writebacks = store(tables.write_back, books.WriteBack)
        self.history = store(tables.history, records.History)
        self.people = store(tables.person, records.Person)
        self.leases = store(tables.lease, records.Lease)


class OpenSqlWork:
    """Opens units of work on one engine (`ports.OpenWork`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._here = threading.local()

    def __call__(self) -> AbstractContextManager[ports.UnitOfWork]:
        """Begin a transaction when the block is entered; leaving it commits, an error inside rolls back.

        Raises BridgeError when the database cannot be reached or stays busy, and RuntimeError for a unit of work
        inside another of the same thread: it would wait for itself.
        """
        return self._unit()

    @contextmanager
    def _unit(self) -> Iterator[SqlUnitOfWork]:
        if getattr(self._here, "open", False):
            raise RuntimeError("this thread has a unit of work open already; pass it on instead of opening another")
        self._here.open = True
        try:
            with told_plainly(self._engine), self._engine.begin() as connection:
                transaction = Transaction(connection)
                yield SqlUnitOfWork(transaction)
                transaction.check()
        finally:
            self._here.open = False


def open_work(engine: Engine) -> ports.OpenWork:
    """Give the opener of units of work on `engine`."""
    return OpenSqlWork(engine)
