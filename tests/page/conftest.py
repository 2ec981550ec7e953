"""An office for every test of the page, on a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qbwc_bridge.storage import Database, open_database
from tests.page.browsing import address, chromium
from tests.page.office import Browser, Office

__all__ = ["address", "chromium"]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Open a new SQLite database."""
    opened = open_database(f"sqlite:///{tmp_path / 'bridge.db'}")
    yield opened
    opened.close()


@pytest.fixture
def office(database: Database) -> Office:
    """Give an office with its people and records."""
    return Office(database).open()


@pytest.fixture
def alice(office: Office) -> Browser:
    """Give the browser of Alice, who may decide."""
    return office.signed_in("Alice")


@pytest.fixture
def victor(office: Office) -> Browser:
    """Give the browser of Victor, who may look."""
    return office.signed_in("Victor")


@pytest.fixture
def charlie(office: Office) -> Browser:
    """Give the browser of Charlie, who may decide at the other connection only."""
    return office.signed_in("Charlie")
