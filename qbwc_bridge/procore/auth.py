"""Access tokens by client credentials, the grant of a Developer Managed Service Account (RFC 6749, section 4.4)."""

import datetime as dt
import json
import threading
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.ports import Clock
from qbwc_bridge.procore.problems import sentence
from qbwc_bridge.procore.wire import Call, Wire, content_of

LIFE_SECONDS = 5400
"""Procore's documented 90 minutes, for answers that do not say how long their token lives."""

LONGEST_LIFE_SECONDS = 86_400
"""What an answer may promise: a day; nobody would notice for years that a longer one was nonsense."""

RENEW_AT = 0.8
"""Share of its life after which a token is replaced, so that none expires on its way."""

SHORTEST_SECRET = 8
"""Characters. Shorter texts stand in ordinary words, which must not be taken out; Procore's secrets have 64."""

TOKENS_KNOWN = 6
"""How many tokens are remembered to be taken out of texts: a refusal may name one that was replaced meanwhile."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    # Visible characters only (RFC 6750, section 2.1): it becomes part of a header.
    access_token: Annotated[str, Field(pattern=r"^[\x21-\x7e]+$")]
    expires_in: Any = None


class Tokens:
    """Keeps one token for all threads; the thread that finds it old renews it, the others wait for that one.

    Its life is counted by our own clock from the moment it was asked for, so clocks that differ do no harm.
    """

    def __init__(self, *, wire: Wire, login_url: str, client_id: str, client_secret: str, clock: Clock) -> None:
        self._wire = wire
        self._url = f"{login_url}/oauth/token"
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_after: dt.datetime | None = None
        self._used: tuple[str, ...] = ()

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
        """Take secret and tokens out of a text that came from outside and is about to be shown."""
        for secret in (self._client_secret, *self._used):
            if len(secret) >= SHORTEST_SECRET:
                for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
                    text = text.replace(form, "***")
        return text

    def _renew(self) -> None:
        asked = self._clock.now()
        call = Call(
            method="POST",
            url=self._url,
            doing="a token for the bridge's app",
            kind="token",
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
            raise ProcoreError(sentence(call.doing, response, self.scrub, status=status), status=status)
        try:
            answer = _Answer.model_validate(content_of(call, response))
        except ValidationError:
            raise ProcoreError(
                "Procore's login host gave no access token; check PROCORE_LOGIN_URL.", status=response.status_code
            ) from None  # the answer may hold a secret, and validation errors quote what they read
        self._token = answer.access_token
        self._used = (self._token, *self._used)[:TOKENS_KNOWN]
        self._renew_after = asked + dt.timedelta(seconds=_life(answer.expires_in) * RENEW_AT)


def _life(told: object) -> int:
    """Give the seconds that a token lives: as told, where that can be, else as documented."""
    try:
        seconds = int(str(told))
    except ValueError:
        return LIFE_SECONDS
    return min(seconds, LONGEST_LIFE_SECONDS) if seconds > 0 else LIFE_SECONDS
