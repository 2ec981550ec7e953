"""Change orders: packages with lines (version 1), and lines that name a commitment's line (version 2).

Packages hold the change orders of commitments and of prime contracts; the newer lists those of commitments only.
"""

from qbwc_bridge.rehearsal.procore.commitments import total
from qbwc_bridge.rehearsal.procore.lines import ensure_budget_line, line_row, line_values, short_wbs
from qbwc_bridge.rehearsal.procore.problems import Invalid, bad_request, not_found
from qbwc_bridge.rehearsal.procore.records import ChangeLine, ChangeOrder, Project
from qbwc_bridge.rehearsal.procore.state import State
from qbwc_bridge.rehearsal.procore.values import Row, date_or_none, day, iso, number, short, text_or_none
from qbwc_bridge.rehearsal.procore.wire import (
    MOST_PER_PAGE_V2,
    USUAL_PER_PAGE_V2,
    Answer,
    Ask,
    Listing,
    Route,
    chosen,
    undeleted,
)

STATUSES = (
    "draft",
    "not_pricing",
    "pricing",
    "pending",
    "revised",
    "proceeding",
    "not_proceeding",
    "pending_billable",
    "no_charge",
    "approved",
    "rejected",
    "void",
)


MOST_TIERS = 2
"""Tiers of change orders up to which a project has the newer list (source: Procore's reference of that list)."""


def new_change_order(
    state: State, project: Project, contract_id: int, *, number: str, title: str, status: str
) -> ChangeOrder:
    """Create a change order of a commitment or prime contract, without lines."""
    if status not in STATUSES:
        raise Invalid(status=f"must be one of {', '.join(STATUSES)}")
    made = ChangeOrder(
        **state.fresh("change_order"),
        change_id=state.new_id("commitment_change_order"),
        project_id=project.id,
        contract_id=contract_id,
        number=number,
        title=title,
        status=status,
        reviewed_at=state.stamp() if status == "approved" else None,
    )
    kept = project.prime_changes if contract_id in project.prime_contracts else project.change_orders
    kept[made.id] = made
    return made


def new_change_line(
    state: State, project: Project, order: ChangeOrder, fields: Row, commitment_line_id: int | None
) -> ChangeLine:
    """Add a line to a change order; `commitment_line_id` is the line of the contract it changes, None for a new one."""
    contract = project.commitments.get(order.contract_id)
    if commitment_line_id is not None and (contract is None or commitment_line_id not in contract.lines):
        raise Invalid(commitment_line_item_id="does not exist on this contract")
    values = line_values(state, project, fields, None)
    position = len(order.lines) + 1
    line = ChangeLine(**state.fresh("change_line"), position=position, commitment_line_id=commitment_line_id, **values)
    order.lines[line.id] = state.keep(line)
    ensure_budget_line(state, project, line.wbs_code_id)
    return line


def change_header(state: State, order: ChangeOrder, fields: Row) -> None:
    """Change the header of a change order by the keys of a request body; approving it stamps the review."""
    values: Row = {key: text_or_none(fields[key]) or "" for key in ("title", "number") if key in fields}
    values |= {
        key: text_or_none(fields[key])
        for key in ("description", "origin_id", "origin_code", "origin_data")
        if key in fields
    }
    if isinstance(fields.get("executed"), bool):
        values["executed"] = fields["executed"]
    if "due_date" in fields:
        values["due_date"] = date_or_none(fields["due_date"])
    status = fields.get("status")
    if status is not None:
        if status not in STATUSES:
            raise Invalid(status=f"must be one of {', '.join(STATUSES)}")
        values["status"] = status
        if status == "approved" and order.status != "approved":
            values["reviewed_at"] = state.stamp()
    state.check_origin(ChangeOrder.origin_kind, values.get("origin_id"), order)
    state.change(order, **values)


def _package_row(order: ChangeOrder) -> Row:
    return {
        "id": order.id,
        "contract_id": order.contract_id,
        "number": order.number,
        "title": order.title,
        "status": order.status,
        "executed": order.executed,
        "revision": 0,
        "grand_total": short(total(order.lines.values())),
        "due_date": day(order.due_date),
        "invoiced_date": None,
        "paid_date": None,
        "reviewed_at": iso(order.reviewed_at),
        "origin_id": order.origin_id,
        "origin_code": order.origin_code,
        "origin_data": order.origin_data,
        "currency_configuration": {"currency_iso_code": "USD", "base_currency_iso_code": "USD"},
        "custom_fields": {},
        "created_at": iso(order.created_at),
        "updated_at": iso(order.updated_at),
        "deleted_at": iso(order.deleted_at),
    }


