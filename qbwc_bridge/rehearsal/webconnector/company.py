"""The QuickBooks side of a visit: what the Web Connector asks of the request processor, and its private lock."""

import re
from datetime import datetime, timedelta
from typing import Protocol
from xml.sax.saxutils import escape

_BLOCK = re.compile(r"<DataExtRet>(?:(?!</DataExtRet>).)*</DataExtRet>", re.DOTALL)


class RequestProcessor(Protocol):
    """One QuickBooks company with its file open.

    A refusal is any exception that carries `hresult` (text like "0x80040400") and `message`.
    """

    def process(self, qbxml: str) -> str:
        """Answer one qbXML document with another; raises a refusal when QuickBooks cannot take the document at all."""
        ...

    def hcp_response(self) -> str:
        """Give the Host, Company and Preferences replies in one qbXML document."""
        ...

    def stamp(self, owner_id: str, file_id: str) -> None:
        """Write FileID as a private data extension of `owner_id` into the company record (guide ch. 1)."""
        ...

    def end_session(self) -> None:
        """End the session with QuickBooks: iterators do not outlive it."""
        ...


class RefusalError(Exception):
    """QuickBooks said no at connection level; `hresult` and `message` are what the Web Connector passes on."""

    def __init__(self, hresult: str, message: str) -> None:
        super().__init__(f"{hresult} {message}")
        self.hresult = hresult
        self.message = message


def other_file_open() -> RefusalError:
    """Make QuickBooks' refusal of a visit that names a company file while another is open."""
    return RefusalError("0x8004040A", "A QuickBooks company data file is already open and it is another one.")


def refusal_of(error: Exception) -> RefusalError | None:
    """Read a request processor's exception as a refusal; None for any other exception, which is a programming error."""
    hresult, message = getattr(error, "hresult", None), getattr(error, "message", None)
    return None if hresult is None or message is None else RefusalError(str(hresult), str(message))


def ask(company: RequestProcessor, qbxml: str | None) -> str:
    """Ask QuickBooks one document, or Host, Company and Preferences when there is none. Raises RefusalError."""
    try:
        return company.hcp_response() if qbxml is None else company.process(qbxml)
    except Exception as error:  # the company's exception type is its own; all but refusals go on upwards
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


def with_app_lock(hcp: str, owner_id: str, machine: str, at: datetime) -> str:
    """Show the AppLock that a visit keeps beside our FileID, so that two PCs do not update one file together.

    Recorded traffic: a data extension `AppLock` with the value LOCKED:machine:ticks under the application's OwnerID,
    where ticks are 100-nanosecond steps since the year 1. `hcp` stays as it is when it shows no FileID of ours.
    """
    ours = [block for block in _BLOCK.finditer(hcp) if owner_id.lower() in block[0].lower()]
    stamped = next((block for block in ours if "<DataExtName>FileID</DataExtName>" in block[0]), None)
    if stamped is None or any("<DataExtName>AppLock</DataExtName>" in block[0] for block in ours):
        return hcp
    ticks = (at.replace(tzinfo=None) - datetime(1, 1, 1)) // timedelta(microseconds=1) * 10  # noqa: DTZ001 - an epoch
    lock = (
        f"<DataExtRet><OwnerID>{escape(owner_id)}</OwnerID><DataExtName>AppLock</DataExtName>"
        f"<DataExtType>STR255TYPE</DataExtType><DataExtValue>LOCKED:{escape(machine)}:{ticks}</DataExtValue></DataExtRet>"
    )
    return hcp[: stamped.start()] + lock + hcp[stamped.start() :]
