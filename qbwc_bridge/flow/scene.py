"""What every step of a visit needs: one transaction, one connection, one visit, one moment."""

import datetime as dt
from dataclasses import dataclass

from qbwc_bridge.domain.records import Connection, Visit
from qbwc_bridge.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Scene:
    """The unit of work with the connection and the visit in it, at the time of the call."""

    uow: UnitOfWork
    connection: Connection
    visit: Visit
    now: dt.datetime
    zone: dt.tzinfo | None = None
    """The office's time zone, where it is known (`Options.known_zone`)."""

    def save(self) -> None:
        """Write the connection and the visit back."""
        self.uow.connections.save(self.connection)
        self.uow.visits.save(self.visit)
