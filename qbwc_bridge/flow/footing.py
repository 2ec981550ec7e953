"""The foot of the proof: QuickBooks' own totals against the ledger, job by job and in all (ACCOUNTING 24).

Profit & Loss by Job leaves out what belongs to no job; Profit & Loss Standard has everything. All jobs and the costs
without one must make its cost accounts.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain

from qbwc_bridge.domain.books import Control
from qbwc_bridge.domain.costs import Allocation
from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.flow.controls import ledger_sums
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.pending import Pending
from qbwc_bridge.flow.proof import Row


@dataclass(frozen=True, slots=True)
class Foot:
    """One project in all: QuickBooks' Profit & Loss by Job, the ledger, Procore, and the two differences."""

    project: str
    name: str
    released: bool
    profit_and_loss: Decimal | None
    """None while QuickBooks' own total through this date is not known."""
    ledger: Decimal
    unmapped: Decimal
    ignored: Decimal
    skipped: Decimal
    procore: Decimal
    invoices: Decimal
    others: Decimal
    pending: Decimal
    difference: Decimal
    """The ledger's costs with a code, less Procore, less what is skipped: the sum of the project's rows."""

    @property
    def books_difference(self) -> Decimal | None:
        """Profit & Loss by Job less the ledger."""
        return None if self.profit_and_loss is None else self.profit_and_loss - self.ledger


@dataclass(frozen=True, slots=True)
class FootingLine:
    """What one job, or what belongs to none, has of all costs."""

    what: str
    """`linked job`, `job not linked`, `column that no job explains` or `without a job`."""
    name: str
    project: str
    profit_and_loss: Decimal
    ledger: Decimal | None
    """None where no job is meant: the ledger holds costs of jobs only."""

    @property
    def difference(self) -> Decimal:
        """Profit & Loss less the ledger."""
        return ZERO if self.ledger is None else self.profit_and_loss - self.ledger


@dataclass(frozen=True, slots=True)
class Footing:
    """All costs of the company: the lines add up to `all_costs`, or `difference` says by how much not."""

    read_at: dt.datetime | None
    """When QuickBooks' totals were read; None: there are none yet, and `note` says what to do."""
    lines: list[FootingLine] = field(default_factory=list)
    all_costs: Decimal = ZERO
    """The cost accounts of Profit & Loss Standard."""
    note: str = ""

    @property
    def difference(self) -> Decimal:
        """Profit & Loss Standard less the lines."""
        return self.all_costs - total(line.profit_and_loss for line in self.lines)


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """Where a job that was read whole differs still: one item in Job Profitability Detail and in the ledger."""

    project: str
    job: str
    item: str
    profitability: Decimal
    ledger: Decimal
    sentence: str

    @property
    def difference(self) -> Decimal:
        """Job Profitability Detail less the ledger."""
        return self.profitability - self.ledger


def control_of(ledger: Ledger) -> Control | None:
    """Give QuickBooks' own totals through the ledger's date, or of every date; None while they are not known.

    Until the ledger is whole they would be held against a part of it, or against another file's costs.
    """
    if ledger.connection.costs_whole_at is None:
        return None
    control = ledger.uow.controls.first(connection_id=ledger.connection.id, through=ledger.as_of)
    return control if control and control.read_at else None


def footing(ledger: Ledger, control: Control | None) -> Footing:
    """Set QuickBooks' own totals and the ledger side by side, job by job."""
    if control is None:
        return Footing(None, note=_not_yet(ledger))
    sums = ledger_sums(ledger.uow, ledger.connection, ledger.as_of)
    names = ledger.uow.listing.names(ledger.connection.id, "customer")
    lines = [
        FootingLine(
            what="linked job" if job in ledger.jobs else "job not linked",
            name=names.get(job, "a job that is gone"),
            project=_number(ledger, job),
            profit_and_loss=control.jobs.get(job, ZERO),
            ledger=sums.get(job, ZERO),
        )
        for job in {*control.jobs, *sums}
        if control.jobs.get(job) or sums.get(job)
    ]
    lines.sort(key=lambda line: (line.what != "linked job", line.project, fold(line.name)))
    if control.unknown:
        lines.append(FootingLine("column that no job explains", "", "", control.unknown, None))
    lines.append(FootingLine("without a job", "", "", control.without_job - control.unknown, None))
    read = control.read_at.astimezone(ledger.options.zone) if control.read_at else None
    return Footing(read, lines, control.all_costs)


