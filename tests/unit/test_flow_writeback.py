"""Write-back: each cost stands in Procore once, whatever Procore answers, refuses, forgets or never answers."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain import records
from qbwc_bridge.domain.books import CostDocument, CostLine, CostReading
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.records import ReleaseChoice
from tests.support import DEEP
from tests.unit.documents import PROJECT, TODAY, cash, code
from tests.unit.factories import World
from tests.unit.writeback_office import Desk, Office

CUT_OFF = dt.date(2026, 1, 1)
JOB = "J1"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The database of a bridge whose project is released, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    world = World(folder)
    with world.unit() as (uow, connection):
        job = records.Submission(connection.id, "job", str(PROJECT), "24-001", "Hilltop", "", world.now, world.now)
        job.project_id, job.quickbooks_id, job.quickbooks_name = PROJECT, JOB, "Clients:24-001"
        vendor = records.Submission(connection.id, "vendor", "40", "", "Ready Mix", "", world.now, world.now)
        vendor.quickbooks_id = "V1"
        for row in (job, vendor):
            uow.submissions.add(row)
        for item in ("03-300.M", "09-250.L", "09-300.M", "99-999.Z"):
            uow.mappings.add(records.Mapping(connection.id, "item", item, item))
        choice = uow.projects.find()[0]
        choice.release = ReleaseChoice(CUT_OFF, "detail", "write")
        uow.projects.save(choice)
    world.close()
    return (folder / "bridge.db").read_bytes()


@pytest.fixture
def make(template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Office]]:
    """Make released projects."""
    made: list[World] = []

    def one() -> Office:
        folder = tmp_path_factory.mktemp("office")
        (folder / "bridge.db").write_bytes(template)
        world = World(folder)
        made.append(world)
        return Office(world, Desk(codes={"03-300.M": 1, "09-250.L": 2}))

    yield one
    for world in made:
        world.close()


@pytest.fixture
def office(make: Callable[[], Office]) -> Office:
    """One released project."""
    return make()


def bill(txn_id: str, *lines: tuple[str, str], **more: Any) -> CostDocument:
    """A bill with lines of (item, amount) on the job."""
    rows = [
        CostLine(JOB, "Clients:24-001", "Job Expenses", "CostOfGoodsSold", item, Decimal(amount), counted=True)
        for item, amount in lines or (("03-300.M", "10.00"),)
    ]
    shown: dict[str, Any] = {
        "txn_type": "Bill",
        "txn_date": TODAY,
        "ref_number": f"B-{txn_id}",
        "vendor_id": "V1",
        **more,
    }
    return CostDocument(0, txn_id, lines=rows, **shown)


def expected(documents: Sequence[CostDocument]) -> Decimal:
    """What must stand in Procore."""
    return total(row.amount for each in documents for row in each.lines)


# ---------------------------------------------------------------- the plain way


def test_each_cost_is_written_once_and_followed(office: Office) -> None:
    """Created, left alone, changed, moved to another code and deleted: Procore always shows the ledger."""
    office.post(bill("A"), bill("B", ("03-300.M", "5.00"), ("09-250.L", "7.00")))
    first = office.push()
    assert (first.written, first.deleted, first.problems) == (2, 0, [])
    assert sorted(office.there().values()) == [cash(5), cash(7), cash(10)]

    before = list(office.procore.calls)
    again = office.push()
    assert (again.written, again.unchanged) == (0, 2)
    assert office.procore.calls == before

    office.post(bill("A", ("09-250.L", "11.00")))
    changed = office.push()
    assert (changed.written, changed.deleted) == (1, 1)
    assert office.there() == {"qbd:abcd2345:A:J1:2": cash(11)}


def test_a_changed_type_is_deleted_and_written_anew(office: Office) -> None:
    """Procore sets a type only when creating: a bill that lost its number becomes an expense."""
    office.post(bill("A"))
    office.push()
    office.post(bill("A", ref_number=""))
    office.push()

    (cost,) = office.procore.costs.values()
    assert cost.type == "expense"
    assert office.there() == {"qbd:abcd2345:A:J1:1": cash(10)}


def test_a_withdrawal_takes_back_what_the_bridge_wrote_and_nothing_else(office: Office) -> None:
    """Other people's costs stay; the brake does not hold it, not even while it holds another question (rule 22)."""
    theirs = DirectCost("", "expense", "approved", TODAY, (DirectCostLine("", 1, cash(3), id=8),), id=7)
    office.procore.costs["theirs"] = theirs
    office.post(*(bill(str(number), ("03-300.M", "100.00")) for number in range(30)))
    office.push()
    office.release(None)
    gone = office.push(confirmed=False)

    assert (gone.deleted, gone.brake) == (30, "")
    assert office.procore.costs == {"theirs": theirs}


