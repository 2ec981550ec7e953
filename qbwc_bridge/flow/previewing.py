"""What a submission would write to QuickBooks: field by field beside what stands there, and as qbXML."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.books import ListRecord, TransactionLine, TransactionRecord
from qbwc_bridge.domain.quickbooks import CustomerAdd, EstimateMod, PurchaseOrderMod, Ref, Request
from qbwc_bridge.domain.records import Connection, ProjectChoice, Submission
from qbwc_bridge.flow.agreement import DOCUMENTS
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
_HEAD = {"vendor": "party_name", "txn_date": "txn_date", "ref_number": "ref_number", "memo": "memo"}


class _Pretended(Facts):
    """Facts in which the customer that is still to be created above a job stands there already."""

    customer: ListRecord | None = None

    def customer_above(self, choice: ProjectChoice) -> ListRecord | None:
        return super().customer_above(choice) or self.customer

    def record(self, kind: str, list_id: str) -> ListRecord | None:
        return self.customer if self.customer and list_id == self.customer.list_id else super().record(kind, list_id)


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what will be written, and what stands there."""

    name: str
    writes: str
    there: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The request of a submission; where nothing will be written, only the comparison."""

    request: str
    """Its kind, such as VendorAdd; empty where there is none."""
    nothing: str
    """Why nothing will be written; empty where something will."""
    fields: list[Field]
    qbxml: str


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
    for other in facts.submissions.values():
        if not other.quickbooks_id and other is not mine:
            other.quickbooks_id = f"new-{other.kind}-{other.id}"
            other.quickbooks_name = other.quickbooks_name or f"{other.number or other.title} (new)"
    mine.accepted_at = mine.accepted_at or now
    if nothing and row.kind in DOCUMENTS:
        mine.quickbooks_id = ""  # the whole record is compared, though nothing of it is sent
    request = next_request(facts, mine, visit_id=_reading(facts, mine))
    requests = [request]
    shown = []
    if isinstance(request, CustomerAdd) and not is_own_write(mine, request):
        shown = [(f"customer's {name}", writes, "") for name, writes, _ in _fields(facts, request, None)]
        called = f"{request.name} (new)"
        facts.customer = ListRecord(
            connection.id, "customer", "new-customer", called, called, "", is_active=True, edit_sequence=""
        )
        request = next_request(facts, mine, visit_id=None)
        requests.append(request)
    shown += _fields(facts, request, there)
    numbered = [(str(place), each) for place, each in enumerate(requests, 1)]
    return Preview(
        request="" if nothing else request.kind,
        nothing=nothing,
        fields=[Field(*each) for each in shown],
        qbxml="" if nothing else kit.language.message(numbered, connection),
    )


def preview_outward(uow: UnitOfWork, row: Submission) -> Preview:
    """Give the project or vendor that a submission would make in Procore; there is no qbXML."""
    there = document_of(uow, row)
    shown = [Field("name", row.title, there.name if there else "")]
    if row.kind == "new_project":
        shown.insert(0, Field("project_number", row.number, getattr(there, "number", "")))
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


def _fields(
    facts: Facts, request: Request, there: ListRecord | TransactionRecord | None
) -> Iterator[tuple[str, str, str]]:
    written = fields(request)
    for part in dataclasses.fields(request):
        value = getattr(request, part.name)
        if part.name in {"kind", "lines"} or value in (None, "", ()):
            continue
        # A text is written as QuickBooks' limits make of it.
        fitted = written.get(part.name) if isinstance(value, str) else None
        yield part.name, fitted or _words(facts, part.name, value), _beside(part.name, there)
    lines = getattr(request, "lines", ())
    before = there.lines if isinstance(there, TransactionRecord) else []
    by_id = {line.txn_line_id: line for line in before}
    for place, line in enumerate(lines):
        if isinstance(request, EstimateMod | PurchaseOrderMod):
            old = by_id.get(line.txn_line_id)
        else:
            old = before[place] if place < len(before) else None
        yield from _line_fields(facts, f"line {place + 1}", line, old)


def _line_fields(facts: Facts, called: str, line: Any, old: TransactionLine | None) -> Iterator[tuple[str, str, str]]:
    kept = old is not None and all(getattr(line, name) in (None, "") for name in _LINE)
    for name, column in _LINE.items():
        was = _plain(getattr(old, column)) if old else ""
        writes = was if kept else _words(facts, name, getattr(line, name))
        if name == "description":
            writes = fit_description(writes)
        if writes or was:
            yield f"{called} {name}", writes or was, was
    if getattr(line, "customer", None):
        job = _name_of(facts, "customer", old.job_id) if old and old.job_id else ""
        yield f"{called} customer", _words(facts, "customer", line.customer), job


def _beside(name: str, there: ListRecord | TransactionRecord | None) -> str:
    if isinstance(there, ListRecord):
        return {"name": there.full_name}.get(name, "")
    if isinstance(there, TransactionRecord):
        column = _HEAD.get(name, "party_name" if name == "customer" else "")
        return _plain(getattr(there, column)) if column else ""
    return ""


def _words(facts: Facts, name: str, value: Any) -> str:
    if isinstance(value, Ref):
        return value.full_name or _name_of(facts, name, value.list_id)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ", ".join(str(part) for part in dataclasses.astuple(value) if part)
    return _plain(value)


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


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    # Quantities and rates may have five decimals, all of which are written.
    return f"{value:,f}" if isinstance(value, Decimal) else str(value)
