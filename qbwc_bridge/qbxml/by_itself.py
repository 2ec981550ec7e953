"""What the bridge does by itself after a number, in words: the third part of every row of the tables."""

import datetime as dt
from collections.abc import Mapping

from qbwc_bridge.qbxml.meanings import Reaction

BACK_OFF = (dt.timedelta(0), dt.timedelta(minutes=15), dt.timedelta(hours=1), dt.timedelta(hours=4))
"""The first retry is in the next visit, later ones after 15 minutes, 1 hour, 4 hours; then a person."""

MAX_REBUILDS = 2
"""A change built twice on a fresh order and refused twice as stale is racing with a person: ask."""


def _span(wait: dt.timedelta) -> str:
    minutes = wait.total_seconds() / 60
    if not minutes:
        return "with the next visit"
    return f"after {minutes:g} minutes" if minutes < 60 else f"after {minutes / 60:g} hour{'s' * (minutes > 60)}"  # noqa: PLR2004 - minutes of an hour


def _retries() -> str:
    times = [_span(wait) for wait in BACK_OFF]
    return f"{', '.join(times[:-1])} and {times[-1]}. Then the record is Failed to Export"


_TIMES = {1: "once", 2: "twice"}.get(MAX_REBUILDS, f"{MAX_REBUILDS} times")

_FAILED = "The record is Failed to Export until somebody decides. The others go on."

STATUSES: Mapping[Reaction, str] = {
    Reaction.DONE: "It goes on: QuickBooks did what was asked.",
    Reaction.NOTHING_FOUND: "It goes on: this is a normal answer to a question.",
    Reaction.RETRY: f"It tries again {_retries()}.",
    Reaction.RESEND: f"It sends the record again {_retries()}.",
    Reaction.REFRESH: f"It reads the order again and builds the change anew, {_TIMES} at most. Then, and for anything "
    "but a change order at once, the record is Failed to Export until somebody decides.",
    Reaction.CONFLICT: _FAILED,
    Reaction.LOOK_UP: "It looks the records up, by name, or by number and mark, and sends only what QuickBooks does "
    "not have.",
    Reaction.PERSON: _FAILED,
    Reaction.FAULT: _FAILED,
}
"""After a statusCode, which QuickBooks gives for one record or question."""

NOT_SHOWN = "After a question it goes on. After a write it looks the record up and keeps what it finds."
"""After 501 and 510: written perhaps, but there is no id to keep."""

HRESULTS: Mapping[Reaction, str] = {
    Reaction.RETRY: "The visit ends. The next visit tries again, and first settles what was under way.",
    Reaction.LOOK_UP: "The visit ends. The next visit first finds out what was written, then goes on.",
    Reaction.PERSON: "The visit ends and nothing is lost. Each next visit tries again, until it is mended.",
    Reaction.OPEN: "The bridge names the company file of the last visit once, so that QuickBooks can open it. If that "
    "fails too, the visit ends and nothing is lost.",
    Reaction.SPLIT: "QuickBooks did none of it. The records are sent again in ever smaller sets, so that the one at "
    "fault is found; that one is Failed to Export, the others go on.",
    Reaction.RENEGOTIATE: "QuickBooks did none of it. The bridge asks which versions this QuickBooks knows and sends "
    "it again in one of them. If there is none, the visit ends and nothing is lost. Each next visit asks again.",
}
"""After an HRESULT, with which a visit cannot go on."""

CONNECTOR: Mapping[Reaction, str] = {
    Reaction.DONE: "Nothing, and nothing is needed.",
    Reaction.RETRY: "With the next call of the Web Connector it goes on where it was.",
    Reaction.LOOK_UP: "With the next call of the Web Connector it first finds out what was written, then goes on.",
    Reaction.PERSON: "It waits for the Web Connector to call. Nothing is lost.",
    Reaction.FAULT: "It waits for the Web Connector to call. Nothing is lost.",
}
"""After a number of the Web Connector, most of which never reach the bridge."""
