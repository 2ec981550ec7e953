"""Offers, review, decisions: what is offered, what blocks it, what waits, and what a person may decide."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.procore import BudgetRow, Document, Vendor
from qbwc_bridge.domain.quickbooks import VendorAdd
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import NotFound, Refused
from qbwc_bridge.flow import decisions
from tests.support import DEEP
from tests.unit.documents import PROJECT, VENDOR, budget, cash, change_order, code, commitment, line
from tests.unit.factories import OPTIONS, World


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make bridges that are closed in the end."""
    made: list[World] = []

    def one(*documents: Document, visited: bool = True, **more: Any) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        world = World(folder, **more)
        made.append(world)
        world.bring(*documents)
        if visited:
            world.visit()
        world.settle()
        return world

    yield one
    for world in made:
        world.close()


Make = Callable[..., World]


def snapshot(world: World) -> tuple[Any, ...]:
    """Everything that a second review must leave alone."""
    with world.unit() as (uow, _):
        return (uow.submissions.find(), uow.tasks.find(), uow.history.find())


# ---------------------------------------------------------------- what is offered


def test_nothing_moves_before_the_first_reading(make: Make) -> None:
    """Everything is blocked until QuickBooks' lists were read, for that reason alone: nothing is missing there yet."""
    world = make(budget(), commitment(1), visited=False)
    with world.unit() as (uow, connection):
        choice = uow.projects.find(connection_id=connection.id)[0]
        choice.customer, choice.create_customer = "Nobody", False
        uow.projects.save(choice)
    world.settle()

    assert {row.state for row in world.rows()} == {State.BLOCKED}
    assert {row.kind for row in world.rows()} == {"cost_code", "job", "vendor", "budget", "commitment"}
    for row in world.rows():
        (reason,) = row.reasons
        assert "has not visited yet" in reason
    world.visit()
    world.settle()
    assert "is not in QuickBooks: create it there" in world.row("job", PROJECT).reasons[0]


def test_codes_and_vendors_come_only_with_what_uses_them(make: Make) -> None:
    """An unlocked budget and a draft order bring no item and no vendor; an approved order does (rule 1)."""
    world = make(budget(locked=False), commitment(1, status="Draft"))
    assert {row.kind for row in world.rows()} == {"job", "budget", "commitment"}

    world.bring(commitment(1))
    world.settle()
    assert {row.key for row in world.rows(kind="cost_code")} == {"03-300", "03-300.M"}
    assert world.row("vendor", VENDOR).state is State.READY


def test_what_the_bridge_brings_itself_is_a_wait(make: Make) -> None:
    """An order is ready although its items, vendor and job are not in QuickBooks yet, and names them."""
    world = make(commitment(1))
    row = world.row("commitment", 1)

    assert (row.state, row.reasons) == (State.READY, [])
    assert len(row.waits_for) == 3
    assert any("Ready Mix Supply" in each for each in row.waits_for)


def test_a_change_order_without_its_order_is_blocked(make: Make) -> None:
    """Whether Procore hides the order or shows it with something wrong, the reason names it and claims neither."""
    world = make()
    world.bring(change_order(7, of=1))
    world.settle()
    (reason,) = world.row("change_order", 7).reasons
    assert reason == "It needs order 1, which Procore does not show to the bridge, or not so that it can be used."


def test_what_a_person_must_see_to_blocks_what_needs_it(make: Make) -> None:
    """A rejected vendor is an obstacle for its order, and no longer once it is offered again."""
    world = make(commitment(1))
    world.decide(decisions.reject, world.row("vendor", VENDOR), comment="wrong name")
    row = world.row("commitment", 1)
    assert row.state is State.BLOCKED
    assert any("rejected" in reason for reason in row.reasons)

    world.decide(decisions.retry, world.row("vendor", VENDOR))
    assert world.row("commitment", 1).state is State.READY


def test_a_vendor_that_procore_no_longer_shows_blocks_its_order_at_once(make: Make) -> None:
    """One review is enough: no later one changes what this one said."""
    world = make(commitment(1))
    world.documents[0] = [each for each in world.documents[0] if not isinstance(each, Vendor)]
    world.bring(commitment(1))
    world.settle()

    assert world.row("commitment", 1).state is State.BLOCKED
    before = snapshot(world)
    world.settle()
    assert snapshot(world) == before


