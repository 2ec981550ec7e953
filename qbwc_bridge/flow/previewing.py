"""What a submission would write to QuickBooks: field by field beside what stands there, and as qbXML."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.books import ListRecord, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import readable, readable_rate
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.quickbooks import CustomerAdd, EstimateMod, PurchaseOrderMod, Ref, Request
from qbwc_bridge.domain.records import Agreed, Connection, ProjectChoice, Submission
from qbwc_bridge.flow.agreement import DOCUMENTS, own_kind
from qbwc_bridge.flow.building import is_own_write, next_request
from qbwc_bridge.flow.changes import CHANGING, owner_of
from qbwc_bridge.flow.facts import LISTS_OF, Facts
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.offers import offers
from qbwc_bridge.flow.procore_links import SIDES, document_of
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.qbxml.fields import fields
from qbwc_bridge.qbxml.types import fit_description

_LINE = {"item": "item_name", "description": "description", "quantity": "quantity", "rate": "rate", "amount": "amount"}
_HEAD = {"txn_date": "txn_date", "ref_number": "ref_number", "memo": "memo"}
_SUBSTANCE = ("item", "description", "amount", "customer")
"""What of a line is compared with how it was left: billing progress moves its quantity (ACCOUNTING 14)."""


class _Pretended(Facts):
    """Facts in which the customer that is still to be created above a job stands there already."""

    customer: ListRecord | None = None

    def customer_above(self, choice: ProjectChoice) -> ListRecord | None:
        return super().customer_above(choice) or self.customer

    def record(self, kind: str, list_id: str) -> ListRecord | None:
        return self.customer if self.customer and list_id == self.customer.list_id else super().record(kind, list_id)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what will be written, what stands there, and whether that is something else."""

    name: str
    writes: str
    there: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """The request of a submission; where nothing will be written, only the comparison."""

    request: str
    """Its kind, such as VendorAdd; empty where there is none."""
    nothing: str
    """Why nothing will be written; empty where something will."""
    fields: list[Field]
    qbxml: str
    as_left: bool = False
    """Whether its lines stand there already: they are as they were written or agreed to, not as Procore has them."""


def preview(kit: Kit, uow: UnitOfWork, connection: Connection, row: Submission, now: dt.datetime) -> Preview:
    """Give what a submission would write as it stands; nothing is kept.

    A record that is linked, or that accepting links, is only compared: `nothing` says so, and there is no qbXML.
    Records that this one waits for have no id yet: a word such as `new-vendor-12` stands for it, with the number of
    the submission that brings it. Raises Refused with the reason when the request cannot be built.
    """
    facts = _Pretended(uow, connection, kit.options(connection), project_id=row.project_id or None)
    there = _there(facts, row, now)
    nothing = _nothing(row, there)
    # Only in memory: the rows of `facts` are never saved here.
    mine = facts.submissions[row.kind, row.key]
    left = _left(facts, mine, there) if nothing and isinstance(there, TransactionRecord) else None
    if nothing and mine.kind in CHANGING and not own_kind(facts, mine):
        return Preview("", nothing, left or [], "", as_left=True)
    for other in facts.submissions.values():
        if not other.quickbooks_id and other is not mine:
            other.quickbooks_id = f"new-{other.kind}-{other.id}"
            other.quickbooks_name = other.quickbooks_name or f"{other.number or other.title} (new)"
    mine.accepted_at = mine.accepted_at or now
    if nothing and row.kind in DOCUMENTS:
        mine.quickbooks_id = ""  # the whole record is compared, though nothing of it is sent
    request = next_request(facts, mine, visit_id=_reading(facts, mine))
    requests = [request]
    shown: list[Field] = []
    if isinstance(request, CustomerAdd) and not is_own_write(mine, request):
        shown = [Field(f"customer's {each.name}", each.writes, "") for each in _heads(facts, request, None)]
        called = f"{request.name} (new)"
        facts.customer = ListRecord(
            connection.id, "customer", "new-customer", called, called, "", is_active=True, edit_sequence=""
        )
        request = next_request(facts, mine, visit_id=None)
        requests.append(request)
    heads = _heads(facts, request, there)
    if nothing and not _dated(facts, row):
        heads = (each for each in heads if each.name != "txn_date")
    shown += [*heads, *(_lines(facts, request, there) if left is None else left)]
    numbered = [(str(place), each) for place, each in enumerate(requests, 1)]
    return Preview(
        request="" if nothing else request.kind,
        nothing=nothing,
        fields=shown,
        qbxml="" if nothing else kit.language.message(numbered, connection),
        as_left=left is not None,
    )


