"""Orders and estimates that live long: closed months, an upgraded program, a restored memory, many change orders."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.replies import TxnDeletedRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions, work
from qbwc_bridge.webconnector import exchange
from tests.unit.documents import PROJECT, cash, change_order, code, commitment, line
from tests.unit.factories import World
from tests.unit.test_flow_changes import LATER, MORE, changed, estimate, mods, order, read_again, with_changes, world

__all__ = ["world"]  # the fixture

JANUARY = dt.date(2026, 1, 5)


def close_books(world: World, day: dt.date) -> None:
    """The closing date of the company moves on."""
    with world.unit() as (uow, connection):
        connection.company = replace(connection.company, closing_date=day)
        uow.connections.save(connection)
    world.settle()


def test_a_closed_month_stops_no_update_that_keeps_the_date(world: World) -> None:
    """TxnDate is checked where it is written: for a new order, or where the contract date changed (rule 12)."""
    world.journey(commitment(1, contract_date=JANUARY))
    close_books(world, dt.date(2026, 2, 28))
    assert changed(world, line(1, 700), contract_date=JANUARY).state is State.READY
    row = changed(world, line(1, 700), contract_date=dt.date(2026, 2, 1))
    assert row.state is State.BLOCKED
    assert "closing date" in row.reasons[0]


@pytest.mark.parametrize("out", [True, False])
def test_the_dividing_date_of_an_accountants_copy_is_obeyed(world: World, out: bool) -> None:
    """While the copy is out, QuickBooks takes nothing dated on or before it; without one it says nothing (rule 5)."""
    world.journey(commitment(1))
    with world.unit() as (uow, connection):
        connection.company = replace(
            connection.company,
            accountant_copy=out,
            dividing_date=dt.date(2026, 2, 28),
            closing_date=dt.date(2025, 12, 31),
        )
        uow.connections.save(connection)
    world.bring(commitment(1), commitment(2, contract_date=JANUARY), commitment(3, contract_date=dt.date(2026, 3, 1)))
    world.settle()
    late, fresh = world.row("commitment", 2), world.row("commitment", 3)
    assert late.state is (State.BLOCKED if out else State.READY)
    assert any("dividing date" in reason for reason in late.reasons) is out
    assert fresh.state is State.READY


def test_a_hand_edit_shows_on_what_an_older_version_wrote(world: World) -> None:
    """What it left is agreed to as it stands at the first look (rule 14)."""
    world.journey(commitment(1))
    with world.unit() as (uow, _):
        row = uow.submissions.find(kind="commitment")[0]
        row.agreed, row.exported = None, ""
        uow.submissions.save(row)
    world.settle()
    assert world.row("commitment", 1).state is State.SYNCED
    (only,) = order(world).lines
    read_again(world, order(world).txn_id, lines=(replace(only, description="Mine"),))
    assert "changed by hand" in world.row("commitment", 1).reasons[0]


def test_several_changes_that_a_restored_memory_lost_are_found_by_their_marks(world: World) -> None:
    """All of them stand in one estimate, and none is written again (promise 2)."""
    world.journey(with_changes())
    world.journey(with_changes(MORE, LATER))
    written = len(mods(world))
    with world.unit() as (uow, _):
        for row in uow.submissions.find(kind="budget_change"):
            row.state, row.quickbooks_id, row.exported, row.exported_version = State.BLOCKED, "", "", ""
            uow.submissions.save(row)
    world.settle()
    world.accept_all()
    world.visit()
    assert {row.state for row in world.rows(kind="budget_change")} == {State.SYNCED}
    assert len(mods(world)) == written
    assert (estimate(world).total, world.row("budget", PROJECT).reasons) == (cash(5370), [])


def test_a_second_order_that_was_deleted_is_flagged(world: World) -> None:
    """It can be unlinked and written again; nothing happens by itself."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(11, 1))
    world.settle()
    world.decide(decisions.second_order, world.row("change_order", 11))
    world.accept_all()
    world.visit()
    gone = world.desk.orders.pop(world.row("change_order", 11).quickbooks_id)
    world.desk.deleted.append(TxnDeletedRet("PurchaseOrder", gone.txn_id, None))
    world.refresh_lists()
    assert "no longer in QuickBooks" in world.row("change_order", 11).reasons[0]


@pytest.mark.parametrize("ended", [{"is_manually_closed": True}, {"is_fully_received": True}])
def test_an_update_of_an_ended_order_says_what_can_be_done(world: World, ended: dict[str, bool]) -> None:
    """Re-opening with the change, and a second order, are choices of change orders only (rule 13)."""
    world.journey(commitment(1))
    read_again(world, order(world).txn_id, **ended)
    row = changed(world, line(1, 700))
    assert row.state is State.BLOCKED
    assert "choose" not in row.reasons[0]
    assert "mark it as done" in row.reasons[0]


