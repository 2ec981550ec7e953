import datetime as dt
from dataclasses import replace

import pytest

from qbwc_bridge.clockwork import HOLD_SECONDS, Clockwork
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.leases import PULL
from qbwc_bridge.ports import Procore
from qbwc_bridge.storage import open_vault
from qbwc_bridge.worker import station
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


def texts(bridge: Bridge) -> int:
    """How many messages still have their qbXML."""
    with bridge.app.kit.work() as uow:
        return sum(1 for row in uow.message_sets.find() if row.request_text)


def test_the_clockwork_lets_old_qbxml_go_once_a_day(bridge: Bridge) -> None:
    """After 90 days what was answered is emptied, within a day."""
    bridge.switch_on("24-001")
    bridge.visit()
    clockwork = wind(bridge)
    clockwork.tick()
    kept = texts(bridge)
    assert kept
    bridge.clock.pass_time(days=89)
    clockwork.tick()
    assert texts(bridge) == kept
    bridge.clock.pass_time(days=1, hours=12)
    clockwork.tick()
    assert texts(bridge) == 0


def test_a_visit_goes_on_while_texts_are_let_go(bridge: Bridge) -> None:
    """Between two portions a visit finds its turn, and what it left open keeps its text."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    bridge.clock.pass_time(days=91)
    clockwork = wind(bridge)
    bridge.tap = lambda call, moment: clockwork.tick() if (call, moment) == ("receiveResponseXML", "before") else None
    assert bridge.visit().outcome == "done"
    bridge.tap = None
    with bridge.app.kit.work() as uow:
        assert not uow.message_sets.find(answered_at=None)


def test_one_process_looks_after_a_connection(bridge: Bridge) -> None:
    """Of two clockworks on one database one pulls; the other takes over once that one stopped, or was silent."""
    first, second = wind(bridge, pull_every_seconds="900"), Clockwork(bridge.app.kit, process="another")

    def pulls(clockwork: Clockwork) -> bool:
        before = pulled_at(bridge)
        clockwork.tick()
        return pulled_at(bridge) != before

    assert pulls(first)
    for _ in range(4 * 900 // HOLD_SECONDS):
        bridge.clock.pass_time(seconds=HOLD_SECONDS // 2)
        pulls(first)
        assert not pulls(second)
    bridge.clock.pass_time(minutes=20)
    assert pulls(second), "the first was silent"
    bridge.clock.pass_time(seconds=HOLD_SECONDS // 2)
    second.tick()
    assert not pulls(first)
    second.stop()
    bridge.clock.pass_time(minutes=20)
    assert pulls(first), "the second has stopped"


def test_nobody_waits_for_a_process_of_before_the_clock_was_set_back(bridge: Bridge) -> None:
    """A connection that a dead process looked after, hours ahead by the clock of now, is looked after at once."""
    dead, living = wind(bridge, pull_every_seconds="900"), Clockwork(bridge.app.kit, process="another")
    dead.tick()
    before = pulled_at(bridge)
    bridge.clock.pass_time(hours=-3)
    living.tick()

    assert pulled_at(bridge) != before


def test_a_pull_under_way_elsewhere_is_no_failed_one(bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
    """While another process is at a pull the clockwork says nothing of it, and pulls as soon as that one is gone."""
    clockwork = wind(bridge, pull_every_seconds="900")
    with station(bridge.app.kit, bridge.connection, PULL):
        clockwork.tick()
    assert pulled_at(bridge) is None
    assert not [each for each in caplog.records if each.levelname == "WARNING"]
    clockwork.tick()
    assert pulled_at(bridge)


def test_a_process_with_another_key_keeps_no_connection_from_the_right_one(bridge: Bridge) -> None:
    """It cannot read Procore, says so in each round, and leaves the connection to a process that can."""
    right = wind(bridge, pull_every_seconds="900")
    other = open_vault(bridge.folder / "another.key")

    def locked(connection: Connection) -> Procore:
        other.open(connection.procore_secret)
        raise AssertionError

    kit = replace(bridge.app.kit, opens=lambda each: other.opens(each.procore_secret), procore_for=locked)
    wrong = Clockwork(kit, process="wrong")
    for _ in range(2):
        wrong.tick()
    assert pulled_at(bridge) is None
    right.tick()
    wrong.tick()
    first = pulled_at(bridge)
    assert first
    bridge.clock.pass_time(minutes=16)
    wrong.tick()
    right.tick()
    assert pulled_at(bridge) != first
