"""Controls: QuickBooks' own totals of job cost against the ledger's (ACCOUNTING 23, 24).

A merged name moves lines without touching a document, and a deleted paycheck leaves no record: only totals tell. A job
whose total differs is read whole at the next visit; nothing of it is written before. What differs even then is told.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from qbwc_bridge.domain.books import Control, CostReading
from qbwc_bridge.domain.costs import COST_ACCOUNTS
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow import cost_answers
from qbwc_bridge.flow.cost_names import Names
from qbwc_bridge.ports import UnitOfWork, UpTo

BY_JOB, STANDARD = "ProfitAndLossByJob", "ProfitAndLossStandard"


def take(uow: UnitOfWork, connection: Connection, reading: CostReading, names: Names, now: dt.datetime) -> None:
    """Keep the totals that a reading brought, and note which jobs differ from the ledger."""
    reports: dict[dt.date | None, dict[str, list[list[str]]]] = defaultdict(dict)
    for content in cost_answers.of_kind(uow, reading, cost_answers.CONTROL):
        report, through, rows = cost_answers.totals(content)
        reports[through][report] = rows
    for through, found in reports.items():
        known = uow.controls.first(connection_id=connection.id, through=through)
        control = known or Control(connection.id, now, through)
        _fill(control, found, names)
        control.read_at = now
        if through is None:
            _fill_items(uow, control, reading, names)
        (uow.controls.save if known else uow.controls.append)(control)
        if through is None:
            connection.controlled_at = now
            _compare(uow, connection, reading, control)


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


def _fill(control: Control, reports: dict[str, list[list[str]]], names: Names) -> None:
    jobs: dict[str, Decimal] = defaultdict(lambda: ZERO)
    control.unknown = control.all_costs = ZERO
    for title, amount in _costs(reports.get(BY_JOB, []), names):
        job = names.column(title) if title else None
        if job:
            jobs[job.list_id] += Decimal(amount)
        elif title:
            control.unknown += Decimal(amount)
    control.jobs = dict(jobs)
    with_customer = ZERO
    for title, amount in _costs(reports.get(STANDARD, []), names):
        if not title:
            control.all_costs += Decimal(amount)
        elif names.column(title):
            with_customer += Decimal(amount)
    control.without_job = control.all_costs - with_customer


def _costs(rows: list[list[str]], names: Names) -> Iterator[tuple[str, str]]:
    """Column and amount of the cells of cost accounts; sums and headings name no account."""
    for label, title, amount in rows:
        _, account = names.account(label)
        if account and account.type in COST_ACCOUNTS and amount:
            yield title, amount


def _fill_items(uow: UnitOfWork, control: Control, reading: CostReading, names: Names) -> None:
    control.items = {}
    for content in cost_answers.of_kind(uow, reading, cost_answers.ITEMS):
        job, basis, rows = cost_answers.items(content)
        if basis.casefold() == "cash":
            continue  # another basis than the ledger's tells nothing about it
        costs: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for label, amount in rows:
            costs[names.item(label)[0] if label else ""] += cost_answers.number(amount)
        control.items[job] = dict(costs)


def _compare(uow: UnitOfWork, connection: Connection, reading: CostReading, control: Control) -> None:
    ledger = ledger_sums(uow, connection)
    linked = {row.quickbooks_id for row in uow.submissions.find(connection_id=connection.id, kind="job")} - {""}
    doubted: dict[str, str] = {}
    for job in sorted(linked):
        left = control.jobs.get(job, ZERO) - ledger.get(job, ZERO)
        if left == ZERO:
            continue
        read_whole = reading.scope == "whole" or job in reading.jobs
        same = connection.doubted.get(job) == str(left)
        doubted[job] = str(left) if read_whole or same else ""
    connection.doubted = doubted
    if "" in doubted.values():
        connection.costs_wanted = True
