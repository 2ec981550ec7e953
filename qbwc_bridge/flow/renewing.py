"""Renews the figures that pages read, after whatever changed them."""

from collections.abc import Callable

from qbwc_bridge.flow.figures import KeptLedger
from qbwc_bridge.flow.kit import Kit


def renew_figures(kit: Kit, connection_id: int, stopped: Callable[[], bool] = lambda: False) -> int:
    """Reckon the figures that pages read and that are not of now, project by project; gives how many projects.

    Each is a transaction of its own, so that visits and people come in between. Until `stopped`.
    """
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        stale = KeptLedger(uow, connection, kit.options(connection)).stale()
    done = 0
    for project_id in stale:
        if stopped():
            break
        with kit.work(connection_id) as uow:
            connection = uow.connections.get(connection_id)
            figures = KeptLedger(uow, connection, kit.options(connection))
            if project_id in figures.choices:
                figures.renew(project_id)
                done += 1
    return done
