"""Proof: QuickBooks, the ledger and Procore side by side, to the cent (ACCOUNTING 24)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Allocation, called_type
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow.ledger import Ledger, released

Code = tuple[str, str]
"""Cost code and cost type."""


@dataclass(frozen=True, slots=True)
class Row:
    """One project and code: job cost in QuickBooks, ours in Procore, what a rule leaves out, and the difference."""

    project: str
    cost_code: str
    cost_type: str
    quickbooks: Decimal
    procore: Decimal
    skipped: Decimal

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


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of one connection; `difference` is the sum of the rows' absolute differences."""

    rows: list[Row]
    unmapped: list[Unmapped]

    @property
    def difference(self) -> Decimal:
        """0.00 when both systems agree."""
        return total(abs(row.difference) for row in self.rows)


def prove(ledger: Ledger, costs: dict[int, list[DirectCost]]) -> Proof:
    """Compare the ledger of released projects with `costs`: Procore's direct costs as just read, by project id.

    A ledger through a date is compared with the costs through that date.
    """
    key, found = ledger.connection.key, released(ledger.choices.values())
    rows = [
        rows_of(each, ledger.of_project(each.project_id), ours(costs.get(each.project_id, []), key, ledger.as_of))
        for each in found
    ]
    return Proof(list(chain.from_iterable(rows)), unmapped(ledger))


def rows_of(choice: ProjectChoice, items: Iterable[Allocation], costs: Iterable[DirectCost]) -> list[Row]:
    """Compare the placed lines of one project with our direct costs there, code by code."""
    quickbooks, skipped = _sums(items)
    names = code_names(choice)
    procore: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    for line in chain.from_iterable(cost.lines for cost in costs):
        procore[code_of(names, line)] += line.amount
    return [
        Row(choice.number, *code, quickbooks.get(code, ZERO), procore.get(code, ZERO), skipped.get(code, ZERO))
        for code in sorted({*quickbooks, *procore})
    ]


def ours(costs: Iterable[DirectCost], key: str, as_of: dt.date | None) -> list[DirectCost]:
    """Those direct costs that carry the connection's key, through a date."""
    return [cost for cost in costs if cost.origin_id.startswith(f"qbd:{key}:") and (not as_of or cost.date <= as_of)]


def code_names(choice: ProjectChoice) -> dict[int, Code]:
    """Cost code and cost type of a project's budget codes, by Procore's id."""
    return {code.id: (code.cost_code, code.cost_type) for code in choice.budget_codes}


def code_of(names: Mapping[int, Code], line: DirectCostLine) -> Code:
    """The code of a line in Procore; one that the project's list lacks is told by its id, without a type."""
    return names.get(line.budget_code_id, (f"budget code {line.budget_code_id}", ""))


def unmapped(ledger: Ledger) -> list[Unmapped]:
    """Costs of linked jobs without a code: the list "not in the Procore budget", and what people ignore."""
    return [
        Unmapped(
            project=ledger.choices[item.project_id].number,
            document=described(item.document),
            account_or_item=item.line.item or item.line.account,
            amount=item.line.amount,
            ignored=item.reason == "ignored",
        )
        for item in ledger.allocations
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
