"""Readings of QuickBooks' lists: read before anything is written, whole, and never in the way for ever."""

import datetime as dt
from dataclasses import replace

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.replies import ReplySet
from qbwc_bridge.domain.states import State
from tests.unit.documents import commitment
from tests.unit.factories import World
from tests.unit.test_flow_queue import accepted, world, written

__all__ = ["world"]  # the fixture


def test_lists_count_as_read_only_when_each_was_read_whole(world: World) -> None:
    """A list that QuickBooks refused keeps everything blocked, or what stands there would be written again (rule 2)."""
    world.bring(commitment(1))
    world.desk.refuse = lambda request: 3210 if isinstance(request, qb.VendorQuery) else 0
    world.visit()
    assert world.connection().lists_read_at is None
    assert all(row.state is State.BLOCKED for row in world.rows())

    world.desk.refuse = lambda _request: 0
    world.visit()
    assert world.connection().lists_read_at == world.now
    assert world.row("commitment", 1).state is State.READY


def test_a_list_that_was_given_up_is_read_again_with_its_own_window(world: World) -> None:
    """The window of a later reading would leave out what the first one did not get."""
    for name, kept in list(world.desk.lists.items()):
        world.desk.lists[name] = replace(kept, time_modified=dt.datetime(2026, 3, 1, 12))  # noqa: DTZ001 - wall clock
    world.visit()
    world.desk.refuse = lambda request: 3210 if isinstance(request, qb.VendorQuery) else 0
    world.refresh_lists()
    world.desk.add_list("Customer", "Newer", time_modified=dt.datetime(2026, 3, 2, 12))  # noqa: DTZ001 - wall clock
    world.refresh_lists()
    world.desk.refuse = lambda _request: 0
    world.desk.seen.clear()
    world.refresh_lists()

    windows = {each.kind: each.modified_from for each in world.desk.seen if isinstance(each, qb.ListQuery)}
    assert windows["VendorQuery"] == dt.datetime(2026, 3, 1, 10, 55)  # noqa: DTZ001 - 65 minutes before
    assert windows["CustomerQuery"] == dt.datetime(2026, 3, 2, 10, 55)  # noqa: DTZ001 - 65 minutes before


@pytest.mark.parametrize("status", [1030, 3250])
def test_a_company_without_estimates_has_none(world: World, status: int) -> None:
    """A feature that is off refuses its query: that is an empty list, not a list that could not be read."""
    world.desk.refuse = lambda request: status if isinstance(request, qb.EstimateQuery) else 0
    world.visit()

    assert world.connection().lists_read_at is not None
    assert not world.tasks(state="parked")


def test_pages_of_a_list_are_asked_one_by_one(world: World) -> None:
    """An open iterator goes on with its id in this visit, and from the first page in the next."""
    visit = world.begin()
    message = world.send(visit)
    assert message
    told = world.ask(message)
    vendors = next(task for task in world.tasks() if task.kind == "VendorQuery")
    paged = [
        replace(each, iterator_id="{IT}", remaining=3, results=each.results)
        if each.request_id == str(vendors.id)
        else each
        for each in told.replies
    ]
    world.receive(visit, message, ReplySet(tuple(paged), 0))

    def asked() -> qb.VendorQuery:
        (task,) = world.tasks(id=vendors.id)
        assert isinstance(task.request, qb.VendorQuery)
        return task.request

    assert asked().iterator == qb.Iterator(500, "{IT}")
    assert world.connection().lists_read_at is None
    world.begin()
    assert asked().iterator == qb.Iterator(500, "")


# ---------------------------------------------------------------- the file that is open


def test_an_older_copy_gets_no_write(world: World) -> None:
    """When the newest record that we wrote is gone, nothing is written and an alarm is set (promise 2)."""
    accepted(world, commitment(1))
    world.visit()
    count = len(written(world))
    world.desk.orders.clear()
    accepted(world, commitment(1), commitment(2))
    world.visit()

    assert len(written(world)) == count
    assert "older copy" in world.connection().alarm
    assert world.row("commitment", 2).state is State.ACCEPTED
