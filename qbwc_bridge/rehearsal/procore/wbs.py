"""The work breakdown structure: standard and project cost codes, cost types, and budget codes made of the two."""

from qbwc_bridge.rehearsal.procore.problems import Invalid
from qbwc_bridge.rehearsal.procore.records import CostCode, CostType, Project, StandardCode, WbsCode
from qbwc_bridge.rehearsal.procore.state import State

DIVISIONS = {
    "00": "Procurement and Contracting",
    "01": "General Requirements",
    "02": "Existing Conditions",
    "03": "Concrete",
    "04": "Masonry",
    "05": "Metals",
    "06": "Wood, Plastics and Composites",
    "07": "Thermal and Moisture Protection",
    "08": "Openings",
    "09": "Finishes",
    "10": "Specialties",
    "11": "Equipment",
    "12": "Furnishings",
    "14": "Conveying Equipment",
    "16": "Low Voltage Systems",
    "21": "Fire Suppression",
    "22": "Plumbing",
    "23": "Heating, Ventilating and Air Conditioning",
    "26": "Electrical",
    "31": "Earthwork",
    "32": "Exterior Improvements",
    "33": "Utilities",
}
"""Names of divisions that a code's parent gets when nobody named it."""

BASE_TYPES = ("equipment", "materials", "commitment", "owner_cost", "professional_services", "other")


def new_standard_code(
    state: State,
    *,
    code: str,
    name: str,
    parent_id: int | None,
    origin_id: str | None = None,
    origin_data: str | None = None,
) -> StandardCode:
    """Add a code to the company's list; `full_code` is the parent's with a dash before `code`."""
    parent = None
    if parent_id is not None:
        parent = state.standard_codes.get(parent_id)
        if parent is None:
            raise Invalid(parent_id="does not exist")
    full_code = code if parent is None else f"{parent.full_code}-{code}"
    if any(known.full_code == full_code for known in state.standard_codes.values()):
        raise Invalid(code="has already been taken")
    state.check_origin(StandardCode.origin_kind, origin_id, None)
    made = StandardCode(
        **state.fresh("standard_cost_code"),
        code=code,
        full_code=full_code,
        name=name,
        parent_id=parent_id,
        origin_id=origin_id,
        origin_data=origin_data,
    )
    state.standard_codes[made.id] = state.keep(made)
    return made


def standard_code(state: State, full_code: str, name: str) -> StandardCode:
    """Add a code such as "03-300" with its division, which is made if it is missing; the first dash divides."""
    division, dash, own = full_code.partition("-")
    if not dash:
        return new_standard_code(state, code=full_code, name=name, parent_id=None)
    parent = next((known for known in state.standard_codes.values() if known.full_code == division), None)
    if parent is None:
        division_name = DIVISIONS.get(division, f"Division {division}")
        parent = new_standard_code(state, code=division, name=division_name, parent_id=None)
    return new_standard_code(state, code=own, name=name, parent_id=parent.id)


def copy_standard_codes(state: State, project: Project) -> None:
    """Give a project its own copy of every standard code that it lacks."""
    copies = {code.standard_id: code for code in project.cost_codes.values()}
    for standard in state.standard_codes.values():  # parents come before children: a parent must exist first
        if standard.id in copies:
            continue
        parent = copies[standard.parent_id].id if standard.parent_id is not None else None
        made = CostCode(
            **state.fresh("cost_code"),
            code=standard.code,
            full_code=standard.full_code,
            name=standard.name,
            parent_id=parent,
            standard_id=standard.id,
        )
        project.cost_codes[made.id] = made
        copies[standard.id] = made


def own_code(state: State, project: Project, full_code: str, name: str) -> CostCode:
    """Add a cost code to one project alone, which is no copy of a standard one; the first dash divides."""
    division, dash, own = full_code.partition("-")
    if any(known.full_code == full_code for known in project.cost_codes.values()):
        raise Invalid(code="has already been taken")
    parent = next((known for known in project.cost_codes.values() if dash and known.full_code == division), None)
    made = CostCode(
        **state.fresh("cost_code"),
        code=own if parent else full_code,
        full_code=full_code,
        name=name,
        parent_id=parent.id if parent else None,
    )
    project.cost_codes[made.id] = made
    return made


def new_cost_type(state: State, *, code: str, name: str, base_type: str) -> CostType:
    """Add a cost type; its base type is one of Procore's six."""
    if base_type not in BASE_TYPES:
        raise Invalid(base_type=f"must be one of {', '.join(BASE_TYPES)}")
    if any(known.code == code for known in state.cost_types.values()):
        raise Invalid(code="has already been taken")
    made = CostType(**state.fresh("line_item_type"), code=code, name=name, base_type=base_type)
    state.cost_types[made.id] = made
    return made


def wbs_code(state: State, project: Project, cost_code_id: int, cost_type_id: int, description: str | None) -> WbsCode:
    """Find or make a budget code of a project; one that exists gets the description, where one is given."""
    known = project.wbs_by_parts.get((cost_code_id, cost_type_id))
    if known is not None:
        found = project.wbs_codes[known]
        if description:
            state.change(found, description=description)
        return found
    cost_code, cost_type = project.cost_codes.get(cost_code_id), state.cost_types.get(cost_type_id)
    if cost_code is None or cost_type is None:
        raise Invalid(segment_items="name an item that does not exist in this project")
    made = WbsCode(
        **state.fresh("wbs_code"),
        cost_code_id=cost_code_id,
        cost_type_id=cost_type_id,
        description=description or f"{cost_code.name}.{cost_type.name}",
    )
    project.wbs_codes[made.id] = made
    project.wbs_by_parts[cost_code_id, cost_type_id] = made.id
    return made


def flat_code(state: State, project: Project, wbs: WbsCode) -> str:
    """Write a budget code as one text, "03-300.M"; codes with odd punctuation make odd texts."""
    return f"{project.cost_codes[wbs.cost_code_id].full_code}.{state.cost_types[wbs.cost_type_id].code}"


def by_flat_code(state: State, project: Project, code: str) -> WbsCode:
    """Find or make the budget code that a person writes as "03-300.M". Raises ValueError for unknown parts."""
    full_code, _, type_code = code.rpartition(".")
    cost_code = next((one for one in project.cost_codes.values() if one.full_code == full_code), None)
    cost_type = next((one for one in state.cost_types.values() if one.code == type_code), None)
    if cost_code is None or cost_type is None:
        raise ValueError(
            f"project {project.number} has no budget code {code}: add the cost code and the cost type first"
        )
    return wbs_code(state, project, cost_code.id, cost_type.id, None)
