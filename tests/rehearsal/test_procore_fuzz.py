from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.rehearsal.procore import ROUTES, demo_company
from tests.rehearsal.procore_desk import Clock, Desk
from tests.support import DEEP

KEYS = st.sampled_from(
    [
        *(
            "updates",
            "bulk",
            "project",
            "vendor",
            "direct_cost",
            "line_item",
            "line_items",
            "change_order",
            "segment_items",
            "hook",
            "trigger",
            "triggers",
        ),
        *(
            "id",
            "origin_id",
            "name",
            "amount",
            "manual_amount",
            "quantity",
            "unit_cost",
            "extended_type",
            "wbs_code_id",
        ),
        *("api_version", "namespace", "destination_url", "destination_headers", "resource_name", "event_type"),
        *("cost_code_id", "line_item_type_id", "direct_cost_type", "status", "vendor_id", "invoice_number", "code"),
        *(
            "direct_cost_date",
            "direct_cost_id",
            "parent_id",
            "active",
            "total_value",
            "retainage_percent",
            "contract_date",
        ),
    ]
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
        st.sampled_from(
            ["manual", "calculated", "expense", "invoice", "Approved", "1e999999999", "2026-03-05", "999999999999"]
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=12,
)
WRITES = [route for route in ROUTES if route.method in ("POST", "PATCH")]
READS = [route for route in ROUTES if route.method == "GET"]


@pytest.fixture(name="demo", scope="module")
def _demo() -> Desk:
    clock = Clock()
    made = Desk(clock, demo_company(clock))
    made.token()
    return made


def _path(demo: Desk, template: str) -> tuple[str, dict[str, Any]]:
    """Fill a template with records that exist, as far as one name can."""
    company = demo.procore.company_id
    project = demo.get("/rest/v1.0/projects", company_id=company)[0]["id"]
    orders = {kind: demo.get(f"/rest/v1.0/{kind}s", project_id=project)[0]["id"] for kind in _KINDS}
    packages = demo.get("/rest/v1.0/change_order_packages", project_id=project)
    costs = demo.get(f"/rest/v1.1/projects/{project}/direct_costs")
    last = template.removesuffix("/{id}").rsplit("/", 1)[-1]
    ids = {"projects": project, "change_order_packages": packages[0]["id"]}
    known = {"company_id": company, "project_id": project, "id": ids.get(last, 1), "segment_id": 22859}
    known |= {f"{kind}_id": number for kind, number in orders.items()}
    known |= {
        "direct_cost_id": costs[0]["id"] if costs else 1,
        "budget_view_id": 1412907,
        "commitment_change_order_id": 1,
        "hook_id": 1,
    }
    return template.format(**known), {
        "company_id": company,
        "project_id": project,
        "standard_cost_code_list_id": 184747,
    }


_KINDS = ("purchase_order_contract", "work_order_contract")


@pytest.mark.parametrize("index", range(len(WRITES)))
@settings(max_examples=150 if DEEP else 12, deadline=None)
@given(data=st.data())
def test_no_body_breaks_the_stand_in(demo: Desk, index: int, data: st.DataObject) -> None:
    """Whatever JSON is written to an operation, the answer is a proper one, and the budget can still be read."""
    route = WRITES[index]
    path, query = _path(demo, route.template)
    inner = data.draw(VALUES)
    wrapper = data.draw(KEYS)
    body = data.draw(st.sampled_from([inner, {wrapper: inner}, {wrapper: [inner]}, {"updates": [inner, {"id": 1}]}]))
    demo.clock.move(20)
    demo.token()
    answer = demo.call(route.method, path, body, **query)
    assert answer.status_code in (200, 201, 400, 404, 413, 422)
    assert answer.get_json() is not None
    assert demo.procore.budget_view(query["project_id"])


@pytest.mark.parametrize("index", range(len(READS)))
@settings(max_examples=60 if DEEP else 6, deadline=None)
@given(
    name=st.sampled_from(["id", "updated_at", "status", "origin_id", "include_deleted", "by_status", "cost_code_id"]),
    value=st.one_of(st.text(max_size=12), st.sampled_from(["[1,2]", "1...2", "2026-01-01...2026-02-01", "only"])),
)
def test_no_filter_breaks_a_list(demo: Desk, index: int, name: str, value: str) -> None:
    """Whatever stands in a filter, a read is answered: rows, or a refusal in words."""
    path, query = _path(demo, READS[index].template)
    demo.clock.move(20)
    demo.token()
    answer = demo.call("GET", path, filters={name: value}, **query)
    assert answer.status_code in (200, 400, 403, 404)
