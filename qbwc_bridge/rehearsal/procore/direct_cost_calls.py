"""The calls of direct costs: version 1.1 of the headers, the lines of version 1.0, and both sync actions."""

from qbwc_bridge.rehearsal.procore.direct_costs import (
    DATES,
    TEXTS,
    change_header,
    change_line,
    cost_line_row,
    cost_show,
    delete_cost,
    delete_line,
    header_row,
    list_row,
    new_header,
    new_line,
    save_with_lines,
)
from qbwc_bridge.rehearsal.procore.problems import Invalid, not_found
from qbwc_bridge.rehearsal.procore.records import CostLine, DirectCost, Line, Project
from qbwc_bridge.rehearsal.procore.sync import Kind, sync
from qbwc_bridge.rehearsal.procore.values import Row, day, id_or_none
from qbwc_bridge.rehearsal.procore.wire import Answer, Ask, Listing, Route, chosen

CHANGEABLE = (*DATES, *TEXTS, "employee_id", "status", "vendor_id", "line_items")
"""What the update of version 1.1 takes: the type and the invoice number are not among it."""


def _cost(ask: Ask, name: str) -> tuple[Project, DirectCost]:
    project = ask.project()
    cost = project.direct_costs.get(ask.path_id(name))
    if cost is None:
        raise not_found()
    return project, cost


def _list(ask: Ask) -> Listing[DirectCost]:
    project = ask.project()
    found = chosen(ask, project.direct_costs.values(), invoice_number=lambda cost: cost.invoice_number)
    for name in ("payment_date", "received_date"):
        span = ask.span(f"filters[{name}]")
        if span is not None:
            first, last = (moment.date().isoformat() for moment in span)
            found = [cost for cost in found if first <= (day(getattr(cost, name)) or "") <= last]
    return Listing(found, lambda cost: list_row(ask.state, cost))


def _create(ask: Ask) -> Answer:
    project = ask.project()
    cost = save_with_lines(ask.state, project, ask.wrapped("direct_cost"), None)
    return Answer(cost_show(ask.state, project, cost), status=201)


def _show(ask: Ask) -> Answer:
    project, cost = _cost(ask, "id")
    return Answer(cost_show(ask.state, project, cost))


def _update(ask: Ask) -> Answer:
    project, cost = _cost(ask, "id")
    fields = {key: value for key, value in ask.wrapped("direct_cost").items() if key in CHANGEABLE}
    save_with_lines(ask.state, project, fields, cost)
    return Answer(cost_show(ask.state, project, cost))


def _delete(ask: Ask) -> Answer:
    project, cost = _cost(ask, "id")
    delete_cost(ask.state, project, cost)
    return Answer({"id": cost.id})


def _sync(ask: Ask) -> Answer:
    state, project = ask.state, ask.project()

    def by_origin(origin_id: str) -> DirectCost | None:
        found = state.by_origin(DirectCost.origin_kind, origin_id)
        return None if found is None else project.direct_costs.get(found.id)

    kind = Kind(
        find=project.direct_costs.get,
        find_origin=by_origin,
        create=lambda fields: new_header(state, project, fields),
        update=lambda cost, fields: change_header(state, project, cost, fields),
        view=lambda cost: header_row(state, cost),
    )
    return Answer(sync(ask.updates(), kind))


def _chosen_lines(ask: Ask, project: Project, lines: list[CostLine]) -> list[CostLine]:
    return chosen(
        ask,
        lines,
        direct_cost_id=lambda line: line.direct_cost_id,
        cost_code_id=lambda line: project.wbs_codes[line.wbs_code_id].cost_code_id,
        line_item_type_id=lambda line: project.wbs_codes[line.wbs_code_id].cost_type_id,
    )


def _list_all_lines(ask: Ask) -> Listing[CostLine]:
    """Answer the project-wide list, whose rows lack `origin_data`; the header is named by `holder`."""
    project = ask.project()

    def row(line: CostLine) -> Row:
        whole = cost_line_row(ask.state, project, line, line.direct_cost_id)
        return {key: value for key, value in whole.items() if key not in ("origin_data", "company")}

    return Listing(_chosen_lines(ask, project, list(project.cost_lines.values())), row)


def _list_lines(ask: Ask) -> Listing[CostLine]:
    project, cost = _cost(ask, "direct_cost_id")
    found = _chosen_lines(ask, project, list(cost.lines.values()))
    return Listing(found, lambda line: cost_line_row(ask.state, project, line, cost.id))


def _line(ask: Ask) -> tuple[Project, CostLine]:
    project, cost = _cost(ask, "direct_cost_id")
    line = cost.lines.get(ask.path_id("id"))
    if line is None:
        raise not_found()
    return project, line


def _create_line(ask: Ask) -> Answer:
    project, cost = _cost(ask, "direct_cost_id")
    line = new_line(ask.state, project, cost, ask.wrapped("line_item"))
    return Answer(cost_line_row(ask.state, project, line, cost.id), status=201)


def _show_line(ask: Ask) -> Answer:
    project, line = _line(ask)
    return Answer(cost_line_row(ask.state, project, line, line.direct_cost_id))


def _update_line(ask: Ask) -> Answer:
    project, line = _line(ask)
    change_line(ask.state, project, line, ask.wrapped("line_item"))
    return Answer(cost_line_row(ask.state, project, line, line.direct_cost_id))


def _delete_line(ask: Ask) -> Answer:
    project, line = _line(ask)
    delete_line(ask.state, project, line)
    return Answer({"id": line.id})


def _sync_lines(ask: Ask) -> Answer:
    state, project = ask.state, ask.project()

    def by_origin(origin_id: str) -> CostLine | None:
        found = state.by_origin(Line.origin_kind, origin_id)
        return None if found is None else project.cost_lines.get(found.id)

    def create(fields: Row) -> CostLine:
        told = fields.get("direct_cost_id")
        cost = project.direct_costs.get(id_or_none(told) or 0)
        if cost is None:
            raise Invalid(direct_cost_id="can't be blank" if told is None else "does not exist")
        return new_line(state, project, cost, fields)

    kind = Kind(
        find=project.cost_lines.get,
        find_origin=by_origin,
        create=create,
        update=lambda line, fields: change_line(state, project, line, fields),
        view=lambda line: cost_line_row(state, project, line, line.direct_cost_id),
    )
    return Answer(sync(ask.updates(), kind))


_V10 = "/rest/v1.0/projects/{project_id}/direct_costs"
_V11 = "/rest/v1.1/projects/{project_id}/direct_costs"

ROUTES = (
    Route("GET", _V11, _list),
    Route("POST", _V11, _create),
    Route("GET", f"{_V11}/{{id}}", _show),
    Route("PATCH", f"{_V11}/{{id}}", _update),
    Route("DELETE", f"{_V11}/{{id}}", _delete),
    Route("PATCH", f"{_V10}/sync", _sync),
    Route("GET", f"{_V10}/line_items", _list_all_lines),
    Route("PATCH", f"{_V10}/line_items/sync", _sync_lines),
    Route("GET", f"{_V10}/{{direct_cost_id}}/line_items", _list_lines),
    Route("POST", f"{_V10}/{{direct_cost_id}}/line_items", _create_line),
    Route("GET", f"{_V10}/{{direct_cost_id}}/line_items/{{id}}", _show_line),
    Route("PATCH", f"{_V10}/{{direct_cost_id}}/line_items/{{id}}", _update_line),
    Route("DELETE", f"{_V10}/{{direct_cost_id}}/line_items/{{id}}", _delete_line),
)
