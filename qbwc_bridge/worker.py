"""The clockwork: which station runs when, and the same steps for commands in the foreground.

A lease per connection and station keeps commands and clockwork from overlapping. Network calls happen between
transactions, never inside one.
"""

import datetime as dt
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.reading import HOUR_SECONDS
from qbwc_bridge.domain.records import Connection, ProjectChoice, ReleaseChoice, Submission
from qbwc_bridge.errors import BridgeError, NotFound, ProcoreError, Refused
from qbwc_bridge.flow import (
    controls,
    detaching,
    keys,
    making,
    procore_side,
    pushing,
    reconciling,
    releasing,
    schedule,
    work,
    writeback,
)
from qbwc_bridge.flow.closes import closed_until
from qbwc_bridge.flow.dry_run import EVERYTHING, DryRun, dry_run
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.leases import PULL, PUSH, give_back, take
from qbwc_bridge.flow.ledger import Ledger, released
from qbwc_bridge.flow.pulling import Reading
from qbwc_bridge.flow.reconciling import Reconciled
from qbwc_bridge.flow.renewing import renew_figures
from qbwc_bridge.flow.rotation import SHARE, Asked, hourly_limit, is_touched, seconds_between
from qbwc_bridge.flow.schedule import Schedule
from qbwc_bridge.ports import OpenWork, UnitOfWork

log = logging.getLogger("qbwc_bridge.worker")

Progress = Callable[[str], None]

LEASE_SECONDS = 900
"""A station's lease: longer than any pull or push under Procore's hourly limit should take, short enough to recover
from a killed process within one round."""

TICK_SECONDS = 5.0
"""How often the clockwork looks whether something is due; no clock is finer than this."""

TOUCHED_SECONDS = 20.0
"""Between two readings of what Procore said that it changed: such news come in swarms."""


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
    """Hold a connection's station; raises Refused while somebody else is at it.

    Gives what opens units of work for this run. Each renews the lease, so that a long run keeps it, and raises Refused
    when it ran out and somebody else took it: a run that stood still for too long writes nothing more.
    """
    holder = secrets.token_hex(8)

    @contextmanager
    def kept() -> Iterator[UnitOfWork]:
        with kit.work() as uow:
            if not take(uow, connection.id, name, holder, kit.clock.now(), LEASE_SECONDS):
                raise Refused(f"A {name} of {connection.name} is under way already: wait until it has ended.")
            yield uow

    with kept():
        pass
    try:
        yield kept
    finally:
        with kit.work() as uow:
            give_back(uow, connection.id, name, holder)


def pull(kit: Kit, connection_id: int, progress: Progress = silent, asked: Asked = "now") -> Pulled:
    """Read Procore, keep what it says, and bring submissions up to date; see `rotation` for what `asked` reads."""
    with kit.work() as uow:
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


def settle(kit: Kit, connection_id: int) -> None:
    """Apply every answer already received, some in each transaction, and bring submissions up to date."""
    left = True
    while left:
        with kit.work() as uow:
            connection = uow.connections.get(connection_id)
            left = work.catch_up(uow, connection, kit.options(connection), kit.clock.now())


def plan(kit: Kit, connection_id: int, *, confirmed: bool = False) -> str:
    """Fill the outbox; gives the brake's question, or nothing."""
    settle(kit, connection_id)
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        closed = closed_until(uow, connection)
        return writeback.plan(uow, connection, kit.options(connection), confirmed=confirmed, closed=closed)


def push(
    kit: Kit, connection_id: int, *, confirmed: bool = False, progress: Progress = silent, again: bool = False
) -> pushing.Pushed:
    """Write to Procore: accepted new projects and vendors, pending actuals, which the brake may hold, and keys.

    A connection that was detached writes nothing. `again` tries keys that Procore refused lately.
    """
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
    with station(kit, connection, PUSH) as work_here:
        with work_here() as uow:
            connection = uow.connections.get(connection_id)
        if connection.detached_at:
            return pushing.Pushed(detached=detaching.sentence(connection))
        question = plan(kit, connection_id, confirmed=confirmed)
        procore, now = kit.procore_for(connection), kit.clock.now()
        made = making.make(work_here, procore, connection_id, now, progress)
        outcome = pushing.push(work_here, procore, connection_id, now, progress, held=question)
        if made.count:
            settle(kit, connection_id)
            with kit.work() as uow:
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
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
    with station(kit, connection, PUSH) as work_here:
        return detaching.detach(work_here, kit.procore_for(connection), connection_id, kit.clock.now(), progress, who)


