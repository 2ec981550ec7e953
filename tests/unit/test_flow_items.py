"""Items: what QuickBooks has for a code is found, and what it could not take is told beforehand."""

from dataclasses import replace

import pytest

from qbwc_bridge.domain.procore import BudgetRow
from qbwc_bridge.domain.quickbooks import ItemServiceAdd, Ref
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from tests.unit.documents import budget, cash, code
from tests.unit.factories import World
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture


def item(world: World, *path: str, kind: str = "ItemService", two_sided: bool = True) -> Ref:
    """Put items below one another into QuickBooks, those of them that are not there; gives the last one."""
    above: Ref | None = None
    for depth, name in enumerate(path, 1):
        full_name = ":".join(path[:depth])
        known = [each for each in world.desk.lists.values() if each.full_name == full_name and "Item" in each.kind]
        made = known[0] if known else world.desk.add_list(kind, name, above, two_sided=two_sided)
        above = Ref(made.list_id)
    assert above
    return above


def reviewed(make: Make, *paths: tuple[str, ...], kind: str = "ItemService") -> World:
    """A bridge that has read QuickBooks with these items, and a budget with 03-300.M."""
    world = make(visited=False)
    for path in paths:
        item(world, *path, kind=kind)
    world.visit()
    world.bring(budget())
    world.settle()
    return world


@pytest.mark.parametrize("name", ["03-300 Concrete", "03-300. Concrete", "03 300", "03300", "03-300:03-300"])
def test_an_item_that_begins_with_the_code_is_for_a_person(make: Make, name: str) -> None:
    """It may be the code's item under a name of the office's own: link it, or say that the code's item is new."""
    path = tuple(name.split(":")) if ":" not in name else ("Concrete", "03-300")
    world = reviewed(make, path)
    row = world.row("cost_code", "03-300")
    assert row.state is State.BLOCKED
    assert ":".join(path) in row.reasons[0]

    world.decide(decisions.link, row, quickbooks=":".join(path))
    assert world.row("cost_code", "03-300").state is State.SYNCED
    world.decide(decisions.accept, world.row("cost_code", "03-300.M"))
    world.visit()
    (sent,) = [each for each in world.desk.seen if isinstance(each, ItemServiceAdd)]
    assert sent.parent == Ref(world.row("cost_code", "03-300").quickbooks_id)


@pytest.mark.parametrize("name", ["03-3001 Concrete", "03-30", "Concrete 03-300", "03-310", "09-250 Gypsum"])
def test_other_items_are_no_match(make: Make, name: str) -> None:
    """A code that only resembles another one is another code."""
    assert reviewed(make, (name,)).row("cost_code", "03-300").state is State.READY


def test_an_item_belongs_to_the_longest_code_that_it_begins_with(make: Make) -> None:
    """03-300 Concrete is no item for the code 03."""
    world = make(visited=False)
    item(world, "03-300 Concrete")
    world.visit()
    world.bring(budget(BudgetRow(code(1, "03"), cash(10))))
    world.settle()
    assert world.row("cost_code", "03").state is State.READY


def test_a_type_is_looked_for_below_its_code_alone(make: Make) -> None:
    """`M - Materials` below the code's item may be its materials; the same below another item is not."""
    world = reviewed(make, ("03-300", "M - Materials"), ("09-250", "M - Materials"))
    assert world.row("cost_code", "03-300.M").state is State.READY
    world.decide(decisions.accept, world.row("cost_code", "03-300"))
    world.settle()

    assert "03-300:M - Materials" in world.row("cost_code", "03-300.M").reasons[0]
    assert "09-250" not in world.row("cost_code", "03-300.M").reasons[0]
    world.decide(decisions.say_new, world.row("cost_code", "03-300.M"))
    assert world.row("cost_code", "03-300.M").state is State.READY


@pytest.mark.parametrize("kind", ["ItemSubtotal", "ItemDiscount", "ItemPayment", "ItemSalesTax", "ItemGroup"])
def test_an_item_that_no_order_can_hold_is_no_match(make: Make, kind: str) -> None:
    """Its name is in use all the same, so the reason tells what it is."""
    row = reviewed(make, ("03-300",), kind=kind).row("cost_code", "03-300")
    assert row.state is State.BLOCKED
    assert f"is a {kind.removeprefix('Item')} item" in row.reasons[0]


def test_a_sub_item_needs_a_parent_of_its_type(make: Make) -> None:
    """QuickBooks would refuse a service item below a stock item."""
    world = reviewed(make, ("03-300",), kind="ItemInventory")
    world.decide(decisions.accept, world.row("cost_code", "03-300"))
    world.settle()

    (reason,) = world.row("cost_code", "03-300.M").reasons
    assert "below which QuickBooks takes no service item" in reason


@pytest.mark.parametrize(("above", "blocked"), [(3, False), (4, True)])
def test_an_item_lies_at_most_five_levels_deep(make: Make, above: int, blocked: bool) -> None:
    """The type below a code that is linked on the fifth level would lie on the sixth."""
    path = (*(f"L{level}" for level in range(1, above + 1)), "03-300")
    world = reviewed(make, path)
    world.decide(decisions.link, world.row("cost_code", "03-300"), quickbooks=":".join(path))
    row = world.row("cost_code", "03-300.M")
    assert (row.state is State.BLOCKED) == blocked
    assert ("levels" in "".join(row.reasons)) == blocked


def test_a_full_name_has_at_most_159_characters(make: Make) -> None:
    """Four levels of 31 characters leave no room for many more."""
    path = tuple(f"{letter * 31}" for letter in "ABCD")
    world = reviewed(make, path, ("03-300",))
    world.decide(decisions.link, world.row("cost_code", "03-300"), quickbooks=":".join(path))
    assert world.row("cost_code", "03-300.M").reasons == []
    world.decide(decisions.choose_name, world.row("cost_code", "03-300.M"), name="M" * 31)
    assert world.row("cost_code", "03-300.M").reasons == []
    world.desk.lists = {
        key: replace(each, full_name=f"x{each.full_name}") if each.full_name == ":".join(path) else each
        for key, each in world.desk.lists.items()
    }
    world.refresh_lists()
    assert "160 characters" in world.row("cost_code", "03-300.M").reasons[0]


@pytest.mark.parametrize(
    ("chosen", "account"),
    [("03-300", "Concrete"), ("03-300:M", "Concrete"), ("03-300 : m", "Job Expenses"), ("09-250", "Job Expenses")],
)
def test_an_account_chosen_for_an_item_counts_for_it_and_below(make: Make, chosen: str, account: str) -> None:
    """What nobody chose for goes to the connection's account."""
    world = make(visited=False)
    world.desk.add_list("Account", "Concrete", account_type="CostOfGoodsSold")
    with world.unit() as (uow, connection):
        uow.mappings.add(Mapping(connection.id, "item", chosen, expense_account="Concrete"))
    world.journey(budget())
    (sent,) = [each for each in world.desk.seen if isinstance(each, ItemServiceAdd) and each.name == "M"]
    assert world.desk.lists[sent.expense_account.list_id].full_name == account


def test_an_account_that_is_gone_stops_the_item(make: Make) -> None:
    """The reason names it."""
    world = make(visited=False)
    (name,) = [key for key, each in world.desk.lists.items() if each.full_name == "Job Expenses"]
    world.desk.lists.pop(name)
    world.visit()
    world.bring(budget())
    world.settle()
    assert "Job Expenses is not in QuickBooks" in world.row("cost_code", "03-300").reasons[0]
