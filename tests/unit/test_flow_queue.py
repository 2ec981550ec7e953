"""Queueing, dispatch, answers and recovery: the order of writes, one at a time, and the promise of once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.procore import CostCode
from qbwc_bridge.domain.states import TaskState
from tests.unit.documents import budget, cash, change_order, code, commitment, line
from tests.unit.factories import World

WRITES = (qb.CustomerAdd, qb.VendorAdd, qb.ItemServiceAdd, qb.EstimateAdd, qb.PurchaseOrderAdd, qb.PurchaseOrderMod)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A bridge."""
    made = World(tmp_path)
    yield made
    made.close()


def accepted(world: World, *documents: Any) -> None:
    """Bring documents and accept them; nothing is sent yet."""
    world.bring(*documents)
    world.visit()
    world.settle()
    world.accept_all()


def written(world: World) -> list[str]:
    """Kinds of the writes that QuickBooks saw, in order."""
    return [each.kind for each in world.desk.seen if isinstance(each, WRITES)]


def due(world: World) -> None:
    """Let every back-off end."""
    world.later(hours=5)


# ---------------------------------------------------------------- order


def test_everything_goes_in_dependency_order_within_one_visit(world: World) -> None:
    """Items, jobs and vendors before what refers to them: estimate, order, then its changes."""
    accepted(world, budget(), commitment(1), change_order(11, 1), change_order(12, 1))
    world.visit()

    assert set(world.states().values()) == {"synced"}
    kinds = written(world)
    assert kinds[0] == "ItemServiceAdd"
    assert kinds[-2:] == ["PurchaseOrderAdd", "PurchaseOrderMod"]
    assert kinds.index("CustomerAdd") < kinds.index("EstimateAdd") < kinds.index("PurchaseOrderAdd")
    assert len(kinds) == 7


def test_nothing_is_queued_before_what_it_needs_stands_in_quickbooks(world: World) -> None:
    """At every moment of a visit each queued write refers to records that have their ids."""
    accepted(world, budget(), commitment(1), change_order(11, 1))
    world.later(minutes=1)
    visit = world.begin()
    while message := world.send(visit):
        for task in world.tasks(state=["queued", "sent"]):
            _ids_are_there(task.request)
        world.receive(visit, message, world.ask(message))
    assert set(world.states().values()) == {"synced"}


def _ids_are_there(request: Any) -> None:
    refs = [getattr(request, name, None) for name in ("parent", "customer", "vendor")]
    refs += [each.item for each in getattr(request, "lines", ()) if each.item or each.txn_line_id in {"", "-1"}]
    assert all(ref.list_id for ref in refs if ref is not None), request


def test_one_change_of_an_order_is_under_way_at_a_time(world: World) -> None:
    """Two changes would race for one EditSequence: one that comes while another is out is built on its answer."""
    accepted(world, commitment(1))
    world.visit()
    accepted(world, commitment(1), change_order(11, 1), change_order(12, 1))
    world.later(minutes=1)
    visit = world.begin()
    while message := world.send(visit):
        if world.tasks(kind="PurchaseOrderMod", state="sent") and len(world.rows(kind="change_order")) == 2:
            world.bring(commitment(1), change_order(11, 1), change_order(12, 1), change_order(13, 1))
            world.settle()
            world.accept_all()
        changes = {row.id for row in world.rows(kind="change_order")}
        busy = {
            t.submission_id for t in world.tasks(state=["queued", "sent", "in_doubt"]) if t.submission_id in changes
        }
        assert len(busy) <= 1
        world.receive(visit, message, world.ask(message))

    sequences = [each.edit_sequence for each in world.desk.seen if isinstance(each, qb.PurchaseOrderMod)]
    assert sequences == ["1", "2"]
    (order,) = world.desk.orders.values()
    assert order.total == cash(1300)
    assert all(row.reasons == [] for row in world.rows())


def test_a_transaction_goes_alone_and_list_records_together(world: World) -> None:
    """One set is one transaction, or up to 25 list records; a lost answer then leaves little in doubt."""
    codes = [code(number, f"{number:02}-100") for number in range(1, 31)]
    accepted(world, commitment(1, *(line(number, 5, of) for number, of in enumerate(codes))), commitment(2))
    world.later(minutes=1)
    visit, sizes = world.begin(), []
    while message := world.send(visit):
        tasks = world.tasks(message_set_id=message.id)
        if message.purpose == "write":
            assert len(message.set_id) == 20
            sizes.append((tasks[0].kind, len(tasks)))
        world.receive(visit, message, world.ask(message))

    assert ("ItemServiceAdd", 25) in sizes
    assert all(count == 1 for kind, count in sizes if kind == "PurchaseOrderAdd")
    assert max(count for _, count in sizes) == 25


def test_the_text_is_stored_before_it_leaves(world: World) -> None:
    """Message, set id and tasks are committed with the text that is returned (once 1)."""
    accepted(world, commitment(1))
    visit = world.begin()
    message = world.send(visit)
    while message and message.purpose != "write":
        world.receive(visit, message, world.ask(message))
        message = world.send(visit)
    assert message

    with world.unit() as (uow, _):
        stored = uow.message_sets.get(message.id)
        tasks = uow.tasks.find(message_set_id=message.id)
    assert stored.set_id in stored.request_text
    assert {task.state for task in tasks} == {TaskState.SENT}
    assert {task.attempts for task in tasks} == {1}


def test_a_cost_code_with_a_dot_is_no_child_of_another(world: World) -> None:
    """03 and 03.300 are two cost codes of their own; only the cost types stand below them."""
    world.documents[0] += [CostCode(1, "03", "Concrete"), CostCode(2, "03.300", "Cast-in-Place")]
    accepted(world, commitment(1, line(1, 5, code(1, "03")), line(2, 5, code(2, "03.300"))))
    world.visit()

    names = {each.full_name for each in world.desk.lists.values() if each.kind == "ItemService"}
    assert names == {"03", "03:M", "03.300", "03.300:M"}


def test_answers_that_let_nothing_go_are_reviewed_when_the_visit_ends(world: World) -> None:
    """While something accepted waits they are looked at in the visit; after its last record nobody waits for that."""
    accepted(world, commitment(1))
    visit_id, unsettled = world.begin(), list[tuple[str, str]]()
    while message := world.send(visit_id):
        world.receive(visit_id, message, world.ask(message))
        with world.unit() as (_, connection):
            unsettled.append((message.purpose, connection.unsettled))

    assert written(world)[-1] == "PurchaseOrderAdd"
    assert [seen for purpose, seen in unsettled if purpose == "write"][-1] == "answers"
    assert "" in [seen for purpose, seen in unsettled if purpose == "write"]
    world.visit()
    with world.unit() as (_, connection):
        assert connection.unsettled == ""
