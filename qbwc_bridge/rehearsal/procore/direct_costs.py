"""Direct costs: the rules of headers and lines, and how both are written.

Sources: Procore's reference of the direct cost operations (type is set once; vendor and number are required for type
invoice; at most 100 lines in one create) and its support pages (the number is unique per vendor in a project's tool).
"""

from collections.abc import Callable

from qbwc_bridge.rehearsal.procore.commitments import total, vendor_id
from qbwc_bridge.rehearsal.procore.lines import ensure_budget_line, line_row, line_values
from qbwc_bridge.rehearsal.procore.problems import Invalid
from qbwc_bridge.rehearsal.procore.records import CostLine, DirectCost, Line, Project
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import Row, date_or_none, day, id_or_none, iso, short, text_or_none

TYPES = ("invoice", "expense", "payroll")
STATUSES = ("draft", "pending", "revise_and_resubmit", "approved")
MOST_LINES = 100
"""Lines that one create or update of version 1.1 may carry."""

DATES = ("direct_cost_date", "received_date", "payment_date")
TEXTS = ("terms", "description", "origin_id", "origin_data")
HOLDER = "DirectCosts::Item"


def header_values(state: State, project: Project, fields: Row, current: DirectCost | None) -> Row:
    """Read what a body says about a direct cost into values for the record; raises Invalid.

    A type sent for an existing direct cost is passed over: it can only be set when creating.
    """
    values: Row = {key: text_or_none(fields[key]) for key in (*TEXTS, "invoice_number") if key in fields}
    values |= {key: date_or_none(fields[key]) for key in DATES if key in fields}
    if current is None:
        values["direct_cost_type"] = fields.get("direct_cost_type")
        if values["direct_cost_type"] not in TYPES:
            raise Invalid(direct_cost_type=f"must be one of {', '.join(TYPES)}")
    if fields.get("status") is not None:
        if fields["status"] not in STATUSES:
            raise Invalid(status=f"must be one of {', '.join(STATUSES)}")
        values["status"] = fields["status"]
    if "vendor_id" in fields:
        values["vendor_id"] = vendor_id(state, fields["vendor_id"])
    if isinstance(fields.get("employee_id"), int):
        values["employee_id"] = fields["employee_id"]
    _check_invoice(project, values, current)
    state.check_origin(DirectCost.origin_kind, values.get("origin_id"), current)
    return values


def _check_invoice(project: Project, values: Row, current: DirectCost | None) -> None:
    of_type = current.direct_cost_type if current else values["direct_cost_type"]
    vendor = values.get("vendor_id", current.vendor_id if current else None)
    number = values.get("invoice_number", current.invoice_number if current else None)
    if of_type == "invoice":
        if vendor is None:
            raise Invalid(vendor_id="can't be blank")
        if number is None:
            raise Invalid(invoice_number="can't be blank")
    if vendor is None or number is None:
        return
    holder = project.invoice_numbers.get((vendor, number))
    if holder is not None and (current is None or holder != current.id):
        raise Invalid(invoice_number="has already been taken")


def new_header(state: State, project: Project, fields: Row) -> DirectCost:
    """Create a direct cost without lines; its status is draft unless given."""
    return _keep_header(state, project, header_values(state, project, fields, None))


def _keep_header(state: State, project: Project, values: Row) -> DirectCost:
    made = state.keep(DirectCost(**state.fresh("direct_cost"), project_id=project.id, **values))
    project.direct_costs[made.id] = made
    _index_number(project, made)
    return made


def change_header(state: State, project: Project, cost: DirectCost, fields: Row) -> None:
    """Change the header of a direct cost."""
    values = header_values(state, project, fields, cost)
    _forget_number(project, cost)
    state.change(cost, **values)
    _index_number(project, cost)


def _index_number(project: Project, cost: DirectCost) -> None:
    if cost.vendor_id is not None and cost.invoice_number is not None:
        project.invoice_numbers[cost.vendor_id, cost.invoice_number] = cost.id


def _forget_number(project: Project, cost: DirectCost) -> None:
    if cost.vendor_id is not None and cost.invoice_number is not None:
        project.invoice_numbers.pop((cost.vendor_id, cost.invoice_number), None)


def new_line(state: State, project: Project, cost: DirectCost, fields: Row) -> CostLine:
    """Add a line to a direct cost; a budget code without budget line gets one."""
    return _keep_line(state, project, cost, line_values(state, project, fields, None), text_or_none(fields.get("ref")))


def _keep_line(state: State, project: Project, cost: DirectCost, values: Row, ref: str | None) -> CostLine:
    position = max((line.position for line in cost.lines.values()), default=0) + 1
    made = CostLine(**state.fresh("cost_line"), direct_cost_id=cost.id, position=position, ref=ref, **values)
    cost.lines[made.id] = project.cost_lines[made.id] = state.keep(made)
    ensure_budget_line(state, project, made.wbs_code_id)
    cost.updated_at = state.stamp()
    return made


