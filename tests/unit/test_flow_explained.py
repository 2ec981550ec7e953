"""The proof document by document: every amount that differs has its document and its reason, and nothing is left."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, WriteBack
from qbwc_bridge.domain.costs import Sink, allocate, direct_costs, judge
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.records import Mapping, ProjectChoice, ReleaseChoice
from qbwc_bridge.flow.explained import UNEXPLAINED, explain, explain_project
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import ours, rows_of
from qbwc_bridge.flow.pushing import UNCONFIRMED
from qbwc_bridge.flow.reasons import Evidence
from tests.unit.documents import PROJECT, TODAY, cash, code
from tests.unit.test_domain_costs import AMOUNTS, BOOKS, CODES, CUT_OFF, DOCUMENTS, SINKS, document, posted, writing
from tests.unit.test_flow_costs import RELEASE
from tests.unit.test_flow_writeback import JOB, bill, make, office, template
from tests.unit.writeback_office import Office

__all__ = ["make", "office", "template"]  # the fixtures

KEY = "abcd2345"
Told = tuple[str, Decimal, Decimal, str]
"""Cost code and type, amount in QuickBooks and in Procore, why."""


def told(office: Office, *, as_of: dt.date | None = None) -> list[Told]:
    """What is explained now, of the ledger and of Procore as they stand."""
    with office.world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, office.world.options, as_of=as_of)
        found = explain(ledger, {PROJECT: list(office.procore.costs.values())})
    return [(f"{each.cost_code}.{each.cost_type}", each.quickbooks, each.procore, each.why) for each in found]


def put(office: Office, change: Callable[[DirectCost], DirectCost]) -> None:
    """Let somebody change every direct cost in Procore."""
    office.procore.costs = {key: change(cost) for key, cost in office.procore.costs.items()}


def test_what_agrees_is_not_told(office: Office) -> None:
    """After a push there is nothing to explain; before it, each document is named with its amount."""
    office.post(bill("A"), bill("B", ("09-250.L", "7.00"), payee="Ready Mix"))
    assert told(office) == [
        ("03-300.M", cash(10), ZERO, "missing in Procore: not pushed yet"),
        ("09-250.L", cash(7), ZERO, "missing in Procore: not pushed yet"),
    ]
    with office.world.unit() as (uow, connection):
        found = explain(Ledger(uow, connection, office.world.options), {})
    assert [each.document for each in found] == [f"Bill B-A of {TODAY}", f"Bill B-B of {TODAY} Ready Mix"]
    office.push()
    assert told(office) == []


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ("refuse", "missing in Procore: Procore refused it: No."),
        ("before", "missing in Procore: no answer came to its writing, and the next push looks it up"),
        ("forget", f"missing in Procore: {UNCONFIRMED}"),
    ],
)
def test_a_write_that_failed_says_how(office: Office, trouble: str, why: str) -> None:
    """A refusal is told with Procore's message, a lost answer as such."""
    office.post(bill("A"))
    office.procore.trouble = [trouble]
    office.push()
    assert told(office) == [("03-300.M", cash(10), ZERO, why)]


def test_the_brake_is_named(office: Office) -> None:
    """What the brake holds is not pushed because of it."""
    office.post(bill("A"))
    with office.world.unit() as (uow, connection):
        connection.brake = "Look first."
        uow.connections.save(connection)
    assert told(office) == [("03-300.M", cash(10), ZERO, "missing in Procore: not pushed yet, because the brake holds")]


def _other_amount(cost: DirectCost) -> DirectCost:
    return replace(cost, lines=tuple(replace(line, amount=cash(12)) for line in cost.lines))


def _other_code(cost: DirectCost) -> DirectCost:
    return replace(cost, lines=tuple(replace(line, budget_code_id=2) for line in cost.lines))


def _added_line(cost: DirectCost) -> DirectCost:
    return replace(cost, lines=(*cost.lines, DirectCostLine("", 1, cash(3), id=99)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_other_amount, [("03-300.M", cash(10), cash(12), "the amounts differ; somebody changed it in Procore")]),
        (_added_line, [("03-300.M", cash(10), cash(13), "somebody added a line to it in Procore")]),
        (
            _other_code,
            [
                ("03-300.M", cash(10), ZERO, "Procore has it on 09-250.L; somebody changed it in Procore"),
                ("09-250.L", ZERO, cash(10), "QuickBooks has it on 03-300.M; somebody changed it in Procore"),
            ],
        ),
    ],
)
def test_what_people_change_in_procore_is_told(
    office: Office, change: Callable[[DirectCost], DirectCost], expected: list[Told]
) -> None:
    """The bridge knows what it wrote, so another amount or code there is somebody's doing."""
    office.post(bill("A"))
    office.push()
    put(office, change)
    assert told(office) == [(*each[:3], f"changed: {each[3]}") for each in expected]


