"""The sink `direct_costs_total`: a project's cost stands in Procore as one direct cost with the total to date."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Sink, allocate, brake, direct_costs
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.flow.explained import Explained
from qbwc_bridge.flow.procore_side import ProcoreSide
from qbwc_bridge.flow.reconciling import Reconciled, reconcile
from tests.unit.documents import PROJECT, TODAY, cash
from tests.unit.test_domain_costs import BOOKS, CODES, CUT_OFF, DOCUMENTS, chosen, document, posted, writing
from tests.unit.test_flow_writeback import bill, make, office, template
from tests.unit.writeback_office import Office

__all__ = ["make", "office", "template"]  # the fixtures

YESTERDAY = TODAY - dt.timedelta(days=1)
LONG_AGO = TODAY - dt.timedelta(days=60)
TOTAL_KEY = "qbd:abcd2345:total:J1"


def choose(office: Office, sink: Sink) -> None:
    """Let an admin set how costs stand in Procore."""
    office.world.options = replace(office.world.options, actuals_sink=sink)


def proof(office: Office, as_of: dt.date | None = None) -> Reconciled:
    """Reconcile with Procore as it stands."""
    with office.world.unit() as (uow, connection):
        side = ProcoreSide(costs={PROJECT: list(office.procore.costs.values())})
        return reconcile(uow, connection, office.world.options, side, now=office.world.now, as_of=as_of)


def told(found: Reconciled) -> list[tuple[str, Decimal, str]]:
    """What is named, by how much it differs, and why."""
    return [(each.document, each.difference, each.why) for each in found.explained]


# ---------------------------------------------------------------- pure


@given(DOCUMENTS)
def test_one_direct_cost_per_job_holds_its_total_by_code_and_day(documents: list[CostDocument]) -> None:
    """Keys, date of the newest cost, lines by code; its days add up to its lines."""
    placed = [each for each in allocate(documents, BOOKS) if each.code in CODES]
    found = direct_costs(placed, writing(sink="direct_costs_total"))

    assert set(found) == {f"qbd:abcd2345:total:{each.line.job_id}" for each in placed}
    for key, cost in found.items():
        mine = [each for each in placed if key.endswith(f":{each.line.job_id}")]
        assert cost.date == max(each.document.txn_date for each in mine)
        assert cost.type == "expense"
        for line in cost.lines:
            assert line.amount == total(amount for _, code, amount in cost.days if CODES[code] == line.budget_code_id)


def totals(*documents: CostDocument) -> dict[str, DirectCost]:
    """The total of these documents."""
    return direct_costs(allocate(documents, BOOKS), writing(sink="direct_costs_total"))


def test_a_closed_month_is_touched_by_its_own_days_alone() -> None:
    """A newer cost moves the date of the total and asks nothing; a changed, moved or new early cost asks."""
    old = document(posted("5.00"), txn_date=LONG_AGO)
    before = totals(old)

    def asked(*after: CostDocument) -> bool:
        return bool(brake(before, totals(*after), YESTERDAY, vanished=0))

    assert not asked(old)
    assert not asked(old, document(posted("9.00"), txn_id="T2"))
    assert asked(document(posted("6.00"), txn_date=LONG_AGO))
    assert asked(document(posted("5.00"), txn_date=CUT_OFF))
    assert asked(document(posted("5.00", item="09-250:L"), txn_date=LONG_AGO))
    assert asked(old, document(posted("1.00"), txn_id="T2", txn_date=YESTERDAY))
    assert asked()


@given(DOCUMENTS, DOCUMENTS, st.sampled_from([LONG_AGO, CUT_OFF, TODAY]))
def test_the_brake_asks_about_a_total_as_about_its_documents(
    before: list[CostDocument], after: list[CostDocument], closed: dt.date
) -> None:
    """Where the closed time has other sums by day and code, it asks; where not, the closed time is no reason."""

    def early(documents: list[CostDocument]) -> dict[tuple[str, dt.date, str], Decimal]:
        sums: dict[tuple[str, dt.date, str], Decimal] = {}
        for item in allocate(documents, BOOKS):
            if item.code in CODES and item.document.txn_date <= closed:
                place = item.line.job_id, item.document.txn_date, item.code
                sums[place] = sums.get(place, ZERO) + item.line.amount
        return {place: amount for place, amount in sums.items() if amount}

    def written(documents: list[CostDocument]) -> dict[str, DirectCost]:
        placed = [each for each in allocate(documents, BOOKS) if each.code in CODES]
        return direct_costs(placed, writing(sink="direct_costs_total"))

    was, will = written(before), written(after)
    asked = brake(was, will, closed, vanished=0)
    if was and early(before) != early(after):
        assert asked
    if early(before) == early(after) and all(cost.days for cost in (*was.values(), *will.values())):
        assert "closing date" not in asked


def opening(*documents: CostDocument) -> dict[str, DirectCost]:
    """The opening costs of these documents."""
    return direct_costs(allocate(documents, BOOKS), writing(release=chosen(before="opening")))


def test_opening_costs_ask_for_the_closed_days_they_hold() -> None:
    """Their own date is the day before the cut-off, however long before it the month was closed."""
    early, late = (CUT_OFF - dt.timedelta(days=days) for days in (40, 1))
    old = document(posted("5.00"), txn_date=early)
    before = opening(old)

    def asked(*after: CostDocument, was: dict[str, DirectCost] = before, closed: dt.date = early) -> bool:
        return "closing date" in brake(was, opening(*after), closed, vanished=0)

    newer = document(posted("9.00"), txn_id="T2", txn_date=late)
    assert not asked(old)
    assert not asked(old, newer)
    assert asked(old, newer, closed=late)
    assert asked(document(posted("6.00"), txn_date=early))
    assert asked(document(posted("5.00"), txn_date=late))
    unknown = {key: replace(cost, days=()) for key, cost in before.items()}
    assert not asked(old, was=unknown, closed=late)
    assert asked(document(posted("6.00"), txn_date=early), was=unknown, closed=late)


# ---------------------------------------------------------------- written and followed


def test_a_total_follows_the_ledger(office: Office) -> None:
    """One direct cost, one line per code; what changes moves its lines, and nothing new writes nothing."""
    choose(office, "direct_costs_total")
    office.post(bill("A", txn_date=YESTERDAY), bill("B", ("03-300.M", "5.00"), ("09-250.L", "7.00")))
    assert office.push().written == 1
    assert office.there() == {f"{TOTAL_KEY}:1": cash(15), f"{TOTAL_KEY}:2": cash(7)}
    assert office.procore.costs[TOTAL_KEY].date == TODAY
    before = list(office.procore.calls)
    assert office.push().unchanged == 1
    assert office.procore.calls == before

    office.post(bill("A", txn_date=YESTERDAY))
    assert office.push().written == 1
    assert office.there() == {f"{TOTAL_KEY}:1": cash(10)}
    assert office.procore.costs[TOTAL_KEY].date == YESTERDAY


@pytest.mark.parametrize("before", ["opening", "detail"])
def test_a_switch_removes_the_one_shape_and_writes_the_other(office: Office, before: str) -> None:
    """There and back the sum stays; nothing of the other shape is left, and the proof agrees."""
    office.release(ReleaseChoice(CUT_OFF, before, "write"))  # type: ignore[arg-type]
    office.post(bill("A", txn_date=LONG_AGO), *(bill(str(number)) for number in range(5)))
    office.push()
    documents = set(office.procore.costs)
    choose(office, "direct_costs_total")
    assert {each.why for each in proof(office).explained} >= {"missing in Procore: not pushed yet"}
    assert (outcome := office.push(confirmed=False)).brake == ""
    assert (outcome.deleted, set(office.procore.costs)) == (6, {TOTAL_KEY})
    assert sum(office.there().values()) == cash(60)
    assert proof(office).explained == []

    choose(office, "direct_costs")
    assert "each is written by itself now" in str(told(proof(office)))
    office.push()
    assert set(office.procore.costs) == documents
    assert proof(office).proof.difference == ZERO


def test_a_switch_asks_where_much_or_closed_costs_are_rewritten(office: Office) -> None:
    """More than 25 deletions, or costs in the closed time, wait for a person; before the first writing nothing asks."""
    office.post(*(bill(str(number)) for number in range(30)))
    choose(office, "direct_costs_total")
    assert office.plan(closed=TODAY) == ""
    choose(office, "direct_costs")
    assert office.push(confirmed=False, closed=TODAY).brake == ""
    choose(office, "direct_costs_total")
    assert "delete 30" in office.push(confirmed=False).brake
    office.push()
    choose(office, "direct_costs")
    assert "closing date" in office.push(confirmed=False, closed=TODAY).brake
    assert set(office.procore.costs) == {TOTAL_KEY}


def test_a_code_that_procore_refuses_holds_up_its_own_line_of_the_total(office: Office) -> None:
    """The other lines are written; the refusal is told with each push, and nothing is written again for it."""
    choose(office, "direct_costs_total")
    office.procore.unknown_codes = frozenset({"99-999.Z"})
    office.post(bill("A", ("99-999.Z", "4.00"), ("09-300.M", "1.00")), bill("B"))
    outcome = office.push()
    assert sorted(office.there().values()) == [cash(1), cash(10)]
    assert "no cost code 99-999" in outcome.problems[0]
    assert "no cost code 99-999" in proof(office).explained[0].why
    calls = office.procore.calls.count("lines")
    assert "no cost code 99-999" in office.push().problems[0]
    assert office.procore.calls.count("lines") == calls

    office.procore.unknown_codes = frozenset()
    assert office.push().problems == []
    assert sum(office.there().values()) == cash(15)


def test_a_total_whose_answer_was_lost_keeps_its_days(office: Office) -> None:
    """Found as it was wanted, it is known as before, and the closed time is no question."""
    choose(office, "direct_costs_total")
    office.post(bill("A", txn_date=LONG_AGO))
    office.procore.trouble = ["", "after"]
    assert office.push().problems
    office.post(bill("A", txn_date=LONG_AGO), bill("B"))
    assert office.push(confirmed=False, closed=YESTERDAY).brake == ""
    assert office.push(confirmed=False, closed=YESTERDAY).unchanged == 1
    assert office.there() == {f"{TOTAL_KEY}:1": cash(20)}


# ---------------------------------------------------------------- explained


def test_the_documents_behind_a_total_are_named(office: Office) -> None:
    """Before the first push all of a code; later those of the days that changed; of many the first ones."""
    choose(office, "direct_costs_total")
    office.post(bill("A", txn_date=YESTERDAY), bill("B", ("09-250.L", "7.00")))
    assert told(proof(office)) == [
        (f"Total to date: Bill B-A of {YESTERDAY}", cash(10), "missing in Procore: not pushed yet"),
        (f"Total to date: Bill B-B of {TODAY}", cash(7), "missing in Procore: not pushed yet"),
    ]
    office.push()
    assert told(proof(office)) == []
    office.post(bill("B", ("09-250.L", "8.00")))
    assert told(proof(office)) == [
        (
            f"Total to date: nothing of {YESTERDAY} any more",
            cash(-10),
            "changed: QuickBooks has none of it on this code now; not pushed yet",
        ),
        (f"Total to date: Bill B-B of {TODAY}", cash(1), "changed: the amounts differ; not pushed yet"),
    ]
    office.post(*(bill(str(number)) for number in range(8)))
    assert proof(office).explained[0].document.endswith(f"Bill B-3 of {TODAY}, and 4 more")


def test_what_somebody_changes_in_a_total_is_told(office: Office) -> None:
    """No document is to blame for it."""
    choose(office, "direct_costs_total")
    office.post(bill("A"))
    office.push()
    cost = office.procore.costs[TOTAL_KEY]
    changed = replace(cost, lines=tuple(replace(line, amount=cash(12)) for line in cost.lines))
    office.procore.costs = {TOTAL_KEY: changed}
    why = "changed: the amounts differ; somebody changed it in Procore"
    assert told(proof(office)) == [("Total to date", cash(-2), why)]
    assert told(proof(office, as_of=TODAY)) == [("Total to date", cash(-2), why)]


def test_a_total_is_proven_through_an_earlier_day(office: Office) -> None:
    """What later days brought is taken off both sides; a change by hand still shows."""
    choose(office, "direct_costs_total")
    office.post(bill("A", txn_date=YESTERDAY), bill("B", ("03-300.M", "5.00"), ("09-250.L", "7.00")))
    office.push()
    found = proof(office, YESTERDAY)
    assert [(row.quickbooks, row.procore) for row in found.proof.rows if row.quickbooks] == [(cash(10), cash(10))]
    assert (found.proof.difference, found.explained) == (ZERO, [])

    cost = office.procore.costs[TOTAL_KEY]
    more = tuple(replace(line, amount=line.amount + 1) for line in cost.lines)
    office.procore.costs = {TOTAL_KEY: replace(cost, lines=more)}
    assert proof(office, YESTERDAY).proof.difference == cash(2)
    explained: list[Explained] = proof(office, YESTERDAY).explained
    assert all("somebody changed it in Procore" in each.why for each in explained)


def test_opening_costs_are_proven_through_an_earlier_day(office: Office) -> None:
    """They are dated later than what they hold, and through a day before that date both sides have the same."""
    office.release(ReleaseChoice(TODAY, "opening", "write"))
    office.post(bill("A", txn_date=LONG_AGO), bill("B", ("09-250.L", "7.00"), txn_date=YESTERDAY))
    office.push()
    for day in (LONG_AGO, YESTERDAY, TODAY):
        found = proof(office, day)
        assert (found.proof.difference, found.explained) == (ZERO, [])
    rows = proof(office, LONG_AGO).proof.rows
    assert [(row.quickbooks, row.procore) for row in rows if row.quickbooks or row.procore] == [(cash(10), cash(10))]