STATUSES = st.sampled_from(["Draft", "Approved", "Closed"])
MADE: st.SearchStrategy[Document] = (
    st.builds(
        lambda number, status, vendor, amount: commitment(
            number, line(number, amount), status=status, vendor_id=vendor
        ),
        st.integers(1, 3),
        STATUSES,
        st.sampled_from([None, VENDOR, 41]),
        st.integers(-5, 5),
    )
    | st.builds(
        lambda number, of, status: change_order(number, of, status=status),
        st.integers(11, 13),
        st.integers(1, 4),
        st.sampled_from(["approved", "pending", "void"]),
    )
    | st.builds(lambda locked: budget(BudgetRow(code(), cash(1)), locked=locked), st.booleans())
)
READING = st.lists(MADE, max_size=5, unique_by=lambda each: (each.kind, getattr(each, "id", 0)))
READINGS = st.lists(READING, max_size=3)
CHOICES = st.lists(
    st.tuples(
        st.sampled_from(["accept", "take_back", "reject", "archive", "retry", "say_new", "visit"]), st.integers(0, 20)
    ),
    max_size=6,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=200 if DEEP else 15
)
@given(READINGS, CHOICES)
def test_a_second_review_changes_nothing(
    make: Make, readings: list[list[Document]], choices: list[tuple[str, int]]
) -> None:
    """Whatever Procore showed and people decided: reviewing again moves nothing and adds no history."""
    world = make()
    for documents in readings:
        world.bring(*documents)
        world.settle()
        for choice, at in choices:
            if choice == "visit":
                world.visit()
            else:
                _try(world, choice, at)
        before = snapshot(world)
        world.settle()
        assert snapshot(world) == before


def _try(world: World, choice: str, at: int) -> None:
    rows = world.rows()
    if not rows:
        return
    words = {"comment": "no"} if choice == "reject" else {}
    try:
        world.decide(getattr(decisions, choice), rows[at % len(rows)], **words)
    except Refused:
        return  # refusals have tests of their own


# ---------------------------------------------------------------- acceptance


def test_an_acceptance_lapses_when_procore_changes(make: Make) -> None:
    """What was accepted is what is written: another amount takes acceptance and queued task away (promise 3)."""
    world = make(budget(BudgetRow(code(), cash(5000))))
    world.accept_all()
    assert world.row("budget", PROJECT).state is State.ACCEPTED

    world.bring(budget(BudgetRow(code(), cash(5001))))
    world.settle()
    row = world.row("budget", PROJECT)
    assert row.state is State.READY
    assert not world.tasks(submission_id=row.id, state="queued")
    assert "please look again" in world.history()[-1].why


def test_an_acceptance_of_a_vendor_covers_its_address(make: Make) -> None:
    """The address goes into QuickBooks, so another one is another acceptance; so is a job's."""
    world = make(commitment(1))
    world.accept_all()
    world.documents[0] = [
        replace(each, address="9 New Road") if isinstance(each, Vendor) else each for each in world.documents[0]
    ]
    world.bring(commitment(1))
    world.settle()

    assert world.row("vendor", VENDOR).state is State.READY
    assert world.row("job", PROJECT).state is State.ACCEPTED


def test_an_acceptance_of_something_else_is_refused(make: Make) -> None:
    """Whoever looked at an older version must look again."""
    world = make(budget())
    with pytest.raises(Refused, match="changed while you looked"):
        world.decide(decisions.accept, world.row("budget", PROJECT), seen="another")
    assert world.row("budget", PROJECT).state is State.READY


def test_what_stands_in_quickbooks_comes_back_as_an_update(make: Make) -> None:
    """A synced budget that changes is marked update, and is synced again when Procore shows the old amounts."""
    world = make()
    world.journey(budget(BudgetRow(code(), cash(5000))))
    assert world.row("budget", PROJECT).state is State.SYNCED

    world.bring(budget(BudgetRow(code(), cash(6000))))
    world.settle()
    assert world.row("budget", PROJECT).update
    world.bring(budget(BudgetRow(code(), cash(5000))))
    world.settle()
    row = world.row("budget", PROJECT)
    assert (row.state, row.update) == (State.SYNCED, False)


def test_direct_export_accepts_by_itself(make: Make) -> None:
    """A kind switched to direct export needs no person; the others do."""
    world = make(commitment(1), options=replace(OPTIONS, direct_export=frozenset({"vendor"})))

    assert world.row("vendor", VENDOR).state is State.SYNCED
    assert world.row("vendor", VENDOR).accepted_by == "direct export"
    assert world.row("job", PROJECT).state is State.READY


def test_direct_export_leaves_alone_what_a_person_unlinked_or_took_back(make: Make) -> None:
    """A merged record's new link is a person's word (rule 23): until it comes, nothing is written anew."""
    world = make(options=replace(OPTIONS, direct_export=frozenset({"vendor"})))
    world.bring(commitment(1))
    world.settle()
    world.decide(decisions.take_back, world.row("vendor", VENDOR))
    assert world.row("vendor", VENDOR).state is State.READY
    world.decide(decisions.accept, world.row("vendor", VENDOR))
    world.visit()
    assert world.row("vendor", VENDOR).state is State.SYNCED

    world.decide(decisions.unlink, world.row("vendor", VENDOR))
    world.visit()
    row = world.row("vendor", VENDOR)
    assert (row.state, row.quickbooks_id, len(row.reasons)) == (State.READY, "", 0)
    assert "direct export leaves it to a person" in row.notes[-1]
    assert len([each for each in world.desk.seen if isinstance(each, VendorAdd)]) == 1

    world.decide(decisions.link, row, quickbooks="Ready Mix Supply")
    assert world.row("vendor", VENDOR).state is State.SYNCED
    world.decide(decisions.unlink, world.row("vendor", VENDOR))
    world.decide(decisions.say_new, world.row("vendor", VENDOR))
    world.decide(decisions.choose_name, world.row("vendor", VENDOR), name="Ready Mix Two")
    assert world.row("vendor", VENDOR).accepted_by == "direct export"