def attach(kit: Kit, connection_id: int, *, who: str, progress: Progress = silent) -> detaching.Detached:
    """Give a detached connection's direct costs their keys back, so that pushes go on where they ended.

    Raises Refused where the connection is not detached, or another integration has put its keys there.
    """
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
    with station(kit, connection, PUSH) as work_here:
        return detaching.attach(work_here, kit.procore_for(connection), connection_id, kit.clock.now(), progress, who)


def reconcile(kit: Kit, connection_id: int, *, as_of: dt.date | None = None) -> Reconciled:
    """Prove job cost: read what Procore has of released projects, compare, and explain each difference.

    QuickBooks' own totals through a date are asked for at the next visit, where they are not known.
    """
    settle(kit, connection_id)
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        detaching.check_attached(connection)
        projects = released(uow.projects.find(connection_id=connection_id))
    side, now = procore_side.read(kit.procore_for(connection), projects), kit.clock.now()
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        procore_side.keep(uow, connection, side, now)
        if as_of:
            controls.ask_through(uow, connection, as_of)
        return reconciling.reconcile(uow, connection, kit.options(connection), side, now=now, as_of=as_of)


def wip(kit: Kit, connection_id: int, *, as_of: dt.date | None = None) -> Schedule:
    """Build the work-in-progress schedule; raises Refused before QuickBooks' costs were read whole."""
    settle(kit, connection_id)
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        return schedule.schedule(uow, connection, kit.options(connection), now=kit.clock.now(), as_of=as_of)


def close_month(kit: Kit, connection_id: int, month: dt.date, *, who: str, again: bool = False) -> Schedule:
    """Close a month, named by its last day, with its work-in-progress schedule; raises Refused where it cannot be."""
    settle(kit, connection_id)
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        now, options = kit.clock.now(), kit.options(connection)
        return schedule.close_month(uow, connection, options, month, who=who, now=now, again=again)


def try_release(kit: Kit, connection_id: int, project_id: int, chosen: ReleaseChoice = EVERYTHING) -> DryRun:
    """Make a project's dry run of a release with these choices, and remember the figures it showed.

    Raises Refused while its costs are not read whole.
    """
    settle(kit, connection_id)
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        detaching.check_attached(connection)
        choice = _choice(uow.projects.first(connection_id=connection_id, project_id=project_id), project_id)
        releasing.check_read(Ledger(uow, connection, kit.options(connection)), choice)
    costs = kit.procore_for(connection).direct_costs(project_id)
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        options = kit.options(connection)
        choice = _choice(uow.projects.first(connection_id=connection_id, project_id=project_id), project_id)
        ledger = Ledger(uow, connection, options)
        releasing.check_read(ledger, choice)
        shown = dry_run(Facts(uow, connection, options), ledger, ledger.choices[project_id], costs, chosen)
        choice.dry_run, choice.shown.foreign = releasing.fingerprint(ledger, project_id), shown.foreign
        uow.projects.save(choice)
        return shown


def release(
    kit: Kit, connection_id: int, project_id: int, chosen: ReleaseChoice, *, who: str, beside_others: bool = False
) -> Decimal:
    """Release a project's costs; gives what would count twice in views that add committed and direct costs.

    Raises Refused without a dry run of the present figures, while its costs are not read whole, and where another
    integration wrote direct costs into the project, unless a person wants both (`beside_others`).
    """
    settle(kit, connection_id)
    with kit.work() as uow:
        connection = uow.connections.get(connection_id)
        detaching.check_attached(connection)
        ledger = Ledger(uow, connection, kit.options(connection))
        choice = _choice(ledger.choices.get(project_id), project_id)
        releasing.release(ledger, choice, chosen, who=who, now=kit.clock.now(), beside_others=beside_others)
        if chosen.po_bills == "skip":
            return ZERO
        return sum((i.line.amount for i in ledger.of_project(project_id) if i.code and ledger.on_order(i)), ZERO)


