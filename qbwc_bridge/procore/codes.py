"""Company-wide lists of codes: standard cost codes and cost types."""

from collections.abc import Iterator, Sequence
from typing import Any

from qbwc_bridge.domain.procore import CostCode, CostType
from qbwc_bridge.domain.reading import Changed
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.lists import sensible, whole_list
from qbwc_bridge.procore.paging import rows, unpaged
from qbwc_bridge.procore.payloads import CostTypeRow, Reference, SegmentRow, StandardCodeRow, parse
from qbwc_bridge.procore.wbs import COST_CODE


def code_lists(client: Client) -> list[int]:
    """Read the ids of the lists of standard cost codes.

    They come from the cost code segment of the work breakdown structure, which Procore names as the successor of its
    deprecated list of standard cost code lists; their codes still come from the standard cost codes.
    """
    base = f"/rest/v1.0/companies/{client.company_id}/work_breakdown_structure/segments"
    doing = "reading the cost code lists of the company"
    segments = [parse(SegmentRow, row, "segment") for row in unpaged(client, base, doing)]
    return [
        parse(Reference, row, "cost code list").id
        for segment in segments
        if segment.type == COST_CODE
        for row in unpaged(client, f"{base}/{segment.id}/lists", doing)
    ]


def cost_codes(client: Client, lists: Sequence[int]) -> Changed[CostCode]:
    """Read the standard cost codes of lists."""
    found = (row for _, row in code_rows(client, lists))
    good, left_out = sensible(StandardCodeRow, found, "standard cost code", whole=True)
    codes = [CostCode(id=row.id, full_code=row.full_code, name=row.name, parent_id=row.parent_id) for row in good]
    return whole_list(codes, left_out)


def code_rows(client: Client, lists: Sequence[int]) -> Iterator[tuple[int, Any]]:
    """Read every standard cost code as it comes, each with the id of its list."""
    return ((list_id, row) for list_id in lists for row in _of_list(client, list_id))


def cost_types(client: Client) -> Changed[CostType]:
    """Read the cost types of the company."""
    params: Params = [("company_id", client.company_id)]
    found = rows(client, "/rest/v1.0/line_item_types", "reading the cost types of the company", params)
    good, left_out = sensible(CostTypeRow, found, "cost type", whole=True)
    return whole_list([CostType(id=row.id, code=row.code, name=row.name) for row in good], left_out)


def _of_list(client: Client, list_id: int) -> list[Any]:
    # The usual view gives ids only.
    params: Params = [("company_id", client.company_id), ("standard_cost_code_list_id", list_id), ("view", "extended")]
    doing = f"reading the standard cost codes of list {list_id}"
    return rows(client, "/rest/v1.0/standard_cost_codes", doing, params)
