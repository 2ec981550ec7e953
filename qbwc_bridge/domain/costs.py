"""Job cost: posted lines in, ledger documents, allocations and Procore's direct costs out. Pure.

Rules 16 to 21 of ACCOUNTING: what counts, where it belongs, what is written.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.keys import beginning
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.domain.txn_types import PAYROLL, called_type

COST_ACCOUNTS = frozenset({"CostOfGoodsSold", "Expense", "OtherExpense"})
"""A line counts only if it posted to an account of these types (ACCOUNTING 16)."""

OPENING = "opening"
"""Stands for the TxnID in the key of the one direct cost of a job that sums what lies before the cut-off."""

TOTAL = "total"
"""Stands for the TxnID in the key of the one direct cost of a project that holds its cost to date (ACCOUNTING 21)."""

Sink = Literal["direct_costs", "direct_costs_total"]
"""How costs stand in Procore: each transaction as a direct cost, or one direct cost with the total to date."""

Reason = Literal["", "unmapped", "ignored", "skipped", "before"]
"""Why a counted line is not written: no code, a person's decision, the rule for bills on orders, the cut-off date."""


def dotted(cost_code: str, cost_type: str) -> str:
    """Write a code as people do: cost code, dot, cost type; empty for what has none."""
    return f"{cost_code}.{cost_type}" if cost_code else ""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where a posted line belongs: a cost code and cost type of a project; both empty while unmapped."""

    document: CostDocument
    line: CostLine
    project_id: int
    cost_code: str = ""
    cost_type: str = ""
    reason: Reason = ""
    known_code: str = ""
    """Of an unmapped line: the cost code that it has, where only the cost type is missing."""

    @property
    def code(self) -> str:
        """Cost code, dot, cost type."""
        return dotted(self.cost_code, self.cost_type)


@dataclass(frozen=True, slots=True)
class Books:
    """What allocation must know: jobs, items, accounts, classes and the projects' budget codes.

    Names of items, accounts and classes are folded FullNames; each stands for a cost code and a cost type. The type is
    empty where the cost code is named alone, the code where a rule gives the type alone.
    """

    projects: Mapping[str, int]
    """Project id by job ListID."""
    items: Mapping[str, tuple[str, str]]
    accounts: Mapping[str, tuple[str, str]]
    classes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    """Cost type by transaction type, folded (`paycheck`)."""
    ignored: frozenset[tuple[str, str]] = frozenset()
    """Kind (type, item, account or class) and folded name of what people ignore."""
    budget_codes: Mapping[int, Sequence[BudgetCode]] = field(default_factory=dict)
    default_cost_type: str = ""


def allocate(documents: Iterable[CostDocument], books: Books) -> list[Allocation]:
    """Place every counted line of linked jobs: by item, else account, else class; never a guess (ACCOUNTING 6).

    Where only the cost type is missing, it is the one that stands with the cost code in the project's budget, or in
    other costs among `documents`, if there is one only: a code that they name is in the budget once they are written,
    and writing them must not move other costs. So give all documents of a project together.
    """
    placed: list[Allocation] = []
    for document in documents:
        if document.deleted:
            continue
        for line in document.lines:
            project_id = books.projects.get(line.job_id)
            if project_id is not None and line.counted and line.amount != ZERO:
                placed.append(_place(document, line, project_id, books))
    types: dict[tuple[int, str], set[str]] = defaultdict(set)
    for project_id, codes in books.budget_codes.items():
        for code in codes:
            types[project_id, code.cost_code].add(code.cost_type)
    for item in placed:
        if item.cost_type:
            types[item.project_id, item.cost_code].add(item.cost_type)
    return [_typed(item, types[item.project_id, item.cost_code], books) for item in placed]


def naming(books: Books, project_id: int, codes: Iterable[tuple[str, str]]) -> Books:
    """Give the books by which some documents of a project are placed as they are among all of them.

    `codes` are the cost code and cost type of every placed cost of the project.
    """
    named = [BudgetCode(0, *code) for code in sorted(set(codes))]
    known = {**books.budget_codes, project_id: [*books.budget_codes.get(project_id, ()), *named]}
    return replace(books, budget_codes=known)


def ignoring(document: CostDocument, line: CostLine, books: Books) -> tuple[str, str] | None:
    """The decision, as kind and folded name, by which a line is ignored: about its type, item, account or class.

    One about the account or class holds only where the line has no full code otherwise.
    """
    named = [
        ("type", fold(document.txn_type)),
        ("item", fold(line.item)),
        ("account", fold(line.account)),
        ("class", fold(line.class_name)),
    ]
    return next((each for each in named if each[1] and each in books.ignored), None)


def _place(document: CostDocument, line: CostLine, project_id: int, books: Books) -> Allocation:
    ignored = ignoring(document, line, books)
    if ignored and ignored[0] in ("type", "item"):
        return Allocation(document, line, project_id, reason="ignored")
    item, account, of_class = fold(line.item), fold(line.account), fold(line.class_name)
    by_account, by_class = books.accounts.get(account, ("", "")), books.classes.get(of_class, ("", ""))
    by_item = books.items.get(item, ("", "")) if item else ("", "")
    cost_code, cost_type = next((found for found in (by_item, by_account, by_class) if found[0]), ("", ""))
    if cost_code and not cost_type:
        by_rule = [books.types.get(fold(document.txn_type), ""), *_types(cost_code, (by_account, by_class))]
        cost_type = next(filter(None, by_rule), "")
    reason: Reason = "" if cost_code and cost_type else "ignored" if ignored else "unmapped"
    return Allocation(document, line, project_id, cost_code, cost_type, reason)


def _typed(item: Allocation, types: Collection[str], books: Books) -> Allocation:
    """Give a line without a cost type the only one of its cost code, else the default that an admin set."""
    if item.cost_type or not item.cost_code:
        return item
    cost_type = next(iter(types)) if len(types) == 1 else books.default_cost_type
    if cost_type:
        return replace(item, cost_type=cost_type, reason="")
    known = item.cost_code if item.reason == "unmapped" else ""
    return replace(item, cost_code="", known_code=known)


def _types(cost_code: str, rules: Iterable[tuple[str, str]]) -> list[str]:
    """The types that rules give to a cost whose item names a cost code only: rules of this code, or of no code."""
    return [cost_type for code, cost_type in rules if code in ("", cost_code)]


def judge(allocation: Allocation, release: ReleaseChoice | None, on_order: Callable[[Allocation], bool]) -> Allocation:
    """Say why a mapped line is not written, if so: bills drawn on orders, dates before the cut-off."""
    if allocation.reason or release is None:
        return allocation
    reason: Reason = ""
    if release.po_bills == "skip" and on_order(allocation):
        reason = "skipped"
    elif release.before == "none" and allocation.document.txn_date < release.costs_from:
        reason = "before"
    return replace(allocation, reason=reason) if reason else allocation


@dataclass(frozen=True, slots=True)
class Writing:
    """What the building of direct costs needs of a connection and project."""

    key: str
    release: ReleaseChoice
    code_ids: Mapping[str, int]
    """wbs_code id by `03-300.M`."""
    vendors: Mapping[str, int]
    """Procore vendor id by QuickBooks ListID."""
    sink: Sink = "direct_costs"


def direct_costs(allocations: Iterable[Allocation], writing: Writing) -> dict[str, DirectCost]:
    """Build the direct costs of one project, by origin_id: one per transaction and job, one line per budget code.

    Keys are ACCOUNTING 18 and 21's. Costs before the cut-off become one opening document where that was chosen; by the
    sink `direct_costs_total` all become one.
    """
    groups: dict[str, list[Allocation]] = defaultdict(list)
    for item in allocations:
        if item.reason:
            continue
        groups[origin_id(item, writing.key, writing.release, writing.sink)].append(item)
    costs = {key: _direct_cost(key, group, writing) for key, group in groups.items()}
    return _unique_invoices(costs)


def origin_id(item: Allocation, key: str, release: ReleaseChoice, sink: Sink) -> str:
    """The key of the direct cost that a placed line is written in (ACCOUNTING 21); left out, it keeps its own."""
    written_in = item.document.txn_id
    if not item.reason and sink == "direct_costs_total":
        written_in = TOTAL
    elif not item.reason and release.before == "opening" and item.document.txn_date < release.costs_from:
        written_in = OPENING
    return f"{beginning(key)}{written_in}:{item.line.job_id}"


def holds_total(key: str) -> bool:
    """Whether a key is that of a project's total to date."""
    return key.split(":")[2:3] == [TOTAL]


