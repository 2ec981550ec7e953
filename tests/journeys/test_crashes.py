"""The promise of once: whatever dies between two calls, the next visits end in the same state."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.procore import Procore
from qbwc_bridge.rehearsal.quickbooks import Company
from tests.journeys.bridge import COMPANY, Bridge, MovedClock, connected_bridge
from tests.support import DEEP

EVERY = 1 if DEEP else 9
"""Every boundary in CI, a ninth of them (another ninth for each moment) elsewhere."""

MOST_VISITS = 5
"""After a crash everything is settled within so few visits."""


class PowerCutError(Exception):
    """Power went off on the PC between two calls."""


class CutAt:
    """A tap that lets the n-th event of a visit be the last one; counts them when n is None."""

    def __init__(self, n: int | None) -> None:
        self.n = n
        self.events: list[tuple[str, str]] = []

    def __call__(self, call: str, moment: str) -> None:
        """Take note of an event, or end the visit."""
        self.events.append((call, moment))
        if self.n is not None and len(self.events) > self.n:
            raise PowerCutError


@dataclass
class Ready:
    """A bridge whose records are accepted and wait for one visit, kept so that it can be opened many times."""

    folder: Path
    procore: Procore
    books: bytes
    made: Bridge

    def open(self, folder: Path) -> Bridge:
        """Open a copy of the database and of the company file."""
        shutil.copytree(self.folder, folder)
        clock = MovedClock()
        clock.at = self.made.clock.at
        company = Company(name=COMPANY, now=clock.now)
        company.restore(self.books)
        bridge = Bridge(folder, self.procore, company, clock, self.made.password)
        bridge.connection = self.made.connection
        bridge.connector = bridge.web_connector(company)
        return bridge


def made_ready(folder: Path, *numbers: str) -> Ready:
    """Make a bridge on which everything of these projects (all, when none is named) is accepted and nothing written."""
    with connected_bridge(folder) as made:
        made.switch_on(*numbers)
        made.visit()
        made.accept_all()
    return Ready(folder, made.procore, made.company.snapshot(), made)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """Everything accepted, nothing written yet."""
    return made_ready(tmp_path_factory.mktemp("ready"))


def state_of(bridge: Bridge) -> object:
    """What both sides look like in the end, without ids and times."""
    company = bridge.company
    return (
        sorted(item.full_name for item in company.items()),
        sorted(vendor.full_name for vendor in company.vendors()),
        sorted(job.full_name for job in company.jobs()),
        sorted((e.job, e.ref_number, e.total, len(e.lines)) for e in company.estimates()),
        sorted((o.vendor, o.ref_number, o.total, len(o.lines)) for o in company.orders()),
        sorted((row.kind, row.key, row.state, bool(row.quickbooks_id)) for row in bridge.submissions()),
    )


def finish(bridge: Bridge) -> None:
    """Let the Web Connector come again until it finds nothing to do."""
    for _ in range(MOST_VISITS):
        bridge.clock.pass_time(minutes=16)
        if bridge.visit().outcome == "no_data":
            return
    pytest.fail("the bridge still had work after many visits")


def boundaries(ready: Ready, tmp_path: Path) -> tuple[object, list[tuple[str, str]]]:
    """The undisturbed end state, and the events of the visit that leads to it."""
    bridge = ready.open(tmp_path / "undisturbed")
    count = CutAt(None)
    bridge.tap = count
    assert bridge.visit().outcome == "done"
    bridge.tap = None
    finish(bridge)
    end = state_of(bridge)
    bridge.app.close()
    return end, count.events


def crash_everywhere(ready: Ready, tmp_path: Path, offset: int, disturb: Callable[[Bridge], None]) -> None:
    """Cut the visit at each boundary in turn, disturb, let visits follow, and compare the end."""
    wanted, events = boundaries(ready, tmp_path)
    for n in range(offset, len(events), EVERY):
        bridge = ready.open(tmp_path / f"cut-{offset}-{n}")
        bridge.tap = CutAt(n)
        with pytest.raises(PowerCutError):
            bridge.visit()
        bridge.tap = None
        bridge.company.end_session()
        disturb(bridge)
        finish(bridge)
        assert state_of(bridge) == wanted, f"cut {events[n]} at event {n}"
        bridge.app.close()


def test_a_server_killed_between_any_two_calls_loses_and_doubles_nothing(ready: Ready, tmp_path: Path) -> None:
    """The server dies at any boundary, starts again, and the next visits reach the same end."""
    crash_everywhere(ready, tmp_path, 0, Bridge.restart)


def test_a_pc_that_dies_between_any_two_calls_loses_and_doubles_nothing(ready: Ready, tmp_path: Path) -> None:
    """The PC dies at any boundary while the server lives on, and the next visits reach the same end."""
    crash_everywhere(ready, tmp_path, min(4, EVERY - 1), lambda _bridge: None)


def test_quickbooks_forgets_its_stored_reply(ready: Ready, tmp_path: Path) -> None:
    """Where QuickBooks has no stored reply of a lost answer, looking the records up decides, and nothing is doubled."""

    def forget(bridge: Bridge) -> None:
        bridge.restart()
        bridge.company.process(
            '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError"'
            ' newMessageSetID="SOMEBODYELSE"></QBXMLMsgsRq></QBXML>'
        )

    crash_everywhere(ready, tmp_path, min(7, EVERY - 1), forget)
