"""Servers that run timed cycles: the bridge with a queue, and a bare pair that does nothing beside it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from qbwc_bridge.rehearsal.quickbooks import Company
from tests.bench.bare import REQUEST
from tests.bench.office import Office
from tests.bench.served import Served
from tests.bench.session import EndedError, Session
from tests.bench.twins import Seed, multiply
from tests.bench.wire import SilentError

TURNS = 6
"""The servers take turns, so that what else the machine does falls on all of them alike."""
BARE_FACTOR = 10
"""So many times the cycles for the bare pair, which is so much faster."""


@dataclass
class Times:
    """Seconds of the timed calls, and the records that they carried."""

    send: list[float] = field(default_factory=list)
    receive: list[float] = field(default_factory=list)
    records: int = 0

    def cycles_per_second(self) -> float:
        """Cycles of both calls in a second of server and wire; what the client does in between is left out."""
        return len(self.receive) / (sum(self.send) + sum(self.receive))

    def records_per_second(self) -> float:
        """Records in the same second."""
        return self.records / (sum(self.send) + sum(self.receive))


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
        self.client = self.server.client
        self.cycle()  # the first opens the connection
        self.times = Times()

    def cycle(self) -> None:
        """Run one cycle."""
        self.client.text("sendRequestXML", "ticket", "", "", "US", "13", "0")
        self.times.send.append(self.client.last("sendRequestXML"))
        self.answer(REQUEST)
        self.times.records += 1

    def answer(self, text: str) -> float:
        """Bring an answer; gives the seconds."""
        self.client.integer("receiveResponseXML", "ticket", text, "", "")
        self.times.receive.append(self.client.last("receiveResponseXML"))
        return self.times.receive[-1]


@dataclass
class Queue:
    """The bridge with a number of records waiting, which go by requests of one kind (`wanted`, an element's name).

    When all are written the queue is filled again from the seeds for the next visit.
    """

    waiting: int
    wanted: str
    office: Office
    seeds: Sequence[Seed]
    server: Served
    times: Times = field(default_factory=Times)
    problem: str = ""
    factor: int = 1

    def __post_init__(self) -> None:
        self.client = self.server.client
        self._company: Company = self.office.company()
        self._made = self._left = self.waiting
        self._session: Session | None = None

    def cycle(self) -> None:
        """Run one cycle; the first of a visit also signs in and reads the lists, which is not timed."""
        session = self._session or self._visit()
        element = f"<{self.wanted} "
        request = session.until(element)
        self.times.send.append(self.client.last("sendRequestXML"))
        session.receive(self._company.process(request))
        self.times.receive.append(self.client.last("receiveResponseXML"))
        self.times.records += request.count(element)
        self._left -= request.count(element)
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
