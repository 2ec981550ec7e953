"""Look-ups that do not show what is there, and answers that come late, twice, or against one another."""

from dataclasses import replace

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.replies import Reply, ReplySet, TxnRet
from qbwc_bridge.domain.states import State
from tests.unit.documents import commitment
from tests.unit.factories import World
from tests.unit.test_flow_doubt import lose_at, nothing_twice
from tests.unit.test_flow_queue import accepted, world

__all__ = ["world"]  # the fixture


@pytest.mark.parametrize("status", [0, 501, 510, 530, 540, 2])
def test_a_record_that_a_look_up_only_does_not_show_is_not_made_twice(world: World, status: int) -> None:
    """Only "found nothing" says that QuickBooks does not have it; anything else without a record is asked again."""
    accepted(world, commitment(1))
    assert lose_at(world, 5, done=True) == "PurchaseOrderAdd"
    world.desk.stored.clear()
    answer = world.desk.answer

    def hiding(number: str, request: qb.Request) -> Reply:
        looks_up = getattr(request, "ref_numbers", ())
        return Reply(request.kind, number, status, "Warn", "") if looks_up else answer(number, request)

    world.desk.answer = hiding  # type: ignore[method-assign, assignment]
    world.visit()
    assert [task.kind for task in world.tasks(state="in_doubt")] == ["PurchaseOrderAdd"]

    world.desk.answer = answer  # type: ignore[method-assign]
    world.visit()
    assert set(world.states().values()) == {"synced"}
    nothing_twice(world)


@pytest.mark.parametrize("answered", [True, False])
def test_a_first_answer_that_comes_after_a_second_try_does_not_vanish(world: World, answered: bool) -> None:
    """Made by both tries an order stands twice, which stops all writes until a person saw to it; else it is adopted."""
    accepted(world, commitment(1))
    assert lose_at(world, 5, done=False) == "PurchaseOrderAdd"
    (first,) = world.messages(purpose="write", answered_at=None)
    world.desk.stored.clear()
    visit_id, message, told = world.until_sent("PurchaseOrderAdd")
    (made,) = told.replies
    if answered:
        world.receive(visit_id, message, told)
    (shown,) = made.results
    assert isinstance(shown, TxnRet)
    earlier = replace(made, results=(replace(shown, txn_id="T-first"),))
    world.receive(visit_id, first, ReplySet((earlier,), 0))
    if not answered:
        assert world.row("commitment", 1).quickbooks_id == "T-first"
        assert not world.connection().alarm
        world.receive(visit_id, message, told)

    assert world.row("commitment", 1).state is State.SYNCED
    assert "stands twice in QuickBooks" in world.connection().alarm


def test_an_answer_that_is_heard_twice_is_no_second_record(world: World) -> None:
    """The Web Connector repeats a call whose answer it did not get."""
    accepted(world, commitment(1))
    visit_id, message, told = world.until_sent("PurchaseOrderAdd")
    for _ in range(2):
        world.receive(visit_id, message, told)

    assert world.row("commitment", 1).state is State.SYNCED
    assert not world.connection().alarm


def test_two_answers_to_one_write_that_contradict_are_a_doubt(world: World) -> None:
    """Neither is believed; the look-up decides."""
    accepted(world, commitment(1))
    visit_id, message, told = world.until_sent("PurchaseOrderAdd")
    (made,) = told.replies
    world.receive(visit_id, message, ReplySet((replace(made, status=3210, results=()), made), 0))
    assert [task.kind for task in world.tasks(state="in_doubt")] == ["PurchaseOrderAdd"]

    world.desk.stored.clear()
    world.visit()
    assert set(world.states().values()) == {"synced"}
    nothing_twice(world)
