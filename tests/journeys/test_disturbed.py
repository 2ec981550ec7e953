"""A disk that is full, data that may only be read, a locked database, a clock set back: one sentence, nothing lost.

The full disk is SQLite's own limit of pages, and the read-only folder its mode for queries only: both give the very
errors that the system's would, and work where tests run as root and cannot mount anything.
"""

import datetime as dt
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from qbwc_bridge.flow.leases import PULL, take
from qbwc_bridge.storage import engine as engine_module
from tests.databases import of_the_file
from tests.journeys.bridge import Bridge
from tests.journeys.crashing import Ready, finish, state_of
from tests.journeys.test_clockwork import pulled_at, wind
from tests.support import DEEP

MOMENTS = 4 if DEEP else 1
"""Calls of the visit at which each trouble begins, spread over all of them."""
FIRST = 2 if DEEP else 12
"""The call at which the first begins: in the login, or in the midst of writing."""
CALLS = 30
"""About as many has the visit that writes one project."""


Connections = list[sqlite3.Connection]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Every connection to SQLite from now on, which wait for their turn a moment only."""
    found: Connections = []
    prepare = engine_module._prepare_sqlite

    def noted(connection: sqlite3.Connection, record: Any) -> None:
        prepare(connection, record)
        found.append(connection)

    monkeypatch.setattr(engine_module, "_prepare_sqlite", noted)
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.05)
    return found


@contextmanager
def full(_folder: Path, opened: Connections) -> Iterator[None]:
    """The file cannot grow."""
    for connection in opened:
        connection.execute("PRAGMA max_page_count = 1")
    yield
    for connection in opened:
        connection.execute("PRAGMA max_page_count = 1073741823")


@contextmanager
def read_only(_folder: Path, opened: Connections) -> Iterator[None]:
    """Nothing can be written."""
    for connection in opened:
        connection.execute("PRAGMA query_only = ON")
    yield
    for connection in opened:
        connection.execute("PRAGMA query_only = OFF")


@contextmanager
def locked(folder: Path, _opened: Connections) -> Iterator[None]:
    """Another program keeps the database for itself."""
    with closing(sqlite3.connect(folder / "bridge.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


TROUBLES = {full: "has no room left: free space", read_only: "may only be read: let", locked: "was busy for too long"}


def faults_of(bridge: Bridge) -> list[str]:
    """Let the sentences be collected that the Web Connector is told."""
    told: list[str] = []
    real = bridge.wsgi

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        answer = b"".join(real(environ, start_response))
        told.extend(re.findall("<faultstring>(.*?)</faultstring>", answer.decode()))
        return [answer]

    bridge.wsgi = application
    return told


@of_the_file
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.__name__)
def test_a_visit_that_meets_trouble_is_told_so_and_goes_on_afterwards(
    ready: Ready, wanted: object, opened: Connections, tmp_path: Path, trouble: Callable[..., Any]
) -> None:
    """At whatever call it begins: one clear sentence, without a path; afterwards all is as if it had never been."""
    for number in range(MOMENTS):
        bridge = ready.open(tmp_path / str(number))
        told, begins, seen = faults_of(bridge), FIRST + number * CALLS // MOMENTS, 0
        troubled = trouble(bridge.folder, opened)

        def tap(_call: str, moment: str, begins: int = begins, troubled: Any = troubled) -> None:
            nonlocal seen
            seen += moment == "before"
            if seen == begins and moment == "before":
                troubled.__enter__()

        bridge.tap = tap
        bridge.visit()
        bridge.tap = None
        assert seen >= begins, "the visit has fewer calls"
        troubled.__exit__(None, None, None)
        bridge.company.end_session()
        assert told, "nothing was felt of it"
        assert all(TROUBLES[trouble] in each for each in told), told
        assert not any(str(tmp_path) in each for each in told)
        finish(bridge)
        assert state_of(bridge) == wanted, f"from call {begins} on"
        bridge.app.close()
        opened.clear()


def test_a_clock_that_is_set_back_in_a_visit_disturbs_nothing(ready: Ready, wanted: object, tmp_path: Path) -> None:
    """An hour back at any call, as in autumn on a PC that is wrong: the visit and those after it end as always."""
    for number in range(MOMENTS):
        bridge = ready.open(tmp_path / str(number))
        begins, seen = FIRST + number * CALLS // MOMENTS, 0

        def tap(_call: str, moment: str, bridge: Bridge = bridge, begins: int = begins) -> None:
            nonlocal seen
            seen += moment == "before"
            if seen == begins and moment == "before":
                bridge.clock.pass_time(hours=-1)

        bridge.tap = tap
        assert bridge.visit().outcome == "done"
        bridge.tap = None
        finish(bridge)
        assert state_of(bridge) == wanted, f"from call {begins} on"
        bridge.app.close()


def test_nobody_waits_until_a_clock_has_caught_up(bridge: Bridge) -> None:
    """A visit that broke off, a station, and the clockwork's own rounds: none is held for the hours that it lost."""
    clockwork = wind(bridge, pull_every_seconds="900")
    clockwork.tick()
    first = pulled_at(bridge)
    bridge.tap = _breaks_off
    with pytest.raises(KeyboardInterrupt):
        bridge.visit()
    bridge.tap = None
    bridge.company.end_session()
    with bridge.app.kit.work() as uow:
        assert take(uow, bridge.connection.id, PULL, "lost", bridge.clock.now(), 900)
    bridge.clock.pass_time(hours=-3)
    assert bridge.visit().outcome == "done"
    clockwork.tick()

    last = pulled_at(bridge)
    assert first
    assert last
    assert last < first - dt.timedelta(hours=2)


def _breaks_off(call: str, moment: str) -> None:
    if (call, moment) == ("sendRequestXML", "after"):
        raise KeyboardInterrupt
