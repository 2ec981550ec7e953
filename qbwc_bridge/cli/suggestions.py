"""The rows behind `map suggest`: what of QuickBooks is not linked yet, and what in Procore is nearly the same."""

from collections.abc import Mapping
from typing import Any

from qbwc_bridge.cli import links
from qbwc_bridge.domain.names import beginnings, compact, fold, near
from qbwc_bridge.domain.procore import CostCode
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.ports import UnitOfWork


def suggestions(uow: UnitOfWork, connection: Connection, ledger: Ledger) -> list[dict[str, Any]]:
    """Give each unlinked job and vendor and each item with unmapped cost, with the near matches, most alike first.

    What has none is left out.
    """
    rows: list[dict[str, Any]] = []
    for kind in ("job", "vendor"):
        waiting = uow.submissions.find(connection_id=connection.id, kind=kind, quickbooks_id="")
        named = {text: row.number or row.title for row in waiting for text in (f"{row.number} {row.title}", row.title)}
        for row in links.unlinked(uow, connection, kind):
            own = row["quickbooks"].rpartition(":")[2]
            rows.append({**row, "procore": _near(own, named)})
    codes = [row.document for row in uow.documents.find(connection_id=connection.id, kind="cost_code", gone=False)]
    known = {code.full_code: code.name for code in codes if isinstance(code, CostCode)}
    items = sorted({cost["item"] for cost in links.unmapped(ledger, "item")})
    rows += [
        {"connection": connection.name, "kind": "item", "quickbooks": item, "procore": _codes(item, known)}
        for item in items
    ]
    return [row for row in rows if row["procore"]]


def _near(name: str, named: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(named[text] for text in near(name, named)))


def _codes(item: str, known: Mapping[str, str]) -> list[str]:
    """Codes with which an item's own name begins, the longest first, then those of a name nearly alike."""
    own = item.rpartition(":")[2]
    begins = beginnings(own)
    begun = sorted((code for code in known if begins & {fold(code), compact(code)}), key=len, reverse=True)
    return list(dict.fromkeys([*begun, *_near(own, _by_name(known))]))


def _by_name(known: Mapping[str, str]) -> dict[str, str]:
    return {text: code for code, name in known.items() for text in (name, f"{code} {name}")}
