"""Requests that change an order or estimate which stands in QuickBooks (ACCOUNTING 8, 13, 15).

Each is built from the document as read in the same visit, and only while that is as we left it: QuickBooks deletes the
lines that a Mod leaves out, and a hand edit is for a person to judge.
"""

from dataclasses import replace

from qbwc_bridge.domain import mapping
from qbwc_bridge.domain.books import TransactionRecord
from qbwc_bridge.domain.changing import Mark, OrderDraft, Step, estimate_change, order_change
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.procore import Budget, BudgetCode, ChangeOrder, Commitment, ContractLine
from qbwc_bridge.domain.quickbooks import PurchaseOrderMod, Request, query_of
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import ALIVE, State, TaskState
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import agreement, contents
from qbwc_bridge.flow.facts import Facts, accepted_on, job_ref, vendor_ref
from qbwc_bridge.flow.moves import mark_of
from qbwc_bridge.qbxml.types import fit_ref_number, plain

CHANGING = frozenset({"budget_change", "change_order"})
"""Kinds that are never records of their own in QuickBooks, but stand in another one's."""


def next_request(facts: Facts, row: Submission, *, visit_id: int | None) -> Request:
    """Build the reading or the Mod that a change, an update or a decision on an order needs next.

    Raises Refused with a sentence when it cannot be built.
    """
    if row.choice == "second_order":
        return _second_order(facts, row)
    owner = owner_of(facts, row)
    if owner is None:
        raise Refused(f"What {row.number or row.title} changes is not in QuickBooks yet.")
    kind = agreement.DOCUMENTS[owner.kind]
    record = facts.transaction(kind, owner.quickbooks_id)
    if record is None or record.read_visit_id is None or record.read_visit_id != visit_id:
        return query_of(kind, owner.quickbooks_id)
    if row.choice == "close" and row.state is State.SYNCED:
        return PurchaseOrderMod(record.txn_id, record.edit_sequence, is_closed=True)
    for asked in agreement.against(owner, record, row):
        if asked:
            raise Refused(asked)
    if kind == "Estimate":
        return _estimate(facts, row, owner, record)
    return _update(facts, row, record) if row is owner else _change(facts, row, owner, record)


def owner_of(facts: Facts, row: Submission) -> Submission | None:
    """The submission whose order or estimate a change stands in; itself for an exported one; None if not there."""
    if row.kind == "budget_change":
        return facts.synced("budget", str(row.project_id))
    if row.kind == "change_order":
        if row.choice == "second_order" and row.quickbooks_id:
            return None
        change = facts.find(row.kind, row.key)
        return facts.synced("commitment", str(change.commitment_id)) if isinstance(change, ChangeOrder) else None
    return row if row.quickbooks_id else None


def going_together(facts: Facts, row: Submission) -> list[Submission]:
    """The change orders that one Mod of their order brings: this one, and those that are ready to go with it.

    Once QuickBooks refused several together, each goes alone, so that one at fault stops no other (promise 6).
    """
    owner = owner_of(facts, row)
    if row.kind != "change_order" or owner is None or row.quickbooks_id or row.choice == "second_order":
        return [row]
    others = [
        other
        for other in facts.changes_of(owner.key)
        if other is not row
        and other.state in (State.ACCEPTED, State.EXPORTING)
        and not (other.waits_for or other.reasons or other.quickbooks_id)
        and other.choice != "second_order"
        and other.version == other.accepted_version
    ]
    if not others:
        return [row]
    ids = [each.id for each in (row, *others)]
    held = facts.uow.tasks.find(submission_id=ids, state=[*ALIVE, TaskState.PARKED])
    busy = {task.submission_id for task in held} - {row.id}
    refused = facts.uow.tasks.find(submission_id=ids, state=TaskState.CANCELLED, set_limit=1)
    if any(len(task.brings) > 1 for task in refused):
        return [row]
    return [row, *(other for other in others if other.id not in busy)]


def _second_order(facts: Facts, row: Submission) -> Request:
    change = facts.find(row.kind, row.key)
    commitment = facts.find("commitment", str(change.commitment_id)) if isinstance(change, ChangeOrder) else None
    if not isinstance(change, ChangeOrder) or not isinstance(commitment, Commitment):
        raise Refused(f"{row.number} is no longer shown by Procore.")
    return mapping.purchase_order(
        replace(change, number=f"{commitment.number} CO {change.number}", lines=_named(change)),
        vendor=vendor_ref(facts, commitment),
        job=job_ref(facts, row),
        item_for=facts.item_for,
        number=fit_ref_number(row.name or f"{commitment.number}-{change.number}"),
        token=row.mark,
        date=accepted_on(facts, row),
        amount_as_quantity=facts.options.amount_as_quantity,
        owner=row.id,
    )


