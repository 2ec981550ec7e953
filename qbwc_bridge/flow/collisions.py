"""Collisions: records that would get one and the same name or number in QuickBooks once its limits have cut them."""

from collections import defaultdict
from collections.abc import Sequence

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.offer import Claim, Offer

NAMES = "names"
"""The name space that customers, vendors, employees and other names share (reference, names)."""

_ASIDE = frozenset({State.REJECTED, State.ARCHIVED})
"""States of records that go nowhere as they are, and take no name."""


def collide(facts: Facts, offers: Sequence[Offer]) -> Sequence[Offer]:
    """Block the offers among these that claim a name twice; where one of them has it already, only the others."""
    claimed: dict[tuple[str, str], list[tuple[Offer, Claim, Submission | None]]] = defaultdict(list)
    for offer in offers:
        row = facts.submissions.get((offer.kind, offer.key))
        if row is None or row.quickbooks_id or row.state not in _ASIDE | {State.SYNCED}:
            for claim in offer.claims:
                claimed[claim.space, fold(claim.name)].append((offer, claim, row))
    for group in claimed.values():
        if len({claim.owner for _, claim, _ in group}) == 1:
            continue
        holders = {claim.owner for _, claim, row in group if row and _has_it(row)}
        for offer, claim, _ in group:
            rivals = [
                other.called
                for _, other, _ in group
                if other.owner != claim.owner and (not holders or other.owner in holders)
            ]
            if claim.owner not in holders:
                offer.obstacles.append(rules.same_name(claim.name, list(dict.fromkeys(rivals))))
    return offers


def _has_it(row: Submission) -> bool:
    return bool(row.quickbooks_id) or row.state is State.EXPORTING
