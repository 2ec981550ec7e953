"""What budgets, commitments and their changes offer to QuickBooks, with their obstacles (ACCOUNTING 8 to 15)."""

import datetime as dt
from collections.abc import Iterator

from qbwc_bridge.domain import document_rules, rules
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import Budget, BudgetChange, ChangeOrder, Commitment
from qbwc_bridge.domain.records import ProjectChoice, Submission
from qbwc_bridge.flow import agreement, contents
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.offer import Offer, item_needs, marked
from qbwc_bridge.qbxml.types import fit_ref_number


def budget_offers(facts: Facts, project: ProjectChoice) -> Iterator[Offer]:
    """Give a project's budget, and its approved changes: those that the estimate does not hold are written after it."""
    budget = facts.budget(project.project_id)
    if budget is None:
        return
    row = facts.submissions.get(("budget", str(project.project_id)))
    yield _budget(facts, project, budget, row)
    for change in budget.changes:
        yield _budget_change(facts, project, budget, change, row)


def _budget(facts: Facts, project: ProjectChoice, budget: Budget, row: Submission | None) -> Offer:
    held = contents.included(row)
    offer = Offer("budget", str(project.project_id), project.number, f"Budget of {project.name}", budget.content(held))
    offer.project_id, offer.amount = project.project_id, budget.amount(held)
    if offer.gate(rules.budget_unlocked(budget)):
        return offer
    codes = [each.code for each in budget.rows]
    offer.needs = [("job", str(project.project_id)), *item_needs(facts, codes)]
    offer.obstacles = [
        rules.budget_empty(budget),
        rules.change_without_row(budget),
        rules.other_segments("The budget", codes),
        rules.feature_off("estimates", facts.connection.company.uses_estimates),
    ]
    offer.notes.append(rules.unbudgeted(budget))
    offer.notes.append(rules.prime_changes_beside(facts.prime_changes(project.project_id)))
    if row and row.quickbooks_id:
        offer.obstacles += _against(facts, row, "Estimate", row)
        return offer
    number = fit_ref_number(project.number)
    offer.notes.append(rules.shortened("The number", project.number, number))
    job = facts.synced("job", str(project.project_id))
    if not marked(facts, offer) and job:
        active = [e for e in facts.transactions("Estimate") if e.party_id == job.quickbooks_id and e.is_active]
        same = [e for e in active if fold(e.ref_number) == fold(number) and e.total == offer.amount]
        if len(active) == 1 and same:
            offer.match, offer.match_name = same[0].txn_id, f"estimate {same[0].ref_number}"
        else:
            offer.obstacles.append(rules.other_estimate(job.quickbooks_name, [e.ref_number for e in active]))
    return offer


def _budget_change(
    facts: Facts, project: ProjectChoice, budget: Budget, change: BudgetChange, owner: Submission | None
) -> Offer:
    offer = Offer(
        "budget_change", str(change.id), f"{project.number} BC {change.number}", change.title, change.content()
    )
    offer.project_id, offer.amount = project.project_id, change.amount()
    offer.contained = change.id in (contents.included(owner) or ())
    if offer.gate(rules.budget_unlocked(budget)):
        return offer
    names = {row.code.id: row.code for row in budget.rows}
    codes = [names[code_id] for code_id, _ in change.amounts if code_id in names]
    offer.needs = [("budget", str(project.project_id)), *item_needs(facts, codes)]
    offer.obstacles = [rules.other_segments(f"Budget change {change.number}", codes)]
    if owner and owner.quickbooks_id:
        offer.obstacles += _against(facts, owner, "Estimate", None)
        marked(facts, offer, owner.quickbooks_id)
    elif owner is None or owner.state not in ("synced", "rejected"):
        offer.notes.append("The estimate will hold it, if the budget is accepted as it stands now.")
    return offer


