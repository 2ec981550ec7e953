"""`review preview` as people and programs read it."""

from typing import Any

from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.files.plain import printable
from qbwc_bridge.flow.previewing import Preview


def facts(row: Submission, found: Preview) -> dict[str, Any]:
    """Give what `review preview --json` shows."""
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "request": found.request,
        "nothing": found.nothing,
        "notes": row.notes,
        "fields": [{"field": each.name, "writes": each.writes, "there": each.there} for each in found.fields],
        "qbxml": found.qbxml,
    }


def text(row: Submission, found: Preview) -> str:
    """Give a preview of what goes to QuickBooks."""
    rows = [[each.name, each.writes, each.there] for each in found.fields]
    what = _what(row)
    if found.nothing:
        writes = "from Procore, lines as written or agreed to" if found.as_left else "from Procore"
        compared = table(["field", writes, "is there"], rows)
        return "\n\n".join([printable(found.nothing), f"How {what}, compares:", compared])
    parts = [f"{found.request} for {what}", *row.notes]
    if ">new-" in found.qbxml:
        parts.append("An id that begins with new- becomes QuickBooks' own, once what it stands for is there.")
    parts += [table(["field", "will be written", "is there"], rows), found.qbxml]
    return "\n\n".join([printable(part) for part in parts[:-2]] + parts[-2:])


def text_outward(row: Submission, found: Preview) -> str:
    """Give a preview of what goes to Procore; there is no qbXML."""
    does = found.nothing or f"Procore gets a new {found.request.removeprefix('create ')}, from {_what(row)}:"
    rows = [[each.name, each.writes, each.there] for each in found.fields]
    return "\n\n".join([*map(printable, [does, *row.notes]), table(["field", "from QuickBooks", "is there"], rows)])


def _what(row: Submission) -> str:
    return f"submission {row.id}, now {row.state.replace('_', ' ')}"
