"""Costs on their way into Procore: whatever fails at whatever call, Procore ends up as the ledger says, once."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Sink
from qbwc_bridge.domain.records import ReleaseChoice
from tests.journeys.costs_office import CODES, ORDER, TROUBLES, CrashError, Site, by_code, open_site, prepare
from tests.support import DEEP, SOAK
from tests.unit.documents import TODAY, cash
from tests.unit.test_flow_writeback import bill

EARLY = TODAY - dt.timedelta(days=60)
SINKS: tuple[Sink, Sink] = ("direct_costs", "direct_costs_total")
Opened = Callable[[], Site]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The database of a bridge whose project is released, to be copied."""
    return prepare(tmp_path_factory.mktemp("template"))


@pytest.fixture
def open_one(template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Open as many sites as a test needs."""
    opened: list[Site] = []

    def one() -> Site:
        opened.append(open_site(tmp_path_factory.mktemp("site"), template))
        return opened[-1]

    yield one
    for site in opened:
        site.world.close()
        site.gateway.close()


@pytest.fixture
def site(open_one: Opened) -> Site:
    """One released project."""
    return open_one()


def choose(site: Site, sink: Sink) -> None:
    """Let an admin set how costs stand in Procore."""
    site.world.options = replace(site.world.options, actuals_sink=sink)


def elsewhere(txn_id: str) -> CostDocument:
    """A bill on the job of the project that nobody released."""
    found = bill(txn_id)
    found.lines = [replace(line, job_id="J2") for line in found.lines]
    return found


# ---------------------------------------------------------------- how many calls


def test_a_thousand_new_transactions_take_ten_calls_at_most(site: Site) -> None:
    """Token and syncs: five calls; a few transactions of the database; and nothing new sends nothing at all."""
    site.office.post(*(bill(f"T{number}", ("03-300.M", "10.00")) for number in range(1000)))
    del site.procore.calls[:]
    assert site.push().written == 1000
    assert len(site.procore.calls) == 5
    assert site.units <= 8
    assert site.ours() == {"03-300.M": cash(10_000)}

    del site.procore.calls[:]
    assert site.push().unchanged == 1000
    assert site.procore.calls == []


def test_one_changed_bill_takes_two_calls(site: Site) -> None:
    """Its header, then its lines."""
    site.office.post(bill("A"), bill("B"))
    site.push()
    site.office.post(bill("A"), bill("B", ("03-300.M", "12.00")))
    del site.procore.calls[:]
    site.push()
    assert [call.method for call in site.procore.calls] == ["PATCH", "PATCH"]
    assert site.ours() == {"03-300.M": cash(22)}


# ---------------------------------------------------------------- what Procore may answer


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("trouble", ["conflict", "too many", "away", "fault once", "token taken back"])
def test_a_short_trouble_is_outlived_in_the_same_push(site: Site, trouble: str, sink: Sink) -> None:
    """Waited for and repeated at every call in turn, with a fresh token where one was taken back."""
    choose(site, sink)
    site.office.post(bill("B", ("09-250.L", "9.00")))
    site.push()
    for number in range(2):
        documents = [bill(f"A{number}"), bill("B", ("09-250.L", f"{number + 1}.00"))]
        site.office.post(*documents)
        site.trouble((number, trouble))
        assert site.push().problems == []
        assert site.ours() == by_code(documents)
    site.undisturbed()


def test_a_header_whose_lines_failed_is_completed_later(site: Site) -> None:
    """A direct cost of 0.00 is never taken for written."""
    documents = [bill("A"), bill("B", ("09-250.L", "7.00"))]
    site.office.post(*documents)
    site.procore.fail_next(status=403, path_contains="line_items/sync")
    assert site.push().problems
    with site.world.unit() as (uow, _):
        assert [(row.written, row.settled) for row in uow.writebacks.find()] == [(None, False)] * 2
    assert [cost.lines for cost in site.procore.direct_costs(site.project) if cost.origin_id] == [(), ()]
    assert site.push().problems == []
    assert site.ours() == by_code(documents)


def test_what_procore_refuses_by_name_is_told_and_completed_later(site: Site) -> None:
    """Of an answer 200 with errors exactly the items named in it have failed."""
    site.office.post(bill("A"), bill("B"))
    site.push()
    taken: dict[str, Any] = {"vendor_id": site.gateway.vendors().found[0].id, "invoice_number": "X"}
    site.procore.add_direct_cost(site.project, [], direct_cost_type="invoice", direct_cost_date=TODAY, **taken)
    site.typed = site.others()
    site.office.post(bill("A", ref_number="X"), bill("B", ("03-300.M", "11.00")))
    outcome = site.push()
    assert (outcome.written, len(outcome.problems)) == (1, 1)
    assert "already been taken" in outcome.problems[0]
    site.office.post(bill("A"), bill("B", ("03-300.M", "11.00")))
    assert site.push().problems == []
    assert site.ours() == {"03-300.M": cash(21)}
    site.undisturbed()


def test_a_removal_that_procore_refuses_stops_no_other(site: Site) -> None:
    """Of a direct cost or of a line: it is told with Procore's reason, stays known, and goes with the next push."""
    site.office.post(bill("A", ("03-300.M", "1.00"), ("09-250.L", "2.00")), bill("B"), bill("C"))
    site.push()
    site.office.post(bill("A", ("03-300.M", "1.00")), bill("D"))
    site.procore.fail_next(status=422, count=2, method="DELETE")
    site.procore.fail_next(status=422, path_contains="line_items/", method="DELETE")
    outcome = site.push()
    assert (outcome.written, outcome.deleted, len(outcome.problems)) == (1, 0, 3)
    assert all("Procore refused it" in problem for problem in outcome.problems)
    outcome = site.push()
    assert (outcome.written, outcome.deleted, outcome.problems) == (1, 2, [])
    assert site.ours() == {"03-300.M": cash(11)}
    site.undisturbed()


# ---------------------------------------------------------------- for every ledger, every trouble, every call

LEDGERS = st.lists(
    st.builds(
        lambda txn_id, lines, number, date: bill(txn_id, *lines, ref_number=number, txn_date=date),
        st.sampled_from("ABCDE"),
        st.lists(
            st.tuples(st.sampled_from(CODES), st.decimals(-500, 500, places=2).filter(bool).map(str)),
            min_size=1,
            max_size=3,
        ),
        st.sampled_from(["", "B-1", "B-2"]),
        st.sampled_from([EARLY, TODAY]),
    ),
    max_size=5,
    unique_by=lambda each: each.txn_id,
)
HAPPENS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(sorted(TROUBLES))), max_size=3)
STEPS = st.lists(st.tuples(LEDGERS, HAPPENS, st.sampled_from(SINKS), st.booleans()), min_size=1, max_size=4)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=400 if SOAK else 50 if DEEP else 15,
    deadline=None,
)
@given(STEPS)
def test_procore_ends_up_as_the_ledger_and_after_a_withdrawal_as_before(
    open_one: Opened, steps: list[tuple[list[CostDocument], list[tuple[int, str]], Sink, bool]]
) -> None:
    """Ledgers, sinks and releases come and go, calls fail in the middle: calm pushes make it right, each cost once.

    What people typed and the project that nobody released stay as they are all the time. A withdrawal leaves Procore's
    direct costs as before the first release; only budget codes that the bridge made stay.
    """
    site = open_one()
    chosen = ReleaseChoice(TODAY, "detail", "write")
    codes = {(code.id, code.code) for code in site.gateway.code_book(site.project).read()}
    documents: list[CostDocument] = []
    for documents, happens, sink, released in steps:
        choose(site, sink)
        _release(site, chosen if released else None)
        site.office.post(*documents, elsewhere("Z"))
        site.trouble(*happens)
        site.push()
        site.undisturbed()
        site.calm()
    _release(site, chosen)
    assert site.push().problems == []
    assert site.ours() == by_code(documents)
    del site.procore.calls[:]
    assert site.push().written == 0
    assert site.procore.calls == []

    _release(site, None)
    assert site.push(confirmed=False).problems == []
    assert site.procore.direct_costs(site.project) == site.typed
    site.undisturbed()
    assert codes <= {(code.id, code.code) for code in site.gateway.code_book(site.project).read()}


