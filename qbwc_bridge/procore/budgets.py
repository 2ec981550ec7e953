"""The budget of a project: its lock, its budgeted rows, the approved budget changes, and the forecasts beside them."""

import datetime as dt
from dataclasses import replace

from qbwc_bridge.domain.procore import Budget, BudgetChange, BudgetCode, BudgetRow
from qbwc_bridge.domain.procore_billing import Forecast
from qbwc_bridge.domain.shown import Partly
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore import payloads
from qbwc_bridge.procore.client import NOT_THERE, Client, Params
from qbwc_bridge.procore.paging import as_list, rows
from qbwc_bridge.procore.payloads import parse, plain
from qbwc_bridge.procore.wbs import all_codes, budget_code


def budget(client: Client, project_id: int) -> Budget:
    """Read the budget; raises ProcoreError when the project has no budget view, through which Procore shows rows."""
    path = f"/rest/v1.0/projects/{project_id}/budget"
    lock = parse(payloads.BudgetLock, client.get(path, f"reading the budget of project {project_id}"), "budget")
    views = budget_views(client, project_id)
    found = _rows(client, project_id, views)
    codes = {} if all(row.wbs_code and row.wbs_code.segment_items for row in found) else _codes(client, project_id)
    return Budget(
        project_id=project_id,
        locked=lock.locked,
        rows=tuple(_row(row, codes, project_id) for row in found),
        changes=_changes(client, project_id),
        notices=_several(views),
    )


def forecasts(client: Client, project_id: int) -> Partly[Forecast]:
    """Read the forecast to complete of each budgeted row, from its fixed key; raises like `budget`.

    Display columns are never read: their names are the customer's.
    """
    found = [(row, row.budget_forecast) for row in _rows(client, project_id, budget_views(client, project_id))]
    told = [(row, forecast) for row, forecast in found if forecast is not None]
    refused: list[str] = []
    set_by_people = any(not forecast.automatically_calculated for _, forecast in told)
    days = _days(client, project_id, refused) if set_by_people else {}
    given: Partly[Forecast] = Partly(refused=refused)
    for row, forecast in told:
        manual = not forecast.automatically_calculated
        amount = forecast.amount
        if amount is None:
            amount = forecast.manual_amount if manual else forecast.automatic_amount
        code_id = _code_id(row)
        if amount is None:
            continue
        if code_id is None:
            raise _no_code(row, project_id)
        changed = days.get(forecast.id) if manual else None
        given.append(Forecast(budget_code_id=code_id, to_complete=plain(amount), manual=manual, changed=changed))
    return given


def _days(client: Client, project_id: int, refused: list[str]) -> dict[int | None, dt.date]:
    """Give the last change of each itemized forecast, by the forecast's id; a lump sum has no items and no day.

    Where Procore does not show them, only the days are missing, which `refused` then says.
    """
    doing = f"reading the items of the forecasts of project {project_id}"
    try:
        content = client.get(f"/rest/v1.0/projects/{project_id}/manual_forecast_line_items", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        refused.append(f"It is not known when forecasts were last changed: {error}")
        return {}
    days: dict[int | None, dt.date] = {}
    for row in as_list(content, doing):
        item = parse(payloads.ForecastItemRow, row, "forecast item")
        if item.updated_at is not None:
            key = item.budget_forecast_id
            days[key] = max(item.updated_at, days.get(key, item.updated_at))
    return days


def budget_views(client: Client, project_id: int) -> list[payloads.BudgetViewRow]:
    """Read the project's budget views, the one that is used first.

    Every view gives the fixed keys; a forecasting view costs Procore the most to reckon, the oldest changes least.
    """
    doing = f"reading the budget views of project {project_id}"
    found = rows(client, "/rest/v1.0/budget_views", doing, [("project_id", project_id)])
    views = [parse(payloads.BudgetViewRow, row, "budget view") for row in found]
    return sorted(views, key=lambda view: ("forecast" in view.role.casefold(), view.id))


def _several(views: list[payloads.BudgetViewRow]) -> tuple[str, ...]:
    if len(views) <= 1:
        return ()
    used = views[0].name or views[0].id
    told = f"The project has {len(views)} budget views; its budget is read through {used}: amounts are alike in all."
    return (told,)


def _rows(client: Client, project_id: int, views: list[payloads.BudgetViewRow]) -> list[payloads.BudgetRow]:
    doing = f"reading the budget rows of project {project_id}"
    params: Params = [("project_id", project_id)]
    if not views:
        raise ProcoreError(
            f"Project {project_id} has no budget view in Procore, so its budget cannot be read; a Procore company "
            "administrator must assign a budget view to the project."
        )
    path = f"/rest/v1.0/budget_views/{views[0].id}/detail_rows"
    found = rows(client, path, doing, [*params, ("budget_row_type", "budgeted")])
    parsed = [parse(payloads.BudgetRow, row, "budget row") for row in found]
    return [row for row in parsed if row.id is not None]


def _row(row: payloads.BudgetRow, codes: dict[int, BudgetCode], project_id: int) -> BudgetRow:
    sub_job = row.biller_type != "Project"
    if row.wbs_code and row.wbs_code.segment_items:
        code = budget_code(row.wbs_code, sub_job=sub_job)
    else:
        known = codes.get(_code_id(row) or 0)
        if known is None:
            raise _no_code(row, project_id)
        code = replace(known, other_segments=known.other_segments or sub_job)
    return BudgetRow(
        code=code, original=plain(row.original_budget_amount), modifications=plain(row.budget_modifications)
    )


def _code_id(row: payloads.BudgetRow) -> int | None:
    return row.wbs_code.id if row.wbs_code else row.wbs_code_id


def _no_code(row: payloads.BudgetRow, project_id: int) -> ProcoreError:
    return ProcoreError(
        f"Budget row {row.id} of project {project_id} has no budget code that Procore lists (wbs_code_id "
        f"{_code_id(row)}); a Procore project administrator must look at that row."
    )


def _codes(client: Client, project_id: int) -> dict[int, BudgetCode]:
    return {code_id: code for code_id, (code, _) in all_codes(client, project_id).items()}


def _changes(client: Client, project_id: int) -> tuple[BudgetChange, ...]:
    path = f"/rest/v1.0/projects/{project_id}/budget_changes"
    doing = f"reading the budget changes of project {project_id}"
    found = [parse(payloads.BudgetChangeRow, row, "budget change") for row in as_list(client.get(path, doing), doing)]
    return tuple(_change(client, path, row.id) for row in found if row.status == "approved")


def _change(client: Client, path: str, change_id: int) -> BudgetChange:
    content = client.get(f"{path}/{change_id}", f"reading budget change {change_id}")
    row = parse(payloads.BudgetChangeShow, content.get("data") if isinstance(content, dict) else None, "budget change")
    amounts = []
    for line in row.adjustment_line_items:
        code_id = line.wbs_code.id if line.wbs_code else line.wbs_code_id
        if code_id is None:
            raise ProcoreError(
                f"Budget change {row.number or row.id} of the project has a line without a budget code; correct it in "
                "Procore's Budget tool."
            )
        amounts.append((code_id, plain(line.amount)))
    return BudgetChange(id=row.id, number=row.number, title=row.title, amounts=tuple(amounts))
