"""Company-wide lists of codes: standard cost codes and cost types."""

from qbwc_bridge.domain.procore import CostCode, CostType
from qbwc_bridge.procore.client import Client, Params
from qbwc_bridge.procore.paging import rows, unpaged
from qbwc_bridge.procore.payloads import CostTypeRow, Reference, SegmentRow, StandardCodeRow, parse
from qbwc_bridge.procore.wbs import COST_CODE


def cost_codes(client: Client) -> list[CostCode]:
    """Read the standard cost codes of every list.

    The lists come from the cost code segment of the work breakdown structure, which Procore names as the successor of
    its deprecated list of standard cost code lists; their codes still come from the standard cost codes.
    """
    base = f"/rest/v1.0/companies/{client.company_id}/work_breakdown_structure/segments"
    doing = "reading the cost code lists of the company"
    segments = [parse(SegmentRow, row, "segment") for row in unpaged(client, base, doing)]
    found: list[CostCode] = []
    for segment in segments:
        if segment.type != COST_CODE:
            continue
        for row in unpaged(client, f"{base}/{segment.id}/lists", doing):
            found += _of_list(client, parse(Reference, row, "cost code list").id)
    return found


def cost_types(client: Client) -> list[CostType]:
    """Read the cost types of the company."""
    params: Params = [("company_id", client.company_id)]
    found = rows(client, "/rest/v1.0/line_item_types", "reading the cost types of the company", params)
    parsed = [parse(CostTypeRow, row, "cost type") for row in found]
    return [CostType(id=row.id, code=row.code, name=row.name) for row in parsed]


def _of_list(client: Client, list_id: int) -> list[CostCode]:
    # The usual view gives ids only.
    params: Params = [("company_id", client.company_id), ("standard_cost_code_list_id", list_id), ("view", "extended")]
    doing = f"reading the standard cost codes of list {list_id}"
    parsed = [
        parse(StandardCodeRow, row, "standard cost code")
        for row in rows(client, "/rest/v1.0/standard_cost_codes", doing, params)
    ]
    return [CostCode(id=row.id, full_code=row.full_code, name=row.name, parent_id=row.parent_id) for row in parsed]
