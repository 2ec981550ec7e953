"""The dry run: what Procore's budget shows before and after a release of a project's costs (ACCOUNTING 19)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Allocation, judge
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, code_ids
from qbwc_bridge.domain.records import ProjectChoice, ReleaseChoice
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.key_owners import foreign_costs
from qbwc_bridge.flow.ledger import Ledger, several_orders
from qbwc_bridge.flow.planned import planned
from qbwc_bridge.flow.proof import Unmapped, described, is_ours, unmapped

LOOKALIKE_DAYS = 7
"""People type a cost in within about a week of its date."""

EVERYTHING = ReleaseChoice(dt.date.min, "detail", "write")
"""What a dry run is of where no choices are named: all costs."""


@dataclass(frozen=True, slots=True)
class DryRunRow:
    """One budget code: budget, committed, job cost already in Procore and what it would be."""

    code: str
    budget: Decimal
    committed: Decimal
    before: Decimal
    after: Decimal

    @property
    def projected_before(self) -> Decimal:
        """Committed and direct costs together, as Procore's standard budget view adds them."""
        return self.committed + self.before

    @property
    def projected_after(self) -> Decimal:
        """The same after the release."""
        return self.committed + self.after


@dataclass(frozen=True, slots=True)
class DryRun:
    """What Procore's budget shows before and after a release with `chosen`, and what a person should look at first."""

    number: str
    name: str
    chosen: ReleaseChoice
    rows: list[DryRunRow]
    new_codes: list[str]
    lookalikes: list[str]
    counted_twice: Decimal
    """Bills on exported orders that would be written: a view that adds committed and direct costs has them twice."""
    owner_invoice: Decimal
    """Direct costs that fill an owner invoice, because people gave them a received date; the bridge gives none."""
    unmapped: list[Unmapped]
    several_orders: list[str]
    unlinked_bills: list[str]
    foreign: str = ""
    """Direct costs that another integration wrote, in a sentence without its full stop."""


def dry_run(
    facts: Facts,
    ledger: Ledger,
    choice: ProjectChoice,
    costs: Sequence[DirectCost],
    chosen: ReleaseChoice = EVERYTHING,
) -> DryRun:
    """Compute a project's dry run from the ledger and Procore's direct costs as just read.

    Direct costs of status draft are no part of Procore's budget, neither those of people nor those of the bridge.
    """
    items = [_judged(item, ledger, chosen) for item in ledger.of_project(choice.project_id)]
    goes = [item for item in items if item.code and not item.reason]
    theirs = [cost for cost in costs if not is_ours(cost, ledger.connection.key)]
    documents = {item.document.txn_id: item.document for item in goes}
    have = code_ids(choice.budget_codes)
    return DryRun(
        number=choice.number,
        name=choice.name,
        chosen=chosen,
        rows=_rows(facts, choice, costs, theirs, goes if chosen.status != "draft" else []),
        new_codes=sorted({item.code for item in goes} - have.keys()),
        lookalikes=_lookalikes(items, theirs, ledger.vendors),
        counted_twice=total(item.line.amount for item in goes if ledger.on_order(item)),
        owner_invoice=total(cost.amount() for cost in costs if cost.received_date),
        unmapped=[row for row in unmapped(ledger) if row.project == choice.number],
        several_orders=[described(document) for document in several_orders(documents.values())],
        unlinked_bills=[described(bill) for bill in ledger.unlinked_bills(goes)],
        foreign=foreign_costs(theirs, ledger.connection.key),
    )


def _judged(item: Allocation, ledger: Ledger, chosen: ReleaseChoice) -> Allocation:
    """Judge a placed line by these choices instead of those that the project was released with, if it was."""
    bare = item if item.reason in ("unmapped", "ignored") else replace(item, reason="")
    return judge(bare, chosen, ledger.on_order)


def _rows(
    facts: Facts,
    choice: ProjectChoice,
    costs: Iterable[DirectCost],
    theirs: Iterable[DirectCost],
    goes: Iterable[Allocation],
) -> list[DryRunRow]:
    names = {code.id: code for code in choice.budget_codes}
    budget, committed = (defaultdict[str, Decimal](lambda: ZERO) for _ in range(2))
    plan = planned(facts.of_project(choice.project_id), choice.budget_codes)
    for amounts, found in ((budget, plan.budget), (committed, plan.committed)):
        for pair, amount in found.items():
            amounts[".".join(filter(None, pair))] += amount
    before, after = _spent(costs, names), _spent(theirs, names)
    for item in goes:
        after[item.code] += item.line.amount
    codes = sorted({*budget, *committed, *before, *after})
    return [DryRunRow(code, budget[code], committed[code], before[code], after[code]) for code in codes]


def _spent(costs: Iterable[DirectCost], names: Mapping[int, BudgetCode]) -> defaultdict[str, Decimal]:
    """What Procore's budget has as direct costs, by code."""
    sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for cost in costs:
        for line in cost.lines:
            sums[_name(names, line.budget_code_id)] += line.amount if cost.status != "draft" else ZERO
    return sums


def _name(names: Mapping[int, BudgetCode], code_id: int) -> str:
    return names[code_id].code if code_id in names else f"budget code {code_id}"


def _lookalikes(items: Iterable[Allocation], typed: Iterable[DirectCost], vendors: Mapping[str, int]) -> list[str]:
    """Costs that somebody typed in Procore already.

    They have the amount of a QuickBooks document within a week of its date, or the vendor and number of a bill.
    """
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    documents: dict[str, CostDocument] = {}
    for item in items:
        sums[item.document.txn_id] += item.line.amount
        documents[item.document.txn_id] = item.document
    alike: dict[object, list[CostDocument]] = defaultdict(list)
    for txn_id, document in documents.items():
        alike[sums[txn_id]].append(document)
        if document.ref_number and document.vendor_id in vendors:
            alike[vendors[document.vendor_id], fold(document.ref_number)].append(document)
    found: list[str] = []
    for cost in typed:
        near = [each for each in alike[cost.amount()] if abs((cost.date - each.txn_date).days) <= LOOKALIKE_DAYS]
        near += [each for each in alike[cost.vendor_id, fold(cost.invoice_number)] if each not in near]
        told = f"{cost.description or cost.type} of {cost.date}, {cost.amount():,.2f}"
        found += [f"{told}, looks like {described(each)}" for each in near]
    return found
