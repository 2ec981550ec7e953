"""Every qbXML field type, length and format in one place: values to text, and text of replies to values.

Source of lengths and forms: qbXML 13.0 schema (equal in 16.0 for all that is used here). Formatting raises
QuickBooksError with a sentence where a value has no qbXML form; nothing is rounded or cut in silence but text.
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Literal

from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.plaintext import transliterate

Kind = Literal["job", "customer", "vendor", "item"]

LIMITS = {
    "customer": 41,
    "job": 41,
    "vendor": 41,
    "item": 31,
    "account": 31,
    "class": 31,
    "FullName of a customer": 209,
    "FullName of an item": 159,
    "FullName of an account": 159,
    "FullName of a vendor": 41,
    "FullName": 209,
    "ListID": 36,
    "TxnID": 36,
    "TxnLineID": 36,
    "EditSequence": 16,
    "RefNumber": 11,
    "RefNumber of a bill": 20,
    "Memo": 4095,
    "Desc": 4095,
    "JobDesc": 99,
    "CompanyName": 41,
    "NameOnCheck": 41,
    "Addr": 41,
    "City": 31,
    "State": 21,
    "PostalCode": 13,
    "Phone": 21,
    "Email": 1023,
    "requestID": 50,
    "message set id": 24,
}
"""Greatest lengths in characters, counted after transliteration.

Source: qbXML 13.0 schema; requestID and message set id: Intuit's statuses 1060 and 9004.
"""

AMOUNT_DIGITS = 13
NUMBER_DIGITS = 10
"""Digits before the point: AMTTYPE 13, PRICETYPE and QUANTYPE 10."""

AMOUNT_PLACES = 2
NUMBER_PLACES = 5
"""Decimals: AMTTYPE exactly two, PRICETYPE and QUANTYPE up to five."""

_AMOUNT = re.compile(r"[+-]?\d{1,13}(\.\d\d)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,10}(\.\d{1,5})?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_MOMENT = re.compile(_DATE.pattern + r"(?:T(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[+-]\d{1,2}:\d{1,2})?)?)?)?", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_IDENTIFIER = re.compile(r"[!-~]+", re.ASCII)
_CENT = Decimal("0.01")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


# ---------------------------------------------------------------- text, as the core shows it to people beforehand


def plain(text: str) -> str:
    """Give text as QuickBooks will hold it in Desc or Memo: transliterated, tabs and newlines kept, trimmed."""
    return transliterate(text).strip()


def one_line(text: str, limit: int | None = None) -> str:
    """Give text for a field of one line: tabs and newlines become spaces, trimmed, cut at the end to `limit`."""
    line = plain(text).replace("\t", " ").replace("\n", " ")
    return line if limit is None else line[:limit].rstrip()


def fit_name(kind: Kind, text: str) -> str:
    """Give the name that QuickBooks will hold: transliterated, without the colon that parts levels, cut at the end."""
    return one_line(text).replace(":", "-")[: LIMITS[kind]].rstrip()


def fit_ref_number(text: str) -> str:
    """Give the RefNumber of an estimate or order: 11 characters; a longer number keeps its tail (ACCOUNTING 12)."""
    return one_line(text)[-LIMITS["RefNumber"] :].strip()


def fit_description(text: str) -> str:
    """Give a Desc: several lines, cut at the end to 4095 characters."""
    return plain(text)[: LIMITS["Desc"]].rstrip()


def fit_memo(text: str) -> str:
    """Give a Memo of at most 4095 characters; a longer one is cut before its last word, which is the bridge's mark."""
    memo, limit = plain(text), LIMITS["Memo"]
    if len(memo) <= limit:
        return memo
    last = memo.split()[-1]
    room = limit - len(last) - len("... ")
    return memo[:limit].rstrip() if room < 0 else f"{memo[:room].rstrip()}... {last}"


# ---------------------------------------------------------------- values to text


def identifier(what: str, text: str) -> str:
    """Give an id that must arrive unchanged (ListID, TxnID, EditSequence, requestID ...), checked, never cut."""
    if not _IDENTIFIER.fullmatch(text) or len(text) > LIMITS[what]:
        raise QuickBooksError(f"{text[:60]!r} is not a {what} of up to {LIMITS[what]} characters; the bridge made it.")
    return text


def guid(text: str) -> str:
    """Give a GUID in braces, as OwnerID wants it; "0" stays."""
    bare = text.strip("{}")
    if text == "0":
        return text
    if not _GUID.fullmatch(bare):
        raise QuickBooksError(f"{text[:60]!r} is not a GUID; an OwnerID looks like {{8-4-4-4-12 hexadecimal digits}}.")
    return f"{{{bare}}}"


