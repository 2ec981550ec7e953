"""Making in Procore what was born in QuickBooks, once a person has accepted it.

Procore keys neither projects nor vendors by anything of ours, so each step is kept before the next one: what Procore
has of that name already, then the call, then its id. Where the answer never came, what is new there under exactly that
name is ours.
"""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.procore import Project, Vendor
from qbwc_bridge.domain.records import KINDS_OUTWARD, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import BadRecord, ProcoreError, ProcoreUnreachable
from qbwc_bridge.flow.moves import BRIDGE, move, note
from qbwc_bridge.flow.procore_links import SIDES, There, know, known_before, same, stands, taken
from qbwc_bridge.ports import OpenWork, Procore, UnitOfWork

Progress = Callable[[str], None]


@dataclass(slots=True)
class Made:
    """How many projects and vendors stand in Procore now, and a sentence for each that does not."""

    count: int = 0
    problems: list[str] = field(default_factory=list)


def make(work: OpenWork, procore: Procore, connection_id: int, now: dt.datetime, progress: Progress) -> Made:
    """Make every accepted project and vendor in Procore; one that is refused never stops the others.

    What was begun and not confirmed comes last: where Procore fails at one record each time, the others are through.
    """
    outcome = Made()
    for kind in KINDS_OUTWARD:
        with work() as uow:
            rows = uow.submissions.find(connection_id=connection_id, kind=kind, state=[State.ACCEPTED, State.EXPORTING])
        if not rows:
            continue
        progress(f"making {SIDES[kind].document}s in Procore")
        try:
            there = procore.projects() if kind == "new_project" else procore.vendors()
            if there.left_out:
                # It may be the very one that would be made.
                raise BadRecord(next(iter(there.left_out.values())))
            making = _Making(work, procore, [*there.found], now, outcome)
            for row in sorted(rows, key=lambda each: (each.state is State.EXPORTING, each.id)):
                making.one(row.id)
        except ProcoreError as problem:
            outcome.problems.append(str(problem))
    return outcome


@dataclass(frozen=True, slots=True)
class _Making:
    """One push of one kind; `there` is what Procore had when it began, and what was made since."""

    work: OpenWork
    procore: Procore
    there: list[Project | Vendor]
    now: dt.datetime
    outcome: Made

    def one(self, row_id: int) -> None:
        """Make one; raises ProcoreError where Procore itself is in trouble, and the others need not be tried."""
        with self.work() as uow:
            row = uow.submissions.get(row_id)
            if not self._begin(uow, row):
                return
        try:
            made = self._create(row)
        except ProcoreError as problem:
            with self.work() as uow:
                self._not_made(uow, uow.submissions.get(row_id), problem)
            if _passes(problem):
                raise
            self.outcome.problems.append(str(problem))
            return
        self.there.append(made)
        with self.work() as uow:
            self._stands(uow, uow.submissions.get(row_id), made, "made in Procore")

    def _begin(self, uow: UnitOfWork, row: Submission) -> bool:
        """Keep that a record is about to be written; gives whether it still has to be."""
        rows = uow.submissions.find(connection_id=row.connection_id, kind=[row.kind, SIDES[row.kind].joins])
        belonging = taken(rows, row.kind)
        if row.state is State.EXPORTING:
            return self._look_up(uow, row, {*belonging, *known_before(row)})
        if row.state is not State.ACCEPTED:
            return False  # somebody took it back meanwhile
        likely = There(self.there).alike(row, belonging) if row.link_to != "new" else []
        reason = rules.several_in_procore(SIDES[row.kind].document, likely)
        if reason:
            for document in self.there:
                know(uow, row, document, self.now)
            self._ask(uow, row, State.BLOCKED, reason)
            return False
        # These will not be taken for ours later, should the answer be lost.
        row.exported = json.dumps({"before": [each.id for each in self.there if same(row, each)]})
        move(uow, row, State.EXPORTING, now=self.now, why="sent to Procore")
        return True

    def _look_up(self, uow: UnitOfWork, row: Submission, others: set[str]) -> bool:
        """Look for what was sent and whose answer never came; gives whether it has to be sent again."""
        found = [each for each in self.there if same(row, each) and str(each.id) not in others]
        if len(found) == 1:
            self._stands(uow, row, found[0], "found in Procore; the answer to its making was lost")
            return False
        record = uow.lists.first(connection_id=row.connection_id, kind=SIDES[row.kind].records, list_id=row.key)
        reason = rules.left_quickbooks(record)
        if found:
            reason = f"Procore has {len(found)} that may be the one just made: link one, and delete the others there."
        if reason:
            self._ask(uow, row, State.FAILED, reason)
        return not reason

    def _ask(self, uow: UnitOfWork, row: Submission, after: State, reason: str) -> None:
        row.reasons = [reason]
        move(uow, row, after, now=self.now, why=reason)
        self.outcome.problems.append(f"{row.number} {row.title}: {reason}".strip())

    def _create(self, row: Submission) -> Project | Vendor:
        if row.kind == "new_project":
            return Project(self.procore.create_project(row.number, row.title), row.number, row.title)
        return Vendor(self.procore.create_vendor(row.title), row.title)

    def _stands(self, uow: UnitOfWork, row: Submission, made: Project | Vendor, why: str) -> None:
        stands(uow, row, made, who=BRIDGE, now=self.now, why=why)
        self.outcome.count += 1

    def _not_made(self, uow: UnitOfWork, row: Submission, problem: ProcoreError) -> None:
        """Keep what became of a call that was not answered as it should be.

        Without an answer it may have been done: it is looked up before it is sent again. Where Procore only could not
        do it now, it waits for the next push; else a person is asked.
        """
        row.reasons = [str(problem)]
        if isinstance(problem, ProcoreUnreachable):
            uow.submissions.save(row)
            note(uow, row, now=self.now, who=BRIDGE, why=str(problem))
            return
        move(uow, row, State.FAILED, now=self.now, why=str(problem))
        if _passes(problem) or problem.status == HTTPStatus.CONFLICT:
            move(uow, row, State.ACCEPTED, now=self.now, why="it goes again with the next push")


def _passes(problem: ProcoreError) -> bool:
    """Whether a problem is Procore's own, or the allowance of calls, and passes by itself.

    A conflict passes too (somebody is at the same record), but it is of one record, and the others are tried.
    """
    return problem.is_outage or problem.status == HTTPStatus.TOO_MANY_REQUESTS