def test_an_added_line_is_blamed_for_no_more_than_it_brought(office: Office) -> None:
    """If the amount in QuickBooks changed as well, the amounts differ until the next push, then by that line alone."""
    office.post(bill("A"))
    office.push()
    put(office, _added_line)
    office.post(bill("A", ("03-300.M", "11.00")))
    assert told(office) == [("03-300.M", cash(11), cash(13), "changed: the amounts differ; not pushed yet")]
    office.push()
    assert told(office) == [("03-300.M", cash(11), cash(14), "changed: somebody added a line to it in Procore")]


def test_what_people_delete_in_procore_is_told(office: Office) -> None:
    """The whole direct cost, or all of its lines."""
    office.post(bill("A"))
    office.push()
    why = "missing in Procore: somebody deleted it in Procore"
    put(office, lambda cost: replace(cost, lines=()))
    assert told(office) == [("03-300.M", cash(10), ZERO, why)]
    office.procore.costs = {}
    assert told(office) == [("03-300.M", cash(10), ZERO, why)]


def test_a_withdrawal_and_a_new_release_mend_what_people_did_in_procore(office: Office) -> None:
    """What somebody deleted is not written again by a push; withdrawn and released anew, it is."""
    office.post(bill("A"), bill("B"))
    office.push()
    office.procore.costs.popitem()
    office.push()
    assert len(told(office)) == 1
    for choice in (None, RELEASE):
        office.release(choice)
        office.push()
    assert told(office) == []
    assert len(office.procore.costs) == 2


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ([], "extra in Procore: deleted in QuickBooks"),
        ([bill("A", deleted=True)], "extra in Procore: gone from QuickBooks without a record of it"),
        ([bill("A", ("Odd", "10.00"))], "extra in Procore: unmapped, its account or item has no cost code"),
        ([bill("A", ("Gift", "10.00"))], "extra in Procore: ignored by a person's decision"),
        ([bill("A", txn_date=dt.date(2025, 1, 1))], f"extra in Procore: before the cut-off {dt.date(2026, 1, 1)}"),
    ],
)
def test_what_quickbooks_no_longer_wants_there_is_told(office: Office, later: list[CostDocument], why: str) -> None:
    """Deleted, vanished, unmapped, ignored or dated before the cut-off since the last push."""
    with office.world.unit() as (uow, connection):
        uow.mappings.add(Mapping(connection.id, "item", "Gift", ignored=True))
    office.release(ReleaseChoice(dt.date(2026, 1, 1), "none", "write"))
    office.post(bill("A"))
    office.push()
    office.post(*later)
    ((found_code, _, procore, reason),) = told(office)
    assert (found_code, procore, reason) == ("03-300.M", cash(10), f"{why}; not pushed yet")


def test_what_moved_or_is_no_cost_is_told(office: Office) -> None:
    """Posted to an account that is no cost, moved to another job, coded anew: each says so."""
    office.post(bill("A"))
    office.push()
    (line,) = bill("A").lines
    retained = replace(line, account="Retainage", counted=False)
    for lines, why in (
        ([retained], "not counted, because posted to Retainage, which is no cost"),
        ([replace(line, job_id="J2")], "QuickBooks has no amount of it on this job now"),
    ):
        office.post(replace(bill("A"), lines=lines))
        assert told(office) == [("03-300.M", ZERO, cash(10), f"extra in Procore: {why}; not pushed yet")]
    office.post(bill("A", ("09-250.L", "10.00")))
    assert told(office) == [
        ("03-300.M", ZERO, cash(10), "changed: QuickBooks has it on 09-250.L; not pushed yet"),
        ("09-250.L", cash(10), ZERO, "changed: Procore has it on 03-300.M; not pushed yet"),
    ]


