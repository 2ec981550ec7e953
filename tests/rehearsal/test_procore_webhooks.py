import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.rehearsal.procore_desk import Desk, desk, line, project

HOOKS = "/rest/v1.0/webhooks/hooks"
AUTHORIZATION = f"Bearer {secrets.token_urlsafe(24)}"


@dataclass
class Receiver:
    """A server that keeps what it was sent, and answers with the statuses given, then with 204."""

    statuses: list[int] = field(default_factory=list)
    seen: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, address: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take one delivery; status 0 stands for nobody there."""
        status = self.statuses.pop(0) if self.statuses else 204
        if not status:
            raise ConnectionRefusedError(address)
        if status < 300:
            self.seen.append((address, headers.get("Authorization"), json.loads(body)))
        return status


def hook(made: Desk, scope: dict[str, int], *triggers: tuple[str, str], version: str = "v2") -> int:
    """Make a hook with triggers; gives its id."""
    body = {
        "api_version": version,
        "namespace": "tester-1",
        "destination_url": "https://example.com/events",
        "destination_headers": {"Authorization": AUTHORIZATION},
    }
    hook_id: int = made.send("POST", HOOKS, scope | {"hook": body}, 201)["id"]
    rows = [{"resource_name": resource, "event_type": event} for resource, event in triggers]
    made.send("POST", f"{HOOKS}/{hook_id}/triggers/bulk", scope | {"api_version": version, "triggers": rows})
    return hook_id


def test_a_hook_is_made_shown_changed_and_removed() -> None:
    """A hook has what it was given, shows only the end of its header, and is found by scope and namespace."""
    made = desk()
    company, scope = {"company_id": made.procore.company_id}, {"project_id": project(made)}
    hook_id = hook(made, scope)
    (row,) = made.get(HOOKS, **scope)
    assert (row["id"], row["namespace"], row["owned_by_company_id"]) == (hook_id, "tester-1", None)
    assert row["destination_headers"]["Authorization"].endswith(AUTHORIZATION[-5:])
    assert AUTHORIZATION not in str(row)
    assert AUTHORIZATION not in repr(made.procore.calls)
    assert made.get(HOOKS, **company) == []
    assert made.get(HOOKS, **scope, namespace="other") == []
    made.send("PATCH", f"{HOOKS}/{hook_id}", scope | {"hook": {"destination_url": "https://example.com/new"}})
    assert made.get(HOOKS, **scope)[0]["destination_url"] == "https://example.com/new"
    assert made.call("DELETE", f"{HOOKS}/{hook_id}", **company).status_code == 404
    assert made.call("DELETE", f"{HOOKS}/{hook_id}", **scope).status_code == 200
    assert made.get(HOOKS, **scope) == []


@pytest.mark.parametrize(
    ("changes", "field_name"),
    [
        ({"namespace": "Tester"}, "namespace"),
        ({"namespace": "a_b"}, "namespace"),
        ({"destination_url": "example.com"}, "destination_url"),
        ({"destination_url": None}, "destination_url"),
        ({"api_version": "v1"}, "api_version"),
    ],
)
def test_a_bad_hook_is_refused(changes: dict[str, Any], field_name: str) -> None:
    """Namespaces are small letters, digits and dashes, an address is needed, and versions are those documented."""
    made = desk()
    good = {"api_version": "v2", "namespace": "tester", "destination_url": "https://example.com"}
    body = {"company_id": made.procore.company_id, "hook": good | changes}
    assert field_name in made.send("POST", HOOKS, body, 422)["errors"]


def test_triggers_belong_to_their_level_and_come_once() -> None:
    """A trigger of another level, an event that a resource lacks, and a doubled one are refused, good ones taken."""
    made = desk()
    scope = {"company_id": made.procore.company_id}
    hook_id = hook(made, scope, ("Projects", "create"))
    rows = [
        {"resource_name": resource, "event_type": event}
        for resource, event in (
            ("Projects", "create"),
            ("Projects", "delete"),
            ("Prime Contracts", "create"),
            ("Company Vendors", "update"),
        )
    ]
    answer = made.send("POST", f"{HOOKS}/{hook_id}/triggers/bulk", scope | {"triggers": rows}, 207)
    assert [row["resource_name"] for row in answer["success"]] == ["Company Vendors"]
    assert [row["trigger"]["resource_name"] for row in answer["failed"]] == ["Projects", "Projects", "Prime Contracts"]
    shown = made.get(f"{HOOKS}/{hook_id}/triggers", **scope)
    assert [(row["resource_name"], row["event_type"]) for row in shown] == [
        ("Projects", "CREATE"),
        ("Company Vendors", "UPDATE"),
    ]
    assert made.call("DELETE", f"{HOOKS}/{hook_id}/triggers/{shown[0]['id']}", **scope).status_code == 200
    assert len(made.get(f"{HOOKS}/{hook_id}/triggers", **scope)) == 1


def test_without_permission_all_is_refused() -> None:
    """Without the permission for webhooks, and in a project that the application may not see, every call is 403."""
    made = desk()
    scope = {"project_id": project(made)}
    made.procore.set_project(scope["project_id"], permitted=False)
    assert made.call("GET", HOOKS, **scope).status_code == 403
    made.procore.permit_webhooks(permitted=False)
    assert made.call("GET", HOOKS, company_id=made.procore.company_id).status_code == 403


@pytest.mark.parametrize("version", ["v2", "v3.0", "v4.0"])
def test_changes_are_told_in_each_version(version: str) -> None:
    """A person's change reaches the hook that asked for it, as the version has it; only ids are told."""
    made = desk()
    project_id, receiver = project(made), Receiver()
    vendor = made.procore.add_vendor("Acme")
    hook(made, {"project_id": project_id}, ("Purchase Order Contracts", "create"), version=version)
    order = made.procore.add_purchase_order(project_id, "PO-1", "Board", vendor, [line("09-250.M", "10.00")])
    assert made.procore.deliver_events(receiver) == 1
    ((address, header, event),) = receiver.seen
    assert (address, header) == ("https://example.com/events", AUTHORIZATION)
    if version == "v4.0":
        assert event["reason"] == "create"
        assert (event["resource_type"], event["resource_id"]) == ("Purchase Order Contracts", str(order))
        assert (event["company_id"], event["project_id"]) == (str(made.procore.company_id), str(project_id))
        return
    assert (event["event_type"], event["resource_name"], event["resource_id"]) == (
        "create",
        "Purchase Order Contracts",
        order,
    )
    assert (event["company_id"], event["project_id"]) == (made.procore.company_id, project_id)
    assert event["metadata"]["source_application_id"] is None
    assert len(event["ulid"]) == 26
    assert ("related_resources" in event) == (version == "v3.0")


