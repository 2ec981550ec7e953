"""The database as the rest of the program holds it."""

from dataclasses import dataclass

from sqlalchemy import Engine

from qbwc_bridge.storage.engine import open_engine
from qbwc_bridge.storage.migrate import prepare
from qbwc_bridge.storage.unit_of_work import OpenSqlWork, open_work


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: its engine, and the opener of units of work."""

    engine: Engine
    work: OpenSqlWork

    def close(self) -> None:
        """Close every connection; units of work must have ended."""
        self.work.close()
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database of `url` (setting DATABASE_URL), creating it when it is missing or empty.

    Raises WrongUsage for a bad address, Refused for a database of an older or newer program, BridgeError when it cannot
    be reached.
    """
    engine = open_engine(url)
    try:
        prepare(engine)
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, open_work(engine))
