"""Job costs of all projects: budget, committed, cost to date, and what is not in the Procore budget."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.costs import PAYROLL, Allocation, told_payee
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.cost_documents import called
from qbwc_bridge.flow.job_to_date import JobToDate, job_to_date
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.project_costs import known_rows
from qbwc_bridge.statuspage.render import day, money


@dataclass(frozen=True, slots=True)
class ProjectCosts:
    """One project in the list: its job cost to date, and what of it Procore does not have as it is."""

    to_date: JobToDate
    difference: Decimal | None
    """Sum of the absolute differences of its codes, as far as known; None before its release."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A cost that is not in the Procore budget."""

    project: str
    document: str
    date: dt.date
    account_or_item: str
    amount: Decimal
    ignored: bool


def costs(ask: Ask, name: str) -> Page:
    """Show the job costs of every linked project of a connection."""
    connection = ask.connection(name)
    options = ask.site.kit.options(connection)
    ledger = Ledger(ask.uow, connection, options)
    outside = [_outside(ledger, item) for item in ledger.allocations if item.reason in {"unmapped", "ignored"}]
    open_ones = [each for each in outside if not each.ignored]
    ignored = [each for each in outside if each.ignored]
    projects = _projects(ledger)
    values = {
        "connection": connection,
        "zone": options.zone,
        "projects": projects,
        "sums": [total(getattr(each.to_date, part) for each in projects) for part in ("budget", "committed")],
        "cost_sum": total(each.to_date.cost.total for each in projects),
        "unmapped_sum": total(each.to_date.cost.unmapped for each in projects),
        "difference_sum": total(each.difference or ZERO for each in projects),
        "outside": open_ones,
        "outside_sum": total(each.amount for each in open_ones),
        "ignored_count": len(ignored),
        "ignored_sum": total(each.amount for each in ignored),
        "refused": _refused(ask, connection, ledger),
    }
    return Page("costs.html", values)


def _projects(ledger: Ledger) -> list[ProjectCosts]:
    shown = []
    for choice in ledger.linked:
        difference = total(abs(row.difference) for row in known_rows(ledger, choice)) if choice.release else None
        shown.append(ProjectCosts(job_to_date(ledger, choice), difference))
    return shown


def _refused(ask: Ask, connection: Connection, ledger: Ledger) -> list[tuple[str, str]]:
    """Direct costs that Procore did not take: project, date and amount, and Procore's reason."""
    found = []
    for row in ask.uow.writebacks.find(connection_id=connection.id):
        cost = row.wanted or row.written
        if row.message and cost:
            number = ledger.choices[row.project_id].number
            found.append((f"{number}, {cost.type} of {day(cost.date)}, {money(cost.amount())}", row.message))
    return found


def _outside(ledger: Ledger, item: Allocation) -> Outside:
    choice, document = ledger.choices[item.project_id], item.document
    return Outside(
        project=f"{choice.number} {choice.name}",
        document=_named(item),
        date=document.txn_date,
        account_or_item=item.line.item or item.line.account,
        amount=item.line.amount,
        ignored=item.reason == "ignored",
    )


def _named(item: Allocation) -> str:
    """Name a document without naming an employee: a payee is told only where QuickBooks has the vendor (rule 18)."""
    document = item.document
    if document.txn_type == PAYROLL:
        return f"{called(document)} of {day(document.txn_date)}"
    return f"{called(document)} {told_payee(document)}".strip()
