"""Sends one call to Procore and decides what may be sent again.

Sent again are: what certainly was not taken (no connection, 429, 503, 409), and, where an answer was lost, only what
may be repeated without harm: reads, deletions, and writes that Procore keys by `origin_id` or by content. What would
make a second record is not sent again after a 503 either: a gateway may answer so for a server that did its work.

Each attempt is one line of the log: what was asked, what came, how long it took, and how many calls Procore still
allows. Parameters, headers and bodies are left out of it, for that is where secrets travel.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from qbwc_bridge import metrics
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.procore.httpclient import httpx
from qbwc_bridge.procore.jsontext import read_json, write_json
from qbwc_bridge.procore.pace import Pace

log = logging.getLogger("qbwc_bridge.procore.wire")

Kind = Literal["token", "list", "read", "write", "sync"]
"""What a call asks of Procore, and so how long its answer may take."""

CONNECT_SECONDS = 10.0
"""A machine that does not connect in ten seconds will not."""

SEND_SECONDS = 30.0
"""For each part of a body; the longest, a sync of 500 items, is a few hundred kilobytes."""

POOL_SECONDS = 60.0
"""For a free connection, while other threads of the bridge use all of them."""

ANSWER_SECONDS: Mapping[Kind, float] = {
    "token": 20.0,  # a small answer, and every other call of every thread waits for it
    "list": 60.0,  # Procore answers the largest page of its widest lists within half a minute
    "read": 30.0,  # one record
    "write": 60.0,  # one record: what is given up too early is in doubt, and has to be looked up
    "sync": 120.0,  # 500 items, each judged by itself; five attempts still fit into the lease of a push, 900 seconds
}
"""How long an answer may be silent, by kind of call."""

PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Before the second to the fifth and last attempt, after a lost answer, a fault of Procore's, or a conflict (409).

A short disturbance is outlived so; a longer one belongs to the next round of the clockwork.
"""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_HELD_BY_PACE = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_UNKNOWN_OUTCOME = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: a full address, what it does in words (`reading the vendors`), and whether it may be repeated."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    url: str
    doing: str
    kind: Kind
    params: Sequence[tuple[str, str | int]] = ()
    body: Mapping[str, Any] | None = None
    repeatable: bool = True

    @property
    def writes(self) -> bool:
        """True where a lost answer leaves it open whether Procore holds something new."""
        return self.method in {"PATCH", "DELETE"} or self.makes

    @property
    def makes(self) -> bool:
        """True where each repetition would make another record."""
        return self.method == "POST" and not self.repeatable

    def settled_by(self, response: httpx.Response) -> bool:
        """Whether an answer tells what is so now, whatever became of earlier attempts."""
        gone = self.method == "DELETE" and response.status_code == HTTPStatus.NOT_FOUND
        return response.is_success or gone


