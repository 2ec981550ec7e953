"""The proof document by document: each amount by which QuickBooks and Procore differ, and why (ACCOUNTING 24)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow import pending
from qbwc_bridge.flow.ledger import Ledger, released
from qbwc_bridge.flow.planned import Code
from qbwc_bridge.flow.proof import code_names, code_of, ours, rows_of
from qbwc_bridge.flow.reasons import Evidence, Reasons
from qbwc_bridge.flow.totals import outbox_through

UNEXPLAINED = "unexplained"
"""Why of an amount for which no document stands. A test shows that there never is one; it would be a fault of ours."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One document at one code: its amount by the ledger and in Procore, and why they differ.

    Those of one row of the proof add up to its difference; what was left out by choice differs by nothing.
    """

    project: str
    cost_code: str
    cost_type: str
    document: str
    quickbooks: Decimal
    procore: Decimal
    difference: Decimal
    why: str


@dataclass(slots=True)
class _Amounts:
    quickbooks: Decimal = ZERO
    left_out: Decimal = ZERO
    procore: Decimal = ZERO

    @property
    def due(self) -> Decimal:
        """What shall stand in Procore."""
        return self.quickbooks - self.left_out


def explain(ledger: Ledger, costs: Mapping[int, list[DirectCost]]) -> list[Explained]:
    """Explain the proof of `ledger` and `costs`, Procore's direct costs as just read, of every date, by project id."""
    outbox = outbox_of(ledger)
    found = released(ledger.choices.values())
    return [row for each in found for row in explain_released(ledger, each, costs.get(each.project_id, []), outbox)]


def outbox_of(ledger: Ledger) -> dict[str, WriteBack]:
    """The outbox of a connection by key, through the ledger's date."""
    outbox = {row.origin_id: row for row in ledger.uow.writebacks.find(connection_id=ledger.connection.id)}
    return outbox_through(outbox, ledger.as_of) if ledger.as_of else outbox


def explain_released(
    ledger: Ledger, choice: ProjectChoice, costs: Sequence[DirectCost], outbox: Mapping[str, WriteBack]
) -> list[Explained]:
    """Explain one project; nothing of it can differ before its release."""
    if choice.release is None:
        return []
    return explain_project(
        Evidence(
            key=ledger.connection.key,
            choice=choice,
            release=choice.release,
            items=ledger.of_project(choice.project_id),
            costs=costs,
            outbox=outbox,
            document=ledger.document,
            stands=ledger.stands,
            pending=lambda txn_id: pending.stands(ledger, txn_id),
            jobs=ledger.jobs,
            sink=ledger.options.actuals_sink,
            brake=ledger.connection.brake,
            as_of=ledger.as_of,
        )
    )


def explain_project(evidence: Evidence) -> list[Explained]:
    """Explain one project, in the order of its rows; documents that agree are not told."""
    by_code = _by_code(evidence)
    reasons = Reasons(evidence)
    number = evidence.choice.number
    found: list[Explained] = []
    for row in rows_of(evidence.choice, evidence.items, ours(evidence.costs, evidence.key, evidence.as_of)):
        code = row.cost_code, row.cost_type
        told = [
            Explained(
                number,
                *code,
                reasons.called(origin, code),
                amounts.quickbooks,
                amounts.procore,
                amounts.due - amounts.procore,
                reasons.why(origin, code, amounts.due, amounts.procore),
            )
            for origin, amounts in sorted(by_code[code].items())
            if amounts.due != amounts.procore or amounts.left_out != ZERO
        ]
        found += told
        rest = row.difference - total(each.difference for each in told)
        if rest != ZERO:
            found.append(Explained(number, *code, "", ZERO, ZERO, rest, UNEXPLAINED))
    return found


def _by_code(evidence: Evidence) -> dict[Code, dict[str, _Amounts]]:
    """Amounts by code and key of a direct cost."""
    found: dict[Code, dict[str, _Amounts]] = defaultdict(lambda: defaultdict(_Amounts))
    for item in evidence.items:
        if item.cost_code:
            amounts = found[item.cost_code, item.cost_type][evidence.origin(item)]
            amounts.quickbooks += item.line.amount
            amounts.left_out += item.line.amount if item.reason else ZERO
    names = code_names(evidence.choice)
    for cost in ours(evidence.costs, evidence.key, evidence.as_of):
        for line in cost.lines:
            found[code_of(names, line)][cost.origin_id].procore += line.amount
    return found
