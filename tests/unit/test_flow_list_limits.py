"""How full QuickBooks' lists are: counted with the inactive ones, told before they are full."""

from dataclasses import replace

import pytest

from qbwc_bridge.flow.list_limits import MOST, ListCounts, list_counts
from tests.unit.factories import World
from tests.unit.test_flow_queue import world

__all__ = ["world"]  # the fixture


def test_names_share_one_limit_and_inactive_ones_count(world: World) -> None:
    """Customers, jobs, vendors, employees and other names together, items apart; what is gone takes no room."""
    for kind, name in (("customer", "A"), ("customer", "A:B"), ("vendor", "C"), ("employee", "D"), ("other_name", "E")):
        world.list_record(kind, name)
    world.list_record("vendor", "F", is_active=False)
    world.list_record("vendor", "G", gone=True)
    world.list_record("item", "H")
    world.list_record("account", "I")
    with world.unit() as (uow, connection):
        assert list_counts(uow, connection) == ListCounts(names=6, items=1, most=MOST)
        connection.company = replace(connection.company, product="QuickBooks Enterprise Solutions 24.0")
        assert list_counts(uow, connection).most is None


@pytest.mark.parametrize(
    ("names", "items", "said"),
    [(13_049, 13_049, ()), (13_050, 10, ("13,050 names",)), (14_500, 13_051, ("14,500 names", "13,051 items"))],
)
def test_a_list_is_told_before_it_is_full(names: int, items: int, said: tuple[str, ...]) -> None:
    """From nine tenths on, in one sentence; of an edition that takes more than enough nothing is told."""
    warning = ListCounts(names, items, MOST).warning
    assert bool(warning) is bool(said)
    assert all(each in warning for each in said)
    assert not ListCounts(names, items, None).warning
    assert ListCounts(names, items, MOST).facts()[0] == ("Names", f"{names:,} of at most 14,500")
