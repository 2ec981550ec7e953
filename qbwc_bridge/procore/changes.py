"""Commitment change orders: packages with their lines, and which line of the commitment each line changes.

Packages (version 1) hold every change order of a project, those of the prime contract too. Which commitment line a line
belongs to stands only in the line list of version 2, under an id of its own; the project's list of commitment change
orders leads from one to the other, in projects with one or two tiers of change orders.
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from http import HTTPStatus

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import ChangeOrder, ContractLine, PrimeChange
from qbwc_bridge.domain.reading import Changed, CodeBook, ContractKind, Known
from qbwc_bridge.domain.shown import CHANGE_LINES, HIDDEN, HIDDEN_LATELY, PRIME_CHANGES, TIERS
from qbwc_bridge.errors import BadRecord, ProcoreError
from qbwc_bridge.procore.billing import prime_contract_rows
from qbwc_bridge.procore.client import NOT_THERE, Client, Params
from qbwc_bridge.procore.commitments import WORDS, commitment_rows, contract_line, in_order
from qbwc_bridge.procore.lists import Sifted, changed_since, sensible
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

MOST_NAMED = 5
"""Change orders named in one sentence."""


def change_orders(
    client: Client, project_id: int, known: Known, book: CodeBook, contracts: Mapping[int, ContractKind]
) -> Changed[ChangeOrder | PrimeChange]:
    """Read the change orders that changed, with their lines, and the totals of those of the prime contract.

    `contracts` are those known so far by id. Where another owns a change order, the lists of contracts tell its kind.
    What Procore does not show stands in the notices; a record that makes no sense is left out alone.
    """
    doing = f"reading the change orders of project {project_id}"
    params: Params = [("project_id", project_id), *changed_since(known)]
    listed = rows(client, "/rest/v1.0/change_order_packages", doing, params)
    good, left_out = sensible(PackageRow, listed, "change order", whole=known.since is None)
    sifted = Sifted(known, good, client.moment())
    notices: dict[str, str] = {}
    asked = [*sifted.fresh, *(row for row in _last_of_whole(sifted) if row.status == "approved")]
    kinds, unsure = _with_new(client, project_id, contracts, {row.contract_id for row in asked}, notices)
    found: dict[int, ChangeOrder | PrimeChange] = {}
    aside, newer_ids = [], None
    for row in sifted.fresh:
        contract_id = row.contract_id or 0
        match kinds.get(contract_id):
            case None if contract_id in unsure:
                left_out[row.id] = f"Change order {row.number or row.id} waits for its contract: {unsure[contract_id]}"
            case None:
                aside.append(row)
            case "prime":
                total = plain(row.grand_total or ZERO)
                found[row.id] = PrimeChange(row.id, project_id, row.number, row.status, total)
            case kind:
                newer_ids = _newer_ids(client, project_id, notices) if newer_ids is None else newer_ids
                told = _Telling(newer_ids, notices)
                try:
                    order = _change_order(client, project_id, row.id, book, told, unit_based=kind == "unit")
                except BadRecord as problem:
                    left_out[row.id] = str(problem)
                    continue
                if order is not None:
                    found[row.id] = order
    _tell_hidden(sifted, kinds.keys() | unsure.keys(), notices)
    return replace(sifted.changed(found, left_out, aside), notices=notices)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Ids of the newer form by those of packages, and what is told of what Procore does not show."""

    newer_ids: Mapping[int, int]
    notices: dict[str, str]


def _last_of_whole(sifted: Sifted[PackageRow]) -> Iterable[PackageRow]:
    """Give all rows of a whole list with its last portion, which alone sees the whole; else none."""
    return sifted.rows if sifted.known.since is None and not sifted.left else ()


