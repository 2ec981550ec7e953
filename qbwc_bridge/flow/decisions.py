"""What people decide about submissions: each decision is checked, carried out and recorded with who and when."""

import datetime as dt
import hashlib
import json

from qbwc_bridge.domain import document_rules
from qbwc_bridge.domain.books import TransactionRecord
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import Commitment
from qbwc_bridge.domain.records import BY_HAND, KINDS_IN_ORDER, KINDS_OUTWARD, Choice, Submission
from qbwc_bridge.domain.states import ALIVE, State, TaskState
from qbwc_bridge.errors import NotFound, Refused
from qbwc_bridge.flow.agreement import DOCUMENTS, agreed_of
from qbwc_bridge.flow.contents import content_text, stored
from qbwc_bridge.flow.facts import LISTS_OF
from qbwc_bridge.flow.linking import join, part
from qbwc_bridge.flow.moves import alive_tasks, cancel_queued, move, note
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.qbxml.types import Kind, fit_name, fit_ref_number

STAMP_LENGTH = 32

_UPDATE_ENDS = (State.READY, State.BLOCKED, State.FAILED)
"""States of an update that a person can end otherwise than by writing it."""

_NAMED: dict[str, Kind] = {"job": "job", "vendor": "vendor", "cost_code": "item"}
"""Whose limits a name keeps."""

_THERE = {
    "job": "job named",
    "vendor": "vendor named",
    "cost_code": "item named",
    "budget": "estimate numbered",
    "commitment": "purchase order numbered",
}
"""What QuickBooks calls the record that a submission is linked to."""


def stamp(row: Submission) -> str:
    """Give a text that changes with all that a person accepts: what Procore has, and what will be done with it.

    The notes say which record of QuickBooks it will be linked to.
    """
    told = [row.version, row.choice, row.link_to, row.name, row.is_1099, *row.notes]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:STAMP_LENGTH]


def accept(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime, seen: str = "") -> None:
    """Accept a record as it stands; `seen` is the `stamp` of what the person looked at.

    Raises Refused when the record is not ready, or changed since it was seen.
    """
    if row.state is not State.READY:
        raise Refused(f"{_called(row)} is {_word(row)} and cannot be accepted now.")
    if seen and seen != stamp(row):
        raise Refused(f"{_called(row)} changed while you looked at it: please look again.")
    cancel_queued(uow, row, now=now, who=who, why="accepted anew")
    row.accepted_version, row.accepted_by, row.accepted_at = row.version, who, now
    row.comment = ""
    row.link_to = "" if row.link_to == BY_HAND else row.link_to
    move(uow, row, State.ACCEPTED, now=now, who=who, why="accepted")


def in_dependency_order(rows: list[Submission]) -> list[Submission]:
    """Sort so that what others need comes first."""
    return sorted(rows, key=dependency)


def dependency(row: Submission) -> tuple[int, int, int]:
    """Where a submission stands among others: what they need comes first, what goes to Procore last."""
    return ((*KINDS_IN_ORDER, *KINDS_OUTWARD).index(row.kind), row.key.count("."), row.id)


