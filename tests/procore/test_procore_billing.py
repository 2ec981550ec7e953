"""Prime contracts, subcontractors' invoices and forecasts as Procore shows them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import httpx
import pytest

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore_billing import Forecast, InvoiceLine
from qbwc_bridge.errors import ProcoreError
from tests.procore.api import API, PROJECT, Api, ok

PRIME = "/rest/v1.0/prime_contracts"
INVOICES = "/rest/v1.1/requisitions"
VIEWS = "/rest/v1.0/budget_views"
ITEMS = f"/rest/v1.0/projects/{PROJECT}/manual_forecast_line_items"


def item(item_id: int, to_date: object, before: object, **more: Any) -> dict[str, Any]:
    """Make a line of an invoice."""
    shown = {"total_completed_and_stored_to_date": to_date, "total_completed_and_stored_to_date_from_previous": before}
    return {"id": item_id, "line_item_id": 500 + item_id, "wbs_code": {"id": 9000 + item_id}} | shown | more


def invoice(number: int, *items: dict[str, Any], billed: str, held: str, **more: Any) -> dict[str, Any]:
    """Make an invoice; `billed` and `held` are its summary's figures to date."""
    head: dict[str, Any] = {"id": 2**40 + number, "previous_requisition_id": 2**40 + number - 1 if number > 1 else None}
    head |= {"commitment_id": 401, "number": number, "invoice_number": f"A-{number}", "status": "approved"}
    head |= {"billing_date": f"2026-0{number}-28", "vendor_id": 301, "vendor_name": "Delta Grading"}
    summary = {"total_completed_and_stored_to_date": billed, "total_retainage": held, "current_payment_due": "1.00"}
    return head | {"summary": summary, "items": list(items)} | more


def api_with(path: str, *answers: httpx.Response) -> Api:
    """Script one list."""
    api = Api()
    api.on("GET", path, *answers)
    return api


def test_prime_contracts_are_read_with_original_and_revised_amount() -> None:
    """The original is the grand total, the revised one adds approved change orders where they are told."""
    head = {"id": 2**40, "number": "PC-1", "title": "Clinic", "grand_total": "500000.5", "retainage_percent": "10.0"}
    rows = [
        head | {"status": "Approved", "approved_change_orders": "-250.25"},
        {"id": 2, "status": "Draft", "grand_total": 100},
        {"id": 3, "status": "Approved", "grand_total": "7.0", "deleted_at": "2026-01-05T09:00:00Z"},
    ]
    first, draft = api_with(PRIME, ok(rows)).gateway().prime_contracts(PROJECT)
    assert (first.id, first.project_id, first.number, first.title) == (2**40, PROJECT, "PC-1", "Clinic")
    amounts = (first.original, first.revised, first.retainage_percent)
    assert amounts == (Decimal("500000.50"), Decimal("499750.25"), Decimal("10.00"))
    assert (draft.original, draft.revised) == (Decimal("100.00"), None)
    assert [each.in_force for each in (first, draft)] == [True, False]


def test_a_contract_whose_amount_is_hidden_is_told() -> None:
    """A contract without its amount is no contract of nothing."""
    api = api_with(PRIME, ok([{"id": 1, "number": "PC-1", "status": "Approved"}]))
    with pytest.raises(ProcoreError, match=r"Prime contract PC-1 .* has no amount"):
        api.gateway().prime_contracts(PROJECT)


@pytest.mark.parametrize("status", [403, 404])
def test_a_tool_that_is_switched_off_is_no_empty_list(status: int) -> None:
    """What the app may not see is told in a sentence that names it, whichever of the three lists it is."""
    api = Api()
    for path in (PRIME, INVOICES, VIEWS):
        api.on("GET", path, httpx.Response(status))
    gateway = api.gateway()
    for read, named in (
        (gateway.prime_contracts, "prime contracts"),
        (gateway.subcontractor_invoices, "subcontractor invoices"),
        (gateway.forecasts, "budget views"),
    ):
        with pytest.raises(ProcoreError, match=f"{named} of project.*administrator") as told:
            read(PROJECT)
        assert told.value.status == status


def test_an_invoice_claims_what_is_new_on_it() -> None:
    """A line claims its figure to date less that of the invoice before; retainage likewise; idle lines are left out."""
    rows = [
        invoice(2, item(1, "900.10", "500.00"), item(2, "70.0", "70.00"), billed="970.10", held="47.01"),
        invoice(1, item(1, "500.0", "0.0"), item(2, "70.0", "0.0"), billed="570.00", held="57.0", status="draft"),
    ]
    api = api_with(INVOICES, ok(rows))
    second, first = api.gateway().subcontractor_invoices(PROJECT)
    assert api.calls(INVOICES)[0].url.params["view"] == "items"
    assert second.lines == (InvoiceLine(Decimal("400.10"), 9001, 501),)
    assert (second.amount(), second.retainage, second.retainage_to_date) == (
        Decimal("400.10"),
        Decimal("-9.99"),
        Decimal("47.01"),
    )
    assert (second.invoice_number, second.number, second.commitment_id, second.approved) == ("A-2", 2, 401, True)
    assert (second.billing_date, second.vendor_id, second.vendor_name) == (dt.date(2026, 2, 28), 301, "Delta Grading")
    assert (first.amount(), first.retainage, first.unexplained) == (Decimal("570.00"), Decimal("57.00"), ZERO)
    assert not first.approved


