"""Money, names, states and Procore's documents: the values that everything else rests on."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.money import cents, readable, readable_rate, total
from qbwc_bridge.domain.names import fold, mark, near
from qbwc_bridge.domain.procore import BudgetChange, BudgetRow, Project, Vendor, version
from qbwc_bridge.domain.states import (
    ALIVE,
    MOVES,
    TASK_MOVES,
    State,
    TaskState,
    check_move,
    check_task_move,
)
from qbwc_bridge.errors import ImpossibleMove
from tests.unit.documents import budget, cash, change_order, code, commitment, line

AMOUNTS = st.decimals(-(10**9), 10**9, places=2)


@given(st.decimals(-(10**12), 10**12, places=4))
def test_cents_rounds_half_away_from_zero(value: Decimal) -> None:
    """An amount is at most half a cent from its value, has two decimals, and rounds alike on both sides of zero."""
    found = cents(value)

    assert found.as_tuple().exponent == -2
    assert abs(found - value) <= Decimal("0.005")
    assert cents(-value) == -found


def test_half_a_cent_goes_away_from_zero_and_no_zero_is_negative() -> None:
    """0.005 is a cent and -0.001 is 0.00, never -0.00."""
    assert cents("0.005") == Decimal("0.01")
    assert cents("-0.005") == Decimal("-0.01")
    assert str(cents("-0.001")) == "0.00"
    assert str(cents(7)) == "7.00"


@pytest.mark.parametrize("value", ["", "abc", "NaN", "Infinity", "1E+40"])
def test_what_is_no_amount_is_refused_with_a_sentence(value: str) -> None:
    """Text that is no finite amount, or one too large for exact cents, raises ValueError and names the value."""
    with pytest.raises(ValueError, match="is not an amount"):
        cents(value)


@given(st.lists(AMOUNTS))
def test_a_total_loses_no_cent(amounts: list[Decimal]) -> None:
    """Adding up is exact in any order, and keeps two decimals."""
    assert total(amounts) == total(reversed(amounts)) == Decimal(sum(int(each * 100) for each in amounts)) / 100
    assert total(amounts).as_tuple().exponent == -2


def test_amounts_read_as_bookkeepers_write_them() -> None:
    """Thousands are parted, and what is negative stands in parentheses."""
    assert readable(cash("1234567.5")) == "1,234,567.50"
    assert readable(cash(-12)) == "(12.00)"


def test_equal_rates_read_alike() -> None:
    """A rate has two decimals at least and loses none, whichever noughts it came with."""
    assert [readable_rate(Decimal(each)) for each in ("1", "1.000", "1E3", "-0.12345")] == [
        "1.00",
        "1.00",
        "1,000.00",
        "(0.12345)",
    ]


@given(st.text(), st.sampled_from(["", " ", "\t", "  "]))
def test_folding_ignores_case_and_spaces(name: str, space: str) -> None:
    """Folding twice changes nothing more, and spaces around a name do not count."""
    assert fold(fold(name)) == fold(name)
    assert fold(f"{space}{name}{space}") == fold(name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Smith & Sons", "Smyth & Sons"),
        ("Ready Mix Supply", "Ready Mix Supply, Inc."),
        ("ABC Concrete LLC", "A.B.C. Concrete"),
        ("Northside Electrical", "Northside Electric"),
    ],
)
def test_near_names_are_found(name: str, other: str) -> None:
    """A typing slip or a company form does not hide a record that exists already."""
    assert near(name, ["Hilltop Roofing", other]) == [other]


@pytest.mark.parametrize("other", ["Smith Roofing", "Jones & Sons", "Inc.", ""])
def test_other_trades_are_not_near(other: str) -> None:
    """Another company is no suggestion: a person would be asked for nothing."""
    assert near("Smith & Sons", [other]) == []


def test_the_most_alike_comes_first() -> None:
    """Suggestions are ordered by likeness."""
    assert near("Ready Mix Supply", ["Ready Mix Supplyy Co", "Ready Mix Ssupply", "Ready Mix Supply Co"])[0] == (
        "Ready Mix Supply Co"
    )


def test_the_mark_is_the_one_that_accounting_names() -> None:
    """A memo's mark is [qb:XXXXXX]."""
    assert mark("K7Q2MA") == "[qb:K7Q2MA]"


# ---------------------------------------------------------------- states


DESIGN_MOVES = """
    blocked: ready_to_export synced archived
    ready_to_export: blocked accepted rejected archived synced
    accepted: ready_to_export exporting blocked synced
    exporting: synced failed_to_export
    synced: ready_to_export
    failed_to_export: accepted rejected synced ready_to_export archived
    rejected: ready_to_export archived
    archived: ready_to_export blocked rejected failed_to_export
"""
DESIGN_TASK_MOVES = """
    queued: sent cancelled
    sent: done queued parked in_doubt
    in_doubt: done queued parked
    parked: queued cancelled
    done:
    cancelled:
"""


def _table(text: str) -> dict[str, set[str]]:
    rows = (row.split(":") for row in text.strip().splitlines())
    return {before.strip(): set(after.split()) for before, after in rows}