def take_back(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Take an acceptance back; possible until it is sent."""
    if row.state is not State.ACCEPTED or any(task.state is not TaskState.QUEUED for task in alive_tasks(uow, row)):
        raise Refused(f"{_called(row)} is {_word(row)} and cannot be taken back any more.")
    cancel_queued(uow, row, now=now, who=who, why="taken back")
    row.link_to = row.link_to or BY_HAND
    move(uow, row, State.READY, now=now, who=who, why="taken back")


def reject(uow: UnitOfWork, row: Submission, *, comment: str, who: str, now: dt.datetime) -> None:
    """Reject a record with a comment that tells what to mend in Procore."""
    if not comment.strip():
        raise Refused("A rejection needs a comment that tells what to mend.")
    if row.state not in (State.READY, State.FAILED):
        raise Refused(f"{_called(row)} is {_word(row)} and cannot be rejected now.")
    cancel_queued(uow, row, now=now, who=who, why="rejected")
    row.comment = comment.strip()
    move(uow, row, State.REJECTED, now=now, who=who, why=row.comment)


def retry(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Send a failed record again with the next visit, or offer a rejected one again."""
    if row.state is State.FAILED:
        cancel_queued(uow, row, now=now, who=who, why="retried")
        row.accepted_version, row.accepted_by, row.accepted_at, row.reasons = row.version, who, now, []
        move(uow, row, State.ACCEPTED, now=now, who=who, why="retry")
    elif row.state is State.REJECTED:
        move(uow, row, State.READY, now=now, who=who, why="offered again")
    else:
        raise Refused(f"{_called(row)} is {_word(row)}: only failed or rejected records can be tried again.")


def archive(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Put a record aside, or take it out again."""
    if row.state is State.ARCHIVED:
        before = row.before_state or State.READY
        row.before_state = None
        move(uow, row, before, now=now, who=who, why="taken out of the archive")
        return
    if row.state not in (State.READY, State.BLOCKED, State.REJECTED, State.FAILED):
        raise Refused(f"{_called(row)} is {_word(row)} and cannot be archived.")
    cancel_queued(uow, row, now=now, who=who, why="archived")
    row.before_state = row.state
    move(uow, row, State.ARCHIVED, now=now, who=who, why="archived")


def done(uow: UnitOfWork, row: Submission, *, comment: str, who: str, now: dt.datetime) -> None:
    """Mark as done by hand: a failed record that a person entered, or an update that a person made in QuickBooks."""
    if not comment.strip():
        raise Refused("Marking as done needs a comment that tells what was done.")
    if row.state is not State.FAILED and not (row.update and row.state in (*_UPDATE_ENDS, State.ACCEPTED)):
        raise Refused(f"{_called(row)} is {_word(row)}: only failed records and updates can be marked as done by hand.")
    cancel_queued(uow, row, now=now, who=who, why="done by hand")
    row.comment, row.exported_version, row.reasons = comment.strip(), row.version, []
    row.exported = content_text(stored(uow, row.connection_id), row)
    _agree(uow, row)
    move(uow, row, State.SYNCED, now=now, who=who, why=f"done by hand: {row.comment}")


def link(uow: UnitOfWork, row: Submission, quickbooks: str, *, who: str, now: dt.datetime) -> None:
    """Link a record to one that QuickBooks has, named as people name it (FullName or RefNumber)."""
    fit = (State.BLOCKED, State.READY, State.ACCEPTED, State.FAILED, State.SYNCED)
    if row.state not in fit or row.quickbooks_id:
        raise Refused(f"{_called(row)} is {_word(row)} and cannot be linked now.")
    quickbooks_id, name = _find(uow, row, quickbooks)
    kinds = ["commitment", "change_order"] if row.kind == "commitment" else [row.kind]  # it may be a second order
    taken = uow.submissions.first(connection_id=row.connection_id, kind=kinds, quickbooks_id=quickbooks_id)
    if taken:
        raise Refused(f"{name} is linked to {_called(taken)} already: unlink that one first.")
    row.accepted_by = who
    join(uow, row, quickbooks_id, name, now=now, why=f"{who} chose {name}")


def say_new(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Say that a record is none of those that QuickBooks has; of what goes to Procore, none that Procore has."""
    if row.state not in (State.BLOCKED, State.READY, State.FAILED):
        raise Refused(f"{_called(row)} is {_word(row)} already.")
    row.link_to = "new"
    uow.submissions.save(row)
    where = "Procore" if row.kind in KINDS_OUTWARD else "QuickBooks"
    note(uow, row, now=now, who=who, why=f"is new, not one of those in {where}")


def unlink(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Forget the link; the record in QuickBooks stays as it is. Changes that stand in it are offered again too.

    Raises Refused where it has none, or while a change of it may be on its way.
    """
    if row.state is not State.SYNCED and not (row.update and row.state in _UPDATE_ENDS):
        raise Refused(f"{_called(row)} is {_word(row)}: only synced records and updates can be unlinked.")
    document, was = row.quickbooks_id, row.quickbooks_name
    changes: list[Submission] = []
    if row.kind in DOCUMENTS and document:
        sent = uow.tasks.find(connection_id=row.connection_id, kind=["EstimateMod", "PurchaseOrderMod"], state=[*ALIVE])
        if any(task.message_set_id and getattr(task.request, "txn_id", "") == document for task in sent):
            raise Refused(f"{was} is being changed in QuickBooks just now: unlink it once that is answered.")
        kinds = ["budget_change", "change_order"]
        changes = uow.submissions.find(connection_id=row.connection_id, kind=kinds, quickbooks_id=document)
    part(uow, row, now=now, who=who, why=f"unlinked from {was}")
    for each in changes:  # known by their marks again, should the same order or estimate be linked once more
        part(uow, each, now=now, who=who, why=f"unlinked from {was}", keep_mark=True)


def close_order(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Have the order of a commitment that ended in Procore closed with the next visit (ACCOUNTING 15)."""
    document = stored(uow, row.connection_id)(row.kind, row.key)
    commitment = document if isinstance(document, Commitment) else None
    order = _transaction(uow, row)
    if row.kind != "commitment" or row.state is not State.SYNCED or order is None:
        raise Refused(f"{_called(row)} has no order in QuickBooks that could be closed.")
    if order.closed or order.received:
        raise Refused(f"Purchase order {order.ref_number} is closed or received in full already.")
    if document_rules.commitment_ended(row.number, commitment) is None:
        raise Refused(f"{_called(row)} is approved in Procore: close or void it there first.")
    row.choice = "close"
    uow.submissions.save(row)
    note(uow, row, now=now, who=who, why="its order is to be closed in QuickBooks")


def reopen_order(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Have the closed order of a change order opened again together with the change (ACCOUNTING 13)."""
    _choose(uow, row, "reopen", who=who, now=now, why="its order is to be re-opened for it")


def second_order(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Have a change order written as a purchase order of its own (ACCOUNTING 13)."""
    _choose(uow, row, "second_order", who=who, now=now, why="it is to be an order of its own")


def agree(uow: UnitOfWork, row: Submission, *, who: str, now: dt.datetime) -> None:
    """Agree to what was changed by hand in an order or estimate: later changes build on it (ACCOUNTING 14)."""
    if _transaction(uow, row) is None:
        raise Refused(f"{_called(row)} has no order or estimate in QuickBooks.")
    _agree(uow, row)
    uow.submissions.save(row)
    note(uow, row, now=now, who=who, why="agreed to as it stands in QuickBooks")


def _choose(uow: UnitOfWork, row: Submission, choice: Choice, *, who: str, now: dt.datetime, why: str) -> None:
    if row.kind != "change_order" or row.quickbooks_id or row.state not in (State.BLOCKED, State.READY, State.FAILED):
        raise Refused(f"{_called(row)} is {_word(row)}: only a change order that was not written yet has this choice.")
    row.choice = choice
    uow.submissions.save(row)
    note(uow, row, now=now, who=who, why=why)


def _transaction(uow: UnitOfWork, row: Submission) -> TransactionRecord | None:
    if not row.quickbooks_id or not (row.kind in DOCUMENTS or row.agreed):
        return None
    return uow.transactions.first(connection_id=row.connection_id, txn_id=row.quickbooks_id, gone=False)


def _agree(uow: UnitOfWork, row: Submission) -> None:
    record = _transaction(uow, row)
    if record:
        row.agreed = agreed_of(record)


def choose_name(uow: UnitOfWork, row: Submission, *, name: str, who: str, now: dt.datetime) -> None:
    """Choose the name in QuickBooks, of an estimate or order its number; an empty one means as in Procore.

    Raises Refused where QuickBooks would take another text than this: it cuts what is too long without a word.
    """
    _check_editable(row)
    text = " ".join(name.split())
    if row.kind in DOCUMENTS:
        what, fitted = "number", fit_ref_number(text)
    elif row.kind in _NAMED:
        what, fitted = "name", fit_name(_NAMED[row.kind], text)
    else:
        raise Refused(f"{_called(row)} has no name of its own in QuickBooks.")
    if fitted != text:
        raise Refused(f"QuickBooks would not take {text!r}: {fitted!r} would fit.")
    row.name = text
    uow.submissions.save(row)
    note(uow, row, now=now, who=who, why=f"{what} in QuickBooks: {text or 'as in Procore'}")


def answer_1099(uow: UnitOfWork, row: Submission, *, answer: bool | None, who: str, now: dt.datetime) -> None:
    """Answer whether a new vendor gets a 1099; None leaves it to QuickBooks (ACCOUNTING 4)."""
    _check_editable(row)
    if row.kind != "vendor" or row.quickbooks_id:
        raise Refused(f"{_called(row)} is no new vendor: QuickBooks owns whether it gets a 1099.")
    row.is_1099 = answer
    uow.submissions.save(row)
    note(uow, row, now=now, who=who, why=f"1099: {'left alone' if answer is None else 'yes' if answer else 'no'}")


def _check_editable(row: Submission) -> None:
    if row.state not in (State.BLOCKED, State.READY, State.FAILED):
        raise Refused(f"{_called(row)} is {_word(row)} and cannot be edited now.")


def _find(uow: UnitOfWork, row: Submission, quickbooks: str) -> tuple[str, str]:
    if row.kind in LISTS_OF:
        record = uow.lists.first(
            connection_id=row.connection_id, kind=LISTS_OF[row.kind], folded=fold(quickbooks), gone=False
        )
        if record:
            return record.list_id, record.full_name
    elif row.kind in DOCUMENTS:
        kind = DOCUMENTS[row.kind]
        numbered = uow.transactions.find(connection_id=row.connection_id, kind=kind, ref_number=quickbooks, gone=False)
        job, vendor = _whose(uow, row)
        found = [each for each in numbered if _is_of(each, job, vendor)]
        if len(found) > 1:
            raise Refused(
                f"QuickBooks has {len(found)} with number {quickbooks}: give one of them another number there."
            )
        if found:
            return found[0].txn_id, found[0].ref_number
        if numbered:
            whose = " or ".join(sorted({each.party_name for each in numbered}))
            raise Refused(
                f"The {_THERE[row.kind]} {quickbooks} in QuickBooks is of {whose}, and not of this vendor and job."
                if vendor
                else f"The {_THERE[row.kind]} {quickbooks} in QuickBooks is of {whose}, and not of this job."
            )
    raise NotFound(f"QuickBooks has no {_THERE[row.kind]} {quickbooks}, as far as it was read.")


def _whose(uow: UnitOfWork, row: Submission) -> tuple[str, str]:
    """The ListIDs of a document's job, and of a commitment's vendor; empty where they are not known yet."""
    mine = {"connection_id": row.connection_id}
    job = uow.submissions.first(kind="job", key=str(row.project_id), **mine)
    document = stored(uow, row.connection_id)(row.kind, row.key)
    vendor = None
    if isinstance(document, Commitment):
        vendor = uow.submissions.first(kind="vendor", key=str(document.vendor_id), **mine)
    return (job.quickbooks_id if job else ""), (vendor.quickbooks_id if vendor else "")


def _is_of(record: TransactionRecord, job: str, vendor: str) -> bool:
    """Whether an order or estimate may be of that job and vendor: changes would be written into it."""
    if record.kind == "Estimate":
        return job in ("", record.party_id)
    jobs = {line.job_id for line in record.lines} - {""}
    return vendor in ("", record.party_id) and (not job or not jobs or job in jobs)


def _called(row: Submission) -> str:
    return f"{row.kind.replace('_', ' ').capitalize()} {row.number or row.title}"


def _word(row: Submission) -> str:
    where = "Procore" if row.kind in KINDS_OUTWARD else "QuickBooks"
    return f"waiting for {where}" if row.state is State.ACCEPTED else row.state.replace("_", " ")
