"""An offer: a record of Procore that could be written to QuickBooks, and what stands against it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.names import marks
from qbwc_bridge.domain.procore import BudgetCode
from qbwc_bridge.domain.records import Kind
from qbwc_bridge.flow.facts import Facts

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
    gated: bool = False
    """Procore has not released it (yet, or any more): nothing of it is judged, and no change of it is an update."""
    contained: bool = False
    """What QuickBooks has holds it already."""
    match: str = ""
    match_name: str = ""
    suggestions: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def gate(self, reason: str | None) -> bool:
        """Bar the record with a reason that leaves nothing else to judge; gives whether there is one."""
        if reason:
            self.gated, self.obstacles = True, [reason]
        return self.gated

    def claim(self, space: str, name: str, called: str) -> None:
        """Claim a name for this record, unless accepting it links it or a person must choose first."""
        if not self.match and not self.suggestions:
            self.obstacles.append(rules.no_name(name))
            self.claims.append(Claim(space, name, f"{self.kind} {self.key}", called))


def item_needs(facts: Facts, codes: Iterable[BudgetCode]) -> list[Need]:
    """The items of budget codes; codes with other segments have none."""
    return list(dict.fromkeys(("cost_code", facts.item_key(code)) for code in codes if not code.other_segments))


def marked(facts: Facts, offer: Offer, within: str = "") -> bool:
    """Find what the bridge itself wrote by the mark in its memo, whatever it lost of its own memory since.

    A change is looked for `within` the document that it changes, by TxnID; elsewhere only as a record of its own.
    """
    row = facts.submissions.get((offer.kind, offer.key))
    if row is None or row.quickbooks_id or row.link_to == "new":
        return False
    found = facts.by_mark.get(row.mark)
    if found is None or (within and found.txn_id != within and marks(found.memo)[0] != row.mark):
        return False
    offer.match, offer.match_name = found.txn_id, f"{found.ref_number}, which the bridge wrote"
    return True
