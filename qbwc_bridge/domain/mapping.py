"""From Procore's documents to QuickBooks' requests: pure building of lines, amounts and texts.

Names come in already fitted to QuickBooks' limits; references come in as ids.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.books import TransactionLine
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.names import mark
from qbwc_bridge.domain.procore import Budget, BudgetCode, ChangeOrder, Commitment, ContractLine
from qbwc_bridge.domain.quickbooks import (
    EstimateAdd,
    EstimateLine,
    PurchaseOrderAdd,
    PurchaseOrderLine,
    Ref,
)
from qbwc_bridge.errors import Refused

ONE = Decimal(1)
MAX_RATE_PLACES = 5
"""PRICETYPE and QUANTYPE hold five decimals (qbXML 13.0 schema)."""

SMALLEST_QUANTITY = Decimal(1).scaleb(-MAX_RATE_PLACES)

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
    owner: int,
) -> EstimateAdd:
    """Write a locked budget as an estimate without markup and tax; zero lines are kept (ACCOUNTING 8, 9).

    `owner` is the submission that the lines belong to.
    """
    amounts = budget.amounts()
    codes = {row.code.id: row.code for row in budget.rows}
    lines = tuple(
        budget_line(code, amounts[code.id], item_for=item_for, describe=describe, owner=owner)
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
    contract: Commitment | ChangeOrder,
    *,
    vendor: Ref,
    job: Ref,
    item_for: ItemFor,
    number: str,
    token: str,
    date: dt.date,
    amount_as_quantity: bool,
    owner: int,
) -> PurchaseOrderAdd:
    """Write a contract as a purchase order with the job on every line (ACCOUNTING 11, 12).

    `owner` is the submission that the lines belong to.
    """
    lines = tuple(
        order_line(line, job, item_for, as_quantity=amount_as_quantity, owner=owner) for line in contract.lines
    )
    called = f"Procore {contract.number} {contract.title}".strip()
    return PurchaseOrderAdd(
        vendor=vendor, txn_date=date, ref_number=number, memo=f"{called} {mark(token)}", lines=lines
    )


def alike_lines(
    wanted: Mapping[str, tuple[Collection[str | None], Decimal]], lines: Iterable[TransactionLine]
) -> dict[str, str]:
    """Pair lines of Procore, by key with their possible items and amount, with lines of a document of QuickBooks.

    Same item and amount go first, then the same amount, then the same item; what is not alike stays without a pair.
    """
    found: dict[str, str] = {}
    free = list(lines)
    for by_item, by_amount in ((True, True), (False, True), (True, False)):
        for key, (items, amount) in wanted.items():
            fit = [
                line
                for line in free
                if (not by_item or line.item_id in items) and (not by_amount or line.amount == amount)
            ]
            if key not in found and fit:
                found[key] = fit[0].txn_line_id
                free.remove(fit[0])
    return found


def order_line(line: ContractLine, job: Ref, item_for: ItemFor, *, as_quantity: bool, owner: int) -> PurchaseOrderLine:
    """Write a line of a contract; raises Refused for one without a budget code."""
    if line.code is None:
        raise Refused(f"Line {line.description or line.id} has no budget code: enter it in Procore.")
    value = figures(line, amount_as_quantity=as_quantity)
    return PurchaseOrderLine(
        item=item_for(line.code),
        description=line.description,
        quantity=value.quantity,
        rate=value.rate,
        amount=value.amount,
        customer=job,
        source=f"{owner}:{line.id}",
    )


def budget_line(
    code: BudgetCode, amount: Decimal, *, item_for: ItemFor, describe: Callable[[str], str], owner: int
) -> EstimateLine:
    """Write the estimate's line of a budget code: one unit at its amount."""
    return EstimateLine(
        item=item_for(code),
        description=describe(f"{code.code} {code.cost_code_name}".strip()),
        quantity=ONE,
        rate=amount,
        amount=amount,
        source=f"{owner}:{code.id}",
    )