def test_all_pages_of_invoices_are_read() -> None:
    """However few invoices a page holds, the links lead through all of them, and the chain goes on over pages."""

    def page(number: int) -> httpx.Response:
        link = f'<{API}{INVOICES}?page={number + 1}&per_page=30>; rel="next"'
        row = invoice(number, item(1, f"{number}00.0", f"{number - 1}00.0"), billed=f"{number}00.0", held=f"{number}.0")
        return ok([row], **({"Link": link} if number < 3 else {}))

    found = api_with(INVOICES, page(1), page(2), page(3)).gateway().subcontractor_invoices(PROJECT)
    assert [(each.amount(), each.retainage) for each in found] == [(Decimal("100.00"), Decimal("1.00"))] * 3


def test_what_cannot_be_told_stays_open() -> None:
    """Retainage without the invoice before is None, not the whole of it; a summary beyond the lines is shown."""
    lonely = invoice(5, item(1, "900.0", "500.0"), billed="950.00", held="47.0")
    unlinked = invoice(6, item(1, "900.0", "500.0"), billed="900.00", held="47.0", previous_requisition_id=None)
    bare = invoice(7, item(1, "900.0", "500.0"), billed="900.00", held="47.0", summary=None)
    found = api_with(INVOICES, ok([lonely, unlinked])).gateway().subcontractor_invoices(PROJECT)
    assert [(each.retainage, each.unexplained) for each in found] == [(None, Decimal("50.00")), (None, ZERO)]
    (alone,) = api_with(INVOICES, ok([bare])).gateway().subcontractor_invoices(PROJECT)
    assert (alone.retainage, alone.retainage_to_date, alone.unexplained) == (None, None, ZERO)


def test_a_line_without_figures_to_date_claims_its_gross_amount() -> None:
    """The gross amount stands in, a whole change order has no code, and a line without any amount is told."""
    gross = item(1, None, None, gross_amount="12.5", wbs_code=None, line_item_id=None)
    (found,) = (
        api_with(INVOICES, ok([invoice(1, gross, billed="12.5", held="0")])).gateway().subcontractor_invoices(PROJECT)
    )
    assert (found.lines, found.unexplained) == ((InvoiceLine(Decimal("12.50")),), ZERO)
    silent = api_with(INVOICES, ok([invoice(1, item(1, "5.0", None), billed="5.0", held="0")]))
    with pytest.raises(ProcoreError, match=r"subcontractor invoice A-1 .* has no amount"):
        silent.gateway().subcontractor_invoices(PROJECT)


def forecast_row(row_id: int, forecast: object, **more: Any) -> dict[str, Any]:
    """Make a detail row; display columns with telling names are there to be passed over."""
    columns = {"Forecast To Complete": "99999.00", "Estimated Cost at Completion": "x"}
    amounts = {"original_budget_amount": "100.0", "budget_modifications": "0.0"}
    return {"id": row_id, "wbs_code_id": 9000 + row_id, "budget_forecast": forecast} | amounts | columns | more


def forecast_api(*rows: dict[str, Any]) -> Api:
    """Script two budget views, of which the forecasting one must not be read."""
    api = Api()
    api.on("GET", VIEWS, ok([{"id": 1, "role": "forecasting"}, {"id": 701, "role": "project"}]))
    api.on("GET", f"{VIEWS}/701/detail_rows", ok(list(rows)))
    return api


def forecast(forecast_id: int | None, amount: object, *, manual: bool, **more: Any) -> dict[str, Any]:
    """Make the forecast of a row."""
    return {"id": forecast_id, "amount": amount, "automatically_calculated": not manual} | more


def test_forecasts_are_read_from_their_fixed_key() -> None:
    """Who set them, and the last change of an itemized one, are told; rows without a forecast give none."""
    api = forecast_api(
        forecast_row(1, forecast(71, "46000.1", manual=True)),
        forecast_row(2, forecast(72, None, manual=True, manual_amount="5.0", automatic_amount="6.0")),
        forecast_row(3, forecast(None, None, manual=False, manual_amount="7.0", automatic_amount=8.5)),
        forecast_row(4, None),
        forecast_row(5, forecast(75, None, manual=True)),
    )
    days = [{"budget_forecast_id": 71, "updated_at": f"2026-03-0{day}T23:00:00Z"} for day in (2, 4, 3)]
    api.on("GET", ITEMS, ok([*days, {"budget_forecast_id": None, "updated_at": "2026-05-01"}, {}]))
    assert api.gateway().forecasts(PROJECT) == [
        Forecast(9001, Decimal("46000.10"), manual=True, changed=dt.date(2026, 3, 4)),
        Forecast(9002, Decimal("5.00"), manual=True),
        Forecast(9003, Decimal("8.50"), manual=False),
    ]


def test_forecasts_that_procore_reckoned_need_no_day() -> None:
    """Where nobody set a forecast, the items are not asked for."""
    api = forecast_api(forecast_row(1, forecast(None, "0.0", manual=False)))
    assert [each.manual for each in api.gateway().forecasts(PROJECT)] == [False]
    assert not api.calls(ITEMS)


def test_without_the_items_a_forecast_has_no_day_but_a_fault_is_told() -> None:
    """A missing list of items costs the days only; a failure of Procore is none."""
    api = forecast_api(forecast_row(1, forecast(71, "5.0", manual=True)))
    api.on("GET", ITEMS, httpx.Response(403))
    assert api.gateway().forecasts(PROJECT) == [Forecast(9001, Decimal("5.00"), manual=True)]
    api.on("GET", ITEMS, httpx.Response(500))
    with pytest.raises(ProcoreError, match="items of the forecasts"):
        api.gateway().forecasts(PROJECT)


def test_a_forecast_on_no_code_is_told() -> None:
    """A forecast must belong to a budget code."""
    api = forecast_api(forecast_row(1, forecast(None, "5.0", manual=False), wbs_code_id=None))
    with pytest.raises(ProcoreError, match="no budget code that Procore lists"):
        api.gateway().forecasts(PROJECT)
