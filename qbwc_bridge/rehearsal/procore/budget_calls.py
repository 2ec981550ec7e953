"""The calls of the budget: lock state, view, rows, forecasts, budget changes with adjustments, and modifications."""

from qbwc_bridge.rehearsal.procore.budget import BudgetRow, rows
from qbwc_bridge.rehearsal.procore.lines import short_wbs
from qbwc_bridge.rehearsal.procore.problems import bad_request, not_found
from qbwc_bridge.rehearsal.procore.records import Adjustment, BudgetChange, BudgetTransfer, BudgetView, Project
from qbwc_bridge.rehearsal.procore.state import SERVICE_USER_ID, State
from qbwc_bridge.rehearsal.procore.values import ZERO, Row, fixed, iso, number
from qbwc_bridge.rehearsal.procore.wbs_calls import wbs_row
from qbwc_bridge.rehearsal.procore.wire import (
    MOST_PER_PAGE_V2,
    USUAL_PER_PAGE_V2,
    Answer,
    Ask,
    Listing,
    Route,
)

LEVELS = 5
"""Columns `cost_code_level_1` to `_5` of a detail row."""


def _budget(ask: Ask) -> Answer:
    return Answer({"locked": ask.project().budget_locked})


def _views(ask: Ask) -> Listing[BudgetView]:
    project = ask.project()

    def view_row(view: BudgetView) -> Row:
        base = f"/rest/v1.0/budget_views/{view.id}"
        links = {name: f"{base}/{name}?project_id={project.id}" for name in ("detail_rows", "summary_rows")}
        return {
            "id": view.id,
            "name": view.name,
            "description": "",
            "role": view.role,
            "created_by": {"id": SERVICE_USER_ID, "login": "service-account@example.com", "name": "Service Account"},
            "created_at": iso(project.created_at),
            "updated_at": iso(project.created_at),
            "links": links,
        }

    return Listing(project.views, view_row)


def _detail_rows(ask: Ask) -> Listing[BudgetRow]:
    project = ask.project()
    if ask.path_id("budget_view_id") not in [view.id for view in project.views]:
        raise not_found()
    wanted = ask.query.get("budget_row_type", "budgeted")
    if wanted not in ("budgeted", "unbudgeted", "all"):
        raise bad_request("Bad Request", budget_row_type="must be budgeted, unbudgeted or all")
    found = [
        row
        for row in rows(ask.state, project)
        if wanted == "all" or (row.budget_line_id is not None) == (wanted == "budgeted")
    ]
    codes, types = ask.values("cost_code_id"), ask.values("category_id")
    if codes is not None:
        found = [row for row in found if str(project.wbs_codes[row.wbs_code_id].cost_code_id) in codes]
    if types is not None:
        found = [row for row in found if str(project.wbs_codes[row.wbs_code_id].cost_type_id) in types]
    return Listing(found, lambda row: _detail_row(ask.state, project, row))


def _detail_row(state: State, project: Project, row: BudgetRow) -> Row:
    wbs = project.wbs_codes[row.wbs_code_id]
    cost_code, cost_type = project.cost_codes[wbs.cost_code_id], state.cost_types[wbs.cost_type_id]
    path = [cost_code]
    while path[0].parent_id is not None:
        path.insert(0, project.cost_codes[path[0].parent_id])
    labels = [f"{one.full_code} - {one.name}" for one in path]
    budgeted = row.budget_line_id is not None
    figures = {
        "approved_changes": row.approved_changes,
        "revised": row.revised,
        "committed": row.committed,
        "direct_costs": row.direct_costs,
        "to_date": row.direct_costs + row.invoiced,
    }
    return {
        "id": row.budget_line_id,
        "budget_row_id": f"{project.id}-{wbs.id}",
        "wbs_code_id": wbs.id,
        "wbs_code": wbs_row(state, project, wbs),
        "biller": project.name,
        "biller_id": project.id,
        "biller_type": "Project",
        "company": state.company_name,
        "company_id": state.company_id,
        "project": project.name,
        "project_id": project.id,
        "root_cost_code": labels[0],
        "root_cost_code_id": path[0].id,
        "cost_code": labels[-1],
        "cost_code_id": cost_code.id,
        "cost_code_origin_id": cost_code.origin_id,
        **{f"cost_code_level_{n + 1}": labels[n] if n < len(labels) else None for n in range(LEVELS)},
        "category": cost_type.name,
        "category_id": cost_type.id,
        "uom": None,
        "unit_cost": None,
        "quantity": None,
        "calculation_strategy": "manual",
        "original_budget_amount": fixed(row.original),
        "budget_modifications": fixed(row.modifications),
        "budget_forecast": _forecast(project, row),
        "budgeted": budgeted,
        "budgetable": True,
        "deletable": budgeted and not row.committed and not row.direct_costs,
        "unbudgeted_reason": None if budgeted else "no_budget_line_item",
        "currency_configuration": {"currency_iso_code": "USD"},
        **{column: fixed(figures[source]) for source, column in state.budget_columns.items()},
    }


