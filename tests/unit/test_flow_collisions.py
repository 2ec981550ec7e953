"""Collisions: two records never get one name in QuickBooks, and an edited name sets both free."""

import dataclasses

import pytest

from qbwc_bridge.domain.procore import BudgetRow, Commitment, Project, Vendor
from qbwc_bridge.domain.quickbooks import ListQuery, VendorAdd
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from tests.unit.documents import PROJECT, VENDOR, budget, cash, code, commitment
from tests.unit.factories import World
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture

LONG = "Northern Consolidated Ready Mix Concrete S"
"""42 characters: the last one is cut."""


def two_vendors(make: Make) -> World:
    """Two vendors whose names differ in the 42nd character."""
    world = make(visited=False)
    world.documents[0] = [each for each in world.documents[0] if not isinstance(each, Vendor)]
    world.documents[0] += [Vendor(VENDOR, f"{LONG}upply"), Vendor(41, f"{LONG}ystems")]
    world.bring(commitment(1), commitment(2, vendor_id=41))
    world.visit()
    return world


def test_two_vendors_cut_to_one_name_are_both_blocked(make: Make) -> None:
    """Each reason names the other and the way out; another name for one sets both free, and both are written."""
    world = two_vendors(make)
    first, second = world.row("vendor", VENDOR), world.row("vendor", 41)
    assert f"vendor {LONG}ystems" in first.reasons[0]
    assert f"vendor {LONG}upply" in second.reasons[0]
    assert "another name or number" in first.reasons[0]

    world.decide(decisions.choose_name, second, name="Northern Systems")
    assert {row.state for row in world.rows(kind="vendor")} == {State.READY}
    world.accept_all()
    world.visit()
    assert len([each for each in world.desk.seen if isinstance(each, VendorAdd)]) == 2


def test_what_is_rejected_or_archived_takes_no_name(make: Make) -> None:
    """A record that goes nowhere stands in nobody's way."""
    world = two_vendors(make)
    world.decide(decisions.archive, world.row("vendor", 41))
    assert world.row("vendor", VENDOR).state is State.READY


def test_the_one_that_is_under_way_goes_on(make: Make) -> None:
    """Only the other is blocked by what was sent already."""
    world = two_vendors(make)
    world.decide(decisions.archive, world.row("vendor", 41))
    world.decide(decisions.accept, world.row("vendor", VENDOR))
    visit = world.begin()
    while not [row for row in world.rows(kind="vendor") if row.state is State.EXPORTING]:
        message = world.send(visit)
        assert message
        if world.row("vendor", VENDOR).state is not State.EXPORTING:
            world.receive(visit, message, world.ask(message))
    world.decide(decisions.archive, world.row("vendor", 41))

    assert world.row("vendor", VENDOR).state is State.EXPORTING
    assert world.row("vendor", 41).state is State.BLOCKED
    assert f"vendor {LONG}upply" in world.row("vendor", 41).reasons[0]


@pytest.mark.parametrize("kind", ["Customer", "Vendor", "Employee", "OtherName"])
@pytest.mark.parametrize("active", [True, False])
def test_names_of_all_four_lists_are_taken_inactive_ones_too(make: Make, kind: str, active: bool) -> None:
    """QuickBooks would refuse the vendor and the new customer alike."""
    world = make(visited=False, customer="New Owner")
    for name in ("ready mix supply", "New  owner"):
        made = world.desk.add_list(kind, name)
        world.desk.lists[made.list_id] = dataclasses.replace(made, is_active=active)
    world.visit()
    world.bring(commitment(1))
    world.settle()
    if kind == "Vendor":
        world.decide(decisions.say_new, world.row("vendor", VENDOR))
    assert "already" in world.row("vendor", VENDOR).reasons[0]
    if kind != "Customer":
        assert "already" in world.row("job", PROJECT).reasons[0]


def test_a_list_that_nobody_may_read_is_unknown(make: Make) -> None:
    """Where QuickBooks does not show employees, their names stop nothing."""
    world = make(visited=False)
    world.desk.add_list("Employee", "Ready Mix Supply")
    world.desk.refuse = lambda request: 3261 if isinstance(request, ListQuery) and "Employee" in request.kind else 0
    world.visit()
    world.bring(commitment(1))
    world.settle()
    assert world.row("vendor", VENDOR).state is State.READY


def test_a_vendor_and_a_customer_to_be_created_collide(make: Make) -> None:
    """They share one name space; another name for the vendor sets both free."""
    world = make(visited=False, customer="Ready Mix Supply")
    world.visit()
    world.bring(commitment(1))
    world.settle()
    assert "customer to be created" in world.row("vendor", VENDOR).reasons[0]
    assert "vendor Ready Mix Supply" in world.row("job", PROJECT).reasons[0]

    world.decide(decisions.choose_name, world.row("vendor", VENDOR), name="Ready Mix (v)")
    assert world.row("job", PROJECT).reasons == world.row("vendor", VENDOR).reasons == []


