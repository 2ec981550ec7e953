"""Lines of commitments, change orders and direct costs: what a request body may set, and how they are written."""

from qbwc_bridge.rehearsal.procore.problems import Invalid
from qbwc_bridge.rehearsal.procore.records import BudgetLine, Line, Project, WbsCode
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import ZERO, Row, decimal, id_or_none, iso, money, short, text_or_none
from qbwc_bridge.rehearsal.procore.wbs import flat_code
from qbwc_bridge.rehearsal.procore.wbs_calls import cost_type_row

EXTENDED_TYPES = ("manual", "calculated")
AMOUNT_KEYS = ("amount", "manual_amount")
"""The line calls say `amount`, the direct cost calls of version 1.1 `manual_amount`; here each does."""


def line_values(state: State, project: Project, fields: Row, current: Line | None) -> Row:
    """Read what a body says about a line (`current` is None for a new one) into values for the record.

    Raises Invalid when the budget code does not exist in the project, a number is none, or the key is in use.
    """
    values: Row = _amounts(fields, current)
    wbs_id = _wbs_id(project, fields)
    if wbs_id is not None:
        values["wbs_code_id"] = wbs_id
    elif current is None:
        raise Invalid(wbs_code_id="can't be blank")
    for key in ("description", "uom"):
        if key in fields:
            values[key] = text_or_none(fields[key]) or ""
    for key in ("origin_id", "origin_data"):
        if key in fields:
            values[key] = text_or_none(fields[key])
    state.check_origin(Line.origin_kind, values.get("origin_id"), current)
    return values


def _wbs_id(project: Project, fields: Row) -> int | None:
    told = fields.get("wbs_code_id")
    if told is not None:
        number = id_or_none(told)
        if number not in project.wbs_codes:
            raise Invalid(wbs_code_id="does not exist in this project")
        return number
    cost_code_id, type_id = id_or_none(fields.get("cost_code_id")), id_or_none(fields.get("line_item_type_id"))
    if cost_code_id is None and type_id is None:
        return None
    found = None if cost_code_id is None or type_id is None else project.wbs_by_parts.get((cost_code_id, type_id))
    if found is None:
        raise Invalid(wbs_code_id="no budget code of this cost code and cost type exists in this project")
    return found


def _amounts(fields: Row, current: Line | None) -> Row:
    values: Row = {}
    for key in ("quantity", "unit_cost"):
        if key in fields:
            values[key] = _read(fields, key)
    told = next((key for key in AMOUNT_KEYS if fields.get(key) is not None), None)
    quantity = values.get("quantity", current.quantity if current else None)
    unit_cost = values.get("unit_cost", current.unit_cost if current else None)
    extended = fields.get("extended_type")
    if extended is None:
        by_units = told is None and bool(values) and quantity is not None and unit_cost is not None
        extended = "calculated" if by_units else ("manual" if told or current is None else current.extended_type)
    if extended not in EXTENDED_TYPES:
        raise Invalid(extended_type="must be manual or calculated")
    values["extended_type"] = extended
    if extended == "calculated":
        values["amount"] = money((quantity or ZERO) * (unit_cost or ZERO))
    elif told is not None:
        try:
            values["amount"] = money(fields[told])
        except ValueError as error:
            raise Invalid(**{told: str(error)}) from error
    return values


def _read(fields: Row, key: str) -> object:
    if fields[key] is None:
        return None
    try:
        return decimal(fields[key])
    except ValueError as error:
        raise Invalid(**{key: str(error)}) from error


def ensure_budget_line(state: State, project: Project, wbs_id: int) -> None:
    """Make the budget line of a code that gets its first financial line, as new projects do, locked or not."""
    if project.adds_budget_lines and wbs_id not in project.budget_lines:
        project.budget_lines[wbs_id] = BudgetLine(**state.fresh("budget_line"), wbs_code_id=wbs_id)


def short_wbs(state: State, project: Project, wbs: WbsCode) -> Row:
    """Write a budget code as lines carry it."""
    return {"id": wbs.id, "flat_code": flat_code(state, project, wbs), "description": wbs.description}


def line_row(state: State, project: Project, line: Line, holder: tuple[str, int]) -> Row:
    """Write a line of a contract or direct cost; `holder` is its type and id. Amount lines show quantity "0.0"."""
    wbs = project.wbs_codes[line.wbs_code_id]
    cost_code, cost_type = project.cost_codes[wbs.cost_code_id], state.cost_types[wbs.cost_type_id]
    code = {
        "id": cost_code.id,
        "name": cost_code.name,
        "full_code": cost_code.full_code,
        "origin_id": cost_code.origin_id,
    }
    return {
        "id": line.id,
        "position": line.position,
        "description": line.description,
        "amount": short(line.amount),
        "extended_amount": short(line.amount),
        "total_amount": short(line.amount),
        "extended_type": line.extended_type,
        "quantity": short(line.quantity),
        "unit_cost": short(line.unit_cost),
        "uom": line.uom,
        "tax_code_id": None,
        "wbs_code": short_wbs(state, project, wbs),
        "cost_code": code,
        "line_item_type": cost_type_row(cost_type),
        "company": {"id": state.company_id, "name": state.company_name},
        "project": {"id": project.id, "name": project.name},
        "holder": {"id": holder[1], "holder_type": holder[0]},
        "change_event_line_item": None,
        "currency_configuration": {"currency_iso_code": "USD"},
        "origin_id": line.origin_id,
        "origin_data": line.origin_data,
        "created_at": iso(line.created_at),
        "updated_at": iso(line.updated_at),
    }