def test_the_moves_are_those_of_the_design() -> None:
    """Both tables of moves hold exactly what the design allows."""
    assert {state.value: {each.value for each in after} for state, after in MOVES.items()} == _table(DESIGN_MOVES)
    assert {state.value: {each.value for each in after} for state, after in TASK_MOVES.items()} == _table(
        DESIGN_TASK_MOVES
    )


@given(st.sampled_from(State), st.sampled_from(State))
def test_a_submission_makes_no_other_move(before: State, after: State) -> None:
    """A move outside the table raises a sentence, one inside passes."""
    if after in MOVES[before]:
        check_move(before, after)
        return
    with pytest.raises(ImpossibleMove, match=f"from {before} to {after}"):
        check_move(before, after)


@given(st.sampled_from(TaskState), st.sampled_from(TaskState))
def test_a_task_makes_no_other_move(before: TaskState, after: TaskState) -> None:
    """The same for tasks."""
    if after in TASK_MOVES[before]:
        check_task_move(before, after)
        return
    with pytest.raises(ImpossibleMove, match=f"from {before} to {after}"):
        check_task_move(before, after)


def test_what_has_ended_is_not_alive() -> None:
    """Every state that can move on by itself is alive, and nothing that ended or waits for a person is."""
    assert not {TaskState.DONE, TaskState.CANCELLED, TaskState.PARKED} & ALIVE
    assert all(not TASK_MOVES[state] for state in (TaskState.DONE, TaskState.CANCELLED))


# ---------------------------------------------------------------- documents and their versions


def test_a_budget_is_original_plus_modifications_plus_approved_changes() -> None:
    """Every part counts by budget code, also a change to a code without a row, and the sum is theirs."""
    shown = budget(
        BudgetRow(code(1), cash(1000), cash(-50)),
        BudgetRow(code(2, "09-250", "L"), cash(0)),
        changes=(
            BudgetChange(1, "1", "Move", ((1, cash(-100)), (2, cash(100)))),
            BudgetChange(2, "2", "", ((2, cash(5)),)),
        ),
    )

    assert shown.amounts() == {1: cash(850), 2: cash(105)}
    assert shown.amount() == cash(955)


@given(st.lists(st.tuples(st.integers(1, 3), AMOUNTS, AMOUNTS), min_size=1, max_size=6))
def test_no_row_of_a_budget_is_lost(rows: list[tuple[int, Decimal, Decimal]]) -> None:
    """The budget's amount is the sum of every row, also when two rows name one budget code."""
    shown = budget(*(BudgetRow(code(number, f"0{number}"), original, more) for number, original, more in rows))

    assert shown.amount() == total(original + more for _, original, more in rows)


def test_the_lock_is_no_content_but_an_amount_is() -> None:
    """Unlocking and locking again is no change; another amount, code or row is."""
    before = budget(BudgetRow(code(), cash(10)))

    assert version(replace(before, locked=False).content()) == version(before.content())
    assert version(budget(BudgetRow(code(), cash(11))).content()) != version(before.content())
    assert version(budget(BudgetRow(code(2, cost_type="L"), cash(10))).content()) != version(before.content())


def test_everything_that_an_order_shows_is_content() -> None:
    """Vendor, number, title, date and each field of a line change the version; the status does not."""
    one = line(1, "10.00", quantity=Decimal(2), unit_cost=Decimal(5))
    before = commitment(1, one)
    others = [
        replace(before, vendor_id=41),
        replace(before, number="PO-2"),
        replace(before, title="Steel"),
        replace(before, contract_date=dt.date(2026, 3, 1)),
        replace(before, lines=()),
        replace(before, lines=(replace(one, description="x"),)),
        replace(before, lines=(replace(one, amount=Decimal("10.01")),)),
        replace(before, lines=(replace(one, code=code(2, "09-250")),)),
        replace(before, lines=(replace(one, quantity=Decimal(3)),)),
    ]

    versions = {version(each.content()) for each in (before, *others)}
    assert len(versions) == len(others) + 1
    assert version(replace(before, status="Draft").content()) == version(before.content())


def test_a_change_order_shows_number_and_lines() -> None:
    """Another number or line of a change order is another version."""
    before = change_order(1, 1, line(1, 5))

    assert (
        len({version(each.content()) for each in (before, replace(before, number="9"), replace(before, lines=()))}) == 3
    )


@pytest.mark.parametrize("changed", [{"address": "1 Main St"}, {"phone": "555"}, {"email": "a@b.c"}, {"name": "Other"}])
def test_all_that_a_new_vendor_brings_is_content(changed: dict[str, str]) -> None:
    """What VendorAdd sends belongs to the version that a person accepts (promise 3)."""
    before = Vendor(1, "Ready Mix Supply")

    assert version(replace(before, **changed).content()) != version(before.content())  # type: ignore[arg-type]


def test_all_that_a_new_job_brings_is_content() -> None:
    """The same for a job's name and address."""
    before = Project(1, "24-001", "Hilltop House")

    others = [replace(before, number="2"), replace(before, name="x"), replace(before, address="1 Main St")]
    assert len({version(each.content()) for each in (before, *others)}) == len(others) + 1


def test_equal_contents_have_one_version() -> None:
    """A version depends on values alone, not on the order of keys."""
    assert version({"a": 1, "b": [1, 2]}) == version({"b": [1, 2], "a": 1})
    assert len(version({})) == 16
