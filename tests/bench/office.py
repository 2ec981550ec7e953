"""The data folders that the bench measures on: made by a real first journey between the stand-ins, then multiplied.

One record goes the whole way by hand, so that its rows are what the stations leave behind; SQL then makes as many
twins of it as a queue shall hold.
"""

import datetime as dt
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from qbwc_bridge.bootstrap import App, open_app
from qbwc_bridge.domain.records import Connection, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions, work
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.rehearsal.procore import Procore
from qbwc_bridge.rehearsal.procore.views import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import Company
from tests.bench.bridge import settings_of
from tests.bench.names import company_name, order_number
from tests.journeys.bridge import COMPANY, Bridge, MovedClock

DATABASE = "bridge.db"
CUSTOMER = "Bluestone Clients"
FIRST_ORDER = "PO-FIRST"
SEED = 0
"""The number in the names of the records that are multiplied."""
VENDORS_ORDER = f"V{order_number(SEED)}"
"""The order that waits for a vendor of its own."""


class NowClock(MovedClock):
    """The system's clock: what the bench prepares must not lie in the future of the servers."""

    def now(self) -> dt.datetime:
        """Give the present moment."""
        return dt.datetime.now(dt.UTC)

    def pass_time(self, **parts: int) -> None:
        """Time passes by itself."""


class PlainBridge(Bridge):
    """A bridge whose calls to Procore are not checked against the published operations; tests do that."""

    def transport(self) -> httpx.BaseTransport:
        """The way to the stand-in Procore."""
        return httpx.WSGITransport(app=self.procore.wsgi_app)


@dataclass(frozen=True)
class Office:
    """A data folder, what signs in to it, and a backup of the QuickBooks company that belongs to it."""

    folder: Path
    user_name: str
    password: str
    books: bytes

    def company(self) -> Company:
        """Open a company of one's own out of the backup."""
        made = Company(name=COMPANY, now=NowClock().now)
        made.restore(self.books)
        return made

    def copy(self, folder: Path) -> "Office":
        """Copy the data folder."""
        shutil.copytree(self.folder, folder)
        return Office(folder, self.user_name, self.password, self.books)

    def change(self, step: Any) -> None:
        """Open the bridge, let `step(uow, connection)` decide something, and bring the others up to date."""
        app = open_app(settings_of(self.folder))
        try:
            _change(app, step)
        finally:
            app.close()


def office_of(bridge: Bridge) -> Office:
    """Close a bridge and give its office."""
    bridge.app.close()
    return Office(bridge.folder, bridge.connection.user_name, bridge.password, bridge.company.snapshot())


def seed_office(folder: Path) -> Office:
    """Make a company with one project in which one order is exported.

    A second order of the same vendor and the order of a second vendor are ready and wait to be accepted.
    """
    clock = NowClock()
    procore = Procore(now=clock.now)
    procore.add_cost_type("M", "Materials", "materials")
    procore.add_cost_code("03-300", "Cast-in-Place Concrete")
    first, second = procore.add_vendor("Delta Grading"), procore.add_vendor(company_name(SEED))
    project = procore.add_project("24-001", "Maple Clinic")
    dated = clock.now().date()
    for vendor, number, title in (
        (first, FIRST_ORDER, "First of all"),
        (first, order_number(SEED), "Ready-mix"),
        (second, VENDORS_ORDER, "Form work"),
    ):
        lines = [CommitmentLine("03-300.M", f"Delivered for {number}", Decimal("1250.00"))]
        procore.add_purchase_order(project, number, title, vendor, lines, contract_date=dated)
    bridge = PlainBridge(folder, procore, Company(name=COMPANY, now=clock.now), clock)
    bridge.connect()
    bridge.switch_on(customer=CUSTOMER)
    bridge.visit()
    _change(bridge.app, lambda uow, _: _accept(uow, clock, _first))
    bridge.visit()
    assert [row.number for row in bridge.submissions(kind="commitment", state=State.SYNCED)] == [FIRST_ORDER]
    return office_of(bridge)


def accept(office: Office, kind: str, title: str) -> None:
    """Accept the record of that kind whose number or title is `title`, so that its task is queued."""
    clock = NowClock()
    office.change(lambda uow, _: _accept(uow, clock, lambda row: row.kind == kind and title in {row.number, row.title}))


def _first(row: Submission) -> bool:
    waits = {order_number(SEED), VENDORS_ORDER, company_name(SEED)}
    return not waits & {row.number, row.title}


def _accept(uow: UnitOfWork, clock: MovedClock, wanted: Any) -> None:
    ready = [row for row in uow.submissions.find(state=State.READY) if wanted(row)]
    assert ready
    for row in decisions.in_dependency_order(ready):
        decisions.accept(uow, row, who="Alice", now=clock.now(), seen=decisions.stamp(row))


def _change(app: App, step: Any) -> None:
    with app.kit.work() as uow:
        connection = uow.connections.first()
        assert isinstance(connection, Connection)
        step(uow, connection)
        work.settle(uow, connection, app.kit.options(connection), app.clock.now())
        uow.connections.save(connection)
