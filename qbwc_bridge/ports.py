"""What the core needs from outside, as Protocols: clock, Procore, unit of work."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from qbwc_bridge.domain import books, people, procore, procore_billing, records
from qbwc_bridge.domain.checkup import Access
from qbwc_bridge.domain.keys import Keyed, KeyKind, KeyOutcome
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.procore_billing import Forecast
from qbwc_bridge.domain.reading import NOTHING, Allowance, BudgetRead, Changed, CodeBook, ContractKind, Known
from qbwc_bridge.domain.states import State
from qbwc_bridge.domain.webhooks import Hook, Trigger, Undelivered

Row = TypeVar("Row")
Figures = TypeVar("Figures")


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> dt.datetime:
        """Give the present moment, aware, in UTC."""
        ...


# ---------------------------------------------------------------- Procore


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What a sync call did: ids by origin_id, and a sentence by origin_id for each item that Procore refused."""

    ids: Mapping[str, int]
    errors: Mapping[str, str]


class Hooks(Protocol):
    """The webhooks of one Procore company, of our namespace only; errors as of `Procore`.

    `project_id` is None for the hook of the company itself.
    """

    def find(self, project_id: int | None) -> list[Hook]:
        """Every hook of our namespace, whatever its address, oldest first."""
        ...

    def make(self, project_id: int | None, destination: str, authorization: str) -> Hook:
        """Make a hook without triggers; `authorization` is what Procore sends in that header.

        Nothing keys it: after ProcoreUnreachable it may stand there, and must be looked up before the next try.
        """
        ...

    def change(self, hook: Hook, destination: str, authorization: str) -> None:
        """Give a hook another address and Authorization header."""
        ...

    def remove(self, hook: Hook) -> None:
        """Remove a hook with its triggers; one that is gone already is no error."""
        ...

    def triggers(self, hook: Hook) -> set[Trigger]:
        """What a hook tells of."""
        ...

    def add_triggers(self, hook: Hook, triggers: Iterable[Trigger]) -> list[str]:
        """Let a hook tell of more; gives a sentence for each resource that Procore refused."""
        ...

    def undelivered(self, hook: Hook) -> Undelivered:
        """How many events of a hook did not arrive."""
        ...


