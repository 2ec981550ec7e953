"""What the stand-in company holds: plain records, one class per kind of Procore record."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from qbwc_bridge.rehearsal.procore.tools import Level
from qbwc_bridge.rehearsal.procore.values import ZERO

ContractKind = Literal["purchase_order_contract", "work_order_contract"]
"""A purchase order or a subcontract, in the word that Procore uses as object type."""


@dataclass(kw_only=True)
class Record:
    """What all have: an id (up to 64 bits), two moments in UTC, and the three keys of an integration."""

    id: int
    created_at: datetime
    updated_at: datetime
    origin_id: str | None = None
    origin_code: str | None = None
    origin_data: str | None = None
    origin_kind: ClassVar[str] = ""

    @property
    def object_type(self) -> str:
        """The word under which `origin_id` must be unique in the company."""
        return self.origin_kind


@dataclass(kw_only=True)
class Vendor(Record):
    """A company of the directory; `name` has no limit of length here."""

    origin_kind = "vendor"
    name: str
    is_active: bool = True
    abbreviated_name: str | None = None
    address: str | None = None
    city: str | None = None
    state_code: str | None = None
    zip: str | None = None
    country_code: str | None = "US"
    business_phone: str | None = None
    mobile_phone: str | None = None
    fax_number: str | None = None
    email_address: str | None = None
    license_number: str | None = None
    notes: str | None = None
    trade_name: str | None = None
    website: str | None = None


@dataclass(kw_only=True)
class StandardCode(Record):
    """A cost code of the company's list; a division has no parent. `code` is its own part of `full_code`."""

    origin_kind = "standard_cost_code"
    code: str
    full_code: str
    name: str
    parent_id: int | None = None


@dataclass(kw_only=True)
class CostCode(StandardCode):
    """A project's copy of a standard code."""

    origin_kind = "cost_code"
    standard_id: int | None = None


@dataclass(kw_only=True)
class CostType(Record):
    """A cost type, `line_item_type` in the API: one letter or word such as "M" for materials."""

    origin_kind = "line_item_type"
    code: str
    name: str
    base_type: str


@dataclass(kw_only=True)
class WbsCode(Record):
    """A budget code of a project: a cost code and a cost type."""

    cost_code_id: int
    cost_type_id: int
    description: str
    active: bool = True


@dataclass(kw_only=True)
class BudgetLine(Record):
    """The original amount of one budget code, in US dollars."""

    wbs_code_id: int
    amount: Decimal = ZERO


@dataclass(kw_only=True)
class Adjustment:
    """One line of a budget change, in US dollars."""

    id: int
    wbs_code_id: int
    amount: Decimal


@dataclass(kw_only=True)
class BudgetChange(Record):
    """A budget change with its adjustments; counts when `status` is "approved"."""

    number: int
    title: str
    status: str
    adjustments: list[Adjustment] = field(default_factory=list)


@dataclass(kw_only=True)
class BudgetTransfer(Record):
    """A budget modification: an amount moved between two budget lines, in US dollars."""

    origin_kind = "budget_modification"
    from_line_id: int
    to_line_id: int
    amount: Decimal
    notes: str = ""


@dataclass(kw_only=True)
class Line(Record):
    """One line of a commitment, change order or direct cost; an amount line has neither quantity nor unit cost."""

    origin_kind = "line_item"
    wbs_code_id: int
    description: str = ""
    amount: Decimal = ZERO
    quantity: Decimal | None = None
    unit_cost: Decimal | None = None
    uom: str = ""
    extended_type: str = "manual"
    position: int = 1


@dataclass(kw_only=True)
class Commitment(Record):
    """A purchase order or subcontract with its lines by id; deleted ones stay, with `deleted_at`."""

    kind: ContractKind
    project_id: int
    number: str
    title: str
    status: str = "Draft"
    vendor_id: int | None = None
    description: str | None = None
    accounting_method: str = "amount"
    contract_date: date | None = None
    private: bool = False
    executed: bool = False
    retainage_percent: Decimal = ZERO
    paid: Decimal = ZERO
    """Payments that were issued on it."""
    payment_terms: str | None = None
    ship_to_address: str | None = None
    ship_via: str | None = None
    bill_to_address: str | None = None
    deleted_at: datetime | None = None
    lines: dict[int, Line] = field(default_factory=dict)

    @property
    def object_type(self) -> str:
        """Purchase orders and subcontracts are two object types."""
        return self.kind


@dataclass(kw_only=True)
class ChangeLine(Line):
    """A line of a change order; `commitment_line_id` says which line of the contract it changes, None for a new one."""

    commitment_line_id: int | None = None


@dataclass(kw_only=True)
class ChangeOrder(Record):
    """A commitment change order: `id` is its package, `change_id` the same order in the newer list."""

    origin_kind = "change_order"
    change_id: int
    project_id: int
    contract_id: int
    number: str
    title: str
    status: str
    description: str | None = None
    executed: bool = False
    due_date: date | None = None
    reviewed_at: datetime | None = None
    deleted_at: datetime | None = None
    lines: dict[int, ChangeLine] = field(default_factory=dict)


@dataclass(kw_only=True)
class CostLine(Line):
    """A line of a direct cost, with the way back to its header."""

    direct_cost_id: int
    ref: str | None = None


