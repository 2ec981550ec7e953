"""Keys over the wire: read of every kind, written by id alone, each item judged by itself."""

import httpx
import pytest

from qbwc_bridge.domain.keys import Keyed
from qbwc_bridge.errors import ProcoreUnreachable
from tests.procore.api import COMPANY, PROJECT, Api, body, commitments_of, ok
from tests.procore.test_procore_stand_in import Bench, fixture_bench

__all__ = ["fixture_bench"]

SYNC = "/rest/v1.0/vendors/sync"
VENDORS = [Keyed("vendor", number, "", f"Vendor {number}") for number in range(1, 4)]


def test_every_kind_is_read_with_keys_and_names(bench: Bench) -> None:
    """Projects of any status, vendors, codes of every list, both kinds of commitments, direct costs and lines."""
    procore, gateway = bench.procore, bench.gateway
    project = bench.project("24-001")
    order = commitments_of(gateway, project)[0]
    procore.set_project(project, origin_id="k:1")
    procore.set_commitment(order.id, origin_id="k:2")
    procore.set_cost_code("03-300", origin_id="k:3")
    cost = procore.add_direct_cost(project, [], description="Fuel", origin_id="k:4")
    projects = {each.name: each for each in gateway.keyed("project")}
    assert projects["24-001"].origin_id == "k:1"
    assert "22-017" in projects
    assert {each.origin_id for each in gateway.keyed("vendor")} == {""}
    code = next(each for each in gateway.keyed("cost_code") if each.origin_id)
    assert (code.name, code.origin_id, code.group > 0) == ("03-300", "k:3", True)
    found = [*gateway.keyed("purchase_order", project), *gateway.keyed("subcontract", project)]
    assert {each.name for each in found if each.origin_id == "k:2"} == {order.number}
    assert [(each.id, str(each)) for each in gateway.keyed("direct_cost", project)] == [(cost, "direct cost Fuel")]
    assert gateway.keyed("direct_cost_line", project) == []


@pytest.mark.parametrize("kind", ["project", "vendor", "cost_code", "purchase_order", "subcontract", "direct_cost"])
def test_a_key_is_set_changed_and_taken_away(bench: Bench, kind: str) -> None:
    """By id, as often as one likes, and the record keeps everything else."""
    gateway, project = bench.gateway, bench.project("24-001")
    bench.procore.add_direct_cost(project, [], description="Fuel")
    place = project if kind in {"purchase_order", "subcontract", "direct_cost"} else 0
    first = gateway.keyed(kind, place)[0]  # type: ignore[arg-type]
    for key in ("k:1", "k:1", "k:2", "", ""):
        outcome = gateway.set_keys(kind, {first: key}, place)  # type: ignore[arg-type]
        assert outcome.done == {first.id}
        assert not outcome.errors
        now = next(each for each in gateway.keyed(kind, place) if each.id == first.id)  # type: ignore[arg-type]
        assert (now.origin_id, now.name) == (key, first.name)


def test_exactly_the_named_items_have_failed() -> None:
    """Of an answer 200, in any order; what it does not mention is neither done nor refused."""
    api = Api()
    answer = {
        "entities": [{"id": 3, "origin_id": "k:3"}, {"id": 99, "origin_id": "k:99"}],
        "errors": [{"id": 1, "origin_id": "k:1", "errors": {"origin_id": ["has already been taken"]}}, {"base": "?"}],
    }
    api.on("PATCH", SYNC, ok(answer))
    outcome = api.gateway().set_keys("vendor", {each: f"k:{each.id}" for each in VENDORS})
    assert outcome.done == {3}
    assert outcome.errors == {1: "Procore did not take the key of vendor Vendor 1 (origin_id: has already been taken)."}
    (request,) = api.calls(SYNC)
    assert body(request) == {
        "company_id": COMPANY,
        "updates": [{"id": number, "origin_id": f"k:{number}"} for number in (1, 2, 3)],
    }


def test_a_key_that_procore_took_and_did_not_keep_is_told() -> None:
    """An entity that comes back with another key than the one sent is no success."""
    api = Api()
    api.on("PATCH", SYNC, ok({"entities": [{"id": 1, "origin_id": "old"}, {"id": 2, "origin_id": None}], "errors": []}))
    outcome = api.gateway().set_keys("vendor", {VENDORS[0]: "", VENDORS[1]: "k:2"})
    assert outcome.done == frozenset()
    assert "still has the key old" in outcome.errors[1]
    assert "has no key" in outcome.errors[2]


def test_no_call_carries_more_than_procore_takes() -> None:
    """Many keys go in several calls, each once; codes of several lists never in one."""
    api = Api()

    def every(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"entities": body(request)["updates"], "errors": []})

    api.on("PATCH", SYNC, every)
    many = {Keyed("vendor", number): f"k:{number}" for number in range(1, 1202)}
    assert len(api.gateway().set_keys("vendor", many).done) == 1201
    sizes = [len(body(request)["updates"]) for request in api.calls(SYNC)]
    assert sum(sizes) == 1201
    assert max(sizes) <= 1000

    path = "/rest/v1.0/standard_cost_codes/sync"
    api.on("PATCH", path, every)
    codes = {Keyed("cost_code", number, group=number % 2 + 1): "" for number in range(1, 5)}
    api.gateway().set_keys("cost_code", codes)
    sent = [body(request) for request in api.calls(path)]
    assert [(each["standard_cost_code_list_id"], len(each["updates"])) for each in sent] == [(2, 2), (1, 2)]
    assert [item["origin_id"] for each in sent for item in each["updates"]] == [None] * 4


def test_a_lost_answer_is_repeated_and_then_told() -> None:
    """The same keys by the same ids do no harm; after the last attempt nobody knows."""
    api = Api()
    path = f"/rest/v1.0/projects/{PROJECT}/direct_costs/sync"
    api.on("PATCH", path, httpx.ReadTimeout("slow"), ok({"entities": [{"id": 1}], "errors": []}))
    assert api.gateway().set_keys("direct_cost", {Keyed("direct_cost", 1): "k"}, PROJECT).done == {1}
    api.on("PATCH", path, httpx.ReadTimeout("slow"))
    with pytest.raises(ProcoreUnreachable):
        api.gateway().set_keys("direct_cost", {Keyed("direct_cost", 1): "k"}, PROJECT)
