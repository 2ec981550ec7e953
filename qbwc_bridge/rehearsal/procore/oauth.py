"""The login side: one application with a client id and secret, and bearer tokens that really expire."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from secrets import token_urlsafe

from qbwc_bridge.rehearsal.procore.problems import Problem
from qbwc_bridge.rehearsal.procore.state import SERVICE_USER_ID
from qbwc_bridge.rehearsal.procore.values import Row

SECRET_BYTES = 32
"""Random bytes of a client secret or token; 256 bits, as long as Procore's."""


@dataclass(frozen=True)
class Token:
    """An access token as the login side remembers it: Unix seconds of its making, and its life in seconds."""

    made: int
    seconds: int

    def left(self, moment: datetime) -> int:
        """Say how many seconds it still lives; zero or less when it is over."""
        return self.made + self.seconds - int(moment.timestamp())


class Login:
    """`POST /oauth/token` with client credentials, `GET /oauth/token/info`, and the check of every call."""

    def __init__(self, *, now: Callable[[], datetime], seconds: int) -> None:
        self.client_id = token_urlsafe(SECRET_BYTES)
        self.client_secret = token_urlsafe(SECRET_BYTES)
        self._now = now
        self._seconds = seconds
        self._tokens: dict[str, Token] = {}

    def token(self, form: Row) -> tuple[int, Row]:
        """Answer a request for a token: status and body; refusals have the shape of RFC 6749, section 5.2."""
        if form.get("grant_type") != "client_credentials":
            return 400, _refusal("unsupported_grant_type", "The authorization grant type is not supported here.")
        known = compare_digest(str(form.get("client_id", "")).encode(), self.client_id.encode())
        proven = compare_digest(str(form.get("client_secret", "")).encode(), self.client_secret.encode())
        if not (known and proven):
            return 401, _refusal("invalid_client", "Client authentication failed due to unknown client.")
        made = int(self._now().timestamp())
        value = token_urlsafe(SECRET_BYTES)
        self._tokens[value] = Token(made=made, seconds=self._seconds)
        return 200, {"access_token": value, "token_type": "bearer", "expires_in": self._seconds, "created_at": made}

    def check(self, authorization: str | None) -> Token:
        """Find the living token of an Authorization header, or refuse with 401."""
        scheme, _, value = (authorization or "").partition(" ")
        token = self._tokens.get(value.strip()) if scheme.lower() == "bearer" else None
        if token is None or token.left(self._now()) <= 0:
            raise Problem(401, "Unauthorized")
        return token

    def info(self, token: Token) -> Row:
        """Describe a token to its holder."""
        return {
            "resource_owner_id": SERVICE_USER_ID,
            "scopes": [],
            "expires_in_seconds": token.left(self._now()),
            "application": {"uid": self.client_id},
            "created_at": token.made,
        }

    def revoke_all(self) -> None:
        """Forget every token, as after a change of the secret: the next call of each holder gets 401."""
        self._tokens.clear()


def _refusal(code: str, text: str) -> Row:
    return {"error": code, "error_description": text}
