"""The client of the bench: one keep-alive connection, raw SOAP bytes as from a Web Connector, each call timed."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from qbwc_bridge.rehearsal.webconnector import soap

PATH = "/qbwc"
SILENCE_SECONDS = 60.0
"""No answer within this is a figure of its own: a real Web Connector would wait longer, a bench may not."""


class SilentError(Exception):
    """The server did not answer within SILENCE_SECONDS."""


@dataclass
class Client:
    """One HTTP connection to a server; seconds run from the first byte sent to the last byte received."""

    address: str
    seconds: dict[str, list[float]] = field(default_factory=dict)
    """Of every call so far, by operation."""

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=SILENCE_SECONDS)

    def text(self, method: str, *values: str) -> str:
        """Call an operation that answers one text."""
        return soap.read_text(method, *self._call(method, values))

    def texts(self, method: str, *values: str) -> list[str]:
        """Call an operation that answers an array of texts."""
        return soap.read_texts(method, *self._call(method, values))

    def integer(self, method: str, *values: str) -> int:
        """Call an operation that answers a whole number."""
        return soap.read_integer(method, *self._call(method, values))

    def last(self, method: str) -> float:
        """Seconds of the latest call of an operation."""
        return self.seconds[method][-1]

    def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request (`rehearsal.webconnector`'s Post). Raises SilentError."""
        try:
            self._connection.request("POST", PATH, body, dict(headers))
            with self._connection.getresponse() as response:
                return response.status, dict(response.getheaders()), response.read()
        except TimeoutError as error:
            self.close()
            raise SilentError(f"no answer in {SILENCE_SECONDS:.0f} s") from error

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _call(self, method: str, values: tuple[str, ...]) -> Any:
        body, headers = soap.envelope(method, values), soap.request_headers(method)
        started = time.perf_counter()
        answer = self.post(body, headers)
        self.seconds.setdefault(method, []).append(time.perf_counter() - started)
        return answer