class Procore(Protocol):
    """One Procore company. Every method raises ProcoreError (a sentence), or ProcoreUnreachable after a lost answer."""

    def allowance(self) -> Allowance:
        """What Procore allows as far as its answers told, and how many calls were made through this connection."""
        ...

    def rest(self, told: Callable[[str], None]) -> bool:
        """Wait until Procore allows calls again, however long, and tell it each minute; False where it does now."""
        ...

    def check(self) -> None:
        """Get a token and read the company: proves address, credentials and access."""
        ...

    def access(self, project_id: int = 0) -> list[Access]:
        """Look at the tools of the company, or of a project, by harmless readings; what is refused is the finding."""
        ...

    def projects(self) -> list[procore.Project]:
        """All active projects that the service account may see."""
        ...

    def vendors(self, known: Known = NOTHING) -> Changed[procore.Vendor]:
        """Companies of the Directory, all of them or those that changed; deleted ones are shown by no list."""
        ...

    def code_lists(self) -> list[int]:
        """Ids of the company's lists of standard cost codes."""
        ...

    def cost_codes(self, lists: Sequence[int]) -> list[procore.CostCode]:
        """Standard cost codes of these lists, divisions included."""
        ...

    def cost_types(self) -> list[procore.CostType]:
        """Cost types of the company."""
        ...

    def code_book(self, project_id: int, known: Iterable[BudgetCode] = ()) -> CodeBook:
        """Budget codes of a project by id: Procore is asked for all of them once one is not among those known."""
        ...

    def locked(self, project_id: int) -> bool:
        """Whether the budget is locked."""
        ...

    def budget_rows(
        self, project_id: int, book: CodeBook, view_id: int | None = None, known: Sequence[Forecast] = ()
    ) -> BudgetRead:
        """Budgeted rows with modifications, and the forecast to complete of each, set by a person or reckoned.

        `view_id` is the budget view that was used before. Days of forecasts are asked for only where a forecast that a
        person set is not among those known.
        """
        ...

    def budget_changes(self, project_id: int, known: Sequence[procore.BudgetChange] = ()) -> list[procore.BudgetChange]:
        """Approved budget changes; one that is listed with number, title and amount as known is taken from there."""
        ...

    def purchase_orders(self, project_id: int, known: Known, book: CodeBook) -> Changed[procore.Commitment]:
        """Purchase orders of every status with their lines: one call for the list, one for each that changed."""
        ...

    def subcontracts(self, project_id: int, known: Known, book: CodeBook) -> Changed[procore.Commitment]:
        """Subcontracts, in the same way."""
        ...

    def commitment(
        self, project_id: int, commitment_id: int, book: CodeBook, *, subcontract: bool
    ) -> procore.Commitment | None:
        """Read one purchase order or subcontract with its lines; None when Procore has it no more."""
        ...

    def change_orders(
        self, project_id: int, known: Known, book: CodeBook, contracts: Mapping[int, ContractKind]
    ) -> Changed[procore.ChangeOrder | procore.PrimeChange]:
        """Change orders of every status with their lines; `contracts` are the contracts known so far, by id."""
        ...

    def prime_contracts(self, project_id: int) -> list[procore_billing.PrimeContract]:
        """Contracts with the owner, of every status; a tool that is switched off or hidden raises, it is not empty."""
        ...

    def subcontractor_invoices(self, project_id: int) -> list[procore_billing.SubcontractorInvoice]:
        """Subcontractors' invoices of every status with their lines; raises like `prime_contracts`."""
        ...

    def create_budget_code(self, project_id: int, cost_code: str, cost_type: str) -> BudgetCode:
        """Make (or find) the budget code of a cost code and a cost type, named by their codes (`03-300`, `M`).

        Raises ProcoreError when the project has no such cost code or cost type.
        """
        ...

    def create_project(self, number: str, name: str) -> int:
        """Make an active project with the standard cost codes; an empty number is left out. Gives its id.

        Nothing keys it: after ProcoreUnreachable it may stand there, and must be looked up before the next try.
        """
        ...

    def create_vendor(self, name: str) -> int:
        """Make a company of the Directory; gives its id. The same holds as of `create_project`."""
        ...

    def direct_costs(self, project_id: int) -> list[DirectCost]:
        """Every direct cost of a project with its lines, ours and those that people typed."""
        ...

    def sync_direct_costs(self, project_id: int, costs: Sequence[DirectCost]) -> SyncOutcome:
        """Create or update headers by origin_id (direct_costs/sync); lines are not part of it."""
        ...

    def sync_direct_cost_lines(self, project_id: int, lines: Mapping[int, Sequence[DirectCostLine]]) -> SyncOutcome:
        """Create or update lines by origin_id (direct_costs/line_items/sync), keyed by the id of their header."""
        ...

    def delete_direct_cost(self, project_id: int, direct_cost_id: int) -> None:
        """Delete a direct cost with its lines; one that is gone already is no error."""
        ...

    def delete_direct_cost_line(self, project_id: int, direct_cost_id: int, line_id: int) -> None:
        """Delete a line; one that is gone already is no error."""
        ...

    def keyed(self, kind: KeyKind, project_id: int = 0) -> list[Keyed]:
        """Every record of a kind, of the company or of a project, with what stands in its `origin_id`."""
        ...

    def set_keys(self, kind: KeyKind, wanted: Mapping[Keyed, str], project_id: int = 0) -> KeyOutcome:
        """Write the `origin_id` of records of one kind, by their ids; the empty text takes it away.

        Nothing else of a record is written. It may be repeated.
        """
        ...


ProcoreFor = Callable[[records.Connection], Procore]
"""Opens Procore for a connection with its decrypted secret."""


# ---------------------------------------------------------------- storage


@dataclass(frozen=True, slots=True)
class UpTo:
    """A criterion: at most this value, or empty."""

    value: Any


@dataclass(frozen=True, slots=True)
class Other:
    """A criterion: any value but this one, or empty."""

    value: Any


