"""Values of qbXML: how text becomes money, quantity, date or flag, which text is refused, and how values are printed.

Forms and status codes follow Intuit's qbXML 16.0 types and list of status codes.
"""

import re
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from .errors import QuickBooksError
from .nodes import quickbooks_text

CENT = Decimal("0.01")
FIVE_PLACES = Decimal("0.00001")
"""Prices, quantities and percentages have at most five decimals."""
ID_LENGTH = 36
"""Longest ListID, TxnID or TxnLineID."""

_AMOUNT = re.compile(r"[+-]?\d{1,13}(\.\d\d)?")
_FIVE = re.compile(r"[+-]?\d{1,10}(\.\d{1,5})?")
_INTEGER = re.compile(r"[+-]?\d{1,10}")
_FLOAT = re.compile(r"[+-]?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d(:\d\d(:\d\d([+-]\d\d:\d\d)?)?)?)?")
_GUID = re.compile(r"0|\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_FLAGS = {"true": "true", "1": "true", "false": "false", "0": "false"}

_NUMBERS: dict[str, tuple[re.Pattern[str], int, str]] = {
    "amt": (_AMOUNT, 3040, "amount"),
    "price": (_FIVE, 3045, "price"),
    "pct": (_FIVE, 3050, "percentage"),
    "qty": (_FIVE, 3060, "quantity"),
    "int": (_INTEGER, 3085, "number"),
    "float": (_FLOAT, 3085, "number"),
    "guid": (_GUID, 3065, "GUID"),
}


def normal(kind: str, limit: int | None, choices: frozenset[str], name: str, text: str) -> str:
    """Check one value and give it as QuickBooks keeps it; empty text stays empty (it asks to clear the field).

    `kind` is the type word of the order tables, `limit` the greatest length in characters, `choices` the words of an
    enumeration, `name` the element. Raises QuickBooksError with the status code of the fault.
    """
    clean = quickbooks_text(text)
    if not clean:
        return ""
    if kind == "bool":
        return _flag(clean, name)
    if kind in {"s", "id", "enum"}:
        _check_words(kind, limit, choices, name, clean)
    elif kind in {"date", "dt"}:
        _check_date(kind, clean, name)
    else:
        pattern, code, word = _NUMBERS[kind]
        if not pattern.fullmatch(clean):
            raise _conversion(code, word, clean, name)
    return clean


def _flag(text: str, name: str) -> str:
    if text not in _FLAGS:
        raise _conversion(3010, "boolean", text, name)
    return _FLAGS[text]


def _check_words(kind: str, limit: int | None, choices: frozenset[str], name: str, text: str) -> None:
    if kind == "s" and limit is not None and len(text) > limit:
        raise QuickBooksError(3070, f'The string "{text}" in the field "{name}" is too long.')
    if kind == "id" and len(text) > ID_LENGTH:
        raise QuickBooksError(3000, f'The given object ID "{text}" in the field "{name}" is invalid.')
    if kind == "enum" and text not in choices:
        raise QuickBooksError(3110, f'The enumerated value "{text}" in the field "{name}" is unknown.')


def _check_date(kind: str, text: str, name: str) -> None:
    pattern = _DATE if kind == "date" else _DATETIME
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise _conversion(3020, "date value", text, name) from None
    if not pattern.fullmatch(text):
        raise _conversion(3020, "date value", text, name)


def _conversion(code: int, word: str, text: str, name: str) -> QuickBooksError:
    return QuickBooksError(code, f'There was an error when converting the {word} "{text}" in the field "{name}".')


def cents(value: Decimal) -> Decimal:
    """Round to the cent, halves away from zero."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def five(value: Decimal) -> Decimal:
    """Round to five decimals, halves away from zero."""
    return value.quantize(FIVE_PLACES, rounding=ROUND_HALF_UP)


def money(value: Decimal) -> str:
    """Print an amount in currency units with two decimals."""
    return f"{cents(value):f}"


def price(value: Decimal) -> str:
    """Print a price: two decimals at least, five at most."""
    text = f"{five(value):f}".rstrip("0")
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest:0<2}"


def quantity(value: Decimal) -> str:
    """Print a quantity without trailing zeros."""
    text = f"{five(value):f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def decimal(text: str | None) -> Decimal | None:
    """Read a checked number; None when the element is absent or empty."""
    return Decimal(text) if text else None


def day(text: str | None) -> date | None:
    """Read a checked date; None when the element is absent or empty."""
    return date.fromisoformat(text) if text else None


def moment(text: str | None, now: datetime, *, end: bool = False) -> datetime | None:
    """Read a checked date-time of a filter as local time of the QuickBooks machine, without zone.

    A text without offset is local time already; a date alone means its first or (`end`) last second.
    `now` gives the machine's zone for a text with offset.
    """
    if not text:
        return None
    value = datetime.fromisoformat(text)
    if value.tzinfo is not None:
        return value.astimezone(now.tzinfo).replace(tzinfo=None)
    if len(text) == len("2000-01-01") and end:
        return datetime.combine(value.date(), time(23, 59, 59))
    return value
