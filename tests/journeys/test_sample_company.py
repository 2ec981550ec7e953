"""The journey on the customers, jobs and preferences of a real company file."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.rehearsal.month import Site, post_month
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore
from qbwc_bridge.rehearsal.quickbooks import Company
from tests.journeys.bridge import Bridge, MovedClock, states
from tests.support import shared_dir

CUSTOMER = "Abercrombie, Kristy"
NAME = "Wholesale/Distributor Sample File"


def contractor(clock: MovedClock) -> Procore:
    """A Procore company with one project named like an existing job, and one that is new."""
    procore = Procore(now=clock.now)
    for code, name, base_type in (("L", "Labor", "other"), ("M", "Materials", "materials"), ("O", "Other", "other")):
        procore.add_cost_type(code, name, base_type)
    for full_code, name in (("01-500", "Temporary Facilities"), ("03-300", "Cast-in-Place Concrete")):
        procore.add_cost_code(full_code, name)
    known = procore.add_vendor("Smith & Sons")
    new = procore.add_vendor("Pacific Drywall")
    for number, name, vendor in (("24-101", "Family Room", known), ("24-102", "Guest House", new)):
        project = procore.add_project(number, name)
        procore.set_budget(project, {"03-300.M": Decimal("12000.00"), "03-300.L": Decimal("8000.10")})
        procore.lock_budget(project)
        lines = [CommitmentLine("03-300.M", "Concrete", Decimal("4000.40"))]
        order = procore.add_purchase_order(project, f"PO-{number}", "Concrete", vendor, lines)
        more = CommitmentLine("03-300.M", "More concrete", Decimal("250.05"))
        procore.add_change_order(order, "001", "More", [more])
    return procore


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge to a stand-in company that holds the real lists and gives the real first answer."""
    clock = MovedClock()
    company = Company(name="to be replaced", now=clock.now)
    company.load_company((shared_dir("samples") / "rs_host_company_preferences.xml").read_text(encoding="utf-8"))
    customers = (shared_dir("samples") / "rs_customer_query_sample_company.xml").read_text(encoding="utf-8")
    assert company.load_customers(customers) == 146
    company.add_vendor("Smith & Sons")
    bridge = Bridge(tmp_path, contractor(clock), company, clock)
    bridge.connect(company_name=NAME)
    yield bridge
    bridge.app.close()


def test_what_exists_is_linked_and_the_rest_is_created_and_both_agree(real: Bridge) -> None:
    """The known job and vendor are linked and never doubled, the rest is made, and costs agree to the cent."""
    customers_before = len(real.company.customers())
    jobs_before = len(real.company.jobs())
    real.switch_on("24-101", "24-102", customer=CUSTOMER, create=False)
    assert real.visit().outcome == "done"
    assert any("Will be linked" in note for note in real.find("job", "24-101").notes)
    real.accept_all()
    visit = real.visit()
    assert visit.outcome == "done", visit.status_text

    rows = real.submissions()
    assert {row.state for row in rows} == {"synced"}, states(rows)
    assert real.find("job", "24-101").quickbooks_name == "Abercrombie, Kristy:Family Room"
    assert len(real.company.jobs()) == jobs_before + 1
    assert len(real.company.customers()) == customers_before
    assert [vendor.full_name for vendor in real.company.vendors()].count("Smith & Sons") == 1
    estimates = [estimate.total for estimate in real.company.estimates()]
    assert estimates == [Decimal("20000.10")] * 2
    assert [order.total for order in real.company.orders()] == [Decimal("4250.45")] * 2
    assert not [row for row in rows if row.reasons], states(rows)
    assert all('version="11.0"' in request for request in visit.requests)


def test_costs_of_the_sample_company_agree_to_the_cent(real: Bridge) -> None:
    """Posted costs of both jobs stand in Procore to the cent after mapping, release and push."""
    real.switch_on("24-101", "24-102", customer=CUSTOMER, create=False)
    real.visit()
    real.accept_all()
    real.visit()
    for number in ("24-101", "24-102"):
        job = real.find("job", number).quickbooks_name
        list(post_month(real.company, Site(job, "03-300:M", "03-300:L"), real.clock.now().date()))
    real.refresh_costs()
    assert real.visit().outcome == "done"
    with real.app.kit.work() as uow:
        uow.mappings.add(Mapping(real.connection.id, "account", "Job Expenses:Fuel", "01-500.O"))
    real.release("24-101", "24-102")
    real.push()

    assert real.difference() == Decimal("0.00")
    posted = real.company.job_costs()
    for number in ("24-101", "24-102"):
        job = real.find("job", number).quickbooks_name
        ours = sum(amount for (name, _), amount in posted.items() if name == job)
        there = sum(row.direct_costs for row in real.procore.budget_view(real.projects(number)[0]))
        assert there == ours != 0
