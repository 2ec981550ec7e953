"""The promise of once: whatever dies between two calls, the next visits end in the same state."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.bridge import Bridge
from tests.journeys.crashing import (
    CutAt,
    PowerCutError,
    Ready,
    finish,
    forget_stored_reply,
    made_ready,
    state_of,
)
from tests.support import DEEP

EVERY = 1 if DEEP else 13
"""Every boundary in CI, each thirteenth (others for each moment) elsewhere."""


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """Everything accepted, nothing written yet."""
    return made_ready(tmp_path_factory.mktemp("ready"))


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
        forget_stored_reply(bridge)

    crash_everywhere(ready, tmp_path, min(7, EVERY - 1), forget)
