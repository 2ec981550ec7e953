"""Job costs of all projects: budget, committed, cost to date, and what is not in the Procore budget."""

from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.figures import KeptLedger, ProjectSums
from qbwc_bridge.flow.job_to_date import percent
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.ports import Filled
from qbwc_bridge.statuspage.apart import joined, lists, spelled
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.render import day, money


@dataclass(frozen=True, slots=True)
class ProjectCosts:
    """One project in the list: its job cost to date, and what of it Procore does not have as it is."""

    choice: ProjectChoice
    sums: ProjectSums

    @property
    def percent(self) -> Decimal | None:
        """Cost to date in percent of the whole budget."""
        return percent(self.sums.cost.total, self.sums.budget)


def costs(ask: Ask, name: str) -> Page:
    """Show the job costs of every linked project of a connection, and what stands apart from Procore's budgets."""
    connection = ask.connection(name)
    options = ask.site.kit.options(connection)
    figures, ledger = KeptLedger(ask.uow, connection, options), Ledger(ask.uow, connection, options)
    sums = figures.of(ProjectSums)
    projects = [ProjectCosts(choice, sums[choice.project_id]) for choice in figures.linked]
    values = {
        "connection": connection,
        "zone": options.zone,
        "projects": projects,
        "sums": [total(getattr(each.sums, part) for each in projects) for part in ("budget", "committed")],
        "cost_sum": total(each.sums.cost.total for each in projects),
        "unmapped_sum": total(each.sums.cost.unmapped for each in projects),
        "difference_sum": total(each.sums.difference or ZERO for each in projects),
        "refused": _refused(ask, connection, ledger),
        "apart": lists(ask.uow, ledger, joined(figures, ledger)),
        "spelled": spelled,
    }
    return Page("costs.html", values)


def _refused(ask: Ask, connection: Connection, ledger: Ledger) -> list[tuple[str, str]]:
    """Direct costs that Procore did not take: project, date and amount, and Procore's reason."""
    found = []
    for row in ask.uow.writebacks.find(connection_id=connection.id, message=Filled()):
        cost = row.wanted or row.written
        if cost:
            number = ledger.choices[row.project_id].number
            found.append((f"{number}, {cost.type} of {day(cost.date)}, {money(cost.amount())}", row.message))
    return found
