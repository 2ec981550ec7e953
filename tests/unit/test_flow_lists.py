"""Readings of QuickBooks' lists: read before anything is written, whole, and never in the way for ever."""

import datetime as dt
from dataclasses import replace

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.replies import Reply, ReplySet, TxnRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import answers
from qbwc_bridge.flow.readings import UNREAD
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


@pytest.mark.parametrize("kind", [qb.PurchaseOrderQuery, qb.EstimateQuery])
@pytest.mark.parametrize("status", [3260, 3210, 501])
def test_nothing_is_written_in_a_visit_that_could_not_read_the_orders(
    world: World, kind: type[qb.Request], status: int
) -> None:
    """What stands there unseen would be written twice; the visit says why it wrote nothing, the next one goes on."""
    accepted(world, commitment(1))
    before = written(world)
    world.desk.refuse = lambda request: status if isinstance(request, kind) else 0
    world.visit()
    assert written(world) == before
    with world.unit() as (uow, _):
        (last,) = uow.visits.find(order="-id", limit=1)
    assert last.last_error.startswith(UNREAD)

    world.desk.refuse = lambda _request: 0
    world.visit()
    assert set(world.states().values()) == {"synced"}


def test_a_page_that_names_no_way_to_the_records_left_is_read_again(world: World) -> None:
    """A count of what is left without an iteratorID would end a list before its end."""
    answer = world.desk.answer

    def without_id(number: str, request: qb.Request) -> Reply:
        told = answer(number, request)
        return replace(told, remaining=7, iterator_id="") if isinstance(request, qb.VendorQuery) else told

    world.desk.answer = without_id  # type: ignore[method-assign, assignment]
    world.visit()
    assert world.connection().lists_read_at is None

    world.desk.answer = answer  # type: ignore[method-assign]
    world.visit()
    assert world.connection().lists_read_at is not None


def test_only_the_newest_record_itself_proves_that_the_file_is_no_older_copy(world: World) -> None:
    """An answer to another message shows other records; nothing is written after it."""
    world.journey(commitment(1))
    accepted(world, commitment(1), commitment(2))
    visit_id = world.begin()
    while (message := world.send(visit_id)) and message.purpose != "sentinel":
        heard = world.ask(message)
        world.receive(visit_id, message, heard)
    assert message
    (asked,) = world.ask(message).replies
    (shown,) = asked.results
    assert isinstance(shown, TxnRet)
    for wrong in (heard, ReplySet((replace(asked, results=(replace(shown, txn_id="T-other"),)),))):
        with world.trial(visit_id) as scene:
            answers.sentinel_answered(scene, wrong)
            assert not scene.visit.sentinel_checked
            assert not scene.visit.writes_allowed
    with world.trial(visit_id) as scene:
        answers.sentinel_answered(scene, ReplySet((asked,)))
        assert scene.visit.sentinel_checked


def test_a_clock_that_was_ahead_delays_nothing(world: World) -> None:
    """A back-off that was reckoned from a wrong time would hold a record back for a year."""
    accepted(world, commitment(1))
    world.later(days=365)
    world.desk.refuse = lambda request: 3180 if isinstance(request, qb.VendorAdd) else 0
    for _ in range(3):
        world.visit()
    assert world.tasks(kind="VendorAdd")[0].not_before is not None
    world.now -= dt.timedelta(days=365)
    world.desk.refuse = lambda _request: 0
    world.visit()

    assert set(world.states().values()) == {"synced"}
