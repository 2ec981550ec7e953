"""An office with two connections and three people, made of what the stations themselves would store."""

import datetime as dt
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from werkzeug.test import Client, TestResponse

from qbwc_bridge.domain.books import CostDocument, CostLine, ListKind, ListRecord
from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.people import Person, Role
from qbwc_bridge.domain.procore import (
    Budget,
    BudgetCode,
    BudgetRow,
    Commitment,
    ContractLine,
    CostCode,
    CostType,
    Document,
    Project,
    Vendor,
)
from qbwc_bridge.domain.records import (
    Connection,
    DocumentRow,
    ProjectChoice,
    ReleaseChoice,
    Submission,
)
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions, work
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.moves import move
from qbwc_bridge.ports import Procore, UnitOfWork
from qbwc_bridge.statuspage.app import status_page
from qbwc_bridge.statuspage.ask import Ticking
from qbwc_bridge.storage import Database, Vault, check_password, hash_password

NOW = dt.datetime(2026, 3, 10, 15, 42, tzinfo=dt.UTC)
MAIN, OTHER = "Bluestone", "Harbor View"
EMPLOYEE = "Dorothea Wageearner"

CONCRETE = BudgetCode(501, "03-300", "M", "Cast-in-Place Concrete", "Materials")
LABOR = BudgetCode(502, "03-300", "L", "Cast-in-Place Concrete", "Labor")
DRYWALL = BudgetCode(503, "09-250", "S", "Drywall", "Subcontract")

_PAIR = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    at: dt.datetime = NOW

    def now(self) -> dt.datetime:
        """Give the moment it stands at."""
        return self.at

    def pass_time(self, **parts: float) -> None:
        """Let time pass, in the words of timedelta."""
        self.at += dt.timedelta(**parts)


def no_procore(_connection: Connection) -> Procore:
    """Fail: the page calls Procore for a dry run only."""
    raise AssertionError("the page called Procore")


def qwc_of(connection: Connection) -> str:
    """Stand in for the writer of .qwc files, which has tests of its own."""
    return f"<QBWCXML><UserName>{connection.user_name}</UserName></QBWCXML>"


def quick_hash(password: str) -> str:
    """Stand in for argon2 where a test is not about it: a tenth of a second each would make the tests slow."""
    return f"quick {password[::-1]}"


def quick_check(password: str, password_hash: str) -> bool:
    """Check a quick hash."""
    return password_hash == quick_hash(password)


@dataclass
class Office:
    """The page with its database, a clock to move, and everybody's passwords."""

    database: Database
    quick: bool = True
    public_url: str = "http://localhost:8085"
    clockwork: Ticking | None = None
    clock: Clock = field(default_factory=Clock)
    passwords: dict[str, str] = field(default_factory=dict)
    procore: Callable[[Connection], Procore] = no_procore

    def __post_init__(self) -> None:
        self.vault = Vault(secrets.token_bytes(32))
        self.kit = Kit(
            work=self.database.work,
            clock=self.clock,
            procore_for=lambda connection: self.procore(connection),  # noqa: PLW0108 - tests set it later
            language=Language.load("{0}"),
            hash_token=self.vault.hash_token,
            defaults={"time_zone": "America/Chicago"},
        )
        self.hash: Callable[[str], str] = quick_hash if self.quick else hash_password
        self.page = status_page(
            self.kit,
            self.vault,
            check_password=quick_check if self.quick else check_password,
            hash_password=self.hash,
            public_url=self.public_url,
            clockwork=self.clockwork,
            qwc=qwc_of,
        )

    def open(self) -> "Office":
        """Fill the database: two connections, Alice who decides, Victor who looks, Charlie of the other connection."""
        with self.kit.work() as uow:
            fill(self.kit, uow, MAIN)
            fill(self.kit, uow, OTHER)
        self.employ("Alice", "approver")
        self.employ("Victor", "viewer")
        self.employ("Charlie", "approver", OTHER)
        return self

    def employ(self, name: str, role: Role, *connections: str) -> None:
        """Let a person sign in."""
        self.passwords[name] = secrets.token_urlsafe(12)
        with self.kit.work() as uow:
            uow.people.add(Person(name, role, self.hash(self.passwords[name]), list(connections)))

    def visitor(self) -> "Browser":
        """Give a browser in which nobody is signed in."""
        return Browser(self, Client(self.page))

    def signed_in(self, name: str) -> "Browser":
        """Give a browser in which a person is signed in."""
        browser = self.visitor()
        answer = browser.sign_in(name, self.passwords[name])
        assert answer.status_code == 303, answer.text
        return browser

    def row(self, number: str, connection: str = MAIN) -> Submission:
        """Give a submission as it is stored now, by its number or title."""
        with self.kit.work() as uow:
            found = uow.connections.first(name=connection)
            assert found is not None
            rows = uow.submissions.find(connection_id=found.id)
        (row,) = [row for row in rows if number in (row.number, row.title)]
        return row

    def change(self, name: str = MAIN, **fields: Any) -> None:
        """Change fields of a connection."""
        with self.kit.work() as uow:
            row = uow.connections.first(name=name)
            assert row is not None
            for key, value in fields.items():
                setattr(row, key, value)
            uow.connections.save(row)


