"""From Procore's documents to QuickBooks' requests: pure building of lines, amounts and texts.

Names come in already fitted to QuickBooks' limits; references come in as ids.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qbwc_bridge.domain.books import TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.names import mark
from qbwc_bridge.domain.procore import Budget, BudgetCode, ChangeOrder, Commitment, ContractLine
from qbwc_bridge.domain.quickbooks import (
    EstimateAdd,
    EstimateLine,
    PurchaseOrderAdd,
    PurchaseOrderLine,
    PurchaseOrderMod,
    Ref,
)
from qbwc_bridge.errors import Refused

ONE = Decimal(1)
MAX_RATE_PLACES = 5
"""PRICETYPE and QUANTYPE hold five decimals (qbXML 13.0 schema)."""

SMALLEST_QUANTITY = Decimal(1).scaleb(-MAX_RATE_PLACES)

NEW_LINE = "-1"
"""The TxnLineID of a line that a Mod adds."""

ItemFor = Callable[[BudgetCode], Ref]
"""Gives the item of a budget code."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Quantity, rate and amount of a line; quantity times rate is the amount to the cent, or Amount decides."""

    quantity: Decimal
    rate: Decimal
    amount: Decimal


def figures(line: ContractLine, *, amount_as_quantity: bool) -> Figures:
    """Decide a line's figures (ACCOUNTING 11).

    Amount lines: the amount as quantity at rate 1, so that partial bills leave the order open by money, or quantity 1
    (`AMOUNT_LINES=one`). Negative lines: quantity 1, negative rate. Unit lines: as in Procore; the amount decides.
    """
    amount = cents(line.amount)
    if line.quantity and line.unit_cost is not None and amount > ZERO:
        places = max(-int(value.as_tuple().exponent) for value in (line.quantity, line.unit_cost))
        if places <= MAX_RATE_PLACES and line.quantity > 0:
            return Figures(line.quantity, line.unit_cost, amount)
    if amount_as_quantity and amount > ZERO:
        return Figures(amount, ONE, amount)
    return Figures(ONE, amount, amount)


def estimate(
    budget: Budget,
    *,
    job: Ref,
    item_for: ItemFor,
    number: str,
    token: str,
    date: dt.date,
    describe: Callable[[str], str],
) -> EstimateAdd:
    """Write a locked budget as an estimate without markup and tax; zero lines are kept (ACCOUNTING 8, 9)."""
    amounts = budget.amounts()
    codes = {row.code.id: row.code for row in budget.rows}
    lines = tuple(
        EstimateLine(
            item=item_for(code),
            description=describe(f"{code.code} {code.cost_code_name}".strip()),
            quantity=ONE,
            rate=amounts[code.id],
            amount=amounts[code.id],
        )
        for code in codes.values()
    )
    return EstimateAdd(
        customer=job,
        txn_date=date,
        ref_number=number,
        memo=f"Budget from Procore, not a quotation {mark(token)}",
        lines=lines,
    )


def purchase_order(
    commitment: Commitment,
    *,
    vendor: Ref,
    job: Ref,
    item_for: ItemFor,
    number: str,
    token: str,
    date: dt.date,
    amount_as_quantity: bool,
) -> PurchaseOrderAdd:
    """Write a commitment as a purchase order with the job on every line (ACCOUNTING 11, 12)."""
    lines = tuple(
        _order_line(line, line.description, job, item_for, amount_as_quantity=amount_as_quantity)
        for line in commitment.lines
    )
    called = f"Procore {commitment.number} {commitment.title}".strip()
    return PurchaseOrderAdd(
        vendor=vendor, txn_date=date, ref_number=number, memo=f"{called} {mark(token)}", lines=lines
    )


