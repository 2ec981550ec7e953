"""Answers that never came: asked for, looked up, and sent again only where QuickBooks has nothing."""

import datetime as dt
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.replies import Reply, ReplySet
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import decisions, recovery
from tests.support import DEEP
from tests.unit.documents import PROJECT, VENDOR, budget, cash, change_order, code, commitment, line
from tests.unit.factories import OPTIONS, World
from tests.unit.test_flow_queue import WRITES, accepted, due, world, written

__all__ = ["world"]  # the fixture


def test_a_stored_reply_settles_the_doubt(world: World) -> None:
    """The empty message set brings the lost answer back; nothing is looked up and nothing sent twice."""
    accepted(world, commitment(1))
    lose_at(world, 2, done=True)
    world.visit()

    assert set(world.states().values()) == {"synced"}
    assert not [each for each in world.desk.seen if getattr(each, "full_names", ())]
    nothing_twice(world)


@pytest.mark.parametrize("done", [True, False])
def test_without_a_stored_reply_a_look_up_decides(world: World, done: bool) -> None:
    """600 proves nothing: what exists is adopted, what does not is sent again."""
    accepted(world, commitment(1))
    lose_at(world, 2, done=done)
    world.desk.stored.clear()
    world.visit()

    assert set(world.states().values()) == {"synced"}
    nothing_twice(world)


def test_two_orders_with_one_mark_ask_a_person(world: World) -> None:
    """The bridge does not choose; the sentence says what to do."""
    accepted(world, commitment(1))
    order = lose_at(world, 5, done=True)
    assert order == "PurchaseOrderAdd"
    (made,) = world.desk.orders.values()
    world.desk.orders["T-copy"] = replace(made, txn_id="T-copy")
    world.desk.stored.clear()
    world.visit()

    row = world.row("commitment", 1)
    assert row.state is State.FAILED
    assert "2 records with this mark" in row.reasons[0]


def test_a_look_up_that_fails_ends_the_writes_of_the_visit(world: World) -> None:
    """It is asked again in the next visit, not for ever in this one, and nothing is written before."""
    accepted(world, commitment(1))
    lose_at(world, 5, done=False)
    world.desk.stored.clear()
    world.desk.refuse = lambda request: (
        1000 if isinstance(request, qb.PurchaseOrderQuery) and request.ref_numbers else 0
    )
    count = len(written(world))
    world.visit()
    assert len(written(world)) == count
    assert [task.kind for task in world.tasks(state="in_doubt")] == ["PurchaseOrderAdd"]

    world.desk.refuse = lambda _request: 0
    world.visit()
    assert set(world.states().values()) == {"synced"}
    nothing_twice(world)


@pytest.mark.parametrize("told", ["shown", "silent", "left out"])
def test_a_write_that_was_done_but_not_shown_is_looked_up(world: World, told: str) -> None:
    """Status 510, a success without record and a reply that is missing prove nothing against a write."""
    accepted(world, commitment(1))
    world.later(minutes=1)
    visit = world.begin()
    while message := world.send(visit):
        answer = world.ask(message)
        if message.purpose == "write" and world.tasks(message_set_id=message.id)[0].kind.endswith("rAdd"):
            bare = {"shown": 510, "silent": 0}
            replies = [replace(each, status=bare.get(told, 0), results=()) for each in answer.replies]
            answer = ReplySet(() if told == "left out" else tuple(replies), 0)
            world.desk.stored[message.set_id] = answer
        world.receive(visit, message, answer)

    due(world)
    world.visit()
    assert set(world.states().values()) == {"synced"}
    nothing_twice(world)


EVENTS = st.lists(st.sampled_from(["lost", "undone", "forgotten", "busy", "restart"]), min_size=1, max_size=6)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=100 if DEEP else 6
)
@given(st.data(), EVENTS)
def test_whatever_is_lost_nothing_is_doubled(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, events: list[str]
) -> None:
    """Answers lost before or after the deed, forgotten replies, busy lists: in the end each stands there once."""
    with closing(World(tmp_path_factory.mktemp("world"))) as world:
        accepted(world, budget(), commitment(1), change_order(11, 1), change_order(12, 1))
        for event in events:
            if event == "busy":
                kind = data.draw(st.sampled_from(WRITES))
                world.desk.refuse = lambda request, kind=kind: 3180 if isinstance(request, kind) else 0  # type: ignore[misc]
                world.visit()
                world.desk.refuse = lambda _request: 0
            else:
                lose_at(world, data.draw(st.integers(1, 9)), done=event != "undone")
            if event == "forgotten":
                world.desk.stored.clear()
            due(world)
        for _ in range(3):
            due(world)
            world.visit()

        assert set(world.states().values()) == {"synced"}
        nothing_twice(world)
        order = next(each for each in world.desk.orders.values() if each.kind == "PurchaseOrder")
        assert order.total == cash(1200)
        assert not world.tasks(state=["queued", "sent", "in_doubt", "parked"])


