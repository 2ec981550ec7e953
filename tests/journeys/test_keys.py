"""Keys of linked records in Procore: written where they are asked for, taken away again, and in nobody's way."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge import worker
from qbwc_bridge.domain.keys import beginning
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.flow import decisions, views
from qbwc_bridge.flow import keys as station
from qbwc_bridge.procore import wire
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore
from tests.journeys.bridge import START, Bridge, connected_bridge
from tests.unit.cli_office import Office

COSTS = {"item", "line_item"}
"""Object types of direct costs and their lines, which carry keys always."""

KINDS = {
    "job": ("project",),
    "vendor": ("vendor",),
    "cost_code": ("standard_cost_code",),
    "commitment": ("purchase_order_contract", "work_order_contract"),
}


class KilledError(BaseException):
    """The process died between a call and what it would have kept."""


def company_of_two(now: Callable[[], dt.datetime]) -> Procore:
    """Two of each: projects, vendors, codes; a purchase order and a subcontract."""
    procore = Procore(now=now)
    procore.add_cost_type("M", "Materials", "materials")
    for code in ("03-300", "09-250", "26-050"):
        procore.add_cost_code(code, f"Work of {code}")
    vendors = [procore.add_vendor(name) for name in ("Ready Mix Supply", "Pacific Drywall")]
    project, _ = procore.add_project("24-001", "Maple Clinic"), procore.add_project("24-002", "Harbor Lofts")
    procore.set_budget(project, {"03-300.M": Decimal(5000), "09-250.M": Decimal(900)})
    procore.lock_budget(project)
    dated = {"contract_date": START.date()}
    line = CommitmentLine("03-300.M", "Pour", Decimal(1000))
    procore.add_purchase_order(project, "PO-1", "Concrete", vendors[0], [line], **dated)
    procore.add_purchase_order(project, "PO-2", "More", vendors[0], [line], **dated)
    procore.add_subcontract(project, "SC-1", "Board", vendors[1], [replace(line, code="09-250.M")], **dated)
    return procore


@pytest.fixture(name="there")
def _there(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge with one project in step on both sides, and its costs in Procore."""
    with connected_bridge(tmp_path, company_of_two) as bridge:
        bridge.switch_on("24-001")
        for _ in range(2):
            bridge.visit()
            bridge.accept_all()
        bridge.visit()
        for order in bridge.company.orders()[:2]:
            bridge.company.enter_bill_on_order(order.txn_id, None, txn_date=START.date())
        bridge.refresh_costs()
        bridge.visit()
        bridge.release("24-001")
        bridge.push()
        yield bridge


def ask_for_keys(bridge: Bridge, value: str = "true") -> None:
    """Let an admin decide, as `connection set` does."""
    with bridge.app.kit.work() as uow:
        row = uow.connections.get(bridge.connection.id)
        row.settings = {**row.settings, "write_keys_to_procore": value}
        row.keys_refused, row.keys_checked_at = "", None
        uow.connections.save(row)


def on_records(bridge: Bridge) -> set[tuple[str, str]]:
    """Object type and key of everything but direct costs."""
    return {(kind, key) for kind, keys in bridge.procore.keys().items() if kind not in COSTS for key in keys}


def linked(bridge: Bridge) -> list[Submission]:
    """What is linked and has a place for a key: a code with its type has none."""
    types = tuple(f".{letter}" for letter in "LMSEO")
    rows = [row for row in bridge.submissions(kind=list(KINDS)) if row.quickbooks_id]
    return [row for row in rows if row.kind != "cost_code" or not row.key.endswith(types)]


def all_there(bridge: Bridge) -> None:
    """Each linked record has its key, nothing else has one, and no key stands twice."""
    key = bridge.connection.key
    rows = linked(bridge)
    assert {found for _, found in on_records(bridge)} == {beginning(key) + row.quickbooks_id for row in rows}
    assert len(on_records(bridge)) == len(rows)
    types = {(row.quickbooks_id, kind) for row in rows for kind in KINDS[row.kind]}
    assert all((found.removeprefix(beginning(key)), kind) in types for kind, found in on_records(bridge))


