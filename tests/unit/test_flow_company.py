"""Which company is open: bound by name or by an admin, never another; alarms end when the right one is back."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qbwc_bridge.domain.records import Connection, Visit
from qbwc_bridge.domain.replies import CompanyRet, HostRet, PreferencesRet
from qbwc_bridge.flow import company, connecting
from qbwc_bridge.flow.readings import window
from qbwc_bridge.flow.scene import Scene
from tests.unit.factories import OWNER, World

OURS = "{11111111-2222-3333-4444-555555555555}"
THEIRS = "{99999999-2222-3333-4444-555555555555}"
HOST = HostRet("QuickBooks Pro 2024", "34", "US", ("12.0", "13.0", "CA3.0"), "SingleUser")
PREFERENCES = PreferencesRet(True, True, False, False, dt.date(2025, 12, 31), "Accrual", None, True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A bridge whose connection is bound to no company yet."""
    made = World(tmp_path)
    change(made, bound_name="", bound_file_id="", company_name="Bluestone", file_id=OURS)
    yield made
    made.close()


def change(world: World, **fields: Any) -> None:
    """Set fields of the connection."""
    with world.unit() as (uow, connection):
        for name, value in fields.items():
            setattr(connection, name, value)
        uow.connections.save(connection)


def found(name: str = "Bluestone", file_id: str = OURS) -> CompanyRet:
    """A company that answers."""
    stamped = ((OWNER, "FileID", file_id),) if file_id else ()
    return CompanyRet(name, name, False, False, None, stamped)


def visit(
    world: World, answer: CompanyRet, host: HostRet = HOST, preferences: PreferencesRet | None = PREFERENCES
) -> tuple[Connection, Visit]:
    """Let a visit begin with those answers."""
    with world.unit() as (uow, connection):
        row = uow.visits.add(Visit(connection.id, f"t{uow.visits.count()}", world.now, world.now))
        scene = Scene(uow, connection, row, world.now)
        assert company.identify(scene, host, answer, preferences, owner_id=OWNER)
        scene.save()
        return connection, row


def test_the_named_company_binds_by_itself(world: World) -> None:
    """With --company-name its first visit is enough; facts are kept, and writing is allowed."""
    connection, row = visit(world, found("BLUESTONE "))

    assert (connection.bound_name.strip(), connection.bound_file_id) == ("BLUESTONE", OURS)
    assert row.writes_allowed
    assert company.readable(connection)
    facts = connection.company
    assert (facts.qbxml_version, facts.closing_date, facts.uses_estimates) == ("13.0", dt.date(2025, 12, 31), True)


@pytest.mark.parametrize(
    ("expected", "answer"),
    [("Bluestone", found("Redstone")), ("", found()), ("Bluestone", found(file_id=THEIRS))],
)
def test_any_other_company_gets_no_write(world: World, expected: str, answer: CompanyRet) -> None:
    """Another name, no name given, or the file of another connection: an alarm in one sentence (promise 2)."""
    change(world, company_name=expected)
    connection, row = visit(world, answer)

    assert not row.writes_allowed
    assert not company.readable(connection)
    assert connection.alarm.endswith(".")
    assert row.last_error == connection.alarm


@pytest.mark.parametrize(
    ("answer", "host", "preferences"),
    [
        (found("Redstone", THEIRS), HOST, PREFERENCES),
        (found("Euro Trading", THEIRS), HOST, replace(PREFERENCES, multi_currency=True)),
        (found(), replace(HOST, supported_versions=("5.0",)), PREFERENCES),
    ],
)
def test_an_alarm_ends_when_the_right_company_is_back(
    world: World, answer: CompanyRet, host: HostRet, preferences: PreferencesRet
) -> None:
    """A wrong file opened by mistake, or a QuickBooks that was too old, stops nothing for ever."""
    visit(world, found())
    connection, row = visit(world, answer, host, preferences)
    assert connection.alarm
    assert not row.writes_allowed

    connection, row = visit(world, found())
    assert connection.alarm == ""
    assert row.writes_allowed


def test_an_alarm_about_an_older_copy_stays(world: World) -> None:
    """Only an admin ends it: the right name and FileID prove nothing there."""
    visit(world, found())
    change(world, alarm="The newest record that the bridge wrote is not in this QuickBooks file.")
    connection, row = visit(world, found())

    assert connection.alarm.startswith("The newest record")
    assert not row.writes_allowed


def test_a_copy_under_the_same_name_is_another_company(world: World) -> None:
    """The FileID of the bound file is compared as well as its name."""
    visit(world, found())
    connection, row = visit(world, found(file_id=THEIRS))

    assert connection.alarm.startswith(company.WRONG)
    assert not row.writes_allowed


