"""What QuickBooks answers: typed results of replies, named as qbXML names them.

The fields are what the bridge uses. Times are QuickBooks' own wall clock without offset: the offset it prints is wrong
in summer.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.quickbooks import Ref


def _bare(guid: str) -> str:
    return guid.strip("{}").lower()


@dataclass(frozen=True, slots=True)
class HostRet:
    """The edition: product, country, versions understood, and multi- or single-user mode."""

    product_name: str
    major_version: str
    country: str
    supported_versions: tuple[str, ...]
    file_mode: str


@dataclass(frozen=True, slots=True)
class CompanyRet:
    """The company: names and the private data of applications (OwnerID, name, value)."""

    company_name: str
    legal_name: str
    is_sample: bool
    accountant_copy: bool
    dividing_date: dt.date | None
    data_ext: tuple[tuple[str, str, str], ...] = ()

    def file_id(self, owner_id: str) -> str:
        """The FileID that the Web Connector stamped for our OwnerID, or an empty text."""
        wanted = _bare(owner_id)
        owned = (value for owner, name, value in self.data_ext if name == "FileID" and _bare(owner) == wanted)
        return next(owned, "")


@dataclass(frozen=True, slots=True)
class PreferencesRet:
    """Which features are on. None: the reply did not say."""

    uses_estimates: bool | None
    uses_purchase_orders: bool | None
    uses_classes: bool | None
    multi_currency: bool | None
    closing_date: dt.date | None
    report_basis: str
    default_markup: Decimal | None
    personal_data: bool | None


@dataclass(frozen=True, slots=True)
class ListRet:
    """A record of a list: account, class, customer or job, vendor, item; of employees and other names the name alone.

    `kind` is the tag without Ret: Account, Customer, OtherName, ItemService, ItemNonInventory ... `account_type` is set
    on accounts, the two accounts on items (`income_account`, `expense_account`; a one-sided item has only one of them).
    """

    kind: str
    list_id: str
    name: str
    full_name: str
    is_active: bool
    edit_sequence: str
    time_modified: dt.datetime | None
    parent: Ref | None = None
    sublevel: int = 0
    account_type: str = ""
    income_account: Ref | None = None
    expense_account: Ref | None = None
    two_sided: bool = False


@dataclass(frozen=True, slots=True)
class LineRet:
    """A line of an estimate, purchase order, bill or other document.

    `account` is set on expense lines, `item` on item lines. Quantities where the document has them.
    """

    txn_line_id: str
    item: Ref | None = None
    account: Ref | None = None
    description: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal | None = None
    customer: Ref | None = None
    received_quantity: Decimal | None = None
    is_manually_closed: bool = False
    class_: Ref | None = None


@dataclass(frozen=True, slots=True)
class TxnRet:
    """A transaction: Estimate, PurchaseOrder, or one that may carry job cost (`kind`).

    `party` is the customer of an estimate or invoice, the payee or vendor of the others; a journal entry has none.
    `total` is the document's own total where it states one. `linked` holds (TxnID, TxnType) of linked transactions.
    `grouped`: lines stand in item groups.
    """

    kind: str
    txn_id: str
    edit_sequence: str
    time_modified: dt.datetime | None
    txn_date: dt.date | None
    ref_number: str
    memo: str
    party: Ref | None
    total: Decimal | None
    lines: tuple[LineRet, ...] = ()
    linked: tuple[tuple[str, str], ...] = ()
    is_manually_closed: bool = False
    is_fully_received: bool = False
    is_active: bool = True
    sales_tax_total: Decimal | None = None
    grouped: bool = False
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class TxnDeletedRet:
    """A deletion record."""

    txn_type: str
    txn_id: str
    time_deleted: dt.datetime | None
    ref_number: str = ""


@dataclass(frozen=True, slots=True)
class ListDeletedRet:
    """A deletion record of a list; `list_type` is the record's kind, such as Vendor or ItemService."""

    list_type: str
    list_id: str
    time_deleted: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ReportRet:
    """A report: its data rows only (subtotals and headings repeat them). `basis` is Accrual, Cash or None.

    `columns` are named by ColType (TxnID, Date, Account, Debit ...); a row has a cell for each, empty where absent.
    """

    title: str
    basis: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...] = ()
    """The titles of the columns, those of several rows joined by colons: customers and jobs where columns are these."""
    labels: tuple[str, ...] = ()
    """What RowData names for each row: the full name of an account or item; empty where it names nothing."""

    def cells(self, *columns: str) -> Iterator[list[str]]:
        """Give of each row the cells of these columns, empty where the report has no such column."""
        places = [self.columns.index(column) if column in self.columns else None for column in columns]
        return (["" if at is None else row[at] for at in places] for row in self.rows)


Result = HostRet | CompanyRet | PreferencesRet | ListRet | ListDeletedRet | TxnRet | TxnDeletedRet | ReportRet


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request of a message set.

    `name` is the tag without Rs (CustomerAdd, BillQuery ...). `status` is QuickBooks' number for this request.
    """

    name: str
    request_id: str
    status: int
    severity: str
    message: str
    results: tuple[Result, ...] = ()
    iterator_id: str = ""
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class ReplySet:
    """All answers of a message set; `status` is messageSetStatusCode, None where the set has none."""

    replies: tuple[Reply, ...]
    status: int | None = None
    new_message_set_id: str = ""
    old_message_set_id: str = ""

    def for_request(self, request_id: str) -> Reply | None:
        """Give the answer to that requestID; None where none is in the set, or several, which may contradict."""
        found = [reply for reply in self.replies if reply.request_id == request_id]
        return found[0] if len(found) == 1 else None
