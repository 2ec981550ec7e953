"""How the stand-in reads and writes amounts, dates and moments: US dollars in whole cents, UTC, ISO 8601."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

Row = dict[str, Any]
"""One JSON object, as it goes over the wire."""

CENT = Decimal("0.01")
MOST_DIGITS = 12
"""Digits before or after the point of a number that is taken; the product of two stays within exact arithmetic."""
MOST_ID_DIGITS = 19
"""Ids have at most 64 bits."""
ZERO = Decimal("0.00")


def decimal(value: object) -> Decimal:
    """Read a number that came as JSON number or as text, with whatever precision it has.

    Raises ValueError for anything else, also for NaN and Infinity.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("is not a number")  # noqa: TRY004 - one kind of error for the caller
    try:
        read = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError("is not a number") from error
    if not read.is_finite() or abs(read.adjusted()) > MOST_DIGITS or len(read.as_tuple().digits) > MOST_DIGITS:
        raise ValueError("is not a number of a sensible size")
    return read


def money(value: object) -> Decimal:
    """Read an amount and round it to whole cents, halves away from zero. Raises ValueError like `decimal`."""
    return decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def fixed(amount: Decimal) -> str:
    """Write an amount as the budget does: two decimals, "30000.00"."""
    return f"{amount:.2f}"


def short(amount: Decimal | None) -> str:
    """Write an amount or quantity as contracts and costs do: no needless zeros but one decimal, "18500.0"."""
    if amount is None or not amount:
        return "0.0"
    text = f"{amount:f}"
    if "." not in text:
        return f"{text}.0"
    text = text.rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def number(amount: Decimal) -> float:
    """Write an amount as a JSON number, which budget changes use; it is never read back or reckoned with."""
    return float(amount)


def iso(moment: datetime | None) -> str | None:
    """Write a moment in UTC with whole seconds, "2026-01-05T09:00:00Z"."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(value: date | None) -> str | None:
    """Write a date, "2026-01-05"."""
    return None if value is None else value.isoformat()


def date_or_none(value: object) -> date | None:
    """Read a date or date-time of a request body; what is wrongly formed becomes None without a word, as in Procore."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def text_or_none(value: object) -> str | None:
    """Read a text of a request body; numbers become text, nothing and the empty text become None."""
    return None if value is None or value == "" else str(value)


def id_or_none(value: object) -> int | None:
    """Read a record's id, a number or its text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_ID_DIGITS else None