def _holds_opening(key: str) -> bool:
    """Whether a key is that of a project's opening costs."""
    return key.split(":")[2:3] == [OPENING]


def _unique_invoices(costs: dict[str, DirectCost]) -> dict[str, DirectCost]:
    """Tell bills of one vendor with one number apart: Procore wants invoice numbers unique per vendor."""
    seen: set[tuple[int | None, str]] = set()
    for key in sorted(costs):
        cost = costs[key]
        if not cost.invoice_number:
            continue
        number, txn_id = cost.invoice_number, key.split(":")[2]
        while (cost.vendor_id, fold(number)) in seen:
            number = f"{number} ({txn_id})"
        seen.add((cost.vendor_id, fold(number)))
        costs[key] = replace(cost, invoice_number=number)
    return costs


def _direct_cost(key: str, group: list[Allocation], writing: Writing) -> DirectCost:
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for item in group:
        amounts[item.code] += item.line.amount
    lines = tuple(
        DirectCostLine(f"{key}:{writing.code_ids[code]}", writing.code_ids[code], amount, code)
        for code, amount in sorted(amounts.items())
    )
    document, status = group[0].document, writing.release.status
    if holds_total(key):
        # The newest cost's date, not the day of writing: what does not change is not written again.
        date = max(item.document.txn_date for item in group)
        return DirectCost(key, "expense", status, date, lines, "QuickBooks job cost to date", days=_days(group))
    if _holds_opening(key):
        date, called = writing.release.costs_from - dt.timedelta(days=1), "QuickBooks job cost before the cut-off"
        return DirectCost(key, "expense", status, date, lines, called, days=_days(group))
    vendor_id = writing.vendors.get(document.vendor_id)
    bill = document.txn_type == "Bill" and vendor_id is not None and bool(document.ref_number)
    called = f"QuickBooks {called_type(document.txn_type)} {document.ref_number} {document.payee}"
    return DirectCost(
        origin_id=key,
        type="invoice" if bill else "payroll" if document.txn_type == PAYROLL else "expense",
        status=status,
        date=document.txn_date,
        lines=lines,
        description=" ".join(called.split()),
        vendor_id=vendor_id if bill else None,
        invoice_number=document.ref_number if bill else "",
    )


