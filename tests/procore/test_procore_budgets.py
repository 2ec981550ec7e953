"""Budget codes and budgets as Procore shows them."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from qbwc_bridge.domain.procore import BudgetCode
from qbwc_bridge.errors import ProcoreError
from tests.procore.api import PROJECT, Api, body, budget_of, ok, raw, wbs, wbs_path

BASE = f"/rest/v1.0/projects/{PROJECT}"
VIEWS = "/rest/v1.0/budget_views"
SEGMENTS = f"{BASE}/work_breakdown_structure/segments"
BULK = f"{wbs_path()}/bulk_create"


def row(row_id: int | None, code: object, original: object, **more: Any) -> dict[str, Any]:
    """Make a detail row with the fixed keys, and display columns as a customer may have named them."""
    columns = {"Revised  Budjet": "not a number", "amount": "x", "ERP Job to Date Costs": None}
    fixed = {"id": row_id, "original_budget_amount": original, "budget_modifications": "0.0", "biller_type": "Project"}
    return fixed | {"wbs_code": code} | columns | more


def budget_api(*rows: dict[str, Any], views: list[dict[str, Any]] | None = None) -> Api:
    """Script a locked budget with these rows in view 701 and no changes."""
    api = Api()
    api.on("GET", f"{BASE}/budget", ok({"locked": True}))
    api.on("GET", VIEWS, ok([{"id": 701, "role": "project"}] if views is None else views))
    api.on("GET", f"{VIEWS}/701/detail_rows", ok(list(rows)))
    api.on("GET", f"{BASE}/budget_changes", ok({"data": []}))
    return api


def test_codes_come_from_segments_not_from_the_flat_code() -> None:
    """Odd punctuation in codes survives, because codes are walked by segment."""
    api = Api()
    api.on("GET", wbs_path(), ok([wbs(2**40, "00-.30.14-", "L")]))
    (code,) = api.gateway().code_book(PROJECT).read()
    expected = BudgetCode(2**40, "00-.30.14-", "L", "Name of 00-.30.14-", "Name of L")
    assert (code, code.code) == (expected, "00-.30.14-.L")


def test_a_tiered_code_is_taken_whole() -> None:
    """Where a segment item gives only its own part as code, the whole path counts."""
    tiered = wbs(1, "300", "M")
    tiered["segment_items"][0]["path_code"] = "03-300"
    api = Api()
    api.on("GET", wbs_path(), ok([tiered]))
    assert api.gateway().code_book(PROJECT).read()[0].code == "03-300.M"


def test_other_segments_are_marked_and_inactive_codes_left_out() -> None:
    """A sub job or custom segment marks the code; an inactive code is none to choose."""
    extra = wbs(1, "03-300", "M")
    extra["segment_items"].append({"id": 3, "code": "A", "name": "Phase A", "segment": {"id": 13, "type": "custom"}})
    api = Api()
    api.on("GET", wbs_path(), ok([extra, wbs(2, "03-300", "L", status="inactive"), wbs(3, "03-300", "S")]))
    found = api.gateway().code_book(PROJECT).read()
    assert [(code.id, code.other_segments) for code in found] == [(1, True), (3, False)]


def test_a_budget_is_read_by_its_fixed_keys() -> None:
    """Renamed display columns do no harm, unbudgeted rows are only listed, amounts are exact."""
    code = wbs(9001, "03-300", "M")
    api = budget_api(
        row(801, code, "30000.10", budget_modifications=-0.3),
        row(None, wbs(9002, "03-300", "L"), "0.0"),
    )
    budget = budget_of(api.gateway(), PROJECT)
    assert budget.locked
    assert [(r.code.code, r.original, r.modifications) for r in budget.rows] == [
        ("03-300.M", Decimal("30000.10"), Decimal("-0.30"))
    ]
    assert api.calls(f"{VIEWS}/701/detail_rows")[0].url.params["budget_row_type"] == "all"
    assert [code.code for code in budget.unbudgeted] == ["03-300.L"]
    assert not api.calls(wbs_path())


def test_rows_without_segments_are_joined_by_the_codes_id() -> None:
    """A row that names only its code's id gets the code from the project, inactive ones too; a sub job marks it."""
    bare = {"id": 9001, "flat_code": "x"}
    api = budget_api(row(801, bare, "1.0"), row(802, None, "2.0", wbs_code_id=9002, biller_type="SubJob"))
    api.on("GET", wbs_path(), ok([wbs(9001, "03-300", "M", status="inactive"), wbs(9002, "03-300", "L")]))
    rows = budget_of(api.gateway(), PROJECT).rows
    assert [(r.code.code, r.code.other_segments) for r in rows] == [("03-300.M", False), ("03-300.L", True)]


def test_a_row_without_any_code_is_told() -> None:
    """A budgeted row whose code nobody knows is an error that names the row."""
    api = budget_api(row(801, None, "1.0", wbs_code_id=5))
    api.on("GET", wbs_path(), ok([]))
    with pytest.raises(ProcoreError, match="Budget row 801"):
        budget_of(api.gateway(), PROJECT)


def test_a_project_without_view_is_told() -> None:
    """Without a budget view nothing can be read, and the sentence says who can assign one."""
    with pytest.raises(ProcoreError, match=r"has no budget view in Procore.*administrator"):
        budget_of(budget_api(views=[]).gateway(), PROJECT)


