"""What Procore does not show is a sentence beside what it shows, never an empty list alone."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from qbwc_bridge.domain.procore import ChangeOrder, PrimeChange
from qbwc_bridge.domain.reading import NOTHING, BudgetRead, Changed, Known
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.tools import tool_of
from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.procore.api import budget_of, change_orders_of, commitments_of
from tests.procore.operations import USED
from tests.procore.test_procore_stand_in import Bench, fixture_bench

__all__ = ["fixture_bench"]

LINES = [CommitmentLine("03-300.M", "More", Decimal(100))]


Changes = Changed[ChangeOrder | PrimeChange]


def change_orders(bench: Bench, project: int, known: Known = NOTHING) -> Changes:
    """A reading of change orders that knows no contract yet."""
    return bench.gateway.change_orders(project, known, bench.gateway.code_book(project), {})


def rows(bench: Bench, project: int, view_id: int | None = None) -> BudgetRead:
    """A reading of the rows of a budget."""
    return bench.gateway.budget_rows(project, bench.gateway.code_book(project), view_id)


def refused(found: Changes | BudgetRead) -> str:
    """The one sentence about what is not shown."""
    (told,) = filter(None, found.notices.values())
    return told


def test_what_is_shown_whole_says_nothing(bench: Bench) -> None:
    """Nothing is refused where everything is permitted."""
    project = bench.project("24-001")
    bench.procore.set_forecast(project, "03-300.M", Decimal(500))
    found, budget = change_orders(bench, project), rows(bench, project)
    assert found.found
    assert dict(found.notices) == dict.fromkeys(
        ("prime_changes", "hidden", "hidden_lately", "tiers", "change_lines"), ""
    )
    assert dict(budget.notices) == {"views": "", "forecast_days": ""}


def test_what_is_not_asked_tells_nothing(bench: Bench) -> None:
    """A reading that has no need to ask says neither that something is hidden nor that all is shown."""
    project = bench.project("24-001")
    found = change_orders(bench, project)
    again = change_orders(bench, project, Known(found.newest, found.stamps, done=found.tried))
    assert dict(again.notices) == {}
    assert dict(rows(bench, project, rows(bench, project).view_id).notices) == {}


def test_three_tiers_are_told(bench: Bench) -> None:
    """Change orders are read, but not which line they belong to."""
    project = bench.project("24-001")
    before = bench.change_orders(project)
    bench.procore.set_tiers(project, 3)
    found = change_orders(bench, project)
    assert len(found.found) == len(before)
    assert "three tiers" in refused(found)
    assert "each addition becomes a new line" in refused(found)


def test_change_orders_of_hidden_contracts_are_told(bench: Bench) -> None:
    """A private commitment that the app may not see shows by its change orders."""
    project = bench.project("24-001")
    order = commitments_of(bench.gateway, project)[0]
    newest = change_orders(bench, project).newest
    bench.procore.add_change_order(order.id, "009", "Secret", LINES)
    bench.procore.set_commitment(order.id, private=True)
    assert not any(change_orders(bench, project).notices.values())
    bench.procore.permit("Commitments", "read", project_id=project)
    assert order.id not in [each.id for each in commitments_of(bench.gateway, project)]
    told = refused(change_orders(bench, project))
    assert "009" in told
    assert "level Admin of the tool Commitments" in told
    lately = change_orders(bench, project, Known(newest)).notices
    assert "of lately (" in lately["hidden_lately"]
    assert "009" in lately["hidden_lately"]
    assert "hidden" not in lately


def test_a_contract_with_the_owner_that_is_hidden_is_told(bench: Bench) -> None:
    """Its change orders then stand beside no estimate."""
    project = bench.project("24-001")
    prime = bench.procore.add_prime_contract(project, "PC-1", "Clinic", Decimal(1000))
    bench.procore.add_prime_change_order(prime, "1", "Canopy", LINES)
    bench.procore.permit("Prime Contracts", "none", project_id=project)
    told = refused(change_orders(bench, project))
    assert "not told beside the estimate" in told
    assert "the project's tool Prime Contracts, level Read Only" in told


def test_the_days_of_forecasts_that_are_hidden_are_told(bench: Bench) -> None:
    """The forecasts themselves are there."""
    project = bench.project("24-001")
    bench.procore.set_forecast(project, "03-300.M", Decimal(500))
    bench.procore.fail_next(status=403, path_contains="manual_forecast_line_items")
    found = rows(bench, project)
    assert Decimal(500) in [each.to_complete for each in found.forecasts]
    assert "not known when forecasts were last changed" in refused(found)


def test_lines_of_the_newer_form_that_are_hidden_are_told(bench: Bench) -> None:
    """The change order is read, without the lines that it belongs to."""
    project = bench.project("24-001")
    count = len(bench.change_orders(project))
    bench.procore.fail_next(status=403, path_contains="/rest/v2.0/", count=count)
    found = change_orders(bench, project)
    assert len(found.found) == count
    assert "Which line of the commitment" in refused(found)


def test_of_several_budget_views_the_used_one_is_named(bench: Bench) -> None:
    """The budget is the same through each."""
    project = bench.project("24-001")
    before = rows(bench, project).rows
    bench.procore.set_budget_views(project, "Owner's view", "Second")
    budget = rows(bench, project)
    assert budget.rows == before
    assert refused(budget) == (
        "The project has 2 budget views; its budget is read through Owner's view: amounts are alike in all."
    )


@pytest.mark.parametrize(
    ("tool", "level"),
    [("Budget", "Read Only"), ("Commitments", "Admin"), ("Change Orders", "Read Only"), ("Direct Costs", "Read Only")],
)
def test_a_refusal_names_tool_and_level(bench: Bench, tool: str, level: str) -> None:
    """Whether the tool is off or the permission is missing: both look alike."""
    project = bench.project("24-001")
    readings: dict[str, Callable[[], object]] = {
        "Budget": lambda: budget_of(bench.gateway, project),
        "Commitments": lambda: commitments_of(bench.gateway, project),
        "Change Orders": lambda: change_orders_of(bench.gateway, project),
        "Direct Costs": lambda: bench.gateway.direct_costs(project),
    }
    bench.procore.switch_tool(project, tool, on=False)
    with pytest.raises(ProcoreError, match=f"the app needs the project's tool {tool}, level {level}"):
        readings[tool]()
    bench.procore.switch_tool(project, tool, on=True)
    readings[tool]()


def test_every_operation_has_its_tool() -> None:
    """But for signing in and seeing the company, which need none."""
    free = {"/oauth/token", "/rest/v1.0/companies"}
    paths = {path for _, path in USED}
    assert {path for path in paths if tool_of(path.replace("{company_id}", "1")) is None} == free
