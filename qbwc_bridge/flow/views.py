"""What people look at: one connection in a few figures, for the status page and the command `status`.

Read-only, from stored rows alone; no call goes out.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, Kind, ProjectChoice, Submission
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import mailing
from qbwc_bridge.flow.detaching import sentence
from qbwc_bridge.flow.figures import KeptLedger, ProjectSums
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.list_limits import ListCounts, list_counts
from qbwc_bridge.flow.rotation import seconds_between, stretched
from qbwc_bridge.flow.taking_part import takes_part
from qbwc_bridge.ports import Filled, ProjectGlance, Sums, UnitOfWork

Word = Literal["working", "needs_you", "stopped"]
"""The one word about a connection, as `status --json` promises it."""

MOST_NAMED = 5
"""Jobs named in one sentence."""

NOT_CALLED = "The Web Connector has not called yet: add the .qwc file to it on the PC with QuickBooks."

WORST_FIRST: tuple[Word, ...] = ("stopped", "needs_you", "working")

VISIT_EVERY_MINUTES = "15"
SILENCE_ALARM_HOURS = "4"
"""Defaults of the settings of the same names, for a bridge that was given none."""


@dataclass(frozen=True, slots=True)
class Money:
    """One sum in both systems."""

    what: Literal["budgets", "committed", "costs"]
    procore: Decimal
    quickbooks: Decimal

    @property
    def difference(self) -> Decimal:
        """What QuickBooks has more."""
        return self.quickbooks - self.procore


@dataclass(frozen=True, slots=True)
class Look:
    """One connection: what needs a person, what goes by itself, and why nothing goes, if so."""

    connection: Connection
    submissions: Mapping[Kind, Mapping[State, int]]
    queue: Mapping[TaskState, int]
    stops: list[str] = field(default_factory=list)
    """Sentences: why nothing goes at all."""
    questions: list[str] = field(default_factory=list)
    """Sentences: what waits for a person's word, and is no submission."""
    unsent: str = ""
    """The one of them that tells of mail which could not be sent."""
    updates: int = 0
    """How many of those that are ready change what QuickBooks has already."""
    differing: int = 0
    """Synced submissions with reasons: they stand in QuickBooks, but not as they should."""
    oldest_ready: dt.datetime | None = None
    parked_readings: int = 0
    """Tasks that read QuickBooks and were given up until a person retries them."""
    unmapped: int = 0
    unmapped_amount: Decimal = ZERO
    """Costs of projects that take part that are not in the Procore budget; ignored ones are not counted."""
    money: list[Money] = field(default_factory=list)
    """Budgets, commitments and the costs of released projects in both systems, as last read; empty before any job."""
    refused: int = 0
    """Direct costs that Procore did not take, or that were not looked up yet after an answer that never came."""
    next_visit: dt.datetime | None = None
    slow: str = ""
    """How long a whole round of Procore takes, where its limit of calls is too small for the clock."""
    lists: ListCounts | None = None
    """How full QuickBooks' lists are; None before they were read."""
    without_hook: list[str] = field(default_factory=list)
    """Numbers of projects that are on and that Procore does not tell of, although the connection has webhooks."""

    def count(self, *states: State) -> int:
        """How many submissions are in these states."""
        return sum(found.get(state, 0) for found in self.submissions.values() for state in states)

    @property
    def needs_a_person(self) -> int:
        """How many things need a person: records, costs without a code, and sentences that ask or warn."""
        records = self.count(State.READY, State.BLOCKED, State.FAILED) + self.differing
        costs = self.unmapped + self.refused
        return records + costs + self.parked_readings + len(self.stops) + len(self.questions)

    @property
    def on_its_way(self) -> int:
        """How many submissions go to QuickBooks by themselves with the next visits."""
        return self.count(State.ACCEPTED, State.EXPORTING) - self.on_its_way_out

    @property
    def on_its_way_out(self) -> int:
        """How many submissions go to Procore by themselves with the next pushes."""
        counts = [self.submissions.get(kind, {}) for kind in KINDS_OUTWARD]
        return sum(found.get(state, 0) for found in counts for state in (State.ACCEPTED, State.EXPORTING))

    @property
    def in_doubt(self) -> int:
        """How many tasks were sent and have no answer yet that settles them."""
        return self.queue.get(TaskState.IN_DOUBT, 0)

    @property
    def word(self) -> Word:
        """Stopped when nothing goes, needs_you when something waits for a person, else working."""
        return word_of(self.stops, self.needs_a_person)


