"""The rows behind `map suggest`: what of QuickBooks is not linked yet, and what in Procore is nearly the same."""

from typing import Any

from qbwc_bridge.cli import links
from qbwc_bridge.domain.names import Names
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.apart import Apart
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.near_codes import NearCodes
from qbwc_bridge.ports import UnitOfWork


def suggestions(uow: UnitOfWork, connection: Connection, ledger: Ledger) -> list[dict[str, Any]]:
    """Give unlinked jobs and vendors, and names with unmapped cost, with the near matches, most alike first.

    What has none is left out.
    """
    rows: list[dict[str, Any]] = []
    for kind in ("job", "vendor"):
        waiting = uow.submissions.find(connection_id=connection.id, kind=kind, quickbooks_id="")
        named = {text: row.number or row.title for row in waiting for text in (f"{row.number} {row.title}", row.title)}
        names = Names(named)
        for row in links.unlinked(uow, connection, kind):
            own = row["quickbooks"].rpartition(":")[2]
            rows.append({**row, "procore": list(dict.fromkeys(named[text] for text in names.near(own)))})
    apart, codes = Apart(ledger).take_all(), NearCodes(uow, ledger)
    for found in (*apart.unmapped, *apart.besides):
        shown = {"connection": connection.name, "kind": found.kind, "quickbooks": found.name}
        rows.append({**shown, "procore": codes.for_costs(found)})
    return [row for row in rows if row["procore"]]