def test_a_date_parts_both_systems(office: Office) -> None:
    """Through a date, a document that the other system dates later is told with that date."""
    yesterday = TODAY - dt.timedelta(days=1)
    office.post(bill("A"))
    office.push()
    office.post(bill("A", txn_date=yesterday))
    why = f"missing in Procore: Procore dates it {TODAY}, after {yesterday}"
    assert told(office, as_of=yesterday) == [("03-300.M", cash(10), ZERO, why)]
    office.push()
    office.post(bill("A"))
    why = f"extra in Procore: QuickBooks dates it {TODAY}, after {yesterday}; not pushed yet"
    assert told(office, as_of=yesterday) == [("03-300.M", ZERO, cash(10), why)]


def test_opening_costs_are_one_document(office: Office) -> None:
    """What lies before the cut-off is summed there, and another choice says what became of it."""
    cut_off = dt.date(2026, 1, 1)
    office.release(ReleaseChoice(cut_off, "opening", "write"))
    office.post(bill("A", txn_date=dt.date(2025, 5, 5)), bill("B", txn_date=dt.date(2025, 6, 6)))
    with office.world.unit() as (uow, connection):
        (found,) = explain(Ledger(uow, connection, office.world.options), {})
    assert (found.document, found.quickbooks) == (f"Opening costs before {cut_off}", cash(20))
    office.push()
    office.release(ReleaseChoice(cut_off, "detail", "write"))
    whys = [why for _, _, _, why in told(office)]
    assert whys[:2] == ["missing in Procore: not pushed yet"] * 2
    assert "each is written by itself now; not pushed yet" in whys[2]
    office.push()
    office.release(ReleaseChoice(cut_off, "opening", "write"))
    whys = [why for _, _, _, why in told(office)]
    assert whys[0] == "extra in Procore: it is part of the opening costs now; not pushed yet"


def test_a_key_that_nobody_remembers_is_told_as_procore_shows_it(office: Office) -> None:
    """After an older backup was restored, Procore has costs of ours that neither ledger nor outbox know."""
    line = DirectCostLine(f"qbd:{KEY}:X:{JOB}:5", 5, cash(4))
    office.procore.costs["x"] = DirectCost(
        f"qbd:{KEY}:X:{JOB}", "expense", "approved", TODAY, (line,), "QuickBooks check 7"
    )
    with office.world.unit() as (uow, connection):
        ledger = Ledger(uow, connection, office.world.options)
        (found,) = explain(ledger, {PROJECT: list(office.procore.costs.values())})
    assert (found.cost_code, found.document) == ("budget code 5", f"QuickBooks check 7 of {TODAY}")
    assert found.why == "extra in Procore: the ledger does not have it; the bridge does not remember that it wrote it"


# ---------------------------------------------------------------- for every ledger and every Procore


def evidence(documents: list[CostDocument], release: ReleaseChoice, **more: Any) -> Evidence:
    """One released project of these documents; every positive line stands on an exported order."""
    as_of = more.get("as_of")
    shown = [each for each in documents if as_of is None or each.txn_date <= as_of]
    placed = [judge(item, release, lambda item: item.line.amount > 0) for item in allocate(shown, BOOKS)]
    codes = [code(number, *name.split(".")) for name, number in CODES.items()]
    parts = {(each.txn_id, line.job_id): each for each in documents for line in each.lines}
    values: dict[str, Any] = {
        "key": KEY,
        "choice": ProjectChoice(1, PROJECT, "24-001", "Hilltop", budget_codes=codes, release=release),
        "release": release,
        "sink": "direct_costs",
        "items": [item for item in placed if item.project_id == PROJECT],
        "costs": [],
        "outbox": {},
        "document": lambda txn_id, job_id: parts.get((txn_id, job_id)),
        "stands": lambda txn_id: any(key[0] == txn_id for key in parts),
        "jobs": BOOKS.projects,
    }
    return Evidence(**values | more)


def test_a_bill_on_an_order_is_named_and_differs_by_nothing() -> None:
    """What the rule for bills on orders leaves out is told, with its amount in QuickBooks."""
    release = ReleaseChoice(CUT_OFF, "detail", "skip")
    (found,) = explain_project(evidence([document(posted())], release))
    assert (found.quickbooks, found.procore, found.difference) == (cash(10), ZERO, ZERO)
    assert found.why == "skipped, a bill on an exported order"