def sent(bridge: Bridge) -> list[str]:
    """Paths of everything that was sent since the calls were forgotten, tokens apart."""
    return [call.path for call in bridge.procore.calls if call.method != "GET" and "oauth" not in call.path]


def problems(bridge: Bridge) -> list[str]:
    """Push, and give what it tells."""
    return worker.push(bridge.app.kit, bridge.connection.id).problems


def facts(procore: Procore, project: int) -> object:
    """What people see of a project, keys apart: budget and direct costs."""
    costs = [
        replace(cost, origin_id=None, lines=tuple(replace(line, origin_id=None) for line in cost.lines))
        for cost in procore.direct_costs(project)
    ]
    return procore.budget_view(project), costs


def test_nothing_gets_a_key_until_it_is_asked_for(there: Bridge) -> None:
    """By default only direct costs carry keys, and Procore is not even asked."""
    assert on_records(there) == set()
    assert set(there.procore.keys()) == COSTS


def test_each_linked_record_gets_its_key_once(there: Bridge) -> None:
    """Project, vendors, codes and commitments; nothing but the key is sent, and a second push sends nothing."""
    (project,) = there.projects("24-001")
    before = facts(there.procore, project)
    ask_for_keys(there)
    del there.procore.calls[:]
    there.push()
    all_there(there)
    assert {kind for kind, _ in on_records(there)} == {kind for kinds in KINDS.values() for kind in kinds}
    bodies = [call.body for call in there.procore.calls if call.path.endswith("/sync")]
    assert all(set(item) == {"id", "origin_id"} for body in bodies for item in body["updates"])
    assert all(path.endswith("/sync") for path in sent(there))
    assert len(sent(there)) == 5
    assert facts(there.procore, project) == before

    del there.procore.calls[:]
    there.push()
    assert there.procore.calls == []


def test_switched_off_the_keys_go_and_those_of_costs_stay(there: Bridge) -> None:
    """`false` means what it says: after the next push no record has a key of the bridge."""
    ask_for_keys(there)
    there.push()
    costs = {kind: there.procore.keys()[kind] for kind in COSTS}
    ask_for_keys(there, "false")
    there.push()
    assert there.procore.keys() == costs


def test_a_key_follows_its_link(there: Bridge) -> None:
    """What is unlinked loses its key with the next push, and what is linked otherwise gets the other one."""
    ask_for_keys(there)
    there.push()
    first, second = [row for row in linked(there) if row.kind == "vendor"][:2]
    with there.app.kit.work() as uow:
        one, two = uow.submissions.get(first.id), uow.submissions.get(second.id)
        one.quickbooks_id, two.quickbooks_id = two.quickbooks_id, one.quickbooks_id
        uow.submissions.save(one)
        uow.submissions.save(two)
    there.push()
    all_there(there)
    with there.app.kit.work() as uow:
        row = uow.keys.first(kind="vendor", procore_id=int(first.key))
        assert row is not None
        assert row.written == beginning(there.connection.key) + second.quickbooks_id

    order = next(row for row in linked(there) if row.kind == "commitment")
    there.decide(decisions.unlink, order)
    there.push()
    assert order.quickbooks_id not in str(on_records(there))
    all_there(there)


TROUBLES: dict[str, Callable[[Procore], None]] = {
    "lost before": lambda procore: procore.fail_next(status=0, count=9, path_contains="/sync"),
    "lost after": lambda procore: procore.fail_next(status=0, count=9, path_contains="/sync", after_effect=True),
    "fault": lambda procore: procore.fail_next(status=502, count=9, path_contains="/sync", after_effect=True),
    "refused": lambda procore: procore.fail_next(status=403, path_contains="/sync"),
    "reading refused": lambda procore: procore.fail_next(status=403, path_contains="/vendors"),
    "away": lambda procore: procore.fail_next(status=503, count=40),
}


