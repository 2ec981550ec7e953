"""Fixtures of the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import EVERYWHERE, on
from tests.journeys.bridge import Bridge, connected_bridge
from tests.journeys.crashing import Ready, finish, made_ready, state_of
from tests.postgresql import postgresql
from tests.support import DEEP

__all__ = ["postgresql"]


ON_BOTH = {"test_whole_journey"} | ({"test_tickets", "test_clockwork", "test_born_in_quickbooks"} if DEEP else set())
"""Modules whose journeys run on SQLite and on PostgreSQL; TEST_DATABASE=postgresql runs all of them there."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run some journeys on both databases."""
    if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH and not EVERYWHERE:
        metafunc.parametrize("journeys_database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def journeys_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the journey run on the database that its parameter names, if it has one."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield
        return
    with on(request.getfixturevalue("postgresql")):
        yield


@pytest.fixture(scope="session", autouse=True)
def every_database(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let all journeys run on PostgreSQL where that is asked for."""
    if not EVERYWHERE:
        yield
        return
    with on(request.getfixturevalue("postgresql")):
        yield


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A bridge on which everything of one project is accepted and nothing written yet."""
    return made_ready(tmp_path_factory.mktemp("ready"), "24-001")


@pytest.fixture(scope="module")
def wanted(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> object:
    """What both sides look like after undisturbed visits."""
    bridge = ready.open(tmp_path_factory.mktemp("undisturbed") / "data")
    finish(bridge)
    found = state_of(bridge)
    bridge.app.close()
    return found


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A connected bridge between the demonstration's Procore and a fresh QuickBooks company."""
    with connected_bridge(tmp_path) as made:
        yield made
