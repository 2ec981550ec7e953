"""Direct costs: read, written under keys, deleted."""

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest

from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.errors import ProcoreError
from tests.procore.api import PROJECT, Api, body, ok

BASE = f"/rest/v1.0/projects/{PROJECT}/direct_costs"
LIST = f"/rest/v1.1/projects/{PROJECT}/direct_costs"


def cost(key: str, **more: Any) -> DirectCost:
    """Make a header of ours."""
    usual: dict[str, Any] = {"type": "expense", "status": "approved", "date": dt.date(2026, 3, 1), "lines": ()}
    return DirectCost(origin_id=key, **(usual | more))


def answer_all(request: httpx.Request) -> httpx.Response:
    """Take every update and give it an id."""
    rows = [{"id": number, "origin_id": one["origin_id"]} for number, one in enumerate(body(request)["updates"], 1000)]
    return ok({"entities": rows[::-1], "errors": []})


def test_headers_and_lines_are_read_together() -> None:
    """Lines find their header by holder; deleted headers are left out; typed ones have no key."""
    api = Api()
    header = {"direct_cost_type": "invoice", "status": "pending", "vendor_id": 2**40, "invoice_number": "77"}
    ours = {"id": 1, "origin_id": "qbd:a:1", "direct_cost_date": "2026-03-01", "description": "Bill"} | header
    typed = {
        "id": 2,
        "origin_id": None,
        "direct_cost_type": None,
        "status": "draft",
        "created_at": "2026-03-02T10:00:00Z",
    }
    api.on("GET", LIST, ok([ours, typed, typed | {"id": 3, "deleted_at": "2026-03-03T00:00:00Z"}]))
    line = {"amount": "-250.5", "description": "Screws", "wbs_code": {"id": 9001}, "holder": {"id": 1}}
    api.on("GET", f"{BASE}/line_items", ok([{"id": 11, "origin_id": "qbd:a:1:9001"} | line]))
    first, second = api.gateway().direct_costs(PROJECT)
    assert first == DirectCost(
        origin_id="qbd:a:1",
        type="invoice",
        status="pending",
        date=dt.date(2026, 3, 1),
        lines=(DirectCostLine("qbd:a:1:9001", 9001, Decimal("-250.50"), "Screws", 11),),
        description="Bill",
        vendor_id=2**40,
        invoice_number="77",
        id=1,
    )
    assert (second.origin_id, second.type, second.date, second.lines) == ("", "expense", dt.date(2026, 3, 2), ())


def test_headers_are_sent_as_documented() -> None:
    """A new header carries its type, a known one its id; the received date is never sent, empty fields are cleared."""
    api = Api()
    api.on("PATCH", f"{BASE}/sync", answer_all)
    invoice = cost("k1", type="invoice", vendor_id=301, invoice_number="B-7", description="Bill B-7")
    api.gateway().sync_direct_costs(PROJECT, [invoice, cost("k2", id=5)])
    new, known = body(api.calls(f"{BASE}/sync")[0])["updates"]
    assert new == {
        "origin_id": "k1",
        "direct_cost_type": "invoice",
        "status": "approved",
        "direct_cost_date": "2026-03-01",
        "vendor_id": 301,
        "invoice_number": "B-7",
        "description": "Bill B-7",
    }
    assert known["id"] == 5
    assert "direct_cost_type" not in known
    assert (known["vendor_id"], known["invoice_number"]) == (None, None)


def test_lines_are_sent_with_exact_amounts() -> None:
    """A line names its header and budget code, its amount is a JSON number with every digit."""
    api = Api()
    api.on("PATCH", f"{BASE}/line_items/sync", answer_all)
    line = DirectCostLine("k1:1", 2**50, Decimal("-70000000000000.07"), "Steel")
    api.gateway().sync_direct_cost_lines(PROJECT, {5: [line], 6: [DirectCostLine("k2:1", 2, Decimal("0.00"), id=8)]})
    (call,) = api.calls(f"{BASE}/line_items/sync")
    assert b'"amount": -70000000000000.07,' in call.content
    first, second = body(call)["updates"]
    assert (first["direct_cost_id"], first["wbs_code_id"], first["extended_type"]) == (5, 2**50, "manual")
    assert (second["direct_cost_id"], second["id"]) == (6, 8)
    assert "id" not in first


