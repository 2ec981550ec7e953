"""The mail server, as the core needs it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from qbwc_bridge.domain.notices import Letter
from qbwc_bridge.errors import MailError


class Mail(Protocol):
    """A mail server. Every method raises MailError (a sentence), MailUnreachable where the server cannot be had."""

    def send(self, letter: Letter, receivers: Sequence[str], *, mark: str, at: dt.datetime) -> Mapping[str, MailError]:
        """Hand one letter over; gives the refusal of each receiver whom the server did not take.

        `mark` makes the Message-ID, the same for each try of a letter. Raises MailError when nobody will get it.
        """
        ...

    def check(self) -> str:
        """Greet the server and sign in, without sending anything; gives a sentence about how it is talked to."""
        ...
