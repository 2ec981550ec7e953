"""A whole bridge in one process, between the stand-ins, with a clock that tests move; and what people do with it."""

import datetime as dt
import math
import re
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from qbwc_bridge.bootstrap import App, open_app, web_app
from qbwc_bridge.domain.records import Connection, ReleaseChoice, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions, work
from qbwc_bridge.flow.release_steps import release, try_release
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore, demo_company
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import Application, Visit, WebConnector, wsgi_post
from qbwc_bridge.settings import load_settings
from qbwc_bridge.webconnector.qwc import QwcFile, write_qwc
from qbwc_bridge.worker import pull, push, reconcile
from tests.databases import database_of
from tests.procore.contract import ContractTransport

START = dt.datetime(2026, 3, 10, 15, 0, tzinfo=dt.UTC)
PUBLIC_URL = "http://localhost:8085"
COMPANY = "Bluestone Development LLC"
OFFICE = "America/Los_Angeles"
"""The time zone of the office, and of its PC."""


class MovedClock:
    """A clock that stands still until a test moves it; every reading is a second later, as in life."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> dt.datetime:
        """Give the present moment and let a second pass."""
        self.at += dt.timedelta(seconds=1)
        return self.at

    def pass_time(self, **parts: int) -> None:
        """Let time pass, in the words of timedelta."""
        self.at += dt.timedelta(**parts)


@dataclass
class Bridge:
    """The bridge with both stand-ins. `restart` is what a kill and a new start do to the process."""

    folder: Path
    procore: Procore
    company: Company
    clock: MovedClock
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    tap: Callable[[str, str], None] | None = None
    public_url: str = PUBLIC_URL
    more: Mapping[str, str] = field(default_factory=dict)
    """Further settings of the whole bridge."""

    def __post_init__(self) -> None:
        self.settings = load_settings(
            {
                "data_dir": str(self.folder),
                **database_of(self.folder),
                "public_url": self.public_url,
                "procore_login_url": "http://localhost",
                "procore_api_url": "http://localhost",
                "pull_every_seconds": "0",
                "push_every_seconds": "0",
                "costs_every_seconds": "0",
                "time_zone": OFFICE,
                **self.more,
            },
            environ={},
        )
        self.start()

    def start(self) -> None:
        """Open the database and wire everything anew."""
        self.app: App = open_app(self.settings, clock=self.clock, transport=self.transport(), sleep=self._wait)
        self.wsgi = web_app(self.app)

    def _wait(self, seconds: float) -> None:
        """Let the seconds pass that Procore asks to wait."""
        self.clock.pass_time(seconds=math.ceil(seconds))

    def transport(self) -> httpx.BaseTransport:
        """The way to the stand-in Procore; each call is checked against Procore's operations, or the test skipped."""
        return ContractTransport(httpx.WSGITransport(app=self.procore.wsgi_app))

    def restart(self) -> None:
        """Forget all that the process knew; only the database stays."""
        self.app.close()
        self.start()

    def connect(self, *, company_name: str = COMPANY, **settings: str) -> None:
        """Make the connection and add its .qwc to the Web Connector."""
        kit = self.app.kit
        with kit.work() as uow:
            self.connection = uow.connections.add(
                Connection(
                    name="Bluestone",
                    procore_company_id=self.procore.company_id,
                    procore_client_id=self.procore.client_id,
                    procore_secret=self.app.vault.seal(self.procore.client_secret),
                    user_name="bluestone",
                    password_hash=kit.hash_token(self.password),
                    file_id=f"{{{uuid.uuid4()}}}",
                    key=secrets.token_hex(4),
                    company_name=company_name,
                    settings={
                        "income_account": "Construction Income",
                        "expense_account": "Job Expenses",
                        "default_customer": "Bluestone Clients",
                        **settings,
                    },
                )
            )
        self.connector = self.web_connector(self.company)
        self.connector.add()

    def web_connector(self, company: Company) -> WebConnector:
        """A Web Connector on a PC where that company is open, always talking to the present process."""
        qwc = write_qwc(QwcFile("qbwc-bridge Bluestone", PUBLIC_URL, "bluestone", self.connection.file_id))
        return WebConnector(
            Application.parse(qwc),
            self.password,
            company,
            self._post,
            now=self.clock.now,
            sleep=lambda seconds: self.clock.pass_time(seconds=int(seconds)),
            get=lambda _url: 200,
            tap=lambda call, moment: self.tap(call, moment) if self.tap else None,
        )

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Reach whatever process runs now."""
        return wsgi_post(self.wsgi)(body, headers)

    # ------------------------------------------------------------ what people do

    def pull(self) -> list[str]:
        """Read Procore; gives what could not be read."""
        return pull(self.app.kit, self.connection.id).problems

    def switch_on(self, *numbers: str, customer: str = "Bluestone Clients", create: bool = True) -> None:
        """Switch projects on, all of them when none is named, and read Procore."""
        self.pull()
        with self.app.kit.work() as uow:
            for row in uow.projects.find(connection_id=self.connection.id):
                if not numbers or row.number in numbers:
                    row.on, row.customer, row.create_customer = True, customer, create
                    uow.projects.save(row)
        self.pull()

    def visit(self) -> Visit:
        """Let the Web Connector visit once."""
        return self.connector.visit()

    def hire_in_between(self, name: str) -> None:
        """Let an employee get a vendor's name after the names were read: QuickBooks refuses that vendor."""
        real = self.company.process

        def process(text: str) -> str:
            if "<VendorAddRq" in text:
                self.company.add_employee(name)
            return real(text)

        self.company.process = process  # type: ignore[method-assign, assignment]

    def hide_employees(self) -> None:
        """Let QuickBooks refuse the list of employees, as to a user without that right."""
        real = self.company.process
        pattern = re.compile(r'<EmployeeQueryRs requestID="(\w+)"[^>]*?(/>|>.*?</EmployeeQueryRs>)', re.DOTALL)
        refused = 'statusCode="3261" statusSeverity="Error" statusMessage="No permission."'

        def process(text: str) -> str:
            return pattern.sub(rf'<EmployeeQueryRs requestID="\1" {refused} />', real(text))

        self.company.process = process  # type: ignore[method-assign, assignment]

    def submissions(self, **criteria: Any) -> list[Submission]:
        """Submissions as stored."""
        with self.app.kit.work() as uow:
            return uow.submissions.find(connection_id=self.connection.id, **criteria)

    def find(self, kind: str, number: str) -> Submission:
        """The one submission of that kind whose number or title begins so."""
        rows = [r for r in self.submissions(kind=kind) if r.number.startswith(number) or r.title.startswith(number)]
        assert len(rows) == 1, (kind, number, rows)
        return rows[0]

    def accept_all(self) -> int:
        """Accept everything that is ready, in dependency order; gives how many."""
        with self.app.kit.work() as uow:
            rows = uow.submissions.find(connection_id=self.connection.id, state=State.READY)
            for row in decisions.in_dependency_order(rows):
                decisions.accept(uow, row, who="Alice", now=self.clock.now(), seen=decisions.stamp(row))
            connection = uow.connections.get(self.connection.id)
            work.settle(uow, connection, self.app.kit.options(connection), self.clock.now())
        return len(rows)

    def decide(self, decision: Callable[..., None], row: Submission, **words: object) -> None:
        """Carry out one decision and bring the others up to date."""
        with self.app.kit.work() as uow:
            now = self.clock.now()
            decision(uow, uow.submissions.get(row.id), who="Alice", now=now, **words)
            connection = uow.connections.get(self.connection.id)
            work.settle(uow, connection, self.app.kit.options(connection), now)

    def refresh_costs(self) -> None:
        """Ask for a fresh reading of costs with the next visit."""
        with self.app.kit.work() as uow:
            connection = uow.connections.get(self.connection.id)
            connection.costs_wanted = True
            uow.connections.save(connection)

    def release(self, *numbers: str, po_bills: str = "write", before: str = "detail") -> None:
        """Dry-run and release projects."""
        chosen = ReleaseChoice(dt.date(2000, 1, 1), before, po_bills)  # type: ignore[arg-type]
        for row in self.projects(*numbers):
            try_release(self.app.kit, self.connection.id, row)
            release(self.app.kit, self.connection.id, row, chosen, who="Alice")

    def projects(self, *numbers: str) -> list[int]:
        """Ids of the projects of these numbers."""
        with self.app.kit.work() as uow:
            rows = uow.projects.find(connection_id=self.connection.id)
            return [row.project_id for row in rows if row.number in numbers]

    def push(self, *, confirmed: bool = False) -> None:
        """Write costs to Procore; what is refused fails the test."""
        outcome = push(self.app.kit, self.connection.id, confirmed=confirmed)
        assert not outcome.problems, outcome.problems
        assert not outcome.brake, outcome.brake

    def difference(self) -> Decimal:
        """What reconcile says."""
        return reconcile(self.app.kit, self.connection.id).proof.difference


