"""Access tokens by client credentials, the grant of a Developer Managed Service Account (RFC 6749, section 4.4)."""

import datetime as dt
import threading

from pydantic import BaseModel, ConfigDict, ValidationError

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.ports import Clock
from qbwc_bridge.procore.problems import sentence
from qbwc_bridge.procore.wire import Call, Wire, content_of

LIFE_SECONDS = 5400
"""Procore's documented 90 minutes, for answers that do not say how long their token lives."""

RENEW_AT = 0.8
"""Share of its life after which a token is replaced, so that none expires on its way."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    access_token: str
    expires_in: int | None = None


class Tokens:
    """Keeps one token for all threads; the thread that finds it old renews it, the others wait for that one."""

    def __init__(self, *, wire: Wire, login_url: str, client_id: str, client_secret: str, clock: Clock) -> None:
        self._wire = wire
        self._url = f"{login_url}/oauth/token"
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_after: dt.datetime | None = None

    def current(self) -> str:
        """Give a token with life left; raises ProcoreError when the login host refuses to give one."""
        with self._lock:
            if not self._token or self._renew_after is None or self._clock.now() >= self._renew_after:
                self._renew()
            return self._token

    def discard(self, token: str) -> None:
        """Forget `token`, which Procore has refused, unless another thread has replaced it already."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def scrub(self, text: str) -> str:
        """Take secret and token out of a text that came from outside and is about to be shown."""
        for secret in (self._client_secret, self._token):
            if secret:
                text = text.replace(secret, "***")
        return text

    def _renew(self) -> None:
        asked = self._clock.now()
        call = Call(
            method="POST",
            url=self._url,
            doing="a token for the bridge's app",
            body={
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret,
            },
        )
        response = self._wire.send(call, {})
        if not response.is_success:
            # The login host answers unknown clients with 400 or 401; both mean the same to a person.
            status = 401 if response.status_code in {400, 401} else response.status_code
            raise ProcoreError(self.scrub(sentence(call.doing, response, status=status)), status=status)
        try:
            answer = _Answer.model_validate(content_of(call, response))
        except ValidationError:
            raise ProcoreError(
                "Procore's login host gave no access token; check PROCORE_LOGIN_URL.", status=response.status_code
            ) from None  # the answer may hold a secret, and validation errors quote what they read
        life = answer.expires_in if answer.expires_in and answer.expires_in > 0 else LIFE_SECONDS
        self._token = answer.access_token
        self._renew_after = asked + dt.timedelta(seconds=life * RENEW_AT)
