"""Push: carries the outbox out, project by project, with network calls between short transactions.

Every row is marked `in_flight` before its call and stored after it. Rows are stored many at a time: what a crash, or an
answer that never came, leaves marked is looked up by its key before it is sent again (docs/architecture.md, Once).
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TypeVar

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.costs import holds_total
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.flow.removing import Remover
from qbwc_bridge.ports import OpenWork, Procore, SyncOutcome

Progress = Callable[[str], None]
T = TypeVar("T")

WRITTEN_TOGETHER = 1000
"""Direct costs whose headers, then lines, go to Procore before the next ones do: two full calls of each."""

REMOVED_TOGETHER = 50
"""Each removal is a call; so many take about a minute, well within the lease that storing them renews."""

UNCONFIRMED = "Its answer did not name it, so it is looked up before it is sent again."
"""Message of a record of which Procore said neither that it was written nor that it was refused."""

_OF_THE_MOMENT = (HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)
"""Refusals of a whole project that pass without anybody's doing."""


@dataclass(slots=True)
class Pushed:
    """What a push did: counts, and a sentence for each record that Procore refused."""

    written: int = 0
    deleted: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)
    brake: str = ""
    made: int = 0
    """Projects and vendors that were born in QuickBooks and now stand in Procore."""
    keys: int = 0
    """Keys of linked records that were written, changed or taken away."""
    detached: str = ""
    """Why nothing is written at all: a person detached the connection."""


def push(
    work: OpenWork, procore: Procore, connection_id: int, now: dt.datetime, progress: Progress, *, held: str = ""
) -> Pushed:
    """Carry the outbox out, project by project; one refused direct cost never stops the others.

    `held` is the brake's question: with it only withdrawn projects are written.
    """
    outcome = Pushed(brake=held)
    with work() as uow:
        rows = uow.writebacks.find(connection_id=connection_id)
        choices = uow.projects.find(connection_id=connection_id)
        unwritten = {choice.project_id: choice.shown.unwritten for choice in choices}
        if held:
            withdrawn = {choice.project_id for choice in choices if choice.release is None}
            rows = [row for row in rows if row.project_id in withdrawn]
        outcome.unchanged = sum(1 for row in rows if row.settled)
        projects = sorted({row.project_id for row in rows if not row.settled})
    for project_id in projects:
        progress(f"writing costs of project {project_id}")
        refused = ""
        try:
            _Writer(work, procore, connection_id, project_id, outcome, Remover(procore, project_id)).carry_out()
        except ProcoreError as problem:
            outcome.problems.append(str(problem))
            refused = "" if problem.is_outage or problem.status in _OF_THE_MOMENT else str(problem)
        if refused != unwritten.get(project_id, ""):
            _keep_refusal(work, connection_id, project_id, refused)
    with work() as uow:
        connection = uow.connections.get(connection_id)
        connection.pushed_at = now
        uow.connections.save(connection)
    return outcome


def _keep_refusal(work: OpenWork, connection_id: int, project_id: int, refused: str) -> None:
    """Keep with a project why its costs could not be written, or that they can be again."""
    with work() as uow:
        choice = uow.projects.first(connection_id=connection_id, project_id=project_id)
        if choice:
            choice.shown = replace(choice.shown, unwritten=refused)
            uow.projects.save(choice)


