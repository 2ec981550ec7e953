"""Part `reading`: calls that rounds of reading Procore take, and their time under the smallest documented limits.

Time is a clock that passes only by waiting: what is told is what Procore's limits cost, not this machine.
"""

import datetime as dt
import math
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx

from qbwc_bridge.bootstrap import open_app
from qbwc_bridge.domain.procore import Commitment
from qbwc_bridge.domain.reading import LOCK, SMALLEST_HOURLY, SMALLEST_SPIKE, lasting
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.rotation import CALLS_PER_ROUND, USUAL_SECONDS, Asked
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore
from qbwc_bridge.worker import Pulled, pull
from tests.bench.bridge import settings_of
from tests.bench.table import Table

SIZES = (1, 20, 200)
ROUNDS = 96
"""A day of the usual clock, with its nightly comparison."""
MOST_CALLS = 20_000
"""Calls of one size at most: with many projects fewer rounds tell the same."""
START = dt.datetime(2026, 3, 10, 15, 0, tzinfo=dt.UTC)
OF_COMPANY = (
    "/rest/v1.0/projects",
    "/rest/v1.0/vendors",
    "/rest/v1.0/standard_cost_codes",
    "/rest/v1.0/line_item_types",
)
"""Lists that all projects share; the lists of cost code lists are below the company's own path."""


class WaitedClock:
    """Stands still but for waiting."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> dt.datetime:
        """Give the present moment."""
        return self.at

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at += dt.timedelta(seconds=seconds)


@dataclass
class Round:
    """What one reading took: calls for projects and for the company's lists, and the seconds that it waited."""

    projects: int
    company: int
    waited: float
    pulled: Pulled


@dataclass
class Site:
    """A bridge in this process on a stand-in Procore with so many projects, every one switched on."""

    folder: Path
    size: int
    hourly: int = SMALLEST_HOURLY
    spike: int = SMALLEST_SPIKE
    clock: WaitedClock = field(default_factory=WaitedClock)
    projects: list[int] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.procore = Procore(now=self.clock.now, hourly_limit=self.hourly, spike_limit=self.spike)
        self._build()
        self.clock.wait(3600)
        transport = httpx.WSGITransport(app=self.procore.wsgi_app)
        self.app = open_app(settings_of(self.folder), clock=self.clock, transport=transport, sleep=self.clock.wait)
        with self.app.kit.work() as uow:
            self.connection = uow.connections.add(
                Connection(
                    name="Bluestone",
                    procore_company_id=self.procore.company_id,
                    procore_client_id=self.procore.client_id,
                    procore_secret=self.app.vault.seal(self.procore.client_secret),
                    user_name="bluestone",
                    password_hash="",
                    file_id="{0}",
                    key="abcd2345",
                )
            )

    def _build(self) -> None:
        procore = self.procore
        procore.add_cost_type("M", "Materials", "materials")
        procore.add_cost_code("03-300", "Cast-in-Place Concrete")
        vendor = procore.add_vendor("Ready Mix Supply")
        for number in range(self.size):
            project = procore.add_project(f"26-{number:03}", f"Site {number}")
            procore.set_budget(project, {"03-300.M": Decimal(90_000)})
            procore.lock_budget(project)
            procore.approve_budget_change(project, 1, {"03-300.M": Decimal(500)})
            line = CommitmentLine("03-300.M", "Ready-mix", Decimal(12_500))
            order = procore.add_purchase_order(project, f"PO-{number}", "Concrete", vendor, [line])
            procore.add_subcontract(project, f"SC-{number}", "Pump", vendor, [line])
            procore.add_change_order(order, "001", "Steps", [CommitmentLine("03-300.M", "Steps", Decimal(150))])
            self.projects.append(project)
            self.orders.append(order)

    def close(self) -> None:
        """Close the bridge."""
        self.app.close()

    def switch_on(self, numbers: Sequence[int] = ()) -> None:
        """Switch these projects on, or all of them."""
        with self.app.kit.work() as uow:
            for row in uow.projects.find():
                if not numbers or row.project_id in numbers:
                    row.on, row.customer = True, "Clients"
                    uow.projects.save(row)

    def read(self, asked: Asked = "round") -> Round:
        """Read once."""
        calls, began = len(self.procore.calls), self.clock.now()
        pulled = pull(self.app.kit, self.connection.id, asked=asked)
        made = [call for call in self.procore.calls[calls:] if call.path != "/oauth/token"]
        of = Counter(call.path in OF_COMPANY or call.path.startswith("/rest/v1.0/companies") for call in made)
        return Round(of[False], of[True], (self.clock.now() - began).total_seconds(), pulled)

    def round(self) -> Round:
        """Read once by the clock, then wait for the next round."""
        began = self.clock.now()
        done = self.read()
        self.clock.wait(max(0.0, USUAL_SECONDS - (self.clock.now() - began).total_seconds()))
        return done

    def unread(self) -> int:
        """How many projects were never read whole."""
        with self.app.kit.work() as uow:
            return sum(1 for row in uow.projects.find(on=True) if row.reading.whole_at is None)

    def oldest_lock(self) -> float:
        """Seconds since the lock that was read longest ago."""
        with self.app.kit.work() as uow:
            return max(
                (self.clock.now() - row.reading.read_at[LOCK]).total_seconds() for row in uow.projects.find(on=True)
            )

    def knows(self, order: int, title: str) -> bool:
        """Whether the bridge holds an order under that title."""
        with self.app.kit.work() as uow:
            row = uow.documents.first(kind="commitment", key=str(order))
            return row is not None and isinstance(row.document, Commitment) and row.document.title == title