def _change(facts: Facts, row: Submission, owner: Submission, order: TransactionRecord) -> PurchaseOrderMod:
    """One Mod for every change order of the order that can go now, or for what changed of one that stands in it."""
    draft = _draft(facts, row, order)
    together = going_together(facts, row)
    marks = []
    for each in together:
        change = facts.find(each.kind, each.key)
        if not isinstance(change, ChangeOrder):
            raise Refused(f"{each.number} is no longer shown by Procore.")
        called = f"CO {change.number}"
        if each.quickbooks_id:
            _apply_difference(facts, draft, each, owner, change)
            marks.append(Mark(f"{called} changed", _token(each, order)))
        else:
            lines = _named(change)
            linked = {line.id: owner.line_ids.get(str(line.commitment_line_id), "") for line in lines}
            draft.apply(Step(each.id, called, lines, linked, raises=_raises(facts)))
            marks.append(Mark(called, each.mark))
    made = order_change(draft, order, marks)
    return replace(made, is_closed=False) if any(each.choice == "reopen" for each in together) else made


def _apply_difference(facts: Facts, draft: OrderDraft, row: Submission, owner: Submission, change: ChangeOrder) -> None:
    """Let a change order that stands in the order already move it by what changed of it since.

    A line of its own follows it as an order's line does. One that lowered or raised a line of the commitment moves that
    by the difference.
    """
    called = f"CO {change.number}"
    was = contents.exported_lines(row)
    now = {str(line.id): line for line in _named(change)}
    moving = {key for key in was if key in now and key not in row.line_ids}
    follow = {
        key: replace(each, description=f"{called} {each.description}") for key, each in was.items() if key not in moving
    }
    lines = [replace(now[key], description=f"{called} {now[key].description}") for key in follow if key in now]
    places = {key: row.line_ids.get(key) or owner.line_ids.get(each.target, "") for key, each in follow.items()}
    draft.update(row.id, lines, follow, places)
    for key, line in now.items():
        by = cents(line.amount) - was[key].amount if key in moving else line.amount
        if key in follow or (key in moving and not by):
            continue
        part = line if by == line.amount else replace(line, amount=by, quantity=None, unit_cost=None)
        target = {line.id: owner.line_ids.get(str(line.commitment_line_id), "")}
        draft.apply(Step(row.id, f"{called} changed", (part,), target, raises=key in moving or _raises(facts)))


def _update(facts: Facts, row: Submission, order: TransactionRecord) -> PurchaseOrderMod:
    commitment = facts.find(row.kind, row.key)
    if not isinstance(commitment, Commitment):
        raise Refused(f"{row.number} is no longer shown by Procore.")
    draft = _draft(facts, row, order)
    draft.update(row.id, commitment.lines, contents.exported_lines(row), row.line_ids)
    before, now = contents.exported(row), commitment.content()
    made = order_change(draft, order, [Mark("changed", _token(row, order))])
    if before.get("number") != now["number"] and not row.name:
        made = replace(made, ref_number=fit_ref_number(commitment.number))
    if before.get("date") != now["date"] and commitment.contract_date:
        made = replace(made, txn_date=commitment.contract_date)
    return made


def _estimate(facts: Facts, row: Submission, owner: Submission, estimate: TransactionRecord) -> Request:
    """Move the estimate by what changed of the budget, or by a change of it: whatever else stands in it stays."""
    budget = facts.find("budget", str(row.project_id))
    now = contents.content(facts.find, row)
    if not isinstance(budget, Budget) or not now:
        raise Refused(f"{row.number} {row.title} is no longer shown by Procore.")
    before, wanted = contents.amounts(contents.exported(row)), contents.amounts(now)
    moves = {code_id: wanted.get(code_id, ZERO) - before.get(code_id, ZERO) for code_id in {**before, **wanted}}
    moves = {code_id: by for code_id, by in moves.items() if by or code_id not in before}
    called = "changed" if row is owner else f"budget change {row.number}"
    return estimate_change(
        estimate,
        moves,
        _codes(facts, budget),
        line_ids=owner.line_ids,
        owner=owner.id,
        item_for=facts.item_for,
        describe=plain,
        change=Mark(called, _token(row, estimate) if row.quickbooks_id else row.mark),
    )


def _codes(facts: Facts, budget: Budget) -> dict[int, BudgetCode]:
    choice = facts.projects.get(budget.project_id)
    codes = {code.id: code for code in (choice.budget_codes if choice else ())}
    return codes | {row.code.id: row.code for row in budget.rows}


def _draft(facts: Facts, row: Submission, order: TransactionRecord) -> OrderDraft:
    return OrderDraft(
        order,
        job=job_ref(facts, row),
        item_for=facts.item_for,
        amount_as_quantity=facts.options.amount_as_quantity,
    )


def _named(change: ChangeOrder) -> tuple[ContractLine, ...]:
    """A change order's lines, each with words of its own."""
    return tuple(line if line.description else replace(line, description=change.title) for line in change.lines)


def _raises(facts: Facts) -> bool:
    return facts.options.change_lines == "linked_line"


def _token(row: Submission, record: TransactionRecord) -> str:
    """A mark for this change of this state of the record: the same whenever the same request is built again."""
    return mark_of(row.mark, record.edit_sequence, row.version)