@pytest.mark.parametrize(
    ("trouble", "value"), [*((trouble, "true") for trouble in TROUBLES), ("lost after", "false"), ("refused", "false")]
)
def test_whatever_befalls_a_call_the_next_pushes_make_it_right(
    there: Bridge, monkeypatch: pytest.MonkeyPatch, trouble: str, value: str
) -> None:
    """While keys are written as while they are taken away, the trouble is told and passes."""
    monkeypatch.setattr(wire, "PAUSES_SECONDS", (0.0,))
    if value == "false":
        ask_for_keys(there)
        there.push()
    ask_for_keys(there, value)
    TROUBLES[trouble](there.procore)
    assert problems(there)
    there.procore.clear_faults()
    there.restart()
    there.clock.pass_time(hours=25)
    there.push()
    if value == "true":
        all_there(there)
    else:
        assert on_records(there) == set()


@pytest.mark.parametrize("dies_at", [0, 2, 4])
def test_a_process_that_dies_in_the_middle_leaves_no_key_behind(
    there: Bridge, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """After a kill behind any call, switching keys off finds even those that nobody had time to note."""
    calls = 0
    real = station._Writer._store

    def store(self: object, rows: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2 * dies_at + 2:  # the second storing of a place is after its call
            raise KilledError
        real(self, rows)  # type: ignore[arg-type]

    ask_for_keys(there)
    with monkeypatch.context() as patched:
        patched.setattr(station._Writer, "_store", store)
        with pytest.raises(KilledError):
            there.push()
    there.restart()
    ask_for_keys(there, "false")
    there.push()
    assert on_records(there) == set()


def _foreign_cost(bridge: Bridge) -> None:
    (project,) = bridge.projects("24-001")
    bridge.procore.add_direct_cost(project, [], description="Fuel", origin_id="other:5", direct_cost_date=START.date())


FOREIGN: dict[str, Callable[[Bridge], None]] = {
    "vendor": lambda bridge: bridge.procore.set_vendor(bridge.procore.add_vendor("Acme"), origin_id="other:1"),
    "project": lambda bridge: bridge.procore.set_project(bridge.projects("24-002")[0], origin_id="other:2"),
    "cost code": lambda bridge: bridge.procore.set_cost_code("26-050", origin_id="other:3"),
    "commitment": lambda bridge: bridge.procore.set_commitment(
        int(bridge.submissions(kind="commitment")[0].key), origin_id="other:4"
    ),
    "direct cost": _foreign_cost,
}


@pytest.mark.parametrize("where", FOREIGN)
def test_another_integration_s_keys_are_left_alone_and_none_of_ours_is_written(there: Bridge, where: str) -> None:
    """Wherever one stands, it is told once, shown until it is gone, and costs are pushed all the same."""
    FOREIGN[where](there)
    before = on_records(there)
    ask_for_keys(there)
    (told,) = problems(there)
    assert "Another integration owns the keys" in told
    assert "other:" in told
    assert problems(there) == []
    assert on_records(there) == before
    assert not [row for row in there.submissions() if told in row.reasons]
    with there.app.kit.work() as uow:
        connection = uow.connections.get(there.connection.id)
        assert told in views.look(there.app.kit, uow, connection, there.clock.now()).questions
        assert connection.pushed_at is not None


def test_once_the_other_keys_are_gone_ours_are_written(there: Bridge) -> None:
    """A day later by itself, or at once where somebody pushes by hand."""
    vendor = there.procore.add_vendor("Acme")
    there.procore.set_vendor(vendor, origin_id="other:1")
    ask_for_keys(there)
    assert problems(there)
    there.procore.set_vendor(vendor, origin_id=None)
    del there.procore.calls[:]
    assert problems(there) == []
    assert there.procore.calls == []
    assert worker.push(there.app.kit, there.connection.id, again=True).problems == []
    all_there(there)


def test_a_second_connection_of_the_company_gets_no_keys(there: Bridge) -> None:
    """A bridge of another company file is another integration: it is told whose keys stand there."""
    ask_for_keys(there)
    there.push()
    before = on_records(there)
    with there.app.kit.work() as uow:
        first = uow.connections.get(there.connection.id)
        second = uow.connections.add(
            replace(first, id=0, name="Second", user_name="second", key="00000002", keys_checked_at=None)
        )
        row = next(row for row in uow.submissions.find(kind="vendor") if row.quickbooks_id)
        uow.submissions.add(replace(row, id=0, connection_id=second.id))
    (told,) = worker.push(there.app.kit, second.id).problems
    assert beginning(there.connection.key) in told
    assert on_records(there) == before


def test_a_key_that_comes_later_on_one_record_stays_and_stops_no_other(there: Bridge) -> None:
    """What another integration has put on a vendor meanwhile is not written over."""
    ask_for_keys(there)
    there.push()
    first, second = [row for row in linked(there) if row.kind == "vendor"][:2]
    there.procore.set_vendor(int(first.key), origin_id="other:9")
    with there.app.kit.work() as uow:
        for row in uow.keys.find(kind="vendor"):
            row.in_flight = True
            uow.keys.save(row)
    there.procore.set_vendor(int(second.key), origin_id=None)
    (told,) = problems(there)
    assert "other:9" in told
    assert ("vendor", "other:9") in on_records(there)
    assert ("vendor", beginning(there.connection.key) + second.quickbooks_id) in on_records(there)
    assert problems(there) == []


def test_one_refused_item_of_a_call_is_told_once_and_the_others_have_theirs(there: Bridge) -> None:
    """HTTP 200 with an entry in errors fails exactly that record; it is tried again a day later."""
    first, second = [row for row in linked(there) if row.kind == "vendor"][:2]
    holder = there.procore.add_vendor("Holder")
    there.procore.set_vendor(holder, origin_id=beginning(there.connection.key) + first.quickbooks_id)
    ask_for_keys(there)
    (told,) = problems(there)
    assert first.title in told
    assert "already been taken" in told
    assert ("vendor", beginning(there.connection.key) + second.quickbooks_id) in on_records(there)
    del there.procore.calls[:]
    assert problems(there) == []
    assert there.procore.calls == []
    there.procore.set_vendor(holder, origin_id=None)
    there.clock.pass_time(hours=25)
    there.push()
    all_there(there)


def test_costs_of_another_integration_keep_a_release_back(there: Bridge) -> None:
    """The dry run names them, the release is refused, and goes where somebody wants both."""
    office = Office(there)
    office.run("project", "withdraw", "24-001")
    there.push()
    _foreign_cost(there)
    told = office.run("project", "dry-run", "24-001").stdout
    assert "Another integration wrote 1 direct costs" in told
    assert "Fuel" in told
    assert "other:5" in office.ask("project", "dry-run", "24-001")[0]["another_integration"]
    chosen = ("project", "release", "24-001", "--costs-from", "2026-01-01", "--before", "none", "--po-bills", "write")
    refused = office.refused(*chosen)
    assert "other:5" in refused
    assert "both shall stand" in refused
    office.run(*chosen, "--beside-others")
    there.push()
    (project,) = there.projects("24-001")
    assert "other:5" in [cost.origin_id for cost in there.procore.direct_costs(project)]
    assert there.difference() == 0


def test_commands_tell_of_keys(there: Bridge) -> None:
    """The dry run says how many would be written, the push how many were; setting it anew looks again at once."""
    office = Office(there)
    office.run("connection", "set", "Bluestone", "write_keys_to_procore", "true")
    count = len(linked(there))
    assert f"{count} keys would be written" in office.run("push", "--dry-run").stdout
    assert on_records(there) == set()
    vendor = there.procore.add_vendor("Acme")
    there.procore.set_vendor(vendor, origin_id="other:1")
    office.run("push", code=1)
    assert "other:1" in office.ask("connection", "show", "Bluestone")["keys_refused"]
    there.procore.set_vendor(vendor, origin_id=None)
    office.run("connection", "set", "Bluestone", "write_keys_to_procore", "true")
    assert office.ask("connection", "show", "Bluestone")["keys_refused"] == ""
    assert f"{count} keys written" in office.run("push").stdout
    assert office.ask("push")[0]["keys"] == 0
    all_there(there)