def _forecast(project: Project, row: BudgetRow) -> Row:
    forecast = project.forecasts.get(row.wbs_code_id)
    strategy = "automatic_amount" if forecast is None else "manual_amount"
    return {
        "id": None if forecast is None else forecast.id,
        "amount": fixed(row.forecast),
        "automatic_amount": fixed(row.automatic_forecast),
        "manual_amount": fixed(ZERO if forecast is None else forecast.amount),
        "automatically_calculated": forecast is None,
        "calculation_strategy": strategy,
        "notes": None,
    }


def _forecast_items(ask: Ask) -> Answer:
    """Answer the items of forecasts, which has no pages; a lump sum has none."""
    project = ask.project()
    items = [
        {
            "id": forecast.item_id,
            "budget_line_item_id": project.budget_lines[wbs_id].id,
            "wbs_code_id": wbs_id,
            "budget_forecast_id": forecast.id,
            "project_id": project.id,
            "company_id": ask.state.company_id,
            "description": "",
            "quantity": 1,
            "uom": "ls",
            "unit_cost": fixed(forecast.amount),
            "amount": fixed(forecast.amount),
            "created_at": iso(forecast.created_at),
            "updated_at": iso(forecast.updated_at),
            "currency_configuration": {"currency_iso_code": "USD"},
        }
        for wbs_id, forecast in project.forecasts.items()
        if forecast.item_id is not None
    ]
    return Answer(items)


def _change_row(change: BudgetChange) -> Row:
    return {
        "id": change.id,
        "number": change.number,
        "status": change.status,
        "title": change.title,
        "description": "",
        "erp_status": "not_integrated",
        "prime_contract_id": None,
        "amount": number(sum((one.amount for one in change.adjustments), ZERO)),
        "change_event_line_item_ids": [],
        "currency_configuration": {"currency_iso_code": "USD"},
    }


def _changes(ask: Ask) -> Answer:
    return Answer({"data": [_change_row(change) for change in ask.project().budget_changes.values()]})


def _change(ask: Ask) -> Answer:
    project = ask.project()
    change = project.budget_changes.get(ask.path_id("id"))
    if change is None:
        raise not_found()
    lines = [
        {
            "id": adjustment.id,
            "ref": f"item{adjustment.id}",
            "adjustment_number": position,
            "wbs_code": short_wbs(ask.state, project, project.wbs_codes[adjustment.wbs_code_id]),
            "description": "",
            "comment": "",
            "calculation_strategy": "manual",
            "type": "budget_change",
            "uom": None,
            "quantity": None,
            "unit_cost": None,
            "amount": number(adjustment.amount),
            "change_event_line_item_id": None,
        }
        for position, adjustment in enumerate(change.adjustments, start=1)
    ]
    return Answer({"data": _change_row(change) | {"adjustment_line_items": lines, "production_quantities": []}})


def _adjustments(ask: Ask) -> Listing[tuple[BudgetChange, int, Adjustment]]:
    ask.company()
    project = ask.project()
    flat = [
        (change, position, adjustment)
        for change in project.budget_changes.values()
        for position, adjustment in enumerate(change.adjustments, start=1)
    ]

    def row(item: tuple[BudgetChange, int, Adjustment]) -> Row:
        change, position, adjustment = item
        return {
            "id": str(adjustment.id),
            "adjustment_number": position,
            "amount": number(adjustment.amount),
            "budget_change_id": str(change.id),
            "budget_change_name": change.title,
            "budget_change_number": str(change.number),
            "budget_change_status": change.status,
            "description": "",
            "quantity": None,
            "type": "budget_change",
            "uom": None,
            "wbs_code_id": str(adjustment.wbs_code_id),
        }

    return Listing(flat, row, USUAL_PER_PAGE_V2, MOST_PER_PAGE_V2, enveloped=True)


def _modifications(ask: Ask) -> Listing[BudgetTransfer]:
    def row(transfer: BudgetTransfer) -> Row:
        return {
            "id": transfer.id,
            "from_budget_line_item_id": transfer.from_line_id,
            "to_budget_line_item_id": transfer.to_line_id,
            "transfer_amount": fixed(transfer.amount),
            "notes": transfer.notes,
            "origin_id": transfer.origin_id,
            "origin_data": transfer.origin_data,
            "created_at": iso(transfer.created_at),
            "updated_at": iso(transfer.updated_at),
        }

    return Listing(list(ask.project().transfers.values()), row)


_V2 = "/rest/v2.0/companies/{company_id}/projects/{project_id}"

ROUTES = (
    Route("GET", "/rest/v1.0/projects/{project_id}/budget", _budget),
    Route("GET", "/rest/v1.0/budget_views", _views),
    Route("GET", "/rest/v1.0/budget_views/{budget_view_id}/detail_rows", _detail_rows),
    Route("GET", "/rest/v1.0/projects/{project_id}/budget_changes", _changes),
    Route("GET", "/rest/v1.0/projects/{project_id}/budget_changes/{id}", _change),
    Route("GET", f"{_V2}/budget_changes/adjustment_line_items", _adjustments, shape="error"),
    Route("GET", "/rest/v1.0/projects/{project_id}/budget_modifications", _modifications),
    Route("GET", "/rest/v1.0/projects/{project_id}/manual_forecast_line_items", _forecast_items),
)