@dataclass(frozen=True, slots=True)
class Filled:
    """A criterion: a text that is not the empty one."""


class Store(Protocol[Row]):
    """The rows of one kind.

    Criteria are column = value; a list, tuple or set means one of them; None means empty; see also UpTo, Other and
    Filled.
    """

    def add(self, row: Row) -> Row:
        """Insert a row; its `id` is set."""
        ...

    def append(self, row: Row) -> None:
        """Insert a row whose `id` nobody needs to know yet: it stays 0."""
        ...

    def get(self, row_id: int) -> Row:
        """Give the row of that id; raises NotFound."""
        ...

    def save(self, row: Row) -> None:
        """Write every field of a row back, at the latest before the next look at these rows."""
        ...

    def remove(self, row: Row) -> None:
        """Delete a row."""
        ...

    def find(self, *, order: str = "id", limit: int | None = None, **criteria: Any) -> list[Row]:
        """Give the rows that meet all criteria, ordered by a column (`-id` for descending)."""
        ...

    def first(self, **criteria: Any) -> Row | None:
        """Give the row of the smallest id that meets all criteria, or None."""
        ...

    def has(self, **criteria: Any) -> bool:
        """Whether any row meets all criteria: cheaper than counting or reading it."""
        ...

    def count(self, **criteria: Any) -> int:
        """Count the rows that meet all criteria."""
        ...

    def sums(self, column: str, by: str, **criteria: Any) -> dict[Any, int]:
        """Add up a column of whole numbers over the rows that meet all criteria, for each value of the column `by`."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which submissions of a connection a table shall show; what is empty or None narrows nothing.

    `text` is looked for in number, title, party and name in QuickBooks, and hits what belongs to `projects` besides.
    `order` is number, title, name, vendor, project, amount, changes, revised, state or since, with `-` before it for
    descending; empty: what needs a person first.
    """

    connection_id: int
    kinds: Sequence[str] = ()
    states: Sequence[State] = ()
    update: bool | None = None
    differs: bool = False
    """Only what is synced, but not as it should be."""
    text: str = ""
    projects: Sequence[int] = ()
    order: str = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """How many submissions there are, and the sums of amounts and revised ones in cents."""

    count: int = 0
    amount_cents: int = 0
    revised_cents: int = 0


@dataclass(frozen=True, slots=True)
class Linked:
    """What is known of a linked submission where there may be thousands of them."""

    kind: records.Kind
    key: str
    project_id: int
    quickbooks_id: str
    quickbooks_name: str
    number: str
    choice: records.Choice


class Listing(Protocol):
    """Submissions as a table, filtered, sorted, counted and summed by the database; and a few columns of many rows."""

    def linked(self, connection_id: int, kinds: Sequence[str]) -> Sequence[Linked]:
        """Give what is joined to a record of QuickBooks, of these kinds."""
        ...

    def orders_of_job(self, connection_id: int, job_id: str) -> Mapping[str, str]:
        """Give the vendors' ListIDs of purchase orders with a line for a job, by TxnID, without those that are gone."""
        ...

    def names(self, connection_id: int, kind: str) -> Mapping[str, str]:
        """Give the FullNames on a list of QuickBooks by ListID, also of what is gone."""
        ...

    def counts(
        self, connection_id: int, kinds: Sequence[str] = (), *, summed: bool = False
    ) -> Mapping[tuple[records.Kind, State, bool], Sums]:
        """Count the submissions of a connection by kind, state, and whether they are updates; no kinds mean all.

        Their amounts are added up where that is asked for; it takes as long again.
        """
        ...

    def differing(self, connection_id: int) -> Mapping[str, int]:
        """Count by kind what is synced, but not as it should be."""
        ...

    def oldest_ready(self, connection_id: int) -> dt.datetime | None:
        """Since when the oldest one waits for a person's decision."""
        ...

    def page(self, wanted: Wanted, *, first: int, rows: int) -> Sequence[records.Submission]:
        """Give `rows` rows of what is wanted, in its order, after the `first` ones."""
        ...

    def searched(self, wanted: Wanted, *, first: int, rows: int) -> tuple[Sequence[records.Submission], Sums]:
        """Give the same with the count and sums of all that is wanted; beyond the end, the rows from the first one."""
        ...


