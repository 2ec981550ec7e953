"""The backup of a company file: its state as JSON text and back, without losing a type."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .nodes import Node
from .state import Deleted, Record, Stamp, State, StoredReply, Txn, TxnLine

FORMAT = 1
"""Number of the backup's form; another one is refused."""

_CLASSES: dict[str, Callable[..., Any]] = {
    one.__name__: one for one in (Node, Stamp, Record, TxnLine, Txn, Deleted, StoredReply, State)
}

_TEXTS: dict[str, Callable[[str], Any]] = {
    "Decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def save(state: State) -> bytes:
    """Write the whole company as bytes."""
    return json.dumps({"format": FORMAT, "company": _packed(state)}, separators=(",", ":")).encode("ascii")


def load(data: bytes) -> State:
    """Read a company that `save` wrote; raises ValueError when the bytes are not such a backup."""
    document = json.loads(data)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("this is not a backup of a rehearsal company in a form that can be read")
    state = _unpacked(document["company"])
    if not isinstance(state, State):
        raise ValueError("this backup holds no company")  # noqa: TRY004  (bad data, not a programming error)
    return state


def _packed(value: Any) -> Any:
    if isinstance(value, list):
        return [_packed(one) for one in value]
    if isinstance(value, dict):
        return {"%": "dict", "items": [[key, _packed(one)] for key, one in value.items()]}
    if isinstance(value, tuple):
        return {"%": "tuple", "items": [_packed(one) for one in value]}
    kind = type(value).__name__
    if kind in _CLASSES:
        return {"%": kind, **{one.name: _packed(getattr(value, one.name)) for one in fields(value)}}
    if kind in _TEXTS:
        return {"%": kind, "text": str(value)}
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind = value["%"]
    if kind in _CLASSES:
        return _CLASSES[kind](**{key: _unpacked(one) for key, one in value.items() if key != "%"})
    if kind == "dict":
        return {key: _unpacked(one) for key, one in value["items"]}
    if kind == "tuple":
        return tuple(_unpacked(one) for one in value["items"])
    return _TEXTS[kind](value["text"])
