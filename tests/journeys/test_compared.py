"""How a record's page compares both sides of what stands in QuickBooks: red only where somebody changed it there."""

from decimal import Decimal

import pytest

from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.previewing import Field, preview
from qbwc_bridge.rehearsal.procore.views import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import Line
from tests.journeys.bridge import Bridge
from tests.journeys.crashing import finish
from tests.journeys.test_orders_change import deliver


def differing(bridge: Bridge) -> dict[str, list[Field]]:
    """What differs, by kind and number of the synced record."""
    found = {}
    for row in bridge.submissions(state=State.SYNCED):
        with bridge.app.kit.work() as uow:
            connection = uow.connections.get(bridge.connection.id)
            shown = preview(bridge.app.kit, uow, connection, uow.submissions.get(row.id), bridge.clock.now())
        assert shown.nothing
        assert not shown.qbxml
        found[f"{row.kind} {row.number or row.title}"] = [each for each in shown.fields if each.differs]
    return {called: fields for called, fields in found.items() if fields}


@pytest.fixture
def done(bridge: Bridge) -> Bridge:
    """A bridge whose projects stand in QuickBooks."""
    bridge.switch_on()
    bridge.visit()
    bridge.accept_all()
    finish(bridge)
    return bridge


def test_nothing_differs_that_nobody_changed(done: Bridge) -> None:
    """Of jobs, items, vendors, estimates, orders and changes that the bridge wrote none is shown as differing."""
    assert {row.kind for row in done.submissions(state=State.SYNCED)} == {
        "job",
        "vendor",
        "cost_code",
        "budget",
        "commitment",
        "change_order",
    }
    assert differing(done) == {}


def test_nothing_differs_once_changes_and_updates_stand_in_it(done: Bridge) -> None:
    """What change orders, updates and budget changes moved there is as it should be, later than it was accepted."""
    contract = int(done.find("commitment", "PO24-003").key)
    board, studs = done.procore.commitment_lines(contract)
    less = CommitmentLine("09-250.M", "Less board", Decimal(-1500), changes_line=board)
    done.procore.add_change_order(contract, "002", "Less board", [less])
    deliver(done)
    done.procore.delete_commitment_line(contract, studs)
    done.procore.set_commitment(contract, title="Board alone")
    (project,) = done.projects("24-001")
    done.procore.approve_budget_change(project, 1, {"03-300.M": Decimal("1250.50"), "16-100.M": Decimal("10.00")})
    done.clock.pass_time(days=3)
    deliver(done)
    assert not [row for row in done.submissions(kind=["budget_change", "commitment"]) if row.update]
    assert differing(done) == {}

    done.procore.approve_budget_change(project, 2, {"03-300.M": Decimal("99.00")})
    done.pull()
    assert [row.state for row in done.submissions(kind="budget_change")] == [State.SYNCED, State.READY]
    assert differing(done) == {}


def test_what_somebody_changed_in_quickbooks_differs(done: Bridge) -> None:
    """A line that was raised by hand differs on its order and on no other record; one of a change on both."""
    (order,) = [each for each in done.company.orders() if each.ref_number == "PO24-003"]
    _, studs, soffit = order.lines
    done.company.edit_order(order.txn_id, amounts={studs.line_id: Decimal("7000.00")})
    done.refresh_costs()
    finish(done)
    ((called, fields),) = differing(done).items()
    assert called == "commitment PO24-003"
    assert [(each.writes, each.there) for each in fields] == [("6,500.00", "7,000.00")]

    done.company.edit_order(order.txn_id, amounts={soffit.line_id: Decimal("1600.00")})
    done.refresh_costs()
    finish(done)
    assert set(differing(done)) == {"commitment PO24-003", "change_order PO24-003 CO 001"}


@pytest.mark.parametrize("what", ["added", "removed", "vendor", "ref_number"])
def test_every_hand_edit_of_an_order_differs(done: Bridge, what: str) -> None:
    """A line more or less, another vendor or number: each differs on the order's record."""
    (order,) = [each for each in done.company.orders() if each.ref_number == "PO24-003"]
    job, item = order.lines[0].job, order.lines[0].item
    edits = {
        "added": [Line(Decimal(250), job=job, item=item)],
        "removed": [order.lines[1].line_id],
        "vendor": "Smith & Sons",
        "ref_number": "4711",
    }
    done.company.edit_order(order.txn_id, **{what: edits[what]})  # type: ignore[arg-type] # each of its own sort
    done.refresh_costs()
    finish(done)
    assert "commitment PO24-003" in differing(done)
