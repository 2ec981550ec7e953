"""Orders in QuickBooks that somebody edited, closed or deleted, and commitments that ended (ACCOUNTING 13 to 15)."""

from dataclasses import replace
from typing import Any

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.replies import TxnDeletedRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import decisions
from tests.unit.documents import cash, change_order, commitment
from tests.unit.factories import World
from tests.unit.test_flow_changes import mods, order, read_again, world

__all__ = ["world"]  # the fixture


# ---------------------------------------------------------------- hand edits


def test_a_hand_edit_is_shown_and_asked_about(world: World) -> None:
    """A change order waits until somebody agrees or changes it back; then it builds on what stands there (rule 14)."""
    world.journey(commitment(1))
    (only,) = order(world).lines
    read_again(world, order(world).txn_id, lines=(replace(only, amount=cash(1200), quantity=cash(1200)),))
    world.bring(commitment(1), change_order(11, 1))
    world.settle()
    assert "1,000.00 became 1,200.00" in world.row("commitment", 1).reasons[0]
    assert world.row("change_order", 11).state is State.BLOCKED

    world.decide(decisions.agree, world.row("commitment", 1))
    assert world.row("change_order", 11).state is State.READY
    assert "QuickBooks shows 1,200.00" in world.row("commitment", 1).reasons[0]
    world.accept_all()
    world.visit()
    assert order(world).total == cash(1300)


def test_billing_progress_is_no_hand_edit(world: World) -> None:
    """Received quantities, closed lines and linked bills change nothing that was agreed."""
    world.journey(commitment(1))
    (only,) = order(world).lines
    read_again(
        world, order(world).txn_id, lines=(replace(only, received_quantity=cash(400)),), linked=(("B1", "Bill"),)
    )
    assert world.row("commitment", 1).reasons == []


def somebody_is_faster(world: World, **changes: Any) -> None:
    """Somebody changes the order between its reading and the first change of it, which is then refused as stale."""

    def refuse(request: qb.Request) -> int:
        if not isinstance(request, qb.PurchaseOrderMod) or request.edit_sequence != "1":
            return 0
        world.desk.edit(request.txn_id, **changes)
        return 3200

    world.desk.refuse = refuse


def test_an_edit_between_reading_and_writing_stops_the_change(world: World) -> None:
    """A stale EditSequence is read again and compared: what somebody changed meanwhile is for a person."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(11, 1))
    world.settle()
    world.accept_all()

    (only,) = order(world).lines
    somebody_is_faster(world, lines=(replace(only, amount=cash(900), quantity=cash(900)),))
    world.visit()
    row = world.row("change_order", 11)
    assert row.state is State.FAILED
    assert "changed by hand" in row.reasons[0]
    assert order(world).total == cash(900)


def test_a_deleted_order_is_never_made_anew_by_itself(world: World) -> None:
    """It is flagged, what hangs on it is blocked, and unlinking offers it again."""
    world.journey(commitment(1))
    gone = world.desk.orders.pop(order(world).txn_id)
    world.desk.deleted.append(TxnDeletedRet("PurchaseOrder", gone.txn_id, None))
    world.refresh_lists()
    world.bring(commitment(1), change_order(11, 1))
    world.settle()
    assert "no longer in QuickBooks" in world.row("commitment", 1).reasons[0]
    assert world.row("change_order", 11).state is State.BLOCKED
    world.visit()
    assert not world.desk.orders

    world.decide(decisions.unlink, world.row("commitment", 1))
    world.accept_all()
    world.visit()
    assert order(world).total == cash(1100)


# ---------------------------------------------------------------- endings


def ended(world: World, **more: Any) -> None:
    """An exported commitment that ended in Procore."""
    world.journey(commitment(1))
    world.bring(commitment(1, **more))
    world.settle()


@pytest.mark.parametrize("status", ["Void", "Terminated", "Complete", "Closed", "Draft"])
def test_what_ends_in_procore_is_flagged_and_can_be_closed(world: World, status: str) -> None:
    """Nothing happens by itself; `close-order` closes it with the next visit, once (rule 15)."""
    ended(world, status=status)
    row = world.row("commitment", 1)
    assert row.state is State.SYNCED
    assert f"has status {status}" in row.reasons[0]
    world.visit()
    assert not order(world).is_manually_closed

    world.decide(decisions.close_order, row)
    world.visit()
    assert order(world).is_manually_closed
    assert order(world).total == cash(1000)
    assert (world.row("commitment", 1).reasons, world.row("commitment", 1).choice) == ([], "")
    world.visit()
    assert len(mods(world)) == 1


def test_closing_an_order_agrees_to_no_hand_edit(world: World) -> None:
    """What somebody changed before is still asked about afterwards (rule 14)."""
    ended(world, status="Void")
    (only,) = order(world).lines
    read_again(world, order(world).txn_id, lines=(replace(only, description="Something else"),))
    world.decide(decisions.close_order, world.row("commitment", 1))
    world.visit()
    assert order(world).is_manually_closed
    assert "another description" in world.row("commitment", 1).reasons[0]


def test_an_approved_order_is_not_closed(world: World) -> None:
    """Procore decides first."""
    world.journey(commitment(1))
    with pytest.raises(Refused, match="approved in Procore"):
        world.decide(decisions.close_order, world.row("commitment", 1))


def test_a_closing_that_quickbooks_refuses_is_told(world: World) -> None:
    """The wish ends, the flag stays, and the history has QuickBooks' words."""
    ended(world, status="Void")
    world.decide(decisions.close_order, world.row("commitment", 1))
    world.desk.refuse = lambda request: 3260 if isinstance(request, qb.PurchaseOrderMod) else 0
    world.visit()
    row = world.row("commitment", 1)
    assert (row.state, row.choice) == (State.SYNCED, "")
    assert any("not closed" in each.why and "(3260)" in each.why for each in world.history())


