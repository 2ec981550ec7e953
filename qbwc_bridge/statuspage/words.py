"""The words, signs and colours of states: Procore's words for states, QuickBooks' words for records."""

from collections.abc import Mapping
from dataclasses import dataclass

from qbwc_bridge.domain import wording
from qbwc_bridge.domain.records import KINDS_OUTWARD, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.cost_documents import State as CostState
from qbwc_bridge.flow.views import Word


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: never by colour alone. `css` names the colour."""

    word: str
    sign: str
    css: str


STATES: Mapping[State, Look] = {
    State.FAILED: Look(wording.STATES[State.FAILED], "✕", "bad"),
    State.READY: Look(wording.STATES[State.READY], "▶", "ask"),
    State.BLOCKED: Look(wording.STATES[State.BLOCKED], "■", "warn"),
    State.ACCEPTED: Look(wording.STATES[State.ACCEPTED], "…", "calm"),
    State.EXPORTING: Look(wording.STATES[State.EXPORTING], "→", "calm"),
    State.SYNCED: Look(wording.STATES[State.SYNCED], "✓", "good"),
    State.REJECTED: Look(wording.STATES[State.REJECTED], "⊘", "quiet"),
    State.ARCHIVED: Look(wording.STATES[State.ARCHIVED], "▫", "quiet"),
}
"""In the order in which a person wants to see them."""

WAITS_FOR_PROCORE = Look("Waiting for Procore", "…", "calm")
UPDATE = Look("Ready to Update", "▶", "ask")
DIFFERS = Look("Synced, look at it", "!", "warn")

KINDS = wording.KINDS

WORDS: Mapping[Word, Look] = {
    "working": Look("Working", "✓", "good"),
    "needs_you": Look("Needs you", "!", "warn"),
    "stopped": Look("Stopped", "✕", "bad"),
}

COST_STATES: Mapping[CostState, Look] = {
    "written": Look("In Procore", "✓", "good"),
    "pending": Look("Not pushed yet", "→", "calm"),
    "refused": Look("Refused by Procore", "✕", "bad"),
    "not_released": Look("Not released", "▫", "quiet"),
    "skipped": Look("Left out: on an order", "⊘", "quiet"),
    "before": Look("Left out: before the cut-off", "⊘", "quiet"),
    "unmapped": Look("Not in the budget", "!", "warn"),
    "ignored": Look("Ignored", "⊘", "quiet"),
}
"""What became of a cost in Procore."""

STANDINGS: Mapping[str, Look] = {
    "on": Look("On", "✓", "good"),
    "released": Look("On, costs released", "✓", "good"),
    "off": Look("Off", "▫", "quiet"),
    "gone": Look("Not shown by Procore", "⊘", "quiet"),
}
"""How projects take part."""

ROLES = {"viewer": "viewer", "approver": "approver", "admin": "administrator"}


def of_submission(row: Submission) -> Look:
    """How a submission's state is shown: updates, synced ones with reasons and those for Procore told apart."""
    if row.state is State.ACCEPTED and row.kind in KINDS_OUTWARD:
        return WAITS_FOR_PROCORE
    if row.state is State.READY and row.update:
        return UPDATE
    if row.state is State.SYNCED and row.reasons:
        return DIFFERS
    return STATES[row.state]
