"""Databases for the tests: every test that takes `database_url` runs on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbwc_bridge.storage import Database, open_database
from tests.postgresql import Server, postgresql

__all__ = ["postgresql"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty' / 'bridge.db'}"
    server: Server = request.getfixturevalue("postgresql")
    return server.new_url()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database without rows, ready or making itself ready; its schema must stay as it is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'bridge.db'}"
    server: Server = request.getfixturevalue("postgresql")
    return server.clean_url()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open the database, and close it after the test."""
    opened = open_database(database_url)
    yield opened
    opened.close()
