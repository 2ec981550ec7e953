"""The checker of calls lets documented calls pass and stops every other one."""

import httpx
import pytest

from tests.procore.contract import TOKEN_PATH, ContractTransport

HEADERS = {"Procore-Company-Id": "1", "Authorization": "Bearer x"}
BASE = "https://api.example.com"
LINES = f"{BASE}/rest/v1.0/projects/2/direct_costs/line_items/sync"


def send(method: str, url: str, *, headers: dict[str, str] | None = None, json: object = None) -> set[tuple[str, str]]:
    """Send one call through the checker and give what it saw."""
    transport = ContractTransport(httpx.MockTransport(lambda _request: httpx.Response(200)))
    with httpx.Client(transport=transport) as client:
        client.request(method, url, headers=HEADERS if headers is None else headers, json=json)
    return transport.seen


def test_documented_calls_pass() -> None:
    """A list with its parameters, a token and a sync are let through and named by their template."""
    assert send("GET", f"{BASE}/rest/v1.0/vendors?company_id=1&view=extended&filters[id][]=5") == {
        ("GET", "/rest/v1.0/vendors")
    }
    assert send("GET", f"{BASE}/rest/v1.0/line_item_types?project_id=1") == {("GET", "/rest/v1.0/line_item_types")}
    token = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}
    assert send("POST", BASE + TOKEN_PATH, headers={}, json=token) == {("POST", TOKEN_PATH)}
    seen = send("PATCH", LINES, json={"updates": [{"origin_id": "k", "amount": 1, "extended_type": "manual"}]})
    assert seen == {("PATCH", "/rest/v1.0/projects/{project_id}/direct_costs/line_items/sync")}


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/rest/v1.0/erp_job_costs", "no such operation"),
        ("POST", "/rest/v1.0/vendors/5", "no such operation"),
        ("GET", "/rest/v1.0/vendors?company_id=1&limit=5", "unknown parameter limit"),
        ("GET", "/rest/v1.0/vendors?company_id=1&view=everything", "unknown value everything"),
        ("GET", "/rest/v1.0/vendors?company_id=Acme", "no whole number"),
        ("GET", "/rest/v1.0/vendors", "company_id is missing"),
        ("GET", "/rest/v1.0/line_item_types", "company_id or project_id is missing"),
        ("GET", "/rest/v1.0/standard_cost_code_lists?company_id=1", "deprecated"),
    ],
)
def test_undocumented_addresses_are_stopped(method: str, path: str, told: str) -> None:
    """Unknown paths, parameters and values, missing parameters and deprecated operations are stopped."""
    with pytest.raises(AssertionError, match=told):
        send(method, BASE + path)


@pytest.mark.parametrize("missing", ["Procore-Company-Id", "Authorization"])
def test_missing_headers_are_stopped(missing: str) -> None:
    """Company and token must stand in the headers of every call."""
    headers = {name: value for name, value in HEADERS.items() if name != missing}
    with pytest.raises(AssertionError, match=r"missing|no bearer token"):
        send("GET", f"{BASE}/rest/v1.0/companies", headers=headers)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"items": []}, "unknown keys"),
        ({}, "missing keys"),
        ({"updates": [{"manual_amount": 1}]}, "unknown keys"),
        ({"updates": [{"extended_type": "fixed"}]}, "unknown value fixed"),
        (None, "wrong content type"),
    ],
)
def test_undocumented_bodies_are_stopped(content: object, told: str) -> None:
    """Unknown and missing keys, at the top and one level down, and unknown values are stopped."""
    with pytest.raises(AssertionError, match=told):
        send("PATCH", LINES, json=content)


def test_a_body_where_none_belongs_is_stopped() -> None:
    """A read takes no body."""
    with pytest.raises(AssertionError, match="takes no body"):
        send("GET", f"{BASE}/rest/v1.0/companies", json={"a": 1})
