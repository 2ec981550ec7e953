"""What Procore does not show is a sentence beside what it shows, never an empty list alone."""

from decimal import Decimal
from typing import Any

import pytest

from qbwc_bridge.domain.shown import Partly
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.tools import tool_of
from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.procore.operations import USED
from tests.procore.test_procore_stand_in import Bench, fixture_bench

__all__ = ["fixture_bench"]

LINES = [CommitmentLine("03-300.M", "More", Decimal(100))]


def refused(found: Partly[Any]) -> str:
    """The one sentence about what is not shown."""
    (told,) = found.refused
    return told


def test_what_is_shown_whole_says_nothing(bench: Bench) -> None:
    """Nothing is refused where everything is permitted."""
    project = bench.project("24-001")
    assert bench.gateway.change_orders(project)
    assert bench.gateway.change_orders(project).refused == ()
    assert bench.gateway.forecasts(project).refused == ()
    assert bench.gateway.budget(project).notices == ()


def test_three_tiers_are_told(bench: Bench) -> None:
    """Change orders are read, but not which line they belong to."""
    project = bench.project("24-001")
    before = bench.change_orders(project)
    bench.procore.set_tiers(project, 3)
    found = bench.gateway.change_orders(project)
    assert len(found) == len(before)
    assert "three tiers" in refused(found)
    assert "each addition becomes a new line" in refused(found)


def test_change_orders_of_hidden_contracts_are_told(bench: Bench) -> None:
    """A private commitment that the app may not see shows by its change orders."""
    project = bench.project("24-001")
    order = bench.gateway.commitments(project)[0]
    bench.procore.add_change_order(order.id, "009", "Secret", LINES)
    bench.procore.set_commitment(order.id, private=True)
    assert bench.gateway.change_orders(project).refused == ()
    bench.procore.permit("Commitments", "read", project_id=project)
    assert order.id not in [each.id for each in bench.gateway.commitments(project)]
    told = refused(bench.gateway.change_orders(project))
    assert "009" in told
    assert "level Admin of the tool Commitments" in told


def test_a_contract_with_the_owner_that_is_hidden_is_told(bench: Bench) -> None:
    """Its change orders then stand beside no estimate."""
    project = bench.project("24-001")
    prime = bench.procore.add_prime_contract(project, "PC-1", "Clinic", Decimal(1000))
    bench.procore.add_prime_change_order(prime, "1", "Canopy", LINES)
    bench.procore.permit("Prime Contracts", "none", project_id=project)
    told = refused(bench.gateway.change_orders(project))
    assert "not told beside the estimate" in told
    assert "the project's tool Prime Contracts, level Read Only" in told


def test_the_days_of_forecasts_that_are_hidden_are_told(bench: Bench) -> None:
    """The forecasts themselves are there."""
    project = bench.project("24-001")
    bench.procore.set_forecast(project, "03-300.M", Decimal(500))
    bench.procore.fail_next(status=403, path_contains="manual_forecast_line_items")
    found = bench.gateway.forecasts(project)
    assert Decimal(500) in [each.to_complete for each in found]
    assert "not known when forecasts were last changed" in refused(found)


def test_lines_of_the_newer_form_that_are_hidden_are_told(bench: Bench) -> None:
    """The change order is read, without the lines that it belongs to."""
    project = bench.project("24-001")
    count = len(bench.change_orders(project))
    bench.procore.fail_next(status=403, path_contains="/rest/v2.0/", count=count)
    found = bench.gateway.change_orders(project)
    assert len(found) == count
    assert "Which line of the commitment" in refused(found)


def test_of_several_budget_views_the_used_one_is_named(bench: Bench) -> None:
    """The budget is the same through each."""
    project = bench.project("24-001")
    before = bench.gateway.budget(project).rows
    bench.procore.set_budget_views(project, "Owner's view", "Second")
    budget = bench.gateway.budget(project)
    assert budget.rows == before
    assert budget.notices == (
        "The project has 2 budget views; its budget is read through Owner's view: amounts are alike in all.",
    )


@pytest.mark.parametrize(
    ("tool", "level"),
    [("Budget", "Read Only"), ("Commitments", "Admin"), ("Change Orders", "Read Only"), ("Direct Costs", "Read Only")],
)
def test_a_refusal_names_tool_and_level(bench: Bench, tool: str, level: str) -> None:
    """Whether the tool is off or the permission is missing: both look alike."""
    project = bench.project("24-001")
    readings = {
        "Budget": bench.gateway.budget,
        "Commitments": bench.gateway.commitments,
        "Change Orders": bench.gateway.change_orders,
        "Direct Costs": bench.gateway.direct_costs,
    }
    bench.procore.switch_tool(project, tool, on=False)
    with pytest.raises(ProcoreError, match=f"the app needs the project's tool {tool}, level {level}"):
        readings[tool](project)
    bench.procore.switch_tool(project, tool, on=True)
    readings[tool](project)


def test_every_operation_has_its_tool() -> None:
    """But for signing in and seeing the company, which need none."""
    free = {"/oauth/token", "/rest/v1.0/companies"}
    paths = {path for _, path in USED}
    assert {path for path in paths if tool_of(path.replace("{company_id}", "1")) is None} == free
