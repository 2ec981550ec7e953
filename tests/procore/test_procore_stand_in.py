"""The whole edge against the stand-in Procore, every call checked against the published operations."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import httpx
import pytest

from qbwc_bridge.domain.procore import ChangeOrder, DirectCost, DirectCostLine
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.procore import Gateway
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore, demo_company
from tests.procore.api import (
    FakeClock,
    budget_of,
    change_orders_of,
    commitments_of,
    cost_codes,
)
from tests.procore.contract import ContractTransport
from tests.procore.every_call import PUBLIC, drive
from tests.procore.operations import USED


@dataclass
class Bench:
    """A stand-in company with content, the edge on it, and the clock of both."""

    procore: Procore
    gateway: Gateway
    transport: ContractTransport
    clock: FakeClock

    def change_orders(self, project_id: int) -> list[ChangeOrder]:
        """The change orders of a project's commitments."""
        return [each for each in change_orders_of(self.gateway, project_id) if isinstance(each, ChangeOrder)]

    def project(self, number: str) -> int:
        """Give the id of a project by its number."""
        return next(one.id for one in self.gateway.projects().found if one.number == number)


def open_bench(procore: Procore, clock: FakeClock) -> Bench:
    """Open the edge on a stand-in."""
    transport = ContractTransport(httpx.WSGITransport(app=procore.wsgi_app))
    gateway = Gateway(
        login_url="http://127.0.0.1:8001",
        api_url="http://127.0.0.1:8001",
        company_id=procore.company_id,
        client_id=procore.client_id,
        client_secret=procore.client_secret,
        clock=clock,
        sleep=clock.sleep,
        transport=transport,
    )
    return Bench(procore, gateway, transport, clock)


@pytest.fixture(name="bench")
def fixture_bench() -> Iterator[Bench]:
    """Make the company of the demonstration with the edge on it."""
    clock = FakeClock()
    bench = open_bench(demo_company(clock.now), clock)
    yield bench
    bench.gateway.close()


def test_the_whole_edge_uses_documented_operations_only(bench: Bench) -> None:
    """Driving every method calls exactly the operations listed, each as Procore documents it."""
    assert drive(bench.gateway, bench.procore) == PUBLIC
    assert bench.transport.seen == USED


def test_company_lists_come_whole(bench: Bench) -> None:
    """Active projects, vendors, cost codes with divisions, and cost types are read with their fields."""
    projects = {one.number: one for one in bench.gateway.projects().found}
    assert set(projects) == {"24-001", "24-002", "24-003"}
    clinic = projects["24-001"]
    assert (clinic.name, clinic.state, clinic.zip) == ("Maple Clinic", "CA", "94607")
    vendors = {one.name: one for one in bench.gateway.vendors().found}
    iron = vendors["Se\u00f1or Pe\u00f1a\u2019s Ironworks \u2013 Fabrication & Erection Company"]
    assert iron.address == "901 Foundry St"
    codes = {one.full_code: one for one in cost_codes(bench.gateway)}
    assert codes["03-300"].parent_id == codes["03"].id
    assert codes["03"].parent_id is None
    assert {one.code for one in bench.gateway.cost_types().found} == {"L", "M", "S", "E", "O"}


def test_long_lists_are_read_over_several_pages(bench: Bench) -> None:
    """More records than one page holds all arrive, in both versions of pages."""
    for number in range(650):
        bench.procore.add_vendor(f"Vendor {number:04}")
    assert len(bench.gateway.vendors().found) == 656
    project = bench.project("24-001")
    order = commitments_of(bench.gateway, project)[0]
    lines = [
        CommitmentLine("03-300.M", f"Part {number}", Decimal(number), changes_line=order.lines[0].id)
        for number in range(230)
    ]
    bench.procore.add_change_order(order.id, "002", "Many parts", lines)
    change = bench.change_orders(project)[-1]
    assert {one.commitment_line_id for one in change.lines} == {order.lines[0].id}
    assert change.amount() == Decimal(sum(range(230)))