class Wire:
    """One HTTP client with its pace; safe to use from several threads. `ticks` gives seconds, for measuring only.

    `company` names Procore's company to monitors; empty where calls of another host are not counted against its limit.
    """

    def __init__(
        self,
        *,
        http: httpx.Client,
        pace: Pace,
        sleep: Callable[[float], None],
        ticks: Callable[[], float] = time.monotonic,
        company: str = "",
    ) -> None:
        self._http = http
        self.pace = pace
        self._sleep = sleep
        self._ticks = ticks
        self._company = company

    def send(self, call: Call, headers: Mapping[str, str]) -> httpx.Response:
        """Send a call, again where that is right; give the last answer, whatever its status.

        Raises ProcoreUnreachable when no answer came or a write was answered by a fault that tells nothing about it,
        and ProcoreError when the allowance of calls is used up for long.
        """
        doubt = False  # whether an earlier attempt of a write may have been carried out
        for attempt, pause in enumerate((*PAUSES_SECONDS, None), 1):
            try:
                self.pace.wait(call.doing)
                response = self._once(call, headers, attempt)
            except httpx.RequestError as error:
                sent = not isinstance(error, _NOT_SENT)
                doubt = doubt or (sent and call.writes)
                if pause is None or (sent and not call.repeatable):
                    raise _lost(call, error, doubt=doubt) from error
                self._sleep(pause)
                continue
            except ProcoreError as error:
                if doubt:
                    raise _unknown(call, error.status) from error
                raise
            self.pace.note(response)
            doubt = doubt or (call.writes and response.status_code in _UNKNOWN_OUTCOME)
            doubt = doubt or (call.makes and response.status_code == HTTPStatus.SERVICE_UNAVAILABLE)
            if pause is not None and response.status_code in _HELD_BY_PACE and not (call.makes and doubt):
                continue
            if pause is not None and _again(call, response.status_code):
                self._sleep(pause)
                continue
            if doubt and not call.settled_by(response):
                raise _unknown(call, response.status_code)
            return response
        raise AssertionError("the last attempt always answers or raises")

    def _once(self, call: Call, headers: Mapping[str, str], attempt: int) -> httpx.Response:
        """Make one attempt and log it."""
        sent = {"Accept": "application/json", **headers}
        content = None
        if call.body is not None:
            sent["Content-Type"] = "application/json"
            content = write_json(call.body).encode()
        began = self._ticks()
        try:
            response = self._http.request(
                call.method,
                call.url,
                params=list(call.params),
                headers=sent,
                content=content,
                timeout=_timeout(call.kind),
            )
        except httpx.RequestError as error:
            # Its kind only: its message may quote what was sent.
            self._log(call, attempt, began, logging.INFO, lost=type(error).__name__)
            metrics.PROCORE_CALLS.add(call.method, "lost")
            raise
        level = logging.DEBUG if response.is_success else logging.INFO
        allowance = _allowance(response)
        self._log(call, attempt, began, level, status=response.status_code, **allowance)
        metrics.PROCORE_CALLS.add(call.method, str(response.status_code))
        left = allowance.get("calls_left", "").strip()
        if self._company and left.isdecimal():
            metrics.PROCORE_LEFT.put(int(left), self._company)
        return response

    def _log(self, call: Call, attempt: int, began: float, level: int, **came: object) -> None:
        seconds = self._ticks() - began
        metrics.PROCORE_SECONDS.took(seconds, call.method)
        facts = {
            "method": call.method,
            "path": httpx.URL(call.url).path,
            "attempt": attempt,
            "milliseconds": round(seconds * 1000),
            **came,
        }
        log.log(level, "Procore: %s", call.doing, extra=facts)


def content_of(call: Call, response: httpx.Response) -> Any:
    """Read the JSON of a good answer, numbers exact; raises ProcoreUnreachable when it cannot be read."""
    try:
        return read_json(response.text)
    except ValueError as error:
        raise ProcoreUnreachable(
            f"Procore's answer to {call.doing} could not be read; check PROCORE_API_URL and any proxy in between.",
            status=response.status_code,
        ) from error


def _timeout(kind: Kind) -> httpx.Timeout:
    return httpx.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS[kind], write=SEND_SECONDS, pool=POOL_SECONDS)


def _allowance(response: httpx.Response) -> dict[str, str]:
    """Say what the call cost: how many calls are left of how many, in the window that ends first, where it is told."""
    told = {"calls_left": "X-Rate-Limit-Remaining", "calls_allowed": "X-Rate-Limit-Limit"}
    return {name: response.headers[header] for name, header in told.items() if header in response.headers}


def _again(call: Call, status: int) -> bool:
    if status == HTTPStatus.CONFLICT:
        return call.writes
    return call.repeatable and status in _UNKNOWN_OUTCOME


def _lost(call: Call, error: httpx.RequestError, *, doubt: bool) -> ProcoreUnreachable:
    host = httpx.URL(call.url).host
    if isinstance(error, _NOT_SENT) and not doubt:
        what = f"{host} could not be reached for {call.doing}, nothing was sent"
    elif call.writes:
        what = f"no answer came from {host} to {call.doing}, so it may or may not have happened"
    else:
        what = f"no answer came from {host} to {call.doing}"
    return ProcoreUnreachable(f"{what}; check the internet connection, the firewall and Procore's status page.")


def _unknown(call: Call, status: int) -> ProcoreUnreachable:
    return ProcoreUnreachable(
        f"Procore's last answer was status {status}, and {call.doing} may or may not have happened; "
        "the bridge looks it up before it writes again.",
        status=status,
    )
