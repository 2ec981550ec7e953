"""What stands apart from Procore's budgets, as the page of job costs shows it: lists, suggestions, and the choices."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.domain.txn_types import TXN_TYPES, called_type
from qbwc_bridge.flow.allocating import COST_KINDS
from qbwc_bridge.flow.apart import Apart, Ignored, NotCost, Sum, UnlinkedJob, Unmapped, unlinked_jobs
from qbwc_bridge.flow.figures import KeptLedger, ProjectApart
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.near_codes import NearCodes
from qbwc_bridge.ports import UnitOfWork

SHOWN = 50
"""Documents that are named below one sum; the commands list them all."""

_INNER_CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")
"""OtherCurrentAsset reads as Other current asset."""


@dataclass(frozen=True, slots=True)
class Open:
    """Costs without a code, with the code to begin with, if one is near."""

    found: Unmapped
    suggested: str


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists below the heading "Not in the Procore budget", and what the forms there offer."""

    unmapped: list[Open]
    ignored: list[Ignored]
    mapped: list[Mapping]
    """Where costs go by a person's word."""
    not_cost: list[NotCost]
    unlinked: list[UnlinkedJob]
    codes: list[str]
    names: list[str]
    """Classes and transaction types, which are mapped besides items and accounts."""

    @staticmethod
    def sum(rows: Iterable[Sum | UnlinkedJob]) -> Decimal:
        """The foot of a list."""
        return total(row.amount for row in rows)

    @property
    def unmapped_sum(self) -> Decimal:
        """What is not in the Procore budget, in all."""
        return self.sum(each.found for each in self.unmapped)


def joined(figures: KeptLedger, ledger: Ledger) -> Apart:
    """Give what stands apart in every linked project, from the figures that are kept."""
    beside, found = Apart(ledger), figures.of(ProjectApart)
    for choice in figures.linked:
        beside.join(found[choice.project_id].groups)
    return beside


def lists(uow: UnitOfWork, ledger: Ledger, beside: Apart) -> Lists:
    """Give the lists of a connection whose projects were read into `beside`."""
    near = NearCodes(uow, ledger)
    codes = {code.code for choice in ledger.linked for code in choice.budget_codes}
    types = {f".{code.cost_type}" for choice in ledger.linked for code in choice.budget_codes}
    classes = uow.lists.find(connection_id=ledger.connection.id, kind="class", gone=False, is_active=True)
    return Lists(
        unmapped=[Open(each, near.best(each)) for each in beside.unmapped],
        ignored=beside.ignored,
        mapped=[row for row in ledger.decisions if row.procore and not row.ignored and row.kind in COST_KINDS],
        not_cost=beside.not_cost,
        unlinked=unlinked_jobs(ledger),
        codes=[*sorted(codes), *sorted(types)],
        names=[*sorted(row.full_name for row in classes), *map(called_type, TXN_TYPES)],
    )


def spelled(word: str) -> str:
    """Write a word of qbXML's as people do: OtherCurrentAsset, Other current asset."""
    return _INNER_CAPITAL.sub(lambda found: f" {found[0].lower()}", word)
