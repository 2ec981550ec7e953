import json
import re
from decimal import Decimal
from typing import Any

import pytest

from qbwc_bridge.rehearsal.procore import LOGIN_ROUTES, ROUTES, InvoiceLine, demo_company
from tests.rehearsal.procore_desk import Clock, Desk, line
from tests.support import shared_dir

READ_IN_RESPONSES = {
    "/rest/v1.0/budget_views/{budget_view_id}/detail_rows": {
        *(
            "budget_row_id",
            "budgeted",
            "budgetable",
            "calculation_strategy",
            "quantity",
            "uom",
            "unit_cost",
            "wbs_code",
        ),
        *(f"cost_code_level_{n}" for n in range(1, 6)),
        *("Aproved Budget Changes", "Revised Budget", "Committed Costs", "Direct Costs", "Job to Date Costs"),
    },
    "/rest/v1.1/projects/{project_id}/direct_costs": {"line_items_count", "synced", "attachments", "attachments_count"},
    "/rest/v1.1/projects/{project_id}/direct_costs/{id}": {"synced"},
}
"""Keys that published real answers or the prose of the reference have, though the catalogue's schema does not."""


def _details() -> dict[tuple[str, str], Any]:
    text = shared_dir("procore-api", "endpoint-details-selected.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(row) for row in text.splitlines()]
    return {(row["method"], row["path"]): row for row in rows}


def test_every_served_path_is_documented() -> None:
    """No operation is served that Procore's public catalogue does not have, method and template alike."""
    catalogue = json.loads(shared_dir("procore-api", "catalog-2636-operations.json").read_text(encoding="utf-8"))
    documented = {(row["method"], row["path"]) for row in catalogue}
    served = {(route.method, route.template) for route in ROUTES} | set(LOGIN_ROUTES)
    assert not served - documented
    assert len(served) == len(ROUTES) + len(LOGIN_ROUTES)


def _keys(schema: Any) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    if schema.get("type") == "array":
        return _keys(schema.get("items"))
    properties = schema.get("properties", {})
    return _keys(properties["data"]) if set(properties) == {"data"} else set(properties)


def _rows(answer: Any) -> list[dict[str, Any]]:
    inner = answer["data"] if isinstance(answer, dict) and set(answer) == {"data"} else answer
    return inner if isinstance(inner, list) else [inner]


@pytest.fixture(name="demo", scope="module")
def _demo() -> Desk:
    clock = Clock()
    made = Desk(clock, demo_company(clock))
    made.token()
    _listen(made)
    _bill(made)
    return made


def _listen(made: Desk) -> int:
    """Make a hook of the first project that tells of one resource; give its id."""
    project = made.get("/rest/v1.0/projects", company_id=made.procore.company_id)[0]["id"]
    hook = {"api_version": "v2", "namespace": "tester", "destination_url": "https://example.com/events"}
    answer = made.call("POST", "/rest/v1.0/webhooks/hooks", {"project_id": project, "hook": hook})
    hook_id: int = answer.get_json()["id"]
    trigger = {"resource_name": "Prime Contracts", "event_type": "create"}
    made.call("POST", f"/rest/v1.0/webhooks/hooks/{hook_id}/triggers", {"project_id": project, "trigger": trigger})
    return hook_id


def _bill(made: Desk) -> None:
    """Add what the company of the demonstration lacks: a prime contract, a subcontractor's invoice, a forecast."""
    project = made.get("/rest/v1.0/projects", company_id=made.procore.company_id)[0]["id"]
    subcontract = made.get("/rest/v1.0/work_order_contracts", project_id=project)[0]["id"]
    prime = made.procore.add_prime_contract(project, "PC-1", "Clinic", Decimal(900_000))
    made.procore.add_prime_change_order(prime, "1", "Canopy", [line("03-300.M", "500.00")])
    billed = InvoiceLine(made.procore.commitment_lines(subcontract)[0], Decimal(1000))
    made.procore.add_subcontractor_invoice(subcontract, "DG-1", [billed])
    made.procore.set_forecast(project, "03-300.M", Decimal(100))


@pytest.mark.parametrize("template", sorted({route.template for route in ROUTES if route.method == "GET"}))
def test_rows_carry_only_documented_keys(demo: Desk, template: str) -> None:
    """A row of any list or show call has no key that the reference does not describe, so none is leant on."""
    company = demo.procore.company_id
    project = demo.get("/rest/v1.0/projects", company_id=company)[0]["id"]
    order = demo.get("/rest/v1.0/purchase_order_contracts", project_id=project)[0]["id"]
    cost = demo.get(f"/rest/v1.1/projects/{project}/direct_costs") or [
        {"id": demo.procore.add_direct_cost(project, [], description="Permit fee")}
    ]
    known = {
        "company_id": company,
        "project_id": project,
        "segment_id": 22859,
        "purchase_order_contract_id": order,
        "work_order_contract_id": demo.get("/rest/v1.0/work_order_contracts", project_id=project)[0]["id"],
        "budget_view_id": demo.get("/rest/v1.0/budget_views", project_id=project)[0]["id"],
        "commitment_change_order_id": demo.get(f"/rest/v1.0/projects/{project}/commitment_change_orders")[0]["id"],
        "direct_cost_id": cost[0]["id"],
        "hook_id": demo.get("/rest/v1.0/webhooks/hooks", project_id=project)[0]["id"],
    }
    parent = re.sub(r"/\{id\}$", "", template)
    query = {"company_id": company, "project_id": project, "standard_cost_code_list_id": 184747, "view": "extended"}
    path = parent.format(**known)
    answer = demo.call("GET", path, **query)
    if answer.status_code == 403:
        assert template == "/rest/v1.0/standard_cost_code_lists"
        return
    rows = _rows(answer.get_json())
    if parent != template:
        if not rows:
            return
        rows = _rows(demo.get(f"{path}/{rows[0]['id']}", **query))
    documented = _keys(_details()["GET", template]["responses"]["200"].get("schema"))
    if documented:
        for row in rows:
            assert not set(row) - documented - READ_IN_RESPONSES.get(template, set())
