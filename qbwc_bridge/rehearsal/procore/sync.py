"""Procore's sync actions: create or update many records in one call, each judged by itself.

The answer is always HTTP 200; what failed stands in `errors` with the attributes sent. Items are found by `id`, else by
`origin_id`; an item with neither is created without a key (source: Procore's page "Using Sync Actions").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from qbwc_bridge.rehearsal.procore.problems import Invalid, Problem, bad_request
from qbwc_bridge.rehearsal.procore.records import Record
from qbwc_bridge.rehearsal.procore.values import Row, id_or_none, text_or_none

T = TypeVar("T", bound=Record)

MOST_UPDATES = 1000
"""Procore's limit of items per sync call; more is 413."""


@dataclass(frozen=True)
class Kind(Generic[T]):
    """How one kind of record takes part: all four work inside the project or company of the call.

    `create` and `update` raise Invalid before they change anything, so that a failed item leaves no trace.
    """

    find: Callable[[int], T | None]
    find_origin: Callable[[str], T | None]
    create: Callable[[Row], T]
    update: Callable[[T, Row], None]
    view: Callable[[T], Row]


def sync(updates: object, kind: Kind[T]) -> Row:
    """Apply the list `updates` of a body in its order; give `{"entities": [...], "errors": [...]}`.

    Raises Problem 400 when it is no list and 413 when it is too long.
    """
    if not isinstance(updates, list):
        raise bad_request("Bad Request", updates="is missing or is not a list")
    if len(updates) > MOST_UPDATES:
        raise Problem(413, f"Payload Too Large: at most {MOST_UPDATES} updates are taken")
    entities: list[Row] = []
    errors: list[Row] = []
    for sent in updates:
        if not isinstance(sent, dict):
            errors.append({"sent": sent, "errors": {"base": ["is not an object"]}})
            continue
        try:
            entities.append(kind.view(_apply(sent, kind)))
        except Invalid as refusal:
            errors.append({**sent, "errors": refusal.fields})
    return {"entities": entities, "errors": errors}


def _apply(sent: Row, kind: Kind[T]) -> T:
    record_id, origin_id = sent.get("id"), text_or_none(sent.get("origin_id"))
    if record_id is not None:
        number = id_or_none(record_id)
        found = None if number is None else kind.find(number)
        if found is None:
            raise Invalid(id="Entity with this ID not found")
    else:
        found = None if origin_id is None else kind.find_origin(origin_id)
    if found is None:
        return kind.create(sent)
    kind.update(found, sent)
    return found
