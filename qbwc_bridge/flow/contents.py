"""What of a Procore document QuickBooks gets: as it is today, as it was exported, and what differs between the two."""

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.changing import Was
from qbwc_bridge.domain.money import cents, readable, total
from qbwc_bridge.domain.procore import Budget, BudgetChange, ChangeOrder, Commitment, Document, as_text
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.ports import UnitOfWork

Find = Callable[[str, str], Document | None]
"""Gives a document by kind and key, if Procore still shows it."""

Lines = Iterable[Mapping[str, Any]]
"""Lines of a content."""

MOST_TOLD = 12
"""Differences told one by one; more would hide the next record on the page, and the preview has them all."""

_HEAD = {"vendor": "Vendor", "number": "Number", "title": "Title", "date": "Contract date"}


def stored(uow: UnitOfWork, connection_id: int) -> Find:
    """Find documents in the database, without reading all of them."""

    def find(kind: str, key: str) -> Document | None:
        row = uow.documents.first(connection_id=connection_id, kind=kind, key=key, gone=False)
        return row.document if row else None

    return find


def content(find: Find, row: Submission) -> dict[str, Any]:
    """The content of a submission's document today; empty where Procore shows it no more, or for records of lists."""
    if row.kind in ("budget", "budget_change"):
        budget = find("budget", str(row.project_id))
        if not isinstance(budget, Budget):
            return {}
        if row.kind == "budget":
            return budget.content(included(row))
        change = budget_change(budget, row)
        return change.content() if change else {}
    document = find(row.kind, row.key)
    return document.content() if isinstance(document, Commitment | ChangeOrder) else {}


def content_text(find: Find, row: Submission) -> str:
    """The same as JSON text, to be kept once QuickBooks has it; empty where there is none."""
    found = content(find, row)
    return as_text(found) if found else ""


def budget_change(budget: Budget, row: Submission) -> BudgetChange | None:
    """The approved change of a budget that a submission stands for."""
    return next((change for change in budget.changes if str(change.id) == row.key), None)


def exported(row: Submission) -> dict[str, Any]:
    """The content that QuickBooks has; empty for what was never exported, or before this was kept."""
    found: dict[str, Any] = json.loads(row.exported) if row.exported else {}
    return found


def included(row: Submission | None) -> frozenset[int] | None:
    """The changes in the estimate of an exported budget; None while it is not exported: then all count."""
    if row is None or not row.quickbooks_id or not row.exported:
        return None
    return frozenset(exported(row).get("changes", ()))


def amounts(found: Mapping[str, Any]) -> dict[int, Decimal]:
    """Amounts by budget code id of a budget's or a budget change's content."""
    return {int(code_id): Decimal(amount) for code_id, amount in found.get("amounts", {}).items()}


def exported_amount(row: Submission) -> Decimal:
    """The total that QuickBooks should have for a submission, in the company's currency."""
    found = exported(row)
    if not found:
        return row.amount or Decimal(0)
    if "lines" in found:
        return total(cents(line["amount"]) for line in found["lines"])
    return total(amounts(found).values())


def exported_lines(row: Submission) -> dict[str, Was]:
    """A commitment's or change order's lines as exported, by Procore's line id."""
    return {
        line["id"]: Was(
            cents(line["amount"]),
            line["code"] or "",
            line["description"],
            _figures(line),
            line.get("commitment_line_id") or "",
        )
        for line in exported(row).get("lines", ())
    }


def differences(row: Submission, now: Mapping[str, Any], names: Mapping[int, str]) -> list[str]:
    """Tell what of a content differs from what was exported; `names` calls budget codes by their id."""
    before = exported(row)
    told = [
        f"{word}: {before.get(key)} before, {now.get(key)} now."
        for key, word in _HEAD.items()
        if before.get(key) != now.get(key)
    ]
    told += _line_differences(before.get("lines", ()), now.get("lines", ()))
    was, found = amounts(before), amounts(now)
    for code_id in sorted({*was, *found}):
        old, new = was.get(code_id), found.get(code_id)
        if old != new:
            told.append(f"{names.get(code_id, str(code_id))}: {_money(old)} before, {_money(new)} now.")
    return told if len(told) <= MOST_TOLD else [*told[:MOST_TOLD], f"and {len(told) - MOST_TOLD} more."]


def _line_differences(before: Lines, now: Lines) -> list[str]:
    was, found = ({line["id"]: line for line in lines} for lines in (before, now))
    told = []
    for key in dict.fromkeys([*was, *found]):
        old, new = was.get(key, {}), found.get(key, {})
        called = f"Line {(new or old)['description'] or key}"
        if not old:
            told.append(f"{called}: new, {_money(Decimal(new['amount']))}.")
        elif not new:
            told.append(f"{called}: removed, {_money(Decimal(old['amount']))} before.")
        elif old != new:
            changed = [word for word in sorted(old) if old[word] != new.get(word)]
            parts = [
                f"{word.replace('_', ' ')} {_shown(word, old[word])} before, {_shown(word, new.get(word))} now"
                for word in changed
            ]
            told.append(f"{called}: {'; '.join(parts)}.")
    return told


def _figures(line: Mapping[str, Any]) -> tuple[str | None, str | None]:
    return line["quantity"], line["unit_cost"]


def _shown(word: str, value: str | None) -> str:
    return "none" if value is None else readable(cents(value)) if word == "amount" else value


def _money(amount: Decimal | None) -> str:
    return "not there" if amount is None else readable(amount)