def change_line(state: State, project: Project, line: CostLine, fields: Row) -> None:
    """Change a line of a direct cost; it stays with its header whatever `direct_cost_id` says."""
    if state.change(line, **line_values(state, project, fields, line)):
        ensure_budget_line(state, project, line.wbs_code_id)
        project.direct_costs[line.direct_cost_id].updated_at = state.stamp()


def save_with_lines(state: State, project: Project, fields: Row, current: DirectCost | None) -> DirectCost:
    """Create or change a direct cost together with the lines in `line_items`, all or nothing; raises Invalid."""
    values = header_values(state, project, fields, current)
    planned = _planned_lines(state, project, fields.get("line_items"), current)
    if current is None:
        cost = _keep_header(state, project, values)
    else:
        cost = current
        change_header(state, project, cost, fields)
    for write in planned:
        write(cost)
    return cost


def _planned_lines(
    state: State, project: Project, told: object, current: DirectCost | None
) -> list[Callable[[DirectCost], object]]:
    """Judge the lines of a body before anything is written; give the writes still to do."""
    if told is None:
        return []
    if not isinstance(told, list) or not all(isinstance(item, dict) for item in told):
        raise Invalid(line_items="is not a list of lines")
    if len(told) > MOST_LINES:
        raise Invalid(line_items=f"may hold at most {MOST_LINES} lines")
    keys = [text_or_none(item.get("origin_id")) for item in told]
    if any(key is not None and keys.count(key) > 1 for key in keys):
        raise Invalid(origin_id="has already been taken")
    planned: list[Callable[[DirectCost], object]] = []
    for item in told:
        line = None
        if item.get("id") is not None:
            line = current.lines.get(id_or_none(item["id"]) or 0) if current is not None else None
            if line is None:
                raise Invalid(line_items="Entity with this ID not found")
        line_values(state, project, item, line)
        planned.append(_line_write(state, project, line, item))
    return planned


def _line_write(state: State, project: Project, line: CostLine | None, item: Row) -> Callable[[DirectCost], object]:
    if line is None:
        return lambda cost: new_line(state, project, cost, item)
    return lambda _cost: change_line(state, project, line, item)


def delete_line(state: State, project: Project, line: CostLine) -> None:
    """Take a line away; its budget line stays."""
    cost = project.direct_costs[line.direct_cost_id]
    state.forget_origin(line)
    del cost.lines[line.id], project.cost_lines[line.id]
    cost.updated_at = state.stamp()


def delete_cost(state: State, project: Project, cost: DirectCost) -> None:
    """Take a direct cost away with all its lines; its key and number are free again."""
    for line in cost.lines.values():
        state.forget_origin(line)
        del project.cost_lines[line.id]
    state.forget_origin(cost)
    _forget_number(project, cost)
    del project.direct_costs[cost.id]


def header_row(state: State, cost: DirectCost) -> Row:
    """Write a direct cost as the list and sync calls do: no lines."""
    vendor = state.vendors.get(cost.vendor_id) if cost.vendor_id is not None else None
    return {
        "id": cost.id,
        "direct_cost_type": cost.direct_cost_type,
        "status": cost.status,
        "vendor": None if vendor is None else {"id": vendor.id, "name": vendor.name},
        "vendor_id": cost.vendor_id,
        "vendor_name": None if vendor is None else vendor.name,
        "employee": None,
        "invoice_number": cost.invoice_number,
        **{key: day(getattr(cost, key)) for key in DATES},
        "terms": cost.terms,
        "description": cost.description,
        "grand_total": short(total(cost.lines.values())),
        "line_items_count": len(cost.lines),
        "synced": cost.origin_id is not None or any(line.origin_id is not None for line in cost.lines.values()),
        "attachments": [],
        "attachments_count": 0,
        "currency_configuration": {"currency_iso_code": "USD", "base_currency_iso_code": "USD"},
        "origin_id": cost.origin_id,
        "origin_data": cost.origin_data,
        "created_at": iso(cost.created_at),
        "updated_at": iso(cost.updated_at),
        "deleted_at": None,
    }


def list_row(state: State, cost: DirectCost) -> Row:
    """Write a row of the version 1.1 list, where `vendor` is a name and `amount` stands beside `grand_total`."""
    row = header_row(state, cost)
    return row | {"vendor": row["vendor_name"], "amount": row["grand_total"]}


def cost_line_row(state: State, project: Project, line: Line, cost_id: int) -> Row:
    """Write a line of a direct cost."""
    return line_row(state, project, line, (HOLDER, cost_id))


def cost_show(state: State, project: Project, cost: DirectCost) -> Row:
    """Write a direct cost with its lines."""
    lines = [cost_line_row(state, project, line, cost.id) | {"ref": line.ref} for line in cost.lines.values()]
    company = {"id": state.company_id, "name": state.company_name}
    more = {"company": company, "project": {"id": project.id, "name": project.name}, "line_items": lines}
    return header_row(state, cost) | more
