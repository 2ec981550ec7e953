import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from tests.rehearsal.procore_desk import Desk, desk, line, project
from tests.support import DEEP


def _walk(made: Desk, path: str, **query: object) -> tuple[list[Any], int]:
    """Follow rel=next to the end; give all rows and the number of pages."""
    answer = made.call("GET", path, **query)
    rows, pages = list(_data(answer.get_json())), 1
    while (following := re.search(r'<([^>]+)>; rel="next"', answer.headers["Link"])) is not None:
        parts = urlsplit(following[1])
        answer = Client(made.procore).get(f"{parts.path}?{parts.query}", headers=made.headers)
        rows += _data(answer.get_json())
        pages += 1
    assert 'rel="last"' in answer.headers["Link"]
    assert int(answer.headers["Total"]) == len(rows)
    return rows, pages


def _data(body: Any) -> Any:
    return body["data"] if isinstance(body, dict) else body


@settings(max_examples=200 if DEEP else 20, deadline=None)
@given(count=st.integers(0, 40), size=st.integers(1, 45))
def test_following_next_gives_every_row_once(count: int, size: int) -> None:
    """Whatever the page size, the pages joined are the whole list in its order, and the last has no next."""
    made = desk(spike_limit=10_000)
    ids = [made.procore.add_vendor(f"Vendor {number} & Søn") for number in range(count)]
    company = made.procore.company_id
    rows, pages = _walk(made, "/rest/v1.0/vendors", company_id=company, view="compact", per_page=size)
    assert [row["id"] for row in rows] == ids
    assert pages == max(1, -(-count // size))
    beyond = made.call("GET", "/rest/v1.0/vendors", company_id=company, per_page=size, page=pages + 1)
    assert beyond.get_json() == []


def test_page_sizes_of_both_versions() -> None:
    """Version 1 gives 100 rows and at most 2,000, version 2 gives 10 and at most 100; Per-Page tells the truth."""
    made = desk()
    project_id = project(made)
    company = made.procore.company_id
    for number in range(120):
        made.procore.add_vendor(f"Vendor {number}")
    order = made.procore.add_purchase_order(project_id, "PO1", "Studs", None, [line("03-300.M", "1.00")])
    made.procore.add_change_order(order, "001", "Many", [line("03-300.M", "1.00")] * 120)
    usual = made.call("GET", "/rest/v1.0/vendors", company_id=company)
    assert (len(usual.get_json()), usual.headers["Per-Page"]) == (100, "100")
    most = made.call("GET", "/rest/v1.0/vendors", company_id=company, per_page=5000)
    assert (len(most.get_json()), most.headers["Per-Page"]) == (120, "2000")
    change = made.get(f"/rest/v1.0/projects/{project_id}/commitment_change_orders")[0]["id"]
    path = f"/rest/v2.0/companies/{company}/projects/{project_id}/commitment_change_orders/{change}/line_items"
    assert len(made.get(path)["data"]) == 10
    assert len(made.get(path, per_page=500)["data"]) == 100
    rows, pages = _walk(made, path, per_page=100)
    assert (len(rows), pages) == (120, 2)
    assert all(isinstance(row["id"], str) and isinstance(row["wbs_code_id"], str) for row in rows)
    assert made.call("GET", "/rest/v1.1/requisitions", project_id=project_id).headers["Per-Page"] == "30"


@pytest.mark.parametrize("query", [{"page": "0"}, {"per_page": "-1"}, {"page": "x"}])
def test_impossible_pages_are_refused(query: dict[str, str]) -> None:
    """A page or size that is no whole number from 1 is a bad request."""
    made = desk()
    assert made.call("GET", "/rest/v1.0/vendors", company_id=made.procore.company_id, **query).status_code == 400


def test_updated_at_range_and_what_moves_it() -> None:
    """The range has three dots and both ends; a write that changes nothing leaves the moment where it was."""
    made = desk()
    company = made.procore.company_id
    first = made.procore.add_vendor("First")
    made.clock.move(3600)
    second = made.procore.add_vendor("Second")
    listing = "/rest/v1.0/vendors"

    def found(span: str) -> list[int]:
        rows = made.get(listing, company_id=company, filters={"updated_at": span})
        return [row["id"] for row in rows]

    assert found("2026-03-02T15:00:00Z...2026-03-02T15:00:00Z") == [first]
    assert found("2026-03-02...2026-03-02") == [first, second]
    assert found("2026-03-02T16:00:00+00:00...2027-01-01") == [second]
    made.clock.move(3600)
    made.send("PATCH", f"{listing}/{first}", {"company_id": company, "vendor": {"name": "First"}})
    assert found("2026-03-02T17:00:00Z...2027-01-01") == []
    made.send("PATCH", f"{listing}/{first}", {"company_id": company, "vendor": {"city": "Ames"}})
    assert found("2026-03-02T17:00:00Z...2027-01-01") == [first]
    bad = made.call("GET", listing, company_id=company, filters={"updated_at": "2026-03-02,2026-03-03"})
    assert bad.status_code == 400


def test_projects_are_listed_by_status() -> None:
    """Only active projects are listed unless asked; id, name, origin_id and synced choose among them."""
    made = desk()
    company = made.procore.company_id
    live = made.procore.add_project("24-001", "Maple Clinic")
    old = made.procore.add_project("22-017", "Birch Annex", active=False)

    def found(**filters: object) -> list[int]:
        return [row["id"] for row in made.get("/rest/v1.0/projects", company_id=company, filters=filters)]

    assert found() == [live]
    assert found(by_status="Inactive") == [old]
    assert found(by_status="All") == [live, old]
    assert found(by_status="All", id=f"[{old},{live}]") == [live, old]
    body = {"company_id": company, "project": {"origin_id": "qbd:k:80-1", "origin_code": "24-001", "colour": "red"}}
    row = made.send("PATCH", f"/rest/v1.0/projects/{live}", body)
    assert (row["origin_id"], row["display_name"]) == ("qbd:k:80-1", "24-001 - Maple Clinic")
    assert found(origin_id="qbd:k:80-1") == found(synced="true") == [live]
    made.send("POST", "/rest/v1.0/projects", {"company_id": company, "project": {}}, 422)
    created = made.send("POST", "/rest/v1.0/projects", {"company_id": company, "project": {"name": "Elm"}}, 201)
    assert made.get(f"/rest/v1.0/projects/{created['id']}", company_id=company)["name"] == "Elm"
    taken = {"company_id": company, "project": {"origin_id": "qbd:k:80-1"}}
    assert made.send("PATCH", f"/rest/v1.0/projects/{old}", taken, 422)["errors"]["origin_id"]


def test_vendor_views_and_search() -> None:
    """The compact view has id and name only; search looks into names; unknown ids are 404."""
    made = desk()
    company = made.procore.company_id
    name = "Señor Peña\N{RIGHT SINGLE QUOTATION MARK}s Ironworks & Sons"
    vendor = made.procore.add_vendor(name, city="Ames")
    assert vendor > 2**31
    assert made.get("/rest/v1.0/vendors", company_id=company, view="compact") == [{"id": vendor, "name": name}]
    assert made.get(f"/rest/v1.0/vendors/{vendor}", company_id=company)["city"] == "Ames"
    assert made.get("/rest/v1.0/vendors", company_id=company, filters={"search": "peña"})[0]["id"] == vendor
    assert made.get("/rest/v1.0/vendors", company_id=company, filters={"search": "zzz"}) == []
    assert made.call("GET", "/rest/v1.0/vendors/1", company_id=company).status_code == 404


def test_standard_codes_show_themselves_only_in_the_extended_view() -> None:
    """The default view has two ids, the list of lists is refused to new applications, the segment gives the list id."""
    made = desk()
    company = made.procore.company_id
    base = f"/rest/v1.0/companies/{company}/work_breakdown_structure/segments"
    segment = next(row for row in made.get(base) if row["type"] == "cost_code")
    lists = made.get(f"{base}/{segment['id']}/lists")
    assert made.call("GET", "/rest/v1.0/standard_cost_code_lists", company_id=company).status_code == 403
    query = {"company_id": company, "standard_cost_code_list_id": lists[0]["id"]}
    assert set(made.get("/rest/v1.0/standard_cost_codes", **query)[0]) == {"id", "standard_cost_code_list_id"}
    rows = made.get("/rest/v1.0/standard_cost_codes", view="extended", **query)
    assert [row["full_code"] for row in rows] == ["03", "03-300", "09", "09-250"]
    assert rows[1]["parent_id"] == rows[0]["id"]
    assert rows[1]["code"] == "300"
    assert made.call("GET", "/rest/v1.0/standard_cost_codes", company_id=company).status_code == 400


def test_odd_codes_are_found_by_their_parts_not_by_their_text() -> None:
    """A code with odd punctuation gives an odd flat code; its segment items name cost code and type by id."""
    made = desk()
    made.procore.add_cost_code("00-.30.14-", "Project Manager")
    project_id = project(made)
    codes = {row["full_code"]: row["id"] for row in made.get("/rest/v1.0/cost_codes", project_id=project_id)}
    types = {row["code"]: row["id"] for row in made.get("/rest/v1.0/line_item_types", project_id=project_id)}
    base = f"/rest/v1.0/projects/{project_id}/work_breakdown_structure"
    segments = {row["type"]: row["id"] for row in made.get(f"{base}/segments")}
    items = [
        {"segment_id": segments["cost_code"], "segment_item_id": codes["00-.30.14-"]},
        {"segment_id": segments["line_item_type"], "segment_item_id": types["L"]},
    ]
    wbs = made.send("POST", f"{base}/wbs_codes", {"segment_items": items}, 201)
    assert wbs["flat_code"] == "00-.30.14-.L"
    assert [item["id"] for item in wbs["segment_items"]] == [codes["00-.30.14-"], types["L"]]
    bulk = {"bulk": [{"description": "PM", "segment_items": items}, {"segment_items": items[:1]}]}
    answer = made.send("PATCH", f"{base}/wbs_codes/bulk_create", bulk, 201)
    assert [(row["id"], row["description"]) for row in answer["entities"]] == [(wbs["id"], "PM")]
    assert answer["errors"][0]["errors"]["segment_items"]
    listed = made.get(f"{base}/segments/{segments['cost_code']}/segment_items")
    assert {row["id"] for row in listed} == set(codes.values())


def test_new_codes_reach_projects_that_exist() -> None:
    """A code added to the company's list later is in every project, with a link to the standard code."""
    made = desk()
    project_id = project(made)
    standard = made.procore.add_cost_code("31-200", "Grading")
    rows = made.get("/rest/v1.0/cost_codes", project_id=project_id)
    grading = next(row for row in rows if row["full_code"] == "31-200")
    assert grading["standard_cost_code_id"] == standard
    assert grading["budgeted"] is False
    assert next(row for row in rows if row["full_code"] == "03-300")["budgeted"] is True
