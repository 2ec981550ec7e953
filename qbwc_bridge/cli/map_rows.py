"""The rows that `map list` and `map suggest` show."""

from dataclasses import asdict
from typing import Any

from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.records import Connection, MappingKind
from qbwc_bridge.flow import links
from qbwc_bridge.flow.apart import Apart, unlinked_jobs
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.links import LinkKind
from qbwc_bridge.flow.near_codes import NearCodes
from qbwc_bridge.flow.proof import described
from qbwc_bridge.ports import UnitOfWork

LINK_KINDS: tuple[LinkKind, ...] = ("job", "vendor")


def linked(uow: UnitOfWork, connection: Connection, kind: MappingKind | None) -> list[dict[str, Any]]:
    """What is linked by submissions, and what people mapped or ignored."""
    return [{"connection": connection.name, **asdict(link)} for link in links.linked(uow, connection, kind)]


def unlinked(uow: UnitOfWork, connection: Connection, kind: LinkKind) -> list[dict[str, Any]]:
    """Jobs or vendors of QuickBooks that no submission is linked to."""
    names = links.unlinked(uow, connection, kind)
    return [{"connection": connection.name, "kind": kind, "quickbooks": name} for name in names]


def suggestions(uow: UnitOfWork, connection: Connection, ledger: Ledger) -> list[dict[str, Any]]:
    """Give unlinked jobs and vendors, and names with unmapped cost, with the near matches, most alike first.

    What has none is left out.
    """
    rows: list[dict[str, Any]] = [
        {"connection": connection.name, "kind": kind, "quickbooks": found.quickbooks, "procore": found.near}
        for kind in LINK_KINDS
        for found in links.open_links(uow, connection, kind)
    ]
    apart, codes = Apart(ledger).take_all(), NearCodes(uow, ledger)
    for found in (*apart.unmapped, *apart.besides):
        shown = {"connection": connection.name, "kind": found.kind, "quickbooks": found.name}
        rows.append({**shown, "procore": codes.for_costs(found)})
    return [row for row in rows if row["procore"]]


def unmapped(ledger: Ledger, kind: MappingKind | None) -> list[dict[str, Any]]:
    """Costs of linked jobs that are not in the Procore budget, because no cost code is known for them.

    With a kind: those that are mapped by their item; by their account, having no item; by the class that they have; by
    their transaction type, lacking a cost type only.
    """
    return [
        {
            "connection": ledger.connection.name,
            "project": ledger.choices[item.project_id].number,
            "document": described(item.document),
            "account_or_item": item.line.item or item.line.account,
            "account": item.line.account,
            "item": item.line.item,
            "class": item.line.class_name,
            "type": item.document.txn_type,
            "amount": item.line.amount,
        }
        for item in ledger.allocations
        if item.reason == "unmapped" and kind in (None, *_mapped_by(item))
    ]


def not_cost(ledger: Ledger) -> list[dict[str, Any]]:
    """Lines of linked jobs on accounts that are no cost, by project and account (ACCOUNTING 16)."""
    return [
        {
            "connection": ledger.connection.name,
            "project": found.project,
            "account": found.account,
            "account_type": found.account_type,
            "amount": found.amount,
            "documents": [{"document": part.document, "amount": part.amount} for part in found.documents],
        }
        for found in Apart(ledger).take_all().not_cost
    ]


def unlinked_costs(ledger: Ledger) -> list[dict[str, Any]]:
    """Costs of customers and jobs that are linked to no project, by job (ACCOUNTING 17)."""
    return [
        {"connection": ledger.connection.name, "job": found.job, "amount": found.amount, "ignored": found.ignored}
        for found in unlinked_jobs(ledger)
    ]


def _mapped_by(item: Allocation) -> list[MappingKind]:
    kinds: dict[MappingKind, object] = {
        "item": item.line.item,
        "account": not item.line.item,
        "class": item.line.class_name,
        "type": item.known_code,
    }
    return [kind for kind, fits in kinds.items() if fits]