def preview_outward(uow: UnitOfWork, row: Submission) -> Preview:
    """Give the project or vendor that a submission would make in Procore; there is no qbXML."""
    there = document_of(uow, row)
    shown = [_field("name", row.title, there.name if there else "")]
    if row.kind == "new_project":
        shown.insert(0, _field("project_number", row.number, getattr(there, "number", "")))
    nothing = "Nothing will be written: it stands in Procore." if row.quickbooks_id else ""
    return Preview("" if nothing else f"create {SIDES[row.kind].document}", nothing, shown, "")


def _nothing(row: Submission, there: ListRecord | TransactionRecord | None) -> str:
    """Say why accepting a record writes nothing; empty where it does."""
    if row.quickbooks_id and not row.update:
        return f"Nothing will be written: it stands in QuickBooks as {row.quickbooks_name}."
    if there is None or row.kind in CHANGING or row.update:
        return ""
    name = there.full_name if isinstance(there, ListRecord) else there.ref_number
    return f"Nothing will be written: accepting links it to {name}, which QuickBooks has."


def _there(facts: Facts, row: Submission, now: dt.datetime) -> ListRecord | TransactionRecord | None:
    """What QuickBooks has: the linked record, the one that accepting will link to, or the order that changes."""
    found = row.quickbooks_id
    kind = own_kind(facts, row)
    if kind:
        return facts.transaction(kind, found)
    if row.kind in CHANGING:
        owner = owner_of(facts, row)
        return facts.transaction(DOCUMENTS[owner.kind], owner.quickbooks_id) if owner else None
    if not found:
        today = now.astimezone(facts.options.zone).date()
        found = next(
            (offer.match for offer in offers(facts, today) if (offer.kind, offer.key) == (row.kind, row.key)), ""
        )
    if row.kind in LISTS_OF:
        return facts.record(LISTS_OF[row.kind], found)
    return facts.transaction(DOCUMENTS[row.kind], found) if row.kind in DOCUMENTS else None


def _reading(facts: Facts, row: Submission) -> int | None:
    """The visit that last read the order or estimate of a change: the preview is built from what it showed."""
    owner = owner_of(facts, row)
    record = (
        facts.transaction(DOCUMENTS[owner.kind], owner.quickbooks_id) if owner and owner.kind in DOCUMENTS else None
    )
    return record.read_visit_id if record else None


def _dated(facts: Facts, row: Submission) -> bool:
    """Whether Procore says the date of a document; else it has the day on which it was accepted first."""
    return getattr(facts.find(row.kind, row.key), "contract_date", None) is not None


def _heads(facts: Facts, request: Request, there: ListRecord | TransactionRecord | None) -> Iterator[Field]:
    written = fields(request)
    for part in dataclasses.fields(request):
        value = getattr(request, part.name)
        if part.name in {"kind", "lines"} or value in (None, "", ()):
            continue
        # A text is written as QuickBooks' limits make of it.
        fitted = written.get(part.name) if isinstance(value, str) else None
        yield _field(part.name, fitted or _words(facts, part.name, value), _beside(facts, part.name, there))


def _field(name: str, writes: str, there: str) -> Field:
    """Compare a field as QuickBooks does, without case; no edit of a memo matters (ACCOUNTING 14), nor our marks."""
    return Field(name, writes, there, differs=bool(there) and name != "memo" and fold(writes) != fold(there))


def _lines(facts: Facts, request: Request, there: ListRecord | TransactionRecord | None) -> Iterator[Field]:
    before = there.lines if isinstance(there, TransactionRecord) else []
    by_id = {line.txn_line_id: line for line in before}
    for place, line in enumerate(getattr(request, "lines", ())):
        if isinstance(request, EstimateMod | PurchaseOrderMod):
            old = by_id.get(line.txn_line_id)
        else:
            old = before[place] if place < len(before) else None
        yield from _line_fields(facts, f"line {place + 1}", line, old)


