"""Reconciliation: QuickBooks, the bridge and Procore side by side, and under each difference what makes it.

The page never calls Procore: what we wrote there is known, the rest is what the last `reconcile` read.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.files.proof import joined, proof_csv, sheets
from qbwc_bridge.files.workbook import workbook
from qbwc_bridge.flow import procore_side
from qbwc_bridge.flow.bill_comparison import FINDINGS, BillRow
from qbwc_bridge.flow.explained import Explained
from qbwc_bridge.flow.footing import Foot, ItemDifference
from qbwc_bridge.flow.pending import Pending
from qbwc_bridge.flow.procore_side import ProcoreSide
from qbwc_bridge.flow.proof import Row
from qbwc_bridge.flow.reconciling import Reconciled, reconcile
from qbwc_bridge.statuspage.ask import Ask, File, Page

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class ProjectProof:
    """One project with all that its two differences are made of."""

    foot: Foot
    rows: list[Row]
    explained: list[Explained]
    """What differs; what was left out by choice is a sum only."""
    left_out: int
    items: list[ItemDifference]
    bills: list[BillRow]
    """Those that need a look."""
    agreeing: int
    pending: list[Pending]
    notes: list[str]

    def sum(self, column: str) -> Decimal:
        """The foot of a column."""
        return total(getattr(row, column) for row in self.rows)


def reconciliation(ask: Ask, name: str) -> Page:
    """Show the proof of a connection, of costs of every date."""
    connection = ask.connection(name)
    found, side = _proof(ask, connection)
    projects = _projects(found)
    values = {
        "connection": connection,
        "zone": ask.site.kit.options(connection).zone,
        "head": found.head,
        "projects": projects,
        "books_sum": total(each.foot.books_difference or ZERO for each in projects),
        "difference_sum": found.proof.difference,
        "footing": found.footing,
        "findings": FINDINGS,
        "compared_at": min(side.read_at.values(), default=None),
    }
    return Page("reconciliation.html", values)


def reconciliation_file(ask: Ask, name: str, form: str) -> File:
    """Give the same proof as a table or as an Excel workbook: those that `reconcile` writes."""
    connection = ask.connection(name)
    found, _ = _proof(ask, connection)
    result = joined([(connection, found)])
    called = f"reconciliation-{found.head.date}.{form}"
    if form == "csv":
        return File(called, "text/csv", proof_csv(result))
    return File(called, EXCEL, workbook(sheets(result), ask.now))


def _proof(ask: Ask, connection: Connection) -> tuple[Reconciled, ProcoreSide]:
    side = procore_side.kept(ask.uow, connection)
    options = ask.site.kit.options(connection)
    return reconcile(ask.uow, connection, options, side, now=ask.now, page=True), side


def _projects(found: Reconciled) -> list[ProjectProof]:
    rows = _by_project(found.proof.rows, lambda row: row.project)
    explained = _by_project(found.explained, lambda row: row.project)
    items = _by_project(found.items, lambda row: row.project)
    bills = _by_project(found.bills, lambda row: row.project)
    pending = _by_project(found.pending, lambda row: row.project)
    notes = _by_project(found.notes, lambda note: note[0])
    return [
        ProjectProof(
            foot=foot,
            rows=rows[foot.project],
            explained=[row for row in explained[foot.project] if row.difference != ZERO],
            left_out=sum(1 for row in explained[foot.project] if row.difference == ZERO),
            items=items[foot.project],
            bills=[row for row in bills[foot.project] if row.finding != "agrees"],
            agreeing=sum(1 for row in bills[foot.project] if row.finding == "agrees"),
            pending=pending[foot.project],
            notes=[note for _, note in notes[foot.project]],
        )
        for foot in found.projects
    ]


def _by_project(rows: Iterable[Each], number: Callable[[Each], str]) -> dict[str, list[Each]]:
    found: dict[str, list[Each]] = defaultdict(list)
    for row in rows:
        found[number(row)].append(row)
    return found
