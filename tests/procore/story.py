"""What happens in an office between QuickBooks' ledger and Procore, told by a seed: the same costs, the same people.

`prepare` makes a bridge with two released projects once; `Site` opens a copy of it before a Procore of its own, reached
through a real socket. The same story told twice gives Procore the same ids.
"""

import datetime as dt
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from qbwc_bridge.bootstrap import App, open_app
from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.procore import Budget, Project, Vendor
from qbwc_bridge.domain.procore_billing import Billing
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore
from qbwc_bridge.rehearsal.procore.limits import Limits
from qbwc_bridge.settings import load_settings
from qbwc_bridge.worker import pull, push
from tests.journeys.bridge import START, Bridge, connected_bridge
from tests.procore.misbehaving import Deed, Misbehaving
from tests.unit.factories import LANGUAGE

NUMBERS = ("24-001", "24-002")
CODES = ("03-300.M", "03-300.L", "09-250.M", "01-500.O")
MISSING_CODES = ("09-250.L", "03-300.O")
"""Codes that costs need and no budget has: the bridge makes them."""

BORN_JOB, BORN_VENDOR = "26-001 City Library", "Acme Paving"
ROUNDS = 2
VENDORS, ORDERS, TYPED = 7, 3, 4
"""How many vendors there are, and orders and typed direct costs in each project: more than the shortest page holds."""


def company(now: Callable[[], dt.datetime]) -> Procore:
    """Two projects with locked budgets, vendors, orders and change orders, and direct costs that people typed."""
    procore = Procore(now=now)
    for code, name, base in (("M", "Materials", "materials"), ("L", "Labor", "other"), ("O", "Other", "other")):
        procore.add_cost_type(code, name, base)
    for code, name in (("03-300", "Concrete"), ("01-500", "Temporary Facilities"), ("09-250", "Drywall")):
        procore.add_cost_code(code, name)
    vendors = [procore.add_vendor(f"Vendor {number}") for number in range(VENDORS)]
    for number in NUMBERS:
        project = procore.add_project(number, f"Clinic {number}")
        procore.set_budget(project, dict.fromkeys(CODES, Decimal("50000.00")))
        procore.lock_budget(project)
        for at in range(ORDERS):
            lines = [CommitmentLine(CODES[at % 4], f"Part {part}", Decimal(100 * part + at)) for part in (1, 2)]
            add = procore.add_subcontract if at % 2 else procore.add_purchase_order
            order = add(project, f"{number[-1]}-PO-{at}", f"Order {at}", vendors[at], lines, contract_date=START.date())
            more = CommitmentLine(CODES[at % 4], "More", Decimal(50), changes_line=procore.commitment_lines(order)[0])
            procore.add_change_order(order, f"{at:03}", f"Change {at}", [more])
        for at in range(TYPED):
            typed = [CommitmentLine(CODES[at % 4], "typed", Decimal(at + 1))]
            procore.add_direct_cost(project, typed, direct_cost_date=START.date(), description=f"Typed {at}")
    return procore


@dataclass(eq=False)
class Template:
    """The folder of a prepared bridge, and what belongs to it outside."""

    folder: Path
    connection_id: int
    client_id: str
    client_secret: str
    jobs: dict[str, str]
    """ListIDs by project number."""
    items: dict[str, tuple[str, str]]
    """ListID and name by code."""
    vendor: str
    """ListID of a vendor that Procore has too."""


def prepare(folder: Path) -> Template:
    """Let QuickBooks take in both projects, release their costs, and accept what was born in QuickBooks."""
    with connected_bridge(folder, company) as bridge:
        bridge.switch_on(*NUMBERS)
        for _ in range(2):
            bridge.visit()
            bridge.accept_all()
        bridge.visit()
        bridge.company.add_customer(BORN_JOB, parent="Bluestone Clients")
        bridge.company.add_vendor(BORN_VENDOR)
        bridge.clock.pass_time(minutes=16)
        bridge.refresh_costs()
        bridge.visit()
        with bridge.app.kit.work() as uow:
            for record in uow.lists.find(connection_id=bridge.connection.id, name=[BORN_JOB, BORN_VENDOR]):
                record.born = True
                uow.lists.save(record)
            for code in MISSING_CODES:
                uow.mappings.add(Mapping(bridge.connection.id, "item", code, code))
        bridge.release(*NUMBERS)
        bridge.pull()
        bridge.accept_all()
        return _template(folder, bridge)


