"""Linking: what stands in QuickBooks already is joined, never written a second time."""

from dataclasses import replace

import pytest

from qbwc_bridge.domain.procore import Vendor
from qbwc_bridge.domain.quickbooks import CustomerAdd, PurchaseOrderAdd, Ref, VendorAdd
from qbwc_bridge.domain.replies import LineRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import decisions
from tests.unit.documents import PROJECT, VENDOR, budget, cash, commitment
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture


def test_one_exact_match_is_linked_by_accepting_and_never_doubled(make: Make) -> None:
    """The submission says so beforehand; no VendorAdd is sent (rule 2)."""
    world = make(visited=False)
    existing = world.desk.add_list("Vendor", "READY MIX  supply")
    world.visit()
    world.bring(commitment(1))
    world.settle()
    assert world.row("vendor", VENDOR).notes[0].startswith("Will be linked to READY MIX")

    world.accept_all()
    world.visit()
    assert world.row("vendor", VENDOR).quickbooks_id == existing.list_id
    assert not [each for each in world.desk.seen if isinstance(each, VendorAdd)]


@pytest.mark.parametrize("names", [["Ready Mix Supplyy"], ["Ready Mix Supply Co", "Ready Mix Supplly"]])
def test_near_matches_ask_a_person(make: Make, names: list[str]) -> None:
    """They block until somebody links one or says that the record is new."""
    world = make(visited=False)
    for name in names:
        world.desk.add_list("Vendor", name)
    world.visit()
    world.bring(commitment(1))
    world.settle()
    row = world.row("vendor", VENDOR)
    assert row.state is State.BLOCKED
    assert all(name in row.reasons[0] for name in names)

    world.decide(decisions.say_new, row)
    assert world.row("vendor", VENDOR).state is State.READY
    world.decide(decisions.link, world.row("vendor", VENDOR), quickbooks=names[0])
    assert world.row("vendor", VENDOR).state is State.SYNCED
    assert "blocked" not in world.row("commitment", 1).state


def test_jobs_of_one_customer_are_told_apart_by_their_own_names(make: Make) -> None:
    """A long customer name shared by all jobs makes no two of them look alike."""
    customer = "Bluestone Development and Holding Company"
    world = make(visited=False, customer=customer)
    above = world.desk.add_list("Customer", customer)
    world.desk.add_list("Customer", "24-002 Harbor Houses", Ref(above.list_id))
    world.visit()
    world.bring(budget())
    world.settle()

    assert world.row("job", PROJECT).reasons == []


def test_an_order_entered_by_hand_after_acceptance_is_linked_not_doubled(make: Make) -> None:
    """The lists are read before the write leaves: the bookkeeper's own order is found in time."""
    world = make()
    world.journey()
    world.bring(commitment(1))
    world.settle()
    world.accept_all()
    world.visit()
    world.bring(commitment(1), commitment(2))
    world.settle()
    world.accept_all()
    assert world.tasks(kind="PurchaseOrderAdd", state="queued")

    job, vendor = world.row("job", PROJECT), world.row("vendor", VENDOR)
    hand = LineRet("H1", amount=cash(1000), customer=Ref(job.quickbooks_id))
    made = world.desk.add_order("PurchaseOrder", Ref(vendor.quickbooks_id), "PO-2", "by hand", (hand,))
    world.visit()
    assert world.row("commitment", 2).quickbooks_id == made.txn_id
    assert len([each for each in world.desk.seen if isinstance(each, PurchaseOrderAdd)]) == 1


@pytest.mark.parametrize("amount", ["999.00", "1000.00"])
def test_several_or_unlike_orders_ask_a_person(make: Make, amount: str) -> None:
    """The same number with another total, or two of them, is no match that a machine may take."""
    world = make()
    world.journey(commitment(9))
    job, vendor = world.row("job", PROJECT), world.row("vendor", VENDOR)
    for copy in range(1 if amount == "999.00" else 2):
        hand = LineRet(f"H{copy}", amount=cash(amount), customer=Ref(job.quickbooks_id))
        world.desk.add_order("PurchaseOrder", Ref(vendor.quickbooks_id), "PO-1", "by hand", (hand,))
    world.refresh_lists()
    world.bring(commitment(1), commitment(9))
    world.settle()

    row = world.row("commitment", 1)
    assert row.state is State.BLOCKED
    assert "may be this one" in row.reasons[0]


