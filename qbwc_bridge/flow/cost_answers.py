"""Answers to cost readings, kept until `actuals` applies them (DESIGN, once 2).

Payroll rows are summed per pay date, job, item and account while they are read; no name and no single check is kept,
and the raw text is dropped (ACCOUNTING 18).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from decimal import Decimal

from qbwc_bridge.domain.books import CostAnswer
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.quickbooks import CustomTxnDetail
from qbwc_bridge.domain.records import Task
from qbwc_bridge.domain.replies import Reply, ReportRet, TxnDeletedRet, TxnRet
from qbwc_bridge.flow.readings import PAYROLL_TYPES
from qbwc_bridge.flow.scene import Scene

REPORT, PAYROLL, BILLS, DELETED = "report", "payroll", "bills", "deleted"
"""Kinds of kept answers."""

_COLUMNS = ("TxnID", "TxnType", "Date", "RefNumber", "Name", "SourceName", "Item", "Account", "Memo", "Debit", "Credit")


def is_payroll(task: Task) -> bool:
    """Whether a task reads payroll, whose raw text must not be stored anywhere."""
    return isinstance(task.request, CustomTxnDetail) and task.request.txn_types == PAYROLL_TYPES


def keep(scene: Scene, task: Task, reply: Reply) -> None:
    """Store what a cost reading needs of one reply."""
    if is_payroll(task):
        kind, content = PAYROLL, summed(_reports(reply), _jobs(scene))
    elif isinstance(task.request, CustomTxnDetail):
        kind, content = REPORT, [row for report in _reports(reply) for row in report.cells(*_COLUMNS)]
    elif task.kind == "BillQuery":
        bills = [result for result in reply.results if isinstance(result, TxnRet)]
        kind = BILLS
        content = [[bill.txn_id, bill.time_modified.isoformat() if bill.time_modified else ""] for bill in bills]
    else:
        gone = [result for result in reply.results if isinstance(result, TxnDeletedRet)]
        kind = DELETED
        content = [[row.txn_id, row.time_deleted.isoformat() if row.time_deleted else ""] for row in gone]
    if task.reading_id is not None:
        scene.uow.answers.append(CostAnswer(scene.connection.id, task.reading_id, kind, json.dumps(content), scene.now))


def rows(answer: CostAnswer) -> list[dict[str, str]]:
    """Give the rows of a kept report, payroll sums included, by column name."""
    return [dict(zip(_COLUMNS, cells, strict=True)) for cells in unpack(answer)]


def unpack(answer: CostAnswer) -> list[list[str]]:
    """Give a kept answer as it was stored."""
    content: list[list[str]] = json.loads(answer.content)
    return content


def summed(reports: Iterable[ReportRet], jobs: Collection[str]) -> list[list[str]]:
    """Sum payroll rows per pay date, job, item and account; `jobs` are folded FullNames.

    A row whose name is no job carries an employee's name: it is left out altogether.
    """
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    told = (row for report in reports for row in report.cells("Date", "Name", "Item", "Account", "Debit", "Credit"))
    for date, job, item, account, debit, credit in told:
        if fold(job) in jobs:
            sums[date, job, item, account] += number(debit) - number(credit)
    return [
        [f"pay-{date}", "Paycheck", date, "", job, "", item, account, "", str(amount), ""]
        for (date, job, item, account), amount in sorted(sums.items())
    ]


def number(text: str) -> Decimal:
    """Read a report's amount; an absent cell is nothing."""
    return Decimal(text) if text else ZERO


def _jobs(scene: Scene) -> set[str]:
    return {row.folded for row in scene.uow.lists.find(connection_id=scene.connection.id, kind="customer")}


def _reports(reply: Reply) -> list[ReportRet]:
    return [result for result in reply.results if isinstance(result, ReportRet)]
