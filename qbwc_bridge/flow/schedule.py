"""The work-in-progress schedule of a connection, built from stored rows alone (ACCOUNTING 25).

QuickBooks' figures are those of the ledger through a date. Procore's are those of the last pull: it keeps no older
ones, so a schedule through an earlier date has the contract and the estimate of today.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.job_billing import billed, retainage
from qbwc_bridge.domain.money import ZERO, cents, readable, total
from qbwc_bridge.domain.procore import Budget, ChangeOrder, Commitment, PrimeChange
from qbwc_bridge.domain.procore_billing import Billing, Forecast
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.domain.rules import APPROVED_CHANGE
from qbwc_bridge.domain.wip import WipCode, WipProject, WipRow, WipTotals, wip_row, wip_totals
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import closes, reconciling
from qbwc_bridge.flow.changed_after import ChangedAfterClose, changed_after_close
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.reconciling import Head
from qbwc_bridge.ports import UnitOfWork

COMMITTED = frozenset({"Approved", "Partially Received", "Received", "Closed", "Complete"})
"""Statuses of commitments whose amounts Procore's budget counts as committed."""

NOT_READ = "Procore's prime contracts and forecasts were not read yet: pull first."
NO_CONTRACT = "No prime contract is in force in Procore."


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of one connection with what it is of, and what closed months do not have."""

    head: Head
    procore_read_at: dt.datetime | None
    """In the office's time zone."""
    last_closed: dt.date | None
    """The last day of the closed month that percent and profit of last month are taken from."""
    rows: list[WipRow]
    changed: list[ChangedAfterClose]

    @property
    def totals(self) -> WipTotals:
        """The sums of the columns."""
        return wip_totals(self.rows)


def schedule(
    uow: UnitOfWork, connection: Connection, options: Options, *, now: dt.datetime, as_of: dt.date | None = None
) -> Schedule:
    """Build the schedule through a date, or of every date; raises Refused before QuickBooks' costs were read whole."""
    check_whole(connection)
    ledger = Ledger(uow, connection, options, as_of=as_of)
    closed = closes.closes(uow, connection)
    found = ((project_figures(ledger, choice), changed_after_close(ledger, choice, closed)) for choice in ledger.linked)
    return schedule_of(uow, connection, options, found, now=now, as_of=as_of)


def check_whole(connection: Connection) -> None:
    """Raise Refused before QuickBooks' costs were read whole."""
    if connection.costs_whole_at is None:
        raise Refused(
            f"QuickBooks' costs of {connection.name} were not read whole yet, and a schedule of a part would be wrong: "
            "let the Web Connector visit, then ask again."
        )


def schedule_of(
    uow: UnitOfWork,
    connection: Connection,
    options: Options,
    projects: Iterable[tuple[WipProject, list[ChangedAfterClose]]],
    *,
    now: dt.datetime,
    as_of: dt.date | None = None,
) -> Schedule:
    """Build the schedule of the figures of its projects, and of what closed months do not have of each."""
    head = reconciling.head(connection, options, now, as_of)
    last = closes.last_before(uow, connection, head.date)
    before = {row.project_id: row for row in last.rows} if last else {}
    rows, changed = [], []
    for project, late in projects:
        rows.append(wip_row(replace(project, last=before.get(project.project_id))))
        changed += late
    read = connection.pulled_at
    return Schedule(head, read.astimezone(options.zone) if read else None, last.month if last else None, rows, changed)


def close_month(
    uow: UnitOfWork,
    connection: Connection,
    options: Options,
    month: dt.date,
    *,
    who: str,
    now: dt.datetime,
    again: bool = False,
) -> Schedule:
    """Store the schedule through a month's last day; raises Refused where that month cannot be closed."""
    closes.check(uow, connection, options, month, now=now, again=again)
    made = schedule(uow, connection, options, now=now, as_of=month)
    closes.keep(uow, connection, month, made.rows, who=who, now=now)
    return replace(made, changed=[each for each in made.changed if each.closed_month != month])


@dataclass(slots=True)
class _Sums:
    """What is known of one code."""

    budget: Decimal = ZERO
    committed: Decimal = ZERO
    cost: Decimal = ZERO
    drawn: Decimal = ZERO
    forecasts: list[Forecast] = field(default_factory=list)

    def code(self, name: str) -> WipCode:
        days = [each.changed for each in self.forecasts if each.changed]
        return WipCode(
            code=name,
            revised_budget=self.budget,
            committed=self.committed,
            cost_to_date=self.cost,
            drawn=self.drawn,
            forecast=total(cents(each.to_complete) for each in self.forecasts) if self.forecasts else None,
            forecast_changed=max(days, default=None),
        )


