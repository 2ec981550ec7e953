"""One stand-in Procore company: its people (`Administration` and below), HTTP face, faults, memory of every call."""

from collections.abc import Callable, Iterable
from datetime import datetime
from wsgiref.types import StartResponse, WSGIEnvironment

from qbwc_bridge.rehearsal.procore.administration import Administration
from qbwc_bridge.rehearsal.procore.app import App, Call
from qbwc_bridge.rehearsal.procore.events import Post, deliver
from qbwc_bridge.rehearsal.procore.faults import Fault, Faults
from qbwc_bridge.rehearsal.procore.limits import Limits
from qbwc_bridge.rehearsal.procore.oauth import Login
from qbwc_bridge.rehearsal.procore.server import Served, serve
from qbwc_bridge.rehearsal.procore.state import State

COMPANY_ID = 4_294_967_421
"""The usual company id; it lies above 2**32, as ids of Procore may."""
HOURLY_LIMIT = 3600
"""Calls per hour that older Procore documentation names; newer apps get other figures, so clients must read headers."""
SPIKE_LIMIT = 1000
"""Calls per ten seconds; far above the documented example of 25, so that only tests that ask for it meet it."""
TOKEN_SECONDS = 5400
"""Life of an access token in Procore's documentation: 90 minutes."""


class Procore(Administration):
    """A stateful Procore for training, trying and tests: a WSGI application, and methods to play the people.

    `now` gives the present moment with a time zone. Client id and secret are made at random for each instance. All
    calls, by HTTP or by method, are answered one at a time.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        company_id: int = COMPANY_ID,
        company_name: str = "Bluestone Development LLC",
        hourly_limit: int = HOURLY_LIMIT,
        spike_limit: int = SPIKE_LIMIT,
        token_seconds: int = TOKEN_SECONDS,
    ) -> None:
        super().__init__(State(now=now, company_id=company_id, company_name=company_name))
        self.company_id = company_id
        self.company_name = company_name
        self._login = Login(now=now, seconds=token_seconds)
        self._faults = Faults()
        limits = Limits(now=now, hourly=hourly_limit, spike=spike_limit)
        self._app = App(self._state, self._login, limits, self._faults)

    @property
    def client_id(self) -> str:
        """The application's client id."""
        return self._login.client_id

    @property
    def client_secret(self) -> str:
        """The application's secret; it never appears in `calls`."""
        return self._login.client_secret

    @property
    def calls(self) -> list[Call]:
        """Every request so far, oldest first; the list itself, so that it may be cleared."""
        return self._app.calls

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333); the instance itself is callable the same way."""
        return self._app(environ, start_response)

    __call__ = wsgi_app

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Served:
        """Serve on a real socket in a background thread; port 0 takes a free one."""
        return serve(self.wsgi_app, host, port)

    def fail_next(
        self,
        *,
        status: int = 503,
        count: int = 1,
        path_contains: str = "",
        method: str = "",
        after_effect: bool = False,
        retry_after: int | None = None,
    ) -> None:
        """Order a fault for the next `count` requests that fit.

        With `after_effect` the request does its work and only then the answer is replaced. Status 0 cuts the answer off
        in the middle. `retry_after` (seconds) goes into the header of that name. Orders are used up oldest first.
        """
        with self._state.lock:
            self._faults.order(
                Fault(
                    status=status,
                    count=count,
                    path_contains=path_contains,
                    method=method,
                    after_effect=after_effect,
                    retry_after=retry_after,
                )
            )

    def clear_faults(self) -> None:
        """Drop every fault still on order."""
        with self._state.lock:
            self._faults.clear()

    def permit_webhooks(self, *, permitted: bool) -> None:
        """Give the application the permission "Webhooks API: Standard", or take it away."""
        with self._state.lock:
            self._state.webhooks_permitted = permitted

    def deliver_events(self, post: Post) -> int:
        """Send every event that waits to its hook, as Procore would by now; gives how many arrived.

        `post` takes address, headers and body and gives the HTTP status; OSError means that nobody answered. A failed
        one holds up the later ones of its hook until it arrives, or for twelve hours.
        """
        return deliver(self._state, post)

    def revoke_tokens(self) -> None:
        """Make every access token invalid, as after a change in Procore's app settings."""
        with self._state.lock:
            self._login.revoke_all()
