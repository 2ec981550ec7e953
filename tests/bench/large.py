"""A large connection, written straight into the database: what years of work leave behind, the same each time."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, insert

from qbwc_bridge.domain import books, records
from qbwc_bridge.domain.books import Control, CostDocument, CostLine, ListRecord, TransactionLine, TransactionRecord
from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.keys import beginning
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import (
    Budget,
    BudgetCode,
    BudgetRow,
    ChangeOrder,
    Commitment,
    ContractLine,
    CostCode,
    DirectCost,
    DirectCostLine,
    Document,
    Project,
    Vendor,
)
from qbwc_bridge.domain.records import Connection, DocumentRow, History, ProjectChoice, ReleaseChoice, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.storage import Database, tables
from qbwc_bridge.storage.rows import row_codec
from tests.bench.names import company_name

NAME = "Bluestone"
KEY = "abcd1234"
TYPES = ("L", "M", "S")
CODES = 40
"""Budget codes of each project."""
LINES_EACH = 4
PORTION = 2_000
"""Rows of one statement."""
STATES = [State.SYNCED] * 14 + [State.READY, State.READY, State.BLOCKED, State.ACCEPTED, State.FAILED, State.REJECTED]
_BILL, _CHECK, _CARD, _JOURNAL = "Bill", "Check", "CreditCardCharge", "JournalEntry"
_KINDS = (_BILL, _BILL, _BILL, _CHECK, _CARD, _JOURNAL)


@dataclass(frozen=True)
class Large:
    """How much there is."""

    submissions: int = 50_000
    lines: int = 200_000
    projects: int = 50
    vendors: int = 1_000


@dataclass
class _Maker:
    """Makes the rows, table by table."""

    database: Database
    size: Large
    now: dt.datetime
    name: str
    connection_id: int = 0
    made: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - the same each time
    orders: list[Submission] = field(default_factory=list)
    costs: dict[str, Decimal] = field(default_factory=dict)

    def fill(self) -> None:
        self.connection_id = self._connection()
        codes = [
            BudgetCode(1_000 + at, f"{at // 3 + 1:02d}-{100 + at}", TYPES[at % 3], f"Work {at}", "Cost type")
            for at in range(CODES)
        ]
        self._put(tables.project_choice, records.ProjectChoice, [self._choice(at, codes) for at in self._projects()])
        self._put(tables.list_record, books.ListRecord, self._lists(codes))
        self._put(tables.document, records.DocumentRow, self._lists_of_procore(codes))
        rows = list(self._submissions(codes))
        self._put(tables.submission, records.Submission, [row for row, _ in rows])
        self._put(tables.document, records.DocumentRow, (self._kept(row, found) for row, found in rows if found))
        self._put(tables.history, records.History, map(self._told, range(1, len(rows) + 1)))
        orders = [
            (row, found) for row, found in rows if row.quickbooks_id and isinstance(found, Commitment) and found.lines
        ]
        self.orders = [row for row, _ in orders]
        self._put(tables.transaction_record, books.TransactionRecord, (self._order(*each) for each in orders))
        documents = list(self._documents(codes))
        self._put(tables.cost_document, books.CostDocument, documents)
        self._put(tables.transaction_record, books.TransactionRecord, map(self._bill, documents))
        self._put(tables.write_back, books.WriteBack, filter(None, (self._written(each, codes) for each in documents)))
        control = Control(self.connection_id, self.now, None, self.costs, all_costs=sum(self.costs.values(), ZERO))
        self._put(tables.control, books.Control, [control])

    def _projects(self) -> range:
        return range(1, self.size.projects + 1)

    def _connection(self) -> int:
        row = Connection(
            name=self.name,
            procore_company_id=4711,
            procore_client_id="client",
            procore_secret=b"sealed",
            user_name=f"bridge-{self.name}",
            password_hash="",
            file_id="{0}",
            key=KEY,
            settings={"income_account": "Job Income", "expense_account": "Job Expenses"},
            company=Company(name="Bluestone Development LLC", product="QuickBooks Enterprise Solutions 24.0"),
            bound_name="Bluestone Development LLC",
            last_contact=self.now - dt.timedelta(minutes=6),
            lists_read_at=self.now - dt.timedelta(days=9),
            costs_read_at=self.now - dt.timedelta(minutes=50),
            costs_whole_at=self.now - dt.timedelta(days=9),
            pulled_at=self.now - dt.timedelta(minutes=3),
            unsettled="",
        )
        with self.database.work() as uow:
            return uow.connections.add(row).id

    def _put(self, table: Table, record: Any, rows: Any) -> None:
        encode = row_codec(record).encode
        values = [encode(row) for row in rows]
        with self.database.engine.begin() as connection:
            for at in range(0, len(values), PORTION):
                connection.execute(insert(table), values[at : at + PORTION])

    def _choice(self, at: int, codes: Sequence[BudgetCode]) -> ProjectChoice:
        released = ReleaseChoice(dt.date(2024, 1, 1), "detail", "skip") if at % 4 else None
        return ProjectChoice(
            self.connection_id, at, f"24-{at:03d}", f"Project {at}", on=True, budget_codes=list(codes), release=released
        )

    def _lists(self, codes: Sequence[BudgetCode]) -> Iterator[ListRecord]:
        names: list[tuple[Any, str, str, str]] = [
            ("account", "A1", "Job Expenses", "CostOfGoodsSold"),
            ("account", "A2", "Retainage", "OtherCurrentAsset"),
        ]
        names += [("item", f"I{code.id}", code.code, "ItemService") for code in codes]
        names += [("customer", f"J{at}", f"Client:24-{at:03d}", "") for at in self._projects()]
        names += [("vendor", f"V{at}", company_name(at), "") for at in range(1, self.size.vendors + 1)]
        for kind, list_id, full_name, kept in names:
            yield ListRecord(
                self.connection_id,
                kind,
                list_id,
                full_name.rpartition(":")[2],
                full_name,
                fold(full_name),
                is_active=True,
                edit_sequence="1",
                type=kept,
            )

    def _lists_of_procore(self, codes: Sequence[BudgetCode]) -> Iterator[DocumentRow]:
        for code in codes:
            yield DocumentRow(
                self.connection_id, "cost_code", code.cost_code, CostCode(code.id, code.cost_code, code.cost_code_name)
            )
        for at in self._projects():
            rows = tuple(BudgetRow(code, Decimal(10_000 + 100 * number)) for number, code in enumerate(codes))
            yield DocumentRow(self.connection_id, "budget", str(at), Budget(at, locked=True, rows=rows), at)

    def _submissions(self, codes: Sequence[BudgetCode]) -> Iterator[tuple[Submission, Document | None]]:
        for code in codes:
            yield (
                self._submission("cost_code", code.code, code.code, code.cost_code_name, quickbooks=f"I{code.id}"),
                None,
            )
        for at in self._projects():
            number, name = f"24-{at:03d}", f"Project {at}"
            yield (
                self._submission("job", str(at), number, name, project_id=at, quickbooks=f"J{at}"),
                Project(at, number, name),
            )
            yield self._submission("budget", str(at), number, "Budget", project_id=at, quickbooks=f"E{at}"), None
        for at in range(1, self.size.vendors + 1):
            found = Vendor(at, company_name(at))
            yield self._submission("vendor", str(at), "", found.name, quickbooks=f"V{at}"), found
        left = self.size.submissions - self.made
        for at in range(1, left // 2 + 1):
            yield self._commitment(at, codes)
        for at in range(1, left - left // 2 + 1):
            yield self._change(at, max(1, left // 2), codes)

    def _submission(self, kind: Any, key: str, number: str, title: str, **more: Any) -> Submission:
        self.made += 1
        quickbooks, party, revised = more.pop("quickbooks", ""), more.pop("party", ""), more.pop("revised", None)
        state = State.SYNCED if quickbooks else more.pop("state")
        since = self.now - dt.timedelta(minutes=self.made)
        row = Submission(self.connection_id, kind, key, number, title, f"v{self.made}", since, since, **more)
        row.state, row.quickbooks_id, row.quickbooks_name = state, quickbooks, (number or title) if quickbooks else ""
        row.party, row.revised = party, revised
        row.exported_version, row.exported = (row.version, '{"lines": []}' * 20) if quickbooks else ("", "")
        if state in (State.BLOCKED, State.FAILED):
            row.reasons = ["No vendor is chosen in Procore: choose one there."]
        return row

    def _commitment(self, at: int, codes: Sequence[BudgetCode]) -> tuple[Submission, Document]:
        project = at % self.size.projects + 1
        lines = tuple(
            ContractLine(at * 10 + number, f"Work {number}", self._amount(), self.dice.choice(codes))
            for number in range(3)
        )
        vendor = at % self.size.vendors + 1
        called = f"PO-{at:06d}"
        found = Commitment(
            at, project, called, f"Works {at}", "Approved", lines, vendor_id=vendor, vendor_name=company_name(vendor)
        )
        found = replace(found, revised=found.amount() + Decimal(250))
        more = {"party": found.vendor_name, "revised": found.revised}
        return self._contract("commitment", at, called, found.title, project, found.amount(), f"P{at}", **more), found

    def _change(self, at: int, commitments: int, codes: Sequence[BudgetCode]) -> tuple[Submission, Document]:
        order = at % commitments + 1
        project = order % self.size.projects + 1
        line = ContractLine(9_000_000 + at, "More work", self._amount(), self.dice.choice(codes))
        found = ChangeOrder(at, project, order, f"CO-{at:06d}", f"Change {at}", "Approved", (line,))
        more = {"party": company_name(order % self.size.vendors + 1)}
        row = self._contract(
            "change_order", at, found.number, found.title, project, found.amount(), f"P{order}", **more
        )
        return row, found

    def _contract(  # noqa: PLR0917 - the columns of a row
        self, kind: str, at: int, number: str, title: str, project: int, amount: Decimal, txn_id: str, **more: Any
    ) -> Submission:
        state = self.dice.choice(STATES)
        txn_id = txn_id if state is State.SYNCED else ""
        return self._submission(
            kind, str(at), number, title, project_id=project, amount=amount, state=state, quickbooks=txn_id, **more
        )

    def _amount(self) -> Decimal:
        return Decimal(self.dice.randrange(10_000, 900_000)).scaleb(-2)

    def _kept(self, row: Submission, found: Document) -> DocumentRow:
        kind = "project" if row.kind == "job" else row.kind
        return DocumentRow(self.connection_id, kind, row.key, found, row.project_id, self.now)

    def _told(self, number: int) -> History:
        at = self.now - dt.timedelta(minutes=number)
        return History(
            self.connection_id, "submission", number, at, "bridge", "accepted", "synced", "QuickBooks has it"
        )

    def _order(self, row: Submission, found: Commitment) -> TransactionRecord:
        lines = [
            TransactionLine(
                f"{row.quickbooks_id}-{line.id}", f"I{line.code.id}", line.code.code, job_id=f"J{row.project_id}"
            )
            for line in found.lines
            if line.code
        ]
        return TransactionRecord(
            self.connection_id,
            "PurchaseOrder",
            row.quickbooks_id,
            "1",
            row.number,
            f"V{found.vendor_id}",
            found.vendor_name,
            "",
            found.amount(),
            self.now.date(),
            lines,
        )

    def _documents(self, codes: Sequence[BudgetCode]) -> Iterator[CostDocument]:
        for at in range(1, self.size.lines // LINES_EACH + 1):
            kind, project = self.dice.choice(_KINDS), at % self.size.projects + 1
            order = self.dice.choice(self.orders) if self.orders and kind == _BILL and at % 5 == 0 else None
            project = order.project_id if order else project
            lines = [self._line(project, codes) for _ in range(LINES_EACH)]
            vendor = at % self.size.vendors + 1
            made = CostDocument(
                self.connection_id,
                f"T{at}",
                kind,
                dt.date(2026, 2, 28) - dt.timedelta(days=at % 1_500),
                f"{at}",
                company_name(vendor),
                f"V{vendor}",
                order_ids=[order.quickbooks_id] if order else [],
                lines=lines,
            )
            made.settle()
            cost = Decimal(made.cost_cents).scaleb(-2)
            self.costs[made.job_id] = self.costs.get(made.job_id, ZERO) + cost
            yield made

    def _line(self, project: int, codes: Sequence[BudgetCode]) -> CostLine:
        place, amount = self.dice.random(), self._amount()
        job, called = f"J{project}", f"Client:24-{project:03d}"
        if place < 0.01:
            return CostLine(
                job, called, "Job Expenses", "CostOfGoodsSold", "Fuel", amount, counted=True, account_id="A1"
            )
        if place < 0.02:
            return CostLine(job, called, "Retainage", "OtherCurrentAsset", "", amount, counted=False, account_id="A2")
        code = self.dice.choice(codes)
        return CostLine(
            job,
            called,
            "Job Expenses",
            "CostOfGoodsSold",
            code.code,
            amount,
            counted=True,
            account_id="A1",
            item_id=f"I{code.id}",
        )

    def _bill(self, found: CostDocument) -> TransactionRecord:
        amount = sum((line.amount for line in found.lines), ZERO)
        return TransactionRecord(
            self.connection_id,
            found.txn_type,
            found.txn_id,
            "1",
            found.ref_number,
            found.vendor_id,
            found.payee,
            "",
            amount,
            found.txn_date,
            posted="1",
        )

    def _written(self, found: CostDocument, codes: Sequence[BudgetCode]) -> books.WriteBack | None:
        """What stands in Procore of a released project's document: its lines by code, as a push would have left it."""
        project = int(found.job_id[1:])
        if project % 4 == 0 or found.order_ids:
            return None
        ids = {code.code: code.id for code in codes}
        sums: dict[str, Decimal] = {}
        for line in found.lines:
            if line.item in ids:
                sums[line.item] = sums.get(line.item, ZERO) + line.amount
        if not sums:
            return None
        key = f"{beginning(KEY)}{found.txn_id}:{found.job_id}"
        lines = tuple(
            DirectCostLine(f"{key}:{ids[code]}", ids[code], amount, code) for code, amount in sorted(sums.items())
        )
        bill = found.txn_type == _BILL
        cost = DirectCost(
            key,
            "invoice" if bill else "expense",
            "approved",
            found.txn_date,
            lines,
            vendor_id=int(found.vendor_id[1:]) if bill else None,
            invoice_number=found.ref_number if bill else "",
        )
        return books.WriteBack(self.connection_id, project, key, cost, cost, int(found.txn_id[1:]))


def fill(database: Database, size: Large, now: dt.datetime, name: str = NAME) -> None:
    """Write a connection of that size into a database that has none of that name."""
    _Maker(database, size, now, name).fill()
