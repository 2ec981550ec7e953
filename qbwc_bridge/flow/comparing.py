"""Procore is read for the proof, between two units of work of their own, and kept for everybody who looks."""

import datetime as dt

from qbwc_bridge.flow import detaching, procore_side, work
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.ledger import released
from qbwc_bridge.flow.procore_side import ProcoreSide


def compare(kit: Kit, connection_id: int) -> tuple[ProcoreSide, dt.datetime]:
    """Apply every answer already received, read what Procore has of released projects, and keep it; gives it and when.

    Raises Refused while the connection is detached, and ProcoreError where Procore cannot be read.
    """
    work.settle_all(kit, connection_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        detaching.check_attached(connection)
        projects = released(uow.projects.find(connection_id=connection_id))
    side, now = procore_side.read(kit.procore_for(connection), projects), kit.clock.now()
    with kit.work(connection_id) as uow:
        procore_side.keep(uow, uow.connections.get(connection_id), side, now)
    return side, now
