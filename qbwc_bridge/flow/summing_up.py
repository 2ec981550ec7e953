"""Summing up: the daily letter about one connection, decided once for each day of the office."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain import paths
from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.domain.notices import NEVER, Letter, Mentioned, NoticeKind, Waiting
from qbwc_bridge.domain.records import KINDS_IN_ORDER, KINDS_OUTWARD, Connection, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.domain.wording import KINDS, STATES, counted, moment, span
from qbwc_bridge.flow.closes import name_of
from qbwc_bridge.flow.figures import KeptLedger, ProjectProof, ProjectSums, ProjectWip
from qbwc_bridge.flow.footing import completed, control_of
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.letters import DAILY, post, receivers
from qbwc_bridge.flow.taking_part import takes_part
from qbwc_bridge.flow.views import Look, look
from qbwc_bridge.ports import UnitOfWork, UpTo

AT = "07:00"
"""DAILY_MAIL_AT where nothing is set."""

ESCALATE_AFTER_DAYS = "3"
"""The setting of the same name, where nothing is set."""

ALL_WELL_AFTER = dt.timedelta(days=7)
"""Where nothing waits, a letter says so after so many days without one: silence alone proves nothing."""

MOST_NAMED = 8
"""Records named in one letter, after the table that counts them all."""

LASTING: dict[NoticeKind, str] = {
    "silence": "A Web Connector that does not call",
    "stopped": "A connection that is stopped",
    "brake": "The question whether to write to Procore",
}
"""What lasts until a person acts, by the letter that told of it first."""

WAITS = (State.FAILED, State.READY, State.BLOCKED)
"""What waits for a person, the worst first."""


def due(kit: Kit, connection: Connection, now: dt.datetime) -> dt.date | None:
    """Give the office's day for which the daily letter must be looked at now; None where that is not so.

    A bridge that was off at DAILY_MAIL_AT looks at it later on the same day. In an hour that the clocks skip it is due
    after it, in one that they repeat the first time. A changed time or zone never makes a second one for a day.
    """
    at = kit.setting(connection, "daily_mail_at", AT)
    if at == NEVER:
        return None
    zone = kit.options(connection).zone
    today, last = now.astimezone(zone).date(), connection.summed_up_on
    # Two days ahead is no change of zone: the clock was wrong then.
    if last and today <= last <= today + dt.timedelta(days=1):
        return None
    time = dt.time.fromisoformat(at)
    return today if now >= dt.datetime.combine(today, time, zone).astimezone(dt.UTC) else None


def sum_up(uow: UnitOfWork, kit: Kit, connection: Connection, now: dt.datetime) -> None:
    """Decide on the daily letter of today: a summary where something needs a person, at times that all is well."""
    today = due(kit, connection, now)
    if today is None:
        return
    connection.summed_up_on = today
    uow.connections.save(connection)
    # A clock that was set back comes to a day that has its letter already.
    has_one = uow.notices.has(connection_id=connection.id, key=[f"{kind} {today}" for kind in DAILY])
    if has_one or not receivers(kit, connection, "summary"):
        return
    before = {"connection_id": connection.id, "kind": DAILY, "decided_at": UpTo(now)}
    last = next(iter(uow.notices.find(order="-decided_at", limit=1, **before)), None)
    day = _Day(uow, kit, connection, now, last.decided_at if last else None)
    if day.worth_telling:
        escalated = day.waits_too_long
        to = receivers(kit, connection, "summary", escalated=escalated)
        letter = day.summary(deputy=escalated and to != receivers(kit, connection, "summary"))
        post(uow, connection, "summary", str(today), letter, to=to, now=now)
    elif last is None or today - last.decided_at.astimezone(kit.options(connection).zone).date() >= ALL_WELL_AFTER:
        post(
            uow, connection, "all_well", str(today), day.all_well(), to=receivers(kit, connection, "all_well"), now=now
        )
    else:
        return
    _drop_older(uow, connection, str(today))


def _drop_older(uow: UnitOfWork, connection: Connection, today: str) -> None:
    """A daily letter that could not be sent is out of date once there is a newer one."""
    for notice in uow.notices.find(connection_id=connection.id, kind=DAILY, state="waiting"):
        if not notice.key.endswith(today):
            notice.state = "sent" if notice.sent_at else "dropped"
            uow.notices.save(notice)


@dataclass(frozen=True, slots=True)
class _Proof:
    """The last reconciliation in a few figures."""

    compared_at: dt.datetime | None
    difference: Decimal
    books: Decimal
    """By how much QuickBooks' own totals of linked jobs differ from the documents."""


