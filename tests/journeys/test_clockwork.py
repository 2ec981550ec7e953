import datetime as dt

from qbwc_bridge.clockwork import Clockwork
from tests.journeys.bridge import Bridge


def wind(bridge: Bridge, **settings: str) -> Clockwork:
    """A clockwork that is not started, with clocks set on the connection."""
    with bridge.app.kit.work() as uow:
        row = uow.connections.get(bridge.connection.id)
        row.settings.update(settings)
        uow.connections.save(row)
    return Clockwork(bridge.app.kit)


def pulled_at(bridge: Bridge) -> dt.datetime | None:
    """When Procore was read last."""
    with bridge.app.kit.work() as uow:
        return uow.connections.get(bridge.connection.id).pulled_at


def test_the_clockwork_pulls_when_its_clock_says_so(bridge: Bridge) -> None:
    """It pulls at once, not again before the time has passed, and not at all when its clock is off."""
    off = wind(bridge)
    off.tick()
    assert pulled_at(bridge) is None
    clockwork = wind(bridge, pull_every_seconds="900")
    clockwork.tick()
    first = pulled_at(bridge)
    assert first
    bridge.clock.pass_time(minutes=10)
    clockwork.tick()
    assert pulled_at(bridge) == first
    bridge.clock.pass_time(minutes=10)
    clockwork.tick()

    assert pulled_at(bridge) != first


def test_a_failing_pull_waits_for_its_next_round(bridge: Bridge) -> None:
    """A pull that fails is logged, not repeated at every tick, and tried again when its time comes."""
    clockwork = wind(bridge, pull_every_seconds="900")
    bridge.procore.fail_next(status=403, count=1000)
    clockwork.tick()
    calls = len(bridge.procore.calls)
    clockwork.tick()
    assert len(bridge.procore.calls) == calls
    assert pulled_at(bridge) is None
    bridge.procore.clear_faults()
    bridge.clock.pass_time(minutes=16)
    clockwork.tick()

    assert pulled_at(bridge)
