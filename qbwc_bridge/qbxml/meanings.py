"""What a number from QuickBooks or the Web Connector means, who must act, and what the bridge does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Who = Literal["nobody", "bookkeeper", "admin", "pc", "us"]
"""Who can mend it: `pc` is whoever looks after the PC that runs QuickBooks, `us` the makers of the bridge."""

WHO: Mapping[Who, str] = {
    "nobody": "nobody",
    "bookkeeper": "the bookkeeper",
    "admin": "the admin",
    "pc": "whoever looks after the PC with QuickBooks",
    "us": "the makers of the bridge",
}
"""Who can mend it, in words."""


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
    OPEN = "open"
    """No company file is open: name the one that is meant."""
    SPLIT = "split"
    """QuickBooks could not read the request and ran none of it: send its parts alone; one that is alone is given up."""
    RENEGOTIATE = "renegotiate"
    """QuickBooks does not speak that version of qbXML and ran none of it: ask which ones it knows, send it in one."""
    FAULT = "fault"
    """The bridge built a request that QuickBooks does not take; repeating it is useless."""


_FOR_A_PERSON = (Reaction.PERSON, Reaction.FAULT)

_BY_ITSELF = "; the bridge "
"""How a piece of advice goes on where the bridge still does something by itself."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A number in plain words.

    `means` says what happened, `what_to_do` what `who` does, `by_itself` what the bridge does; all are whole sentences.
    """

    code: str
    means: str
    who: Who
    what_to_do: str
    reaction: Reaction
    by_itself: str

    def told(self, said: str, number: str, *, given_up: bool = False) -> str:
        """Say what happened, who can mend it and how, then QuickBooks' own words `said`, then the number.

        `given_up`: the bridge does nothing more by itself, so that even where nobody had to act a person must now.
        """
        advice, by_hand = self.what_to_do, given_up and self.reaction not in (Reaction.CONFLICT, *_FOR_A_PERSON)
        if by_hand and self.who == "nobody":
            advice = f"For {WHO['bookkeeper']}: look at the record in QuickBooks."
        elif self.who not in ("nobody", "us"):  # the advice of those two names them itself
            advice = f"For {WHO[self.who]}: {advice[0].lower()}{advice[1:]}"
        if by_hand:
            advice = f"{advice.partition(_BY_ITSELF)[0].rstrip('.')}; then retry it here: the bridge has given up."
        quoted = f' QuickBooks said: "{said}"' if said else ""
        return f"{self.means} {advice}{quoted} ({number})"


Row = tuple[str, Who, Reaction, str, str]
"""Codes separated by blanks, who, reaction, what it means, what to do."""


def table(rows: Iterable[Row], by_itself: Mapping[Reaction, str]) -> dict[str, Meaning]:
    """Spread rows of several codes to one Meaning per code; `by_itself` has a sentence for each of their reactions."""
    return {
        code: Meaning(code, means, who, what_to_do, reaction, by_itself[reaction])
        for codes, who, reaction, means, what_to_do in rows
        for code in codes.split()
    }