def test_failures_inside_a_good_answer_are_told_item_by_item() -> None:
    """HTTP 200 with errors fails exactly those items, each with a sentence; what it does not name is left open."""
    api = Api()
    refused = {"origin_id": "k2", "errors": {"vendor_id": ["can't be blank"], "base": ["no luck."]}}
    known = {"id": 5, "errors": {"id": ["Entity with this ID not found"]}}
    entities = [{"id": 9, "origin_id": "k1"}, {"id": 10, "origin_id": "k2"}]
    api.on("PATCH", f"{BASE}/sync", ok({"entities": entities, "errors": [refused, known]}))
    outcome = api.gateway().sync_direct_costs(PROJECT, [cost("k1"), cost("k2"), cost("k3", id=5), cost("k4")])
    assert outcome.ids == {"k1": 9}
    assert set(outcome.errors) == {"k2", "k3"}
    assert "vendor_id: can't be blank; no luck)" in outcome.errors["k2"]
    assert "Entity with this ID not found" in outcome.errors["k3"]
    assert outcome.general == ""


def test_an_error_that_names_no_item_refuses_none() -> None:
    """What an answer tells of nobody is told by itself, once, and counts for no item as a refusal."""
    api = Api()
    api.on("PATCH", f"{BASE}/sync", ok({"entities": [], "errors": [{"errors": {"base": ["x"]}}]}))
    outcome = api.gateway().sync_direct_costs(PROJECT, [cost(f"k{number}") for number in range(501)])
    assert (outcome.ids, outcome.errors) == ({}, {})
    assert outcome.general == "Procore told an error of no direct cost by name (x); what it did not name is looked up."


def test_many_items_go_in_chunks() -> None:
    """1,201 items go in three calls of at most 500, and all come back."""
    api = Api()
    api.on("PATCH", f"{BASE}/sync", answer_all)
    keys = [f"k{number}" for number in range(1201)]
    outcome = api.gateway().sync_direct_costs(PROJECT, [cost(key) for key in keys])
    sizes = [len(body(request)["updates"]) for request in api.calls(f"{BASE}/sync")]
    assert sizes == [500, 500, 201]
    assert set(outcome.ids) == set(keys)


def test_nothing_to_write_makes_no_call() -> None:
    """An empty list is done without a call."""
    api = Api()
    outcome = api.gateway().sync_direct_costs(PROJECT, [])
    assert (outcome.ids, outcome.errors, api.requests) == ({}, {}, [])


@pytest.mark.parametrize("keys", [["k1", ""], ["k1", "k1"]])
def test_unkeyed_items_never_leave(keys: list[str]) -> None:
    """An item without a key, or two with one key, would be written twice; nothing at all is sent then."""
    api = Api()
    with pytest.raises(ProcoreError, match="without a key of its own"):
        api.gateway().sync_direct_costs(PROJECT, [cost(key) for key in keys])
    with pytest.raises(ProcoreError, match="without a key of its own"):
        api.gateway().sync_direct_cost_lines(PROJECT, {1: [DirectCostLine(key, 1, Decimal(1)) for key in keys]})
    assert api.requests == []


def test_deleting_what_is_gone_is_no_error() -> None:
    """404 on a deletion is told apart from a deletion that was done; any other refusal is an error."""
    api = Api()
    gateway = api.gateway()
    assert not gateway.delete_direct_cost(PROJECT, 7)
    assert not gateway.delete_direct_cost_line(PROJECT, 7, 8)
    assert [request.url.path for request in api.requests[1:]] == [f"{LIST}/7", f"{BASE}/7/line_items/8"]
    api.on("DELETE", f"{LIST}/7", httpx.Response(204))
    assert gateway.delete_direct_cost(PROJECT, 7)
    api.on("DELETE", f"{LIST}/7", httpx.Response(403, json={"errors": "locked"}))
    with pytest.raises(ProcoreError, match="deleting direct cost 7"):
        gateway.delete_direct_cost(PROJECT, 7)


def test_writes_to_one_project_go_one_after_the_other() -> None:
    """Threads that write to one project never overlap, those of another project are not held up."""
    api = Api()
    at_work = threading.Lock()
    overlaps: list[bool] = []
    released = threading.Event()

    def watched(request: httpx.Request) -> httpx.Response:
        free = at_work.acquire(blocking=False)
        overlaps.append(not free)
        time.sleep(0.005)
        if free:
            at_work.release()
        return answer_all(request)

    def other(request: httpx.Request) -> httpx.Response:
        released.set()
        return answer_all(request)

    def waits_for_other(request: httpx.Request) -> httpx.Response:
        assert released.wait(10)
        return answer_all(request)

    api.on("PATCH", f"{BASE}/sync", watched)
    gateway = api.gateway()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: gateway.sync_direct_costs(PROJECT, [cost(f"k{number}")]), range(6)))
    assert overlaps == [False] * 6
    api.on("PATCH", f"{BASE}/sync", waits_for_other)
    api.on("PATCH", "/rest/v1.0/projects/2/direct_costs/sync", other)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(gateway.sync_direct_costs, PROJECT, [cost("k")])
        second = pool.submit(gateway.sync_direct_costs, 2, [cost("m")])
        assert first.result().ids
        assert second.result().ids
