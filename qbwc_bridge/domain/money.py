"""Money: decimal from end to end, in the company's one currency, always whole cents."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(value: Decimal | int | str) -> Decimal:
    """Give `value` as an amount with two decimals, half a cent rounded away from zero.

    Raises ValueError when `value` is no finite number, or too large for exact cents (26 digits before the point).
    """
    try:
        amount = Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP) + ZERO
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not an amount") from error
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount")
    return amount


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up, exactly; the sum of nothing is 0.00."""
    return sum(amounts, ZERO)


def readable(amount: Decimal) -> str:
    """Write an amount as bookkeepers do: 1,234.50, negative in parentheses."""
    text = f"{abs(amount):,.2f}"
    return f"({text})" if amount < 0 else text


def readable_rate(rate: Decimal) -> str:
    """Write a price of one unit in the same way, with all the decimals that it has, at least two."""
    places = max(2, -int(rate.normalize().as_tuple().exponent))
    text = f"{abs(rate):,.{places}f}"
    return f"({text})" if rate < 0 else text
