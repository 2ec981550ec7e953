import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from qbwc_bridge.rehearsal.procore import Procore, demo_company
from tests.rehearsal.procore_desk import Clock, Desk, desk, project


def _demo(seed: int = 0) -> Desk:
    clock = Clock()
    made = Desk(clock, demo_company(clock, seed=seed))
    made.token()
    return made


def _projects(made: Desk) -> dict[str, int]:
    query = {"company_id": made.procore.company_id, "filters": {"by_status": "All"}}
    return {row["project_number"]: row["id"] for row in made.get("/rest/v1.0/projects", **query)}


def _budgets(procore: Procore, projects: dict[str, int]) -> dict[str, list[tuple[str, Decimal, Decimal]]]:
    return {
        number: [(row.code, row.revised, row.committed) for row in procore.budget_view(project_id)]
        for number, project_id in projects.items()
    }


def test_the_same_seed_is_the_same_company() -> None:
    """One seed gives the same ids and amounts, another gives other amounts; all are whole cents."""
    first, again, other = _demo(3), _demo(3), _demo(4)
    projects = _projects(first)
    assert projects == _projects(again) == _projects(other)
    assert _budgets(first.procore, projects) == _budgets(again.procore, projects)
    assert _budgets(first.procore, projects) != _budgets(other.procore, projects)
    amounts = [amount for rows in _budgets(other.procore, projects).values() for _, *both in rows for amount in both]
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in amounts)


def test_the_demo_has_what_the_journey_needs() -> None:
    """Named orders, the change order, blocked cases, long names and odd codes are all there."""
    made = _demo()
    projects = _projects(made)
    assert set(projects) == {"24-001", "24-002", "24-003", "22-017"}
    locked = {number: made.get(f"/rest/v1.0/projects/{one}/budget")["locked"] for number, one in projects.items()}
    assert (locked["24-001"], locked["24-002"], locked["24-003"]) == (True, True, False)
    orders = made.get("/rest/v1.0/purchase_order_contracts", project_id=projects["24-001"])
    figures = [(row["number"], row["grand_total"], row["revised_contract"]) for row in orders[:1]]
    assert figures == [("PO24-003", "18500.0", "20000.0")]
    assert orders[1]["accounting_method"] == "unit"
    lofts = made.get("/rest/v1.0/work_order_contracts", project_id=projects["24-002"])[0]
    shown = made.get(f"/rest/v1.0/work_order_contracts/{lofts['id']}", project_id=projects["24-002"])
    amounts = [Decimal(row["amount"]) for row in shown["line_items"]]
    assert amounts[0] > 0 > amounts[1]
    assert amounts[2] == 0
    assert len(shown["vendor"]["company"]) > 41
    numbers = [row["number"] for row in made.get("/rest/v1.0/purchase_order_contracts", project_id=projects["24-002"])]
    assert any(len(number) > 11 for number in numbers)
    garage = made.get("/rest/v1.0/work_order_contracts", project_id=projects["24-003"])[0]
    assert garage["vendor"] is None
    draft = made.get("/rest/v1.0/purchase_order_contracts", project_id=projects["24-003"])[0]
    assert (draft["status"], draft["private"]) == ("Draft", True)
    assert "01-.74.10-.L" in {row.code for row in made.procore.budget_view(projects["24-001"])}


@pytest.fixture(name="served")
def _served() -> Desk:
    return desk()


def test_a_real_server_answers_many_at_once(served: Desk) -> None:
    """Eight writers with one key on kept connections make one record; the server stops and frees its port."""
    project_id = project(served)
    running = served.procore.serve()
    host, port = running.url.removeprefix("http://").split(":")
    body = json.dumps({"updates": [{"origin_id": "qbd:k:1", "direct_cost_type": "expense"}]})
    headers = served.headers | {"Content-Type": "application/json"}

    def write(_: int) -> list[int]:
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        try:
            found = []
            for _ in range(5):
                connection.request("PATCH", f"/rest/v1.0/projects/{project_id}/direct_costs/sync", body, headers)
                found.append(json.load(connection.getresponse())["entities"][0]["id"])
            return found
        finally:
            connection.close()

    try:
        with ThreadPoolExecutor(8) as pool:
            ids = {one for found in pool.map(write, range(8)) for one in found}
    finally:
        running.close()
    assert len(ids) == len(served.procore.direct_costs(project_id)) == 1
    assert sum(call.method == "PATCH" for call in served.procore.calls) == 40
    running.close()
    with pytest.raises(OSError, match="refused"):
        http.client.HTTPConnection(host, int(port), timeout=2).connect()


def test_a_cut_off_answer_breaks_in_the_middle(served: Desk) -> None:
    """Status 0 promises more than it sends and closes; the write behind it has happened."""
    project_id = project(served)
    running = served.procore.serve()
    host, port = running.url.removeprefix("http://").split(":")
    served.procore.fail_next(status=0, after_effect=True)
    body = json.dumps({"updates": [{"origin_id": "qbd:k:1", "direct_cost_type": "expense"}]})
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        path = f"/rest/v1.0/projects/{project_id}/direct_costs/sync"
        connection.request("PATCH", path, body, served.headers | {"Content-Type": "application/json"})
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
    finally:
        connection.close()
        running.close()
    assert len(served.procore.direct_costs(project_id)) == 1
    assert served.procore.calls[-1].status == 0
