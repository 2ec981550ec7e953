"""The clockwork: which step runs when, for every connection."""

import datetime as dt
import logging
import secrets
import threading
import time
from collections.abc import Callable

from qbwc_bridge import metrics
from qbwc_bridge.domain import ages
from qbwc_bridge.domain.reading import HOUR_SECONDS
from qbwc_bridge.domain.records import Connection, Lease, ProjectChoice
from qbwc_bridge.errors import BridgeError, MailUnreachable, UnderWay
from qbwc_bridge.flow import work
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.leases import CLOCKWORK, MAIL, PULL, PUSH, give_back, runs, take
from qbwc_bridge.flow.renewing import renew_figures
from qbwc_bridge.flow.retention import keep_house
from qbwc_bridge.flow.rotation import SHARE, Asked, hourly_limit, is_touched
from qbwc_bridge.logs import about
from qbwc_bridge.ports import LOOK
from qbwc_bridge.worker import Pulled, mail, notice, pull, push

log = logging.getLogger("qbwc_bridge.clockwork")

TICK_SECONDS = 5.0
"""How often the clockwork looks whether something is due; no clock is finer than this."""

MAIL_TICK_SECONDS = 20.0
"""How often it looks whether people must be told something: a mail takes as long on its way."""

MAIL_REST = dt.timedelta(minutes=1)
"""How long a mail server is left alone that could not be had."""

NOTICES_REST = dt.timedelta(minutes=5)
"""How long a connection is left alone whose notices could not be decided on, so that a fault cannot spin."""

HOUSE_EVERY = dt.timedelta(days=1)
"""How often it looks for what is older than it is to be kept: nothing of that is urgent."""

HOLD_SECONDS = 60
"""Once a process has not looked after a connection for so long, another does: long enough that a slow tick keeps what
it has, and that a single server seldom writes for it; short enough that nobody misses a killed one."""

PROCESS = secrets.token_hex(8)
"""Names this process among all of one database."""

TOUCHED_SECONDS = 20.0
"""Between two readings of what Procore said that it changed: such news come in swarms."""


