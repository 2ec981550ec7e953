from decimal import Decimal
from typing import Any

from tests.rehearsal.procore_desk import Desk, desk, line, project, wbs_ids


def _create(made: Desk, project_id: int, fields: dict[str, Any], status: int = 201) -> Any:
    return made.send("POST", f"/rest/v1.1/projects/{project_id}/direct_costs", {"direct_cost": fields}, status)


def test_create_with_lines_in_one_call() -> None:
    """A create takes up to 100 lines with keys, tells the total, and bad dates become null without a word."""
    made = desk()
    project_id = project(made)
    codes = wbs_ids(made, project_id)
    lines = [{"wbs_code_id": codes["03-300.M"], "manual_amount": 0.1, "origin_id": f"l{n}"} for n in range(100)]
    dates = {"direct_cost_date": "03/05/2026", "received_date": "2026-03-05"}
    made_cost = _create(made, project_id, {"direct_cost_type": "expense", **dates, "line_items": lines})
    assert made_cost["grand_total"] == "10.0"
    assert [made_cost[key] for key in (*dates, "status")] == [None, "2026-03-05", "draft"]
    assert {row["origin_id"] for row in made_cost["line_items"]} == {f"l{n}" for n in range(100)}
    more = [*lines, {"wbs_code_id": codes["03-300.M"]}]
    _create(made, project_id, {"direct_cost_type": "expense", "line_items": more}, 422)
    assert made.call("POST", f"/rest/v1.1/projects/{project_id}/direct_costs", {}).status_code == 400


def test_a_refused_create_leaves_nothing() -> None:
    """One bad line, or a key twice in one body, refuses the whole direct cost."""
    made = desk()
    project_id = project(made)
    good = {"wbs_code_id": wbs_ids(made, project_id)["03-300.M"], "manual_amount": 1, "origin_id": "x"}
    _create(made, project_id, {"direct_cost_type": "expense", "line_items": [good, {"manual_amount": 1}]}, 422)
    _create(made, project_id, {"direct_cost_type": "expense", "line_items": [good, good]}, 422)
    assert made.procore.direct_costs(project_id) == []


def test_invoices_need_vendor_and_a_number_of_its_own() -> None:
    """Type invoice needs vendor and number; a number is taken once per vendor and project, and free after deletion."""
    made = desk()
    project_id, other = project(made), project(made, "24-002")
    one, two = made.procore.add_vendor("Pacific Drywall"), made.procore.add_vendor("Smith & Sons")
    invoice = {"direct_cost_type": "invoice", "vendor_id": one, "invoice_number": "1042"}
    assert _create(made, project_id, {"direct_cost_type": "invoice"}, 422)["errors"]["vendor_id"]
    assert _create(made, project_id, {"direct_cost_type": "invoice", "vendor_id": one}, 422)["errors"]["invoice_number"]
    first = _create(made, project_id, invoice)
    assert _create(made, project_id, invoice, 422)["errors"] == {"invoice_number": ["has already been taken"]}
    _create(made, project_id, invoice | {"vendor_id": two})
    _create(made, other, invoice)
    url = f"/rest/v1.0/projects/{project_id}/direct_costs/sync"
    updates = [invoice | {"origin_id": "a"}, {"id": first["id"], "vendor_id": None}]
    answer = made.send("PATCH", url, {"updates": updates})
    assert [next(iter(error["errors"])) for error in answer["errors"]] == ["invoice_number", "vendor_id"]
    made.send("DELETE", f"/rest/v1.1/projects/{project_id}/direct_costs/{first['id']}", None)
    assert made.send("PATCH", url, {"updates": [invoice | {"origin_id": "a"}]})["errors"] == []


def test_the_type_is_set_once() -> None:
    """A later type is passed over, a header sync takes no lines, and other fields change."""
    made = desk()
    project_id = project(made)
    url = f"/rest/v1.0/projects/{project_id}/direct_costs/sync"
    made.send("PATCH", url, {"updates": [{"origin_id": "a", "direct_cost_type": "payroll"}]})
    again = {"origin_id": "a", "direct_cost_type": "expense", "status": "approved", "line_items": [{"amount": 1}]}
    row = made.send("PATCH", url, {"updates": [again]})["entities"][0]
    assert (row["direct_cost_type"], row["status"], row["line_items_count"]) == ("payroll", "approved", 0)
    bad = made.send("PATCH", url, {"updates": [{"origin_id": "b"}, {"origin_id": "a", "status": "paid"}]})
    assert [next(iter(error["errors"])) for error in bad["errors"]] == ["direct_cost_type", "status"]