def _line_fields(facts: Facts, called: str, line: Any, old: TransactionLine | None) -> Iterator[Field]:
    kept = old is not None and all(getattr(line, name) in (None, "") for name in _LINE)
    was = _line(facts, old)
    for name in _LINE:
        there = was[name]
        writes = there if kept else _words(facts, name, getattr(line, name))
        if name == "description":
            writes = fit_description(writes)
        if writes or there:
            writes = writes or there
            yield Field(f"{called} {name}", writes, there, differs=old is not None and writes != there)
    if getattr(line, "customer", None):
        job = _words(facts, "customer", line.customer)
        yield Field(f"{called} customer", job, was["customer"], differs=old is not None and job != was["customer"])


def _left(facts: Facts, row: Submission, there: TransactionRecord) -> list[Field] | None:
    """Lines as they were written or agreed to, beside those of today; of a change its own; None where that is unknown.

    Procore's own lines tell less: changes and updates that stand in a document moved its lines and added some.
    """
    owner = row if own_kind(facts, row) else owner_of(facts, row)
    if owner is None or owner.agreed is None:
        return None
    mine = None if row is owner else set(row.line_ids.values())
    return list(_left_fields(facts, owner.agreed, there, mine))


def _left_fields(facts: Facts, agreed: Agreed, there: TransactionRecord, mine: set[str] | None) -> Iterator[Field]:
    before = {line.txn_line_id: line for line in agreed.lines}
    today = {line.txn_line_id: line for line in there.lines}
    ids = [each for each in dict.fromkeys([*today, *before]) if mine is None or each in mine]
    for place, each in enumerate(ids, 1):
        left, now = _line(facts, before.get(each)), _line(facts, today.get(each))
        for name in (*_LINE, "customer"):
            if left[name] or now[name]:
                differs = name in _SUBSTANCE and left[name] != now[name]
                yield Field(f"line {place} {name}", left[name], now[name], differs)


def _line(facts: Facts, line: TransactionLine | None) -> dict[str, str]:
    """A line of QuickBooks in words; items and jobs by the names that they have today."""
    if line is None:
        return dict.fromkeys((*_LINE, "customer"), "")
    found = {name: _plain(name, getattr(line, column)) for name, column in _LINE.items()}
    found["item"] = _today(facts, "item", line.item_id, line.item_name)
    found["customer"] = _today(facts, "customer", line.job_id, "")
    return found


def _beside(facts: Facts, name: str, there: ListRecord | TransactionRecord | None) -> str:
    if isinstance(there, ListRecord):
        return {"name": there.name, "parent": there.full_name.rpartition(":")[0]}.get(name, "")
    if isinstance(there, TransactionRecord):
        if name in {"vendor", "customer"}:
            return _today(facts, name, there.party_id, there.party_name)
        return _plain(name, getattr(there, _HEAD[name])) if name in _HEAD else ""
    return ""


def _today(facts: Facts, kind: str, list_id: str, read: str) -> str:
    """The name that a record has today; as it was read with a document where the list does not have it."""
    record = facts.record(kind, list_id)
    return record.full_name if record else read


def _words(facts: Facts, name: str, value: Any) -> str:
    if isinstance(value, Ref):
        return value.full_name or _name_of(facts, name, value.list_id)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ", ".join(str(part) for part in dataclasses.astuple(value) if part)
    return _plain(name, value)


def _name_of(facts: Facts, name: str, list_id: str) -> str:
    """The name of a referenced record: as QuickBooks shows it, or as the submission will bring it."""
    for kind in ("customer", "vendor", "item", "account"):
        record = facts.record(kind, list_id)
        if record:
            return record.full_name
    for row in facts.submissions.values():
        if row.quickbooks_id == list_id:
            return row.quickbooks_name
    return f"{name} {list_id}"


def _plain(name: str, value: Any) -> str:
    """Write a value so that equal ones read alike, however many noughts they came with."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, Decimal):
        return str(value)
    # Quantities and rates may have five decimals, all of which are written.
    if name == "quantity":
        return f"{value.normalize():,f}"
    return readable_rate(value) if name == "rate" else readable(value)
