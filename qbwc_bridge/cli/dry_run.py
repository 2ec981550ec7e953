"""A project's dry run as people and programs read it."""

import datetime as dt
from typing import Any

from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.flow.dry_run import DryRun
from qbwc_bridge.flow.releasing import in_words

SUMS = ("budget", "committed", "before", "after", "projected_before", "projected_after")


def facts(found: DryRun) -> dict[str, Any]:
    """Give the dry run as `project dry-run --json` shows it."""
    return {
        "project": found.number,
        "name": found.name,
        "rows": [{"code": row.code, **{key: getattr(row, key) for key in SUMS}} for row in found.rows],
        "totals": {key: total(getattr(row, key) for row in found.rows) for key in SUMS},
        "new_codes": found.new_codes,
        "lookalikes": found.lookalikes,
        "counted_twice": found.counted_twice,
        "owner_invoice": found.owner_invoice,
        "unmapped": found.unmapped,
        "several_orders": found.several_orders,
        "unlinked_bills": found.unlinked_bills,
        "another_integration": found.foreign,
        "chosen": {
            "costs_from": None if found.chosen.costs_from == dt.date.min else found.chosen.costs_from,
            "before": found.chosen.before,
            "po_bills": found.chosen.po_bills,
            "status": found.chosen.status,
        },
    }


def text(found: DryRun) -> str:
    """Give the dry run as a bookkeeper reads it: a table, then what to know before releasing."""
    rows = [[row.code, *(getattr(row, key) for key in SUMS)] for row in found.rows]
    rows.append(["total", *(total(getattr(row, key) for row in found.rows) for key in SUMS)])
    heads = ["budget code", "budget", "committed", "job cost before", "job cost after"]
    heads += ["projected before", "projected after"]
    parts = [f"{found.number} {found.name}: {in_words(found.chosen)}", table(heads, rows)]
    if found.chosen.status == "draft":
        parts.append("Procore's budget leaves out direct costs of status draft, so nothing would change there.")
    if found.new_codes:
        parts.append(f"Budget codes that would be made: {', '.join(found.new_codes)}")
    if found.foreign:
        parts.append(
            f"{found.foreign}. A release is refused for it, unless --beside-others says that both shall stand."
        )
    if found.counted_twice != ZERO:
        parts.append(
            f"Bills drawn on exported orders: {readable(found.counted_twice)}. With --po-bills write, a budget view "
            "that adds committed and direct costs counts them twice; with skip they are left to subcontractor invoices."
        )
    parts.append(
        f"Would fill an owner invoice: {readable(found.owner_invoice)} of direct costs to which people gave a received "
        "date. The bridge gives none, so its costs fill no owner invoice."
    )
    parts += [f"Typed in Procore already? {line}" for line in found.lookalikes]
    parts += [f"Drawn on several orders, for a person to look at: {line}" for line in found.several_orders]
    parts += [f"Drawn on no order, though its vendor has one on this job: {line}" for line in found.unlinked_bills]
    left = [row for row in found.unmapped if not row.ignored]
    if left:
        parts.append(
            f"Not in the Procore budget, because no code is known: {readable(total(row.amount for row in left))}"
        )
        parts.append(
            table(["document", "account or item", "amount"], [(r.document, r.account_or_item, r.amount) for r in left])
        )
    return "\n".join(parts) + "\n"
