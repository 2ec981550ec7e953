"""Leases: one worker at a station of a connection at a time, so that `pull`, `push` and the clockwork never overlap."""

import datetime as dt

from qbwc_bridge.domain.records import Lease
from qbwc_bridge.ports import UnitOfWork

PULL, PUSH, WEBHOOKS, MAIL, CLOCKWORK = "pull", "push", "change of webhooks", "mailing", "clockwork"
"""The stations that somebody can be at: reading Procore, writing costs to it, making or removing its hooks, sending
mail; and, for much longer, looking whether something of that is due."""


LONGEST = dt.timedelta(hours=1)
"""No lease is as long: one that would be was taken before the clock was set back, and nobody waits for its end."""


def take(  # noqa: PLR0917 - reads in the order of its sentence
    uow: UnitOfWork, connection_id: int, station: str, holder: str, now: dt.datetime, seconds: int
) -> bool:
    """Take or renew the lease of a station until `seconds` after `now`; False when somebody else holds it.

    `holder` names the worker, unique among all processes. A lease that ran out is free: its holder died or is late.
    """
    until = now + dt.timedelta(seconds=seconds)
    lease = uow.leases.first(connection_id=connection_id, station=station)
    if lease is None:
        uow.leases.add(Lease(connection_id=connection_id, station=station, holder=holder, until=until))
        return True
    if lease.holder != holder and runs(lease, now):
        return False
    lease.holder, lease.until = holder, until
    uow.leases.save(lease)
    return True


def held(uow: UnitOfWork, connection_id: int, station: str, now: dt.datetime) -> bool:
    """Whether somebody is at a station."""
    lease = uow.leases.first(connection_id=connection_id, station=station)
    return lease is not None and runs(lease, now)


def runs(lease: Lease, now: dt.datetime) -> bool:
    """Whether a lease lasts at the moment `now`."""
    return now < lease.until < now + LONGEST


def give_back(uow: UnitOfWork, connection_id: int, station: str, holder: str) -> None:
    """End a lease; one that ran out and went to somebody else is left alone."""
    for lease in uow.leases.find(connection_id=connection_id, station=station, holder=holder):
        uow.leases.remove(lease)
