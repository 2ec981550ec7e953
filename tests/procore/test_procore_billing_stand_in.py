"""Contracts, subcontractors' invoices and forecasts against the stand-in: what people typed is what is read."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import PrimeChange
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.rehearsal.procore import CommitmentLine, InvoiceLine, demo_company
from tests.procore.api import FakeClock, change_orders_of, commitments_of, forecasts_of
from tests.procore.test_procore_stand_in import Bench, open_bench


@pytest.fixture(name="bench")
def fixture_bench() -> Iterator[Bench]:
    """Make the company of the demonstration with the edge on it."""
    clock = FakeClock()
    bench = open_bench(demo_company(clock.now), clock)
    yield bench
    bench.gateway.close()


def test_prime_contracts_with_their_approved_changes(bench: Bench) -> None:
    """Original and revised amount agree with the change orders that are read beside them."""
    project = bench.project("24-001")
    contract = bench.procore.add_prime_contract(project, "PC-1", "Maple Clinic", Decimal("900000.50"))
    for number, status in (("1", "approved"), ("2", "pending")):
        lines = [CommitmentLine("03-300.M", "Canopy", Decimal("500.25"))]
        bench.procore.add_prime_change_order(contract, number, "Canopy", lines, status=status)
    (read,) = bench.gateway.prime_contracts(project)
    changes = [each for each in change_orders_of(bench.gateway, project) if isinstance(each, PrimeChange)]
    approved = total(each.amount for each in changes if each.status == "approved")
    assert (read.id, read.in_force, read.original) == (contract, True, Decimal("900000.50"))
    assert (len(changes), approved, read.revised) == (2, Decimal("500.25"), read.original + approved)
    assert bench.gateway.prime_contracts(bench.project("24-002")) == []


def test_many_invoices_are_read_whole_and_add_up(bench: Bench) -> None:
    """Over several pages each comes once; approved claims by code are the budget's, retainage the last total."""
    project = bench.project("24-001")
    contract = next(each for each in commitments_of(bench.gateway, project) if each.subcontract)
    first, second = (each.id for each in contract.lines)
    for number in range(1, 321):
        lines = [InvoiceLine(first, Decimal("10.05"), stored=Decimal(number)), InvoiceLine(second, Decimal(number % 2))]
        status = "draft" if number % 5 == 0 else "approved"
        bench.procore.add_subcontractor_invoice(
            contract.id, f"DG-{number}", lines, status=status, billing_date=dt.date(2026, 3, 1)
        )
    found = bench.gateway.subcontractor_invoices(project)
    assert [each.number for each in found] == list(range(1, 321))
    assert {each.unexplained for each in found} == {ZERO}
    assert total(each.retainage or ZERO for each in found) == found[-1].retainage_to_date
    approved = total(each.amount() for each in found if each.approved)
    seen = {row.wbs_code_id: row.invoiced for row in bench.procore.budget_view(project) if row.invoiced}
    assert seen == {line.budget_code_id: approved for each in found for line in each.lines}
    assert (found[0].commitment_id, found[0].vendor_id) == (contract.id, contract.vendor_id)
    assert {line.contract_line_id for each in found for line in each.lines} == {first, second}


def test_forecasts_are_those_of_the_budget_page(bench: Bench) -> None:
    """Every budgeted code has one; those of people are told apart, with the day of the itemized ones."""
    project = bench.project("24-001")
    bench.procore.set_forecast(project, "03-300.M", Decimal("46000.10"))
    bench.procore.set_forecast(project, "05-120.S", ZERO, itemized=False)
    bench.procore.budget_columns["revised"] = "Forecast To Complete"
    seen = {row.wbs_code_id: row for row in bench.procore.budget_view(project) if row.budget_line_id is not None}
    found = {each.budget_code_id: each for each in forecasts_of(bench.gateway, project)}
    assert {key: each.to_complete for key, each in found.items()} == {key: row.forecast for key, row in seen.items()}
    by_hand = {seen[key].code: each.changed for key, each in found.items() if each.manual}
    assert by_hand == {"03-300.M": dt.date(2026, 3, 2), "05-120.S": None}


@pytest.mark.parametrize("path", ["prime_contracts", "requisitions", "budget_views"])
def test_a_hidden_tool_raises(bench: Bench, path: str) -> None:
    """Each of the three lists tells that it may not be read."""
    project, gateway = bench.project("24-001"), bench.gateway
    reads: dict[str, Callable[[int], object]] = {
        "prime_contracts": gateway.prime_contracts,
        "requisitions": gateway.subcontractor_invoices,
        "budget_views": lambda project_id: forecasts_of(gateway, project_id),
    }
    bench.procore.fail_next(status=403, path_contains=path)
    with pytest.raises(ProcoreError, match="switch the tool on"):
        reads[path](project)
