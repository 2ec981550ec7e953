"""Purchase orders and subcontracts with their lines."""

from http import HTTPStatus
from typing import Literal

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import Commitment, ContractLine
from qbwc_bridge.domain.reading import NOTHING, Changed, CodeBook, Known
from qbwc_bridge.errors import BadRecord, ProcoreError
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.lists import Sifted, changed_since, sensible
from qbwc_bridge.procore.paging import rows
from qbwc_bridge.procore.payloads import CommitmentRow, CommitmentShow, LineRow, parse, plain

Kind = Literal["purchase_order_contracts", "work_order_contracts"]
"""Procore's two resources of commitments: purchase orders and subcontracts."""

WORDS: dict[Kind, str] = {"purchase_order_contracts": "purchase order", "work_order_contracts": "subcontract"}


def commitment_rows(
    client: Client, project_id: int, kind: Kind, known: Known = NOTHING
) -> tuple[list[CommitmentRow], dict[int, str]]:
    """Read a list, without lines: the whole of it, or what changed; gives it as `sensible` does."""
    doing = f"reading the {WORDS[kind]}s of project {project_id}"
    params: Params = [("project_id", project_id), *changed_since(known)]
    listed = rows(client, f"/rest/v1.0/{kind}", doing, params)
    return sensible(CommitmentRow, listed, WORDS[kind], whole=known.since is None)


def commitments(client: Client, project_id: int, kind: Kind, known: Known, book: CodeBook) -> Changed[Commitment]:
    """Read the commitments of one kind that changed, with their lines; see `Procore.commitments`."""
    listed, left_out = commitment_rows(client, project_id, kind, known)
    sifted = Sifted(known, listed, client.moment())
    found: dict[int, Commitment] = {}
    for row in sifted.fresh:
        try:
            each = commitment(client, project_id, kind, row.id, book)
        except BadRecord as problem:
            left_out[row.id] = str(problem)
            continue
        if each is not None:
            found[row.id] = each
    return sifted.changed(found, left_out)


def contract_line(row: LineRow, book: CodeBook, *, unit_based: bool, what: str) -> ContractLine:
    """Build a line; amount lines carry quantity and unit cost "0.0", which mean that there is none.

    `what` names the record that holds the line. Raises BadRecord when the line has no amount.
    """
    # Packages give no `amount`; the extended amount is the same before tax.
    amount = row.amount if row.amount is not None else row.extended_amount
    if amount is None:
        raise BadRecord(
            f"Line {row.id} of {what} has no amount in Procore's answer; look at it in Procore, and if it is fine "
            "there, report this to whoever maintains the bridge."
        )
    by_units = unit_based and bool(row.quantity)
    return ContractLine(
        id=row.id,
        description=row.description,
        amount=plain(amount),
        code=book.get(row.wbs_code.id) if row.wbs_code else None,
        quantity=plain(row.quantity) if by_units and row.quantity is not None else None,
        unit_cost=plain(row.unit_cost) if by_units and row.unit_cost is not None else None,
        uom=row.uom,
    )


def in_order(lines: tuple[LineRow, ...]) -> list[LineRow]:
    """Sort lines as Procore shows them, so that a document does not look changed when a list comes in another order."""
    return sorted(lines, key=lambda row: (row.position or 0, row.id))


def commitment(client: Client, project_id: int, kind: Kind, commitment_id: int, book: CodeBook) -> Commitment | None:
    """Read one commitment with its lines; None when it was deleted since its list was read."""
    what = f"{WORDS[kind]} {commitment_id} of project {project_id}"
    try:
        content = client.get(f"/rest/v1.0/{kind}/{commitment_id}", f"reading {what}", [("project_id", project_id)])
    except ProcoreError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None  # deleted since the list was read; the next list will not have it
    row = parse(CommitmentShow, content, WORDS[kind])
    unit_based = row.accounting_method == "unit"
    return Commitment(
        id=row.id,
        project_id=project_id,
        number=row.number,
        title=row.title,
        status=row.status,
        lines=tuple(contract_line(line, book, unit_based=unit_based, what=what) for line in in_order(row.line_items)),
        subcontract=kind == "work_order_contracts",
        vendor_id=row.vendor.id if row.vendor else None,
        vendor_name=row.vendor.company if row.vendor else "",
        unit_based=unit_based,
        contract_date=row.contract_date,
        retainage_percent=plain(row.retainage_percent or ZERO),
        revised=plain(row.revised_contract),
        paid=plain(row.total_payments or ZERO),
    )
