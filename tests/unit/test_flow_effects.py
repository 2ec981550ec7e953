"""The effect of a decision, shown before it is kept, is what keeping it does."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.errors import NotFound
from qbwc_bridge.flow import allocating
from qbwc_bridge.flow.apart import Apart
from qbwc_bridge.flow.effects import Effect, effect, place
from qbwc_bridge.flow.ledger import Ledger
from tests.support import DEEP, SOAK
from tests.unit.documents import PROJECT, TODAY, cash, code
from tests.unit.test_flow_writeback import JOB, make, office, template
from tests.unit.writeback_office import Office

__all__ = ["make", "office", "template"]  # the fixtures

CALM = settings(
    max_examples=300 if SOAK else 80 if DEEP else 25, deadline=None, suppress_health_check=list(HealthCheck)
)
CLOSED = TODAY - dt.timedelta(days=40)


def posted(amount: str, *, item: str = "", account: str = "Job Expenses", of_class: str = "", **more: Any) -> CostLine:
    """A line of the job."""
    shown = {"account_type": "CostOfGoodsSold", "counted": True, **more}
    return CostLine(JOB, "Job", account, item=item, amount=Decimal(amount), class_name=of_class, **shown)


def document(txn_id: str, *lines: CostLine, txn_type: str = "Bill", **more: Any) -> CostDocument:
    """A document of the job."""
    return CostDocument(0, txn_id, txn_type, **{"txn_date": TODAY, "ref_number": txn_id, **more}, lines=list(lines))


LINES = st.builds(
    posted,
    st.decimals(-(10**4), 10**4, places=2).map(str),
    item=st.sampled_from(["", "03-300.M", "09-250.L", "Tile"]),
    account=st.sampled_from(["Job Expenses", "Fuel"]),
    of_class=st.sampled_from(["", "Site"]),
)
DOCUMENTS = st.lists(
    st.tuples(st.lists(LINES, min_size=1, max_size=3), st.sampled_from(["Bill", "Paycheck"])), max_size=5
).map(lambda found: [document(f"T{at}", *lines, txn_type=kind) for at, (lines, kind) in enumerate(found)])
NAMES: dict[Any, list[str]] = {
    "item": ["03-300.M", "Tile"],
    "account": ["Job Expenses", "Fuel"],
    "class": ["Site"],
    "type": ["Paycheck"],
}
SAID: dict[Any, list[str]] = {
    "item": ["09-250.L", "03-300"],
    "account": ["03-300.L", ".M"],
    "class": ["09-250", ".L"],
    "type": ["L"],
}
DECISIONS = st.sampled_from(list(NAMES)).flatmap(
    lambda kind: st.builds(
        lambda name, said: Mapping(1, kind, name, procore=said, ignored=not said, comment="why"),
        st.sampled_from(NAMES[kind]),
        st.sampled_from(["", *SAID[kind]]),
    )
)


def ledger_of(uow: Any, connection: Any, here: Office) -> Ledger:
    """The ledger as it stands."""
    return Ledger(uow, connection, here.world.options)


def places(here: Office) -> Counter[tuple[str, str, Decimal]]:
    """Where each line stands: TxnID, place and amount."""
    with here.world.unit() as (uow, connection):
        found = ledger_of(uow, connection, here).of_project(PROJECT)
        return Counter((each.document.txn_id, place(each), each.line.amount) for each in found)


def shown(here: Office, decision: Mapping) -> Effect:
    """The effect of a decision."""
    with here.world.unit() as (uow, connection):
        decision.connection_id = connection.id
        return effect(ledger_of(uow, connection, here), [decision])


def keep(here: Office, decision: Mapping) -> None:
    """Keep a decision."""
    with here.world.unit() as (uow, _):
        allocating.keep(uow, decision, who="Alice", now=here.world.now)


@CALM
@given(DOCUMENTS, DECISIONS, DECISIONS)
def test_the_effect_is_what_keeping_the_decision_does(
    make: Callable[[], Office], documents: Sequence[CostDocument], earlier: Mapping, decision: Mapping
) -> None:
    """Sums by place, before and after, differ by the moves shown, to the cent; nothing changes until it is kept."""
    here = make()
    here.post(*documents)
    keep(here, earlier)
    before = places(here)
    found = shown(here, decision)
    assert places(here) == before

    keep(here, decision)
    after = places(here)
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for sign, counted in ((-1, before), (1, after)):
        for (_, where, amount), count in counted.items():
            sums[where] += sign * amount * count
    moved: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for move in found.moves:
        moved[move.before] -= move.amount
        moved[move.after] += move.amount
    assert {where: amount for where, amount in sums.items() if amount} == {
        where: amount for where, amount in moved.items() if amount
    }
    assert found.amount == total(each.amount for each in found.documents)
    assert all(move.before != move.after and move.documents for move in found.moves)
    assert shown(here, decision).moves == []


@CALM
@given(DOCUMENTS, DECISIONS)
def test_taking_back_undoes_a_first_decision(
    make: Callable[[], Office], documents: Sequence[CostDocument], decision: Mapping
) -> None:
    """What is taken back moves everything back to where it was, and says so before."""
    here = make()
    here.post(*documents)
    first_of_its_name = decision.quickbooks != "03-300.M"
    before = places(here)
    there = shown(here, decision)
    keep(here, decision)
    with here.world.unit() as (uow, connection):
        back = allocating.taken_back(uow, connection, decision.kind, decision.quickbooks)
    found = shown(here, back)
    keep(here, back)
    if first_of_its_name:
        assert places(here) == before
        assert sorted((move.after, move.before, move.amount) for move in found.moves) == sorted(
            (move.before, move.after, move.amount) for move in there.moves
        )
    with here.world.unit() as (uow, _):
        assert not [
            row for row in uow.mappings.find() if row.kind == decision.kind and row.quickbooks == decision.quickbooks
        ]


def test_the_effect_tells_what_follows_in_procore(office: Office) -> None:
    """Sums and direct costs before and after, budget codes to be made, the brake's question, closed months."""
    office.post(
        document("A", posted("4000.00", item="03-300.M")),
        document("B", posted("50.00", account="Fuel"), txn_date=CLOSED),
    )
    office.push()
    with office.world.unit() as (uow, connection):
        connection.company = replace(connection.company, closing_date=CLOSED)
        uow.connections.save(connection)
    found = shown(office, Mapping(1, "account", "Fuel", "01-500.O"))
    (there,) = found.procore
    assert (there.project, there.before, there.after) == ("24-001", cash(4000), cash(4050))
    assert (there.new, there.changed, there.removed) == (1, 0, 0)
    assert "closing date" in there.question
    assert (found.new_codes, found.closed_months) == ([("24-001", "01-500.O")], [f"{CLOSED:%Y-%m}"])
    (moved,) = found.documents
    assert (moved.before, moved.after, moved.amount) == ("unmapped", "01-500.O", cash(50))

    ignored = shown(office, Mapping(1, "item", "03-300.M", ignored=True, comment="by mistake"))
    (there,) = ignored.procore
    assert (there.after, there.removed) == (ZERO, 1)
    assert "lower the project's cost by 4,000.00" in there.question

    office.release(None)
    assert shown(office, Mapping(1, "account", "Fuel", "01-500.O")).procore == []


