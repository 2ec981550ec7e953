"""Part `processes`: many offices at once, on SQLite with one process, and on PostgreSQL with one, two and four."""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qbwc_bridge.worker import pull
from tests import postgresql
from tests.bench.served import serving
from tests.bench.session import EndedError, Session
from tests.bench.table import Table
from tests.bench.wire import Client, SilentError
from tests.journeys.fleet import Office, Town

OFFICES = 8
"""So many visit at the same time, each with calls to one process, as behind the documented proxy."""
PROCESSES = (1, 2, 4)
CLOCKS = {"pull_every_seconds": "0"}
ORDER = "<PurchaseOrderAddRq "
NOTE = (
    f"{OFFICES} offices at the same time. Clients and their QuickBooks run on the same processors, so more processes\n"
    "than these help little here."
)


@dataclass(frozen=True)
class Outcome:
    """What all offices together did in the seconds from the first order to the last."""

    cycles: int
    calls: int
    seconds: float


def measure(table: Table, cycles: int, seconds: float) -> None:
    """Print cycles and calls a second of all offices together; `cycles` and `seconds` bound each row."""
    table.part("One-record cycles of several processes on one database")
    table.say(NOTE)
    orders = -(-4 * cycles // OFFICES)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        with _town(Path(folder) / "sqlite", "", orders) as town:
            name = "SQLite, 1 process"
            if outcome := _measured(table, name, town, [""], seconds):
                _print(table, name, outcome, None)
        try:
            server = stack.enter_context(postgresql.running(Path(folder) / "server"))
        except ImportError as error:
            table.problem("PostgreSQL", str(error))
            return
        url = server.new_url()
        alone: float | None = None
        with _town(Path(folder) / "postgresql", url, orders) as town:
            for count in PROCESSES:
                name = f"PostgreSQL, {count} process{'es' if count > 1 else ''}"
                if outcome := _measured(table, name, town, [server.copy_of(url)] * count, seconds):
                    speed = _print(table, name, outcome, alone)
                    alone = alone or speed


def _print(table: Table, name: str, outcome: Outcome, alone: float | None) -> float:
    """Print a row, held against one process on the same database; gives its cycles a second."""
    speed = outcome.cycles / outcome.seconds
    against = ("1 process", speed / alone) if alone else ("", "")
    table.row(f"{name}, {outcome.cycles} cycles", f"{speed:,.0f} cycles/s", *against)
    table.row("  calls a second", f"{outcome.calls / outcome.seconds:,.0f}")
    return speed


def _measured(table: Table, name: str, town: Town, databases: Sequence[str], seconds: float) -> Outcome | None:
    """Start a process for each address (empty: that of the folder), and let the offices visit them."""
    books = [office.company.snapshot() for office in town.offices]
    try:
        with ExitStack() as stack:
            servers = [
                stack.enter_context(serving("bridge", str(town.folder), *filter(None, [url]))) for url in databases
            ]
            return _run(town.offices, [server.client.address for server in servers], seconds)
    except (EndedError, SilentError, threading.BrokenBarrierError) as error:
        table.problem(name, str(error))
        return None
    finally:
        for office, book in zip(town.offices, books, strict=True):
            office.company.restore(book)


def _run(offices: Sequence[Office], addresses: Sequence[str], seconds: float) -> Outcome:
    """Let every office visit in a thread of its own, with calls to one process; all begin with their first order."""
    began = threading.Barrier(len(offices))

    def visit(place: int) -> tuple[int, int, float, float]:
        office = offices[place]
        with closing(Client(addresses[place % len(addresses)])) as client:
            session = Session(client, office.company, office.user_name, office.password)
            request = session.until(ORDER)
            prepared, cycles = sum(map(len, client.seconds.values())), 0
            began.wait(timeout=120)
            start = time.perf_counter()
            try:
                while time.perf_counter() - start < seconds:
                    session.receive(office.company.process(request))
                    cycles += 1
                    request = session.until(ORDER)
            except EndedError:
                pass  # every order is written
            end = time.perf_counter()
            return cycles, sum(map(len, client.seconds.values())) - prepared, start, end

    with ThreadPoolExecutor(len(offices)) as pool:
        found = list(pool.map(visit, range(len(offices))))
    lasted = max(end for *_, end in found) - min(start for _, _, start, _ in found)
    return Outcome(sum(cycles for cycles, *_ in found), sum(calls for _, calls, *_ in found), lasted)


@contextmanager
def _town(folder: Path, database_url: str, orders: int) -> Iterator[Town]:
    """Make offices whose every record may go, and nothing is written; the bridge that made them is closed."""
    folder.mkdir()
    town = Town(folder, database_url or f"sqlite:///{folder / 'bridge.db'}", CLOCKS)
    try:
        for _ in range(orders):
            town.order()
        for number in range(OFFICES):
            town.open_office(f"office-{number}", _nobody, pcs=1)
            pull(town.app.kit, town.offices[-1].connection_id)
    finally:
        town.close()
    yield town


def _nobody(*_: object) -> tuple[int, dict[str, str], bytes]:
    raise ConnectionRefusedError("the bench visits by itself")