def reading(office: Office, how: str) -> None:
    """Let QuickBooks' costs be read: every date, or changes that are in the ledger in part."""
    with office.world.unit() as (uow, connection):
        if how == "whole":
            connection.costs_whole_at = None
            uow.connections.save(connection)
        else:
            half = CostReading(connection.id, office.world.now, scope="changes", stage="complete", portions=1)
            uow.readings.add(half)


@pytest.mark.parametrize("how", ["whole", "changes"])
def test_half_a_reading_is_not_written_and_a_withdrawal_is(office: Office, how: str) -> None:
    """While the ledger is not whole nothing of it goes to Procore; what was withdrawn goes all the same."""
    office.post(bill("A"))
    office.push()
    office.post(bill("A", ("03-300.M", "99.00")), bill("B"))
    reading(office, how)
    office.push()
    assert list(office.there().values()) == [cash(10)]

    office.release(None)
    office.push(confirmed=False)
    assert office.there() == {}


def test_a_line_that_a_person_added_to_a_cost_of_ours_is_left_alone(office: Office) -> None:
    """Only lines that carry our key are ours, also after a look-up."""
    office.post(bill("A"))
    office.push()
    ((key, cost),) = office.procore.costs.items()
    office.procore.costs[key] = replace(cost, lines=(*cost.lines, DirectCostLine("", 2, cash(1), id=999)))
    office.post(bill("A", ("03-300.M", "12.00")))
    office.procore.trouble = ["before"]
    office.push()
    office.push()

    assert {row.amount for row in office.procore.costs[key].lines} == {cash(1), cash(12)}


# ---------------------------------------------------------------- the brake


def test_the_brake_writes_nothing_until_a_person_confirms(office: Office) -> None:
    """More than 25 deletions ask, and say who lets them pass and how; confirming lets them pass once."""
    office.post(*(bill(str(number)) for number in range(30)))
    office.push()
    office.post(bill("0"))
    held = office.push(confirmed=False)
    assert "delete 29" in held.brake
    assert "an administrator looks" in held.brake
    assert 'with `qbwc-bridge push "Bluestone" --confirm`' in held.brake
    assert held.deleted == 0
    assert len(office.procore.costs) == 30
    assert office.world.connection().brake == held.brake

    assert office.push(confirmed=True).deleted == 29
    assert office.world.connection().brake == ""
    assert office.push(confirmed=False).brake == ""


def test_documents_that_vanished_ask_once(office: Office) -> None:
    """A restored file's losses are asked about; after a confirmation they are believed."""
    office.post(bill("A"), bill("B"))
    office.push()
    with office.world.unit() as (uow, _):
        row = uow.costs.find(txn_id="B")[0]
        row.deleted = True
        uow.costs.save(row)
    assert "without a deletion record" in office.push(confirmed=False).brake
    assert len(office.procore.costs) == 2
    office.push(confirmed=True)
    assert len(office.procore.costs) == 1
    assert office.push(confirmed=False).brake == ""


def test_a_lost_answer_in_a_closed_month_is_no_touch_of_it(office: Office) -> None:
    """What was found by its key is what was wanted: the next run does not ask."""
    office.post(bill("A"), bill("B", ("09-250.L", "2.00"), ("03-300.M", "1.00")))
    office.procore.trouble = ["", "after"]
    office.push(confirmed=False, closed=TODAY)
    after = office.push(confirmed=False, closed=TODAY)
    assert (after.brake, after.problems) == ("", [])
    office.post(bill("A"), bill("B", ("09-250.L", "2.00"), ("03-300.M", "1.00")), bill("C"))
    assert "closing date" in office.push(confirmed=False, closed=TODAY).brake


# ---------------------------------------------------------------- codes


def test_missing_budget_codes_are_made_once(office: Office) -> None:
    """A code that exists in Procore but not in the budget is no obstacle (rule 6); it is remembered."""
    office.post(bill("A", ("09-300.M", "4.00"), ("03-300.M", "1.00")), bill("B", ("09-300.M", "6.00")))
    office.push()
    made = office.procore.codes["09-300.M"]
    assert office.there() == {
        f"qbd:abcd2345:A:J1:{made}": cash(4),
        "qbd:abcd2345:A:J1:1": cash(1),
        f"qbd:abcd2345:B:J1:{made}": cash(6),
    }
    assert office.push().unchanged == 2
    assert office.procore.calls.count("code") == 1


def test_a_code_that_procore_refuses_stops_only_its_own_costs(office: Office) -> None:
    """The others are written; the sentence names cost and code, and it is tried again (promise 6)."""
    office.procore.unknown_codes = frozenset({"99-999.Z"})
    office.post(bill("A", ("99-999.Z", "4.00"), ("09-300.M", "1.00")), bill("B", ("09-300.M", "6.00")), bill("C"))
    outcome = office.push()
    assert sorted(office.there().values()) == [cash(6), cash(10)]
    assert len(outcome.problems) == 1
    assert "no cost code 99-999" in outcome.problems[0]

    office.procore.unknown_codes = frozenset()
    assert office.push().problems == []
    assert sum(office.there().values()) == cash(21)


