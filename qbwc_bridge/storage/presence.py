"""Who is at a PostgreSQL database: servers together, or a command that needs them stopped alone, on whatever machines.

An SQLite database has one machine, and the lock in its data folder says it (`cli/server_lock`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from qbwc_bridge.storage.engine import open_engine, sqlite_file
from qbwc_bridge.storage.faults import told_plainly

SERVER_LOCK = 0x71627765
"""The number of the advisory lock that servers share. It ends with the connection that took it: a server that lost its
connection since is no longer counted, so whoever restarts PostgreSQL restarts the servers before the next upgrade."""


@contextmanager
def present(database_url: str, *, alone: bool) -> Iterator[bool]:
    """Be at the database until the block ends; gives False where somebody there forbids it. Raises BridgeError."""
    engine = open_engine(database_url)
    if sqlite_file(engine):
        engine.dispose()
        yield True
        return
    try:
        with told_plainly(engine):
            held = engine.raw_connection()
            # Outside of any transaction, which would be ended for standing still.
            held.driver_connection.autocommit = True  # type: ignore[union-attr]  # it is open
            cursor = held.cursor()
            cursor.execute(f"SELECT pg_try_advisory_lock{'' if alone else '_shared'}({SERVER_LOCK})")
            ((free,),) = cursor.fetchall()
        try:
            yield bool(free)
        finally:
            held.close()
    finally:
        engine.dispose()
