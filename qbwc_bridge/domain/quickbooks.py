"""What is asked of QuickBooks: each request as a plain value, named as qbXML names it.

Field order and lengths are the templates' and `qbxml/types.py`'s business. Text is full Unicode here; dates and money
are typed. Every value survives a round trip through JSON, because tasks keep them.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a list record: ListID where known, else FullName. With both, QuickBooks takes the ListID."""

    list_id: str = ""
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class Iterator:
    """Paging of a query inside one session: `id` empty starts, otherwise continues (qbXML 5.0)."""

    page_size: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, to be cut to qbXML's field lengths: street 41, city 31, state 21, postal code 13."""

    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""


# ---------------------------------------------------------------- queries of lists


@dataclass(frozen=True, slots=True)
class HostQuery:
    """Edition and supported versions."""

    kind: Literal["HostQuery"] = "HostQuery"


@dataclass(frozen=True, slots=True)
class CompanyQuery:
    """The company's identity; OwnerID 0 and ours are asked for by `owner_id`."""

    owner_id: str = ""
    kind: Literal["CompanyQuery"] = "CompanyQuery"


@dataclass(frozen=True, slots=True)
class PreferencesQuery:
    """Which features are on, and the closing date."""

    kind: Literal["PreferencesQuery"] = "PreferencesQuery"


@dataclass(frozen=True, slots=True)
class AccountQuery:
    """The chart of accounts, inactive ones included. No iterator exists for it (qbXML 13.0 schema)."""

    modified_from: dt.datetime | None = None
    full_names: tuple[str, ...] = ()
    kind: Literal["AccountQuery"] = "AccountQuery"


@dataclass(frozen=True, slots=True)
class CustomerQuery:
    """Customers and jobs, inactive ones included. With ids or names the other filters must be absent."""

    modified_from: dt.datetime | None = None
    iterator: Iterator | None = None
    full_names: tuple[str, ...] = ()
    list_ids: tuple[str, ...] = ()
    kind: Literal["CustomerQuery"] = "CustomerQuery"


