"""The calls of webhooks, version 1: hooks, triggers and deliveries of the company or of one project."""

import re
from collections.abc import Mapping

from qbwc_bridge.rehearsal.procore.events import COMPANY_RESOURCES, PROJECT_RESOURCES
from qbwc_bridge.rehearsal.procore.problems import Invalid, Problem, bad_request, forbidden, not_found
from qbwc_bridge.rehearsal.procore.records import Delivery, Hook
from qbwc_bridge.rehearsal.procore.values import Row, id_or_none, iso
from qbwc_bridge.rehearsal.procore.wire import Answer, Ask, Route

VERSIONS = ("v2", "v2.0", "v3", "v3.0", "v4", "v4.0")
MOST_TRIGGERS = 500
MASK = "*" * 8
SHOWN = 5
"""Characters of an Authorization header that are shown, behind the mask."""
USUAL_PAGE = 100
STATUSES = ("any", "successful", "failing", "discarded")


def _scope(ask: Ask) -> int | None:
    """Find the project that query or body names, else check the company (None)."""
    if not ask.state.webhooks_permitted:
        raise forbidden("You do not have permission to perform this action")
    body = ask.body if isinstance(ask.body, dict) else {}
    if "project_id" in ask.query or "project_id" in body:
        return ask.project().id
    ask.company()
    return None


def _hook(ask: Ask, name: str) -> Hook:
    scope, hook = _scope(ask), ask.state.hooks.get(ask.path_id(name))
    if hook is None or hook.project_id != scope:
        raise not_found()
    return hook


def _row(ask: Ask, hook: Hook) -> Row:
    shown = None if hook.authorization is None else MASK + hook.authorization[-SHOWN:]
    return {
        "id": hook.id,
        "api_version": hook.api_version,
        "namespace": hook.namespace,
        "destination_url": hook.destination_url,
        "destination_headers": {"Authorization": shown},
        "owned_by_company_id": ask.state.company_id if hook.project_id is None else None,
        "owned_by_project_id": hook.project_id,
        "owned_by_user_id": None,
    }


def _values(ask: Ask, before: Hook | None) -> Row:
    """Read the fields of a hook that a body has, and check them."""
    sent = ask.wrapped("hook")
    url, namespace = sent.get("destination_url"), sent.get("namespace", before.namespace if before else "procore")
    if before is None and url is None:
        raise Invalid(destination_url="can't be blank")
    if url is not None and not re.match(r"https?://[^/\s]", str(url)):
        raise Invalid(destination_url="is invalid")
    if not re.fullmatch(r"[a-z0-9-]+", str(namespace)):
        raise Invalid(namespace="is invalid")
    version = sent.get("api_version", before.api_version if before else None)
    if version not in VERSIONS:
        raise Invalid(api_version="is not included in the list")
    values: Row = {"api_version": version, "namespace": namespace}
    if url is not None:
        values["destination_url"] = str(url)
    headers = sent.get("destination_headers")
    if isinstance(headers, dict) and "Authorization" in headers:
        told = headers["Authorization"]
        values["authorization"] = None if told is None else str(told)
    return values


def _list(ask: Ask) -> Answer:
    scope, namespace = _scope(ask), ask.query.get("namespace")
    found = [hook for hook in ask.state.hooks.values() if hook.project_id == scope]
    return Answer([_row(ask, hook) for hook in found if namespace in (None, hook.namespace)])


def _make(ask: Ask) -> Answer:
    scope = _scope(ask)
    values = _values(ask, None)
    values.setdefault("authorization", None)
    hook = Hook(id=ask.state.new_id("hook"), project_id=scope, **values)
    ask.state.hooks[hook.id] = hook
    return Answer(_row(ask, hook), 201)


def _change(ask: Ask) -> Answer:
    hook = _hook(ask, "id")
    for name, value in _values(ask, hook).items():
        setattr(hook, name, value)
    return Answer(_row(ask, hook))


def _delete(ask: Ask) -> Answer:
    hook = _hook(ask, "id")
    del ask.state.hooks[hook.id]
    return Answer({})


def _trigger_row(ask: Ask, hook: Hook, trigger_id: int) -> Row:
    resource, event = hook.triggers[trigger_id]
    return {
        "id": trigger_id,
        "webhook_hook_id": hook.id,
        "resource_name": resource,
        "resource_id": None,
        "event_type": event.upper(),
        "company_id": ask.state.company_id if hook.project_id is None else None,
        "project_id": hook.project_id,
        "user_id": None,
    }


