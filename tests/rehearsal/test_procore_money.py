from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rehearsal.procore_desk import Desk, desk, line, project, wbs_ids
from tests.support import DEEP

CENTS = st.integers(-5_000_000, 5_000_000).map(lambda cents: Decimal(cents).scaleb(-2))


def _rows(made: Desk, project_id: int, kind: str = "all") -> list[dict[str, Any]]:
    view = made.get("/rest/v1.0/budget_views", project_id=project_id)[0]
    rows: list[dict[str, Any]] = made.get(
        f"/rest/v1.0/budget_views/{view['id']}/detail_rows", project_id=project_id, budget_row_type=kind
    )
    return rows


@settings(max_examples=150 if DEEP else 15, deadline=None)
@given(
    order=st.lists(CENTS, max_size=5),
    change=st.lists(CENTS, max_size=4),
    costs=st.lists(
        st.tuples(CENTS, st.sampled_from(["draft", "pending", "revise_and_resubmit", "approved"])), max_size=6
    ),
)
def test_budget_adds_up_to_the_cent(
    order: list[Decimal], change: list[Decimal], costs: list[tuple[Decimal, str]]
) -> None:
    """Committed is contract plus approved changes, direct costs all but drafts; both views and totals agree exactly."""
    made = desk(spike_limit=10_000)
    project_id = project(made)
    contract = made.procore.add_purchase_order(
        project_id, "PO1", "Studs", None, [line("03-300.M", str(amount)) for amount in order]
    )
    made.procore.add_change_order(contract, "001", "More", [line("03-300.M", str(amount)) for amount in change])
    made.procore.add_change_order(contract, "002", "Pending", [line("03-300.M", "77.77")], status="pending")
    for amount, status in costs:
        made.procore.add_direct_cost(project_id, [line("03-300.M", str(amount))], status=status)
    committed = sum(order, Decimal()) + sum(change, Decimal())
    spent = sum((amount for amount, status in costs if status != "draft"), Decimal())
    row = next(row for row in made.procore.budget_view(project_id) if row.code == "03-300.M")
    assert (row.committed, row.direct_costs) == (committed, spent)
    shown = next(row for row in _rows(made, project_id) if row["wbs_code"]["flat_code"] == "03-300.M")
    assert (Decimal(shown["Committed Costs"]), Decimal(shown["Direct Costs"])) == (committed, spent)
    head = made.get(f"/rest/v1.0/purchase_order_contracts/{contract}", project_id=project_id)
    assert Decimal(head["revised_contract"]) == committed
    assert Decimal(head["pending_change_orders"]) == Decimal("77.77")
    listed = made.get(f"/rest/v1.1/projects/{project_id}/direct_costs")
    assert [Decimal(one["grand_total"]) for one in listed] == [amount for amount, _ in costs]


def test_budget_rows_and_lock_and_changes() -> None:
    """Rows have original and modifications as text, changes as numbers, columns by the customer's names; lock shows."""
    made = desk()
    project_id = project(made)
    made.procore.lock_budget(project_id)
    assert made.get(f"/rest/v1.0/projects/{project_id}/budget") == {"locked": True}
    made.procore.add_budget_modification(project_id, "03-300.M", "09-250.M", Decimal("100.25"))
    change = made.procore.approve_budget_change(
        project_id, 3, {"03-300.M": Decimal("76.25"), "09-250.S": Decimal("-1.10")}
    )
    made.procore.draft_budget_change(project_id, 4, {"03-300.M": Decimal("999.00")})
    made.procore.budget_columns["revised"] = "Revised  Budgett"
    rows = {row["wbs_code"]["flat_code"]: row for row in _rows(made, project_id, "budgeted")}
    assert (rows["03-300.M"]["original_budget_amount"], rows["03-300.M"]["budget_modifications"]) == (
        "1000.00",
        "-100.25",
    )
    assert rows["03-300.M"]["Revised  Budgett"] == "976.00"
    assert rows["09-250.S"]["original_budget_amount"] == "0.00"
    shown = made.get(f"/rest/v1.0/projects/{project_id}/budget_changes/{change}")["data"]
    assert [(one["amount"], one["wbs_code"]["flat_code"]) for one in shown["adjustment_line_items"]] == [
        (76.25, "03-300.M"),
        (-1.1, "09-250.S"),
    ]
    assert [one["status"] for one in made.get(f"/rest/v1.0/projects/{project_id}/budget_changes")["data"]] == [
        "approved",
        "draft",
    ]
    v2 = f"/rest/v2.0/companies/{made.procore.company_id}/projects/{project_id}/budget_changes/adjustment_line_items"
    assert [(one["budget_change_status"], one["amount"]) for one in made.get(v2)["data"]] == [
        ("approved", 76.25),
        ("approved", -1.1),
        ("draft", 999.0),
    ]
    transfers = made.get(f"/rest/v1.0/projects/{project_id}/budget_modifications")
    assert [one["transfer_amount"] for one in transfers] == ["100.25"]
    made.procore.unlock_budget(project_id)
    assert made.get(f"/rest/v1.0/projects/{project_id}/budget") == {"locked": False}


def test_a_cost_makes_its_budget_line_on_new_projects_only() -> None:
    """On a new project a line on an unbudgeted code makes a zero budget line; on an old one the row has no id."""
    made = desk()
    new, old = project(made), project(made, "23-001", adds_budget_lines=False)
    for project_id in (new, old):
        made.procore.lock_budget(project_id)
        made.procore.add_direct_cost(project_id, [line("09-250.S", "12.00")])
    added = next(row for row in _rows(made, new, "budgeted") if row["category"] == "Subcontract")
    assert (added["original_budget_amount"], added["Direct Costs"]) == ("0.00", "12.00")
    assert _rows(made, new, "unbudgeted") == []
    bare = _rows(made, old, "unbudgeted")
    assert [(row["id"], row["wbs_code_id"], row["Direct Costs"]) for row in bare] == [
        (None, wbs_ids(made, old)["09-250.S"], "12.00")
    ]
    assert len(_rows(made, old, "all")) == len(_rows(made, old)) == 3


