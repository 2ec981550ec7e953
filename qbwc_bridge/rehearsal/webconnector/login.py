"""The beginning of an update: the two version calls and authenticate (guide ch. 2, 6 and 10)."""

from dataclasses import dataclass

from qbwc_bridge.rehearsal.webconnector import soap
from qbwc_bridge.rehearsal.webconnector.calls import CallError, Calls
from qbwc_bridge.rehearsal.webconnector.visit import End, Outcome

_FEWEST, _MOST = 2, 4
_STOPS: dict[str, tuple[Outcome, str, str]] = {
    "none": ("no_data", "No data exchange required", ""),
    "nvu": ("refused", "Invalid password for username", "QBWC1040"),
    "busy": ("busy", "Application Busy", ""),
}


@dataclass(frozen=True)
class Login:
    """The answer to authenticate: seconds are 0 where the server left them out."""

    ticket: str
    word: str
    postponed_seconds: int
    lowest_seconds: int


def greet(calls: Calls, client_version: str) -> End | None:
    """Exchange versions; gives an end when the server turns this version away. Both calls may be missing there."""
    try:
        calls.log(f"serverVersion: {calls.text('serverVersion')}")
    except CallError:
        calls.log("serverVersion: the server does not offer it, going on")
    try:
        answer = calls.text("clientVersion", client_version)
    except CallError:
        calls.log("clientVersion: the server does not offer it, going on")
        return None
    kind, text = answer[:2].upper(), answer[2:].strip()
    if kind == "E:":
        return End("refused", text, "QBWC1037")
    if kind == "O:":
        # Chapter 2 counts this as a stop, the release note does not; the stricter reading finds a careless server out.
        return End("refused", f"The server expects version {text} of the Web Connector.", "QBWC1037")
    if kind == "W:":
        calls.log(f"clientVersion: a box waits for a person with the warning: {text}; going on as if OK was pressed")
    elif answer:
        calls.log(f"QBWC1046: clientVersion answered {answer!r}, which has no meaning; going on")
    return None


def sign_in(calls: Calls, user_name: str, password: str) -> Login:
    """Call authenticate and read its array of two to four texts. Raises CallError."""
    texts = calls.texts("authenticate", user_name, password)
    if not _FEWEST <= len(texts) <= _MOST:
        error = IndexError(f"Index was outside the bounds of the array: {len(texts)} strings where 2 to 4 are due.")
        raise calls.failed("authenticate", error)
    ticket, word, postponed, lowest = (*texts, "", "")[:_MOST]
    try:
        return Login(ticket, word, _seconds(postponed), _seconds(lowest))
    except soap.AnswerError as error:
        raise calls.failed("authenticate", error) from error


def stopped_by(calls: Calls, login: Login, *, auto_run: bool) -> End | None:
    """Give the end of an update that authenticate did not let begin, None when it may begin. Raises CallError.

    Seconds to put the update off win over every word, but only where the schedule runs the updates (guide ch. 10).
    The session is then dropped without a call; after "none" and "nvu" closeConnection follows.
    """
    if login.postponed_seconds > 0 and auto_run:
        return End("postponed", "Update postponed by application", postponed_seconds=login.postponed_seconds)
    stop = _STOPS.get(login.word.lower())
    if stop is None:
        return None
    if stop[0] != "busy":
        calls.log(f"closeConnection: {calls.text('closeConnection', login.ticket)}")
    return End(*stop)


def _seconds(text: str) -> int:
    return soap.integer(text) if text.strip() else 0
