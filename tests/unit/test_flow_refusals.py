"""What QuickBooks refuses or answers oddly: who hears of it, what is tried again, and that nothing else is held up."""

from dataclasses import replace
from typing import Any

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import decisions
from qbwc_bridge.qbxml.by_itself import BACK_OFF
from tests.unit.documents import PROJECT, VENDOR, budget, cash, change_order, commitment, line
from tests.unit.factories import World
from tests.unit.test_flow_queue import accepted, due, world, written

__all__ = ["world"]  # the fixture


@pytest.mark.parametrize("status", [3100, 3120, 3140, 3210, 3070, 9999])
def test_a_refused_record_fails_alone(world: World, status: int) -> None:
    """It is parked for a person with QuickBooks' words; the others go on (promise 6)."""
    accepted(world, budget(), commitment(1))
    world.desk.refuse = lambda request: status if isinstance(request, qb.VendorAdd) else 0
    world.visit()

    row = world.row("vendor", VENDOR)
    assert row.state is State.FAILED
    assert f"({status})" in row.reasons[0]
    assert [task.state for task in world.tasks(submission_id=row.id)] == [TaskState.PARKED]
    assert world.row("budget", PROJECT).state is State.SYNCED
    assert "failed to export" in world.row("commitment", 1).reasons[0]

    world.desk.refuse = lambda _request: 0
    world.decide(decisions.retry, world.row("vendor", VENDOR))
    world.accept_all()
    world.visit()
    assert set(world.states().values()) == {"synced"}


def test_retries_count_visits_then_minutes_then_ask_a_person(world: World) -> None:
    """The first retry is in the next visit, then after 15 minutes, 1 hour, 4 hours; then a person is asked."""
    accepted(world, commitment(1))
    world.desk.refuse = lambda request: 3175 if isinstance(request, qb.VendorAdd) else 0

    def tries() -> int:
        world.visit()
        return written(world).count("VendorAdd")

    assert tries() == 1  # never twice in one visit
    assert tries() == 2
    for expected, wait in ((3, 15), (4, 60), (5, 240)):
        world.later(minutes=wait - 3)
        assert tries() == expected - 1
        world.later(minutes=3)
        assert tries() == expected
    assert expected == len(BACK_OFF) + 1
    assert world.row("vendor", VENDOR).state is State.FAILED
    due(world)
    assert tries() == len(BACK_OFF) + 1


def test_a_record_that_has_no_form_in_qbxml_stops_no_other(world: World) -> None:
    """An amount that QuickBooks cannot hold fails with a sentence; the rest of the visit goes on (promise 6)."""
    accepted(world, commitment(1, line(1, "12345678901.00")), commitment(2))
    world.visit()

    row = world.row("commitment", 1)
    assert row.state is State.FAILED
    assert "too large for QuickBooks" in row.reasons[0]
    assert world.row("commitment", 2).state is State.SYNCED


def test_a_failed_reading_of_an_order_leaves_its_change_with_a_reason(world: World) -> None:
    """An order that was deleted in QuickBooks fails its change order; a retry asks anew and is not stuck."""
    accepted(world, commitment(1))
    world.visit()
    orders = dict(world.desk.orders)
    world.desk.orders.clear()
    accepted(world, commitment(1), change_order(11, 1))
    world.visit()
    row = world.row("change_order", 11)
    assert row.state is State.FAILED
    assert "no longer in QuickBooks" in row.reasons[0]

    world.desk.orders.update(orders)
    world.decide(decisions.retry, row)
    world.visit()
    assert world.row("change_order", 11).state is State.SYNCED


def test_an_answer_for_a_record_that_changed_meanwhile_is_taken_quietly(world: World) -> None:
    """A reading that fails after its change order changed in Procore neither raises nor moves it."""
    accepted(world, commitment(1))
    world.visit()
    accepted(world, commitment(1), change_order(11, 1))
    world.later(minutes=1)
    visit = world.begin()
    message = world.send(visit)
    while message and not world.tasks(message_set_id=message.id, submission_id=world.row("change_order", 11).id):
        world.receive(visit, message, world.ask(message))
        message = world.send(visit)
    assert message
    world.bring(commitment(1), change_order(11, 1, line(5, 77)))
    world.settle()
    assert world.row("change_order", 11).state is State.READY
    world.desk.orders.clear()
    world.receive(visit, message, world.ask(message))
    assert world.row("change_order", 11).state is State.READY

    world.accept_all()
    assert world.tasks(submission_id=world.row("change_order", 11).id, state="queued")


@pytest.mark.parametrize("status", [3120, 3170, 3172, 3200, 3240, 3290])
def test_a_stale_change_is_read_and_built_again(world: World, status: int) -> None:
    """An order that changed, or lost a line, is read again in the same visit; a third refusal asks."""
    accepted(world, commitment(1))
    world.visit()
    accepted(world, commitment(1), change_order(11, 1))
    stale = iter([status, 0])
    world.desk.refuse = lambda request: next(stale, 0) if isinstance(request, qb.PurchaseOrderMod) else 0
    world.visit()
    assert world.row("change_order", 11).state is State.SYNCED
    assert written(world)[-2:] == ["PurchaseOrderMod"] * 2

    accepted(world, commitment(1), change_order(11, 1), change_order(12, 1))
    world.desk.refuse = lambda request: status if isinstance(request, qb.PurchaseOrderMod) else 0
    before = len(written(world))
    world.visit()
    assert world.row("change_order", 12).state is State.FAILED
    assert len(written(world)) - before == 3


# ---------------------------------------------------------------- proof from the reply


def test_a_total_that_is_not_ours_is_shown(world: World) -> None:
    """QuickBooks' own figures are compared to the cent; the record is synced and says what differs (promise 5)."""
    accepted(world, budget())
    make = world.desk.add_order

    def add(kind: str, *more: Any) -> Any:
        made = make(kind, *more)
        wrong = replace(made, total=cash("5001.00"))
        world.desk.orders[made.txn_id] = wrong
        return wrong

    world.desk.add_order = add  # type: ignore[method-assign, assignment]
    world.visit()
    row = world.row("budget", PROJECT)

    assert row.state is State.SYNCED
    assert "5,001.00" in row.reasons[0]
    assert "sales tax of 1.00" in row.reasons[1]
    assert row.line_ids.keys() == {"1"}
