"""What people type into the stand-in, and what they see of its direct costs. Amounts are US dollars."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qbwc_bridge.rehearsal.procore.values import ZERO


@dataclass(frozen=True)
class CommitmentLine:
    """A line to be typed: budget code ("03-300.M"), amount in US dollars; quantity and unit cost for unit lines.

    `changes_line` is for change orders: the id of the contract's line that it changes, None for a new one.
    """

    code: str
    description: str
    amount: Decimal
    quantity: Decimal | None = None
    unit_cost: Decimal | None = None
    uom: str = ""
    changes_line: int | None = None


@dataclass(frozen=True)
class InvoiceLine:
    """What a subcontractor claims on one line of a contract or of an approved change order, named by the line's id.

    `work` is the work completed this period; `stored` the materials presently stored, all of them and not only the new
    ones; both gross of retainage. `retained` is the retainage held of this claim, None: the contract's percent of
    it; `released` is retainage of earlier invoices that is billed now.
    """

    line_id: int
    work: Decimal
    stored: Decimal = ZERO
    retained: Decimal | None = None
    released: Decimal = ZERO


@dataclass(frozen=True)
class CostLineView:
    """A line of a direct cost as people see it."""

    id: int
    code: str
    amount: Decimal
    description: str
    origin_id: str | None


@dataclass(frozen=True)
class DirectCostView:
    """A direct cost as people see it, with its lines; `synced` ones carry an integration's key."""

    id: int
    direct_cost_type: str
    status: str
    vendor: str | None
    invoice_number: str | None
    direct_cost_date: date | None
    description: str | None
    amount: Decimal
    origin_id: str | None
    lines: tuple[CostLineView, ...]
