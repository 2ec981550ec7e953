"""What a number from QuickBooks or the Web Connector means, who must act, and what the bridge does."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Who = Literal["nobody", "bookkeeper", "admin", "pc", "us"]
"""Who can mend it: `pc` is whoever looks after the PC that runs QuickBooks, `us` the makers of the bridge."""


class Reaction(StrEnum):
    """What the bridge does with a request that was answered so."""

    DONE = "done"
    """The request was carried out; a note may come with it."""
    NOTHING_FOUND = "nothing_found"
    """A query that found nothing: a normal answer."""
    RETRY = "retry"
    """Try again later, a bounded number of times with growing pauses."""
    REFRESH = "refresh"
    """Read the record again, build the request on it and try once more."""
    CONFLICT = "conflict"
    """The name is in use: look it up and ask a person."""
    LOOK_UP = "look_up"
    """Whether it was carried out is not known: look it up before anything is sent again."""
    RESEND = "resend"
    """It was not tried: put it back unchanged."""
    PERSON = "person"
    """Only a person can go on."""
    FAULT = "fault"
    """The bridge built a request that QuickBooks does not take; repeating it is useless."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A number in plain words: `means` says what happened, `what_to_do` what `who` does; both are whole sentences."""

    code: str
    means: str
    who: Who
    what_to_do: str
    reaction: Reaction


Row = tuple[str, Who, Reaction, str, str]
"""Codes separated by blanks, who, reaction, what it means, what to do."""


def table(rows: Iterable[Row]) -> dict[str, Meaning]:
    """Spread rows of several codes to one Meaning per code."""
    return {
        code: Meaning(code, means, who, what_to_do, reaction)
        for codes, who, reaction, means, what_to_do in rows
        for code in codes.split()
    }
