"""Rows about the books: QuickBooks' lists and orders as last read, the ledger of costs, and the outbox to Procore.

The same conventions as in `records.py`.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from qbwc_bridge.domain.keys import RecordKind
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.procore_billing import SubcontractorInvoice
from qbwc_bridge.domain.wip import WipRow

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
    account_id: str = ""
    class_id: str = ""


@dataclass(slots=True)
class TransactionRecord:
    """An estimate, a purchase order, or a document that may carry job cost, as last read; `kind` in qbXML's words.

    A receipt that was turned into a bill keeps its TxnID, and so its row.
    """

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
    pending: bool = False
    """It is entered, but posts nothing yet."""
    posted: str = ""
    """The EditSequence whose postings the ledger has; empty before they were read."""
    time_modified: dt.datetime | None = None
    read_visit_id: int | None = None
    id: int = 0


CostScope = Literal["whole", "changes"]

CostStage = Literal["documents", "postings", "complete"]
"""First which documents there are, then what they posted; then the answers wait to be applied."""


@dataclass(slots=True)
class CostReading:
    """One reading of job costs: everything, or what changed; its answers are applied together when all have come."""

    connection_id: int
    started_at: dt.datetime
    applied_at: dt.datetime | None = None
    scope: CostScope = "whole"
    stage: CostStage = "documents"
    jobs: list[str] = field(default_factory=list)
    """ListIDs of jobs that are read whole besides, because QuickBooks' own total differed from the ledger."""
    portions: int = 0
    """How many times answers of it were applied: who applies counts first, so that two never apply the same ones."""
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

    `counted` is False for lines on accounts that are no cost (retainage, deposits, assets). Names are those of the day
    of reading; where the id is known, it goes on under a new name.
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
    account_id: str = ""
    item_id: str = ""
    class_name: str = ""
    class_id: str = ""


@dataclass(slots=True)
class CostDocument:
    """What a posted QuickBooks document has for one job. Payroll: one for each pay date and job."""

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
    """Whether QuickBooks had a deletion record for it, or shows that the job was taken off it."""
    reading_id: int | None = None
    """The reading that showed it last."""
    job_id: str = ""
    """The job of all its lines."""
    cost_cents: int = 0
    """What counts of it as cost, in cents; nothing once it is deleted."""
    changed_at: dt.datetime | None = None
    """When a reading saw it first, or saw it otherwise than the one before."""
    id: int = 0

    def settle(self) -> None:
        """Bring job and cost in line with the lines."""
        self.job_id = self.lines[0].job_id if self.lines else self.job_id
        counted = total(line.amount for line in self.lines if line.counted and not self.deleted)
        self.cost_cents = int(counted * 100)


@dataclass(slots=True)
class Control:
    """QuickBooks' own totals of job cost, on accrual basis, through a date or of every date (ACCOUNTING 24).

    Amounts in currency units by the customer's or job's ListID.
    """

    connection_id: int
    read_at: dt.datetime | None = None
    """None: somebody asked for it, and the next reading brings it."""
    through: dt.date | None = None
    jobs: dict[str, Decimal] = field(default_factory=dict)
    """Cost by Profit & Loss by Job."""
    unknown: Decimal = ZERO
    """Cost of columns that no customer of the list explains."""
    all_costs: Decimal = ZERO
    """The cost accounts of Profit & Loss Standard."""
    without_job: Decimal = ZERO
    """What of them belongs to no customer, by Profit & Loss Standard summarised by customer."""
    items: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    """Job Profitability Detail of jobs whose total differed: cost by the item's FullName, empty for none."""
    id: int = 0


@dataclass(slots=True)
class MonthClose:
    """The work-in-progress schedule of a closed month, as it stood when the month was closed (ACCOUNTING 25)."""

    connection_id: int
    month: dt.date
    """Its last day."""
    closed_at: dt.datetime
    closed_by: str
    rows: list[WipRow] = field(default_factory=list)
    id: int = 0


@dataclass(slots=True)
class ProofKept:
    """What Procore had beside our costs in one project when the proof was last made: the page shows it."""

    connection_id: int
    project_id: int
    read_at: dt.datetime
    others: list[DirectCost] = field(default_factory=list)
    """Other people's direct costs: dates, codes and amounts, without their words."""
    invoices: list[SubcontractorInvoice] | None = None
    """None where Procore did not show them."""
    notes: list[str] = field(default_factory=list)
    id: int = 0


@dataclass(slots=True)
class LedgerMark:
    """How often something changed that figures of the ledger are made of."""

    connection_id: int
    scope: str
    """`project` and Procore's id, `job` and the ListID, or empty for what concerns every project."""
    count: int = 0
    id: int = 0


@dataclass(slots=True)
class KeptFigures:
    """Figures of one project as they were last reckoned; good while `stamp` says what the marks say."""

    connection_id: int
    project_id: int
    kind: str
    stamp: str
    content: str
    """JSON text of the figures."""
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

    @property
    def settled(self) -> bool:
        """Whether Procore has, as far as is known, what it shall have."""
        return not self.in_flight and self.wanted == self.written and (self.wanted is None) == (self.procore_id is None)


@dataclass(slots=True)
class ProcoreKey:
    """The key of a linked record in Procore: `wanted` shall stand there (empty: none), `written` is known to."""

    connection_id: int
    kind: RecordKind
    procore_id: int
    project_id: int = 0
    """0 for what stands in the company."""
    name: str = ""
    """As people call the record."""
    wanted: str = ""
    written: str = ""
    in_flight: bool = False
    """A write was begun and its answer is not stored: what stands there is read before anything is sent again."""
    message: str = ""
    """Why it does not stand there as it should, told once."""
    tried_at: dt.datetime | None = None
    """When Procore refused it last."""
    id: int = 0

    @property
    def settled(self) -> bool:
        """Whether Procore has, as far as is known, what it shall have."""
        return not self.in_flight and self.wanted == self.written
