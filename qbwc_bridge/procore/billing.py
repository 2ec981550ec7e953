"""Contracts with the owner, and the invoices of subcontractors ("requisitions").

A tool that is switched off, or that the app may not see, raises like any refused call: an empty list would look as if
nothing had been billed.
"""

from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore_billing import InvoiceLine, PrimeContract, SubcontractorInvoice
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.billing_rows import InvoiceItemRow, InvoiceRow, PrimeContractRow
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.paging import rows
from qbwc_bridge.procore.payloads import parse, plain


def prime_contract_rows(client: Client, project_id: int) -> list[Any]:
    """Read the list of prime contracts as it comes, for those who need their ids only."""
    doing = f"reading the prime contracts of project {project_id}"
    return rows(client, "/rest/v1.0/prime_contracts", doing, [("project_id", project_id)])


def prime_contracts(client: Client, project_id: int) -> list[PrimeContract]:
    """Read all contracts with the owner, without deleted ones."""
    found = [parse(PrimeContractRow, row, "prime contract") for row in prime_contract_rows(client, project_id)]
    return [_contract(row, project_id) for row in found if not row.deleted_at]


def subcontractor_invoices(client: Client, project_id: int) -> list[SubcontractorInvoice]:
    """Read all invoices against the project's commitments, with their lines, in one list."""
    doing = f"reading the subcontractor invoices of project {project_id}"
    params: Params = [("project_id", project_id), ("view", "items")]
    listed = rows(client, "/rest/v1.1/requisitions", doing, params)
    found = {row.id: row for row in (parse(InvoiceRow, each, "subcontractor invoice") for each in listed)}
    return [_invoice(row, found, project_id) for row in found.values()]


def _contract(row: PrimeContractRow, project_id: int) -> PrimeContract:
    if row.grand_total is None:
        raise ProcoreError(
            f"Prime contract {row.number or row.id} of project {project_id} has no amount in Procore's answer; the "
            "bridge's app must be allowed to see the amounts of the contract."
        )
    changes = row.approved_change_orders
    return PrimeContract(
        id=row.id,
        project_id=project_id,
        number=row.number,
        title=row.title,
        status=row.status,
        original=plain(row.grand_total),
        revised=None if changes is None else plain(row.grand_total + changes),
        retainage_percent=plain(row.retainage_percent or ZERO),
    )


def _invoice(row: InvoiceRow, found: dict[int, InvoiceRow], project_id: int) -> SubcontractorInvoice:
    what = f"subcontractor invoice {row.invoice_number or row.id} of project {project_id}"
    lines = [
        InvoiceLine(
            amount=plain(_claimed(item, what)),
            budget_code_id=item.wbs_code.id if item.wbs_code else None,
            contract_line_id=item.line_item_id,
        )
        for item in row.items
    ]
    held = _held_to_date(row)
    return SubcontractorInvoice(
        id=row.id,
        project_id=project_id,
        commitment_id=row.commitment_id,
        invoice_number=row.invoice_number,
        status=row.status,
        lines=tuple(line for line in lines if line.amount),
        billing_date=row.billing_date,
        vendor_id=row.vendor_id,
        vendor_name=row.vendor_name,
        number=row.number or 0,
        retainage=_held(row, found),
        retainage_to_date=None if held is None else plain(held),
        unexplained=_unexplained(row),
    )


def _claimed(item: InvoiceItemRow, what: str) -> Decimal:
    """Give what a line claims on this invoice; its two figures to date name themselves, the gross amount must do else.

    Work of this period alone would leave out stored materials, which only the figures to date count once.
    """
    so_far, before = item.total_completed_and_stored_to_date, item.total_completed_and_stored_to_date_from_previous
    if so_far is not None and before is not None:
        return so_far - before
    if item.gross_amount is not None:
        return item.gross_amount
    raise ProcoreError(
        f"Line {item.id} of {what} has no amount in Procore's answer; look at it in Procore, and if it is fine there, "
        "report this to whoever maintains the bridge."
    )


def _held_to_date(row: InvoiceRow) -> Decimal | None:
    return row.summary.total_retainage if row.summary else None


def _held(row: InvoiceRow, found: dict[int, InvoiceRow]) -> Decimal | None:
    """Give what this invoice holds back; None where the one before is not among those found."""
    held = _held_to_date(row)
    if row.previous_requisition_id is not None:
        previous = found.get(row.previous_requisition_id)
        before = _held_to_date(previous) if previous else None
    else:
        # Without one before, nothing can be billed before: else Procore has only left out which it is.
        earlier = any(item.total_completed_and_stored_to_date_from_previous for item in row.items)
        before = None if earlier else ZERO
    return None if held is None or before is None else plain(held - before)


def _unexplained(row: InvoiceRow) -> Decimal:
    shown = row.summary.total_completed_and_stored_to_date if row.summary else None
    lines = [item.total_completed_and_stored_to_date for item in row.items]
    if shown is None or None in lines:
        return ZERO
    return plain(shown - total(line for line in lines if line is not None))
