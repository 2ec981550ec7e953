"""Notices: what people are told by mail, as rows of an outbox. What was decided is stored before anything is sent."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

NEVER = "never"
"""The value of DAILY_MAIL_AT that switches the daily letter off."""

NoticeKind = Literal["summary", "all_well", "rejected", "silence", "calls_again", "stopped", "goes_again", "brake"]
"""`stopped`: nothing is written to QuickBooks, such as while another company is open. `brake`: nothing to Procore."""

NoticeState = Literal["waiting", "sending", "sent", "dropped", "given_up"]
"""`sending`: handed to the mail server, and its answer is not stored. `dropped`: out of date before it could go."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of a summary: how many of something wait, and since when."""

    what: str
    count: int
    path: str
    """Where it is shown, below PUBLIC_URL."""
    amount: Decimal | None = None
    oldest: str = ""
    """The age of the oldest, in words."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """One record that a letter names."""

    title: str
    path: str
    told: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, in words; how it looks is decided where it is sent. Names in it may hold anything."""

    subject: str
    opening: tuple[str, ...]
    """Sentences."""
    path: str
    """Where the button leads."""
    button: str
    waiting: tuple[Waiting, ...] = ()
    records: tuple[Mentioned, ...] = ()
    left_out: int = 0
    """Records of the same sort that are not named."""
    facts: tuple[tuple[str, str], ...] = ()
    """Pairs of a name and what holds of it."""
    urgent: bool = False
    """Whether something stands still."""


@dataclass(slots=True)
class Notice:
    """One letter with who still has to get it, and what became of it."""

    connection_id: int
    kind: NoticeKind
    key: str
    """What it is about, such as the day of a summary: there is never a second one of a connection."""
    decided_at: dt.datetime
    letter: Letter
    receivers: list[str]
    """Mail addresses that the mail server has not taken yet."""
    mark: str
    """Random characters: the letter has the same Message-ID each time it is tried."""
    lost: list[str] = field(default_factory=list)
    """Sentences about receivers whom the server refuses for good."""
    subjects: list[str] = field(default_factory=list)
    """What of a kind it tells of, so that nothing is told twice."""
    holds: bool = False
    """Whether what it tells of lasts still, as far as was seen."""
    state: NoticeState = "waiting"
    attempts: int = 0
    not_before: dt.datetime | None = None
    sent_at: dt.datetime | None = None
    message: str = ""
    """Why it did not go, or not to everybody."""
    id: int = 0
