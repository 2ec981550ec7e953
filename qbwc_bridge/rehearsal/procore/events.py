"""Changes, told as events to the hooks that ask for them, and their deliveries.

Changes are found by looking at everything before and after, so that no way of changing a record can forget to tell.
As in Procore there is no event for the lock of a budget, for budget codes and for subcontractors' invoices.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from qbwc_bridge.rehearsal.procore.records import Delivery, Hook, Project, Record
from qbwc_bridge.rehearsal.procore.state import SERVICE_USER_ID, State
from qbwc_bridge.rehearsal.procore.values import Row

_ALL = ("create", "update", "delete")
COMPANY_RESOURCES: Mapping[str, tuple[str, ...]] = {
    "Projects": ("create", "update"),
    "Company Vendors": ("create", "update"),
    "Standard Cost Codes": _ALL,
    "Line Item Types": _ALL,
}
"""Events by resource that a hook of the company may have, as far as the stand-in has such records."""

PROJECT_RESOURCES: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    (
        *("Purchase Order Contracts", "Purchase Order Contract Line Items"),
        *("Work Order Contracts", "Work Order Contract Line Items"),
        *("Change Order Packages", "Potential Change Orders", "Potential Change Order Line Items"),
        *("Budget Line Items", "Budget Changes", "Budget Change Adjustment Line Items", "Budget Modifications"),
        *("Prime Contracts", "Prime Contract Line Items", "Cost Codes", "Direct Costs", "Direct Cost Line Items"),
    ),
    _ALL,
)
"""The same for a hook of a project. Some are offered and never told: their records are part of others here."""

GIVEN_UP = timedelta(hours=12)
"""After so long the events that wait for a hook are discarded."""

PERSON_ID = 4_398_046_500_001
"""The user who does what people do here."""

ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_LENGTH = 26

PARENTS = {
    "Purchase Order Contract Line Items": "Purchase Order Contracts",
    "Work Order Contract Line Items": "Work Order Contracts",
    "Potential Change Order Line Items": "Potential Change Orders",
    "Direct Cost Line Items": "Direct Costs",
}

UNSEEN = frozenset({"created_at", "updated_at", "budget_locked", "permitted", "deleted_at"})
"""Fields whose change is no update that an event tells."""

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Sends (address, headers, body) and gives the HTTP status; raises OSError when nobody answers."""

Key = tuple[str, int | None, int]
"""Resource, project and id."""


def notice(state: State, application: str | None) -> None:
    """Look for what changed since the last look, and queue an event for each hook that asks for it.

    `application` made the changes by the API; None: a person did. Without hooks nothing is looked at.
    """
    before, state.census = state.census, dict(_census(state)) if state.hooks else None
    if before is None or state.census is None:
        return
    for key in [*state.census, *(key for key in before if key not in state.census)]:
        old, new = before.get(key), state.census.get(key)
        if old != new:
            event = "create" if old is None else "delete" if new is None else "update"
            parent = (new or old or ((), None))[1]
            _queue(state, key, event, parent, application)


def deliver(state: State, post: Post) -> int:
    """Send what waits, each hook's events in their order; a failure holds up the later ones. Gives how many arrived."""
    with state.lock:
        hooks = list(state.hooks.values())
    return sum(_deliver(state, hook, post) for hook in hooks)


def _deliver(state: State, hook: Hook, post: Post) -> int:
    arrived = 0
    while True:
        with state.lock:
            now = state.now()
            queue = [d for d in state.deliveries if d.hook_id == hook.id and d.outcome in ("enqueued", "failing")]
            if queue and queue[0].outcome == "failing" and now - queue[0].made_at >= GIVEN_UP:
                for late in queue:
                    late.outcome = "discarded"
                queue = []
            if not queue:
                return arrived
            first = queue[0]
            headers = {"Content-Type": "application/json"}
            headers |= {} if hook.authorization is None else {"Authorization": hook.authorization}
            body = json.dumps(first.payload).encode()
        # Without the lock: whoever is told may ask at once.
        try:
            first.response_status = post(hook.destination_url, headers, body)
        except OSError:
            first.response_status = None
        first.tried_at = now
        if first.response_status is None or not 200 <= first.response_status < 300:  # noqa: PLR2004 - success in HTTP
            first.outcome = "failing"
            return arrived
        first.outcome = "successful"
        arrived += 1


