"""`review preview` of what goes to Procore: the project or vendor that would be made there, field by field."""

from typing import Any

from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.flow.procore_links import SIDES, document_of
from qbwc_bridge.papers.plain import printable
from qbwc_bridge.ports import UnitOfWork


def preview(uow: UnitOfWork, row: Submission) -> dict[str, Any]:
    """Give what `review preview --json` shows, with the keys that other previews have; there is no qbXML."""
    there = document_of(uow, row)
    writes = [("name", row.title, there.name if there else "")]
    if row.kind == "new_project":
        writes.insert(0, ("project_number", row.number, getattr(there, "number", "")))
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "request": "" if row.quickbooks_id else f"create {SIDES[row.kind].document}",
        "nothing": "Nothing will be written: it stands in Procore." if row.quickbooks_id else "",
        "notes": row.notes,
        "fields": [{"field": name, "writes": text, "there": beside} for name, text, beside in writes],
        "qbxml": "",
    }


def text(found: dict[str, Any]) -> str:
    """Give such a preview as people read it."""
    what = f"submission {found['id']}, now {found['state'].replace('_', ' ')}"
    does = found["nothing"] or f"Procore gets a new {found['request'].removeprefix('create ')}, from {what}:"
    rows = [[each["field"], each["writes"], each["there"]] for each in found["fields"]]
    return "\n\n".join(
        [*map(printable, [does, *found["notes"]]), table(["field", "from QuickBooks", "is there"], rows)]
    )
