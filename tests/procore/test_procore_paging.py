"""Whole lists come back whole, and never run for ever."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.client import Client
from qbwc_bridge.procore.paging import data_rows
from tests.procore.api import API, PROJECT, Api, change_orders_of, ok, raw

TYPES = "/rest/v1.0/line_item_types"
LINES = "/rest/v2.0/lines"


def types(*ids: int) -> list[dict[str, object]]:
    """Make cost types of these ids."""
    return [{"id": number, "code": str(number), "name": ""} for number in ids]


def link(page: int, rel: str = "next") -> str:
    """Make a Link header that leads to a page, on whatever host."""
    return f'<https://elsewhere.example.net{TYPES}?page={page}&per_page=300>; rel="{rel}"'


def client_of(api: Api) -> Client:
    """Give the client inside a gateway."""
    return api.gateway()._client


def test_pages_are_followed_by_their_link() -> None:
    """`rel=next` is followed until it is missing, on our own host with our own parameters."""
    api = Api()
    api.on(
        "GET",
        TYPES,
        ok(types(1, 2), Link=link(2)),
        ok(types(3), Link=f"{link(1, 'prev')}, {link(3)}"),
        ok([], Link=link(2, "prev")),
    )
    assert [one.id for one in api.gateway().cost_types().found] == [1, 2, 3]
    calls = api.calls(TYPES)
    assert [request.url.params["page"] for request in calls] == ["1", "2", "3"]
    assert {request.url.params["company_id"] for request in calls} == {"4294967421"}
    assert {f"{request.url.scheme}://{request.url.host}" for request in calls} == {API}


def test_a_list_without_links_is_whole() -> None:
    """Without a Link header the first page is all there is."""
    api = Api()
    api.on("GET", TYPES, ok(types(*range(1, 500))))
    assert len(api.gateway().cost_types().found) == 499
    assert len(api.calls(TYPES)) == 1


def test_a_row_pushed_onto_the_next_page_is_met_once() -> None:
    """A list whose pages repeat a row each time is taken in the end, with that row once."""
    api = Api()
    api.on("GET", TYPES, *[ok(types(1, 2), Link=link(2)), ok(types(2, 3))] * 3)
    assert [one.id for one in api.gateway().cost_types().found] == [1, 2, 3]
    assert len(api.calls(TYPES)) == 6


def test_a_list_that_moved_while_it_was_read_is_read_again() -> None:
    """A row deleted from the first page lets another slip past: the changed total tells, and nothing is missed."""
    api = Api()
    moved = [ok(types(1, 2), Link=link(2), Total="5"), ok(types(4, 5), Total="4")]
    still = [ok(types(2, 3), Link=link(2), Total="4"), ok(types(4, 5), Total="4")]
    api.on("GET", TYPES, *moved, *still)
    assert [one.id for one in api.gateway().cost_types().found] == [2, 3, 4, 5]


def test_a_list_that_never_stands_still_is_told() -> None:
    """Three readings that all moved are no list: a record that is missing by chance would look deleted."""
    api = Api()
    api.on("GET", TYPES, *[ok(types(1, 2), Link=link(2), Total="5"), ok(types(4, 5), Total="4")] * 3)
    with pytest.raises(ProcoreError, match="changed each of the 3 times"):
        api.gateway().cost_types()
    assert len(api.calls(TYPES)) == 6


@given(
    st.lists(st.integers(1, 40), unique=True, max_size=12),
    st.dictionaries(st.integers(1, 25), st.integers(-12, 40), max_size=6),
)
def test_nothing_that_stood_there_all_the_time_is_missed(first: list[int], moves: dict[int, int]) -> None:
    """Whatever comes or goes from one page to the next, one at a time: every row that stays is read, and once.

    What cannot be told is one that goes and one that comes between the same two pages.
    """
    api, there = Api(), list(first)

    def answer(request: httpx.Request) -> httpx.Response:
        move = moves.get(len(api.calls(TYPES)), 0)
        if move > 0 and move not in there:
            there.insert(0, move)
        elif move < 0 and there:
            del there[move % len(there)]
        page = int(request.url.params["page"])
        headers = {"Total": str(len(there))} | ({"Link": link(page + 1)} if len(there) > 3 * page else {})
        return ok(types(*there[3 * page - 3 : 3 * page]), **headers)

    api.on("GET", TYPES, answer)
    gateway = api.gateway()
    try:
        found = [one.id for one in gateway.cost_types().found]
    except ProcoreError:
        return  # it never stood still, which is told
    finally:
        gateway.close()
    assert len(found) == len(set(found))
    assert set(first) & set(there) - set(moves.values()) <= set(found)


@pytest.mark.parametrize("target", [1, 0])
def test_a_circle_of_pages_is_broken(target: int) -> None:
    """A next page that is no later page is an error, not a loop."""
    api = Api()
    api.on("GET", TYPES, ok(types(1), Link=link(target)))
    with pytest.raises(ProcoreError, match="no next page that could be read"):
        api.gateway().cost_types()


def test_an_endless_list_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that always names a later page is given up."""
    monkeypatch.setattr("qbwc_bridge.procore.paging.MOST_PAGES", 3)
    api = Api()
    api.on("GET", TYPES, lambda r: ok([], Link=link(int(r.url.params["page"]) + 1)))
    with pytest.raises(ProcoreError, match="no end after 3 pages"):
        api.gateway().cost_types()