def small_company(now: Callable[[], dt.datetime]) -> Procore:
    """A Procore with one of each: project, vendor, budget code, locked budget, order of two lines, change order."""
    procore = Procore(now=now)
    procore.add_cost_type("M", "Materials", "materials")
    procore.add_cost_code("03-300", "Cast-in-Place Concrete")
    vendor = procore.add_vendor("Ready Mix Supply")
    project = procore.add_project("24-001", "Maple Clinic")
    procore.set_budget(project, {"03-300.M": Decimal("5000.00")})
    procore.lock_budget(project)
    lines = [CommitmentLine("03-300.M", f"Pour {number}", Decimal(1000 * number)) for number in (1, 2)]
    order = procore.add_purchase_order(project, "PO-1", "Concrete", vendor, lines, contract_date=START.date())
    more = CommitmentLine("03-300.M", "Steps", Decimal("150.00"), changes_line=procore.commitment_lines(order)[0])
    procore.add_change_order(order, "001", "Steps to the lobby", [more])
    return procore


@contextmanager
def connected_bridge(
    folder: Path,
    procore: Callable[[Callable[[], dt.datetime]], Procore] = demo_company,
    public_url: str = PUBLIC_URL,
    more: Mapping[str, str] | None = None,
) -> Iterator[Bridge]:
    """A connected bridge between a Procore (the demonstration's) and a fresh QuickBooks company."""
    clock = MovedClock()
    company = Company(name=COMPANY, now=lambda: clock.now().astimezone(ZoneInfo(OFFICE)))
    company.add_vendor("Smith & Sons")
    made = Bridge(folder, procore(clock.now), company, clock, public_url=public_url, more=more or {})
    made.connect()
    try:
        yield made
    finally:
        made.app.close()


def states(rows: list[Submission]) -> dict[str, str]:
    """State by kind and number, for messages of failing tests."""
    return {f"{row.kind} {row.number or row.title}": f"{row.state} {row.reasons}{row.waits_for}" for row in rows}
