"""What a view is given and what it gives back: a request on one unit of work in; a page, an address or a file out."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from werkzeug.routing import MapAdapter
from werkzeug.wrappers import Request

from qbwc_bridge.domain.books import ListKind
from qbwc_bridge.domain.people import Person
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import BridgeError, NotFound
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.statuspage.sessions import Session, Sessions
from qbwc_bridge.statuspage.throttle import Throttle

Tone = Literal["good", "bad"]


class Ticking(Protocol):
    """The clockwork, as far as `/healthz` looks at it."""

    @property
    def last_tick(self) -> dt.datetime | None:
        """When it last looked whether something is due; None before the first time."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What every request of one process shares; safe to use from any thread."""

    kit: Kit
    sessions: Sessions
    throttle: Throttle
    check_password: Callable[[str, str], bool]
    hash_password: Callable[[str], str]
    public_url: str
    clockwork: Ticking | None
    started: dt.datetime
    seal: Callable[[str], bytes]
    """Encrypts a secret for the database."""
    qwc: Callable[[Connection], str]
    """Gives the .qwc file of a connection; raises Refused where a Web Connector would not take it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A template with what it shows; rendered after the unit of work has ended."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Goto:
    """An address to go to (303), with a sentence that the next page shows."""

    address: str
    say: str = ""
    tone: Tone = "good"


@dataclass(frozen=True, slots=True)
class File:
    """A file to keep, by the name that the browser shall give it."""

    name: str
    mimetype: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Outside:
    """What takes units of work of its own, because it calls Procore: done once that of the request has ended."""

    act: Callable[[], Page | Goto]


def or_told(act: Callable[[], Page | Goto], back: str) -> Page | Goto:
    """Act; where it cannot be, go back and say why."""
    try:
        return act()
    except BridgeError as problem:
        return Goto(back, str(problem), "bad")


class NotAllowed(Exception):  # noqa: N818 - reads as the sentence it heads
    """The person's role does not include this; `str()` is the sentence."""


class BadForm(Exception):  # noqa: N818
    """A form lacks something that our pages always send; `str()` is the sentence."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a signed-in person, inside one unit of work."""

    site: Site
    request: Request
    urls: MapAdapter
    uow: UnitOfWork
    person: Person
    session: Session
    now: dt.datetime
    connections: list[Connection]
    """Those that the person may see, by name."""

    def url(self, endpoint: str, **values: Any) -> str:
        """Give the address of a view; values that the rule does not name become the query."""
        return self.urls.build(endpoint, values)

    def connection(self, name: str) -> Connection:
        """Give a connection by name; raises NotFound, also for one that the person may not see."""
        for row in self.connections:
            if row.name == name:
                return row
        raise NotFound(f"There is no connection named {name} here, or you may not see it.")

    @property
    def may_decide(self) -> bool:
        """Whether the person's role includes decisions."""
        return self.person.role in {"approver", "admin"}

    @property
    def is_admin(self) -> bool:
        """Whether the person may set connections up."""
        return self.person.role == "admin"

    def need_admin(self) -> None:
        """Raise NotAllowed for everybody else."""
        if not self.is_admin:
            raise NotAllowed("Only an administrator can do this.")

    def need_decider(self) -> None:
        """Raise NotAllowed for viewers."""
        if not self.may_decide:
            raise NotAllowed("You may look but not decide: an administrator can give you the role of an approver.")


MOST_OFFERED = 2000
"""Names that an input offers: more would make the page slow to load, and typing finds them no faster."""


def offered(ask: Ask, connection: Connection, kind: ListKind, **more: str) -> list[str]:
    """Give the names on a list of QuickBooks that an input offers; `more` narrows them by columns."""
    wanted = {"connection_id": connection.id, "kind": kind, "gone": False, "is_active": True, **more}
    rows = ask.uow.lists.find(order="full_name", limit=MOST_OFFERED, **wanted)
    return [row.full_name for row in rows]


View = Callable[..., Page | Goto | File | Outside]
"""Takes an Ask and the parts of the address by name."""