def _template(folder: Path, bridge: Bridge) -> Template:
    jobs = {row.number: row.quickbooks_id for row in bridge.submissions(kind="job") if row.quickbooks_id}
    found = {row.key: (row.quickbooks_id, row.quickbooks_name) for row in bridge.submissions(kind="cost_code")}
    vendor = next(row.quickbooks_id for row in bridge.submissions(kind="vendor") if row.quickbooks_id)
    return Template(
        folder,
        bridge.connection.id,
        bridge.procore.client_id,
        bridge.procore.client_secret,
        {number: jobs[number] for number in NUMBERS},
        {code: found[code] for code in CODES} | {code: ("", code) for code in MISSING_CODES},
        vendor,
    )


class Clock:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.at = START + dt.timedelta(hours=2)

    def now(self) -> dt.datetime:
        """Give the present moment."""
        return self.at

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.at += dt.timedelta(seconds=seconds)


@dataclass
class Site:
    """A bridge and its Procore, and between them a server that may misbehave."""

    app: App
    connection_id: int
    server: Misbehaving
    clock: Clock

    @property
    def procore(self) -> Procore:
        """Procore, as people see it."""
        return self.server.procore

    def close(self) -> None:
        """Stop everything."""
        self.app.close()
        self.server.close()

    def allow(self, *, hourly: int = 100_000, spike: int = 100_000) -> None:
        """Set how many calls Procore takes in an hour and in ten seconds."""
        self.procore._app._limits = Limits(now=self.procore._state.now, hourly=hourly, spike=spike)

    def post(self, documents: list[CostDocument]) -> None:
        """Let the ledger be exactly these documents, as a reading of QuickBooks' costs would leave it."""
        with self.app.kit.work() as uow:
            known = {row.txn_id: row for row in uow.costs.find(connection_id=self.connection_id)}
            for document in documents:
                stored = replace(document)
                stored.settle()
                old = known.pop(stored.txn_id, None)
                if old:
                    stored.id = old.id
                    uow.costs.save(stored)
                else:
                    uow.costs.add(stored)
            for gone in known.values():
                gone.deleted = gone.deletion_known = True
                gone.settle()
                uow.costs.save(gone)

    def pull(self) -> list[str]:
        """Read Procore; gives what could not be read."""
        return pull(self.app.kit, self.connection_id).problems

    def push(self) -> list[str]:
        """Write to Procore; gives what could not be written."""
        return push(self.app.kit, self.connection_id, confirmed=True).problems


def open_site(folder: Path, template: Template, random: Random, **limits: int) -> Site:
    """Open a copy of a prepared bridge; `limits` are those of Procore's two windows of calls."""
    shutil.copytree(template.folder, folder)
    clock = Clock()
    ahead = dt.timedelta(seconds=random.randint(-600, 600))  # clocks of two companies never agree
    made = company(lambda: clock.now() + ahead)
    made._login.client_id, made._login.client_secret = template.client_id, template.client_secret
    server = Misbehaving(made, random, clock.pass_time, page_size=random.choice([2, 4, 300]))
    settings = load_settings(
        {
            "data_dir": str(folder),
            "procore_login_url": server.url,
            "procore_api_url": server.url,
            "time_zone": "America/Los_Angeles",
        },
        environ={},
    )
    with patch("qbwc_bridge.bootstrap.Language.load", lambda *_, **__: LANGUAGE):  # the same for every site
        app = open_app(settings, clock=clock, sleep=clock.pass_time)
    site = Site(app, template.connection_id, server, clock)
    site.allow(**limits)
    return site


