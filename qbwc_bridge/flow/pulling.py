"""A reading of Procore: whose turn it is, read and kept one after the other, within the calls that a round may take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from qbwc_bridge.domain.reading import (
    OF_PROJECT,
    SMALLEST_SPIKE,
    lasting,
    seconds_needed,
)
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.flow import intake, rotation
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.procore_reading import ProjectReader, before, passes, read_company
from qbwc_bridge.flow.rotation import Asked, Turn
from qbwc_bridge.ports import Clock, OpenWork, Procore, UnitOfWork

Progress = Callable[[str], None]
"""Told one short sentence at each step."""

Done = TypeVar("Done")

USUAL_FIRST_CALLS = 60
"""Calls of a first reading of a project with twenty orders and fifteen change orders, until one was counted."""

WORTH_TELLING_SECONDS = 60
"""A reading that takes longer is announced with its calls and its time."""


@dataclass(slots=True)
class Reading:
    """One reading of a connection: who asked for it, and what it came to."""

    work: OpenWork
    procore: Procore
    connection_id: int
    clock: Clock
    options: Options
    asked: Asked
    every: int
    """Seconds between two rounds."""
    progress: Progress
    settle: Callable[[], None]
    """Lets what was read so far be reviewed, before a long wait."""
    problems: list[str] = field(default_factory=list)
    """Sentences about what could not be read."""
    notices: list[str] = field(default_factory=list)
    """Sentences about what Procore shows only in part."""
    down: str = ""
    """Why Procore could not be reached, where that ended the reading."""
    _begun: int = 0

    def run(self) -> None:
        """Read and keep; raises ProcoreError when the company's own lists cannot be read."""
        self._begun = self.procore.allowance().calls
        with self.work() as uow:
            connection = uow.connections.get(self.connection_id)
        self._company(connection)
        with self.work() as uow:
            connection = uow.connections.get(self.connection_id)
            self.problems += connection.reading.left_out.sentences
            turns, names = self._turns(uow, connection)
        self._announce(connection, turns)
        self._projects(connection, turns, names)
        with self.work() as uow:
            connection = uow.connections.get(self.connection_id)
            connection.reading.hourly_limit = self.procore.allowance().hourly or connection.reading.hourly_limit
            uow.connections.save(connection)
            self.notices = [
                f"{row.number or row.name}: {notice}"
                for row in uow.projects.find(connection_id=self.connection_id, on=True, order="number")
                for notice in row.shown.notices
            ]

    @property
    def calls(self) -> int:
        """Calls so far; those of others at the same time are among them, since they count for Procore as well."""
        return self.procore.allowance().calls - self._begun

    @property
    def _by_clock(self) -> bool:
        return self.asked in {"round", "touched"}

    def _company(self, connection: Connection) -> None:
        now = self.clock.now()
        turn = rotation.company_turn(connection, self.options, self.asked, self.every, now)
        if not turn.kinds:
            return
        self.progress(f"reading {', '.join(kind.replace('_', ' ') for kind in turn.kinds)} of the company")
        read = partial(read_company, self.procore, connection.reading, turn.kinds, now, whole=turn.whole)
        self._keep(self._patiently(read))

    def _keep(self, portion: intake.Portion) -> None:
        with self.work() as uow:
            intake.store(uow, uow.connections.get(self.connection_id), portion, self.clock.now())

    def _turns(self, uow: UnitOfWork, connection: Connection) -> tuple[list[Turn], dict[int, str]]:
        """Give whose turn it is, and what projects are called; one that Procore shows no more is told."""
        choices = uow.projects.find(connection_id=connection.id, on=True)
        self.problems += [
            f"Project {row.number or row.project_id} is not active in Procore, or not shown to the bridge."
            for row in choices
            if not row.active
        ]
        choices = [row for row in choices if row.active]
        budgets = uow.documents.find(connection_id=connection.id, kind="budget", gone=False)
        locked = {row.project_id: bool(getattr(row.document, "locked", False)) for row in budgets}
        pace = rotation.pace(self.every, len(choices), rotation.hourly_limit(connection))
        found = rotation.turns(choices, locked, self.options, self.asked, pace, self.clock.now())
        return found, {row.project_id: f"{row.number} {row.name}".strip() for row in choices}

    # ------------------------------------------------------------ projects

    def _projects(self, connection: Connection, turns: Sequence[Turn], names: dict[int, str]) -> None:
        allowed = rotation.calls_of_round(self.every, rotation.hourly_limit(connection)) if self._by_clock else None
        # Half of the calls are enough for what is read whole, unless the rotation leaves more.
        needed = sum(len(turn.kinds) for turn in turns)
        for_whole = None if allowed is None else max(allowed // 2, allowed - needed)
        compared = 0
        for place, turn in enumerate(turns, start=1):
            whole = turn.whole and (for_whole is None or compared < for_whole)
            kinds = OF_PROJECT if whole else turn.kinds
            if not kinds or (allowed is not None and self.calls >= allowed):
                continue
            started, name = self.calls, names[turn.project_id]
            self.progress(f"reading {name} ({place} of {len(turns)}, {started:,} calls so far)")
            try:
                done = self._patiently(partial(self._project, turn, kinds, allowed, whole=whole))
            except ProcoreError as problem:
                self.problems.append(f"{name}: {problem}")
                if passes(problem):
                    self.down = str(problem) if problem.is_outage else ""
                    self._tell_rest(turns[place:])
                    return
                continue
            compared += self.calls - started if whole else 0
            if turn.first and whole:
                self._count_first(self.calls - started, done=done)

    def _patiently(self, step: Callable[[], Done]) -> Done:
        """Take a step; a person's reading waits where Procore allows no call for long, and takes it again."""
        while True:
            try:
                return step()
            except ProcoreError as problem:
                if self._by_clock or problem.status != HTTPStatus.TOO_MANY_REQUESTS:
                    raise
                self.settle()
                if not self.procore.rest(self.progress):
                    raise

    def _project(self, turn: Turn, kinds: Sequence[str], allowed: int | None, *, whole: bool) -> bool:
        """Read a project, as far as the round's calls go; gives whether it was read to its end."""
        with self.work() as uow:
            known = before(uow, self.connection_id, turn.project_id)
        reader = ProjectReader(
            self.procore,
            known,
            self.clock.now(),
            whole=whole,
            closely=self.asked in {"now", "whole"},
            anew=self.asked == "whole",
        )
        try:
            for portion in reader.read(kinds):
                self._keep(portion)
                left = {kind: part.left for kind, part in portion.parts.items() if part.left}
                if left and allowed is not None and self.calls >= allowed:
                    return False  # the next round goes on here
                for kind, count in left.items():
                    self.progress(f"    {count:,} {kind.replace('_', ' ')} to come, {self.calls:,} calls so far")
        except ProcoreError as problem:
            if not passes(problem):
                with self.work() as uow:
                    connection = uow.connections.get(self.connection_id)
                    intake.refuse(uow, connection, turn.project_id, reader.reading, str(problem))
            raise
        return True

    def _count_first(self, calls: int, *, done: bool) -> None:
        with self.work() as uow:
            connection = uow.connections.get(self.connection_id)
            connection.reading.first_calls += calls
            connection.reading.first_projects += done
            uow.connections.save(connection)

    def _tell_rest(self, left: Sequence[Turn]) -> None:
        if left:
            self.problems.append(f"{len(left)} projects are left for the next reading, which goes on where this ended.")

    # ------------------------------------------------------------ beforehand

    def _announce(self, connection: Connection, turns: Sequence[Turn]) -> None:
        """Say beforehand what a long reading takes, where a person asked or projects are read for the first time."""
        state, limit = connection.reading, self.procore.allowance()
        firsts = sum(1 for turn in turns if turn.first)
        each = state.first_calls / state.first_projects if state.first_projects else USUAL_FIRST_CALLS
        every_record = firsts if self.asked != "whole" else len(turns)
        calls = int(every_record * each) + sum(len(turn.kinds) for turn in turns if not turn.whole)
        hourly = limit.hourly or rotation.hourly_limit(connection)
        seconds = seconds_needed(calls, hourly, limit.spike or SMALLEST_SPIKE)
        if seconds > WORTH_TELLING_SECONDS and (firsts or self.asked in {"now", "whole"}):
            self.progress(
                f"{len(turns)} projects, {firsts} of them for the first time, take some {calls:,} calls; Procore "
                f"allows {hourly:,} an hour, so that is {lasting(seconds)} or more"
            )