def lose_at(world: World, nth: int, *, done: bool) -> str:
    """Let a visit die at its nth write, whose answer never comes; gives the kind of that write."""
    world.later(minutes=1)
    visit, count = world.begin(), 0
    while message := world.send(visit):
        count += message.purpose == "write"
        if count == nth:
            if done:
                world.ask(message)
            return world.tasks(message_set_id=message.id)[0].kind
        world.receive(visit, message, world.ask(message))
    return ""


def nothing_twice(world: World) -> None:
    """No name, number or change stands twice in QuickBooks."""
    names = [(each.kind, each.full_name) for each in world.desk.lists.values()]
    assert len(names) == len(set(names))
    numbers = [(each.kind, each.ref_number) for each in world.desk.orders.values()]
    assert len(numbers) == len(set(numbers))
    marks = [row.mark for row in world.rows(kind="change_order")]
    assert all(sum(mark in order.memo for order in world.desk.orders.values()) <= 1 for mark in marks)


def test_a_query_that_was_lost_is_simply_asked_again(world: World) -> None:
    """Reading twice does no harm: it goes back to the queue when the next visit begins."""
    visit = world.begin()
    assert world.send(visit)
    world.later(minutes=20)
    world.begin()

    assert {task.state for task in world.tasks()} == {TaskState.QUEUED}


def test_doubts_come_before_everything_else(world: World) -> None:
    """The oldest lost set is asked for first, then looked up, then the next."""
    accepted(world, commitment(1))
    lose_at(world, 1, done=False)
    world.later(minutes=20)
    visit = world.begin()
    purposes = []
    for _ in range(3):
        message = world.send(visit)
        assert message
        purposes.append(message.purpose)
        world.receive(visit, message, ReplySet((), 9001) if message.purpose == "recover" else world.ask(message))

    assert purposes == ["recover", "look_up", "read"]


def test_a_set_that_never_answers_asks_a_person_in_the_end(world: World) -> None:
    """Nothing is tried for ever: after the retries the submission says to look in QuickBooks."""
    accepted(world, commitment(1))
    for _ in range(12):
        due(world)
        visit = world.begin()
        while message := world.send(visit):
            kinds = {task.kind for task in world.tasks(message_set_id=message.id)}
            asked: ReplySet = world.ask(message) if kinds != {"VendorAdd"} else ReplySet((), 9002)
            if kinds == {"VendorAdd"}:
                world.desk.stored.clear()
            world.receive(visit, message, asked)

    assert world.row("vendor", VENDOR).state is State.FAILED
    assert "look there" in world.row("vendor", VENDOR).reasons[0]


def test_a_reading_in_doubt_has_no_look_up(world: World) -> None:
    """Only writes are looked up; a query in doubt is a fault of ours and raises."""
    world.begin()
    with world.unit() as (uow, _):
        task = uow.tasks.find(limit=1)[0]
        with pytest.raises(Exception, match="is no write"):
            recovery._look_up(uow, task)


def test_has_stored_reply_needs_replies() -> None:
    """Only status 0 or none with replies in it is the lost answer."""
    one = (Reply("VendorAdd", "1", 0, "Info", ""),)

    assert recovery.has_stored_reply(ReplySet(one, 0))
    assert recovery.has_stored_reply(ReplySet(one, None))
    assert not recovery.has_stored_reply(ReplySet((), 0))
    assert not any(recovery.has_stored_reply(ReplySet(one, status)) for status in (600, 9001, 9002, 9005))


def test_a_write_that_never_gets_an_answer_stops_no_other(world: World) -> None:
    """A record at which QuickBooks dies is found among the others of its set and asks a person in the end."""
    codes = [code(number, f"{number:02}-100") for number in range(1, 6)]
    accepted(world, commitment(1, *(line(number, 5, of) for number, of in enumerate(codes))), budget())
    for _ in range(20):
        due(world)
        visit = world.begin()
        while message := world.send(visit):
            asked = [task.request for task in world.tasks(message_set_id=message.id)]
            if message.purpose == "write" and any(getattr(each, "name", "") == "02-100" for each in asked):
                break  # QuickBooks dies before it did anything
            world.receive(visit, message, world.ask(message))

    assert world.row("cost_code", "02-100").state is State.FAILED
    assert "look there" in world.row("cost_code", "02-100").reasons[0]
    others = [row.key for row in world.rows(kind="cost_code", state="synced")]
    assert {"01-100", "03-100", "04-100", "05-100", "05-100.M"} <= set(others)
    assert world.row("budget", PROJECT).state is State.SYNCED
    assert not world.tasks(state=["queued", "sent", "in_doubt"])


def test_a_customer_whose_making_stays_unclear_asks_a_person(tmp_path: Path) -> None:
    """The job fails visibly and can be tried again; it does not wait for ever for the customer above it."""
    with closing(World(tmp_path, customer="New Client")) as world:
        accepted(world, budget())
        world.desk.refuse = lambda request: 1000 if getattr(request, "full_names", ()) else 0
        world.later(minutes=1)
        visit = world.begin()
        while message := world.send(visit):
            if any(
                getattr(task.request, "name", "") == "New Client" for task in world.tasks(message_set_id=message.id)
            ):
                break
            world.receive(visit, message, world.ask(message))
        for _ in range(recovery.MOST_LOOK_UPS):
            world.visit()

        row = world.row("job", PROJECT)
        assert row.state is State.FAILED
        assert "look there" in row.reasons[0]
        world.desk.refuse = lambda _request: 0
        world.decide(decisions.retry, row)
        world.visit()
        assert world.row("job", PROJECT).state is State.SYNCED