def test_the_budget_is_what_its_people_see(bench: Bench) -> None:
    """Original amounts, modifications and approved changes agree with the stand-in's own budget, code by code."""
    project = bench.project("24-001")
    bench.procore.approve_budget_change(project, 1, {"03-300.M": Decimal("250.75"), "05-120.S": Decimal("-99.99")})
    bench.procore.draft_budget_change(project, 2, {"03-300.M": Decimal(1000)})
    bench.procore.budget_columns["revised"] = "Revized Budgit"
    budget = budget_of(bench.gateway, project)
    seen = {row.code: row.revised for row in bench.procore.budget_view(project) if row.budget_line_id is not None}
    ours = {row.code.code: budget.amounts()[row.code.id] for row in budget.rows}
    assert (budget.locked, ours) == (True, seen)
    assert "01-.74.10-.L" in ours
    assert not budget_of(bench.gateway, bench.project("24-003")).locked


def test_commitments_add_up(bench: Bench) -> None:
    """Lines, approved change orders and Procore's revised contract agree for every commitment of every project."""
    for project in bench.gateway.projects().found:
        changes = bench.change_orders(project.id)
        commitments = commitments_of(bench.gateway, project.id)
        assert commitments
        for one in commitments:
            approved = [c.amount() for c in changes if c.commitment_id == one.id and c.status == "approved"]
            assert one.amount() + sum(approved) == one.revised
            assert all(line.code for line in one.lines)
    (change,) = bench.change_orders(bench.project("24-001"))
    order = next(one for one in commitments_of(bench.gateway, change.project_id) if one.id == change.commitment_id)
    assert (change.lines[0].commitment_line_id, change.title) == (order.lines[0].id, "Extra soffit in the lobby")
    assert (order.vendor_name, order.unit_based, order.lines[0].quantity) == ("Pacific Drywall", False, None)


def test_unit_lines_keep_quantity_and_price(bench: Bench) -> None:
    """Unit lines carry quantity, unit cost and unit; the amount is their product to the cent."""
    orders = {one.number: one for one in commitments_of(bench.gateway, bench.project("24-001"))}
    lines = orders["PO24-004"].lines
    assert [line.uom for line in lines] == ["cy", "hr"]
    for line in lines:
        assert line.quantity is not None
        assert line.unit_cost is not None
        assert abs(line.quantity * line.unit_cost - line.amount) <= Decimal("0.01")
    subcontract = orders["SC-014"]
    assert (subcontract.subcontract, subcontract.retainage_percent) == (True, Decimal("10.00"))


def test_projects_and_vendors_are_made(bench: Bench) -> None:
    """What was made is read back under its id, active, with cost codes, and without any key of the bridge."""
    numbered, bare = bench.gateway.create_project("26-001", "Library"), bench.gateway.create_project("", "Old Mill")
    vendor = bench.gateway.create_vendor("Smith & Sons (Oakland)")
    projects = {one.id: one for one in bench.gateway.projects().found}
    assert (projects[numbered].number, projects[numbered].name, projects[numbered].active) == (
        "26-001",
        "Library",
        True,
    )
    assert (projects[bare].number, projects[bare].name) == ("", "Old Mill")
    assert {one.id: one.name for one in bench.gateway.vendors().found}[vendor] == "Smith & Sons (Oakland)"
    assert bench.gateway.create_budget_code(numbered, "16-100", "M").id
    sent = [call.body for call in bench.procore.calls if call.method == "POST" and call.path.startswith("/rest")]
    assert len(sent) == 3
    assert "origin" not in str(sent)


def test_a_refused_project_says_why(bench: Bench) -> None:
    """A name that Procore does not take is told with its field, and is no doubt."""
    with pytest.raises(ProcoreError, match=r"making project 26-001 .*name: can't be blank") as caught:
        bench.gateway.create_project("26-001", "")
    assert (caught.value.status, isinstance(caught.value, ProcoreUnreachable)) == (422, False)


