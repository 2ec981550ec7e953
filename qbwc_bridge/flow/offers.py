"""What Procore's documents offer to QuickBooks, with their obstacles: read-only, in dependency order.

Only switched-on projects offer; cost codes and vendors only where such a project uses them on a locked budget, an
approved commitment or an approved change order (ACCOUNTING 1).
"""

import datetime as dt
from collections.abc import Iterable, Iterator

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.names import fold, near
from qbwc_bridge.domain.procore import BudgetCode, ContractLine
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.offer import Offer
from qbwc_bridge.flow.offered_documents import budget_offers, change_order_offer, commitment_offer
from qbwc_bridge.qbxml.types import fit_name


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
            yield from budget_offers(facts, project)
        for commitment in facts.commitments(project.project_id):
            if commitment.status not in rules.ENDED_STATUSES:
                yield commitment_offer(facts, commitment, today)
        for change in facts.change_orders(project.project_id):
            if change.status not in rules.DEAD_CHANGES:
                yield change_order_offer(facts, change)


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