def _package_show(state: State, project: Project, order: ChangeOrder) -> Row:
    left_out = {"amount", "extended_type", "change_event_line_item", "company", "project", "tax_code_id"}
    left_out |= {"origin_id", "origin_data", "created_at", "updated_at"}
    lines = []
    for line in order.lines.values():
        row = line_row(state, project, line, ("ChangeOrderPackage", order.id))
        lines.append({key: value for key, value in row.items() if key not in left_out} | {"markup_line_items": []})
    kind = "PrimeContractChangeOrder" if order.id in project.prime_changes else "CommitmentContractChangeOrder"
    more = {"type": kind, "description": order.description, "line_items": lines}
    return _package_row(order) | more | {"private": False, "attachments": []}


def _package(ask: Ask) -> tuple[Project, ChangeOrder]:
    project = ask.project()
    order = (project.change_orders | project.prime_changes).get(ask.path_id("id"))
    if order is None or order.deleted_at is not None:
        raise not_found()
    return project, order


def _list_packages(ask: Ask) -> Listing[ChangeOrder]:
    project = ask.project()
    orders = undeleted(ask, (*project.change_orders.values(), *project.prime_changes.values()))
    if "contract_id" in ask.query:
        contract_id = ask.number("contract_id")
        if contract_id not in project.commitments and contract_id not in project.prime_contracts:
            raise not_found()
        orders = [order for order in orders if order.contract_id == contract_id]
    return Listing(chosen(ask, orders), _package_row)


def _get_package(ask: Ask) -> Answer:
    project, order = _package(ask)
    return Answer(_package_show(ask.state, project, order))


def _patch_package(ask: Ask) -> Answer:
    project, order = _package(ask)
    change_header(ask.state, order, ask.wrapped("change_order"))
    return Answer(_package_show(ask.state, project, order))


def _change_row(order: ChangeOrder) -> Row:
    return {
        "id": order.change_id,
        "batch_id": None,
        "contract_id": order.contract_id,
        "legacy_package_id": order.id,
        "legacy_request_id": None,
        "number": order.number,
        "title": order.title,
        "description": order.description,
        "revision": 0,
        "status": order.status,
        "type": "CommitmentContractChangeOrder",
        "grand_total": short(total(order.lines.values())),
        "executed": order.executed,
        "paid": False,
        "private": False,
        "signature_required": False,
        "due_date": day(order.due_date),
        "invoiced_date": None,
        "reviewed_at": iso(order.reviewed_at),
        "currency_configuration": {"currency_iso_code": "USD"},
        "created_at": iso(order.created_at),
        "updated_at": iso(order.updated_at),
    }


def _list_changes(ask: Ask) -> Answer:
    """Answer the project-level list, which has no pages and no keys; its ids are not those of the packages.

    Projects with three tiers have no such list.
    """
    project = ask.project()
    if project.tiers > MOST_TIERS:
        raise bad_request("This endpoint is available to projects with 1 or 2 tiers of change orders only")
    living = [order for order in project.change_orders.values() if order.deleted_at is None]
    found = chosen(
        ask,
        living,
        id=lambda order: order.change_id,
        contract_id=lambda order: order.contract_id,
        legacy_package_id=lambda order: order.id,
        status=lambda order: order.status,
        executed=lambda order: str(order.executed).lower(),
        vendor_id=lambda order: project.commitments[order.contract_id].vendor_id,
    )
    return Answer([_change_row(order) for order in found])


def _change_lines(ask: Ask) -> Listing[ChangeLine]:
    ask.company()
    project = ask.project()
    change_id = ask.path_id("commitment_change_order_id")
    order = next((one for one in project.change_orders.values() if one.change_id == change_id), None)
    if order is None or order.deleted_at is not None:
        raise not_found()

    def row(line: ChangeLine) -> Row:
        wbs = short_wbs(ask.state, project, project.wbs_codes[line.wbs_code_id])
        return {
            "id": str(line.id),
            "commitment_line_item_id": None if line.commitment_line_id is None else str(line.commitment_line_id),
            "prime_line_item_id": None,
            "description": line.description,
            "quantity": None if line.quantity is None else number(line.quantity),
            "unit_cost": None if line.unit_cost is None else short(line.unit_cost),
            "uom": line.uom or None,
            "amount": short(line.amount),
            "extended_type": line.extended_type,
            "position": line.position,
            "tax_code_id": None,
            "wbs_code_id": str(line.wbs_code_id),
            "wbs_code": {**wbs, "id": str(wbs["id"])},
        }

    return Listing(list(order.lines.values()), row, USUAL_PER_PAGE_V2, MOST_PER_PAGE_V2, enveloped=True)


_V2 = "/rest/v2.0/companies/{company_id}/projects/{project_id}"

ROUTES = (
    Route("GET", "/rest/v1.0/change_order_packages", _list_packages),
    Route("GET", "/rest/v1.0/change_order_packages/{id}", _get_package),
    Route("PATCH", "/rest/v1.0/change_order_packages/{id}", _patch_package),
    Route("GET", "/rest/v1.0/projects/{project_id}/commitment_change_orders", _list_changes),
    Route(
        "GET",
        f"{_V2}/commitment_change_orders/{{commitment_change_order_id}}/line_items",
        _change_lines,
        shape="error",
    ),
)
