"""Whether an order or estimate in QuickBooks still is what was written or agreed to (ACCOUNTING 9, 13 to 15).

Billing progress is no hand edit: only party, job, item, amount and description are compared.
"""

from dataclasses import replace

from qbwc_bridge.domain import document_rules, rules
from qbwc_bridge.domain.books import TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO, cents, readable, total
from qbwc_bridge.domain.procore import ChangeOrder, Commitment
from qbwc_bridge.domain.records import Agreed, Submission
from qbwc_bridge.flow.contents import exported_amount, included
from qbwc_bridge.flow.facts import Facts

DOCUMENTS = {"budget": "Estimate", "commitment": "PurchaseOrder"}
"""Kinds that own a transaction of QuickBooks; changes of them stand in it."""


def own_kind(facts: Facts, row: Submission) -> str:
    """The kind of transaction that a submission has for itself in QuickBooks; empty for what stands in another's.

    A change order has one where it became a second order (ACCOUNTING 13).
    """
    if row.kind == "change_order" and row.quickbooks_id and ("commitment", row.quickbooks_id) not in facts.holders:
        return "PurchaseOrder"
    return DOCUMENTS.get(row.kind, "") if row.quickbooks_id else ""


def agreed_of(record: TransactionRecord) -> Agreed:
    """What of a transaction is agreed to, as it stands now."""
    return Agreed(record.party_id, [_substance(line) for line in record.lines])


def keep_up(facts: Facts, row: Submission) -> None:
    """Agree to what is nobody's edit of a document: what was never kept, and names that were merged in QuickBooks.

    The first version of the program kept nothing. A merged record takes its documents along to the one that stays.
    """
    record = facts.transaction(own_kind(facts, row), row.quickbooks_id)
    if record is None:
        return
    agreed = agreed_of(record) if row.agreed is None else _after_merges(facts, row.agreed, record)
    if agreed != row.agreed:
        row.agreed = agreed
        facts.uow.submissions.save(row)


def _after_merges(facts: Facts, agreed: Agreed, record: TransactionRecord) -> Agreed:
    def now(kind: str, old: str, new: str) -> str:
        merged = facts.record(kind, old) if old != new else None
        return new if merged and merged.gone else old

    there = {line.txn_line_id: line for line in record.lines}
    lines = [
        replace(
            line,
            item_id=now("item", line.item_id, there[line.txn_line_id].item_id),
            job_id=now("customer", line.job_id, there[line.txn_line_id].job_id),
        )
        if line.txn_line_id in there
        else line
        for line in agreed.lines
    ]
    party = "customer" if record.kind == "Estimate" else "vendor"
    return Agreed(now(party, agreed.party_id, record.party_id), lines)


def edits(row: Submission, record: TransactionRecord) -> list[str]:
    """Tell what was changed by hand in QuickBooks since it was written or agreed to."""
    if row.agreed is None:
        return []
    found = [f"it is now of {record.party_name}"] if record.party_id != row.agreed.party_id else []
    before = {line.txn_line_id: line for line in row.agreed.lines}
    for line in record.lines:
        was = before.pop(line.txn_line_id, None)
        called = f"line {line.description or line.item_name or line.txn_line_id}"
        if was is None:
            found.append(f"{called} of {readable(line.amount)} was added")
            continue
        if was.amount != line.amount:
            found.append(f"{called}: {readable(was.amount)} became {readable(line.amount)}")
        changed = [
            word
            for word, old, new in (
                ("item", was.item_id, line.item_id),
                ("job", was.job_id, line.job_id),
                ("description", was.description, line.description),
            )
            if old != new
        ]
        if changed:
            found.append(f"{called}: another {' and '.join(changed)}")
    found += [f"line {was.description or was.item_name} of {readable(was.amount)} is gone" for was in before.values()]
    return found


def hand_edit(row: Submission, record: TransactionRecord) -> str | None:
    """Ask about a hand edit, or nothing where there is none."""
    return document_rules.edited_by_hand(record.kind, record.ref_number, edits(row, record))


