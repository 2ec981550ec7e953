"""The tabs of submissions, their state filters and columns, and what an address says of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from qbwc_bridge.domain.records import Kind
from qbwc_bridge.domain.states import State
from qbwc_bridge.statuspage import words
from qbwc_bridge.statuspage.paging import page_of
from qbwc_bridge.statuspage.words import Look


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a tab: its head, and the name by which addresses sort by it."""

    head: str
    sort: str
    figure: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its name, the kinds that it shows, and its columns between the record and its state."""

    name: str
    kinds: tuple[Kind, ...]
    columns: tuple[Column, ...]


PROJECT, VENDOR = Column("Project", "project"), Column("Vendor", "vendor")
AMOUNT = Column("Amount", "amount", figure=True)
IN_QUICKBOOKS = Column("In QuickBooks", "name")

ALL = Tab("All records", (), (PROJECT, AMOUNT))

TABS: Mapping[str, Tab] = {
    "job": Tab("Jobs", ("job", "new_project"), (IN_QUICKBOOKS,)),
    "vendor": Tab("Vendors", ("vendor", "new_vendor"), (IN_QUICKBOOKS,)),
    "cost_code": Tab("Cost codes", ("cost_code",), (IN_QUICKBOOKS,)),
    "budget": Tab("Budgets", ("budget", "budget_change"), (PROJECT, AMOUNT)),
    "commitment": Tab(
        "Commitments",
        ("commitment",),
        (
            PROJECT,
            VENDOR,
            Column("Original", "amount", figure=True),
            Column("Changes", "changes", figure=True),
            Column("Revised", "revised", figure=True),
        ),
    ),
    "change_order": Tab("Change orders", ("change_order",), (PROJECT, VENDOR, AMOUNT)),
}
"""By the name that an address has for each."""


def tab_of(kind: Kind) -> str:
    """Give the name of the tab that shows a kind."""
    return next((name for name, tab in TABS.items() if kind in tab.kinds), "submissions")


@dataclass(frozen=True, slots=True)
class Filter:
    """A state filter: how it is called, and what it lets through."""

    look: Look
    states: tuple[State, ...]
    update: bool | None = None
    differs: bool = False


FILTERS: Mapping[str, Filter] = {
    State.READY: Filter(words.STATES[State.READY], (State.READY,), update=False),
    "ready_to_update": Filter(words.UPDATE, (State.READY,), update=True),
    State.ACCEPTED: Filter(words.STATES[State.ACCEPTED], (State.ACCEPTED,)),
    State.EXPORTING: Filter(words.STATES[State.EXPORTING], (State.EXPORTING,)),
    State.FAILED: Filter(words.STATES[State.FAILED], (State.FAILED,)),
    State.BLOCKED: Filter(words.STATES[State.BLOCKED], (State.BLOCKED,)),
    "differs": Filter(words.DIFFERS, (State.SYNCED,), differs=True),
    State.SYNCED: Filter(words.STATES[State.SYNCED], (State.SYNCED,)),
    State.REJECTED: Filter(words.STATES[State.REJECTED], (State.REJECTED,)),
    State.ARCHIVED: Filter(words.STATES[State.ARCHIVED], (State.ARCHIVED,)),
}
"""By the name that an address has for each, in the order in which they are shown. What differs is synced as well."""

SORTS = frozenset({"number", "state", "since", *(each.sort for tab in (ALL, *TABS.values()) for each in tab.columns)})


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the filters say; empty means all, and without a sort what needs a person stands first."""

    state: str = ""
    kind: str = ""
    q: str = ""
    sort: str = ""
    page: int = 1

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Chosen":
        """Read the query or a form; what is not known is left out."""
        state, kind, sort = (values.get(name, "") for name in ("state", "kind", "sort"))
        return cls(
            state=state if state in FILTERS else "",
            kind=kind if kind in TABS else "",
            q=values.get("q", "").replace("\0", "").strip()[:100],
            sort=sort if sort.removeprefix("-") in SORTS else "",
            page=page_of(values),
        )

    @property
    def tab(self) -> Tab:
        """The tab that is shown."""
        return TABS.get(self.kind, ALL)

    def query(self) -> dict[str, Any]:
        """Give what an address needs to say the same again."""
        return {key: value for key, value in asdict(self).items() if value not in ("", 1)}

    def sorted_by(self, sort: str) -> "Chosen":
        """Give the same sorted by a column, from its first page on; the other way round where it is so already."""
        return replace(self, sort=f"-{sort}" if self.sort == sort else sort, page=1)
