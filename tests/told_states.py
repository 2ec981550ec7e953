"""The states of submissions and tasks in words, for docs/states.md; a test fails when one is left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qbwc_bridge.domain import wording
from qbwc_bridge.domain.states import MOVES, TASK_MOVES, State, TaskState


@dataclass(frozen=True)
class Told:
    """What a state means, who acts, and what ends it."""

    means: str
    who: str
    ends: str


SUBMISSIONS: Mapping[State, Told] = {
    State.BLOCKED: Told(
        "An obstacle keeps the record back that the bridge cannot remove by itself. The record says which, in words.",
        "whoever can remove the obstacle that the record names, such as a budget that is not locked or an open choice",
        "The next review finds the obstacle gone, or a person links or archives the record.",
    ),
    State.READY: Told(
        "It can go as it stands and waits for a person. What the other system has already is marked as an update.",
        "the approver, who accepts, rejects or archives it",
        "A decision, or a change in Procore that brings an obstacle.",
    ),
    State.ACCEPTED: Told(
        "A person has accepted this version, or direct export did. It goes with the next visit, or after what it waits "
        "for. Records for Procore go with the next push.",
        "nobody",
        "Its task is sent; or it is taken back, or changes in Procore, which makes the acceptance lapse.",
    ),
    State.EXPORTING: Told(
        "Its task has left, and the answer is not stored yet.",
        "nobody; after a lost answer the bridge finds out what was written before it does anything else",
        "The answer, or what the bridge found out.",
    ),
    State.SYNCED: Told(
        "It stands in the other system. With reasons it stands there, but not as it should: a person shall look.",
        "nobody; with reasons the bookkeeper",
        "It changes in Procore and becomes ready again as an update, or somebody unlinks it.",
    ),
    State.FAILED: Told(
        "The other system refused it; the reason ends with that system's own words and number.",
        "the bookkeeper, as the reason says",
        "A retry, a rejection, `done` with a comment, a link, or a change in Procore.",
    ),
    State.REJECTED: Told(
        "A person said no, with a comment. Nothing is written.",
        "whoever can change it in Procore",
        "A change in Procore, or somebody sends it again.",
    ),
    State.ARCHIVED: Told(
        "A person put it away, or the bridge: its project was switched off, or nothing that is switched on needs it. "
        "It is not shown among what waits, and nothing is written.",
        "nobody",
        "A person takes it out again, and it goes back to where it came from; what the bridge put away comes back by "
        "itself once it is offered again.",
    ),
}

TASKS: Mapping[TaskState, Told] = {
    TaskState.QUEUED: Told(
        "It waits for a visit of the Web Connector, or for the end of its back-off after a failure.",
        "nobody",
        "It is sent, or cancelled.",
    ),
    TaskState.SENT: Told(
        "Its message was stored and handed to the Web Connector; the answer is not stored yet.",
        "nobody",
        "The answer; or the next visit begins without one, and it is in doubt.",
    ),
    TaskState.IN_DOUBT: Told(
        "QuickBooks may or may not have done it. Nothing of it is sent again before that is known.",
        "nobody; with two records that could be it, the bookkeeper",
        "QuickBooks' stored reply, or a look-up by name, or by number and mark.",
    ),
    TaskState.DONE: Told("QuickBooks answered, and everything that follows is stored.", "nobody", "Nothing."),
    TaskState.PARKED: Told(
        "It was given up after several tries. Its submission, if it has one, is Failed to Export.",
        "the bookkeeper, as `qbwc-bridge queue show ID` says",
        "A retry, or it is cancelled.",
    ),
    TaskState.CANCELLED: Told(
        "It is not needed any more, such as after a take-back, or another task took its place.",
        "nobody",
        "Nothing.",
    ),
}


def states() -> Iterator[tuple[str, str, Told, str]]:
    """Give heading, word of the page, meaning and next states of each, those of tasks after those of submissions."""
    for state, told in SUBMISSIONS.items():
        yield f"Submission: {state}", wording.STATES[state], told, _words(MOVES[state])
    for task_state, told in TASKS.items():
        yield f"Task: {task_state}", "", told, _words(TASK_MOVES[task_state])


def _words(following: frozenset[State] | frozenset[TaskState]) -> str:
    return ", ".join(f"`{state}`" for state in sorted(following)) or "none: it stays so"
