"""Brings the database to the schema of this program: creates it, upgrades it, or refuses it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.storage import tables
from qbwc_bridge.storage.faults import told_plainly
from qbwc_bridge.storage.version import check, head, known


def prepare(engine: Engine) -> None:
    """Create the schema in an empty database; raises Refused for one that is older, newer or not of this program."""
    found = known(engine)
    if not found:
        _create(engine)
    elif found != head():
        raise Refused(
            f"The database has version {found} and this program needs {head()}: stop the server and run "
            "`qbwc-bridge db upgrade`."
        )


def upgrade(engine: Engine, version: str = "", *, keep: Callable[[], object] | None = None) -> None:
    """Bring the schema to `version`, or else to `head()`, in one transaction.

    For an older database `keep` is called first, within the turn of that transaction: nobody writes in between. Raises
    Refused for a database of a newer program, or of another one.
    """
    from qbwc_bridge.storage import steps  # noqa: PLC0415 - it loads Alembic

    with _without_foreign_keys(engine) as connection:
        if check(connection) not in {"", head()} and keep:
            if engine.dialect.name == "postgresql":  # which ends a transaction that stands still too long
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            keep()
        steps.run(connection, version or head())


def _create(engine: Engine) -> None:
    """Make the schema as it is declared: the steps lead to the same (a test compares them), but take half a second."""
    from qbwc_bridge.storage import steps  # noqa: PLC0415 - it loads Alembic

    with _without_foreign_keys(engine) as connection:
        if not check(connection):  # another process may have made it meanwhile
            tables.metadata.create_all(connection)
            steps.stamp(connection, head())


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
