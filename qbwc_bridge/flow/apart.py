"""What stands apart from the costs in Procore's budget: without a code, ignored, no cost at all, or without a project.

Lists for people, read project by project.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Mapping, ProjectChoice
from qbwc_bridge.flow import controls
from qbwc_bridge.flow.allocating import CostKind
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import described

Called = Callable[[CostDocument], str]
"""Names a document as a person finds it."""


@dataclass(slots=True)
class Part:
    """What of a document is in a sum."""

    document: str
    date: dt.date
    amount: Decimal = ZERO


@dataclass(slots=True)
class Sum:
    """An amount with the documents behind it."""

    amount: Decimal = ZERO
    projects: dict[int, str] = field(default_factory=dict)
    """Number by Procore's id."""
    parts: dict[str, Part] = field(default_factory=dict)
    """By TxnID and job, with a space between."""
    more: int = 0
    """Documents behind it that are not among the parts."""

    @property
    def count(self) -> int:
        """How many documents are behind it."""
        return len(self.parts) + self.more

    @property
    def documents(self) -> list[Part]:
        """The documents behind it, the newest first."""
        return sorted(self.parts.values(), key=lambda part: part.date, reverse=True)

    def join(self, other: "Sum") -> None:
        """Count another sum too."""
        self.amount += other.amount
        self.projects |= other.projects
        self.parts |= other.parts
        self.more += other.more

    def add(self, choice: ProjectChoice, document: CostDocument, line: CostLine, called: Called) -> None:
        """Take in a line."""
        self.amount += line.amount
        self.projects[choice.project_id] = choice.number
        key = f"{document.txn_id} {line.job_id}"
        if key not in self.parts:
            self.parts[key] = Part(called(document), document.txn_date)
        self.parts[key].amount += line.amount


@dataclass(slots=True)
class Unmapped(Sum):
    """Costs without a code, under the name that a person would map: the item, else the account."""

    kind: CostKind = "item"
    name: str = ""
    known_codes: set[str] = field(default_factory=set)
    """Cost codes that are known of them where only the cost type is missing."""


@dataclass(slots=True)
class Ignored(Sum):
    """What a person left out of Procore for good, and what that is of linked jobs, or of the ignored job."""

    decision: Mapping = field(default_factory=lambda: Mapping(0, "item", ""))


@dataclass(slots=True)
class NotCost(Sum):
    """Lines of one project on one account that is no cost: retainage, deposits, assets, receivables, income."""

    project: str = ""
    account: str = ""
    account_type: str = ""


@dataclass(frozen=True, slots=True)
class UnlinkedJob:
    """Costs of a customer or job that is linked to no project."""

    job: str
    amount: Decimal
    ignored: str
    """The reason why a person ignores the job; empty where nobody does."""


@dataclass(slots=True)
class Named:
    """A sum by the kind and folded name of the decision that ignores it."""

    kind: str
    folded: str
    sum: Sum


@dataclass(slots=True)
class Groups:
    """What was read of one project, to be joined with that of others."""

    unmapped: list[Unmapped]
    ignored: list[Named]
    not_cost: list[NotCost]

    def sums(self) -> list[Sum]:
        """All of them."""
        return [*self.unmapped, *(named.sum for named in self.ignored), *self.not_cost]


