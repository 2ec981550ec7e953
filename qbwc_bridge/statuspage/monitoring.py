"""`/metrics`: figures for Prometheus, for this machine itself or with METRICS_TOKEN."""

import datetime as dt
import hmac
import logging
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from qbwc_bridge import metrics
from qbwc_bridge.domain.addresses import is_this_machine
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.flow import watching
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.metrics import Sample
from qbwc_bridge.statuspage.ask import Ticking

log = logging.getLogger("qbwc_bridge.statuspage")

PATH = "/metrics"

FRESH = dt.timedelta(seconds=10)
"""The database is read no more often, whoever asks: monitors ask every fifteen seconds, and it may have to count a
million rows."""

REFUSED = (
    "Metrics are shown on the bridge's own machine (http://localhost and its port), or with the setting METRICS_TOKEN "
    "as bearer token.\n"
)

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
"""Headers of proxies: with one of them the call began elsewhere, unless the header itself says this machine."""


class Monitoring:
    """A WSGI application; `token` is METRICS_TOKEN, `clockwork` None where this process runs none."""

    def __init__(self, kit: Kit, *, token: str = "", clockwork: Ticking | None = None) -> None:
        self._kit = kit
        self._token = token.encode()
        self._clockwork = clockwork
        self._lock = threading.Lock()
        self._read: list[Sample] = []
        self._read_at: dt.datetime | None = None
        self._started = kit.clock.now()
        metrics.STARTED.put(self._started.timestamp())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request: the figures, or 403 without saying any."""
        request = Request(environ)
        if request.path not in {"", "/"}:
            response = Response("There is nothing at this address.\n", 404)
        elif request.method not in {"GET", "HEAD"}:
            response = Response("Only GET is answered here.\n", 405, headers={"Allow": "GET, HEAD"})
        elif not (self._has_token(request.headers) or is_own(environ, request.headers)):
            response = Response(REFUSED, 403)
        else:
            response = Response(metrics.exposition(self._samples()), content_type=metrics.CONTENT_TYPE)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response(environ, start_response)

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        same = hmac.compare_digest(given.strip().encode(), self._token)
        return same and bool(self._token) and scheme.lower() == "bearer"

    def _samples(self) -> list[Sample]:
        """Read the figures, unless they were read just now; a database that fails leaves its own figures out."""
        now = self._kit.clock.now()
        ticked = (self._clockwork.last_tick or self._started) if self._clockwork else None
        found = [metrics.CLOCKWORK_LAG.read((now - ticked).total_seconds())] if ticked else []
        with self._lock:
            if self._read_at is None or not dt.timedelta() <= now - self._read_at < FRESH:
                try:
                    with self._kit.open() as uow:
                        self._read = [metrics.DATABASE_UP.read(1), *watching.figures(uow, now)]
                except BridgeError as problem:
                    log.error("metrics: %s", problem)  # noqa: TRY400 - the sentence says it
                    self._read = [metrics.DATABASE_UP.read(0)]
                self._read_at = now
            return [*found, *self._read]


def is_own(environ: WSGIEnvironment, headers: Headers) -> bool:
    """Whether a call began on this machine and was meant for it.

    The address alone would not do: a proxy on this machine that TRUSTED_PROXIES does not name calls from here too, and
    so does a browser that a foreign page sends to a name which leads here.
    """
    if not is_this_machine(environ.get("REMOTE_ADDR", "")):
        return False
    hops = [hop.strip() for hop in headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    others = [name for name in FORWARDED if name != "X-Forwarded-For" and name in headers]
    try:
        host = urlsplit(f"//{headers.get('Host', '')}").hostname or ""
    except ValueError:
        return False
    return not others and all(map(is_this_machine, hops)) and is_this_machine(host)
