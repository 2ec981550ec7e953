"""The work-in-progress schedule: laws that hold for any job, the cases decided, the example of its page."""

import datetime as dt
import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.money import CENT, ZERO, cents, readable, total
from qbwc_bridge.domain.wip import (
    NO_BUDGET,
    NO_CONTRACT_BUDGET,
    NO_DAY,
    NO_FORECAST,
    WipCode,
    WipProject,
    WipRow,
    wip_row,
    wip_totals,
)
from tests.repository import ROOT

PAGE = " ".join((ROOT / "docs" / "work-in-progress.md").read_text(encoding="utf-8").split())
AMOUNTS = st.decimals(-(10**7), 10**7, places=2)
MOSTLY = st.one_of(st.just(ZERO), st.decimals(0, 10**7, places=2), AMOUNTS)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
CODES = st.builds(
    WipCode,
    st.sampled_from(["03-300.M", "03-300.S", "01-310.L", ""]),
    *([MOSTLY] * 4),
    forecast=st.none() | MOSTLY,
    forecast_changed=st.none() | DAYS,
)
PROJECTS = st.builds(
    WipProject,
    st.integers(1, 9),
    st.just("24-001 Maple Clinic"),
    st.none() | MOSTLY,
    st.lists(CODES, max_size=5).map(tuple),
    *([MOSTLY] * 4),
)


def job(*codes: WipCode, contract: str | None = "1000.00", **more: Any) -> WipRow:
    """Reckon a job."""
    return wip_row(WipProject(7, "Job", None if contract is None else Decimal(contract), codes, **more))


def code(budget: str = "0", committed: str = "0", cost: str = "0", drawn: str = "0", **more: Any) -> WipCode:
    """A budget code."""
    return WipCode("03-300.M", Decimal(budget), Decimal(committed), Decimal(cost), Decimal(drawn), **more)


def shown(row: WipRow, *names: str) -> list[str]:
    """Give columns as they are shown."""
    return [str(getattr(row, name)) for name in names]


@given(PROJECTS)
def test_the_columns_of_a_job_agree(project: WipProject) -> None:
    """Every figure is what its formula says of the others, to the cent, whatever goes in."""
    row = wip_row(project)
    assert row.revised_contract == row.original_contract + row.approved_changes
    assert row.earned - row.billed == row.underbilled - row.overbilled
    assert ZERO in (row.overbilled, row.underbilled)
    assert min(row.overbilled, row.underbilled) == ZERO
    assert row.backlog == row.revised_contract - row.earned
    assert row.cost_to_complete == row.estimated_cost - row.cost_to_date
    assert row.cost_to_complete >= 0
    assert 0 <= row.percent_complete <= 100
    assert row.earned - row.cost_to_date == row.earned_profit + row.loss_ahead
    assert row.whole_loss >= 0
    assert row.loss_ahead >= 0
    if row.whole_loss:
        assert row.earned_profit == row.estimated_profit == -row.whole_loss
    else:
        assert row.loss_ahead == 0


@given(PROJECTS)
def test_what_is_earned_is_the_exact_share_rounded_once(project: WipProject) -> None:
    """Earned and percents come from the unrounded share, and each lies within half a hundredth of the exact value."""
    row = wip_row(project)
    if row.estimated_cost <= 0:
        assert shown(row, "earned", "percent_complete") == ["0.00", "0.00"]
        return
    share = Fraction(max(row.cost_to_date, ZERO)) / Fraction(row.estimated_cost)
    assert abs(Fraction(row.earned) - share * Fraction(row.revised_contract)) <= Fraction(1, 200)
    assert abs(Fraction(row.percent_complete) - share * 100) <= Fraction(1, 200)


