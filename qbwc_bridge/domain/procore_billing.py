"""What Procore says of the money of a project beside its costs: owner's contract, subcontractors' invoices, forecasts.

Procore is read for the proof, the bill rule and the work-in-progress schedule (ACCOUNTING 20, 24, 25); none of this
goes to QuickBooks.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from qbwc_bridge.domain.money import ZERO, total

IN_FORCE = ("Approved", "Complete")
"""Statuses in which a prime contract counts. Drafts and bids are no contract yet; what is left of a terminated one is
for a person to say, by an approved change order or a forecast."""

APPROVED = ("approved", "approved_as_noted")
"""Statuses in which a subcontractor's invoice is approved; `pending_owner_approval` still waits for somebody."""


@dataclass(frozen=True, slots=True)
class PrimeContract:
    """The contract with the owner (one project may have several).

    `original` is Procore's `grand_total`: its lines with markup. `revised` adds Procore's `approved_change_orders`;
    None where Procore does not tell them. The sum is Procore's own: it describes `revised_contract_amount`, which only
    the single record has, as "Grand total, plus approved change orders". Both are without tax as far as the reference
    says. `retainage_percent` is what the contract holds back, in percent.
    """

    id: int
    project_id: int
    number: str
    title: str
    status: str
    original: Decimal
    revised: Decimal | None = None
    retainage_percent: Decimal = ZERO

    @property
    def in_force(self) -> bool:
        """Whether the contract counts, see IN_FORCE."""
        return self.status in IN_FORCE


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What one line of the schedule of values claims on one subcontractor's invoice.

    `amount` is gross of retainage and without tax: completed and stored to date, less the same of the invoice before.
    `budget_code_id` is None where Procore bills a change order as a whole, without a code. `contract_line_id` is the
    line of the commitment, or of its change order, that is billed.
    """

    amount: Decimal
    budget_code_id: int | None = None
    contract_line_id: int | None = None


@dataclass(frozen=True, slots=True)
class SubcontractorInvoice:
    """A subcontractor's invoice against one commitment ("requisition" in the API), of any status.

    `lines` holds only lines that claim something on this invoice.
    """

    id: int
    project_id: int
    commitment_id: int
    invoice_number: str
    status: str
    lines: tuple[InvoiceLine, ...]
    billing_date: dt.date | None = None
    vendor_id: int | None = None
    vendor_name: str = ""
    number: int = 0
    """Its place among the invoices of the commitment, from 1; 0 where Procore does not tell it."""
    retainage: Decimal | None = None
    """Held back by this invoice, negative where more was released than held: the summary's total retainage, less the
    same of the invoice before. None where the invoice before is not shown to the bridge, so that it cannot be told."""
    retainage_to_date: Decimal | None = None
    """Held back of the commitment up to this invoice: `summary.total_retainage`, line 5 of the form G702 [inferred from
    the form, whose other lines the summary names word for word]."""
    unexplained: Decimal = ZERO
    """What Procore's summary has billed to date beyond the sum of the lines; anything but zero wants a look at the
    invoice in Procore before its lines are trusted."""

    @property
    def approved(self) -> bool:
        """Whether the invoice is approved, see APPROVED."""
        return self.status in APPROVED

    def amount(self) -> Decimal:
        """What this invoice claims, gross of retainage and without tax."""
        return total(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast to complete of one budget code, from the key `budget_forecast` of a row of the budget view.

    `to_complete` is what will still be spent **beyond what is committed and beyond what was spent without a
    commitment**: Procore's standard views add it to the projected costs to get the estimated cost at completion
    [inferred from Procore's description of those views; the API does not say it]. `manual` tells a figure that a
    person set from one that Procore reckoned (`automatically_calculated`), which is the budget that is left and no
    judgement. `changed` is the day on which an item of the forecast was last changed; Procore tells it of itemized
    forecasts only.
    """

    budget_code_id: int
    to_complete: Decimal
    manual: bool
    changed: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Billing:
    """The owner's contracts and the forecasts of a project, as one document of a reading of Procore.

    None where Procore does not let the bridge read them; `refused` then says so, a sentence each.
    """

    project_id: int
    contracts: tuple[PrimeContract, ...] | None = None
    forecasts: tuple[Forecast, ...] | None = None
    refused: tuple[str, ...] = ()
    kind: Literal["billing"] = "billing"
