"""Restored, condensed, merged files: the brake holds, nothing vanishes from Procore unasked (ACCOUNTING 22, 23)."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.flow import decisions
from qbwc_bridge.rehearsal.quickbooks import Line, PaycheckLine
from qbwc_bridge.worker import push
from tests.journeys.bridge import Bridge, connected_bridge
from tests.journeys.cost_year import company_costs, ledger_costs, two_projects
from tests.journeys.test_cost_year import visit

MATERIALS, LABOR = "03-300:M", "03-300:L"


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Bridge]:
    """Two projects with a bill each, released, read and pushed; the read is a few days old."""
    with connected_bridge(tmp_path, two_projects) as bridge:
        bridge.switch_on()
        bridge.visit()
        bridge.accept_all()
        bridge.visit()
        for number in ("24-001", "24-002"):
            bill(bridge, number, "1000.00")
        visit(bridge)
        bridge.release("24-001", "24-002")
        bridge.push()
        bridge.clock.pass_time(days=3)
        yield bridge


def job(bridge: Bridge, number: str) -> str:
    """ListID of a project's job."""
    return bridge.find("job", number).quickbooks_id


def bill(bridge: Bridge, number: str, amount: str, item: str = MATERIALS, *, days: int = 0) -> str:
    """Enter a bill on a project's job, dated so many days ago."""
    date = bridge.clock.now().date() - dt.timedelta(days=days)
    return bridge.company.enter_bill(
        "Smith & Sons", [Line(Decimal(amount), item=item, job=job(bridge, number))], txn_date=date, ref_number=amount
    )


def there(bridge: Bridge) -> dict[str, Decimal]:
    """What Procore shows as direct costs, by budget code, of both projects."""
    found: dict[str, Decimal] = {}
    for project in bridge.projects("24-001", "24-002"):
        for row in bridge.procore.budget_view(project):
            found[row.code] = found.get(row.code, Decimal(0)) + row.direct_costs
    return {code: amount for code, amount in found.items() if amount}


def held(bridge: Bridge) -> str:
    """Push and give the brake's question."""
    return push(bridge.app.kit, bridge.connection.id).brake


def test_a_restored_file_is_noticed_even_where_no_total_differs(working: Bridge) -> None:
    """A bill that was put under another code after the backup is back under the old one: the file is read whole."""
    number = bill(working, "24-001", "500.00")
    visit(working)
    working.push()
    working.clock.pass_time(days=1)
    backup = working.company.snapshot()
    working.company.recode(number, item=LABOR)
    visit(working)
    working.push()
    assert there(working) == {"03-300.M": Decimal("2000.00"), "03-300.L": Decimal("500.00")}
    working.company.restore(backup)
    working.clock.pass_time(days=1)
    visit(working)
    assert ledger_costs(working) == company_costs(working.company)

    working.push(confirmed=True)
    assert there(working) == {"03-300.M": Decimal("2500.00")}
    assert working.difference() == 0


def test_a_restored_file_without_later_documents_asks_first(working: Bridge) -> None:
    """What the backup does not have vanished without a deletion record: Procore keeps it until a person confirms."""
    backup = working.company.snapshot()
    bill(working, "24-001", "44.00")
    visit(working)
    working.push()
    before = there(working)
    working.company.restore(backup)
    working.clock.pass_time(days=1)
    bill(working, "24-002", "5.00")
    visit(working)

    assert "without a deletion record" in held(working)
    assert there(working) == before
    working.push(confirmed=True)
    assert working.difference() == 0
    assert there(working) == {"03-300.M": Decimal("2005.00")}


def test_a_condensed_file_asks_first(working: Bridge) -> None:
    """Summary journals without jobs took the place of old documents: nothing goes from Procore unasked."""
    bill(working, "24-001", "300.00", days=400)
    visit(working)
    working.push()
    before = there(working)
    working.company.condense(working.clock.now().date() - dt.timedelta(days=200))
    working.clock.pass_time(days=1)
    visit(working)

    assert "without a deletion record" in held(working)
    assert there(working) == before
    working.push(confirmed=True)
    assert ledger_costs(working) == company_costs(working.company)
    assert there(working) == {"03-300.M": Decimal("2000.00")}


