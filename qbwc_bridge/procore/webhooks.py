"""Where Procore's events come in: `POST /webhooks/procore/NAME`, answered within a second.

Procore waits five seconds for an answer and holds back every later event while one fails, for up to twelve hours. So a
request does no more than to check the header and to note what was touched; it waits for the database only so long, and
the note is then written as soon as the database is free. What we do not understand is accepted all the same. An event
that is lost costs nothing but time: polling finds the change.
"""

import datetime as dt
import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from wsgiref.types import StartResponse, WSGIEnvironment

from qbwc_bridge.domain.webhooks import Event
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.touches import Outcome, touch
from qbwc_bridge.logs import without_values
from qbwc_bridge.ports import LOOK
from qbwc_bridge.procore.events import NoJson, read_events
from qbwc_bridge.procore.sparing import Sparing

log = logging.getLogger("qbwc_bridge.webhooks")

MAX_EVENT_BYTES = 64 * 1024
"""The largest body that is read: an event has some 500 bytes."""

WAIT_SECONDS = 0.4
"""How long a request waits for the database, at most twice, so that the answer comes within a second."""

LOOK_AGAIN = dt.timedelta(seconds=1)
"""How old the headers in memory may be when a wrong one is refused: guessing then costs one look a second."""

MAX_ADDRESS = 64
"""Characters of a caller's address that are told: an IPv6 address has 45, and a proxy may pass on anything."""

NOBODY = secrets.token_bytes(32)
"""Compared where no connection has the name, so that the answer takes as long and says no more."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Door:
    """Who may ring for a connection: whoever sends the Authorization header that Procore was told to send."""

    connection_id: int
    sealed: bytes
    """The header as the database keeps it: another one there ends this one."""
    authorization: bytes


class Webhooks:
    """The WSGI application, to be mounted at /webhooks/procore; `open_secret` decrypts what the database keeps."""

    def __init__(self, kit: Kit, open_secret: Callable[[bytes], str]) -> None:
        self._kit = kit
        self._open_secret = open_secret
        self._doors: Mapping[str, Door] = {}
        self._looked_at: dt.datetime | None = None
        # One piece of work at a time, as the database has it anyway; a burst must not occupy its connections.
        self._desk = ThreadPoolExecutor(1, "webhooks")
        self._told = Sparing(log, kit.clock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer one request."""
        try:
            status = self._answer(environ)
        except BridgeError as problem:
            self._told.tell("database", f"an event of Procore could not be kept: {problem}", logging.ERROR)
            status = HTTPStatus.SERVICE_UNAVAILABLE
        except Exception as error:  # noqa: BLE001 - the last line of defence; the text of an error may hold a secret
            log.error("an event of Procore failed: %s", without_values(error))  # noqa: TRY400 - the same
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        start_response(f"{status.value} {status.phrase}", [*HEADERS, *MORE_HEADERS.get(status, ())])
        return []

    def _answer(self, environ: WSGIEnvironment) -> HTTPStatus:
        if environ.get("REQUEST_METHOD") != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        name = environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace").removeprefix("/")
        door = self._door(name, environ.get("HTTP_AUTHORIZATION", "").encode("latin-1"))
        if door is None:
            caller = environ.get("REMOTE_ADDR", "")[:MAX_ADDRESS] or "an unknown address"
            self._told.tell("refused", f"{caller} called Procore's webhook address with a wrong Authorization header")
            return HTTPStatus.UNAUTHORIZED
        length = _length(environ.get("CONTENT_LENGTH") or "0")
        if length > MAX_EVENT_BYTES:
            self._told.tell("long", f"an event for {name} has more than {MAX_EVENT_BYTES} bytes and was refused")
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            events = read_events(environ["wsgi.input"].read(length))
        except NoJson:
            self._told.tell("no JSON", f"an event for {name} is no JSON and was refused")
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.NO_CONTENT if self._keep(name, door, events) else HTTPStatus.UNAUTHORIZED

    def _door(self, name: str, given: bytes) -> Door | None:
        """Find the connection of that name, if its header was given; None for a wrong name as for a wrong header."""
        door = self._fitting(name, given)
        if door is None and self._looked_long_ago():
            looked = self._desk.submit(self._look)
            if not _in_time(looked):
                raise BridgeError("the database is busy, and the header cannot be checked")
            looked.result()
            door = self._fitting(name, given)
        return door

    def _fitting(self, name: str, given: bytes) -> Door | None:
        door = self._doors.get(name)
        same = secrets.compare_digest(given, door.authorization if door else NOBODY)
        return door if same else None

    def _looked_long_ago(self) -> bool:
        now = self._kit.clock.now()
        return self._looked_at is None or not dt.timedelta() <= now - self._looked_at < LOOK_AGAIN

    def _look(self) -> None:
        """Read which connections have webhooks, and their headers."""
        with self._kit.open(LOOK) as uow:
            rows = [row for row in uow.connections.find() if row.webhook_secret]
        doors: dict[str, Door] = {}
        for row in rows:
            try:
                doors[row.name] = Door(row.id, row.webhook_secret, self._open_secret(row.webhook_secret).encode())
            except BridgeError as problem:
                self._told.tell("sealed", f"events for {row.name} are refused: {problem} Run `webhooks add` again.")
        self._doors, self._looked_at = doors, self._kit.clock.now()

    def _keep(self, name: str, door: Door, events: Sequence[Event | None]) -> bool:
        """Note what the events concern, now or as soon as the database is free; False for a header that has ended."""
        known = [event for event in events if event]
        if len(known) < len(events):
            self._told.tell("unknown", f"an event for {name} has a form that the bridge does not know; it was ignored")
        if not known:
            return True
        kept = self._desk.submit(self._touch, door, known)
        if not _in_time(kept):
            kept.add_done_callback(self._kept_late)
            return True
        outcomes = kept.result()
        for outcome in outcomes or ():
            if outcome in TOLD:
                self._told.tell(outcome, f"an event for {name} is {outcome} and was ignored", logging.INFO)
        return outcomes is not None

    def _touch(self, door: Door, events: Sequence[Event]) -> list[Outcome] | None:
        with self._kit.open(door.connection_id) as uow:
            connection = uow.connections.first(id=door.connection_id)
            if connection is None or connection.webhook_secret != door.sealed:
                self._doors, self._looked_at = {}, None
                return None
            return touch(uow, connection, events, self._kit.clock.now())

    def _kept_late(self, kept: Future[list[Outcome] | None]) -> None:
        error = kept.exception()
        if error is not None:
            self._told.tell("lost", f"an event of Procore was lost: {without_values(error)}; polling finds the change")


def _length(told: str) -> int:
    """Read how long a body is; what is no such number counts as too long."""
    return int(told) if re.fullmatch(r"[0-9]{1,12}", told) else MAX_EVENT_BYTES + 1


def _in_time(work: Future[T]) -> bool:
    return bool(wait([work], WAIT_SECONDS).done)


HEADERS = [("Content-Length", "0"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]

MORE_HEADERS: Mapping[HTTPStatus, Sequence[tuple[str, str]]] = {
    HTTPStatus.METHOD_NOT_ALLOWED: [("Allow", "POST")],
    HTTPStatus.UNAUTHORIZED: [("WWW-Authenticate", "Bearer")],
    HTTPStatus.SERVICE_UNAVAILABLE: [("Retry-After", "1")],
}

TOLD: tuple[Outcome, ...] = ("of another company", "of an unknown project", "of a project that is off")
"""Outcomes that the log tells; our own changes come back all the time."""