def test_a_job_that_went_to_another_project_is_told_on_both_sides() -> None:
    """The old project says that the job is not its own now; in the new one nothing is pushed yet."""
    release = ReleaseChoice(CUT_OFF, "detail", "write")
    known = evidence([document(posted())], release)
    ((origin, cost),) = direct_costs(known.items, writing()).items()
    old = evidence([document(posted())], release, items=[], costs=[cost], jobs={"J1": 8})
    new = replace(known, outbox={origin: WriteBack(1, 8, origin, cost, cost, 5)})

    assert [
        each.why for each in explain_project(replace(old, outbox={origin: WriteBack(1, 7, origin, None, cost)}))
    ] == ["extra in Procore: its job does not belong to this project now; not pushed yet"]
    assert [each.why for each in explain_project(new)] == ["missing in Procore: not pushed yet"]


RELEASES = st.builds(
    ReleaseChoice,
    st.just(CUT_OFF),
    st.sampled_from(["opening", "detail", "none"]),
    st.sampled_from(["write", "skip"]),
)
DAYS = st.sampled_from([CUT_OFF - dt.timedelta(days=40), CUT_OFF - dt.timedelta(days=1), CUT_OFF, TODAY])


@st.composite
def states(draw: st.DrawFn) -> Evidence:
    """A ledger, and a Procore of another ledger with meddling: what an earlier push left, changed at will."""
    release, earlier, as_of = draw(RELEASES), draw(RELEASES), draw(st.none() | DAYS)
    sink, former = draw(SINKS), draw(SINKS)
    documents = draw(DOCUMENTS)
    before = evidence(documents if draw(st.booleans()) else draw(DOCUMENTS), earlier)
    written = direct_costs(before.items, writing(release=earlier, sink=former))
    costs, outbox = [], {}
    for origin, cost in written.items():
        row = WriteBack(1, draw(st.sampled_from([PROJECT, 8])), origin, cost, draw(st.sampled_from([None, cost])))
        row.in_flight, row.message = draw(st.booleans()), draw(st.sampled_from(["", "No.", UNCONFIRMED]))
        if draw(st.booleans()):
            outbox[origin] = row
        lines = [line for line in cost.lines if draw(st.booleans())]
        lines = [replace(line, amount=draw(st.just(line.amount) | AMOUNTS)) for line in lines]
        ids = st.sampled_from([11, 12, 13, 99])
        lines = [replace(line, budget_code_id=draw(st.just(line.budget_code_id) | ids)) for line in lines]
        lines += [DirectCostLine("", draw(ids), draw(AMOUNTS)) for _ in range(draw(st.integers(0, 1)))]
        if draw(st.booleans()):
            costs.append(replace(cost, lines=tuple(lines), date=draw(st.just(cost.date) | DAYS)))
    costs.append(DirectCost(draw(st.sampled_from(["", f"qbd:{KEY}:X:J1"])), "expense", "draft", TODAY, (), "Typed"))
    brake = draw(st.sampled_from(["", "Look."]))
    return evidence(documents, release, costs=costs, outbox=outbox, as_of=as_of, brake=brake, sink=sink)


@given(states())
def test_the_explained_amounts_are_the_difference(known: Evidence) -> None:
    """Whatever the ledger and Procore hold, each row's difference is its documents', and no rest is left."""
    rows = rows_of(known.choice, known.items, ours(known.costs, KEY, known.as_of))
    found = explain_project(known)
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for each in found:
        sums[each.cost_code, each.cost_type] += each.difference

    assert {(row.cost_code, row.cost_type): row.difference for row in rows} == {
        (row.cost_code, row.cost_type): sums[row.cost_code, row.cost_type] for row in rows
    }
    assert total(sums.values()) == total(row.difference for row in rows)
    assert all(each.document and each.why != UNEXPLAINED for each in found)
    assert not [each.why for each in found if each.why.endswith((": ", "; ", " ")) or ": ;" in each.why or not each.why]


@given(DOCUMENTS, RELEASES, SINKS)
def test_a_procore_that_has_what_it_should_needs_no_explanation(
    documents: list[CostDocument], release: ReleaseChoice, sink: Sink
) -> None:
    """What would be written and is there explains no difference; only what was left out by choice is told."""
    known = evidence(documents, release, sink=sink)
    costs = list(direct_costs(known.items, writing(release=release, sink=sink)).values())
    found = explain_project(replace(known, costs=costs))

    assert [each for each in found if each.difference != ZERO] == []
    assert all(each.procore != each.quickbooks for each in found)
