"""What the core needs from outside, as Protocols: clock, Procore, unit of work, mail."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from qbwc_bridge.domain import books, notices, people, procore, procore_billing, records
from qbwc_bridge.domain.checkup import Access
from qbwc_bridge.domain.keys import Keyed, KeyKind, KeyOutcome
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.procore_billing import Forecast
from qbwc_bridge.domain.reading import NOTHING, Allowance, BudgetRead, Changed, CodeBook, ContractKind, Known
from qbwc_bridge.domain.webhooks import Hook, Trigger, Undelivered
from qbwc_bridge.ports.ageing import Ageing as Ageing
from qbwc_bridge.ports.listing import Everywhere as Everywhere
from qbwc_bridge.ports.listing import Kept as Kept
from qbwc_bridge.ports.listing import Linked as Linked
from qbwc_bridge.ports.listing import Listing as Listing
from qbwc_bridge.ports.listing import ProjectGlance as ProjectGlance
from qbwc_bridge.ports.listing import Sums as Sums
from qbwc_bridge.ports.listing import Tally as Tally
from qbwc_bridge.ports.listing import Totals as Totals
from qbwc_bridge.ports.listing import Wanted as Wanted
from qbwc_bridge.ports.mail import Mail as Mail
from qbwc_bridge.ports.store import Filled as Filled
from qbwc_bridge.ports.store import Other as Other
from qbwc_bridge.ports.store import Store as Store
from qbwc_bridge.ports.store import UpTo as UpTo


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> dt.datetime:
        """Give the present moment, aware, in UTC."""
        ...


# ---------------------------------------------------------------- Procore


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """Ids of what a sync call wrote and sentences on what it refused, by origin_id; of any other item nobody knows."""

    ids: Mapping[str, int]
    errors: Mapping[str, str]
    general: str = ""
    """A sentence about errors that named no item, if there were any."""


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

    def clock_ahead(self) -> dt.timedelta | None:
        """How much Procore's clock is ahead of ours, as its last answer told; None before any."""
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

    def projects(self) -> Changed[procore.Project]:
        """All active projects that the service account may see."""
        ...

    def vendors(self, known: Known = NOTHING) -> Changed[procore.Vendor]:
        """Companies of the Directory, all of them or those that changed; deleted ones are shown by no list."""
        ...

    def code_lists(self) -> list[int]:
        """Ids of the company's lists of standard cost codes."""
        ...

    def cost_codes(self, lists: Sequence[int]) -> Changed[procore.CostCode]:
        """Standard cost codes of these lists, divisions included."""
        ...

    def cost_types(self) -> Changed[procore.CostType]:
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

    def delete_direct_cost(self, project_id: int, direct_cost_id: int) -> bool:
        """Delete a direct cost with its lines; False where Procore has none: it is gone, or not for us to see."""
        ...

    def delete_direct_cost_line(self, project_id: int, direct_cost_id: int, line_id: int) -> bool:
        """Delete a line; False where Procore has none: it is gone, or not for us to see."""
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
    def ageing(self) -> Ageing:
        """What the store lets go of once it is old."""
        ...

    @property
    def kept(self) -> Kept:
        """Figures of the ledger as they were last reckoned."""
        ...

    @property
    def everywhere(self) -> Everywhere:
        """Figures of all connections."""
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
    def notices(self) -> Store[notices.Notice]:
        """The outbox of mail: what people shall be told, and what became of it."""
        ...

    @property
    def leases(self) -> Store[records.Lease]:
        """Which station is at work for which connection."""
        ...


class OpenWork(Protocol):
    """Opens units of work of whatever extent its giver chose."""

    def __call__(self) -> AbstractContextManager[UnitOfWork]:
        """Begin a transaction; leaving the block without an error commits it, with an error rolls it back."""
        ...


LOOK = 0
"""In place of a connection's number: a unit of work that only looks, at what was committed when it began."""


class OpenAnyWork(OpenWork, Protocol):
    """Opens units of work on everything, or on the rows of one connection alone."""

    def __call__(self, connection_id: int | None = None, /) -> AbstractContextManager[UnitOfWork]:
        """Begin a transaction like `OpenWork`.

        Without a connection nobody else is at work meanwhile. With one, nobody else is at work on it, while others may
        be on other connections where the database allows it (PostgreSQL); a row of another one must not be written.
        LOOK writes nothing and, on PostgreSQL, neither waits nor makes anybody wait.
        """
        ...