# ---------------------------------------------------------------- refusals, lies and crashes


def test_one_refused_cost_never_stops_the_others(office: Office) -> None:
    """It stays pending with Procore's reason and goes with the next push."""
    office.post(bill("A"), bill("B"))
    office.procore.trouble = ["refuse"]
    outcome = office.push()
    assert (outcome.written, len(outcome.problems)) == (1, 1)
    assert "Procore refused it: No." in outcome.problems[0]
    with office.world.unit() as (uow, _):
        assert sorted(row.message for row in uow.writebacks.find()) == ["", "No."]

    assert office.push().written == 1
    assert sum(office.there().values()) == cash(20)
    with office.world.unit() as (uow, _):
        assert {row.message for row in uow.writebacks.find()} == {""}


@pytest.mark.parametrize("trouble", [["forget"], ["", "forget"], ["silent"], ["", "silent"]])
def test_an_answer_that_names_nothing_is_believed_in_nothing(office: Office, trouble: list[str]) -> None:
    """Neither written nor refused: it is told, looked up by its key, and then stands there once."""
    office.post(bill("A"), bill("B", ("03-300.M", "5.00"), ("09-250.L", "7.00")))
    office.procore.trouble = trouble
    assert office.push().problems
    assert office.push().problems == []

    assert sum(office.there().values()) == cash(22)
    assert len(office.procore.costs) == 2
    assert office.push().unchanged == 2


def test_a_cost_that_somebody_deleted_in_procore_comes_back_after_a_look_up(office: Office) -> None:
    """The look-up by key shows that it is gone, so it is made again."""
    office.post(bill("A"))
    office.push()
    office.procore.costs.clear()
    office.post(bill("A", ("03-300.M", "12.00")))
    office.procore.trouble = ["before"]
    office.push()
    office.push()

    assert sum(office.there().values()) == cash(12)


TROUBLE = st.lists(st.sampled_from(["", "", "before", "after", "refuse", "silent", "forget", "hide"]), max_size=8)
LEDGERS = st.lists(
    st.builds(
        lambda txn_id, lines, number: bill(txn_id, *lines, ref_number=number),
        st.sampled_from("ABCD"),
        st.lists(
            st.tuples(
                st.sampled_from(["03-300.M", "09-250.L", "09-300.M"]),
                st.decimals(-500, 500, places=2).filter(bool).map(str),
            ),
            min_size=1,
            max_size=3,
        ),
        st.sampled_from(["", "B-1", "B-2"]),
    ),
    max_size=4,
    unique_by=lambda each: each.txn_id,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=300 if DEEP else 25
)
@given(st.lists(st.tuples(LEDGERS, TROUBLE), min_size=1, max_size=4))
def test_whatever_goes_wrong_nothing_is_doubled_and_nothing_lost(
    make: Callable[[], Office], months: list[tuple[list[CostDocument], list[str]]]
) -> None:
    """After every trouble the next calm pushes make Procore equal to the ledger, each key once, and then rest."""
    office = make()
    documents: list[CostDocument] = []
    for documents, trouble in months:
        office.post(*documents)
        office.procore.trouble = list(trouble)
        office.push()
        office.procore.trouble = []
    office.push()
    office.push()

    assert sum(office.there().values(), ZERO) == expected(documents)
    assert len(office.there()) == sum(len(cost.lines) for cost in office.procore.costs.values())
    assert {key.split(":")[2] for key in office.procore.costs} == {each.txn_id for each in documents}
    calls = [each for each in office.procore.calls if each != "GET"]
    office.push()
    assert [each for each in office.procore.calls if each != "GET"] == calls
    office.release(None)
    office.push()
    assert office.procore.costs == {}


def test_one_project_that_cannot_be_reached_does_not_stop_another(office: Office) -> None:
    """Its sentence is told, and the other project is written."""
    with office.world.unit() as (uow, connection):
        other = records.ProjectChoice(connection.id, 8, "24-002", "Other", on=True, budget_codes=[code()])
        other.release = ReleaseChoice(CUT_OFF, "detail", "write")
        uow.projects.add(other)
        job = records.Submission(connection.id, "job", "8", "24-002", "Other", "", office.world.now, office.world.now)
        job.project_id, job.quickbooks_id = 8, "J2"
        uow.submissions.add(job)
    second = bill("B")
    second.lines = [replace(row, job_id="J2") for row in second.lines]
    office.post(bill("A"), second)
    office.procore.trouble = ["before"]
    outcome = office.push()

    assert len(outcome.problems) == 1
    assert list(office.there()) == ["qbd:abcd2345:B:J2:1"]
