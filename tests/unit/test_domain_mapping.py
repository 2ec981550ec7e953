"""From contracts to lines: figures, estimates, orders and changes of orders, to the cent (ACCOUNTING 8 to 13)."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import TransactionLine, TransactionRecord
from qbwc_bridge.domain.mapping import NEW_LINE, estimate, figures, lines_by_position, order_change, purchase_order
from qbwc_bridge.domain.money import CENT, ZERO, cents, total
from qbwc_bridge.domain.procore import Budget, BudgetChange, BudgetCode, BudgetRow, ChangeOrder, ContractLine
from qbwc_bridge.domain.quickbooks import EstimateAdd, PurchaseOrderMod, Ref
from qbwc_bridge.errors import Refused
from tests.unit.documents import TODAY, budget, cash, change_order, code, commitment, line

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
        shown, job=JOB, item_for=item_for, number="24-001", token="K7Q2MA", date=TODAY, describe=lambda text: text
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

    assert total(each.amount for each in found.lines) == shown.amount()
    assert all(each.quantity * each.rate == each.amount for each in found.lines)
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


# ---------------------------------------------------------------- changes of orders


@st.composite
def order_lines(draw: st.DrawFn) -> list[TransactionLine]:
    """Lines as the bridge or a person may have written them, some partly received."""
    lines = []
    for number in range(draw(st.integers(1, 5))):
        quantity, rate = draw(
            st.tuples(POSITIVE, st.just(Decimal(1)))
            | st.tuples(QUANTITIES, st.decimals("0.01", 500, places=2))
            | st.tuples(st.just(Decimal(1)), AMOUNTS.filter(bool))
            | st.tuples(st.none(), st.none())
        )
        amount = draw(AMOUNTS) if quantity is None or rate is None else cents(quantity * rate)
        share = draw(st.sampled_from([0, 0, 25, 50, 100, 120]))
        received = None if quantity is None or amount <= 0 else quantity * share / 100
        if received is not None:
            received = received.quantize(Decimal("0.00001"), ROUND_HALF_UP)
        lines.append(
            TransactionLine(f"TL{number}", quantity=quantity, rate=rate, amount=amount, received=received, job_id="JOB")
        )
    return lines


def record(lines: list[TransactionLine]) -> TransactionRecord:
    """The order as last read."""
    return TransactionRecord(
        1,
        "PurchaseOrder",
        "T1",
        "5",
        "PO-1",
        "V",
        "Ready Mix",
        "Procore PO-1 [qb:AAAAAA]",
        total(each.amount for each in lines),
        lines=lines,
    )


def change(
    shown: ChangeOrder, lines: list[TransactionLine], *, as_quantity: bool = True, raise_linked: bool = False
) -> PurchaseOrderMod:
    """The Mod that brings a change order in; Procore's line n stands for TLn."""
    return order_change(
        shown,
        record(lines),
        line_ids={str(number): f"TL{number}" for number in range(len(lines))},
        job=JOB,
        item_for=item_for,
        token="K7Q2MA",
        amount_as_quantity=as_quantity,
        raise_linked=raise_linked,
    )


@given(
    order_lines(),
    st.lists(st.tuples(AMOUNTS, st.none() | st.integers(0, 6)), min_size=1, max_size=5),
    st.booleans(),
    st.booleans(),
)
def test_a_change_keeps_every_line_and_changes_the_total_exactly(
    lines: list[TransactionLine], parts: list[tuple[Decimal, int | None]], as_quantity: bool, raise_linked: bool
) -> None:
    """Every TxnLineID stands once and in order, new lines follow, and the total moves by the change order's sum."""
    shown = change_order(
        1, 1, *(line(90 + at, str(amount), commitment_line_id=to) for at, (amount, to) in enumerate(parts))
    )
    found = change(shown, lines, as_quantity=as_quantity, raise_linked=raise_linked)
    ids = [each.txn_line_id for each in found.lines]
    after = {each.txn_line_id: each.amount for each in lines}
    after |= {
        each.txn_line_id: each.amount for each in found.lines if each.amount is not None and each.customer is None
    }
    added = [each for each in found.lines if each.txn_line_id == NEW_LINE]

    assert ids == [each.txn_line_id for each in lines] + [NEW_LINE] * len(added)
    assert total([*after.values(), *(each.amount or ZERO for each in added)]) == record(lines).total + shown.amount()
    assert all((each.customer, each.item) == (JOB, item_for(code())) for each in added)


