from decimal import Decimal

from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.rehearsal.month import Site, post_month
from tests.journeys.bridge import Bridge, states


def export(bridge: Bridge) -> None:
    """Bring everything that can go into QuickBooks."""
    bridge.switch_on()
    assert bridge.visit().outcome == "done"
    assert bridge.accept_all() > 0
    assert bridge.visit().outcome == "done"


def post_costs(bridge: Bridge) -> None:
    """Post a month of costs on every job."""
    items = sorted(item.full_name for item in bridge.company.items())
    materials = next(name for name in items if name.endswith(":M"))
    labor = next(name for name in items if name.endswith(":L"))
    for job in bridge.company.jobs():
        list(post_month(bridge.company, Site(job.full_name, materials, labor), bridge.clock.now().date()))


def test_everything_is_blocked_before_the_first_visit(bridge: Bridge) -> None:
    """Before QuickBooks' lists were read every record is blocked with that reason."""
    bridge.switch_on()

    rows = bridge.submissions()
    assert rows
    assert {row.state for row in rows} == {"blocked"}
    assert all("has not visited yet" in row.reasons[0] for row in rows)


def test_one_visit_brings_everything_into_quickbooks(bridge: Bridge) -> None:
    """Items, vendors, jobs, estimates, orders and a change order go in dependency order within one visit."""
    export(bridge)

    rows = bridge.submissions()
    waiting = [row for row in rows if row.state != "synced" and "SC-030" not in row.number and row.project_id]
    open_rows = [row for row in waiting if row.number not in ("24-003", "PO24-011")]
    assert not open_rows, states(open_rows)
    totals = {order.ref_number: order.total for order in bridge.company.orders()}
    assert totals["PO24-003"] == Decimal("20000.00")
    assert "Smith & Sons" in [vendor.full_name for vendor in bridge.company.vendors()]
    assert len([v for v in bridge.company.vendors() if v.full_name == "Smith & Sons"]) == 1


def test_both_systems_are_equal_to_the_cent(bridge: Bridge) -> None:
    """After costs, mapping, release and push, Procore's direct costs equal QuickBooks' posting ledger."""
    export(bridge)
    post_costs(bridge)
    bridge.refresh_costs()
    assert bridge.visit().outcome == "done"
    with bridge.app.kit.work() as uow:
        uow.mappings.add(Mapping(bridge.connection.id, "account", "Job Expenses:Fuel", "01-500.O"))
    bridge.release("24-001", "24-002", "24-003")
    bridge.push()

    assert bridge.difference() == Decimal("0.00")
    posted = bridge.company.job_costs()
    for project_id, number in zip(bridge.projects("24-001", "24-002"), ("24-001", "24-002"), strict=True):
        ours = sum(amount for (job, _), amount in posted.items() if number in job)
        there = sum(row.direct_costs for row in bridge.procore.budget_view(project_id))
        assert there == ours