def against(owner: Submission, record: TransactionRecord, change: Submission | None) -> list[str | None]:
    """What stands against changing an order or estimate as it was read; `change` is None where it is not kept yet."""
    over = None
    if record.kind == "PurchaseOrder":
        closed = record.closed and not (change and change.choice == "reopen")
        over = document_rules.order_ended(
            record.ref_number,
            closed=closed,
            received=record.received,
            # What stands in the order already has no choice: neither the commitment itself nor an exported change.
            update=change is owner or (change is not None and bool(change.quickbooks_id)),
        )
    return [
        hand_edit(owner, record),
        document_rules.order_grouped(record.ref_number, grouped=record.grouped),
        _inactive(record),
        _invoiced(record),
        over,
    ]


def _inactive(record: TransactionRecord) -> str | None:
    return rules.inactive(f"Estimate {record.ref_number}", is_active=record.is_active or record.kind != "Estimate")


def _invoiced(record: TransactionRecord) -> str | None:
    drawn = record.kind == "Estimate" and any(kind == "Invoice" for _, kind in record.linked)
    return document_rules.invoiced(record.ref_number, drawn=drawn)


def flags(facts: Facts, row: Submission) -> list[str]:
    """What a person should look at on an exported budget, commitment or change of one."""
    found: list[str | None] = []
    if row.kind in ("budget_change", "change_order") and not _still_approved(facts, row):
        found.append(document_rules.change_taken_back(exported_amount(row)))
    kind = own_kind(facts, row)
    if kind:
        found += _of_document(facts, row, kind)
    return [each for each in found if each]


def _still_approved(facts: Facts, row: Submission) -> bool:
    if row.kind == "change_order":
        change = facts.find(row.kind, row.key)
        return isinstance(change, ChangeOrder) and rules.change_not_approved(change) is None
    budget, owner = facts.budget(row.project_id), facts.synced("budget", str(row.project_id))
    if int(row.key) in (included(owner) or ()):
        return True  # the budget's own update takes it out of the estimate
    return budget is not None and any(str(change.id) == row.key for change in budget.changes)


def _of_document(facts: Facts, row: Submission, kind: str) -> list[str | None]:
    record = facts.transaction(kind, row.quickbooks_id)
    if record is None:
        return [document_rules.transaction_gone(kind, row.quickbooks_name)] if facts.connection.lists_read_at else []
    asked = hand_edit(row, record)
    if asked:
        return [asked]
    return [
        _total(facts, row, record),
        _inactive(record),
        _invoiced(record),
        *_not_as_written(record),
        _to_close(facts, row, record),
    ]


def _total(facts: Facts, row: Submission, record: TransactionRecord) -> str | None:
    """Compare QuickBooks' own total with everything of ours that stands in it; what differs is shown."""
    kind = "budget_change" if row.kind == "budget" else "change_order"
    contained = {str(change_id) for change_id in included(row) or ()}
    others = [other for other in facts.standing_in(record.txn_id) if other is not row]
    changes = [other for other in others if other.kind == kind and other.key not in contained]
    expected = exported_amount(row) + total(exported_amount(other) for other in changes)
    called = f"{row.kind.capitalize().replace('_', ' ')} {row.number}"
    return document_rules.total_differs(called, expected, record.total)


def _not_as_written(record: TransactionRecord) -> list[str | None]:
    """Find tax and markup that QuickBooks put on an estimate (ACCOUNTING 9)."""
    if record.kind != "Estimate":
        return []
    tax = record.total - total(line.amount for line in record.lines)
    marked = [
        line.description
        for line in record.lines
        if line.quantity is not None and line.rate is not None and cents(line.quantity * line.rate) != line.amount
    ]
    return [
        document_rules.taxed(tax) if tax > ZERO else None,
        *(document_rules.marked_up(description) for description in marked),
    ]


def ended(facts: Facts, row: Submission) -> str | None:
    """What a person reads of a commitment that ended in Procore; nothing while it is approved there."""
    document = facts.find(row.kind, row.key)
    return document_rules.commitment_ended(row.number, document if isinstance(document, Commitment) else None)


def _to_close(facts: Facts, row: Submission, record: TransactionRecord) -> str | None:
    return None if row.kind != "commitment" or record.closed or record.received else ended(facts, row)


def _substance(line: TransactionLine) -> TransactionLine:
    return TransactionLine(
        txn_line_id=line.txn_line_id,
        item_id=line.item_id,
        item_name=line.item_name,
        description=line.description,
        amount=line.amount,
        job_id=line.job_id,
    )
