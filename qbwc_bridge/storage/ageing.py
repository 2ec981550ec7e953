"""Old rows by portions (`ports.ageing`): which ones go is decided by the database, so that no long text is read."""

import datetime as dt

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.storage import tables
from qbwc_bridge.storage.repository import Transaction
from qbwc_bridge.storage.rows import field_codec


class Ageing:
    """The ageing of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def empty_texts(self, before: dt.datetime, *, after: int, rows: int) -> int | None:
        """Empty qbXML; see `ports.ageing`."""
        return self._portion(_SETS, _EMPTY_TEXTS, before, after, rows)

    def drop_history(self, before: dt.datetime, *, after: int, rows: int) -> int | None:
        """Remove lines of history; see `ports.ageing`."""
        return self._portion(_LINES, _DROP_HISTORY, before, after, rows)

    def _portion(
        self, seen: Select[tuple[int, str]], change: Executable, before: dt.datetime, after: int, rows: int
    ) -> int | None:
        self._transaction.flush()
        limit = field_codec(dt.datetime).encode(before)
        found = self._transaction.fetch(seen, {"after": after, "rows": rows})
        if not found:
            return None
        last = int(found[-1][0])
        self._transaction.change(change, [{"after": after, "last": last, "before": limit}])
        # A clock that was set back leaves old rows among young ones.
        return last if any(moment < limit for _, moment in found) else None


_set, _task, _row, _line = tables.message_set, tables.task, tables.submission, tables.history


def _within(table: Table, moment: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(table.c.id > bindparam("after"), table.c.id <= bindparam("last"), moment < bindparam("before"))


def _is_not(column: ColumnElement[str], *words: str) -> ColumnElement[bool]:
    return and_(*(column != word for word in words))


def _portion_of(table: Table, moment: Column[str]) -> Select[tuple[int, str]]:
    return (
        select(table.c.id, moment).where(table.c.id > bindparam("after")).order_by(table.c.id).limit(bindparam("rows"))
    )


_SETS, _LINES = _portion_of(_set, _set.c.sent_at), _portion_of(_line, _line.c.at)

_open_task = _is_not(_task.c.state, TaskState.DONE, TaskState.CANCELLED)
_failed = exists().where(_row.c.id == _task.c.submission_id, _row.c.state == State.FAILED)
_lost = _set.alias()

_EMPTY_TEXTS = (
    update(_set)
    .where(
        _within(_set, _set.c.sent_at),
        _set.c.answered_at.is_not(None),
        or_(func.length(_set.c.request_text) > 0, func.length(_set.c.reply_text) > 0),
        ~exists().where(_task.c.message_set_id == _set.c.id, or_(_open_task, _failed)),
        ~exists().where(_lost.c.id == _set.c.recovers, _lost.c.answered_at.is_(None)),
    )
    .values(request_text=b"", reply_text=b"")
)

_stands = exists().where(_row.c.id == _line.c.subject_id, _row.c.state != State.ARCHIVED)
_at_work = exists().where(_task.c.id == _line.c.subject_id, _open_task)

_DROP_HISTORY = delete(_line).where(
    _within(_line, _line.c.at),
    or_(
        _line.c.subject == "cost",
        and_(_line.c.subject == "task", ~_at_work),
        and_(_line.c.subject == "submission", ~_stands),
    ),
)
