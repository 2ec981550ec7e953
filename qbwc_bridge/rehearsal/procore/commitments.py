"""Purchase orders and subcontracts: their rules, their figures, and how they are written."""

from collections.abc import Iterable
from decimal import Decimal

from qbwc_bridge.rehearsal.procore.lines import ensure_budget_line, line_row, line_values
from qbwc_bridge.rehearsal.procore.problems import Invalid
from qbwc_bridge.rehearsal.procore.records import ChangeOrder, Commitment, ContractKind, Line, Project
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import (
    ZERO,
    Row,
    date_or_none,
    day,
    decimal,
    id_or_none,
    iso,
    short,
    text_or_none,
)

STATUSES: dict[ContractKind, tuple[str, ...]] = {
    "purchase_order_contract": (
        "Draft",
        "Processing",
        "Submitted",
        "Partially Received",
        "Received",
        "Approved",
        "Closed",
    ),
    "work_order_contract": ("Draft", "Out For Bid", "Out For Signature", "Approved", "Complete", "Terminated", "Void"),
}
COMMITTED = ("Approved", "Partially Received", "Received", "Closed", "Complete")
"""Statuses whose amounts the budget counts as committed."""

HOLDERS: dict[ContractKind, str] = {
    "purchase_order_contract": "PurchaseOrderContract",
    "work_order_contract": "WorkOrderContract",
}
DRAFT_CHANGES = ("draft", "not_pricing")
PENDING_CHANGES = ("pricing", "pending", "revised", "proceeding", "pending_billable")
PURCHASE_ORDER_TEXTS = ("payment_terms", "ship_to_address", "ship_via", "bill_to_address")


def new_commitment(state: State, project: Project, kind: ContractKind, fields: Row) -> Commitment:
    """Create a contract without lines from the keys of a request body; its status is Draft unless given."""
    values = commitment_values(state, kind, {"number": "", "title": ""} | fields, None)
    made = Commitment(**state.fresh("contract"), kind=kind, project_id=project.id, **values)
    project.commitments[made.id] = state.keep(made)
    return made


def commitment_values(state: State, kind: ContractKind, fields: Row, current: Commitment | None) -> Row:
    """Read what a body says about a contract into values for the record; raises Invalid."""
    values: Row = {}
    for key in ("number", "title"):
        if key in fields:
            values[key] = text_or_none(fields[key]) or ""
    texts = ["description", "origin_id", "origin_code", "origin_data"]
    texts += PURCHASE_ORDER_TEXTS if kind == "purchase_order_contract" else ()
    values |= {key: text_or_none(fields[key]) for key in texts if key in fields}
    values |= {key: fields[key] for key in ("private", "executed") if isinstance(fields.get(key), bool)}
    if "contract_date" in fields:
        values["contract_date"] = date_or_none(fields["contract_date"])
    values |= _words(kind, fields)
    if "vendor_id" in fields:
        values["vendor_id"] = vendor_id(state, fields["vendor_id"])
    if fields.get("retainage_percent") is not None:
        try:
            values["retainage_percent"] = decimal(fields["retainage_percent"])
        except ValueError as error:
            raise Invalid(retainage_percent=str(error)) from error
    state.check_origin(kind, values.get("origin_id"), current)
    return values


def _words(kind: ContractKind, fields: Row) -> Row:
    allowed = {"status": STATUSES[kind], "accounting_method": ("amount", "unit")}
    values: Row = {}
    for key, words in allowed.items():
        if fields.get(key) is None:
            continue
        if fields[key] not in words:
            raise Invalid(**{key: f"must be one of {', '.join(words)}"})
        values[key] = fields[key]
    return values


def vendor_id(state: State, told: object) -> int | None:
    """Read the id of a vendor: None takes it away, an unknown one is refused."""
    if told is None:
        return None
    number = id_or_none(told)
    if number not in state.vendors:
        raise Invalid(vendor_id="does not exist")
    return number


def new_line(state: State, project: Project, contract: Commitment, fields: Row) -> Line:
    """Add a line to a contract from the keys of a request body."""
    values = line_values(state, project, fields, None)
    position = max((line.position for line in contract.lines.values()), default=0) + 1
    line = Line(**state.fresh("contract_line"), position=position, **values)
    contract.lines[line.id] = state.keep(line)
    ensure_budget_line(state, project, line.wbs_code_id)
    contract.updated_at = state.stamp()
    return line


