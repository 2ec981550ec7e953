"""Commitment change orders: packages with their lines, and which line of the commitment each line changes.

Packages (version 1) hold every change order of a project, those of the prime contract too. Which commitment line a line
belongs to stands only in the line list of version 2, under an id of its own; the project's list of commitment change
orders leads from one to the other, in projects with one or two tiers of change orders.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from http import HTTPStatus

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import ChangeOrder, ContractLine, PrimeChange
from qbwc_bridge.domain.reading import Changed, CodeBook, ContractKind, Known
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.billing import prime_contract_rows
from qbwc_bridge.procore.client import NOT_THERE, Client, Params
from qbwc_bridge.procore.commitments import WORDS, commitment_rows, contract_line, in_order
from qbwc_bridge.procore.lists import Sifted, changed_since
from qbwc_bridge.procore.paging import data_rows, rows, unpaged
from qbwc_bridge.procore.payloads import (
    ChangeLineRow,
    ChangeOrderRow,
    PackageRow,
    PackageShow,
    Reference,
    parse,
    plain,
)


def change_orders(
    client: Client, project_id: int, known: Known, book: CodeBook, contracts: Mapping[int, ContractKind]
) -> Changed[ChangeOrder | PrimeChange]:
    """Read the change orders that changed, with their lines, and the totals of those of the prime contract.

    `contracts` are those known so far by id. Where another owns a change order, the lists of contracts tell its kind.
    """
    doing = f"reading the change orders of project {project_id}"
    params: Params = [("project_id", project_id), *changed_since(known)]
    listed = rows(client, "/rest/v1.0/change_order_packages", doing, params)
    sifted = Sifted(known, [parse(PackageRow, row, "change order") for row in listed], client.moment())
    kinds = _with_new(client, project_id, contracts, {row.contract_id for row in sifted.fresh})
    found: dict[int, ChangeOrder | PrimeChange] = {}
    aside, newer_ids = [], None
    for row in sifted.fresh:
        match kinds.get(row.contract_id or 0):
            case None:
                aside.append(row)
            case "prime":
                total = plain(row.grand_total or ZERO)
                found[row.id] = PrimeChange(row.id, project_id, row.number, row.status, total)
            case kind:
                newer_ids = _newer_ids(client, project_id) if newer_ids is None else newer_ids
                order = _change_order(client, project_id, row.id, book, newer_ids, unit_based=kind == "unit")
                if order is not None:
                    found[row.id] = order
    return sifted.changed(found, aside)


def _with_new(
    client: Client, project_id: int, known: Mapping[int, ContractKind], wanted: AbstractSet[int | None]
) -> Mapping[int, ContractKind]:
    """Give the kinds of contracts, with those of new ones; a contract that no list shows has none."""
    if wanted - {None} <= known.keys():
        return known
    kinds: dict[int, ContractKind] = dict(known)
    for kind in WORDS:
        for row in commitment_rows(client, project_id, kind):
            kinds[row.id] = "unit" if row.accounting_method == "unit" else "amount"
    if not wanted - {None} <= kinds.keys():
        kinds |= dict.fromkeys(_prime_contracts(client, project_id), "prime")
    return kinds


def _prime_contracts(client: Client, project_id: int) -> set[int]:
    try:
        contracts = prime_contract_rows(client, project_id)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        return set()  # without this permission only a figure beside the estimate is missing
    return {parse(Reference, row, "prime contract").id for row in contracts}


def _change_order(
    client: Client, project_id: int, package_id: int, book: CodeBook, newer_ids: Mapping[int, int], *, unit_based: bool
) -> ChangeOrder | None:
    row = _show(client, project_id, package_id)
    if row is None or row.type == "PrimeContractChangeOrder":
        return None
    what = f"change order {row.id} of project {project_id}"
    lines = tuple(contract_line(line, book, unit_based=unit_based, what=what) for line in in_order(row.line_items))
    newer_id = newer_ids.get(package_id)
    newer = _newer_lines(client, project_id, newer_id) if newer_id is not None else []
    return ChangeOrder(
        id=row.id,
        project_id=project_id,
        commitment_id=row.contract_id,
        number=row.number,
        title=row.title,
        status=row.status,
        lines=joined(lines, newer),
    )


def joined(lines: tuple[ContractLine, ...], newer: list[ChangeLineRow]) -> tuple[ContractLine, ...]:
    """Take the commitment line from the version 2 list: by id, else by budget code, amount and description.

    Each line of version 2 is used once; a line that nothing fits keeps None.
    """
    left = {row.id: row for row in newer}
    by_id = {line.id: left.pop(line.id) for line in lines if line.id in left}
    result = []
    for line in lines:
        row = by_id.get(line.id)
        if row is None:
            row = next((row for row in left.values() if _alike(line, row)), None)
            if row is not None:
                del left[row.id]
        result.append(replace(line, commitment_line_id=row.commitment_line_item_id) if row else line)
    return tuple(result)


def _alike(line: ContractLine, row: ChangeLineRow) -> bool:
    code_id = line.code.id if line.code else None
    return (code_id, line.amount, line.description) == (row.wbs_code_id, row.amount, row.description)


def _show(client: Client, project_id: int, package_id: int) -> PackageShow | None:
    doing = f"reading change order {package_id} of project {project_id}"
    try:
        content = client.get(f"/rest/v1.0/change_order_packages/{package_id}", doing, [("project_id", project_id)])
    except ProcoreError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None  # deleted since the list was read; the next list will not have it
    return parse(PackageShow, content, "change order")


def _newer_ids(client: Client, project_id: int) -> dict[int, int]:
    doing = f"reading the commitment change orders of project {project_id}"
    try:
        listed = unpaged(client, f"/rest/v1.0/projects/{project_id}/commitment_change_orders", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        return {}
    found = [parse(ChangeOrderRow, row, "commitment change order") for row in listed]
    return {row.legacy_package_id: row.id for row in found if row.legacy_package_id is not None}


def _newer_lines(client: Client, project_id: int, change_id: int) -> list[ChangeLineRow]:
    base = f"/rest/v2.0/companies/{client.company_id}/projects/{project_id}"
    doing = f"reading the lines of commitment change order {change_id} of project {project_id}"
    try:
        found = data_rows(client, f"{base}/commitment_change_orders/{change_id}/line_items", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        return []
    return [parse(ChangeLineRow, row, "change order line") for row in found]
