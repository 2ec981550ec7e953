"""The proof between the stand-ins: bills and invoices, other people's costs, pending bills, all costs."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.domain.books import ProofKept
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.flow.reconciling import Reconciled
from qbwc_bridge.rehearsal.procore import CommitmentLine, InvoiceLine
from qbwc_bridge.rehearsal.quickbooks import Line
from qbwc_bridge.worker import reconcile
from tests.journeys.bridge import Bridge, connected_bridge, small_company
from tests.unit.documents import cash

VENDOR = "Ready Mix Supply"


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge whose one project and order of two lines stand in QuickBooks, with bills, invoices and other costs."""
    with connected_bridge(tmp_path, small_company) as made:
        made.switch_on("24-001")
        made.visit()
        made.accept_all()
        made.visit()
        enter_bills(made)
        send_invoices(made)
        read_costs(made)
        made.release("24-001", po_bills="skip")
        made.push()
        yield made


def enter_bills(bridge: Bridge) -> None:
    """Three bills on the order, one without it, a pending one, an office cost and a cost of a job of its own."""
    company, today = bridge.company, bridge.clock.now().date()
    job = bridge.find("job", "24-001").quickbooks_name
    (order,) = company.orders()
    first, second = (line.line_id for line in order.lines[:2])
    for number, line, amount in (("A-1", first, 400), ("A-2", first, 300), ("A-3", second, 50)):
        company.enter_bill_on_order(order.txn_id, {line: cash(amount)}, txn_date=today, ref_number=number)
    company.enter_bill(VENDOR, [Line(cash(20), item="03-300:M", job=job)], txn_date=today, ref_number="L-1")
    waiting = [Line(cash(80), item="03-300:M", job=job)]
    company.enter_bill(VENDOR, waiting, txn_date=today, ref_number="P-1", pending=True)
    company.enter_check(VENDOR, [Line(cash(12), account="Office Supplies")], txn_date=today, ref_number="1")
    other = company.add_customer("Elsewhere")
    company.enter_check(VENDOR, [Line(cash(7), account="Job Expenses", job=other)], txn_date=today, ref_number="2")


def send_invoices(bridge: Bridge) -> None:
    """The invoice of the first bill, one of another amount, one without a bill, a draft; and a cost typed by hand."""
    procore, today = bridge.procore, bridge.clock.now().date()
    commitment = int(bridge.find("commitment", "PO-1").key)
    first, second = procore.commitment_lines(commitment)
    for number, line, amount in (("a-1", first, 400), ("A-2", first, 250), ("A-9", second, 70)):
        procore.add_subcontractor_invoice(commitment, number, [InvoiceLine(line, cash(amount))], billing_date=today)
    procore.add_subcontractor_invoice(
        commitment, "A-3", [InvoiceLine(second, cash(50))], billing_date=today, status="draft"
    )
    (project,) = bridge.projects("24-001")
    procore.add_direct_cost(project, [CommitmentLine("03-300.M", "Typed", cash(33))])


def read_costs(bridge: Bridge) -> None:
    """Read QuickBooks' costs in a visit."""
    bridge.refresh_costs()
    bridge.clock.pass_time(minutes=16)
    assert bridge.visit().outcome == "done"


def prove(bridge: Bridge, as_of: dt.date | None = None) -> Reconciled:
    """Reconcile."""
    return reconcile(bridge.app.kit, bridge.connection.id, as_of=as_of)


def test_every_figure_has_its_place(here: Bridge) -> None:
    """Skipped bills, invoices, other people's costs and pending bills stand beside a difference of nothing."""
    found = prove(here)
    (row,) = found.proof.rows
    assert (row.quickbooks, row.procore, row.skipped, row.difference) == (cash(770), cash(20), cash(750), ZERO)
    assert (row.invoices, row.others, row.pending) == (cash(720), cash(33), cash(80))
    assert [(each.document.split(" of ")[0], each.amount) for each in found.pending] == [("Bill P-1", cash(80))]
    assert found.agrees