def test_one_record_of_quickbooks_is_joined_once(make: Make) -> None:
    """Two vendors of one name in Procore do not share a vendor in QuickBooks: costs would not know where to go."""
    world = make(visited=False)
    world.desk.add_list("Vendor", "Ready Mix Supply")
    world.visit()
    world.documents[0].append(Vendor(41, "Ready mix supply"))
    world.bring(commitment(1), commitment(2, vendor_id=41))
    world.settle()
    world.decide(decisions.accept, world.row("vendor", 41))

    assert world.row("vendor", 41).state is State.SYNCED
    assert "joined to Ready mix supply already" in world.row("vendor", VENDOR).reasons[0]
    with pytest.raises(Refused, match="unlink that one first"):
        world.decide(decisions.link, world.row("vendor", VENDOR), quickbooks="ready mix supply")


@pytest.mark.parametrize("kind", ["vendor", "job"])
def test_a_new_record_of_a_name_in_use_needs_another_name(make: Make, kind: str) -> None:
    """QuickBooks would refuse it: whoever says that it is new is asked for its name."""
    world = make(visited=False)
    (clients,) = [each for each in world.desk.lists.values() if each.full_name == "Clients"]
    world.desk.add_list("Customer", "24-001 Hilltop House", Ref(clients.list_id))
    world.desk.add_list("Vendor", "Ready Mix Supply")
    world.visit()
    world.bring(commitment(1))
    world.settle()
    row = world.rows(kind=kind)[0]
    world.decide(decisions.say_new, row)
    assert f"for a {kind} already" in world.rows(kind=kind)[0].reasons[0]

    world.decide(decisions.choose_name, row, name="Another")
    assert world.rows(kind=kind)[0].state is State.READY


def test_an_inactive_record_is_no_match_to_write_on(make: Make) -> None:
    """QuickBooks refuses to write on it: the reason says to make it active."""
    world = make(visited=False)
    world.desk.add_list("Vendor", "Ready Mix Supply")
    world.desk.lists = {key: replace(each, is_active=each.kind != "Vendor") for key, each in world.desk.lists.items()}
    world.visit()
    world.bring(commitment(1))
    world.settle()

    assert "inactive" in world.row("vendor", VENDOR).reasons[0]


def test_another_estimate_on_the_job_blocks_the_budget(make: Make) -> None:
    """Job reports would count two budgets (rule 9)."""
    world = make()
    world.journey(commitment(1))
    world.desk.add_order("Estimate", Ref(world.row("job", PROJECT).quickbooks_id), "17", "", ())
    world.refresh_lists()
    world.bring(commitment(1), budget())
    world.settle()

    assert "active estimate in QuickBooks already (17)" in world.row("budget", PROJECT).reasons[0]


def test_a_name_of_another_list_is_taken(make: Make) -> None:
    """Customers and vendors share QuickBooks' names; another name chosen by a person frees it."""
    world = make(visited=False)
    world.desk.add_list("Customer", "Ready Mix Supply")
    world.visit()
    world.bring(commitment(1))
    world.settle()
    assert "for a customer already" in world.row("vendor", VENDOR).reasons[0]

    world.decide(decisions.choose_name, world.row("vendor", VENDOR), name="Ready Mix Supply (v)")
    world.decide(decisions.answer_1099, world.row("vendor", VENDOR), answer=True)
    assert world.row("vendor", VENDOR).state is State.READY
    world.accept_all()
    world.visit()
    (sent,) = [each for each in world.desk.seen if isinstance(each, VendorAdd)]
    assert (sent.name, sent.is_1099) == ("Ready Mix Supply (v)", True)


@pytest.mark.parametrize("customer", ["C" * 60, "Caf\u00e9 \u2018Blue\u2019 \U0001f3e0 Homes"])
def test_a_new_customer_is_made_once_whatever_its_name_becomes(make: Make, customer: str) -> None:
    """A name that QuickBooks' limits change is found again, so the job follows in the same visit."""
    world = make(budget(), customer=customer)
    world.accept_all()
    world.visit()

    assert world.row("job", PROJECT).state is State.SYNCED
    assert [each.parent is None for each in world.desk.seen if isinstance(each, CustomerAdd)] == [True, False]
