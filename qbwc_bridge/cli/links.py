"""The rows behind `map list`: what is linked and what is not, and what stands apart; and the linking of a record."""

import datetime as dt
from typing import Any, Literal

from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection, Mapping, MappingKind
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.flow import allocating, decisions
from qbwc_bridge.flow.allocating import LISTS, SUBMISSIONS, hint, procore_name, quickbooks_name
from qbwc_bridge.flow.apart import Apart, unlinked_jobs
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import described
from qbwc_bridge.ports import UnitOfWork


def linked(uow: UnitOfWork, connection: Connection, kind: MappingKind | None) -> list[dict[str, Any]]:
    """What is linked by submissions, and what people mapped or ignored."""
    rows: list[dict[str, Any]] = []
    for each, submission_kind in SUBMISSIONS.items():
        found = uow.submissions.find(connection_id=connection.id, kind=submission_kind)
        rows += [
            _row(connection, each, quickbooks_name(uow, row, each), procore_name(row))
            for row in found
            if row.quickbooks_id
        ]
    for decision in uow.mappings.find(connection_id=connection.id):
        row = _row(connection, decision.kind, decision.quickbooks, decision.procore)
        row |= {"ignored": decision.ignored, "comment": decision.comment, "expense_account": decision.expense_account}
        rows.append(row | {"decided_by": decision.decided_by, "decided_at": decision.decided_at})
    return [row for row in rows if kind in (None, row["kind"])]


def unlinked(uow: UnitOfWork, connection: Connection, kind: Literal["job", "vendor"]) -> list[dict[str, Any]]:
    """Jobs or vendors of QuickBooks that no submission is linked to."""
    taken = {row.quickbooks_id for row in uow.submissions.find(connection_id=connection.id, kind=SUBMISSIONS[kind])}
    found = uow.lists.find(connection_id=connection.id, kind=LISTS[kind], gone=False)
    wanted = [row for row in found if row.list_id not in taken and (row.parent_id or kind == "vendor")]
    ignored = {fold(row.quickbooks) for row in uow.mappings.find(connection_id=connection.id, kind=kind, ignored=True)}
    names = sorted(row.full_name for row in wanted if row.is_active and row.folded not in ignored)
    return [{"connection": connection.name, "kind": kind, "quickbooks": name} for name in names]


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


def _mapped_by(item: Allocation) -> list[MappingKind]:
    kinds: dict[MappingKind, object] = {
        "item": item.line.item,
        "account": not item.line.item,
        "class": item.line.class_name,
        "type": item.known_code,
    }
    return [kind for kind, fits in kinds.items() if fits]


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


def link(
    uow: UnitOfWork,
    connection: Connection,
    kind: Literal["job", "vendor"],
    quickbooks: str,
    procore: str,
    *,
    who: str,
    now: dt.datetime,
) -> None:
    """Link the submission of a project (by number) or vendor (by name) to a record of QuickBooks.

    Raises NotFound where either is not known, Refused where it cannot be linked now.
    """
    rows = uow.submissions.find(connection_id=connection.id, kind=SUBMISSIONS[kind])
    same = [row for row in rows if fold(procore_name(row)) == fold(procore) or row.key == procore]
    if not same:
        what = "project" if kind == "job" else "vendor"
        raise NotFound(f"Procore offers no {what} {procore}{hint(procore, [procore_name(row) for row in rows])}")
    if len(same) > 1:
        ids = " or ".join(str(row.id) for row in same)
        raise WrongUsage(f"Several are called {procore}: use `review link` with submission {ids}.")
    row = same[0]
    if row.quickbooks_id:
        linked_to = quickbooks_name(uow, row, kind)
        raise Refused(f"{procore} is linked to {linked_to} already: unlink it first with `review unlink {row.id}`.")
    decisions.link(uow, row, quickbooks, who=who, now=now)
    ignored = Mapping(connection.id, kind, quickbooks)
    if allocating.decided(uow, ignored):
        allocating.keep(uow, ignored, who=who, now=now)  # which takes it back


def _row(connection: Connection, kind: MappingKind, quickbooks: str, procore: str) -> dict[str, Any]:
    return {
        "connection": connection.name,
        "kind": kind,
        "quickbooks": quickbooks,
        "procore": procore,
        "ignored": False,
        "comment": "",
        "expense_account": "",
        "decided_by": "",
        "decided_at": None,
    }
