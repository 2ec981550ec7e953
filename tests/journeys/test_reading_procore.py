"""Procore is read politely and whole: few calls where nothing is new, nothing lost, nothing read in vain."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest

from qbwc_bridge.domain.procore import Budget, ChangeOrder, Commitment
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.flow.rotation import USUAL_SECONDS
from qbwc_bridge.flow.views import look
from qbwc_bridge.worker import pull
from tests.bench.reading import ROUNDS, Site
from tests.journeys.reading_site import LINE, new_site, one, open_site, project, rows

__all__ = ["new_site", "open_site"]


# ---------------------------------------------------------------- few calls


@pytest.mark.parametrize("size", [1, 3])
def test_a_day_with_nothing_new_takes_two_calls_a_project_and_round(open_site: Callable[..., Site], size: int) -> None:
    """On the average of a day, its nightly comparison included; the company's lists take one call a round."""
    site = open_site(size)
    before = rows(site)
    done = [site.round() for _ in range(ROUNDS)]

    assert sum(each.projects for each in done) <= 2 * size * ROUNDS
    assert sum(each.company for each in done) <= 1.1 * ROUNDS
    assert all(each.projects >= size for each in done)
    assert rows(site) == before


def test_many_projects_keep_to_a_small_limit(open_site: Callable[..., Site]) -> None:
    """Where the limit is too small for the clock, the rotation takes longer, stays within it, and says so."""
    site = open_site(12, hourly=90)
    with site.app.kit.work() as uow:
        found = uow.connections.get(site.connection.id)
        assert look(site.app.kit, uow, found, site.clock.now()).slow == ""
        found.settings["pull_every_seconds"] = str(USUAL_SECONDS)
        slow = look(site.app.kit, uow, found, site.clock.now()).slow
    assert found.reading.hourly_limit == 90
    assert slow == "Procore allows 90 calls an hour; a whole round takes 24 minutes."
    done = [site.round() for _ in range(24)]
    assert sum(each.projects + each.company for each in done) <= 90 * 6 * 2 / 3 + 24
    assert {call.status for call in site.procore.calls} == {200}
    assert site.oldest_lock() <= 3600


def test_one_change_costs_what_it_takes_to_read_it(open_site: Callable[..., Site]) -> None:
    """A changed order costs one call more than a round in which its list says nothing new."""
    site = open_site()
    quiet = site.read("now").projects
    site.clock.wait(60)
    site.procore.set_commitment(site.orders[0], title="Concrete and pump")
    site.clock.wait(60)
    assert site.read("now").projects == quiet + 1
    assert site.knows(site.orders[0], "Concrete and pump")
    assert site.read("now").projects == quiet


# ---------------------------------------------------------------- nothing lost


def test_increments_end_where_a_whole_reading_does(open_site: Callable[..., Site]) -> None:
    """Whatever people did, in whatever order: after the rounds of some hours every document is as if read whole."""
    site, random = open_site(2), Random(20260310)  # noqa: S311 - a story that repeats
    orders, changes = list(site.orders), []
    for number in range(40):
        choice, order = random.randrange(7), random.choice(orders)
        if choice == 0:
            vendor = site.procore.add_vendor(f"Vendor {number}")
            orders.append(site.procore.add_purchase_order(site.projects[0], f"N-{number}", "New", vendor, [LINE]))
        elif choice == 1:
            site.procore.add_commitment_line(order, LINE)
        elif choice == 2:
            site.procore.set_commitment(order, status=random.choice(["Draft", "Approved"]))
        elif choice == 3:
            changes.append(site.procore.add_change_order(order, f"{number}", "More", [LINE]))
        elif choice == 4 and changes:
            site.procore.set_change_order(random.choice(changes), status=random.choice(["approved", "void"]))
        elif choice == 5 and len(orders) > 2:
            orders.remove(order)
            site.procore.delete_commitment(order)
        else:
            site.procore.approve_budget_change(site.projects[1], 10 + number, {"03-300.M": Decimal(number)})
        site.clock.wait(random.randrange(1, 400))
        if random.randrange(4) == 0:
            site.round()
    for _ in range(9):
        site.round()
    found = {key: row.document for key, row in rows(site).items()}
    site.read("whole")

    assert {key: row.document for key, row in rows(site).items()} == found
    assert len(orders) > 5


