"""Only what changed is read: ranges with deleted records, stamps, portions, and what is asked for on demand."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from qbwc_bridge.domain.procore import BudgetChange, BudgetCode, ChangeOrder, Commitment, PrimeChange
from qbwc_bridge.domain.procore_billing import Forecast
from qbwc_bridge.domain.reading import NOTHING, Allowance, Changed, Known
from tests.procore.api import PROJECT, Api, ok, wbs, wbs_path

ORDERS, SUBCONTRACTS = "/rest/v1.0/purchase_order_contracts", "/rest/v1.0/work_order_contracts"
PACKAGES, VIEWS = "/rest/v1.0/change_order_packages", "/rest/v1.0/budget_views"
PRIMES = "/rest/v1.0/prime_contracts"
CHANGES = f"/rest/v1.0/projects/{PROJECT}/budget_changes"
NEWER = f"/rest/v1.0/projects/{PROJECT}/commitment_change_orders"
LONG_AGO = "2026-02-01T10:00:00Z"
CODE = BudgetCode(9001, "03-300", "M")


def order_row(order_id: int, updated_at: str = LONG_AGO, **more: Any) -> dict[str, Any]:
    """Make a row of the list of purchase orders."""
    row = {"id": order_id, "number": f"PO-{order_id}", "status": "Approved", "grand_total": "5.0"}
    return {**row, "updated_at": updated_at, "deleted_at": None, **more}


def order_api(*rows: dict[str, Any], code_id: int = 9001) -> Api:
    """Script a list of purchase orders and each of them with one line."""
    api = Api()
    api.on("GET", ORDERS, ok(list(rows)))
    for row in rows:
        line = {"id": 1, "amount": "5.0", "wbs_code": {"id": code_id}}
        show = {**row, "revised_contract": "5.0", "line_items": [line]}
        api.on("GET", f"{ORDERS}/{row['id']}", ok(show))
    return api


def orders(api: Api, known: Known = NOTHING) -> Changed[Commitment]:
    """Read purchase orders of a project whose one code is known."""
    gateway = api.gateway()
    return gateway.purchase_orders(PROJECT, known, gateway.code_book(PROJECT, [CODE]))


def shown(api: Api) -> list[str]:
    """The ids of the orders that were asked for one by one, in turn."""
    return [
        request.url.path.rpartition("/")[2] for request in api.requests if request.url.path.startswith(f"{ORDERS}/")
    ]


def test_a_range_asks_for_deleted_records_too() -> None:
    """From the moment known, in UTC and to the second, without an end that any clock could reach."""
    api = order_api(order_row(1), order_row(2, deleted_at="2026-02-03T10:00:00Z", updated_at="2026-02-03T10:00:00Z"))
    since = dt.datetime(2026, 2, 1, 4, 50, 0, 500, dt.timezone(dt.timedelta(hours=-5)))
    found = orders(api, Known(since))
    query = api.calls(ORDERS)[0].url.params
    assert query["filters[updated_at]"] == "2026-02-01T09:50:00Z...2100-01-01T00:00:00Z"
    assert query["filters[include_deleted]"] == "with"
    assert (set(found.listed), set(found.gone), shown(api)) == ({1}, {2}, ["1"])
    assert found.newest == dt.datetime(2026, 2, 3, 10, 0, tzinfo=dt.UTC)


def test_a_whole_list_has_no_filters() -> None:
    """Without a moment the list is read as it is, so that what it lacks is gone."""
    api = order_api(order_row(1))
    orders(api)
    assert not [name for name in api.calls(ORDERS)[0].url.params if name.startswith("filters")]


@pytest.mark.parametrize(
    "change", [{"updated_at": "2026-02-01T10:00:01Z"}, {"status": "Draft"}, {"grand_total": "6"}, {"title": "New"}]
)
def test_what_the_list_says_again_is_not_read_again(change: dict[str, str]) -> None:
    """A record is asked for only when its row says other things than when it was read."""
    first = orders(order_api(order_row(1), order_row(2)))
    known = Known(stamps=first.stamps)
    again = order_api(order_row(1), order_row(2, grand_total="5.00"))
    assert (orders(again, known).found, shown(again)) == ((), [])
    changed = order_api(order_row(1), order_row(2, **change))
    assert [each.id for each in orders(changed, known).found] == [2]


def test_a_row_that_does_not_tell_its_change_is_read_each_time() -> None:
    """Without `updated_at` nobody could say that nothing changed."""
    bare = order_row(1)
    del bare["updated_at"]
    first = orders(order_api(bare))
    assert [each.id for each in orders(order_api(bare), Known(stamps=first.stamps)).found] == [1]


@pytest.mark.parametrize(("age", "remembered"), [(1, False), (3, True)])
def test_what_may_change_within_its_second_is_read_once_more(age: int, remembered: bool) -> None:
    """By Procore's clock, minutes off ours: what changed a moment before it was read gets no stamp."""
    api = Api()
    theirs = api.clock.now() + dt.timedelta(minutes=7)
    row = order_row(1, (theirs - dt.timedelta(seconds=age)).isoformat())
    scripted = order_api(row)
    scripted.on("GET", ORDERS, ok([row], Date=format_datetime(theirs, usegmt=True)))
    assert bool(orders(scripted).stamps[1]) is remembered