@pytest.mark.parametrize("status", [0, 500, 502, 503, 504])
def test_what_would_be_made_twice_is_never_sent_again(bench: Bench, status: int) -> None:
    """Whatever fault covers the answer of a creation, it is sent once and its fate is in doubt."""
    bench.procore.fail_next(status=status, path_contains="/vendors", method="POST", after_effect=True)
    with pytest.raises(ProcoreUnreachable):
        bench.gateway.create_vendor("Acme Paving")
    assert [one.name for one in bench.gateway.vendors().found].count("Acme Paving") == 1


def test_a_creation_that_procore_did_not_take_is_sent_again(bench: Bench) -> None:
    """A full allowance of calls is waited for, and the record is made once."""
    bench.procore.fail_next(status=429, path_contains="/vendors", method="POST", retry_after=3)
    bench.gateway.create_vendor("Acme Paving")
    assert [one.name for one in bench.gateway.vendors().found].count("Acme Paving") == 1


def costs() -> list[DirectCost]:
    """Make three direct costs of ours."""
    base = DirectCost(origin_id="", type="expense", status="approved", date=dt.date(2026, 3, 1), lines=())
    return [replace(base, origin_id=f"qbd:k:{number}", description=f"Check {number}") for number in range(3)]


def test_direct_costs_are_written_once(bench: Bench) -> None:
    """The same costs synced twice stand in Procore once, and come back exactly as written."""
    gateway, project = bench.gateway, bench.project("24-001")
    code = next(one for one in gateway.code_book(project).read() if one.code == "03-300.M")
    for _ in range(2):
        ids = gateway.sync_direct_costs(project, costs()).ids
        lines = {
            ids[cost.origin_id]: [DirectCostLine(f"{cost.origin_id}:{code.id}", code.id, Decimal("-12.34"))]
            for cost in costs()
        }
        assert not gateway.sync_direct_cost_lines(project, lines).errors
    read = {cost.origin_id: cost for cost in gateway.direct_costs(project)}
    assert set(read) == set(ids)
    assert read["qbd:k:1"] == replace(
        costs()[1],
        id=ids["qbd:k:1"],
        lines=(replace(lines[ids["qbd:k:1"]][0], id=read["qbd:k:1"].lines[0].id),),
    )
    assert sum(cost.amount for cost in bench.procore.direct_costs(project)) == Decimal("-37.02")


def test_known_direct_costs_are_changed_in_place(bench: Bench) -> None:
    """A cost read back is changed by its id, cleared fields included, and deleted with its lines."""
    gateway, project = bench.gateway, bench.project("24-001")
    vendor = gateway.vendors().found[0].id
    gateway.sync_direct_costs(project, [replace(costs()[0], vendor_id=vendor, invoice_number="7")])
    (read,) = gateway.direct_costs(project)
    assert (read.vendor_id, read.invoice_number) == (vendor, "7")
    gateway.sync_direct_costs(project, [replace(read, vendor_id=None, invoice_number="", description="Voided")])
    (changed,) = gateway.direct_costs(project)
    assert (changed.id, changed.vendor_id, changed.invoice_number, changed.description) == (read.id, None, "", "Voided")
    for _ in range(2):
        gateway.delete_direct_cost(project, read.id or 0)
    assert gateway.direct_costs(project) == []


def test_refused_items_leave_the_others(bench: Bench) -> None:
    """An invoice without vendor is refused with the field's name, its neighbours are written."""
    first, second, third = costs()
    bad = replace(second, type="invoice")
    outcome = bench.gateway.sync_direct_costs(bench.project("24-001"), [first, bad, third])
    assert set(outcome.ids) == {first.origin_id, third.origin_id}
    assert "vendor_id: can't be blank" in outcome.errors[bad.origin_id]


@pytest.mark.parametrize("status", [500, 502, 504, 503, 429])
def test_a_write_that_worked_but_was_answered_by_a_fault_is_not_doubled(bench: Bench, status: int) -> None:
    """Whatever fault covers the answer of a sync, its repetition finds the records by their keys."""
    project = bench.project("24-001")
    bench.procore.fail_next(status=status, path_contains="direct_costs/sync", after_effect=True)
    assert len(bench.gateway.sync_direct_costs(project, costs()).ids) == 3
    assert len(bench.procore.direct_costs(project)) == 3


