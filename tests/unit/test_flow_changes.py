"""What stands in QuickBooks: changes together, updates, hand edits, endings (ACCOUNTING 8, 13 to 15)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.procore import Budget, BudgetChange, BudgetRow, PrimeChange
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.replies import TxnRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from tests.unit.documents import PROJECT, budget, cash, change_order, code, commitment, line
from tests.unit.factories import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A bridge."""
    made = World(tmp_path)
    yield made
    made.close()


def order(world: World) -> TxnRet:
    """The one purchase order."""
    (found,) = [each for each in world.desk.orders.values() if each.kind == "PurchaseOrder"]
    return found


def estimate(world: World) -> TxnRet:
    """The one estimate."""
    (found,) = [each for each in world.desk.orders.values() if each.kind == "Estimate"]
    return found


def mods(world: World) -> list[qb.EstimateMod | qb.PurchaseOrderMod]:
    """The changes that QuickBooks saw."""
    return [each for each in world.desk.seen if isinstance(each, qb.EstimateMod | qb.PurchaseOrderMod)]


def amounts(document: TxnRet) -> list[Any]:
    """The amounts of its lines."""
    return [each.amount for each in document.lines]


def read_again(world: World, txn_id: str, **changes: Any) -> None:
    """Somebody changes a document in QuickBooks, and the bridge reads it."""
    world.desk.edit(txn_id, **changes)
    world.refresh_lists()


# ---------------------------------------------------------------- several change orders


def test_several_change_orders_become_one_change_with_the_right_sum(world: World) -> None:
    """One Mod brings them all; each is synced, knows its lines, and the order says who changed it (rule 13)."""
    world.journey(commitment(1), change_order(11, 1, line(5, 40)), change_order(12, 1, line(6, -30)))

    (found,) = mods(world)
    assert order(world).total == cash(1010)
    assert "+CO 011 [qb:" in found.memo
    assert "+CO 012 [qb:" in found.memo
    rows = [world.row("change_order", number) for number in (11, 12)]
    assert [row.state for row in rows] == [State.SYNCED] * 2
    assert [list(row.line_ids) for row in rows] == [["5"], ["6"]]
    assert {row.quickbooks_id for row in rows} == {order(world).txn_id}
    assert world.row("commitment", 1).reasons == []


def test_one_change_order_at_fault_stops_no_other(world: World) -> None:
    """Refused together they go alone; the one at fault fails with QuickBooks' words (promise 6)."""
    world.journey(commitment(1))

    def refuse(request: qb.Request) -> int:
        lines = getattr(request, "lines", ())
        return 3210 if any(each.description.startswith("CO 012") for each in lines) else 0

    world.desk.refuse = refuse
    world.journey(commitment(1), change_order(11, 1), change_order(12, 1), change_order(13, 1))

    states = [world.row("change_order", number).state for number in (11, 12, 13)]
    assert states == [State.SYNCED, State.FAILED, State.SYNCED]
    assert "(3210)" in world.row("change_order", 12).reasons[0]
    assert order(world).total == cash(1200)


