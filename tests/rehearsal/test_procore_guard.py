from decimal import Decimal

import pytest
from werkzeug.test import Client

from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.rehearsal.procore_desk import Desk, desk, line, project, wbs_ids


def test_token_has_documented_fields_and_expires() -> None:
    """A token of client credentials has four fields, no refresh token, and is dead after its seconds."""
    made = desk(token_seconds=90)
    token = made.token()
    assert set(token) == {"access_token", "token_type", "expires_in", "created_at"}
    assert token["expires_in"] == 90
    made.clock.move(89)
    assert made.get("/oauth/token/info")["expires_in_seconds"] == 1
    made.clock.move(1)
    answer = made.call("GET", "/rest/v1.0/me")
    assert answer.status_code == 401
    assert answer.get_json() == {"errors": "Unauthorized"}


def test_wrong_secret_gets_no_token() -> None:
    """A wrong secret and a wrong grant are refused in the shape of the OAuth standard."""
    made = desk()
    client = Client(made.procore)
    form = {"grant_type": "client_credentials", "client_id": made.procore.client_id, "client_secret": "guess"}
    refused = client.post("/oauth/token", json=form)
    assert refused.status_code == 401
    assert refused.get_json()["error"] == "invalid_client"
    assert client.post("/oauth/token", data=form | {"grant_type": "password"}).status_code == 400


def test_secrets_differ_and_never_reach_the_calls() -> None:
    """Each company has its own secret, and neither it nor a token stands in the record of calls."""
    made, other = desk(), desk()
    made.get("/rest/v1.0/me")
    assert made.procore.client_secret != other.procore.client_secret
    told = repr(made.procore.calls)
    assert made.procore.client_secret not in told
    assert made.headers["Authorization"].removeprefix("Bearer ") not in told
    assert [(call.method, call.path, call.status) for call in made.procore.calls] == [
        ("POST", "/oauth/token", 200),
        ("GET", "/rest/v1.0/me", 200),
    ]


def test_revoked_tokens_are_refused() -> None:
    """After the tokens were revoked the next call is refused, and a new token works."""
    made = desk()
    made.procore.revoke_tokens()
    assert made.call("GET", "/rest/v1.0/me").status_code == 401
    made.token()
    assert made.get("/rest/v1.0/me")["login"]


def test_company_header_is_required_and_checked() -> None:
    """Without the company header a call is 400, with a foreign company 403; own user and companies do without."""
    made = desk()
    company = made.headers.pop("Procore-Company-Id")
    assert made.call("GET", "/rest/v1.0/projects", company_id=company).status_code == 400
    assert made.get("/rest/v1.0/me")["id"] > 2**31
    assert made.get("/rest/v1.0/companies")[0]["id"] == made.procore.company_id
    made.headers["Procore-Company-Id"] = "7"
    answer = made.call("GET", "/rest/v1.0/projects", company_id=company)
    assert (answer.status_code, "not connected" in answer.text) == (403, True)


def test_the_four_shapes_of_refusal_occur() -> None:
    """Sentence, fields, error object with details, and plain text of 429 are all met by a client."""
    made = desk(spike_limit=4)
    project_id = made.procore.add_project("24-001", "Maple Clinic")
    assert made.call("GET", "/rest/v1.0/projects/77/budget").get_json() == {"errors": "Not Found"}
    fields = made.send("POST", f"/rest/v1.1/projects/{project_id}/direct_costs", {"direct_cost": {}}, 422)
    assert fields["errors"]["direct_cost_type"]
    error = made.call("GET", "/rest/v1.0/projects").get_json()["error"]
    assert (error["code"], error["details"][0]["source"]) == ("400", "company_id")
    v2 = f"/rest/v2.0/companies/{made.procore.company_id}/projects/77/budget_changes/adjustment_line_items"
    assert made.call("GET", v2).get_json()["error"]["code"] == "404"
    limited = made.call("GET", "/rest/v1.0/me")
    assert limited.status_code == 429
    assert limited.mimetype == "text/plain"


def test_rate_headers_tell_of_the_window_nearest_to_its_end() -> None:
    """Both windows count; the headers show the tighter one, Retry-After leads past its reset, and then calls work."""
    made = desk(hourly_limit=5, spike_limit=3)
    seen = [made.call("GET", "/rest/v1.0/me").headers["X-Rate-Limit-Remaining"] for _ in range(3)]
    assert seen == ["2", "1", "0"]
    refused = made.call("GET", "/rest/v1.0/me")
    assert refused.status_code == 429
    wait = int(refused.headers["Retry-After"])
    assert int(refused.headers["X-Rate-Limit-Reset"]) == int(made.clock().timestamp()) + wait == 10 + 1772463600
    made.clock.move(wait)
    hourly = made.call("GET", "/rest/v1.0/me")
    assert hourly.headers["X-Rate-Limit-Limit"] == "5"
    assert hourly.headers["X-Rate-Limit-Remaining"] == "1"
    assert made.call("GET", "/rest/v1.0/me").status_code == 200
    refused = made.call("GET", "/rest/v1.0/me")
    assert (refused.status_code, int(refused.headers["Retry-After"])) == (429, 3590)