def test_a_forecasting_view_is_the_last_choice() -> None:
    """The oldest view that is no forecasting view is read."""
    views: list[dict[str, Any]] = [
        {"id": 5, "role": "forecasting"},
        {"id": 702, "role": "project"},
        {"id": 701, "role": None},
    ]
    assert budget_of(budget_api(views=views).gateway(), PROJECT).rows == ()


def test_only_approved_changes_count() -> None:
    """Approved budget changes bring their adjustment lines, numbers read exactly; drafts are not even opened."""
    api = budget_api(row(801, wbs(9001, "03-300", "M"), "100.00"))
    listed = [{"id": 1, "number": 1, "status": "draft", "title": "D"}, {"id": 2, "number": 2, "status": "approved"}]
    api.on("GET", f"{BASE}/budget_changes", ok({"data": listed}))
    text = '{"data": {"id": 2, "number": 2, "status": "approved", "title": "Up", "adjustment_line_items": ['
    text += '{"amount": 0.10, "wbs_code": {"id": 9001}}, {"amount": -7000000000000.07, "wbs_code_id": "9002"}]}}'
    api.on("GET", f"{BASE}/budget_changes/2", raw(text))
    budget = budget_of(api.gateway(), PROJECT)
    (change,) = budget.changes
    assert (change.number, change.title) == ("2", "Up")
    assert change.amounts == ((9001, Decimal("0.10")), (9002, Decimal("-7000000000000.07")))
    assert budget.amounts()[9001] == Decimal("100.10")


def structure(api: Api, *others: dict[str, Any]) -> None:
    """Script the two usual segments with one item each, and further segments."""
    usual = [{"id": 11, "type": "cost_code", "name": "Cost Code"}, {"id": 12, "type": "line_item_type", "name": "Type"}]
    api.on("GET", SEGMENTS, ok([*usual, *others]))
    code = {"id": 2**41, "code": "300", "path_code": "03-300", "name": "Concrete"}
    api.on("GET", f"{SEGMENTS}/11/segment_items", ok([{"id": 1, "code": "03", "name": "Concrete"}, code]))
    api.on("GET", f"{SEGMENTS}/12/segment_items", ok([{"id": 52, "code": "M", "name": "Materials"}]))


def test_a_missing_budget_code_is_made_from_its_segment_items() -> None:
    """The code is made by the ids of its two segment items and comes back with its codes."""
    api = Api()
    api.on("GET", wbs_path(), ok([wbs(1, "03-300", "L")]))
    structure(api, {"id": 13, "type": "custom", "name": "Phase", "required": False})
    api.on("PATCH", BULK, httpx.ReadTimeout("late"), httpx.Response(201, json={"entities": [{"id": 77}], "errors": []}))
    made = api.gateway().create_budget_code(PROJECT, "03-300", "M")
    assert made == BudgetCode(77, "03-300", "M", "Concrete", "Materials")
    parts = [{"segment_id": 11, "segment_item_id": 2**41}, {"segment_id": 12, "segment_item_id": 52}]
    assert body(api.calls(BULK)[0]) == {"bulk": [{"description": "Concrete.Materials", "segment_items": parts}]}


def test_an_existing_budget_code_is_not_written_again() -> None:
    """A code that is there is given back untouched, since making it again would overwrite its description."""
    api = Api()
    api.on("GET", wbs_path(), ok([wbs(1, "03-300", "M")]))
    assert api.gateway().create_budget_code(PROJECT, "03-300", "M").id == 1
    assert not api.calls(BULK)


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        ("09-900", "M", "no active cost code 09-900"),
        ("03-300", "X", "no active cost type X"),
        ("03-300", "L", "is inactive"),
    ],
)
def test_a_budget_code_that_cannot_be_made_is_told(code: str, kind: str, told: str) -> None:
    """An unknown cost code or cost type, and a code switched off, are told by name."""
    api = Api()
    api.on("GET", wbs_path(), ok([wbs(1, "03-300", "L", status="inactive")]))
    structure(api)
    with pytest.raises(ProcoreError, match=f"{told}.*administrator"):
        api.gateway().create_budget_code(PROJECT, code, kind)


def test_a_project_that_wants_more_segments_is_told() -> None:
    """Where a budget code needs a further segment, the bridge does not guess one."""
    api = Api()
    api.on("GET", wbs_path(), ok([]))
    structure(api, {"id": 13, "type": "custom", "name": "Phase", "required": True})
    with pytest.raises(ProcoreError, match="also wants Phase"):
        api.gateway().create_budget_code(PROJECT, "03-300", "M")


def test_a_refused_budget_code_is_told() -> None:
    """What Procore puts into `errors` of the answer reaches the sentence."""
    api = Api()
    api.on("GET", wbs_path(), ok([]))
    structure(api)
    answer = {"entities": [], "errors": [{"segment_items": [], "errors": {"base": ["Segment is locked"]}}]}
    api.on("PATCH", BULK, httpx.Response(201, json=answer))
    with pytest.raises(ProcoreError, match="Segment is locked"):
        api.gateway().create_budget_code(PROJECT, "03-300", "M")
