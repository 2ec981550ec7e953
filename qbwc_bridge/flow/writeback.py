"""Write-back: the ledger of released projects becomes direct costs in Procore, each once, each explained.

`plan` compares what shall stand there with what we know stands there and fills the outbox; `push` carries it out with
network calls between short transactions. An item whose answer never came is looked up by its key before it is sent
again (DESIGN, a write to Procore).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.costs import MAX_DELETIONS, brake
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.releasing import wanted
from qbwc_bridge.ports import OpenWork, Procore, UnitOfWork

Progress = Callable[[str], None]

LOOK_UP = 512
"""Direct costs looked up by one statement."""

UNCONFIRMED = "Its answer did not name it, so it is looked up before it is sent again."
"""Message of a record of which Procore said neither that it was written nor that it was refused."""


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


def plan(
    uow: UnitOfWork, connection: Connection, options: Options, *, confirmed: bool = False, closed: dt.date | None = None
) -> str:
    """Fill the outbox from the ledger; gives the brake's question, or nothing.

    While the brake holds, only withdrawals are planned: it never holds those (ACCOUNTING 22). `confirmed` lets it pass
    once.
    """
    if connection.costs_whole_at is None or _half_applied(uow, connection):
        # The ledger is not whole: QuickBooks' costs are still being read. A withdrawal needs none.
        for choice in uow.projects.find(connection_id=connection.id):
            if choice.release is None:
                _fill(uow, choice, {})
        return connection.brake
    ledger = Ledger(uow, connection, options)
    plans = _plans(ledger, closed)
    questions = [each.question for each in plans if each.question]
    deletions = sum(each.deletions for each in plans)
    if deletions > MAX_DELETIONS and not questions:
        questions.append(f"This run would delete {deletions} direct costs in Procore, over all projects.")
    held = bool(questions) and not confirmed
    for each in plans:
        if not (held and each.choice.release):
            _fill(uow, each.choice, each.costs(ledger))
    if confirmed:
        _believe_vanished(uow, connection)
    asked = " ".join(questions)
    connection.brake = f"{asked} Nothing was written; look, then push with --confirm." if held else ""
    uow.connections.save(connection)
    return connection.brake


def _half_applied(uow: UnitOfWork, connection: Connection) -> bool:
    """Whether some answers of a reading are in the ledger and others are not: what moved may be in it twice."""
    waiting = uow.readings.find(connection_id=connection.id, stage="complete", applied_at=None)
    return any(reading.portions for reading in waiting)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One project: what the brake asks about it, and how many direct costs a run would delete."""

    choice: ProjectChoice
    question: str = ""
    deletions: int = 0

    def costs(self, ledger: Ledger) -> dict[str, DirectCost]:
        """What shall stand in Procore; reckoned when it is needed, since all projects together may be many."""
        return wanted(ledger, self.choice, self.choice.release).costs if self.choice.release else {}


def _plans(ledger: Ledger, closed: dt.date | None) -> list[_Plan]:
    """Ask the brake about every project; one that is to be read again first is left as it is."""
    plans: list[_Plan] = []
    vanished = ledger.vanished()
    for choice in ledger.choices.values():
        plan_ = _Plan(choice)
        if choice.release and ledger.being_read(choice.project_id):
            continue
        if choice.release:
            rows = ledger.uow.writebacks.find(connection_id=choice.connection_id, project_id=choice.project_id)
            before = {row.origin_id: row.written for row in rows if row.written}
            passed = [row.origin_id for row in rows if row.wanted and not row.written]
            costs = plan_.costs(ledger)
            question = brake(before, costs, closed, vanished=vanished, passed=passed)
            plan_ = _Plan(
                choice,
                question=f"Project {choice.number}: {question}" if question else "",
                deletions=len(before.keys() - costs.keys()),
            )
        plans.append(plan_)
    return plans


def _fill(uow: UnitOfWork, choice: ProjectChoice, costs: dict[str, DirectCost]) -> None:
    rows = uow.writebacks.find(connection_id=choice.connection_id, project_id=choice.project_id)
    known = {row.origin_id: row for row in rows}
    elsewhere = _elsewhere(uow, choice, [origin_id for origin_id in costs if origin_id not in known])
    for origin_id, cost in costs.items():
        row = known.pop(origin_id, None) or elsewhere.get(origin_id)
        if row is None:
            uow.writebacks.append(WriteBack(choice.connection_id, choice.project_id, origin_id, wanted=cost))
            continue
        if row.project_id != choice.project_id:
            if not (_settled(row) and row.wanted is None):
                continue  # its job belonged to another project, where it goes first
            row.project_id = choice.project_id
        if row.wanted != cost:
            row.wanted = cost
            uow.writebacks.save(row)
    for row in known.values():
        if row.wanted is not None:
            row.wanted = None
            uow.writebacks.save(row)


