"""A released project between a ledger that tests write and the stand-in Procore, reached by the real adapter."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx

from qbwc_bridge.domain import records
from qbwc_bridge.domain.books import CostDocument, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.flow import pushing
from qbwc_bridge.flow.dry_run import DryRun, dry_run
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.pushing import Pushed
from qbwc_bridge.ports import OpenWork, UnitOfWork
from qbwc_bridge.procore.gateway import Gateway
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore
from tests.journeys.bridge import MovedClock
from tests.procore.contract import ContractTransport
from tests.unit.documents import PROJECT, TODAY
from tests.unit.factories import World
from tests.unit.writeback_office import Office

JOB, ORDER, HOST = "J1", "PO1", "http://localhost"
CODES = ("03-300.M", "09-250.L", "09-300.M", "99-999.O")
"""The first two are in the project's budget, the others are made when costs need them."""

TROUBLES: dict[str, Callable[[Procore], None]] = {
    "lost before": lambda procore: procore.fail_next(status=0, count=9),
    "lost after": lambda procore: procore.fail_next(status=0, count=9, after_effect=True),
    "lost once": lambda procore: procore.fail_next(status=0, after_effect=True),
    "fault once": lambda procore: procore.fail_next(status=502, after_effect=True),
    "fault after": lambda procore: procore.fail_next(status=502, count=9, after_effect=True),
    "conflict": lambda procore: procore.fail_next(status=409, count=2),
    "long conflict": lambda procore: procore.fail_next(status=409, count=9),
    "too many": lambda procore: procore.fail_next(status=429, retry_after=7),
    "too many for long": lambda procore: procore.fail_next(status=429, count=9, retry_after=3000),
    "away": lambda procore: procore.fail_next(status=503, count=2, retry_after=3),
    "away for long": lambda procore: procore.fail_next(status=503, count=9),
    "refused": lambda procore: procore.fail_next(status=422, count=1),
    "token taken back": Procore.revoke_tokens,
}
"""What may happen at any call, by name. Nine times is longer than the adapter tries."""


class CrashError(BaseException):
    """The process died: nothing of it runs on, not even its clean-up, for the database is gone."""


@dataclass
class Meddling(httpx.BaseTransport):
    """Lets something happen at the n-th next call, before it goes on."""

    inner: httpx.BaseTransport
    at: dict[int, Callable[[], None]] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        happens = self.at.pop(0, None)
        self.at = {number - 1: each for number, each in self.at.items()}
        if happens:
            happens()
        return self.inner.handle_request(request)


@dataclass
class Site:
    """The project, its ledger, its Procore, and what people see there."""

    office: Office
    procore: Procore
    gateway: Gateway
    wire: Meddling
    project: int
    other: int
    """A project that is switched on and never released; its job has costs too."""
    typed: list[object]
    """The direct costs that people typed, as they were at first."""
    units: int = 0
    """Transactions of the last push."""

    @property
    def world(self) -> World:
        """The bridge."""
        return self.office.world

    @contextmanager
    def counted(self, dies_at: int = -1) -> Iterator[UnitOfWork]:
        """One transaction of a push; from number `dies_at` on none ends any more."""
        number, self.units = self.units, self.units + 1
        with self.world.database.work() as uow:
            yield uow
            if 0 <= dies_at <= number:
                raise CrashError

    def push(self, *, confirmed: bool = True, planned: bool = False, dies_at: int = -1) -> Pushed:
        """Plan, unless it is planned already, and carry out, as the worker does."""
        self.units, work = 0, self._work(dies_at)
        held = "" if planned else self.office.plan(confirmed=confirmed)
        return pushing.push(work, self.gateway, self.world.connection_id, self.world.now, lambda _told: None, held=held)

    def _work(self, dies_at: int) -> OpenWork:
        return lambda: self.counted(dies_at)

    def calm(self) -> None:
        """Let every trouble end, and the hour of a used-up allowance too."""
        self.wire.at.clear()
        self.procore.clear_faults()
        clock = self.gateway_clock
        clock.pass_time(hours=1)

    gateway_clock: MovedClock = field(default_factory=MovedClock)

    def trouble(self, *troubles: tuple[int, str]) -> None:
        """Let these happen at the calls of these numbers."""
        self.wire.at = {number: lambda name=name: TROUBLES[name](self.procore) for number, name in troubles}  # type: ignore[misc]

    def dry_run(self, chosen: ReleaseChoice) -> DryRun:
        """The dry run of a release with these choices."""
        costs = self.gateway.direct_costs(self.project)
        with self.world.unit() as (uow, connection):
            ledger = Ledger(uow, connection, self.world.options)
            facts = Facts(uow, connection, self.world.options)
            return dry_run(facts, ledger, ledger.choices[self.project], costs, chosen)

    def budget(self) -> dict[str, Decimal]:
        """What the project manager sees as direct costs, by code."""
        return {row.code: row.direct_costs for row in self.procore.budget_view(self.project) if row.direct_costs}

    def ours(self) -> dict[str, Decimal]:
        """What the bridge wrote, by code; every direct cost of ours has lines, and each key stands once."""
        costs = [cost for cost in self.procore.direct_costs(self.project) if cost.origin_id]
        assert all(cost.lines for cost in costs), costs
        keys = [cost.origin_id for cost in costs] + [line.origin_id for cost in costs for line in cost.lines]
        assert len(keys) == len(set(keys))
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for line in (line for cost in costs for line in cost.lines):
            sums[line.code] += line.amount
        return {code: amount for code, amount in sums.items() if amount}

    def others(self) -> list[object]:
        """Direct costs that people typed."""
        return [cost for cost in self.procore.direct_costs(self.project) if not cost.origin_id]

    def undisturbed(self) -> None:
        """Assert that what people typed is as it was, and that nothing stands in the project that is not released."""
        assert self.others() == self.typed
        assert self.procore.direct_costs(self.other) == []