def test_a_change_order_taken_back_before_sending_is_in_no_change(world: World) -> None:
    """What was queued together is built anew without it."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(11, 1), change_order(12, 1))
    world.settle()
    world.accept_all()
    world.decide(decisions.take_back, world.row("change_order", 12))
    world.visit()

    assert order(world).total == cash(1100)
    assert world.row("change_order", 12).state is State.READY


def test_a_lost_answer_of_several_change_orders_is_settled_once(world: World) -> None:
    """Whether QuickBooks kept its reply or not: the order is changed once, and all are synced."""
    for forgotten in (False, True):
        number = 20 + forgotten
        shown = [change_order(number * 10 + at, 1) for at in (1, 2)]
        before = order(world).total if world.desk.orders else cash(1000)
        world.bring(commitment(1), *shown)
        if not world.connection().lists_read_at:
            world.visit()
        world.settle()
        world.accept_all()
        world.until_sent("PurchaseOrderMod")
        if forgotten:
            world.desk.stored.clear()
        world.visit()
        assert [world.row("change_order", each.id).state for each in shown] == [State.SYNCED] * 2
        assert order(world).total == (before or cash(0)) + cash(200)


# ---------------------------------------------------------------- budgets


def with_changes(*changes: BudgetChange, first: int = 5000) -> Budget:
    """A budget of two codes with approved changes."""
    return budget(BudgetRow(code(), cash(first)), BudgetRow(code(2, "09-250", "L"), cash(100)), changes=changes)


MORE = BudgetChange(31, "1", "Owner wants oak", ((1, cash(250)), (2, cash(-50))))
LATER = BudgetChange(32, "2", "And ash", ((2, cash(70)),))


def test_changes_approved_before_the_export_are_in_the_estimate(world: World) -> None:
    """They become synced with it and nothing is sent for them (rule 8)."""
    world.journey(with_changes(MORE))

    row = world.row("budget_change", 31)
    assert (row.state, row.quickbooks_id) == (State.SYNCED, estimate(world).txn_id)
    assert amounts(estimate(world)) == [cash(5250), cash(50)]
    assert mods(world) == []


def test_a_later_budget_change_is_an_estimate_change(world: World) -> None:
    """Every line is kept by its id, the changed ones move, the total is proven, and the budget itself is no update."""
    world.journey(with_changes(MORE))
    ids = [each.txn_line_id for each in estimate(world).lines]
    world.bring(with_changes(MORE, LATER))
    world.settle()
    assert world.row("budget", PROJECT).state is State.SYNCED
    assert world.row("budget_change", 32).state is State.READY
    world.accept_all()
    world.visit()

    (found,) = mods(world)
    assert isinstance(found, qb.EstimateMod)
    assert [(each.txn_line_id, each.amount) for each in found.lines] == [(ids[0], None), (ids[1], cash(120))]
    assert estimate(world).total == cash(5370)
    assert {row.state for row in world.rows()} == {State.SYNCED}
    assert all(row.reasons == [] for row in world.rows())


def test_a_budget_change_can_bring_a_new_code(world: World) -> None:
    """The code gets a line of its own, and is known from then on."""
    world.journey(budget())
    world.journey(budget(BudgetRow(code(), cash(5000)), BudgetRow(code(2, "09-250", "L"), cash(0)), changes=(LATER,)))
    # The row of 0.00 came with the change: both are told, and both end in one estimate.
    world.accept_all()
    world.visit()

    assert sum(amounts(estimate(world))) == cash(5070)
    assert world.row("budget", PROJECT).line_ids.keys() == {"1", "2"}
    assert {row.state for row in world.rows()} == {State.SYNCED}


def test_locking_again_with_other_amounts_is_an_update(world: World) -> None:
    """The difference is told, a second acceptance is needed, and the same estimate changes."""
    world.journey(with_changes())
    world.bring(replace(with_changes(first=6000), locked=False))
    world.settle()
    assert world.row("budget", PROJECT).state is State.SYNCED
    world.bring(with_changes(first=6000))
    world.settle()
    row = world.row("budget", PROJECT)
    assert (row.state, row.update) == (State.READY, True)
    assert row.notes == ["Changed in Procore. 03-300.M: 5,000.00 before, 6,000.00 now."]
    world.accept_all()
    world.visit()

    assert estimate(world).total == cash(6100)
    assert (world.row("budget", PROJECT).state, world.row("budget", PROJECT).update) == (State.SYNCED, False)


def test_the_lock_going_off_and_on_sends_nothing(world: World) -> None:
    """Neither a second estimate nor a change of the first (item 4 of the rules for budgets)."""
    world.journey(with_changes())
    for locked in (False, True):
        world.bring(replace(with_changes(), locked=locked))
        world.settle()
        assert world.row("budget", PROJECT).state is State.SYNCED
    world.visit()
    assert mods(world) == []
    assert len(world.desk.orders) == 1


def test_prime_change_orders_are_told_beside_the_estimate(world: World) -> None:
    """Procore's revised budget holds them and the estimate does not; only approved ones count (rule 10)."""
    prime = [PrimeChange(at, PROJECT, "1", status, cash(900)) for at, status in ((81, "approved"), (82, "void"))]
    world.journey(with_changes(), *prime)
    assert estimate(world).total == cash(5100)
    world.bring(with_changes(first=6000), *prime)
    world.settle()
    assert any("prime change orders of 900.00" in note for note in world.row("budget", PROJECT).notes)


