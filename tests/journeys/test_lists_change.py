"""Lists that change under the bridge: merged, renamed, moved and deleted records, names in use, and names too long."""

import re
from decimal import Decimal

import pytest

from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.views import look
from qbwc_bridge.rehearsal.procore.views import CommitmentLine
from tests.journeys.bridge import Bridge, states
from tests.journeys.test_calamities import deliver

ACCOUNTS = {"income_account": "Construction Income", "expense_account": "Job Expenses"}
PROJECT = "24-001"


def delivered(bridge: Bridge) -> None:
    """Bring a project into QuickBooks."""
    deliver(bridge)
    bridge.visit()
    assert {row.state for row in bridge.submissions()} == {State.SYNCED}, states(bridge.submissions())


def read_lists(bridge: Bridge, **later: int) -> str:
    """Let time pass and QuickBooks visit for its costs; gives what was asked of it."""
    bridge.clock.pass_time(**(later or {"minutes": 16}))
    bridge.refresh_costs()
    return "".join(bridge.visit().requests)


def order(bridge: Bridge, number: str, vendor: str, code: str = "09-250.M", project: str = PROJECT) -> None:
    """Enter and approve another purchase order in Procore, and read it."""
    (project_id,) = bridge.projects(project)
    vendor_id = int(next(row.key for row in bridge.submissions(kind="vendor") if row.title == vendor))
    lines = [CommitmentLine(code, "More", Decimal("100.00"))]
    bridge.procore.add_purchase_order(project_id, number, "More", vendor_id, lines)
    bridge.pull()


def links_anew(bridge: Bridge, row: Submission, name: str) -> Submission:
    """Do what the reason says: unlink, then link to the record that took its place."""
    bridge.decide(decisions.unlink, row)
    bridge.decide(decisions.link, row, quickbooks=name)
    (found,) = bridge.submissions(id=row.id)
    return found


def questions(bridge: Bridge) -> int:
    """How many things the status page shows that need a person."""
    with bridge.app.kit.work() as uow:
        connection = uow.connections.get(bridge.connection.id)
        return look(bridge.app.kit, uow, connection, bridge.clock.now()).needs_a_person


def test_a_merged_vendor_is_noticed_within_a_day(bridge: Bridge) -> None:
    """Its orders wait for a person, who links the other vendor; then they are written on that one."""
    delivered(bridge)
    bridge.company.add_vendor("Pacific Drywall Group")
    bridge.company.merge("Pacific Drywall", "Pacific Drywall Group")
    assert "FromModifiedDate" in read_lists(bridge)
    assert bridge.find("vendor", "Pacific Drywall").reasons == []
    read_lists(bridge, hours=25)
    row = bridge.find("vendor", "Pacific Drywall")
    assert "deleted or merged" in row.reasons[0]
    assert questions(bridge) == 2  # this vendor, and the other one, which was born in QuickBooks
    assert bridge.find("commitment", "PO24-003").reasons == []  # QuickBooks took its order along
    order(bridge, "PO24-090", "Pacific Drywall")
    assert "no longer in QuickBooks" in bridge.find("commitment", "PO24-090").reasons[0]

    assert links_anew(bridge, row, "Pacific Drywall Group").reasons == []
    bridge.accept_all()
    bridge.visit()
    (made,) = [one for one in bridge.company.orders() if one.ref_number == "PO24-090"]
    assert made.vendor == "Pacific Drywall Group"


def test_a_write_on_a_merged_vendor_makes_the_bridge_look_at_everything(bridge: Bridge) -> None:
    """QuickBooks refuses the ListID; the next visit reads the lists whole, and people read why."""
    delivered(bridge)
    bridge.company.add_vendor("Pacific Drywall Group")
    order(bridge, "PO24-090", "Pacific Drywall")
    bridge.accept_all()
    bridge.company.merge("Pacific Drywall", "Pacific Drywall Group")
    bridge.visit()
    assert bridge.find("commitment", "PO24-090").state is State.FAILED
    asked = read_lists(bridge)

    assert "FromModifiedDate" not in asked.partition("<EstimateQueryRq")[0]
    assert "deleted or merged" in bridge.find("vendor", "Pacific Drywall").reasons[0]


