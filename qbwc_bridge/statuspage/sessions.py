"""Signed cookies: who is signed in, and the one sentence that the next page shows.

A cookie is bound to the person's `session_version`: setting a password, removing a person, signing out and using a
login link raise it, and with that every older cookie is worth nothing, in every process of the same database.
"""

import datetime as dt
import hashlib
import hmac
import secrets as random
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Request, Response

from qbwc_bridge.domain.people import Person
from qbwc_bridge.ports import UnitOfWork

COOKIE = "qbwc_bridge_session"
SAY_COOKIE = "qbwc_bridge_say"

IDLE = dt.timedelta(hours=2)
"""Without a request for so long a session ends: a browser left open over lunch still works, one left overnight not."""

LONGEST = dt.timedelta(hours=12)
"""No session is older: a working day."""

RENEW = dt.timedelta(minutes=1)
"""How stale the time of the last request in the cookie may be: not every answer needs a new cookie."""

SAY_SECONDS = 60
"""How long the sentence about the last action waits for the page that shows it."""

MAX_SAY = 1200
"""Characters of that sentence: signed and encoded it stays well below the 4096 bytes that browsers keep."""


class Secrets(Protocol):
    """What the page needs of the key file: keys to sign with, and encryption."""

    def seal(self, secret: str) -> bytes:
        """Encrypt a secret for the database."""
        ...

    def key_for(self, purpose: str) -> str:
        """Give a key to sign with, 64 hexadecimal digits."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """The content of a session cookie; times are seconds since 1970."""

    person_id: int
    version: int
    began: int
    seen: int
    nonce: str


class Sessions:
    """Writes and reads the cookies; `secure` says whether the page is reached by https only."""

    def __init__(self, secrets: Secrets, *, secure: bool) -> None:
        self._secrets = secrets
        self._secure = secure
        self._cookies = serializer(secrets, "session cookies")
        self._sayings = serializer(secrets, "sentences")

    def begin(self, person: Person, now: dt.datetime) -> Session:
        """Open a session for somebody who proved who they are."""
        seconds = int(now.timestamp())
        return Session(person.id, person.session_version, seconds, seconds, random.token_urlsafe(16))

    def read(self, request: Request, now: dt.datetime) -> Session | None:
        """Give the session of a request's cookie, or None when it is missing, forged or over."""
        content = _load(self._cookies, request.cookies.get(COOKIE))
        if not isinstance(content, dict):
            return None
        try:
            session = Session(**content)
        except TypeError:  # signed by another version of the program
            return None
        seconds = now.timestamp()
        idle, age = seconds - session.seen, seconds - session.began
        return session if idle <= IDLE.total_seconds() and age <= LONGEST.total_seconds() else None

    def who(self, uow: UnitOfWork, session: Session | None) -> Person | None:
        """Give the person of a session, unless it was ended meanwhile."""
        person = uow.people.first(id=session.person_id) if session else None
        return person if person and session and person.session_version == session.version else None

    def keep(self, response: Response, session: Session, now: dt.datetime, *, new: bool = False) -> None:
        """Set the session's cookie when it is new or its time is stale."""
        seconds = int(now.timestamp())
        if new or seconds - session.seen >= RENEW.total_seconds():
            content = asdict(replace(session, seen=seconds))
            self._set(response, COOKIE, self._cookies.dumps(content), int(LONGEST.total_seconds()))

    def end(self, response: Response) -> None:
        """Remove the cookie."""
        self._drop(response, COOKIE)

    def csrf(self, session: Session) -> str:
        """Give the token that every form of this session carries."""
        return self._secrets.key_for(f"status page: forms of {session.nonce}")

    def same_csrf(self, session: Session, token: str) -> bool:
        """Say whether a form's token is this session's."""
        return hmac.compare_digest(self.csrf(session).encode(), token.encode())

    def say(self, response: Response, session: Session, tone: str, sentence: str) -> None:
        """Keep a sentence for the next page of this session."""
        short = sentence if len(sentence) <= MAX_SAY else f"{sentence[: MAX_SAY - 2]} …"
        text = self._sayings.dumps([session.nonce, tone, short])
        self._set(response, SAY_COOKIE, text if isinstance(text, str) else text.decode(), SAY_SECONDS)

    def said(self, request: Request, session: Session) -> tuple[str, str] | None:
        """Give tone and sentence that were kept for this session."""
        content = _load(self._sayings, request.cookies.get(SAY_COOKIE))
        if isinstance(content, list) and content[0] == session.nonce:
            return content[1], content[2]
        return None

    def forget_said(self, response: Response) -> None:
        """Remove the sentence, once shown."""
        self._drop(response, SAY_COOKIE)

    def _set(self, response: Response, name: str, value: str | bytes, seconds: int) -> None:
        text = value if isinstance(value, str) else value.decode()
        response.set_cookie(name, text, max_age=seconds, httponly=True, samesite="Lax", secure=self._secure)

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, httponly=True, samesite="Lax", secure=self._secure)


def serializer(secrets: Secrets, purpose: str) -> URLSafeSerializer:
    """Give a signer whose key is derived from the key file for one purpose (HMAC-SHA256)."""
    key = secrets.key_for(f"status page: {purpose}")
    return URLSafeSerializer(
        key, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )


def _load(serializer: URLSafeSerializer, text: str | None) -> Any:
    if not text:
        return None
    try:
        return serializer.loads(text)
    except BadSignature:  # also BadPayload, its sister below BadData, cannot come from a right signature
        return None
