"""The owner's contracts and subcontractors' invoices as they come over the wire; see `payloads`."""

from qbwc_bridge.procore.payloads import Day, MaybeAmount, Payload, Reference, Text


class PrimeContractRow(Payload):
    """GET /rest/v1.0/prime_contracts."""

    id: int
    number: Text = ""
    title: Text = ""
    status: Text = ""
    grand_total: MaybeAmount = None
    approved_change_orders: MaybeAmount = None
    retainage_percent: MaybeAmount = None
    deleted_at: Text = ""


class InvoiceItemRow(Payload):
    """A line of a subcontractor's invoice."""

    id: int
    line_item_id: int | None = None
    wbs_code: Reference | None = None
    gross_amount: MaybeAmount = None
    total_completed_and_stored_to_date: MaybeAmount = None
    total_completed_and_stored_to_date_from_previous: MaybeAmount = None


class InvoiceSummary(Payload):
    """The summary of a subcontractor's invoice, to date: lines 4 and 5 of the form G702."""

    total_completed_and_stored_to_date: MaybeAmount = None
    total_retainage: MaybeAmount = None


class InvoiceRow(Payload):
    """GET /rest/v1.1/requisitions, view items."""

    id: int
    previous_requisition_id: int | None = None
    commitment_id: int
    number: int | None = None
    invoice_number: Text = ""
    billing_date: Day = None
    status: str
    vendor_id: int | None = None
    vendor_name: Text = ""
    summary: InvoiceSummary | None = None
    items: tuple[InvoiceItemRow, ...]
