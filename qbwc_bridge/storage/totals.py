"""What monitors are told of the whole database, by as many questions for one connection as for a thousand."""

import datetime as dt
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, literal_column, select
from sqlalchemy import text as sql
from sqlalchemy.sql.elements import ColumnElement

from qbwc_bridge.domain.notices import NoticeState
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.ports import Totals
from qbwc_bridge.storage.repository import Transaction
from qbwc_bridge.storage.rows import moment_text
from qbwc_bridge.storage.tables import connection, notice, submission, task, visit

OPEN_TASKS = (TaskState.QUEUED, TaskState.SENT, TaskState.IN_DOUBT, TaskState.PARKED)
OPEN_MAIL: tuple[NoticeState, ...] = ("waiting", "sending", "given_up")

_BYTES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


def read_totals(transaction: Transaction, now: dt.datetime) -> Totals:
    """Count what is open at the moment `now`, for every connection."""
    transaction.flush()
    found = Totals(transaction.dialect)
    for row_id, sessions, *counts in transaction.fetch(_open(), {"now": moment_text(now)}):
        found.sessions[row_id] = sessions
        tasks, mail = counts[: len(OPEN_TASKS)], counts[len(OPEN_TASKS) :]
        found.tasks[row_id] = dict(zip(OPEN_TASKS, tasks, strict=True))
        found.mail[row_id] = dict(zip(OPEN_MAIL, mail, strict=True))
        found.submissions[row_id] = dict.fromkeys(State, 0)
    for row_id, state, count in transaction.fetch(_submissions(), {}):
        found.submissions[row_id][State(state)] = count
    ((found.size,),) = transaction.fetch(_plain(_BYTES[found.database]), {})
    ((found.schema,),) = transaction.fetch(_plain("SELECT version_num FROM alembic_version"), {})
    return found


@cache
def _open() -> Select[Any]:
    """Count by indexes that stop at what is open: what has ended grows without end."""
    open_now = (visit.c.ended_at.is_(None), visit.c.lease_until > bindparam("now"))
    columns = [_count(visit, *open_now)]
    columns += [_count(task, task.c.state == literal_column(f"'{state}'")) for state in OPEN_TASKS]
    columns += [_count(notice, notice.c.state == literal_column(f"'{state}'")) for state in OPEN_MAIL]
    return select(connection.c.id, *columns)


def _count(table: Table, *conditions: ColumnElement[bool]) -> Any:
    mine = table.c.connection_id == connection.c.id
    return select(func.count()).select_from(table).where(mine, *conditions).correlate(connection).scalar_subquery()


@cache
def _submissions() -> Select[Any]:
    columns = (submission.c.connection_id, submission.c.state)
    return select(*columns, func.count()).group_by(*columns)


@cache
def _plain(text: str) -> Any:
    return sql(text)