def test_a_renamed_job_is_followed_and_a_moved_one_asks(bridge: Bridge) -> None:
    """The name here is QuickBooks' name; below another customer a person decides."""
    delivered(bridge)
    job = bridge.find("job", PROJECT)
    bridge.company.rename(job.quickbooks_id, "Maple Clinic, phase 1")
    read_lists(bridge)
    row = bridge.find("job", PROJECT)
    assert (row.quickbooks_name, row.reasons) == ("Bluestone Clients:Maple Clinic, phase 1", [])

    bridge.company.add_customer("Another Owner")
    bridge.company.move(job.quickbooks_id, "Another Owner")
    read_lists(bridge)
    assert "moved below customer Another Owner" in bridge.find("job", PROJECT).reasons[0]
    bridge.switch_on(PROJECT, customer="Another Owner")
    row = bridge.find("job", PROJECT)
    assert (row.quickbooks_name, row.reasons) == ("Another Owner:Maple Clinic, phase 1", [])


def test_a_deleted_item_is_noticed_at_the_next_visit(bridge: Bridge) -> None:
    """What needs it is blocked with the way out; made anew, everything goes on."""
    deliver(bridge)
    for row in bridge.submissions(state=State.ACCEPTED):
        if row.kind != "cost_code":
            bridge.decide(decisions.take_back, row)
    bridge.visit()
    item = bridge.find("cost_code", "09-250.M")
    bridge.company.delete_record(item.quickbooks_id)
    read_lists(bridge)
    assert "deleted or merged" in bridge.find("cost_code", "09-250.M").reasons[0]
    assert "09-250.M, which is no longer in QuickBooks" in bridge.submissions(kind="budget")[0].reasons[0]

    bridge.decide(decisions.unlink, item)
    bridge.accept_all()
    bridge.visit()
    bridge.accept_all()
    bridge.visit()
    assert {row.state for row in bridge.submissions()} == {State.SYNCED}, states(bridge.submissions())
    assert [one.full_name for one in bridge.company.items()].count("09-250:M") == 1


LONG = "Sierra Nevada Concrete Pumping & Placing "
"""41 characters, of which QuickBooks drops the space at the end."""


def test_two_vendors_of_one_name_in_quickbooks(bridge: Bridge) -> None:
    """QuickBooks cuts both after 41 characters: both wait until one of them has another name."""
    bridge.switch_on(PROJECT)
    (project_id,) = bridge.projects(PROJECT)
    for at, tail in enumerate(("North", "South")):
        vendor = bridge.procore.add_vendor(f"{LONG}{tail}")
        lines = [CommitmentLine("03-300.S", "Pumping", Decimal("100.00"))]
        bridge.procore.add_subcontract(project_id, f"SC-09{at}", "Pumping", vendor, lines)
    bridge.pull()
    bridge.visit()
    north, south = (bridge.find("vendor", f"{LONG}{tail}") for tail in ("North", "South"))
    assert f"vendor {LONG}South" in north.reasons[0]
    assert f"vendor {LONG}North" in south.reasons[0]

    bridge.decide(decisions.choose_name, south, name="Sierra Pumping South")
    bridge.accept_all()
    bridge.visit()
    names = {one.full_name for one in bridge.company.vendors()}
    assert {LONG.strip(), "Sierra Pumping South"} <= names
    assert {row.state for row in bridge.submissions()} == {State.SYNCED}, states(bridge.submissions())


