"""Everything a company file holds, as plain data that a snapshot can copy."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .nodes import Node

ZERO = Decimal(0)


@dataclass(frozen=True)
class Stamp:
    """A point in time: local wall clock, the text QuickBooks prints, and the true second since 1970."""

    wall: datetime
    text: str
    epoch: int


@dataclass
class Record:
    """One entry of a list: account, customer or job, vendor, employee, item, terms and so on.

    `fields` keeps every other element as it stands in replies, by element name. The item and account parts are empty
    on other kinds. `item_type` is Service, OtherCharge or Inventory; `asset_id` is the stock account of an inventory
    item, whose `expense_id` is the account of goods sold.
    """

    list_id: str
    kind: str
    name: str
    created: Stamp
    modified: Stamp
    edit_sequence: int
    parent_id: str = ""
    is_active: bool = True
    fields: dict[str, list[Node]] = field(default_factory=dict)
    account_type: str = ""
    special: str = ""
    item_type: str = "Service"
    asset_id: str = ""
    two_sided: bool = False
    income_id: str = ""
    expense_id: str = ""
    preferred_id: str = ""
    sales_desc: str = ""
    purchase_desc: str = ""
    sales_price: Decimal = ZERO
    purchase_cost: Decimal = ZERO


@dataclass
class TxnLine:
    """One line of a transaction. Amount in currency units; on postings a debit is positive unless the kind says credit.

    `kind` is item, text, expense, debit, credit, wage, withheld or tax. `account_id` is the account the line posted
    to on the day it was entered. `received` is the quantity billed so far on an order's line; `order_id` and
    `order_line_id` name the order's line that a bill's line came from.
    """

    line_id: str
    kind: str
    amount: Decimal
    item_id: str = ""
    account_id: str = ""
    job_id: str = ""
    class_id: str = ""
    memo: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    markup: Decimal | None = None
    billable: str = ""
    received: Decimal = ZERO
    is_closed: bool = False
    order_id: str = ""
    order_line_id: str = ""
    fields: dict[str, list[Node]] = field(default_factory=dict)


@dataclass
class Txn:
    """One transaction. `entity_id` is the vendor, customer, payee or employee of the head, `account_id` its account.

    A pending one does not post until it is marked as final. `class_id` is the class of the head, where one has it.
    """

    txn_id: str
    kind: str
    created: Stamp
    modified: Stamp
    edit_sequence: int
    number: int
    txn_date: date
    ref_number: str = ""
    memo: str = ""
    entity_id: str = ""
    account_id: str = ""
    class_id: str = ""
    lines: list[TxnLine] = field(default_factory=list)
    fields: dict[str, list[Node]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    is_closed: bool = False
    is_active: bool = True
    is_void: bool = False
    is_pending: bool = False


@dataclass(frozen=True)
class Deleted:
    """What is remembered of a deleted record or transaction: its kind, id, times and name or number."""

    kind: str
    object_id: str
    created: Stamp
    deleted: Stamp
    label: str


@dataclass(frozen=True)
class StoredReply:
    """The reply of the last message set that asked to be kept."""

    set_id: str
    checksum: str
    replies: str


@dataclass
class State:
    """The company file. Host, company and preferences are kept as the replies that tell of them."""

    host: Node
    company: Node
    preferences: Node
    records: dict[str, Record] = field(default_factory=dict)
    txns: dict[str, Txn] = field(default_factory=dict)
    deleted_records: list[Deleted] = field(default_factory=list)
    deleted_txns: list[Deleted] = field(default_factory=list)
    stored_reply: StoredReply | None = None
    last_list_number: int = 0
    last_txn_number: int = 0
    last_document_number: int = 0