class Apart:
    """The lists of one connection; `take` reads one project into them."""

    def __init__(self, ledger: Ledger, *, called: Called = described) -> None:
        self._ledger = ledger
        self._called = called
        self._unmapped: dict[tuple[str, str], Unmapped] = {}
        self._besides: dict[tuple[str, str], Unmapped] = {}
        self._ignored: dict[tuple[str, str], Ignored] = {
            (row.kind, fold(row.quickbooks)): Ignored(decision=row) for row in ledger.decisions if row.ignored
        }
        self._not_cost: dict[tuple[int, str], NotCost] = {}

    def take(self, choice: ProjectChoice) -> None:
        """Read one project."""
        for item in self._ledger.of_project(choice.project_id):
            if item.reason == "unmapped":
                self._take_unmapped(choice, item)
            elif item.reason == "ignored":
                by = self._ledger.ignoring(item)
                if by:
                    self._add(self._ignored[by], choice, item.document, item.line)
        for document in self._ledger.documents(choice.project_id):
            for line in document.lines:
                if not line.counted and line.amount != ZERO and not document.deleted:
                    place = choice.project_id, fold(line.account)
                    known = self._not_cost.setdefault(
                        place, NotCost(project=choice.number, account=line.account, account_type=line.account_type)
                    )
                    self._add(known, choice, document, line)

    def groups(self, most: int) -> "Groups":
        """Give what was read, with the newest `most` documents of each sum."""
        found = Groups(
            self.unmapped, [Named(*key, each) for key, each in self._ignored.items() if each.parts], self.not_cost
        )
        for each in found.sums():
            shown = sorted(each.parts.items(), key=lambda part: part[1].date, reverse=True)[:most]
            each.more += len(each.parts) - len(shown)
            each.parts = dict(shown)
        return found

    def join(self, groups: "Groups") -> None:
        """Take in what was read of a project before, with no more documents than it kept."""
        for found in groups.unmapped:
            known = self._unmapped.setdefault(
                (found.kind, fold(found.name)), Unmapped(kind=found.kind, name=found.name)
            )
            known.known_codes |= found.known_codes
            known.join(found)
        for named in groups.ignored:
            place = named.kind, named.folded
            if place in self._ignored:
                self._ignored[place].join(named.sum)
        for index, lines in enumerate(groups.not_cost):
            self._not_cost[len(self._not_cost), f"{index}"] = lines

    def take_all(self) -> "Apart":
        """Read every linked project."""
        for choice in self._ledger.linked:
            self.take(choice)
        return self

    @property
    def unmapped(self) -> list[Unmapped]:
        """Costs without a code, the largest first."""
        return sorted(self._unmapped.values(), key=lambda each: (-abs(each.amount), each.name))

    @property
    def besides(self) -> list[Unmapped]:
        """The same costs by their class, and those that lack a cost type only by their transaction type."""
        return sorted(self._besides.values(), key=lambda each: (each.kind, -abs(each.amount), each.name))

    @property
    def ignored(self) -> list[Ignored]:
        """Every decision to ignore, with its sum."""
        jobs = {fold(each.job): each.amount for each in unlinked_jobs(self._ledger)}
        for (kind, name), found in self._ignored.items():
            if kind == "job":
                found.amount = jobs.get(name, ZERO)
        return sorted(self._ignored.values(), key=lambda each: (each.decision.kind, fold(each.decision.quickbooks)))

    @property
    def not_cost(self) -> list[NotCost]:
        """Lines of linked jobs on accounts that are no cost."""
        return sorted(self._not_cost.values(), key=lambda each: (each.project, each.account_type, each.account))

    def _take_unmapped(self, choice: ProjectChoice, item: Allocation) -> None:
        line = item.line
        groups = [(self._unmapped, Unmapped(kind="item" if line.item else "account", name=line.item or line.account))]
        if line.class_name:
            groups.append((self._besides, Unmapped(kind="class", name=line.class_name)))
        if item.known_code:
            groups.append((self._besides, Unmapped(kind="type", name=item.document.txn_type)))
        for known, fresh in groups:
            found = known.setdefault((fresh.kind, fold(fresh.name)), fresh)
            found.known_codes |= {item.known_code} - {""}
            self._add(found, choice, item.document, line)

    def _add(self, found: Sum, choice: ProjectChoice, document: CostDocument, line: CostLine) -> None:
        found.add(choice, document, line, self._called)


def unlinked_jobs(ledger: Ledger) -> list[UnlinkedJob]:
    """Costs of customers and jobs that are linked to no project, summed per job, the largest first (ACCOUNTING 17)."""
    names = ledger.uow.listing.names(ledger.connection.id, "customer")
    why = {fold(row.quickbooks): row.comment for row in ledger.decisions if row.kind == "job" and row.ignored}
    sums = controls.ledger_sums(ledger.uow, ledger.connection)
    found = [
        UnlinkedJob(names.get(job, job), amount, why.get(fold(names.get(job, "")), ""))
        for job, amount in sums.items()
        if job and job not in ledger.jobs and amount != ZERO
    ]
    return sorted(found, key=lambda each: (-abs(each.amount), each.job))
