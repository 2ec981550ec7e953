"""Actuals: the kept answers of a cost reading become the ledger, one answer after the other.

A reading is applied once all of it is there. Each answer is applied and removed in one transaction, so that a large
reading holds up nobody, and one that is cut short goes on where it stood.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.books import CostAnswer, CostDocument, CostLine, CostReading, TransactionRecord
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.domain.txn_types import PAYROLL
from qbwc_bridge.flow import controls, cost_answers, cost_history
from qbwc_bridge.flow.cost_answers import Scope
from qbwc_bridge.flow.cost_rows import PostedRow
from qbwc_bridge.flow.readings import latest
from qbwc_bridge.ports import Other, UnitOfWork

PORTION = 3
"""Answers applied in one transaction: with windows of 4,000 lines a second of work, and little memory."""

LOOK_UP = 512
"""Documents looked up by one statement."""


def apply_all(uow: UnitOfWork, connection: Connection, now: dt.datetime, *, zone: dt.tzinfo | None = None) -> None:
    """Apply every complete reading in this transaction; `zone` is the office's, where it is known."""
    while apply_some(uow, connection, now, zone=zone):
        pass


def apply_some(
    uow: UnitOfWork,
    connection: Connection,
    now: dt.datetime,
    *,
    zone: dt.tzinfo | None = None,
    most: int = PORTION,
) -> bool:
    """Apply at most so many answers of a complete reading, and end it after its last; gives whether anything was done.

    A reading with a parked or cancelled query is given up. Payroll alone may be missing, because QuickBooks can refuse
    it for itself (3261, 3262): then the payroll costs known so far stay, and the parked query says why.
    """
    reading = _claimed(uow, connection)
    if reading is None:
        return False
    missing = [task for task in uow.tasks.find(reading_id=reading.id) if task.state is not TaskState.DONE]
    if all(cost_answers.is_payroll(task) for task in missing):
        applying = _Applying(uow, connection, reading, now, zone)
        for answer in _next_answers(uow, reading, most):
            applying.take(answer)
            uow.answers.remove(answer)
        if uow.answers.has(reading_id=reading.id, kind=_IN_ORDER):
            uow.connections.save(connection)  # it knows the newest change of what was applied so far
            return True
        applying.finish(with_payroll=not missing)
        connection.costs_read_at = reading.started_at
    for answer in uow.answers.find(reading_id=reading.id):
        uow.answers.remove(answer)
    reading.applied_at = now
    uow.readings.save(reading)
    uow.connections.save(connection)
    return True


def _claimed(uow: UnitOfWork, connection: Connection) -> CostReading | None:
    """The complete reading, held by this transaction; another process that is at it is waited for."""
    found = uow.readings.first(connection_id=connection.id, stage="complete", applied_at=None)
    if found:
        found.portions += 1
        uow.readings.save(found)
    return uow.readings.first(connection_id=connection.id, stage="complete", applied_at=None) if found else None


_IN_ORDER = (cost_answers.POSTINGS, cost_answers.PAYROLL, cost_answers.DOCUMENTS)
"""What was posted comes before what was shown: a document that posted nothing for a job any more is found last."""


def _next_answers(uow: UnitOfWork, reading: CostReading, most: int) -> Iterator[CostAnswer]:
    for kind in _IN_ORDER:
        while most and (found := uow.answers.find(reading_id=reading.id, kind=kind, limit=1)):
            most -= 1
            yield found[0]