@given(st.lists(PROJECTS, max_size=6))
def test_totals_are_the_sums_of_their_columns(projects: list[WipProject]) -> None:
    """Each column in dollars adds up by itself; over- and underbilled jobs do not cancel each other."""
    rows = [wip_row(project) for project in projects]
    sums = wip_totals(rows)
    assert sums.jobs == len(rows)
    for name in ("revised_contract", "estimated_cost", "cost_to_date", "earned", "earned_profit", "billed", "backlog"):
        assert getattr(sums, name) == total(getattr(row, name) for row in rows)
    for name in ("overbilled", "underbilled", "cost_to_complete", "whole_loss", "loss_ahead", "retainage_payable"):
        assert getattr(sums, name) == total(getattr(row, name) for row in rows)
    profits = [row.estimated_profit for row in rows if row.estimated_profit is not None]
    assert sums.estimated_profit == (total(profits) if profits else None)


@given(CODES)
def test_an_estimate_is_never_below_what_is_known(one: WipCode) -> None:
    """No code is estimated below its cost to date; without a forecast neither below budget nor commitments."""
    estimated = one.estimated()
    assert estimated >= one.cost_to_date
    if one.forecast is None:
        assert estimated >= max(one.revised_budget, one.committed + one.cost_to_date - one.drawn)
        assert estimated in (one.revised_budget, one.committed + one.cost_to_date - one.drawn, one.cost_to_date)


@given(st.integers(1, 10**6), st.integers(0, 10**6), AMOUNTS)
def test_half_a_cent_is_rounded_away_from_zero(estimated: int, cost: int, contract: Decimal) -> None:
    """What is earned is Decimal's own half-up rounding of the exact value."""
    row = job(code(str(max(estimated, cost)), cost=str(cost)), contract=str(contract))
    exact = Context(prec=60).divide(contract * cost, Decimal(max(estimated, cost)))
    assert row.earned == exact.quantize(CENT, rounding=ROUND_HALF_UP)


def test_halves_go_up_on_both_sides() -> None:
    """Half of 0.01 is 0.01, half of -0.01 is -0.01, and 0.005 % is 0.01 %."""
    assert job(code("2", cost="1"), contract="0.01").earned == CENT
    assert job(code("2", cost="1"), contract="-0.01").earned == -CENT
    assert job(code("20000", cost="1")).percent_complete == CENT


def test_estimates_by_code() -> None:
    """Drawn costs are in the commitment already, others come on top; a forecast comes on top of both."""
    assert code("100", "80", "50", "30").estimated() == 100
    assert code("90", "80", "50", "30").estimated() == 100
    assert code("0", "0", "50").estimated() == 50
    assert code("100", "80", "120", "120").estimated() == 120
    assert code("500", "80", "50", "30", forecast=Decimal(7)).estimated() == 107
    assert code("500", "80", "50", "50", forecast=Decimal(-60)).estimated() == 50


def test_the_source_names_the_last_change_of_the_forecast() -> None:
    """All codes, some codes, no code, and a day that Procore does not tell each have their words."""
    one: dict[str, Any] = {"forecast": Decimal(5), "forecast_changed": dt.date(2026, 3, 4)}
    other = one | {"forecast_changed": dt.date(2026, 2, 1)}
    assert job(code("10", **one), code("10", **other), code()).source == "forecast of 2026-03-04"
    assert job(code("10", **other), code("10")).source == f"forecast of 2026-02-01 on 1 of 2 codes, else {NO_FORECAST}"
    assert job(code("10")).source == NO_FORECAST
    assert job(code("10", forecast=Decimal(5))).source == f"forecast of {NO_DAY}"


def test_a_job_without_a_budget_earns_its_cost() -> None:
    """Costs without a budget show no profit and no full completion, but a loss once they are above the contract."""
    row = job(code(cost="400"))
    assert shown(row, "estimated_cost", "earned", "estimated_profit") == ["1000.00", "400.00", "0.00"]
    assert row.source == NO_BUDGET
    above = job(code(cost="1400"))
    assert shown(above, "estimated_cost", "percent_complete", "earned") == ["1400.00", "100.00", "1000.00"]
    assert above.whole_loss == 400
    assert job().percent_complete == 0


