"""Controls: QuickBooks' own totals of job cost against the ledger's (ACCOUNTING 23, 24).

A merged name moves lines without touching a document, and a deleted paycheck leaves no record: only totals tell. A job
whose total differs is read whole at the next visit; nothing of it is written before. What differs even then is told.
"""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from qbwc_bridge.domain.books import Control, CostReading
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow import cost_answers
from qbwc_bridge.flow.cost_rows import number
from qbwc_bridge.ports import UnitOfWork, UpTo

BY_JOB, STANDARD = "ProfitAndLossByJob", "ProfitAndLossStandard"

Costs = list[tuple[str, str, Decimal]]
"""Of each column of a report: the job's ListID, the title where no customer is known by it, and the cost."""


def take(
    uow: UnitOfWork, connection: Connection, reading: CostReading, now: dt.datetime, *, with_payroll: bool
) -> None:
    """Keep the totals that a reading brought, and note which jobs differ from the ledger.

    Where payroll may not be read, no reading can bring what it cost: then a difference is only told.
    """
    reports: dict[dt.date | None, dict[str, Costs]] = defaultdict(dict)
    for content in cost_answers.of_kind(uow, reading, cost_answers.CONTROL):
        report, through, costs = cost_answers.totals(content)
        reports[through][report] = costs
    for through, found in reports.items():
        known = uow.controls.first(connection_id=connection.id, through=through)
        control = known or Control(connection.id, reading.started_at, through)
        unknown = control.unknown
        _fill(control, found)
        control.read_at = reading.started_at
        if through is None:
            _fill_items(uow, control, reading)
        (uow.controls.save if known else uow.controls.append)(control)
        if through is None:
            # Cost under a new title that means no job: perhaps the lists of the next visit know the name.
            connection.controlled_at = now if control.unknown in (ZERO, unknown) else None
            _compare(uow, connection, reading, control, with_payroll=with_payroll)


def ask_through(uow: UnitOfWork, connection: Connection, through: dt.date) -> None:
    """Let the next visit read QuickBooks' own totals through a date, unless known ones agree or are new enough.

    A later reading may have brought a document that is dated into the time before.
    """
    control = uow.controls.first(connection_id=connection.id, through=through)
    if control and control.read_at:
        read, sums = connection.costs_read_at, ledger_sums(uow, connection, through)
        same = all(control.jobs.get(job, ZERO) == sums.get(job, ZERO) for job in {*control.jobs, *sums})
        if same or read is None or read <= control.read_at:
            return
        control.read_at = None
        uow.controls.save(control)
    elif control is None:
        uow.controls.append(Control(connection.id, None, through))
    connection.costs_wanted = True
    uow.connections.save(connection)


def ledger_sums(uow: UnitOfWork, connection: Connection, through: dt.date | None = None) -> dict[str, Decimal]:
    """What counts as cost by the ledger, in currency, by the job's ListID; through a date, where one is given."""
    until = {"txn_date": UpTo(through)} if through else {}
    sums: dict[str, int] = uow.costs.sums("cost_cents", "job_id", connection_id=connection.id, deleted=False, **until)
    return {job: Decimal(cents).scaleb(-2) for job, cents in sums.items()}


def _fill(control: Control, reports: dict[str, Costs]) -> None:
    by_job, standard = reports.get(BY_JOB, []), reports.get(STANDARD, [])
    control.jobs = {job: amount for job, _, amount in by_job if job}
    control.unknown = total(amount for _, title, amount in by_job if title)
    control.all_costs = total(amount for job, title, amount in standard if not (job or title))
    control.without_job = control.all_costs - total(amount for job, _, amount in standard if job)


def _fill_items(uow: UnitOfWork, control: Control, reading: CostReading) -> None:
    control.items = {}
    for content in cost_answers.of_kind(uow, reading, cost_answers.ITEMS):
        job, basis, rows = cost_answers.items(content)
        if basis.casefold() == "cash":
            continue  # another basis than the ledger's tells nothing about it
        costs: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for item, amount in rows:
            costs[item] += number(amount)
        control.items[job] = dict(costs)


def _compare(
    uow: UnitOfWork, connection: Connection, reading: CostReading, control: Control, *, with_payroll: bool
) -> None:
    ledger = ledger_sums(uow, connection)
    doubted: dict[str, str] = {}
    for job in sorted({*control.jobs, *ledger}):
        left = control.jobs.get(job, ZERO) - ledger.get(job, ZERO)
        if left == ZERO:
            continue
        read_whole = reading.scope == "whole" or job in reading.jobs or not with_payroll
        told = connection.doubted.get(job)
        # A title that means no job may hide this one's column for ever: it is read whole for that once.
        hidden = bool(told) and job not in control.jobs and control.unknown != ZERO
        doubted[job] = str(left) if read_whole or hidden or told == str(left) else ""
    connection.doubted = doubted
    if "" in doubted.values():
        connection.costs_wanted = True
