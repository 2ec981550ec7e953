"""The effect of a decision about names, as people and programs read it."""

from typing import Any

from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.money import readable
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.flow.effects import Effect

SHOWN = 20
"""Documents that the text names; JSON has them all."""


def facts(decision: Mapping, found: Effect, *, kept: bool) -> dict[str, Any]:
    """Give a decision and its effect as `map set --json` shows them."""
    return {
        "kept": kept,
        "kind": decision.kind,
        "quickbooks": decision.quickbooks,
        "procore": decision.procore,
        "ignored": decision.ignored,
        "comment": decision.comment,
        "amount": found.amount,
        "moves": found.moves,
        "documents": found.documents,
        "new_codes": [{"project": project, "code": code} for project, code in found.new_codes],
        "procore_changes": found.procore,
        "closed_months": found.closed_months,
        "whole": found.whole,
    }


def text(found: Effect) -> str:
    """Give an effect as a bookkeeper reads it: what moves, the documents, and what follows in Procore."""
    partly = [] if found.whole else ["QuickBooks' costs are not read whole yet: more may move."]
    if not found.moves:
        none = "No cost that was read so far changes its place by it; it holds for costs to come."
        return "\n".join([none, *partly]) + "\n"
    rows = [[move.project, move.before, move.after, move.documents, move.amount] for move in found.moves]
    parts = [table(["project", "from", "to", "documents", "amount"], rows), ""]
    shown = [[each.project, each.document, each.before, each.after, each.amount] for each in found.documents[:SHOWN]]
    parts.append(table(["project", "document", "from", "to", "amount"], shown))
    if len(found.documents) > SHOWN:
        parts.append(f"... and {len(found.documents) - SHOWN} more, which --json lists.")
    parts += ["", *follows(found), *partly]
    return "\n".join(parts).rstrip() + "\n"


def follows(found: Effect) -> list[str]:
    """Say what follows in Procore, in sentences."""
    codes = ", ".join(f"{code} in {project}" for project, code in found.new_codes)
    told = [f"Budget codes that are made in Procore with its costs: {codes}."] if codes else []
    for each in found.procore:
        told.append(
            f"With the next push, the costs of {each.project} in Procore go from {readable(each.before)} to "
            f"{readable(each.after)}: direct costs {each.new} new, {each.changed} changed, {each.removed} removed."
        )
        told += [f"The push asks first: {each.question}"] if each.question else []
    if not found.procore:
        told.append("Nothing that is written in Procore changes.")
    if found.closed_months:
        told.append(f"Some of it is dated in months that QuickBooks has closed: {', '.join(found.closed_months)}.")
    return told
