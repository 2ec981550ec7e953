"""Procore's records as they come over the wire, only the fields that the bridge uses.

Whatever else a record holds is ignored, so that renamed display columns and new fields do no harm. A needed field that
is missing or makes no sense becomes a BadRecord that names record and field. Ids may exceed 32 bits, and come as
numbers (version 1) or texts (version 2). Amounts come as texts or numbers and are kept exactly; one that nothing behind
could reckon with makes no sense.
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.errors import BadRecord

DAY_LENGTH = len("2026-01-31")

MOST_DIGITS = 13
"""Digits before the point: quantity by price then still has exact cents, and the database can add up thousands."""

MOST_DECIMALS = 40
"""More than any division leaves; written out, an exponent of minus a million would be a million digits."""


def _text(value: object) -> object:
    return "" if value is None else value


def _number(value: object) -> object:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool | float):
        raise ValueError("is not an exact number")  # noqa: TRY004 - pydantic reports ValueError with the field's name
    return value


def _reckonable(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    if (value and value.adjusted() >= MOST_DIGITS) or (isinstance(exponent, int) and exponent < -MOST_DECIMALS):
        raise ValueError("is no amount that can be reckoned with")
    return value


def _aware(value: dt.datetime | None) -> dt.datetime | None:
    return value.replace(tzinfo=dt.UTC) if value is not None and value.tzinfo is None else value


def _day(value: object) -> object:
    return (value[:DAY_LENGTH] or None) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text)]
"""A text; nothing becomes the empty text."""

Amount = Annotated[Decimal, BeforeValidator(_number), AfterValidator(_reckonable)]
"""A number, exact, from text or JSON number, with at most so many digits before and behind the point."""

MaybeAmount = Annotated[Decimal | None, BeforeValidator(_number), AfterValidator(_reckonable)]
"""The same; nothing and the empty text become None."""

Moment = Annotated[dt.datetime | None, BeforeValidator(lambda value: value or None), AfterValidator(_aware)]
"""A date-time; without an offset it is UTC, which is what Procore writes."""

Day = Annotated[dt.date | None, BeforeValidator(_day)]
"""A date, also the day of a date-time."""


class Payload(BaseModel):
    """Base of all records."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


P = TypeVar("P", bound=Payload)


def parse(model: type[P], row: object, what: str) -> P:
    """Read one record; `what` names it in words (`purchase order`), its id is added.

    Raises BadRecord that names the record and the first field that is missing or makes no sense.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    named = f"{what} {row['id']}" if isinstance(row, dict) and row.get("id") is not None else what
    field = ".".join(str(part) for part in first["loc"]) or "the record itself"
    raise BadRecord(
        f"Procore's answer for {named} cannot be used, its field {field} is wrong ({first['msg']}); look at the record "
        "in Procore, and if it is fine there, report this to whoever maintains the bridge."
    )


def plain(value: Decimal) -> Decimal:
    """Give a number in one form, at least two decimals and no needless zeros behind them; the value never changes.

    Procore writes one amount as "250.5", "250.50" or 250.5; a document must not look changed for that.
    """
    # As text, since Decimal's own normalize() rounds to 28 digits.
    whole, _, fraction = f"{value:f}".partition(".")
    return Decimal(f"{whole}.{fraction.rstrip('0').ljust(2, '0')}") if value else ZERO


class ChangingRow(Payload):
    """A row of a list of records that change; deleted ones come along where they were asked for."""

    id: int
    number: Text = ""
    title: Text = ""
    status: Text = ""
    grand_total: MaybeAmount = None
    updated_at: Moment = None
    deleted_at: Text = ""

    def said(self) -> str:
        """What the list says of the record: another text means that it changed; empty where that cannot be told."""
        if self.updated_at is None:
            return ""
        amount = "" if self.grand_total is None else plain(self.grand_total)
        return f"{self.updated_at.isoformat()} {self.status} {amount} {self.number} {self.title}"


class Reference(Payload):
    """Another record, by its id."""

    id: int


class CompanyRow(Payload):
    """GET /rest/v1.0/companies."""

    id: int


class ProjectRow(Payload):
    """GET /rest/v1.0/projects."""

    id: int
    name: str
    project_number: Text = ""
    active: bool = True
    address: Text = ""
    city: Text = ""
    state_code: Text = ""
    zip: Text = ""


class VendorRow(Payload):
    """GET /rest/v1.0/vendors."""

    id: int
    name: str
    is_active: bool = True
    address: Text = ""
    city: Text = ""
    state_code: Text = ""
    zip: Text = ""
    business_phone: Text = ""
    email_address: Text = ""
    updated_at: Moment = None


class StandardCodeRow(Payload):
    """GET /rest/v1.0/standard_cost_codes, view extended."""

    id: int
    full_code: str
    name: Text = ""
    parent_id: int | None = None


class CostTypeRow(Payload):
    """GET /rest/v1.0/line_item_types."""

    id: int
    code: str
    name: Text = ""


class SegmentRow(Payload):
    """A part of the budget code's structure: `cost_code`, `line_item_type`, or another."""

    id: int = 0
    type: str
    name: Text = ""
    required: bool = False
    is_included_in_project_pattern: bool = True


class SegmentItemRow(Payload):
    """One value of a segment; `path_code`, where given, is the whole code of a tiered segment."""

    id: int
    code: Text = ""
    name: Text = ""
    path_code: Text = ""
    segment: SegmentRow | None = None
    segment_type: Text = ""