@dataclass(frozen=True, slots=True)
class VendorQuery:
    """Vendors, inactive ones included."""

    modified_from: dt.datetime | None = None
    iterator: Iterator | None = None
    full_names: tuple[str, ...] = ()
    list_ids: tuple[str, ...] = ()
    kind: Literal["VendorQuery"] = "VendorQuery"


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Items of every type, inactive ones included."""

    modified_from: dt.datetime | None = None
    iterator: Iterator | None = None
    full_names: tuple[str, ...] = ()
    list_ids: tuple[str, ...] = ()
    kind: Literal["ItemQuery"] = "ItemQuery"


@dataclass(frozen=True, slots=True)
class ClassQuery:
    """Classes, inactive ones included. No iterator exists for it (qbXML 13.0 schema)."""

    modified_from: dt.datetime | None = None
    kind: Literal["ClassQuery"] = "ClassQuery"


@dataclass(frozen=True, slots=True)
class EmployeeQuery:
    """Names of employees, for the name space that they share with vendors; nothing else about people is asked."""

    modified_from: dt.datetime | None = None
    kind: Literal["EmployeeQuery"] = "EmployeeQuery"


@dataclass(frozen=True, slots=True)
class OtherNameQuery:
    """The Other Names list, for the same name space."""

    modified_from: dt.datetime | None = None
    kind: Literal["OtherNameQuery"] = "OtherNameQuery"


@dataclass(frozen=True, slots=True)
class ListDeletedQuery:
    """Deletion records of lists; QuickBooks remembers 90 days. Merged records leave none."""

    list_types: tuple[str, ...]
    deleted_from: dt.datetime | None = None
    kind: Literal["ListDeletedQuery"] = "ListDeletedQuery"


# ---------------------------------------------------------------- writes of lists


@dataclass(frozen=True, slots=True)
class CustomerAdd:
    """A job (with parent) or a customer (without)."""

    name: str
    parent: Ref | None = None
    company_name: str = ""
    bill_address: Address | None = None
    job_desc: str = ""
    kind: Literal["CustomerAdd"] = "CustomerAdd"


@dataclass(frozen=True, slots=True)
class VendorAdd:
    """A vendor; `is_1099` None leaves the element out (ACCOUNTING 4)."""

    name: str
    company_name: str = ""
    address: Address | None = None
    phone: str = ""
    email: str = ""
    name_on_check: str = ""
    is_1099: bool | None = None
    kind: Literal["VendorAdd"] = "VendorAdd"


@dataclass(frozen=True, slots=True)
class ItemServiceAdd:
    """A two-sided service item: income and expense account."""

    name: str
    income_account: Ref
    expense_account: Ref
    parent: Ref | None = None
    description: str = ""
    kind: Literal["ItemServiceAdd"] = "ItemServiceAdd"


# ---------------------------------------------------------------- estimates and purchase orders


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """A line of an estimate: item, amount and no markup. `rate` and `quantity` multiply to `amount`.

    `txn_line_id` is for EstimateMod only, as on a line of an order; so is a line without figures, which stays as it is.
    `source` is never sent: the submission and the record in Procore that the line stands for, as `12:9001`.
    """

    item: Ref | None = None
    description: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal | None = None
    txn_line_id: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class EstimateAdd:
    """A budget as an estimate on the job."""

    customer: Ref
    txn_date: dt.date
    ref_number: str
    memo: str
    lines: tuple[EstimateLine, ...]
    kind: Literal["EstimateAdd"] = "EstimateAdd"


@dataclass(frozen=True, slots=True)
class EstimateMod:
    """A change of an estimate; `lines` is the whole new list: what it leaves out QuickBooks deletes."""

    txn_id: str
    edit_sequence: str
    memo: str
    lines: tuple[EstimateLine, ...]
    kind: Literal["EstimateMod"] = "EstimateMod"


@dataclass(frozen=True, slots=True)
class PurchaseOrderLine:
    """A line of a purchase order with its customer:job.

    `txn_line_id` is for PurchaseOrderMod only: an existing line's id keeps that line (all other fields empty keep its
    values), "-1" adds one. Where both are sent, Amount wins over Rate. `source` as on a line of an estimate.
    """

    item: Ref | None = None
    description: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal | None = None
    customer: Ref | None = None
    txn_line_id: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class PurchaseOrderAdd:
    """A commitment as a purchase order."""

    vendor: Ref
    txn_date: dt.date
    ref_number: str
    memo: str
    lines: tuple[PurchaseOrderLine, ...]
    kind: Literal["PurchaseOrderAdd"] = "PurchaseOrderAdd"


@dataclass(frozen=True, slots=True)
class PurchaseOrderMod:
    """A change of a purchase order; `lines` is the whole new list: what it leaves out QuickBooks deletes.

    Without any line they all stay. `is_closed` closes the order or opens it again; None, and empty texts, leave as is.
    """

    txn_id: str
    edit_sequence: str
    memo: str = ""
    lines: tuple[PurchaseOrderLine, ...] = ()
    ref_number: str = ""
    txn_date: dt.date | None = None
    is_closed: bool | None = None
    kind: Literal["PurchaseOrderMod"] = "PurchaseOrderMod"


@dataclass(frozen=True, slots=True)
class EstimateQuery:
    """Estimates with lines: by TxnID, by RefNumber, or all/changed by iterator. The three exclude one another."""

    txn_ids: tuple[str, ...] = ()
    ref_numbers: tuple[str, ...] = ()
    modified_from: dt.datetime | None = None
    iterator: Iterator | None = None
    kind: Literal["EstimateQuery"] = "EstimateQuery"


@dataclass(frozen=True, slots=True)
class PurchaseOrderQuery:
    """Purchase orders with lines and linked transactions; the same three ways."""

    txn_ids: tuple[str, ...] = ()
    ref_numbers: tuple[str, ...] = ()
    modified_from: dt.datetime | None = None
    iterator: Iterator | None = None
    kind: Literal["PurchaseOrderQuery"] = "PurchaseOrderQuery"


def query_of(kind: str, txn_id: str) -> EstimateQuery | PurchaseOrderQuery:
    """The query that reads one estimate or order; `kind` begins with Estimate or PurchaseOrder."""
    if kind.startswith("Estimate"):
        return EstimateQuery(txn_ids=(txn_id,))
    return PurchaseOrderQuery(txn_ids=(txn_id,))


# ---------------------------------------------------------------- costs


@dataclass(frozen=True, slots=True)
class CustomTxnDetail:
    """CustomDetailReportQuery, type CustomTxnDetail: one row per posting line, accrual, flat.

    `txn_types` are qbXML's TxnTypeFilter words. Dates, of the document or of its last change, leave their side open
    where None; a report of neither covers every date (macro All). `job` keeps the rows of that ListID.
    """

    txn_types: tuple[str, ...]
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    modified_from: dt.date | None = None
    modified_to: dt.date | None = None
    job: str = ""
    kind: Literal["CustomTxnDetail"] = "CustomTxnDetail"

    @property
    def of_changes(self) -> bool:
        """Whether it asks for what was changed lately, of whatever date."""
        return self.modified_from is not None


CostQueryKind = Literal[
    "BillQuery",
    "VendorCreditQuery",
    "CheckQuery",
    "CreditCardChargeQuery",
    "CreditCardCreditQuery",
    "ItemReceiptQuery",
    "JournalEntryQuery",
    "DepositQuery",
    "InventoryAdjustmentQuery",
    "InvoiceQuery",
    "CreditMemoQuery",
    "SalesReceiptQuery",
]


@dataclass(frozen=True, slots=True)
class CostQuery:
    """Documents of one type that may carry job cost or billings, with lines and, where qbXML has them, links."""

    kind: CostQueryKind
    modified_from: dt.datetime | None = None
    iterator: Iterator | None = None
    txn_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """GeneralSummaryReportQuery on accrual basis, columns by customer and job, through a date or of every date."""

    report: Literal["ProfitAndLossByJob", "ProfitAndLossStandard"]
    through: dt.date | None = None
    kind: Literal["ProfitAndLoss"] = "ProfitAndLoss"


@dataclass(frozen=True, slots=True)
class JobProfitability:
    """JobReportQuery, type JobProfitabilityDetail: one job of every date, a row per item.

    Its basis is that of the company's reports; it cannot be asked for (qbXML 13.0 schema).
    """

    job: str
    kind: Literal["JobProfitability"] = "JobProfitability"


@dataclass(frozen=True, slots=True)
class TxnDeletedQuery:
    """Deletion records; QuickBooks remembers 90 days."""

    txn_types: tuple[str, ...]
    deleted_from: dt.datetime | None = None
    kind: Literal["TxnDeletedQuery"] = "TxnDeletedQuery"


ListQuery = AccountQuery | CustomerQuery | VendorQuery | ItemQuery | ClassQuery | EmployeeQuery | OtherNameQuery
Request = (
    HostQuery
    | CompanyQuery
    | PreferencesQuery
    | ListQuery
    | ListDeletedQuery
    | CustomerAdd
    | VendorAdd
    | ItemServiceAdd
    | EstimateAdd
    | EstimateMod
    | PurchaseOrderAdd
    | PurchaseOrderMod
    | EstimateQuery
    | PurchaseOrderQuery
    | CustomTxnDetail
    | CostQuery
    | ProfitAndLoss
    | JobProfitability
    | TxnDeletedQuery
)
