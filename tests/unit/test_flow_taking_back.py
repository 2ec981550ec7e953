"""What is taken back, unlinked or marked as done after its export: no cent counts twice, none is lost."""

from dataclasses import replace
from typing import Any

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.replies import TxnDeletedRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import decisions
from tests.unit.documents import PROJECT, cash, change_order, code, commitment, line
from tests.unit.factories import World
from tests.unit.test_flow_changes import LATER, MORE, changed, estimate, mods, order, read_again, with_changes, world
from tests.unit.test_flow_endings import somebody_is_faster

__all__ = ["world"]  # the fixture


def go(world: World, *documents: Any) -> None:
    """Bring documents and let everything that can go stand in QuickBooks."""
    world.bring(*documents)
    world.settle()
    world.accept_all()
    world.visit()


# ---------------------------------------------------------------- changes of budgets


def test_a_contained_change_that_was_taken_back_counts_no_more(world: World) -> None:
    """Locking again without it takes it out of the estimate once; a later change builds on that (rule 8)."""
    world.journey(with_changes(MORE))
    world.bring(with_changes())
    world.settle()
    assert world.row("budget_change", 31).reasons == []
    go(world, with_changes())
    assert estimate(world).total == cash(5100)
    assert world.row("budget", PROJECT).reasons == []
    assert world.row("budget_change", 31).quickbooks_id == ""

    go(world, with_changes(LATER))
    assert estimate(world).total == cash(5170)
    assert world.row("budget", PROJECT).reasons == []


def test_a_change_approved_again_is_written_again(world: World) -> None:
    """It was in the estimate, was taken out of it with the budget, and comes back as a change of its own."""
    world.journey(with_changes(MORE))
    go(world, with_changes())
    go(world, with_changes(MORE))
    assert estimate(world).total == cash(5300)
    assert world.row("budget_change", 31).state is State.SYNCED
    assert world.row("budget", PROJECT).reasons == []


def test_a_change_of_a_linked_estimate_moves_it_by_its_amount_only(world: World) -> None:
    """An estimate whose lines the bridge does not know gets a line for the change, not the whole budget again."""
    world.journey(commitment(1))
    job = world.row("job", PROJECT).quickbooks_id
    lines = tuple(
        world.desk.order_line(qb.EstimateLine(description=text, quantity=cash(1), rate=cash(by), amount=cash(by)), None)
        for text, by in (("Site", 3000), ("Frame", 1000), ("Roof", 1100))
    )
    made = world.desk.add_order("Estimate", qb.Ref(list_id=job), "24-001", "", lines)
    world.refresh_lists()
    go(world, commitment(1), with_changes())
    assert world.row("budget", PROJECT).quickbooks_id == made.txn_id

    go(world, commitment(1), with_changes(MORE))
    assert estimate(world).total == cash(5300)


def test_a_change_of_a_budget_keeps_a_hand_edit_that_was_agreed_to(world: World) -> None:
    """Later changes build on what stands there (rule 14)."""
    world.journey(with_changes())
    first, second = estimate(world).lines
    read_again(world, estimate(world).txn_id, lines=(replace(first, amount=cash(6000), rate=cash(6000)), second))
    world.decide(decisions.agree, world.row("budget", PROJECT))
    go(world, with_changes(LATER))
    assert [each.amount for each in estimate(world).lines] == [cash(6000), cash(170)]


# ---------------------------------------------------------------- unlinking


def test_an_order_written_anew_brings_its_change_orders(world: World) -> None:
    """Deleted in QuickBooks and unlinked here, the order comes back with everything that stood in it."""
    world.journey(commitment(1), change_order(11, 1))
    gone = world.desk.orders.pop(order(world).txn_id)
    world.desk.deleted.append(TxnDeletedRet("PurchaseOrder", gone.txn_id, None))
    world.refresh_lists()
    world.decide(decisions.unlink, world.row("commitment", 1))
    go(world, commitment(1), change_order(11, 1))
    assert order(world).total == cash(1100)
    assert world.row("change_order", 11).quickbooks_id == order(world).txn_id


def test_the_same_order_linked_again_gets_nothing_twice(world: World) -> None:
    """Its change orders are known by their marks; in another order they are written (rule 13)."""
    world.journey(commitment(1), change_order(11, 1))
    first = order(world)
    world.decide(decisions.unlink, world.row("commitment", 1))
    assert world.row("change_order", 11).state is not State.SYNCED
    world.decide(decisions.link, world.row("commitment", 1), quickbooks=first.ref_number)
    world.accept_all()
    world.visit()
    assert (world.row("change_order", 11).quickbooks_id, mods(world)[1:]) == (first.txn_id, [])

    world.decide(decisions.unlink, world.row("commitment", 1))
    world.desk.edit(first.txn_id, ref_number="OLD")
    world.refresh_lists()
    go(world, commitment(1), change_order(11, 1))
    second = world.row("commitment", 1).quickbooks_id
    assert second != first.txn_id
    assert world.row("change_order", 11).quickbooks_id == second
    assert world.desk.orders[second].total == cash(1100)


