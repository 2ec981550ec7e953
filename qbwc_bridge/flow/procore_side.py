"""Procore's side of the proof: direct costs and subcontractors' invoices, as just read or as read last (ACCOUNTING 24).

A tool that is switched off, or that the app may not see, is a sentence about its project and no failure of the others.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http import HTTPStatus
from itertools import chain
from typing import Any, TypeVar

from qbwc_bridge.domain.books import ProofKept
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import ChangeOrder, Commitment, DirectCost
from qbwc_bridge.domain.procore_billing import SubcontractorInvoice
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.pending import Pending
from qbwc_bridge.flow.planned import Code
from qbwc_bridge.flow.proof import Beside, code_names, code_of, is_ours
from qbwc_bridge.ports import Procore, UnitOfWork

Row = TypeVar("Row")

NO_CODE: Code = ("no budget code", "")
"""Where an invoice bills a change order as a whole, without a code."""

_OFF = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


@dataclass(slots=True)
class ProcoreSide:
    """What Procore has, by project id. A project without an entry in `invoices` was not read or could not be."""

    costs: dict[int, list[DirectCost]] = field(default_factory=dict)
    invoices: dict[int, list[SubcontractorInvoice]] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)
    """Sentences about what could not be read."""
    unread: set[int] = field(default_factory=set)
    """Projects whose direct costs could not be read: nothing can be compared there."""
    read_at: dict[int, dt.datetime] = field(default_factory=dict)
    """When invoices and other people's costs were read, where that was not just now."""


def read(procore: Procore, projects: Iterable[ProjectChoice]) -> ProcoreSide:
    """Read direct costs and subcontractors' invoices of projects; raises ProcoreError unless a tool is only off."""
    side = ProcoreSide()
    for choice in projects:
        notes: list[str] = []
        number = choice.project_id
        costs = _unless_off(procore.direct_costs, choice, "direct costs", notes)
        if costs is None:
            side.unread.add(number)
        side.costs[number] = costs or []
        invoices = _unless_off(procore.subcontractor_invoices, choice, "subcontractor invoices", notes)
        if invoices is not None:
            side.invoices[number] = invoices
        if notes:
            side.notes[number] = notes
    return side


def _unless_off(
    read_them: Callable[[int], list[Row]], choice: ProjectChoice, what: str, notes: list[str]
) -> list[Row] | None:
    try:
        return read_them(choice.project_id)
    except ProcoreError as problem:
        if problem.status not in _OFF:
            raise
        notes.append(f"Procore does not show the {what} of {choice.number}: {problem}")
        return None


# ---------------------------------------------------------------- kept for the page, which never calls Procore


def keep(uow: UnitOfWork, connection: Connection, side: ProcoreSide, now: dt.datetime) -> None:
    """Keep what was just read and is not known from the outbox."""
    for number, costs in side.costs.items():
        found = uow.proofs.first(connection_id=connection.id, project_id=number)
        row = found or ProofKept(connection.id, number, now)
        row.read_at = now
        row.others = [_bare(cost) for cost in costs if not is_ours(cost, connection.key)]
        row.invoices = side.invoices.get(number)
        row.notes = side.notes.get(number, [])
        (uow.proofs.save if found else uow.proofs.append)(row)


def kept(uow: UnitOfWork, connection: Connection, project_id: int | None = None) -> ProcoreSide:
    """Give what we know stands in Procore, or in one project: our costs by the outbox, the rest as it was read last."""
    mine: dict[str, Any] = {"connection_id": connection.id}
    mine |= {} if project_id is None else {"project_id": project_id}
    side = ProcoreSide(costs=defaultdict(list))
    for written in uow.writebacks.find(**mine):
        if written.written:
            side.costs[written.project_id].append(written.written)
    for row in uow.proofs.find(**mine):
        side.costs[row.project_id] += row.others
        side.read_at[row.project_id] = row.read_at
        if row.invoices is not None:
            side.invoices[row.project_id] = row.invoices
        if row.notes:
            side.notes[row.project_id] = row.notes
    return side


def _bare(cost: DirectCost) -> DirectCost:
    """Give dates, codes and amounts alone: what people wrote there is not ours to keep."""
    lines = tuple(replace(line, description="") for line in cost.lines)
    return replace(cost, description="", invoice_number="", lines=lines)


# ---------------------------------------------------------------- beside the comparison, by code


def beside(ledger: Ledger, side: ProcoreSide, choice: ProjectChoice, pending: Iterable[Pending]) -> Beside:
    """Sum what stands beside the comparison of one project, through the ledger's date."""
    names = code_names(choice)
    others: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    for cost in side.costs.get(choice.project_id, []):
        if not is_ours(cost, ledger.connection.key) and (ledger.as_of is None or cost.date <= ledger.as_of):
            for line in cost.lines:
                others[code_of(names, line)] += line.amount
    waiting: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    for each in pending:
        if each.project == choice.number and each.cost_code:
            waiting[each.cost_code, each.cost_type] += each.amount
    return Beside(invoices=_invoiced(ledger, side, choice), others=others, pending=waiting)


def approved(side: ProcoreSide, project_id: int, as_of: dt.date | None) -> list[SubcontractorInvoice]:
    """Give the approved invoices of a project, through a date; those without a date count always."""
    found = side.invoices.get(project_id, [])
    return [each for each in found if each.approved and not (as_of and each.billing_date and each.billing_date > as_of)]


def _invoiced(ledger: Ledger, side: ProcoreSide, choice: ProjectChoice) -> dict[Code, Decimal]:
    invoices = approved(side, choice.project_id, ledger.as_of)
    if not invoices:
        return {}
    names, of_lines = code_names(choice), _contract_codes(ledger, choice.project_id)
    sums: dict[Code, Decimal] = defaultdict(lambda: ZERO)
    for line in chain.from_iterable(each.lines for each in invoices):
        code = names.get(line.budget_code_id or 0) or of_lines.get(line.contract_line_id or 0, NO_CODE)
        sums[code] += line.amount
    return dict(sums)


def _contract_codes(ledger: Ledger, project_id: int) -> Mapping[int, Code]:
    """Codes of the lines of commitments and of their change orders, by Procore's line id."""
    found: dict[int, Code] = {}
    for kind in ("change_order", "commitment"):
        rows = ledger.uow.documents.find(connection_id=ledger.connection.id, kind=kind, project_id=project_id)
        for row in rows:
            lines = row.document.lines if isinstance(row.document, Commitment | ChangeOrder) else ()
            found.update({line.id: (line.code.cost_code, line.code.cost_type) for line in lines if line.code})
    return found
