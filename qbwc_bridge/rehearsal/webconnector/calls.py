"""One SOAP call at a time: sent, watched, read, and its failure turned into the Web Connector's number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from qbwc_bridge.rehearsal.webconnector import soap
from qbwc_bridge.rehearsal.webconnector.visit import Diary
from qbwc_bridge.rehearsal.webconnector.wire import Post

Log = Callable[[str], None]
"""Takes one line of the log; no line holds the password or a ticket."""
Tap = Callable[[str, str], None]
"""Takes the name of a call and "before" or "after"; what it raises ends the update as a power cut would."""

_Answer = TypeVar("_Answer")

_NUMBERS: Mapping[str, str] = {
    "clientVersion": "QBWC1036",
    "authenticate": "QBWC1012",
    "sendRequestXML": "QBWC1041",
    "receiveResponseXML": "QBWC1042",
    "getLastError": "QBWC1043",
    "closeConnection": "QBWC1044",
    "connectionError": "QBWC1045",
}
"""The number of a failed call (guide, appendix A); serverVersion and the interactive calls have none."""
_MISSING = "QBWC2012"
"""The number of an answer without a result, or with one outside the namespace (field reports; not in the guide)."""


class CallError(Exception):
    """A call that failed; `number` is the Web Connector's for it, "" where it has none."""

    def __init__(self, number: str, message: str) -> None:
        super().__init__(f"{number}: {message}" if number else message)
        self.number = number


@dataclass(frozen=True)
class Calls:
    """The operations of a server, as the Web Connector calls them; every method raises CallError."""

    post: Post
    diary: Diary
    log: Log
    tap: Tap

    def text(self, method: str, *values: str) -> str:
        """Call an operation that answers one text."""
        return self._call(soap.read_text, method, *values)

    def texts(self, method: str, *values: str) -> list[str]:
        """Call an operation that answers an array of texts."""
        return self._call(soap.read_texts, method, *values)

    def integer(self, method: str, *values: str) -> int:
        """Call an operation that answers a whole number."""
        return self._call(soap.read_integer, method, *values)

    def failed(self, method: str, error: Exception, *, missing: bool = False) -> CallError:
        """Give the failure of a call under the Web Connector's number, and log it."""
        failure = CallError(_MISSING if missing else _NUMBERS.get(method, ""), f"{method} failed: {error}")
        self.log(str(failure))
        return failure

    def _call(
        self, read: Callable[[str, int, Mapping[str, str], bytes], _Answer], method: str, *values: str
    ) -> _Answer:
        self.log(f"{method}: calling")
        self.diary.calls.append(method)
        self.tap(method, "before")
        try:
            status, headers, body = self.post(soap.envelope(method, values), soap.request_headers(method))
        except OSError as error:
            self.tap(method, "after")
            raise self.failed(method, error) from error
        self.tap(method, "after")
        try:
            return read(method, status, headers, body)
        except soap.AnswerError as error:
            raise self.failed(method, error, missing=error.missing) from error
