"""What Procore's documents offer to QuickBooks, with their obstacles: read-only, in dependency order.

Only switched-on projects offer; cost codes and vendors only where such a project uses them on a locked budget, an
approved commitment or an approved change order (ACCOUNTING 1).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.names import fold, near
from qbwc_bridge.domain.procore import BudgetCode, ChangeOrder, Commitment, ContractLine
from qbwc_bridge.domain.records import Kind, ProjectChoice
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.qbxml.types import fit_name, fit_ref_number

Need = tuple[Kind, str]
"""Another submission by kind and key."""


@dataclass(slots=True)
class Offer:
    """A record that could be written, and what stands against it.

    `match` is the ListID or TxnID of the one exact match in QuickBooks; `suggestions` are names of possible ones.
    """

    kind: Kind
    key: str
    number: str
    title: str
    content: dict[str, Any]
    project_id: int = 0
    amount: Decimal | None = None
    needs: list[Need] = field(default_factory=list)
    obstacles: list[str | None] = field(default_factory=list)
    notes: list[str | None] = field(default_factory=list)
    match: str = ""
    match_name: str = ""
    suggestions: list[str] = field(default_factory=list)


def offers(facts: Facts, today: dt.date) -> Iterator[Offer]:
    """Give every offer of a connection; what an offer needs comes before it."""
    projects = facts.projects_on()
    yield from _cost_codes(facts, _used_codes(facts, projects))
    for project in projects:
        if facts.project_document(project.project_id):
            yield _job(facts, project)
    yield from _vendors(facts, projects)
    for project in projects:
        if facts.options.estimates:
            yield from _budget(facts, project)
        for commitment in facts.commitments(project.project_id):
            if commitment.status not in rules.ENDED_STATUSES:
                yield _commitment(facts, commitment, today)
        for change in facts.change_orders(project.project_id):
            if change.status not in rules.DEAD_CHANGES:
                yield _change_order(facts, change)


def _used_codes(facts: Facts, projects: Iterable[ProjectChoice]) -> dict[str, BudgetCode]:
    used: dict[str, BudgetCode] = {}
    for project in projects:
        budget = facts.budget(project.project_id)
        rows = [row.code for row in budget.rows] if budget and budget.locked and facts.options.estimates else []
        lines: list[ContractLine] = []
        for commitment in facts.commitments(project.project_id):
            lines += commitment.lines if not rules.not_approved(commitment) else ()
        for change in facts.change_orders(project.project_id):
            lines += change.lines if not rules.change_not_approved(change) else ()
        for code in (*rows, *(line.code for line in lines if line.code)):
            if not code.other_segments:
                used.setdefault(code.code, code)
    return dict(sorted(used.items()))


def _cost_codes(facts: Facts, used: dict[str, BudgetCode]) -> Iterator[Offer]:
    accounts = [
        rules.account_missing(which, name, exists=facts.named("account", name) is not None)
        for which, name in (("income", facts.options.income_account), ("expense", facts.options.expense_account))
    ]
    expense = facts.named("account", facts.options.expense_account)
    weak = None
    if expense and expense.type != "CostOfGoodsSold":
        weak = f"The expense account {expense.full_name} is no cost of goods sold account."
    parents: dict[str, BudgetCode] = {}
    for code in used.values():
        parents.setdefault(code.cost_code, code)
    for name, code in parents.items():
        standard = facts.cost_codes.get(name)
        title = standard.name if standard else code.cost_code_name
        yield _item(facts, Offer("cost_code", name, name, title, {"name": title}, notes=[weak]), name, "", accounts)
    if not facts.options.by_type:
        return
    for key, code in used.items():
        title = f"{code.cost_code_name} - {code.cost_type_name or code.cost_type}".strip(" -")
        offer = Offer(
            "cost_code", key, key, title, {"name": title}, needs=[("cost_code", code.cost_code)], notes=[weak]
        )
        yield _item(facts, offer, code.cost_code, code.cost_type, accounts)


def _item(facts: Facts, offer: Offer, cost_code: str, cost_type: str, accounts: list[str | None]) -> Offer:
    path = facts.item_path(offer.key, cost_code, cost_type)
    leaf = path.rsplit(":", 1)[-1]
    existing = facts.named("item", path)
    if existing is None:
        offer.obstacles += accounts
        offer.notes.append(rules.shortened("The name", cost_type or cost_code, leaf))
        return offer
    offer.match, offer.match_name = existing.list_id, existing.full_name
    offer.obstacles.append(rules.inactive(f"Item {existing.full_name}", is_active=existing.is_active))
    if not existing.two_sided:
        offer.notes.append(f"Item {existing.full_name} has no separate purchase account in QuickBooks; check it there.")
    return offer


def _job(facts: Facts, project: ProjectChoice) -> Offer:
    document = facts.project_document(project.project_id)
    name, number = (document.name, document.number) if document else (project.name, project.number)
    offer = Offer("job", str(project.project_id), number, name, {}, project_id=project.project_id)
    offer.content = {**(document.content() if document else {}), "customer": project.customer}
    full = f"{number} {name}".strip()
    offer.notes.append(rules.shortened("The job's name", full, fit_name("job", full)))
    if not project.customer:
        offer.obstacles.append(f"No customer is chosen for project {number}: choose one when switching it on.")
        return offer
    customer = facts.customer_above(project)
    if customer is None:
        if not project.create_customer:
            offer.obstacles.append(
                f"Customer {project.customer} is not in QuickBooks: create it there, choose another, "
                "or switch the project on with --create-customer."
            )
        else:
            name = fit_name("customer", project.customer)
            offer.obstacles.append(rules.name_taken(name, "vendor" if facts.named("vendor", name) else ""))
            offer.notes.append(f"Customer {name} will be created.")
            offer.notes.append(rules.shortened("The customer's name", project.customer, name))
        return offer
    names = facts.names_under("customer", customer.list_id)
    wanted = [fit_name("job", text) for text in (full, name, number) if text]
    matches = {
        full_name for full_name in names if fold(full_name.rsplit(":", 1)[-1]) in {fold(text) for text in wanted}
    }
    _match(facts, offer, matches, wanted, names)
    if not offer.match and not offer.suggestions:
        row = facts.submissions.get(("job", offer.key))
        name = f"{customer.full_name}:{fit_name('job', row.name if row and row.name else full)}"
        offer.obstacles.append(rules.name_taken(name, "job" if facts.named("customer", name) else ""))
    return offer


def _vendors(facts: Facts, projects: Iterable[ProjectChoice]) -> Iterator[Offer]:
    used: dict[int, None] = {}
    for project in projects:
        for commitment in facts.commitments(project.project_id):
            if commitment.vendor_id and not rules.not_approved(commitment):
                used[commitment.vendor_id] = None
    for vendor_id in used:
        document = facts.vendor_document(vendor_id)
        if document is None:
            continue
        offer = Offer("vendor", str(vendor_id), "", document.name, document.content())
        fitted = fit_name("vendor", document.name)
        row = facts.submissions.get(("vendor", offer.key))
        name = row.name if row and row.name else fitted
        offer.notes.append(rules.shortened("The name", document.name, fitted))
        names = facts.names_under("vendor", "")
        same = facts.named("vendor", name)
        _match(facts, offer, {same.full_name} if same else set(), [name], names)
        if not offer.match and not offer.suggestions:
            taken = "customer" if facts.named("customer", name) else "vendor" if same else ""
            offer.obstacles.append(rules.name_taken(name, taken))
        yield offer


def _match(facts: Facts, offer: Offer, exact: set[str], wanted: list[str], names: Iterable[str]) -> None:
    """Fill in the one exact match, or the names that a person must judge; not again once somebody did."""
    row = facts.submissions.get((offer.kind, offer.key))
    if row and (row.link_to == "new" or row.quickbooks_id):
        return
    if len(exact) == 1:
        record = facts.named("customer" if offer.kind == "job" else "vendor", next(iter(exact)))
        if record:
            offer.match, offer.match_name = record.list_id, record.full_name
            offer.obstacles.append(rules.inactive(record.full_name, is_active=record.is_active))
        return
    # Own names are compared, without the customer above: a long one would make all its jobs look alike.
    known = {name.rpartition(":")[2]: name for name in names}
    likely = dict.fromkeys(known[like] for name in wanted[:2] for like in near(name, known))
    offer.suggestions = sorted(exact) or list(likely)


def _budget(facts: Facts, project: ProjectChoice) -> Iterator[Offer]:
    budget = facts.budget(project.project_id)
    if budget is None:
        return
    offer = Offer("budget", str(project.project_id), project.number, f"Budget of {project.name}", budget.content())
    offer.project_id, offer.amount = project.project_id, budget.amount()
    gate = rules.budget_unlocked(budget)
    if gate:
        offer.obstacles = [gate]
        yield offer
        return
    codes = [row.code for row in budget.rows]
    offer.needs = [("job", str(project.project_id)), *_items(facts, codes)]
    offer.obstacles = [
        rules.budget_empty(budget),
        rules.change_without_row(budget),
        rules.other_segments("The budget", codes),
        rules.feature_off("estimates", facts.connection.company.uses_estimates),
    ]
    number = fit_ref_number(project.number)
    offer.notes.append(rules.shortened("The number", project.number, number))
    job = facts.synced("job", str(project.project_id))
    row = facts.submissions.get(("budget", offer.key))
    if not _marked(facts, offer) and job and not (row and row.quickbooks_id):
        active = [e for e in facts.transactions("Estimate") if e.party_id == job.quickbooks_id and e.is_active]
        same = [e for e in active if fold(e.ref_number) == fold(number) and e.total == offer.amount]
        if len(active) == 1 and same:
            offer.match, offer.match_name = same[0].txn_id, f"estimate {same[0].ref_number}"
        else:
            offer.obstacles.append(rules.other_estimate(job.quickbooks_name, [e.ref_number for e in active]))
    yield offer


def _marked(facts: Facts, offer: Offer) -> bool:
    """Find what the bridge itself wrote by the mark in its memo, whatever it lost of its own memory since."""
    row = facts.submissions.get((offer.kind, offer.key))
    if row is None or row.quickbooks_id or row.link_to == "new":
        return False
    found = facts.by_mark.get(row.mark)
    if found is None:
        return False
    offer.match, offer.match_name = found.txn_id, f"{found.ref_number}, which the bridge wrote"
    return True


def _items(facts: Facts, codes: Iterable[BudgetCode]) -> list[Need]:
    return list(dict.fromkeys(("cost_code", facts.item_key(code)) for code in codes if not code.other_segments))


def _commitment(facts: Facts, commitment: Commitment, today: dt.date) -> Offer:
    offer = Offer("commitment", str(commitment.id), commitment.number, commitment.title, commitment.content())
    offer.project_id, offer.amount = commitment.project_id, commitment.amount()
    gate = rules.not_approved(commitment)
    if gate:
        offer.obstacles = [gate]
        return offer
    codes = [line.code for line in commitment.lines if line.code]
    offer.needs = [("job", str(commitment.project_id)), *_items(facts, codes)]
    if commitment.vendor_id:
        offer.needs.insert(1, ("vendor", str(commitment.vendor_id)))
    called = f"{'Subcontract' if commitment.subcontract else 'Purchase order'} {commitment.number}"
    row = facts.submissions.get(("commitment", offer.key))
    number = row.name if row and row.name else fit_ref_number(commitment.number)
    offer.obstacles = [
        rules.no_vendor(commitment),
        rules.no_lines(called, commitment.lines),
        rules.line_without_code(called, commitment.lines),
        rules.other_segments(called, codes),
        rules.feature_off("inventory and purchase orders", facts.connection.company.uses_purchase_orders),
        rules.before_closing(commitment.contract_date or today, facts.connection.company.closing_date),
    ]
    offer.notes.append(rules.shortened("The number", commitment.number, number))
    if commitment.retainage_percent:
        offer.notes.append(f"Retainage {commitment.retainage_percent.normalize():f} % is not part of the order.")
    if not _marked(facts, offer) and not (row and row.quickbooks_id):
        _match_order(facts, offer, commitment, number, link=row.link_to if row else "")
    return offer


def _match_order(facts: Facts, offer: Offer, commitment: Commitment, number: str, *, link: str) -> None:
    vendor = facts.synced("vendor", str(commitment.vendor_id))
    job = facts.synced("job", str(commitment.project_id))
    if not vendor or not job or link == "new":
        return
    numbered = facts.orders_by_number.get((vendor.quickbooks_id, fold(number)), [])
    same = [order for order in numbered if any(line.job_id == job.quickbooks_id for line in order.lines)]
    exact = [order for order in same if order.total == offer.amount]
    if len(exact) == 1 and len(same) == 1:
        offer.match, offer.match_name = exact[0].txn_id, f"purchase order {exact[0].ref_number}"
    else:
        offer.suggestions = [f"purchase order {order.ref_number} of {order.total}" for order in same]


def _change_order(facts: Facts, change: ChangeOrder) -> Offer:
    offer = Offer("change_order", str(change.id), change.number, change.title, change.content())
    offer.project_id, offer.amount = change.project_id, change.amount()
    gate = rules.change_not_approved(change)
    if gate:
        offer.obstacles = [gate]
        return offer
    codes = [line.code for line in change.lines if line.code]
    offer.needs = [("commitment", str(change.commitment_id)), *_items(facts, codes)]
    called = f"Change order {change.number}"
    offer.obstacles = [
        rules.no_lines(called, change.lines),
        rules.line_without_code(called, change.lines),
        rules.other_segments(called, codes),
    ]
    order = facts.synced("commitment", str(change.commitment_id))
    if order:
        offer.number = f"{order.number} CO {change.number}"
        found = facts.transaction("PurchaseOrder", order.quickbooks_id)
        if _marked(facts, offer):
            return offer
        row = facts.submissions.get(("change_order", offer.key))
        if found and not (row and row.quickbooks_id):
            offer.obstacles.append(rules.order_ended(found.ref_number, closed=found.closed, received=found.received))
            offer.obstacles.append(rules.order_grouped(found.ref_number, grouped=found.grouped))
    return offer
