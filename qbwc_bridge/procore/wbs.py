"""Budget codes ("WBS codes" in the API): read by their segments, found or made by their codes.

Codes are never cut out of `flat_code`, whose punctuation customers choose ("00-.30.14-.L").
"""

from qbwc_bridge.domain.procore import BudgetCode
from qbwc_bridge.errors import BadRecord, ProcoreError
from qbwc_bridge.procore.client import Client
from qbwc_bridge.procore.paging import as_list, rows, unpaged
from qbwc_bridge.procore.payloads import SegmentItemRow, SegmentRow, WbsRow, parse

COST_CODE, COST_TYPE = "cost_code", "line_item_type"


def budget_code(row: WbsRow, *, sub_job: bool = False) -> BudgetCode:
    """Build a budget code from its segment items; a sub job or any other segment is only marked."""
    by_type = {_segment_type(item): item for item in row.segment_items}
    cost_code, cost_type = by_type.pop(COST_CODE, None), by_type.pop(COST_TYPE, None)
    return BudgetCode(
        id=row.id,
        cost_code=_whole_code(cost_code) if cost_code else "",
        cost_type=_whole_code(cost_type) if cost_type else "",
        cost_code_name=cost_code.name if cost_code else "",
        cost_type_name=cost_type.name if cost_type else "",
        other_segments=sub_job or bool(by_type),
    )


def all_codes(client: Client, project_id: int) -> dict[int, tuple[BudgetCode, bool]]:
    """Read every budget code of a project by id, each with whether it is active.

    Lines may still stand on a code that was made inactive later, so readers of lines need those too.
    """
    path = f"/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes"
    doing = f"reading the budget codes of project {project_id}"
    listed = rows(client, path, doing, [("scope", "budget_code")])
    try:
        found = [parse(WbsRow, row, "budget code") for row in listed]
    except BadRecord as problem:
        # No fault of the record whose line asked for the codes.
        raise ProcoreError(str(problem)) from problem
    return {row.id: (budget_code(row), row.status != "inactive") for row in found}


def create(client: Client, project_id: int, cost_code: str, cost_type: str) -> BudgetCode:
    """Give the budget code of a cost code and a cost type, made if it is missing.

    Looks first, because Procore's call for making one would write a new description over an existing code.
    Raises ProcoreError when the project lacks one of the two, wants further segments, or has made the code inactive.
    """
    named = f"budget code {cost_code}.{cost_type} of project {project_id}"
    for known, active in all_codes(client, project_id).values():
        if (known.cost_code, known.cost_type, known.other_segments) == (cost_code, cost_type, False):
            if active:
                return known
            raise ProcoreError(f"The {named} is inactive; a Procore project administrator must activate it first.")
    code_segment, type_segment = _two_segments(client, project_id, named)
    code_item = _item(client, project_id, code_segment, cost_code, "cost code")
    type_item = _item(client, project_id, type_segment, cost_type, "cost type")
    parts = [
        {"segment_id": segment.id, "segment_item_id": item.id}
        for segment, item in ((code_segment, code_item), (type_segment, type_item))
    ]
    answer = client.patch(
        f"/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes/bulk_create",
        f"making the {named}",
        {"bulk": [{"description": f"{code_item.name}.{type_item.name}", "segment_items": parts}]},
        kind="sync",
    )
    made = _made(client, answer, named)
    return BudgetCode(
        id=made.id,
        cost_code=cost_code,
        cost_type=cost_type,
        cost_code_name=code_item.name,
        cost_type_name=type_item.name,
    )


def _made(client: Client, answer: object, named: str) -> WbsRow:
    content = answer if isinstance(answer, dict) else {}
    entities = as_list(content.get("entities", []), f"making the {named}")
    if len(entities) == 1:
        return parse(WbsRow, entities[0], "budget code")
    told = client.told(content.get("errors")) or "it gave no reason"
    raise ProcoreError(f"Procore did not make the {named} ({told}); a Procore project administrator must make it.")


def _two_segments(client: Client, project_id: int, named: str) -> tuple[SegmentRow, SegmentRow]:
    path = f"/rest/v1.0/projects/{project_id}/work_breakdown_structure/segments"
    doing = f"reading the budget code structure of project {project_id}"
    all_rows = [parse(SegmentRow, row, "segment") for row in unpaged(client, path, doing)]
    segments = {segment.type: segment for segment in all_rows if segment.is_included_in_project_pattern}
    others = [s.name or s.type for kind, s in segments.items() if s.required and kind not in {COST_CODE, COST_TYPE}]
    if COST_CODE not in segments or COST_TYPE not in segments or others:
        wanted = f"also wants {' and '.join(others)}" if others else "is not made of cost code and cost type"
        raise ProcoreError(
            f"The {named} cannot be made by the bridge, since a budget code there {wanted}; "
            "a Procore project administrator must make it."
        )
    return segments[COST_CODE], segments[COST_TYPE]


def _item(client: Client, project_id: int, segment: SegmentRow, code: str, what: str) -> SegmentItemRow:
    path = f"/rest/v1.0/projects/{project_id}/work_breakdown_structure/segments/{segment.id}/segment_items"
    doing = f"reading the {what}s of project {project_id}"
    for row in rows(client, path, doing, [("only_active_items", "true")]):
        item = parse(SegmentItemRow, row, what)
        if _whole_code(item) == code:
            return item
    raise ProcoreError(
        f"Project {project_id} has no active {what} {code}; a Procore project administrator must add it to the project."
    )


def _whole_code(item: SegmentItemRow) -> str:
    return item.path_code or item.code


def _segment_type(item: SegmentItemRow) -> str:
    return item.segment.type if item.segment else item.segment_type
