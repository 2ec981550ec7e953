"""What became of what stands in QuickBooks: linked records that vanished, moved, or got another name there."""

import datetime as dt

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import agreement, contents
from qbwc_bridge.flow.facts import LISTS_OF, Facts
from qbwc_bridge.flow.linking import part
from qbwc_bridge.flow.moves import BRIDGE, cancel_queued, note
from qbwc_bridge.flow.taking_part import takes_part

CALLED = {"cost_code": "Item", "job": "Job", "vendor": "Vendor"}
"""What QuickBooks calls the record of a submission."""


def look_after(facts: Facts, now: dt.datetime) -> None:
    """Write what became of them into the reasons of synced submissions, and follow their names; kept where changed."""
    _let_go(facts, now)
    for row in facts.submissions.values():
        if row.state is State.SYNCED and row.quickbooks_id:
            _follow_name(facts, row, now)
            _keep_open(facts, row, now)
            agreement.keep_up(facts, row)
            reasons = flags(facts, row)
            if reasons != row.reasons:
                row.reasons = reasons
                facts.uow.submissions.save(row)


def _keep_open(facts: Facts, row: Submission, now: dt.datetime) -> None:
    """End the wish to close the order of a commitment that is approved again in Procore (ACCOUNTING 15)."""
    if row.choice == "close" and agreement.ended(facts, row) is None:
        why = "its order stays open: it is approved again in Procore"
        cancel_queued(facts.uow, row, now=now, why=why)
        row.choice = ""
        facts.uow.submissions.save(row)
        note(facts.uow, row, now=now, who=BRIDGE, why=why)


def _let_go(facts: Facts, now: dt.datetime) -> None:
    """Part changes from an estimate that once held them and does not any more: the budget was exported without them.

    One that was written as a change of its own stands in the estimate beside the budget (ACCOUNTING 8).
    """
    for row in facts.submissions.values():
        if row.kind != "budget_change" or row.state is not State.SYNCED or not row.quickbooks_id:
            continue
        owner = facts.synced("budget", str(row.project_id))
        held = contents.included(owner)
        if owner is None or held is None or int(row.key) in held:
            continue
        if not row.accepted_version or row.quickbooks_id != owner.quickbooks_id:
            part(facts.uow, row, now=now, why=f"estimate {owner.quickbooks_name} no longer holds it")


def flags(facts: Facts, row: Submission) -> list[str]:
    """Give the sentences about a synced submission that a person must read; none where all is well.

    None either of a project that does not take part any more.
    """
    project = facts.projects.get(row.project_id)
    if project and not takes_part(project):
        return []
    if row.kind in LISTS_OF:
        return _list_flags(facts, row)
    return agreement.flags(facts, row)


def _list_flags(facts: Facts, row: Submission) -> list[str]:
    record = facts.linked_record(row)
    if record is None:
        return []
    if record.gone:
        return [rules.gone(CALLED[row.kind], row.quickbooks_name)]
    found = [rules.inactive(f"{CALLED[row.kind]} {record.full_name}", is_active=record.is_active)]
    if row.kind == "job":
        found.append(_moved(facts, row, record))
    if row.kind == "cost_code":
        found.append(rules.item_barred(record.full_name, record.type))
        found.append(None if record.two_sided else rules.one_sided(record.full_name))
    return [each for each in found if each]


def _moved(facts: Facts, row: Submission, job: ListRecord) -> str | None:
    """Whether a job lies below another customer than it did, and than the one that is chosen for its project.

    The customer that it lay below is known by the name it was linked with: where no record has that name any more, the
    customer itself was renamed.
    """
    choice, above = facts.projects.get(row.project_id), facts.record("customer", job.parent_id)
    before, _, _ = row.quickbooks_name.rpartition(":")
    if choice is None or above is None or fold(before) in ("", above.folded):
        return None
    chosen = facts.customer_above(choice)
    if (chosen and chosen.list_id == above.list_id) or not facts.was_named("customer", before):
        return None
    return rules.moved(job.full_name, above.full_name, choice.number)


def _follow_name(facts: Facts, row: Submission, now: dt.datetime) -> None:
    """QuickBooks owns what is linked (ACCOUNTING 4): a new name there is the name here; of a moved job once agreed."""
    record = facts.linked_record(row)
    if record is None or record.gone or record.full_name == row.quickbooks_name:
        return
    if row.kind == "job" and _moved(facts, row, record):
        return
    why = f"renamed in QuickBooks: {row.quickbooks_name} is now {record.full_name}"
    row.quickbooks_name = record.full_name
    facts.uow.submissions.save(row)
    note(facts.uow, row, now=now, who=BRIDGE, why=why)
