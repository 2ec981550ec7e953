"""Lasting decisions about QuickBooks' names: where costs belong, what is left out, which account new items get.

A decision is made as a `Mapping` that is checked and not kept yet, so that its effect can be shown; `keep` keeps it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, get_args

from qbwc_bridge.domain.names import fold, near
from qbwc_bridge.domain.procore import CostCode, CostType
from qbwc_bridge.domain.records import Connection, History, Kind, Mapping, MappingKind, Submission
from qbwc_bridge.domain.txn_types import TXN_TYPES, called_type, known_type
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.ports import UnitOfWork

CostKind = Literal["item", "account", "class", "type"]
"""What a cost is placed by, in this order; a transaction type gives a cost type alone."""
COST_KINDS: tuple[CostKind, ...] = get_args(CostKind)

SUBMISSIONS: dict[MappingKind, Kind] = {"job": "job", "vendor": "vendor", "item": "cost_code"}
"""The submissions by which a kind of name is linked."""

LISTS: dict[MappingKind, str] = {
    "job": "customer",
    "vendor": "vendor",
    "item": "item",
    "account": "account",
    "class": "class",
}
"""The list that a kind of name is of."""


def mapped(uow: UnitOfWork, connection: Connection, kind: MappingKind, quickbooks: str, procore: str) -> Mapping:
    """Decide that costs of a name belong to a cost code and cost type.

    An item or class may name a cost code alone, an account or class a cost type alone (`.M`), a transaction type names
    a cost type. Raises NotFound where QuickBooks has no such name or Procore no such code, as far as they were read.
    """
    name = in_quickbooks(uow, connection, kind, quickbooks)
    row = Mapping(connection.id, kind, name, _code(uow, connection, kind, procore.strip()))
    old = decided(uow, row)
    return replace(row, expense_account=old.expense_account if old else "")


def ignored(uow: UnitOfWork, connection: Connection, kind: MappingKind, quickbooks: str, comment: str) -> Mapping:
    """Decide to leave the costs of a name, or a job or vendor, out of Procore, for a reason."""
    if not comment.strip():
        raise WrongUsage("Ignoring needs a comment that tells why.")
    name = in_quickbooks(uow, connection, kind, quickbooks)
    if kind in ("job", "vendor"):
        _check_free(uow, connection, kind, name)
    row = Mapping(connection.id, kind, name, ignored=True, comment=comment.strip())
    old = decided(uow, row)
    return replace(row, expense_account=old.expense_account if old else "")


def taken_back(uow: UnitOfWork, connection: Connection, kind: MappingKind, quickbooks: str) -> Mapping:
    """Take back what was mapped or ignored; an item's own expense account stays. Raises NotFound where nothing was."""
    name = known_type(quickbooks) or quickbooks if kind == "type" else quickbooks
    row = Mapping(connection.id, kind, name)
    old = decided(uow, row)
    if old is None or not (old.procore or old.ignored):
        raise NotFound(f"Nothing is decided about {called(kind)} {quickbooks}: `map list` shows what is.")
    return replace(row, quickbooks=old.quickbooks, expense_account=old.expense_account)


def with_account(uow: UnitOfWork, connection: Connection, quickbooks: str, account: str) -> tuple[Mapping, list[str]]:
    """Choose the expense account that new items of a name, or below it, get; an empty account takes the choice back.

    The item itself may be still to come. Gives what a person should know besides. Raises NotFound where QuickBooks has
    no such account, as far as it was read.
    """
    full_name = in_quickbooks(uow, connection, "account", account) if account else ""
    item = uow.lists.first(connection_id=connection.id, kind="item", folded=fold(quickbooks), gone=False)
    row = Mapping(connection.id, "item", item.full_name if item else quickbooks.strip())
    row = replace(decided(uow, row) or row, id=0, quickbooks=row.quickbooks, expense_account=full_name)
    notes = []
    if item:
        notes.append(f"Item {item.full_name} is in QuickBooks already and keeps its account; new ones below it get it.")
    record = uow.lists.first(connection_id=connection.id, kind="account", folded=fold(full_name), gone=False)
    if record and record.type != "CostOfGoodsSold":
        notes.append(f"{full_name} is no cost of goods sold account: check that job cost reports are to show it.")
    return row, notes


def keep(uow: UnitOfWork, row: Mapping, *, who: str, now: dt.datetime) -> None:
    """Store a decision in place of an earlier one about the same record; one that says nothing is only taken back."""
    row.decided_by, row.decided_at = who, now
    old, after = decided(uow, row), said(row)
    if old:
        uow.mappings.remove(old)
    if after:
        uow.mappings.add(row)
    why = f"{row.kind} {row.quickbooks} {row.comment}".strip()
    subject = row.id or (old.id if old else 0)
    uow.history.add(History(row.connection_id, "map", subject, now, who, said(old) if old else "", after, why))


