"""What of Procore is read when: whose turn it is, and how many calls a round may take.

Where nothing is new, a project costs two calls a round on the average: the lock of its budget each round; rows and
changes of a locked budget each hour, because no list tells when they changed; the lists that tell their changes share
what is left. Each night full lists are compared. Where Procore allows fewer calls, everything takes longer in the same
proportion. With a clock slower than the usual quarter of an hour the hour counts: eight calls at most.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

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
    SMALLEST_HOURLY,
    SUBCONTRACTS,
    ReadState,
    lasting,
)
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.options import Options

Asked = Literal["round", "touched", "now", "whole"]
"""Who asks: the clock; the clock, because Procore said that something changed; a person, for what changed; a person,
for everything anew."""

CALLS_PER_ROUND = 2
"""For each project, on the average, where nothing is new."""

USUAL_SECONDS = 900
"""The clock's own time between two rounds; also where the clock is off."""

SHARE = 2 / 3
"""Of the calls that Procore allows, for the clock's reading: the rest is for people, pushes, and what changed."""

CHANGING = (ORDERS, SUBCONTRACTS, CHANGE_ORDERS)
"""Lists that tell what changed since a moment."""

WHOLE_SHARE = 0.2
"""Calls an hour that the nightly comparison of a project takes beyond what it saves the day after."""

SELDOM_SECONDS = 3 * HOUR_SECONDS
"""The longest time between two readings of those lists, while the limit allows it."""

LATE_SECONDS = 60
"""Rounds never come to the second: a minute more or less is on time."""

DRIFT_SECONDS = 10
"""By how much the time between two rounds may exceed what the clock says."""

TOUCHED = tuple(kind for kind in OF_PROJECT if kind != CODES)
"""What is read of a project of which Procore said that something changed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be read of one project, or of the company (id 0), now: these kinds, or the whole of it where it can.

    `first` was never read whole. `late` tells how old its most urgent kind is, as a multiple of that kind's time.
    """

    project_id: int
    kinds: tuple[str, ...]
    whole: bool = False
    first: bool = False
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock of a connection: seconds between two rounds, and how many times longer its rotation takes."""

    every: int
    stretch: float = 1.0

    def interval(self, kind: str, *, locked: bool) -> float:
        """Seconds between two readings of a kind."""
        if kind == LOCK:
            return self.every * self.stretch
        if kind in CHANGING:
            return self._of_changing(locked=locked) * self.stretch
        return HOUR_SECONDS * self.stretch

    def _of_changing(self, *, locked: bool) -> float:
        """Share among the lists that tell their changes what lock, rows, budget changes and the night leave."""
        in_time = math.ceil((HOUR_SECONDS + LATE_SECONDS - self.every) / (self.every + DRIFT_SECONDS))
        hourly = 2 / max(1, in_time) if locked else 0
        left = CALLS_PER_ROUND - 1 - hourly - WHOLE_SHARE * self.every / HOUR_SECONDS
        rounds = math.ceil(len(CHANGING) / left) if left > 0 else math.inf
        return min(rounds * self.every, max(SELDOM_SECONDS, self.every))

    def due(self, kind: str, age: float, *, locked: bool) -> bool:
        """Whether a kind that was read so many seconds ago is to be read in this round."""
        interval = self.interval(kind, locked=locked)
        # What must be read by its time is read before it is late, the others once it has come.
        return age >= (interval - LATE_SECONDS if kind in CHANGING else interval + LATE_SECONDS - self.every)


def seconds_between(connection: Connection, defaults: Mapping[str, str]) -> int:
    """Give the seconds between two rounds of a connection, the usual ones where its clock is off."""
    own = connection.settings.get("pull_every_seconds") or defaults.get("pull_every_seconds")
    return int(own or 0) or USUAL_SECONDS


def hourly_limit(connection: Connection) -> int:
    """Give the calls an hour that Procore allows a connection: as told last, else the smallest documented."""
    return connection.reading.hourly_limit or SMALLEST_HOURLY


def pace(every: int, projects: int, hourly: int) -> Pace:
    """Give the pace for so many projects under a limit of calls an hour."""
    wanted = projects * CALLS_PER_ROUND * HOUR_SECONDS / every
    return Pace(every, max(1.0, wanted / (hourly * SHARE)))


def calls_of_round(every: int, hourly: int) -> int:
    """Give how many calls a round of the clock may take."""
    return max(1, int(hourly * SHARE * min(every, HOUR_SECONDS) / HOUR_SECONDS))


def company_turn(connection: Connection, options: Options, asked: Asked, every: int, now: dt.datetime) -> Turn:
    """Give what of the company's own lists is to be read."""
    state, touched = connection.reading, connection.touched_at
    first = state.whole_at is None
    if first or asked == "whole" or (asked == "round" and _another_day(state, options, now)):
        return Turn(0, OF_COMPANY, whole=True, first=first)
    due = [
        kind
        for kind in OF_COMPANY
        if asked == "now"
        or _is_touched(state, kind, touched)
        or (asked == "round" and Pace(every).due(kind, _age(state, kind, now), locked=False))
    ]
    return Turn(0, tuple(due))


