"""How far Procore was read, and what one reading of it brings.

A *kind* is what one list of Procore tells of. Cursors are Procore's own moments, the others are ours.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from qbwc_bridge.domain.procore import BudgetCode, BudgetRow
from qbwc_bridge.domain.procore_billing import Forecast
from qbwc_bridge.domain.shown import LeftOut, Notices

LOCK, ROWS, BUDGET_CHANGES = "lock", "rows", "budget_changes"
ORDERS, SUBCONTRACTS, CHANGE_ORDERS = "orders", "subcontracts", "change_orders"
PRIME_CONTRACTS, CODES = "prime_contracts", "codes"

OF_PROJECT = (CODES, LOCK, ROWS, BUDGET_CHANGES, ORDERS, SUBCONTRACTS, CHANGE_ORDERS, PRIME_CONTRACTS)
"""The kinds of a project in the order of reading: change orders belong to commitments, which therefore come first."""

PROJECTS, VENDORS, COST_CODES, COST_TYPES = "projects", "vendors", "cost_codes", "cost_types"

OF_COMPANY = (PROJECTS, VENDORS, COST_CODES, COST_TYPES)
"""The kinds of the company's own lists."""


@dataclass(slots=True)
class ReadState:
    """How far the lists of a project, or of the company, were read."""

    read_at: dict[str, dt.datetime] = field(default_factory=dict)
    """When the last reading of each kind began."""
    newest: dict[str, dt.datetime] = field(default_factory=dict)
    """The greatest `updated_at` seen of each kind, by Procore's clock."""
    whole_at: dt.datetime | None = None
    """When the last whole reading began, which compares full lists; None: never read."""


@dataclass(slots=True)
class ProjectState(ReadState):
    """How far a project was read."""

    view_id: int | None = None
    """The budget view through which its rows are read."""
    aside: dict[str, str] = field(default_factory=dict)
    """What the list said of change orders that belong to no contract shown to the bridge, by id."""


@dataclass(slots=True)
class CompanyState(ReadState):
    """How far the company's lists were read, and what Procore allows."""

    code_lists: list[int] = field(default_factory=list)
    """Ids of the lists of standard cost codes."""
    hourly_limit: int = 0
    """Calls an hour that Procore allowed last; 0 where no answer told."""
    first_calls: int = 0
    first_projects: int = 0
    """Calls that first readings of projects took so far, and of how many projects."""
    left_out: LeftOut = field(default_factory=LeftOut)
    """Records of the company's lists that make no sense."""


D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Known:
    """What of a kind is known before it is read.

    `since` asks for what changed from that moment of Procore's on, deleted records included; None asks for the whole
    list. A record whose list row says again what stands in `stamps`, or that is among those `done` in this reading, is
    not read anew. Of the others `most` are read now.
    """

    since: dt.datetime | None = None
    stamps: Mapping[int, str] = field(default_factory=dict)
    done: frozenset[int] = frozenset()
    most: int | None = None


NOTHING = Known()
"""Nothing is known: everything is read."""


@dataclass(frozen=True, slots=True)
class Changed(Generic[D]):
    """What a reading of one kind brought.

    `found` are the records that were read anew, `stamps` what the list said of them, `tried` their ids with those that
    were gone when they were asked for, `left` how many are left for another call, `listed` the ids of all living rows
    of the list, `gone` those it showed as deleted, `aside` the stamps of rows that belong to nothing we read, `notices`
    what Procore showed only in part, `left_out` why records that are listed make no sense, by id.
    """

    found: tuple[D, ...] = ()
    listed: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    stamps: Mapping[int, str] = field(default_factory=dict)
    newest: dt.datetime | None = None
    aside: Mapping[int, str] = field(default_factory=dict)
    tried: frozenset[int] = frozenset()
    left: int = 0
    notices: Notices = field(default_factory=dict)
    left_out: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BudgetRead:
    """The rows of a budget view: budgeted rows, their forecasts to complete, and the codes of unbudgeted ones.

    `notices` tell what Procore showed only in part, and which of several views is used.
    """

    view_id: int
    rows: tuple[BudgetRow, ...]
    forecasts: tuple[Forecast, ...]
    unbudgeted: tuple[BudgetCode, ...] = ()
    notices: Notices = field(default_factory=dict)


ContractKind = Literal["amount", "unit", "prime"]
"""Whose change orders a contract has: a commitment's by amounts or by units, or the owner's."""


class CodeBook:
    """A project's budget codes by id: those known so far, and all of them once a line names another.

    `load` reads every code with whether it is active; it is called once at most.
    """

    def __init__(self, known: Iterable[BudgetCode], load: Callable[[], Mapping[int, tuple[BudgetCode, bool]]]) -> None:
        self._codes = {code.id: code for code in known}
        self._load = load
        self.active: list[BudgetCode] | None = None
        """The active codes, once they were read."""

    def get(self, code_id: int) -> BudgetCode | None:
        """Give a code, also an inactive one; None where Procore has no such code."""
        if code_id not in self._codes and self.active is None:
            self.read()
        return self._codes.get(code_id)

    def read(self) -> list[BudgetCode]:
        """Read all codes, if that was not done yet; gives the active ones."""
        if self.active is None:
            found = self._load()
            self._codes.update({code_id: code for code_id, (code, _) in found.items()})
            self.active = [code for code, active in found.values() if active]
        return self.active


@dataclass(frozen=True, slots=True)
class Allowance:
    """What Procore allows, as its answers told: calls an hour and in ten seconds, None where no answer told yet.

    `calls` counts every call so far, whoever made it.
    """

    calls: int
    hourly: int | None = None
    spike: int | None = None


SMALLEST_HOURLY, SMALLEST_SPIKE = 600, 25
"""The smallest limits in Procore's documentation: calls an hour, and in ten seconds."""

HOUR_SECONDS, SPIKE_SECONDS = 3600, 10
"""The length of both windows."""


def seconds_needed(calls: int, hourly: int, spike: int) -> int:
    """Give the least time that so many calls take under both limits, beginning with fresh windows."""
    hours, rest = divmod(max(calls - 1, 0), hourly)
    return hours * HOUR_SECONDS + rest // spike * SPIKE_SECONDS


def lasting(seconds: float) -> str:
    """Say a time in words: `40 seconds`, `12 minutes`, `2 h 10 min`."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} seconds"
    minutes = round(Decimal(str(seconds)) / 60)
    if minutes < 100:  # noqa: PLR2004 - people count to about there
        return f"{minutes} minutes" if minutes != 1 else "a minute"
    return f"{minutes // 60} h {minutes % 60} min"
