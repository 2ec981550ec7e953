"""An offer: a record of Procore that could be written to QuickBooks, and what stands against it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.records import Kind

Need = tuple[Kind, str]
"""Another submission by kind and key."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A name or number that writing a record would take in QuickBooks.

    Within one `space` a name can be taken once, by one `owner`; `called` tells people who that is.
    """

    space: str
    name: str
    owner: str
    called: str


@dataclass(slots=True)
class Offer:
    """A record that could be written, and what stands against it.

    `match` is the ListID or TxnID of the one exact match in QuickBooks; `suggestions` are names of possible ones.
    """

    kind: Kind
    key: str
    number: str
    title: str
    content: dict[str, Any]
    project_id: int = 0
    amount: Decimal | None = None
    needs: list[Need] = field(default_factory=list)
    obstacles: list[str | None] = field(default_factory=list)
    notes: list[str | None] = field(default_factory=list)
    match: str = ""
    match_name: str = ""
    suggestions: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def claim(self, space: str, name: str, called: str) -> None:
        """Claim a name for this record, unless accepting it links it or a person must choose first."""
        if not self.match and not self.suggestions:
            self.claims.append(Claim(space, name, f"{self.kind} {self.key}", called))
