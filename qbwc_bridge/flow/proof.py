"""Proof: QuickBooks, the ledger and Procore side by side, to the cent (ACCOUNTING 24)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain
from typing import Protocol

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.keys import beginning
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.domain.txn_types import called_type
from qbwc_bridge.flow.ledger import Ledger, released
from qbwc_bridge.flow.planned import Code


@dataclass(frozen=True, slots=True)
class Row:
    """One project and code: job cost in QuickBooks, ours in Procore, what a rule leaves out, and the difference."""

    project: str
    cost_code: str
    cost_type: str
    quickbooks: Decimal
    procore: Decimal
    skipped: Decimal
    invoices: Decimal = ZERO
    """Approved subcontractors' invoices in Procore."""
    others: Decimal = ZERO
    """Direct costs in Procore that the bridge did not write."""
    pending: Decimal = ZERO
    """Entered in QuickBooks, but not posted yet."""

    @property
    def difference(self) -> Decimal:
        """QuickBooks less Procore less what is skipped on purpose."""
        return self.quickbooks - self.procore - self.skipped


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A cost that is not in the Procore budget: no code was given to it yet, or a person decided to ignore it."""

    project: str
    document: str
    account_or_item: str
    amount: Decimal
    ignored: bool


class Waiting(Protocol):
    """A line that is entered in QuickBooks and posts nothing yet, as far as the proof looks at it."""

    @property
    def cost_code(self) -> str:
        """Where it would belong; empty without a code."""
        ...

    @property
    def cost_type(self) -> str:
        """The same."""
        ...

    @property
    def amount(self) -> Decimal:
        """In the company's currency."""
        ...


@dataclass(slots=True)
class Beside:
    """What stands beside the comparison of one project, by code; never part of a difference."""

    invoices: Mapping[Code, Decimal] = field(default_factory=dict)
    others: Mapping[Code, Decimal] = field(default_factory=dict)
    pending: Mapping[Code, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of one connection; `difference` is the sum of the rows' absolute differences."""

    rows: list[Row]
    unmapped: list[Unmapped]

    @property
    def difference(self) -> Decimal:
        """0.00 when both systems agree."""
        return total(abs(row.difference) for row in self.rows)


def prove(ledger: Ledger, costs: Mapping[int, list[DirectCost]]) -> Proof:
    """Compare the ledger of released projects with `costs`: Procore's direct costs as just read, by project id.

    A ledger through a date is compared with the costs through that date.
    """
    found = released(ledger.choices.values())
    rows = (prove_project(ledger, each, costs.get(each.project_id, [])) for each in found)
    return Proof(list(chain.from_iterable(rows)), unmapped(ledger))


def prove_project(
    ledger: Ledger, choice: ProjectChoice, costs: Iterable[DirectCost], beside: Beside | None = None
) -> list[Row]:
    """Compare one released project with Procore's direct costs there."""
    mine = ours(costs, ledger.connection.key, ledger.as_of)
    return rows_of(choice, ledger.of_project(choice.project_id), mine, beside)


def rows_of(
    choice: ProjectChoice, items: Iterable[Allocation], costs: Iterable[DirectCost], beside: Beside | None = None
) -> list[Row]:
    """Compare the placed lines of one project with our direct costs there, code by code."""
    beside = beside or Beside()
    quickbooks, skipped = _sums(items)
    names = code_names(choice)
    procore: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    for line in chain.from_iterable(cost.lines for cost in costs):
        procore[code_of(names, line)] += line.amount
    return [
        Row(
            choice.number,
            *code,
            quickbooks.get(code, ZERO),
            procore.get(code, ZERO),
            skipped.get(code, ZERO),
            beside.invoices.get(code, ZERO),
            beside.others.get(code, ZERO),
            beside.pending.get(code, ZERO),
        )
        for code in sorted({*quickbooks, *procore, *beside.invoices, *beside.others, *beside.pending})
    ]


def known_rows(ledger: Ledger, choice: ProjectChoice) -> list[Row]:
    """Compare a released project with what the bridge wrote there and Procore confirmed, code by code."""
    if choice.release is None:
        return []
    rows = ledger.uow.writebacks.find(connection_id=choice.connection_id, project_id=choice.project_id)
    written = ours((row.written for row in rows if row.written), ledger.connection.key, ledger.as_of)
    return rows_of(choice, ledger.of_project(choice.project_id), written)


def with_pending(choice: ProjectChoice, rows: Iterable[Row], waiting: Iterable[Waiting]) -> list[Row]:
    """Give the rows of one project with what is entered but not posted yet, which may bring rows of its own."""
    sums: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    for each in waiting:
        if each.cost_code:
            sums[each.cost_code, each.cost_type] += each.amount
    known = {(row.cost_code, row.cost_type): row for row in rows}
    return [
        replace(known.get(code) or Row(choice.number, *code, ZERO, ZERO, ZERO), pending=sums.get(code, ZERO))
        for code in sorted({*known, *sums})
    ]


def ours(costs: Iterable[DirectCost], key: str, as_of: dt.date | None) -> list[DirectCost]:
    """Those direct costs that carry the connection's key, through a date."""
    return [cost for cost in costs if is_ours(cost, key) and (not as_of or cost.date <= as_of)]


def is_ours(cost: DirectCost, key: str) -> bool:
    """Whether the connection of that key wrote a direct cost."""
    return cost.origin_id.startswith(beginning(key))


def code_names(choice: ProjectChoice) -> dict[int, Code]:
    """Cost code and cost type of a project's budget codes, by Procore's id."""
    return {code.id: (code.cost_code, code.cost_type) for code in choice.budget_codes}


def code_of(names: Mapping[int, Code], line: DirectCostLine) -> Code:
    """The code of a line in Procore; one that the project's list lacks is told by its id, without a type."""
    return names.get(line.budget_code_id, (f"budget code {line.budget_code_id}", ""))


def unmapped(ledger: Ledger) -> list[Unmapped]:
    """Costs of linked jobs without a code: the list "not in the Procore budget", and what people ignore."""
    return [each for choice in ledger.linked for each in unmapped_of(ledger, choice)]


def unmapped_of(ledger: Ledger, choice: ProjectChoice) -> list[Unmapped]:
    """The same of one project."""
    return [
        Unmapped(
            project=choice.number,
            document=described(item.document),
            account_or_item=item.line.item or item.line.account,
            amount=item.line.amount,
            ignored=item.reason == "ignored",
        )
        for item in ledger.of_project(choice.project_id)
        if item.reason in ("unmapped", "ignored")
    ]


def described(document: CostDocument) -> str:
    """Name a document as a bookkeeper finds it: type, number, date, payee."""
    kind = called_type(document.txn_type).capitalize()
    return " ".join(f"{kind} {document.ref_number} of {document.txn_date} {document.payee}".split())


def _sums(items: Iterable[Allocation]) -> tuple[dict[Code, Decimal], dict[Code, Decimal]]:
    all_of: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    skipped: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    for item in items:
        if item.cost_code:
            all_of[item.cost_code, item.cost_type] += item.line.amount
            if item.reason in ("skipped", "before"):
                skipped[item.cost_code, item.cost_type] += item.line.amount
    return dict(all_of), dict(skipped)
