"""Which schema a database has, and which one this program needs; told without Alembic (see `steps`)."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from qbwc_bridge.errors import Refused
from qbwc_bridge.storage.copying import snapshot
from qbwc_bridge.storage.faults import told_plainly

SCRIPTS = Path(__file__).parent / "migrations"
FOLDERS = [SCRIPTS / "versions"]
"""Where the steps are: each file is named by the version that it leads to, such as `0001_first.py`."""


def versions() -> list[str]:
    """Give every version that this program knows, the oldest first."""
    return sorted(step.stem.partition("_")[0] for folder in FOLDERS for step in folder.glob("[0-9]*.py"))


def head() -> str:
    """Give the schema version of this program, such as `0001`."""
    return versions()[-1]


def current(engine: Engine) -> str:
    """Give the schema version of the database; empty for a new one."""
    with told_plainly(engine), snapshot(engine) as connection:
        return _version(connection)


def known(engine: Engine) -> str:
    """Give the schema version of a database of this program; empty for a new one.

    On PostgreSQL it waits for nobody, an upgrade neither. Raises Refused for a database of a newer program, or of
    another one.
    """
    with told_plainly(engine), snapshot(engine) as connection:
        return check(connection)


def needs_upgrade(engine: Engine) -> bool:
    """Say whether the database is of an older version; False for a new one. Raises as `known`."""
    return known(engine) not in {"", head()}


def check(connection: Connection) -> str:
    """Give the version of the database; raises Refused for a database of a newer program, or of another one."""
    version = _version(connection)
    if not version and inspect(connection).get_table_names():
        raise Refused("The database holds tables of another program; DATABASE_URL must name one of its own.")
    if version and version not in versions():
        raise Refused(f"The database has version {version}, newer than this program knows; install the newer program.")
    return version


def _version(connection: Connection) -> str:
    """Read what Alembic noted, in the table that it keeps for that."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
