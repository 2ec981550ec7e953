"""What became of what stands in QuickBooks: linked records that vanished, moved, or got another name there."""

import datetime as dt

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import agreement
from qbwc_bridge.flow.facts import LISTS_OF, Facts
from qbwc_bridge.flow.moves import BRIDGE, note

CALLED = {"cost_code": "Item", "job": "Job", "vendor": "Vendor"}
"""What QuickBooks calls the record of a submission."""


def look_after(facts: Facts, now: dt.datetime) -> None:
    """Write what became of them into the reasons of synced submissions, and follow their names; kept where changed."""
    for row in facts.submissions.values():
        if row.state is State.SYNCED and row.quickbooks_id:
            _follow_name(facts, row, now)
            reasons = flags(facts, row)
            if reasons != row.reasons:
                row.reasons = reasons
                facts.uow.submissions.save(row)


def flags(facts: Facts, row: Submission) -> list[str]:
    """Give the sentences about a synced submission that a person must read; none where all is well."""
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