class WbsRow(Payload):
    """A budget code; inside lines it comes without its segment items."""

    id: int
    status: Text = ""
    segment_items: tuple[SegmentItemRow, ...] = ()


class ToolRow(Payload):
    """GET /rest/v1.0/projects/{id}/tools."""

    title: Text = ""
    engine_name: Text = ""
    is_active: bool = True


class BudgetLock(Payload):
    """GET /rest/v1.0/projects/{id}/budget: the only place where the lock shows."""

    locked: bool


class ForecastRow(Payload):
    """The forecast to complete inside a budget row; `amount` is one of the other two."""

    id: int | None = None
    amount: MaybeAmount = None
    automatic_amount: MaybeAmount = None
    manual_amount: MaybeAmount = None
    automatically_calculated: bool = True


class ForecastItemRow(Payload):
    """GET /rest/v1.0/projects/{id}/manual_forecast_line_items: an item of a forecast that a person itemized."""

    budget_forecast_id: int | None = None
    updated_at: Day = None


class BudgetRow(Payload):
    """GET /rest/v1.0/budget_views/{id}/detail_rows: the fixed keys only, never a display column."""

    id: int | None = None
    wbs_code_id: int | None = None
    wbs_code: WbsRow | None = None
    biller_type: Text = "Project"
    original_budget_amount: Amount
    budget_modifications: Amount
    budget_forecast: ForecastRow | None = None


class BudgetViewRow(Payload):
    """GET /rest/v1.0/budget_views."""

    id: int
    name: Text = ""
    role: Text = ""


class BudgetChangeRow(Payload):
    """GET /rest/v1.0/projects/{id}/budget_changes."""

    id: int
    number: Text = ""
    title: Text = ""
    status: str
    amount: MaybeAmount = None


class AdjustmentRow(Payload):
    """One line of a budget change; its amount is a JSON number."""

    amount: Amount
    wbs_code: Reference | None = None
    wbs_code_id: int | None = None


class BudgetChangeShow(BudgetChangeRow):
    """GET /rest/v1.0/projects/{id}/budget_changes/{id}."""

    adjustment_line_items: tuple[AdjustmentRow, ...]


class LineRow(Payload):
    """A line of a commitment, a change order package or a direct cost."""

    id: int
    position: int | None = None
    description: Text = ""
    amount: MaybeAmount = None
    extended_amount: MaybeAmount = None
    quantity: MaybeAmount = None
    unit_cost: MaybeAmount = None
    uom: Text = ""
    wbs_code: Reference | None = None
    origin_id: Text = ""


class CommitmentVendor(Payload):
    """The vendor inside a commitment; its name stands under `company`."""

    id: int
    company: Text = ""


class CommitmentRow(ChangingRow):
    """GET /rest/v1.0/purchase_order_contracts and work_order_contracts."""

    accounting_method: Text = ""
    revised_contract: MaybeAmount = None
    total_payments: MaybeAmount = None

    def said(self) -> str:
        """What the list says, with the sums that approved change orders and payments move."""
        told = super().said()
        paid = f" paid {plain(self.total_payments)}" if self.total_payments else ""
        return told and f"{told} {'' if self.revised_contract is None else plain(self.revised_contract)}{paid}"


class CommitmentShow(CommitmentRow):
    """The same with its lines, GET .../{id}."""

    status: str
    vendor: CommitmentVendor | None = None
    contract_date: Day = None
    retainage_percent: MaybeAmount = None
    revised_contract: Amount
    line_items: tuple[LineRow, ...]


class PackageRow(ChangingRow):
    """GET /rest/v1.0/change_order_packages."""

    contract_id: int | None = None


class PackageShow(Payload):
    """The same with its lines, GET .../{id}."""

    id: int
    contract_id: int
    number: Text = ""
    title: Text = ""
    status: str
    type: Text = ""
    line_items: tuple[LineRow, ...]


class ChangeOrderRow(Payload):
    """GET /rest/v1.0/projects/{id}/commitment_change_orders: leads from a package to the version 2 record."""

    id: int
    legacy_package_id: int | None = None


class ChangeLineRow(Payload):
    """GET /rest/v2.0/.../commitment_change_orders/{id}/line_items."""

    id: int
    commitment_line_item_id: int | None = None
    wbs_code_id: int | None = None
    description: Text = ""
    amount: MaybeAmount = None


class DirectCostRow(Payload):
    """GET /rest/v1.1/projects/{id}/direct_costs. People may leave type and date open."""

    id: int
    origin_id: Text = ""
    direct_cost_type: Literal["invoice", "expense", "payroll", "subcontractor_invoice"] | None = None
    status: Literal["draft", "pending", "revise_and_resubmit", "approved"]
    direct_cost_date: Day = None
    received_date: Day = None
    created_at: Day = None
    deleted_at: Text = ""
    description: Text = ""
    vendor_id: int | None = None
    invoice_number: Text = ""


class DirectCostLineRow(LineRow):
    """GET /rest/v1.0/projects/{id}/direct_costs/line_items; `holder` is the direct cost."""

    amount: Amount
    wbs_code: Reference
    holder: Reference


class SyncedRow(Payload):
    """An entity in the answer of a sync call."""

    id: int
    origin_id: Text = ""