def _queue(state: State, key: Key, event: str, parent: int | None, application: str | None) -> None:
    resource, project_id, _ = key
    for hook in state.hooks.values():
        if hook.project_id == project_id and (resource, event) in hook.triggers.values():
            event_id, now = state.new_id("event"), state.now()
            payload = _payload(state, hook, key, event, event_id, parent, application)
            state.deliveries.append(Delivery(event_id=event_id, hook_id=hook.id, payload=payload, made_at=now))


def _payload(  # noqa: PLR0917 - the parts of one event
    state: State, hook: Hook, key: Key, event: str, event_id: int, parent: int | None, application: str | None
) -> Row:
    """Write an event in the version that the hook asks for; only ids are told, never the record."""
    resource, project_id, record_id = key
    project_id = record_id if resource == "Projects" else project_id
    now, user_id = state.now(), SERVICE_USER_ID if application else PERSON_ID
    ulid, timestamp = _ulid(now, event_id), now.isoformat().replace("+00:00", "Z")
    if hook.api_version.startswith("v4"):
        return {
            "id": ulid,
            "timestamp": timestamp,
            "reason": event,
            "company_id": str(state.company_id),
            "project_id": None if project_id is None else str(project_id),
            "user_id": str(user_id),
            "resource_type": resource,
            "resource_id": str(record_id),
        }
    told: Row = {
        "id": event_id,
        "ulid": ulid,
        "timestamp": timestamp,
        "metadata": {
            "source_user_id": user_id,
            "source_project_id": project_id,
            "source_operation_id": None,
            "source_company_id": state.company_id,
            "source_application_id": application,
        },
        "user_id": user_id,
        "company_id": state.company_id,
        "project_id": project_id,
        "api_version": f"{hook.api_version[:2]}.0",
        "event_type": event,
        "resource_name": resource,
        "resource_id": record_id,
    }
    if hook.api_version.startswith("v3"):
        told["related_resources"] = [] if parent is None else [{"id": parent, "name": PARENTS[resource]}]
    return told


def _ulid(moment: datetime, number: int) -> str:
    """Write a moment and a number as 26 characters that sort by time."""
    value = (int(moment.timestamp() * 1000) << 80) | (number & ((1 << 80) - 1))
    return "".join(ULID_DIGITS[(value >> 5 * place) & 31] for place in reversed(range(ULID_LENGTH)))


def _census(state: State) -> Iterator[tuple[Key, Any]]:
    """Give every record that events tell of, with what it holds and the record that it is a line of."""
    lists: tuple[tuple[str, Mapping[int, Record]], ...] = (
        ("Projects", state.projects),
        ("Company Vendors", state.vendors),
        ("Standard Cost Codes", state.standard_codes),
        ("Line Item Types", state.cost_types),
    )
    for resource, records in lists:
        for record in records.values():
            yield (resource, None, record.id), (_held(record), None)
    for project in state.projects.values():
        for resource, record, parent in _documents(project):
            yield (resource, project.id, record.id), (_held(record), parent)


def _documents(project: Project) -> Iterator[tuple[str, Record, int | None]]:
    """Give a project's records with their resource, and for a line what it is a line of."""
    yield from _contracts(project)
    for cost in project.direct_costs.values():
        yield "Direct Costs", cost, None
        for line in cost.lines.values():
            yield "Direct Cost Line Items", line, cost.id
    tables: tuple[tuple[str, Mapping[int, Record]], ...] = (
        ("Budget Line Items", project.budget_lines),
        ("Budget Changes", project.budget_changes),
        ("Budget Modifications", project.transfers),
        ("Prime Contracts", project.prime_contracts),
        ("Cost Codes", project.cost_codes),
    )
    for resource, records in tables:
        for record in records.values():
            yield resource, record, None


def _contracts(project: Project) -> Iterator[tuple[str, Record, int | None]]:
    for contract in project.commitments.values():
        if contract.deleted_at is None:
            resource = "Purchase Order" if contract.kind == "purchase_order_contract" else "Work Order"
            yield f"{resource} Contracts", contract, None
            for line in contract.lines.values():
                yield f"{resource} Contract Line Items", line, contract.id
    for order in (*project.change_orders.values(), *project.prime_changes.values()):
        if order.deleted_at is None:
            yield "Change Order Packages", order, None
            for change_line in order.lines.values():
                yield "Potential Change Order Line Items", change_line, order.id


def _held(record: Record) -> tuple[object, ...]:
    """Give the values of a record's own fields; what hangs below it has keys of its own."""
    return tuple(
        repr(value) if isinstance(value, list) else value
        for name, value in vars(record).items()
        if name not in UNSEEN and not isinstance(value, dict)
    )
