"""What one update of the Web Connector came to, and the diary kept while it runs."""

from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["done", "no_data", "refused", "busy", "postponed", "error"]
"""How an update ended.

"done": the server had nothing more, or said so instead of sending a request (only its text tells why); "no_data":
no work; "refused": wrong password, or the server turned this Web Connector's version away; "busy": the server asked
to come again; "postponed": put off by a number of seconds; "error": a call failed, the server reported an error, or
QuickBooks could not be opened.
"""


@dataclass(frozen=True)
class Visit:
    """One update: what the Status column shows, and what happened.

    `calls` are the names of the SOAP calls in order, `requests` the qbXML documents handed to QuickBooks, `progress`
    the server's answers to receiveResponseXML. `qbwc_error` is the number that ended the update ("QBWC1012"), ""
    without one. `wait_seconds` is when the next update is due after this one, 0 when only a person starts updates.
    """

    outcome: Outcome
    status_text: str
    calls: tuple[str, ...]
    requests: tuple[str, ...]
    progress: tuple[int, ...]
    qbwc_error: str = ""
    wait_seconds: int = 0


@dataclass(frozen=True)
class End:
    """How and why an update ended; `postponed_seconds` is set when the server put it off."""

    outcome: Outcome
    status_text: str
    qbwc_error: str = ""
    postponed_seconds: int = 0


@dataclass
class Diary:
    """What happened so far in a running update."""

    calls: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    progress: list[int] = field(default_factory=list)