def commitment_offer(facts: Facts, commitment: Commitment, today: dt.date) -> Offer:
    """Give a purchase order or subcontract: to be written, linked, or followed by the order that it became."""
    offer = Offer("commitment", str(commitment.id), commitment.number, commitment.title, commitment.content())
    offer.project_id, offer.amount = commitment.project_id, commitment.amount()
    if offer.gate(rules.not_approved(commitment)):
        return offer
    codes = [line.code for line in commitment.lines if line.code]
    offer.needs = [("job", str(commitment.project_id)), *item_needs(facts, codes)]
    if commitment.vendor_id:
        offer.needs.insert(1, ("vendor", str(commitment.vendor_id)))
    called = f"{'Subcontract' if commitment.subcontract else 'Purchase order'} {commitment.number}"
    row = facts.submissions.get(("commitment", offer.key))
    number = fit_ref_number(row.name if row and row.name else commitment.number)
    offer.obstacles = [
        rules.no_vendor(commitment),
        rules.no_lines(called, commitment.lines),
        rules.line_without_code(called, commitment.lines),
        rules.other_segments(called, codes),
        rules.feature_off("inventory and purchase orders", facts.connection.company.uses_purchase_orders),
        _before_closing(facts, commitment, row, today),
    ]
    offer.notes.append(rules.shortened("The number", commitment.number, number))
    if commitment.retainage_percent:
        offer.notes.append(f"Retainage {commitment.retainage_percent.normalize():f} % is not part of the order.")
    if row and row.quickbooks_id:
        offer.obstacles.append(document_rules.other_vendor(called, changed=_other_vendor(facts, commitment, row)))
        offer.obstacles += _against(facts, row, "PurchaseOrder", row)
    elif not marked(facts, offer):
        _match_order(facts, offer, commitment, number, link=row.link_to if row else "")
    if not (row and row.quickbooks_id):
        offer.claim(_numbers(commitment), number, called)
    return offer


def _other_vendor(facts: Facts, commitment: Commitment, row: Submission) -> bool:
    """Whether the order is another vendor's now; two that were merged in Procore may be one in QuickBooks."""
    if contents.exported(row).get("vendor") in (None, commitment.vendor_id):
        return False
    vendor = facts.synced("vendor", str(commitment.vendor_id))
    order = facts.transaction("PurchaseOrder", row.quickbooks_id)
    return not (vendor and order and vendor.quickbooks_id == order.party_id)


def _before_closing(facts: Facts, commitment: Commitment, row: Submission | None, today: dt.date) -> str | None:
    """Judge the date that would be written: that of an order in QuickBooks only where it changed (ACCOUNTING 12)."""
    kept = row is not None and row.quickbooks_id and commitment.content()["date"] == contents.exported(row).get("date")
    if kept:
        return None
    company, date = facts.connection.company, commitment.contract_date or today
    dividing = company.dividing_date if company.accountant_copy else None
    return rules.before_closing(date, company.closing_date) or rules.before_dividing(date, dividing)


def _numbers(commitment: Commitment) -> str:
    """The orders of one vendor for one job, among which an order is found again by its RefNumber."""
    return f"orders of vendor {commitment.vendor_id} for project {commitment.project_id}"


def written_orders(facts: Facts, project: ProjectChoice) -> Iterator[Offer]:
    """Give bare offers that only claim the numbers of orders in QuickBooks, whatever became of their commitments."""
    for commitment in facts.commitments(project.project_id):
        row = facts.synced("commitment", str(commitment.id))
        order = facts.transaction("PurchaseOrder", row.quickbooks_id) if row else None
        if order:
            offer = Offer("commitment", str(commitment.id), commitment.number, commitment.title, {})
            offer.claim(_numbers(commitment), order.ref_number, f"order {commitment.number}")
            yield offer


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


def change_order_offer(facts: Facts, change: ChangeOrder) -> Offer:
    """Give a change order of a commitment: it changes the order, or becomes a second one where a person chose so."""
    offer = Offer("change_order", str(change.id), change.number, change.title, change.content())
    offer.project_id, offer.amount = change.project_id, change.amount()
    owner = facts.synced("commitment", str(change.commitment_id))
    commitment = facts.find("commitment", str(change.commitment_id))
    if isinstance(commitment, Commitment):
        offer.number = f"{commitment.number} CO {change.number}"
    if offer.gate(rules.change_not_approved(change)):
        return offer
    codes = [line.code for line in change.lines if line.code]
    offer.needs = [("commitment", str(change.commitment_id)), *item_needs(facts, codes)]
    called = f"Change order {change.number}"
    offer.obstacles = [
        rules.no_lines(called, change.lines),
        rules.line_without_code(called, change.lines),
        rules.other_segments(called, codes),
    ]
    row = facts.submissions.get(("change_order", offer.key))
    if owner and not marked(facts, offer, owner.quickbooks_id):
        choice = row.choice if row else ""
        separate = row is not None and row.quickbooks_id not in ("", owner.quickbooks_id)
        if separate:
            offer.obstacles.append(document_rules.second_order_changed(called))
        elif choice == "second_order":
            offer.notes.append("It becomes a purchase order of its own.")
        else:
            offer.obstacles += _against(facts, owner, "PurchaseOrder", row)
            offer.notes.append("The order will be re-opened for it." if choice == "reopen" else None)
    return offer


def _against(facts: Facts, owner: Submission, kind: str, change: Submission | None) -> list[str | None]:
    """What stands against changing an order or estimate of QuickBooks."""
    record = facts.transaction(kind, owner.quickbooks_id)
    if record is None:
        return [document_rules.transaction_gone(kind, owner.quickbooks_name)]
    return agreement.against(owner, record, change)
