"""What Procore's documents offer to QuickBooks, with their obstacles: read-only, in dependency order.

Only switched-on projects offer; cost codes and vendors only where such a project uses them on a locked budget, an
approved commitment or an approved change order (ACCOUNTING 1).
"""

import datetime as dt
from collections.abc import Iterable, Iterator

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import BudgetCode, ChangeOrder, Commitment, ContractLine
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow import list_offers
from qbwc_bridge.flow.collisions import collide
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.offer import Need, Offer
from qbwc_bridge.qbxml.types import fit_ref_number


def offers(facts: Facts, today: dt.date) -> Iterator[Offer]:
    """Give every offer of a connection; what an offer needs comes before it."""
    projects = facts.projects_on()
    for level in list_offers.cost_codes(facts, _used_codes(facts, projects)):
        yield from collide(facts, level)
    yield from collide(facts, [*list_offers.jobs(facts, projects), *list_offers.vendors(facts, projects)])
    for project in projects:
        if facts.options.estimates:
            yield from _budget(facts, project)
        wanted = [row for row in facts.commitments(project.project_id) if row.status not in rules.ENDED_STATUSES]
        orders = [_commitment(facts, commitment, today) for commitment in wanted]
        collide(facts, [*orders, *_written(facts, project)])
        yield from orders
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
    number = fit_ref_number(row.name if row and row.name else commitment.number)
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
    if not (row and row.quickbooks_id):
        offer.claim(_numbers(commitment), number, called)
    return offer


def _numbers(commitment: Commitment) -> str:
    """The orders of one vendor for one job, among which an order is found again by its RefNumber."""
    return f"orders of vendor {commitment.vendor_id} for project {commitment.project_id}"


def _written(facts: Facts, project: ProjectChoice) -> Iterator[Offer]:
    """Give bare offers that only claim the numbers of orders in QuickBooks, whatever became of their commitments."""
    for commitment in facts.commitments(project.project_id):
        row = facts.synced("commitment", str(commitment.id))
        order = facts.transaction("PurchaseOrder", row.quickbooks_id) if row else None
        if row and not (order and order.gone):
            offer = Offer("commitment", row.key, commitment.number, commitment.title, {})
            number = order.ref_number if order else row.quickbooks_name
            offer.claim(_numbers(commitment), number, f"order {commitment.number}")
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
