"""Job costs per project and code: QuickBooks, what the bridge wrote to Procore, and what is not in the budget there."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.costs import PAYROLL, Allocation
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import Row, prove
from qbwc_bridge.statuspage.ask import Ask, Page
from qbwc_bridge.statuspage.render import day, money

_INNER_CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")
"""JournalEntry reads as Journal entry."""


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
    values = {
        "connection": connection,
        "zone": options.zone,
        "projects": _projects(ask, connection, ledger),
        "outside": open_ones,
        "outside_sum": total(each.amount for each in open_ones),
        "ignored_count": len(ignored),
        "ignored_sum": total(each.amount for each in ignored),
        "refused": _refused(ask, connection, ledger),
    }
    return Page("costs.html", values)


def _projects(ask: Ask, connection: Connection, ledger: Ledger) -> list[ProjectCosts]:
    proven = _written(ask, connection)
    rows = defaultdict(list)
    for row in prove(ledger, proven).rows:
        rows[row.project].append(row)
    shown = []
    for choice in ledger.linked:
        items = ledger.of_project(choice.project_id)
        outside = total(item.line.amount for item in items if not item.cost_code)
        found = rows[choice.number] if choice.release else _unreleased(choice, items)
        shown.append(ProjectCosts(choice, found, outside))
    return shown


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
        return f"Payroll of {day(document.txn_date)}"
    payee = document.payee if document.vendor_id else ""
    kind = _INNER_CAPITAL.sub(lambda found: f" {found[0].lower()}", document.txn_type)
    return " ".join(f"{kind} {document.ref_number} {payee}".split())