def _elsewhere(uow: UnitOfWork, choice: ProjectChoice, keys: list[str]) -> dict[str, WriteBack]:
    """The rows of these keys that belong to other projects: a job may have been linked to another one."""
    found: dict[str, WriteBack] = {}
    for start in range(0, len(keys), LOOK_UP):
        rows = uow.writebacks.find(connection_id=choice.connection_id, origin_id=keys[start : start + LOOK_UP])
        found.update((row.origin_id, row) for row in rows)
    return found


def _believe_vanished(uow: UnitOfWork, connection: Connection) -> None:
    for document in uow.costs.find(connection_id=connection.id, deleted=True, deletion_known=False):
        document.deletion_known = True
        uow.costs.save(document)


def push(
    work: OpenWork, procore: Procore, connection_id: int, now: dt.datetime, progress: Progress, *, held: str = ""
) -> Pushed:
    """Carry the outbox out, project by project; one refused direct cost never stops the others.

    `held` is the brake's question: with it only withdrawn projects are written.
    """
    outcome = Pushed(brake=held)
    with work() as uow:
        rows = uow.writebacks.find(connection_id=connection_id)
        if held:
            choices = uow.projects.find(connection_id=connection_id)
            withdrawn = {choice.project_id for choice in choices if choice.release is None}
            rows = [row for row in rows if row.project_id in withdrawn]
        outcome.unchanged = sum(1 for row in rows if _settled(row))
        projects = sorted({row.project_id for row in rows if not _settled(row)})
    for project_id in projects:
        progress(f"writing costs of project {project_id}")
        try:
            _push_project(work, procore, connection_id, project_id, outcome)
        except ProcoreError as problem:
            outcome.problems.append(str(problem))
    with work() as uow:
        connection = uow.connections.get(connection_id)
        connection.pushed_at = now
        uow.connections.save(connection)
    return outcome


def _settled(row: WriteBack) -> bool:
    return not row.in_flight and row.wanted == row.written and (row.wanted is None) == (row.procore_id is None)


def _push_project(work: OpenWork, procore: Procore, connection_id: int, project_id: int, outcome: Pushed) -> None:
    _look_up_unsure(work, procore, connection_id, project_id)
    _make_codes(work, procore, connection_id, project_id, outcome)
    with work() as uow:
        rows = uow.writebacks.find(connection_id=connection_id, project_id=project_id)
        pending = [row for row in rows if not _settled(row) and all(line.budget_code_id for line in _lines(row))]
        for row in pending:
            row.in_flight = True
            uow.writebacks.save(row)
    removals = [row for row in pending if row.wanted is None]
    retyped = [row for row in pending if row.wanted and row.written and row.wanted.type != row.written.type]
    for row in (*removals, *retyped):
        if row.procore_id is not None:
            procore.delete_direct_cost(project_id, row.procore_id)
        row.written, row.procore_id, row.line_ids = None, None, {}
        row.in_flight = row.wanted is not None
        outcome.deleted += 1
        _save(work, row)
    rows = [row for row in pending if row.wanted is not None]
    if rows:
        _write(work, procore, project_id, rows, outcome)


def _write(work: OpenWork, procore: Procore, project_id: int, rows: list[WriteBack], outcome: Pushed) -> None:
    """Headers by sync, then lines by sync, then lines that fell away; what is refused stays pending with its reason."""
    headers = procore.sync_direct_costs(project_id, [row.wanted for row in rows if row.wanted])
    for row in rows:
        header_id = headers.ids.get(row.origin_id, row.procore_id)
        if header_id != row.procore_id:
            row.procore_id, row.line_ids = header_id, {}  # made anew: somebody had deleted it with its lines
        row.message = headers.errors.get(row.origin_id, "" if row.origin_id in headers.ids else UNCONFIRMED)
        if row.message:
            row.in_flight = row.message == UNCONFIRMED
            outcome.problems.append(_refused(row))
        _save(work, row)
    good = [row for row in rows if row.wanted and row.procore_id is not None and not row.message]
    by_header = {row.procore_id: _lines_with_ids(row) for row in good if row.procore_id is not None}
    lines = procore.sync_direct_cost_lines(project_id, by_header)
    for row in good:
        wanted_lines = _lines(row)
        confirmed = dict.fromkeys(lines.ids, "")
        told = [{**confirmed, **lines.errors}.get(line.origin_id, UNCONFIRMED) for line in wanted_lines]
        refused = [sentence for sentence in dict.fromkeys(told) if sentence]
        for line in wanted_lines:
            if line.origin_id in lines.errors:
                row.line_ids.pop(line.origin_id, None)  # it may be gone there: next time its key finds it or makes it
        keep = {line.origin_id for line in wanted_lines}
        for origin_id, line_id in list(row.line_ids.items()):
            if origin_id not in keep and row.procore_id is not None:
                procore.delete_direct_cost_line(project_id, row.procore_id, line_id)
                del row.line_ids[origin_id]
        row.line_ids.update(
            {line.origin_id: lines.ids[line.origin_id] for line in wanted_lines if line.origin_id in lines.ids}
        )
        # A refused line leaves a mixture of old and new in Procore: what stands there is looked up before the next try.
        row.in_flight, row.message = bool(refused), " ".join(refused)
        if refused:
            outcome.problems.append(_refused(row))
        else:
            row.written = row.wanted
            outcome.written += 1
        _save(work, row)