def test_an_update_that_cannot_go_can_be_unlinked(world: World) -> None:
    """An order of another vendor is another order, as its reason says."""
    world.journey(commitment(1))
    row = changed(world, vendor_id=41)
    assert row.state is State.BLOCKED
    world.decide(decisions.unlink, row)
    row = world.row("commitment", 1)
    assert (row.quickbooks_id, row.update) == ("", False)
    assert not any("another vendor" in each for each in row.reasons)


# ---------------------------------------------------------------- done by hand


def test_what_was_sent_cannot_be_marked_as_done(world: World) -> None:
    """Its answer may still come; nor what was put aside."""
    world.journey(commitment(1))
    changed(world, line(1, 700))
    world.accept_all()
    visit, message, told = world.until_sent("PurchaseOrderMod")
    row = world.row("commitment", 1)
    assert row.state is State.EXPORTING
    with pytest.raises(Refused):
        world.decide(decisions.done, row, comment="typed in")
    world.receive(visit, message, told)
    assert world.row("commitment", 1).state is State.SYNCED


def test_a_rejected_update_cannot_be_marked_as_done(world: World) -> None:
    """It is offered again first."""
    world.journey(commitment(1))
    row = changed(world, line(1, 700))
    world.decide(decisions.reject, row, comment="wrong")
    with pytest.raises(Refused):
        world.decide(decisions.done, row, comment="typed in")


# ---------------------------------------------------------------- change orders


def test_a_second_order_brings_no_other_change_order(world: World) -> None:
    """Beside one that becomes an order of its own, others still go into the first order (rule 13)."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(11, 1), change_order(12, 1))
    world.settle()
    world.decide(decisions.second_order, world.row("change_order", 11))
    world.accept_all()
    world.visit()
    assert {each.total for each in world.desk.orders.values()} == {cash(100), cash(1100)}
    assert world.row("change_order", 12).quickbooks_id == world.row("commitment", 1).quickbooks_id


def test_a_line_of_a_change_order_gets_another_code(world: World) -> None:
    """What changed of an exported change order reaches its line: code as well as amount."""
    world.journey(commitment(1), change_order(11, 1, line(5, 100)))
    before = order(world).lines[1].item
    go(world, commitment(1), change_order(11, 1, line(5, 100, code(2, "09-250", "L"))))
    after = order(world).lines[1]
    assert after.item != before
    assert (len(order(world).lines), after.amount) == (2, cash(100))
    assert world.row("commitment", 1).reasons == []


def test_a_deduction_that_is_taken_out_raises_its_line_again(world: World) -> None:
    """The line that it lowered is as before."""
    first = commitment(1, line(1, 500))
    world.journey(first, change_order(11, 1, line(5, -100, commitment_line_id=1), line(6, 30)))
    go(world, first, change_order(11, 1, line(6, 30)))
    assert [each.amount for each in order(world).lines] == [cash(500), cash(30)]
    assert world.row("change_order", 11).state is State.SYNCED


def test_a_received_line_of_a_change_order_that_is_taken_out_is_balanced(world: World) -> None:
    """What came stays; the rest becomes a negative line of the same item."""
    world.journey(commitment(1), change_order(11, 1, line(5, 100), line(6, 30)))
    first, second, third = order(world).lines
    read_again(world, order(world).txn_id, lines=(first, replace(second, received_quantity=cash(40)), third))
    go(world, commitment(1), change_order(11, 1, line(6, 30)))
    assert [each.amount for each in order(world).lines] == [cash(1000), cash(40), cash(30), cash(-40)]
    assert world.row("change_order", 11).state is State.SYNCED


# ---------------------------------------------------------------- what stands against a change


def test_an_order_closed_between_reading_and_writing_is_not_changed(world: World) -> None:
    """A stale EditSequence is read again, and a closed order asks a person (rule 13)."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(11, 1))
    world.settle()
    world.accept_all()
    somebody_is_faster(world, is_manually_closed=True)
    world.visit()
    assert world.row("change_order", 11).state is State.FAILED
    assert "is closed" in world.row("change_order", 11).reasons[0]
    assert order(world).total == cash(1000)


def test_an_inactive_estimate_is_flagged_and_not_changed(world: World) -> None:
    """Job reports leave it out: a person makes it active first."""
    world.journey(with_changes())
    read_again(world, estimate(world).txn_id, is_active=False)
    assert "inactive" in world.row("budget", PROJECT).reasons[0]
    go(world, with_changes(LATER))
    assert world.row("budget_change", 32).state is State.BLOCKED
    assert mods(world) == []


def test_an_update_of_what_is_no_longer_approved_gives_way_to_the_flag(world: World) -> None:
    """An order whose commitment is un-approved can be closed, whatever else changed of it (rule 15)."""
    world.journey(commitment(1))
    changed(world, line(1, 700))
    row = changed(world, line(1, 700), status="Draft")
    assert row.state is State.SYNCED
    assert "close its purchase order" in row.reasons[0]


def test_a_wish_to_close_ends_when_the_commitment_is_approved_again(world: World) -> None:
    """Nothing is closed that lives on in Procore."""
    world.journey(commitment(1))
    changed(world, status="Void")
    world.decide(decisions.close_order, world.row("commitment", 1))
    changed(world)
    world.visit()
    assert world.row("commitment", 1).choice == ""
    assert not order(world).is_manually_closed
