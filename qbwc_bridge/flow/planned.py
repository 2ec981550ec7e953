"""What a project's budget codes hold in Procore: budget, and what is committed on them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import Budget, BudgetCode, ChangeOrder, Commitment, Document
from qbwc_bridge.ports import UnitOfWork

Code = tuple[str, str]
"""Cost code and cost type."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Amounts by cost code and cost type; `names` are the cost codes' own, as far as Procore tells them."""

    budget: dict[Code, Decimal]
    committed: dict[Code, Decimal]
    names: dict[str, str]


def planned(documents: Iterable[Document], codes: Iterable[BudgetCode]) -> Planned:
    """Sum one project's documents: its budget with approved changes, approved commitments and change orders.

    `codes` are the project's budget codes; an amount on one that it lacks is told by its id, without a type.
    """
    known = {code.id: code for code in codes}
    budget, committed = (defaultdict[Code, Decimal](lambda: ZERO) for _ in range(2))
    for document in documents:
        match document:
            case Budget() as found:
                known |= {row.code.id: row.code for row in found.rows if row.code.id not in known}
                for code_id, amount in found.amounts().items():
                    code = known.get(code_id)
                    budget[_pair(code) if code else (f"budget code {code_id}", "")] += amount
            case Commitment() | ChangeOrder() as contract:
                for code, amount in _contracted(contract):
                    known.setdefault(code.id, code)
                    committed[_pair(code)] += amount
    names = {code.cost_code: code.cost_code_name for code in known.values() if code.cost_code_name}
    return Planned(dict(budget), dict(committed), names)


def planned_of(uow: UnitOfWork, connection_id: int, project_id: int) -> Planned:
    """Read one project's documents, as Procore gave them last, and sum them."""
    kinds = ["budget", "commitment", "change_order"]
    rows = uow.documents.find(connection_id=connection_id, project_id=project_id, kind=kinds, gone=False)
    choice = uow.projects.first(connection_id=connection_id, project_id=project_id)
    return planned((row.document for row in rows), choice.budget_codes if choice else ())


def _contracted(contract: Commitment | ChangeOrder) -> Iterator[tuple[BudgetCode, Decimal]]:
    """The coded lines of a contract or change order that is approved."""
    held = rules.not_approved(contract) if isinstance(contract, Commitment) else rules.change_not_approved(contract)
    if not held:
        yield from ((line.code, line.amount) for line in contract.lines if line.code)


def _pair(code: BudgetCode) -> Code:
    return code.cost_code, code.cost_type
