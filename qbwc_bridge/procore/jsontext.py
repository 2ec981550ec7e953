"""JSON as text with exact numbers: no amount passes through a binary float, in either direction."""

import json
from decimal import Decimal
from typing import Any, NoReturn


def read_json(text: str) -> Any:
    """Read a JSON text; numbers with a fraction or an exponent become Decimal.

    Raises ValueError for what is no JSON; NaN and Infinity are none.
    """
    return json.loads(text, parse_float=Decimal, parse_constant=_no_number)


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


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
