"""The steps of the stations, for the clockwork and for commands in the foreground.

A lease per connection and station keeps commands and clockwork from overlapping. Network calls happen between
transactions, never inside one.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from qbwc_bridge.domain.records import Connection, Submission
from qbwc_bridge.errors import ProcoreError, UnderWay
from qbwc_bridge.flow import (
    comparing,
    controls,
    detaching,
    keys,
    mailing,
    making,
    noticing,
    pushing,
    reconciling,
    restored,
    schedule,
    summing_up,
    work,
    writeback,
)
from qbwc_bridge.flow.closes import closed_until
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.leases import MAIL, PULL, PUSH, give_back, held, take
from qbwc_bridge.flow.pulling import Reading
from qbwc_bridge.flow.reconciling import Reconciled
from qbwc_bridge.flow.rotation import Asked, seconds_between
from qbwc_bridge.flow.schedule import Schedule
from qbwc_bridge.ports import OpenWork, UnitOfWork

Progress = Callable[[str], None]

LEASE_SECONDS = 900
"""A station's lease: longer than any pull or push under Procore's hourly limit should take, short enough to recover
from a killed process within one round."""


def silent(_sentence: str) -> None:
    """Take progress and say nothing."""


@dataclass(slots=True)
class Pulled:
    """What a pull brought: new submissions, sentences about what was not read or only in part, calls to Procore."""

    new: list[Submission] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    calls: int = 0


@contextmanager
def station(kit: Kit, connection: Connection, name: str) -> Iterator[OpenWork]:
    """Hold a connection's station; raises UnderWay while somebody else is at it.

    Gives what opens units of work for this run. Each renews the lease, so that a long run keeps it, and raises UnderWay
    when it ran out and somebody else took it: a run that stood still for too long writes nothing more.
    """
    holder = secrets.token_hex(8)

    @contextmanager
    def kept() -> Iterator[UnitOfWork]:
        with kit.work(connection.id) as uow:
            if not take(uow, connection.id, name, holder, kit.clock.now(), LEASE_SECONDS):
                raise UnderWay(f"A {name} of {connection.name} is under way already: wait until it has ended.")
            yield uow

    with kept():
        pass
    try:
        yield kept
    finally:
        with kit.work(connection.id) as uow:
            give_back(uow, connection.id, name, holder)


def pull(kit: Kit, connection_id: int, progress: Progress = silent, asked: Asked = "now") -> Pulled:
    """Read Procore, keep what it says, and bring submissions up to date; see `rotation` for what `asked` reads."""
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
    with station(kit, connection, PULL) as work_here:

        def told(sentence: str) -> None:
            with work_here():
                pass  # a long reading keeps its lease
            progress(sentence)

        fresh: list[Submission] = []

        def reviewed() -> None:
            with work_here() as uow:
                found, now = uow.connections.get(connection_id), kit.clock.now()
                fresh.extend(work.settle(uow, found, kit.options(found), now))

        every = seconds_between(connection, kit.defaults)
        procore, options = kit.procore_for(connection), kit.options(connection)
        reading = Reading(work_here, procore, connection_id, kit.clock, options, asked, every, told, reviewed)
        try:
            reading.run()
        except ProcoreError as problem:
            reading.down = str(problem) if problem.is_outage else ""
            _end_pull(kit, work_here, reading, whole_round=False)
            raise
        _end_pull(kit, work_here, reading, whole_round=asked != "touched")
    return Pulled(fresh, reading.problems, reading.notices, reading.calls)


def _end_pull(kit: Kit, work_here: OpenWork, reading: Reading, *, whole_round: bool) -> None:
    """Review what was kept, also where the rest could not be read."""
    with work_here() as uow:
        connection = uow.connections.get(reading.connection_id)
        connection.procore_down = reading.down
        connection.pulled_at = kit.clock.now() if whole_round else connection.pulled_at
        uow.connections.save(connection)
    reading.settle()


def plan(kit: Kit, connection_id: int, *, confirmed: bool = False) -> str:
    """Fill the outbox; gives the brake's question, or nothing."""
    work.settle_all(kit, connection_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        closed = closed_until(uow, connection)
        return writeback.plan(uow, connection, kit.options(connection), confirmed=confirmed, closed=closed)


def push(
    kit: Kit, connection_id: int, *, confirmed: bool = False, progress: Progress = silent, again: bool = False
) -> pushing.Pushed:
    """Write to Procore: accepted new projects and vendors, pending actuals, which the brake may hold, and keys.

    A connection that was detached writes nothing. `again` tries keys that Procore refused lately.
    """
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
    with station(kit, connection, PUSH) as work_here:
        with work_here() as uow:
            connection = uow.connections.get(connection_id)
        if connection.detached_at:
            return pushing.Pushed(detached=detaching.sentence(connection))
        procore, now = kit.procore_for(connection), kit.clock.now()
        restored.look_up(work_here, procore, connection_id)
        question = plan(kit, connection_id, confirmed=confirmed)
        if connection.restored_at and not confirmed:
            return pushing.Pushed(brake=question)
        made = making.make(work_here, procore, connection_id, now, progress)
        outcome = pushing.push(work_here, procore, connection_id, now, progress, held=question)
        if made.count:
            work.settle_all(kit, connection_id)
            with kit.work(connection_id) as uow:
                connection = uow.connections.get(connection_id)
                connection.touched_at = kit.clock.now()  # what was made stands in Procore's lists now
                uow.connections.save(connection)
        kept = keys.write(
            work_here, procore, connection_id, kit.options(connection), now=now, progress=progress, again=again
        )
        outcome.made, outcome.keys = made.count, kept.count
        outcome.problems = [*made.problems, *outcome.problems, *kept.problems]
    return outcome


def detach(kit: Kit, connection_id: int, *, who: str, progress: Progress = silent) -> detaching.Detached:
    """Take every key of the bridge out of Procore; from the first step on nothing else is written there.

    What could not be taken away is told; a repetition goes on with it.
    """
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
    with station(kit, connection, PUSH) as work_here:
        return detaching.detach(work_here, kit.procore_for(connection), connection_id, kit.clock.now(), progress, who)


def attach(kit: Kit, connection_id: int, *, who: str, progress: Progress = silent) -> detaching.Detached:
    """Give a detached connection's direct costs their keys back, so that pushes go on where they ended.

    Raises Refused where the connection is not detached, or another integration has put its keys there.
    """
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
    with station(kit, connection, PUSH) as work_here:
        return detaching.attach(work_here, kit.procore_for(connection), connection_id, kit.clock.now(), progress, who)


def reconcile(kit: Kit, connection_id: int, *, as_of: dt.date | None = None) -> Reconciled:
    """Prove job cost: read what Procore has of released projects, compare, and explain each difference.

    QuickBooks' own totals through a date are asked for at the next visit, where they are not known.
    """
    side, now = comparing.compare(kit, connection_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        if as_of:
            controls.ask_through(uow, connection, as_of)
        return reconciling.reconcile(uow, connection, kit.options(connection), side, now=now, as_of=as_of)


def wip(kit: Kit, connection_id: int, *, as_of: dt.date | None = None) -> Schedule:
    """Build the work-in-progress schedule; raises Refused before QuickBooks' costs were read whole."""
    work.settle_all(kit, connection_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        return schedule.schedule(uow, connection, kit.options(connection), now=kit.clock.now(), as_of=as_of)


def close_month(kit: Kit, connection_id: int, month: dt.date, *, who: str, again: bool = False) -> Schedule:
    """Close a month, named by its last day, with its work-in-progress schedule; raises Refused where it cannot be."""
    work.settle_all(kit, connection_id)
    with kit.work(connection_id) as uow:
        connection = uow.connections.get(connection_id)
        now, options = kit.clock.now(), kit.options(connection)
        return schedule.close_month(uow, connection, options, month, who=who, now=now, again=again)


def notice(kit: Kit, connection_id: int) -> None:
    """Decide what people are told by mail, and keep it in the outbox; nothing is sent here."""
    with kit.work(connection_id) as uow:
        connection, now = uow.connections.get(connection_id), kit.clock.now()
        noticing.notice(uow, kit, connection, now)
    if summing_up.due(kit, connection, now) is None:
        return
    with kit.work(connection_id) as uow:
        # By itself: whatever is wrong with a summary must not hold an alarm back.
        summing_up.sum_up(uow, kit, uow.connections.get(connection_id), kit.clock.now())


def mail(kit: Kit, connection_id: int) -> int:
    """Send what waits in the outbox of mail, unless another process is at it; gives how many letters went out.

    Raises MailUnreachable where the mail server cannot be had.
    """
    if kit.mail is None:
        return 0
    with kit.work(connection_id) as uow:
        connection, now = uow.connections.get(connection_id), kit.clock.now()
        if not mailing.anything_due(uow, connection, now) or held(uow, connection_id, MAIL, now):
            return 0
    with station(kit, connection, MAIL) as work_here:
        return mailing.send(work_here, kit.mail, connection_id, kit.clock)
