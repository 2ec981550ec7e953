"""Job costs per project and code: QuickBooks, what the bridge wrote to Procore, and what is not in the budget there."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.apart import Apart
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import Row, ours, rows_of
from qbwc_bridge.statuspage.apart import called, lists, spelled
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.render import day, money


@dataclass(frozen=True, slots=True)
class ProjectCosts:
    """One project's job cost to date by code."""

    choice: ProjectChoice
    rows: list[Row]
    outside: Decimal
    """Job cost that is not in the Procore budget."""

    def sum(self, column: str) -> Decimal:
        """The foot of a column."""
        return total(getattr(row, column) for row in self.rows)


def costs(ask: Ask, name: str) -> Page:
    """Show the job costs of every linked project of a connection, and what stands apart from Procore's budgets."""
    connection = ask.connection(name)
    options = ask.site.kit.options(connection)
    ledger = Ledger(ask.uow, connection, options)
    beside = Apart(ledger, called=called)
    written = _written(ask, connection)
    projects = []
    for choice in ledger.linked:  # one project after the other is held in memory
        projects.append(_project(ledger, choice, written))
        beside.take(choice)
    values = {
        "connection": connection,
        "zone": options.zone,
        "projects": projects,
        "refused": _refused(ask, connection, ledger),
        "apart": lists(ask.uow, ledger, beside),
        "spelled": spelled,
    }
    return Page("costs.html", values)


def _project(ledger: Ledger, choice: ProjectChoice, written: dict[int, list[DirectCost]]) -> ProjectCosts:
    items = ledger.of_project(choice.project_id)
    outside = total(item.line.amount for item in items if not item.cost_code)
    if choice.release is None:
        return ProjectCosts(choice, _unreleased(choice, items), outside)
    ours_there = ours(written.get(choice.project_id, []), ledger.connection.key, None)
    return ProjectCosts(choice, rows_of(choice, items, ours_there), outside)


def _written(ask: Ask, connection: Connection) -> dict[int, list[DirectCost]]:
    """What we know stands in Procore, by project id."""
    found: dict[int, list[DirectCost]] = defaultdict(list)
    for row in ask.uow.writebacks.find(connection_id=connection.id):
        if row.written:
            found[row.project_id].append(row.written)
    return found


def _refused(ask: Ask, connection: Connection, ledger: Ledger) -> list[tuple[str, str]]:
    """Direct costs that Procore did not take: project, date and amount, and Procore's reason."""
    found = []
    for row in ask.uow.writebacks.find(connection_id=connection.id):
        cost = row.wanted or row.written
        if row.message and cost:
            number = ledger.choices[row.project_id].number
            found.append((f"{number}, {cost.type} of {day(cost.date)}, {money(cost.amount())}", row.message))
    return found


def _unreleased(choice: ProjectChoice, items: Iterable[Allocation]) -> list[Row]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for item in items:
        if item.cost_code:
            sums[item.cost_code, item.cost_type] += item.line.amount
    return [Row(choice.number, *code, amount, ZERO, ZERO) for code, amount in sorted(sums.items())]
