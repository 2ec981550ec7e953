"""The budget of a project: its lock, its budgeted rows, the approved budget changes, and the forecasts beside them."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus

from qbwc_bridge.domain.money import cents
from qbwc_bridge.domain.procore import BudgetChange, BudgetCode, BudgetRow
from qbwc_bridge.domain.procore_billing import Forecast
from qbwc_bridge.domain.reading import BudgetRead, CodeBook
from qbwc_bridge.domain.shown import FORECAST_DAYS, VIEWS
from qbwc_bridge.errors import BadRecord, ProcoreError
from qbwc_bridge.procore import payloads
from qbwc_bridge.procore.client import NOT_THERE, Client, Params
from qbwc_bridge.procore.paging import rows, unpaged
from qbwc_bridge.procore.payloads import parse, plain
from qbwc_bridge.procore.wbs import budget_code


def locked(client: Client, project_id: int) -> bool:
    """Read the lock of the budget."""
    path = f"/rest/v1.0/projects/{project_id}/budget"
    content = client.get(path, f"reading the budget of project {project_id}")
    return parse(payloads.BudgetLock, content, "budget").locked


def budget_rows(
    client: Client, project_id: int, book: CodeBook, view_id: int | None = None, known: Sequence[Forecast] = ()
) -> BudgetRead:
    """Read the budgeted rows with their forecasts, and unbudgeted codes, from fixed keys through a budget view.

    Display columns are never read: their names are the customer's. `view_id` is the view used before. The days of
    forecasts are read only where one differs from those `known`. Raises ProcoreError when the project has no view.
    """
    notices: dict[str, str] = {}
    try:
        view_id = _view(client, project_id, notices) if view_id is None else view_id
        found = _rows(client, project_id, view_id)
    except ProcoreError as error:
        if view_id is None or error.status != HTTPStatus.NOT_FOUND:
            raise
        view_id = _view(client, project_id, notices)  # the view used before was taken away
        found = _rows(client, project_id, view_id)
    budgeted = [row for row in found if row.id is not None]
    return BudgetRead(
        view_id,
        rows=tuple(_row(row, book, project_id) for row in budgeted),
        forecasts=tuple(_forecasts(client, project_id, budgeted, known, notices)),
        unbudgeted=tuple(code for row in found if row.id is None and (code := _code(row, book))),
        notices=notices,
    )


def _forecasts(
    client: Client,
    project_id: int,
    found: list[payloads.BudgetRow],
    known: Sequence[Forecast],
    notices: dict[str, str],
) -> Iterator[Forecast]:
    days_known = {replace(each, changed=None): each.changed for each in known}
    told = [
        (row.budget_forecast.id, forecast)
        for row in found
        if row.budget_forecast and (forecast := _forecast(row, project_id))
    ]
    unknown = any(each.manual and each not in days_known for _, each in told)
    days = _days(client, project_id, notices) if unknown else {}
    for forecast_id, each in told:
        if not each.manual:
            yield each
        else:
            yield replace(each, changed=days.get(forecast_id) if unknown else days_known[each])


def _forecast(row: payloads.BudgetRow, project_id: int) -> Forecast | None:
    """Read the forecast of a row, without its day."""
    forecast = row.budget_forecast
    if forecast is None:
        return None
    manual = not forecast.automatically_calculated
    amount = forecast.amount
    if amount is None:
        amount = forecast.manual_amount if manual else forecast.automatic_amount
    if amount is None:
        return None
    code_id = _code_id(row)
    if code_id is None:
        raise _no_code(row, project_id)
    return Forecast(budget_code_id=code_id, to_complete=plain(amount), manual=manual)


def _days(client: Client, project_id: int, notices: dict[str, str]) -> dict[int | None, dt.date]:
    """Give the last change of each itemized forecast, by the forecast's id; a lump sum has no items and no day.

    Where Procore does not show them, only the days are missing, which `notices` then say.
    """
    doing = f"reading the items of the forecasts of project {project_id}"
    try:
        listed = unpaged(client, f"/rest/v1.0/projects/{project_id}/manual_forecast_line_items", doing)
    except ProcoreError as error:
        if error.status not in NOT_THERE:
            raise
        notices[FORECAST_DAYS] = f"It is not known when forecasts were last changed: {error}"
        return {}
    notices[FORECAST_DAYS] = ""
    days: dict[int | None, dt.date] = {}
    for row in listed:
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


def _view(client: Client, project_id: int, notices: dict[str, str]) -> int:
    views = budget_views(client, project_id)
    if not views:
        raise ProcoreError(
            f"Project {project_id} has no budget view in Procore, so its budget cannot be read; a Procore company "
            "administrator must assign a budget view to the project."
        )
    used = views[0].name or views[0].id
    told = f"The project has {len(views)} budget views; its budget is read through {used}: amounts are alike in all."
    notices[VIEWS] = told if len(views) > 1 else ""
    return views[0].id


def _rows(client: Client, project_id: int, view_id: int) -> list[payloads.BudgetRow]:
    doing = f"reading the budget rows of project {project_id}"
    params: Params = [("project_id", project_id), ("budget_row_type", "all")]
    found = rows(client, f"/rest/v1.0/budget_views/{view_id}/detail_rows", doing, params)
    return [parse(payloads.BudgetRow, row, "budget row") for row in found]


def _code(row: payloads.BudgetRow, book: CodeBook) -> BudgetCode | None:
    """Give the budget code of a row, from its segments where it has them."""
    sub_job = row.biller_type != "Project"
    if row.wbs_code and row.wbs_code.segment_items:
        return budget_code(row.wbs_code, sub_job=sub_job)
    known = book.get(_code_id(row) or 0)
    return replace(known, other_segments=known.other_segments or sub_job) if known else None


def _row(row: payloads.BudgetRow, book: CodeBook, project_id: int) -> BudgetRow:
    code = _code(row, book)
    if code is None:
        raise _no_code(row, project_id)
    return BudgetRow(
        code=code, original=plain(row.original_budget_amount), modifications=plain(row.budget_modifications)
    )


def _code_id(row: payloads.BudgetRow) -> int | None:
    return row.wbs_code.id if row.wbs_code else row.wbs_code_id


def _no_code(row: payloads.BudgetRow, project_id: int) -> BadRecord:
    return BadRecord(
        f"Budget row {row.id} of project {project_id} has no budget code that Procore lists (wbs_code_id "
        f"{_code_id(row)}); a Procore project administrator must look at that row."
    )


def budget_changes(client: Client, project_id: int, known: Sequence[BudgetChange] = ()) -> list[BudgetChange]:
    """Read the approved budget changes; one whose number, title and amount are as `known` is not read line by line."""
    path = f"/rest/v1.0/projects/{project_id}/budget_changes"
    doing = f"reading the budget changes of project {project_id}"
    listed = unpaged(client, path, doing, [("exclude_custom_fields", "true")])
    found = [parse(payloads.BudgetChangeRow, row, "budget change") for row in listed]
    before = {change.id: change for change in known}
    return [
        before[row.id] if _same(row, before.get(row.id)) else _change(client, path, row.id)
        for row in found
        if row.status == "approved"
    ]


def _same(row: payloads.BudgetChangeRow, change: BudgetChange | None) -> bool:
    if change is None or row.amount is None:
        return False
    return (row.number, row.title, cents(row.amount)) == (change.number, change.title, change.amount())


def _change(client: Client, path: str, change_id: int) -> BudgetChange:
    content = client.get(f"{path}/{change_id}", f"reading budget change {change_id}")
    row = parse(payloads.BudgetChangeShow, content.get("data") if isinstance(content, dict) else None, "budget change")
    amounts = []
    for line in row.adjustment_line_items:
        code_id = line.wbs_code.id if line.wbs_code else line.wbs_code_id
        if code_id is None:
            raise BadRecord(
                f"Budget change {row.number or row.id} of the project has a line without a budget code; correct it in "
                "Procore's Budget tool."
            )
        amounts.append((code_id, plain(line.amount)))
    return BudgetChange(id=row.id, number=row.number, title=row.title, amounts=tuple(amounts))
