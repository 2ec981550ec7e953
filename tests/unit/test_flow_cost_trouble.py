"""Trouble in readings of costs: no cost is lost, counted twice or taken out of Procore unasked."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.quickbooks import (
    CostQuery,
    CustomTxnDetail,
    JobProfitability,
    ProfitAndLoss,
    Request,
    TxnDeletedQuery,
)
from qbwc_bridge.domain.records import Visit
from qbwc_bridge.domain.replies import ListDeletedRet, ListRet, Reply, ReplySet, ReportRet, TxnDeletedRet
from qbwc_bridge.domain.states import ALIVE
from qbwc_bridge.flow import actuals, cost_readings, mirror
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.readings import whole_due
from qbwc_bridge.flow.scene import Scene
from tests.unit.documents import PROJECT, TODAY, cash
from tests.unit.factories import World
from tests.unit.test_flow_cost_readings import NOON, bill, books, first_reading
from tests.unit.test_flow_costs import JOB, cells, report, template, world

__all__ = ["template", "world"]  # the fixtures

Answer = Callable[[Request], tuple[Any, ...] | int]
"""What QuickBooks shows for a request, or the status with which it refuses it."""


def visit(world: World, answer: Answer, *, ask: bool = True) -> list[Request]:
    """Read costs in a visit; gives what was asked about costs."""
    with world.unit() as (uow, connection):
        # Else the empty answers to lists would tell that all names are gone.
        connection.lists_whole_at, connection.lists_modified = world.now, NOON
        if ask:
            cost_readings.ask(uow, connection, world.now)
    number = world.begin()
    asked: list[Request] = []
    while message := world.send(number):
        replies = []
        for task in world.tasks(message_set_id=message.id):
            found = answer(task.request) if task.reading_id else ()
            status, shown = (found, ()) if isinstance(found, int) else (0, found)
            replies.append(Reply(task.kind, str(task.id), status, "", "", shown))
            asked += [task.request] if task.reading_id else []
        world.receive(number, message, ReplySet(tuple(replies), 0))
    return asked


def but(answer: Answer, kind: type[Request], status: int) -> Answer:
    """The same QuickBooks, which refuses one kind of request."""
    return lambda request: status if isinstance(request, kind) else answer(request)


@pytest.mark.parametrize("status", [1, 500, 3250, 3261, 3262])
def test_a_job_report_that_is_refused_stops_no_reading(world: World, status: int) -> None:
    """Job Profitability only explains a difference: a company without it has its costs read all the same."""
    first_reading(world)
    world.later(hours=2)
    visit(world, but(books({"T1": "12.00"}, sequence="2", total="99.00"), JobProfitability, status))

    job = world.row("job", PROJECT).quickbooks_id
    assert world.connection().doubted == {job: "87.00"}
    with world.unit() as (uow, _):
        assert [row.cost_cents for row in uow.costs.find()] == [1200]


@pytest.mark.parametrize("kind", [CustomTxnDetail, ProfitAndLoss])
@pytest.mark.parametrize("status", [2, 500, 3250, 3261])
def test_a_report_without_content_ends_no_cost(world: World, kind: type[Request], status: int) -> None:
    """Whatever the status says: rows that were not shown prove nothing, and the ledger stays as it is."""
    first_reading(world)
    world.later(hours=2)
    visit(world, but(books({"T1": "12.00"}, sequence="2"), kind, status))

    with world.unit() as (uow, connection):
        assert [(row.cost_cents, row.deleted) for row in uow.costs.find()] == [(1000, False)]
        assert "" not in connection.doubted.values()


@pytest.mark.parametrize("amount", ["1,234.50", "$12.00", "NaN", "twelve"])
@pytest.mark.parametrize("kind", [CustomTxnDetail, ProfitAndLoss, JobProfitability])
def test_an_amount_that_cannot_be_read_gives_the_reading_up(world: World, kind: type[Request], amount: str) -> None:
    """The visit goes on and the ledger stays; what was asked stands there with a sentence that tells no amount."""
    first_reading(world)
    world.later(hours=2)
    good = books({"T1": "12.00"}, sequence="2", total="99.00")
    visit(world, lambda request: _with(good(request), "12.00", "99.00", amount, when=isinstance(request, kind)))

    with world.unit() as (uow, _):
        (row,) = uow.costs.find()
        assert row.cost_cents == (1200 if kind is JobProfitability else 1000)
        told = {move.why for move in uow.history.find(subject="task", after="parked")}
        assert told == {"QuickBooks' report is not used: an amount in it is no plain number such as 1234.50."}
    world.later(hours=3)
    visit(world, books({"T1": "12.00"}, sequence="2"))
    with world.unit() as (uow, _):
        assert [row.cost_cents for row in uow.costs.find()] == [1200]


def test_a_date_that_cannot_be_read_gives_the_reading_up(world: World) -> None:
    """As an amount does: what is kept of a report must be readable when it is applied."""
    first_reading(world)
    world.later(hours=2)
    good = books({"T1": "12.00"}, sequence="2")
    visit(world, lambda request: _with(good(request), str(TODAY), "03/10/2026", when=True))

    with world.unit() as (uow, _):
        assert [row.cost_cents for row in uow.costs.find()] == [1000]
        assert "a date in it" in next(move.why for move in uow.history.find(subject="task", after="parked"))


def _with(found: tuple[Any, ...], *cells: str, when: bool) -> tuple[Any, ...]:
    """The same reports with the last of some texts in the cells that have one of the others."""
    *texts, other = cells
    return tuple(
        replace(each, rows=tuple(tuple(other if cell in texts else cell for cell in row) for row in each.rows))
        if when and isinstance(each, ReportRet)
        else each
        for each in found
    )


def deleting(answer: Answer, *records: TxnDeletedRet) -> Answer:
    """The same QuickBooks with deletion records of documents that carry cost."""
    return lambda request: records if isinstance(request, TxnDeletedQuery) else answer(request)


def test_a_clock_that_was_wrong_hides_no_later_deletion(world: World) -> None:
    """A deletion of a time to come must not begin the next windows behind all that is deleted until then."""
    first_reading(world)
    world.later(hours=2)
    wrong = TxnDeletedRet("Bill", "Elsewhere", NOON.replace(year=2035))
    visit(world, deleting(books({"T1": "10.00"}), wrong))
    world.later(hours=2)
    asked = visit(world, books({"T1": "10.00"}))

    assert [each.deleted_from for each in asked if isinstance(each, TxnDeletedQuery)] == [None]


@pytest.mark.parametrize("seen", ["lists", "orders"])
def test_a_clock_that_was_wrong_hides_no_list_and_no_order(world: World, seen: str) -> None:
    """The same holds for the lists and orders, on which the meaning of costs rests."""
    future = NOON.replace(year=2035)
    with world.unit() as (_, connection):
        before = {name: getattr(connection, name) for name in _SEEN[seen]}
    with world.unit() as (uow, connection):
        results = (
            ListRet("Vendor", "V9", "New", "New", True, "1", future),
            bill("T9", modified=future),
            ListDeletedRet("Vendor", "V8", future),
            TxnDeletedRet("PurchaseOrder", "P8", future),
        )
        begun = uow.visits.add(Visit(connection.id, "t", world.now, world.now))
        mirror.remember_newest(Scene(uow, connection, begun, world.now), results)
        assert {name: getattr(connection, name) for name in _SEEN[seen]} == before


_SEEN = {"lists": ("lists_modified", "list_deletions_seen"), "orders": ("orders_modified", "order_deletions_seen")}


def test_a_bill_that_was_a_receipt_and_is_deleted_is_known_to_be(world: World) -> None:
    """Both happened between two readings: the record of the bill explains why its receipt is not there."""
    receipt = replace(bill("T1"), kind="ItemReceipt")
    rows = books({"T1": "10.00"})

    def before(request: Request) -> tuple[Any, ...] | int:
        if isinstance(request, CostQuery):
            return (receipt,) if request.kind == "ItemReceiptQuery" else ()
        return rows(request)

    visit(world, before)
    assert world.connection().costs_modified == {"ItemReceipt": NOON}
    world.later(hours=2)
    asked = visit(world, deleting(books({}), TxnDeletedRet("Bill", "T1", NOON + dt.timedelta(hours=1))))

    assert not [each for each in asked if isinstance(each, CustomTxnDetail) and each.from_date]
    with world.unit() as (uow, connection):
        assert [(row.deleted, row.deletion_known) for row in uow.costs.find()] == [(True, True)]
        assert connection.costs_whole_at


def other_job(world: World) -> ListRecord:
    """A job that QuickBooks has besides the linked one."""
    return world.list_record("customer", "Clients:Merged")


def test_a_vanished_name_is_followed_though_its_reading_is_cut(world: World) -> None:
    """A reading that was given up leaves the job of a merged item to be read whole by the next, and held until then."""
    first_reading(world)
    job = world.row("job", PROJECT).quickbooks_id
    with world.unit() as (uow, connection):
        (row,) = uow.costs.find()
        connection.names_gone = [row.lines[0].item_id]
        uow.connections.save(connection)
    world.later(hours=2)
    visit(world, but(books({"T1": "10.00"}), ProfitAndLoss, 3250))
    with world.unit() as (uow, connection):
        actuals.apply_all(uow, connection, world.now)
        assert Ledger(uow, connection, world.options).being_read(PROJECT)
    world.later(hours=2)
    asked = visit(world, books({"T1": "10.00"}))

    assert [each.job for each in asked if isinstance(each, JobProfitability)] == [job]
    assert world.connection().doubted == {}


def test_payroll_of_a_merged_job_is_counted_once(world: World) -> None:
    """The merged job takes its payroll with it: read whole under the other job, it must not stay under the vanished."""
    merged = other_job(world)
    wage = cells("C1", 100, TxnType="Paycheck", Name=merged.full_name, SourceName="")
    rows = books({"T1": "10.00"})

    def before(request: Request) -> tuple[Any, ...] | int:
        if isinstance(request, CustomTxnDetail) and "Paycheck" in request.txn_types and not request.of_changes:
            return report(wage)
        return rows(request)

    visit(world, before)
    with world.unit() as (uow, connection):
        assert uow.costs.has(job_id=merged.list_id, deleted=False)
        (record,) = uow.lists.find(list_id=merged.list_id)
        record.gone = True
        uow.lists.save(record)
        connection.names_gone = [merged.list_id]
        uow.connections.save(connection)
    world.later(hours=2)
    visit(world, books({"T1": "10.00"}))

    with world.unit() as (uow, connection):
        (row,) = uow.costs.find(job_id=merged.list_id)
        assert (row.deleted, row.deletion_known) == (True, False)
        assert connection.doubted == {}


def test_what_reading_everything_again_changes_is_history(world: World) -> None:
    """A closed month asks the history what was entered later; how the change was read makes no difference."""
    first_reading(world)
    world.later(hours=2)
    with world.unit() as (uow, connection):
        connection.costs_whole_at = None
        uow.connections.save(connection)
    visit(world, books({"T1": "12.00", "T2": "1.00"}, sequence="2"))

    with world.unit() as (uow, _):
        told = [(row.before, row.after) for row in uow.history.find(subject="cost")]
    assert told == [("10.00", "12.00")]  # T2 may be years old: only its row tells when it was seen first


def test_a_reading_that_is_refused_is_not_tried_with_every_visit(world: World) -> None:
    """Reading everything over and over would be no use to anybody; the clock, or a person, asks again."""
    refusing = but(books({"T1": "10.00"}), ProfitAndLoss, 3261)
    assert visit(world, refusing)
    world.later(minutes=15)
    assert visit(world, refusing, ask=False) == []
    with world.unit() as (uow, connection):
        connection.costs_wanted = True
        uow.connections.save(connection)
    world.later(minutes=15)
    assert visit(world, refusing, ask=False)
    world.later(minutes=130)
    assert visit(world, books({"T1": "10.00"}), ask=False)
    assert world.connection().costs_whole_at


def test_a_date_of_another_century_asks_for_no_hundred_reports() -> None:
    """A bill dated 1926 by mistake: payroll before the last twenty years is in one window."""
    found = cost_readings.quarters(dt.date(1901, 5, 5), dt.date(2026, 3, 10))
    assert len(found) <= 82
    assert (found[0][0], found[-1][1]) == (None, None)


@pytest.mark.parametrize("known", [True, False])
def test_a_column_that_sums_a_customer_is_not_counted_again(world: World, known: bool) -> None:
    """QuickBooks may sum a customer's jobs in a column of its own: `Total` and a name that the list has."""
    rows = books({"T1": "10.00"})
    titles = ("", JOB, "Total Clients" if known else "Total Confusion", "TOTAL")

    def summed(request: Request) -> tuple[Any, ...] | int:
        if isinstance(request, ProfitAndLoss):
            cells = (("", "10.00", "10.00", "10.00"),)
            return (ReportRet("P&L", "Accrual", ("a", "b", "c", "d"), cells, titles, ("Job Expenses",)),)
        return rows(request)

    visit(world, summed)
    with world.unit() as (uow, _):
        control = uow.controls.first(through=None)
    assert control is not None
    assert control.unknown == cash(0 if known else 10)
    assert control.without_job == cash(0)


