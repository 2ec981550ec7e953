"""Direct costs: read as they stand, written by the sync calls under our keys, deleted.

Sync calls always answer 200 and tell in `errors` which items failed. What an answer does not name may have been written
all the same, so it counts neither as written nor as refused. An item with neither id nor key would be made anew
by every repetition, so such items never leave this room.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.ports import SyncOutcome
from qbwc_bridge.procore.client import Client
from qbwc_bridge.procore.paging import rows
from qbwc_bridge.procore.payloads import DirectCostLineRow, DirectCostRow, SyncedRow, parse, plain

MOST_UPDATES = 500
"""Items per sync call: half of what Procore takes, as many as its own client library sends."""

Item = dict[str, Any]


def direct_costs(client: Client, project_id: int) -> list[DirectCost]:
    """Read every direct cost of a project with its lines.

    Lines first: whatever line is seen then has its header in the list read after, unless it was deleted in between.
    """
    base = f"/rest/v1.0/projects/{project_id}/direct_costs"
    doing = f"reading the direct costs of project {project_id}"
    lines: dict[int, list[DirectCostLine]] = {}
    for content in rows(client, f"{base}/line_items", doing):
        line = parse(DirectCostLineRow, content, "direct cost line")
        lines.setdefault(line.holder.id, []).append(_line(line))
    headers = rows(client, f"/rest/v1.1/projects/{project_id}/direct_costs", doing)
    found = [parse(DirectCostRow, row, "direct cost") for row in headers]
    return [_cost(row, lines.get(row.id, [])) for row in found if not row.deleted_at]


def sync_headers(client: Client, project_id: int, costs: Sequence[DirectCost]) -> SyncOutcome:
    """Create or update headers; see `Procore.sync_direct_costs`."""
    path = f"/rest/v1.0/projects/{project_id}/direct_costs/sync"
    items = [_header_item(cost) for cost in costs]
    return _sync(client, path, f"writing direct costs of project {project_id}", items, "direct cost")


def sync_lines(client: Client, project_id: int, lines: Mapping[int, Sequence[DirectCostLine]]) -> SyncOutcome:
    """Create or update lines of several headers; see `Procore.sync_direct_cost_lines`."""
    path = f"/rest/v1.0/projects/{project_id}/direct_costs/line_items/sync"
    items = [_line_item(cost_id, line) for cost_id, of_cost in lines.items() for line in of_cost]
    return _sync(client, path, f"writing direct cost lines of project {project_id}", items, "direct cost line")


def delete(client: Client, project_id: int, direct_cost_id: int) -> bool:
    """Delete a direct cost with its lines; see `Procore.delete_direct_cost`."""
    path = f"/rest/v1.1/projects/{project_id}/direct_costs/{direct_cost_id}"
    return client.delete(path, f"deleting direct cost {direct_cost_id} of project {project_id}")


def delete_line(client: Client, project_id: int, direct_cost_id: int, line_id: int) -> bool:
    """Delete one line; see `Procore.delete_direct_cost_line`."""
    path = f"/rest/v1.0/projects/{project_id}/direct_costs/{direct_cost_id}/line_items/{line_id}"
    return client.delete(path, f"deleting line {line_id} of direct cost {direct_cost_id} of project {project_id}")


def _sync(client: Client, path: str, doing: str, items: list[Item], word: str) -> SyncOutcome:
    _refuse_unkeyed(items, doing)
    ids: dict[str, int] = {}
    errors: dict[str, str] = {}
    general: dict[str, None] = {}
    for start in range(0, len(items), MOST_UPDATES):
        chunk = items[start : start + MOST_UPDATES]
        answer = client.patch(path, doing, {"updates": chunk}, kind="sync")
        outcome = _read_outcome(client, answer, chunk, word)
        ids.update(outcome.ids)
        errors.update(outcome.errors)
        general |= dict.fromkeys(filter(None, [outcome.general]))
    return SyncOutcome(ids=ids, errors=errors, general=" ".join(general))


def _refuse_unkeyed(items: list[Item], doing: str) -> None:
    keys = [item["origin_id"] for item in items]
    if not all(keys) or len(set(keys)) != len(keys):
        raise ProcoreError(
            f"The bridge stopped before {doing}, since an item without a key of its own would be written twice; "
            "report this to whoever maintains the bridge."
        )


def _read_outcome(client: Client, answer: object, chunk: list[Item], word: str) -> SyncOutcome:
    content = answer if isinstance(answer, dict) else {}
    ids: dict[str, int] = {}
    errors: dict[str, str] = {}
    keys = {str(item["id"]): item["origin_id"] for item in chunk if "id" in item}
    for row in listed(content.get("entities")):
        entity = parse(SyncedRow, row, word)
        key = entity.origin_id or keys.get(str(entity.id), "")
        if key:
            ids[key] = entity.id
    general: list[str] = []
    for failed in listed(content.get("errors")):
        told = client.told(failed.get("errors")) or "without a reason"
        key = str(failed.get("origin_id") or keys.get(str(failed.get("id")), ""))
        if key:
            errors[key] = (
                f"Procore did not take {word} {key} ({told}); correct what it names, in QuickBooks or in Procore."
            )
            ids.pop(key, None)
        else:
            general.append(told)
    told = (
        f"Procore told an error of no {word} by name ({'; '.join(general)}); what it did not name is looked up."
        if general
        else ""
    )
    return SyncOutcome(ids=ids, errors=errors, general=told)


def listed(part: object) -> list[dict[str, Any]]:
    """Give the records of a part of a sync call's answer."""
    return [row for row in part if isinstance(row, dict)] if isinstance(part, list) else []


def _header_item(cost: DirectCost) -> Item:
    """`received_date` is left out on purpose: with it, costs fill owner invoices by themselves."""
    item = {
        "origin_id": cost.origin_id,
        "status": cost.status,
        "direct_cost_date": cost.date.isoformat(),
        "vendor_id": cost.vendor_id,
        "invoice_number": cost.invoice_number or None,
        "description": cost.description,
    }
    if cost.id is None:
        # Procore lets the type be set only when a direct cost is made.
        return {**item, "direct_cost_type": cost.type}
    return {"id": cost.id, **item}


def _line_item(direct_cost_id: int, line: DirectCostLine) -> Item:
    item = {
        "origin_id": line.origin_id,
        "direct_cost_id": direct_cost_id,
        "wbs_code_id": line.budget_code_id,
        "amount": line.amount,
        "extended_type": "manual",
        "description": line.description,
    }
    return item if line.id is None else {"id": line.id, **item}


def _line(row: DirectCostLineRow) -> DirectCostLine:
    return DirectCostLine(
        origin_id=row.origin_id,
        budget_code_id=row.wbs_code.id,
        amount=plain(row.amount),
        description=row.description,
        id=row.id,
    )


def _cost(row: DirectCostRow, lines: list[DirectCostLine]) -> DirectCost:
    date = row.direct_cost_date or row.created_at
    if date is None:
        raise ProcoreError(f"Direct cost {row.id} has no date in Procore; whoever typed it must give it one.")
    return DirectCost(
        origin_id=row.origin_id,
        # Where people left the type open, Procore asks for neither vendor nor number, as for an expense.
        type=row.direct_cost_type or "expense",
        status=row.status,
        date=date,
        lines=tuple(lines),
        description=row.description,
        vendor_id=row.vendor_id,
        invoice_number=row.invoice_number,
        id=row.id,
        received_date=row.received_date,
    )
