"""What vanished from QuickBooks' lists and orders is noticed, and what came into them by itself is told apart."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.replies import ListDeletedRet, Reply, ReplySet, TxnDeletedRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import queueing
from qbwc_bridge.flow.readings import LISTS, LISTS_WHOLE_EVERY, window
from tests.unit.documents import PROJECT, VENDOR, commitment
from tests.unit.factories import World
from tests.unit.test_flow_queue import accepted, world

__all__ = ["world"]  # the fixture

WALL = dt.datetime(2026, 3, 1, 12)  # noqa: DTZ001 - QuickBooks' wall clock


def record(world: World, name: str) -> ListRecord:
    """A record of a list as last read."""
    with world.unit() as (uow, _):
        (found,) = uow.lists.find(full_name=name)
    return found


def next_day(world: World) -> None:
    """Let a day pass and QuickBooks visit for something else."""
    world.later(hours=25)
    world.refresh_lists()


@pytest.mark.parametrize("kind", ["Vendor", "ItemService", "ItemNonInventory", "Employee", "OtherName", "Class"])
def test_a_deletion_record_marks_the_record_gone(world: World, kind: str) -> None:
    """A deleted record stays known as gone, whatever list it was on."""
    made = world.desk.add_list(kind, "Short-lived")
    world.visit()
    assert not record(world, "Short-lived").gone
    world.desk.lists.pop(made.list_id)
    world.desk.deleted.append(ListDeletedRet(kind, made.list_id, WALL))
    world.refresh_lists()

    assert record(world, "Short-lived").gone
    assert world.connection().list_deletions_seen == WALL


def test_a_deletion_record_ends_its_own_record_alone(world: World) -> None:
    """A ListID is unique within one list only, and a record that was changed after the deletion is there again."""
    vendor, item = world.desk.add_list("Vendor", "Stays"), world.desk.add_list("ItemService", "Stays too")
    again = world.desk.add_list("Vendor", "There again", time_modified=WALL)
    world.visit()
    world.desk.deleted += [
        ListDeletedRet("ItemService", vendor.list_id, WALL),
        ListDeletedRet("Vendor", item.list_id, WALL),
        ListDeletedRet("Vendor", again.list_id, WALL - dt.timedelta(minutes=5)),
    ]
    world.refresh_lists()

    assert not any(record(world, name).gone for name in ("Stays", "Stays too", "There again"))


def test_a_page_without_an_answer_forgets_nothing(world: World) -> None:
    """A later page that is empty is no end of a list: it is read again, and nothing counts as gone before."""
    first = world.desk.add_list("Vendor", "First page")
    world.desk.add_list("Vendor", "Last page")
    world.visit()
    world.later(hours=25)
    with world.unit() as (uow, connection):
        queueing.ask_lists(uow, connection, world.now)
    visit = world.begin()
    for page in (True, False):
        message = world.send(visit)
        assert message
        (vendors,) = world.tasks(kind="VendorQuery", message_set_id=message.id)
        mine = Reply("VendorQuery", str(vendors.id), 1, "Info", "")
        if page:
            mine = replace(mine, status=0, results=(first,), iterator_id="{IT}", remaining=1)
        others = [each for each in world.ask(message).replies if each.request_id != mine.request_id]
        world.receive(visit, message, ReplySet((mine, *others), 0))
    assert not record(world, "Last page").gone

    world.visit()
    assert not record(world, "Last page").gone
    assert not world.tasks(kind="VendorQuery", state=["queued", "parked"])


def test_a_merged_record_is_missed_by_the_next_whole_reading(world: World) -> None:
    """It leaves no deletion record: only a reading of the whole list shows it, once a day."""
    made = world.desk.add_list("Vendor", "Merged", time_modified=WALL)
    world.visit()
    world.desk.lists.pop(made.list_id)
    world.refresh_lists()
    assert not record(world, "Merged").gone
    next_day(world)
    assert record(world, "Merged").gone
    assert not record(world, "Clients").gone

    world.desk.lists[made.list_id] = made
    world.refresh_lists()
    assert not record(world, "Merged").gone


def test_the_lists_are_read_whole_once_a_day_and_in_windows_between(world: World) -> None:
    """Reading everything at each visit would cost too much; never doing so would miss what was merged."""
    world.desk.add_list("Vendor", "Old", time_modified=WALL)
    world.visit()
    for moved, whole in ((dt.timedelta(hours=1), False), (LISTS_WHOLE_EVERY, True), (dt.timedelta(hours=1), False)):
        world.desk.seen.clear()
        world.now += moved
        world.refresh_lists()
        asked = [window(each) is None for each in world.desk.seen if isinstance(each, tuple(LISTS))]
        assert asked == [whole] * len(LISTS)


@pytest.mark.parametrize("status", [1030, 3250, 3260, 3261, 3340, 1000])
@pytest.mark.parametrize("query", [qb.ClassQuery, qb.EmployeeQuery, qb.OtherNameQuery, qb.ListDeletedQuery])
def test_a_list_that_may_be_refused_stops_nothing_and_forgets_nothing(world: World, query: Any, status: int) -> None:
    """Without the right to see employees, say, everything else goes on, and what was known of them stays."""
    world.desk.add_list("Employee", "Robin Example")
    world.visit()
    world.desk.refuse = lambda request: status if isinstance(request, query) else 0
    accepted(world, commitment(1))
    next_day(world)
    world.visit()

    assert not world.tasks(state="parked")
    assert world.row("commitment", 1).state is State.SYNCED
    assert not record(world, "Robin Example").gone


def test_a_deleted_order_is_marked_gone_and_comes_back_when_seen(world: World) -> None:
    """Its deletion record is asked for along with the lists."""
    world.journey(commitment(1))
    (txn_id,) = world.desk.orders
    kept = world.desk.orders.pop(txn_id)
    world.desk.deleted.append(TxnDeletedRet("PurchaseOrder", txn_id, WALL))
    world.refresh_lists()
    with world.unit() as (uow, _):
        assert uow.transactions.first(txn_id=txn_id, gone=True)
    assert world.connection().order_deletions_seen == WALL

    world.desk.deleted.clear()
    world.desk.orders[txn_id] = kept
    world.refresh_lists()
    with world.unit() as (uow, _):
        assert uow.transactions.first(txn_id=txn_id, gone=False)


def test_what_came_into_quickbooks_by_itself_is_told_apart(world: World) -> None:
    """Not what the first reading found, nor what the bridge wrote, nor items; customers, jobs and vendors alone."""
    world.desk.add_list("Vendor", "There before")
    world.journey(commitment(1))
    clients = record(world, "Clients")
    world.desk.add_list("Vendor", "Hand-made")
    world.desk.add_list("ItemService", "Hand-made item")
    world.desk.add_list("Customer", "Hand-made job", qb.Ref(clients.list_id))
    world.refresh_lists()

    with world.unit() as (uow, _):
        assert {row.full_name for row in uow.lists.find(born=True)} == {"Hand-made", "Clients:Hand-made job"}
    assert world.row("vendor", VENDOR).state is State.SYNCED


@pytest.mark.parametrize("status", [3000, 3120, 3140])
def test_a_missing_reference_lets_the_lists_be_read_whole(world: World, status: int) -> None:
    """QuickBooks refused a ListID that the bridge still knew: the next visit looks at everything."""
    world.desk.add_list("Vendor", "Old", time_modified=WALL)
    accepted(world, commitment(1))
    world.desk.refuse = lambda request: status if isinstance(request, qb.PurchaseOrderAdd) else 0
    world.visit()
    assert world.row("commitment", 1).state is not State.SYNCED
    world.desk.seen.clear()
    world.refresh_lists()

    assert {window(each) for each in world.desk.seen if isinstance(each, tuple(LISTS))} == {None}
    assert world.row("job", PROJECT).state is State.SYNCED