def _release(site: Site, chosen: ReleaseChoice | None) -> None:
    with site.world.unit() as (uow, _):
        choice = uow.projects.find(project_id=site.project)[0]
        choice.release = chosen
        uow.projects.save(choice)


FIRST = [bill("A"), bill("B", ("09-250.L", "7.00")), bill("C", ref_number="")]
THEN = [bill("A", ("03-300.M", "11.00"), ("99-999.O", "2.00")), bill("C"), bill("D", ("09-250.L", "1.00"))]
LAST = [bill("A", ("03-300.M", "12.00")), bill("B", ("09-250.L", "3.00"))]
"""Ledgers one after the other: documents come, change their codes and type, and go."""


def _moves_on(site: Site) -> None:
    """QuickBooks goes on while an answer is missing; the next pushes follow it and take everything back."""
    site.office.post(*LAST)
    assert site.push().problems == []
    assert site.ours() == by_code(LAST)
    _release(site, None)
    assert site.push().problems == []
    assert site.procore.direct_costs(site.project) == site.typed
    site.undisturbed()


@pytest.mark.parametrize("sink", SINKS)
def test_a_push_that_dies_between_any_two_steps_is_completed_by_the_next(open_one: Opened, sink: Sink) -> None:
    """Wherever the process ended, what is not stored is looked up by its key, whatever QuickBooks has by then."""
    died = 0
    for dies_at in range(20):
        site = open_one()
        choose(site, sink)
        site.office.post(*FIRST)
        site.push()
        site.office.post(*THEN)
        try:
            site.push(dies_at=dies_at)
            break
        except CrashError:
            died += 1
        _moves_on(site)
    assert 4 <= died < 20


