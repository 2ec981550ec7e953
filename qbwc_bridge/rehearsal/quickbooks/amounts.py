"""Quantity, rate and amount of a line: which one wins and what is computed from the others."""

from dataclasses import dataclass
from decimal import Decimal

from .errors import QuickBooksError, invalid
from .nodes import Node
from .values import cents, decimal, five

ONE = Decimal(1)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Extension:
    """A line's quantity, rate (before markup) and amount (currency units, after markup)."""

    quantity: Decimal
    rate: Decimal
    amount: Decimal


def extend(
    quantity: Decimal | None, rate: Decimal | None, amount: Decimal | None, *, price: Decimal, markup: Decimal | None
) -> Extension:
    """Work out a line. A given amount wins and the rate is recomputed; without amount and rate the price counts.

    `markup` is a percentage on quantity times rate. Raises QuickBooksError 3210 for an amount on a zero quantity.
    """
    factor = ONE + (markup or Decimal(0)) / HUNDRED
    count = ONE if quantity is None else quantity
    unit = price if rate is None else rate
    computed = cents(count * unit * factor)
    if amount is None or (rate is not None and computed == amount):
        return Extension(count, unit, computed)
    if count * factor == 0:
        if amount != 0:
            raise invalid("The amount of the line does not agree with its quantity of zero.")
        return Extension(count, unit, amount)
    return Extension(count, five(amount / count / factor), amount)


def given(node: Node, name: str) -> Decimal | None:
    """Read a number of a line; raises QuickBooksError 3190 for an empty element, which cannot clear it."""
    text = node.value(name)
    if text == "":
        raise QuickBooksError(3190, f'The element "{name}" cannot be cleared.')
    return decimal(text)


def markup_of(node: Node, rate: Decimal | None) -> Decimal | None:
    """Read the explicit markup of an estimate line as a percentage; None when it has none."""
    percent = decimal(node.value("MarkupRatePercent"))
    absolute = decimal(node.value("MarkupRate"))
    if percent is None and absolute is not None:
        return five(absolute / rate * HUNDRED) if rate else Decimal(0)
    return percent
