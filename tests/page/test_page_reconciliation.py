"""Reconciliation: QuickBooks, the bridge and Procore, two differences, what makes them, and the same as files."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest

from qbwc_bridge.domain.books import Control, ProofKept, TransactionLine, TransactionRecord
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.procore_billing import InvoiceLine, SubcontractorInvoice
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.flow import writeback
from qbwc_bridge.ports import UnitOfWork
from tests.page.office import DRYWALL, EMPLOYEE, MAIN, NOW, Browser, Office
from tests.page.test_page_projects import direct_cost, procore

ADDRESS = f"/connections/{MAIN}/reconciliation"
DAY = dt.date(2026, 2, 27)


def fill_proof(office: Office) -> None:
    """Let QuickBooks' own totals be read, Procore be read for the proof, and a bill stand on an exported order."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        one, two = (uow.submissions.first(connection_id=connection.id, kind="job", key=key) for key in ("1", "2"))
        assert one is not None
        assert two is not None
        jobs = {one.quickbooks_id: Decimal("7838.50"), two.quickbooks_id: Decimal("1234.56")}
        all_costs = Decimal("9575.06")
        control = Control(connection.id, NOW - dt.timedelta(minutes=50), jobs=jobs, all_costs=all_costs)
        control.without_job = Decimal("500.00")
        control.items = {one.quickbooks_id: {"09-250.S": Decimal("4400.00"), "": Decimal("3438.50")}}
        uow.controls.append(control)
        connection.doubted = {one.quickbooks_id: "100.00"}
        uow.connections.save(connection)
        _procore(uow, connection)
        _pending(uow, connection, one.quickbooks_id)
        _bill_on_order(uow, connection, one.quickbooks_id)


def _procore(uow: UnitOfWork, connection: Connection) -> None:
    typed = DirectCost("", "expense", "approved", DAY, (DirectCostLine("", DRYWALL.id, Decimal("77.00")),))
    claimed = InvoiceLine(Decimal("4250.00"), DRYWALL.id)
    invoices = [SubcontractorInvoice(5, 1, 901, "7781", "approved", (claimed,), billing_date=DAY)]
    invoices.append(SubcontractorInvoice(6, 1, 902, "31", "approved", (claimed,), billing_date=DAY))
    note = ["Procore does not show the subcontractor invoices of 24-002: the tool is off."]
    uow.proofs.append(ProofKept(connection.id, 1, NOW - dt.timedelta(hours=3), [typed], invoices))
    uow.proofs.append(ProofKept(connection.id, 2, NOW - dt.timedelta(hours=3), notes=note))


def _pending(uow: UnitOfWork, connection: Connection, job: str) -> None:
    line = TransactionLine("1", item_id="", item_name="09-250.S", amount=Decimal("61.00"), job_id=job)
    line.item_id = "I1"
    record = TransactionRecord(
        connection.id, "Check", "P1", "1", "900", "E1", EMPLOYEE, "", Decimal("61.00"), DAY, [line], pending=True
    )
    uow.transactions.append(record)


def _bill_on_order(uow: UnitOfWork, connection: Connection, job: str) -> None:
    order = uow.submissions.first(connection_id=connection.id, kind="commitment", key="901")
    assert order is not None
    order.state, order.quickbooks_id = State.SYNCED, "PO1"
    uow.submissions.save(order)
    line = TransactionLine("1", item_name="09-250.S", amount=Decimal("18500.00"), job_id=job)
    record = TransactionRecord(
        connection.id, "PurchaseOrder", "PO1", "1", "PO-001", "L3", "Pacific Drywall", "", line.amount, DAY, [line]
    )
    uow.transactions.append(record)
    bill = uow.costs.first(connection_id=connection.id, txn_id="B1")
    assert bill is not None
    bill.order_ids = ["PO1"]
    uow.costs.save(bill)


@pytest.fixture(name="page")
def _page(office: Office, alice: Browser) -> str:
    """The text of the page, with one project opened and then the other."""
    fill_proof(office)
    return "".join(alice.get(f"{ADDRESS}{query}").text for query in ("", "?project=1", "?project=2"))