def test_only_what_a_hook_asks_for_is_told() -> None:
    """Updates of lines name their contract, deletions come, and neither other projects nor a lock tell anything."""
    made = desk()
    project_id, other, receiver = project(made), project(made, "24-002"), Receiver()
    resource = "Purchase Order Contract Line Items"
    wanted = [(resource, event) for event in ("create", "update", "delete")]
    hook(made, {"project_id": project_id}, *wanted, ("Budget Line Items", "update"), version="v3")
    order = made.procore.add_purchase_order(project_id, "PO-1", "Board", None, [line("09-250.M", "10.00")])
    made.procore.add_purchase_order(other, "PO-2", "Board", None, [line("09-250.M", "10.00")])
    (line_id,) = made.procore.commitment_lines(order)
    made.procore.set_commitment_line(order, line_id, line("09-250.M", "12.00"))
    made.procore.set_commitment(order, title="Boards")
    made.procore.lock_budget(project_id)
    made.procore.delete_commitment_line(order, line_id)
    made.procore.deliver_events(receiver)
    told = [(event["event_type"], event["resource_name"], event["resource_id"]) for _, _, event in receiver.seen]
    assert told == [(event, resource, line_id) for event in ("create", "update", "delete")]
    assert receiver.seen[0][2]["related_resources"] == [{"id": order, "name": "Purchase Order Contracts"}]


def test_a_change_by_the_api_names_the_application() -> None:
    """What an application does itself comes back to it with its own id; a project of its making as well."""
    made = desk()
    scope, receiver = {"company_id": made.procore.company_id}, Receiver()
    hook(made, scope, ("Projects", "create"), ("Company Vendors", "create"))
    made.send("POST", "/rest/v1.0/vendors", scope | {"vendor": {"name": "Acme"}}, 201)
    project_id = made.procore.add_project("26-001", "Library")
    made.procore.deliver_events(receiver)
    sources = [event["metadata"]["source_application_id"] for _, _, event in receiver.seen]
    assert sources == [made.procore.client_id, None]
    assert receiver.seen[1][2]["project_id"] == project_id


def test_a_failing_address_holds_events_up_until_they_are_discarded() -> None:
    """A failure holds back what comes after it; after twelve hours all of that is discarded, later ones are tried."""
    made = desk()
    scope, receiver = {"company_id": made.procore.company_id}, Receiver([500, 0])
    hook_id = hook(made, scope, ("Company Vendors", "create"))

    def statuses(status: str) -> int:
        return len(made.get(f"{HOOKS}/{hook_id}/deliveries", filters={"status": status}, **scope))

    for name in ("A", "B"):
        made.procore.add_vendor(name)
    assert [made.procore.deliver_events(receiver) for _ in range(2)] == [0, 0]
    assert (statuses("failing"), statuses("any")) == (1, 2)
    assert made.procore.deliver_events(receiver) == 2
    receiver.statuses = [500]
    for name in ("C", "D"):
        made.procore.add_vendor(name)
    made.procore.deliver_events(receiver)
    made.clock.move(12 * 3600)
    assert made.procore.deliver_events(receiver) == 0
    assert (statuses("discarded"), statuses("failing"), statuses("successful")) == (2, 0, 2)
    made.procore.add_vendor("E")
    assert made.procore.deliver_events(receiver) == 1