def told_payee(document: CostDocument) -> str:
    """Give the payee where QuickBooks has it as a vendor; whoever else was paid, perhaps an employee, is not told."""
    return document.payee if document.vendor_id else ""


def _days(items: Iterable[Allocation]) -> tuple[tuple[dt.date, str, Decimal], ...]:
    """What each day brought to each code, in order; nothing where it adds up to nothing."""
    sums: dict[tuple[dt.date, str], Decimal] = defaultdict(lambda: ZERO)
    for item in items:
        sums[item.document.txn_date, item.code] += item.line.amount
    return tuple((*place, amount) for place, amount in sorted(sums.items()) if amount != ZERO)


MAX_DELETIONS = 25
MAX_LOWERING_SHARE = Decimal("0.02")
MAX_LOWERING = Decimal("500.00")
"""The brake's limits (ACCOUNTING 22)."""


def deletions(before: Mapping[str, DirectCost], after: Mapping[str, DirectCost]) -> list[str]:
    """The keys of written costs that a run deletes: what is wanted no more, and what is wanted with another type.

    Procore sets a type only when a direct cost is made, so the latter are made anew.
    """
    return [key for key, cost in before.items() if key not in after or after[key].type != cost.type]


def brake(
    before: Mapping[str, DirectCost],
    after: Mapping[str, DirectCost],
    closed_until: dt.date | None,
    *,
    vanished: int,
    passed: Collection[str] = (),
) -> str:
    """Say why a run must ask a person first, or nothing (ACCOUNTING 22). One project's written and wanted costs.

    `passed` are keys that an earlier run let pass and that Procore does not have yet. The first writing of a released
    project touches no closed month: a person has just seen its dry run.
    """
    if vanished:
        return (
            f"{vanished} documents that QuickBooks showed before are gone without a deletion record: "
            "was the company file restored, condensed or replaced?"
        )
    deleted = deletions(before, after)
    if len(deleted) > MAX_DELETIONS:
        anew = len(after.keys() & set(deleted))
        why = f", {anew} of them to write them anew with another type" if anew else ""
        return f"This run would delete {len(deleted)} direct costs in Procore{why}."
    was, will = total(cost.amount() for cost in before.values()), total(cost.amount() for cost in after.values())
    if was - will > MAX_LOWERING and was - will > abs(was) * MAX_LOWERING_SHARE:
        return f"This run would lower the project's cost by {was - will:,.2f}."
    if closed_until:
        waiting = after.keys() & set(passed)
        known = before.keys() | (after.keys() - waiting if before or waiting else set())
        touched = [key for key in known if _touches(before.get(key), after.get(key), closed_until)]
        if touched:
            return (
                f"This run would change {len(touched)} direct costs with cost on or before the closing date "
                f"{closed_until}."
            )
    return ""


def _touches(before: DirectCost | None, after: DirectCost | None, closed_until: dt.date) -> bool:
    if before and after and _holds_opening(before.origin_id) and not before.days and before == replace(after, days=()):
        return False  # it was written when the days of opening costs were not kept
    return before != after and _closed_part(before, closed_until) != _closed_part(after, closed_until)


def _closed_part(cost: DirectCost | None, closed_until: dt.date) -> object:
    """What of a direct cost lies in the closed time: of a total or opening its days, else all or nothing of it."""
    if cost is None or not cost.days:
        return cost if cost and cost.date <= closed_until else None
    days = [day for day in cost.days if day[0] <= closed_until]
    return (cost.status, days) if days else None
