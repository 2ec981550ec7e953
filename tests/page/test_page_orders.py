"""What the page offers for orders that stand in QuickBooks."""

import pytest

from qbwc_bridge.domain.books import TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import cents
from qbwc_bridge.domain.names import mark
from qbwc_bridge.domain.procore import PrimeChange
from qbwc_bridge.domain.records import DocumentRow, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import work
from qbwc_bridge.statuspage.lines import possible
from tests.page.office import MAIN, NOW, Browser, Office


def exported(office: Office, number: str) -> Submission:
    """Link a commitment to an order that somebody then changes by hand; gives the submission."""
    office_row = office.row(number)
    with office.kit.work() as uow:
        row = uow.submissions.get(office_row.id)
        line = TransactionLine("TL1", "I1", "09-250:S", "Board", amount=cents(18500))
        record = TransactionRecord(
            row.connection_id, "PurchaseOrder", "T1", "1", number, "L3", "Pacific", mark(row.mark), cents(18500)
        )
        record.lines = [line]
        uow.transactions.add(record)
        connection = uow.connections.get(row.connection_id)
        row.accepted_version, row.accepted_by = row.version, "Alice"
        row.state = State.ACCEPTED
        uow.submissions.save(row)
        work.settle(uow, connection, office.kit.options(connection), NOW)
        record = uow.transactions.find(txn_id="T1")[0]
        record.lines[0].amount = record.total = cents(19000)
        uow.transactions.save(record)
        work.settle(uow, connection, office.kit.options(connection), NOW)
        return uow.submissions.get(row.id)


def test_a_hand_edit_can_be_agreed_to(office: Office, alice: Browser) -> None:
    """The record says what was changed, one button agrees, and what remains is the difference of the totals."""
    row = exported(office, "PO-001")
    assert row.state is State.SYNCED
    page = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "18,500.00 became 19,000.00" in page
    assert "18,500.00 in Procore; QuickBooks has 500.00 more" in page
    assert 'value="agree"' in page
    told = alice.follow(alice.decide("agree", row, **{"from": "record"})).text
    assert "Agreed to as QuickBooks has it: PO-001." in told
    assert 'value="agree"' not in told
    assert "QuickBooks shows 19,000.00" in told


@pytest.mark.parametrize(
    ("kind", "state", "reason", "offered"),
    [
        ("commitment", State.SYNCED, "It is Void: close its purchase order, if ...", {"close_order"}),
        ("commitment", State.SYNCED, "Change it back there, or agree to it here.", {"agree"}),
        ("change_order", State.BLOCKED, "choose to re-open it, or a second order.", {"reopen", "second_order"}),
        ("change_order", State.BLOCKED, "choose a second order for the change.", {"second_order"}),
        ("commitment", State.SYNCED, "", set()),
    ],
)
def test_a_way_out_is_a_button_where_a_reason_names_it(kind: str, state: State, reason: str, offered: set[str]) -> None:
    """Nothing else offers these decisions."""
    reasons = [reason] if reason else []
    row = Submission(1, kind, "1", "1", "", "v", NOW, NOW, state=state, reasons=reasons)  # type: ignore[arg-type]
    assert {"close_order", "agree", "reopen", "second_order"} & set(possible(row)) == offered


def test_prime_change_orders_stand_beside_the_estimate(office: Office, alice: Browser) -> None:
    """The budget's record says by how much Procore's revised budget is more, also once it is synced (rule 10)."""
    row = office.row("Budget of Maple Clinic")
    with office.kit.work() as uow:
        prime = PrimeChange(81, row.project_id, "1", "approved", cents(1250))
        uow.documents.add(DocumentRow(row.connection_id, prime.kind, "81", prime, row.project_id, NOW))
    page = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "approved prime change orders of 1,250.00" in page
