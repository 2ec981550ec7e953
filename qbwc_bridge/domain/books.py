"""Rows about the books: QuickBooks' lists and orders as last read, the ledger of costs, and the outbox to Procore.

The same conventions as in `records.py`.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import DirectCost

ListKind = Literal["account", "class", "customer", "employee", "item", "other_name", "vendor"]


@dataclass(slots=True)
class ListRecord:
    """A record of a QuickBooks list as last read. Of employees and other names only the name is known."""

    connection_id: int
    kind: ListKind
    list_id: str
    name: str
    full_name: str
    folded: str
    """FullName with case and spaces folded, for exact matching."""
    is_active: bool
    edit_sequence: str
    parent_id: str = ""
    sublevel: int = 0
    type: str = ""
    """Account type, or the item's kind (ItemService ...)."""
    two_sided: bool = False
    time_modified: dt.datetime | None = None
    gone: bool = False
    """QuickBooks no longer has it: deleted there, or merged with another record."""
    born: bool = False
    """It came into QuickBooks after the first reading, and not by the bridge."""
    read_visit_id: int | None = None
    """The visit in which it was read last; a whole reading leaves out what is gone."""
    id: int = 0


@dataclass(slots=True)
class TransactionLine:
    """A line of a QuickBooks transaction as last read."""

    txn_line_id: str
    item_id: str = ""
    item_name: str = ""
    description: str = ""
    quantity: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal = ZERO
    job_id: str = ""
    received: Decimal | None = None
    closed: bool = False


@dataclass(slots=True)
class TransactionRecord:
    """An estimate, purchase order or bill as last read. `kind`: Estimate, PurchaseOrder or Bill."""

    connection_id: int
    kind: str
    txn_id: str
    edit_sequence: str
    ref_number: str
    party_id: str
    party_name: str
    memo: str
    total: Decimal
    txn_date: dt.date | None = None
    lines: list[TransactionLine] = field(default_factory=list)
    linked: list[tuple[str, str]] = field(default_factory=list)
    is_active: bool = True
    closed: bool = False
    received: bool = False
    grouped: bool = False
    """It has item groups, which a Mod cannot keep."""
    gone: bool = False
    """It was deleted in QuickBooks."""
    time_modified: dt.datetime | None = None
    read_visit_id: int | None = None
    id: int = 0


@dataclass(slots=True)
class CostReading:
    """One reading of job costs: its answers are applied together when all have come."""

    connection_id: int
    started_at: dt.datetime
    applied_at: dt.datetime | None = None
    id: int = 0


@dataclass(slots=True)
class CostAnswer:
    """An answer of a cost reading as JSON, until `actuals` applies it. Payroll comes here already summed."""

    connection_id: int
    reading_id: int
    kind: str
    content: str
    received_at: dt.datetime
    id: int = 0


@dataclass(slots=True)
class CostLine:
    """A posted line of the ledger: what CustomTxnDetail showed for one job.

    `counted` is False for lines on accounts that are no cost (retainage, deposits, assets).
    """

    job_id: str
    job_name: str
    account: str
    account_type: str
    item: str
    amount: Decimal
    """Debit less credit, in the company's currency."""
    counted: bool
    memo: str = ""


@dataclass(slots=True)
class CostDocument:
    """A posted QuickBooks document in the ledger with its job lines. Payroll: one document per pay date and job."""

    connection_id: int
    txn_id: str
    """TxnID, or `pay-<date>` for payroll sums."""
    txn_type: str
    txn_date: dt.date
    ref_number: str = ""
    payee: str = ""
    vendor_id: str = ""
    memo: str = ""
    order_ids: list[str] = field(default_factory=list)
    """TxnIDs of the purchase orders a bill is drawn on."""
    lines: list[CostLine] = field(default_factory=list)
    deleted: bool = False
    deletion_known: bool = False
    """Whether QuickBooks had a deletion record for it."""
    reading_id: int | None = None
    id: int = 0


@dataclass(slots=True)
class WriteBack:
    """A direct cost of ours: `wanted` shall stand in Procore (None: nothing), `written` is known to stand there."""

    connection_id: int
    project_id: int
    origin_id: str
    wanted: DirectCost | None = None
    written: DirectCost | None = None
    procore_id: int | None = None
    line_ids: dict[str, int] = field(default_factory=dict)
    """Procore's line ids by origin_id."""
    in_flight: bool = False
    """A write was begun and its answer is not stored: look up by key before sending again."""
    message: str = ""
    id: int = 0
