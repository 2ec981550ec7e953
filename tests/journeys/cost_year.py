"""A year in the office: everything that can happen to job costs in QuickBooks, drawn at random."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.rehearsal.procore import Procore
from qbwc_bridge.rehearsal.quickbooks import Company, JournalLine, Line, PaycheckLine, QuickBooksError
from tests.journeys.bridge import Bridge

VENDOR = "Smith & Sons"
CREW = ("Wilhelmina Obscura", "Florence Nightingale")
FUEL = "Job Expenses:Fuel"


@dataclass
class Office:
    """A bookkeeper who posts, corrects and deletes. `jobs` and `items` are ListIDs, whatever they are called today."""

    company: Company
    random: Random
    today: Callable[[], dt.date]
    jobs: list[str]
    items: list[str]
    papers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """TxnIDs by kind."""
    told: list[str] = field(default_factory=list)
    """What happened, for the message of a test that fails."""
    number: int = 1000
    made: list[str] = field(default_factory=list)
    """Jobs and items that the year brought, which may be merged away."""
    merged: bool = False
    """Whether something was merged since somebody looked: the bridge sees it with the lists read whole, once a day."""

    def act(self) -> None:
        """Do one thing, unless QuickBooks refuses it."""
        name = self.random.choice(_ACTIONS)
        self.told.append(name)
        with suppress(QuickBooksError):
            getattr(self, f"_{name}")()

    # ------------------------------------------------------------ what is drawn

    def _amount(self) -> Decimal:
        return Decimal(self.random.randint(1, 900_000)).scaleb(-2)

    def _day(self) -> dt.date:
        return self.today() - dt.timedelta(days=self.random.randint(0, 360))

    def _line(self) -> Line:
        job = self.random.choice([*self.jobs, *self.jobs, ""])
        of_class = self.random.choice(["", "Labor"])
        if self.random.random() < 0.7:
            return Line(self._amount(), item=self.random.choice(self.items), job=job, class_name=of_class)
        account = self.random.choice([FUEL, "Job Expenses", "Retainage Payable", "Payroll Expenses"])
        return Line(self._amount(), account=account, job=job, class_name=of_class)

    def _lines(self) -> list[Line]:
        return [self._line() for _ in range(self.random.randint(1, 4))]

    def _wages(self) -> list[PaycheckLine]:
        return [
            PaycheckLine(self._amount(), job=self.random.choice(self.jobs), item=self.random.choice(self.items))
            for _ in range(self.random.randint(1, 3))
        ]

    def _ref(self) -> str:
        self.number += 1
        return str(self.number)

    def _any(self, *kinds: str) -> str:
        found = [paper for kind in kinds for paper in self.papers[kind]]
        return self.random.choice(found) if found else ""

    # ------------------------------------------------------------ entries

    def _bill(self) -> None:
        self.papers["purchase"].append(
            self.company.enter_bill(VENDOR, self._lines(), txn_date=self._day(), ref_number=self._ref())
        )

    def _pending_bill(self) -> None:
        self.papers["pending"].append(
            self.company.enter_bill(VENDOR, self._lines(), txn_date=self._day(), ref_number=self._ref(), pending=True)
        )

    def _post_pending(self) -> None:
        if paper := self._any("pending"):
            self.company.post_pending(paper)
            self.papers["pending"].remove(paper)
            self.papers["purchase"].append(paper)

    def _check(self) -> None:
        self.papers["purchase"].append(self.company.enter_check(VENDOR, self._lines(), txn_date=self._day()))

    def _card(self) -> None:
        self.papers["purchase"].append(self.company.enter_card_charge(VENDOR, self._lines(), txn_date=self._day()))

    def _card_credit(self) -> None:
        self.papers["purchase"].append(self.company.enter_card_credit(VENDOR, self._lines(), txn_date=self._day()))

    def _vendor_credit(self) -> None:
        self.papers["purchase"].append(self.company.enter_vendor_credit(VENDOR, self._lines(), txn_date=self._day()))

    def _deposit(self) -> None:
        self.papers["purchase"].append(
            self.company.enter_deposit(
                VENDOR, [Line(self._amount(), account=FUEL, job=self._job())], txn_date=self._day()
            )
        )

    def _receipt(self) -> None:
        self.papers["receipt"].append(self.company.enter_item_receipt(VENDOR, self._lines(), txn_date=self._day()))

    def _bill_receipt(self) -> None:
        if paper := self._any("receipt"):
            day = self.random.choice([None, self._day()])
            self.company.bill_receipt(paper, txn_date=day, ref_number=self._ref())
            self.papers["receipt"].remove(paper)
            self.papers["purchase"].append(paper)

    def _journal(self) -> None:
        amount = self._amount()
        lines = [JournalLine(FUEL, debit=amount, entity=self._job()), JournalLine("Checking", credit=amount)]
        self.papers["journal"].append(self.company.enter_journal(lines, txn_date=self._day(), ref_number=self._ref()))

    def _reclass(self) -> None:
        amount = self._amount()
        lines = [
            JournalLine(FUEL, debit=amount, entity=self._job()),
            JournalLine("Job Expenses", credit=amount, entity=self._job()),
        ]
        self.papers["journal"].append(self.company.enter_journal(lines, txn_date=self._day()))

    def _invoice(self) -> None:
        line = Line(self._amount(), item=self.random.choice(self.items))
        self.papers["sale"].append(self.company.enter_invoice(self._job(), [line], txn_date=self._day()))

    def _paycheck(self) -> None:
        day = self.today() - dt.timedelta(days=7 * self.random.randint(0, 50))
        crew = self.random.choice(CREW)
        self.papers["paycheck"].append(self.company.enter_paycheck(crew, self._wages(), txn_date=day))

    def _job(self) -> str:
        return self.random.choice(self.jobs)

    # ------------------------------------------------------------ corrections

    def _edit(self) -> None:
        if paper := self._any("purchase", "receipt"):
            self.company.edit_bill(paper, lines=self._lines(), memo=self._ref())

    def _redate(self) -> None:
        if paper := self._any("purchase", "receipt", "journal", "paycheck", "sale"):
            self.company.redate(paper, self._day())

    def _recode(self) -> None:
        if paper := self._any("purchase", "receipt", "paycheck"):
            self.company.recode(paper, item=self.random.choice(self.items))

    def _move(self) -> None:
        if paper := self._any("purchase", "receipt", "paycheck"):
            self.company.recode(paper, job=self._job())

    def _edit_paycheck(self) -> None:
        if paper := self._any("paycheck"):
            self.company.edit_paycheck(paper, lines=self._wages())

    def _void(self) -> None:
        if paper := self._any("purchase", "receipt", "journal", "sale"):
            self.company.void(paper)

    def _delete(self) -> None:
        kind = self.random.choice(["purchase", "receipt", "journal", "paycheck", "sale", "pending"])
        if paper := self._any(kind):
            self.company.delete(paper)
            self.papers[kind].remove(paper)

    def _rename(self) -> None:
        self.company.rename(self.random.choice([*self.items, *self.jobs]), f"Renamed {self._ref()}")

    def _new_job(self) -> None:
        self.jobs.append(self.company.add_customer(f"Job {self._ref()}", parent="Bluestone Clients"))
        self.made.append(self.jobs[-1])

    def _new_item(self) -> None:
        name, income, expense = f"Item {self._ref()}", "Construction Income", "Job Expenses"
        self.items.append(self.company.add_item(name, income_account=income, expense_account=expense))
        self.made.append(self.items[-1])

    def _merge(self) -> None:
        if self.made:
            gone = self.random.choice(self.made)
            there = self.jobs if gone in self.jobs else self.items
            self.company.merge(gone, into=self.random.choice([one for one in there if one != gone]))
            self.made.remove(gone)
            there.remove(gone)
            self.merged = True

    def _inactive(self) -> None:
        if self.made:
            self.company.set_active(self.random.choice(self.made), active=False)


_ACTIONS = (
    *("bill", "bill", "bill", "check", "card", "card_credit", "vendor_credit", "deposit", "receipt", "receipt"),
    *("bill_receipt", "journal", "reclass", "invoice", "paycheck", "paycheck", "pending_bill", "post_pending"),
    *("edit", "edit", "redate", "redate", "recode", "move", "edit_paycheck", "void", "delete", "delete", "rename"),
    *("new_job", "new_item", "merge", "merge", "inactive"),
)


def two_projects(now: Callable[[], dt.datetime]) -> Procore:
    """A Procore with two projects whose budgets are locked, four codes and a vendor."""
    procore = Procore(now=now)
    for code, name, base in (("M", "Materials", "materials"), ("L", "Labor", "other"), ("O", "Other", "other")):
        procore.add_cost_type(code, name, base)
    for code, name in (("03-300", "Concrete"), ("01-500", "Temporary Facilities"), ("09-250", "Drywall")):
        procore.add_cost_code(code, name)
    procore.add_vendor("Ready Mix Supply")
    for number in ("24-001", "24-002"):
        project = procore.add_project(number, f"Clinic {number}")
        budget = ("03-300.M", "03-300.L", "09-250.M", "01-500.O")
        procore.set_budget(project, dict.fromkeys(budget, Decimal("50000.00")))
        procore.lock_budget(project)
    return procore


def ledger_costs(bridge: Bridge) -> dict[tuple[str, str], Decimal]:
    """What the ledger has as cost, by job and item or account, as `Company.job_costs` gives it."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    with bridge.app.kit.work() as uow:
        connection = uow.connections.get(bridge.connection.id)
        ledger = Ledger(uow, connection, bridge.app.kit.options(connection))
        jobs = {row.list_id: row.full_name for row in uow.lists.find(kind="customer")}
        for document in uow.costs.find(deleted=False):
            for line in ledger.document(document.txn_id, document.job_id).lines:  # type: ignore[union-attr]
                if line.counted:
                    sums[jobs[line.job_id], line.item or line.account] += line.amount
    return {key: amount for key, amount in sums.items() if amount}


def company_costs(company: Company) -> dict[tuple[str, str], Decimal]:
    """What QuickBooks' own posting ledger has as cost of jobs."""
    return {key: amount for key, amount in company.job_costs().items() if amount}


def map_accounts(bridge: Bridge) -> None:
    """Let a person map what the year posts to, all but one account."""
    with bridge.app.kit.work() as uow:
        uow.mappings.add(Mapping(bridge.connection.id, "account", FUEL, "01-500.O"))
        uow.mappings.add(Mapping(bridge.connection.id, "account", "Payroll Expenses", ignored=True, comment="office"))