@given(order_lines(), st.integers(0, 4), POSITIVE, st.booleans())
def test_a_deduction_never_goes_below_what_was_received(
    lines: list[TransactionLine], at: int, amount: Decimal, as_quantity: bool
) -> None:
    """Neither the amount nor the quantity of a line falls below the received part; the rest is a negative line."""
    lowered = lines[at % len(lines)]
    shown = change_order(1, 1, line(90, str(-amount), commitment_line_id=at % len(lines)))
    found = change(shown, lines, as_quantity=as_quantity)
    (kept,) = [each for each in found.lines if each.txn_line_id == lowered.txn_line_id]
    if kept.amount is None:
        return
    received = lowered.received or ZERO

    assert kept.amount >= cents(received * (lowered.rate or ZERO))
    assert kept.quantity is not None
    assert kept.quantity >= received
    assert kept.amount >= ZERO
    rest = [each.amount for each in found.lines if each.txn_line_id == NEW_LINE]
    assert rest in ([], [lowered.amount - kept.amount - amount])


@given(order_lines(), st.integers(0, 4), POSITIVE)
def test_a_raised_line_takes_the_whole_addition(lines: list[TransactionLine], at: int, amount: Decimal) -> None:
    """With CHANGE_LINES=linked_line an addition makes no line of its own."""
    raised = lines[at % len(lines)]
    shown = change_order(1, 1, line(90, str(amount), commitment_line_id=at % len(lines)))
    found = change(shown, lines, raise_linked=True)

    assert [each.txn_line_id for each in found.lines] == [each.txn_line_id for each in lines]
    assert [each.amount for each in found.lines if each.amount is not None] == [raised.amount + amount]


@given(order_lines(), st.integers(0, 4), AMOUNTS.filter(bool), st.booleans())
def test_a_changed_line_multiplies_to_its_amount(
    lines: list[TransactionLine], at: int, amount: Decimal, raise_linked: bool
) -> None:
    """Quantity and rate of a changed line give its amount within what five decimals can hold.

    A line of which more came than was ordered keeps the received quantity, because QuickBooks takes no less.
    """
    shown = change_order(1, 1, line(90, str(amount), commitment_line_id=at % len(lines)))
    received = {each.txn_line_id: each.received for each in lines}
    for each in change(shown, lines, raise_linked=raise_linked).lines:
        if each.quantity is None or each.rate is None or each.amount is None:
            continue
        if each.quantity == received.get(each.txn_line_id):
            continue
        slack = CENT + abs(each.rate) * Decimal("0.00001")
        assert abs(each.quantity * each.rate - each.amount) <= slack
        assert int(each.quantity.as_tuple().exponent) >= -5


def test_a_unit_line_is_lowered_by_units() -> None:
    """Ten units of which four came: a deduction of two units leaves eight at the old rate."""
    lines = [TransactionLine("TL0", quantity=Decimal(10), rate=Decimal(50), amount=cash(500), received=Decimal(4))]
    (kept,) = change(change_order(1, 1, line(9, -100, commitment_line_id=0)), lines).lines

    assert (kept.quantity, kept.rate, kept.amount) == (Decimal(8), Decimal(50), cash(400))


def test_a_new_line_names_its_change_order() -> None:
    """An addition is a line of its own, and the memo keeps the order's mark and ends with the change order's."""
    lines = [TransactionLine("TL0", quantity=cash(500), rate=Decimal(1), amount=cash(500))]
    found = change(change_order(2, 1, line(9, 70, commitment_line_id=0)), lines)

    assert [each.txn_line_id for each in found.lines] == ["TL0", NEW_LINE]
    assert found.lines[1].description == "CO 002 Line 9"
    assert found.memo == "Procore PO-1 [qb:AAAAAA] +CO 002 [qb:K7Q2MA]"
    assert (found.txn_id, found.edit_sequence) == ("T1", "5")


def test_a_zero_line_of_a_change_order_is_kept() -> None:
    """A line of 0.00 stays visible in QuickBooks."""
    lines = [TransactionLine("TL0", amount=cash(500))]
    found = change(change_order(2, 1, line(9, 0)), lines)

    assert [each.amount for each in found.lines] == [None, cash(0)]


def test_lines_pair_by_position() -> None:
    """Procore's first line is QuickBooks' first line."""
    assert lines_by_position([line(11, 1), line(12, 2)], ["A", "B"]) == {"11": "A", "12": "B"}
    assert lines_by_position([line(11, 1)], [TransactionLine("A")]) == {"11": "A"}
