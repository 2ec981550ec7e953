"""The rows that the stations hand to one another: plain mutable values, one class per table.

`id` is 0 until the row is stored. Times are aware and in UTC, except QuickBooks' own, which have no zone. Money is
Decimal with two decimals.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Literal

from qbwc_bridge.domain.books import TransactionLine
from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.procore import BudgetCode, Document
from qbwc_bridge.domain.quickbooks import Request
from qbwc_bridge.domain.reading import CompanyState, ProjectState
from qbwc_bridge.domain.shown import Shown
from qbwc_bridge.domain.states import State, TaskState

Kind = Literal[
    "cost_code", "job", "vendor", "budget", "budget_change", "commitment", "change_order", "new_project", "new_vendor"
]
KINDS_IN_ORDER: tuple[Kind, ...] = (
    "cost_code",
    "job",
    "vendor",
    "budget",
    "budget_change",
    "commitment",
    "change_order",
)
"""Kinds towards QuickBooks in dependency order: what a kind needs stands before it."""

KINDS_OUTWARD: tuple[Kind, ...] = ("new_project", "new_vendor")
"""Kinds towards Procore: jobs and vendors born in QuickBooks. They never enter QuickBooks' queue."""


Unsettled = Literal["", "answers", "lists"]
"""What review and queueing have not seen yet: nothing; answers to writes, which may wait until nothing else can be
sent; or lists and facts of QuickBooks, which may turn the next write into a link and are looked at before it."""


@dataclass(slots=True)
class Connection:
    """One Procore company joined to one QuickBooks company file."""

    name: str
    procore_company_id: int
    procore_client_id: str
    procore_secret: bytes
    """The client secret, encrypted."""
    user_name: str
    password_hash: str
    """Keyed hash of the generated Web Connector password."""
    file_id: str
    """GUID in braces, written by the Web Connector into the company file."""
    key: str
    """Eight random characters in every key that the bridge leaves in Procore; never changed."""
    company_name: str = ""
    """The company that binds by itself, as given by --company-name."""
    bound_name: str = ""
    bound_file_id: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    """Settings of this connection alone, by lower-case key, and income_account, expense_account, default_customer."""
    company: Company = field(default_factory=Company)
    """The company of the last visit, bound or not."""
    alarm: str = ""
    """Why no write goes to QuickBooks, in one sentence; empty when all is well."""
    last_contact: dt.datetime | None = None
    lists_read_at: dt.datetime | None = None
    lists_modified: dt.datetime | None = None
    """Greatest TimeModified of the lists, by QuickBooks' clock."""
    orders_modified: dt.datetime | None = None
    """The same of estimates and purchase orders."""
    costs_modified: dict[str, dt.datetime] = field(default_factory=dict)
    """The same of documents that may carry cost, by type."""
    deletions_seen: dt.datetime | None = None
    """Greatest TimeDeleted seen of what is a cost."""
    costs_whole_at: dt.datetime | None = None
    """When the last reading of all costs was begun; None: the ledger is not whole, and nothing of it is written."""
    payroll_seen: dt.date | None = None
    """Changes of payroll are asked for from this day of modification on."""
    controlled_at: dt.datetime | None = None
    """When QuickBooks' own totals were last read."""
    doubted: dict[str, str] = field(default_factory=dict)
    """Jobs whose total in QuickBooks differs from the ledger, by ListID: empty until the job is read whole, then the
    difference that is left."""
    names_gone: list[str] = field(default_factory=list)
    """ListIDs that vanished since the last reading of costs: merged names move lines, and no document tells of it."""
    lists_whole_at: dt.datetime | None = None
    """When the lists were last read whole, which shows what was merged: that leaves no deletion record."""
    list_deletions_seen: dt.datetime | None = None
    """Greatest TimeDeleted seen of list records."""
    order_deletions_seen: dt.datetime | None = None
    """The same of estimates and purchase orders."""
    costs_wanted: bool = False
    """A fresh reading of job costs was asked for."""
    costs_read_at: dt.datetime | None = None
    """When the last reading that is in the ledger began: it may lack what was entered later."""
    newest_write: str = ""
    """`Customer:ListID` or `PurchaseOrder:TxnID` of the newest record we wrote: proof that the file is not older."""
    pulled_at: dt.datetime | None = None
    """When the last round of Procore ended; one that only follows a touch is none."""
    reading: CompanyState = field(default_factory=CompanyState)
    touched_at: dt.datetime | None = None
    """When Procore last said that lists of the company changed; served once a later reading of them began."""
    pushed_at: dt.datetime | None = None
    procore_down: str = ""
    """Why Procore could not be reached the last time it was read; empty when it answered."""
    brake: str = ""
    """Why nothing is written to Procore until a person confirms."""
    keys_refused: str = ""
    """Keys of another integration that were seen at `keys_checked_at`, in a sentence: none of ours is written."""
    keys_checked_at: dt.datetime | None = None
    detached_at: dt.datetime | None = None
    """When a person took every key out of Procore; until it is attached nothing is written there."""
    restored_at: dt.datetime | None = None
    """When the database was restored from a backup; until a person confirms nothing is written to Procore."""
    unsettled: Unsettled = "lists"
    settled_on: dt.date | None = None
    """The office's day on which review and queueing last saw everything."""
    summed_up_on: dt.date | None = None
    """The office's day for which a daily summary was last looked at, mailed or not."""
    webhook_secret: bytes = b""
    """What Procore sends in the Authorization header of an event, encrypted; empty without webhooks."""
    webhook_url: str = ""
    webhooks_since: dt.datetime | None = None
    event_at: dt.datetime | None = None
    id: int = 0


