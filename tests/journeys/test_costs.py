"""Job costs over time: what QuickBooks posts, changes and deletes stands in Procore after each push, once."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.domain.records import Mapping, ReleaseChoice
from qbwc_bridge.flow.release_steps import release, try_release, withdraw
from qbwc_bridge.rehearsal.month import Site, post_month
from qbwc_bridge.rehearsal.procore import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import Line, PaycheckLine
from qbwc_bridge.worker import push
from tests.journeys.bridge import Bridge

CREW = "Wilhelmina Obscura-Nightingale"
"""A name that stands nowhere else, so that a search for it proves something."""


@pytest.fixture
def working(bridge: Bridge) -> Bridge:
    """A bridge whose project 24-001 stands in QuickBooks, has a month of costs, and is released."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    bridge.visit()
    list(post_month(bridge.company, Site(job(bridge), "09-250:M", "01-310:L"), bridge.clock.now().date()))
    with bridge.app.kit.work() as uow:
        uow.mappings.add(Mapping(bridge.connection.id, "account", "Job Expenses:Fuel", "01-500.O"))
    return_costs(bridge)
    bridge.release("24-001")
    bridge.push()
    return bridge


def job(bridge: Bridge) -> str:
    """FullName of the job."""
    return bridge.find("job", "24-001").quickbooks_name


def return_costs(bridge: Bridge) -> None:
    """Read QuickBooks' costs in a visit."""
    bridge.refresh_costs()
    bridge.clock.pass_time(minutes=16)
    assert bridge.visit().outcome == "done"


def posted(bridge: Bridge) -> Decimal:
    """What QuickBooks' own ledger says about the job."""
    return sum((amount for (name, _), amount in bridge.company.job_costs().items() if name == job(bridge)), Decimal(0))


def there(bridge: Bridge) -> Decimal:
    """What Procore's budget shows as direct costs."""
    return sum((row.direct_costs for row in bridge.procore.budget_view(bridge.projects("24-001")[0])), Decimal(0))


def test_pushing_again_writes_nothing(working: Bridge) -> None:
    """The same figures twice cause no second write."""
    before = len(working.procore.calls)
    working.push()

    writes = [call for call in working.procore.calls[before:] if call.method != "GET"]
    assert not writes


def test_edits_voids_and_deletions_are_followed(working: Bridge) -> None:
    """A changed, a voided and a deleted document change Procore's total to QuickBooks' own, up and down."""
    today = working.clock.now().date()
    site = job(working)
    bill = working.company.enter_bill(
        "Smith & Sons", [Line(Decimal("900.00"), item="09-250:M", job=site)], txn_date=today, ref_number="B-9"
    )
    check = working.company.enter_check(
        "Smith & Sons", [Line(Decimal("55.55"), item="03-300:M", job=site)], txn_date=today, ref_number="9001"
    )
    return_costs(working)
    working.push()
    assert there(working) == posted(working)
    working.company.edit_bill(bill, lines=[Line(Decimal("700.25"), item="03-300:M", job=site)])
    working.company.void(check)
    return_costs(working)
    working.push(confirmed=False)
    assert there(working) == posted(working)
    working.company.delete(bill)
    return_costs(working)
    working.push(confirmed=True)

    assert there(working) == posted(working)
    assert working.difference() == Decimal("0.00")


@pytest.mark.parametrize("path", ["direct_costs/sync", "direct_costs/line_items/sync"])
def test_a_lost_answer_doubles_nothing(working: Bridge, path: str) -> None:
    """When Procore did the write but its answer was lost, the next push finds it by its key."""
    working.company.enter_bill(
        "Smith & Sons",
        [Line(Decimal("321.00"), item="09-250:M", job=job(working))],
        txn_date=working.clock.now().date(),
        ref_number="B-10",
    )
    return_costs(working)
    working.procore.fail_next(status=0, count=20, path_contains=path, after_effect=True)
    outcome = push(working.app.kit, working.connection.id)
    assert outcome.problems
    working.procore.clear_faults()
    working.restart()
    working.push()

    assert there(working) == posted(working)
    keys = [cost.origin_id for cost in working.procore.direct_costs(working.projects("24-001")[0])]
    assert len(keys) == len(set(keys))


def test_a_refused_project_stops_no_other_and_loses_nothing(working: Bridge) -> None:
    """A push that Procore refuses altogether tells why, and the next one completes it."""
    working.company.enter_bill(
        "Smith & Sons",
        [Line(Decimal("11.00"), item="09-250:M", job=job(working))],
        txn_date=working.clock.now().date(),
        ref_number="B-11",
    )
    return_costs(working)
    working.procore.fail_next(status=403, count=20, path_contains="direct_costs")
    assert push(working.app.kit, working.connection.id).problems
    working.procore.clear_faults()
    working.push()

    assert there(working) == posted(working)