@pytest.mark.parametrize("trouble", ["lost after", "fault after", "long conflict"])
@pytest.mark.parametrize("number", range(3, 8))
def test_a_call_that_stays_unanswered_is_looked_up_before_anything_else(site: Site, number: int, trouble: str) -> None:
    """Whichever call it was, and although the next push wants something else."""
    site.office.post(*FIRST)
    site.push()
    site.office.post(*THEN)
    site.trouble((number, trouble))
    assert site.push().problems
    site.calm()
    _moves_on(site)


# ---------------------------------------------------------------- what is not released


def test_a_release_withdrawn_after_the_planning_writes_nothing(site: Site) -> None:
    """What was planned before goes no more, not even while QuickBooks' costs are read anew; nor is a code made."""
    site.office.post(bill("A"), bill("B", ("99-999.O", "2.00")))
    site.office.plan()
    _release(site, None)
    assert site.push(planned=True).written == 0
    site.office.plan()
    with site.world.unit() as (uow, connection):
        connection.costs_whole_at = None
        uow.connections.save(connection)
    assert site.push(confirmed=False).written == 0
    assert site.procore.calls == []
    site.undisturbed()


def test_a_withdrawal_is_carried_out_while_costs_are_read_anew(site: Site) -> None:
    """It needs no ledger."""
    site.office.post(bill("A"))
    site.push()
    _release(site, None)
    with site.world.unit() as (uow, connection):
        connection.costs_whole_at = None
        uow.connections.save(connection)
    assert site.push(confirmed=False).deleted == 1
    assert site.procore.direct_costs(site.project) == site.typed


# ---------------------------------------------------------------- the dry run tells the truth

CHOICES = list(product(("opening", "detail", "none"), ("write", "skip"), ("approved", "draft")))


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize(("before", "po_bills", "status"), CHOICES)
def test_what_the_dry_run_shows_is_what_the_push_brings(
    site: Site, before: Any, po_bills: Any, status: Any, sink: Sink
) -> None:
    """Code by code, for every choice of a release and both sinks, new budget codes among them."""
    choose(site, sink)
    site.office.post(
        bill("A", ("03-300.M", "10.00"), ("09-300.M", "3.00"), order_ids=[ORDER]),
        bill("B", ("03-300.M", "20.00"), txn_date=EARLY),
        bill("C", ("03-300.M", "40.00"), ("99-999.O", "5.00"), txn_type="VendorCredit"),
        bill("D", ("09-250.L", "-80.00"), txn_date=EARLY, txn_type="Check"),
        elsewhere("E"),
    )
    chosen = ReleaseChoice(TODAY, before, po_bills, status)
    shown = site.dry_run(chosen)
    assert {row.code: row.before for row in shown.rows if row.before} == site.budget()
    _release(site, chosen)
    assert site.push().problems == []

    assert {row.code: row.after for row in shown.rows if row.after} == site.budget()
    assert site.dry_run(chosen).rows == [replace(row, before=row.after) for row in site.dry_run(chosen).rows]
    assert {code.code for code in site.gateway.code_book(site.project).read()} >= set(shown.new_codes)
    site.undisturbed()
