"""Changes of orders and estimates: every old line kept, every cent where it belongs (ACCOUNTING 8, 13)."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import TransactionLine, TransactionRecord
from qbwc_bridge.domain.changing import NEW_LINE, Mark, OrderDraft, Step, order_change
from qbwc_bridge.domain.money import CENT, ZERO, cents, total
from qbwc_bridge.domain.procore import ChangeOrder
from qbwc_bridge.domain.quickbooks import PurchaseOrderMod
from tests.unit.documents import cash, change_order, code, line
from tests.unit.test_domain_mapping import AMOUNTS, JOB, POSITIVE, QUANTITIES, item_for

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
    return together([shown], lines, as_quantity=as_quantity, raise_linked=raise_linked)


def together(
    shown: list[ChangeOrder], lines: list[TransactionLine], *, as_quantity: bool = True, raise_linked: bool = False
) -> PurchaseOrderMod:
    """The same of several change orders at once."""
    order = record(lines)
    draft = OrderDraft(order, job=JOB, item_for=item_for, amount_as_quantity=as_quantity)
    for each in shown:
        targets = {part.id: f"TL{part.commitment_line_id}" for part in each.lines}
        draft.apply(Step(each.id, f"CO {each.number}", each.lines, targets, raises=raise_linked))
    found = [Mark(f"CO {each.number}", f"K7Q2M{'ABCDEFGH'[at]}") for at, each in enumerate(shown)]
    return order_change(draft, order, found)


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