def order_change(
    change: ChangeOrder,
    order: TransactionRecord,
    *,
    line_ids: dict[str, str],
    job: Ref,
    item_for: ItemFor,
    token: str,
    amount_as_quantity: bool,
    raise_linked: bool,
) -> PurchaseOrderMod:
    """Write a change order as the whole new list of the order's lines (ACCOUNTING 13).

    Every old line is kept by its TxnLineID, because QuickBooks deletes what a Mod leaves out. An addition is a new
    line that names the change order, or raises its linked line (`raise_linked`). A deduction lowers its linked line,
    never below what was received; the rest becomes a negative line.
    """
    changed: dict[str, Decimal] = {}
    added: list[PurchaseOrderLine] = []
    by_id = {line.txn_line_id: line for line in order.lines}
    for line in change.lines:
        linked = by_id.get(line_ids.get(str(line.commitment_line_id), ""))
        rest = cents(line.amount)
        if linked and (rest < ZERO or (raise_linked and rest > ZERO)):
            before = changed.get(linked.txn_line_id, linked.amount)
            after = before + rest if rest > ZERO else max(before + rest, _received_amount(linked))
            if after != before and (rest > ZERO or after < before):
                changed[linked.txn_line_id] = after
                rest -= after - before
        if rest != ZERO or line.amount == ZERO:
            named = f"CO {change.number} {line.description or change.title}".strip()
            new = _order_line(_with_amount(line, rest), named, job, item_for, amount_as_quantity=amount_as_quantity)
            added.append(replace(new, txn_line_id=NEW_LINE))
    kept = [_kept(line, changed.get(line.txn_line_id)) for line in order.lines]
    return PurchaseOrderMod(
        txn_id=order.txn_id,
        edit_sequence=order.edit_sequence,
        memo=f"{order.memo} +CO {change.number} {mark(token)}".strip(),
        lines=(*kept, *added),
    )


def lines_by_position(source: Sequence[ContractLine], written: Iterable[TransactionLine | str]) -> dict[str, str]:
    """Pair Procore's lines with QuickBooks' line ids by position, the order in which both stand."""
    ids = [line if isinstance(line, str) else line.txn_line_id for line in written]
    return {str(line.id): txn_line_id for line, txn_line_id in zip(source, ids, strict=False)}


def _order_line(
    line: ContractLine, description: str, job: Ref, item_for: ItemFor, *, amount_as_quantity: bool
) -> PurchaseOrderLine:
    if line.code is None:
        raise Refused(f"Line {line.description or line.id} has no budget code: enter it in Procore.")
    value = figures(line, amount_as_quantity=amount_as_quantity)
    return PurchaseOrderLine(
        item=item_for(line.code),
        description=description,
        quantity=value.quantity,
        rate=value.rate,
        amount=value.amount,
        customer=job,
    )


def _kept(line: TransactionLine, amount: Decimal | None) -> PurchaseOrderLine:
    """Keep a line, with another amount if one is given: at its own rate, so that what was received stays received.

    A line of quantity 1 of which nothing was received stays one unit at another rate.
    """
    if amount is None:
        return PurchaseOrderLine(txn_line_id=line.txn_line_id)
    quantity, rate = ONE, amount
    if line.rate and amount / line.rate > ZERO and (line.received or line.rate == ONE or line.quantity != ONE):
        exact = (amount / line.rate).quantize(SMALLEST_QUANTITY)
        quantity, rate = max(exact, line.received or ZERO, SMALLEST_QUANTITY), line.rate
    return PurchaseOrderLine(txn_line_id=line.txn_line_id, quantity=quantity, rate=rate, amount=amount)


def _received_amount(line: TransactionLine) -> Decimal:
    if not line.received:
        return ZERO
    return cents(line.received * (line.rate if line.rate is not None else ONE))


def _with_amount(line: ContractLine, amount: Decimal) -> ContractLine:
    """Give the line with another amount; its quantity and unit cost then no longer hold."""
    if amount == cents(line.amount):
        return line
    return replace(line, amount=amount, quantity=None, unit_cost=None)