def test_bills_and_invoices_are_compared(here: Bridge) -> None:
    """A bill with its invoice, one of another amount, one with a draft only, an invoice alone, a bill off the order."""
    told = {each.finding: each for each in prove(here).bills}
    assert {finding: (row.bill_amount, row.invoice_amount) for finding, row in told.items()} == {
        "no_invoice": (cash(50), ZERO),
        "no_bill": (ZERO, cash(70)),
        "different": (cash(300), cash(250)),
        "agrees": (cash(400), cash(400)),
        "no_order": (cash(20), ZERO),
    }
    assert told["no_invoice"].note.endswith("is draft in Procore")
    assert {row.commitment for row in told.values()} == {"PO-1"}


def test_all_jobs_and_the_office_make_all_costs(here: Bridge) -> None:
    """Linked jobs, other jobs and the costs of no job add up to QuickBooks' own cost accounts."""
    found = prove(here)
    lines = {line.what: (line.profit_and_loss, line.ledger) for line in found.footing.lines}
    assert lines == {
        "linked job": (cash(770), cash(770)),
        "job not linked": (cash(7), cash(7)),
        "without a job": (cash(12), None),
    }
    assert (found.footing.all_costs, found.footing.difference) == (cash(789), ZERO)
    (foot,) = found.projects
    assert (foot.profit_and_loss, foot.ledger, foot.books_difference) == (cash(770), cash(770), ZERO)


def test_totals_through_a_date_come_with_the_next_visit(here: Bridge) -> None:
    """They are asked for by the proof through that date; a later document dated before it asks for them again."""
    today = here.clock.now().date()
    day = today - dt.timedelta(days=1)
    assert "the next visit of the Web Connector asks for them" in prove(here, day).footing.note
    read_costs(here)
    assert prove(here, day).footing.all_costs == ZERO
    here.company.enter_check(VENDOR, [Line(cash(5), account="Office Supplies")], txn_date=day, ref_number="3")
    job = here.find("job", "24-001").quickbooks_name
    here.company.enter_bill(VENDOR, [Line(cash(9), item="03-300:M", job=job)], txn_date=day, ref_number="E-1")
    read_costs(here)
    assert prove(here, day).footing.read_at is None
    read_costs(here)
    found = prove(here, day)
    assert (found.footing.all_costs, found.footing.difference) == (cash(14), ZERO)
    assert found.projects[0].books_difference == ZERO
    assert found.proof.rows[0].difference == cash(9)


def test_a_pending_bill_is_a_cost_once_it_posts(here: Bridge) -> None:
    """Then it is not told apart any more, goes to Procore, and all agrees."""
    with here.app.kit.work() as uow:
        (waiting,) = uow.transactions.find(ref_number="P-1")
    assert waiting.pending
    here.company.post_pending(waiting.txn_id)
    read_costs(here)
    here.push()
    found = prove(here)
    assert not found.pending
    assert found.proof.rows[0].quickbooks == cash(850)
    assert found.agrees


def test_a_pending_bill_stays_one_when_it_is_shown_again(here: Bridge) -> None:
    """Readings that show it unchanged leave it where it is, and unposted bills of no job are not told."""
    today = here.clock.now().date()
    here.company.enter_bill(
        VENDOR, [Line(cash(5), account="Office Supplies")], txn_date=today, ref_number="P-2", pending=True
    )
    for _ in range(2):
        read_costs(here)
        assert [each.amount for each in prove(here).pending] == [cash(80)]


def test_what_procore_said_is_kept_for_the_page(here: Bridge) -> None:
    """Invoices and the amounts of other people's costs, without their words; ours are in the outbox."""
    prove(here)
    prove(here)
    with here.app.kit.work() as uow:
        (kept,) = uow.proofs.find()
    assert isinstance(kept, ProofKept)
    assert [cost.amount() for cost in kept.others] == [cash(33)]
    assert not any(line.description for cost in kept.others for line in cost.lines)
    assert sum((each.amount() for each in kept.invoices or []), Decimal(0)) == cash(770)