def test_two_orders_of_one_number_in_quickbooks(bridge: Bridge) -> None:
    """Eleven characters of each number are kept: the one that stands there keeps it, the other asks for another."""
    delivered(bridge)
    order(bridge, "A-2024-00017", "Pacific Drywall")
    bridge.accept_all()
    bridge.visit()
    order(bridge, "B-2024-00017", "Pacific Drywall")
    row = bridge.find("commitment", "B-2024-00017")
    assert "order A-2024-00017" in row.reasons[0]

    bridge.decide(decisions.choose_name, row, name="B24-00017")
    bridge.accept_all()
    bridge.visit()
    numbers = [one.ref_number for one in bridge.company.orders()]
    assert (numbers.count("-2024-00017"), numbers.count("B24-00017")) == (1, 1)


@pytest.mark.parametrize("levels", [4, 5])
def test_sub_items_lie_five_deep_at_most(bridge: Bridge, levels: int) -> None:
    """Linked below others, a code's item may leave no level for its types; that is told before anything is sent."""
    path = ":".join(["Jobs", "Trades", "Interior", "Walls"][: levels - 1])
    for depth in range(levels - 1):
        bridge.company.add_item(":".join(path.split(":")[: depth + 1]), **ACCOUNTS)  # type: ignore[arg-type]
    bridge.company.add_item(f"{path}:Gypsum", **ACCOUNTS)  # type: ignore[arg-type]
    bridge.switch_on(PROJECT)
    bridge.visit()
    (code,) = bridge.submissions(kind="cost_code", key="09-250")
    bridge.decide(decisions.link, code, quickbooks=f"{path}:Gypsum")
    bridge.accept_all()
    bridge.visit()

    (row,) = bridge.submissions(kind="cost_code", key="09-250.M")
    if levels < 5:
        assert row.quickbooks_name == f"{path}:Gypsum:M"
    else:
        assert row.state is State.BLOCKED
        assert "6 levels" in row.reasons[0]
        assert not [one for one in bridge.company.items() if one.full_name.count(":") >= 5]


def test_a_name_with_a_colon_is_written_without(bridge: Bridge) -> None:
    """The colon parts levels in QuickBooks: it becomes a dash, and the record is found again by that."""
    bridge.procore.add_project("24-020", "Annex: east", city="Oakland")
    bridge.switch_on("24-020", customer="Owner: East Side")
    bridge.visit()
    bridge.accept_all()
    bridge.visit()

    (job,) = bridge.company.jobs()
    assert job.full_name == "Owner- East Side:24-020 Annex- east"
    bridge.clock.pass_time(hours=25)
    read_lists(bridge)
    row = bridge.find("job", "24-020")
    assert (row.quickbooks_id, row.reasons) == (job.list_id, [])


def test_an_employee_has_the_vendor_s_name(bridge: Bridge) -> None:
    """The vendor asks for another name; of the employee nothing but the name is asked for or kept."""
    bridge.company.add_employee("Delta Grading", ssn="000-12-3456")
    seen: list[str] = []
    real = bridge.company.process

    def process(text: str) -> str:
        seen.append(real(text))
        return seen[-1]

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    bridge.switch_on(PROJECT)
    bridge.visit()
    row = bridge.find("vendor", "Delta Grading")
    assert "for an employee already" in row.reasons[0]
    people = re.findall("<EmployeeRet>.*?</EmployeeRet>", "".join(seen), re.DOTALL)
    told = {"EmployeeRet", "ListID", "TimeModified", "EditSequence", "Name", "IsActive"}
    assert {tag for text in people for tag in re.findall(r"<(\w+)>", text)} == told
    assert b"000-12-3456" not in b"".join(file.read_bytes() for file in bridge.folder.glob("bridge.db*"))

    bridge.decide(decisions.choose_name, row, name="Delta Grading (v)")
    bridge.accept_all()
    bridge.visit()
    assert "Delta Grading (v)" in {one.full_name for one in bridge.company.vendors()}


def test_a_bookkeeper_who_may_not_see_employees_stops_nothing(bridge: Bridge) -> None:
    """QuickBooks refuses that one list; everything else goes its way."""
    bridge.hide_employees()
    delivered(bridge)
