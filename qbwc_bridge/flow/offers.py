"""What Procore's documents offer to QuickBooks, with their obstacles: read-only, in dependency order.

Only switched-on projects offer; cost codes and vendors only where such a project uses them on a locked budget, an
approved commitment or an approved change order (ACCOUNTING 1).
"""

import datetime as dt
from collections.abc import Iterable, Iterator

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.procore import BudgetCode, ChangeOrder, Commitment, ContractLine
from qbwc_bridge.domain.records import ProjectChoice, Submission
from qbwc_bridge.flow import list_offers
from qbwc_bridge.flow.collisions import collide
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.offer import Offer
from qbwc_bridge.flow.offered_documents import (
    budget_offers,
    change_order_offer,
    commitment_offer,
    written_orders,
)


def offers(facts: Facts, today: dt.date) -> Iterator[Offer]:
    """Give every offer of a connection; what an offer needs comes before it.

    Where Procore refuses to show a project, its records say so. One that was never read has none but its job: that one
    waits then, since "nothing to export" would be no truth.
    """
    unread = {each.project_id: each for each in facts.projects_on() if each.shown.refused}
    for offer in _offers(facts, today):
        choice = unread.get(offer.project_id)
        if choice:
            never = offer.kind == "job" and choice.reading.whole_at is None
            (offer.obstacles if never else offer.notes).append(rules.project_unread(choice.shown.unread))
        yield offer


def unoffered(facts: Facts, row: Submission) -> tuple[str, bool]:
    """Give the reason why a record is offered no more, and whether it rests.

    What rests asks nobody for anything: its project was switched off, or nothing that is switched on needs it.
    """
    project = facts.projects.get(row.project_id)
    if project and not project.on:
        return str(rules.project_off(project.number, on=False)), True
    if row.kind in ("budget", "budget_change") and not facts.options.estimates:
        return rules.no_estimates(), True
    if project and not project.active:
        return rules.project_inactive(project.number), False
    return _gone_from(facts, row)


def _gone_from(facts: Facts, row: Submission) -> tuple[str, bool]:
    """Give the same for a record of a project that takes part, or of none, by what Procore has of it."""
    document = facts.find("project" if row.kind == "job" else row.kind, row.key)
    if row.kind == "cost_code" or (row.kind == "vendor" and document):
        return rules.unneeded(), True
    order = _never_ordered(facts, document) if isinstance(document, ChangeOrder) else None
    if order:
        return rules.never_ordered(order.number, order.status), True
    if isinstance(document, Commitment | ChangeOrder):
        return rules.ended(document.status), False
    return rules.left_procore(), False


def _offers(facts: Facts, today: dt.date) -> Iterator[Offer]:
    projects = facts.projects_on()
    for level in list_offers.cost_codes(facts, _used_codes(facts, projects)):
        yield from collide(facts, level)
    yield from collide(facts, [*list_offers.jobs(facts, projects), *list_offers.vendors(facts, projects)])
    for project in projects:
        if facts.options.estimates:
            yield from budget_offers(facts, project)
        wanted = [row for row in facts.commitments(project.project_id) if row.status not in rules.ENDED_STATUSES]
        orders = [commitment_offer(facts, commitment, today) for commitment in wanted]
        collide(facts, [*orders, *written_orders(facts, project)])
        yield from orders
        for change in facts.change_orders(project.project_id):
            if change.status not in rules.DEAD_CHANGES and not _never_ordered(facts, change):
                yield change_order_offer(facts, change)


def _never_ordered(facts: Facts, change: ChangeOrder) -> Commitment | None:
    """Give the commitment of a change order if it ended in Procore, and neither of them is in QuickBooks."""
    commitment = facts.find("commitment", str(change.commitment_id))
    row = facts.submissions.get(("change_order", str(change.id)))
    if not isinstance(commitment, Commitment) or commitment.status not in rules.ENDED_STATUSES:
        return None
    written = facts.synced("commitment", str(commitment.id)) or (row and row.quickbooks_id)
    return None if written else commitment


def _used_codes(facts: Facts, projects: Iterable[ProjectChoice]) -> dict[str, BudgetCode]:
    used: dict[str, BudgetCode] = {}
    for project in projects:
        budget = facts.budget(project.project_id)
        rows = [row.code for row in budget.rows] if budget and budget.locked and facts.options.estimates else []
        lines: list[ContractLine] = []
        for commitment in facts.commitments(project.project_id):
            lines += commitment.lines if not rules.not_approved(commitment) else ()
        for change in facts.change_orders(project.project_id):
            counts = not rules.change_not_approved(change) and not _never_ordered(facts, change)
            lines += change.lines if counts else ()
        for code in (*rows, *(line.code for line in lines if line.code)):
            if not code.other_segments:
                used.setdefault(code.code, code)
    return dict(sorted(used.items()))
