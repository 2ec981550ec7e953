"""What the core needs from outside, as Protocols: clock, Procore, unit of work."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from qbwc_bridge.domain import books, procore, procore_billing, records
from qbwc_bridge.domain.checkup import Access
from qbwc_bridge.domain.keys import Keyed, KeyKind
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.shown import Partly

Row = TypeVar("Row")


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


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """What became of a writing of keys: ids that have them, and a sentence by id for each that Procore refused.

    What is in neither may or may not have happened: it is read before it is sent again.
    """

    done: frozenset[int]
    errors: Mapping[int, str]


class Procore(Protocol):
    """One Procore company. Every method raises ProcoreError (a sentence), or ProcoreUnreachable after a lost answer."""

    def check(self) -> None:
        """Get a token and read the company: proves address, credentials and access."""
        ...

    def access(self, project_id: int = 0) -> list[Access]:
        """Look at the tools of the company, or of a project, by harmless readings; what is refused is the finding."""
        ...

    def projects(self) -> list[procore.Project]:
        """All active projects that the service account may see."""
        ...

    def vendors(self) -> list[procore.Vendor]:
        """All companies of the Directory."""
        ...

    def cost_codes(self) -> list[procore.CostCode]:
        """Standard cost codes of every list of the company, divisions included."""
        ...

    def cost_types(self) -> list[procore.CostType]:
        """Cost types of the company."""
        ...

    def budget_codes(self, project_id: int) -> list[BudgetCode]:
        """Every active budget code of a project."""
        ...

    def budget(self, project_id: int) -> procore.Budget:
        """Lock, budgeted rows and approved budget changes."""
        ...

    def commitments(self, project_id: int) -> list[procore.Commitment]:
        """Purchase orders and subcontracts of every status with their lines."""
        ...

    def change_orders(self, project_id: int) -> Partly[procore.ChangeOrder | procore.PrimeChange]:
        """Commitment change orders of every status with their lines, and what of them Procore does not show."""
        ...

    def prime_contracts(self, project_id: int) -> list[procore_billing.PrimeContract]:
        """Contracts with the owner, of every status; a tool that is switched off or hidden raises, it is not empty."""
        ...

    def subcontractor_invoices(self, project_id: int) -> list[procore_billing.SubcontractorInvoice]:
        """Subcontractors' invoices of every status with their lines; raises like `prime_contracts`."""
        ...

    def forecasts(self, project_id: int) -> Partly[procore_billing.Forecast]:
        """The forecast to complete of every budgeted code, set by a person or reckoned by Procore."""
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


class Store(Protocol[Row]):
    """The rows of one kind.

    Criteria are column = value; a list, tuple or set means one of them; None means empty; see also UpTo and Other.
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
    def people(self) -> Store[records.Person]:
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