def test_an_unapproved_commitment_says_only_that(make: Make) -> None:
    """One refusal, one cause: it does not also miss items that nobody offered."""
    world = make(commitment(1, status="Draft"))
    assert len(world.row("commitment", 1).reasons) == 1


# ---------------------------------------------------------------- decisions


DECISIONS: dict[str, tuple[Callable[..., None], dict[str, Any], set[State]]] = {
    "accept": (decisions.accept, {}, {State.READY}),
    "reject": (decisions.reject, {"comment": "no"}, {State.READY, State.FAILED}),
    "retry": (decisions.retry, {}, {State.FAILED, State.REJECTED}),
    "take back": (decisions.take_back, {}, {State.ACCEPTED}),
    "archive": (
        decisions.archive,
        {},
        {State.READY, State.BLOCKED, State.REJECTED, State.FAILED, State.ARCHIVED},
    ),
    "say new": (decisions.say_new, {}, {State.BLOCKED, State.READY, State.FAILED}),
    "set": (
        decisions.choose_name,
        {"name": "X"},
        {State.BLOCKED, State.READY, State.FAILED},
    ),
}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_is_taken_only_where_it_makes_sense(make: Make, decision: str) -> None:
    """In every other state it is refused with a sentence, and nothing changes."""
    act, words, allowed = DECISIONS[decision]
    world = make(commitment(1))
    for state in State:
        with world.unit() as (uow, _):
            row = uow.submissions.find(kind="vendor")[0]
            row.state = state
            uow.submissions.save(row)
            before = uow.submissions.get(row.id)
            if state in allowed:
                act(uow, row, who="Alice", now=world.now, **words)
                assert uow.history.find()[-1].who == "Alice", state
                continue
            with pytest.raises(Refused) as refusal:
                act(uow, row, who="Alice", now=world.now, **words)
            assert str(refusal.value).endswith("."), state
            assert uow.submissions.get(row.id) == before, state


def test_a_rejection_and_a_mark_as_done_need_a_comment(make: Make) -> None:
    """A bare no helps nobody."""
    world = make(commitment(1))
    for act in (decisions.reject, decisions.done):
        with pytest.raises(Refused, match="needs a comment"):
            world.decide(act, world.row("vendor", VENDOR), comment="  ")


def test_an_archived_record_comes_back_as_what_it_was(make: Make) -> None:
    """Taking it out again restores its state; meanwhile it is an obstacle to what needs it."""
    world = make(commitment(1))
    world.decide(decisions.archive, world.row("vendor", VENDOR))
    assert world.row("commitment", 1).state is State.BLOCKED
    world.decide(decisions.archive, world.row("vendor", VENDOR))

    assert world.row("vendor", VENDOR).state is State.READY
    assert world.row("commitment", 1).state is State.READY


def test_a_take_back_cancels_the_task(make: Make) -> None:
    """Until it is sent, an acceptance can be taken back, and nothing is sent then."""
    world = make(commitment(1))
    world.accept_all()
    world.decide(decisions.take_back, world.row("vendor", VENDOR))
    world.visit()

    assert world.row("vendor", VENDOR).state is State.READY
    assert not [each for each in world.desk.seen if isinstance(each, VendorAdd)]


def test_an_unlinked_record_has_a_new_mark(make: Make) -> None:
    """The old mark stays in QuickBooks: the record that is written next must not be taken for the old one."""
    world = make()
    world.journey(commitment(1))
    before = world.row("commitment", 1)
    world.decide(decisions.unlink, before)
    after = world.row("commitment", 1)

    assert after.mark != before.mark
    assert (after.quickbooks_id, after.line_ids, after.exported_version) == ("", {}, "")
    assert len(after.mark) == 6


def test_linking_to_what_is_not_there_is_refused(make: Make) -> None:
    """The sentence names what was asked for."""
    world = make(commitment(1))
    with pytest.raises(NotFound, match="no vendor named Nobody"):
        world.decide(decisions.link, world.row("vendor", VENDOR), quickbooks="Nobody")


def test_everything_needed_comes_before_what_needs_it(make: Make) -> None:
    """Accepting all goes in dependency order: parents before children, orders before their changes."""
    world = make(budget(), commitment(1), change_order(5, 1))
    ordered = decisions.in_dependency_order(list(reversed(world.rows())))
    keys = [(row.kind, row.key) for row in ordered]

    assert keys.index(("cost_code", "03-300")) < keys.index(("cost_code", "03-300.M")) < keys.index(("job", "7"))
    assert keys.index(("vendor", "40")) < keys.index(("commitment", "1")) < keys.index(("change_order", "5"))