def test_version_2_pages_are_read_to_the_end() -> None:
    """Pages of 100 rows in `data` are asked for until one is not full, with or without a Link header."""
    api = Api()
    pages = [[{"id": str(number)} for number in range(start, start + 100)] for start in (0, 100)]
    api.on("GET", LINES, ok({"data": pages[0]}), ok({"data": pages[1]}), ok({"data": []}))
    assert len(data_rows(client_of(api), LINES, "reading lines")) == 200
    assert [request.url.params["per_page"] for request in api.calls(LINES)] == ["100"] * 3
    api.on("GET", LINES, ok({"data": pages[0]}, Link=link(1, "last")))
    assert len(data_rows(client_of(api), LINES, "reading lines")) == 100


def test_rows_of_one_id_and_different_types_are_both_kept() -> None:
    """Version 2 numbers some rows per type."""
    api = Api()
    api.on("GET", LINES, ok({"data": [{"id": "1", "type": "change_event"}, {"id": "1", "type": "budget_change"}]}))
    assert len(data_rows(client_of(api), LINES, "reading lines")) == 2


@pytest.mark.parametrize("content", ["{}", "null", '"text"', '{"data": {}}'])
def test_what_is_no_list_is_told(content: str) -> None:
    """An object where a list must be is an error with the words of what was read."""
    api = Api()
    api.on("GET", "/rest/v1.0/companies", raw(content))
    with pytest.raises(ProcoreError, match="reading the companies that the app may see is not a list"):
        api.gateway().check()


def test_unpaged_lists_get_no_page_parameters() -> None:
    """The project's list of commitment change orders knows no pages, so none are asked for."""
    api = Api()
    path = f"/rest/v1.0/projects/{PROJECT}/commitment_change_orders"
    api.on("GET", f"/rest/v1.0/projects/{PROJECT}/work_breakdown_structure/wbs_codes", ok([]))
    api.on("GET", "/rest/v1.0/purchase_order_contracts", ok([{"id": 1, "accounting_method": "amount"}]))
    api.on("GET", "/rest/v1.0/work_order_contracts", ok([]))
    api.on("GET", "/rest/v1.0/change_order_packages", ok([{"id": 9, "contract_id": 1}]))
    api.on("GET", path, httpx.Response(422, json={"errors": "three tiers"}))
    assert change_orders_of(api.gateway(), PROJECT) == []
    assert not api.calls(path)[0].url.params
