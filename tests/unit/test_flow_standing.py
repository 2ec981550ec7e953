"""What became of linked records: people are told, names are followed, and nothing is written on what is gone."""

from dataclasses import replace
from typing import Any

import pytest

from qbwc_bridge.domain.quickbooks import PurchaseOrderAdd, Ref
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.replies import ListRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from tests.unit.documents import NOW, PROJECT, VENDOR, budget, commitment
from tests.unit.factories import World
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture

ROWS = {
    "cost_code": ("03-300.M", "Item 03-300:M"),
    "job": (str(PROJECT), "Job Clients:24-001"),
    "vendor": (str(VENDOR), "Vendor"),
}


def delivered(make: Make) -> World:
    """A bridge whose lists and a first order stand in QuickBooks."""
    world: World = make(visited=False)
    world.journey(budget(), commitment(1))
    assert {row.state for row in world.rows()} == {State.SYNCED}
    return world


def change(world: World, quickbooks_id: str, **what: Any) -> ListRet:
    """Change a list record in QuickBooks and let the bridge read it."""
    made = replace(world.desk.lists[quickbooks_id], **what)
    world.desk.lists[quickbooks_id] = made
    world.refresh_lists()
    return made


def drop(world: World, row: Submission) -> None:
    """Let a linked record vanish from QuickBooks, as by a merge."""
    world.desk.lists.pop(row.quickbooks_id)
    world.later(hours=25)
    world.refresh_lists()


@pytest.mark.parametrize("kind", ROWS)
def test_a_linked_record_that_vanished_needs_a_person(make: Make, kind: str) -> None:
    """The sentence tells the way; what needs it is blocked, other records go on; a new link sets everything free."""
    world = delivered(make)
    key, called = ROWS[kind]
    row = world.row(kind, key)
    drop(world, row)
    (reason,) = world.row(kind, key).reasons
    assert reason.startswith(called)
    assert "deleted or merged" in reason
    world.bring(budget(), commitment(1), commitment(2))
    world.settle()
    assert "no longer in QuickBooks" in world.row("commitment", 2).reasons[0]
    assert world.row("commitment", 2).state is State.BLOCKED

    parent = Ref(world.row("cost_code", "03-300").quickbooks_id) if kind == "cost_code" else None
    above = next(Ref(each.list_id) for each in world.desk.lists.values() if each.full_name == "Clients")
    kinds = {"cost_code": ("ItemService", parent), "job": ("Customer", above), "vendor": ("Vendor", None)}
    other = world.desk.add_list(kinds[kind][0], "The Other One", kinds[kind][1], two_sided=True)
    world.refresh_lists()
    world.decide(decisions.unlink, world.row(kind, key))
    world.decide(decisions.link, world.row(kind, key), quickbooks=other.full_name)
    assert world.row(kind, key).reasons == []
    assert world.row("commitment", 2).state is State.READY


def test_what_was_accepted_is_not_written_on_what_is_gone(make: Make) -> None:
    """The lists are read before the write: it is blocked in time, and no ListID of the gone record is sent."""
    world = delivered(make)
    world.bring(budget(), commitment(1), commitment(2))
    world.settle()
    world.accept_all()
    before = len([each for each in world.desk.seen if isinstance(each, PurchaseOrderAdd)])
    drop(world, world.row("vendor", VENDOR))

    assert world.row("commitment", 2).state is State.BLOCKED
    assert len([each for each in world.desk.seen if isinstance(each, PurchaseOrderAdd)]) == before


@pytest.mark.parametrize("kind", ROWS)
def test_an_inactive_record_is_told_until_it_is_active_again(make: Make, kind: str) -> None:
    """QuickBooks refuses to write on it: what needs it waits for a person, too."""
    world = delivered(make)
    row = world.row(kind, ROWS[kind][0])
    change(world, row.quickbooks_id, is_active=False)
    assert "inactive" in world.row(kind, row.key).reasons[0]
    world.bring(budget(), commitment(1), commitment(2))
    world.settle()
    assert "inactive in QuickBooks" in world.row("commitment", 2).reasons[0]

    change(world, row.quickbooks_id, is_active=True)
    assert world.row(kind, row.key).reasons == world.row("commitment", 2).reasons == []


@pytest.mark.parametrize("kind", ROWS)
def test_a_new_name_in_quickbooks_is_the_name_here(make: Make, kind: str) -> None:
    """QuickBooks owns what is linked (rule 4); the history tells of it."""
    world = delivered(make)
    row = world.row(kind, ROWS[kind][0])
    above, _, _ = row.quickbooks_name.rpartition(":")
    change(world, row.quickbooks_id, name="New", full_name=f"{above}:New" if above else "New")

    assert world.row(kind, row.key).quickbooks_name.rpartition(":")[2] == "New"
    assert world.row(kind, row.key).reasons == []
    assert [move.why for move in world.history() if move.why.startswith("renamed in QuickBooks")]


def test_a_moved_job_is_told_until_its_customer_is_chosen(make: Make) -> None:
    """Moved below another customer it keeps its costs, and a person decides whether this is right."""
    world = delivered(make)
    other = world.desk.add_list("Customer", "Another Owner")
    job = world.row("job", PROJECT)
    leaf = job.quickbooks_name.rpartition(":")[2]
    change(world, job.quickbooks_id, parent=Ref(other.list_id), full_name=f"Another Owner:{leaf}")
    assert "moved below customer Another Owner" in world.row("job", PROJECT).reasons[0]

    with world.unit() as (uow, _):
        (choice,) = uow.projects.find()
        choice.customer = "another owner"
        uow.projects.save(choice)
    world.settle()
    assert world.row("job", PROJECT).reasons == []
    assert world.row("job", PROJECT).quickbooks_name == f"Another Owner:{leaf}"


def test_a_renamed_customer_moves_no_job(make: Make) -> None:
    """Its jobs get new full names with it, and nobody needs to look."""
    world = delivered(make)
    job = world.row("job", PROJECT)
    leaf = job.quickbooks_name.rpartition(":")[2]
    above = world.desk.lists[job.quickbooks_id].parent
    assert above
    change(world, above.list_id, time_modified=NOW.replace(tzinfo=None))
    world.desk.lists[above.list_id] = replace(world.desk.lists[above.list_id], name="Owners", full_name="Owners")
    world.desk.lists = {key: each for key, each in world.desk.lists.items() if key != job.quickbooks_id}
    world.refresh_lists()  # the same hour: its jobs, whose time was not touched, are not read

    assert not world.connection().alarm
    assert world.row("job", PROJECT).reasons == []
    assert world.row("job", PROJECT).quickbooks_name == f"Owners:{leaf}"


def test_a_one_sided_item_is_told(make: Make) -> None:
    """It has no account of its own for purchases: a person looks at it."""
    world = make(visited=False)
    above = world.desk.add_list("ItemService", "03-300", two_sided=True)
    world.desk.add_list("ItemService", "M", Ref(above.list_id))
    world.journey(budget())

    assert "separate purchase account" in world.row("cost_code", "03-300.M").reasons[0]
    assert world.row("cost_code", "03-300").reasons == []
    assert world.row("budget", PROJECT).state is State.SYNCED
