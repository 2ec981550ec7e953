"""Answers to cost readings, kept until `actuals` applies them (DESIGN, once 2).

Payroll rows are summed per pay date, job, item and account while they are read; no name and no single check is kept,
and the raw text is dropped (ACCOUNTING 18).
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.books import CostAnswer, CostReading
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.quickbooks import CostQuery, CustomTxnDetail, JobProfitability, ProfitAndLoss, TxnDeletedQuery
from qbwc_bridge.domain.records import Task
from qbwc_bridge.domain.replies import Reply, ReportRet, TxnDeletedRet, TxnRet
from qbwc_bridge.flow.mirror import Orders
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork

PAYROLL_TYPES = ("Paycheck", "LiabilityAdjustment", "YTDAdjustment")
"""Types that are summed before anything is stored (ACCOUNTING 18)."""

DOCUMENTS, DELETED, PAY_DATES, POSTINGS, PAYROLL, CONTROL, ITEMS = (
    *("documents", "deleted", "pay_dates", "postings", "payroll", "control", "items"),
)
"""Kinds of kept answers."""

_COLUMNS = (
    *("TxnID", "TxnType", "Date", "RefNumber", "Name", "SourceName", "Item", "Account", "Class", "Memo"),
    *("Debit", "Credit"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A document that a reading showed: `changed` since its postings were read last."""

    txn_id: str
    txn_type: str
    edit_sequence: str
    txn_date: dt.date | None
    modified: dt.datetime | None
    lines: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report was asked for: days of documents or of changes, or one job."""

    from_date: dt.date | None
    to_date: dt.date | None
    job: str


def is_payroll(task: Task) -> bool:
    """Whether a task reads payroll, whose raw text must not be stored anywhere."""
    return isinstance(task.request, CustomTxnDetail) and task.request.txn_types == PAYROLL_TYPES


def keep(scene: Scene, task: Task, reply: Reply, orders: Orders) -> None:
    """Store what a cost reading needs of one reply; `orders` are its documents as the mirror has them now."""
    if task.reading_id is None:
        return
    kind, content = _content(scene, task, reply, orders)
    if not content:
        return
    text = json.dumps(content, separators=(",", ":"))
    scene.uow.answers.append(CostAnswer(scene.connection.id, task.reading_id, kind, text, scene.now))


def _content(scene: Scene, task: Task, reply: Reply, orders: Orders) -> tuple[str, Any]:
    request = task.request
    if isinstance(request, CostQuery):
        return DOCUMENTS, [_shown(each, orders) for each in reply.results if isinstance(each, TxnRet)]
    if isinstance(request, TxnDeletedQuery):
        gone = [each for each in reply.results if isinstance(each, TxnDeletedRet)]
        return DELETED, [[each.txn_id, _iso(each.time_deleted)] for each in gone]
    reports = [each for each in reply.results if isinstance(each, ReportRet)]
    if isinstance(request, CustomTxnDetail):
        return _rows(scene, task, request, reports)
    if isinstance(request, ProfitAndLoss):
        totals = {"report": request.report, "through": _iso(request.through)}
        return CONTROL, {**totals, "rows": [row for report in reports for row in _totals(report)]}
    rows = [[label, row[1]] for report in reports for label, row in zip(report.labels, report.rows, strict=True)]
    job = request.job if isinstance(request, JobProfitability) else ""
    return ITEMS, {"job": job, "basis": reports[0].basis if reports else "", "rows": rows}


def _rows(
    scene: Scene, task: Task, request: CustomTxnDetail, reports: list[ReportRet]
) -> tuple[str, list[str] | dict[str, Any]]:
    scope = {"from": _iso(request.from_date), "to": _iso(request.to_date), "job": request.job}
    if not is_payroll(task):
        return POSTINGS, {**scope, "rows": [row for report in reports for row in report.cells(*_COLUMNS)]}
    if request.of_changes:
        return PAY_DATES, sorted({date for report in reports for (date,) in report.cells("Date") if date})
    return PAYROLL, {**scope, "rows": summed(reports, _jobs(scene))}


def _shown(found: TxnRet, orders: Orders) -> list[Any]:
    record = orders.get(found.txn_id)
    changed = record is None or record.posted != found.edit_sequence
    head = [found.txn_id, found.kind, found.edit_sequence, _iso(found.txn_date), _iso(found.time_modified)]
    return [*head, len(found.lines), changed]


def _totals(report: ReportRet) -> Iterable[list[str]]:
    """Account, title of the column and amount of each cell; the last column is the total of its row, without title."""
    for label, row in zip(report.labels, report.rows, strict=True):
        for title, amount in zip(report.titles[1:-1], row[1:-1], strict=True):
            if amount:
                yield [label, title, amount]
        yield [label, "", row[-1]]


def of_kind(uow: UnitOfWork, reading: CostReading, kind: str) -> Iterable[str]:
    """Give the contents of a reading's kept answers of one kind."""
    return (answer.content for answer in uow.answers.find(reading_id=reading.id, kind=kind))