def test_many_are_read_in_portions() -> None:
    """So many at a time; those read already are not asked for again, those that are gone by then neither."""
    rows = [order_row(number) for number in range(1, 6)]
    api = order_api(*rows)
    api.on("GET", f"{ORDERS}/2", httpx.Response(404))
    first = orders(api, Known(most=2))
    assert ([each.id for each in first.found], set(first.tried), first.left) == ([1], {1, 2}, 3)
    assert set(first.stamps) == {1}
    second = orders(api, Known(most=2, done=first.tried))
    third = orders(api, Known(most=2, done=first.tried | second.tried))
    assert ([each.id for each in third.found], third.left) == ([5], 0)


def test_codes_are_asked_for_when_a_line_names_an_unknown_one() -> None:
    """Known codes cost no call; an unknown one costs one, for all of them, inactive ones included."""
    api = order_api(order_row(1))
    assert orders(api).found[0].lines[0].code == CODE
    assert not api.calls(wbs_path())
    api = order_api(order_row(1), order_row(2), code_id=9002)
    api.on("GET", wbs_path(), ok([wbs(9002, "03-300", "L", status="inactive"), wbs(9003, "03-300", "S")]))
    gateway = api.gateway()
    book = gateway.code_book(PROJECT, [CODE])
    found = gateway.purchase_orders(PROJECT, NOTHING, book).found
    assert {each.lines[0].code.code if each.lines[0].code else "" for each in found} == {"03-300.L"}
    assert len(api.calls(wbs_path())) == 1
    assert book.active is not None
    assert [code.id for code in book.active] == [9003]


# ---------------------------------------------------------------- change orders


def change_api(*owners: int, prime: int = 900) -> Api:
    """Script one change order of each contract; contract 401 is a purchase order by units, 900 the owner's."""
    api = Api()
    rows = [
        {"id": 600 + number, "contract_id": owner, "status": "approved", "grand_total": "7.5", "updated_at": LONG_AGO}
        for number, owner in enumerate(owners)
    ]
    api.on("GET", PACKAGES, ok(rows))
    api.on("GET", ORDERS, ok([{"id": 401, "accounting_method": "unit"}]))
    api.on("GET", SUBCONTRACTS, ok([]))
    api.on("GET", PRIMES, ok([{"id": prime}]))
    api.on("GET", NEWER, ok([]))
    for row in rows:
        line = {"id": 1, "amount": "7.5", "quantity": "3.0", "unit_cost": "2.5", "wbs_code": {"id": 9001}}
        api.on("GET", f"{PACKAGES}/{row['id']}", ok({**row, "number": "1", "line_items": [line]}))
    return api


def changed(api: Api, contracts: Mapping[int, Any], known: Known = NOTHING) -> Changed[ChangeOrder | PrimeChange]:
    """Read change orders."""
    gateway = api.gateway()
    return gateway.change_orders(PROJECT, known, gateway.code_book(PROJECT, [CODE]), contracts)


def test_change_orders_of_known_contracts_need_no_other_list() -> None:
    """Commitments by units keep quantities; those of the owner's contract are known by their row alone."""
    api = change_api(401, 900)
    first, second = changed(api, {401: "unit", 900: "prime"}).found
    assert isinstance(first, ChangeOrder)
    assert first.lines[0].quantity == Decimal("3.00")
    assert second == PrimeChange(601, PROJECT, "", "approved", Decimal("7.50"))
    assert not [path for path in (ORDERS, SUBCONTRACTS, PRIMES) if api.calls(path)]
    assert not api.calls(f"{PACKAGES}/601")


def test_the_contract_of_a_change_order_may_be_new() -> None:
    """Where an unknown contract owns it, the lists tell whose it is."""
    api = change_api(401, 900)
    first, second = changed(api, {}).found
    assert isinstance(first, ChangeOrder)
    assert isinstance(second, PrimeChange)
    assert first.lines[0].quantity == Decimal("3.00")


