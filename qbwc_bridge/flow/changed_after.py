"""Later entries dated into a closed month: what its stored schedule does not have (ACCOUNTING 25)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument, MonthClose
from qbwc_bridge.domain.job_billing import SALES, billed
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.records import History, ProjectChoice
from qbwc_bridge.flow.cost_history import left_dates
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import described
from qbwc_bridge.ports import UnitOfWork

LOOK_UP = 512
"""Documents whose history is looked up by one statement."""


@dataclass(frozen=True, slots=True)
class ChangedAfterClose:
    """A document of a closed month that was entered, changed or deleted after that month was closed.

    `cost` and `billed` are what stands of it now; a document that was moved out of the month has nothing in it now.
    """

    project: str
    document: str
    closed_month: dt.date
    cost: Decimal
    billed: Decimal
    changed_at: dt.datetime
    what_changed: str


def changed_after_close(ledger: Ledger, choice: ProjectChoice, closed: Sequence[MonthClose]) -> list[ChangedAfterClose]:
    """Name the documents of a project that closed months, oldest first, do not have as they are now."""
    if not closed:
        return []
    first = min(each.closed_at for each in closed)
    late = [doc for doc in ledger.every_date(choice.project_id) if doc.changed_at and doc.changed_at > first]
    told = _history(ledger.uow, late)
    found = []
    for document in sorted(late, key=lambda doc: (doc.txn_date, doc.id)):
        moves = told[document.id]
        dates = [document.txn_date, *(date for row in moves if row.at > first for date in left_dates(row.why))]
        for month in _months(closed, dates):
            after = [row for row in moves if row.at > month.closed_at]
            if document.changed_at and document.changed_at > month.closed_at:
                found.append(_changed(choice, document, month, after))
    return found


def _called(document: CostDocument) -> str:
    """Name a document without naming an employee: a payee is told only where it is a vendor or customer (rule 18)."""
    known = document.vendor_id or document.txn_type in SALES
    return described(document if known else replace(document, payee=""))


def _months(closed: Sequence[MonthClose], dates: Iterable[dt.date]) -> list[MonthClose]:
    """The closed months that dates lie in; a schedule reaches back to the beginning, or to the one before."""
    found = (next((each for each in closed if date <= each.month), None) for date in dates)
    return list({each.month: each for each in found if each}.values())


def _changed(
    choice: ProjectChoice, document: CostDocument, month: MonthClose, after: Sequence[History]
) -> ChangedAfterClose:
    inside = document.txn_date <= month.month and not document.deleted
    return ChangedAfterClose(
        project=choice.number,
        document=_called(document),
        closed_month=month.month,
        cost=Decimal(document.cost_cents).scaleb(-2) + ZERO if inside else ZERO,
        billed=billed(document) if inside else ZERO,
        changed_at=document.changed_at or month.closed_at,
        what_changed=_words(document, after),
    )


def _words(document: CostDocument, after: Sequence[History]) -> str:
    """What changed, oldest first; the cost before the first change stands in front."""
    if not after:
        return "seen for the first time when everything was read again"
    told = [part for row in after for part in row.why.split("; ")]
    if not document.vendor_id:
        told = ["payee changed" if part.startswith("payee ") else part for part in told]
    was = f"cost was {after[0].before}; " if after[0].before else ""
    return was + "; ".join(dict.fromkeys(told))


def _history(uow: UnitOfWork, documents: Sequence[CostDocument]) -> dict[int, list[History]]:
    """The history of documents by their ids, oldest first."""
    found: dict[int, list[History]] = defaultdict(list)
    ids = [doc.id for doc in documents]
    for start in range(0, len(ids), LOOK_UP):
        for row in uow.history.find(subject="cost", subject_id=ids[start : start + LOOK_UP]):
            found[row.subject_id].append(row)
    return found
