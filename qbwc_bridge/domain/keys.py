"""Keys: what the bridge leaves in Procore's `origin_id` fields, by which its records are known again (ACCOUNTING 21).

Every key begins with `qbd:` and the connection's own eight characters, since a key must be unique in a whole Procore
company. Whatever else stands in such a field belongs to another integration, and only one may own it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

RecordKind = Literal["project", "vendor", "cost_code", "purchase_order", "subcontract"]
"""Records whose keys stand in Procore only where WRITE_KEYS_TO_PROCORE says so."""

KeyKind = Literal["project", "vendor", "cost_code", "purchase_order", "subcontract", "direct_cost", "direct_cost_line"]
"""Everything that carries a key; direct costs do always."""

COMPANY_KINDS: tuple[RecordKind, ...] = ("project", "vendor", "cost_code")
"""Kinds that stand in the company, not in one project."""

CONTRACT_KINDS: tuple[RecordKind, ...] = ("purchase_order", "subcontract")

COST_KINDS: tuple[KeyKind, ...] = ("direct_cost", "direct_cost_line")

WORDS: dict[KeyKind, str] = {
    "project": "project",
    "vendor": "vendor",
    "cost_code": "cost code",
    "purchase_order": "purchase order",
    "subcontract": "subcontract",
    "direct_cost": "direct cost",
    "direct_cost_line": "direct cost line",
}


@dataclass(frozen=True, slots=True)
class Keyed:
    """A record of Procore with what stands in its `origin_id`; empty for nothing."""

    kind: KeyKind
    id: int
    origin_id: str = ""
    name: str = ""
    """As people call it in Procore."""
    group: int = 0
    """Of a standard cost code, the list that it stands in."""

    def __str__(self) -> str:
        """Name it as people do: `vendor Acme`."""
        return f"{WORDS[self.kind]} {self.name or self.id}"


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """What became of a writing of keys: ids that have them, and a sentence by id for each that Procore refused.

    What is in neither may or may not have happened: it is read before it is sent again.
    """

    done: frozenset[int]
    errors: Mapping[int, str]


def beginning(key: str) -> str:
    """Give what every key of a connection begins with; `key` is the connection's own."""
    return f"qbd:{key}:"


def record_key(key: str, quickbooks_id: str) -> str:
    """Give the key of a linked record; `quickbooks_id` is its ListID or TxnID."""
    return f"{beginning(key)}{quickbooks_id}"


def is_foreign(origin_id: str, key: str) -> bool:
    """Whether a key belongs to another integration."""
    return bool(origin_id) and not origin_id.startswith(beginning(key))
