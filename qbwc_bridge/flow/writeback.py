"""Write-back: the ledger of released projects becomes rows of the outbox, each direct cost once.

`plan` compares what shall stand in Procore with what we know stands there; `pushing` carries it out.
"""

import datetime as dt
from dataclasses import dataclass

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.costs import MAX_DELETIONS, brake, deletions
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.releasing import wanted
from qbwc_bridge.ports import UnitOfWork

LOOK_UP = 512
"""Direct costs looked up by one statement."""

NOT_YET = "It cannot be confirmed yet: QuickBooks' costs are not read whole. Let the Web Connector visit first."


def who_confirms(connection: Connection) -> str:
    """Say what the brake waits for: who looks and lets it pass, and how."""
    push = f'qbwc-bridge push "{connection.name}"'
    return (
        f"Nothing was written: an administrator looks with `{push} --dry-run`, and if it is right lets it pass once "
        f"with `{push} --confirm`."
    )


def plan(
    uow: UnitOfWork, connection: Connection, options: Options, *, confirmed: bool = False, closed: dt.date | None = None
) -> str:
    """Fill the outbox from the ledger; gives the brake's question, or nothing.

    While the brake holds, only withdrawals are planned: it never holds those (ACCOUNTING 22). `confirmed` lets it pass
    once. After a restore nothing is planned before a person has confirmed.
    """
    if connection.restored_at and not confirmed:
        return connection.brake
    connection.restored_at = None
    ledger = Ledger(uow, connection, options)
    if connection.costs_whole_at is None or _half_applied(uow, connection):
        # The ledger is not whole: QuickBooks' costs are still being read. A withdrawal needs none.
        for choice in ledger.choices.values():
            if choice.release is None:
                _fill(uow, choice, {})
        return f"{connection.brake} {NOT_YET}" if connection.brake and confirmed else connection.brake
    plans = _plans(ledger, closed)
    questions = [each.question for each in plans if each.question]
    deleted = sum(each.deletions for each in plans)
    if deleted > MAX_DELETIONS and not questions:
        questions.append(f"This run would delete {deleted} direct costs in Procore, over all projects.")
    held = bool(questions) and not confirmed
    for each in plans:
        if not (held and each.choice.release):
            _fill(uow, each.choice, each.costs(ledger))
    if confirmed:
        _believe_vanished(uow, connection)
    asked = " ".join(questions)
    connection.brake = f"{asked} {who_confirms(connection)}" if held else ""
    uow.connections.save(connection)
    return connection.brake


def _half_applied(uow: UnitOfWork, connection: Connection) -> bool:
    """Whether some answers of a reading are in the ledger and others are not: what moved may be in it twice."""
    waiting = uow.readings.find(connection_id=connection.id, stage="complete", applied_at=None)
    return any(reading.portions for reading in waiting)


@dataclass(frozen=True, slots=True)
class Plan:
    """One project: what the brake asks about it, and how many direct costs a run would delete."""

    choice: ProjectChoice
    question: str = ""
    deletions: int = 0

    def costs(self, ledger: Ledger) -> dict[str, DirectCost]:
        """What shall stand in Procore; reckoned when it is needed, since all projects together may be many."""
        return wanted(ledger, self.choice, self.choice.release).costs if self.choice.release else {}


def _plans(ledger: Ledger, closed: dt.date | None) -> list[Plan]:
    """Ask the brake about every project; one that is to be read again first is left as it is."""
    plans: list[Plan] = []
    vanished = ledger.vanished()
    for choice in ledger.choices.values():
        plan_ = Plan(choice)
        if choice.release and ledger.being_read(choice.project_id):
            continue
        if choice.release:
            plan_ = ask(ledger, choice, plan_.costs(ledger), closed, vanished=vanished)
        plans.append(plan_)
    return plans


def ask(
    ledger: Ledger, choice: ProjectChoice, costs: dict[str, DirectCost], closed: dt.date | None, *, vanished: int = 0
) -> Plan:
    """Ask the brake about one released project in which `costs` shall stand."""
    rows = ledger.uow.writebacks.find(connection_id=choice.connection_id, project_id=choice.project_id)
    before = {row.origin_id: row.written for row in rows if row.written}
    passed = [row.origin_id for row in rows if row.wanted and not row.written]
    question = brake(before, costs, closed, vanished=vanished, passed=passed)
    told = f"Project {choice.number}: {question}" if question else ""
    return Plan(choice, question=told, deletions=len(deletions(before, costs)))


def _fill(uow: UnitOfWork, choice: ProjectChoice, costs: dict[str, DirectCost]) -> None:
    rows = uow.writebacks.find(connection_id=choice.connection_id, project_id=choice.project_id)
    known = {row.origin_id: row for row in rows}
    elsewhere = rows_elsewhere(uow, choice, [origin_id for origin_id in costs if origin_id not in known])
    for origin_id, cost in costs.items():
        row = known.pop(origin_id, None) or elsewhere.get(origin_id)
        if row is None:
            uow.writebacks.append(WriteBack(choice.connection_id, choice.project_id, origin_id, wanted=cost))
            continue
        if row.project_id != choice.project_id:
            if not (row.settled and row.wanted is None):
                continue  # its job belonged to another project, where it goes first
            row.project_id = choice.project_id
        if row.wanted != cost:
            row.wanted = cost
            uow.writebacks.save(row)
    for row in known.values():
        if row.wanted is not None:
            row.wanted = None
            uow.writebacks.save(row)


def rows_elsewhere(uow: UnitOfWork, choice: ProjectChoice, keys: list[str]) -> dict[str, WriteBack]:
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