def test_an_effect_that_was_seen_is_known_again(office: Office) -> None:
    """Its fingerprint stays while the costs stay, and changes with them."""
    office.post(document("B", posted("50.00", account="Fuel")))
    decision = Mapping(1, "account", "Fuel", "03-300.M")
    seen = shown(office, decision).version
    assert shown(office, decision).version == seen
    office.post(document("B", posted("51.00", account="Fuel")))
    assert shown(office, decision).version != seen


def test_the_lists_sum_every_line_once(office: Office) -> None:
    """Unmapped by name, ignored by decision, what is no cost by account, other jobs by job: nothing is in two lists."""
    income = posted("-900.00", account="Job Income", account_type="Income", counted=False)
    retained = posted("90.00", account="Retainage", account_type="OtherCurrentAsset", counted=False)
    office.post(
        document("A", posted("5.00", item="Tile", of_class="Site"), posted("2.00", item="Tile"), income, retained),
        document("B", posted("3.00", account="Fuel"), posted("1.00", item="03-300.M")),
        document("C", posted("8.00", item="Codes"), txn_type="Paycheck"),
        CostDocument(0, "D", "Bill", TODAY, lines=[CostLine("J9", "x", "Fuel", "Expense", "", cash(7), counted=True)]),
    )
    keep(office, Mapping(1, "account", "fuel", ignored=True, comment="Overhead"))
    keep(office, Mapping(1, "item", "codes", "03-300"))
    with office.world.unit() as (uow, connection):
        choice = uow.projects.find()[0]
        choice.budget_codes = [code(1, "03-300", "M"), code(2, "03-300", "L")]
        uow.projects.save(choice)
        found = Apart(ledger_of(uow, connection, office)).take_all()
        unmapped = {(each.kind, each.name): (each.amount, len(each.parts)) for each in found.unmapped}
        assert unmapped == {("item", "Tile"): (cash(7), 1), ("item", "Codes"): (cash(8), 1)}
        assert {each.name: each.known_codes for each in found.unmapped} == {"Tile": set(), "Codes": {"03-300"}}
        assert {(each.kind, each.name): each.amount for each in found.besides} == {
            ("class", "Site"): cash(5),
            ("type", "Paycheck"): cash(8),
        }
        assert [(each.decision.comment, each.amount) for each in found.ignored] == [("Overhead", cash(3))]
        assert [(each.account, each.amount) for each in found.not_cost] == [
            ("Job Income", cash(-900)),
            ("Retainage", cash(90)),
        ]


@pytest.mark.parametrize("kind", ["item", "account", "class", "type"])
def test_nothing_to_take_back_is_refused(office: Office, kind: Any) -> None:
    """Taking back what nobody decided is a mistake in the name."""
    with office.world.unit() as (uow, connection), pytest.raises(NotFound, match="Nothing is decided about"):
        allocating.taken_back(uow, connection, kind, "Nobody")