Before = Literal["opening", "detail", "none"]
"""Costs before the cut-off: one opening line per budget code, in detail, or not at all."""
PoBills = Literal["write", "skip"]
"""Bills on exported orders: written, or left to Procore's subcontractor invoices."""
CostStatus = Literal["approved", "pending", "draft"]
"""Of the direct costs in Procore."""


@dataclass(slots=True)
class ReleaseChoice:
    """What a person chose when releasing a project's costs (ACCOUNTING 19, 20)."""

    costs_from: dt.date
    before: Before
    po_bills: PoBills
    status: CostStatus = "approved"


@dataclass(slots=True)
class ProjectChoice:
    """A Procore project with what people chose for it."""

    connection_id: int
    project_id: int
    number: str
    name: str
    active: bool = True
    on: bool = False
    customer: str = ""
    create_customer: bool = False
    dry_run: str = ""
    """Fingerprint of the figures that the last dry run showed."""
    release: ReleaseChoice | None = None
    released_at: dt.datetime | None = None
    released_by: str = ""
    budget_codes: list[BudgetCode] = field(default_factory=list)
    reading: ProjectState = field(default_factory=ProjectState)
    touched_at: dt.datetime | None = None
    """When Procore last said that something of the project changed; served once a later reading of it began."""
    hooked: bool = False
    """A hook of ours may stand in this project: set before it is made, taken back once it is known to be gone."""
    shown: Shown = field(default_factory=Shown)
    """What Procore refuses of it."""
    unsure: bool = False
    """The database was restored, and what stands of our costs in Procore was not read since."""
    id: int = 0


@dataclass(slots=True)
class DocumentRow:
    """A document as Procore gave it last; `key` is its id in Procore as text."""

    connection_id: int
    kind: str
    key: str
    document: Annotated[Document, "discriminator:kind"]
    project_id: int = 0
    seen_at: dt.datetime | None = None
    gone: bool = False
    """True once Procore no longer lists it."""
    stamp: str = ""
    """What Procore's list said of it when it was read; another text means that it changed."""
    id: int = 0


@dataclass(slots=True)
class Agreed:
    """What of an order or estimate a hand edit would change (ACCOUNTING 14): party and lines."""

    party_id: str = ""
    lines: list[TransactionLine] = field(default_factory=list)


BY_HAND = "by_hand"
"""What waits for a person's own word, whatever direct export says (ACCOUNTING 23: a person confirms the new link)."""

Choice = Literal["", "close", "reopen", "second_order"]
"""What a person chose for an order that ended: close it in QuickBooks (ACCOUNTING 15); before a change order re-open
it, or write a second one (ACCOUNTING 13)."""


@dataclass(slots=True)
class Submission:
    """One record offered to the other system.

    `key` is the record's id in Procore as text; for cost codes the code (`03-300`, `03-300.M`), for a budget and a job
    the project id, for what goes to Procore the ListID. `project_id` is 0 where no project is concerned.
    """

    connection_id: int
    kind: Kind
    key: str
    number: str
    title: str
    version: str
    created_at: dt.datetime
    since: dt.datetime
    project_id: int = 0
    amount: Decimal | None = None
    state: State = State.BLOCKED
    update: bool = False
    reasons: list[str] = field(default_factory=list)
    waits_for: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a person should know before accepting: will be linked to ..., the number is cut to ..."""
    comment: str = ""
    mark: str = ""
    """Six random characters; `[qb:XXXXXX]` in a memo finds the record again in QuickBooks."""
    accepted_version: str = ""
    accepted_by: str = ""
    accepted_at: dt.datetime | None = None
    exported_version: str = ""
    link_to: str = ""
    """`new` when a person said that it is none of those in QuickBooks; BY_HAND when one took it back or unlinked it.

    Of what went to Procore: the id there, until the job or vendor of that id is joined.
    """
    name: str = ""
    """Name or RefNumber in QuickBooks chosen by a person."""
    is_1099: bool | None = None
    quickbooks_id: str = ""
    quickbooks_name: str = ""
    line_ids: dict[str, str] = field(default_factory=dict)
    """TxnLineID by the id of Procore's line."""
    exported: str = ""
    """The content that QuickBooks has, as JSON text of the document's `content()`: an update tells its differences.

    Of what goes to Procore, JSON with the `id` that it has there; while it is written, with the ids `before` of records
    that Procore had under that name already.
    """
    agreed: Agreed | None = None
    """The order or estimate as last written or agreed to: what differs now was changed by hand in QuickBooks."""
    choice: Choice = ""
    before_state: State | None = None
    """Where an archived one came from."""
    party: str = ""
    """The vendor of a commitment, and of its change orders."""
    revised: Decimal | None = None
    """Procore's revised contract of a commitment; `amount` is the original one."""
    id: int = 0


