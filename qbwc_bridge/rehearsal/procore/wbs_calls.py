"""The calls of the work breakdown structure: segments, lists, cost codes, cost types and budget codes."""

from typing import Any

from qbwc_bridge.rehearsal.procore.problems import Invalid, bad_request, forbidden, not_found
from qbwc_bridge.rehearsal.procore.records import CostCode, CostType, Project, StandardCode, WbsCode
from qbwc_bridge.rehearsal.procore.state import (
    COST_CODE_LIST_ID,
    COST_CODE_SEGMENT_ID,
    COST_TYPE_SEGMENT_ID,
    PATTERN_ID,
    State,
)
from qbwc_bridge.rehearsal.procore.sync import Kind, sync
from qbwc_bridge.rehearsal.procore.values import Row, id_or_none, iso, text_or_none
from qbwc_bridge.rehearsal.procore.wbs import flat_code, new_standard_code, wbs_code
from qbwc_bridge.rehearsal.procore.wire import Answer, Ask, Listing, Route, chosen


def segments(state: State, project: Project | None) -> list[Row]:
    """Describe the two segments of every budget code: cost code (tiered) and cost type (flat)."""
    codes = len(state.standard_codes if project is None else project.cost_codes)
    common = {"wbs_pattern_id": PATTERN_ID, "required": True, "project_can_delete_origin_company": True}
    common |= {"project_can_modify_origin_project": True}
    code = {
        "id": COST_CODE_SEGMENT_ID,
        "name": "Cost Code",
        "type": "cost_code",
        "structure": "tiered",
        "delimiter": "-",
    }
    kind = {
        "id": COST_TYPE_SEGMENT_ID,
        "name": "Cost Type",
        "type": "line_item_type",
        "structure": "flat",
        "delimiter": ".",
    }
    return [
        {**code, "position": 1, "segment_items_count": codes, **common},
        {**kind, "position": 2, "segment_items_count": len(state.cost_types), **common},
    ]


def _segment(state: State, project: Project | None, segment_id: int) -> Row:
    found = next((one for one in segments(state, project) if one["id"] == segment_id), None)
    if found is None:
        raise not_found()
    return found


def _code_item(project: Project, code: CostCode, segment: Row) -> Row:
    path = [code]
    while path[0].parent_id is not None:
        path.insert(0, project.cost_codes[path[0].parent_id])
    return {
        "id": code.id,
        "code": code.full_code,
        "name": code.name,
        "parent_id": code.parent_id,
        "is_parent": code.parent_id is None,
        "path_code": code.full_code,
        "path_ids": [one.id for one in path],
        "path_codes": [one.code for one in path],
        "path_names": [one.name for one in path],
        "status": "active",
        "segment": segment,
        "created_at": iso(code.created_at),
        "updated_at": iso(code.updated_at),
    }


def _type_item(cost_type: CostType, segment: Row) -> Row:
    return {
        "id": cost_type.id,
        "code": cost_type.code,
        "name": cost_type.name,
        "parent_id": None,
        "is_parent": False,
        "path_code": cost_type.code,
        "path_ids": [cost_type.id],
        "path_codes": [cost_type.code],
        "path_names": [cost_type.name],
        "status": "active",
        "segment": segment,
        "created_at": iso(cost_type.created_at),
        "updated_at": iso(cost_type.updated_at),
    }


def wbs_row(state: State, project: Project, wbs: WbsCode) -> Row:
    """Write a budget code in full, with its segment items."""
    code_segment, type_segment = segments(state, project)
    cost_code, cost_type = project.cost_codes[wbs.cost_code_id], state.cost_types[wbs.cost_type_id]
    return {
        "id": wbs.id,
        "flat_code": flat_code(state, project, wbs),
        "flat_name": f"{cost_code.name}.{cost_type.name}",
        "description": wbs.description,
        "status": "active" if wbs.active else "inactive",
        "wbs_pattern_id": PATTERN_ID,
        "segment_items": [_code_item(project, cost_code, code_segment), _type_item(cost_type, type_segment)],
        "created_at": iso(wbs.created_at),
        "updated_at": iso(wbs.updated_at),
    }


