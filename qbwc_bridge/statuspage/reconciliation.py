"""Reconciliation: QuickBooks, the bridge and Procore side by side, and under each difference what makes it.

Showing it never calls Procore: what we wrote there is known, the rest is what was read when somebody last compared.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.errors import NotFound
from qbwc_bridge.files.proof import joined, proof_csv, sheets
from qbwc_bridge.files.workbook import workbook
from qbwc_bridge.flow import comparing, procore_side
from qbwc_bridge.flow.bill_comparison import FINDINGS
from qbwc_bridge.flow.figures import KeptLedger, ProjectProof, ProjectSums
from qbwc_bridge.flow.footing import Foot, ItemDifference, completed, control_of, footing, item_differences
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.pending import Pending, pending
from qbwc_bridge.flow.proof import Row, with_pending
from qbwc_bridge.flow.reconciling import BEING_READ, Reconciled, head, reconcile
from qbwc_bridge.statuspage.ask import Ask, File, Goto, Outside, Page, or_told

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class ProjectDetail:
    """One project with all that its two differences are made of."""

    choice: ProjectChoice
    foot: Foot
    proof: ProjectProof
    rows: list[Row]
    """With what is pending."""
    items: list[ItemDifference]
    pending: list[Pending]
    notes: list[str]

    def sum(self, column: str) -> Decimal:
        """The foot of a column."""
        return total(getattr(row, column) for row in self.rows)


def reconciliation(ask: Ask, name: str) -> Page:
    """Show the proof of a connection, of costs of every date, project by project; the address may open one of them."""
    connection = ask.connection(name)
    options = ask.site.kit.options(connection)
    ledger = Ledger(ask.uow, connection, options, discreet=True)
    figures = KeptLedger(ask.uow, connection, options)
    control, waiting, sums = control_of(ledger), pending(ledger), figures.of(ProjectSums)
    choices = sorted(figures.choices.values(), key=lambda row: row.number)
    feet = {
        choice.project_id: completed(sums[choice.project_id].foot, ledger, control, choice, waiting)
        for choice in choices
    }
    opened = _opened(ask, figures)
    oldest = ask.uow.proofs.find(connection_id=connection.id, order="read_at", limit=1)
    values = {
        "connection": connection,
        "zone": options.zone,
        "head": head(connection, options, ask.now, None),
        "projects": [(choice, feet[choice.project_id]) for choice in choices],
        "each": _detail(ledger, figures, opened, feet[opened.project_id], waiting) if opened else None,
        "footing": footing(ledger, control),
        "findings": FINDINGS,
        "compared_at": oldest[0].read_at if oldest else None,
    }
    return Page("reconciliation.html", values)


def _opened(ask: Ask, figures: KeptLedger) -> ProjectChoice | None:
    text = ask.request.args.get("project", "")
    if not text:
        return None
    choice = figures.choices.get(int(text)) if text.isascii() and text.isdigit() else None
    if choice is None:
        raise NotFound("There is no such project here, or its job does not stand in QuickBooks yet.")
    return choice


def _detail(
    ledger: Ledger, figures: KeptLedger, choice: ProjectChoice, foot: Foot, waiting: list[Pending]
) -> ProjectDetail:
    proof = figures.of_project(ProjectProof, choice.project_id)
    mine = [each for each in waiting if each.project == choice.number]
    kept = ledger.uow.proofs.first(connection_id=choice.connection_id, project_id=choice.project_id)
    notes = [BEING_READ.format(choice.number)] if ledger.being_read(choice.project_id) else []
    return ProjectDetail(
        choice=choice,
        foot=foot,
        proof=proof,
        rows=with_pending(choice, proof.rows, mine) if choice.release else [],
        items=item_differences(ledger, choice.project_id),
        pending=mine,
        notes=[*(kept.notes if kept and choice.release else ()), *notes],
    )


def reconciliation_file(ask: Ask, name: str, form: str) -> File:
    """Give the same proof as a table or as an Excel workbook: those that `reconcile` writes."""
    connection = ask.connection(name)
    found = _proof(ask, connection)
    result = joined([(connection, found)])
    called = f"reconciliation-{found.head.date}.{form}"
    if form == "csv":
        return File(called, "text/csv", proof_csv(result))
    return File(called, EXCEL, workbook(sheets(result), ask.now))


def _proof(ask: Ask, connection: Connection) -> Reconciled:
    side = procore_side.kept(ask.uow, connection)
    return reconcile(ask.uow, connection, ask.site.kit.options(connection), side, now=ask.now, page=True)


def compare_now(ask: Ask, name: str) -> Outside:
    """Read what Procore has of released projects, and show the proof with it."""
    ask.need_decider()
    connection = ask.connection(name)
    kit, back = ask.site.kit, ask.url("reconciliation", name=name)

    def act() -> Goto:
        comparing.compare(kit, connection.id)
        return Goto(back, "Procore was read for the proof just now.")

    return Outside(partial(or_told, act, back))
