"""From contracts to lines: figures, estimates, orders and changes of orders, to the cent (ACCOUNTING 8 to 13)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import TransactionLine
from qbwc_bridge.domain.mapping import alike_lines, estimate, figures, purchase_order
from qbwc_bridge.domain.money import CENT, ZERO, cents, total
from qbwc_bridge.domain.procore import Budget, BudgetChange, BudgetCode, BudgetRow, ContractLine
from qbwc_bridge.domain.quickbooks import EstimateAdd, Ref
from qbwc_bridge.errors import Refused
from tests.unit.documents import TODAY, budget, cash, code, commitment, line

JOB = Ref("JOB")
AMOUNTS = st.decimals(-(10**8), 10**8, places=2)
POSITIVE = st.decimals("0.01", 10**8, places=2)
QUANTITIES = st.decimals("0.01", 9999, places=2)


def item_for(of: BudgetCode) -> Ref:
    """The item of a budget code, named so that a test sees it."""
    return Ref(f"I-{of.code}")


@given(
    AMOUNTS, st.none() | st.decimals(-99, 9999, places=3), st.none() | st.decimals(-999, 9999, places=4), st.booleans()
)
def test_a_line_never_loses_a_cent(
    amount: Decimal, quantity: Decimal | None, unit_cost: Decimal | None, as_quantity: bool
) -> None:
    """The amount is Procore's; where quantity and rate are ours they multiply to it, and both fit QuickBooks."""
    shown = line(1, str(amount), quantity=quantity, unit_cost=unit_cost)
    found = figures(shown, amount_as_quantity=as_quantity)

    assert found.amount == amount
    theirs = (found.quantity, found.rate) == (quantity, unit_cost)
    assert theirs or cents(found.quantity * found.rate) == amount
    assert found.quantity > 0
    assert all(int(each.as_tuple().exponent) >= -5 for each in (found.quantity, found.rate))


@given(QUANTITIES, st.decimals("0.01", 9999, places=4))
def test_a_unit_line_keeps_its_units(quantity: Decimal, unit_cost: Decimal) -> None:
    """Units and unit cost arrive as they are, and a cent of rounding belongs to the amount."""
    amount = cents(quantity * unit_cost)
    assume(amount > 0)
    found = figures(line(1, str(amount + CENT), quantity=quantity, unit_cost=unit_cost), amount_as_quantity=True)

    assert (found.quantity, found.rate, found.amount) == (quantity, unit_cost, amount + CENT)


@pytest.mark.parametrize(
    ("amount", "as_quantity", "expected"),
    [
        ("500.00", True, ("500.00", "1")),
        ("500.00", False, ("1", "500.00")),
        ("-500.00", True, ("1", "-500.00")),
        ("-500.00", False, ("1", "-500.00")),
        ("0.00", True, ("1", "0.00")),
    ],
)
def test_amount_lines_stay_open_by_money(amount: str, as_quantity: bool, expected: tuple[str, str]) -> None:
    """The amount is the quantity at rate 1, or one unit; negative and zero lines are one unit."""
    found = figures(line(1, amount), amount_as_quantity=as_quantity)

    assert (found.quantity, found.rate) == (Decimal(expected[0]), Decimal(expected[1]))


def test_a_negative_line_with_units_is_one_unit() -> None:
    """Quantity 1 and a negative rate, whatever Procore's units say."""
    found = figures(line(1, "-50.00", quantity=Decimal(-10), unit_cost=Decimal(5)), amount_as_quantity=True)

    assert (found.quantity, found.rate) == (Decimal(1), Decimal("-50.00"))


def test_units_that_quickbooks_cannot_hold_become_an_amount() -> None:
    """A unit cost of six decimals would be refused; the amount is written instead."""
    found = figures(line(1, "1.00", quantity=Decimal(3), unit_cost=Decimal("0.333333")), amount_as_quantity=True)

    assert (found.quantity, found.rate) == (Decimal("1.00"), Decimal(1))


# ---------------------------------------------------------------- estimates


