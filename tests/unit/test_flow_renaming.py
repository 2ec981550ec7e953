"""Names changed in QuickBooks: what lies below, and what people chose by the old name, goes along."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.procore import Project
from qbwc_bridge.domain.quickbooks import CustomerAdd, Ref
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.domain.replies import ListRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.ledger import Ledger
from tests.unit.documents import NOW, PROJECT, TODAY, budget, cash
from tests.unit.factories import World
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture

WALL = NOW.replace(tzinfo=None)


def rename(world: World, record: ListRet, name: str) -> None:
    """Change a name in QuickBooks; what lies below it is not read again, since its time is not touched."""
    below = [each for each in world.desk.lists.values() if each.parent and each.parent.list_id == record.list_id]
    for each in below:
        del world.desk.lists[each.list_id]
    world.desk.lists[record.list_id] = replace(record, name=name, full_name=name, time_modified=WALL)
    world.refresh_lists()


def clients(world: World) -> ListRet:
    """The customer, in a company whose lists are read in windows from now on."""
    (found,) = [each for each in world.desk.lists.values() if each.full_name == "Clients"]
    world.desk.lists[found.list_id] = replace(found, time_modified=WALL)
    world.refresh_lists()
    return found


def test_a_renamed_customer_is_not_made_again(make: Make) -> None:
    """The next project of that customer gets its job below the same record, whatever it is called now."""
    world = make(budget())
    world.accept_all()
    world.visit()
    customer = clients(world)
    world.documents[0].append(Project(8, "24-002", "Barn"))
    world.bring(budget())
    with world.unit() as (uow, _):
        second = uow.projects.find()[1]
        second.on, second.customer, second.create_customer = True, "CLIENTS", True
        uow.projects.save(second)
    rename(world, customer, "Owners")
    world.accept_all()
    world.visit()

    assert world.row("job", 8).state is State.SYNCED
    made = [each for each in world.desk.seen if isinstance(each, CustomerAdd)]
    assert [each.parent for each in made] == [Ref(customer.list_id)] * 2


def test_a_customer_that_vanished_is_not_made_again(make: Make) -> None:
    """Where it was merged, a person chooses the one that took its place (rule 23)."""
    world = make(budget())
    customer = clients(world)
    world.accept_all()
    del world.desk.lists[customer.list_id]
    world.later(hours=25)
    world.visit()
    job = world.row("job", PROJECT)
    assert job.state is State.BLOCKED
    assert "deleted or merged" in job.reasons[0]

    world.desk.lists[customer.list_id] = customer
    world.refresh_lists()
    assert world.row("job", PROJECT).state is State.READY
    assert not [each for each in world.desk.seen if isinstance(each, CustomerAdd)]


def test_swapped_names_and_ignored_jobs_follow(make: Make) -> None:
    """Two customers that change names keep their projects, and an ignored job stays ignored."""
    world = make()
    record = clients(world)
    other = world.desk.add_list("Customer", "Owners", time_modified=WALL)
    world.desk.add_list("Customer", "Office", Ref(record.list_id), time_modified=WALL)
    world.refresh_lists()
    with world.unit() as (uow, connection):
        uow.mappings.add(Mapping(connection.id, "job", "clients:office", ignored=True, comment="ours"))
    world.desk.lists[other.list_id] = replace(other, name="Clients", full_name="Clients", time_modified=WALL)
    rename(world, record, "Owners")

    with world.unit() as (uow, _):
        assert uow.projects.find()[0].customer == "Owners"
        (ignored,) = uow.mappings.find()
    assert ignored.quickbooks == "Owners:Office"


def test_levels_below_follow_too(make: Make) -> None:
    """Items lie up to five levels deep, and each FullName begins with those above."""
    world = make()
    clients(world)
    top = world.desk.add_list("ItemService", "03", time_modified=WALL)
    middle = world.desk.add_list("ItemService", "300", Ref(top.list_id), time_modified=WALL)
    leaf = world.desk.add_list("ItemService", "M", Ref(middle.list_id), time_modified=WALL)
    world.refresh_lists()
    del world.desk.lists[leaf.list_id]
    rename(world, top, "Concrete")

    with world.unit() as (uow, _):
        assert {row.full_name for row in uow.lists.find(kind="item", gone=False)} >= {"Concrete:300", "Concrete:300:M"}


def test_where_costs_belong_follows_a_renamed_item_account_and_class(make: Make) -> None:
    """What people said of a name, or of one below it, holds under the new name, and costs keep their place."""
    world = make(budget())
    world.accept_all()
    world.visit()
    item = world.desk.add_list("ItemService", "Old codes", time_modified=WALL)
    leaf = world.desk.add_list("ItemService", "Framing", Ref(item.list_id), time_modified=WALL)
    account = world.desk.add_list("Account", "Truck", time_modified=WALL, account_type="CostOfGoodsSold")
    of_class = world.desk.add_list("Class", "Site", time_modified=WALL)
    world.refresh_lists()
    job = world.row("job", PROJECT).quickbooks_id

    def line(amount: int, **more: str) -> CostLine:
        shown = {"account": "Job Expenses", "item": "", **more}
        return CostLine(job, "Job", account_type="Expense", amount=cash(amount), counted=True, **shown)

    decisions = [
        Mapping(0, "item", "old codes:framing", "03-300.M", expense_account="truck"),
        Mapping(0, "account", "Truck", "09-250.L"),
        Mapping(0, "class", "SITE", ignored=True, comment="ours"),
    ]
    lines = [
        line(1, item="Old codes:Framing", item_id=leaf.list_id),
        line(2, account="Truck", account_id=account.list_id),
        line(4, class_name="Site", class_id=of_class.list_id),
    ]

    def placed() -> set[tuple[str, str, Decimal]]:
        with world.unit() as (uow, connection):
            for old in uow.costs.find():  # visits read costs of a QuickBooks that has none
                uow.costs.remove(old)
            document = CostDocument(connection.id, "T1", "Bill", TODAY, lines=[replace(each) for each in lines])
            document.settle()
            uow.costs.add(document)
            found = Ledger(uow, connection, world.options).of_project(PROJECT)
            return {(each.code, each.reason, each.line.amount) for each in found}

    with world.unit() as (uow, connection):
        for decision in decisions:
            uow.mappings.add(replace(decision, connection_id=connection.id))
    wanted = {("03-300.M", "", cash(1)), ("09-250.L", "", cash(2)), ("", "ignored", cash(4))}
    assert placed() == wanted

    rename(world, item, "Codes of old")
    rename(world, account, "Vehicles")
    rename(world, of_class, "Field")
    assert placed() == wanted
    with world.unit() as (uow, _):
        found = {row.kind: (row.quickbooks, row.expense_account) for row in uow.mappings.find()}
    assert found == {"item": ("Codes of old:Framing", "Vehicles"), "account": ("Vehicles", ""), "class": ("Field", "")}


@pytest.mark.parametrize(
    ("gone", "renamed", "wanted"),
    [
        ("Y", {"X": "Y"}, {"Y": "of X"}),
        ("", {"X": "Y", "Y": "X"}, {"Y": "of X", "X": "of Y"}),
        ("", {"X": "Y", "Y": "Q"}, {"Y": "of X", "Q": "of Y"}),
        ("", {"X": "Q", "Y": "X"}, {"Q": "of X", "X": "of Y"}),
        ("", {"X": "x"}, {"x": "of X", "Y": "of Y"}),
    ],
)
@pytest.mark.parametrize("kind", ["item", "account", "class"])
def test_a_name_that_another_had_is_taken_with_its_own_decision(
    make: Make, kind: str, gone: str, renamed: dict[str, str], wanted: dict[str, str]
) -> None:
    """What was decided goes with the record, whoever had its new name before; of a record that is gone, it ends."""
    world = make()
    clients(world)
    listed = {"item": "ItemService", "account": "Account", "class": "Class"}[kind]
    records = {name: world.desk.add_list(listed, name, time_modified=WALL) for name in "XY"}
    world.refresh_lists()
    with world.unit() as (uow, connection):
        for name in "XY":
            uow.mappings.add(Mapping(connection.id, kind, name, f"of {name}"))  # type: ignore[arg-type]
    if gone:
        del world.desk.lists[records[gone].list_id]
    for before, name in renamed.items():
        found = records[before]
        world.desk.lists[found.list_id] = replace(found, name=name, full_name=name, time_modified=WALL)
    world.refresh_lists()

    with world.unit() as (uow, _):
        assert {row.quickbooks: row.procore for row in uow.mappings.find()} == wanted
        told = [(move.who, move.before, move.after) for move in uow.history.find(subject="map")]
    assert told == ([("QuickBooks", f"of {gone}", "")] if gone else [])