def completed(
    foot: Foot, ledger: Ledger, control: Control | None, choice: ProjectChoice, pending: Iterable[Pending]
) -> Foot:
    """Give a foot with QuickBooks' own total, as far as it is known, and with what is pending."""
    jobs = [job for job, number in ledger.jobs.items() if number == choice.project_id]
    return replace(
        foot,
        profit_and_loss=total(control.jobs.get(job, ZERO) for job in jobs) if control else None,
        pending=total(each.amount for each in pending if each.project == choice.number),
    )


def foot_of(
    ledger: Ledger, control: Control | None, choice: ProjectChoice, rows: Iterable[Row], pending: Iterable[Pending]
) -> Foot:
    """Give the foot of one project under its rows."""
    rows = list(rows)
    sums = _by_reason(ledger.of_project(choice.project_id))
    foot = Foot(
        project=choice.number,
        name=choice.name,
        released=choice.release is not None,
        profit_and_loss=None,
        ledger=total(sums.values()),
        unmapped=sums.get("unmapped", ZERO),
        ignored=sums.get("ignored", ZERO),
        skipped=sums.get("skipped", ZERO) + sums.get("before", ZERO),
        procore=total(row.procore for row in rows),
        invoices=total(row.invoices for row in rows),
        others=total(row.others for row in rows),
        pending=ZERO,
        difference=total(row.difference for row in rows),
    )
    return completed(foot, ledger, control, choice, pending)


def _by_reason(items: Iterable[Allocation]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for item in items:
        sums[item.reason] += item.line.amount
    return dict(sums)


def item_differences(ledger: Ledger, project_id: int | None = None) -> list[ItemDifference]:
    """Tell item by item what differs in jobs that differ still after they were read whole; of every date.

    With a project, of its jobs only.
    """
    control = ledger.uow.controls.first(connection_id=ledger.connection.id, through=None)
    found: list[ItemDifference] = []
    for job, left in sorted(ledger.connection.doubted.items()):
        if left and job in ledger.jobs and project_id in (None, ledger.jobs[job]):
            number = _number(ledger, job)
            name = _job_name(ledger, job)
            items = control.items.get(job) if control else None
            if items is None:
                told = f"QuickBooks' Profit & Loss has {_more(Decimal(left))} for {name} than the ledger."
                found.append(ItemDifference(number, name, "", Decimal(left), ZERO, told))
            else:
                found += _items(number, name, items, _item_sums(ledger, job))
    return found


def _items(
    project: str, job: str, items: Mapping[str, Decimal], ours: Mapping[str, Decimal]
) -> Iterable[ItemDifference]:
    called: dict[str, str] = {}
    sums: tuple[dict[str, Decimal], dict[str, Decimal]] = ({}, {})
    for side, amounts in zip(sums, (items, ours), strict=True):
        for name, amount in amounts.items():
            called.setdefault(fold(name), name)
            side[fold(name)] = side.get(fold(name), ZERO) + amount
    for key in sorted(called):
        theirs, known = sums[0].get(key, ZERO), sums[1].get(key, ZERO)
        if theirs != known:
            item = called[key] or "no item"
            told = (
                f"QuickBooks' Job Profitability Detail has {readable(theirs)} for {item}, the ledger {readable(known)}."
            )
            yield ItemDifference(project, job, called[key], theirs, known, told)


def _item_sums(ledger: Ledger, job: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in chain.from_iterable(document.lines for document in ledger.of_job(job)):
        if line.counted:
            sums[line.item] += line.amount
    return dict(sums)


def _more(amount: Decimal) -> str:
    return f"{readable(abs(amount))} {'more' if amount > 0 else 'less'}"


def _number(ledger: Ledger, job: str) -> str:
    choice = ledger.choices.get(ledger.jobs.get(job, 0))
    return choice.number if choice else ""


def _job_name(ledger: Ledger, job: str) -> str:
    row = ledger.uow.lists.first(connection_id=ledger.connection.id, kind="customer", list_id=job)
    return row.full_name if row else "a job that is gone"


def _not_yet(ledger: Ledger) -> str:
    if ledger.as_of is None:
        return "QuickBooks' own totals are not read yet: they come with the next reading of costs."
    return (
        f"QuickBooks' own totals through {ledger.as_of} are not read yet: the next visit of the Web Connector asks for "
        "them; reconcile again after it."
    )
