"""The job costs of one project: bars by cost code, the same by code and month as tables, and what changed lately."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import told_payee
from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.domain.records import Connection, History, ProjectChoice
from qbwc_bridge.errors import NotFound
from qbwc_bridge.flow.cost_documents import Discretion, called
from qbwc_bridge.flow.figures import KeptLedger, ProjectCosts, costs_of
from qbwc_bridge.flow.job_to_date import NO_CODE, CodeRow, job_to_date
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.ports import UpTo
from qbwc_bridge.statuspage.ask import Ask, Page

MOST_BARS = 40
"""Cost codes that are drawn: more than that no eye compares; the table has them all."""

LATELY = 20
"""How many of the newest changes are told."""

PORTION, LOOKED_THROUGH = 256, 8
"""Changes of the whole connection that are looked at together, and how often: older ones are in each document."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One cost code as it is drawn: widths in percent of the longest bar."""

    code: str
    name: str
    budget: str
    committed: str
    actual: str
    told: str
    over: bool
    """Whether it cost more than its budget."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a reading saw change in a document."""

    document: CostDocument
    called: str
    payee: str
    entry: History
    why: str


def project_costs(ask: Ask, name: str, project: int) -> Page:
    """Show one project's job cost to date, through the date that the address names."""
    connection, ledger, choice = opened(ask, name, project)
    figures = KeptLedger(ask.uow, connection, ledger.options)
    if ledger.as_of is None and project in figures.choices:
        kept = figures.of_project(ProjectCosts, project)
    else:
        kept = costs_of(ledger, choice)
    found = kept.to_date(choice) if ledger.as_of is None else job_to_date(ledger, choice)
    codes = found.by_code()
    known = {(row.cost_code, row.cost_type): row for row in kept.known}
    bars = _bars(codes)
    values = {
        **frame(ask, connection, ledger, choice),
        "found": found,
        "codes": [row for row in codes if (row.cost_code, row.cost_type) != NO_CODE],
        "months": found.by_month(),
        "known": known,
        "differs": any(row.difference for row in known.values()),
        "known_sums": {part: total(getattr(row, part) for row in known.values()) for part in ("procore", "difference")},
        "bars": bars[:MOST_BARS],
        "bar_count": len(bars),
        "changes": _lately(ask, ledger, choice),
        "stale_count": kept.stale_count,
        "stale_sum": kept.stale_sum,
    }
    return Page("project_costs.html", values)


def opened(ask: Ask, name: str, project: int) -> tuple[Connection, Ledger, ProjectChoice]:
    """Open the ledger for a project, through the date that the address names; raises NotFound."""
    connection = ask.connection(name)
    through = _date(ask.request.args.get("as_of", ""))
    ledger = Ledger(ask.uow, connection, ask.site.kit.options(connection), as_of=through)
    choice = ledger.choices.get(project)
    if choice is None:
        raise NotFound(f"{name} has no such project, as far as Procore was read.")
    return connection, ledger, choice


def frame(ask: Ask, connection: Connection, ledger: Ledger, choice: ProjectChoice) -> dict[str, Any]:
    """Give what every page below a project shows: where it is, through which date, and what is not whole."""
    return {
        "connection": connection,
        "zone": ask.site.kit.options(connection).zone,
        "choice": choice,
        "as_of": ledger.as_of,
        "warnings": _warnings(connection, ledger, choice),
    }


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _warnings(connection: Connection, ledger: Ledger, choice: ProjectChoice) -> list[str]:
    told = []
    jobs = [job for job, number in ledger.jobs.items() if number == choice.project_id]
    if not jobs:
        told.append("This project's job does not stand in QuickBooks yet, so it has no cost.")
    elif connection.costs_whole_at is None:
        told.append("The costs have not been read whole from QuickBooks: these figures may lack some.")
    elif ledger.being_read(choice.project_id):
        told.append("QuickBooks' own total differs from these figures: the next visit reads the job again.")
    for job in jobs:
        apart = connection.doubted.get(job)
        if apart:
            amount = Decimal(apart)
            more = "more" if amount > ZERO else "less"
            told.append(
                f"QuickBooks' own total of the job is {readable(abs(amount))} {more}, even after reading it again."
            )
    return told


def _bars(rows: Iterable[CodeRow]) -> list[Bar]:
    """One bar for each cost code, its types together; in the order of the codes, of many only the largest."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    names: dict[str, str] = {}
    for row in rows:
        names[row.cost_code] = row.name
        for place, amount in enumerate((row.budget, row.committed, row.cost.total)):
            sums[row.cost_code][place] += amount
    longest = max((amount for found in sums.values() for amount in found), default=ZERO)
    if longest <= ZERO:
        return []
    largest = sorted(sums, key=lambda code: max(sums[code]), reverse=True)
    shown = [*sorted(largest[:MOST_BARS], key=lambda code: (not code, code)), *largest[MOST_BARS:]]
    return [_bar(code, names[code], sums[code], longest) for code in shown]


def _bar(code: str, name: str, amounts: list[Decimal], longest: Decimal) -> Bar:
    budget, committed, actual = amounts
    told = f"budget {readable(budget)}, committed {readable(committed)}, cost to date {readable(actual)}"
    widths = [f"{max(amount, ZERO) * 100 / longest:.2f}" for amount in amounts]
    return Bar(code or "No cost code", name, widths[0], widths[1], widths[2], told, over=bool(code) and actual > budget)


def _lately(ask: Ask, ledger: Ledger, choice: ProjectChoice) -> list[Change]:
    """The newest changes that readings saw in the project's documents, newest first."""
    discretion = Discretion(ask.uow, ledger.connection)
    found: list[Change] = []
    last: dict[str, UpTo] = {}
    for _ in range(LOOKED_THROUGH):
        rows = ask.uow.history.find(
            connection_id=choice.connection_id, subject="cost", order="-id", limit=PORTION, **last
        )
        documents = {row.id: row for row in ask.uow.costs.find(id=[row.subject_id for row in rows])} if rows else {}
        for row in rows:
            document = documents.get(row.subject_id)
            if document and ledger.jobs.get(document.job_id) == choice.project_id:
                why = discretion.text(row.why, document)
                found.append(Change(document, called(document), told_payee(document), row, why))
        if len(rows) < PORTION or len(found) >= LATELY:
            break
        last = {"id": UpTo(rows[-1].id - 1)}
    return found[:LATELY]
