"""What a person saw is what is written, and a link joins only what is of the same vendor and job."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.procore import Vendor
from qbwc_bridge.domain.replies import LineRet, ListRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import decisions
from qbwc_bridge.statuspage.lines import possible
from tests.unit.documents import PROJECT, VENDOR, budget, cash, change_order, commitment, line
from tests.unit.factories import World
from tests.unit.test_flow_queue import accepted, world, written

__all__ = ["world"]  # the fixture


def order(world: World, vendor: ListRet, job: ListRet, number: str = "PO-1") -> str:
    """Let somebody enter an order in QuickBooks; gives its TxnID."""
    job_ref = qb.Ref(list_id=job.list_id, full_name=job.full_name)
    made = LineRet(
        world.desk.fresh("TL"), None, None, "By hand", Decimal(1), cash(1000), cash(1000), job_ref, Decimal(0)
    )
    party = qb.Ref(list_id=vendor.list_id, full_name=vendor.full_name)
    return world.desk.add_order("PurchaseOrder", party, number, "", (made,)).txn_id


def below(world: World, name: str) -> ListRet:
    """Make a job below the usual customer."""
    (customer,) = [each for each in world.desk.lists.values() if each.name == "Clients"]
    return world.desk.add_list("Customer", name, qb.Ref(list_id=customer.list_id))


def test_what_changed_while_it_was_sent_and_failed_is_accepted_anew(world: World) -> None:
    """Sending it again would write a version that nobody looked at (promise 3)."""
    accepted(world, commitment(1))
    world.desk.refuse = lambda request: 3100 if isinstance(request, qb.PurchaseOrderAdd) else 0
    visit_id, message, told = world.until_sent("PurchaseOrderAdd")
    world.bring(commitment(1, line(101, 9999)))
    world.settle()
    world.receive(visit_id, message, told)
    world.settle()
    world.desk.refuse = lambda _request: 0
    before = written(world)
    world.visit()

    row = world.row("commitment", 1)
    assert (row.state, row.accepted_version == row.version) == (State.READY, False)
    assert written(world) == before
    with pytest.raises(Refused, match="can be tried again"):
        world.decide(decisions.retry, row)


def test_a_link_that_ended_after_the_look_is_not_accepted_as_new(world: World) -> None:
    """The page said that it will be linked; renamed in QuickBooks meanwhile, it would be made a second time."""
    there = world.desk.add_list("Vendor", "Ready Mix Supply")
    world.bring(commitment(1))
    world.visit()
    world.settle()
    seen = decisions.stamp(world.row("vendor", VENDOR))
    world.desk.lists[there.list_id] = replace(there, name="RMS", full_name="RMS", edit_sequence="2")
    world.refresh_lists()
    world.settle()
    with pytest.raises(Refused, match="changed while you looked"):
        world.decide(decisions.accept, world.row("vendor", VENDOR), seen=seen)


def test_another_choice_after_the_look_is_not_accepted_unseen(world: World) -> None:
    """One saw a change of the order; another chose an order of its own."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(5, 1))
    world.settle()
    seen = decisions.stamp(world.row("change_order", 5))
    world.decide(decisions.second_order, world.row("change_order", 5))
    with pytest.raises(Refused, match="changed while you looked"):
        world.decide(decisions.accept, world.row("change_order", 5), seen=seen)


def test_an_order_of_another_vendor_or_job_is_not_linked(world: World) -> None:
    """Changes would be written into it; of two with one number that of the right job is linked."""
    world.journey(commitment(2))
    there = {each.list_id: each for each in world.desk.lists.values()}
    mine, job = (there[world.row(*of).quickbooks_id] for of in (("vendor", VENDOR), ("job", PROJECT)))
    other, elsewhere = world.desk.add_list("Vendor", "Totally Different Inc"), below(world, "23-009 Elsewhere")
    order(world, other, elsewhere)
    world.refresh_lists()
    world.bring(commitment(1, status="Draft"), commitment(2))
    world.settle()
    with pytest.raises(Refused, match="of Totally Different Inc, and not of this vendor and job"):
        world.decide(decisions.link, world.row("commitment", 1), quickbooks="PO-1")

    order(world, mine, elsewhere)
    right = order(world, mine, job)
    world.refresh_lists()
    world.decide(decisions.link, world.row("commitment", 1), quickbooks="PO-1")
    assert world.row("commitment", 1).quickbooks_id == right