def end_state(site: Site) -> dict[str, list[Any]]:
    """What stands in Procore and what the bridge knows of it, without the ids that Procore gives as things come."""
    procore = site.procore
    there: dict[str, list[Any]] = {
        "vendors": sorted(vendor.name for vendor in procore._state.vendors.values()),
        "projects": sorted((each.number, each.name) for each in procore._state.projects.values()),
    }
    for at, number in enumerate(NUMBERS):
        project = _project(procore, at)
        there[f"direct costs of {number}"] = sorted(
            (
                cost.origin_id or "",
                cost.description,
                cost.direct_cost_type,
                cost.status,
                cost.vendor,
                cost.invoice_number,
                cost.direct_cost_date,
                # Our key of a line ends with the id of its code, which is Procore's.
                sorted(((line.origin_id or "").rpartition(":")[0], line.code, line.amount) for line in cost.lines),
            )
            for cost in procore.direct_costs(project)
        )
        there[f"budget of {number}"] = sorted((row.code, row.direct_costs) for row in procore.budget_view(project))
    names = {
        code.id: f"{standard[code.cost_code_id]}.{code.cost_type_id}"
        for project in procore._state.projects.values()
        for standard in [{each.id: each.full_code for each in project.cost_codes.values()}]
        for code in project.wbs_codes.values()
    }
    with site.app.kit.work() as uow:
        there["documents"] = sorted(
            # Of what is gone, it depends on the moment what was seen last.
            (row.kind, row.key if row.gone else _told(row.document, names), row.gone)
            for row in uow.documents.find(connection_id=site.connection_id)
        )
        there["submissions"] = sorted(
            (row.kind, row.number, row.title, row.state, *row.reasons)
            for row in uow.submissions.find(connection_id=site.connection_id)
        )
        there["outbox"] = sorted(
            (
                row.origin_id,
                row.wanted and (row.wanted.description, row.wanted.amount(), len(row.wanted.lines)),
                row.settled,
                row.in_flight,
                row.message,
            )
            for row in uow.writebacks.find(connection_id=site.connection_id)
            if row.wanted or not row.settled
        )
        there["connection"] = [(row.brake, row.procore_down) for row in uow.connections.find()]
    return there


def _told(document: Any, names: dict[int, str]) -> str:
    """Tell a document without what depends on the order in which things were made; `names` are those of codes by id."""
    match document:
        case Project() | Vendor():
            document = replace(document, id=0)
        case Budget():
            document = replace(document, rows=tuple(sorted(document.rows, key=lambda row: names[row.code.id])))
        case Billing(forecasts=forecasts) if forecasts:
            by_name = sorted(forecasts, key=lambda forecast: names[forecast.budget_code_id])
            document = replace(document, forecasts=tuple(by_name))
    return re.sub(r"(BudgetCode\(id=|budget_code_id=)(\d+)", lambda m: m[1] + names[int(m[2])], repr(document))


@dataclass
class Round:
    """What happens between two pushes: what the ledger is from now on, and what people do in Procore meanwhile."""

    documents: list[CostDocument]
    people: list[Deed]
    hours: float


