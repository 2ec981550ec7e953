"""Part `sync`: the round trips of a company's first sync, and then visits with nothing to do."""

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from qbwc_bridge.bootstrap import open_app
from qbwc_bridge.rehearsal.procore import Procore
from qbwc_bridge.rehearsal.procore.views import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import Company
from tests.bench.names import company_name, order_number
from tests.bench.office import CUSTOMER, NowClock, PlainBridge
from tests.bench.served import serving
from tests.bench.table import MS, Table, spread
from tests.bench.wire import Client
from tests.journeys.bridge import COMPANY

FEWEST = 5
"""Of each kind in a smaller company: a code and its four types are five items."""
MOST_ROUND_TRIPS = 375
MOST_IDLE_CALLS = 5
MOST_IDLE_MS = 20
IDLE_SECONDS = 1.2
"""Real visits come minutes apart: what the server does once a second falls on each of them."""


@dataclass(frozen=True)
class Size:
    """How many records a company has; items are codes and codes with type, each on some order."""

    items: int = 500
    vendors: int = 200
    jobs: int = 50
    orders: int = 300

    def scaled(self, share: float) -> "Size":
        """Give a smaller company."""
        parts = (self.items, self.vendors, self.jobs, self.orders)
        return Size(*(max(FEWEST, round(part * share)) for part in parts))


@dataclass
class RemoteBridge(PlainBridge):
    """A bridge whose Web Connector talks to a server in another process, on the same database."""

    client: Client | None = None
    posted: list[float] = field(default_factory=list)
    """Seconds of the calls to the server."""

    def start(self) -> None:
        """Open the database; the server is another process."""
        self.app = open_app(self.settings, clock=self.clock, transport=self.transport())

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        assert self.client
        started = time.perf_counter()
        answer = self.client.post(body, headers)
        self.posted.append(time.perf_counter() - started)
        return answer


def measure(table: Table, size: Size, idle_visits: int) -> None:
    """Print round trips, calls and seconds of a first sync, then calls and milliseconds of idle visits."""
    table.part(f"First sync: {size.items} items, {size.vendors} vendors, {size.jobs} jobs, {size.orders} orders")
    with tempfile.TemporaryDirectory() as folder:
        clock = NowClock()
        company = Company(name=COMPANY, now=clock.now)
        bridge = RemoteBridge(Path(folder) / "sync", big_company(size, clock), company, clock)
        bridge.connect(estimates="false")
        bridge.switch_on(customer=CUSTOMER)
        try:
            with serving("bridge", str(bridge.folder)) as server:
                bridge.client = server.client
                _sync(table, bridge, size)
                table.part("A visit with nothing to do, after that sync")
                _idle(table, bridge, idle_visits)
        finally:
            bridge.app.close()


def big_company(size: Size, clock: NowClock) -> Procore:
    """Make a Procore company of that size; every code is on the lines of some order."""
    procore = Procore(now=clock.now)
    types = [("L", "other"), ("M", "materials"), ("S", "commitment"), ("E", "equipment")]
    for letter, base in types:
        procore.add_cost_type(letter, f"Type {letter}", base)
    codes = [f"{1 + number // 50:02d}-{100 + number % 50:03d}" for number in range(size.items // (1 + len(types)))]
    for code in codes:
        procore.add_cost_code(code, f"Work {code}")
    used = [f"{code}.{letter}" for code in codes for letter, _ in types]
    vendors = [procore.add_vendor(company_name(number)) for number in range(size.vendors)]
    names = [company_name(size.vendors + number) for number in range(size.jobs)]
    projects = [procore.add_project(f"24-{number:03d}", name) for number, name in enumerate(names)]
    lines_per_order = -(-len(used) // size.orders)
    for number in range(size.orders):
        mine = [used[(number * lines_per_order + line) % len(used)] for line in range(lines_per_order)]
        procore.add_purchase_order(
            projects[number % len(projects)],
            order_number(number),
            f"Order {number}",
            vendors[number % len(vendors)],
            [CommitmentLine(code, f"Work {code}", Decimal(1000 + number)) for code in mine],
            contract_date=clock.now().date(),
        )
    return procore


def _sync(table: Table, bridge: RemoteBridge, size: Size) -> None:
    """Let QuickBooks' lists be read, accept everything, let it be written: the two visits of a first sync."""
    started = time.perf_counter()
    visits = [bridge.visit()]
    took = time.perf_counter() - started
    bridge.accept_all()
    started = time.perf_counter()
    visits.append(bridge.visit())
    took += time.perf_counter() - started
    company = bridge.company
    made = [len(kind) for kind in (company.items(), company.vendors(), company.jobs(), company.orders())]
    wanted = size.items + size.vendors + size.jobs + size.orders
    table.row("records in QuickBooks", f"{sum(made):,}", f"{wanted:,} in all", sum(made) / wanted)
    trips = sum(len(visit.requests) for visit in visits)
    limit = f"at most {MOST_ROUND_TRIPS}"
    table.row("round trips, lists and a proof included", f"{trips:,}", limit, trips / MOST_ROUND_TRIPS)
    table.row("", "", f"one record each: {wanted:,}", trips / wanted)
    table.row("messages (SOAP calls)", f"{sum(len(visit.calls) for visit in visits):,}")
    table.row("seconds, with the stand-ins' own", f"{took:.1f} s")
    table.row("seconds in the server", f"{sum(bridge.posted):.1f} s")
    for visit in visits:
        if visit.outcome != "done":
            table.problem("a visit", visit.status_text)


def _idle(table: Table, bridge: RemoteBridge, visits: int) -> None:
    """Sign in and be told that there is nothing to do, as the Web Connector does."""
    assert bridge.client
    client, totals = bridge.client, []
    for _ in range(visits):
        time.sleep(IDLE_SECONDS)
        client.text("serverVersion")
        client.text("clientVersion", "2.3.0.215")
        ticket, word = client.texts("authenticate", bridge.connection.user_name, bridge.password)[:2]
        client.text("closeConnection", ticket)
        totals.append(sum(map(client.last, client.seconds)))
        if word != "none":
            table.problem("idle visits", "there was work to do")
            return
    count, median = len(client.seconds), MS * statistics.median(totals)
    table.row("calls", f"{count}", f"at most {MOST_IDLE_CALLS}", count / MOST_IDLE_CALLS)
    limit = f"at most {MOST_IDLE_MS} ms"
    table.row(f"median of {visits} visits", f"{median:.1f} ms", limit, median / MOST_IDLE_MS)
    for name, seconds in client.seconds.items():
        table.row(f"  {name}", spread(seconds))