@dataclass(slots=True)
class _Writer:
    """Brings one project's direct costs in Procore in line with the outbox."""

    work: OpenWork
    procore: Procore
    connection_id: int
    project_id: int
    outcome: Pushed
    remover: Remover

    def carry_out(self) -> None:
        """Look up what is unsure, make budget codes, remove, then write. Raises last if removals were given up."""
        rows = self._rows()
        self._look_up([row for row in rows if row.in_flight])
        refused = self._make_codes(rows)
        pending = [row for row in rows if _pending(row)]
        goes = [row for row in pending if row.wanted is None or (row.written and row.wanted.type != row.written.type)]
        retyped = {row.origin_id: row.written for row in goes if row.wanted and row.written}
        for some in _together(goes, REMOVED_TOGETHER):
            self._remove(some)
        stays = {row.origin_id for row in goes if row.procore_id is not None}
        comes = [row for row in pending if row.wanted and row.origin_id not in stays]
        for some in _together(comes, WRITTEN_TOGETHER):
            self._write(some, {row.origin_id: cost for row in some if (cost := _sendable(row))}, refused)
        self._put_back(comes, retyped)
        if self.remover.stopped:
            raise self.remover.troubles[-1]

    def _rows(self) -> list[WriteBack]:
        """The project's rows. Its release may have been withdrawn since they were planned: then none is wanted."""
        with self.work() as uow:
            choice = uow.projects.first(connection_id=self.connection_id, project_id=self.project_id)
            rows = uow.writebacks.find(connection_id=self.connection_id, project_id=self.project_id)
            if choice is None or choice.release is None:
                for row in rows:
                    row.wanted = None
                    uow.writebacks.save(row)
        return rows

    def _look_up(self, unsure: list[WriteBack]) -> None:
        """Adopt by key what an earlier write left in Procore although its answer never came."""
        if not unsure:
            return
        there = self.remover.there()
        for row in unsure:
            take_in(row, there.get(row.origin_id))
        self._store(unsure)

    def _make_codes(self, rows: list[WriteBack]) -> dict[str, str]:
        """Make budget codes that costs need and the project lacks (ACCOUNTING 6), then put their ids into the outbox.

        Costs whose code Procore refuses stay where they are, with the reason; the others go on. A total goes on without
        that line. Gives the reasons by key.
        """
        wanting = [row for row in rows if any(line.budget_code_id == 0 for line in _lines(row))]
        made: dict[str, BudgetCode] = {}
        refused: dict[str, str] = {}
        for code in sorted({line.description for row in wanting for line in _lines(row) if line.budget_code_id == 0}):
            cost_code, _, cost_type = code.rpartition(".")
            try:
                made[code] = self.procore.create_budget_code(self.project_id, cost_code, cost_type)
            except ProcoreUnreachable:
                raise
            except ProcoreError as problem:
                refused[code] = str(problem)
        if made:
            self._remember(made)
        for row in wanting:
            if row.wanted:
                row.wanted = replace(row.wanted, lines=tuple(_with_code(line, row, made) for line in row.wanted.lines))
                row.message = " ".join(refused[line.description] for line in _lines(row) if not line.budget_code_id)
        self._store(wanting)
        self.outcome.problems += [_refused(row) for row in wanting if row.message]
        return {row.origin_id: row.message for row in wanting if row.message}

    def _remember(self, made: dict[str, BudgetCode]) -> None:
        """Add new budget codes to what is known of the project."""
        with self.work() as uow:
            choice = uow.projects.first(connection_id=self.connection_id, project_id=self.project_id)
            if choice:
                known = {code.id for code in choice.budget_codes}
                choice.budget_codes = [*choice.budget_codes, *(code for code in made.values() if code.id not in known)]
                uow.projects.save(choice)

    def _remove(self, rows: list[WriteBack]) -> None:
        """Delete direct costs that shall not stand there, or not with their type: it is set only when one is made."""
        self._begin(rows)
        try:
            self.remover.costs(rows)
        finally:
            self.outcome.problems += [_refused(row) for row in rows if row.message]
            self.outcome.deleted += sum(1 for row in rows if row.procore_id is None)
            self._store(rows)

    def _put_back(self, rows: list[WriteBack], retyped: dict[str, DirectCost]) -> None:
        """Write again, with its old type, what was deleted for the sake of a new type that Procore then refused.

        `retyped` is by key what stood there before. Else the cost would be missing; the reason stays with its row.
        """
        lost = [row for row in rows if row.origin_id in retyped and row.procore_id is None and not row.in_flight]
        for some in _together(lost, WRITTEN_TOGETHER):
            sent = {row.origin_id: _as_before(cost, retyped[row.origin_id]) for row in some if (cost := _sendable(row))}
            self._write(some, sent, {row.origin_id: row.message for row in some})

    def _write(self, rows: list[WriteBack], sent: dict[str, DirectCost], held_up: dict[str, str]) -> None:
        """Headers by sync, then lines by sync, then lines that fell away; what is refused stays with its reason.

        `sent` are the direct costs of the rows by key; `held_up` says by key why not all of it is as it should be.
        """
        self._begin(rows)
        headers = self.procore.sync_direct_costs(self.project_id, list(sent.values()))
        self._tell(headers)
        for row in rows:
            header_id = headers.ids.get(row.origin_id, row.procore_id)
            if header_id != row.procore_id:
                row.procore_id, row.line_ids = header_id, {}  # made anew: somebody had deleted it with its lines
            row.message = headers.errors.get(row.origin_id, "" if row.origin_id in headers.ids else UNCONFIRMED)
            if row.message:
                row.in_flight = row.message == UNCONFIRMED
                self.outcome.problems.append(_refused(row))
        self._store(rows)
        good = {row.procore_id: row for row in rows if row.procore_id is not None and not row.message}
        with_ids = {
            header_id: [replace(line, id=row.line_ids.get(line.origin_id)) for line in sent[row.origin_id].lines]
            for header_id, row in good.items()
        }
        lines = self.procore.sync_direct_cost_lines(self.project_id, with_ids)
        self._tell(lines)
        try:
            for row in good.values():
                self._take_lines(row, sent[row.origin_id], lines)
            taken = [row for row in good.values() if not row.message]
            self.remover.lines(taken, sent)
            for row in taken:
                self._finish(row, sent[row.origin_id], held_up)
        finally:
            self._store(good.values())

    def _tell(self, answer: SyncOutcome) -> None:
        """Tell errors of an answer that name nothing: what they are about is unconfirmed."""
        if answer.general:
            self.outcome.problems.append(answer.general)

    def _take_lines(self, row: WriteBack, cost: DirectCost, lines: SyncOutcome) -> None:
        """Take in what became of the lines of one direct cost."""
        keys = [line.origin_id for line in cost.lines]
        told = [lines.errors.get(key, "" if key in lines.ids else UNCONFIRMED) for key in keys]
        for key in keys:
            if key in lines.errors:
                row.line_ids.pop(key, None)  # it may be gone there: next time its key finds it or makes it
        row.line_ids.update({key: lines.ids[key] for key in keys if key in lines.ids})
        # A refused line leaves a mixture of old and new in Procore: what stands there is looked up before the next try.
        row.message = " ".join(sentence for sentence in dict.fromkeys(told) if sentence)
        if row.message:
            self.outcome.problems.append(_refused(row))

    def _finish(self, row: WriteBack, cost: DirectCost, held_up: dict[str, str]) -> None:
        """Note that a direct cost stands in Procore as it was sent, unless a line that fell away stays there too."""
        if row.message:
            self.outcome.problems.append(_refused(row))
            return
        row.in_flight, row.written, row.message = False, cost, held_up.get(row.origin_id, "")
        self.outcome.written += 1

    def _begin(self, rows: Collection[WriteBack]) -> None:
        """Note that calls about these rows go out now."""
        for row in rows:
            row.in_flight = True
        self._store(rows)

    def _store(self, rows: Collection[WriteBack]) -> None:
        if not rows:
            return
        with self.work() as uow:
            for row in rows:
                uow.writebacks.save(row)


