"""The steps from one schema to the next, run by Alembic on a connection and in its transaction.

Loaded where a schema is made or changed, and nowhere else: Alembic takes 9 MB of memory, which a server that finds its
database as it should be never needs.
"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from qbwc_bridge.storage import version


def run(connection: Connection, target: str) -> None:
    """Run the steps that the database lacks, up to the version `target`."""
    command.upgrade(_config(connection), target)


def stamp(connection: Connection, reached: str) -> None:
    """Note that the database has the schema of the version `reached`."""
    command.stamp(_config(connection), reached)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", _literal(str(version.SCRIPTS)))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _literal("\n".join(map(str, version.FOLDERS))))
    config.attributes["connection"] = connection
    return config


def _literal(text: str) -> str:
    """Alembic fills in what stands after a percent sign, and a folder may have one in its name."""
    return text.replace("%", "%%")