def test_a_lock_brings_rows_and_changes_in_its_round(open_site: Callable[..., Site]) -> None:
    """A budget that was locked meanwhile is read at once; unlocked again, only its lock is noted."""
    site = open_site()
    site.procore.unlock_budget(site.projects[0])
    site.round()
    site.procore.set_budget(site.projects[0], {"03-300.M": Decimal(95_000)})
    for _ in range(5):
        site.round()
    budget = one(site, "budget", site.projects[0]).document
    assert isinstance(budget, Budget)
    assert (budget.locked, budget.rows[0].original) == (False, Decimal("90000.00"))
    site.procore.lock_budget(site.projects[0])
    site.round()
    budget = one(site, "budget", site.projects[0]).document
    assert isinstance(budget, Budget)
    assert (budget.locked, budget.rows[0].original) == (True, Decimal("95000.00"))


def test_a_deleted_order_is_gone_when_its_list_says_so(open_site: Callable[..., Site]) -> None:
    """`include_deleted` tells of it within the rotation; a change order taken back to draft is kept as it is now."""
    site = open_site()
    site.procore.delete_commitment(site.orders[0])
    (change,) = [key for kind, key in rows(site) if kind == "change_order"]
    site.procore.set_change_order(int(change), status="draft")
    for _ in range(8):
        site.round()
    assert one(site, "commitment", site.orders[0]).gone
    document = one(site, "change_order", int(change)).document
    assert isinstance(document, ChangeOrder)
    assert document.status == "draft"


def test_the_night_finds_what_the_increments_missed(open_site: Callable[..., Site]) -> None:
    """A record that vanished or changed without a word in the list of changes is found by the full comparison."""
    site = open_site()
    vendor = site.procore.add_vendor("Silent Supply")
    silent = site.procore.add_purchase_order(site.projects[0], "S-1", "Silent", vendor, [LINE])
    site.read("now")
    site.clock.wait(60)
    with site.procore._state.lock:
        contracts = site.procore._state.projects[site.projects[0]].commitments
        contracts[site.orders[0]].status = "Draft"  # without moving `updated_at`
        del contracts[silent]
    site.read("now")
    assert not one(site, "commitment", silent).gone
    for _ in range(ROUNDS):
        site.round()

    assert one(site, "commitment", silent).gone
    document = one(site, "commitment", site.orders[0]).document
    assert isinstance(document, Commitment)
    assert document.status == "Draft"


def test_a_change_order_of_an_order_that_came_later_brings_the_order(open_site: Callable[..., Site]) -> None:
    """It would wait for an order that the bridge has not read yet."""
    site = open_site()
    site.clock.wait(3600)
    vendor = site.procore.add_vendor("Late Supply")
    late = site.procore.add_purchase_order(site.projects[0], "L-1", "Late", vendor, [LINE])
    site.procore.add_change_order(late, "001", "More", [LINE])
    site.clock.wait(60)
    with site.app.kit.work() as uow:
        row = uow.projects.find()[0]
        row.reading.read_at |= dict.fromkeys(("orders", "subcontracts"), site.clock.now())
        uow.projects.save(row)
    site.round()
    assert ("commitment", str(late)) in rows(site)


# ---------------------------------------------------------------- cut short


def test_a_reading_that_is_cut_short_goes_on_where_it_ended(new_site: Callable[..., Site]) -> None:
    """What was kept is not asked for again, cursors stay until a list is through, and the end is the same."""
    site = new_site()
    vendor = site.procore.add_vendor("Many Supply")
    for number in range(120):
        site.procore.add_purchase_order(site.projects[0], f"M-{number}", "Many", vendor, [LINE])
    site.clock.wait(60)
    site.read("now")
    site.switch_on()
    site.procore.fail_next(status=503, count=1000, path_contains=f"purchase_order_contracts/{_last_order(site)}")
    cut = site.read("now")
    assert any("503" in problem for problem in cut.pulled.problems)
    assert project(site).reading.whole_at is None
    assert "orders" not in project(site).reading.newest
    kept = sum(1 for kind, _ in rows(site) if kind == "commitment")
    assert 0 < kept < 121
    site.procore.clear_faults()
    calls = len(site.procore.calls)
    site.clock.wait(60)
    site.read("now")

    shown = [call for call in site.procore.calls[calls:] if "purchase_order_contracts/" in call.path]
    assert len(shown) == 121 - kept + 1  # the order of a change order, whose sum that moves, is looked at again
    assert sum(1 for kind, _ in rows(site) if kind == "commitment") == 122
    assert project(site).reading.whole_at is not None