# ---------------------------------------------------------------- updates of orders


def changed(world: World, *lines: Any, **more: Any) -> Submission:
    """The commitment changes in Procore after it was exported; gives its submission."""
    world.bring(commitment(1, *lines, **more))
    world.settle()
    return world.row("commitment", 1)


def test_an_order_follows_what_changed_in_procore(world: World) -> None:
    """A raised, a removed and a new line: told one by one, accepted as an update, written into the same order."""
    world.journey(commitment(1, line(1, 500), line(2, 300)))
    first = [each.txn_line_id for each in order(world).lines]
    row = changed(world, line(1, 650), line(3, 90))
    assert (row.state, row.update) == (State.READY, True)
    assert [each.removeprefix("Changed in Procore. ") for each in row.notes] == [
        "Line Line 1: amount 500.00 before, 650.00 now.",
        "Line Line 2: removed, 300.00 before.",
        "Line Line 3: new, 90.00.",
    ]
    world.accept_all()
    world.visit()

    assert amounts(order(world)) == [cash(650), cash(0), cash(90)]
    assert [each.txn_line_id for each in order(world).lines][:2] == first
    row = world.row("commitment", 1)
    assert (row.state, row.reasons, row.update) == (State.SYNCED, [], False)
    assert set(row.line_ids) == {"1", "2", "3"}


def test_an_update_and_a_change_order_end_in_one_sum(world: World) -> None:
    """Whichever goes first: the order is the commitment of today with its change orders."""
    world.journey(commitment(1, line(1, 500)), change_order(11, 1, line(5, -100, commitment_line_id=1)))
    world.journey(commitment(1, line(1, 700)), change_order(11, 1, line(5, -100, commitment_line_id=1)))

    assert order(world).total == cash(600)
    assert all(row.reasons == [] for row in world.rows())


def test_a_line_with_another_code_gets_another_item(world: World) -> None:
    """Where nothing was received the line itself changes; where something was, it stays and a new line follows."""
    world.journey(commitment(1, line(1, 500), line(2, 300)))
    received = [replace(each, received_quantity=cash(200 * at)) for at, each in enumerate(order(world).lines)]
    read_again(world, order(world).txn_id, lines=tuple(received))
    other = code(2, "09-250", "L")
    world.bring(commitment(1, line(1, 500, other), line(2, 300, other)))
    world.settle()
    world.accept_all()
    world.visit()

    assert amounts(order(world)) == [cash(500), cash(200), cash(100)]
    items = [each.item.list_id if each.item else "" for each in order(world).lines]
    assert items[0] == items[2] != items[1]
    assert world.row("commitment", 1).reasons == []


def test_another_vendor_is_another_order(world: World) -> None:
    """The order of the old vendor is left to a person, with a reason."""
    world.journey(commitment(1))
    row = changed(world, vendor_id=41)
    assert row.state is State.BLOCKED
    assert "another vendor" in row.reasons[0]


def test_an_acceptance_of_an_update_lapses_when_procore_changes(world: World) -> None:
    """Nothing of what nobody saw goes (promise 3)."""
    world.journey(commitment(1, line(1, 500)))
    changed(world, line(1, 600))
    world.accept_all()
    assert changed(world, line(1, 700)).state is State.READY
    world.visit()
    assert order(world).total == cash(500)


def test_a_change_order_that_changed_after_its_export_moves_its_own_line(world: World) -> None:
    """The line that it made takes the difference."""
    world.journey(commitment(1), change_order(11, 1, line(5, 100)))
    world.bring(commitment(1), change_order(11, 1, line(5, 140)))
    world.settle()
    assert world.row("change_order", 11).update
    world.accept_all()
    world.visit()

    assert amounts(order(world)) == [cash(1000), cash(140)]
    assert world.row("commitment", 1).reasons == []