class _Day:
    """What there is to say about one connection today."""

    def __init__(
        self, uow: UnitOfWork, kit: Kit, connection: Connection, now: dt.datetime, told_at: dt.datetime | None
    ) -> None:
        self._kit, self._connection, self._now = kit, connection, now
        self._zone = kit.options(connection).zone
        self._found: Look = look(kit, uow, connection, now)
        self._lasting = uow.notices.find(connection_id=connection.id, holds=True)
        self._rows = uow.submissions.find(connection_id=connection.id)
        self._figures = KeptLedger(uow, connection, kit.options(connection))
        has_costs = uow.costs.has(connection_id=connection.id)
        self._proof = self._prove(uow) if has_costs else None
        self._closed, self._newly = self._closed_months(told_at) if has_costs else ({}, 0)

    @property
    def _waiting(self) -> list[Submission]:
        return sorted((row for row in self._rows if row.state in WAITS), key=lambda row: row.since)

    @property
    def worth_telling(self) -> bool:
        """Whether something needs a person, differs, or changed a closed month since the last daily letter."""
        return bool(self._found.needs_a_person or self._differs or self._newly)

    @property
    def _differs(self) -> bool:
        return self._proof is not None and (self._proof.difference, self._proof.books) != (ZERO, ZERO)

    @property
    def waits_too_long(self) -> bool:
        """Whether anything waits for longer than ESCALATE_AFTER_DAYS."""
        days = int(self._kit.setting(self._connection, "escalate_after_days", ESCALATE_AFTER_DAYS))
        return self._now - min(self._waits, default=(self._now, ""))[0] >= dt.timedelta(days=days)

    @property
    def _waits(self) -> Iterator[tuple[dt.datetime, str]]:
        """Since when a person is waited for, and by what."""
        yield from ((row.since, "The oldest record") for row in self._waiting[:1])
        figures = self._figures
        costs = figures.of(ProjectSums).items()
        asked = (each.unmapped_since for project_id, each in costs if takes_part(figures.choices[project_id]))
        yield from ((since, "A cost that is not in the Procore budget") for since in asked if since)
        yield from ((begun.decided_at, LASTING[begun.kind]) for begun in self._lasting if begun.kind in LASTING)

    def summary(self, *, deputy: bool) -> Letter:
        """Give the summary; `deputy` where it goes to one too."""
        found, rows = self._found, self._waiting
        opening = [*found.stops, *found.questions]
        if deputy:
            since, what = min(self._waits)
            age = span((self._now - since).total_seconds())
            opening.append(f"{what} has waited for {age}: the deputy gets this mail too.")
        rows.sort(key=lambda row: row.state is not State.FAILED)  # the failed first, each by age
        path, button = paths.overview(self._connection.name), "Open the overview"
        if self._newly:
            opening.append("Documents of closed months changed; the work-in-progress schedule names them.")
            path, button = paths.wip(self._connection.name), "Open the work-in-progress schedule"
        if self._differs:
            opening.append("QuickBooks and Procore do not agree; the reconciliation says by what.")
            path, button = paths.reconciliation(self._connection.name), "Open the reconciliation"
        if found.needs_a_person:
            path, button = paths.overview(self._connection.name), "Open the overview"
        return Letter(
            subject=f"{self._connection.name}: {self._headline()}",
            opening=tuple(opening) or ("This is what waits for a person.",),
            path=path,
            button=button,
            waiting=tuple(self._lines()),
            records=tuple(map(self._named, rows[:MOST_NAMED])),
            left_out=max(0, len(rows) - MOST_NAMED),
            facts=tuple(self._facts()),
            urgent=bool(found.stops),
        )

    def all_well(self) -> Letter:
        """Give the letter that says that nothing needs anybody."""
        return Letter(
            subject=f"{self._connection.name}: all is well",
            opening=("Nothing waits for a person. Where that stays so, the next mail comes in a week.",),
            path=paths.overview(self._connection.name),
            button="Open the overview",
            facts=tuple(self._facts()),
        )

    def _headline(self) -> str:
        count = self._found.needs_a_person
        if count:
            needs = f"{counted(count, 'thing needs', 'things need')} you"
            return f"stopped, and {needs}" if self._found.stops else needs
        if self._proof and self._differs:
            return f"a difference of {readable(self._proof.difference or self._proof.books)}"
        return "a closed month changed"

    def _lines(self) -> Iterator[Waiting]:
        name, found = self._connection.name, self._found
        for state in WAITS:
            for kind in (*KINDS_IN_ORDER, *KINDS_OUTWARD):
                rows = [row for row in self._waiting if row.state is state and row.kind == kind]
                if rows:
                    amounts = [row.amount for row in rows if row.amount is not None]
                    yield Waiting(
                        f"{KINDS[kind][1]}, {STATES[state]}",
                        len(rows),
                        paths.submissions(name, state=state.value, kind=kind),
                        total(amounts) if amounts else None,
                        span((self._now - rows[0].since).total_seconds()),
                    )
        others = (
            (found.differing, "Synced, but not as it should be", paths.submissions(name, state=State.SYNCED.value)),
            (found.unmapped, "Costs not in the Procore budget", paths.costs(name)),
            (found.refused, "Costs that Procore refused", paths.costs(name)),
            (found.parked_readings, "Readings of QuickBooks given up", paths.overview(name)),
        )
        for count, what, path in others:
            if count:
                amount = found.unmapped_amount if count == found.unmapped and "budget" in what else None
                yield Waiting(what, count, path, amount)

    def _named(self, row: Submission) -> Mentioned:
        what = " ".join(part for part in (KINDS[row.kind][0], row.number, row.title) if part)
        age = span((self._now - row.since).total_seconds())
        reason = f": {row.reasons[0]}" if row.reasons else ""
        told = f"{STATES[row.state]} for {age}{reason}"
        return Mentioned(what, paths.record(self._connection.name, row.id), told, row.amount)

    def _facts(self) -> Iterator[tuple[str, str]]:
        row, found = self._connection, self._found
        yield "QuickBooks company", row.bound_name or "not bound yet"
        yield "Last visit", self._moment(row.last_contact) if row.last_contact else "none yet"
        yield "On its way", counted(found.on_its_way + found.on_its_way_out, "record", "records")
        week = [each for each in self._rows if each.state is State.SYNCED and self._now - each.since < ALL_WELL_AFTER]
        yield "Exported or linked in the last 7 days", counted(len(week), "record", "records")
        proof = self._proof
        if proof:
            compared = self._moment(proof.compared_at) if proof.compared_at else "Procore was not read for it yet"
            yield "Last reconciliation", compared
            yield "Difference between QuickBooks and Procore", readable(proof.difference)
            if proof.books != ZERO:
                yield "QuickBooks' own totals differ by", readable(proof.books)
        if self._closed:
            months = ", ".join(f"{name_of(month)}: {count}" for month, count in sorted(self._closed.items()))
            new = f" ({self._newly} new)" if self._newly else ""
            yield "Documents changed in closed months", f"{months}{new}"

    def _moment(self, at: dt.datetime) -> str:
        return moment(at.astimezone(self._zone))

    def _prove(self, uow: UnitOfWork) -> _Proof:
        """Give what `reconcile` gives with what was last read of Procore, from the figures that are kept."""
        ledger = Ledger(uow, self._connection, self._kit.options(self._connection))
        control, sums = control_of(ledger), self._figures.of(ProjectSums)
        feet = [
            completed(sums[choice.project_id].foot, ledger, control, choice, ())
            for choice in self._figures.choices.values()
        ]
        rows = [row for proof in self._figures.of(ProjectProof).values() for row in proof.rows]
        oldest = uow.proofs.find(connection_id=self._connection.id, order="read_at", limit=1)
        return _Proof(
            compared_at=oldest[0].read_at if oldest else None,
            difference=total(abs(row.difference) for row in rows),
            books=total(abs(foot.books_difference or ZERO) for foot in feet),
        )

    def _closed_months(self, told_at: dt.datetime | None) -> tuple[dict[dt.date, int], int]:
        """Count the documents of closed months that changed after the close, and those since the last letter.

        They are counted and not named: one of them may be a paycheck (ACCOUNTING 18).
        """
        wip = self._figures.of(ProjectWip)
        found = [each for choice in self._figures.linked for each in wip[choice.project_id].changed]
        counts = dict(Counter(each.closed_month for each in found))
        return counts, sum(1 for each in found if told_at is None or each.changed_at > told_at)