def test_a_dropped_reading_takes_no_late_answer(world: World) -> None:
    """Another company file was confirmed while QuickBooks was at work: what it shows then is not of the bound file."""
    with world.unit() as (uow, connection):
        connection.lists_whole_at, connection.lists_modified = world.now, NOON
        cost_readings.ask(uow, connection, world.now)
    number = world.begin()
    while (message := world.send(number)) and message.purpose != "costs":
        replies = (Reply(task.kind, str(task.id), 0, "", "", ()) for task in world.tasks(message_set_id=message.id))
        world.receive(number, message, ReplySet(tuple(replies), 0))
    assert message
    with world.unit() as (uow, _):
        (reading,) = uow.readings.find()
        cost_readings.drop(uow, reading, world.now)
    late = (Reply(task.kind, str(task.id), 0, "", "", (bill("T1"),)) for task in world.tasks(message_set_id=message.id))
    world.receive(number, message, ReplySet(tuple(late), 0))

    with world.unit() as (uow, _):
        assert uow.answers.count() == 0
        assert not uow.tasks.has(reading_id=reading.id, state=list(ALIVE))


def test_jobs_whose_columns_have_no_name_are_read_whole_once(world: World) -> None:
    """Profit & Loss shows them under a title that means none: another amount brings no new reading, only word of it."""
    first_reading(world)
    world.later(hours=2)
    job = world.row("job", PROJECT).quickbooks_id
    told = []
    for sequence, amount in (("2", "12.00"), ("3", "14.00")):
        rows = books({"T1": amount}, sequence=sequence)

        def untitled(request: Request, rows: Answer = rows, amount: str = amount) -> tuple[Any, ...] | int:
            if isinstance(request, ProfitAndLoss):
                titles, labels = ("", "Phase 1", "TOTAL"), ("Job Expenses",)
                return (ReportRet("P&L", "Accrual", ("a", "b", "c"), (("", amount, amount),), titles, labels),)
            return rows(request)

        told.append([each.job for each in visit(world, untitled) if isinstance(each, JobProfitability)])
        assert world.connection().doubted == {job: f"-{amount}"}
        world.later(hours=2)
    assert told == [[job], []]


