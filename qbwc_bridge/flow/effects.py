"""What decisions about QuickBooks' names do: which costs move where, and what that means for Procore.

Shown before they are kept, and after it: the ledger is placed with the decisions and without them, project by
project, and the two are compared line by line.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost, version
from qbwc_bridge.domain.records import Mapping, ProjectChoice
from qbwc_bridge.flow import releasing, writeback
from qbwc_bridge.flow.closes import closed_until
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import described

UNMAPPED, IGNORED = "unmapped", "ignored"
"""Where costs are that have no code, besides the codes themselves."""


@dataclass(frozen=True, slots=True)
class Move:
    """Costs of one project that go from one place to another: a code such as 03-300.M, UNMAPPED or IGNORED."""

    project: str
    before: str
    after: str
    amount: Decimal
    documents: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What of one document moves."""

    project: str
    document: str
    before: str
    after: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InProcore:
    """A released project whose costs in Procore change with the next push: their sum, and how many direct costs."""

    project: str
    before: Decimal
    after: Decimal
    new: int
    changed: int
    removed: int
    question: str
    """What the brake asks before it lets the next push write; empty where it asks nothing."""


@dataclass(slots=True)
class Effect:
    """What decisions do."""

    moves: list[Move] = field(default_factory=list)
    documents: list[Moved] = field(default_factory=list)
    new_codes: list[tuple[str, str]] = field(default_factory=list)
    """Project and code of budget codes that are made in Procore for it, once costs are written there."""
    procore: list[InProcore] = field(default_factory=list)
    closed_months: list[str] = field(default_factory=list)
    """Months that QuickBooks has closed and that moving costs are dated in, as 2026-02."""
    whole: bool = True
    """False while the first reading of QuickBooks' costs is under way: more may move."""

    @property
    def amount(self) -> Decimal:
        """The sum of what moves."""
        return total(move.amount for move in self.moves)

    @property
    def version(self) -> str:
        """Fingerprint: a person keeps the effect that was shown."""
        moved = [[each.project, each.before, each.after, str(each.amount), each.documents] for each in self.moves]
        sums = [[each.project, str(each.before), str(each.after), each.question] for each in self.procore]
        return version([moved, self.new_codes, sums, self.closed_months])


def effect(
    ledger: Ledger, decisions: Collection[Mapping], *, called: Callable[[CostDocument], str] = described
) -> Effect:
    """Compare the ledger as it is with the ledger under decisions that are not kept yet; `called` names a document."""
    found = Effect(whole=ledger.connection.costs_whole_at is not None)
    books = ledger.books_with(decisions)
    months: set[str] = set()
    for choice in ledger.linked:
        before = ledger.of_project(choice.project_id)
        after = ledger.place(choice.project_id, books)
        moving = list(_moving(before, after))
        if not moving:
            continue
        found.moves += _moves(choice, moving)
        found.documents += _documents(choice, moving, called)
        had = ledger.missing_codes(choice.project_id)
        needed = ledger.missing_codes(choice.project_id, after)
        found.new_codes += [(choice.number, code) for code in needed if code not in had]
        in_procore = _in_procore(ledger, choice, after)
        if in_procore:
            found.procore.append(in_procore)
        months |= _closed(ledger, moving)
    found.closed_months = sorted(months)
    return found


Moving = tuple[Allocation, Allocation]
"""The same line before and after."""


def _moving(before: Sequence[Allocation], after: Sequence[Allocation]) -> Iterator[Moving]:
    """Lines that change their place; both are of the same lines in the same order."""
    return ((old, new) for old, new in zip(before, after, strict=True) if place(old) != place(new))


def place(item: Allocation) -> str:
    """Where a line is: its code, UNMAPPED or IGNORED."""
    return item.code or (IGNORED if item.reason == "ignored" else UNMAPPED)


def _moves(choice: ProjectChoice, moving: Iterable[Moving]) -> list[Move]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    documents: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for old, new in moving:
        way = place(old), place(new)
        sums[way] += old.line.amount
        documents[way].add((old.document.txn_id, old.line.job_id))
    return [Move(choice.number, *way, sums[way], len(documents[way])) for way in sorted(sums)]


def _documents(choice: ProjectChoice, moving: Iterable[Moving], called: Callable[[CostDocument], str]) -> list[Moved]:
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    known: dict[tuple[str, str], CostDocument] = {}
    for old, new in moving:
        key = old.document.txn_id, old.line.job_id
        known[key] = old.document
        sums[*key, place(old), place(new)] += old.line.amount
    in_order = sorted(sums, key=lambda key: (known[key[:2]].txn_date, key))
    return [Moved(choice.number, called(known[key[:2]]), *key[2:], sums[key]) for key in in_order]


def _in_procore(ledger: Ledger, choice: ProjectChoice, after: Sequence[Allocation]) -> InProcore | None:
    """What becomes of a released project's direct costs, if they change."""
    if choice.release is None:
        return None
    was = releasing.wanted(ledger, choice, choice.release).costs
    will = releasing.wanted(ledger, choice, choice.release, after).costs
    if was == will:
        return None
    asked = writeback.ask(ledger, choice, will, closed_until(ledger.uow, ledger.connection))
    both = was.keys() & will.keys()
    return InProcore(
        choice.number,
        _sum(was),
        _sum(will),
        new=len(will.keys() - was.keys()),
        changed=sum(1 for key in both if was[key] != will[key]),
        removed=len(was.keys() - will.keys()),
        question=asked.question,
    )


def _sum(costs: dict[str, DirectCost]) -> Decimal:
    return total(cost.amount() for cost in costs.values())


def _closed(ledger: Ledger, moving: Iterable[Moving]) -> set[str]:
    """Months of moving costs that are dated on or before QuickBooks' closing date."""
    closing = closed_until(ledger.uow, ledger.connection)
    dates = {old.document.txn_date for old, _ in moving}
    return {f"{date:%Y-%m}" for date in dates if closing and date <= closing}
