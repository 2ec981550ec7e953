"""The work-in-progress schedule: what each job has earned, against what was billed (ACCOUNTING 25).

Pure reckoning by the cost-to-cost method. Amounts are brought to whole cents when they come in; what is earned is
reckoned exactly from the unrounded share of cost, then rounded half up to cents. Percents are for show: half up to
0.01. `docs/work-in-progress.md` says the same for accountants.

Decided where the rule is silent:

- Estimated total cost is never below the cost to date, code by code; so percent complete is never above 100, and never
  below 0 either: a cost to date of less than nothing earns nothing.
- Nothing budgeted and nothing forecast: the estimate is the contract, or what is committed and spent if that is more.
  So a job without a budget earns what it costs, without profit, until somebody makes a budget.
- No contract: nothing is earned, estimated profit and its percent stay empty, and no loss is shown, since nobody can
  say what the job will bring. What was billed without a contract is overbilled.
- Billed may be negative (more credit memos than invoices): it is then underbilled by more than was earned.
- A loss job's earned profit is its whole loss, whatever its percent complete; `earned` itself stays contract times
  percent, and `loss_ahead` is what of the loss the cost to date does not show yet.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from qbwc_bridge.domain.money import ZERO, cents, total

NO_FORECAST = "no forecast: larger of budget and commitments plus uncommitted cost"
NO_BUDGET = "no budget and no forecast: the contract, so that no profit shows"
NO_CONTRACT_BUDGET = "no budget and no forecast: commitments plus uncommitted cost"
NO_DAY = "a day that Procore does not tell"


@dataclass(frozen=True, slots=True)
class WipCode:
    """What one budget code brings to the estimate; costs without a budget code come under an empty `code`.

    `committed` is the revised amount of the commitments in force on this code. `drawn` is the part of `cost_to_date`
    that bills drew on those commitments; the rest of the cost is uncommitted. `forecast` is the project manager's
    forecast to complete, what will be spent beyond commitments and uncommitted cost; None where no person set one.
    """

    code: str
    revised_budget: Decimal = ZERO
    committed: Decimal = ZERO
    cost_to_date: Decimal = ZERO
    drawn: Decimal = ZERO
    forecast: Decimal | None = None
    forecast_changed: dt.date | None = None

    def estimated(self) -> Decimal:
        """The estimated total cost of this code, never below its cost to date.

        Without a forecast: the larger of the revised budget and of commitments plus uncommitted cost. With one:
        commitments plus uncommitted cost plus the forecast, as Procore's standard views reckon it.
        """
        spent = cents(self.cost_to_date)
        known = max(cents(self.committed) + spent - cents(self.drawn), spent)
        if self.forecast is not None:
            return max(known + cents(self.forecast), spent)
        return max(cents(self.revised_budget), known)

    def counts(self) -> bool:
        """Whether anything stands on this code."""
        return self.forecast is not None or any((self.revised_budget, self.committed, self.cost_to_date, self.drawn))


@dataclass(frozen=True, slots=True)
class WipProject:
    """What is known of one project at the end of the period.

    `original_contract` is None where there is no contract in force. `billed` is invoices less credit memos, gross of
    retainage and without tax. `last` is the project's row of the last closed month, None in the first.
    """

    project_id: int
    name: str
    original_contract: Decimal | None
    codes: tuple[WipCode, ...]
    approved_changes: Decimal = ZERO
    billed: Decimal = ZERO
    retainage_receivable: Decimal = ZERO
    retainage_payable: Decimal = ZERO
    last: "WipRow | None" = None
    number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class WipMoney:
    """The columns in US dollars, which add up over jobs. Over- and underbilled are never netted across jobs."""

    original_contract: Decimal = ZERO
    approved_changes: Decimal = ZERO
    revised_contract: Decimal = ZERO
    estimated_cost: Decimal = ZERO
    estimated_profit: Decimal | None = None
    """Revised contract less estimated total cost; None without a contract. The total is of the jobs that have one."""
    cost_to_date: Decimal = ZERO
    earned: Decimal = ZERO
    earned_profit: Decimal = ZERO
    """Earned less cost to date; of a loss job, its whole loss."""
    billed: Decimal = ZERO
    overbilled: Decimal = ZERO
    """Billed beyond what is earned: a liability."""
    underbilled: Decimal = ZERO
    """Earned but not billed: an asset."""
    cost_to_complete: Decimal = ZERO
    backlog: Decimal = ZERO
    """What of the revised contract is still to be earned."""
    whole_loss: Decimal = ZERO
    """By how much the estimated total cost is above the revised contract; zero for a job without loss."""
    loss_ahead: Decimal = ZERO
    """The part of the whole loss that earned less cost to date does not show: what has to be provided for."""
    retainage_receivable: Decimal = ZERO
    retainage_payable: Decimal = ZERO
    last_profit: Decimal | None = None
    """The estimated profit of the last closed month."""


@dataclass(frozen=True, slots=True)
class WipRow(WipMoney):
    """The row of one job. Percents are in percent, 43.21 for 43.21 %."""

    project_id: int = 0
    name: str = ""
    source: str = ""
    """Where the estimated total cost comes from, in words."""
    percent_complete: Decimal = ZERO
    profit_percent: Decimal | None = None
    """Estimated profit in percent of the revised contract; None without a contract above zero."""
    last_percent: Decimal | None = None
    """Percent complete of the last closed month."""
    number: str = ""
    """The project's number."""
    note: str = ""
    """What a person should know before trusting the row; empty when all is well."""

    @property
    def is_loss(self) -> bool:
        """Whether the job will cost more than its contract brings."""
        return self.whole_loss > 0