@dataclass(kw_only=True)
class DirectCost(Record):
    """A direct cost with its lines by id."""

    origin_kind = "item"
    project_id: int
    direct_cost_type: str
    status: str = "draft"
    vendor_id: int | None = None
    employee_id: int | None = None
    invoice_number: str | None = None
    direct_cost_date: date | None = None
    received_date: date | None = None
    payment_date: date | None = None
    terms: str | None = None
    description: str | None = None
    lines: dict[int, CostLine] = field(default_factory=dict)


@dataclass(kw_only=True)
class PrimeContract(Record):
    """A contract with the owner; `amount` is its grand total without change orders."""

    origin_kind = "prime_contract"
    number: str
    title: str
    status: str
    amount: Decimal
    retainage_percent: Decimal = ZERO


@dataclass(kw_only=True)
class InvoiceItem:
    """One line of a subcontractor's invoice: a line of the contract, or of a change order (`package_id`).

    `..._before` is what earlier invoices brought it to; `stored` is what is stored now, not what is new of it.
    """

    id: int
    line_id: int
    package_id: int | None
    wbs_code_id: int
    description: str
    scheduled: Decimal
    work_before: Decimal = ZERO
    work: Decimal = ZERO
    stored_before: Decimal = ZERO
    stored: Decimal = ZERO
    held_before: Decimal = ZERO
    retained: Decimal = ZERO
    released: Decimal = ZERO

    @property
    def before(self) -> Decimal:
        """Completed and stored to date on the invoice before."""
        return self.work_before + self.stored_before

    @property
    def to_date(self) -> Decimal:
        """Completed and stored to date."""
        return self.work_before + self.work + self.stored

    @property
    def held(self) -> Decimal:
        """Retainage held to date."""
        return self.held_before + self.retained - self.released


@dataclass(kw_only=True)
class Invoice(Record):
    """A subcontractor's invoice ("requisition"); `number` counts the invoices of its contract, items are by line."""

    origin_kind = "requisition"
    contract_id: int
    previous_id: int | None
    number: int
    invoice_number: str
    status: str
    billing_date: date
    items: dict[int, InvoiceItem] = field(default_factory=dict)


@dataclass(kw_only=True)
class Forecast(Record):
    """A forecast to complete that a person set; `item_id` is its one item, None for a lump sum."""

    amount: Decimal
    item_id: int | None


@dataclass(kw_only=True)
class Hook:
    """A webhook of the company (`project_id` None) or of a project, with its triggers (resource, event) by id."""

    id: int
    project_id: int | None
    api_version: str
    namespace: str
    destination_url: str
    authorization: str | None
    triggers: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(kw_only=True)
class Delivery:
    """An event on its way to a hook, with the payload as that hook wants it."""

    event_id: int
    hook_id: int
    payload: dict[str, Any]
    made_at: datetime
    outcome: Literal["enqueued", "successful", "failing", "discarded"] = "enqueued"
    tried_at: datetime | None = None
    response_status: int | None = None


@dataclass(kw_only=True)
class BudgetView:
    """A budget view that is assigned to a project."""

    id: int
    name: str = "Procore Standard Budget"
    role: str = "project"


@dataclass(kw_only=True)
class Project(Record):
    """A project with everything below it, by id unless said otherwise.

    `permitted` is the choice of the customer's admin at installation; `adds_budget_lines` is what new projects do: a
    line on a budget code without budget line makes one. `levels` are the application's, where they differ from the
    company's; `tiers` are those of commitment change orders.
    """

    origin_kind = "project"
    number: str
    name: str
    active: bool = True
    permitted: bool = True
    adds_budget_lines: bool = True
    address: str | None = None
    city: str | None = None
    state_code: str | None = None
    country_code: str | None = "US"
    zip: str | None = None
    county: str | None = None
    time_zone: str | None = "US/Central"
    stage: str | None = "Course of Construction"
    accounting_project_number: str | None = None
    total_value: Decimal | None = None
    start_date: date | None = None
    completion_date: date | None = None
    budget_locked: bool = False
    views: list[BudgetView]
    tools_off: frozenset[str] = frozenset()
    levels: dict[str, Level] = field(default_factory=dict)
    tiers: int = 1
    cost_codes: dict[int, CostCode] = field(default_factory=dict)
    wbs_codes: dict[int, WbsCode] = field(default_factory=dict)
    wbs_by_parts: dict[tuple[int, int], int] = field(default_factory=dict)
    budget_lines: dict[int, BudgetLine] = field(default_factory=dict)
    """By budget code, not by id."""
    budget_changes: dict[int, BudgetChange] = field(default_factory=dict)
    transfers: dict[int, BudgetTransfer] = field(default_factory=dict)
    commitments: dict[int, Commitment] = field(default_factory=dict)
    change_orders: dict[int, ChangeOrder] = field(default_factory=dict)
    prime_contracts: dict[int, PrimeContract] = field(default_factory=dict)
    prime_changes: dict[int, ChangeOrder] = field(default_factory=dict)
    """Change orders of the prime contracts; `contract_id` is theirs."""
    invoices: dict[int, Invoice] = field(default_factory=dict)
    """Those of subcontractors."""
    forecasts: dict[int, Forecast] = field(default_factory=dict)
    """By budget code; a code without one has Procore's own forecast."""
    direct_costs: dict[int, DirectCost] = field(default_factory=dict)
    cost_lines: dict[int, CostLine] = field(default_factory=dict)
    invoice_numbers: dict[tuple[int, str], int] = field(default_factory=dict)
    """Direct cost by vendor and invoice number."""
