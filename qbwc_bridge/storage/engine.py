"""Opens the database: SQLite for one server, PostgreSQL for several.

Units of work take turns, so what one has read stays true until it commits. On SQLite all run one after another, by
BEGIN IMMEDIATE. On PostgreSQL those of one connection do, and those on everything run alone: by locks that a
transaction takes first and loses with its end. One that only looks has a snapshot there instead.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.files.private import make_private_folder, open_servers_file
from qbwc_bridge.ports import LOOK
from qbwc_bridge.storage.faults import told_plainly

BUSY_SECONDS = 30
"""How long to wait for another transaction: no unit of work calls the network, so the longest (a full reading of costs)
takes seconds, and the Web Connector waits far longer for its answer."""

IDLE_SECONDS = 120
"""PostgreSQL ends a transaction that has stood still so long: a lost client must not keep everybody out."""

TURN_LOCK = 0x71627763
"""The number ("qbwc") of PostgreSQL's advisory lock that a unit of work on everything has alone, and others share."""

CONNECTION_LOCK = 0x71627764
"""The number of those that units of work on one connection take beside it, with the connection's own number."""

LOG_PAGES = 4000
"""Pages of SQLite's log (16 MB) before it is folded into the file: a visit writes the same few pages over and over."""

POOL_SIZE = 8
"""Connections kept open: the server's threads and the clockwork; more are opened when needed and closed after."""

_USAGE = "DATABASE_URL must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


def open_engine(database_url: str) -> Engine:
    """Give the engine for `sqlite:///FILE` (made if missing, for its owner only) or `postgresql+psycopg://...`.

    Raises WrongUsage for any other address, and BridgeError when the file cannot be made. PostgreSQL is first reached
    by the first unit of work.
    """
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise WrongUsage(f"{_USAGE}.") from error
    if url.get_backend_name() == "postgresql" and "@" in f"{url.host}{url.database}":
        # What is taken for the host or the database is half a password, which no message may show.
        raise WrongUsage("In the password of DATABASE_URL an @ must be written as %40, and a % as %25.")
    match url.get_backend_name(), url.get_driver_name():
        case "sqlite", "pysqlite":
            return _open_sqlite(url)
        case "postgresql", "psycopg":
            return _open_postgresql(url)
        case name, driver:
            raise WrongUsage(f"{_USAGE}; {name}+{driver} is neither.")


def sqlite_file(engine: Engine) -> Path | None:
    """Give the file of an SQLite database, None for PostgreSQL."""
    if engine.dialect.name != "sqlite" or engine.url.database is None:
        return None
    return Path(engine.url.database)


def begin_command(engine: Engine, connection_id: int | None = None) -> str:
    """Give the first command of a unit of work, with which it takes its turn (`ports.OpenAnyWork`)."""
    if engine.dialect.name == "sqlite":
        # IMMEDIATE also for reading: a transaction that turns from reading to writing could fail at once as "locked".
        return "BEGIN IMMEDIATE"
    # READ COMMITTED looks at the data anew with each statement, so what follows this wait sees the last commit.
    if connection_id is None:
        return f"SELECT pg_advisory_xact_lock({TURN_LOCK})"
    if connection_id == LOOK:
        return "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    # In this order always: who waits for a connection has the shared lock already, so no two wait for each other.
    return (
        f"SELECT pg_advisory_xact_lock_shared({TURN_LOCK}); "
        f"SELECT pg_advisory_xact_lock({CONNECTION_LOCK}, {connection_id})"
    )


def make_private_file(path: Path) -> None:
    """Make an empty file that only this account may read, in a folder alike; a file that exists is left alone.

    Raises WrongUsage where that is impossible.
    """
    with _told_of(path):
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


@contextmanager
def _told_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WrongUsage(f"The file {path} cannot be made or opened: {error.strerror}.") from error


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise WrongUsage(f"{_USAGE}; a database in memory would be lost.")
    file = Path(url.database)
    with _told_of(file):
        make_private_folder(file.parent)
        os.close(open_servers_file(file))
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=-1,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _open_postgresql(url: URL) -> Engine:
    options = f"-c lock_timeout={BUSY_SECONDS}s -c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
    try:
        engine = create_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=-1,
            pool_pre_ping=True,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args={"options": options, "application_name": "qbwc-bridge"},
        )
    except ModuleNotFoundError as error:
        raise WrongUsage("PostgreSQL needs psycopg: install qbwc-bridge with its extra `postgresql`.") from error
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver would begin transactions by its own rules, too late and too weak; begin_command does it instead.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")


def _begin(connection: Connection) -> None:
    with told_plainly(connection.engine):
        connection.exec_driver_sql(begin_command(connection.engine))