def write(shown: Budget) -> EstimateAdd:
    """The estimate of a budget."""
    return estimate(
        shown, job=JOB, item_for=item_for, number="24-001", token="K7Q2MA", date=TODAY, describe=str, owner=7
    )


@given(
    st.lists(st.tuples(st.integers(1, 6), AMOUNTS, AMOUNTS), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), AMOUNTS), max_size=5),
)
def test_an_estimate_is_the_budget(rows: list[tuple[int, Decimal, Decimal]], moved: list[tuple[int, Decimal]]) -> None:
    """The lines add up to the budget, one per budget code, quantity times rate being each amount."""
    codes = [number for number, _, _ in rows]
    amounts = tuple((codes[at % len(codes)], amount) for at, amount in moved)
    shown = budget(
        *(BudgetRow(code(number, f"0{number}"), original, more) for number, original, more in rows),
        changes=(BudgetChange(1, "1", "", amounts),),
    )
    found = write(shown)

    assert total(each.amount or ZERO for each in found.lines) == shown.amount()
    assert all((each.quantity or ZERO) * (each.rate or ZERO) == each.amount for each in found.lines)
    assert [each.item for each in found.lines] == list(dict.fromkeys(item_for(row.code) for row in shown.rows))


def test_an_estimate_says_that_it_is_a_budget() -> None:
    """Memo and description are those of the rule, and zero lines are kept."""
    found = write(budget(BudgetRow(code(), cash(0)), BudgetRow(code(2, "09-250", "L"), cash(5))))

    assert found.memo == "Budget from Procore, not a quotation [qb:K7Q2MA]"
    assert (found.ref_number, found.txn_date, found.customer) == ("24-001", TODAY, JOB)
    assert [each.amount for each in found.lines] == [cash(0), cash(5)]
    assert found.lines[0].description == "03-300.M Cast-in-Place Concrete"


# ---------------------------------------------------------------- orders


def order_of(*lines: ContractLine, as_quantity: bool = True) -> Any:
    """The order of a commitment with those lines."""
    return purchase_order(
        commitment(1, *lines),
        vendor=Ref("V"),
        job=JOB,
        item_for=item_for,
        number="PO-1",
        token="K7Q2MA",
        date=TODAY,
        amount_as_quantity=as_quantity,
        owner=7,
    )


@given(st.lists(AMOUNTS, min_size=1, max_size=9), st.booleans())
def test_an_order_is_the_commitment(amounts: list[Decimal], as_quantity: bool) -> None:
    """Every line arrives in order with its amount, its item and the job; the sum is the contract."""
    lines = [line(number, str(amount)) for number, amount in enumerate(amounts)]
    found = order_of(*lines, as_quantity=as_quantity)

    assert [each.amount for each in found.lines] == amounts
    assert total(each.amount for each in found.lines) == commitment(1, *lines).amount()
    assert {(each.customer, each.item) for each in found.lines} == {(JOB, Ref("I-03-300.M"))}
    assert found.memo.endswith(" [qb:K7Q2MA]")


def test_a_line_without_budget_code_is_refused() -> None:
    """Its cost would have no home; the sentence names the line."""
    with pytest.raises(Refused, match="Pumping has no budget code"):
        order_of(ContractLine(1, "Pumping", cash(5)))


def test_lines_pair_by_what_they_are() -> None:
    """Item and amount first, then amount, then item; order is nothing, and what is not alike has no pair."""
    lines = [
        TransactionLine("A", item_id="I2", amount=cash(5)),
        TransactionLine("B", item_id="I1", amount=cash(5)),
        TransactionLine("C", item_id="I3", amount=cash(7)),
        TransactionLine("D", item_id="I4", amount=cash(9)),
    ]
    wanted = {
        "1": (["I1"], cash(5)),
        "2": (["I2"], cash(5)),
        "3": (["I9"], cash(7)),
        "4": (["I4"], cash(8)),
        "5": (["I1"], cash(5)),
    }
    assert alike_lines(wanted, lines) == {"1": "B", "2": "A", "3": "C", "4": "D"}
