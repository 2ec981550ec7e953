"""Subcontractors' invoices ("requisitions") against commitments: their figures to date, and how they are listed."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from qbwc_bridge.rehearsal.procore.commitments import HOLDERS, changes_of
from qbwc_bridge.rehearsal.procore.lines import short_wbs
from qbwc_bridge.rehearsal.procore.problems import Invalid, bad_request, not_found
from qbwc_bridge.rehearsal.procore.records import Commitment, Invoice, InvoiceItem, Line, Project
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import ZERO, Row, day, iso, money, short
from qbwc_bridge.rehearsal.procore.views import InvoiceLine
from qbwc_bridge.rehearsal.procore.wire import REQUISITIONS_PER_PAGE, Answer, Ask, Listing, Route, chosen

STATUSES = ("draft", "under_review", "revise_and_resubmit", "approved", "approved_as_noted", "pending_owner_approval")
APPROVED = ("approved", "approved_as_noted")
"""Statuses whose amounts the budget counts as spent."""
VIEWS = ("default", "extended", "items", "action_policy")


def new_invoice(
    state: State,
    project: Project,
    contract: Commitment,
    lines: Sequence[InvoiceLine],
    *,
    invoice_number: str,
    status: str,
    billing_date: date | None,
) -> Invoice:
    """Write the next invoice of a contract, an item for each line that can be billed by now.

    Raises Invalid for an unknown status, for a line that the contract and its approved change orders do not have, and
    for one that is claimed twice.
    """
    known = _lines(project, contract)
    claimed = {line.line_id: line for line in lines}
    if len(claimed) != len(lines):
        raise Invalid(line_item_id="is claimed twice on one invoice")
    if set(claimed) - set(known):
        raise Invalid(line_item_id="does not exist on this contract or its approved change orders")
    earlier = [one for one in project.invoices.values() if one.contract_id == contract.id]
    previous = earlier[-1] if earlier else None
    made = Invoice(
        **state.fresh("requisition"),
        contract_id=contract.id,
        previous_id=previous.id if previous else None,
        number=len(earlier) + 1,
        invoice_number=invoice_number,
        status=known_status(status),
        billing_date=billing_date or state.stamp().date(),
    )
    for line_id, (line, package_id) in known.items():
        item = InvoiceItem(
            id=state.new_id("requisition_item"),
            line_id=line_id,
            package_id=package_id,
            wbs_code_id=line.wbs_code_id,
            description=line.description,
            scheduled=line.amount,
        )
        _carry(item, previous)
        if line_id in claimed:
            _claim(item, claimed[line_id], contract.retainage_percent)
        made.items[line_id] = item
    project.invoices[made.id] = made
    return made


def known_status(status: str) -> str:
    """Give the status back; raises Invalid where Procore has no such one."""
    if status not in STATUSES:
        raise Invalid(status=f"must be one of {', '.join(STATUSES)}")
    return status


def _lines(project: Project, contract: Commitment) -> dict[int, tuple[Line, int | None]]:
    found: dict[int, tuple[Line, int | None]] = {line.id: (line, None) for line in contract.lines.values()}
    for order in changes_of(project, contract):
        if order.status == "approved":
            found |= {line.id: (line, order.id) for line in order.lines.values()}
    return found


def _carry(item: InvoiceItem, previous: Invoice | None) -> None:
    """Take over what the invoice before had brought the line to; what was stored stays so until somebody says else."""
    before = previous.items.get(item.line_id) if previous else None
    if before is not None:
        item.work_before = before.work_before + before.work
        item.stored_before = item.stored = before.stored
        item.held_before = before.held


def _claim(item: InvoiceItem, line: InvoiceLine, percent: Decimal) -> None:
    item.work, item.stored = money(line.work), money(line.stored)
    usual = (item.to_date - item.before) * percent / 100
    item.retained = money(usual if line.retained is None else line.retained)
    item.released = money(line.released)


def _row(state: State, project: Project, invoice: Invoice, *, with_items: bool) -> Row:
    contract = project.commitments[invoice.contract_id]
    vendor = state.vendors.get(contract.vendor_id) if contract.vendor_id is not None else None
    items = list(invoice.items.values())
    claimed = sum((item.to_date - item.before for item in items), ZERO)
    row: Row = {
        "id": invoice.id,
        "previous_requisition_id": invoice.previous_id,
        "project_id": project.id,
        "billing_date": day(invoice.billing_date),
        "commitment_id": contract.id,
        "commitment_type": HOLDERS[contract.kind],
        "contract_name": contract.title,
        "final": False,
        "vendor_id": contract.vendor_id,
        "vendor_name": None if vendor is None else vendor.name,
        "invoice_number": invoice.invoice_number,
        "number": invoice.number,
        "status": invoice.status,
        "payment_date": None,
        "total_claimed_amount": short(claimed),
        "summary": _summary(items),
        "currency_configuration": {"currency_iso_code": "USD"},
        "origin_id": invoice.origin_id,
        "origin_data": invoice.origin_data,
        "created_at": iso(invoice.created_at),
        "updated_at": iso(invoice.updated_at),
    }
    return row | {"items": [_item_row(state, project, item) for item in items]} if with_items else row


def _summary(items: Iterable[InvoiceItem]) -> Row:
    """Write the summary in the terms of the form G702, to date."""
    to_date = held = held_before = before = ZERO
    for item in items:
        to_date, before = to_date + item.to_date, before + item.before
        held, held_before = held + item.held, held_before + item.held_before
    return {
        "total_completed_and_stored_to_date": short(to_date),
        "total_retainage": short(held),
        "total_earned_less_retainage": short(to_date - held),
        "less_previous_certificates_for_payment": short(before - held_before),
        "current_payment_due": short(to_date - held - before + held_before),
    }


def _item_row(state: State, project: Project, item: InvoiceItem) -> Row:
    gross = item.to_date - item.before
    new_held = item.held - item.held_before
    return {
        "id": item.id,
        "item_type": "contract_item" if item.package_id is None else "change_order_item",
        "accounting_method": "amount",
        "cost_code_id": project.wbs_codes[item.wbs_code_id].cost_code_id,
        "line_item_id": item.line_id,
        "description_of_work": item.description,
        "wbs_code": short_wbs(state, project, project.wbs_codes[item.wbs_code_id]),
        "gross_amount": short(gross),
        "net_amount": short(gross - new_held),
        "scheduled_value": short(item.scheduled),
        "work_completed_from_previous_application": short(item.work_before),
        "work_completed_this_period": short(item.work),
        "materials_presently_stored": short(item.stored),
        "materials_presently_stored_from_previous_progress": short(item.stored_before),
        "total_completed_and_stored_to_date": short(item.to_date),
        "total_completed_and_stored_to_date_from_previous": short(item.before),
        "work_completed_retainage_from_previous_application": short(item.held_before),
        "work_completed_retainage_retained_this_period": short(item.retained),
        "work_completed_retainage_released_this_period": short(item.released),
        "taxes": [],
    }


def _with_items(ask: Ask) -> bool:
    view = ask.query.get("view", "default")
    if view not in VIEWS:
        raise bad_request("Bad Request", view=f"must be one of {', '.join(VIEWS)}")
    return view in ("items", "extended")


def _list(ask: Ask) -> Listing[Invoice]:
    project, with_items = ask.project(), _with_items(ask)
    found = chosen(
        ask,
        project.invoices.values(),
        commitment_id=lambda invoice: invoice.contract_id,
        status=lambda invoice: invoice.status,
    )
    return Listing(
        found,
        lambda invoice: _row(ask.state, project, invoice, with_items=with_items),
        usual=REQUISITIONS_PER_PAGE,
    )


def _show(ask: Ask) -> Answer:
    project, with_items = ask.project(), _with_items(ask)
    invoice = project.invoices.get(ask.path_id("id"))
    if invoice is None:
        raise not_found()
    return Answer(_row(ask.state, project, invoice, with_items=with_items))


ROUTES = (
    Route("GET", "/rest/v1.1/requisitions", _list),
    Route("GET", "/rest/v1.1/requisitions/{id}", _show),
)