def test_commitment_lines_by_amount_and_by_unit() -> None:
    """Amount lines show quantity "0.0", unit lines their figures; deleting and re-typing lines moves the sums."""
    made = desk()
    project_id = project(made)
    order = made.procore.add_purchase_order(
        project_id,
        "PO1",
        "Concrete",
        None,
        [
            line("03-300.M", "18500.00"),
            line("03-300.M", "33.33", quantity=Decimal(3), unit_cost=Decimal("11.11"), uom="cy"),
            line("03-300.M", "10.00", quantity=Decimal(3), unit_cost=Decimal("3.333"), uom="cy"),
        ],
        accounting_method="unit",
    )
    path = f"/rest/v1.0/purchase_order_contracts/{order}"
    rows = made.get(f"{path}/line_items", project_id=project_id)
    figures = [(row["amount"], row["quantity"], row["unit_cost"], row["extended_type"]) for row in rows]
    assert figures == [
        ("18500.0", "0.0", "0.0", "manual"),
        ("33.33", "3.0", "11.11", "calculated"),
        ("10.0", "3.0", "3.333", "calculated"),
    ]
    first = made.procore.commitment_lines(order)[0]
    made.procore.set_commitment_line(order, first, line("09-250.M", "-500.00"))
    made.procore.delete_commitment_line(order, rows[1]["id"])
    shown = made.get(path, project_id=project_id)
    assert shown["grand_total"] == "-490.0"
    assert [row["wbs_code"]["flat_code"] for row in shown["line_items"]] == ["09-250.M", "03-300.M"]


def test_commitments_by_status_and_deletion() -> None:
    """Lists filter by status, hide the deleted unless asked, and a deleted contract is 404; a lost status uncommits."""
    made = desk()
    project_id = project(made)
    order = made.procore.add_purchase_order(project_id, "PO1", "Studs", None, [line("03-300.M", "5.00")], private=True)
    made.procore.add_purchase_order(project_id, "PO2", "Nails", None, [line("03-300.M", "7.00")], status="Draft")
    path = "/rest/v1.0/purchase_order_contracts"

    def numbers(**filters: object) -> list[str]:
        return [row["number"] for row in made.get(path, project_id=project_id, filters=filters)]

    assert numbers() == ["PO1", "PO2"]
    assert numbers(status="Approved") == ["PO1"]
    assert made.procore.budget_view(project_id)[0].committed == Decimal("5.00")
    made.procore.set_commitment(order, status="Draft", title="Steel studs")
    assert made.procore.budget_view(project_id)[0].committed == 0
    made.procore.delete_commitment(order)
    assert numbers() == ["PO2"]
    assert numbers(include_deleted="only") == ["PO1"]
    assert numbers(include_deleted="with") == ["PO1", "PO2"]
    assert made.call("GET", f"{path}/{order}", project_id=project_id).status_code == 404
    assert made.call("GET", path).status_code == 400


def test_change_orders_in_their_three_faces() -> None:
    """The package has keys but no contract lines, the newer list other ids, and only version 2 names contract lines."""
    made = desk()
    project_id = project(made)
    order = made.procore.add_subcontract(project_id, "SC-1", "Drywall", None, [line("09-250.S", "12000.00")])
    base = made.procore.commitment_lines(order)[0]
    package = made.procore.add_change_order(
        order,
        "001",
        "Soffit",
        [line("09-250.S", "1500.00", changes_line=base), line("09-250.M", "20.00")],
        status="pending",
    )
    path = f"/rest/v1.0/change_order_packages/{package}"
    shown = made.get(path, project_id=project_id)
    assert (shown["type"], shown["status"], shown["grand_total"]) == (
        "CommitmentContractChangeOrder",
        "pending",
        "1520.0",
    )
    assert not any("commitment_line_item_id" in row for row in shown["line_items"])
    made.clock.move(60)
    made.procore.set_change_order(package, status="approved")
    listed = made.get(f"/rest/v1.0/projects/{project_id}/commitment_change_orders", filters={"status": "approved"})
    assert [(row["legacy_package_id"], row["contract_id"]) for row in listed] == [(package, order)]
    assert listed[0]["id"] != package
    assert listed[0]["reviewed_at"] == "2026-03-02T15:01:00Z"
    v2 = f"/rest/v2.0/companies/{made.procore.company_id}/projects/{project_id}/commitment_change_orders"
    lines = made.get(f"{v2}/{listed[0]['id']}/line_items")["data"]
    assert [row["commitment_line_item_id"] for row in lines] == [str(base), None]
    keys = {"origin_id": "qbd:k:co", "origin_code": "PO-1", "origin_data": "{}"}
    patched = made.send("PATCH", path, {"project_id": project_id, "change_order": keys})
    assert keys.items() <= patched.items()
    contract = made.get(f"/rest/v1.0/work_order_contracts/{order}", project_id=project_id)
    assert (contract["approved_change_orders"], contract["revised_contract"]) == ("1520.0", "13520.0")
    assert contract["change_order_packages"][0]["origin_id"] == "qbd:k:co"
    assert len(made.get("/rest/v1.0/change_order_packages", project_id=project_id, contract_id=order)) == 1
    made.procore.delete_change_order(package)
    assert made.get("/rest/v1.0/change_order_packages", project_id=project_id) == []
    assert made.call("GET", path, project_id=project_id).status_code == 404
