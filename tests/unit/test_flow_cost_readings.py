"""What a reading of costs asks for: every day once, only what changed later, and everything when the file is older."""

import datetime as dt
import json
import math
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import Control, CostAnswer, CostReading
from qbwc_bridge.domain.quickbooks import CostQuery, CustomTxnDetail, JobProfitability, ProfitAndLoss, Request
from qbwc_bridge.domain.records import Task
from qbwc_bridge.domain.replies import Reply, ReplySet, ReportRet, TxnDeletedRet, TxnRet
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import actuals, closes, cost_readings, work
from qbwc_bridge.flow.cost_answers import DOCUMENTS, is_payroll
from qbwc_bridge.flow.cost_readings import Window, clusters, quarters, windows
from tests.unit.documents import PROJECT, TODAY, cash
from tests.unit.factories import World
from tests.unit.test_flow_costs import JOB, cells, report, template, world

__all__ = ["template", "world"]  # the fixtures

DAYS = st.dates(dt.date(2018, 1, 1), dt.date(2026, 12, 31))
NOON = dt.datetime(2026, 3, 10, 12)  # noqa: DTZ001 - QuickBooks' wall clock


def covers_once(found: list[Window]) -> bool:
    """Whether windows follow one another without gap or overlap, open at both ends."""
    joined = all(
        before[1] is not None and after[0] == before[1] + dt.timedelta(days=1) for before, after in pairwise(found)
    )
    return found[0][0] is None and found[-1][1] is None and joined


@given(st.dictionaries(DAYS, st.integers(1, 900), max_size=40), st.integers(1, 2000))
def test_windows_cover_every_day_once(lines: dict[dt.date, int], most: int) -> None:
    """Whatever the days, each is in one window, and only a single day may have more lines than a window holds."""
    found = windows(lines, most)
    assert covers_once(found)
    for first, last in found:
        inside = [day for day in lines if (first is None or day >= first) and (last is None or day <= last)]
        assert sum(lines[day] for day in inside) <= most or len(inside) == 1


@given(DAYS, DAYS)
def test_quarters_cover_every_day_once(first: dt.date, last: dt.date) -> None:
    """Payroll of every day is read once, in quarters."""
    assert covers_once(quarters(first, last))


@given(st.lists(DAYS, max_size=30), st.integers(0, 60))
def test_clusters_hold_the_days_and_little_else(days: list[dt.date], gap: int) -> None:
    """Each day is in one cluster, and clusters lie further apart than the gap."""
    found = clusters(days, dt.timedelta(days=gap))
    assert all(sum(first <= day <= last for first, last in found) == 1 for day in days)
    assert all((after[0] - before[1]).days > gap for before, after in pairwise(found))


Answer = Callable[[Request], tuple[Any, ...]]


def bill(txn_id: str, sequence: str = "1", modified: dt.datetime = NOON) -> TxnRet:
    """A bill as its query shows it."""
    return TxnRet("Bill", txn_id, sequence, modified, TODAY, "B-1", "", None, cash(1))


def read(world: World, answer: Answer, *, refuse: Callable[[Task], bool] = lambda _task: False) -> list[Request]:
    """Read costs in a visit, answering each request; gives what was asked about costs."""
    with world.unit() as (uow, connection):
        # Else the empty answers to lists would tell that all names are gone.
        connection.lists_whole_at, connection.lists_modified = world.now, NOON
        cost_readings.ask(uow, connection, world.now)
    visit = world.begin()
    asked: list[Request] = []
    while message := world.send(visit):
        replies = []
        for task in world.tasks(message_set_id=message.id):
            if task.reading_id:
                asked.append(task.request)
            status = 3261 if refuse(task) else 0
            found = () if status or not task.reading_id else answer(task.request)
            replies.append(Reply(task.kind, str(task.id), status, "", "", found))
        world.receive(visit, message, ReplySet(tuple(replies), 0))
    return asked


def first_reading(world: World, *, applied: bool = True) -> None:
    """Read a bill of 10.00, and QuickBooks' totals that agree."""
    read(world, books({"T1": "10.00"}))
    assert (world.connection().costs_whole_at is not None) == applied


