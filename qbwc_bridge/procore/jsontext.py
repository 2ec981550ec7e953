"""JSON as text with exact numbers: no amount passes through a binary float, in either direction."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

_ESCAPED = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def read_json(text: str) -> Any:
    """Read a JSON text; numbers with a fraction or an exponent become Decimal.

    Half a character (a lone surrogate) and NUL, which no database holds, become U+FFFD: one odd text does not stop a
    whole reading, and what was stored is what comes again. Raises ValueError for what is no JSON; NaN and Infinity are
    none.
    """
    value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    return _whole(value) if _ESCAPED.search(text) else value


def write_json(value: object) -> str:
    """Write objects, lists, texts, whole numbers, booleans, None and Decimal; a Decimal is written digit by digit.

    Raises TypeError for anything else, binary floats included, and ValueError for a Decimal that is no finite number.
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))}: {write_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(write_json(item) for item in value) + "]"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not an amount")
        return f"{value:f}"
    if value is None or isinstance(value, str | int):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} has no exact form in JSON")


def _whole(value: Any) -> Any:
    """Give the same value without lone surrogates and NUL."""
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return _NOT_STORABLE.sub("\ufffd", value) if isinstance(value, str) else value


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