def test_a_name_of_which_nothing_is_left_asks_for_another(make: Make) -> None:
    """QuickBooks takes no record without a name; of invisible signs it can hold none."""
    world = make(visited=False)
    world.documents[0] = [Project(PROJECT, "", "\u200b"), Vendor(VENDOR, "\u200b\u200d")]
    world.bring(commitment(1))
    world.visit()
    world.settle()
    for kind in ("job", "vendor"):
        (row,) = world.rows(kind=kind)
        assert "give it another" in row.reasons[0]
        world.decide(decisions.choose_name, row, name=f"A {kind}")
        assert world.rows(kind=kind)[0].state is State.READY


def test_two_customers_cut_to_one_name_are_both_blocked(make: Make) -> None:
    """Two owners never become one customer; a customer that two projects bring under one name is one."""
    world = make(visited=False, customer=f"{LONG}upply")
    world.documents[0].append(Project(8, "24-002", "Barn"))
    world.bring()
    with world.unit() as (uow, _):
        second = uow.projects.find()[1]
        second.on, second.customer, second.create_customer = True, f"{LONG}ystems", True
        uow.projects.save(second)
    world.visit()
    world.settle()
    assert "project 24-002" in world.row("job", PROJECT).reasons[0]
    assert "project 24-001" in world.row("job", 8).reasons[0]

    with world.unit() as (uow, _):
        second = uow.projects.find()[1]
        second.customer = f"{LONG.upper()}UPPLY"
        uow.projects.save(second)
    world.settle()
    assert {row.state for row in world.rows(kind="job")} == {State.READY}


def test_two_jobs_of_one_customer_cut_to_one_name_are_both_blocked(make: Make) -> None:
    """The job's name is number and title; an edited name is looked for instead of Procore's."""
    world = make(visited=False)
    title = "Hilltop House with Garages and Pool B"
    world.documents[0] = [each for each in world.documents[0] if not isinstance(each, Project)]
    world.documents[0] += [Project(PROJECT, "24-001", f"{title}arn"), Project(8, "24-001", f"{title}ath")]
    world.bring()
    with world.unit() as (uow, _):
        for choice in uow.projects.find():
            choice.on, choice.customer, choice.create_customer = True, "Clients", True
            uow.projects.save(choice)
    world.visit()
    world.settle()
    assert all("project 24-001" in row.reasons[0] for row in world.rows(kind="job"))

    world.decide(decisions.choose_name, world.row("job", 8), name="24-001 Bath")
    world.accept_all()
    world.visit()
    assert {row.state for row in world.rows(kind="job")} == {State.SYNCED}


def test_two_codes_cut_to_one_name_are_both_blocked(make: Make) -> None:
    """Items hold 31 characters."""
    world = make(visited=False)
    long = "03-300-010-020-030-040-050-0600"
    world.visit()
    world.bring(budget(BudgetRow(code(1, f"{long}1"), cash(1)), BudgetRow(code(2, f"{long}2"), cash(2))))
    world.settle()
    assert f"cost code {long}2" in world.row("cost_code", f"{long}1").reasons[0]
    assert f"cost code {long}1" in world.row("cost_code", f"{long}2").reasons[0]


def order(number: int, called: str, vendor_id: int = VENDOR) -> Commitment:
    """A commitment with that number."""
    return dataclasses.replace(commitment(number, vendor_id=vendor_id), number=called)


def test_two_orders_cut_to_one_number_are_both_blocked(make: Make) -> None:
    """Eleven characters of the number's tail are kept; an edited number sets both free."""
    world = make(visited=False)
    world.bring(order(1, "A-2024-00017"), order(2, "B-2024-00017"))
    world.visit()
    world.settle()
    assert "Purchase order B-2024-00017" in world.row("commitment", 1).reasons[0]
    assert "-2024-00017" in world.row("commitment", 2).reasons[0]

    world.decide(decisions.choose_name, world.row("commitment", 2), name="B24-17")
    assert not world.row("commitment", 1).reasons + world.row("commitment", 2).reasons


def test_an_order_in_quickbooks_keeps_its_number(make: Make) -> None:
    """The second one with the same eleven characters is blocked, of another vendor it is not."""
    world = make(visited=False)
    world.documents[0].append(Vendor(41, "Pacific Drywall"))
    first = order(1, "A-2024-00017")
    world.journey(first)
    assert world.row("commitment", 1).state is State.SYNCED
    world.bring(first, order(2, "B-2024-00017"), order(3, "C-2024-00017", 41))
    world.settle()

    assert world.row("commitment", 1).reasons == world.row("commitment", 3).reasons == []
    assert "A-2024-00017" in world.row("commitment", 2).reasons[0]

    world.bring(dataclasses.replace(first, status="Closed"), order(2, "B-2024-00017"))
    world.settle()
    assert "A-2024-00017" in world.row("commitment", 2).reasons[0]
