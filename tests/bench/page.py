"""Part `page`: how long each page of the status page takes over a large connection, and how many statements it runs."""

import contextlib
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from qbwc_bridge.flow.renewing import renew_figures
from qbwc_bridge.storage import Database, open_database
from qbwc_bridge.storage.driver import Driver
from tests.bench import large
from tests.bench.large import NAME, Large
from tests.bench.table import MS, Table
from tests.page.office import NOW, Browser, Office

MOST_MS = 150
ROUNDS = 7

HERE = f"/connections/{NAME}"
PAGES = {
    "overview": "/",
    "records, all": f"{HERE}/submissions",
    "commitments": f"{HERE}/submissions?kind=commitment",
    "commitments, ready": f"{HERE}/submissions?kind=commitment&state=ready_to_export",
    "commitments, page 100": f"{HERE}/submissions?kind=commitment&page=100",
    "commitments by amount": f"{HERE}/submissions?kind=commitment&sort=-amount",
    "change orders, searched": f"{HERE}/submissions?kind=change_order&q=carpentry",
    "a record": f"{HERE}/submissions/{{record}}",
    "a vendor": f"{HERE}/submissions/{{vendor}}",
    "projects": f"{HERE}/projects",
    "a project": f"{HERE}/projects/1",
    "mapping, vendors": f"{HERE}/mapping?kind=vendor",
    "mapping, costs": f"{HERE}/mapping?kind=cost",
    "first steps": f"{HERE}/start",
    "job costs": f"{HERE}/costs",
    "job costs of a project": f"{HERE}/costs/1",
    "its documents": f"{HERE}/costs/1/documents",
    "one document": f"{HERE}/costs/1/documents/{{document}}",
    "reconciliation": f"{HERE}/reconciliation",
    "reconciliation of a project": f"{HERE}/reconciliation?project=1",
    "work in progress": f"{HERE}/wip",
}


CLIENTS = 300
OF_A_CLIENT = Large(submissions=150, lines=60, projects=3, vendors=20)


def measure(table: Table, share: float) -> None:
    """Print the median of each page, held against the limit, and its statements."""
    _measure_one(table, share)
    _measure_many(table, max(4, round(CLIENTS * share)))


def _measure_many(table: Table, clients: int) -> None:
    table.part(f"The overview of {clients} connections with {OF_A_CLIENT.submissions} submissions each")
    with tempfile.TemporaryDirectory() as folder, closing(_new(Path(folder))) as database:
        for number in range(1, clients + 1):
            large.fill(database, OF_A_CLIENT, NOW, f"Client {number:03d}")
        office, browser = signed_in(database)
        for number in range(1, clients + 1):
            renew_figures(office.kit, number)
        _time(table, browser, "overview, a line each", "/")
        _time(table, browser, "one of them", "/connections/Client%20001")


def _measure_one(table: Table, share: float) -> None:
    full = Large()
    size = replace(full, submissions=max(2_000, round(full.submissions * share)), lines=round(full.lines * share))
    table.part(f"The status page over {size.submissions:,} submissions and {size.lines:,} cost lines")
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), size) as (office, browser):
        places = {"document": a_document(office), "record": a_record(office), "vendor": a_record(office, "vendor")}
        for called, path in PAGES.items():
            _time(table, browser, called, path.format(**places))


def _time(table: Table, browser: Browser, called: str, address: str) -> None:
    seconds, statements = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with counted() as ran:
            answer = browser.get(address)
        seconds.append(time.perf_counter() - started)
        statements = len(ran)
        if answer.status_code != 200:
            table.problem(called, f"status {answer.status_code}")
            return
    median = MS * statistics.median(seconds)
    told = f"{median:.0f} ms, {statements} statements, {len(answer.data) // 1024:,} KiB"
    table.row(called, told, f"at most {MOST_MS} ms", median / MOST_MS)


def _new(folder: Path) -> Database:
    return open_database(f"sqlite:///{folder / 'large.db'}")


@contextlib.contextmanager
def opened(folder: Path, size: Large, now: dt.datetime = NOW) -> Iterator[tuple[Office, Browser]]:
    """Open a large office with Alice signed in."""
    with closing(_new(folder)) as database:
        large.fill(database, size, now)
        yield signed_in(database)


def signed_in(database: Database) -> tuple[Office, Browser]:
    """Give the page on a database, and a browser in which somebody may decide."""
    office = Office(database)
    office.employ("Alice", "approver")
    return office, office.signed_in("Alice")


def a_document(office: Office) -> int:
    """Give the number of a document of the first project."""
    with office.kit.work() as uow:
        return uow.costs.find(job_id="J1", limit=1)[0].id


def a_record(office: Office, kind: str = "commitment") -> int:
    """Give the number of a submission of a kind."""
    with office.kit.work() as uow:
        return uow.submissions.find(kind=kind, limit=1)[0].id


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the texts of the statements that run meanwhile."""
    ran: list[str] = []
    fetch = Driver.fetch

    def told(self: Driver, statement: object, values: dict[str, object]) -> object:
        ran.append(str(statement))
        return fetch(self, statement, values)  # type: ignore[arg-type]

    Driver.fetch = told  # type: ignore[method-assign, assignment]
    try:
        yield ran
    finally:
        Driver.fetch = fetch  # type: ignore[method-assign]
