"""From an accepted submission to the next request that brings it into QuickBooks.

What changes an order or estimate that stands there is `changes`' business.
"""

from qbwc_bridge.domain import mapping
from qbwc_bridge.domain.procore import Commitment, Vendor
from qbwc_bridge.domain.quickbooks import (
    Address,
    CustomerAdd,
    EstimateQuery,
    ItemServiceAdd,
    PurchaseOrderQuery,
    Ref,
    Request,
    VendorAdd,
)
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import changes
from qbwc_bridge.flow.agreement import DOCUMENTS
from qbwc_bridge.flow.facts import Facts, accepted_on, job_ref, vendor_ref
from qbwc_bridge.qbxml.types import fit_name, fit_ref_number, plain


def next_request(facts: Facts, row: Submission, *, visit_id: int | None) -> Request:
    """Build the request that a submission needs next.

    A change is built from its order or estimate as read in this visit (`visit_id`): where that is missing the next
    request is the reading. Raises Refused with a sentence when it cannot be built.
    """
    if row.kind in changes.CHANGING or (row.quickbooks_id and row.kind in DOCUMENTS):
        return changes.next_request(facts, row, visit_id=visit_id)
    match row.kind:
        case "cost_code":
            return _item(facts, row)
        case "job":
            return _job(facts, row)
        case "vendor":
            return _vendor(facts, row)
        case "budget":
            return _estimate(facts, row)
        case "commitment":
            return _order(facts, row)
        case _:
            raise Refused(f"This version cannot write a {row.kind.replace('_', ' ')} to QuickBooks.")


def is_own_write(row: Submission, request: Request) -> bool:
    """Whether a request writes the submission itself: not a reading, nor the customer above a job."""
    if isinstance(request, EstimateQuery | PurchaseOrderQuery):
        return False
    return not (isinstance(request, CustomerAdd) and row.kind == "job" and request.parent is None)


def _item(facts: Facts, row: Submission) -> ItemServiceAdd:
    cost_code, cost_type = row.key, ""
    if facts.options.by_type and _is_child(facts, row):
        cost_code, _, cost_type = row.key.rpartition(".")
    above = facts.synced("cost_code", cost_code) if cost_type else None
    if cost_type and above is None:
        raise Refused(f"The item of cost code {cost_code} is not in QuickBooks, or no longer.")
    income = facts.named("account", facts.options.income_account)
    expense = facts.named("account", facts.expense_account(facts.item_path(row.key, cost_code, cost_type)))
    if income is None or expense is None:
        raise Refused("The accounts for cost code items are not in QuickBooks: correct the connection's settings.")
    return ItemServiceAdd(
        name=facts.leaf(row, cost_type or cost_code),
        parent=Ref(list_id=above.quickbooks_id) if above else None,
        description=f"{row.number} {row.title}".strip(),
        income_account=Ref(list_id=income.list_id),
        expense_account=Ref(list_id=expense.list_id),
    )


def _is_child(facts: Facts, row: Submission) -> bool:
    return row.key not in facts.cost_codes and ("cost_code", row.key.rpartition(".")[0]) in facts.submissions


def _job(facts: Facts, row: Submission) -> CustomerAdd:
    choice, document = facts.projects[row.project_id], facts.project_document(row.project_id)
    customer = facts.customer_above(choice)
    if customer is None:
        return CustomerAdd(name=fit_name("customer", choice.customer), company_name=choice.customer)
    name = row.name or f"{row.number} {row.title}".strip()
    address = None
    if document and document.address:
        address = Address(document.address, document.city, document.state, document.zip)
    return CustomerAdd(
        name=fit_name("job", name),
        parent=Ref(list_id=customer.list_id),
        bill_address=address,
        job_desc=row.title,
    )


def _vendor(facts: Facts, row: Submission) -> VendorAdd:
    vendor = facts.vendor_document(int(row.key)) or Vendor(int(row.key), row.title)
    address = Address(vendor.address, vendor.city, vendor.state, vendor.zip) if vendor.address else None
    return VendorAdd(
        name=fit_name("vendor", row.name or vendor.name),
        company_name=vendor.name,
        address=address,
        phone=vendor.phone,
        email=vendor.email,
        name_on_check=vendor.name,
        is_1099=row.is_1099,
    )


def _estimate(facts: Facts, row: Submission) -> Request:
    budget = facts.budget(row.project_id)
    if budget is None:
        raise Refused(f"The budget of project {row.number} is no longer shown by Procore.")
    return mapping.estimate(
        budget,
        job=job_ref(facts, row),
        item_for=facts.item_for,
        number=fit_ref_number(row.name or row.number),
        token=row.mark,
        date=accepted_on(facts, row),
        describe=plain,
        owner=row.id,
    )


def _order(facts: Facts, row: Submission) -> Request:
    commitment = facts.find(row.kind, row.key)
    if not isinstance(commitment, Commitment):
        raise Refused(f"{row.number} is no longer shown by Procore.")
    return mapping.purchase_order(
        commitment,
        vendor=vendor_ref(facts, commitment),
        job=job_ref(facts, row),
        item_for=facts.item_for,
        number=fit_ref_number(row.name or row.number),
        token=row.mark,
        date=commitment.contract_date or accepted_on(facts, row),
        amount_as_quantity=facts.options.amount_as_quantity,
        owner=row.id,
    )
