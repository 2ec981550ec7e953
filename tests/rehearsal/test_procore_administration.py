"""What administrators set in the stand-in: tools, permissions, tiers, budget views, and keys of projects in bulk."""

import pytest

from tests.rehearsal.procore_desk import desk, line, project


def test_a_tool_that_is_off_is_refused_and_listed_as_off() -> None:
    """In that project alone; what cannot be switched off stays on."""
    made = desk()
    one, two = project(made), project(made, "24-002")
    made.procore.switch_tool(one, "Direct Costs", on=False)
    path = "/rest/v1.1/projects/{}/direct_costs"
    assert made.call("GET", path.format(one)).status_code == 403
    assert made.get(path.format(two)) == []
    tools = {row["title"]: row["is_active"] for row in made.get(f"/rest/v1.0/projects/{one}/tools")}
    assert (tools["Direct Costs"], tools["Budget"]) == (False, True)
    off = made.get(f"/rest/v1.0/projects/{one}/tools", filters={"is_active": "false"})
    assert [row["title"] for row in off] == ["Direct Costs"]
    made.procore.switch_tool(one, "Direct Costs", on=True)
    assert made.get(path.format(one)) == []
    for tool in ("Admin", "Payroll"):
        with pytest.raises(ValueError, match="no tool that can be switched off"):
            made.procore.switch_tool(one, tool, on=False)


def test_levels_let_read_or_write() -> None:
    """None refuses both, Read Only lets read, Standard and Admin let both; the company's tools likewise."""
    made = desk()
    one = project(made)
    vendor = {"company_id": made.procore.company_id, "vendor": {"name": "Acme"}}
    for level, reads, writes in (("none", 403, 403), ("read", 200, 403), ("standard", 200, 201), ("admin", 200, 201)):
        made.procore.permit("Directory", level)  # type: ignore[arg-type]
        assert made.call("GET", "/rest/v1.0/vendors", company_id=made.procore.company_id).status_code == reads
        assert made.call("POST", "/rest/v1.0/vendors", vendor).status_code == writes
    made.procore.permit("Direct Costs", "read", project_id=one)
    assert made.get(f"/rest/v1.1/projects/{one}/direct_costs") == []
    assert made.call("PATCH", f"/rest/v1.0/projects/{one}/direct_costs/sync", {"updates": []}).status_code == 403
    with pytest.raises(ValueError, match="no level"):
        made.procore.permit("Budget", "much", project_id=one)  # type: ignore[arg-type]


def test_private_contracts_are_for_administrators() -> None:
    """Below Admin they are not in the list; their change orders still are."""
    made = desk()
    one = project(made)
    order = made.procore.add_purchase_order(one, "PO-1", "Secret", None, [line("03-300.M", "10.00")], private=True)
    made.procore.add_change_order(order, "001", "More", [line("03-300.M", "1.00")])
    assert len(made.get("/rest/v1.0/purchase_order_contracts", project_id=one)) == 1
    made.procore.permit("Commitments", "standard", project_id=one)
    assert made.get("/rest/v1.0/purchase_order_contracts", project_id=one) == []
    assert len(made.get("/rest/v1.0/change_order_packages", project_id=one)) == 1


def test_three_tiers_have_no_newer_list() -> None:
    """It is for one or two tiers."""
    made = desk()
    one = project(made)
    path = f"/rest/v1.0/projects/{one}/commitment_change_orders"
    for tiers, status in ((2, 200), (3, 400)):
        made.procore.set_tiers(one, tiers)
        assert made.call("GET", path).status_code == status
    with pytest.raises(ValueError, match="one, two or three"):
        made.procore.set_tiers(one, 4)


def test_every_budget_view_has_the_rows() -> None:
    """And a view that was taken away has none."""
    made = desk()
    one = project(made)
    (old,) = made.get("/rest/v1.0/budget_views", project_id=one)
    before = made.get(f"/rest/v1.0/budget_views/{old['id']}/detail_rows", project_id=one)
    first, second = made.procore.set_budget_views(one, "First", "Second")
    assert [row["name"] for row in made.get("/rest/v1.0/budget_views", project_id=one)] == ["First", "Second"]
    for view in (first, second):
        assert made.get(f"/rest/v1.0/budget_views/{view}/detail_rows", project_id=one) == before
    assert made.call("GET", f"/rest/v1.0/budget_views/{old['id']}/detail_rows", project_id=one).status_code == 404


def test_a_code_of_one_project_is_no_standard_one() -> None:
    """It stands below its division in that project only, once."""
    made = desk()
    one, two = project(made), project(made, "24-002")
    made.procore.add_project_cost_code(one, "03-999", "Cellar")
    codes = {row["full_code"]: row for row in made.get("/rest/v1.0/cost_codes", project_id=one)}
    assert codes["03-999"]["standard_cost_code_id"] is None
    assert codes["03-999"]["parent"]["id"] == codes["03"]["id"]
    assert "03-999" not in {row["full_code"] for row in made.get("/rest/v1.0/cost_codes", project_id=two)}
    with pytest.raises(ValueError, match="already been taken"):
        made.procore.add_project_cost_code(one, "03-999", "Again")


def test_projects_take_keys_in_bulk() -> None:
    """By id, one item's refusal alone, and null takes a key away; `keys` shows what stands in the company."""
    made = desk()
    one, two = project(made), project(made, "24-002")
    url, company = "/rest/v1.0/projects/sync", made.procore.company_id
    updates = [{"id": one, "origin_id": "k:1"}, {"id": two, "origin_id": "k:1"}, {"id": 1, "origin_id": "k:2"}]
    answer = made.send("PATCH", url, {"company_id": company, "updates": updates})
    assert [row["id"] for row in answer["entities"]] == [one]
    assert [error["errors"] for error in answer["errors"]] == [
        {"origin_id": ["has already been taken"]},
        {"id": ["Entity with this ID not found"]},
    ]
    made.procore.set_cost_code("03-300", origin_id="other:1")
    assert made.procore.keys() == {"project": ["k:1"], "standard_cost_code": ["other:1"]}
    made.send("PATCH", url, {"company_id": company, "updates": [{"id": one, "origin_id": None}]})
    assert made.procore.keys() == {"standard_cost_code": ["other:1"]}
    with pytest.raises(ValueError, match="no standard cost code"):
        made.procore.set_cost_code("99-999", origin_id=None)