def test_a_project_larger_than_the_limit_is_read_over_several_rounds(new_site: Callable[..., Site]) -> None:
    """A round ends within its calls even in the middle of a project; the next goes on there until all of it is read."""
    site = new_site()
    vendor = site.procore.add_vendor("Many Supply")
    for number in range(230):
        site.procore.add_purchase_order(site.projects[0], f"M-{number}", "Many", vendor, [LINE])
    site.clock.wait(60)
    site.read("now")
    site.switch_on()
    site.clock.wait(3600)
    done = [site.round()]
    while site.unread():
        done.append(site.round())
    assert [each.projects > 160 for each in done] == [False] * 3
    assert sum(each.projects for each in done) <= 260 + 10 * len(done)
    assert sum(1 for kind, _ in rows(site) if kind == "commitment") == 232
    assert {call.status for call in site.procore.calls} == {200}


def test_a_pull_by_hand_waits_for_the_next_hour_and_goes_on(new_site: Callable[..., Site]) -> None:
    """Where the allowance is used up it says until when it waits, lets be reviewed what it has, and reads the rest."""
    site = new_site(12, 100)
    site.read("now")
    site.switch_on()
    told: list[str] = []
    found = pull(site.app.kit, site.connection.id, told.append)
    assert found.problems == []
    assert site.unread() == 0
    waits = [each for each in told if each.startswith("Procore allows no further calls until 17:00 UTC")]
    assert len(waits) >= 50
    assert {call.status for call in site.procore.calls} == {200}
    assert len(found.new) == len({row.id for row in found.new}) > 12


def _last_order(site: Site) -> int:
    return max(site.procore._state.projects[site.projects[0]].commitments)


def test_an_outage_ends_the_reading_and_is_told(open_site: Callable[..., Site]) -> None:
    """The first project meets it, the others are not tried; the next reading takes them up."""
    site = open_site(3)
    site.procore.fail_next(status=503, count=1000, path_contains="/budget")
    calls = len(site.procore.calls)
    found = site.read("now").pulled
    assert len(found.problems) == 2
    assert "2 projects are left" in found.problems[1]
    assert len([call for call in site.procore.calls[calls:] if call.status == 503]) == 5
    with site.app.kit.work() as uow:
        assert "503" in uow.connections.get(site.connection.id).procore_down
    site.procore.clear_faults()
    assert site.read("now").pulled.problems == []


def test_one_project_that_procore_refuses_stops_no_other(open_site: Callable[..., Site]) -> None:
    """Its sentence names it, the others are read."""
    site = open_site(3)
    site.procore.set_project(site.projects[0], permitted=False)
    site.procore.set_commitment(site.orders[2], title="Still read")
    site.clock.wait(60)
    with site.app.kit.work() as uow:  # hidden from the list of projects only a while later
        row = uow.projects.find()[0]
    with pytest.raises(ProcoreError):
        site.app.kit.procore_for(site.connection).locked(row.project_id)
    found = site.read("touched")
    assert found.pulled.problems == []
    site.clock.wait(7200)
    assert any("26-000" in problem for problem in site.read("now").pulled.problems)
    assert site.knows(site.orders[2], "Still read")


# ---------------------------------------------------------------- told beforehand


def test_a_long_first_reading_is_told_beforehand(new_site: Callable[..., Site]) -> None:
    """How many calls it takes and how long that is under the limit, then where it stands, with counts."""
    site = new_site(12)
    site.read("now")
    site.switch_on()
    told: list[str] = []
    pull(site.app.kit, site.connection.id, told.append)
    assert told[1] == (
        "12 projects, 12 of them for the first time, take some 720 calls; Procore allows 600 an hour, so that is "
        "61 minutes or more"
    )
    assert any(each.startswith("reading 26-011 Site 11 (12 of 12, ") for each in told)
    told.clear()
    site.clock.wait(60)
    pull(site.app.kit, site.connection.id, told.append)
    assert not [each for each in told if "an hour" in each]
    with site.app.kit.work() as uow:
        state = uow.connections.get(site.connection.id).reading
    assert (state.first_projects, state.first_calls // 12) == (12, 15)
    assert state.whole_at == dt.datetime(2026, 3, 10, 16, 0, tzinfo=dt.UTC)
