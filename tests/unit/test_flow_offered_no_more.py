"""What is offered no more: what rests until its project is on or something needs it, and what ended in Procore."""

import pytest

from qbwc_bridge.domain.procore import Document, Vendor
from qbwc_bridge.domain.quickbooks import VendorAdd
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from tests.unit.documents import PROJECT, VENDOR, budget, change_order, code, commitment, line
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture

OTHER_VENDOR = VENDOR + 1


def test_a_project_that_is_off_offers_nothing(make: Make) -> None:
    """Off until a person switches it on (rule 1); what was offered before rests in the archive until it is on again."""
    world = make(budget(), commitment(1), on=False)
    assert world.rows() == []

    world = make(budget(), commitment(1), commitment(2, vendor_id=None))
    put_away = world.row("commitment", 2)
    world.decide(decisions.archive, put_away)
    before = {row.id: row.state for row in world.rows()}
    world.switch(on=False)
    assert {row.state for row in world.rows()} == {State.ARCHIVED}
    told = {row.kind: row.reasons for row in world.rows() if row.id != put_away.id}
    assert told["commitment"] == ["Project 24-001 is switched off for export: switch it on under Projects."]
    assert told["vendor"] == told["cost_code"] == ["Nothing that is switched on needs it at present."]
    world.switch(on=True)
    assert {row.id: row.state for row in world.rows()} == before


def test_what_failed_or_waits_as_an_update_rests_with_its_project(make: Make) -> None:
    """Switching off ends these too: a failed record is offered anew later, an update is told again."""
    world = make(visited=False)
    world.journey(budget(), commitment(1))
    world.desk.refuse = lambda request: 3100 if isinstance(request, VendorAdd) else 0
    world.bring(budget(), commitment(1, title="Other concrete"), commitment(2, vendor_id=OTHER_VENDOR))
    world.documents[0].append(Vendor(OTHER_VENDOR, "Glass & Co."))
    world.bring(*world.documents[PROJECT])
    world.settle()
    world.decide(decisions.accept, world.row("vendor", OTHER_VENDOR))
    world.visit()
    assert world.row("vendor", OTHER_VENDOR).state is State.FAILED
    assert world.row("commitment", 1).update
    world.switch(on=False)
    assert world.row("vendor", OTHER_VENDOR).state is State.ARCHIVED
    assert world.row("commitment", 1).state is State.SYNCED
    assert not any(row.reasons for row in world.rows(state=State.SYNCED))
    world.switch(on=True)
    assert world.row("vendor", OTHER_VENDOR).state is State.READY
    assert world.row("commitment", 1).update


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        ([], "Procore no longer has it"),
        ([commitment(1, status="Void")], "It has status Void in Procore"),
    ],
)
def test_what_procore_ended_says_how(make: Make, left: list[Document], reason: str) -> None:
    """A record that was deleted, and one that was closed or voided, each say which of the two it was."""
    world = make(budget(), commitment(1))
    world.bring(budget(), *left)
    world.settle()
    row = world.row("commitment", 1)
    assert row.state is State.BLOCKED
    assert row.reasons[0].startswith(reason)


def test_change_orders_of_a_commitment_that_ended_before_ask_for_nothing(make: Make) -> None:
    """An older project that is switched on offers neither them nor their cost codes; exported ones go on."""
    world = make(commitment(1, status="Closed"), change_order(5, 1, line(501, 100, code(2, "09-250", "L"))))
    assert not world.rows(kind="change_order")
    assert not world.rows(kind="cost_code")

    world.bring(commitment(1), change_order(5, 1))
    world.settle()
    assert world.row("change_order", 5).state is not State.ARCHIVED
    world.bring(commitment(1, status="Closed"), change_order(5, 1))
    world.settle()
    row = world.row("change_order", 5)
    assert (row.state, row.reasons) == (
        State.ARCHIVED,
        ["Its commitment PO-1 has status Closed in Procore and was never exported."],
    )
    world.journey(commitment(1), change_order(5, 1))
    world.bring(commitment(1, status="Closed"), change_order(5, 1))
    world.settle()
    assert world.row("change_order", 5).state is State.SYNCED
