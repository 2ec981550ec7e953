"""Read models: submissions as a table, few columns of many rows, kept figures, and figures of all connections."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from qbwc_bridge.domain import records
from qbwc_bridge.domain.notices import NoticeState
from qbwc_bridge.domain.shown import Shown
from qbwc_bridge.domain.states import State, TaskState

Figures = TypeVar("Figures")


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


@dataclass(slots=True)
class Tally:
    """What the rows of one connection add up to."""

    states: dict[State, int] = field(default_factory=dict)
    """Submissions by state."""
    updates: int = 0
    """How many of those that are ready change what QuickBooks has already."""
    oldest_ready: dt.datetime | None = None
    differing: int = 0
    """What is synced, but not as it should be."""
    parked_readings: int = 0
    refused: int = 0
    """Direct costs with a message of Procore, or that were not looked up yet."""
    linked: set[int] = field(default_factory=set)
    """Projects whose job stands in QuickBooks."""
    last_letter: int = 0
    """Number of the last letter that was sent or given up; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class ProjectGlance:
    """A few columns of a project."""

    connection_id: int
    project_id: int
    number: str
    name: str
    on: bool
    released: bool
    shown: Shown


@dataclass(slots=True)
class Totals:
    """What monitors are told of the whole database; counts are by id of the connection."""

    database: str
    """sqlite or postgresql."""
    schema: str = ""
    """The version of its schema, such as `0010`."""
    size: int = 0
    """In bytes."""
    sessions: dict[int, int] = field(default_factory=dict)
    """Sessions whose lease runs."""
    submissions: dict[int, dict[State, int]] = field(default_factory=dict)
    tasks: dict[int, dict[TaskState, int]] = field(default_factory=dict)
    """Of those that are not ended."""
    mail: dict[int, dict[NoticeState, int]] = field(default_factory=dict)
    """Of what did not go."""


class Listing(Protocol):
    """Submissions as a table, filtered, sorted, counted and summed by the database; and a few columns of many rows."""

    def linked(self, connection_id: int, kinds: Sequence[str]) -> Sequence[Linked]:
        """Give what is joined to a record of QuickBooks, of these kinds."""
        ...

    def orders_of_job(self, connection_id: int, job_id: str) -> Mapping[str, str]:
        """Give the vendors' ListIDs of purchase orders with a line for a job, by TxnID, without those that are gone."""
        ...

    def standing(self, connection_id: int) -> Mapping[str, int]:
        """Add up what stands in QuickBooks for submissions, in cents: `Estimate` and `PurchaseOrder`, each once."""
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


class Everywhere(Protocol):
    """Figures of all connections at once: the number of statements does not grow with the connections."""

    def tallies(self) -> Mapping[int, Tally]:
        """Add up the rows of every connection that has any, by its id."""
        ...

    def totals(self, now: dt.datetime) -> Totals:
        """Count what is open at the moment `now`, for monitors."""
        ...

    def projects(self) -> Sequence[ProjectGlance]:
        """Give every project of every connection, by number."""
        ...

    def figures(self, kind: type[Figures]) -> Mapping[tuple[int, int], Figures]:
        """Give the kept figures of a class by connection and project, as they were last reckoned."""
        ...
