"""Job costs of all projects: budget, committed, cost to date, and what is not in the Procore budget."""

from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.apart import Apart
from qbwc_bridge.flow.job_to_date import JobToDate, job_to_date
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.statuspage.apart import called, lists, spelled
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.project_costs import known_rows
from qbwc_bridge.statuspage.render import day, money


@dataclass(frozen=True, slots=True)
class ProjectCosts:
    """One project in the list: its job cost to date, and what of it Procore does not have as it is."""

    to_date: JobToDate
    difference: Decimal | None
    """Sum of the absolute differences of its codes, as far as known; None before its release."""


def costs(ask: Ask, name: str) -> Page:
    """Show the job costs of every linked project of a connection, and what stands apart from Procore's budgets."""
    connection = ask.connection(name)
    options = ask.site.kit.options(connection)
    ledger = Ledger(ask.uow, connection, options)
    beside, projects = Apart(ledger, called=called), []
    for choice in ledger.linked:  # one project after the other is held in memory
        projects.append(_project(ledger, choice))
        beside.take(choice)
    values = {
        "connection": connection,
        "zone": options.zone,
        "projects": projects,
        "sums": [total(getattr(each.to_date, part) for each in projects) for part in ("budget", "committed")],
        "cost_sum": total(each.to_date.cost.total for each in projects),
        "unmapped_sum": total(each.to_date.cost.unmapped for each in projects),
        "difference_sum": total(each.difference or ZERO for each in projects),
        "refused": _refused(ask, connection, ledger),
        "apart": lists(ask.uow, ledger, beside),
        "spelled": spelled,
    }
    return Page("costs.html", values)


def _project(ledger: Ledger, choice: ProjectChoice) -> ProjectCosts:
    difference = total(abs(row.difference) for row in known_rows(ledger, choice)) if choice.release else None
    return ProjectCosts(job_to_date(ledger, choice), difference)


def _refused(ask: Ask, connection: Connection, ledger: Ledger) -> list[tuple[str, str]]:
    """Direct costs that Procore did not take: project, date and amount, and Procore's reason."""
    found = []
    for row in ask.uow.writebacks.find(connection_id=connection.id):
        cost = row.wanted or row.written
        if row.message and cost:
            number = ledger.choices[row.project_id].number
            found.append((f"{number}, {cost.type} of {day(cost.date)}, {money(cost.amount())}", row.message))
    return found
