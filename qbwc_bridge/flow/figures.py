"""Figures of the ledger by project, kept from one reckoning to the next: pages of large companies read them.

They are reckoned by the same stations as the commands' and kept with a stamp of all that they are made of, so that
what is given is always of now: figures of another stamp are reckoned anew, by whoever comes first. The clockwork does
that after each change, project by project, so that people rarely wait for it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TypeVar

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import dotted
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import version
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.domain.wip import WipProject
from qbwc_bridge.flow.apart import Apart, Groups
from qbwc_bridge.flow.bill_comparison import BillRow, bill_rows
from qbwc_bridge.flow.changed_after import ChangedAfterClose, changed_after_close
from qbwc_bridge.flow.closes import closes
from qbwc_bridge.flow.cost_documents import Entry, Fate, State, called_with_payee, entries
from qbwc_bridge.flow.explained import Explained, explain_released
from qbwc_bridge.flow.footing import Foot, foot_of
from qbwc_bridge.flow.job_to_date import Cost, JobToDate, job_to_date
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.planned import Planned
from qbwc_bridge.flow.procore_side import ProcoreSide, beside, kept
from qbwc_bridge.flow.proof import Row, known_rows, prove_project, unmapped_of
from qbwc_bridge.flow.schedule import project_figures
from qbwc_bridge.ports import UnitOfWork

FORM = 2
"""Counts up when figures of the same data come out otherwise than in the program before."""

MOST_DOCUMENTS = 50
"""Documents that are named below one sum; the commands list them all."""

Kind = TypeVar("Kind")


@dataclass(slots=True)
class ProjectSums:
    """One project in a few figures."""

    cost: Cost
    budget: Decimal
    committed: Decimal
    unmapped: int
    """Lines that are not in the Procore budget; ignored ones are not counted."""
    unmapped_since: dt.datetime | None
    """When a reading saw the oldest document with such a line first, or changed."""
    difference: Decimal | None
    """Sum of the absolute differences of its codes, as far as known; None before its release."""
    foot: Foot
    """Without QuickBooks' own total and what is pending, which are of all projects together."""


@dataclass(slots=True)
class ProjectApart:
    """What of one project stands apart from Procore's budget."""

    groups: Groups


@dataclass(slots=True)
class ProjectWip:
    """One project of the work-in-progress schedule of every date, without its row of the last closed month."""

    project: WipProject
    changed: list[ChangedAfterClose]


@dataclass(slots=True)
class ProjectProof:
    """The proof of one project: its rows, and what makes their differences."""

    rows: list[Row]
    """Without what is pending."""
    explained: list[Explained]
    """What differs; what was left out by choice is a number only."""
    left_out: int
    bills: list[BillRow]
    """Those that need a look."""
    agreeing: int


@dataclass(slots=True)
class Cell:
    """The cost of one code in one month, named by its first day."""

    cost_code: str
    cost_type: str
    month: dt.date
    cost: Cost


@dataclass(slots=True)
class ProjectCosts:
    """Job cost to date of one project by code and month, beside its budget, its commitments, and what Procore has."""

    cells: list[Cell]
    budget: list[tuple[str, str, Decimal]]
    committed: list[tuple[str, str, Decimal]]
    names: dict[str, str]
    known: list[Row]
    stale_count: int
    """Direct costs that stand in Procore though the ledger has nothing for them."""
    stale_sum: Decimal

    def to_date(self, choice: ProjectChoice) -> JobToDate:
        """Give the same as the ledger gives it."""
        budget, committed = (
            {(code, kind): sum_ for code, kind, sum_ in part} for part in (self.budget, self.committed)
        )
        cells = {((cell.cost_code, cell.cost_type), cell.month): cell.cost for cell in self.cells}
        return JobToDate(choice, None, Planned(budget, committed, self.names), cells)


@dataclass(slots=True)
class KeptEntry:
    """What one document has on one code, for one reason, with what became of it (`cost_documents.Entry`)."""

    document_id: int
    date: dt.date
    cost_code: str
    cost_type: str
    amount: Decimal
    state: State
    why: str
    origin_id: str

    @property
    def code(self) -> str:
        """Cost code, dot, cost type; empty for what has none."""
        return dotted(self.cost_code, self.cost_type)

    def entry(self, document: CostDocument) -> Entry:
        """Give the entry with its document."""
        return Entry(document, self.cost_code, self.cost_type, self.amount, self.state, self.why, self.origin_id)


@dataclass(slots=True)
class ProjectEntries:
    """The entries of one project, the newest document first."""

    entries: list[KeptEntry]