def test_lines_one_by_one() -> None:
    """Lines are made, shown, changed and taken away singly; calculated ones multiply, the total follows."""
    made = desk()
    project_id = project(made)
    codes = wbs_ids(made, project_id)
    cost = _create(made, project_id, {"direct_cost_type": "expense", "status": "approved"})["id"]
    base = f"/rest/v1.0/projects/{project_id}/direct_costs/{cost}/line_items"
    fields = {"wbs_code_id": codes["03-300.M"], "extended_type": "calculated", "quantity": 3, "unit_cost": "3.335"}
    made_line = made.send("POST", base, {"line_item": fields}, 201)
    assert (made_line["amount"], made_line["holder"]["id"]) == ("10.01", cost)
    changed = made.send("PATCH", f"{base}/{made_line['id']}", {"line_item": {"amount": "-5.25"}})
    assert (changed["amount"], changed["extended_type"]) == ("-5.25", "manual")
    assert made.get(f"/rest/v1.1/projects/{project_id}/direct_costs/{cost}")["grand_total"] == "-5.25"
    assert made.get(f"{base}/{made_line['id']}")["amount"] == "-5.25"
    made.send("DELETE", f"{base}/{made_line['id']}", None)
    assert made.get(base) == []
    assert made.call("GET", f"{base}/{made_line['id']}").status_code == 404
    assert made.call("POST", base, {"line_item": {"amount": 1}}).status_code == 422


def test_all_lines_of_a_project_name_their_header() -> None:
    """The project-wide list gives every line with its header as holder, filtered by cost code, and no origin data."""
    made = desk()
    project_id = project(made)
    one = made.procore.add_direct_cost(project_id, [line("03-300.M", "1.00"), line("09-250.M", "2.00")])
    two = made.procore.add_direct_cost(project_id, [line("03-300.M", "4.00")])
    rows = made.get(f"/rest/v1.0/projects/{project_id}/direct_costs/line_items")
    assert [(row["holder"]["id"], row["amount"]) for row in rows] == [(one, "1.0"), (one, "2.0"), (two, "4.0")]
    assert not any("origin_data" in row for row in rows)
    code = rows[0]["cost_code"]["id"]
    found = made.get(f"/rest/v1.0/projects/{project_id}/direct_costs/line_items", filters={"cost_code_id": code})
    assert [row["amount"] for row in found] == ["1.0", "4.0"]


def test_update_of_version_11_and_filters() -> None:
    """An update changes header and lines together; lists are filtered by key, number and dates."""
    made = desk()
    project_id = project(made)
    vendor = made.procore.add_vendor("Northside Rentals")
    codes = wbs_ids(made, project_id)
    cost = made.procore.add_direct_cost(
        project_id, [line("03-300.M", "9.00")], vendor_id=vendor, invoice_number="7", direct_cost_type="invoice"
    )
    first = made.procore.direct_costs(project_id)[0].lines[0].id
    path = f"/rest/v1.1/projects/{project_id}/direct_costs"
    lines = [{"id": first, "manual_amount": 8}, {"wbs_code_id": codes["09-250.M"], "manual_amount": "0.5"}]
    body = {"payment_date": "2026-03-09", "invoice_number": "8", "origin_id": "k", "line_items": lines}
    shown = made.send("PATCH", f"{path}/{cost}", {"direct_cost": body})
    assert (shown["grand_total"], shown["invoice_number"], shown["synced"]) == ("8.5", "7", True)
    assert [row["id"] for row in made.get(path, filters={"origin_id": "k"})] == [cost]
    assert [row["vendor"] for row in made.get(path, filters={"invoice_number": "7"})] == ["Northside Rentals"]
    assert made.get(path, filters={"payment_date": "2026-03-09...2026-03-09"})
    assert made.get(path, filters={"payment_date": "2026-03-10...2026-03-19"}) == []


def test_deleting_a_header_takes_its_lines() -> None:
    """After a deletion neither header nor lines are found, the budget sinks, and the second deletion is 404."""
    made = desk()
    project_id = project(made)
    cost = made.procore.add_direct_cost(project_id, [line("03-300.M", "9.00")])
    assert made.procore.budget_view(project_id)[0].direct_costs == Decimal("9.00")
    path = f"/rest/v1.1/projects/{project_id}/direct_costs/{cost}"
    made.send("DELETE", path, None)
    assert made.procore.budget_view(project_id)[0].direct_costs == 0
    assert made.get(f"/rest/v1.0/projects/{project_id}/direct_costs/line_items") == []
    assert made.call("DELETE", path).status_code == 404


def test_impossible_numbers_and_ids_are_refused_in_words() -> None:
    """A number beyond all size, no number, or an id that is a list is 422, and the line stays as it was."""
    made = desk()
    project_id = project(made)
    cost = made.procore.add_direct_cost(project_id, [line("03-300.M", "9.00")])
    path = f"/rest/v1.1/projects/{project_id}/direct_costs/{cost}"
    wbs = {"wbs_code_id": wbs_ids(made, project_id)["03-300.M"]}
    for bad in (
        {"manual_amount": "1e999999999"},
        {"manual_amount": True},
        {"quantity": "9e99", "unit_cost": "9e99"},
        {"id": [1]},
        {"id": "9" * 5000},
    ):
        made.send("PATCH", path, {"direct_cost": {"line_items": [wbs | bad]}}, 422)
    assert [view.amount for view in made.procore.direct_costs(project_id)] == [Decimal("9.00")]
