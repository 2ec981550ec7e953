"""One connection in a few figures."""

import datetime as dt

import pytest

from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import views
from tests.page.office import MAIN, NOW, Office


def look(office: Office) -> views.Look:
    """Look at the main connection."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        return views.look(office.kit, uow, connection, office.clock.now())


def test_counts_are_those_of_the_rows(office: Office) -> None:
    """Kinds and states are counted, and what needs a person is their sum with the costs that have no code."""
    found = look(office)
    assert found.submissions["commitment"] == {State.READY: 3, State.BLOCKED: 1}
    assert found.count(State.READY) == 6
    assert found.unmapped == 3
    assert found.needs_a_person == 6 + 2 + 3
    assert found.word == "needs_you"
    assert found.next_visit == NOW + dt.timedelta(minutes=9)


def test_synced_records_with_reasons_need_a_person(office: Office) -> None:
    """A record that stands in QuickBooks otherwise than it should is counted."""
    before, row = look(office).needs_a_person, office.row("03-300.M")
    with office.kit.work() as uow:
        row.reasons = ["QuickBooks shows 1.00, Procore 2.00."]
        uow.submissions.save(row)
    assert look(office).differing == 1
    assert look(office).needs_a_person == before + 1


def test_word_is_working_only_when_nothing_needs_a_person(office: Office) -> None:
    """With every record at rest and every cost in its place the word is working."""
    with office.kit.work() as uow:
        for row in uow.submissions.find():
            row.state, row.reasons = State.SYNCED, []
            uow.submissions.save(row)
        for cost in uow.costs.find():
            uow.costs.remove(cost)
    assert look(office).word == "working"
    assert look(office).needs_a_person == 0


@pytest.mark.parametrize(("hours", "stopped"), [("4", True), ("48", False), ("0", False)])
def test_silence_is_judged_by_the_setting(office: Office, hours: str, stopped: bool) -> None:
    """SILENCE_ALARM_HOURS says when a silent Web Connector stops the word; 0 never."""
    office.change(settings={"silence_alarm_hours": hours}, last_contact=NOW - dt.timedelta(hours=30))
    assert (look(office).word == "stopped") is stopped