def turns(  # noqa: PLR0917 - one reading of a connection
    choices: Iterable[ProjectChoice],
    locked: Mapping[int, bool],
    options: Options,
    asked: Asked,
    pace_: Pace,
    now: dt.datetime,
) -> list[Turn]:
    """Give whose turn it is: projects that were never read, then the most urgent first.

    `locked` tells of each project whether its budget was locked last.
    """
    found = [_turn(each, options, asked, pace_, now, locked=locked.get(each.project_id, False)) for each in choices]
    found = [turn for turn in found if turn.kinds or turn.whole]
    return sorted(found, key=lambda turn: (not turn.first, -turn.late, turn.project_id))


def _turn(
    choice: ProjectChoice, options: Options, asked: Asked, pace_: Pace, now: dt.datetime, *, locked: bool
) -> Turn:
    state, project_id = choice.reading, choice.project_id
    rotating = {LOCK, *CHANGING, *((ROWS, BUDGET_CHANGES) if locked else ())}
    ages = {kind: _age(state, kind, now) for kind in rotating}
    late = max(age / pace_.interval(kind, locked=locked) for kind, age in ages.items())
    if state.whole_at is None or asked == "whole":
        return Turn(project_id, (), whole=True, first=state.whole_at is None, late=late)
    if asked == "now":
        return Turn(project_id, OF_PROJECT, late=late)
    touched = tuple(kind for kind in TOUCHED if _is_touched(state, kind, choice.touched_at))
    if asked == "touched":
        return Turn(project_id, touched, late=late)
    due = [kind for kind in rotating if pace_.due(kind, ages[kind], locked=locked)]
    kinds = tuple(kind for kind in OF_PROJECT if kind in {*due, *touched})
    return Turn(project_id, kinds, whole=_another_day(state, options, now), late=late)


def is_touched(connection: Connection, choices: Iterable[ProjectChoice]) -> dt.datetime | None:
    """Give when something was last touched that no later reading served, a project never read included."""
    moments = [connection.touched_at] if _open(connection.reading, OF_COMPANY, connection.touched_at) else []
    moments += [each.touched_at for each in choices if each.on and _open(each.reading, TOUCHED, each.touched_at)]
    return max((moment for moment in moments if moment), default=None)


def _open(state: ReadState, kinds: Iterable[str], touched: dt.datetime | None) -> bool:
    return any(_is_touched(state, kind, touched) for kind in kinds)


def _is_touched(state: ReadState, kind: str, touched: dt.datetime | None) -> bool:
    """Whether a kind was not read since: a touch that came while a reading was under way counts for the next."""
    read = state.read_at.get(kind)
    return touched is not None and (read is None or read <= touched)


def _age(state: ReadState, kind: str, now: dt.datetime) -> float:
    read = state.read_at.get(kind)
    return float("inf") if read is None else (now - read).total_seconds()


def _another_day(state: ReadState, options: Options, now: dt.datetime) -> bool:
    """Whether the last whole reading is of an earlier day of the office: the comparison begins after midnight."""
    read = state.whole_at
    return read is None or read.astimezone(options.zone).date() < now.astimezone(options.zone).date()


def stretched(connection: Connection, projects: int, every: int) -> str:
    """Say how long a whole round of so many projects takes, where Procore's limit is too small for the clock."""
    allowed = hourly_limit(connection)
    whole = pace(every, projects, allowed)
    if whole.stretch <= 1:
        return ""
    return f"Procore allows {allowed} calls an hour; a whole round takes {lasting(every * whole.stretch)}."