def test_a_change_order_of_no_contract_is_set_aside() -> None:
    """It is looked for once, and remembered by what its row said."""
    api = change_api(777)
    first = changed(api, {401: "unit"})
    assert (first.found, set(first.aside)) == ((), {600})
    again = change_api(777)
    assert changed(again, {401: "unit"}, Known(first.newest, stamps=first.aside)).aside == {}
    assert not again.calls(ORDERS)


# ---------------------------------------------------------------- budget


def budget_api(amount: str = "5.0") -> Api:
    """Script two views, and a row with a forecast that a person set."""
    api = Api()
    row = {"id": 1, "wbs_code": wbs(9001, "03-300", "M"), "original_budget_amount": "1", "budget_modifications": "0"}
    forecast = {"id": 71, "amount": amount, "automatically_calculated": False}
    api.on("GET", VIEWS, ok([{"id": 701, "role": "project"}]))
    api.on("GET", f"{VIEWS}/701/detail_rows", ok([{**row, "budget_forecast": forecast}]))
    items = f"/rest/v1.0/projects/{PROJECT}/manual_forecast_line_items"
    api.on("GET", items, ok([{"budget_forecast_id": 71, "updated_at": LONG_AGO}]))
    return api


def test_rows_are_read_through_the_view_used_before() -> None:
    """One call while nothing changed; a view that was taken away is looked for anew."""
    api = budget_api()
    gateway = api.gateway()
    first = gateway.budget_rows(PROJECT, gateway.code_book(PROJECT))
    api.requests.clear()
    again = gateway.budget_rows(PROJECT, gateway.code_book(PROJECT), first.view_id, first.forecasts)
    assert again == replace(first, notices={})
    assert [request.url.path for request in api.requests] == [f"{VIEWS}/701/detail_rows"]
    assert gateway.budget_rows(PROJECT, gateway.code_book(PROJECT), 55).view_id == 701


def test_the_day_of_a_forecast_is_asked_for_when_it_changed() -> None:
    """Another amount has another day; the same one keeps what is known."""
    api = budget_api("6.0")
    gateway = api.gateway()
    known = [Forecast(9001, Decimal("5.00"), manual=True, changed=dt.date(2026, 1, 1))]
    (forecast,) = gateway.budget_rows(PROJECT, gateway.code_book(PROJECT), 701, known).forecasts
    assert (forecast.to_complete, forecast.changed) == (Decimal("6.00"), dt.date(2026, 2, 1))


@pytest.mark.parametrize(
    ("row", "asked"),
    [({}, 0), ({"amount": 76.26}, 1), ({"title": "Other"}, 1), ({"amount": None}, 1), ({"status": "draft"}, 0)],
)
def test_budget_changes_are_read_line_by_line_when_their_row_differs(row: dict[str, Any], asked: int) -> None:
    """One listed with number, title and amount as known is taken from there; one that is no longer approved is gone."""
    api = Api()
    listed = {"id": 5, "number": 5, "title": "Up", "status": "approved", "amount": 76.25} | row
    lines = {"adjustment_line_items": [{"amount": 1, "wbs_code_id": 9001}]}
    api.on("GET", CHANGES, ok({"data": [listed]}))
    api.on("GET", f"{CHANGES}/5", ok({"data": listed | lines}))
    known = BudgetChange(5, "5", "Up", ((9001, Decimal("76.25")),))
    found = api.gateway().budget_changes(PROJECT, [known])
    assert len(api.calls(f"{CHANGES}/5")) == asked
    assert (found == [known]) is (row == {})


# ---------------------------------------------------------------- what Procore allows


def test_limits_are_told_apart_by_the_end_of_their_window() -> None:
    """Only the hourly window can end later than in ten seconds; every answered call is counted."""
    api = Api()
    now = int(api.clock.now().timestamp())

    def told(limit: int, seconds: int) -> httpx.Response:
        headers = {"X-Rate-Limit-Limit": str(limit), "X-Rate-Limit-Remaining": "9"}
        return ok([], **headers, **{"X-Rate-Limit-Reset": str(now + seconds)})

    path = "/rest/v1.0/line_item_types"
    api.on("GET", path, ok([]), told(25, 8), told(600, 1800), told(600, 4), ok([]))
    gateway = api.gateway()
    seen = []
    for _ in range(5):
        gateway.cost_types()
        seen.append(gateway.allowance())
    assert seen == [
        Allowance(1),
        Allowance(2, None, 25),
        Allowance(3, 600, 25),
        Allowance(4, 600, 25),
        Allowance(5, 600, 25),
    ]