def change_line(state: State, project: Project, contract: Commitment, line: Line, fields: Row) -> None:
    """Change a line of a contract; the contract's own moment moves with it."""
    if state.change(line, **line_values(state, project, fields, line)):
        ensure_budget_line(state, project, line.wbs_code_id)
        contract.updated_at = state.stamp()


def total(lines: Iterable[Line]) -> Decimal:
    """Add up lines, in US dollars."""
    return sum((line.amount for line in lines), ZERO)


def changes_of(project: Project, contract: Commitment) -> list[ChangeOrder]:
    """Give the living change orders of a contract."""
    return [one for one in project.change_orders.values() if one.contract_id == contract.id and one.deleted_at is None]


def commitment_row(state: State, project: Project, contract: Commitment) -> Row:
    """Write a contract as its list does, with its sums and without lines."""
    orders = changes_of(project, contract)
    grand = total(contract.lines.values())
    approved = sum((total(one.lines.values()) for one in orders if one.status == "approved"), ZERO)
    pending = sum((total(one.lines.values()) for one in orders if one.status in PENDING_CHANGES), ZERO)
    draft = sum((total(one.lines.values()) for one in orders if one.status in DRAFT_CHANGES), ZERO)
    vendor = state.vendors.get(contract.vendor_id) if contract.vendor_id is not None else None
    row = {
        "id": contract.id,
        "number": contract.number,
        "title": contract.title,
        "description": contract.description,
        "status": contract.status,
        "accounting_method": contract.accounting_method,
        "executed": contract.executed,
        "private": contract.private,
        "vendor": None if vendor is None else {"id": vendor.id, "company": vendor.name},
        "project": {"id": project.id, "name": project.name},
        "contract_date": day(contract.contract_date),
        "grand_total": short(grand),
        "approved_change_orders": short(approved),
        "pending_change_orders": short(pending),
        "draft_change_orders_amount": short(draft),
        "revised_contract": short(grand + approved),
        "pending_revised_contract": short(grand + approved + pending),
        "remaining_balance_outstanding": short(grand + approved - contract.paid),
        "total_payments": short(contract.paid),
        "total_requisitions_amount": "0.0",
        "total_draw_requests_amount": "0.0",
        "percentage_paid": "0.0",
        "retainage_percent": short(contract.retainage_percent),
        "currency_configuration": {"currency_iso_code": "USD"},
        "origin_id": contract.origin_id,
        "origin_code": contract.origin_code,
        "origin_data": contract.origin_data,
        "created_at": iso(contract.created_at),
        "updated_at": iso(contract.updated_at),
        "deleted_at": iso(contract.deleted_at),
    }
    if contract.kind == "purchase_order_contract":
        row |= {key: getattr(contract, key) for key in PURCHASE_ORDER_TEXTS}
    return row


def commitment_line_row(state: State, project: Project, contract: Commitment, line: Line) -> Row:
    """Write a line of a contract."""
    return line_row(state, project, line, (HOLDERS[contract.kind], contract.id))


def commitment_show(state: State, project: Project, contract: Commitment) -> Row:
    """Write a contract as its show call does: with lines and change order packages."""
    row = commitment_row(state, project, contract)
    if row["vendor"] is not None:
        vendor = state.vendors[row["vendor"]["id"]]
        row["vendor"] |= {"origin_id": vendor.origin_id, "origin_data": vendor.origin_data}
    keys = ("id", "contract_id", "number", "title", "status", "origin_id", "origin_code", "origin_data")
    packages = [
        {key: getattr(one, key) for key in keys}
        | {"reviewed_at": iso(one.reviewed_at), "updated_at": iso(one.updated_at)}
        for one in changes_of(project, contract)
    ]
    lines = sorted(contract.lines.values(), key=lambda line: line.position)
    return row | {
        "line_items": [commitment_line_row(state, project, contract, line) for line in lines],
        "change_order_packages": packages,
        "potential_change_orders": [],
        "change_order_requests": [],
        "payments_issued": [],
        "attachments": [],
    }