def test_a_cut_off_answer_leaves_the_write_in_doubt(bench: Bench) -> None:
    """Answers that are cut off again and again are no answer; the write is found by its key afterwards."""
    project = bench.project("24-001")
    bench.procore.fail_next(status=0, count=20, path_contains="direct_costs/sync", after_effect=True)
    with pytest.raises(ProcoreUnreachable):
        bench.gateway.sync_direct_costs(project, costs())
    assert {cost.origin_id for cost in bench.gateway.direct_costs(project)} == {cost.origin_id for cost in costs()}


def test_a_real_socket_that_breaks_is_outlived() -> None:
    """Over a real connection, an answer that breaks off in the middle is asked for again."""
    clock = FakeClock()
    procore = demo_company(clock.now)
    served = procore.serve()
    gateway = Gateway(
        login_url=served.url,
        api_url=served.url,
        company_id=procore.company_id,
        client_id=procore.client_id,
        client_secret=procore.client_secret,
        clock=clock,
        sleep=clock.sleep,
    )
    try:
        procore.fail_next(status=0, path_contains="direct_costs/sync", after_effect=True)
        project = gateway.projects().found[0].id
        assert len(gateway.sync_direct_costs(project, costs()).ids) == 3
        assert len(procore.direct_costs(project)) == 3
    finally:
        gateway.close()
        served.close()


def test_the_spike_window_is_obeyed() -> None:
    """With five calls per ten seconds the edge reads everything by waiting, and is never refused."""
    clock = FakeClock()
    procore = Procore(now=clock.now, spike_limit=5)
    for number in range(20):
        procore.add_project(f"24-{number:03}", f"Project {number}")
    bench = open_bench(procore, clock)
    for _ in range(12):
        assert len(bench.gateway.projects().found) == 20
    assert {call.status for call in procore.calls} == {200}
    assert len(clock.slept) == 2
    assert all(0 < pause <= 11 for pause in clock.slept)


def test_expired_and_revoked_tokens_are_replaced(bench: Bench) -> None:
    """Neither the end of a token's life nor its revocation is seen by a caller."""
    assert bench.gateway.projects().found
    bench.clock.moment += dt.timedelta(hours=3)
    assert bench.gateway.projects().found
    bench.procore.revoke_tokens()
    assert bench.gateway.projects().found
    tokens = [call for call in bench.procore.calls if call.path == "/oauth/token"]
    assert len(tokens) == 3


def test_what_the_app_may_not_see_is_told(bench: Bench) -> None:
    """A project taken from the app, a wrong company and a wrong secret each get their own sentence."""
    project = bench.project("24-001")
    bench.procore.set_project(project, permitted=False)
    with pytest.raises(ProcoreError, match="administrator") as closed:
        budget_of(bench.gateway, project)
    assert closed.value.status in {403, 404}
    wrong = Gateway(
        login_url="http://127.0.0.1:8001",
        api_url="http://127.0.0.1:8001",
        company_id=bench.procore.company_id,
        client_id=bench.procore.client_id,
        client_secret=bench.procore.client_secret + "x",
        clock=bench.clock,
        sleep=bench.clock.sleep,
        transport=httpx.WSGITransport(app=bench.procore.wsgi_app),
    )
    with pytest.raises(ProcoreError, match="client id and client secret") as unknown:
        wrong.check()
    assert bench.procore.client_secret not in str(unknown.value)


def test_a_budget_code_is_made_or_found(bench: Bench) -> None:
    """A missing budget code is made once and then found; a code that the project lacks is told."""
    project = bench.project("24-001")
    before = {one.id for one in bench.gateway.code_book(project).read()}
    made = bench.gateway.create_budget_code(project, "01-.74.10-", "M")
    assert made.id not in before
    assert made == bench.gateway.create_budget_code(project, "01-.74.10-", "M")
    assert made in bench.gateway.code_book(project).read()
    with pytest.raises(ProcoreError, match="no active cost code 99-999"):
        bench.gateway.create_budget_code(project, "99-999", "M")
