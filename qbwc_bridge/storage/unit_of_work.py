"""Units of work: one transaction each, committed whole or not at all."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Generic

from sqlalchemy import Engine, Table
from sqlalchemy.exc import SQLAlchemyError

from qbwc_bridge import ports
from qbwc_bridge.domain import books, notices, people, records
from qbwc_bridge.storage import tables
from qbwc_bridge.storage.ageing import Ageing
from qbwc_bridge.storage.driver import Driver
from qbwc_bridge.storage.engine import POOL_SIZE, begin_command, sqlite_file
from qbwc_bridge.storage.everywhere import EveryConnection
from qbwc_bridge.storage.faults import plainly
from qbwc_bridge.storage.kept import Kept
from qbwc_bridge.storage.listing import SubmissionListing
from qbwc_bridge.storage.repository import TableStore, Transaction
from qbwc_bridge.storage.rows import Row, row_codec


class _Rows(Generic[Row]):
    """A store of a unit of work, made when it is first asked for: most pieces of work touch few tables."""

    def __init__(self, table: Table, record: type[Row]) -> None:
        self._table = table
        self._codec = row_codec(record)

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, work: "SqlUnitOfWork", owner: type) -> TableStore[Row]:
        store = TableStore(work.transaction, self._table, self._codec)
        work.__dict__[self._name] = store  # found there from now on
        return store


class SqlUnitOfWork:
    """The stores of one open transaction (`ports.UnitOfWork`); after its end they raise."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction

    connections = _Rows(tables.connection, records.Connection)
    projects = _Rows(tables.project_choice, records.ProjectChoice)
    documents = _Rows(tables.document, records.DocumentRow)
    submissions = _Rows(tables.submission, records.Submission)
    tasks = _Rows(tables.task, records.Task)
    message_sets = _Rows(tables.message_set, records.MessageSet)
    visits = _Rows(tables.visit, records.Visit)
    lists = _Rows(tables.list_record, books.ListRecord)
    transactions = _Rows(tables.transaction_record, books.TransactionRecord)
    readings = _Rows(tables.cost_reading, books.CostReading)
    answers = _Rows(tables.cost_answer, books.CostAnswer)
    costs = _Rows(tables.cost_document, books.CostDocument)
    controls = _Rows(tables.control, books.Control)
    closes = _Rows(tables.month_close, books.MonthClose)
    proofs = _Rows(tables.proof_kept, books.ProofKept)
    mappings = _Rows(tables.mapping, records.Mapping)
    writebacks = _Rows(tables.write_back, books.WriteBack)
    marks = _Rows(tables.ledger_mark, books.LedgerMark)
    figures = _Rows(tables.kept_figures, books.KeptFigures)
    keys = _Rows(tables.procore_key, books.ProcoreKey)
    history = _Rows(tables.history, records.History)
    people = _Rows(tables.person, people.Person)
    notices = _Rows(tables.notice, notices.Notice)
    leases = _Rows(tables.lease, records.Lease)

    @property
    def ageing(self) -> Ageing:
        """What the store lets go of once it is old."""
        return Ageing(self.transaction)

    @property
    def kept(self) -> Kept:
        """Figures of the ledger as they were last reckoned."""
        return Kept(self.transaction, self.figures, self.marks)

    @property
    def everywhere(self) -> EveryConnection:
        """Figures of all connections."""
        return EveryConnection(self.transaction)

    @property
    def listing(self) -> SubmissionListing:
        """Submissions as a table for people."""
        return SubmissionListing(self.transaction, self.submissions)


class OpenSqlWork:
    """Opens units of work on one engine (`ports.OpenAnyWork`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._here = threading.local()
        # A connection to PostgreSQL may have died meanwhile: those go through the pool each time, which tries them.
        self._idle: deque[Driver] | None = deque() if sqlite_file(engine) else None

    def __call__(self, connection_id: int | None = None) -> AbstractContextManager[ports.UnitOfWork]:
        """Begin a transaction when the block is entered; leaving it commits, an error inside rolls back.

        Raises BridgeError when the database cannot be reached or stays busy, and RuntimeError for a unit of work
        inside another of the same thread: it would wait for itself.
        """
        return self._unit(connection_id)

    def close(self) -> None:
        """Give the connections back that wait for the next unit of work; later ones go straight back."""
        idle, self._idle = self._idle, None
        while idle:
            idle.pop().close()

    @contextmanager
    def _unit(self, connection_id: int | None) -> Iterator[SqlUnitOfWork]:
        if getattr(self._here, "open", False):
            raise RuntimeError("this thread has a unit of work open already; pass it on instead of opening another")
        self._here.open = True
        driver = None
        try:
            driver = self._driver()
            driver.command(begin_command(self._engine, connection_id))
            with closing(Transaction(driver, connection_id)) as transaction:
                yield SqlUnitOfWork(transaction)
                transaction.check()
                transaction.end()
            driver.commit()
            self._keep(driver)
        except BaseException as error:
            if driver:
                driver.close()
            if isinstance(error, SQLAlchemyError):
                raise plainly(self._engine, error) from error
            raise
        finally:
            self._here.open = False

    def _driver(self) -> Driver:
        try:
            return self._idle.pop() if self._idle else Driver(self._engine)
        except IndexError:  # another thread took the last one
            return Driver(self._engine)

    def _keep(self, driver: Driver) -> None:
        """Leave a driver whose transaction has ended well for the next one."""
        if self._idle is None or len(self._idle) >= POOL_SIZE:
            driver.close()
        else:
            self._idle.append(driver)


def open_work(engine: Engine) -> OpenSqlWork:
    """Give the opener of units of work on `engine`."""
    return OpenSqlWork(engine)