def test_a_linked_order_is_joined_line_by_line(world: World) -> None:
    """Lines are known by item and amount, in whatever order somebody typed them: a change reaches the right one."""
    other = code(2, "09-250", "L")
    world.journey(commitment(2, line(1, 10), line(2, 10, other)))
    typed = order(world)
    vendor = typed.party
    lines = tuple(
        replace(each, txn_line_id=f"H{at}", amount=cash(500), quantity=cash(1), rate=cash(500))
        for at, each in enumerate(reversed(typed.lines))
    )
    made = world.desk.add_order("PurchaseOrder", vendor, "PO-1", "", lines)
    world.refresh_lists()
    second = commitment(2, line(1, 10), line(2, 10, other))
    world.journey(second, commitment(1, line(3, 500), line(4, 500, other)))
    assert world.row("commitment", 1).quickbooks_id == made.txn_id
    world.journey(second, commitment(1, line(3, 650), line(4, 500, other)))
    after = world.desk.orders[made.txn_id]
    assert [(each.txn_line_id, each.amount) for each in after.lines] == [("H0", cash(500)), ("H1", cash(650))]


def test_new_lines_are_known_wherever_quickbooks_shows_them(world: World) -> None:
    """Old lines keep their ids; a new one is the one that was not there before."""
    world.journey(commitment(1, line(1, 500), line(2, 300)))
    old = [each.txn_line_id for each in order(world).lines]
    do = world.desk._change

    def turned(request: Any) -> Any:
        do(request)
        return world.desk.edit(request.txn_id, lines=tuple(reversed(world.desk.orders[request.txn_id].lines)))

    world.desk._change = turned  # type: ignore[method-assign]
    world.journey(commitment(1, line(1, 500), line(2, 300, code(2, "09-250", "L")), line(3, 90)))
    ids = world.row("commitment", 1).line_ids
    (new,) = [each.txn_line_id for each in order(world).lines if each.amount == cash(90)]
    assert ids == {"1": old[0], "2": old[1], "3": new}


def test_one_change_order_at_which_quickbooks_dies_stops_no_other(world: World) -> None:
    """Sent together again and again without an answer, they go alone (promise 6)."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(11, 1), change_order(12, 1), change_order(13, 1))
    world.settle()
    world.accept_all()
    for _ in range(20):
        world.later(hours=5)
        visit = world.begin()
        while message := world.send(visit):
            sent = [task.request for task in world.tasks(message_set_id=message.id)]
            lines = [each for request in sent for each in getattr(request, "lines", ())]
            if any(each.description.startswith("CO 012") for each in lines):
                break
            world.receive(visit, message, world.ask(message))
    states = [world.row("change_order", number).state for number in (11, 12, 13)]
    assert states == [State.SYNCED, State.FAILED, State.SYNCED]
    assert order(world).total == cash(1200)


class Stale:
    """Somebody was faster, once."""

    def __init__(self) -> None:
        self.left = 1

    def __call__(self, request: qb.Request) -> int:
        """Refuse the first change."""
        self.left -= isinstance(request, qb.PurchaseOrderMod)
        return 3200 if isinstance(request, qb.PurchaseOrderMod) and self.left == 0 else 0


def test_a_stale_edit_sequence_is_read_again_for_each_acceptance(world: World) -> None:
    """An order of many months may meet people at work more than twice; each of its updates gets its tries."""
    world.journey(commitment(1, line(1, 100)))
    for amount in (200, 300, 400):
        world.later(hours=1)
        changed(world, line(1, amount))
        world.accept_all()
        world.desk.refuse = Stale()
        world.visit()
        assert (world.row("commitment", 1).state, order(world).total) == (State.SYNCED, cash(amount))


def test_an_estimate_with_an_invoice_is_flagged_and_not_changed(world: World) -> None:
    """A budget is no quotation: an invoice drawn on it is taken off first (rule 9)."""
    world.journey(with_changes())
    read_again(world, estimate(world).txn_id, linked=(("I1", "Invoice"),))
    assert "invoice" in world.row("budget", PROJECT).reasons[0]
    world.journey(with_changes(LATER))
    assert world.row("budget_change", 32).state is State.BLOCKED
    read_again(world, estimate(world).txn_id, linked=())
    assert world.row("budget", PROJECT).reasons == []
    world.accept_all()
    world.visit()
    assert estimate(world).total == cash(5170)


def test_change_orders_of_an_unreadable_set_go_alone(world: World) -> None:
    """QuickBooks could not read one Mod with several: only the culprit fails (0x80040400; promise 6)."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(11, 1), change_order(12, 1), change_order(13, 1))
    world.settle()
    world.accept_all()
    world.later(minutes=1)
    visit = world.begin()
    while message := world.send(visit):
        sent = [task.request for task in world.tasks(message_set_id=message.id)]
        lines = [each for request in sent for each in getattr(request, "lines", ())]
        if not any(each.description.startswith("CO 012") for each in lines):
            world.receive(visit, message, world.ask(message))
            continue
        with world.scene(visit) as scene:
            assert exchange.refused(scene, scene.uow.message_sets.get(message.id), "0x80040400", "Not readable.")
            work.heard(scene, message)
            work.go_on(scene, lambda _connection: world.options)
    states = [world.row("change_order", number).state for number in (11, 12, 13)]
    assert states == [State.SYNCED, State.FAILED, State.SYNCED]
    assert order(world).total == cash(1200)
