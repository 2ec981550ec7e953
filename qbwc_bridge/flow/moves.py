"""Every change of state goes through here: checked against the table of moves and written into the history."""

import base64
import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence

from qbwc_bridge.domain.quickbooks import Request
from qbwc_bridge.domain.records import Connection, History, Submission, Task
from qbwc_bridge.domain.states import ALIVE, State, TaskState, check_move, check_task_move
from qbwc_bridge.flow.readings import UNREAD, must_be_known
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.qbxml.by_itself import BACK_OFF

log = logging.getLogger("qbwc_bridge.flow")

BRIDGE = "bridge"
"""Who moved it, where no person did."""

MARK_LENGTH = 6
MESSAGE_SET_ID_LENGTH = 20
"""QuickBooks takes ids of up to 24 characters (qbXML status 9004)."""


def token(length: int) -> str:
    """Draw base32 characters from the system's random source."""
    # Five bits a character, in whole bytes.
    return base64.b32encode(secrets.token_bytes(length)).decode()[:length]


def mark_of(*parts: str) -> str:
    """Give a mark that follows from what it stands for: whoever forgot it comes to the same again."""
    return base64.b32encode(hashlib.sha256(":".join(parts).encode()).digest()).decode()[:MARK_LENGTH]


def move(uow: UnitOfWork, row: Submission, after: State, *, now: dt.datetime, who: str = BRIDGE, why: str = "") -> None:
    """Move a submission and record it; raises ImpossibleMove outside the table."""
    before = row.state
    check_move(before, after)
    row.state, row.since = after, now
    if after is State.SYNCED:
        row.update = False
        row.waits_for = []
    uow.submissions.save(row)
    uow.history.append(History(row.connection_id, "submission", row.id, now, who, before, after, why))


def move_task(
    uow: UnitOfWork, row: Task, after: TaskState, *, now: dt.datetime, who: str = BRIDGE, why: str = ""
) -> None:
    """Move a task and record it; raises ImpossibleMove outside the table."""
    before = row.state
    check_task_move(before, after)
    row.state = after
    if after in (TaskState.DONE, TaskState.CANCELLED):
        row.done_at = now
    if why:
        row.message = why
    uow.tasks.save(row)
    level = logging.INFO if after in (TaskState.PARKED, TaskState.IN_DOUBT) else logging.DEBUG
    # Why stands in the history: it names records, which the log need not.
    log.log(level, "A task went from %s to %s", before, after, extra={"task": row.id, "submission": row.submission_id})
    uow.history.append(History(row.connection_id, "task", row.id, now, who, before, after, why))


def give_up(scene: Scene, task: Task, why: str, *, after: TaskState = TaskState.PARKED) -> None:
    """End a task that a person must see to, parked or cancelled, and say so on its submission.

    After a list that must be known nothing more is written in this visit; the next one reads it again first.
    """
    scene.visit.failed += fail(scene.uow, task, why, now=scene.now, after=after)
    if must_be_known(task):
        scene.visit.writes_allowed = False
        scene.visit.last_error = f"{UNREAD} {why}"


def fail(uow: UnitOfWork, task: Task, why: str, *, now: dt.datetime, after: TaskState = TaskState.PARKED) -> int:
    """Do the same where no visit is under way; gives how many submissions failed."""
    failed = 0
    move_task(uow, task, after, now=now, why=why)
    for row in submissions_of(uow, [task]).values():
        if row.state is State.SYNCED and row.choice == "close":
            row.choice = ""
            uow.submissions.save(row)
            note(uow, row, now=now, who=BRIDGE, why=f"not closed: {why}")
        if row.state not in (State.ACCEPTED, State.EXPORTING):
            continue  # it changed in Procore or was taken back while QuickBooks was asked
        row.reasons = [why]
        failed += 1
        if row.state is State.ACCEPTED:  # what was sent was not the record itself, such as the customer above a job
            move(uow, row, State.EXPORTING, now=now, why="made ready for QuickBooks")
        move(uow, row, State.FAILED, now=now, why=why)
    return failed


def note(uow: UnitOfWork, row: Submission, *, now: dt.datetime, who: str, why: str) -> None:
    """Record something that happened to a submission without changing its state."""
    uow.history.append(History(row.connection_id, "submission", row.id, now, who, row.state, row.state, why))


def add_task(
    uow: UnitOfWork,
    connection: Connection,
    request: Request,
    now: dt.datetime,
    *,
    rank: int,
    submission_id: int | None = None,
    reading_id: int | None = None,
) -> Task:
    """Queue a request; tasks of lower rank go first."""
    return uow.tasks.add(
        Task(
            connection_id=connection.id,
            kind=request.kind,
            request=request,
            created_at=now,
            submission_id=submission_id,
            reading_id=reading_id,
            rank=rank,
        )
    )


def is_write(task: Task) -> bool:
    """Whether a task changes QuickBooks."""
    return task.kind.endswith(("Add", "Mod"))


def hopeless(task: Task) -> bool:
    """Whether a reading was tried too often: it would hold up all that comes after it for ever."""
    return task.attempts > len(BACK_OFF) and not is_write(task)


Rows = Mapping[int | None, Submission]
"""The submissions that tasks serve and bring, by id."""


def submissions_of(uow: UnitOfWork, tasks: Sequence[Task]) -> Rows:
    """Give the submissions that tasks serve and bring, by id."""
    found = {row_id for task in tasks for row_id in (task.submission_id, *task.brings)} - {None}
    return {row.id: row for row in uow.submissions.find(id=found)} if found else {}


def alive_tasks(uow: UnitOfWork, submission: Submission) -> list[Task]:
    """The submission's tasks that will still do something by themselves."""
    return uow.tasks.find(submission_id=submission.id, state=list(ALIVE))


def cancel_queued(uow: UnitOfWork, submission: Submission, *, now: dt.datetime, who: str = BRIDGE, why: str) -> None:
    """Cancel what is queued or parked for a submission; what was sent already is not touched."""
    for task in uow.tasks.find(submission_id=submission.id, state=[TaskState.QUEUED, TaskState.PARKED]):
        move_task(uow, task, TaskState.CANCELLED, now=now, who=who, why=why)
