"""What `reconcile` gives: the head of the proof, its rows, and each difference explained (ACCOUNTING 24)."""

import datetime as dt
from dataclasses import dataclass, field

from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.bill_comparison import BillRow, bill_rows
from qbwc_bridge.flow.explained import Explained, explain_released, outbox_of
from qbwc_bridge.flow.footing import Foot, Footing, ItemDifference, control_of, foot_of, footing, item_differences
from qbwc_bridge.flow.ledger import Ledger, released
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.pending import Pending, pending
from qbwc_bridge.flow.procore_side import ProcoreSide, beside
from qbwc_bridge.flow.proof import Proof, Row, prove_project, unmapped_of
from qbwc_bridge.flow.totals import through
from qbwc_bridge.ports import UnitOfWork

CASH = (
    "QuickBooks is set to show reports on cash basis: a report on its screen differs from this proof "
    "until it is set to accrual."
)

BEING_READ = (
    "QuickBooks' own total of {} differs from the ledger: the job is read whole at the next visit, and nothing of it "
    "is written before."
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a proof is of: the company and its file, the basis, the date, and when the costs were read."""

    company: str
    file: str
    """The company file's path; empty where the last visit did not tell it."""
    date: dt.date
    through: bool
    """Whether costs after `date` are left out; else it is the day of the proof, of costs of every date."""
    costs_read_at: dt.datetime | None
    """In the office's time zone."""
    basis: str = "accrual"
    note: str = ""


@dataclass(slots=True)
class Reconciled:
    """The proof of one connection with its head and explanations."""

    head: Head
    proof: Proof
    explained: list[Explained]
    projects: list[Foot] = field(default_factory=list)
    footing: Footing = field(default_factory=lambda: Footing(None))
    items: list[ItemDifference] = field(default_factory=list)
    """Of jobs that differ still after they were read whole."""
    bills: list[BillRow] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Project number and a sentence: what of Procore could not be read, and which job is being read again."""
    unread: bool = False
    """Whether a project could not be compared, because Procore did not show its direct costs."""

    @property
    def agrees(self) -> bool:
        """Whether nothing differs: Procore, QuickBooks' own totals of linked jobs, and the footing."""
        books = total(abs(foot.books_difference or ZERO) for foot in self.projects)
        differing = (self.proof.difference, books, self.footing.difference)
        return not self.unread and all(amount == ZERO for amount in differing)


def reconcile(
    uow: UnitOfWork,
    connection: Connection,
    options: Options,
    side: ProcoreSide,
    *,
    now: dt.datetime,
    as_of: dt.date | None = None,
    page: bool = False,
) -> Reconciled:
    """Compare the ledger with `side`: what Procore has of released projects, of every date.

    For the `page` bills are compared in every released project, else only where the rule skips them; and no payee is
    told who may be an employee.
    """
    ledger = Ledger(uow, connection, options, as_of=as_of, discreet=page)
    waiting, control, outbox = pending(ledger), control_of(ledger), outbox_of(ledger)
    whole = outbox_of(Ledger(uow, connection, options)) if as_of else outbox
    found = Reconciled(
        head=head(connection, options, now, as_of),
        proof=Proof([], []),
        explained=[],
        footing=footing(ledger, control),
        items=item_differences(ledger),
        pending=waiting,
        notes=_notes(ledger, side),
    )
    # Project by project: the ledger holds the lines of one at a time.
    for choice in _shown(ledger):
        rows: list[Row] = []
        if choice.release and choice.project_id in side.unread:
            found.unread = True
        elif choice.release:
            costs = side.costs.get(choice.project_id, [])
            if as_of:
                costs = through(costs, whole, as_of)
            rows = prove_project(ledger, choice, costs, beside(ledger, side, choice, waiting))
            found.explained += explain_released(ledger, choice, costs, outbox)
        if choice.release and (page or choice.release.po_bills == "skip"):
            found.bills += bill_rows(ledger, side, choice)
        found.proof.rows.extend(rows)
        found.proof.unmapped.extend(unmapped_of(ledger, choice))
        found.projects.append(foot_of(ledger, control, choice, rows, waiting))
    return found


def _shown(ledger: Ledger) -> list[ProjectChoice]:
    """Projects whose job is linked or whose costs are released, by number."""
    linked = {row.project_id for row in ledger.linked}
    found = (row for row in ledger.choices.values() if row.project_id in linked or row.release)
    return sorted(found, key=lambda row: row.number)


def _notes(ledger: Ledger, side: ProcoreSide) -> list[tuple[str, str]]:
    found = released(ledger.choices.values())
    notes = [(row.number, told) for row in found for told in side.notes.get(row.project_id, [])]
    being_read = (row for row in ledger.linked if ledger.being_read(row.project_id))
    return [*notes, *((row.number, BEING_READ.format(row.number)) for row in being_read)]


def head(connection: Connection, options: Options, now: dt.datetime, as_of: dt.date | None) -> Head:
    """Say what figures of a connection are of; without `as_of` they are of every date."""
    company, read = connection.company, connection.costs_read_at
    # The facts are of the last visit's company, which may have been another one by mistake.
    bound = fold(company.name) == fold(connection.bound_name) and company.file_id == connection.bound_file_id
    return Head(
        company=connection.bound_name or company.name,
        file=company.file_path if bound else "",
        date=as_of or now.astimezone(options.zone).date(),
        through=as_of is not None,
        costs_read_at=read.astimezone(options.zone) if read else None,
        note=CASH if bound and company.report_basis.lower() == "cash" else "",
    )
