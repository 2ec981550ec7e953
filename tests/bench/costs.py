"""Part `costs`: the first reading of a large company's job costs, a reading with nothing new, and one changed bill."""

import datetime as dt
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.flow.release_steps import release, try_release
from qbwc_bridge.rehearsal.quickbooks import Company, Line, names_of, post_years
from qbwc_bridge.worker import push
from tests.bench.names import company_name
from tests.bench.office import CUSTOMER, NowClock
from tests.bench.served import Served, serving
from tests.bench.sync import RemoteBridge, Size, big_company
from tests.bench.table import Table
from tests.journeys.bridge import COMPANY

DOCUMENTS, LINES_EACH = 25_000, 4
MOST_MB = 250
MOST_CALLS = 25
WAIT_SECONDS = 600
"""How long the clockwork may take to apply what was read."""
RECENT = dt.timedelta(days=30)
"""Costs from so long ago on are written to Procore; what is older is not what is measured."""


def measure(table: Table, share: float) -> None:
    """Print rate and memory of the first reading, then calls and records of later ones."""
    documents = max(40, round(DOCUMENTS * share))
    lines = documents * LINES_EACH
    table.part(f"Job costs: {documents:,} documents with {lines:,} lines over five years")
    with tempfile.TemporaryDirectory() as folder:
        clock = NowClock()
        company = Company(name=COMPANY, now=clock.now)
        size = Size(items=60, vendors=30, jobs=12, orders=12)
        bridge = RemoteBridge(Path(folder) / "costs", big_company(size, clock), company, clock)
        bridge.connect(estimates="false")
        bridge.switch_on(customer=CUSTOMER)
        try:
            with serving("bridge", str(bridge.folder), "--clockwork") as server:
                bridge.client = server.client
                bridge.visit()
                bridge.accept_all()
                bridge.visit()
                yesterday = clock.now().date() - dt.timedelta(days=1)  # nothing is entered later than now
                post_years(company, names_of(company), yesterday, documents=documents, lines=lines)
                _first(table, bridge, server, lines)
                _nothing_new(table, bridge)
                _one_bill(table, bridge)
        finally:
            bridge.app.close()


def _read(bridge: RemoteBridge) -> tuple[int, float, float]:
    """Let costs be read and applied; gives calls, seconds in the server's calls, and seconds until all was applied."""
    bridge.refresh_costs()
    bridge.posted.clear()
    visit = bridge.visit()
    assert visit.outcome == "done", visit.status_text
    ended = time.perf_counter()
    while time.perf_counter() - ended < WAIT_SECONDS:
        with bridge.app.kit.work() as uow:
            if not uow.readings.has(applied_at=None):
                return len(visit.calls), sum(bridge.posted), time.perf_counter() - ended
        time.sleep(0.1)
    raise TimeoutError("the clockwork did not apply the reading")


def _first(table: Table, bridge: RemoteBridge, server: Served, lines: int) -> None:
    server.forget_peak()
    calls, called, applied = _read(bridge)
    memory = server.memory()
    table.row("calls of the visit", f"{calls:,}")
    table.row("seconds in the server, then until applied", f"{called:.1f} s, {applied:.1f} s")
    table.row("lines a second, all that together", f"{lines / (called + applied):,.0f}")
    if memory:
        table.row("peak memory of the server", f"{memory[1]:.0f} MB", f"at most {MOST_MB} MB", memory[1] / MOST_MB)
    with bridge.app.kit.work() as uow:
        cents = sum(uow.costs.sums("cost_cents", "job_id", deleted=False).values())
    left = sum(bridge.company.job_costs().values()) - Decimal(cents).scaleb(-2)
    table.row("QuickBooks' own cost less the ledger's", f"{left:,.2f}", "0.00")
    if left:
        table.problem("the ledger", f"it differs by {left:,.2f}")


def _nothing_new(table: Table, bridge: RemoteBridge) -> None:
    table.part("A reading with nothing new")
    with bridge.app.kit.work() as uow:
        newest = uow.message_sets.find(order="-id", limit=1)[0].id
    calls, called, _ = _read(bridge)
    with bridge.app.kit.work() as uow:
        asked = [row for row in uow.message_sets.find(purpose="costs") if row.id > newest]
    table.row("calls, messages about costs among them", f"{calls}, {len(asked)}")
    table.row("seconds in the server", f"{called:.2f} s")


def _one_bill(table: Table, bridge: RemoteBridge) -> None:
    table.part("One changed bill of a released project, in one visit and one push")
    kit, connection = bridge.app.kit, bridge.connection
    today = bridge.clock.now().date()
    job = bridge.submissions(kind="job")[0]
    item = next(each for each in names_of(bridge.company).items if ":" in each)  # a code with its type
    bill = bridge.company.enter_bill(
        company_name(0), [Line(Decimal("100.00"), item=item, job=job.quickbooks_name)], txn_date=today, ref_number="A"
    )
    _read(bridge)
    try_release(kit, connection.id, job.project_id)
    chosen = ReleaseChoice(today - RECENT, "none", "write")
    release(kit, connection.id, job.project_id, chosen, who="bench")
    started = time.perf_counter()
    first = push(kit, connection.id, confirmed=True)
    table.row("direct costs of the first push", f"{first.written:,} in {time.perf_counter() - started:.1f} s")
    bridge.company.edit_bill(bill, lines=[Line(Decimal("250.00"), item=item, job=job.quickbooks_name)])
    calls, _, _ = _read(bridge)
    before = len(bridge.procore.calls)
    outcome = push(kit, connection.id, confirmed=True)
    there = len(bridge.procore.calls) - before
    if outcome.written != 1 or outcome.problems:
        table.problem("one changed bill", f"{outcome.written} written, {outcome.problems[:1]}")
    limit = f"fewer than {MOST_CALLS}"
    table.row("calls of the visit, of the push", f"{calls}, {there}", limit, (calls + there) / MOST_CALLS)