def _triggers(ask: Ask) -> Answer:
    hook = _hook(ask, "hook_id")
    return Answer([_trigger_row(ask, hook, trigger_id) for trigger_id in hook.triggers])


def _add_trigger(ask: Ask, hook: Hook, sent: object) -> int:
    told = sent if isinstance(sent, dict) else {}
    resource, event = str(told.get("resource_name")), str(told.get("event_type")).lower()
    offered: Mapping[str, tuple[str, ...]] = COMPANY_RESOURCES if hook.project_id is None else PROJECT_RESOURCES
    if resource not in offered:
        raise Invalid(resource_name="is not included in the list")
    if event not in offered[resource]:
        raise Invalid(event_type="is not included in the list")
    if (resource, event) in hook.triggers.values():
        raise Invalid(event_type="has already been taken")
    trigger_id = ask.state.new_id("trigger")
    hook.triggers[trigger_id] = (resource, event)
    return trigger_id


def _post_trigger(ask: Ask) -> Answer:
    hook = _hook(ask, "hook_id")
    return Answer(_trigger_row(ask, hook, _add_trigger(ask, hook, ask.wrapped("trigger"))), 201)


def _post_triggers(ask: Ask) -> Answer:
    """Add several; those that fail are told beside the others, with status 207."""
    hook = _hook(ask, "hook_id")
    sent = ask.body.get("triggers") if isinstance(ask.body, dict) else None
    if not isinstance(sent, list):
        raise bad_request("Bad Request", triggers="is missing")
    if len(sent) > MOST_TRIGGERS:
        raise Problem(413, "Payload Too Large")
    added: list[Row] = []
    failed: list[Row] = []
    for one in sent:
        try:
            added.append(_trigger_row(ask, hook, _add_trigger(ask, hook, one)))
        except Invalid as problem:
            shown = {"resource_name": one.get("resource_name")} if isinstance(one, dict) else {}
            failed.append({"code": "invalid", "message": problem.text, "trigger": shown, "errors": problem.fields})
    return Answer({"success": added, "failed": failed}, 207) if failed else Answer({"success": added})


def _delete_trigger(ask: Ask) -> Answer:
    hook = _hook(ask, "hook_id")
    if hook.triggers.pop(ask.path_id("id"), None) is None:
        raise not_found()
    return Answer({})


def _delivery_row(delivery: Delivery) -> Row:
    return {
        "event": delivery.payload,
        "event_id": delivery.event_id,
        "outcome": delivery.outcome,
        "response_status": delivery.response_status,
        "response_body": None,
        "response_error": None,
        "started_at": iso(delivery.tried_at),
        "completed_at": iso(delivery.tried_at),
    }


def _deliveries(ask: Ask) -> Answer:
    hook, status = _hook(ask, "hook_id"), ask.query.get("filters[status]", "any")
    if status not in STATUSES:
        raise bad_request("Bad Request", **{"filters[status]": "is not included in the list"})
    size, start = id_or_none(ask.query.get("page_size", USUAL_PAGE)), id_or_none(ask.query.get("page_start", 0))
    if not size or start is None:
        raise bad_request("Bad Request", page_size="is invalid")
    of_hook = [one for one in ask.state.deliveries if one.hook_id == hook.id and one.event_id > start]
    return Answer([_delivery_row(one) for one in of_hook if status in ("any", one.outcome)][:size])


_BASE = "/rest/v1.0/webhooks/hooks"
ROUTES = (
    Route("GET", _BASE, _list),
    Route("POST", _BASE, _make),
    Route("PATCH", f"{_BASE}/{{id}}", _change),
    Route("DELETE", f"{_BASE}/{{id}}", _delete),
    Route("GET", f"{_BASE}/{{hook_id}}/triggers", _triggers),
    Route("POST", f"{_BASE}/{{hook_id}}/triggers", _post_trigger),
    Route("POST", f"{_BASE}/{{hook_id}}/triggers/bulk", _post_triggers),
    Route("DELETE", f"{_BASE}/{{hook_id}}/triggers/{{id}}", _delete_trigger),
    Route("GET", f"{_BASE}/{{hook_id}}/deliveries", _deliveries),
)
