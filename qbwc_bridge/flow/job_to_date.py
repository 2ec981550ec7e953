"""Job cost to date of one project by cost code, cost type and month, beside budget and commitments.

Everything is summed from the same placed lines of the ledger, so the sums by code, by month and by document are equal.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.planned import Code, Planned, planned_of

NO_CODE: Code = ("", "")
"""Where costs stand that have no cost code, whether they wait for one or are ignored."""


@dataclass(slots=True)
class Cost:
    """A cost to date and its parts: what is for Procore, and what is not, each for its own reason."""

    due: Decimal = ZERO
    """What stands in Procore, or would after a release and a push."""
    skipped: Decimal = ZERO
    """Bills drawn on exported orders, where the release leaves them to Procore's subcontractor invoices."""
    before: Decimal = ZERO
    """Before the cut-off date, where the release leaves that out."""
    unmapped: Decimal = ZERO
    """Not in the Procore budget: it has no cost code or no cost type."""
    ignored: Decimal = ZERO
    """Left out by a person's lasting decision."""

    @property
    def total(self) -> Decimal:
        """Everything that counts as cost in QuickBooks."""
        return self.due + self.left_out + self.unmapped + self.ignored

    @property
    def left_out(self) -> Decimal:
        """What the release leaves out."""
        return self.skipped + self.before

    def add(self, item: Allocation) -> None:
        """Count a placed line."""
        part = item.reason or "due"
        setattr(self, part, getattr(self, part) + item.line.amount)

    def join(self, other: "Cost") -> None:
        """Count another cost too."""
        for part in PARTS:
            setattr(self, part, getattr(self, part) + getattr(other, part))


PARTS = ("due", "skipped", "before", "unmapped", "ignored")


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One cost code and cost type: budget and committed as Procore has them, and the cost to date."""

    cost_code: str
    cost_type: str
    name: str
    budget: Decimal
    committed: Decimal
    cost: Cost

    @property
    def code(self) -> str:
        """Cost code, dot, cost type; empty for what has none."""
        return ".".join(part for part in (self.cost_code, self.cost_type) if part)

    @property
    def percent(self) -> Decimal | None:
        """Cost to date in percent of the budget."""
        return percent(self.cost.total, self.budget)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month, named by its first day: its cost, and the cost to date at its end."""

    month: dt.date
    cost: Cost
    to_date: Decimal


@dataclass(frozen=True, slots=True)
class JobToDate:
    """The cost of one project through a date."""

    choice: ProjectChoice
    as_of: dt.date | None
    plan: Planned
    cells: Mapping[tuple[Code, dt.date], Cost] = field(default_factory=dict)
    """By code and first day of the month."""

    @property
    def cost(self) -> Cost:
        """All of it."""
        return _sum(self.cells.values())

    @property
    def budget(self) -> Decimal:
        """The whole budget."""
        return total(self.plan.budget.values())

    @property
    def committed(self) -> Decimal:
        """All that is committed."""
        return total(self.plan.committed.values())

    @property
    def percent(self) -> Decimal | None:
        """Cost to date in percent of the whole budget."""
        return percent(self.cost.total, self.budget)

    def by_code(self) -> list[CodeRow]:
        """One row for each code with a budget, a commitment or a cost; what has no code stands last."""
        sums: dict[Code, Cost] = defaultdict(Cost)
        for (code, _), cost in self.cells.items():
            sums[code].join(cost)
        codes = {*sums, *self.plan.budget, *self.plan.committed}
        return [
            CodeRow(
                *code,
                self.plan.names.get(code[0], ""),
                self.plan.budget.get(code, ZERO),
                self.plan.committed.get(code, ZERO),
                sums.get(code) or Cost(),
            )
            for code in sorted(codes, key=lambda code: (code == NO_CODE, code))
        ]

    def by_month(self) -> list[MonthRow]:
        """One row for each month with a cost, in their order."""
        sums: dict[dt.date, Cost] = defaultdict(Cost)
        for (_, month), cost in self.cells.items():
            sums[month].join(cost)
        rows, to_date = [], ZERO
        for month, cost in sorted(sums.items()):
            to_date += cost.total
            rows.append(MonthRow(month, cost, to_date))
        return rows


def job_to_date(ledger: Ledger, choice: ProjectChoice) -> JobToDate:
    """Sum one project of the ledger, through the ledger's date; no other project is read."""
    cells: dict[tuple[Code, dt.date], Cost] = defaultdict(Cost)
    for item in ledger.of_project(choice.project_id):
        cells[(item.cost_code, item.cost_type), month_of(item.document.txn_date)].add(item)
    plan = planned_of(ledger.uow, ledger.connection.id, choice.project_id)
    return JobToDate(choice, ledger.as_of, plan, dict(cells))


def month_of(date: dt.date) -> dt.date:
    """The first day of a date's month."""
    return date.replace(day=1)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Give a part in percent of the whole, half up to one decimal; None where there is no whole above zero."""
    if whole <= ZERO:
        return None
    return (part * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _sum(costs: Iterable[Cost]) -> Cost:
    found = Cost()
    for cost in costs:
        found.join(cost)
    return found
