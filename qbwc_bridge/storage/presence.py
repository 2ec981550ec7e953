"""Who is at a PostgreSQL database: servers together, or a command that needs them stopped alone, on whatever machines.

An SQLite database has one machine, and the lock in its data folder says it (`cli/server_lock`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from qbwc_bridge.storage.driver import Driver
from qbwc_bridge.storage.engine import open_engine
from qbwc_bridge.storage.faults import told_plainly

SERVER_LOCK = 0x71627765
"""The number of the advisory lock that servers share. It ends with the connection that took it: a server that lost its
connection since is no longer counted, so whoever restarts PostgreSQL restarts the servers before the next upgrade."""

_TOGETHER, _ALONE = text("SELECT pg_try_advisory_lock_shared(:number)"), text("SELECT pg_try_advisory_lock(:number)")


def is_shared(database_url: str) -> bool:
    """Whether processes on several machines may have the database open."""
    return database_url.startswith("postgresql")


@contextmanager
def present(database_url: str, *, alone: bool) -> Iterator[bool]:
    """Be at the database until the block ends; gives False where somebody there forbids it. Raises BridgeError."""
    if not is_shared(database_url):
        yield True
        return
    engine = open_engine(database_url)
    try:
        with told_plainly(engine):
            driver = Driver(engine)
            # Whoever is at the tables is counted by the usual name (`backup.refuse_beside_others`); this one is not.
            driver.command("SET application_name TO 'qbwc-bridge mark'")
            ((free,),) = driver.fetch(_ALONE if alone else _TOGETHER, {"number": SERVER_LOCK})
            driver.commit()  # the lock stays, with the connection
        try:
            yield bool(free)
        finally:
            driver.close()
    finally:
        engine.dispose()


def held_alone(database_url: str) -> bool:
    """Whether a command has the database for itself just now. Raises BridgeError."""
    with present(database_url, alone=False) as free:
        return not free
