"""`queue`: the units of work for QuickBooks, each with its history."""

import dataclasses
from typing import Any

import click

from qbwc_bridge.cli.common import Bridge, connection_option, json_option, pass_bridge, say, show_json, who
from qbwc_bridge.cli.tables import facts, table
from qbwc_bridge.domain.records import Connection, Task
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.errors import NotFound, Refused
from qbwc_bridge.flow.moves import move_task
from qbwc_bridge.flow.readings import LISTS_RANK
from qbwc_bridge.ports import UnitOfWork

SHOWN = (
    "id",
    "connection",
    "kind",
    "state",
    "submission",
    "attempts",
    "created_at",
    "done_at",
    "status_code",
    "message",
)

task_argument = click.argument("task_id", metavar="ID", type=int)


@click.group()
def queue() -> None:
    """Look at the queue for QuickBooks, and help a task that is stuck."""


@queue.command(name="list")
@connection_option
@click.option("--state", type=click.Choice([state.value for state in TaskState]), help="Only tasks in this state.")
@json_option
@pass_bridge
def list_(bridge: Bridge, name: str | None, state: str | None, *, as_json: bool) -> None:
    """List the tasks."""
    criteria: dict[str, Any] = {"state": TaskState(state)} if state else {}
    rows: list[dict[str, Any]] = []
    connections = bridge.connections(name)
    with bridge.kit.work() as uow:
        for connection in connections:
            found = uow.tasks.find(connection_id=connection.id, **criteria)
            rows += [_facts(connection, task) for task in found]
    if as_json:
        show_json(rows)
    elif rows:
        click.echo(table([head.replace("_", " ") for head in SHOWN], [[row[head] for head in SHOWN] for row in rows]))
    else:
        say("The queue is empty.")


@queue.command()
@task_argument
@connection_option
@json_option
@pass_bridge
def show(bridge: Bridge, task_id: int, name: str | None, *, as_json: bool) -> None:
    """Show a task with what it asks of QuickBooks, and its history."""
    asked = bridge.connection(name) if name else None
    with bridge.kit.work() as uow:
        task = _task(uow, task_id, asked)
        connection = uow.connections.get(task.connection_id)
        history = uow.history.find(subject="task", subject_id=task.id)
    moves = [{key: getattr(row, key) for key in ("at", "who", "before", "after", "why")} for row in history]
    found = {**_facts(connection, task), "request": task.request, "history": moves}
    if as_json:
        show_json(found)
        return
    click.echo(facts([(key.replace("_", " "), value) for key, value in _facts(connection, task).items()]))
    asks = [(part.name, getattr(task.request, part.name)) for part in dataclasses.fields(task.request)]
    click.echo("\nasks\n" + facts([(name, str(value)) for name, value in asks if value not in (None, "", ())]))
    if moves:
        click.echo("\n" + table(["at", "who", "before", "after", "why"], [list(row.values()) for row in moves]))


@queue.command()
@task_argument
@connection_option
@pass_bridge
def retry(bridge: Bridge, task_id: int, name: str | None) -> None:
    """Send a parked or delayed task with the next visit."""
    asked = bridge.connection(name) if name else None
    with bridge.kit.work() as uow:
        task = _task(uow, task_id, asked)
        _leave_to_review(uow, task, "retry")
        if task.state is TaskState.PARKED:
            task.attempts = 0
            move_task(uow, task, TaskState.QUEUED, now=bridge.now(), who=who(), why="tried again")
        elif task.state is not TaskState.QUEUED:
            raise Refused(f"Task {task.id} is {_word(task)}: only parked and queued tasks can be tried again.")
        task.not_before = task.failed_visit_id = None
        uow.tasks.save(task)
    click.echo(f"Task {task_id} goes with the next visit.")


@queue.command()
@task_argument
@connection_option
@pass_bridge
def cancel(bridge: Bridge, task_id: int, name: str | None) -> None:
    """Cancel a task that was not sent."""
    asked = bridge.connection(name) if name else None
    with bridge.kit.work() as uow:
        task = _task(uow, task_id, asked)
        _leave_to_review(uow, task, "take-back")
        if task.state not in (TaskState.QUEUED, TaskState.PARKED):
            raise Refused(f"Task {task.id} is {_word(task)} and cannot be cancelled any more.")
        if task.rank == LISTS_RANK:
            # The next reading starts at the newest change seen; what this one should bring would never be read.
            raise Refused(
                f"Task {task.id} reads a list of QuickBooks: every visit reads them before anything is written."
            )
        move_task(uow, task, TaskState.CANCELLED, now=bridge.now(), who=who(), why="cancelled")
    click.echo(f"Task {task_id} is cancelled.")


def _task(uow: UnitOfWork, task_id: int, asked: Connection | None) -> Task:
    task = uow.tasks.get(task_id)
    if asked is not None and task.connection_id != asked.id:
        raise NotFound(f"There is no task number {task_id} in {asked.name}.")
    return task


def _leave_to_review(uow: UnitOfWork, task: Task, decision: str) -> None:
    """A task of a submission lives and dies with the decision about that record."""
    row = uow.submissions.first(id=task.submission_id) if task.submission_id else None
    if row is None or (decision == "retry" and task.state is TaskState.QUEUED):
        return
    if row.state in (State.ACCEPTED, State.EXPORTING, State.FAILED):
        if row.state is State.FAILED and decision == "take-back":
            decision = "archive"  # it was sent, so that nothing can be taken back
        raise Refused(f"Task {task.id} belongs to submission {row.id}: use `review {decision} {row.id}`.")


def _word(task: Task) -> str:
    return task.state.replace("_", " ")


def _facts(connection: Connection, task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "connection": connection.name,
        "kind": task.kind,
        "state": task.state,
        "submission": task.submission_id,
        "message_set": task.message_set_id,
        "attempts": task.attempts,
        "created_at": task.created_at,
        "sent_at": task.sent_at,
        "done_at": task.done_at,
        "status_code": task.status_code,
        "message": task.message,
    }