def test_a_merged_job_asks_and_is_linked_anew_by_a_person(working: Bridge) -> None:
    """Its lines went to another job without any document being touched; the project gets them back by a new link."""
    company = working.company
    other = company.add_customer("24-002 by hand", parent="Bluestone Clients")
    before = there(working)
    company.merge(job(working, "24-002"), other)
    working.clock.pass_time(days=1)
    visit(working)
    visit(working)

    assert ledger_costs(working) == company_costs(company)
    assert held(working)
    assert there(working) == before
    row = working.find("job", "24-002")
    working.decide(decisions.unlink, row)
    working.decide(decisions.link, working.find("job", "24-002"), quickbooks="Bluestone Clients:24-002 by hand")
    working.push(confirmed=True)
    working.push(confirmed=True)
    assert there(working) == before
    assert working.difference() == 0


def test_a_merged_item_moves_costs_to_the_code_that_is_left(working: Bridge) -> None:
    """Items merged in QuickBooks are one code afterwards; totals of the job stay, and no cent is lost."""
    company = working.company
    bill(working, "24-001", "70.00", LABOR)
    visit(working)
    working.push()
    items = {row.quickbooks_name: row.quickbooks_id for row in working.submissions(kind="cost_code")}
    company.merge(items[LABOR], items[MATERIALS])
    working.clock.pass_time(days=2)
    visit(working)
    visit(working)

    assert ledger_costs(working) == company_costs(company)
    working.push(confirmed=True)
    assert sum(there(working).values()) == Decimal("2070.00")
    assert working.difference() == 0


def test_a_deleted_paycheck_leaves_with_the_next_visit(working: Bridge) -> None:
    """QuickBooks keeps no record of its deletion and nothing else changes: only its own totals tell, hours later."""
    company, today = working.company, working.clock.now().date()
    wages = [PaycheckLine(Decimal("700.00"), job=job(working, "24-001"), item=LABOR)]
    paycheck = company.enter_paycheck("Wilhelmina Obscura", wages, txn_date=today)
    visit(working)
    assert ledger_costs(working) == company_costs(company)
    company.delete(paycheck)
    working.clock.pass_time(hours=2)
    visit(working)

    assert ledger_costs(working) == company_costs(company)


def test_nothing_new_reads_next_to_nothing_and_writes_nothing(working: Bridge) -> None:
    """The second reading asks each type for one small page; Procore gets no write."""
    visit(working)
    asked: list[str] = []
    real = working.company.process

    def process(text: str) -> str:
        answer = real(text)
        asked.append(answer)
        return answer

    working.company.process = process  # type: ignore[method-assign, assignment]
    working.clock.pass_time(days=1)
    calls = len(working.procore.calls)
    visit(working)
    working.push()

    costs = [answer for answer in asked if "<BillQueryRs" in answer or "ReportQueryRs" in answer]
    assert sum(answer.count("Ret>") for answer in costs) < 200
    assert not [call for call in working.procore.calls[calls:] if call.method != "GET"]


@pytest.mark.parametrize("hours", [6, 24])
def test_a_clock_that_was_ahead_for_one_entry_hides_no_later_change(working: Bridge, hours: int) -> None:
    """Where another bill is recoded in the hours until that time comes, both systems agree all the same."""
    number = bill(working, "24-001", "500.00")
    visit(working)
    with working.company.at(working.clock.now() + dt.timedelta(hours=hours)):
        bill(working, "24-001", "1.00")
    visit(working)
    working.clock.pass_time(hours=2)
    working.company.recode(number, item=LABOR)
    visit(working)
    for _ in range(2):
        working.clock.pass_time(hours=30)
        bill(working, "24-002", "2.00")
        visit(working)

    assert ledger_costs(working) == company_costs(working.company)
