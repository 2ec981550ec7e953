"""All clients of an office at one glance: what each needs, in a number of statements that does not grow with them.

What is said of costs is as the clockwork reckoned it last; a client's own page reckons anew what is out of date.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.notices import Notice
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import mailing, views
from qbwc_bridge.flow.figures import ProjectSums
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.taking_part import takes_part
from qbwc_bridge.ports import ProjectGlance, Tally, UnitOfWork


@dataclass(frozen=True, slots=True)
class Client:
    """One connection among many."""

    connection: Connection
    stops: list[str]
    questions: list[str]
    tally: Tally
    unmapped: int
    """Costs that are not in the Procore budget."""
    difference: Decimal | None
    """By how much the costs of released projects differ between both systems; None where none is released."""

    @property
    def needs_a_person(self) -> int:
        """How many things need a person, as `views.Look` counts them."""
        tally = self.tally
        records = sum(tally.states.get(state, 0) for state in (State.READY, State.BLOCKED, State.FAILED))
        others = tally.differing + tally.refused + tally.parked_readings
        return records + others + self.unmapped + len(self.stops) + len(self.questions)

    @property
    def word(self) -> views.Word:
        """The one word about it."""
        return views.word_of(self.stops, self.needs_a_person)

    @property
    def sentence(self) -> str:
        """What is said first of what stops it or is asked; empty where only records wait, or nothing does."""
        return next(iter([*self.stops, *self.questions]), "")


def clients(kit: Kit, uow: UnitOfWork, connections: Sequence[Connection], now: dt.datetime) -> list[Client]:
    """Look at all of these connections: what needs attention first, then by what waits longest, then by name."""
    tallies, figures = uow.everywhere.tallies(), uow.everywhere.figures(ProjectSums)
    projects: dict[int, list[ProjectGlance]] = defaultdict(list)
    for project in uow.everywhere.projects():
        projects[project.connection_id].append(project)
    unsent = dict(_unsent(kit, uow, connections, tallies)) if kit.mail else {}
    doubted = views.doubted_jobs(uow, connections)
    found = []
    for row in connections:
        tally = tallies.get(row.id, Tally())
        mine = [each for each in projects[row.id] if each.project_id in tally.linked or each.released]
        kept = [(each, figures[key]) for each in mine if (key := (row.id, each.project_id)) in figures]
        differences = [sums.difference for _, sums in kept if sums.difference is not None]
        found.append(
            Client(
                row,
                views.stops(kit, row, now),
                views.questions(row, unsent.get(row.id, ""), projects[row.id], doubted),
                tally,
                unmapped=sum(sums.unmapped for each, sums in kept if takes_part(each)),
                difference=total(differences) if differences else None,
            )
        )
    return sorted(found, key=_attention)


def _attention(client: Client) -> tuple[int, int, dt.datetime, str]:
    waits = client.tally.oldest_ready or client.connection.last_contact
    oldest = waits or dt.datetime.max.replace(tzinfo=dt.UTC)
    failed = client.tally.states.get(State.FAILED, 0)
    return views.WORST_FIRST.index(client.word), -bool(failed), oldest, client.connection.name


def _unsent(
    kit: Kit, uow: UnitOfWork, connections: Sequence[Connection], tallies: Mapping[int, Tally]
) -> Iterator[tuple[int, str]]:
    """Say what is wrong with their mail, by connection."""
    waiting: dict[int, list[Notice]] = defaultdict(list)
    for notice in uow.notices.find(state=mailing.ON_ITS_WAY):
        waiting[notice.connection_id].append(notice)
    numbers = [tally.last_letter for tally in tallies.values() if tally.last_letter]
    last = {notice.connection_id: notice for notice in uow.notices.find(id=numbers)} if numbers else {}
    for row in connections:
        yield row.id, mailing.trouble_of(waiting[row.id], last.get(row.id), kit.options(row).zone)