class Clockwork:
    """A thread that pulls and pushes every connection when its clock says so, and stops cleanly.

    Of several processes on one database one looks after a connection, by lease: what a process knows of a connection's
    pace, of its failures and of when to rest then holds for all of them.
    """

    def __init__(self, kit: Kit, ticks: Callable[[], float] = time.monotonic, *, process: str = PROCESS) -> None:
        self._kit = kit
        self._ticks = ticks
        self._process = process
        self._stop = threading.Event()
        # Two threads: a mail server that stays silent holds no push up, and a long pull no alarm.
        self._threads = [
            threading.Thread(target=self._run, args=(self.tick, TICK_SECONDS), name="clockwork", daemon=True),
            threading.Thread(target=self._run, args=(self.mail_tick, MAIL_TICK_SECONDS), name="mail", daemon=True),
        ]
        self._tried: dict[tuple[int, str], dt.datetime] = {}
        self._rest_until: dict[int, dt.datetime] = {}
        self._notices_rest_until: dict[int, dt.datetime] = {}
        self._mail_rests_until = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._house_kept: dt.datetime | None = None
        self.last_tick: dt.datetime | None = None

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Finish the steps under way, at most `timeout` seconds, and end."""
        self._stop.set()
        until = time.monotonic() + timeout
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        try:
            self._let_go()
        except BridgeError as problem:  # the others wait for the end of the leases
            log.warning("the clockwork could not hand over: %s", problem)

    def _run(self, tick: Callable[[], None], seconds: float) -> None:
        while not self._stop.is_set():
            try:
                tick()
            except Exception:  # a database that is away for a moment must not end the clockwork
                log.exception("the clockwork could not look at its connections")
            self._stop.wait(seconds)

    def tick(self) -> None:
        """Run what is due now; a failing connection never stops the others."""
        now = self._kit.clock.now()
        self.last_tick = now
        with self._kit.work(LOOK) as uow:
            connections = uow.connections.find()
            leases = {lease.connection_id: lease for lease in uow.leases.find(station=CLOCKWORK)}
            reading = {row.connection_id for row in uow.readings.find(applied_at=None, stage="complete")}
            on = uow.projects.find(on=True, active=True)
        for connection in connections:
            if not self._holds(connection, leases.get(connection.id)):
                continue
            if connection.id in reading:
                self._try(connection, "settle", lambda c: work.settle_all(self._kit, c.id))
            self._guarded(connection, PULL, connection.pulled_at, now, lambda c: self._pull(c, "round"))
            self._follow(connection, [row for row in on if row.connection_id == connection.id], now)
            if not connection.detached_at:
                self._guarded(connection, PUSH, connection.pushed_at, now, self._push)
            self._try(connection, "figures", lambda c: renew_figures(self._kit, c.id, self._stop.is_set))
            if not self._kit.opens(connection):  # a process with the right key may be waiting for it
                self._give_back(connection.id)
        self._keep_house(now)

    def _keep_house(self, now: dt.datetime) -> None:
        """Once a day, and after a start."""
        if not ages.due(self._house_kept, now, HOUSE_EVERY):
            return
        self._house_kept = now
        keep_house(self._kit, self._stop.is_set)

    def mail_tick(self) -> None:
        """Decide and send what people are told by mail; nothing where no mail server is set."""
        if self._kit.mail is None:
            return
        with self._kit.work(LOOK) as uow:
            theirs = {lease.connection_id for lease in uow.leases.find(station=CLOCKWORK) if self._is_theirs(lease)}
            connections = [each for each in uow.connections.find() if each.id not in theirs]
        for connection in connections:
            now = self._kit.clock.now()
            if self._stop.is_set() or now < self._notices_rest_until.get(connection.id, now):
                continue
            if not self._try(connection, "notices", lambda c: notice(self._kit, c.id)):
                self._notices_rest_until[connection.id] = now + NOTICES_REST
        for connection in connections:
            now = self._kit.clock.now()
            if self._stop.is_set() or now < self._mail_rests_until:
                return
            self._try(connection, MAIL, self._mail)

    def _holds(self, connection: Connection, seen: Lease | None) -> bool:
        """Whether this process looks after a connection, as it does where nobody else did lately."""
        now, half = self._kit.clock.now(), dt.timedelta(seconds=HOLD_SECONDS / 2)
        if seen is not None and self._is_theirs(seen):
            return False
        if seen is not None and seen.holder == self._process and seen.until - now > half:
            return True
        try:
            with self._kit.work(connection.id) as uow:
                return take(uow, connection.id, CLOCKWORK, self._process, now, HOLD_SECONDS)
        except BridgeError as problem:  # such as a connection that was removed meanwhile
            log.warning("%s of %s: %s", CLOCKWORK, connection.name, problem)
            return False

    def _is_theirs(self, lease: Lease) -> bool:
        return lease.holder != self._process and runs(lease, self._kit.clock.now())

    def _let_go(self) -> None:
        """Leave the connections to the other processes."""
        with self._kit.work(LOOK) as uow:
            mine = uow.leases.find(station=CLOCKWORK, holder=self._process)
        for lease in mine:
            self._give_back(lease.connection_id)

    def _give_back(self, connection_id: int) -> None:
        with self._kit.work(connection_id) as uow:
            give_back(uow, connection_id, CLOCKWORK, self._process)

    def _mail(self, connection: Connection) -> None:
        try:
            mail(self._kit, connection.id)
        except MailUnreachable:
            # The others' mail would wait for the same server's silence, one after the other.
            self._mail_rests_until = self._kit.clock.now() + MAIL_REST
            raise

    def _pull(self, connection: Connection, asked: Asked) -> Pulled:
        pulled = pull(self._kit, connection.id, asked=asked)
        for sentence in pulled.problems:
            log.warning("%s of %s: %s", PULL, connection.name, sentence)
        metrics.PROBLEMS.add(PULL, by=len(pulled.problems))
        return pulled

    def _push(self, connection: Connection) -> None:
        metrics.PROBLEMS.add(PUSH, by=len(push(self._kit, connection.id).problems))

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
        moments = (last, self._tried.get((connection.id, name)))
        lately = not all(ages.due(moment, now, dt.timedelta(seconds=every)) for moment in moments)
        if not every or lately or self._stop.is_set():
            return
        # A failed step is not tried again before its next round, so that it cannot spin.
        self._tried[connection.id, name] = now
        self._try(connection, name, step)

    def _try(self, connection: Connection, name: str, step: Callable[[Connection], object]) -> bool:
        """Take one step; what goes wrong is logged and stops nothing else. Gives whether it went well."""
        began, outcome = self._ticks(), "failed"
        with about(connection=connection.name, step=name):
            try:
                step(connection)
                outcome = "done"
            except UnderWay as problem:  # in a command, or in a process that was killed and whose lease still lasts
                outcome = "refused"
                self._tried.pop((connection.id, name), None)
                log.info("%s of %s: %s", name, connection.name, problem)
            except BridgeError as problem:
                outcome = "refused"
                log.warning("%s of %s: %s", name, connection.name, problem)
            except Exception:  # the clockwork must go on; the fault is logged whole
                log.exception("%s of %s failed unexpectedly", name, connection.name)
        metrics.STEPS.took(self._ticks() - began, name, outcome)
        return outcome == "done"