def cost_type_row(cost_type: CostType) -> Row:
    """Write a cost type."""
    return {
        "id": cost_type.id,
        "name": cost_type.name,
        "code": cost_type.code,
        "base_type": cost_type.base_type,
        "origin_id": cost_type.origin_id,
        "origin_data": cost_type.origin_data,
    }


def _standard_row(code: StandardCode, view: str) -> Row:
    row: Row = {"id": code.id, "standard_cost_code_list_id": COST_CODE_LIST_ID}
    if view in ("compact", "extended"):
        row["origin_id"] = code.origin_id
    if view == "extended":
        row |= {"parent_id": code.parent_id, "code": code.code, "full_code": code.full_code, "name": code.name}
        row["origin_data"] = code.origin_data
    return row


def _cost_code_row(state: State, project: Project, code: CostCode) -> Row:
    budgeted = any(project.wbs_codes[wbs_id].cost_code_id == code.id for wbs_id in project.budget_lines)
    return {
        "id": code.id,
        "name": code.name,
        "full_code": code.full_code,
        "code": code.code,
        "parent": {"id": code.parent_id},
        "sortable_code": code.full_code,
        "biller": project.name,
        "biller_id": project.id,
        "biller_type": "Project",
        "biller_origin_id": project.origin_id,
        "budgeted": budgeted,
        "origin_id": code.origin_id,
        "origin_data": code.origin_data,
        "standard_cost_code_id": code.standard_id,
        "standard_cost_code_list_id": COST_CODE_LIST_ID,
        "line_item_types": [cost_type_row(one) for one in state.cost_types.values()],
        "position": None,
        "created_at": iso(code.created_at),
        "updated_at": iso(code.updated_at),
        "deleted_at": None,
    }


def _company_segments(ask: Ask) -> Answer:
    ask.company()
    return Answer(segments(ask.state, None))


def _code_lists(ask: Ask) -> Answer:
    ask.company()
    segment = _segment(ask.state, None, ask.path_id("segment_id"))
    if segment["id"] != COST_CODE_SEGMENT_ID:
        return Answer([])
    row = {"id": COST_CODE_LIST_ID, "name": "Standard Cost Codes", "available_to_use_on_new_projects": True}
    return Answer([{**row, "erp_integrated": False, "segment_items_count": segment["segment_items_count"]}])


def _deprecated_lists(_ask: Ask) -> Answer:
    raise forbidden("This resource version is deprecated and is not available to new applications")


def _code_list(ask: Ask) -> None:
    ask.company()
    if ask.number("standard_cost_code_list_id") != COST_CODE_LIST_ID:
        raise not_found()


def _standard_codes(ask: Ask) -> Listing[StandardCode]:
    _code_list(ask)
    view = ask.query.get("view", "default")
    return Listing(chosen(ask, ask.state.standard_codes.values()), lambda one: _standard_row(one, view))


def _sync_standard_codes(ask: Ask) -> Answer:
    _code_list(ask)
    state = ask.state

    def create(fields: Row) -> StandardCode:
        code, name = text_or_none(fields.get("code")), text_or_none(fields.get("name"))
        if not code or not name:
            raise Invalid(**{"code" if not code else "name": "can't be blank"})
        keys = {key: text_or_none(fields.get(key)) for key in ("origin_id", "origin_data")}
        return new_standard_code(state, code=code, name=name, parent_id=id_or_none(fields.get("parent_id")), **keys)

    def update(code: StandardCode, fields: Row) -> None:
        # The number of a code that projects have copied stays as it is; the name and the keys may change.
        values = {key: text_or_none(fields[key]) for key in ("name", "origin_id", "origin_data") if key in fields}
        if not values.get("name", "kept"):
            raise Invalid(name="can't be blank")
        state.change(code, **values)

    def by_origin(origin_id: str) -> StandardCode | None:
        found = state.by_origin(StandardCode.origin_kind, origin_id)
        return found if isinstance(found, StandardCode) else None

    view = ask.query.get("view", "default")
    kind = Kind(state.standard_codes.get, by_origin, create, update, lambda one: _standard_row(one, view))
    return Answer(sync(ask.updates(), kind))


def _cost_codes(ask: Ask) -> Listing[CostCode]:
    project = ask.project()
    return Listing(chosen(ask, project.cost_codes.values()), lambda one: _cost_code_row(ask.state, project, one))