def test_a_queued_order_follows_its_vendor_to_another_record(world: World) -> None:
    """A person links the vendor to another record before the visit: the order goes to that one, not the old one."""
    right = world.desk.add_list("Vendor", "Ready Mix of Hilltop")
    world.journey(commitment(1))
    accepted(world, commitment(1), commitment(2))
    assert [task.kind for task in world.tasks(state="queued")] == ["PurchaseOrderAdd"]
    world.decide(decisions.unlink, world.row("vendor", VENDOR))
    assert world.row("commitment", 2).waits_for
    assert not world.tasks(state="queued")
    world.decide(decisions.link, world.row("vendor", VENDOR), quickbooks=right.full_name)
    world.visit()

    (order,) = [each for each in world.desk.orders.values() if each.ref_number == commitment(2).number]
    assert order.party == qb.Ref(list_id=right.list_id)


def test_a_queued_write_follows_a_changed_setting(world: World) -> None:
    """What goes out is what the preview shows: an account that was corrected after the acceptance is used."""
    right = world.desk.add_list("Account", "Site Expenses", account_type="CostOfGoodsSold")
    accepted(world, budget())
    assert world.tasks(state="queued", kind="ItemServiceAdd")
    world.options = replace(world.options, expense_account="Site Expenses")
    world.visit()

    items = [each for each in world.desk.seen if isinstance(each, qb.ItemServiceAdd)]
    assert items
    assert {each.expense_account for each in items} == {qb.Ref(list_id=right.list_id)}


def test_a_write_of_our_own_moves_no_reading_window(world: World) -> None:
    """In a long visit somebody enters a vendor after the lists were read: the next reading must still find it."""
    for name, kept in list(world.desk.lists.items()):
        world.desk.lists[name] = replace(kept, time_modified=dt.datetime(2026, 3, 1, 8))  # noqa: DTZ001 - wall clock
    accepted(world, commitment(1))
    make = world.desk.add_list
    late = dt.datetime(2026, 3, 1, 12)  # noqa: DTZ001 - wall clock

    def add(*what: Any, **more: Any) -> Any:
        made = replace(make(*what, **more), time_modified=late)
        world.desk.lists[made.list_id] = made
        return made

    world.desk.add_list = add  # type: ignore[method-assign]
    world.visit()
    assert world.row("vendor", VENDOR).state is State.SYNCED
    world.begin()

    windows = {task.request.modified_from for task in world.tasks(state="queued", kind="VendorQuery")}  # type: ignore[union-attr]
    assert windows == {dt.datetime(2026, 3, 1, 6, 55)}  # noqa: DTZ001 - 65 minutes before the last change read


def test_direct_export_does_not_wait_for_a_task_that_was_given_up(tmp_path: Path) -> None:
    """A task that failed while its record was blocked is over: once nothing stands against it, it is queued anew."""
    direct = replace(OPTIONS, direct_export=frozenset({"job"}))
    with closing(World(tmp_path, direct, customer="New Client")) as world:
        world.bring(budget())
        world.desk.refuse = lambda request: 3100 if isinstance(request, qb.CustomerAdd) else 0
        visit = world.begin()
        while message := world.send(visit):
            if message.purpose == "write":
                world.switch(on=False)
            world.receive(visit, message, world.ask(message))
        assert world.row("job", PROJECT).state is State.ARCHIVED
        assert world.tasks(state="parked")

        world.desk.refuse = lambda _request: 0
        world.switch(on=True)
        assert world.row("job", PROJECT).state is State.ACCEPTED
        world.visit()
        assert world.row("job", PROJECT).state is State.SYNCED


def test_nothing_is_written_in_a_visit_that_could_not_read_the_orders(world: World) -> None:
    """An order entered by hand since is unknown as long as QuickBooks is too busy to show its orders (rule 2)."""
    world.journey(commitment(1))
    accepted(world, commitment(1), commitment(2))
    vendor, job = world.row("vendor", VENDOR).quickbooks_id, world.row("job", PROJECT).quickbooks_id
    (ours,) = world.desk.orders.values()
    lines = tuple(replace(each, txn_line_id=world.desk.fresh("TL")) for each in ours.lines)
    assert lines[0].customer == qb.Ref(list_id=job)
    world.desk.add_order("PurchaseOrder", qb.Ref(list_id=vendor), commitment(2).number, "", lines)
    world.desk.refuse = lambda request: (
        1000 if isinstance(request, qb.PurchaseOrderQuery) and not request.txn_ids else 0
    )
    world.visit()
    assert len(world.desk.orders) == 2
    with world.unit() as (uow, _):
        assert "Nothing is written" in uow.visits.find(order="-id")[0].last_error
    world.desk.refuse = lambda _request: 0
    world.visit()

    assert world.row("commitment", 2).state is State.SYNCED
    assert len(world.desk.orders) == 2