def test_withdrawing_removes_what_the_bridge_wrote_and_nothing_else(working: Bridge) -> None:
    """After a withdrawal and a push only what people typed in Procore is left."""
    project = working.projects("24-001")[0]
    typed = working.procore.add_direct_cost(project, [CommitmentLine("09-250.M", "typed", Decimal("5.00"))])
    withdraw(working.app.kit, working.connection.id, project, who="Alice")
    working.push()

    assert [cost.id for cost in working.procore.direct_costs(project)] == [typed]


def test_a_restored_company_file_holds_the_brake(working: Bridge) -> None:
    """Documents that vanish without a deletion record stop the push until a person confirms."""
    backup = working.company.snapshot()
    working.company.enter_bill(
        "Smith & Sons",
        [Line(Decimal("44.00"), item="09-250:M", job=job(working))],
        txn_date=working.clock.now().date(),
        ref_number="B-12",
    )
    return_costs(working)
    working.push()
    working.company.restore(backup)
    return_costs(working)
    outcome = push(working.app.kit, working.connection.id)

    assert "without a deletion record" in outcome.brake
    assert there(working) == posted(working) + Decimal("44.00")
    working.push(confirmed=True)
    assert there(working) == posted(working)


def test_bills_on_orders_are_left_to_procore_where_a_person_said_so(working: Bridge) -> None:
    """With --po-bills skip a bill drawn on an exported order is not written, and stands in its own column."""
    project = working.projects("24-001")[0]
    working.release("24-001", po_bills="skip")
    working.push(confirmed=True)
    drawn = [cost for cost in working.procore.direct_costs(project) if cost.invoice_number == "B-1002"]

    assert not drawn
    assert working.difference() == Decimal("0.00")
    assert there(working) < posted(working)


def pay(working: Bridge) -> None:
    """Enter a paycheck and let the bridge read it."""
    working.company.enter_paycheck(
        CREW,
        [
            PaycheckLine(Decimal("777.77"), job=job(working), item="01-310:L"),
            PaycheckLine(Decimal("100.00"), item="01-310:L"),
        ],
        txn_date=working.clock.now().date(),
    )
    return_costs(working)


def test_the_name_of_an_employee_stands_with_no_wage(working: Bridge) -> None:
    """Where names are read for the name space they share, they stand on the list of employees alone."""
    pay(working)
    with working.app.kit.work() as uow:
        kept = [text for message in uow.message_sets.find() if CREW in (text := message.reply_text)]
        lists = {row.kind for row in uow.lists.find() if CREW in str(row)}
        rows = [*uow.costs.find(), *uow.transactions.find(), *uow.history.find(), *uow.answers.find()]

    assert lists == {"employee"}
    assert kept
    assert CREW not in re.sub("<EmployeeRet>.*?</EmployeeRet>", "", "".join(kept), flags=re.DOTALL)
    assert CREW not in str(rows)


def test_no_employee_is_stored_anywhere(working: Bridge, tmp_path: Path) -> None:
    """Wages come summed per pay date, job and code; the name of an employee reaches neither database nor Procore."""
    working.hide_employees()
    pay(working)
    working.push()
    assert there(working) == posted(working)
    with working.app.kit.work() as uow:
        kept = [message.request_text + message.reply_text for message in uow.message_sets.find()]
        rows = [
            *uow.costs.find(),
            *uow.lists.find(),
            *uow.transactions.find(),
            *uow.history.find(),
            *uow.answers.find(),
        ]
    assert CREW not in str(kept)
    assert CREW not in str(rows)
    working.app.close()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert CREW.encode() not in file.read_bytes(), file.name
    with_names = [call for call in working.procore.calls if CREW in str(call)]
    assert not with_names
    working.start()


def test_a_first_date_for_costs_makes_one_opening_line_per_code(working: Bridge) -> None:
    """Costs before the cut-off come as one opening document, later ones in detail; the total is the same."""
    project = working.projects("24-001")[0]
    cut_off = working.clock.now().date() - dt.timedelta(days=1)
    try_release(working.app.kit, working.connection.id, project)
    chosen = ReleaseChoice(cut_off, "opening", "write")
    release(working.app.kit, working.connection.id, project, chosen, who="Alice")
    working.push(confirmed=True)

    costs = working.procore.direct_costs(project)
    assert len(costs) == 1
    assert "opening" in str(costs[0].origin_id)
    assert there(working) == posted(working)