def _tell_hidden(sifted: Sifted[PackageRow], kinds: Collection[int], notices: dict[str, str]) -> None:
    """Tell approved change orders of contracts that no list shows; a whole list tells all, others what is new."""
    whole = sifted.known.since is None
    if sifted.left or notices.get(PRIME_CHANGES):
        return  # more is to come, or those of the owner's contract cannot be told from hidden ones
    looked_at = sifted.rows if whole else sifted.fresh
    hidden = [row for row in looked_at if row.contract_id and row.contract_id not in kinds]
    hidden = [row for row in hidden if row.status == "approved" and not row.deleted_at]
    if whole:
        notices |= {PRIME_CHANGES: "", HIDDEN: "", HIDDEN_LATELY: ""}
    if hidden:
        named = ", ".join(row.number or str(row.id) for row in hidden[:MOST_NAMED])
        notices[HIDDEN if whole else HIDDEN_LATELY] = (
            f"{len(hidden)} approved change orders{'' if whole else ' of lately'} ({named}) belong to contracts that "
            "Procore does not show to the bridge: these are deleted, or private. Private commitments are shown to the "
            "level Admin of the tool Commitments only, private prime contracts to Admin of Prime Contracts."
        )


def _with_new(
    client: Client,
    project_id: int,
    known: Mapping[int, ContractKind],
    wanted: AbstractSet[int | None],
    notices: dict[str, str],
) -> tuple[Mapping[int, ContractKind], Mapping[int, str]]:
    """Give the kinds of contracts, with those of new ones, and why new ones that a list shows make no sense.

    A contract that no list shows is in neither.
    """
    if wanted - {None} <= known.keys():
        return known, {}
    unsure: dict[int, str] = {}
    kinds: dict[int, ContractKind] = dict(known)
    for kind in WORDS:
        good, left_out = commitment_rows(client, project_id, kind)
        unsure |= {each: why for each, why in left_out.items() if each not in known}
        for row in good:
            kinds[row.id] = "unit" if row.accounting_method == "unit" else "amount"
    if not wanted - {None} <= kinds.keys() | unsure.keys():
        kinds |= dict.fromkeys(_prime_contracts(client, project_id, notices), "prime")
    return kinds, unsure


def _prime_contracts(client: Client, project_id: int, notices: dict[str, str]) -> set[int]:
    try:
        contracts = prime_contract_rows(client, project_id)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        # Without this permission only a figure beside the estimate is missing.
        notices[PRIME_CHANGES] = (
            f"Change orders of the contract with the owner are not told beside the estimate: {error}"
        )
        return set()
    notices[PRIME_CHANGES] = ""
    return {parse(Reference, row, "prime contract").id for row in contracts}


def _change_order(
    client: Client, project_id: int, package_id: int, book: CodeBook, told: _Telling, *, unit_based: bool
) -> ChangeOrder | None:
    row = _show(client, project_id, package_id)
    if row is None or row.type == "PrimeContractChangeOrder":
        return None
    what = f"change order {row.id} of project {project_id}"
    lines = tuple(contract_line(line, book, unit_based=unit_based, what=what) for line in in_order(row.line_items))
    newer_id = told.newer_ids.get(package_id)
    newer = _newer_lines(client, project_id, newer_id, told.notices) if newer_id is not None else []
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


def _newer_ids(client: Client, project_id: int, notices: dict[str, str]) -> dict[int, int]:
    doing = f"reading the commitment change orders of project {project_id}"
    try:
        listed = unpaged(client, f"/rest/v1.0/projects/{project_id}/commitment_change_orders", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        notices[TIERS] = (
            "Which line of a commitment a change order belongs to cannot be read, so each addition becomes a new line; "
            f"this is so where commitment change orders have three tiers: {error}"
        )
        return {}
    notices[TIERS] = ""
    found = [parse(ChangeOrderRow, row, "commitment change order") for row in listed]
    return {row.legacy_package_id: row.id for row in found if row.legacy_package_id is not None}


def _newer_lines(client: Client, project_id: int, change_id: int, notices: dict[str, str]) -> list[ChangeLineRow]:
    base = f"/rest/v2.0/companies/{client.company_id}/projects/{project_id}"
    doing = f"reading the lines of commitment change order {change_id} of project {project_id}"
    try:
        found = data_rows(client, f"{base}/commitment_change_orders/{change_id}/line_items", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        notices[CHANGE_LINES] = f"Which line of the commitment each line belongs to is not known: {error}"
        return []
    notices.setdefault(CHANGE_LINES, "")
    return [parse(ChangeLineRow, row, "change order line") for row in found]