def amount(value: Decimal) -> str:
    """Give an amount in the company's currency with exactly two decimals (AMTTYPE)."""
    return f"{_exact(value, AMOUNT_PLACES, AMOUNT_DIGITS, 'amount'):f}"


def price(value: Decimal) -> str:
    """Give a rate in the company's currency with up to five decimals, without exponent (PRICETYPE)."""
    return _short(_exact(value, NUMBER_PLACES, NUMBER_DIGITS, "rate"))


def quantity(value: Decimal) -> str:
    """Give a quantity with up to five decimals, without exponent (QUANTYPE)."""
    return _short(_exact(value, NUMBER_PLACES, NUMBER_DIGITS, "quantity"))


def date(value: dt.date) -> str:
    """Give a date as yyyy-mm-dd, without zone (DATETYPE)."""
    return f"{value.year:04}-{value.month:02}-{value.day:02}"


def moment(value: dt.datetime) -> str:
    """Give a local time of the QuickBooks machine to the second, without offset (DATETIMETYPE)."""
    if value.tzinfo is not None:
        raise QuickBooksError("A time for QuickBooks must be its own local time without offset; the bridge made it so.")
    return value.isoformat(timespec="seconds")


def flag(value: bool) -> str:  # noqa: FBT001 - a formatter of booleans
    """Give true or false (BOOLTYPE)."""
    return "true" if value else "false"


def _exact(value: Decimal, places: int, digits: int, what: str) -> Decimal:
    if not value.is_finite() or value.copy_abs() >= Decimal(10) ** digits:
        raise QuickBooksError(f"The {what} {value} is too large for QuickBooks ({digits} digits before the point).")
    rounded = value.quantize(Decimal(1).scaleb(-places))
    if rounded != value:
        raise QuickBooksError(f"The {what} {value} has more than the {places} decimals that QuickBooks keeps.")
    return rounded.copy_abs() if rounded.is_zero() else rounded


def _short(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".")


# ---------------------------------------------------------------- text of replies to values


def read_amount(text: str) -> Decimal | None:
    """Read an amount as a Decimal with two decimals; "891" is 891.00 and an empty text None."""
    number = _read(text, _AMOUNT, "an amount")
    return None if number is None else number.quantize(_CENT)


def read_number(text: str) -> Decimal | None:
    """Read a quantity, price or percentage with up to five decimals; an empty text is None."""
    return _read(text, _NUMBER, "a number")


def read_flag(text: str) -> bool | None:
    """Read a boolean; an empty text is None."""
    word = text.strip()
    if word and word not in _FLAGS:
        raise QuickBooksError(f"QuickBooks answered {_short_text(word)} where true or false must stand.")
    return _FLAGS.get(word)


def read_date(text: str) -> dt.date | None:
    """Read a date; an empty text is None."""
    found = _moment(text, _DATE, "a date")
    return found.date() if found else None


def read_moment(text: str) -> dt.datetime | None:
    """Read a time as QuickBooks' wall clock; the offset it prints is wrong in summer and dropped. Empty is None."""
    return _moment(text, _MOMENT, "a time")


def read_count(text: str) -> int:
    """Read a whole number; an empty text is 0."""
    try:
        return int(text.strip() or 0)
    except ValueError as error:
        raise QuickBooksError(f"QuickBooks answered {_short_text(text)} where a whole number must stand.") from error


def _read(text: str, form: re.Pattern[str], what: str) -> Decimal | None:
    digits = text.strip()
    if not digits:
        return None
    if not form.fullmatch(digits):
        raise QuickBooksError(f"QuickBooks answered {_short_text(digits)} where {what} must stand.")
    return Decimal(digits)


def _moment(text: str, form: re.Pattern[str], what: str) -> dt.datetime | None:
    if not text.strip():
        return None
    found = form.fullmatch(text.strip())
    try:
        if found:
            year, month, day, *clock = map(int, found.groups("0"))
            hour, minute, second = (*clock, 0, 0, 0)[:3]
            return dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a wall clock, see read_moment
    except ValueError as error:
        raise QuickBooksError(f"QuickBooks answered {_short_text(text)} where {what} must stand.") from error
    raise QuickBooksError(f"QuickBooks answered {_short_text(text)} where {what} must stand.")


def _short_text(text: str) -> str:
    return repr(text[:40])