class Kept(Protocol):
    """Figures of the ledger, kept by project: any dataclass of numbers and texts, told apart by its class.

    Whoever writes what they are made of changes a mark in the same transaction: what was kept under other marks is not
    given as if it were of today.
    """

    def marks(self, connection_id: int) -> Mapping[str, int]:
        """How often what concerns each project, each job, and all of them (empty) has changed."""
        ...

    def find(
        self, kind: type[Figures], connection_id: int, project_id: int | None = None
    ) -> Mapping[int, tuple[str, Figures]]:
        """Give the figures of a class with their stamps by project; what cannot be read any more is left out."""
        ...

    def stamps(self, connection_id: int, kinds: Sequence[str]) -> Mapping[int, set[str]]:
        """Give the stamps of the figures of these classes, by project; an empty one for each that is not kept."""
        ...

    def keep(self, connection_id: int, project_id: int, stamp: str, figures: object) -> None:
        """Keep figures of a project in place of earlier ones of their class."""
        ...


class UnitOfWork(Protocol):
    """One transaction: everything in it is kept together or not at all."""

    @property
    def connections(self) -> Store[records.Connection]:
        """Connections."""
        ...

    @property
    def projects(self) -> Store[records.ProjectChoice]:
        """What people chose for each project."""
        ...

    @property
    def documents(self) -> Store[records.DocumentRow]:
        """What Procore said last."""
        ...

    @property
    def submissions(self) -> Store[records.Submission]:
        """Records offered to the other system."""
        ...

    @property
    def listing(self) -> Listing:
        """The same as a table for people."""
        ...

    @property
    def kept(self) -> Kept:
        """Figures of the ledger as they were last reckoned."""
        ...

    @property
    def tasks(self) -> Store[records.Task]:
        """Units of work for QuickBooks."""
        ...

    @property
    def message_sets(self) -> Store[records.MessageSet]:
        """What was sent to QuickBooks and what came back."""
        ...

    @property
    def visits(self) -> Store[records.Visit]:
        """Sessions of the Web Connector."""
        ...

    @property
    def lists(self) -> Store[books.ListRecord]:
        """QuickBooks' lists as last read."""
        ...

    @property
    def transactions(self) -> Store[books.TransactionRecord]:
        """QuickBooks' estimates, purchase orders and bills as last read."""
        ...

    @property
    def readings(self) -> Store[books.CostReading]:
        """Readings of job costs."""
        ...

    @property
    def answers(self) -> Store[books.CostAnswer]:
        """Answers to cost readings that wait to be applied."""
        ...

    @property
    def costs(self) -> Store[books.CostDocument]:
        """The ledger."""
        ...

    @property
    def controls(self) -> Store[books.Control]:
        """QuickBooks' own totals of job cost."""
        ...

    @property
    def closes(self) -> Store[books.MonthClose]:
        """Closed months with their work-in-progress schedules."""
        ...

    @property
    def proofs(self) -> Store[books.ProofKept]:
        """What Procore had beside our costs when the proof was last made."""
        ...

    @property
    def mappings(self) -> Store[records.Mapping]:
        """Lasting decisions on accounts and ignored records."""
        ...

    @property
    def writebacks(self) -> Store[books.WriteBack]:
        """The outbox to Procore: what shall stand there and what we know stands there."""
        ...

    @property
    def keys(self) -> Store[books.ProcoreKey]:
        """The keys of linked records in Procore: what shall stand there and what we know stands there."""
        ...

    @property
    def history(self) -> Store[records.History]:
        """Every move of every state."""
        ...

    @property
    def people(self) -> Store[people.Person]:
        """Who may sign in."""
        ...

    @property
    def leases(self) -> Store[records.Lease]:
        """Which station is at work for which connection."""
        ...


class OpenWork(Protocol):
    """Opens units of work."""

    def __call__(self) -> AbstractContextManager[UnitOfWork]:
        """Begin a transaction; leaving the block without an error commits it, with an error rolls it back."""
        ...