def closed_order(world: World, **state: bool) -> Submission:
    """A change order whose order was closed or received in QuickBooks."""
    world.journey(commitment(1))
    read_again(world, order(world).txn_id, **state)
    world.bring(commitment(1), change_order(11, 1))
    world.settle()
    row = world.row("change_order", 11)
    assert row.state is State.BLOCKED
    return row


def test_a_closed_order_is_reopened_for_its_change(world: World) -> None:
    """A person says so; one Mod opens it and brings the change (rule 13)."""
    world.decide(decisions.reopen_order, closed_order(world, is_manually_closed=True))
    world.accept_all()
    world.visit()
    assert not order(world).is_manually_closed
    assert order(world).total == cash(1100)
    assert world.row("change_order", 11).state is State.SYNCED


def test_an_order_received_in_full_cannot_be_reopened(world: World) -> None:
    """QuickBooks would refuse it; the reason stays and offers the second order."""
    world.decide(decisions.reopen_order, closed_order(world, is_fully_received=True))
    row = world.row("change_order", 11)
    assert row.state is State.BLOCKED
    assert "second order" in row.reasons[0]


def test_a_change_order_can_be_an_order_of_its_own(world: World) -> None:
    """Its number says whose change it is; the first order stays as it is, and both totals are right."""
    first = closed_order(world, is_fully_received=True)
    world.decide(decisions.second_order, first)
    world.accept_all()
    world.visit()

    row = world.row("change_order", 11)
    second = world.desk.orders[row.quickbooks_id]
    assert (row.state, second.total, second.ref_number) == (State.SYNCED, cash(100), "PO-1-011")
    assert world.desk.orders[world.row("commitment", 1).quickbooks_id].total == cash(1000)
    assert world.row("commitment", 1).reasons == []
    world.visit()
    assert len(world.desk.orders) == 2


def test_a_second_order_edited_by_hand_is_told_and_agreed_to(world: World) -> None:
    """It is asked about like any other order; what then differs from the change order is said to the cent."""
    world.decide(decisions.second_order, closed_order(world, is_fully_received=True))
    world.accept_all()
    world.visit()
    row = world.row("change_order", 11)
    assert row.reasons == []
    (only,) = world.desk.orders[row.quickbooks_id].lines
    read_again(world, row.quickbooks_id, lines=(replace(only, amount=cash(130), quantity=cash(130)),))
    assert "100.00 became 130.00" in world.row("change_order", 11).reasons[0]
    assert world.row("commitment", 1).reasons == []

    world.decide(decisions.agree, world.row("change_order", 11))
    assert "QuickBooks shows 130.00, Procore 100.00" in world.row("change_order", 11).reasons[0]


def test_a_change_order_that_is_no_longer_approved_is_flagged(world: World) -> None:
    """What stands in QuickBooks is not taken back by itself."""
    world.journey(commitment(1), change_order(11, 1))
    world.bring(commitment(1), change_order(11, 1, status="void"))
    world.settle()
    assert "no longer shows it as approved" in world.row("change_order", 11).reasons[0]
    world.visit()
    assert order(world).total == cash(1100)