def books(amounts: dict[str, str], *, sequence: str = "1", total: str = "", shown: bool = True) -> Answer:
    """A QuickBooks of bills on the job: ids and amounts; `total` is what its Profit & Loss has, else their sum."""
    rows = [cells(txn_id, amount) for txn_id, amount in amounts.items()]
    cost = total or str(sum(map(Decimal, amounts.values()), Decimal(0)))

    def answer(request: Request) -> tuple[Any, ...]:
        match request:
            case CostQuery("BillQuery"):
                return tuple(bill(txn_id, sequence) for txn_id in amounts) if shown else ()
            case CustomTxnDetail(txn_types=types, from_date=None) if "Bill" in types:
                return report(*rows)
            case CustomTxnDetail():
                return report()
            case ProfitAndLoss():
                titles, labels = ("", JOB, "TOTAL"), ("Job Expenses",)
                return (ReportRet("P&L", "Accrual", ("a", "b", "c"), (("", cost, cost),), titles, labels),)
            case JobProfitability():
                return (ReportRet("Job", "Accrual", ("a", "b"), (("", cost),), ("", ""), ("03-300:M",)),)
            case _:
                return ()

    return answer


def test_nothing_new_asks_for_no_postings(world: World) -> None:
    """Every type is asked for what changed since, overlapping; then the reading ends."""
    first_reading(world)
    world.later(hours=2)
    asked = read(world, books({"T1": "10.00"}))

    assert {type(each) for each in asked if not isinstance(each, CostQuery)} <= {
        type(each) for each in asked if not isinstance(each, ProfitAndLoss | JobProfitability)
    }
    assert all(each.modified_from for each in asked if isinstance(each, CustomTxnDetail))
    (bills,) = [each for each in asked if isinstance(each, CostQuery) and each.kind == "BillQuery"]
    assert bills.modified_from == NOON - dt.timedelta(minutes=65)


def test_what_changed_is_read_by_the_day_of_its_change(world: World) -> None:
    """A new EditSequence brings the postings since that day, and QuickBooks' totals."""
    first_reading(world)
    world.later(hours=2)
    asked = read(world, books({"T1": "12.00"}, sequence="2"))

    reports = [each for each in asked if isinstance(each, CustomTxnDetail) and "Bill" in each.txn_types]
    assert [each.modified_from for each in reports] == [NOON.date()]
    assert {each.report for each in asked if isinstance(each, ProfitAndLoss)} == {
        "ProfitAndLossByJob",
        "ProfitAndLossStandard",
    }


def test_a_file_that_lacks_what_was_changed_last_is_read_whole(world: World) -> None:
    """The window must show the newest known document again; without it, and without a deletion, the file is older."""
    first_reading(world)
    world.later(hours=2)
    asked = read(world, books({"T9": "3.00"}))

    assert [each for each in asked if isinstance(each, CustomTxnDetail) and each.from_date is None]
    with world.unit() as (uow, connection):
        assert connection.costs_whole_at
        gone = {row.txn_id: (row.deleted, row.deletion_known) for row in uow.costs.find()}
    assert gone == {"T1": (True, False), "T9": (False, False)}


def test_a_deleted_document_makes_no_file_older(world: World) -> None:
    """Its deletion record explains why the window does not show it."""
    first_reading(world)
    world.later(hours=2)
    shown = books({})

    def answer(request: Request) -> tuple[Any, ...]:
        deleted = (TxnDeletedRet("Bill", "T1", NOON + dt.timedelta(hours=1)),)
        return deleted if request.kind == "TxnDeletedQuery" else shown(request)

    asked = read(world, answer)
    assert all(each.modified_from or each.job for each in asked if isinstance(each, CustomTxnDetail))
    with world.unit() as (uow, _):
        assert [(row.deleted, row.deletion_known) for row in uow.costs.find()] == [(True, True)]


def test_a_job_whose_total_differs_is_read_whole_in_the_same_visit(world: World) -> None:
    """Once; what differs even then is kept as the difference, and told, not asked for again and again."""
    first_reading(world)
    world.later(hours=2)
    asked = read(world, books({"T1": "12.00"}, sequence="2", total="99.00"))
    job = world.row("job", PROJECT).quickbooks_id

    assert [each.job for each in asked if isinstance(each, JobProfitability)] == [job]
    assert [each.job for each in asked if isinstance(each, CustomTxnDetail) and each.job] == [job, job]
    assert world.connection().doubted == {job: "87.00"}
    with world.unit() as (uow, _):
        control = uow.controls.first(through=None)
    assert control is not None
    assert control.items == {job: {"03-300:M": cash(99)}}
    world.later(days=2)
    assert not [each for each in read(world, books({"T1": "12.00"}, sequence="2", total="99.00")) if _of_job(each)]
    assert world.connection().doubted == {job: "87.00"}


