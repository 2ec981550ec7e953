"""The rotation: what is read when, within the calls that a round may take."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.reading import (
    BUDGET_CHANGES,
    CHANGE_ORDERS,
    CODES,
    HOUR_SECONDS,
    LOCK,
    OF_COMPANY,
    OF_PROJECT,
    ORDERS,
    ROWS,
    SUBCONTRACTS,
    VENDORS,
    CompanyState,
    ProjectState,
    lasting,
    seconds_needed,
)
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow import rotation
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.rotation import TOUCHED, USUAL_SECONDS, Asked, Pace, Turn
from tests.storage.samples import connection
from tests.unit.documents import NOW

OPTIONS = Options(time_zone="America/Chicago")
WHOLE_CALLS = len(OF_PROJECT) + 1
"""Of a nightly comparison with nothing new: each list, and the budget views."""


def choice(project_id: int = 7, **changes: object) -> ProjectChoice:
    """A project that is on and was read whole just now."""
    state = ProjectState(read_at=dict.fromkeys(OF_PROJECT, NOW), whole_at=NOW)
    made = ProjectChoice(1, project_id, f"26-{project_id}", "Site", on=True, reading=state)
    return replace(made, **changes)  # type: ignore[arg-type]


def turn(row: ProjectChoice, now: dt.datetime, asked: Asked = "round", *, pace: Pace | None = None) -> Turn | None:
    """The turn of one project with a locked budget."""
    every = pace or Pace(USUAL_SECONDS)
    found = rotation.turns([row], {row.project_id: True}, OPTIONS, asked, every, now)
    return found[0] if found else None


@settings(max_examples=150, deadline=None)
@given(st.integers(120, 7200), st.booleans(), st.integers(0, 4))
def test_the_average_stays_within_two_calls_a_round(every: int, locked: bool, late: int) -> None:
    """With nothing new a project costs two calls a round at most, or eight an hour where the clock is slower.

    The nightly comparison is counted in. The lock is read each round, and what no list tells of each hour.
    """
    row, pace, calls, rounds = choice(), Pace(every), 0, 0
    now, end = NOW, NOW + dt.timedelta(days=4)
    oldest = dict.fromkeys(OF_PROJECT, 0.0)
    while now < end:
        now += dt.timedelta(seconds=every + late)
        rounds += 1
        for found in rotation.turns([row], {7: locked}, OPTIONS, "round", pace, now):
            kinds = OF_PROJECT if found.whole else found.kinds
            calls += WHOLE_CALLS if found.whole else len(kinds)
            for kind in kinds:
                oldest[kind] = max(oldest[kind], (now - row.reading.read_at[kind]).total_seconds())
                row.reading.read_at[kind] = now
            row.reading.whole_at = now if found.whole else row.reading.whole_at

    hours = (now - NOW).total_seconds() / HOUR_SECONDS
    assert calls <= max(2 * rounds, 8 * hours)
    assert oldest[LOCK] <= every + late
    if locked:
        assert max(oldest[ROWS], oldest[BUDGET_CHANGES]) <= max(HOUR_SECONDS + 60 + 30 * late, every + late)
    assert max(oldest[ORDERS], oldest[SUBCONTRACTS], oldest[CHANGE_ORDERS]) <= 10_800 + every + late


def test_an_unlocked_budget_needs_no_rows() -> None:
    """Rows and changes are read in the rotation only of a locked budget."""
    found = rotation.turns([choice()], {}, OPTIONS, "round", Pace(900), NOW + dt.timedelta(hours=3))
    assert found[0].kinds == (LOCK, ORDERS, SUBCONTRACTS, CHANGE_ORDERS)


def test_what_was_never_read_comes_first_then_what_is_most_urgent() -> None:
    """A project that was just switched on is read whole before all others; of these the oldest reading counts."""
    fresh, old = choice(8, reading=ProjectState()), choice(9)
    old.reading.read_at[LOCK] = NOW - dt.timedelta(hours=5)
    found = rotation.turns([choice(7), old, fresh], {}, OPTIONS, "round", Pace(900), NOW + dt.timedelta(minutes=15))
    assert [each.project_id for each in found] == [8, 9, 7]
    assert (found[0].whole, found[0].first) == (True, True)


def test_full_lists_are_compared_once_a_day_of_the_office() -> None:
    """The comparison is due after midnight where the office is, not in UTC, and once."""
    row = choice()
    before = dt.datetime(2026, 3, 11, 4, 59, tzinfo=dt.UTC)  # 23:59 in Chicago
    assert not (turn(row, before) or Turn(0, ())).whole
    after = before + dt.timedelta(minutes=2)
    assert (turn(row, after) or Turn(0, ())).whole
    row.reading.whole_at = after
    assert not (turn(row, after + dt.timedelta(minutes=15)) or Turn(0, ())).whole


@pytest.mark.parametrize("asked", ["round", "touched"])
def test_a_touch_counts_until_a_later_reading(asked: Asked) -> None:
    """Everything of a touched project is read; a touch that comes while it is being read counts for the next one."""
    began = NOW + dt.timedelta(minutes=5)
    row = choice(touched_at=began)
    first = turn(row, began, asked)
    assert first is not None
    assert first.kinds == TOUCHED
    row.reading.read_at |= dict.fromkeys(TOUCHED, began)
    row.touched_at = began + dt.timedelta(seconds=3)
    assert rotation.is_touched(connection(), [row]) == row.touched_at
    row.reading.read_at |= dict.fromkeys(TOUCHED, began + dt.timedelta(seconds=4))
    assert rotation.is_touched(connection(), [row]) is None
    assert turn(row, began + dt.timedelta(seconds=10), "touched") is None


def test_a_project_that_is_off_touches_nobody() -> None:
    """What is switched off is not read, whatever Procore says of it."""
    assert rotation.is_touched(connection(), [choice(on=False, touched_at=NOW + dt.timedelta(minutes=1))]) is None


def test_a_person_reads_what_changed_of_everything() -> None:
    """A pull by hand reads every kind, also just after a round; `whole` compares full lists."""
    assert turn(choice(), NOW, "now") == Turn(7, OF_PROJECT)
    assert turn(choice(), NOW, "whole") == Turn(7, (), whole=True)


@pytest.mark.parametrize("asked", ["now", "whole"])
def test_a_pull_by_hand_begins_with_what_was_read_longest_ago(asked: Asked) -> None:
    """So a second one goes on where the first was stopped."""
    old, new = choice(7), choice(8)
    new.reading.read_at |= dict.fromkeys(OF_PROJECT, NOW - dt.timedelta(minutes=1))
    found = rotation.turns([old, new], {}, OPTIONS, asked, Pace(900), NOW + dt.timedelta(minutes=2))
    assert [each.project_id for each in found] == [8, 7]


def test_the_company_is_read_hourly_when_touched_and_whole_at_night() -> None:
    """Lists of the company take turns of their own."""
    state = CompanyState(read_at=dict.fromkeys(OF_COMPANY, NOW), whole_at=NOW)
    row = connection(reading=state)

    def kinds(minutes: int, asked: Asked = "round") -> tuple[str, ...]:
        return rotation.company_turn(row, OPTIONS, asked, 900, NOW + dt.timedelta(minutes=minutes)).kinds

    assert kinds(45) == kinds(45, "touched") == ()
    assert kinds(60) == OF_COMPANY
    state.read_at[VENDORS] = NOW + dt.timedelta(minutes=40)
    row.touched_at = NOW + dt.timedelta(minutes=30)
    assert VENDORS not in kinds(31, "touched")
    assert kinds(31, "now") == OF_COMPANY
    assert rotation.company_turn(connection(), OPTIONS, "round", 900, NOW).first


@pytest.mark.parametrize(
    ("projects", "hourly", "stretch"), [(1, 600, 1.0), (50, 600, 1.0), (200, 600, 4.0), (200, 3600, 1.0)]
)
def test_the_rotation_stretches_where_procore_allows_less(projects: int, hourly: int, stretch: float) -> None:
    """Two thirds of the limit are for the rotation; where that is less than two calls a round, all takes longer."""
    pace = rotation.pace(USUAL_SECONDS, projects, hourly)
    assert pace.stretch == pytest.approx(stretch)
    assert pace.interval(LOCK, locked=True) == pytest.approx(USUAL_SECONDS * stretch)
    assert rotation.calls_of_round(USUAL_SECONDS, hourly) == hourly // 6


def test_codes_are_not_in_the_rotation() -> None:
    """Budget codes are asked for when a line names an unknown one, and each night."""
    found = turn(choice(), NOW + dt.timedelta(hours=9))
    assert found is not None
    assert CODES not in found.kinds


@pytest.mark.parametrize(
    ("calls", "needed"), [(0, 0), (1, 0), (25, 0), (26, 10), (600, 230), (601, 3600), (1_500, 7310)]
)
def test_the_time_that_calls_need_under_the_limits(calls: int, needed: int) -> None:
    """Twenty-five calls go at once, six hundred within the first hour, the next one after it."""
    assert seconds_needed(calls, 600, 25) == needed


def test_times_in_words() -> None:
    """Seconds, minutes, then hours."""
    assert [lasting(each) for each in (40, 60, 61, 720, 7_800)] == [
        "40 seconds",
        "a minute",
        "a minute",
        "12 minutes",
        "2 h 10 min",
    ]
