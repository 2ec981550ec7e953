"""How fast Procore lets us call: its rate windows and its requests to wait, obeyed by all threads together.

Procore counts an hourly and a ten-second window and tells of the one nearer to its end in `X-Rate-Limit-Remaining` and
`X-Rate-Limit-Reset` (Unix seconds); 429 and 503 may also carry `Retry-After`. The later moment counts. Which window an
answer tells of shows in its end: only the hourly one can be further away than ten seconds.
"""

import datetime as dt
import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from qbwc_bridge.domain.reading import SPIKE_SECONDS, Allowance
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.ports import Clock
from qbwc_bridge.procore.httpclient import httpx

LONGEST_WAIT_SECONDS = 600.0
"""Shorter than the lease of whoever reads: a longer wait is better told to a person than sat out in silence."""

TELLING_SECONDS = 60.0
"""How often somebody who waits longer is told so."""

SHORTEST_WAIT_SECONDS = 1.0
"""After a refusal; the headers count in whole seconds, so the named moment may be already over."""

PLAIN_WAIT_SECONDS = 10.0
"""Where a 429 or 503 names no time: the length of Procore's short window."""

_REFUSALS = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Pace:
    """Remembers until when no call may be made; one for all threads that use the same credentials and host."""

    def __init__(self, *, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._until: dt.datetime | None = None
        self._calls = 0
        self._hourly: int | None = None
        self._spike: int | None = None
        self._ahead: dt.timedelta | None = None

    def allowance(self) -> Allowance:
        """Give the calls answered so far and the limits that their answers told."""
        with self._lock:
            return Allowance(self._calls, self._hourly, self._spike)

    def theirs(self) -> dt.datetime:
        """Give the present moment by Procore's clock, as its last answer told; ours where none did."""
        with self._lock:
            return self._clock.now() + (self._ahead or dt.timedelta())

    def ahead(self) -> dt.timedelta | None:
        """Give how much Procore's clock is ahead of ours, as its last answer told; None where none did."""
        with self._lock:
            return self._ahead

    def rest(self, told: Callable[[str], None]) -> bool:
        """Sleep until calls are allowed again, however long that is, and tell it each minute; gives whether it was."""
        rested = False
        while (seconds := self._left()) > 0:
            moment = self._clock.now() + dt.timedelta(seconds=seconds)
            told(f"Procore allows no further calls until {moment:%H:%M} UTC, waiting")
            self._sleep(min(seconds, TELLING_SECONDS))
            rested = True
        return rested

    def _left(self) -> float:
        with self._lock:
            return 0.0 if self._until is None else (self._until - self._clock.now()).total_seconds()

    def wait(self, doing: str) -> None:
        """Sleep until calls are allowed again; raises ProcoreError (429) when that is too far away."""
        seconds = self._left()
        if seconds <= 0:
            return
        if seconds > LONGEST_WAIT_SECONDS:
            until = self._clock.now() + dt.timedelta(seconds=seconds)
            raise ProcoreError(
                f"Procore's allowance of calls is used up until {until:%H:%M} UTC, so {doing} has to wait; "
                "it is free again by itself, and a Procore administrator can say which other apps use it.",
                status=HTTPStatus.TOO_MANY_REQUESTS,
            )
        self._sleep(seconds)

    def note(self, response: httpx.Response) -> None:
        """Learn from the headers of an answer; a refusal (429, 503) always asks for at least a second."""
        refused = response.status_code in _REFUSALS
        self._learn(response)
        remaining = response.headers.get("X-Rate-Limit-Remaining", "").strip()
        waits = []
        if remaining == "0" or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            waits.append(self._until_reset(response))
        if refused:
            waits.append(self._retry_after(response))
        known = [seconds for seconds in waits if seconds is not None]
        if refused:
            known = [max(SHORTEST_WAIT_SECONDS, *known)] if known else [PLAIN_WAIT_SECONDS]
        if known and max(known) > 0:
            until = self._clock.now() + dt.timedelta(seconds=max(known))
            with self._lock:
                self._until = until if self._until is None else max(self._until, until)

    def _learn(self, response: httpx.Response) -> None:
        """Count the call; take over the limit of the window that the answer tells of, and how their clock goes."""
        ahead = self._server_now(response) - self._clock.now()
        seconds, told = self._until_reset(response), response.headers.get("X-Rate-Limit-Limit", "").strip()
        limit = int(told) if told.isdecimal() else 0
        with self._lock:
            self._calls += 1
            self._ahead = ahead if response.headers.get("Date") else self._ahead
            if not limit or seconds is None:
                return
            if seconds > SPIKE_SECONDS + SHORTEST_WAIT_SECONDS:
                self._hourly = limit
            elif self._hourly is None or limit < self._hourly:
                self._spike = limit

    def _until_reset(self, response: httpx.Response) -> float | None:
        try:
            reset = int(response.headers["X-Rate-Limit-Reset"])
        except (KeyError, ValueError):
            return None
        # Their clock against their clock: an office machine that runs minutes off must not wait minutes too long.
        return reset - self._server_now(response).timestamp()

    def _retry_after(self, response: httpx.Response) -> float | None:
        value = response.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return float(value)
        moment = _http_date(value)
        return None if moment is None else (moment - self._server_now(response)).total_seconds()

    def _server_now(self, response: httpx.Response) -> dt.datetime:
        return _http_date(response.headers.get("Date", "")) or self._clock.now()


def _http_date(value: str) -> dt.datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
