"""Who owns the keys of a Procore company: only one integration may (Procore's page on `origin_id`).

Looked at before the first key of ours is written, and again once a day while there are keys to write.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qbwc_bridge.domain.keys import COMPANY_KINDS, CONTRACT_KINDS, Keyed, KeyKind, is_foreign
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.ports import Procore

MOST_NAMED = 3
"""Records named in a refusal: enough to find out whose they are."""


@dataclass(slots=True)
class There:
    """What Procore has, each list read once and only when it is asked for."""

    procore: Procore
    known: dict[tuple[KeyKind, int], Mapping[int, Keyed]] = field(default_factory=dict)

    def of(self, kind: KeyKind, project_id: int = 0) -> Mapping[int, Keyed]:
        """Every record of a kind by its id; raises ProcoreError."""
        found = self.known.get((kind, project_id))
        if found is None:
            found = {each.id: each for each in self.procore.keyed(kind, project_id)}
            self.known[kind, project_id] = found
        return found


def others(there: There, key: str, choices: Iterable[ProjectChoice]) -> str:
    """Say which records carry keys of another integration; empty where none does.

    Looks at projects, vendors and standard cost codes, at the commitments of switched-on projects, and at the direct
    costs of released ones. Raises ProcoreError where one of these cannot be read: what is not seen may be taken.
    """
    found = [each for kind in COMPANY_KINDS for each in there.of(kind).values()]
    for choice in choices:
        if not choice.active:
            continue
        kinds: list[KeyKind] = [*CONTRACT_KINDS] if choice.on else []
        kinds += ["direct_cost"] if choice.release else []
        found += [each for kind in kinds for each in there.of(kind, choice.project_id).values()]
    foreign = [each for each in found if is_foreign(each.origin_id, key)]
    if not foreign:
        return ""
    return (
        f"Another integration owns the keys of this Procore company: {_named(foreign)}. Procore lets only one own "
        "them, so the bridge writes none: let the other one take its keys away, or set write_keys_to_procore to false "
        "for this connection."
    )


def foreign_costs(costs: Iterable[DirectCost], key: str) -> str:
    """Say which direct costs of a project were written by another integration; empty where none was."""
    foreign = [cost for cost in costs if is_foreign(cost.origin_id, key)]
    if not foreign:
        return ""
    amount = sum(cost.amount() for cost in foreign)
    first = foreign[0]
    return (
        f"Another integration wrote {len(foreign)} direct costs of together {amount:,.2f} into this project, such as "
        f"{first.description or first.type} of {first.date} with the key {first.origin_id}"
    )


def _named(foreign: Sequence[Keyed]) -> str:
    named = ", ".join(f"{each} has the key {each.origin_id}" for each in foreign[:MOST_NAMED])
    more = f", and {len(foreign) - MOST_NAMED} more" if len(foreign) > MOST_NAMED else ""
    return f"{named}{more}"