@dataclass(slots=True)
class Task:
    """One unit of work in the queue for QuickBooks."""

    connection_id: int
    kind: str
    request: Annotated[Request, "discriminator:kind"]
    created_at: dt.datetime
    submission_id: int | None = None
    brings: dict[int, str] = field(default_factory=dict)
    """The content that each submission has in QuickBooks once it is done, as JSON text by submission id. Several change
    orders of one order go in one request; a query brings none."""
    reading_id: int | None = None
    state: TaskState = TaskState.QUEUED
    message_set_id: int | None = None
    attempts: int = 0
    not_before: dt.datetime | None = None
    """Back-off: no earlier than this, and never twice in the visit of a failure."""
    failed_visit_id: int | None = None
    set_limit: int = 0
    """The most records in a set with it: half of the last one that QuickBooks could not read; 0 where it read all."""
    sent_at: dt.datetime | None = None
    done_at: dt.datetime | None = None
    status_code: int | None = None
    message: str = ""
    rank: int = 0
    """Dependency order inside the queue; smaller goes first."""
    id: int = 0


Purpose = Literal["facts", "read", "costs", "sentinel", "write", "recover", "look_up"]
"""Why a message was sent: facts of the company, readings, job costs, proof that the file is no older copy, writes,
recovery."""


@dataclass(slots=True)
class MessageSet:
    """What was handed to the Web Connector in one go, kept before it left and until its answer is applied."""

    connection_id: int
    visit_id: int
    purpose: Purpose
    request_text: str
    sent_at: dt.datetime
    set_id: str = ""
    """newMessageSetID of a write; empty for reads."""
    recovers: int | None = None
    """The message set whose fate this one asks for."""
    answered_at: dt.datetime | None = None
    reply_text: str = ""
    """Empty for answers about costs: what is needed of them is kept elsewhere, and wages nowhere (ACCOUNTING 18)."""
    note: str = ""
    id: int = 0


@dataclass(slots=True)
class Visit:
    """A session of the Web Connector with its lease."""

    connection_id: int
    ticket_hash: str
    started_at: dt.datetime
    lease_until: dt.datetime
    ended_at: dt.datetime | None = None
    facts_read: bool = False
    """Host, Company and Preferences came with the first call."""
    writes_allowed: bool = False
    sentinel_checked: bool = False
    last_error: str = ""
    pauses: int = 0
    """NoOp answers so far."""
    progress: int = 0
    planned: int = 0
    finished: int = 0
    exported: int = 0
    failed: int = 0
    connection_errors: int = 0
    refused_version: str = ""
    """The qbXML version that QuickBooks refused in this visit in spite of its own list."""
    id: int = 0


MappingKind = Literal["job", "vendor", "item", "account", "class", "type"]
"""What is mapped by name; `type` is a transaction type, which gives a cost type alone."""


@dataclass(slots=True)
class Mapping:
    """A lasting decision of a person: a QuickBooks name mapped to a Procore one, or ignored with a comment."""

    connection_id: int
    kind: MappingKind
    quickbooks: str
    procore: str = ""
    expense_account: str = ""
    """FullName of the account that a new item of this name gets, instead of the connection's."""
    ignored: bool = False
    comment: str = ""
    decided_by: str = ""
    decided_at: dt.datetime | None = None
    id: int = 0


@dataclass(slots=True)
class History:
    """One move: from, to, when, who, why."""

    connection_id: int
    subject: Literal["submission", "task", "project", "connection", "writeback", "map", "cost"]
    subject_id: int
    at: dt.datetime
    who: str
    before: str
    after: str
    why: str = ""
    id: int = 0


@dataclass(slots=True)
class Lease:
    """Who works at a station of a connection, and until when."""

    connection_id: int
    station: str
    holder: str
    until: dt.datetime
    id: int = 0