def _look_up_unsure(work: OpenWork, procore: Procore, connection_id: int, project_id: int) -> None:
    """Adopt by key what an earlier write left in Procore although its answer never came."""
    with work() as uow:
        unsure = uow.writebacks.find(connection_id=connection_id, project_id=project_id, in_flight=True)
    if not unsure:
        return
    there = {cost.origin_id: cost for cost in procore.direct_costs(project_id) if cost.origin_id}
    for row in unsure:
        found = there.get(row.origin_id)
        row.procore_id = found.id if found else None
        mine = [line for line in found.lines if line.origin_id] if found else []
        row.line_ids = {line.origin_id: line.id for line in mine if line.id is not None}
        row.written = _as_wanted(found, mine) if found else None
        row.in_flight, row.message = False, ""
        _save(work, row)


def _as_wanted(found: DirectCost, lines: list[DirectCostLine]) -> DirectCost:
    """Give what stands in Procore in the form of what shall stand there: without ids, lines by code."""
    bare = sorted((replace(line, id=None) for line in lines), key=lambda line: line.description)
    return replace(found, id=None, lines=tuple(bare))


def _make_codes(work: OpenWork, procore: Procore, connection_id: int, project_id: int, outcome: Pushed) -> None:
    """Make budget codes that costs need and the project lacks (ACCOUNTING 6), then put their ids into the outbox.

    Costs whose code Procore refuses stay where they are, with the reason; the others go on.
    """
    with work() as uow:
        rows = uow.writebacks.find(connection_id=connection_id, project_id=project_id)
    wanting = [row for row in rows if row.wanted and any(line.budget_code_id == 0 for line in row.wanted.lines)]
    made: dict[str, BudgetCode] = {}
    refused: dict[str, str] = {}
    for code in sorted({line.description for row in wanting for line in _lines(row) if line.budget_code_id == 0}):
        cost_code, _, cost_type = code.rpartition(".")
        try:
            made[code] = procore.create_budget_code(project_id, cost_code, cost_type)
        except ProcoreUnreachable:
            raise
        except ProcoreError as problem:
            refused[code] = str(problem)
    if not wanting:
        return
    with work() as uow:
        choice = uow.projects.first(connection_id=connection_id, project_id=project_id)
        if choice:
            known = {code.id for code in choice.budget_codes}
            choice.budget_codes = [*choice.budget_codes, *(code for code in made.values() if code.id not in known)]
            uow.projects.save(choice)
        for row in wanting:
            if row.wanted:
                row.wanted = replace(row.wanted, lines=tuple(_with_code(line, row, made) for line in row.wanted.lines))
                row.message = " ".join(refused[line.description] for line in _lines(row) if not line.budget_code_id)
                uow.writebacks.save(row)
    outcome.problems += [_refused(row) for row in wanting if row.message]


def _lines(row: WriteBack) -> tuple[DirectCostLine, ...]:
    return row.wanted.lines if row.wanted else ()


def _with_code(line: DirectCostLine, row: WriteBack, made: dict[str, BudgetCode]) -> DirectCostLine:
    if line.budget_code_id or line.description not in made:
        return line
    code_id = made[line.description].id
    return replace(line, budget_code_id=code_id, origin_id=f"{row.origin_id}:{code_id}")


def _lines_with_ids(row: WriteBack) -> list[DirectCostLine]:
    return [replace(line, id=row.line_ids.get(line.origin_id)) for line in _lines(row)]


def _save(work: OpenWork, row: WriteBack) -> None:
    with work() as uow:
        uow.writebacks.save(row)


def _refused(row: WriteBack) -> str:
    called = row.wanted.description if row.wanted else row.origin_id
    amount = row.wanted.amount() if row.wanted else ZERO
    return f"{called} of {_text(amount)}: Procore refused it: {row.message}"


def _text(amount: Decimal) -> str:
    return f"{amount:,.2f}"
