"""Where the next window of a reading begins: at the newest change that a right clock of the office can have shown."""

import datetime as dt
import json
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from qbwc_bridge.domain.books import CostAnswer, CostReading
from qbwc_bridge.domain.records import Visit
from qbwc_bridge.domain.replies import ListDeletedRet, ListRet
from qbwc_bridge.flow import mirror, work
from qbwc_bridge.flow.cost_answers import DELETED, DOCUMENTS
from qbwc_bridge.flow.readings import latest
from qbwc_bridge.flow.scene import Scene
from tests.unit.documents import TODAY
from tests.unit.factories import OPTIONS, World
from tests.unit.test_flow_costs import template, world

__all__ = ["template", "world"]  # the fixtures

CHICAGO = replace(OPTIONS, time_zone="America/Chicago")
WALL = dt.datetime(2026, 3, 10, 10)  # noqa: DTZ001 - QuickBooks' wall clock in Chicago at the world's 15:00 UTC
AHEAD = WALL + dt.timedelta(hours=6)


@pytest.mark.parametrize(
    ("now", "shown", "counts"),
    [
        ("2026-03-10T15:00+00:00", "2026-03-10T10:00", True),
        ("2026-03-10T15:00+00:00", "2026-03-10T11:05", True),  # a clock may be somewhat ahead
        ("2026-03-10T15:00+00:00", "2026-03-10T11:06", False),
        ("2026-03-10T15:00+00:00", "2026-03-11T10:00", False),
        ("2026-11-01T07:01+00:00", "2026-11-01T01:59", True),  # the hour that repeats in autumn has just begun anew
    ],
)
def test_only_what_the_clock_of_the_office_may_show_counts(now: str, shown: str, counts: bool) -> None:
    """A moment of more than an hour and five minutes ahead of the office's wall clock is none of a right clock."""
    moment, earlier = dt.datetime.fromisoformat(shown), dt.datetime(2026, 3, 1)  # noqa: DTZ001 - wall clock
    found = latest([earlier, moment, None], dt.datetime.fromisoformat(now), ZoneInfo("America/Chicago"))
    assert found == (moment if counts else earlier)


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC"])
def test_an_office_of_unknown_zone_may_be_anywhere(zone: str) -> None:
    """The morning of Auckland is yesterday evening by UTC, which a server shows that was told no zone."""
    known = replace(OPTIONS, time_zone=zone).known_zone
    auckland = dt.datetime(2026, 3, 11, 4)  # noqa: DTZ001 - wall clock
    assert latest([auckland], dt.datetime(2026, 3, 10, 15, tzinfo=dt.UTC), known) == auckland


def test_an_entry_of_a_clock_that_was_ahead_begins_no_window_of_costs(world: World) -> None:
    """What was changed in the hours until that time comes would be missed for ever."""
    with world.unit() as (uow, connection):
        reading = uow.readings.add(CostReading(connection.id, world.now, stage="complete"))
        shown = [[f"T{at}", "Bill", "1", str(TODAY), at.isoformat(), 1, False] for at in (WALL, AHEAD)]
        gone = [["D1", WALL.isoformat()], ["D2", AHEAD.isoformat()]]
        for kind, content in ((DOCUMENTS, shown), (DELETED, gone)):
            uow.answers.add(CostAnswer(connection.id, reading.id, kind, json.dumps(content), world.now))
        work.catch_up(uow, connection, CHICAGO, world.now)
        assert (connection.costs_modified, connection.deletions_seen) == ({"Bill": WALL}, WALL)


def test_a_record_of_a_clock_that_was_ahead_begins_no_window_of_lists(world: World) -> None:
    """The same holds for the lists, on which the meaning of costs rests, in the visit of an office of known zone."""
    with world.unit() as (uow, connection):
        visit = uow.visits.add(Visit(connection.id, "t", world.now, world.now))
        scene = Scene(uow, connection, visit, world.now, CHICAGO.known_zone)
        vendors = [ListRet("Vendor", str(at), "New", "New", True, "1", at) for at in (WALL, AHEAD)]
        mirror.remember_newest(scene, [*vendors, *(ListDeletedRet("Vendor", str(at), at) for at in (WALL, AHEAD))])
        assert (connection.lists_modified, connection.list_deletions_seen) == (WALL, WALL)