def measure(table: Table, sizes: Sequence[int], rounds: int) -> None:
    """Print, for each number of projects, what the first reading and later rounds take."""
    table.part(f"Reading Procore under {SMALLEST_HOURLY} calls an hour and {SMALLEST_SPIKE} in ten seconds")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            site = Site(Path(folder), size)
            try:
                _measure(table, site, min(rounds, max(8, MOST_CALLS // (size * CALLS_PER_ROUND))))
            finally:
                site.close()


def _measure(table: Table, site: Site, rounds: int) -> None:
    named = "1 project" if site.size == 1 else f"{site.size} projects"
    site.read()
    site.switch_on()
    began, calls = site.clock.now(), site.read().projects
    while site.unread():
        site.clock.wait(USUAL_SECONDS)
        calls += site.read().projects
    first = (site.clock.now() - began).total_seconds()
    table.row(f"{named}, read for the first time", f"{calls:,} calls, {lasting(first)}")
    site.clock.wait(USUAL_SECONDS)
    done = [site.round() for _ in range(rounds)]
    each = sum(one.projects for one in done) / rounds
    company = sum(one.company for one in done) / rounds
    per = each / site.size
    table.row(
        "  nothing new, calls a round",
        f"{each:.2f}, {per:.2f} a project",
        f"at most {CALLS_PER_ROUND} a project",
        per / CALLS_PER_ROUND,
    )
    table.row("  for the company's lists", f"{company:.2f} calls a round")
    waited = max(one.waited for one in done)
    table.row("  a round waits for the limits", f"{lasting(waited)} at most")
    age = max(site.oldest_lock(), USUAL_SECONDS)
    table.row("  a whole round, every lock read", f"within {lasting(math.ceil(age / 60) * 60)}")
    site.procore.set_commitment(site.orders[-1], title="Concrete and pump")
    changed = []
    while not site.knows(site.orders[-1], "Concrete and pump"):
        changed.append(site.round())
    more = sum(one.projects for one in changed) / len(changed)
    table.row("  one change, calls a round", f"{more:.2f} in {len(changed)} rounds until it is read")
    site.procore.set_commitment(site.orders[-1], title="Concrete, pump and hoses")
    site.clock.wait(USUAL_SECONDS)
    with site.app.kit.work() as uow:
        row = uow.projects.first(project_id=site.projects[-1])
        assert row is not None
        row.touched_at = site.clock.now()
        uow.projects.save(row)
    site.clock.wait(1)
    told = site.read("touched")
    assert site.knows(site.orders[-1], "Concrete, pump and hoses")
    table.row("  one change that a webhook told", f"{told.projects + told.company} calls, {lasting(told.waited)}")