def story(seed: int, template: Template) -> list[Round]:
    """Tell a story: costs come, change and go, and so do orders, change orders, vendors and typed direct costs."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn, and a seed must tell the same story again
    # These need every code and stay: else it would depend on the moment which codes are made at all.
    every_code = [
        _document(template, f"E{job}", job, "Bill", [*CODES, *MISSING_CODES]) for job in template.jobs.values()
    ]
    ledger: dict[str, CostDocument] = {}
    typed = [(project, cost) for project in range(2) for cost in range(TYPED)]
    doomed = [(0, 0), (1, 0)]  # orders that may be deleted, and are left alone before
    told = []
    for number in range(ROUNDS):
        for txn_id in [txn_id for txn_id in ledger if random.random() < 0.2]:
            del ledger[txn_id]
        for txn_id in [txn_id for txn_id in ledger if random.random() < 0.4]:
            ledger[txn_id] = _drawn(random, template, txn_id, ledger[txn_id])
        for at in range(random.randint(1, 5)):
            ledger[f"T{number}-{at}"] = _drawn(random, template, f"T{number}-{at}", None)
        people = [_person(random, number, typed, doomed) for _ in range(random.randint(1, 4))]
        told.append(Round([*every_code, *ledger.values()], people, random.choice([0.2, 1.0, 3.0])))
    return told


def _drawn(random: Random, template: Template, txn_id: str, before: CostDocument | None) -> CostDocument:
    """Draw a document; one that is changed stays on its job."""
    job = before.lines[0].job_id if before else template.jobs[random.choice(NUMBERS)]
    codes = random.sample([*CODES, *MISSING_CODES], random.randint(1, 3))
    kind = before.txn_type if before and random.random() < 0.8 else random.choice(("Bill", "Check", "VendorCredit"))
    document = _document(template, txn_id, job, kind, codes)
    document.txn_date -= dt.timedelta(days=random.randint(0, 90))
    for line in document.lines:
        line.amount = Decimal(random.randint(-50_000, 500_000)).scaleb(-2)
    return document


def _document(template: Template, txn_id: str, job: str, kind: str, codes: list[str]) -> CostDocument:
    """Make a document of today with a line for each code."""
    lines = [
        CostLine(job, "", "Job Expenses", "CostOfGoodsSold", item, Decimal("10.00"), counted=True, item_id=item_id)
        for item_id, item in (template.items[code] for code in codes)
    ]
    return CostDocument(
        template.connection_id,
        txn_id,
        kind,
        START.date(),
        ref_number=f"R-{txn_id}",
        vendor_id=template.vendor,
        lines=lines,
    )


def _person(random: Random, number: int, typed: list[tuple[int, int]], doomed: list[tuple[int, int]]) -> Deed:
    """Draw one deed; what is gone is not touched again."""
    name, amount = f"{number}-{random.randint(0, 10**9)}", Decimal(random.randint(1, 900))
    project, order, vendor = random.randrange(2), random.randrange(1, ORDERS), random.randrange(VENDORS)
    line = CommitmentLine(random.choice(CODES), name, amount)
    gone = (0, 0)
    orders, costs = "purchase_order_contracts", "direct_costs"
    deeds = {
        "vendor": Deed(lambda there: there.add_vendor(f"New {name}"), "vendors"),
        "rename": Deed(lambda there: there.set_vendor(sorted(there._state.vendors)[vendor], address=name)),
        "order": Deed(
            lambda there: there.add_purchase_order(_project(there, project), name, name, None, [line]), orders
        ),
        "change": Deed(
            lambda there: there.add_change_order(_order(there, project, order), name, "More", [line]),
            "change_order_packages",
        ),
        "line": Deed(lambda there: there.add_commitment_line(_order(there, project, order), line)),
        "type": Deed(
            lambda there: there.add_direct_cost(
                _project(there, project), [line], direct_cost_date=START.date(), description=f"By hand {name}"
            ),
            costs,
        ),
        "delete typed": Deed(lambda there: _untype(there, *gone), costs),
        "delete order": Deed(lambda there: there.delete_commitment(_order(there, *gone)), orders),
    }
    goes = {"delete typed": typed, "delete order": doomed}
    chosen = random.choice([deed for deed in deeds if goes.get(deed, True)])
    if chosen in goes:
        gone = goes[chosen].pop(random.randrange(len(goes[chosen])))
    return deeds[chosen]


def _project(procore: Procore, at: int) -> int:
    return next(each.id for each in procore._state.projects.values() if each.number == NUMBERS[at])


def _order(procore: Procore, project: int, at: int) -> int:
    number = f"{NUMBERS[project][-1]}-PO-{at}"
    found = procore._state.projects[_project(procore, project)].commitments.values()
    return next(each.id for each in found if each.number == number)


def _untype(procore: Procore, project: int, at: int) -> None:
    number = _project(procore, project)
    cost = next(each for each in procore.direct_costs(number) if each.description == f"Typed {at}")
    procore.delete_direct_cost(number, cost.id)