def test_a_second_order_is_not_taken_for_a_later_commitments(world: World) -> None:
    """It is that of a change order: a commitment of the same number and amount is written as its own."""
    world.journey(commitment(1))
    world.bring(commitment(1), change_order(5, 1))
    world.settle()
    world.decide(decisions.second_order, world.row("change_order", 5))
    world.accept_all()
    world.visit()
    second = world.row("change_order", 5)
    later = replace(commitment(2, line(201, 100)), number=second.quickbooks_name)
    world.bring(commitment(1), change_order(5, 1), later)
    world.settle()
    with pytest.raises(Refused, match="is linked to Change order"):
        world.decide(decisions.link, world.row("commitment", 2), quickbooks=second.quickbooks_name)
    assert not any("linked" in note for note in world.row("commitment", 2).notes)


def test_vendors_that_were_merged_in_procore_keep_their_order(world: World) -> None:
    """Where both are one vendor in QuickBooks the order is its own still, and the update is offered."""
    world.journey(commitment(1))
    kept = world.row("vendor", VENDOR)
    world.documents[0].append(Vendor(41, "Ready Mix of Hilltop"))
    world.bring(commitment(1, line(101, 1200), vendor_id=41))
    world.settle()
    assert any("another vendor" in reason for reason in world.row("commitment", 1).reasons)
    world.decide(decisions.unlink, world.row("vendor", VENDOR))
    world.decide(decisions.link, world.row("vendor", 41), quickbooks=kept.quickbooks_name)

    row = world.row("commitment", 1)
    assert not any("another vendor" in reason for reason in row.reasons)
    assert row.update


def test_budgets_rest_once_they_become_no_estimates(world: World) -> None:
    """Nobody deleted them in Procore; the setting says why they wait for nobody."""
    accepted(world, budget())
    world.options = replace(world.options, estimates=False)
    world.settle()
    row = world.row("budget", PROJECT)
    assert row.state is State.ARCHIVED
    assert "do not become estimates" in row.reasons[0]
    world.options = replace(world.options, estimates=True)
    world.settle()
    assert world.row("budget", PROJECT).state is State.READY


def test_every_way_out_that_a_sentence_names_is_on_the_page(world: World) -> None:
    """Agree to a hand edit below an update; link what was done by hand; of an exported change no choice is offered."""
    world.journey(commitment(1), change_order(5, 1))
    txn_id = world.row("commitment", 1).quickbooks_id
    world.desk.edit(txn_id, is_manually_closed=True)
    world.refresh_lists()
    world.bring(commitment(1), change_order(5, 1, line(501, 150)))
    world.settle()
    change = world.row("change_order", 5)
    assert "mark it as done" in change.reasons[0]
    assert {"done", "reopen", "second_order"} & set(possible(change)) == {"done"}
    world.decide(decisions.done, change, comment="entered there")

    kept = world.desk.orders[txn_id]
    edited = replace(kept.lines[0], amount=cash(1005))
    world.desk.edit(txn_id, is_manually_closed=False, lines=(edited, *kept.lines[1:]))
    world.refresh_lists()
    world.bring(commitment(1, line(101, 1500)), change_order(5, 1, line(501, 150)))
    world.settle()
    update = world.row("commitment", 1)
    assert (update.update, "agree" in possible(update)) == (True, True)

    world.desk.refuse = lambda request: 3100 if isinstance(request, qb.PurchaseOrderAdd) else 0
    accepted(world, commitment(1, line(101, 1500)), change_order(5, 1, line(501, 150)), commitment(2))
    world.visit()
    world.decide(decisions.done, world.row("commitment", 2), comment="typed by hand")
    assert "link" in possible(world.row("commitment", 2))
