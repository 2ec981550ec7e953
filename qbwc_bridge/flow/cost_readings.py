"""Readings of job cost: first which documents there are or changed, then what they posted, and QuickBooks' own totals.

A first reading covers every date, in windows of a bounded number of lines. Later ones read what changed: documents to
the second, their postings by the day of the change, which is all that a report can be asked for (qbXML 13.0 schema).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from qbwc_bridge.domain import ages
from qbwc_bridge.domain.books import CostDocument, CostReading
from qbwc_bridge.domain.quickbooks import (
    CostQuery,
    CostQueryKind,
    CustomTxnDetail,
    Iterator,
    JobProfitability,
    ProfitAndLoss,
    Request,
    TxnDeletedQuery,
)
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.states import ALIVE, OUTSTANDING, TaskState
from qbwc_bridge.domain.txn_types import PAYROLL
from qbwc_bridge.flow import cost_answers
from qbwc_bridge.flow.cost_answers import PAYROLL_TYPES, Shown
from qbwc_bridge.flow.moves import add_task, move_task
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.readings import COSTS_RANK, OVERLAP, TRANSACTION_PAGE, since_then
from qbwc_bridge.ports import UnitOfWork

QUERIES: tuple[CostQueryKind, ...] = get_args(CostQueryKind)

COST_TYPES = tuple(kind.removesuffix("Query") for kind in QUERIES)
"""Types whose documents are read one by one, and whose deletions are asked for."""

REPORTED_TYPES = (
    *COST_TYPES,
    *("ARRefundCreditCard", "BuildAssembly", "Charge", "ReceivePayment", "SalesTaxPaymentCheck", "Transfer"),
)
"""Types whose postings are read: every one but bill payments (ACCOUNTING 17), orders, estimates and payroll."""

WINDOW_LINES = 4000
"""Lines of documents in one window of a report: some 3 MB of reply."""

PAYROLL_GAP = dt.timedelta(days=31)
"""Pay dates no further apart than this are read in one window."""

MOST_YEARS = 20
"""Years whose payroll is read by quarters."""

CONTROL_EVERY = dt.timedelta(days=1)
"""How often QuickBooks' own totals are read where nothing changed and no payroll is known, whose deletion only they
tell: a Profit & Loss of every date is work for QuickBooks."""

MOST_JOBS = 25
"""Jobs that are read whole one by one; where more differ, everything is read again."""

NEWEST = 200
"""Documents of one type that were changed last and must be shown again: as many as one page has."""

Window = tuple[dt.date | None, dt.date | None]
"""First and last day; None leaves the side open."""


def due(connection: Connection, options: Options, now: dt.datetime, *, has_jobs: bool) -> bool:
    """Whether job costs should be read in the next visit: asked for, or the clock says so."""
    if connection.costs_wanted:
        return True
    if not has_jobs or not options.costs_every_seconds:
        return False
    return ages.due(connection.costs_read_at, now, dt.timedelta(seconds=options.costs_every_seconds))


def rests(uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime) -> bool:
    """Whether the last reading was refused in part so lately that the clock does not ask again yet; a person may."""
    refused = uow.tasks.find(connection_id=connection.id, rank=COSTS_RANK, state=TaskState.PARKED, order="-id", limit=1)
    every = dt.timedelta(seconds=options.costs_every_seconds)
    lately = any(not ages.due(task.created_at, now, every) for task in refused)
    return lately and not connection.costs_wanted


def ask(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> None:
    """Queue a fresh reading of job costs, unless one is under way."""
    for reading in uow.readings.find(connection_id=connection.id, applied_at=None):
        if reading.scope == "whole" or connection.costs_whole_at:
            return
        drop(uow, reading, now)  # it asks for what changed in a file that is no longer the bound one
    # What an earlier reading could not get is asked for anew.
    for task in uow.tasks.find(connection_id=connection.id, rank=COSTS_RANK, state=TaskState.PARKED):
        move_task(uow, task, TaskState.CANCELLED, now=now, why="a new reading asks again")
    whole = connection.costs_whole_at is None
    jobs = [] if whole else [job for job, left in connection.doubted.items() if not left]
    reading = CostReading(connection.id, now, scope="whole" if whole else "changes", jobs=jobs)
    uow.readings.add(reading)
    known = {} if whole else connection.costs_modified
    page = Iterator(TRANSACTION_PAGE)
    wanted: list[Request] = [
        CostQuery(kind, modified_from=since_then(known.get(of)), iterator=page)
        for kind, of in zip(QUERIES, COST_TYPES, strict=True)
    ]
    wanted.append(TxnDeletedQuery(COST_TYPES, deleted_from=since_then(connection.deletions_seen)))
    # Whether payroll may be read at all is tried with the little that changed today.
    wanted.append(CustomTxnDetail(PAYROLL_TYPES, modified_from=connection.payroll_seen or now.date()))
    _add(uow, connection, reading, wanted, now)
    connection.costs_wanted = False
    uow.connections.save(connection)


def drop(uow: UnitOfWork, reading: CostReading, now: dt.datetime) -> None:
    """Give a reading up with all that it brought, and with what QuickBooks may still answer."""
    why = "everything is read again instead"
    for task in uow.tasks.find(reading_id=reading.id, state=list(OUTSTANDING)):
        move_task(uow, task, TaskState.QUEUED, now=now, why=why)
    for task in uow.tasks.find(reading_id=reading.id, state=[TaskState.QUEUED, TaskState.PARKED]):
        move_task(uow, task, TaskState.CANCELLED, now=now, why=why)
    for answer in uow.answers.find(reading_id=reading.id):
        uow.answers.remove(answer)
    reading.applied_at = now
    uow.readings.save(reading)


def advance(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> bool:
    """Begin the next stage of the reading under way, once the one before has ended; gives whether it asks for more."""
    asked = False
    for reading in uow.readings.find(connection_id=connection.id, stage=["documents", "postings"], applied_at=None):
        if uow.tasks.has(reading_id=reading.id, state=list(ALIVE)):
            continue
        more: list[Request] = []
        if reading.stage == "documents" and not _given_up(uow, reading):
            kept = cost_answers.of_kind(uow, reading, cost_answers.DOCUMENTS)
            shown = [row for content in kept for row in cost_answers.shown(content)]
            reading.jobs = _jobs(uow, connection, reading)
            # A reading that is given up leaves them to the next one, and nothing of them is written before.
            connection.doubted = {**connection.doubted, **dict.fromkeys(reading.jobs, "")}
            connection.names_gone = []
            uow.connections.save(connection)
            if reading.scope == "changes" and (len(reading.jobs) > MOST_JOBS or _older(uow, connection, shown)):
                drop(uow, reading, now)
                connection.costs_whole_at = None
                ask(uow, connection, now)
                return True
            more = _postings(uow, connection, reading, shown, now)
        reading.stage = "postings" if more else "complete"
        uow.readings.save(reading)
        _add(uow, connection, reading, more, now)
        asked = asked or bool(more)
    return asked


def _add(
    uow: UnitOfWork, connection: Connection, reading: CostReading, wanted: Iterable[Request], now: dt.datetime
) -> None:
    for request in wanted:
        add_task(uow, connection, request, now, rank=COSTS_RANK, reading_id=reading.id)


def _given_up(uow: UnitOfWork, reading: CostReading) -> bool:
    """Whether not everything was shown; payroll alone may be missing."""
    tasks = uow.tasks.find(reading_id=reading.id, state=[TaskState.PARKED, TaskState.CANCELLED])
    return not all(cost_answers.is_payroll(task) for task in tasks)


def _jobs(uow: UnitOfWork, connection: Connection, reading: CostReading) -> list[str]:
    """The jobs that are read whole: those asked for, and those with lines under a vanished name (ACCOUNTING 23)."""
    gone = set(connection.names_gone)
    if reading.scope == "whole" or not gone:
        return reading.jobs
    found = set(reading.jobs)
    for job in uow.costs.sums("cost_cents", "job_id", connection_id=connection.id, deleted=False):
        if job in gone or any(gone & _names(row) for row in uow.costs.find(connection_id=connection.id, job_id=job)):
            found.add(job)
    return sorted(found)


def _names(document: CostDocument) -> set[str]:
    lines = [] if document.deleted else document.lines
    return {name for line in lines for name in (line.item_id, line.account_id, line.class_id)}


def _older(uow: UnitOfWork, connection: Connection, shown: Iterable[Shown]) -> bool:
    """Whether a document that was changed last is not shown any more, and not deleted: the file is an older copy.

    Each window begins before the last change known, so it must show it again. What is missing is no longer expected.
    """
    seen, older = {row.txn_id for row in shown}, False
    for of, last in connection.costs_modified.items():
        newest = uow.transactions.find(
            connection_id=connection.id, kind=of, gone=False, order="-time_modified", limit=NEWEST
        )
        for row in newest:
            if row.time_modified and row.time_modified >= last - OVERLAP and row.txn_id not in seen:
                row.time_modified, row.posted, older = None, "", True
                uow.transactions.save(row)
    return older


def _postings(
    uow: UnitOfWork, connection: Connection, reading: CostReading, shown: list[Shown], now: dt.datetime
) -> list[Request]:
    """What must be read of the documents that the first stage showed."""
    lines = _lines(reading, shown)
    if reading.scope == "whole":
        found = windows(lines, WINDOW_LINES)
        wanted: list[Request] = [CustomTxnDetail(REPORTED_TYPES, from_date=a, to_date=b) for a, b in found]
    else:
        found = windows(lines, WINDOW_LINES) if lines else []
        wanted = [CustomTxnDetail(REPORTED_TYPES, modified_from=a or min(lines), modified_to=b) for a, b in found]
    wanted += [
        CustomTxnDetail(PAYROLL_TYPES, from_date=first, to_date=last)
        for first, last in _payroll_windows(uow, connection, reading, min(lines, default=now.date()), now.date())
    ]
    for job in reading.jobs:
        if uow.lists.has(connection_id=connection.id, kind="customer", list_id=job, gone=False):
            wanted += [
                CustomTxnDetail(REPORTED_TYPES, job=job),
                CustomTxnDetail(PAYROLL_TYPES, job=job),
                JobProfitability(job),
            ]
    throughs = [row.through for row in uow.controls.find(connection_id=connection.id, read_at=None) if row.through]
    aged = ages.due(connection.controlled_at, now, CONTROL_EVERY)
    paid = uow.costs.has(connection_id=connection.id, txn_type=PAYROLL, deleted=False)
    if wanted or reading.jobs or throughs or aged or paid:
        wanted += [ProfitAndLoss("ProfitAndLossByJob"), ProfitAndLoss("ProfitAndLossStandard")]
        for through in throughs:
            wanted += [ProfitAndLoss("ProfitAndLossByJob", through), ProfitAndLoss("ProfitAndLossStandard", through)]
    return wanted


def _lines(reading: CostReading, shown: Iterable[Shown]) -> Counter[dt.date]:
    """How many lines there are of each day: of the documents, or of the last change of what changed."""
    lines: Counter[dt.date] = Counter()
    for row in shown:
        if reading.scope == "whole":
            lines[row.txn_date or reading.started_at.date()] += max(row.lines, 1)
        elif row.changed:
            lines[(row.modified or reading.started_at).date()] += max(row.lines, 1)
    return lines


def _payroll_windows(
    uow: UnitOfWork, connection: Connection, reading: CostReading, oldest: dt.date, today: dt.date
) -> Sequence[Window]:
    """Days whose payroll is read: all of them first, then the pay dates on which something changed."""
    tried = uow.tasks.find(reading_id=reading.id, state=TaskState.DONE, kind="CustomTxnDetail")
    if not any(cost_answers.is_payroll(task) for task in tried):
        return []
    if reading.scope == "whole":
        return quarters(oldest, today)
    if connection.payroll_seen is None:  # it was refused until now
        known = uow.costs.find(connection_id=connection.id, order="txn_date", limit=1)
        return quarters(known[0].txn_date if known else today, today)
    kept = cost_answers.of_kind(uow, reading, cost_answers.PAY_DATES)
    return clusters((date for content in kept for date in cost_answers.pay_dates(content)), PAYROLL_GAP)


def windows(lines: Mapping[dt.date, int], most: int) -> list[Window]:
    """Cut all days into windows of at most `most` lines, where one day does not have more; open at both ends."""
    found: list[Window] = []
    first: dt.date | None = None
    held, last = 0, None
    for day in sorted(lines):
        if last is not None and held + lines[day] > most:
            found.append((first, last))
            first, held = last + dt.timedelta(days=1), 0
        held, last = held + lines[day], day
    return [*found, (first, None)]


def quarters(first: dt.date, last: dt.date) -> list[Window]:
    """Cut all days into the calendar's quarters from `first` to `last`; open at both ends.

    What lies before the last `MOST_YEARS` is one window: a date may be off by a century.
    """
    first = max(first, dt.date(max(last.year - MOST_YEARS, dt.MINYEAR), 1, 1))
    begins = [
        dt.date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in (1, 4, 7, 10)
        if first < dt.date(year, month, 1) <= last
    ]
    ends = [begin - dt.timedelta(days=1) for begin in begins]
    return list(zip([None, *begins], [*ends, None], strict=True))


def clusters(dates: Iterable[dt.date], gap: dt.timedelta) -> list[tuple[dt.date, dt.date]]:
    """Put days that lie no further apart than `gap` into one window each."""
    found: list[tuple[dt.date, dt.date]] = []
    for day in sorted(set(dates)):
        if found and day - found[-1][1] <= gap:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
