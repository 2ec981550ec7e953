import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.rehearsal.procore import InvoiceLine
from tests.rehearsal.procore_desk import Desk, desk, line, project
from tests.support import DEEP, shared_dir

INVOICES = "/rest/v1.1/requisitions"
CENTS = st.integers(-5_000_000, 5_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
CLAIMS = st.lists(st.tuples(CENTS, CENTS, st.none() | CENTS, CENTS), max_size=4)


def _subcontract(made: Desk, project_id: int, *amounts: str) -> tuple[int, list[int]]:
    lines = [line("03-300.M", amount) for amount in amounts]
    contract = made.procore.add_subcontract(project_id, "SC1", "Slab", None, lines, retainage_percent=Decimal(10))
    return contract, made.procore.commitment_lines(contract)


def _row(made: Desk, project_id: int, code: str) -> dict[str, Any]:
    view = made.get("/rest/v1.0/budget_views", project_id=project_id)[0]["id"]
    rows = made.get(f"/rest/v1.0/budget_views/{view}/detail_rows", project_id=project_id, budget_row_type="all")
    return next(row for row in rows if row["wbs_code"]["flat_code"] == code)


@settings(max_examples=100 if DEEP else 15, deadline=None)
@given(claims=CLAIMS)
def test_figures_to_date_go_on_from_invoice_to_invoice(
    claims: list[tuple[Decimal, Decimal, Decimal | None, Decimal]],
) -> None:
    """Each invoice begins where the one before ended; its summary is the sum of its lines, to the cent."""
    made = desk(spike_limit=10_000)
    project_id = project(made)
    contract, (first, second) = _subcontract(made, project_id, "1000.00", "500.00")
    for number, (work, stored, retained, released) in enumerate(claims, 1):
        claim = InvoiceLine(first, work, stored, retained, released)
        made.procore.add_subcontractor_invoice(contract, f"A-{number}", [claim, InvoiceLine(second, Decimal(1))])
    rows = made.get(INVOICES, project_id=project_id, view="items")
    assert [row["number"] for row in rows] == list(range(1, len(claims) + 1))
    before: dict[str, Any] | None = None
    for row in rows:
        summary, items = row["summary"], row["items"]
        billed = sum(Decimal(item["total_completed_and_stored_to_date"]) for item in items)
        assert billed == Decimal(summary["total_completed_and_stored_to_date"])
        gross = sum(Decimal(item["gross_amount"]) for item in items)
        held = Decimal(summary["total_retainage"]) - Decimal(before["summary"]["total_retainage"] if before else 0)
        assert gross - held == Decimal(summary["current_payment_due"])
        assert gross - held == sum(Decimal(item["net_amount"]) for item in items)
        assert row["previous_requisition_id"] == (before["id"] if before else None)
        for at, item in enumerate(items):
            name = "total_completed_and_stored_to_date"
            assert item[f"{name}_from_previous"] == (before["items"][at][name] if before else "0.0")
        before = row


def test_retainage_is_the_contracts_percent_unless_said_otherwise() -> None:
    """Ten percent of what is claimed, stored materials once; a line nobody claims stays as it was."""
    made = desk()
    project_id = project(made)
    contract, (first, second) = _subcontract(made, project_id, "1000.00", "500.00")
    made.procore.add_subcontractor_invoice(contract, "A-1", [InvoiceLine(first, Decimal(100), Decimal(50))])
    made.procore.add_subcontractor_invoice(
        contract, "A-2", [InvoiceLine(second, Decimal(200), retained=Decimal(0), released=Decimal(5))]
    )
    one, two = made.get(INVOICES, project_id=project_id, view="items")
    assert (one["summary"]["total_retainage"], two["summary"]["total_retainage"]) == ("15.0", "10.0")
    assert [item["gross_amount"] for item in two["items"]] == ["0.0", "200.0"]
    assert [row["total_claimed_amount"] for row in (one, two)] == ["150.0", "200.0"]


def test_change_orders_are_billed_once_approved() -> None:
    """Lines of approved change orders can be billed by name; those of others, and of other contracts, are refused."""
    made = desk()
    project_id = project(made)
    contract, _ = _subcontract(made, project_id, "1000.00")
    approved = made.procore.add_change_order(contract, "1", "More", [line("09-250.M", "50.00")])
    pending = made.procore.add_change_order(contract, "2", "Maybe", [line("09-250.M", "60.00")], status="pending")
    (change,), (waiting,) = (made.procore.change_order_lines(each) for each in (approved, pending))
    made.procore.add_subcontractor_invoice(contract, "A-1", [InvoiceLine(change, Decimal(25))])
    items = made.get(INVOICES, project_id=project_id, view="extended")[0]["items"]
    shown = [(item["item_type"], item["gross_amount"], item["wbs_code"]["flat_code"]) for item in items]
    assert shown == [("contract_item", "0.0", "03-300.M"), ("change_order_item", "25.0", "09-250.M")]
    for strange in (waiting, 1):
        with pytest.raises(ValueError, match="approved change orders"):
            made.procore.add_subcontractor_invoice(contract, "A-2", [InvoiceLine(strange, Decimal(1))])


def test_what_is_billed_stays_on_the_contract() -> None:
    """A line that an invoice shows cannot be taken off its contract, nor be claimed twice on one invoice."""
    made = desk()
    project_id = project(made)
    contract, (first, second) = _subcontract(made, project_id, "1000.00", "500.00")
    with pytest.raises(ValueError, match="claimed twice"):
        made.procore.add_subcontractor_invoice(contract, "A-1", [InvoiceLine(first, Decimal(1))] * 2)
    made.procore.delete_commitment_line(contract, second)
    made.procore.add_subcontractor_invoice(contract, "A-1", [InvoiceLine(first, Decimal(1))])
    with pytest.raises(ValueError, match="on a subcontractor's invoice"):
        made.procore.delete_commitment_line(contract, first)
    assert made.procore.commitment_lines(contract) == [first]


def test_invoices_are_listed_by_status_and_view() -> None:
    """Thirty to a page, lines only where the view has them, one by its id; impossible words are refused."""
    made = desk()
    project_id = project(made)
    contract, (first,) = _subcontract(made, project_id, "1000.00")
    ids = [
        made.procore.add_subcontractor_invoice(contract, f"A-{n}", [InvoiceLine(first, Decimal(n))], status="draft")
        for n in range(1, 35)
    ]
    made.procore.set_subcontractor_invoice_status(ids[0], "approved_as_noted")
    assert len(made.get(INVOICES, project_id=project_id)) == 30
    (row,) = made.get(INVOICES, project_id=project_id, filters={"status": "approved_as_noted"})
    assert (row["id"], "items" in row) == (ids[0], False)
    shown = made.get(f"{INVOICES}/{ids[0]}", project_id=project_id, view="items")
    assert shown == row | {"items": shown["items"]}
    assert made.call("GET", f"{INVOICES}/1", project_id=project_id).status_code == 404
    assert made.call("GET", INVOICES, project_id=project_id, view="all").status_code == 400
    with pytest.raises(ValueError, match="must be one of draft"):
        made.procore.set_subcontractor_invoice_status(ids[0], "paid")
    with pytest.raises(ValueError, match="no subcontractor invoice 1"):
        made.procore.set_subcontractor_invoice_status(1, "draft")


def test_lines_of_invoices_have_documented_keys_only() -> None:
    """Summary and lines of an invoice, and the forecast of a budget row, have no key that the reference lacks."""
    made = desk()
    project_id = project(made)
    contract, (first,) = _subcontract(made, project_id, "1000.00")
    made.procore.add_subcontractor_invoice(contract, "A-1", [InvoiceLine(first, Decimal(1))])
    (row,) = made.get(INVOICES, project_id=project_id, view="items")
    text = shared_dir("procore-api", "procore-bridge-subset.openapi.json").read_text(encoding="utf-8")
    known = json.loads(text)["paths"][f"{INVOICES}/{{id}}"]["get"]["responses"]["200"]["content"]["application/json"]
    fields = known["schema"]["properties"]
    assert not set(row["summary"]) - set(fields["summary"]["properties"])
    assert not set(row["items"][0]) - set(fields["items"]["items"]["properties"])


def test_approved_invoices_are_job_to_date_costs() -> None:
    """The budget's column of costs to date holds direct costs and approved invoices, drafts not; committed stays."""
    made = desk()
    project_id = project(made)
    contract, (first,) = _subcontract(made, project_id, "1000.00")
    made.procore.add_direct_cost(project_id, [line("03-300.M", "7.00")])
    made.procore.add_subcontractor_invoice(contract, "A-1", [InvoiceLine(first, Decimal(300))])
    made.procore.add_subcontractor_invoice(contract, "A-2", [InvoiceLine(first, Decimal(200))], status="draft")
    row = _row(made, project_id, "03-300.M")
    assert (row["Job to Date Costs"], row["Direct Costs"], row["Committed Costs"]) == ("307.00", "7.00", "1000.00")


def test_prime_change_orders_raise_contract_and_budget_once_approved() -> None:
    """A pending one changes nothing; the package names its type; commitment lists do not show it."""
    made = desk()
    project_id = project(made)
    contract = made.procore.add_prime_contract(
        project_id, "PC-1", "Clinic", Decimal(9000), status="Draft", retainage_percent=Decimal(5)
    )
    package = made.procore.add_prime_change_order(
        contract, "1", "Canopy", [line("03-300.M", "50.25")], status="pending"
    )
    made.procore.add_prime_change_order(contract, "2", "Door", [line("09-250.M", "-1.00")])

    def amounts() -> tuple[str, str, str]:
        (row,) = made.get("/rest/v1.0/prime_contracts", project_id=project_id)
        budget = _row(made, project_id, "03-300.M")
        return row["grand_total"], row["approved_change_orders"], budget["Revised Budget"]

    assert amounts() == ("9000.0", "-1.0", "1000.00")
    made.procore.set_change_order(package, status="approved")
    assert amounts() == ("9000.0", "49.25", "1050.25")
    made.procore.delete_change_order(package)
    assert amounts() == ("9000.0", "-1.0", "1000.00")
    listed = made.get("/rest/v1.0/change_order_packages", project_id=project_id, contract_id=contract)
    (one,) = [row["id"] for row in listed]
    shown = made.get(f"/rest/v1.0/change_order_packages/{one}", project_id=project_id)
    assert (shown["type"], shown["grand_total"]) == ("PrimeContractChangeOrder", "-1.0")
    assert made.get(f"/rest/v1.0/projects/{project_id}/commitment_change_orders") == []
    made.procore.set_prime_contract_status(contract, "Approved")
    assert made.get("/rest/v1.0/prime_contracts", project_id=project_id)[0]["status"] == "Approved"


def test_forecasts_are_procores_own_until_somebody_sets_one() -> None:
    """Procore forecasts the budget that is neither committed nor spent, never less than nothing; a person's wins."""
    made = desk()
    project_id = project(made)
    _subcontract(made, project_id, "300.00")
    items = f"/rest/v1.0/projects/{project_id}/manual_forecast_line_items"
    made.procore.add_direct_cost(project_id, [line("03-300.M", "100.00"), line("09-250.M", "5000.00")])
    own = _row(made, project_id, "03-300.M")["budget_forecast"]
    assert (own["amount"], own["automatically_calculated"], own["id"]) == ("600.00", True, None)
    assert _row(made, project_id, "09-250.M")["budget_forecast"]["amount"] == "0.00"
    made.procore.set_forecast(project_id, "03-300.M", Decimal("750.50"))
    made.procore.set_forecast(project_id, "09-250.M", Decimal(10), itemized=False)
    hand = _row(made, project_id, "03-300.M")["budget_forecast"]
    assert (hand["amount"], hand["automatic_amount"], hand["automatically_calculated"]) == ("750.50", "600.00", False)
    (item,) = made.get(items)
    assert (item["budget_forecast_id"], item["updated_at"]) == (hand["id"], "2026-03-02T15:00:00Z")
    made.procore.set_forecast(project_id, "03-300.M", None)
    assert _row(made, project_id, "03-300.M")["budget_forecast"] == own
    assert made.get(items) == []
    with pytest.raises(ValueError, match=r"needs a budget line for 09-250\.L"):
        made.procore.set_forecast(project_id, "09-250.L", Decimal(1))


def test_people_are_told_of_contracts_and_words_that_do_not_exist() -> None:
    """An unknown contract or status is refused in a sentence, and nothing is made."""
    made = desk()
    project_id = project(made)
    with pytest.raises(ValueError, match="no prime contract 5"):
        made.procore.add_prime_change_order(5, "1", "Canopy", [])
    with pytest.raises(ValueError, match="must be one of Draft"):
        made.procore.add_prime_contract(project_id, "PC-1", "Clinic", Decimal(1), status="Signed")
    assert made.get("/rest/v1.0/prime_contracts", project_id=project_id) == []
