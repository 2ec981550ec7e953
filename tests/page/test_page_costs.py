"""Job costs."""

import re
from decimal import Decimal

from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.flow import writeback
from tests.page.office import EMPLOYEE, MAIN, NOW, Browser, Office

COSTS = f"/connections/{MAIN}/costs"


def test_projects_with_their_sums(alice: Browser) -> None:
    """Each linked project has budget, committed, cost to date, percent, what is not in the budget, the difference."""
    text = alice.get(COSTS).text
    bare = re.sub(r"</?a\b[^>]*>", "", text.partition("Projects</h2>")[2])
    cells = re.findall(r'<td class="num[^"]*" data-label="([^"]*)">([^<]*)</td>', bare)
    row = dict(cells[:6])
    assert row == {
        "Budget": "126,500.00",
        "Committed": "114,950.00",
        "Cost to date": "7,738.50",
        "Of the budget": "6.1 %",
        "Not in the budget": "3,438.50",
        "Difference": "4,300.00",
    }
    assert dict(cells[6:12])["Difference"] == ""
    assert "1,234.56" in text
    assert "Not released: nothing is written to Procore" in text


def test_what_is_not_in_the_budget_is_listed(alice: Browser) -> None:
    """Costs without a code are listed by document with their sum."""
    text = alice.get(COSTS).text
    assert "Journal entry JE 12" in text
    assert "Job Expenses:Fuel" in text
    assert "3,438.50" in text


def test_no_employee_is_named(alice: Browser) -> None:
    """Payroll is one line per pay date, and a payee who is no vendor of QuickBooks is not told."""
    for path in ("/", COSTS):
        assert EMPLOYEE.split()[-1] not in alice.get(path).text
    assert "Payroll of 27 Feb 2026" in alice.get(COSTS).text


def test_written_costs_close_the_difference(office: Office, alice: Browser) -> None:
    """Once Procore has what the ledger has, the difference is 0.00, shown as such; a refusal is told."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        writeback.plan(uow, connection, office.kit.options(connection), confirmed=True)
        (row,) = uow.writebacks.find(connection_id=connection.id)
        assert row.wanted is not None
        assert row.wanted.amount() == Decimal("4300.00")
        row.written = row.wanted
        uow.writebacks.save(row)
    for path in (COSTS, f"{COSTS}/1"):
        assert '<td class="num zero" data-label="Difference">0.00</td>' in alice.get(path).text
    with office.kit.work() as uow:
        row.message = "The vendor is not active."
        uow.writebacks.save(row)
    assert "24-001, expense of 27 Feb 2026, 4,300.00:</strong> The vendor is not active." in alice.get(COSTS).text
    assert "costs that Procore refused" in alice.get("/").text


def test_ignored_costs_are_a_sum_only(office: Office, alice: Browser) -> None:
    """What a person ignores for good is told as a sum with its reason, and needs nobody."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        uow.mappings.add(
            Mapping(connection.id, "account", "Job Expenses:Fuel", ignored=True, comment="overhead", decided_at=NOW)
        )
    text = alice.get(COSTS).text
    assert "JE 12" not in text
    assert "account · 2 documents in 24-001" in text
    assert '<td data-label="Because">overhead</td>' in text
    assert "338.50" in text
    assert f'href="{COSTS}"><b>1</b>' in alice.get("/").text