def test_bad_bodies_and_unknown_paths() -> None:
    """Broken JSON is 400, a foreign content type 406, an unknown path 404, a wrong method 405 with Allow."""
    made = desk()
    project_id = project(made)
    url = f"/rest/v1.0/projects/{project_id}/direct_costs/sync"
    client = Client(made.procore)
    broken = client.patch(url, data="{", headers=made.headers, content_type="application/json")
    assert broken.status_code == 400
    assert client.patch(url, data="<a/>", headers=made.headers, content_type="text/xml").status_code == 406
    assert made.call("GET", "/rest/v1.0/nothing").status_code == 404
    wrong = made.call("POST", f"/rest/v1.0/projects/{project_id}/budget_modifications", {})
    assert (wrong.status_code, "GET" in wrong.headers["Allow"]) == (405, True)
    assert made.call("DELETE", f"/rest/v1.0/projects/{project_id}/budget/lock").status_code == 404
    assert made.procore.calls[-1].method == "DELETE"


def test_a_project_not_permitted_is_hidden_and_refused() -> None:
    """A project that the customer's admin did not permit is not listed and answers 403."""
    made = desk()
    project_id = project(made)
    made.procore.set_project(project_id, permitted=False)
    assert made.get("/rest/v1.0/projects", company_id=made.procore.company_id) == []
    assert made.call("GET", f"/rest/v1.0/projects/{project_id}/budget").status_code == 403


def _header(made: Desk, project_id: int, status: int) -> None:
    body = {"updates": [{"origin_id": "qbd:k:1", "direct_cost_type": "expense"}]}
    made.send("PATCH", f"/rest/v1.0/projects/{project_id}/direct_costs/sync", body, status)


def test_a_fault_before_the_effect_changes_nothing() -> None:
    """A request refused on order does nothing; the next one works, and Retry-After is given when asked for."""
    made = desk()
    project_id = project(made)
    made.procore.fail_next(status=503, count=2, path_contains="direct_costs/sync", retry_after=7)
    answer = made.call("PATCH", f"/rest/v1.0/projects/{project_id}/direct_costs/sync", {"updates": []})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    _header(made, project_id, 503)
    assert made.procore.direct_costs(project_id) == []
    _header(made, project_id, 200)
    assert len(made.procore.direct_costs(project_id)) == 1


@pytest.mark.parametrize("status", [500, 409, 429])
def test_a_fault_after_the_effect_loses_only_the_answer(status: int) -> None:
    """The write happens, its answer does not come; the same keyed write again makes no double."""
    made = desk()
    project_id = project(made)
    made.procore.fail_next(status=status, path_contains="sync", after_effect=True)
    made.call("PATCH", f"/rest/v1.0/projects/{project_id}/direct_costs/sync", {"updates": []})
    made.procore.fail_next(status=status, path_contains="sync", after_effect=True, method="PATCH")
    assert made.get(f"/rest/v1.1/projects/{project_id}/direct_costs") == []
    body = {"updates": [{"origin_id": "qbd:k:1", "direct_cost_type": "expense"}]}
    lost = made.call("PATCH", f"/rest/v1.0/projects/{project_id}/direct_costs/sync", body)
    assert lost.status_code == status
    _header(made, project_id, 200)
    assert [cost.origin_id for cost in made.procore.direct_costs(project_id)] == ["qbd:k:1"]


def test_people_are_told_of_misspelt_fields() -> None:
    """What people type wrongly is one ValueError, and nothing is written."""
    made = desk()
    project_id = project(made)
    with pytest.raises(ValueError, match="has no field retainage"):
        made.procore.add_purchase_order(project_id, "1", "Studs", None, [line("03-300.M", "1")], retainage=5)
    with pytest.raises(ValueError, match="no budget code 99-999"):
        made.procore.set_budget(project_id, {"99-999.M": Decimal(1)})
    with pytest.raises(ValueError, match="has no field colour"):
        made.procore.set_project(project_id, colour="red")
    with pytest.raises(ValueError, match="direct_cost_type must be one of"):
        made.procore.add_direct_cost(project_id, [], direct_cost_type="gift")
    made.procore.lock_budget(project_id)
    with pytest.raises(ValueError, match="is locked"):
        made.procore.set_budget(project_id, {"03-300.M": Decimal(1)})
    assert made.get("/rest/v1.0/purchase_order_contracts", project_id=project_id) == []
    assert set(wbs_ids(made, project_id)) == {"03-300.M", "09-250.M"}
    assert isinstance(line("03-300.M", "1"), CommitmentLine)


def test_the_longer_wait_counts_when_both_windows_are_used_up() -> None:
    """With both windows empty, Retry-After leads past the hour, not only past the ten seconds."""
    made = desk(hourly_limit=2, spike_limit=2)
    for _ in range(2):
        made.get("/rest/v1.0/me")
    refused = made.call("GET", "/rest/v1.0/me")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    made.clock.move(3600)
    assert made.call("GET", "/rest/v1.0/me").status_code == 200