@dataclass(frozen=True, slots=True)
class WipTotals(WipMoney):
    """The last line of the schedule: sums of columns. It has no percents, since a mean over jobs says nothing."""

    jobs: int = 0


def wip_row(project: WipProject) -> WipRow:
    """Reckon the row of a project; see the module for the cases that the rule leaves open."""
    original, changes = cents(project.original_contract or ZERO), cents(project.approved_changes)
    in_contract = project.original_contract is not None
    revised = original + changes if in_contract else ZERO
    estimated, source = _estimate(project, revised if in_contract else None)
    cost, billed = total(cents(code.cost_to_date) for code in project.codes), cents(project.billed)
    done = max(cost, ZERO)
    earned = _share(revised, done, estimated)
    profit = revised - estimated if in_contract else None
    loss = max(-profit, ZERO) if profit is not None else ZERO
    earned_profit = -loss if loss else earned - cost
    return WipRow(
        project_id=project.project_id,
        name=project.name,
        number=project.number,
        note=project.note,
        source=source,
        original_contract=original,
        approved_changes=revised - original,
        revised_contract=revised,
        estimated_cost=estimated,
        estimated_profit=profit,
        profit_percent=_share(Decimal("100.00"), profit, revised) if profit is not None and revised > 0 else None,
        cost_to_date=cost,
        percent_complete=_share(Decimal("100.00"), done, estimated),
        earned=earned,
        earned_profit=earned_profit,
        billed=billed,
        overbilled=max(billed - earned, ZERO),
        underbilled=max(earned - billed, ZERO),
        cost_to_complete=estimated - cost,
        backlog=revised - earned,
        whole_loss=loss,
        loss_ahead=earned - cost - earned_profit,
        retainage_receivable=cents(project.retainage_receivable),
        retainage_payable=cents(project.retainage_payable),
        last_percent=project.last.percent_complete if project.last else None,
        last_profit=project.last.estimated_profit if project.last else None,
    )


def wip_totals(rows: Iterable[WipRow]) -> WipTotals:
    """Add the columns up; a column that no row tells stays None."""
    jobs = list(rows)
    sums: dict[str, Decimal | None] = {}
    for column in fields(WipMoney):
        told = [amount for amount in (getattr(row, column.name) for row in jobs) if amount is not None]
        sums[column.name] = total(told) if told or column.default is not None else None
    return WipTotals(**sums, jobs=len(jobs))  # type: ignore[arg-type]  # a None goes only where None is allowed


def _estimate(project: WipProject, contract: Decimal | None) -> tuple[Decimal, str]:
    """Give the estimated total cost and where it comes from; `contract` is None where there is none."""
    counted = [code for code in project.codes if code.counts()]
    reckoned = total(code.estimated() for code in counted)
    forecast = [code for code in counted if code.forecast is not None]
    if not forecast and not any(code.revised_budget for code in counted):
        return (reckoned, NO_CONTRACT_BUDGET) if contract is None else (max(contract, reckoned), NO_BUDGET)
    return reckoned, _source(len(forecast), len(counted), [code.forecast_changed for code in forecast])


def _source(forecast: int, counted: int, days: list[dt.date | None]) -> str:
    """Name the forecast by the day on which it was last changed."""
    if not forecast:
        return NO_FORECAST
    known = [day for day in days if day is not None]
    told = f"forecast of {max(known) if known else NO_DAY}"
    return told if forecast == counted else f"{told} on {forecast} of {counted} codes, else {NO_FORECAST}"


def _share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Give amount * part / whole, exact until it is rounded half up to 0.01; of nothing, nothing.

    In whole hundredths, since the product of two amounts may have more digits than Decimal's own division keeps.
    """
    if whole <= 0:
        return ZERO
    top, bottom = _hundredths(amount) * _hundredths(part), _hundredths(whole)
    rounded = (2 * abs(top) + bottom) // (2 * bottom)
    return Decimal(rounded if top >= 0 else -rounded).scaleb(-2) + ZERO


def _hundredths(amount: Decimal) -> int:
    return int(amount.scaleb(2))
