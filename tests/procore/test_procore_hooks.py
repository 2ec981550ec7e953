import secrets
from typing import Any

import httpx
import pytest

from qbwc_bridge.domain.webhooks import NAMESPACE, Hook, Trigger, Undelivered
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from tests.procore.api import COMPANY, HOOKS, PROJECT, Api

URL = "https://bridge.example.com/webhooks/procore/Bluestone"
HOOK = Hook(41, PROJECT, URL)


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A hook as Procore lists it."""
    return {
        "id": number,
        "api_version": "v2",
        "namespace": NAMESPACE,
        "destination_url": URL,
        "destination_headers": {"Authorization": "*****a1B2c"},
        "owned_by_company_id": COMPANY,
    } | changes


def test_hooks_of_our_namespace_are_found() -> None:
    """Hooks of other programs are left out, whatever Procore lists; a header that is not shown is unknown."""
    api = Api()
    rows = [row(2), row(1, destination_headers=None), row(3, namespace="procore"), row(4, destination_url=None)]
    api.on("GET", HOOKS, httpx.Response(200, json=rows))
    found = api.gateway().hooks.find(None)
    assert found == [Hook(1, None, URL, ""), Hook(2, None, URL, "a1B2c"), Hook(4, None, "", "a1B2c")]
    (call,) = api.calls(HOOKS)
    assert dict(call.url.params) == {"company_id": str(COMPANY), "namespace": NAMESPACE}


def test_hooks_of_another_level_are_left_alone() -> None:
    """A list that shows the hooks of the company and of its projects together is told apart by their owners."""
    api = Api()
    of_project = row(2, owned_by_project_id=PROJECT)
    rows = [
        row(1),
        of_project,
        row(3, owned_by_company_id=None, owned_by_project_id=7),
        row(4, owned_by_company_id=None),
    ]
    api.on("GET", HOOKS, httpx.Response(200, json=rows))
    hooks = api.gateway().hooks
    assert [hook.id for hook in hooks.find(None)] == [1, 4]
    assert [hook.id for hook in hooks.find(PROJECT)] == [2, 4]


@pytest.mark.parametrize(("project_id", "where"), [(None, "use webhooks ("), (PROJECT, f"in project {PROJECT} (")])
def test_a_missing_permission_is_one_sentence(project_id: int | None, where: str) -> None:
    """A 403 names the permission that the app needs, for company and project."""
    api = Api()
    api.on("GET", HOOKS, httpx.Response(403, json={"errors": "Forbidden"}))
    api.on("POST", HOOKS, httpx.Response(403, json={"errors": "Forbidden"}))
    hooks = api.gateway().hooks
    for attempt in (lambda: hooks.find(project_id), lambda: hooks.make(project_id, URL, "Bearer x")):
        with pytest.raises(ProcoreError) as caught:
            attempt()
        assert (caught.value.status, type(caught.value)) == (403, ProcoreError)
        assert '"Webhooks API: Standard"' in str(caught.value)
        assert where in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_hook_is_made_once_or_is_in_doubt() -> None:
    """A hook is sent once with namespace, address and header; without a usable answer it may stand there."""
    api, authorization = Api(), f"Bearer {secrets.token_urlsafe(16)}"
    made, empty = httpx.Response(201, json=row(7)), httpx.Response(201, json={})
    api.on("POST", HOOKS, made, empty, httpx.ReadTimeout("late"))
    hooks = api.gateway().hooks
    assert hooks.make(PROJECT, URL, authorization) == Hook(7, PROJECT, URL, authorization[-5:])
    for _ in range(2):
        with pytest.raises(ProcoreUnreachable) as caught:
            hooks.make(PROJECT, URL, authorization)
        assert authorization.removeprefix("Bearer ") not in str(caught.value)
    assert len(api.calls(HOOKS)) == 3
    sent = httpx.Response(200, content=api.calls(HOOKS)[0].content).json()
    assert sent == {
        "project_id": PROJECT,
        "hook": {
            "api_version": "v2",
            "namespace": NAMESPACE,
            "destination_url": URL,
            "destination_headers": {"Authorization": authorization},
        },
    }


def test_refused_triggers_are_told_and_stop_no_other() -> None:
    """Each resource that Procore refuses is one sentence with its reason, however the answer is formed."""
    api = Api()
    failed: list[Any] = [
        {"code": "invalid", "message": "no such event", "trigger": {"resource_name": "Budget Changes"}, "errors": {}},
        {"code": "invalid", "message": "no such event", "trigger": {"resource_name": "Budget Changes"}, "errors": {}},
        {"errors": {"event_type": ["is invalid"]}, "trigger": {"resource_name": "Cost Codes"}},
        {},
        "strange",
    ]
    api.on("POST", f"{HOOKS}/41/triggers/bulk", httpx.Response(207, json={"success": [], "failed": failed}))
    told = api.gateway().hooks.add_triggers(HOOK, [Trigger("Cost Codes", "update")])
    assert told == [
        "Procore does not tell of Budget Changes (no such event); changes of it are found by polling.",
        "Procore does not tell of Cost Codes (event_type: is invalid); changes of it are found by polling.",
        "Procore does not tell of one kind of record (no reason given); changes of it are found by polling.",
    ]


def test_triggers_and_deliveries_are_read() -> None:
    """Events of triggers come in capitals or not; deliveries are counted by what Procore lists of each status."""
    api = Api()
    triggers = [{"resource_name": "Projects", "event_type": event} for event in ("CREATE", "update")]
    api.on("GET", f"{HOOKS}/41/triggers", httpx.Response(200, json=triggers))
    api.on("GET", f"{HOOKS}/41/deliveries", httpx.Response(200, json=[{}, {}]), httpx.Response(200, json=[]))
    hooks = api.gateway().hooks
    assert hooks.triggers(HOOK) == {Trigger("Projects", "create"), Trigger("Projects", "update")}
    assert hooks.undelivered(HOOK) == Undelivered(failing=2, discarded=0)
    asked = [call.url.params["filters[status]"] for call in api.calls(f"{HOOKS}/41/deliveries")]
    assert asked == ["failing", "discarded"]


def test_a_hook_that_is_gone_is_removed_already() -> None:
    """Removing names the project, and 404 is no error."""
    api = Api()
    api.on("DELETE", f"{HOOKS}/41", httpx.Response(200, json={}), httpx.Response(404, json={}))
    hooks = api.gateway().hooks
    hooks.remove(HOOK)
    hooks.remove(HOOK)
    assert {call.url.query for call in api.calls(f"{HOOKS}/41")} == {f"project_id={PROJECT}".encode()}