def look(kit: Kit, uow: UnitOfWork, connection: Connection, now: dt.datetime) -> Look:
    """Look at one connection, at the moment `now`."""
    counts = uow.listing.counts(connection.id)
    queue = {state: uow.tasks.count(connection_id=connection.id, state=state) for state in TaskState}
    figures = KeptLedger(uow, connection, kit.options(connection))
    kept = figures.of(ProjectSums)
    sums = list(kept.values())
    placed = [each for project_id, each in kept.items() if takes_part(figures.choices[project_id])]
    visit = connection.last_contact
    unsent = mailing.trouble(uow, connection, kit.options(connection).zone) if kit.mail else ""
    return Look(
        connection=connection,
        submissions=state_counts(counts),
        queue={state: count for state, count in queue.items() if count},
        stops=stops(kit, connection, now),
        questions=questions(
            connection,
            unsent,
            uow.projects.find(connection_id=connection.id, order="number"),
            doubted_jobs(uow, [connection]),
        ),
        unsent=unsent,
        updates=sum(sums.count for (_, state, update), sums in counts.items() if update and state is State.READY),
        differing=sum(uow.listing.differing(connection.id).values()),
        oldest_ready=uow.listing.oldest_ready(connection.id),
        parked_readings=uow.tasks.count(connection_id=connection.id, state=TaskState.PARKED, submission_id=None),
        unmapped=sum(each.unmapped for each in placed),
        unmapped_amount=total(each.cost.unmapped for each in placed),
        money=_money(kit, uow, connection, sums) if sums else [],
        refused=uow.writebacks.count(connection_id=connection.id, message=Filled()),
        next_visit=visit + visit_every(kit, connection) if visit else None,
        slow=_slow(kit, uow, connection),
        lists=list_counts(uow, connection) if connection.lists_read_at else None,
        without_hook=_without_hook(uow, connection),
    )


def _slow(kit: Kit, uow: UnitOfWork, connection: Connection) -> str:
    if kit.setting(connection, "pull_every_seconds", "0") == "0":
        return ""
    projects = uow.projects.count(connection_id=connection.id, on=True, active=True)
    return stretched(connection, projects, seconds_between(connection, kit.defaults))


def company_facts(company: Company, day: Callable[[dt.date], str] = dt.date.isoformat) -> list[tuple[str, str]]:
    """Say what the last visit told of the company in QuickBooks, as pairs of words; empty before the first visit.

    `day` writes its dates.
    """
    if not company.product:
        return []
    copy = company.accountant_copy
    dividing = day(company.dividing_date) if company.dividing_date else "not told"
    return [
        ("Edition", company.product),
        ("Country", company.country),
        ("qbXML spoken", company.qbxml_version or "none in common"),
        ("Estimates", _switched(company.uses_estimates)),
        ("Purchase orders", _switched(company.uses_purchase_orders)),
        ("Classes", _switched(company.uses_classes)),
        ("Multi-currency", _switched(company.multi_currency)),
        ("Closing date", day(company.closing_date) if company.closing_date else "none"),
        ("Reports on", f"{company.report_basis.lower()} basis" if company.report_basis else "not told"),
        ("Accountant's copy", f"out, dividing date {dividing}" if copy else "none"),
        ("Company file", company.file_path or "not told"),
    ]


def _switched(on: bool | None) -> str:  # noqa: FBT001 - reads as its answer
    return "not told" if on is None else "on" if on else "off"


def state_counts(counts: Mapping[tuple[Kind, State, bool], Sums]) -> dict[Kind, dict[State, int]]:
    """Sum counts by kind and state, whether updates or not; what does not occur is left out."""
    found: dict[Kind, Counter[State]] = defaultdict(Counter)
    for (kind, state, _), sums in counts.items():
        found[kind][state] += sums.count
    return {kind: dict(by_state) for kind, by_state in found.items()}


def word_of(why_stopped: Sequence[str], needs_a_person: int) -> Word:
    """Give the one word: stopped when nothing goes, needs_you when something waits for a person, else working."""
    return "stopped" if why_stopped else "needs_you" if needs_a_person else "working"


def worst(words: list[Word]) -> Word:
    """Give the one word for several connections."""
    return next((word for word in WORST_FIRST if word in words), "working")


def visit_every(kit: Kit, connection: Connection) -> dt.timedelta:
    """How often the Web Connector should visit (VISIT_EVERY_MINUTES)."""
    return dt.timedelta(minutes=float(kit.setting(connection, "visit_every_minutes", VISIT_EVERY_MINUTES)))


