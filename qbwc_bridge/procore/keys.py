"""Keys in Procore's `origin_id`: read of every record of a kind, and written by the sync calls, by id.

An item with an id is updated and never made, so that a repetition does no harm; nothing but the key is sent. The empty
key is sent as null, which takes it away [inferred: Procore's page on sync actions says only that an id together with an
origin_id is the way to change a key].
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from qbwc_bridge.domain.keys import WORDS, Keyed, KeyKind, KeyOutcome
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.codes import code_lists, code_rows
from qbwc_bridge.procore.directcosts import MOST_UPDATES, listed
from qbwc_bridge.procore.paging import rows
from qbwc_bridge.procore.payloads import SyncedRow, Text, parse


class _KeyedRow(SyncedRow):
    """Any record that carries a key, with what people call it."""

    full_code: Text = ""
    project_number: Text = ""
    number: Text = ""
    name: Text = ""
    description: Text = ""


_PATHS: Mapping[KeyKind, tuple[str, str]] = {
    "project": ("/rest/v1.0/projects", "/rest/v1.0/projects/sync"),
    "vendor": ("/rest/v1.0/vendors", "/rest/v1.0/vendors/sync"),
    "cost_code": ("", "/rest/v1.0/standard_cost_codes/sync"),
    "purchase_order": ("/rest/v1.0/purchase_order_contracts", "/rest/v1.0/purchase_order_contracts/sync"),
    "subcontract": ("/rest/v1.0/work_order_contracts", "/rest/v1.0/work_order_contracts/sync"),
    "direct_cost": (
        "/rest/v1.1/projects/{project}/direct_costs",
        "/rest/v1.0/projects/{project}/direct_costs/sync",
    ),
    "direct_cost_line": (
        "/rest/v1.0/projects/{project}/direct_costs/line_items",
        "/rest/v1.0/projects/{project}/direct_costs/line_items/sync",
    ),
}
"""Where a kind is listed, and where it is synced; cost codes stand in lists of their own."""


def keyed(client: Client, kind: KeyKind, project_id: int) -> list[Keyed]:
    """Read every record of a kind with its key; see `Procore.keyed`."""
    if kind == "cost_code":
        return [_keyed(kind, row, list_id) for list_id, row in code_rows(client, code_lists(client))]
    where = f" of project {project_id}" if project_id else " of the company"
    doing = f"reading the keys of the {WORDS[kind]}s{where}"
    path = _PATHS[kind][0].format(project=project_id)
    return [_keyed(kind, row, 0) for row in rows(client, path, doing, _params(client, kind, project_id))]


def set_keys(client: Client, kind: KeyKind, keys: Mapping[Keyed, str], project_id: int) -> KeyOutcome:
    """Write keys by id; see `Procore.set_keys`."""
    done: set[int] = set()
    errors: dict[int, str] = {}
    for part in _parts(keys):
        group = next(iter(part)).group
        items = [{"id": each.id, "origin_id": key or None} for each, key in part.items()]
        body = {**_owner(client, kind, project_id, group), "updates": items}
        # The usual answer about cost codes has their ids only.
        params: Params = [("view", "compact")] if kind == "cost_code" else []
        path = _PATHS[kind][1].format(project=project_id)
        answer = client.patch(path, f"writing the keys of {WORDS[kind]}s", body, params)
        _read(client, answer, {each.id: (each, key) for each, key in part.items()}, done, errors)
    return KeyOutcome(frozenset(done), errors)


def _parts(keys: Mapping[Keyed, str]) -> Iterator[dict[Keyed, str]]:
    """Cut into what fits one call each; the codes of one list go together."""
    groups: dict[int, list[Keyed]] = defaultdict(list)
    for each in keys:
        groups[each.group].append(each)
    for group in groups.values():
        for start in range(0, len(group), MOST_UPDATES):
            yield {each: keys[each] for each in group[start : start + MOST_UPDATES]}


def _params(client: Client, kind: KeyKind, project_id: int) -> Params:
    match kind:
        case "project":
            return [("company_id", client.company_id), ("filters[by_status]", "All")]
        case "vendor":
            return [("company_id", client.company_id), ("view", "normal")]
        case "purchase_order" | "subcontract":
            return [("project_id", project_id)]
    return []


def _owner(client: Client, kind: KeyKind, project_id: int, group: int) -> dict[str, int]:
    """Name company or project in a body, where it does not stand in the address."""
    match kind:
        case "project" | "vendor":
            return {"company_id": client.company_id}
        case "cost_code":
            return {"company_id": client.company_id, "standard_cost_code_list_id": group}
        case "purchase_order" | "subcontract":
            return {"project_id": project_id}
    return {}


def _keyed(kind: KeyKind, content: Any, group: int) -> Keyed:
    row = parse(_KeyedRow, content, WORDS[kind])
    name = row.full_code or row.project_number or row.number or row.name or row.description
    return Keyed(kind, row.id, row.origin_id, name, group)


def _read(
    client: Client, answer: object, sent: Mapping[int, tuple[Keyed, str]], done: set[int], errors: dict[int, str]
) -> None:
    """Take in an answer: always 200, what failed stands in `errors`, in any order."""
    content = answer if isinstance(answer, dict) else {}
    for each in listed(content.get("entities")):
        row = parse(SyncedRow, each, "key")
        if row.id not in sent:
            continue
        record, key = sent[row.id]
        if "origin_id" in each and row.origin_id != key:
            stands = f"still has the key {row.origin_id}" if row.origin_id else "has no key"
            errors[row.id] = f"Procore took the key of {record}, and it {stands}; report this to its support."
        else:
            done.add(row.id)
    for failed in listed(content.get("errors")):
        record_id = failed.get("id")
        if not isinstance(record_id, int) or record_id not in sent:
            continue
        told = client.told(failed.get("errors")) or "without a reason"
        errors[record_id] = f"Procore did not take the key of {sent[record_id][0]} ({told})."
        done.discard(record_id)
