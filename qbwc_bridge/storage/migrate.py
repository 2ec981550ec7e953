"""Brings the database to the schema of this program: creates it, upgrades it, or refuses it."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.storage import tables
from qbwc_bridge.storage.engine import sqlite_file
from qbwc_bridge.storage.faults import told_plainly
from qbwc_bridge.storage.sqlite_copy import copy_sqlite, dated

_STEPS = Path(__file__).parent / "migrations"


def head() -> str:
    """Give the schema version of this program, such as `0001`."""
    return _script().get_current_head() or ""


def current(engine: Engine) -> str:
    """Give the schema version of the database; empty for a new one."""
    with told_plainly(engine), engine.begin() as connection:
        return _version(connection)


def needs_upgrade(engine: Engine) -> bool:
    """Say whether the database is of an older version; False for a new one, which `prepare` makes.

    Raises Refused for a database of a newer program, or of another one.
    """
    with told_plainly(engine), engine.begin() as connection:
        return _check(connection) not in {"", head()}


def prepare(engine: Engine) -> None:
    """Create the schema in an empty database; raises Refused for one that is older, newer or not of this program."""
    if needs_upgrade(engine):
        raise Refused(
            f"The database has version {current(engine)} and this program needs {head()}: stop the server and run "
            "`qbwc-bridge db upgrade`."
        )
    if current(engine) != head():
        _create(engine)


def _create(engine: Engine) -> None:
    """Make the schema as it is declared: the steps lead to the same (a test compares them), but take half a second."""
    with _without_foreign_keys(engine) as connection:
        if not _check(connection):  # another process may have made it meanwhile
            tables.metadata.create_all(connection)
            command.stamp(_config(connection), "head")


def upgrade(engine: Engine, *, backup: Path | None = None, now: dt.datetime | None = None) -> Path | None:
    """Bring the schema to `head()` in one transaction, and give the file that holds the state before.

    With `backup` (a folder) and `now`, an SQLite database that is not new is first copied to a file named by version
    and time, such as `before-0002-20260131T080000Z.db`. PostgreSQL is backed up by its own means. Raises Refused for a
    database of a newer program, or when the copy exists already.
    """
    with _without_foreign_keys(engine) as connection:
        before = _check(connection)
        kept = None
        file = sqlite_file(engine)
        if before not in {"", head()} and file is not None and backup is not None and now is not None:
            kept = backup / dated(f"before-{head()}", now)
            copy_sqlite(file, kept)
        command.upgrade(_config(connection), "head")
        return kept


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[Connection]:
    # SQLite changes a table by making it anew and dropping the old one, which would carry away all that refers to it;
    # the pragma is heard only outside of a transaction.
    if engine.dialect.name != "sqlite":
        with told_plainly(engine), engine.begin() as connection:
            yield connection
        return
    with told_plainly(engine), engine.connect() as connection:
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise BridgeError("The upgrade would leave rows that refer to nothing; the database is unchanged.")
        finally:
            driver.execute("PRAGMA foreign_keys = ON")
            driver.close()


def _check(connection: Connection) -> str:
    version = _version(connection)
    if not version and inspect(connection).get_table_names():
        raise Refused("The database holds tables of another program; DATABASE_URL must name one of its own.")
    if version and version not in {step.revision for step in _script().walk_revisions()}:
        raise Refused(f"The database has version {version}, newer than this program knows; install the newer program.")
    return version


def _version(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


@cache  # each one imports every step anew
def _script() -> ScriptDirectory:
    return ScriptDirectory(str(_STEPS))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