def stops(kit: Kit, connection: Connection, now: dt.datetime) -> list[str]:
    """Say why nothing goes at all."""
    return [each for each in (connection.alarm, silence(kit, connection, now)) if each]


def silence(kit: Kit, connection: Connection, now: dt.datetime) -> str:
    """Say that the Web Connector has been silent for too long (SILENCE_ALARM_HOURS); empty where it was not."""
    hours = float(kit.setting(connection, "silence_alarm_hours", SILENCE_ALARM_HOURS))
    silent = now - connection.last_contact if connection.last_contact else dt.timedelta()
    if not hours or silent < dt.timedelta(hours=hours):
        return ""
    return (
        f"The Web Connector has not called for {_lasting(silent)}: see that the PC is on, that QuickBooks is "
        "open, and that the Web Connector runs with Auto-Run ticked."
    )


def questions(
    connection: Connection,
    unsent: str,
    projects: Iterable[ProjectChoice | ProjectGlance],
    doubted: Iterable[Submission],
) -> list[str]:
    """Say what waits for a person's word, and is no submission.

    `unsent` is what is wrong with its mail; `projects` are its projects by number; `doubted` are as `doubted_jobs`
    gives them, other connections' too.
    """
    told = [each for each in (connection.brake, connection.keys_refused, unsent) if each]
    told += connection.reading.left_out.sentences
    if connection.detached_at:
        told.append(sentence(connection))
    if connection.last_contact is None:
        told.append(NOT_CALLED)
    return told + _refused_projects(projects) + _differing_jobs(connection, doubted)


def _refused_projects(projects: Iterable[ProjectChoice | ProjectGlance]) -> list[str]:
    """Projects that take part and that Procore refuses to show, or to let the bridge write to."""
    found = [row for row in projects if takes_part(row)]
    told = [f"Project {row.number or row.name}: {each}" for row in found for each in row.shown.problems]
    if len(told) > MOST_NAMED:
        told[MOST_NAMED:] = [f"{len(told) - MOST_NAMED} more such projects: see the list of projects."]
    return told


def doubted_jobs(uow: UnitOfWork, connections: Iterable[Connection]) -> Sequence[Submission]:
    """Linked jobs whose cost in QuickBooks' own report differs from the documents that were read, even read whole."""
    doubted = {(row.id, job) for row in connections for job, left in row.doubted.items() if left}
    if not doubted:
        return []
    numbers, jobs = sorted({number for number, _ in doubted}), sorted({job for _, job in doubted})
    rows = uow.submissions.find(connection_id=numbers, kind="job", quickbooks_id=jobs)
    return [row for row in rows if (row.connection_id, row.quickbooks_id) in doubted]


def _differing_jobs(connection: Connection, doubted: Iterable[Submission]) -> list[str]:
    rows = [row for row in doubted if row.connection_id == connection.id]
    if not rows:
        return []
    told = [f"{row.quickbooks_name} by {Decimal(connection.doubted[row.quickbooks_id]):,.2f}" for row in rows]
    rest = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    named = "; ".join(told[:MOST_NAMED])
    differs = f"QuickBooks' Profit & Loss differs from the documents of jobs that were read whole: {named}{rest}."
    return [f"{differs} Look at the reconciliation, and compare it with QuickBooks' own report."]


def _money(kit: Kit, uow: UnitOfWork, connection: Connection, sums: list[ProjectSums]) -> list[Money]:
    standing = {kind: Decimal(cents).scaleb(-2) for kind, cents in uow.listing.standing(connection.id).items()}
    released = [each for each in sums if each.foot.released]
    rows = [Money("committed", total(each.committed for each in sums), standing.get("PurchaseOrder", ZERO))]
    if kit.options(connection).estimates:
        rows.insert(0, Money("budgets", total(each.budget for each in sums), standing.get("Estimate", ZERO)))
    if released:
        costs = total(each.foot.procore for each in released), total(each.cost.due for each in released)
        rows.append(Money("costs", *costs))
    return rows


def _without_hook(uow: UnitOfWork, connection: Connection) -> list[str]:
    if connection.webhooks_since is None:
        return []
    rows = uow.projects.find(connection_id=connection.id, on=True, active=True, hooked=False, order="number")
    return [row.number or str(row.project_id) for row in rows]


def _lasting(span: dt.timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"  # noqa: PLR2004 - two days
