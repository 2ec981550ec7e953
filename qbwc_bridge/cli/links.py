"""The rows behind `map`: what is linked and what is not, and the checks before a link or mapping is kept."""

import datetime as dt
from typing import Any, Literal

from qbwc_bridge.domain.names import fold, near
from qbwc_bridge.domain.procore import CostCode, CostType
from qbwc_bridge.domain.records import Connection, History, Kind, Mapping, MappingKind, Submission
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import described
from qbwc_bridge.ports import UnitOfWork

MapKind = MappingKind

_SUBMISSIONS: dict[MapKind, Kind] = {"job": "job", "vendor": "vendor", "item": "cost_code"}
_LISTS: dict[MapKind, str] = {
    "job": "customer",
    "vendor": "vendor",
    "item": "item",
    "account": "account",
    "class": "class",
}


def linked(uow: UnitOfWork, connection: Connection, kind: MapKind | None) -> list[dict[str, Any]]:
    """What is linked by submissions, and what people mapped or ignored."""
    rows: list[dict[str, Any]] = []
    for each, submission_kind in _SUBMISSIONS.items():
        found = uow.submissions.find(connection_id=connection.id, kind=submission_kind)
        rows += [
            _row(connection, each, _quickbooks_name(uow, row, each), _procore_name(row))
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
    taken = {row.quickbooks_id for row in uow.submissions.find(connection_id=connection.id, kind=_SUBMISSIONS[kind])}
    found = uow.lists.find(connection_id=connection.id, kind=_LISTS[kind], gone=False)
    wanted = [row for row in found if row.list_id not in taken and (row.parent_id or kind == "vendor")]
    ignored = {fold(row.quickbooks) for row in uow.mappings.find(connection_id=connection.id, kind=kind, ignored=True)}
    names = sorted(row.full_name for row in wanted if row.is_active and row.folded not in ignored)
    return [{"connection": connection.name, "kind": kind, "quickbooks": name} for name in names]


def unmapped(ledger: Ledger, kind: MapKind | None) -> list[dict[str, Any]]:
    """Costs of linked jobs that are not in the Procore budget, because no cost code is known for them."""
    return [
        {
            "connection": ledger.connection.name,
            "project": ledger.choices[item.project_id].number,
            "document": described(item.document),
            "account_or_item": item.line.item or item.line.account,
            "account": item.line.account,
            "item": item.line.item,
            "amount": item.line.amount,
        }
        for item in ledger.allocations
        if item.reason == "unmapped" and kind in (None, "item" if item.line.item else "account")
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
    rows = uow.submissions.find(connection_id=connection.id, kind=_SUBMISSIONS[kind])
    same = [row for row in rows if fold(_procore_name(row)) == fold(procore) or row.key == procore]
    if not same:
        what = "project" if kind == "job" else "vendor"
        raise NotFound(f"Procore offers no {what} {procore}{_hint(procore, [_procore_name(row) for row in rows])}")
    if len(same) > 1:
        ids = " or ".join(str(row.id) for row in same)
        raise WrongUsage(f"Several are called {procore}: use `review link` with submission {ids}.")
    row = same[0]
    if row.quickbooks_id:
        linked_to = _quickbooks_name(uow, row, kind)
        raise Refused(f"{procore} is linked to {linked_to} already: unlink it first with `review unlink {row.id}`.")
    decisions.link(uow, row, quickbooks, who=who, now=now)
    for old in uow.mappings.find(connection_id=connection.id, kind=kind, ignored=True):
        if fold(old.quickbooks) == fold(quickbooks):
            uow.mappings.remove(old)


def map_code(
    uow: UnitOfWork,
    connection: Connection,
    kind: MapKind,
    quickbooks: str,
    procore: str,
    *,
    who: str,
    now: dt.datetime,
) -> None:
    """Map an account or item to a cost code with cost type; an item may name a cost code alone.

    Raises NotFound where QuickBooks has no such record or Procore no such code, as far as they were read.
    """
    name = _in_quickbooks(uow, connection, kind, quickbooks)
    _check_code(uow, connection, procore, type_needed=kind == "account")
    row = Mapping(connection.id, kind, name, procore, decided_by=who, decided_at=now)
    old = _decided(uow, row)
    row.expense_account = old.expense_account if old else ""
    _keep(uow, row, now)


def set_account(
    uow: UnitOfWork, connection: Connection, quickbooks: str, account: str, *, who: str, now: dt.datetime
) -> list[str]:
    """Choose the expense account that new items of a name, or below it, get; an empty account takes the choice back.

    The item itself may be still to come. Gives what a person should know of it. Raises NotFound where QuickBooks has no
    such account, as far as it was read.
    """
    full_name = _in_quickbooks(uow, connection, "account", account) if account else ""
    item = uow.lists.first(connection_id=connection.id, kind="item", folded=fold(quickbooks), gone=False)
    row = Mapping(connection.id, "item", item.full_name if item else quickbooks.strip(), decided_by=who, decided_at=now)
    old = _decided(uow, row)
    if old:
        row.procore, row.ignored, row.comment = old.procore, old.ignored, old.comment
    row.expense_account = full_name
    _keep(uow, row, now)
    notes = []
    if item:
        notes.append(f"Item {item.full_name} is in QuickBooks already and keeps its account; new ones below it get it.")
    record = uow.lists.first(connection_id=connection.id, kind="account", folded=fold(full_name), gone=False)
    if record and record.type != "CostOfGoodsSold":
        notes.append(f"{full_name} is no cost of goods sold account: check that job cost reports are to show it.")
    return notes


def ignore(
    uow: UnitOfWork, connection: Connection, kind: MapKind, quickbooks: str, comment: str, *, who: str, now: dt.datetime
) -> None:
    """Keep the decision to leave an account, item, job or vendor out of Procore, with its reason."""
    if not comment.strip():
        raise WrongUsage("Ignoring needs a comment that tells why.")
    name = _in_quickbooks(uow, connection, kind, quickbooks)
    if kind in ("job", "vendor"):
        _check_free(uow, connection, kind, name)
    row = Mapping(connection.id, kind, name, ignored=True, comment=comment.strip(), decided_by=who, decided_at=now)
    old = _decided(uow, row)
    row.expense_account = old.expense_account if old else ""
    _keep(uow, row, now)


def _check_free(uow: UnitOfWork, connection: Connection, kind: MapKind, name: str) -> None:
    """Raise Refused for a job or vendor that is linked: its costs go by its link, whatever is said of it here."""
    for row in uow.submissions.find(connection_id=connection.id, kind=_SUBMISSIONS[kind]):
        if row.quickbooks_id and fold(_quickbooks_name(uow, row, kind)) == fold(name):
            raise Refused(
                f"{kind.capitalize()} {name} is linked to {_procore_name(row)} in Procore: unlink it first with "
                f"`review unlink {row.id}`."
            )


def _keep(uow: UnitOfWork, row: Mapping, now: dt.datetime) -> None:
    """Store a decision in place of an earlier one about the same record; one that says nothing is only taken back."""
    old, after = _decided(uow, row), _said(row)
    if old:
        uow.mappings.remove(old)
    if after:
        uow.mappings.add(row)
    why = f"{row.kind} {row.quickbooks} {row.comment}".strip()
    subject = row.id or (old.id if old else 0)
    uow.history.add(
        History(row.connection_id, "map", subject, now, row.decided_by, _said(old) if old else "", after, why)
    )


def _decided(uow: UnitOfWork, row: Mapping) -> Mapping | None:
    """The decision about the same record that is kept now."""
    kept = uow.mappings.find(connection_id=row.connection_id, kind=row.kind)
    return next((old for old in kept if fold(old.quickbooks) == fold(row.quickbooks)), None)


def _said(row: Mapping) -> str:
    said = ["ignored" if row.ignored else row.procore, row.expense_account and f"account {row.expense_account}"]
    return ", ".join(part for part in said if part)


def _in_quickbooks(uow: UnitOfWork, connection: Connection, kind: MapKind, quickbooks: str) -> str:
    if connection.lists_read_at is None:
        raise Refused(f"QuickBooks has not visited {connection.name} yet: run the Web Connector once on the PC.")
    record = uow.lists.first(connection_id=connection.id, kind=_LISTS[kind], folded=fold(quickbooks), gone=False)
    if record is None:
        names = [row.full_name for row in uow.lists.find(connection_id=connection.id, kind=_LISTS[kind], gone=False)]
        raise NotFound(f"QuickBooks has no {kind} {quickbooks}, as far as it was read{_hint(quickbooks, names)}")
    return record.full_name


def _check_code(uow: UnitOfWork, connection: Connection, text: str, *, type_needed: bool) -> None:
    found = [
        row.document
        for row in uow.documents.find(connection_id=connection.id, kind=["cost_code", "cost_type"], gone=False)
    ]
    codes = {document.full_code for document in found if isinstance(document, CostCode)}
    types = {document.code for document in found if isinstance(document, CostType)}
    if not codes:
        raise Refused(f"No cost code of {connection.name} is known yet: run `pull` first.")
    cost_code, _, cost_type = ("", "", "") if text in codes else text.rpartition(".")
    if text in codes:
        if type_needed:
            raise WrongUsage(
                f"{text} names no cost type: give cost code, dot, cost type, such as {text}.{min(types, default='M')}."
            )
    elif cost_code not in codes:
        raise NotFound(f"Procore has no cost code {cost_code or text}{_hint(cost_code or text, codes)}")
    elif cost_type not in types:
        raise NotFound(f"Procore has no cost type {cost_type}; it has {', '.join(sorted(types))}.")


def _hint(text: str, known: Any) -> str:
    alike = near(text, known)
    return f"; did you mean {alike[0]}?" if alike else "."


def _row(connection: Connection, kind: MapKind, quickbooks: str, procore: str) -> dict[str, Any]:
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


def _procore_name(row: Submission) -> str:
    return row.key if row.kind == "cost_code" else row.number if row.kind == "job" else row.title


def _quickbooks_name(uow: UnitOfWork, row: Submission, kind: MapKind) -> str:
    record = uow.lists.first(connection_id=row.connection_id, kind=_LISTS[kind], list_id=row.quickbooks_id)
    return record.full_name if record else row.quickbooks_name
