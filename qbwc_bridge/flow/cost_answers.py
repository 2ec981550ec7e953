"""Answers to cost readings, kept until `actuals` applies them (docs/architecture.md, Once 2); raw texts are dropped."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.books import CostAnswer, CostReading
from qbwc_bridge.domain.costs import COST_ACCOUNTS
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.quickbooks import CostQuery, CustomTxnDetail, JobProfitability, ProfitAndLoss, TxnDeletedQuery
from qbwc_bridge.domain.records import Task
from qbwc_bridge.domain.replies import Reply, ReportRet, TxnDeletedRet, TxnRet
from qbwc_bridge.flow.cost_names import Names
from qbwc_bridge.flow.cost_rows import PostedRow, day, number, posted, summed
from qbwc_bridge.flow.mirror import Orders
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork

PAYROLL_TYPES = ("Paycheck", "LiabilityAdjustment", "YTDAdjustment")
"""Types that are summed before anything is stored (ACCOUNTING 18)."""

DOCUMENTS, DELETED, PAY_DATES, POSTINGS, PAYROLL, CONTROL, ITEMS = (
    *("documents", "deleted", "pay_dates", "postings", "payroll", "control", "items"),
)
"""Kinds of kept answers."""

LOOK_UP = 512
"""Documents looked up by one statement."""


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
    """Store what a cost reading needs of one reply; `orders` are its documents as the mirror has them now.

    Raises QuickBooksError, with nothing stored, for a report with an amount or date that cannot be read.
    """
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
    names = Names(scene.uow, scene.connection)
    if isinstance(request, ProfitAndLoss):
        totals = {"report": request.report, "through": _iso(request.through)}
        return CONTROL, {**totals, "costs": [row for report in reports for row in _totals(report, names)]}
    job = request.job if isinstance(request, JobProfitability) else ""
    # A company may be without this report.
    return ITEMS, {"job": job, "basis": reports[0].basis, "costs": _items(reports, names)} if reports else None


def _rows(
    scene: Scene, task: Task, request: CustomTxnDetail, reports: list[ReportRet]
) -> tuple[str, list[str] | dict[str, Any]]:
    scope = {"from": _iso(request.from_date), "to": _iso(request.to_date), "job": request.job}
    if is_payroll(task) and request.of_changes:
        return PAY_DATES, sorted({day(date) for report in reports for (date,) in report.cells("Date") if date})
    names = Names(scene.uow, scene.connection)
    if is_payroll(task):
        return PAYROLL, {**scope, "ids": [], "rows": [row.cells() for row in summed(reports, names)]}
    shown = list({txn_id for report in reports for (txn_id,) in report.cells("TxnID")})
    orders: Orders = {}
    for start in range(0, len(shown), LOOK_UP):
        some = scene.uow.transactions.find(connection_id=scene.connection.id, txn_id=shown[start : start + LOOK_UP])
        orders.update((row.txn_id, row) for row in some)
    ids, rows = posted(reports, names, orders, job=request.job)
    return POSTINGS, {**scope, "ids": ids, "rows": [row.cells() for row in rows]}


def _shown(found: TxnRet, orders: Orders) -> list[Any]:
    record = orders.get(found.txn_id)
    changed = record is None or record.posted != found.edit_sequence
    head = [found.txn_id, found.kind, found.edit_sequence, _iso(found.txn_date), _iso(found.time_modified)]
    return [*head, len(found.lines), changed]


def _totals(report: ReportRet, names: Names) -> Iterable[list[str]]:
    """The cost of each column: the job's ListID, the title where no customer is known by it, and the amount.

    Only rows of cost accounts count: sums and headings name no account. The last column is the total of its row, unless
    it is a customer's too, which the schema leaves open; the total has neither id nor title here. A column that sums
    other columns would count them twice.
    """
    jobs = [names.column(title) for title in report.titles]
    columns = list(zip(range(1, len(jobs)), jobs[1:], report.titles[1:], strict=True))
    if columns and columns[-1][1] is None:
        columns.pop()
    columns = [each for each in columns if each[1] or not names.is_sum(each[2])]
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for label, row in zip(report.labels, report.rows, strict=True):
        _, account = names.account(label)
        if account is None or account.type not in COST_ACCOUNTS:
            continue
        for at, job, title in columns:
            sums[job.list_id if job else "", "" if job else title or "?"] += number(row[at])
        sums["", ""] += number(row[-1])
    return [[job, title, str(amount)] for (job, title), amount in sums.items()]


def _items(reports: Iterable[ReportRet], names: Names) -> list[list[str]]:
    """Item and actual cost of each row of a Job Profitability Detail; costs without item come without a name."""
    return [
        [names.item(label)[0] if label else "", str(number(row[1]))]
        for report in reports
        for label, row in zip(report.labels, report.rows, strict=True)
    ]


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


def postings(content: str) -> tuple[Scope, list[str], list[PostedRow]]:
    """Read a kept report, payroll sums included: what it was asked for, the TxnIDs it showed, and its rows."""
    found = json.loads(content)
    scope = Scope(_date(found["from"]), _date(found["to"]), found["job"])
    return scope, found["ids"], [PostedRow(*cells) for cells in found["rows"]]


def totals(content: str) -> tuple[str, dt.date | None, list[tuple[str, str, Decimal]]]:
    """Read a kept Profit & Loss: which report, through which day, and of each column job, title and cost."""
    found = json.loads(content)
    costs = [(job, title, Decimal(amount)) for job, title, amount in found["costs"]]
    return found["report"], _date(found["through"]), costs


def items(content: str) -> tuple[str, str, list[list[str]]]:
    """Read a kept Job Profitability Detail: the job's ListID, the basis, and item and cost of each row."""
    found = json.loads(content)
    return found["job"], found["basis"], found["costs"]


def _iso(value: dt.date | None) -> str:
    return value.isoformat() if value else ""


def _date(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _moment(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
