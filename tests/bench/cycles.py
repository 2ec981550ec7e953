"""Part `cycles`: one record per cycle with few and many tasks waiting, and a bare pair that does nothing beside it."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from qbwc_bridge.rehearsal.quickbooks import Company
from tests.bench.bare import REQUEST
from tests.bench.names import order_number
from tests.bench.office import SEED, Office, accept
from tests.bench.process import Served, serving
from tests.bench.session import EndedError, Session
from tests.bench.table import BARE_CYCLES, PEER_CYCLES, PERCENT, Table, spread
from tests.bench.twins import Seed, multiply, order_seeds
from tests.bench.wire import Client, SilentError

TURNS = 3
"""The servers take turns, so that what else the machine does falls on all of them alike."""
BARE_FACTOR = 10
"""So many times the cycles for the bare pair, which is so much faster."""
WANTED_SHARE = 0.4
"""Of the bare pair's cycles a second, at least."""
WANTED_FLATNESS = 15
"""Percent by which a long queue may be slower than a short one."""


@dataclass
class Times:
    """Seconds of the timed calls."""

    send: list[float] = field(default_factory=list)
    receive: list[float] = field(default_factory=list)

    def cycles_per_second(self) -> float:
        """Cycles of both calls in a second of server and wire; what the client does in between is left out."""
        return len(self.receive) / (sum(self.send) + sum(self.receive))


class Runner(Protocol):
    """A server that runs timed cycles."""

    server: Served
    times: Times
    problem: str
    factor: int

    def cycle(self) -> None:
        """Run one; raises SilentError or EndedError."""
        ...


@dataclass
class Bare:
    """The bare pair."""

    server: Served
    times: Times = field(default_factory=Times)
    problem: str = ""
    factor: int = BARE_FACTOR

    def __post_init__(self) -> None:
        self.client = Client(self.server.address)

    def cycle(self) -> None:
        """Run one cycle."""
        self.client.text("sendRequestXML", "ticket", "", "", "US", "13", "0")
        self.times.send.append(self.client.last("sendRequestXML"))
        self.client.integer("receiveResponseXML", "ticket", REQUEST, "", "")
        self.times.receive.append(self.client.last("receiveResponseXML"))


@dataclass
class Queue:
    """The bridge with a number of orders waiting; when all are written the queue is filled again for the next visit."""

    waiting: int
    office: Office
    seeds: Sequence[Seed]
    server: Served
    times: Times = field(default_factory=Times)
    problem: str = ""
    factor: int = 1

    def __post_init__(self) -> None:
        self.client = Client(self.server.address)
        self._company: Company = self.office.company()
        self._made = self._left = self.waiting
        self._session: Session | None = None

    def cycle(self) -> None:
        """Run one cycle; the first of a visit also signs in and reads the lists, which is not timed."""
        session = self._session or self._visit()
        request = session.until("<PurchaseOrderAddRq")
        self.times.send.append(self.client.last("sendRequestXML"))
        session.receive(self._company.process(request))
        self.times.receive.append(self.client.last("receiveResponseXML"))
        self._left -= 1
        if not self._left:
            session.close()
            self._session = None

    def _visit(self) -> Session:
        if not self._left:
            multiply(self.office, self.seeds, range(self._made, self._made + self.waiting))
            self._made, self._left = self._made + self.waiting, self.waiting
        self._session = Session(self.client, self._company, self.office.user_name, self.office.password)
        return self._session


def in_turn(runners: Sequence[Runner], cycles: int, seconds: float) -> None:
    """Run cycles, server by server in turn; one that has had its seconds, or has failed, runs no more."""
    for _ in range(TURNS):
        for runner in runners:
            began = time.perf_counter()
            try:
                for _ in range(-(-cycles * runner.factor // TURNS)):
                    if runner.problem or time.perf_counter() - began > seconds / TURNS:
                        break
                    runner.cycle()
            except (SilentError, EndedError) as error:
                runner.problem = str(error)
                # What it still does would be measured with the others.
                runner.server.kill()


def measure(table: Table, office: Office, waiting: Sequence[int], cycles: int, seconds: float) -> None:
    """Print calls a second, median and 95th percentile of both calls, and how flat they are.

    `cycles` and `seconds` bound what each server is given.
    """
    table.part("One-record cycles")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bare = Bare(stack.enter_context(serving("bare")))
        bare.cycle()
        bare.times = Times()
        queues = []
        for count in waiting:
            own = office.copy(Path(folder) / str(count))
            accept(own, "commitment", order_number(SEED))
            seeds = order_seeds(own)
            multiply(own, seeds, range(1, count))
            server = stack.enter_context(serving("bridge", str(own.folder)))
            queues.append(Queue(count, own, seeds, server))
        in_turn([bare, *queues], cycles, seconds)
    _print(table, bare, queues)


def _print(table: Table, bare: Bare, queues: Sequence[Queue]) -> None:
    pair = bare.times.cycles_per_second()
    elsewhere = f"{BARE_CYCLES:,} cycles/s elsewhere"
    table.row("bare spyne under waitress, doing nothing", f"{pair:,.0f} cycles/s", elsewhere, pair / BARE_CYCLES)
    _print_calls(table, bare.times)
    done = [queue for queue in queues if queue.times.receive]
    for queue in queues:
        name = f"ours, {queue.waiting:,} waiting ({len(queue.times.receive)} cycles)"
        if queue in done:
            speed = queue.times.cycles_per_second()
            table.row(name, f"{speed:,.0f} cycles/s", f"bare pair; at least {WANTED_SHARE:.2f}", speed / pair)
            for peer, share in PEER_CYCLES.items():
                table.row("", "", f"{peer}, {share:.2f} of a bare pair", speed / pair / share)
            _print_calls(table, queue.times)
        if queue.problem or queue not in done:
            table.row(name, queue.problem or "no cycle ended in time")
    for queue in done[1:]:
        for call in ("send", "receive"):
            few, many = (statistics.median(getattr(each.times, call)) for each in (done[0], queue))
            what = f"{call}: {queue.waiting:,} against {done[0].waiting:,} waiting"
            table.row(what, f"{PERCENT * (many / few - 1):+.1f} %", f"at most +{WANTED_FLATNESS} %")


def _print_calls(table: Table, times: Times) -> None:
    for name, seconds in (("sendRequestXML", times.send), ("receiveResponseXML", times.receive)):
        table.row(f"  {name}", f"{len(seconds) / sum(seconds):,.0f} calls/s", spread(seconds))