def test_a_job_without_a_contract_earns_nothing() -> None:
    """Profit stays open and no loss is shown; what was billed is overbilled; with a budget or without."""
    for budget in ("900", "0"):
        row = job(code(budget, cost="400"), contract=None, billed=Decimal(50))
        assert shown(row, "earned", "whole_loss", "backlog") == ["0.00", "0.00", "0.00"]
        assert shown(row, "estimated_profit", "profit_percent") == ["None", "None"]
        assert shown(row, "overbilled", "earned_profit") == ["50.00", "-400.00"]
    assert job(code(cost="400"), contract=None).source == NO_CONTRACT_BUDGET
    assert wip_totals([job(contract=None)]).estimated_profit is None


def test_zero_estimates_credits_and_negative_billing() -> None:
    """Nothing estimated earns nothing, a net credit earns nothing, and credited billing is underbilled."""
    assert job().earned == job(code("0", forecast=ZERO)).earned == 0
    credit = job(code("100", cost="-10"))
    assert shown(credit, "percent_complete", "earned", "cost_to_complete") == ["0.00", "0.00", "110.00"]
    row = job(code("500", cost="250"), billed=Decimal(-20))
    assert shown(row, "earned", "underbilled", "overbilled") == ["500.00", "520.00", "0.00"]


def test_the_last_month_stands_beside() -> None:
    """Percent complete and estimated profit of the last closed month are shown; in the first month they are empty."""
    before = job(code("800", cost="200"))
    row = job(code("900", cost="450"), last=before)
    assert (row.last_percent, row.last_profit) == (Decimal("25.00"), Decimal("200.00"))
    assert (before.last_percent, before.last_profit) == (None, None)


def example() -> WipProject:
    """Read the example of the page."""
    part = PAGE.split("## An example", 1)[1]
    found = re.findall(r"\| (\d\S+\.[A-Z]) " + r"\| ([\d,.]*) ?" * 6 + r"\|", part)
    day = re.search(r"last changed on (\S+):", part)
    assert day is not None
    codes = []
    for name, budget, committed, cost, drawn, forecast, estimated in found:
        more = WipCode(name, read(budget), read(committed), read(cost), read(drawn))
        if forecast:
            more = replace(more, forecast=read(forecast), forecast_changed=dt.date.fromisoformat(day[1]))
        assert more.estimated() == read(estimated)
        codes.append(more)
    assert len(codes) == 5
    said = column(part)
    return WipProject(
        7,
        "Job",
        said["original_contract"],
        tuple(codes),
        said["approved_changes"],
        said["billed"],
        said["retainage_receivable"],
        said["retainage_payable"],
    )


def column(part: str) -> dict[str, Decimal]:
    """Read the table of columns and amounts."""
    return {name.replace(" ", "_"): read(amount) for name, amount in re.findall(r"\| ([a-z ]+) \| ([\d,.]+) \|", part)}


def read(amount: str) -> Decimal:
    """Read an amount of the page."""
    return cents(amount.replace(",", ""))


def test_the_example_of_the_page_is_reckoned_right() -> None:
    """Every figure and the source in docs/work-in-progress.md is what the schedule gives for the example's input."""
    row, said = wip_row(example()), column(PAGE.split("## An example", 1)[1])
    assert {name: getattr(row, name) for name in said} == said
    assert len(said) == 19
    assert f"Source of the estimate: {row.source}." in PAGE


def test_the_loss_of_the_page_is_reckoned_right() -> None:
    """The sentence about the same job with a smaller contract is true to the cent."""
    project = example()
    smaller = Decimal("400000.00") - project.approved_changes
    row = wip_row(replace(project, original_contract=smaller))
    figures = (row.whole_loss, row.earned, row.cost_to_date - row.earned, row.whole_loss, row.loss_ahead)
    part = PAGE.split("If the contract were 400,000.00", 1)[1]
    assert re.findall(r"[\d,]+\.\d\d", part) == [readable(each) for each in figures]


def test_the_page_names_the_source_as_the_schedule_does() -> None:
    """What stands beside an estimate without a forecast can be found in the page."""
    assert f'"{NO_FORECAST}"' in PAGE