def withdraw(kit: Kit, connection_id: int, project_id: int, *, who: str) -> None:
    """Take a release back; the next push removes what the bridge wrote."""
    with kit.work() as uow:
        detaching.check_attached(uow.connections.get(connection_id))
        choice = _choice(uow.projects.first(connection_id=connection_id, project_id=project_id), project_id)
        releasing.withdraw(uow, choice, who=who, now=kit.clock.now())


def _choice(choice: ProjectChoice | None, project_id: int) -> ProjectChoice:
    if choice is None:
        raise NotFound(f"Project {project_id} is not known: pull first.")
    return choice


class Clockwork:
    """A thread that pulls and pushes every connection when its clock says so, and stops cleanly."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clockwork", daemon=True)
        self._tried: dict[tuple[int, str], dt.datetime] = {}
        self._rest_until: dict[int, dt.datetime] = {}
        self.last_tick: dt.datetime | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Finish the step under way, at most `timeout` seconds, and end."""
        self._stop.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.tick()
            except Exception:  # a database that is away for a moment must not end the clockwork
                log.exception("the clockwork could not look at its connections")
            self._stop.wait(TICK_SECONDS)

    def tick(self) -> None:
        """Run what is due now; a failing connection never stops the others."""
        now = self._kit.clock.now()
        self.last_tick = now
        with self._kit.work() as uow:
            connections = uow.connections.find()
            reading = {row.connection_id for row in uow.readings.find(applied_at=None, stage="complete")}
            on = uow.projects.find(on=True, active=True)
        for connection in connections:
            if connection.id in reading:
                self._try(connection, "settle", lambda c: settle(self._kit, c.id))
            self._guarded(connection, PULL, connection.pulled_at, now, lambda c: self._pull(c, "round"))
            self._follow(connection, [row for row in on if row.connection_id == connection.id], now)
            if not connection.detached_at:
                self._guarded(connection, PUSH, connection.pushed_at, now, lambda c: push(self._kit, c.id))
            self._try(connection, "figures", lambda c: renew_figures(self._kit, c.id, self._stop.is_set))

    def _pull(self, connection: Connection, asked: Asked) -> Pulled:
        pulled = pull(self._kit, connection.id, asked=asked)
        for sentence in pulled.problems:
            log.warning("%s of %s: %s", PULL, connection.name, sentence)
        return pulled

    def _follow(self, connection: Connection, on: list[ProjectChoice], now: dt.datetime) -> None:
        """Read what Procore said that it changed, at once; what that could not serve is left to the next round."""
        touched, tried = is_touched(connection, on), self._tried.get((connection.id, PULL))
        if touched is None or not self._every(connection, PULL) or self._stop.is_set():
            return
        if (tried is not None and touched < tried) or now < self._rest_until.get(connection.id, now):
            return
        self._tried[connection.id, PULL] = now

        def step(found: Connection) -> None:
            # Calls are spread over the part of the limit that rounds leave.
            calls = self._pull(found, "touched").calls
            seconds = max(TOUCHED_SECONDS, calls * HOUR_SECONDS / (hourly_limit(found) * (1 - SHARE)))
            self._rest_until[found.id] = now + dt.timedelta(seconds=seconds)

        self._try(connection, PULL, step)

    def _every(self, connection: Connection, name: str) -> int:
        key = f"{name}_every_seconds"
        return int(connection.settings.get(key) or self._kit.defaults.get(key, "900"))

    def _guarded(
        self,
        connection: Connection,
        name: str,
        last: dt.datetime | None,
        now: dt.datetime,
        step: Callable[[Connection], object],
    ) -> None:
        every = self._every(connection, name)
        last = max((moment for moment in (last, self._tried.get((connection.id, name))) if moment), default=None)
        if not every or (last is not None and (now - last).total_seconds() < every) or self._stop.is_set():
            return
        # A failed step is not tried again before its next round, so that it cannot spin.
        self._tried[connection.id, name] = now
        self._try(connection, name, step)

    def _try(self, connection: Connection, name: str, step: Callable[[Connection], object]) -> None:
        """Take one step; what goes wrong is logged and stops nothing else."""
        try:
            step(connection)
        except BridgeError as problem:
            log.warning("%s of %s: %s", name, connection.name, problem)
        except Exception:  # the clockwork must go on; the fault is logged whole
            log.exception("%s of %s failed unexpectedly", name, connection.name)
