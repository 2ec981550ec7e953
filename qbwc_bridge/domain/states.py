"""The states of submissions and tasks, and the only moves between them."""

from collections.abc import Mapping
from enum import StrEnum

from qbwc_bridge.errors import ImpossibleMove


class State(StrEnum):
    """A submission's state; the words are promised to users and to other programs."""

    BLOCKED = "blocked"
    READY = "ready_to_export"
    ACCEPTED = "accepted"
    EXPORTING = "exporting"
    SYNCED = "synced"
    FAILED = "failed_to_export"
    REJECTED = "rejected"
    ARCHIVED = "archived"


class TaskState(StrEnum):
    """A task's state."""

    QUEUED = "queued"
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    DONE = "done"
    PARKED = "parked"
    CANCELLED = "cancelled"


_B, _R, _A, _E = State.BLOCKED, State.READY, State.ACCEPTED, State.EXPORTING
_S, _F, _J, _V = State.SYNCED, State.FAILED, State.REJECTED, State.ARCHIVED

MOVES: Mapping[State, frozenset[State]] = {
    _B: frozenset({_R, _S, _V}),
    _R: frozenset({_B, _A, _J, _S, _V}),
    _A: frozenset({_R, _E, _B, _S}),
    _E: frozenset({_S, _F}),
    _S: frozenset({_R}),
    _F: frozenset({_A, _J, _S, _R, _V}),
    _J: frozenset({_R, _V}),
    _V: frozenset({_R, _B, _J, _F}),
}
"""blocked ⇄ ready → accepted → exporting → synced → ready (update), and the side roads."""

TASK_MOVES: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.QUEUED: frozenset({TaskState.SENT, TaskState.CANCELLED}),
    TaskState.SENT: frozenset({TaskState.DONE, TaskState.QUEUED, TaskState.PARKED, TaskState.IN_DOUBT}),
    TaskState.IN_DOUBT: frozenset({TaskState.DONE, TaskState.QUEUED, TaskState.PARKED}),
    TaskState.PARKED: frozenset({TaskState.QUEUED, TaskState.CANCELLED}),
    TaskState.DONE: frozenset(),
    TaskState.CANCELLED: frozenset(),
}
"""queued → sent → done, with retry, doubt and parking."""

ON_ITS_WAY = frozenset({State.READY, State.ACCEPTED, State.EXPORTING})
"""A record in one of these will come by itself: those that need it wait instead of being blocked."""

OUTSTANDING = frozenset({TaskState.SENT, TaskState.IN_DOUBT})
"""The answer of such a task is not known."""

ALIVE = frozenset({TaskState.QUEUED, TaskState.SENT, TaskState.IN_DOUBT})
"""Such a task will still do something by itself."""


def check_move(before: State, after: State) -> None:
    """Raise ImpossibleMove unless a submission may go from `before` to `after`."""
    if after not in MOVES[before]:
        raise ImpossibleMove(f"A record cannot go from {before} to {after}.")


def check_task_move(before: TaskState, after: TaskState) -> None:
    """Raise ImpossibleMove unless a task may go from `before` to `after`."""
    if after not in TASK_MOVES[before]:
        raise ImpossibleMove(f"A task cannot go from {before} to {after}.")