def _of_job(request: Request) -> bool:
    return isinstance(request, CustomTxnDetail) and request.job != ""


@pytest.mark.parametrize("whole", [True, False])
def test_payroll_that_may_not_be_read_is_tried_once_a_reading(world: World, whole: bool) -> None:
    """A refused try asks for no windows; once it is allowed, payroll of every day is read."""
    if not whole:
        read(world, books({"T1": "10.00"}), refuse=is_payroll)
        world.later(hours=2)
    asked = read(world, books({"T1": "10.00"}), refuse=is_payroll)
    assert sum("Paycheck" in each.txn_types for each in asked if isinstance(each, CustomTxnDetail)) == 1
    world.later(hours=2)
    asked = read(world, books({"T1": "10.00"}))
    assert [each for each in asked if isinstance(each, CustomTxnDetail) and "Paycheck" in each.txn_types][1:]
    assert world.connection().payroll_seen


def test_totals_through_a_day_come_when_somebody_asked(world: World) -> None:
    """The next reading brings them, even where nothing changed."""
    first_reading(world)
    through = dt.date(2026, 2, 28)
    with world.unit() as (uow, connection):
        uow.controls.add(Control(connection.id, None, through))
    world.later(hours=2)
    asked = read(world, books({"T1": "10.00"}, total="7.00"))

    assert {each.through for each in asked if isinstance(each, ProfitAndLoss)} == {None, through}
    with world.unit() as (uow, _):
        control = uow.controls.first(through=through)
    assert control is not None
    assert (control.read_at is not None, control.all_costs, control.without_job) == (True, cash(7), cash(0))
    assert list(control.jobs.values()) == [cash(7)]


def test_costs_are_as_of_the_begin_of_their_reading(world: World) -> None:
    """A reading of the last day that is applied after it may lack what was entered later: its month stays open."""
    world.now = dt.datetime(2026, 3, 31, 18, tzinfo=dt.UTC)
    last = world.now.date()
    with patch.object(work, "SMALL_READING", -1):
        first_reading(world, applied=False)
    began = world.now
    world.later(hours=20)
    with world.unit() as (uow, connection):
        actuals.apply_all(uow, connection, world.now)
        assert (connection.costs_read_at, connection.costs_whole_at) == (began, began)
        assert uow.controls.find()[0].read_at == began
        with pytest.raises(Refused, match="last read from QuickBooks before March 2026 was over"):
            closes.check(uow, connection, world.options, last, now=world.now, again=False)
    read(world, books({"T1": "10.00"}))
    with world.unit() as (uow, connection):
        closes.check(uow, connection, world.options, last, now=world.now, again=False)


@pytest.mark.parametrize("most", [1, 2, 100])
def test_what_was_seen_is_kept_however_the_answers_are_shared_out(world: World, most: int) -> None:
    """The next reading begins at the newest change of each type, in whichever transaction its answer was applied."""
    kinds = ("Bill", "Check", "VendorCredit")
    with world.unit() as (uow, connection):
        reading = uow.readings.add(CostReading(connection.id, world.now, stage="complete"))
        for at, kind in enumerate(kinds):
            shown = [[f"T{at}", kind, "1", str(TODAY), (NOON + dt.timedelta(hours=at)).isoformat(), 1, True]]
            uow.answers.add(CostAnswer(connection.id, reading.id, DOCUMENTS, json.dumps(shown), world.now))
    transactions, left = 0, True
    while left:
        with world.unit() as (uow, connection):
            left = actuals.apply_some(uow, connection, world.now, most=most)
        transactions += left

    assert transactions == max(1, math.ceil(len(kinds) / most))
    assert world.connection().costs_modified == {kind: NOON + dt.timedelta(hours=at) for at, kind in enumerate(kinds)}