def decided(uow: UnitOfWork, row: Mapping) -> Mapping | None:
    """The decision about the same record that is kept now."""
    kept = uow.mappings.find(connection_id=row.connection_id, kind=row.kind)
    return next((old for old in kept if fold(old.quickbooks) == fold(row.quickbooks)), None)


def called(kind: MappingKind) -> str:
    """Name a kind as a person does."""
    return "transaction type" if kind == "type" else kind


def in_quickbooks(uow: UnitOfWork, connection: Connection, kind: MappingKind, quickbooks: str) -> str:
    """The name of a record as QuickBooks writes it; raises NotFound where it has none, as far as it was read."""
    if kind == "type":
        found = known_type(quickbooks)
        if not found:
            known = ", ".join(map(called_type, TXN_TYPES))
            raise NotFound(f"QuickBooks has no transaction type {quickbooks}; it has {known}.")
        return found
    if connection.lists_read_at is None:
        raise Refused(f"QuickBooks has not visited {connection.name} yet: run the Web Connector once on the PC.")
    record = uow.lists.first(connection_id=connection.id, kind=LISTS[kind], folded=fold(quickbooks), gone=False)
    if record is None:
        names = [row.full_name for row in uow.lists.find(connection_id=connection.id, kind=LISTS[kind], gone=False)]
        raise NotFound(f"QuickBooks has no {kind} {quickbooks}, as far as it was read{hint(quickbooks, names)}")
    return record.full_name


def quickbooks_name(uow: UnitOfWork, row: Submission, kind: MappingKind) -> str:
    """The name of today of the record that a submission is linked to."""
    record = uow.lists.first(connection_id=row.connection_id, kind=LISTS[kind], list_id=row.quickbooks_id)
    return record.full_name if record else row.quickbooks_name


def procore_name(row: Submission) -> str:
    """What a person calls the Procore record of a submission: its code, number or name."""
    return row.key if row.kind == "cost_code" else row.number if row.kind == "job" else row.title


def hint(text: str, known: Iterable[str]) -> str:
    """End a sentence about an unknown name with the nearest known one."""
    alike = near(text, known)
    return f"; did you mean {alike[0]}?" if alike else "."


def _check_free(uow: UnitOfWork, connection: Connection, kind: MappingKind, name: str) -> None:
    """Raise Refused for a job or vendor that is linked: its costs go by its link, whatever is said of it here."""
    for row in uow.submissions.find(connection_id=connection.id, kind=SUBMISSIONS[kind]):
        if row.quickbooks_id and fold(quickbooks_name(uow, row, kind)) == fold(name):
            raise Refused(
                f"{kind.capitalize()} {name} is linked to {procore_name(row)} in Procore: unlink it first with "
                f"`review unlink {row.id}`."
            )


def said(row: Mapping) -> str:
    """Say what a decision decides, in few words; one that says nothing is empty."""
    said = ["ignored" if row.ignored else row.procore, row.expense_account and f"account {row.expense_account}"]
    return ", ".join(part for part in said if part)


def _code(uow: UnitOfWork, connection: Connection, kind: MappingKind, text: str) -> str:
    """Check what a person named in Procore; gives it in the form in which it is kept."""
    codes, types = _known(uow, connection)
    if kind == "type":
        if text in codes or "." in text.removeprefix("."):
            raise WrongUsage(f"A transaction type gives a cost type alone, such as {min(types, default='L')}.")
        return _checked_type(text.removeprefix("."), types)
    cost_code, _, cost_type = (text, "", "") if text in codes else text.rpartition(".")
    if text in codes:
        if kind == "account":
            raise WrongUsage(
                f"{text} names no cost type: give cost code, dot, cost type, such as {text}.{min(types, default='M')}."
            )
        return text
    if text.startswith(".") and not cost_code:
        if kind == "item":
            raise WrongUsage(f"An item names a cost code: {text} is a cost type alone, as accounts and classes may.")
    elif cost_code not in codes:
        raise NotFound(f"Procore has no cost code {cost_code or text}{hint(cost_code or text, codes)}")
    _checked_type(cost_type, types)
    return text


def _known(uow: UnitOfWork, connection: Connection) -> tuple[set[str], set[str]]:
    """Procore's cost codes and cost types as last read."""
    found = [
        row.document
        for row in uow.documents.find(connection_id=connection.id, kind=["cost_code", "cost_type"], gone=False)
    ]
    codes = {document.full_code for document in found if isinstance(document, CostCode)}
    if not codes:
        raise Refused(f"No cost code of {connection.name} is known yet: Procore must be read first.")
    return codes, {document.code for document in found if isinstance(document, CostType)}


def _checked_type(cost_type: str, types: set[str]) -> str:
    if cost_type not in types:
        raise NotFound(f"Procore has no cost type {cost_type}; it has {', '.join(sorted(types))}.")
    return cost_type
