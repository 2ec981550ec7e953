"""What is let go of once it is old, on both databases: never anything that is still open, or that people decided."""

import datetime as dt
from typing import Any

import pytest

from qbwc_bridge.domain.quickbooks import VendorQuery
from qbwc_bridge.domain.records import History, Task
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.storage import Database
from tests.storage import samples

OLD = samples.NOW - dt.timedelta(days=91)
LIMIT = samples.NOW - dt.timedelta(days=90)


def message(uow: UnitOfWork, sent_at: dt.datetime = OLD, **changes: Any) -> int:
    """Store an answered message; gives its number."""
    visit = uow.visits.first()
    assert visit
    values = {"answered_at": sent_at, "reply_text": "<QBXML>answer</QBXML>", "sent_at": sent_at, **changes}
    set_id = values.pop("set_id", f"SET{uow.message_sets.count()}")
    return uow.message_sets.add(samples.write_set(visit.connection_id, visit.id, set_id, **values)).id


def task(connection_id: int, submission_id: int, message_set_id: int | None, state: TaskState) -> Task:
    """A task of a message and of a record, not stored."""
    row = Task(connection_id, "VendorQuery", VendorQuery(), OLD, submission_id, state=state)
    row.message_set_id = message_set_id
    return row


@pytest.fixture
def uow(database: Database) -> Any:
    """A transaction with a connection and a visit."""
    with database.work() as opened:
        samples.stored_visit(opened, samples.stored_connection(opened))
        yield opened


def through(step: Any, rows: int = 2) -> int:
    """Take a step until everything was seen; gives how many portions there were."""
    after, count = 0, 0
    while after is not None:
        after, count = step(LIMIT, after=after, rows=rows), count + 1
    return count


def test_only_old_and_settled_texts_are_emptied(uow: UnitOfWork) -> None:
    """What has no answer, an open task or a failed record keeps its qbXML, as does what asks for an unknown fate."""
    connection_id = uow.connections.find()[0].id
    goes = [message(uow), message(uow, purpose="read", set_id="")]
    done = message(uow, note="done")
    stays = [message(uow, answered_at=None), message(uow, LIMIT, note="young")]
    stays.append(message(uow, purpose="recover", set_id="", recovers=stays[0]))
    for state in (TaskState.QUEUED, TaskState.SENT, TaskState.IN_DOUBT, TaskState.PARKED):
        stays.append(message(uow, note=state))
        row = uow.submissions.add(samples.submission(connection_id, key=state, state=State.EXPORTING))
        uow.tasks.add(task(connection_id, row.id, stays[-1], state))
    failed = uow.submissions.add(samples.submission(connection_id, key="failed", state=State.FAILED))
    stays.append(message(uow, note="failed"))
    uow.tasks.add(task(connection_id, failed.id, stays[-1], TaskState.CANCELLED))
    synced = uow.submissions.add(samples.submission(connection_id, key="synced", state=State.SYNCED))
    uow.tasks.add(task(connection_id, synced.id, done, TaskState.DONE))

    assert through(uow.ageing.empty_texts) > 2

    rows = uow.message_sets.find()
    assert {row.id for row in rows if not row.request_text and not row.reply_text} == {*goes, done}
    assert {row.id for row in rows if row.request_text and row.reply_text} == set(stays)


def test_history_goes_but_for_what_stands(uow: UnitOfWork) -> None:
    """Old lines of tasks, costs, archived and vanished records go; decisions on what stands stay, however old."""
    connection_id = uow.connections.find()[0].id
    standing = uow.submissions.add(samples.submission(connection_id, state=State.SYNCED)).id
    archived = uow.submissions.add(samples.submission(connection_id, key="2", state=State.ARCHIVED)).id
    parked = uow.tasks.add(task(connection_id, standing, None, TaskState.PARKED)).id
    over = uow.tasks.add(task(connection_id, standing, None, TaskState.DONE)).id
    goes = [("task", over), ("task", 999), ("cost", 1), ("submission", archived), ("submission", 999)]
    stays = [("task", parked), ("submission", standing), ("project", 9), ("connection", 9), ("map", 9)]
    for subject, number in [*goes, *stays]:
        uow.history.add(History(connection_id, subject, number, OLD, "Alice", "", "", "old"))  # type: ignore[arg-type]
        uow.history.add(History(connection_id, subject, number, LIMIT, "Alice", "", "", "young"))  # type: ignore[arg-type]

    assert through(uow.ageing.drop_history) > 2

    left = [(row.subject, row.subject_id) for row in uow.history.find(why="old")]
    assert left == stays
    assert uow.history.count(why="young") == len(goes) + len(stays)