class _Facts:
    """What Procore said last of one project, and which of its commitments stand in QuickBooks."""

    def __init__(self, ledger: Ledger, choice: ProjectChoice) -> None:
        mine: dict[str, Any] = {"connection_id": ledger.connection.id, "project_id": choice.project_id}
        rows = ledger.uow.documents.find(**mine, gone=False)
        documents = [row.document for row in rows]
        self.budget = next((each for each in documents if isinstance(each, Budget)), None)
        self.billing = next((each for each in documents if isinstance(each, Billing)), None)
        self.commitments = [each for each in documents if isinstance(each, Commitment)]
        self.change_orders = [each for each in documents if isinstance(each, ChangeOrder)]
        self.prime_changes = [each for each in documents if isinstance(each, PrimeChange)]
        submissions = ledger.uow.submissions.find(**mine, kind="commitment")
        self.orders = {row.key: row.quickbooks_id for row in submissions if row.quickbooks_id}
        codes = [*choice.budget_codes, *(row.code for row in (self.budget.rows if self.budget else ()))]
        self.code_names = {code.id: code.code for code in codes}

    @property
    def in_force(self) -> list[Commitment]:
        """Commitments that Procore's budget counts."""
        return [each for each in self.commitments if each.status in COMMITTED]


def project_figures(ledger: Ledger, choice: ProjectChoice) -> WipProject:
    """Sum one project through the ledger's date, without its row of the last closed month."""
    project_id, facts = choice.project_id, _Facts(ledger, choice)
    billing = facts.billing
    in_force = [each for each in (billing.contracts or ()) if each.in_force] if billing else []
    changes = total(cents(each.amount) for each in facts.prime_changes if each.status == APPROVED_CHANGE)
    documents = [doc for doc in ledger.documents(project_id) if not doc.deleted]
    held = [retainage(doc, ledger.options.retainage_accounts) for doc in documents]
    return WipProject(
        project_id=project_id,
        number=choice.number,
        name=choice.name,
        original_contract=total(cents(each.original) for each in in_force) if in_force else None,
        approved_changes=changes,
        codes=_codes(ledger, facts, project_id),
        billed=total(billed(doc) for doc in documents),
        retainage_receivable=total(receivable for receivable, _ in held),
        retainage_payable=total(payable for _, payable in held),
        note=" ".join(_notes(ledger, facts, choice, changes)),
    )


def _codes(ledger: Ledger, facts: _Facts, project_id: int) -> tuple[WipCode, ...]:
    """Join budget, commitments, forecasts and costs by code; costs without a code come under an empty one."""
    sums: dict[str, _Sums] = defaultdict(_Sums)
    billing = facts.billing

    def named(code_id: int) -> _Sums:
        return sums[facts.code_names.get(code_id, f"budget code {code_id}")]

    for code_id, amount in (facts.budget.amounts() if facts.budget else {}).items():
        named(code_id).budget += amount
    for code, amount in _committed(facts):
        sums[code].committed += amount
    for forecast in (billing.forecasts or ()) if billing else ():
        if forecast.manual:
            named(forecast.budget_code_id).forecasts.append(forecast)
    orders = {facts.orders.get(str(each.id), "") for each in facts.in_force}
    for item in ledger.of_project(project_id):
        sums[item.code].cost += item.line.amount
        if ledger.on_order(item) and orders.issuperset(item.document.order_ids):
            sums[item.code].drawn += item.line.amount
    return tuple(sums[name].code(name) for name in sorted(sums))


def _committed(facts: _Facts) -> Iterable[tuple[str, Decimal]]:
    """The lines of commitments in force, and of their approved change orders, by code; without one by an empty one."""
    orders = facts.in_force
    counted = {each.id for each in orders}
    lines = [line for each in orders for line in each.lines]
    for change in facts.change_orders:
        if change.commitment_id in counted and change.status == APPROVED_CHANGE:
            lines += change.lines
    return ((line.code.code if line.code else "", cents(line.amount)) for line in lines)


def _notes(ledger: Ledger, facts: _Facts, choice: ProjectChoice, changes: Decimal) -> Iterable[str]:
    """Say what of a row is not as it should be."""
    billing = facts.billing
    if billing is None:
        yield NOT_READ
    else:
        yield from billing.refused
        yield from _contract_notes(billing, changes)
    if not choice.on:
        yield "The project is switched off: Procore's figures are those of its last reading."
    beside = [each.number for each in facts.in_force if str(each.id) not in facts.orders]
    if beside:
        yield (
            f"Not in QuickBooks: {', '.join(sorted(beside))}. Bills of these commitments count beside them in the "
            "estimate."
        )
    if any(job in ledger.connection.doubted for job, number in ledger.jobs.items() if number == choice.project_id):
        yield "QuickBooks' own total of the job differs from the costs that were read."


def _contract_notes(billing: Billing, changes: Decimal) -> Iterable[str]:
    if billing.contracts is None:
        return
    in_force = [each for each in billing.contracts if each.in_force]
    if not in_force:
        yield NO_CONTRACT
        return
    told = [cents(each.revised) for each in in_force if each.revised is not None]
    reckoned = total(cents(each.original) for each in in_force) + changes
    if len(told) == len(in_force) and total(told) != reckoned:
        yield f"Procore's own revised contract is {readable(total(told))}."
