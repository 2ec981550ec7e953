"""The hooks and triggers of a company and its projects (webhooks, version 1 of that API: reference and prose agree).

A hook belongs to a company or to a project, and every call names which. Lists of hooks and triggers have no pages.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from pydantic import AliasPath, Field

from qbwc_bridge.domain.webhooks import NAMESPACE, Hook, Trigger, Undelivered
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.procore.client import Client
from qbwc_bridge.procore.paging import as_list
from qbwc_bridge.procore.payloads import Payload, Reference, Text, parse

HOOKS = "/rest/v1.0/webhooks/hooks"

PAYLOAD = "v2"
"""The events that we ask for, `api_version` of the hook: they alone say which application made a change."""

MOST_DELIVERIES = 100
"""Deliveries of one status that are counted: Procore's usual page, enough to see that something is wrong."""

LAST_SHOWN = 5
"""Characters of the Authorization header that Procore shows, behind a mask."""

NO_PERMISSION = (
    "Procore does not let the bridge's app use webhooks{where} (403): give the app the permission \"Webhooks API: "
    "Standard\" in Procore's developer portal, let a company administrator accept it, and try again."
)


class HookRow(Payload):
    """GET and POST /rest/v1.0/webhooks/hooks."""

    id: int
    namespace: Text = ""
    destination_url: Text = ""
    authorization: Text = Field("", validation_alias=AliasPath("destination_headers", "Authorization"))
    owned_by_company_id: int | None = None
    owned_by_project_id: int | None = None

    def is_of(self, project_id: int | None) -> bool:
        """Whether it belongs to that project (None: the company); a list may show the hooks of both."""
        unknown = self.owned_by_project_id is None and self.owned_by_company_id is None
        return unknown or self.owned_by_project_id == project_id


class TriggerRow(Payload):
    """GET /rest/v1.0/webhooks/hooks/{hook_id}/triggers; the event comes in capitals or not."""

    resource_name: Text = ""
    event_type: Text = ""


class CompanyHooks:
    """See `ports.Hooks`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, project_id: int | None) -> list[Hook]:
        """Every hook of our namespace, whatever its address, oldest first."""
        doing = f"reading the webhooks{_of(project_id)}"
        params = [*self._scope(project_id).items(), ("namespace", NAMESPACE)]
        with _permitted(project_id):
            found = as_list(self._client.get(HOOKS, doing, params), doing)
        rows = [parse(HookRow, row, "webhook") for row in found]
        ours = [row for row in rows if row.namespace == NAMESPACE and row.is_of(project_id)]
        return sorted((_hook(row, project_id) for row in ours), key=lambda hook: hook.id)

    def make(self, project_id: int | None, destination: str, authorization: str) -> Hook:
        """Make a hook without triggers."""
        hook = _content(destination, authorization) | {"api_version": PAYLOAD, "namespace": NAMESPACE}
        body = self._scope(project_id) | {"hook": hook}
        with _permitted(project_id):
            made = self._client.post(HOOKS, f"making a webhook{_of(project_id)}", body)
        try:
            return Hook(parse(Reference, made, "new webhook").id, project_id, destination, authorization[-LAST_SHOWN:])
        except ProcoreError as error:
            raise ProcoreUnreachable(str(error)) from error

    def change(self, hook: Hook, destination: str, authorization: str) -> None:
        """Give a hook another address and Authorization header."""
        body = self._scope(hook.project_id) | {"hook": _content(destination, authorization)}
        self._client.patch(f"{HOOKS}/{hook.id}", f"changing webhook {hook.id}", body)

    def remove(self, hook: Hook) -> None:
        """Remove a hook with its triggers; one that is gone already is no error."""
        scope = list(self._scope(hook.project_id).items())
        self._client.delete(f"{HOOKS}/{hook.id}", f"removing webhook {hook.id}", scope)

    def triggers(self, hook: Hook) -> set[Trigger]:
        """What a hook tells of."""
        doing = f"reading what webhook {hook.id} tells of"
        scope = list(self._scope(hook.project_id).items())
        found = as_list(self._client.get(f"{HOOKS}/{hook.id}/triggers", doing, scope), doing)
        rows = [parse(TriggerRow, row, "webhook trigger") for row in found]
        return {Trigger(row.resource_name, row.event_type.lower()) for row in rows}

    def add_triggers(self, hook: Hook, triggers: Iterable[Trigger]) -> list[str]:
        """Let a hook tell of more; gives a sentence for each resource that Procore refused."""
        rows = [{"resource_name": one.resource, "event_type": one.event} for one in sorted(triggers)]
        body = self._scope(hook.project_id) | {"api_version": PAYLOAD, "triggers": rows}
        answer = self._client.post(f"{HOOKS}/{hook.id}/triggers/bulk", f"adding triggers to webhook {hook.id}", body)
        failed = answer.get("failed") if isinstance(answer, dict) else None
        return list(dict.fromkeys(self._refused(one) for one in failed)) if isinstance(failed, list) else []

    def undelivered(self, hook: Hook) -> Undelivered:
        """How many events of a hook did not arrive."""
        return Undelivered(self._count(hook, "failing"), self._count(hook, "discarded"))

    def _count(self, hook: Hook, status: str) -> int:
        doing = f"reading the deliveries of webhook {hook.id}"
        params = [*self._scope(hook.project_id).items(), ("filters[status]", status), ("page_size", MOST_DELIVERIES)]
        return len(as_list(self._client.get(f"{HOOKS}/{hook.id}/deliveries", doing, params), doing))

    def _scope(self, project_id: int | None) -> dict[str, Any]:
        """Name the company or the project, never both: the one that a hook belongs to."""
        return {"company_id": self._client.company_id} if project_id is None else {"project_id": project_id}

    def _refused(self, row: object) -> str:
        """Say which resource was refused; the answer's `failed` names trigger, code, message and errors."""
        told = row if isinstance(row, dict) else {}
        trigger = told.get("trigger")
        resource = trigger.get("resource_name") if isinstance(trigger, dict) else None
        why = self._client.told({"errors": [told.get("message"), told.get("errors")]}) or "no reason given"
        return (
            f"Procore does not tell of {resource or 'one kind of record'} ({why}); changes of it are found by polling."
        )


def _content(destination: str, authorization: str) -> dict[str, Any]:
    return {"destination_url": destination, "destination_headers": {"Authorization": authorization}}


def _hook(row: HookRow, project_id: int | None) -> Hook:
    shown = row.authorization[-LAST_SHOWN:]
    return Hook(row.id, project_id, row.destination_url, shown if len(shown) == LAST_SHOWN else "")


def _of(project_id: int | None) -> str:
    return " of the company" if project_id is None else f" of project {project_id}"


@contextmanager
def _permitted(project_id: int | None) -> Iterator[None]:
    """Name the missing permission: Procore's own words for 403 do not."""
    try:
        yield
    except ProcoreError as error:
        if error.status != HTTPStatus.FORBIDDEN or isinstance(error, ProcoreUnreachable):
            raise
        where = "" if project_id is None else f" in project {project_id}"
        raise ProcoreError(NO_PERMISSION.format(where=where), status=error.status) from error