def by_code(documents: Sequence[CostDocument]) -> dict[str, Decimal]:
    """What must stand in Procore: items are called like their codes."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in (line for document in documents for line in document.lines if line.job_id == JOB):
        sums[line.item] += line.amount
    return {code: amount for code, amount in sums.items() if amount}


def _stand_in(clock: MovedClock) -> tuple[Procore, int, int, int]:
    """A Procore of two projects; in the first people typed two direct costs."""
    procore = Procore(now=clock.now)
    for code, name, base in (("M", "Materials", "materials"), ("L", "Labor", "other"), ("O", "Other", "other")):
        procore.add_cost_type(code, name, base)
    for code in ("03-300", "09-250", "09-300", "99-999"):
        procore.add_cost_code(code, code)
    vendor = procore.add_vendor("Ready Mix Supply")
    project, other = procore.add_project("24-001", "Hilltop"), procore.add_project("24-002", "Valley")
    for each in (project, other):
        procore.set_budget(each, {"03-300.M": Decimal(5000), "09-250.L": Decimal(900)})
        procore.lock_budget(each)
    procore.add_direct_cost(project, [CommitmentLine("03-300.M", "typed", Decimal("5.00"))], direct_cost_date=TODAY)
    draft = [CommitmentLine("09-250.L", "draft", Decimal("70.00"))]
    procore.add_direct_cost(project, draft, status="draft", direct_cost_date=TODAY)
    return procore, project, other, vendor


def _gateway(procore: Procore, clock: MovedClock) -> tuple[Gateway, Meddling]:
    wire = Meddling(ContractTransport(httpx.WSGITransport(app=procore.wsgi_app)))
    gateway = Gateway(
        login_url=HOST,
        api_url=HOST,
        company_id=procore.company_id,
        client_id=procore.client_id,
        client_secret=procore.client_secret,
        clock=clock,
        sleep=lambda seconds: clock.pass_time(seconds=int(seconds)),
        transport=wire,
    )
    return gateway, wire


def prepare(folder: Path) -> bytes:
    """Make the database of a bridge with a released project; the same story gives Procore the same ids each time."""
    clock = MovedClock()
    procore, project, other, vendor = _stand_in(clock)
    gateway, _ = _gateway(procore, clock)
    world = World(folder)
    with world.unit() as (uow, connection):
        choice = uow.projects.find()[0]
        choice.project_id, choice.release = project, ReleaseChoice(TODAY, "detail", "write")
        choice.budget_codes = gateway.code_book(project).read()
        uow.projects.save(choice)
        second = records.ProjectChoice(connection.id, other, "24-002", "Valley", on=True)
        second.budget_codes = gateway.code_book(other).read()
        uow.projects.add(second)
        for row in uow.submissions.find(project_id=PROJECT):
            uow.submissions.remove(row)
        for kind, key, found in (
            ("job", project, JOB),
            ("job", other, "J2"),
            ("vendor", vendor, "V1"),
            ("commitment", 1, ORDER),
        ):
            row = records.Submission(connection.id, kind, str(key), "", "", "", world.now, world.now)  # type: ignore[arg-type]
            row.project_id, row.quickbooks_id = key if kind == "job" else 0, found
            uow.submissions.add(row)
        for item in CODES:
            uow.mappings.add(records.Mapping(connection.id, "item", item, item))
        order = TransactionRecord(connection.id, "PurchaseOrder", ORDER, "1", "PO-1", "V1", "Ready Mix", "", ZERO)
        order.lines = [TransactionLine("L1", item_name="03-300.M", job_id=JOB)]
        uow.transactions.add(order)
    world.close()
    gateway.close()
    return (folder / "bridge.db").read_bytes()


def open_site(folder: Path, template: bytes) -> Site:
    """Open a prepared bridge beside its Procore."""
    (folder / "bridge.db").write_bytes(template)
    clock = MovedClock()
    procore, project, other, _ = _stand_in(clock)
    gateway, wire = _gateway(procore, clock)
    office = Office(World(folder), gateway)  # type: ignore[arg-type]
    typed: list[object] = list(procore.direct_costs(project))
    return Site(office, procore, gateway, wire, project, other, typed, gateway_clock=clock)
