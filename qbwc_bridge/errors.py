"""The errors that people see.

::

    BridgeError            one plain sentence: what is wrong, where, who can mend it
    ├── WrongUsage         the command or setting was given wrongly (exit code 2)
    ├── Refused            a rule of the bridge forbids it now (exit code 1)
    │   └── UnderWay           somebody else is doing it
    ├── NotFound           nothing of that name or number exists (exit code 1)
    ├── KeyFileError       the key file is missing or unfit, or does not open what is stored (exit code 1)
    ├── ImpossibleMove     a state change that the table of moves does not have: a fault of ours
    └── OutsideError       another system did not do its part
        ├── ProcoreError       Procore refused, or its answer made no sense
        │   ├── BadRecord            one record of its answer makes no sense
        │   └── ProcoreUnreachable   no answer came: the write may or may not have happened
        ├── QuickBooksError    QuickBooks or the Web Connector refused
        ├── StorageError       the database is full, locked, away or damaged
        └── MailError          the mail server refused
            └── MailUnreachable      it gave no answer, or does not let the bridge in: no mail goes at all
"""

from http import HTTPStatus


class BridgeError(Exception):
    """A problem told in one plain sentence; `str(error)` is fit for a person."""


class WrongUsage(BridgeError):  # noqa: N818 - reads as the sentence it heads
    """The command, setting or file was given wrongly."""


class Refused(BridgeError):  # noqa: N818
    """A rule forbids it as things stand; nothing was changed."""


class UnderWay(Refused):
    """Somebody else is doing it: a command, or another process."""


class NotFound(BridgeError):  # noqa: N818
    """Nothing of that name or number exists here."""


class KeyFileError(BridgeError):
    """The key file is missing, cannot be used, or is another one than that which encrypted a stored secret."""


class ImpossibleMove(BridgeError):  # noqa: N818
    """A state change outside the table of moves was asked for."""


class OutsideError(BridgeError):
    """Another system did not do its part."""


class ProcoreError(OutsideError):
    """Procore refused a call; `status` is its HTTP status, 0 where there was none."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_outage(self) -> bool:
        """Whether Procore itself is in trouble (5xx): nobody here can mend it, and it passes."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class BadRecord(ProcoreError):  # noqa: N818
    """One record in Procore's answer makes no sense; the sentence names it and its field. Others may be good."""


class ProcoreUnreachable(ProcoreError):  # noqa: N818
    """No usable answer came: a write may or may not have happened and must be looked up by its key."""

    @property
    def is_outage(self) -> bool:
        """No answer is an outage, of Procore or of the network between."""
        return True


class QuickBooksError(OutsideError):
    """QuickBooks or the Web Connector refused, or its reply could not be read."""


class StorageError(OutsideError):
    """The database did not do its part; `trouble` says it without the database's address, for whoever is outside."""

    def __init__(self, address: str, trouble: str) -> None:
        super().__init__(f"The database {address} {trouble}")
        self.trouble = f"The bridge's database {trouble}"


class MailError(OutsideError):
    """The mail server refused a mail; `passing` where it says that a later try may do (SMTP 4xx)."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class MailUnreachable(MailError):  # noqa: N818
    """The mail server cannot be reached, stays silent or does not let the bridge in: what follows would fare alike."""

    def __init__(self, message: str) -> None:
        super().__init__(message, passing=True)