class _Applying:
    """One reading while it is applied."""

    def __init__(
        self,
        uow: UnitOfWork,
        connection: Connection,
        reading: CostReading,
        now: dt.datetime,
        zone: dt.tzinfo | None,
    ) -> None:
        self._uow = uow
        self._connection = connection
        self._reading = reading
        self._now = now
        self._zone = zone
        self._told = connection.costs_whole_at is not None
        """Whether what is new is history; what the first reading brings is not."""

    # ------------------------------------------------------------ answers

    def take(self, answer: CostAnswer) -> None:
        """Apply one answer."""
        if answer.kind == cost_answers.DOCUMENTS:
            self._shown(answer)
            return
        scope, ids, rows = cost_answers.postings(answer.content)
        if answer.kind == cost_answers.PAYROLL:
            self._payroll(scope, rows)
        else:
            self._postings(scope, ids, rows)

    def _postings(self, scope: Scope, ids: list[str], rows: list[PostedRow]) -> None:
        headers = {row.txn_id: row for row in self._found(self._uow.transactions.find, ids)}
        existing = {(row.txn_id, row.job_id): row for row in self._found(self._uow.costs.find, ids)}
        for fresh in self._documents(rows, headers):
            self._put(existing.pop((fresh.txn_id, fresh.job_id), None), fresh)
        if not scope.job:  # all lines of these documents were shown: the other jobs were taken off
            for row in existing.values():
                self._end(row, known=True)

    def _payroll(self, scope: Scope, rows: list[PostedRow]) -> None:
        jobs: dict[str, Any] = {"job_id": scope.job} if scope.job else {}
        known = self._uow.costs.find(connection_id=self._connection.id, txn_type=PAYROLL, **jobs)
        inside = [row for row in known if _inside(row.txn_date, scope)]
        existing = {(row.txn_id, row.job_id): row for row in inside}
        for fresh in self._documents(rows, {}):
            self._put(existing.pop((fresh.txn_id, fresh.job_id), None), fresh)
        for row in existing.values():  # QuickBooks keeps no deletion records of paychecks
            self._end(row, known=True)

    def _shown(self, answer: CostAnswer) -> None:
        """Note whose postings were read; what these did not show posts nothing for a job now: void, pending, moved."""
        shown = cost_answers.shown(answer.content)
        read = {each.txn_id: each for each in shown if each.changed or self._reading.scope == "whole"}
        posted: set[str] = set()
        for row in self._found(self._uow.costs.find, list(read)):
            if row.reading_id != self._reading.id:
                self._end(row, known=True)
            if not row.deleted:
                posted.add(row.txn_id)
        for header in self._found(self._uow.transactions.find, list(read)):
            header.posted = read[header.txn_id].edit_sequence
            # Before qbXML 16.0 bills and checks do not say that they are pending: what they lack tells it.
            header.pending = header.pending or (
                header.kind in ("Bill", "Check")
                and header.txn_id not in posted
                and any(line.job_id and line.amount for line in header.lines)
            )
            self._uow.transactions.save(header)
        seen = dict(self._connection.costs_modified)
        for kind in {each.txn_type for each in shown}:
            moments = [each.modified for each in shown if each.txn_type == kind]
            newest = latest([*moments, seen.get(kind)], self._reading.started_at, self._zone)
            if newest:
                seen[kind] = newest
        self._connection.costs_modified = seen

    def _found(self, find: Any, ids: list[str]) -> Iterator[Any]:
        for start in range(0, len(ids), LOOK_UP):
            yield from find(connection_id=self._connection.id, txn_id=ids[start : start + LOOK_UP])

    # ------------------------------------------------------------ rows

    def _documents(self, rows: Iterable[PostedRow], headers: dict[str, TransactionRecord]) -> Iterator[CostDocument]:
        """Build ledger documents, by TxnID (payroll: pay date) and job."""
        documents: dict[tuple[str, str], CostDocument] = {}
        lines: dict[tuple[str, str], list[CostLine]] = defaultdict(list)
        for row in rows:
            key = row.txn_id, row.job_id
            if key not in documents:
                documents[key] = self._document(row, headers.get(row.txn_id))
            lines[key].append(row.line())
        for key, document in documents.items():
            document.lines = sorted(lines[key], key=_line_order)
            document.settle()
            yield document

    def _document(self, row: PostedRow, header: TransactionRecord | None) -> CostDocument:
        orders = [linked for linked, kind in header.linked if kind == "PurchaseOrder"] if header else []
        return CostDocument(
            connection_id=self._connection.id,
            txn_id=row.txn_id,
            txn_type=row.txn_type,
            txn_date=dt.date.fromisoformat(row.txn_date),
            ref_number=row.ref_number,
            payee=row.payee,
            vendor_id=row.vendor_id,
            memo=row.memo,
            order_ids=orders,
            reading_id=self._reading.id,
            changed_at=self._now,
        )

    # ------------------------------------------------------------ the ledger

    def _put(self, row: CostDocument | None, fresh: CostDocument) -> None:
        if row is None:
            if self._told:
                cost_history.tell(self._uow, self._uow.costs.add(fresh), None, self._now)
            else:
                self._uow.costs.append(fresh)
            return
        same = replace(row, reading_id=fresh.reading_id, changed_at=fresh.changed_at)
        fresh.id = row.id
        if fresh == same:
            fresh.changed_at = row.changed_at
        else:
            cost_history.tell(self._uow, fresh, row, self._now)
        self._uow.costs.save(fresh)

    def _end(self, row: CostDocument, *, known: bool) -> None:
        """A document is gone, or has nothing for its job any more; `known` by QuickBooks' own word."""
        if row.deleted and (row.deletion_known or not known):
            return
        before = replace(row)
        row.deletion_known = known
        row.reading_id = self._reading.id
        if not row.deleted:
            row.deleted, row.changed_at = True, self._now
            row.settle()
            cost_history.tell(self._uow, row, before, self._now)
        self._uow.costs.save(row)

    # ------------------------------------------------------------ the end

    def finish(self, *, with_payroll: bool) -> None:
        """Take in what the whole reading tells: what is gone, and QuickBooks' own totals."""
        connection, reading = self._connection, self._reading
        self._deletions()
        if reading.scope == "whole":
            self._unseen()
            connection.costs_whole_at = reading.started_at
        else:
            for job in reading.jobs:
                stands = self._uow.lists.has(connection_id=connection.id, kind="customer", list_id=job, gone=False)
                self._unseen(job_id=job, payroll=with_payroll and not stands)
        if with_payroll:
            # By QuickBooks' calendar, which may be a day behind or ahead.
            connection.payroll_seen = reading.started_at.date() - dt.timedelta(days=1)
        controls.take(self._uow, connection, reading, self._now, with_payroll=with_payroll)

    def _deletions(self) -> None:
        found: dict[str, dt.datetime | None] = {}
        for content in cost_answers.of_kind(self._uow, self._reading, cost_answers.DELETED):
            found.update(cost_answers.deletions(content))
        headers = {row.txn_id: row for row in self._found(self._uow.transactions.find, list(found))}
        for row in self._found(self._uow.costs.find, list(found)):
            header = headers.get(row.txn_id)
            if (header is None or header.gone) and not (row.reading_id == self._reading.id and not row.deleted):
                self._end(row, known=True)
        seen = self._connection.deletions_seen
        self._connection.deletions_seen = latest([*found.values(), seen], self._reading.started_at, self._zone)

    def _unseen(self, *, payroll: bool = False, **criteria: Any) -> None:
        """What this reading should have shown and did not: it vanished, unless QuickBooks has a deletion record.

        Payroll ends with its own report; only that of a job which is gone itself has none.
        """
        unseen = self._uow.costs.find(
            connection_id=self._connection.id, deleted=False, reading_id=Other(self._reading.id), **criteria
        )
        rows = [row for row in unseen if payroll or row.txn_type != PAYROLL]
        gone = {
            row.txn_id for row in self._found(self._uow.transactions.find, [row.txn_id for row in rows]) if row.gone
        }
        for row in rows:
            self._end(row, known=row.txn_id in gone)


def _inside(date: dt.date, scope: Scope) -> bool:
    return (scope.from_date is None or date >= scope.from_date) and (scope.to_date is None or date <= scope.to_date)


def _line_order(line: CostLine) -> tuple[str, str, str, Decimal]:
    return (line.item, line.account, line.class_name, line.amount)
