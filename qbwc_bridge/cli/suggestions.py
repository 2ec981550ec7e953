"""The rows behind `map suggest`: what of QuickBooks is not linked yet, and what in Procore is nearly the same."""

from collections.abc import Collection, Mapping
from typing import Any

from qbwc_bridge.cli import links
from qbwc_bridge.domain.names import Names, beginnings, compact, fold
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
        names = Names(named)
        for row in links.unlinked(uow, connection, kind):
            own = row["quickbooks"].rpartition(":")[2]
            rows.append({**row, "procore": _near(own, named, names)})
    documents = [row.document for row in uow.documents.find(connection_id=connection.id, kind="cost_code", gone=False)]
    known = {code.full_code: code.name for code in documents if isinstance(code, CostCode)}
    by_name = {text: code for code, name in known.items() for text in (name, f"{code} {name}")}
    names = Names(by_name)
    items = sorted({cost["item"] for cost in links.unmapped(ledger, "item")})
    for item in items:
        codes = _codes(item, known, by_name, names)
        rows.append({"connection": connection.name, "kind": "item", "quickbooks": item, "procore": codes})
    return [row for row in rows if row["procore"]]


def _near(name: str, named: Mapping[str, str], names: Names) -> list[str]:
    return list(dict.fromkeys(named[text] for text in names.near(name)))


def _codes(item: str, known: Collection[str], by_name: Mapping[str, str], names: Names) -> list[str]:
    """Codes with which an item's own name begins, the longest first, then those of a name nearly alike."""
    own = item.rpartition(":")[2]
    begins = beginnings(own)
    begun = sorted((code for code in known if begins & {fold(code), compact(code)}), key=len, reverse=True)
    return list(dict.fromkeys([*begun, *_near(own, by_name, names)]))