def shown(content: str) -> list[Shown]:
    """Read a kept answer of documents."""
    return [
        Shown(txn_id, kind, sequence, _date(date), _moment(modified), lines, changed)
        for txn_id, kind, sequence, date, modified, lines, changed in json.loads(content)
    ]


def deletions(content: str) -> dict[str, dt.datetime | None]:
    """Read kept deletion records: when, by TxnID."""
    return {txn_id: _moment(when) for txn_id, when in json.loads(content)}


def pay_dates(content: str) -> list[dt.date]:
    """Read a kept answer of pay dates on which something changed."""
    return [dt.date.fromisoformat(date) for date in json.loads(content)]


def postings(content: str) -> tuple[Scope, list[dict[str, str]]]:
    """Read a kept report, payroll sums included: what it was asked for, and its rows by column name."""
    found = json.loads(content)
    scope = Scope(_date(found["from"]), _date(found["to"]), found["job"])
    return scope, [dict(zip(_COLUMNS, cells, strict=True)) for cells in found["rows"]]


def totals(content: str) -> tuple[str, dt.date | None, list[list[str]]]:
    """Read a kept Profit & Loss: which report, through which day, and account, column and amount of its cells."""
    found = json.loads(content)
    return found["report"], _date(found["through"]), found["rows"]


def items(content: str) -> tuple[str, str, list[list[str]]]:
    """Read a kept Job Profitability Detail: the job's ListID, the basis, and item and cost of each row."""
    found = json.loads(content)
    return found["job"], found["basis"], found["rows"]


def summed(reports: Iterable[ReportRet], jobs: Collection[str]) -> list[list[str]]:
    """Sum payroll rows per pay date, job, item and account; `jobs` are folded FullNames.

    A row whose name is no job carries an employee's name: it is left out altogether.
    """
    sums: dict[tuple[str, str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    for report in reports:
        told = report.cells("Date", "Name", "Item", "Account", "Class", "Debit", "Credit")
        for date, job, item, account, of_class, debit, credit in told:
            if fold(job) in jobs:
                sums[date, job, item, account, of_class] += number(debit) - number(credit)
    return [
        [f"pay-{date}", "Paycheck", date, "", job, "", item, account, of_class, "", str(amount), ""]
        for (date, job, item, account, of_class), amount in sorted(sums.items())
    ]


def number(text: str) -> Decimal:
    """Read a report's amount; an absent cell is nothing."""
    return Decimal(text) if text else ZERO


def _jobs(scene: Scene) -> set[str]:
    return {row.folded for row in scene.uow.lists.find(connection_id=scene.connection.id, kind="customer")}


def _iso(value: dt.date | None) -> str:
    return value.isoformat() if value else ""


def _date(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _moment(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