@dataclass
class Browser:
    """A browser without script: it keeps cookies and sends the forms that a page shows."""

    office: Office
    client: Client

    def get(self, path: str, **more: Any) -> TestResponse:
        """Ask for a page."""
        return self.client.get(path, **{"environ_base": {"REMOTE_ADDR": "127.0.0.1"}, **more})

    def sign_in(self, name: str, password: str, **more: Any) -> TestResponse:
        """Send the sign-in form."""
        return self.client.post("/login", data={"name": name, "password": password, **more})

    def csrf(self) -> str:
        """Give the token that the pages of this session carry."""
        found = _PAIR.search(self.get("/").text)
        assert found
        return found[1]

    def decide(self, action: str, *rows: Submission, connection: str = MAIN, **more: str) -> TestResponse:
        """Send a decision about records as the browser last saw them; confirmed unless told otherwise."""
        form: dict[str, Any] = {"csrf": self.csrf(), "action": action, "confirmed": "1"}
        form |= {"pick": [f"{row.id}:{decisions.stamp(row)}" for row in rows], **more}
        return self.client.post(f"/connections/{connection}/submissions/decide", data=form)

    def follow(self, answer: TestResponse) -> TestResponse:
        """Go where an answer sends."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["Location"])


def fill(kit: Kit, uow: UnitOfWork, name: str) -> None:
    """Store a connection with two projects, what Procore and QuickBooks said, and what the stations make of it."""
    connection = uow.connections.add(
        Connection(
            name=name,
            procore_company_id=4711,
            procore_client_id="client",
            procore_secret=b"sealed",
            user_name=f"bridge-{name}",
            password_hash="",
            file_id="{0}",
            key=secrets.token_hex(4),
            settings={"income_account": "Job Income", "expense_account": "Job Expenses"},
            company=Company(name=f"{name} Development LLC", product="QuickBooks Enterprise Solutions 24.0"),
            bound_name=f"{name} Development LLC",
            last_contact=NOW - dt.timedelta(minutes=6),
            lists_read_at=NOW - dt.timedelta(days=9),
            costs_read_at=NOW - dt.timedelta(minutes=50),
            costs_whole_at=NOW - dt.timedelta(days=9),
        )
    )
    _lists(uow, connection)
    _projects(uow, connection)
    long_ago = NOW - dt.timedelta(days=2, hours=3)
    work.settle(uow, connection, kit.options(connection), long_ago)
    for row in uow.submissions.find(connection_id=connection.id, kind=["job", "cost_code"]):
        _exported(uow, row, long_ago + dt.timedelta(hours=1))
    _costs(uow, connection)
    work.settle(uow, connection, kit.options(connection), NOW)


def _lists(uow: UnitOfWork, connection: Connection) -> None:
    wanted: list[tuple[ListKind, str, str]] = [
        ("account", "Job Income", "Income"),
        ("account", "Job Expenses", "CostOfGoodsSold"),
        ("customer", "Maple Holdings", ""),
        ("vendor", "Pacific Drywall", ""),
        ("vendor", "Smith & Sons, Inc.", ""),
        ("account", "Job Expenses:Fuel", "CostOfGoodsSold"),
        ("account", "Payroll Expenses", "Expense"),
    ]
    for number, (kind, full_name, found) in enumerate(wanted):
        uow.lists.add(
            ListRecord(
                connection.id,
                kind,
                f"L{number}",
                full_name,
                full_name,
                fold(full_name),
                is_active=True,
                edit_sequence="1",
                type=found,
            )
        )


def _projects(uow: UnitOfWork, connection: Connection) -> None:
    def keep(kind: str, key: object, document: Document, project_id: int = 0) -> None:
        uow.documents.add(DocumentRow(connection.id, kind, str(key), document, project_id, NOW))

    codes = [CONCRETE, LABOR, DRYWALL]
    release = ReleaseChoice(dt.date(2026, 1, 1), "none", "write")
    for number, called in enumerate(["Maple Clinic", "Harbor Lofts"], 1):
        choice = ProjectChoice(connection.id, number, f"24-00{number}", called, on=True, customer="Maple Holdings")
        choice.budget_codes = codes
        choice.release = release if number == 1 else None
        uow.projects.add(choice)
        keep("project", number, Project(number, f"24-00{number}", called), number)
    for code in ("03-300", "09-250"):
        keep("cost_code", code, CostCode(1, code, "Cast-in-Place Concrete" if code == "03-300" else "Drywall"))
    for number, (letter, called) in enumerate([("L", "Labor"), ("M", "Materials"), ("S", "Subcontract")]):
        keep("cost_type", letter, CostType(number, letter, called))
    for number, called in [(71, "Pacific Drywall"), (72, "Smith and Sons, Inc."), (73, "Zoë's <Glass> & “More”")]:
        keep("vendor", number, Vendor(number, called, city="Portland"))
    rows = (BudgetRow(CONCRETE, Decimal("90000.00")), BudgetRow(DRYWALL, Decimal("38000.00"), Decimal("-1500.00")))
    keep("budget", 1, Budget(1, locked=True, rows=rows), 1)
    keep("budget", 2, Budget(2, locked=False, rows=rows[:1]), 2)
    for order in _commitments():
        keep("commitment", order.id, order, order.project_id)


def _commitments() -> list[Commitment]:
    def order(number: int, called: str, title: str, amount: str, **more: Any) -> Commitment:
        line = ContractLine(number * 10, title, Decimal(amount), DRYWALL)
        values = {"vendor_id": 71, "vendor_name": "Pacific Drywall", "revised": Decimal(amount), **more}
        return Commitment(number, values.pop("project_id", 1), called, title, "Approved", (line,), **values)

    return [
        order(901, "PO-001", "Board and studs", "18500.00"),
        order(902, "SC-014", "Grading and drainage", "84000.00", subcontract=True),
        order(903, "PO-009", "Doors and frames", "12450.00", vendor_id=None, vendor_name=""),
        order(904, "PO-2024-000123", "Glass", "-250.50", vendor_id=73, vendor_name="Zoë's <Glass>", project_id=2),
    ]


def _exported(uow: UnitOfWork, row: Submission, at: dt.datetime) -> None:
    """Bring a record into QuickBooks, by the moves that an export takes."""
    if row.state is State.BLOCKED:
        move(uow, row, State.READY, now=at)
    decisions.accept(uow, row, who="Alice", now=at)
    move(uow, row, State.EXPORTING, now=at, why="sent")
    row.quickbooks_id, row.quickbooks_name, row.exported_version = f"QB{row.id}", row.number or row.title, row.version
    move(uow, row, State.SYNCED, now=at, why="QuickBooks has it")


def _costs(uow: UnitOfWork, connection: Connection) -> None:
    jobs = {row.project_id: row for row in uow.submissions.find(connection_id=connection.id, kind="job")}

    def document(txn_id: str, kind: str, amount: str, **more: Any) -> None:
        job = jobs[more.pop("project_id", 1)]
        item, account = more.pop("item", ""), more.pop("account", "Job Expenses")
        line = CostLine(job.quickbooks_id, "Maple", account, "CostOfGoodsSold", item, Decimal(amount), counted=True)
        made = CostDocument(connection.id, txn_id, kind, dt.date(2026, 2, 27), lines=[line], **more)
        made.settle()
        uow.costs.add(made)

    document("B1", "Bill", "4300.00", item="09-250.S", ref_number="7781", payee="Pacific Drywall", vendor_id="L3")
    document("C1", "Check", "1234.56", item="03-300.M", project_id=2, payee="Redi-Mix", vendor_id="L9")
    document("J1", "JournalEntry", "250.50", account="Job Expenses:Fuel", ref_number="JE 12")
    document("R1", "Check", "88.00", account="Job Expenses:Fuel", payee=EMPLOYEE)
    document("pay-2026-02-27", "Paycheck", "3100.00", account="Payroll Expenses")