def test_confirming_binds_and_reads_everything_anew(world: World) -> None:
    """The alarm ends, and no window of another file is kept."""
    change(world, company_name="")
    visit(world, found())
    moment = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - QuickBooks' wall clock
    change(
        world, lists_modified=moment, orders_modified=moment, costs_modified={"Bill": moment}, newest_write="Vendor:1"
    )
    with world.unit() as (uow, connection):
        company.bind(connection)
        uow.connections.save(connection)
    connection, row = visit(world, found())

    assert row.writes_allowed
    assert (connection.lists_modified, connection.orders_modified, connection.costs_modified) == (None, None, {})
    assert connection.newest_write == ""


def test_without_host_or_company_nothing_is_known(world: World) -> None:
    """Half an answer is no identity."""
    with world.unit() as (uow, connection):
        row = uow.visits.add(Visit(connection.id, "t", world.now, world.now))
        scene = Scene(uow, connection, row, world.now)
        assert not company.identify(scene, None, found(), PREFERENCES, owner_id=OWNER)
        assert not company.identify(scene, HOST, None, PREFERENCES, owner_id=OWNER)
        assert not row.facts_read


def test_a_reading_that_another_file_left_in_the_queue_keeps_no_window(world: World) -> None:
    """The other company's visit queued its readings; once it is confirmed they read all of it, not what changed."""
    visit(world, found())
    moment = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - QuickBooks' wall clock
    change(world, lists_modified=moment, orders_modified=moment, lists_whole_at=world.now)
    change(world, list_deletions_seen=moment, order_deletions_seen=moment)
    world.begin()
    assert {window(task.request) is None for task in world.tasks(state="queued")} == {False}
    connection, _ = visit(world, found("Bluestone Homes"))
    assert connection.alarm.startswith(company.WRONG)
    with world.unit() as (uow, connection):
        company.bind(connection)
        uow.connections.save(connection)
    world.begin()

    assert {window(task.request) for task in world.tasks(state="queued")} == {None}


def test_preferences_that_were_not_told_are_asked_for(world: World) -> None:
    """Whether a company uses several currencies must be known before anything is written to it."""
    with world.unit() as (uow, connection):
        scene = Scene(uow, connection, uow.visits.add(Visit(connection.id, "t", world.now, world.now)), world.now)
        assert not company.identify(scene, HOST, found(), None, owner_id=OWNER)
        assert not scene.visit.facts_read
        assert not scene.visit.writes_allowed


@pytest.mark.parametrize("known", [True, False])
def test_preferences_that_quickbooks_never_tells(world: World, known: bool) -> None:
    """Those that the same file had before hold; of a file without them nothing is known, so nothing is written."""
    if known:
        visit(world, found())
    with world.unit() as (uow, connection):
        scene = Scene(uow, connection, uow.visits.add(Visit(connection.id, "t", world.now, world.now)), world.now)
        assert company.identify(scene, HOST, found(), None, owner_id=OWNER, asked=True)
        assert scene.visit.writes_allowed is known
        assert connection.company.closing_date == (PREFERENCES.closing_date if known else None)
        assert connection.alarm == ("" if known else company.UNTOLD)
    connection, row = visit(world, found())
    assert not connection.alarm
    assert row.writes_allowed


def test_facts_that_are_told_again_only_take_leave_to_write_away(world: World) -> None:
    """Another company in the middle of a visit ends the writing; the right one does not undo what stopped it."""
    visit(world, found())
    with world.unit() as (uow, connection):
        scene = Scene(uow, connection, uow.visits.add(Visit(connection.id, "t", world.now, world.now)), world.now)
        company.identify(scene, HOST, found(), PREFERENCES, owner_id=OWNER)
        assert scene.visit.writes_allowed
        company.identify(scene, HOST, found("Redstone", THEIRS), PREFERENCES, owner_id=OWNER)
        assert not scene.visit.writes_allowed
        company.identify(scene, HOST, found(), PREFERENCES, owner_id=OWNER)
        assert not scene.visit.writes_allowed


def test_a_file_of_the_same_name_is_told_apart(world: World) -> None:
    """The sentence does not say that a company is expected where that company is open."""
    visit(world, found())
    connection, _ = visit(world, found(file_id=""))
    assert "has the name of the bound one, but is another file" in connection.alarm


def test_confirming_twice_reads_nothing_anew(world: World) -> None:
    """The company is bound, and an alarm ended, by the first; the second finds nothing to confirm."""
    visit(world, found())
    change(world, bound_name="Redstone", alarm="Another one.", newest_write="Vendor:1")
    with world.unit() as (uow, connection):
        assert connecting.confirm(uow, connection, who="Alice", now=world.now)
        assert (connection.bound_name, connection.alarm, connection.newest_write) == ("Bluestone", "", "")
        connection.newest_write, connection.lists_modified = "Vendor:1", dt.datetime(2026, 1, 1)  # noqa: DTZ001 - wall clock
        assert not connecting.confirm(uow, connection, who="Alice", now=world.now)
        assert connection.newest_write == "Vendor:1"
        assert connection.lists_modified is not None
        connection.alarm = "An older copy was restored."
        assert connecting.confirm(uow, connection, who="Alice", now=world.now)
        assert connection.lists_modified is None
