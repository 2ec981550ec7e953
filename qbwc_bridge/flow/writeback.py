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
from qbwc_bridge.domain.costs import brake
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.releasing import wanted
from qbwc_bridge.ports import OpenWork, Procore, UnitOfWork

Progress = Callable[[str], None]


@dataclass(slots=True)
class Pushed:
    """What a push did: counts, and a sentence for each direct cost that Procore refused."""

    written: int = 0
    deleted: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)
    brake: str = ""


def plan(
    uow: UnitOfWork, connection: Connection, options: Options, *, confirmed: bool = False, closed: dt.date | None = None
) -> str:
    """Fill the outbox from the ledger; gives the brake's question, or nothing.

    While the brake holds, only withdrawals are planned: it never holds those (ACCOUNTING 22). `confirmed` lets it pass
    once.
    """
    ledger = Ledger(uow, connection, options)
    rows = uow.writebacks.find(connection_id=connection.id)
    plans: list[tuple[ProjectChoice, dict[str, DirectCost], list[WriteBack]]] = []
    questions: list[str] = []
    for choice in ledger.choices.values():
        mine = [row for row in rows if row.project_id == choice.project_id]
        costs = wanted(ledger, choice, choice.release).costs if choice.release else {}
        if choice.release:
            before = {row.origin_id: row.written for row in mine if row.written}
            passed = [row.origin_id for row in mine if row.wanted and not row.written]
            question = brake(before, costs, closed, vanished=ledger.vanished(), passed=passed)
            questions += [f"Project {choice.number}: {question}"] if question else []
        plans.append((choice, costs, mine))
    held = bool(questions) and not confirmed
    for choice, costs, mine in plans:
        if not (held and choice.release):
            _fill(uow, connection, choice, costs, mine)
    if confirmed:
        _believe_vanished(uow, connection)
    asked = " ".join(questions)
    connection.brake = f"{asked} Nothing was written; look, then push with --confirm." if held else ""
    uow.connections.save(connection)
    return connection.brake


def _fill(
    uow: UnitOfWork, connection: Connection, choice: ProjectChoice, costs: dict[str, DirectCost], rows: list[WriteBack]
) -> None:
    known = {row.origin_id: row for row in rows}
    for origin_id, cost in costs.items():
        row = known.pop(origin_id, None) or uow.writebacks.add(WriteBack(connection.id, choice.project_id, origin_id))
        if row.wanted != cost:
            row.wanted = cost
            uow.writebacks.save(row)
    for row in known.values():
        if row.wanted is not None:
            row.wanted = None
            uow.writebacks.save(row)


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
    _make_codes(work, procore, connection_id, project_id)
    with work() as uow:
        pending = [
            row for row in uow.writebacks.find(connection_id=connection_id, project_id=project_id) if not _settled(row)
        ]
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
        row.procore_id = headers.ids.get(row.origin_id, row.procore_id)
        row.message = headers.errors.get(row.origin_id, "")
        if row.message:
            row.in_flight = False
            outcome.problems.append(_refused(row))
        _save(work, row)
    good = [row for row in rows if row.wanted and row.procore_id is not None and not row.message]
    by_header = {row.procore_id: _lines_with_ids(row) for row in good if row.procore_id is not None}
    lines = procore.sync_direct_cost_lines(project_id, by_header)
    for row in good:
        wanted_lines = row.wanted.lines if row.wanted else ()
        refused = [lines.errors[line.origin_id] for line in wanted_lines if line.origin_id in lines.errors]
        keep = {line.origin_id for line in wanted_lines}
        for origin_id, line_id in list(row.line_ids.items()):
            if origin_id not in keep and row.procore_id is not None:
                procore.delete_direct_cost_line(project_id, row.procore_id, line_id)
                del row.line_ids[origin_id]
        row.line_ids.update(
            {line.origin_id: lines.ids[line.origin_id] for line in wanted_lines if line.origin_id in lines.ids}
        )
        row.in_flight, row.message = False, " ".join(refused)
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
        row.line_ids = {line.origin_id: line.id for line in found.lines if line.id is not None} if found else {}
        row.written = found if found is None else replace(found, lines=tuple(found.lines))
        row.in_flight = False
        _save(work, row)


def _make_codes(work: OpenWork, procore: Procore, connection_id: int, project_id: int) -> None:
    """Make budget codes that costs need and the project lacks (ACCOUNTING 6), then put their ids into the outbox."""
    with work() as uow:
        rows = uow.writebacks.find(connection_id=connection_id, project_id=project_id)
    wanting = [row for row in rows if row.wanted and any(line.budget_code_id == 0 for line in row.wanted.lines)]
    made: dict[str, BudgetCode] = {}
    for row in wanting:
        for line in row.wanted.lines if row.wanted else ():
            if line.budget_code_id == 0 and line.description not in made:
                cost_code, _, cost_type = line.description.rpartition(".")
                made[line.description] = procore.create_budget_code(project_id, cost_code, cost_type)
    if not made:
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
                uow.writebacks.save(row)


def _with_code(line: DirectCostLine, row: WriteBack, made: dict[str, BudgetCode]) -> DirectCostLine:
    if line.budget_code_id:
        return line
    code_id = made[line.description].id
    return replace(line, budget_code_id=code_id, origin_id=f"{row.origin_id}:{code_id}")


def _lines_with_ids(row: WriteBack) -> list[DirectCostLine]:
    lines = row.wanted.lines if row.wanted else ()
    return [replace(line, id=row.line_ids.get(line.origin_id)) for line in lines]


def _save(work: OpenWork, row: WriteBack) -> None:
    with work() as uow:
        uow.writebacks.save(row)


def _refused(row: WriteBack) -> str:
    called = row.wanted.description if row.wanted else row.origin_id
    amount = row.wanted.amount() if row.wanted else ZERO
    return f"{called} of {_text(amount)}: Procore refused it: {row.message}"


def _text(amount: Decimal) -> str:
    return f"{amount:,.2f}"
