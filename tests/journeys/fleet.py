"""Real servers on one PostgreSQL, to be killed and started again, and the offices whose companies visit them."""

import datetime as dt
import itertools
import os
import secrets
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

from qbwc_bridge.bootstrap import App, open_app
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import Application, WebConnector, http_post
from qbwc_bridge.rehearsal.webconnector.company import RequestProcessor
from qbwc_bridge.settings import load_settings
from qbwc_bridge.webconnector.qwc import QwcFile, write_qwc
from qbwc_bridge.worker import pull
from tests.journeys.bridge import COMPANY
from tests.support import free_port, wait_until_up

KINDS = "cost_code,job,vendor,budget,commitment,change_order"
CODE = "03-300.M"
PLENTY = 10_000_000
"""Calls an hour that the stand-in Procore lets pass: nothing here is about its limits."""


def now() -> dt.datetime:
    """The present moment."""
    return dt.datetime.now(dt.UTC)


@dataclass
class Server:
    """One server of a fleet: a real child process with a data folder of its own."""

    folder: Path
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    child: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        self.folder.mkdir(exist_ok=True)
        listen = {"QBWC_BRIDGE_LISTEN": f"127.0.0.1:{self.port}"}
        command = [sys.executable, "-m", "qbwc_bridge", "--data-dir", str(self.folder), "serve"]
        with (self.folder / "serve.log").open("ab") as log:
            self.child = subprocess.Popen(
                command, env={**self.environment, **listen}, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """SIGKILL."""
        if self.child:
            self.child.kill()
            self.child.wait()
            self.child = None

    def wait_until_up(self) -> None:
        """Wait until it answers; fails the test where it does not."""
        assert self.child, "it was not started"
        wait_until_up(self.child, self.port, self.folder / "serve.log")

    def log(self) -> str:
        """All that it wrote."""
        return (self.folder / "serve.log").read_text(encoding="utf-8")


@dataclass
class Fleet:
    """Servers on one database behind the smallest of proxies: each call goes to the next one that listens."""

    servers: list[Server]
    answered: Counter[int] = field(default_factory=Counter)
    """Calls by port."""
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)

    def start(self) -> None:
        """Start all at once."""
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_until_up()

    def stop(self) -> None:
        """Kill all."""
        for server in self.servers:
            server.kill()

    def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Carry one call; a server that is down is passed by, one that dies with the call in its hands is not."""
        first = next(self._turn)
        for place in range(len(self.servers)):
            port = self.servers[(first + place) % len(self.servers)].port
            post = http_post(f"http://127.0.0.1:{port}/qbwc")
            try:
                answer = post(body, headers)
            except ConnectionRefusedError:
                continue
            finally:
                post.close()
            self.answered[port] += 1
            return answer
        raise ConnectionRefusedError("no server listens")

    def kill_at_random(self, random: Random, seconds: float, pause: tuple[float, float]) -> int:
        """Kill one server after another, and start each again a moment later; gives how many were killed."""
        killed, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(random.uniform(*pause))
            server = random.choice(self.servers)
            server.kill()
            killed += 1
            time.sleep(random.uniform(0, 0.5))
            server.start()
        for server in self.servers:
            server.wait_until_up()
        return killed


@dataclass
class Office:
    """A connection, the company that it is bound to, and the PCs whose Web Connectors visit for it."""

    connection_id: int
    user_name: str
    password: str
    company: Company
    connectors: list[WebConnector]
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[BaseException] = field(default_factory=list)

    def poll(self, connector: WebConnector, stop: threading.Event, pause: float) -> None:
        """Visit again and again."""
        try:
            while not stop.wait(pause):
                self.outcomes[connector.visit().outcome] += 1
        except BaseException as fault:
            self.faults.append(fault)
            raise


class SecondPc:
    """The same company opened on a second PC: the end of its session leaves the iterators of the first alone."""

    def __init__(self, company: Company) -> None:
        self.process, self.hcp_response, self.stamp = company.process, company.hcp_response, company.stamp

    def end_session(self) -> None:
        """End the session with QuickBooks."""


class Town:
    """A Procore company with a project under way, and many offices that take its records into their own QuickBooks."""

    def __init__(self, folder: Path, database_url: str, settings: Mapping[str, str]) -> None:
        self.procore = Procore(now=now, hourly_limit=PLENTY, spike_limit=PLENTY)
        self.served = self.procore.serve()
        self.settings = {
            "database_url": database_url,
            "secret_key_file": str(folder / "secret.key"),
            "procore_login_url": self.served.url,
            "procore_api_url": self.served.url,
            "push_every_seconds": "0",
            "costs_every_seconds": "0",
            "time_zone": "America/Los_Angeles",
            **settings,
        }
        self.folder = folder
        self.app: App = open_app(load_settings({"data_dir": str(folder), **self.settings}, environ={}))
        self.offices: list[Office] = []
        self.amounts: dict[str, Decimal] = {}
        """What each order of Procore comes to."""
        self.procore.add_cost_type("M", "Materials", "materials")
        self.procore.add_cost_code("03-300", "Cast-in-Place Concrete")
        self.vendor = self.procore.add_vendor("Ready Mix Supply")
        self.project = self.procore.add_project("24-001", "Maple Clinic")
        self.procore.set_budget(self.project, {CODE: Decimal(90_000)})
        self.procore.lock_budget(self.project)

    def close(self) -> None:
        """Close what this process holds."""
        self.app.close()
        self.served.close()

    def fleet(self, count: int) -> Fleet:
        """So many servers on the database, not started yet."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("QBWC_BRIDGE_")}
        environment = clean | {f"QBWC_BRIDGE_{key.upper()}": value for key, value in self.settings.items()}
        return Fleet([Server(self.folder / f"server-{number}", environment) for number in range(count)])

    def let_leases_end(self) -> None:
        """Let the quarter of an hour pass for which a killed process keeps others from reading Procore."""
        for office in self.offices:
            with self.app.kit.work(office.connection_id) as uow:
                for lease in uow.leases.find(connection_id=office.connection_id):
                    lease.until = now()
                    uow.leases.save(lease)

    def order(self) -> None:
        """Let a project manager approve one more purchase order."""
        number = len(self.amounts) + 1
        name, amount = f"PO-{number}", Decimal(1000 + number)
        lines = [CommitmentLine(CODE, f"Pour {number}", amount)]
        self.procore.add_purchase_order(self.project, name, "Concrete", self.vendor, lines, contract_date=now().date())
        self.amounts[name] = amount

    def open_office(self, name: str, post: Callable[..., tuple[int, Mapping[str, str], bytes]], pcs: int) -> None:
        """Make a connection that exports everything at once, with its project on, and the PCs that visit for it."""
        kit, password = self.app.kit, secrets.token_urlsafe(16)
        chosen = {
            "income_account": "Construction Income",
            "expense_account": "Job Expenses",
            "default_customer": "Bluestone Clients",
            "direct_export": KINDS,
        }
        with kit.work() as uow:
            connection = uow.connections.add(
                Connection(
                    name=name,
                    procore_company_id=self.procore.company_id,
                    procore_client_id=self.procore.client_id,
                    procore_secret=self.app.vault.seal(self.procore.client_secret),
                    user_name=name,
                    password_hash=kit.hash_token(password),
                    file_id=f"{{{uuid.uuid4()}}}",
                    key=secrets.token_hex(4),
                    company_name=COMPANY,
                    settings=chosen,
                )
            )
        pull(kit, connection.id)
        with kit.work(connection.id) as uow:
            for row in uow.projects.find(connection_id=connection.id):
                row.on, row.customer, row.create_customer = True, "Bluestone Clients", True
                uow.projects.save(row)
        company = Company(name=COMPANY, now=now)
        qwc = Application.parse(write_qwc(QwcFile(name, "http://localhost:8085", name, connection.file_id)))
        desks: list[RequestProcessor] = [company, *(SecondPc(company) for _ in range(pcs - 1))]
        connectors = [
            WebConnector(qwc, password, desk, post, now=now, sleep=time.sleep, get=lambda _url: 200) for desk in desks
        ]
        connectors[0].add()
        self.offices.append(Office(connection.id, name, password, company, connectors))