class KeptLedger:
    """The kept figures of one connection in one transaction; what is not good any more is reckoned and kept again."""

    def __init__(self, uow: UnitOfWork, connection: Connection, options: Options) -> None:
        self._uow = uow
        self._connection = connection
        self._options = options
        self._plain: Ledger | None = None
        self._discreet: Ledger | None = None
        marks = uow.kept.marks(connection.id)
        jobs: dict[int, list[str]] = {}
        for row in uow.listing.linked(connection.id, ["job"]):
            jobs.setdefault(row.project_id, []).append(row.quickbooks_id)
        found = uow.projects.find(connection_id=connection.id)
        self.choices = {row.project_id: row for row in found if row.project_id in jobs or row.release}
        self.linked = sorted((self.choices[each] for each in jobs if each in self.choices), key=lambda row: row.number)
        everything = [FORM, _told(options), connection.brake, connection.key, marks.get("", 0)]
        self._stamps = {
            project_id: version(
                [
                    everything,
                    marks.get(f"project {project_id}", 0),
                    [
                        [job, marks.get(f"job {job}", 0), connection.doubted.get(job)]
                        for job in jobs.get(project_id, ())
                    ],
                ]
            )
            for project_id in self.choices
        }

    def of(self, kind: type[Kind]) -> dict[int, Kind]:
        """Give the figures of one class for every project whose job is linked or whose costs are released."""
        found = self._uow.kept.find(kind, self._connection.id)
        good = {each: figures for each, (stamp, figures) in found.items() if self._stamps.get(each) == stamp}
        for project_id, choice in self.choices.items():
            if project_id not in good:
                good[project_id] = self._reckoned(kind, choice)
        return good

    def of_project(self, kind: type[Kind], project_id: int) -> Kind:
        """Give the figures of one class for one of these projects."""
        stamp, figures = self._uow.kept.find(kind, self._connection.id, project_id).get(project_id, ("", None))
        if figures is None or stamp != self._stamps[project_id]:
            return self._reckoned(kind, self.choices[project_id])
        return figures

    def stale(self) -> list[int]:
        """Projects whose figures are not kept as they are now."""
        known = self._uow.kept.stamps(self._connection.id, [kind.__name__ for kind in KINDS])
        return [project_id for project_id, stamp in self._stamps.items() if known.get(project_id) != {stamp}]

    def renew(self, project_id: int) -> None:
        """Reckon all figures of one of these projects and keep them."""
        choice = self.choices[project_id]
        for figures in self._reckon(choice):
            self._uow.kept.keep(self._connection.id, project_id, self._stamps[project_id], figures)

    def _reckoned(self, kind: type[Kind], choice: ProjectChoice) -> Kind:
        """Reckon all figures of a project, since the ledger is read for any; keep them, and give those of one class."""
        self.renew(choice.project_id)
        return self._uow.kept.find(kind, self._connection.id, choice.project_id)[choice.project_id][1]

    def _reckon(self, choice: ProjectChoice) -> Iterable[object]:
        ledger = self._plain = self._plain or Ledger(self._uow, self._connection, self._options)
        discreet = self._discreet = self._discreet or Ledger(self._uow, self._connection, self._options, discreet=True)
        side = kept(self._uow, self._connection, choice.project_id)
        rows = prove_project(discreet, choice, side.costs[choice.project_id], beside(discreet, side, choice, ()))
        rows = rows if choice.release else []
        yield self._sums(ledger, choice, rows)
        apart = Apart(ledger, called=called_with_payee)
        apart.take(choice)
        yield ProjectApart(apart.groups(MOST_DOCUMENTS))
        yield costs_of(ledger, choice)
        yield entries_of(ledger, choice)
        changed = changed_after_close(ledger, choice, closes(self._uow, self._connection))
        yield ProjectWip(project_figures(ledger, choice), changed)
        yield self._proof(discreet, choice, side, rows)

    def _sums(self, ledger: Ledger, choice: ProjectChoice, rows: list[Row]) -> ProjectSums:
        found = job_to_date(ledger, choice)
        return ProjectSums(
            cost=found.cost,
            budget=found.budget,
            committed=found.committed,
            unmapped=sum(1 for each in unmapped_of(ledger, choice) if not each.ignored),
            unmapped_since=min(
                (
                    item.document.changed_at
                    for item in ledger.of_project(choice.project_id)
                    if item.reason == "unmapped" and item.document.changed_at
                ),
                default=None,
            ),
            difference=total(abs(row.difference) for row in known_rows(ledger, choice)) if choice.release else None,
            foot=foot_of(ledger, None, choice, rows, ()),
        )

    def _proof(self, ledger: Ledger, choice: ProjectChoice, side: ProcoreSide, rows: list[Row]) -> ProjectProof:
        outbox = {
            row.origin_id: row
            for row in self._uow.writebacks.find(connection_id=choice.connection_id, project_id=choice.project_id)
        }
        explained = explain_released(ledger, choice, side.costs[choice.project_id], outbox)
        bills = bill_rows(ledger, side, choice) if choice.release else []
        return ProjectProof(
            rows=rows,
            explained=[row for row in explained if row.difference != ZERO],
            left_out=sum(1 for row in explained if row.difference == ZERO),
            bills=[row for row in bills if row.finding != "agrees"],
            agreeing=sum(1 for row in bills if row.finding == "agrees"),
        )


KINDS = (ProjectSums, ProjectApart, ProjectCosts, ProjectEntries, ProjectWip, ProjectProof)
"""All that is kept of a project."""


def costs_of(ledger: Ledger, choice: ProjectChoice) -> ProjectCosts:
    """Reckon the job cost to date of a project through the ledger's date."""
    found, stale = job_to_date(ledger, choice), Fate(ledger, choice).to_remove()
    return ProjectCosts(
        cells=[Cell(*code, month, cost) for (code, month), cost in found.cells.items()],
        budget=[(*code, amount) for code, amount in found.plan.budget.items()],
        committed=[(*code, amount) for code, amount in found.plan.committed.items()],
        names=found.plan.names,
        known=known_rows(ledger, choice),
        stale_count=len(stale),
        stale_sum=total(cost.amount() for cost in stale),
    )


def entries_of(ledger: Ledger, choice: ProjectChoice) -> ProjectEntries:
    """Reckon the entries of a project through the ledger's date."""
    return ProjectEntries(
        [
            KeptEntry(
                each.document.id,
                each.date,
                each.cost_code,
                each.cost_type,
                each.amount,
                each.state,
                each.why,
                each.origin_id,
            )
            for each in entries(ledger, choice)
        ]
    )


def _told(options: Options) -> list[str]:
    """The options as text that is the same in every process."""
    values = (getattr(options, each.name) for each in fields(options))
    return [str(sorted(value) if isinstance(value, frozenset) else value) for value in values]
