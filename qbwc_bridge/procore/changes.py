"""Commitment change orders: packages with their lines, and which line of the commitment each line changes.

Packages (version 1) hold every change order of a project, those of the prime contract too. Which commitment line a line
belongs to stands only in the line list of version 2, under an id of its own; the project's list of commitment change
orders leads from one to the other, in projects with one or two tiers of change orders.
"""

from dataclasses import replace
from http import HTTPStatus

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import BudgetCode, ChangeOrder, ContractLine, PrimeChange
from qbwc_bridge.domain.shown import Partly
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.billing import prime_contract_rows
from qbwc_bridge.procore.client import NOT_THERE, Client
from qbwc_bridge.procore.commitments import commitment_rows, contract_line, in_order
from qbwc_bridge.procore.paging import as_list, data_rows, rows
from qbwc_bridge.procore.payloads import (
    ChangeLineRow,
    ChangeOrderRow,
    PackageRow,
    PackageShow,
    Reference,
    parse,
    plain,
)

MOST_NAMED = 5
"""Change orders named in one sentence."""


def change_orders(client: Client, project_id: int, codes: dict[int, BudgetCode]) -> Partly[ChangeOrder | PrimeChange]:
    """Read all change orders of the project's commitments, and the totals of those of its prime contract.

    `codes` are the project's budget codes by id. What Procore does not show stands in `refused`.
    """
    refused: list[str] = []
    unit_based = {row.id: row.accounting_method == "unit" for _, row in commitment_rows(client, project_id)}
    params = [("project_id", project_id)]
    doing = f"reading the change orders of project {project_id}"
    packages = [
        parse(PackageRow, row, "change order")
        for row in rows(client, "/rest/v1.0/change_order_packages", doing, params)
    ]
    ours = [row.id for row in packages if row.contract_id in unit_based]
    newer_ids = _newer_ids(client, project_id, refused) if ours else {}
    others = [row for row in packages if row.contract_id is not None and row.contract_id not in unit_based]
    found: list[ChangeOrder | PrimeChange] = [*_prime_changes(client, project_id, others, refused)]
    for package_id in ours:
        row = _show(client, project_id, package_id)
        if row is None or row.type == "PrimeContractChangeOrder":
            continue
        what = f"change order {row.id} of project {project_id}"
        lines = tuple(
            contract_line(line, codes, unit_based=unit_based.get(row.contract_id, False), what=what)
            for line in in_order(row.line_items)
        )
        newer_id = newer_ids.get(package_id)
        newer = _newer_lines(client, project_id, newer_id, refused) if newer_id is not None else []
        found.append(
            ChangeOrder(
                id=row.id,
                project_id=project_id,
                commitment_id=row.contract_id,
                number=row.number,
                title=row.title,
                status=row.status,
                lines=joined(lines, newer),
            )
        )
    return Partly(found, dict.fromkeys(refused))


def _prime_changes(client: Client, project_id: int, rows_: list[PackageRow], refused: list[str]) -> list[PrimeChange]:
    """Tell those of the prime contract from those of commitments that are not shown, private or deleted ones."""
    if not rows_:
        return []
    try:
        contracts = prime_contract_rows(client, project_id)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        # Without this permission only a figure beside the estimate is missing.
        refused.append(f"Change orders of the contract with the owner are not told beside the estimate: {error}")
        return []
    prime = {parse(Reference, row, "prime contract").id for row in contracts}
    hidden = [row for row in rows_ if row.contract_id not in prime and row.status == "approved"]
    if hidden:
        named = ", ".join(row.number or str(row.id) for row in hidden[:MOST_NAMED])
        refused.append(
            f"{len(hidden)} approved change orders ({named}) belong to contracts that Procore does not show to the "
            "bridge: these are deleted, or private. Private commitments are shown to the level Admin of the tool "
            "Commitments only, private prime contracts to Admin of Prime Contracts."
        )
    return [
        PrimeChange(row.id, project_id, row.number, row.status, plain(row.grand_total or ZERO))
        for row in rows_
        if row.contract_id in prime
    ]


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


def _newer_ids(client: Client, project_id: int, refused: list[str]) -> dict[int, int]:
    doing = f"reading the commitment change orders of project {project_id}"
    try:
        content = client.get(f"/rest/v1.0/projects/{project_id}/commitment_change_orders", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        refused.append(
            "Which line of a commitment a change order belongs to cannot be read, so each addition becomes a new line; "
            f"this is so where commitment change orders have three tiers: {error}"
        )
        return {}
    found = [parse(ChangeOrderRow, row, "commitment change order") for row in as_list(content, doing)]
    return {row.legacy_package_id: row.id for row in found if row.legacy_package_id is not None}


def _newer_lines(client: Client, project_id: int, change_id: int, refused: list[str]) -> list[ChangeLineRow]:
    base = f"/rest/v2.0/companies/{client.company_id}/projects/{project_id}"
    doing = f"reading the lines of commitment change order {change_id} of project {project_id}"
    try:
        found = data_rows(client, f"{base}/commitment_change_orders/{change_id}/line_items", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        refused.append(f"Which line of the commitment each line belongs to is not known: {error}")
        return []
    return [parse(ChangeLineRow, row, "change order line") for row in found]