def _cost_types(ask: Ask) -> Listing[CostType]:
    if "project_id" in ask.query:
        ask.project()
    else:
        ask.company()
    return Listing(chosen(ask, ask.state.cost_types.values()), cost_type_row)


def _project_segments(ask: Ask) -> Answer:
    more = {"is_included_in_project_pattern": True, "selectable_tiers": True}
    found = segments(ask.state, ask.project())
    return Answer([{**one, **more, "tiered": one["structure"] == "tiered"} for one in found])


def _segment_items(ask: Ask) -> Listing[Any]:
    project = ask.project()
    segment = _segment(ask.state, project, ask.path_id("segment_id"))
    if segment["id"] == COST_CODE_SEGMENT_ID:
        return Listing(list(project.cost_codes.values()), lambda one: _code_item(project, one, segment))
    return Listing(list(ask.state.cost_types.values()), lambda one: _type_item(one, segment))


def _wbs_codes(ask: Ask) -> Listing[WbsCode]:
    project = ask.project()
    found = chosen(ask, project.wbs_codes.values(), status=lambda one: "active" if one.active else "inactive")
    query = ask.query.get("query")
    if query:
        told = query.casefold()
        found = [one for one in found if told in f"{flat_code(ask.state, project, one)} {one.description}".casefold()]
    return Listing(found, lambda one: wbs_row(ask.state, project, one))


def _make_wbs(state: State, project: Project, fields: Row) -> WbsCode:
    items = fields.get("segment_items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Invalid(segment_items="can't be blank")
    parts = {id_or_none(item.get("segment_id")): id_or_none(item.get("segment_item_id")) for item in items}
    code_id, type_id = parts.get(COST_CODE_SEGMENT_ID), parts.get(COST_TYPE_SEGMENT_ID)
    if code_id is None or type_id is None:
        raise Invalid(segment_items="must name an item of every required segment")
    return wbs_code(state, project, code_id, type_id, text_or_none(fields.get("description")))


def _post_wbs(ask: Ask) -> Answer:
    project = ask.project()
    if not isinstance(ask.body, dict):
        raise bad_request("Bad Request", segment_items="is missing")
    return Answer(wbs_row(ask.state, project, _make_wbs(ask.state, project, ask.body)), status=201)


def _bulk_wbs(ask: Ask) -> Answer:
    project = ask.project()
    bulk = ask.body.get("bulk") if isinstance(ask.body, dict) else None
    if not isinstance(bulk, list):
        raise bad_request("Bad Request", bulk="is missing or is not a list")
    entities: list[Row] = []
    errors: list[Row] = []
    for sent in bulk:
        fields = sent if isinstance(sent, dict) else {}
        try:
            entities.append(wbs_row(ask.state, project, _make_wbs(ask.state, project, fields)))
        except Invalid as refusal:
            errors.append({**fields, "errors": refusal.fields})
    return Answer({"entities": entities, "errors": errors}, status=201)


_COMPANY = "/rest/v1.0/companies/{company_id}/work_breakdown_structure"
_PROJECT = "/rest/v1.0/projects/{project_id}/work_breakdown_structure"

ROUTES = (
    Route("GET", f"{_COMPANY}/segments", _company_segments),
    Route("GET", f"{_COMPANY}/segments/{{segment_id}}/lists", _code_lists),
    Route("GET", "/rest/v1.0/standard_cost_code_lists", _deprecated_lists),
    Route("GET", "/rest/v1.0/standard_cost_codes", _standard_codes),
    Route("PATCH", "/rest/v1.0/standard_cost_codes/sync", _sync_standard_codes),
    Route("GET", "/rest/v1.0/cost_codes", _cost_codes),
    Route("GET", "/rest/v1.0/line_item_types", _cost_types),
    Route("GET", f"{_PROJECT}/segments", _project_segments),
    Route("GET", f"{_PROJECT}/segments/{{segment_id}}/segment_items", _segment_items),
    Route("GET", f"{_PROJECT}/wbs_codes", _wbs_codes),
    Route("POST", f"{_PROJECT}/wbs_codes", _post_wbs),
    Route("PATCH", f"{_PROJECT}/wbs_codes/bulk_create", _bulk_wbs),
)