def take_in(row: WriteBack, found: DirectCost | None) -> None:
    """Keep what Procore was seen to have under the key of a row, or that it has nothing."""
    row.procore_id = found.id if found else None
    mine = [line for line in found.lines if line.origin_id] if found else []
    row.line_ids = {line.origin_id: line.id for line in mine if line.id is not None}
    row.written = _as_known(found, mine, row) if found else None
    row.in_flight, row.message = False, ""


def _pending(row: WriteBack) -> bool:
    """Whether a push has something to do for a row; what waits for a refused code has not."""
    if row.wanted is None:
        return not row.settled
    cost = _sendable(row)
    return cost is not None and (cost != row.written or row.procore_id is None)


def _sendable(row: WriteBack) -> DirectCost | None:
    """What of a wanted direct cost can be written now: all or nothing, of a total the lines whose code is there."""
    known = tuple(line for line in _lines(row) if line.budget_code_id)
    if row.wanted is None or len(known) == len(row.wanted.lines):
        return row.wanted
    return replace(row.wanted, lines=known) if known and holds_total(row.origin_id) else None


def _as_before(cost: DirectCost, old: DirectCost) -> DirectCost:
    """Give a direct cost with the type that it had, and with the vendor and number that belong to that."""
    return replace(cost, type=old.type, vendor_id=old.vendor_id, invoice_number=old.invoice_number)


def _as_known(found: DirectCost, lines: list[DirectCostLine], row: WriteBack) -> DirectCost:
    """Give what stands in Procore in the form of what shall stand there: without ids, lines by code.

    If it is what was wanted or written, it is that one: what only the bridge knows of it stays known.
    """
    bare = sorted((replace(line, id=None) for line in lines), key=lambda line: line.description)
    there = replace(found, id=None, received_date=None, lines=tuple(bare))
    known = (cost for cost in (_sendable(row), row.written) if cost and replace(cost, days=()) == there)
    return next(known, there)


def _lines(row: WriteBack) -> tuple[DirectCostLine, ...]:
    return row.wanted.lines if row.wanted else ()


def _with_code(line: DirectCostLine, row: WriteBack, made: dict[str, BudgetCode]) -> DirectCostLine:
    if line.budget_code_id or line.description not in made:
        return line
    code_id = made[line.description].id
    return replace(line, budget_code_id=code_id, origin_id=f"{row.origin_id}:{code_id}")


def _together(rows: Sequence[T], count: int) -> Iterator[list[T]]:
    """Cut rows into groups of at most `count`."""
    return (list(rows[start : start + count]) for start in range(0, len(rows), count))


def _refused(row: WriteBack) -> str:
    cost = row.wanted or row.written
    called = cost.description if cost else row.origin_id
    amount = cost.amount() if cost else ZERO
    return f"{called} of {amount:,.2f}: Procore refused it: {row.message}"