def test_a_job_renamed_within_the_visit_loses_no_cost(world: World) -> None:
    """Its own report shows it under a name that the lists, read before, do not have yet."""
    first_reading(world)
    world.later(hours=2)
    job = world.row("job", PROJECT).quickbooks_id
    rows = books({"T1": "12.00"}, sequence="2", total="99.00")

    def renamed(request: Request) -> tuple[Any, ...] | int:
        if isinstance(request, CustomTxnDetail) and "Bill" in request.txn_types:
            own = (cells("T1", "12.00", Name="Clients:24-001 Hill House"),)
            other = (cells("T1", "-12.00", Name="Ready Mix Supply", Account="Accounts Payable"),)
            return report(*own, *other)
        return rows(request)

    visit(world, renamed)
    with world.unit() as (uow, _):
        (row,) = uow.costs.find()
    assert (row.job_id, row.cost_cents, row.deleted, len(row.lines)) == (job, 1200, False, 1)


def test_a_column_without_a_known_job_is_looked_at_again_with_the_next_reading(world: World) -> None:
    """A job renamed during the first reading shows no cost: with the next lists its total does, and it is read."""
    rows = books({"T1": "10.00"})

    def renamed(request: Request) -> tuple[Any, ...] | int:
        if isinstance(request, ProfitAndLoss):
            titles, labels = ("", "Clients:Hill House", "TOTAL"), ("Job Expenses",)
            return (ReportRet("P&L", "Accrual", ("a", "b", "c"), (("", "10.00", "10.00"),), titles, labels),)
        if isinstance(request, CustomTxnDetail) and "Bill" in request.txn_types:
            return report(cells("T1", "10.00", Name="Clients:Hill House"))
        return rows(request)

    visit(world, renamed)
    with world.unit() as (uow, _):
        assert uow.costs.count() == 0
    world.later(hours=2)
    visit(world, rows)
    with world.unit() as (uow, connection):
        assert [row.cost_cents for row in uow.costs.find(deleted=False)] == [1000]
        assert connection.doubted == {}


def test_a_job_that_quickbooks_does_not_know_has_the_lists_read_whole(world: World) -> None:
    """It was merged since the lists were read whole; until they are, its report would stop every reading."""
    first_reading(world)
    world.later(hours=2)
    rows = books({"T1": "12.00"}, sequence="2", total="99.00")
    visit(world, lambda request: 3120 if getattr(request, "job", "") else rows(request))
    with world.unit() as (_, connection):
        assert whole_due(connection, world.now)