def test_three_figures_and_two_differences(page: str) -> None:
    """QuickBooks' own total, the ledger, Procore, and how they differ; then all costs of the company."""
    assert '<td class="num differs" data-label="Difference">100.00</td>' in page
    assert '<td class="num differs" data-label="Difference">4,300.00</td>' in page
    assert '<td class="num" data-label="QuickBooks">9,575.06</td>' in page
    assert "without a job" in page


def test_under_each_difference_stands_what_makes_it(page: str) -> None:
    """Items of a job that differs, documents that Procore lacks, bills and invoices that do not fit."""
    assert "Job Profitability Detail has 4,400.00 for 09-250.S, the ledger 4,300.00." in page
    assert "missing in Procore: not pushed yet" in page
    assert "Different amounts" in page
    assert "SC-014 is not in QuickBooks as an order" in page
    assert "Invoice without a bill" in page


def test_what_stands_beside_is_shown_with_its_age(page: str) -> None:
    """Invoices, other people's costs and pending documents have columns, and it is told when Procore was read."""
    for amount in ("8,500.00", "77.00", "61.00"):
        assert f">{amount}</td>" in page
    assert "3 h ago" in page


def test_nobody_is_named_who_may_be_an_employee(office: Office, alice: Browser) -> None:
    """Neither the page nor its files tell a payee who is no vendor of QuickBooks."""
    fill_proof(office)
    surname = EMPLOYEE.split()[-1]
    assert surname not in alice.get(ADDRESS).text
    assert surname not in alice.get(f"{ADDRESS}.csv").text
    with zipfile.ZipFile(io.BytesIO(alice.get(f"{ADDRESS}.xlsx").data)) as book:
        assert not any(surname.encode() in book.read(name) for name in book.namelist())


def test_the_files_have_what_the_command_writes(office: Office, alice: Browser) -> None:
    """The table's columns add up to the project's own totals, and the workbook has its sheets."""
    fill_proof(office)
    answer = alice.get(f"{ADDRESS}.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=reconciliation-2026-03-10.csv"
    lines = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))

    def added(column: str) -> Decimal:
        return sum((Decimal(line[column] or 0) for line in lines), Decimal(0))

    assert added("profit_and_loss") == Decimal("9073.06")
    assert added("difference") == Decimal("4300.00")
    assert added("pending") == Decimal("61.00")
    with zipfile.ZipFile(io.BytesIO(alice.get(f"{ADDRESS}.xlsx").data)) as book:
        assert b'name="Bills and invoices"' in book.read("xl/workbook.xml")


def test_before_anything_was_read_the_page_says_what_to_do(alice: Browser) -> None:
    """Without totals and without a reading of Procore, the page says so and who can change it."""
    text = alice.get(ADDRESS).text
    assert "they come with the next reading of costs" in text
    assert "costs are not read yet" in text


def test_written_costs_close_the_difference(office: Office, alice: Browser) -> None:
    """Once Procore has what the ledger has, both agree to the cent."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        writeback.plan(uow, connection, office.kit.options(connection), confirmed=True)
        (row,) = uow.writebacks.find(connection_id=connection.id)
        row.written = row.wanted
        uow.writebacks.save(row)
    assert "agree to the cent" in alice.get(f"{ADDRESS}?project=1").text


def test_other_connections_are_out_of_reach(charlie: Browser) -> None:
    """Who may not see a connection gets neither its page nor its files."""
    for path in (ADDRESS, f"{ADDRESS}.csv", f"{ADDRESS}.xlsx"):
        assert charlie.get(path).status_code == 404


def test_procore_is_read_for_the_proof_when_somebody_asks(office: Office, alice: Browser, victor: Browser) -> None:
    """A button reads what other people have there now; a refusal is one sentence; who may only look has no button."""
    procore(office, direct_cost("", "77.00"))
    send = {"csrf": alice.csrf()}
    assert "Compare with Procore now" in alice.get(ADDRESS).text
    assert "Compare with Procore now" not in victor.get(ADDRESS).text
    text = alice.follow(alice.client.post(f"{ADDRESS}/compare", data=send)).text
    assert "Procore was read for the proof just now." in text
    assert "77.00" in alice.get(f"{ADDRESS}?project=1").text
    procore(office, ProcoreError("Procore is away.", status=503))
    assert "Procore is away." in alice.follow(alice.client.post(f"{ADDRESS}/compare", data=send)).text
