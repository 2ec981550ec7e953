"""Orders and estimates after their export: what Procore and the office change, over the real wire (ACCOUNTING 8-15)."""

import datetime as dt
from decimal import Decimal

import pytest

from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from qbwc_bridge.rehearsal.procore.views import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks.views import EstimateView, OrderView
from qbwc_bridge.worker import pull
from tests.journeys.bridge import Bridge, states
from tests.journeys.crashing import finish


def deliver(bridge: Bridge) -> None:
    """Read Procore, accept everything that is ready, and let it go."""
    bridge.pull()
    bridge.accept_all()
    finish(bridge)


@pytest.fixture
def done(bridge: Bridge) -> Bridge:
    """A bridge on which one project stands in QuickBooks."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    finish(bridge)
    assert {row.state for row in bridge.submissions()} == {State.SYNCED}, states(bridge.submissions())
    return bridge


def order_of(bridge: Bridge, number: str = "PO24-003") -> OrderView:
    """The purchase order of that number, which must be one."""
    (found,) = [order for order in bridge.company.orders() if order.ref_number == number]
    return found


def estimate_of(bridge: Bridge) -> EstimateView:
    """The one estimate."""
    (found,) = bridge.company.estimates()
    return found


def look(bridge: Bridge) -> None:
    """Let QuickBooks' documents be read, together with job costs."""
    bridge.refresh_costs()
    finish(bridge)


def drywall(bridge: Bridge) -> Submission:
    """The commitment of gypsum board that the journeys change."""
    return bridge.find("commitment", "PO24-003")


def prefer(bridge: Bridge, before: str, preference: str) -> None:
    """Let the company file state a preference in place of what stands there."""
    facts = bridge.company.hcp_response()
    assert before in facts
    bridge.company.load_company(facts.replace(before, preference))


def all_is_well(bridge: Bridge) -> None:
    """Everything is synced and nothing differs."""
    rows = bridge.submissions()
    assert {row.state for row in rows} == {State.SYNCED}, states(rows)
    assert not [row.reasons for row in rows if row.reasons]


def test_two_change_orders_on_one_line_in_one_poll(done: Bridge) -> None:
    """Both deduct from the same line and go in one change: 2,000.00 less, and the line says 10,000.00 (rule 13)."""
    contract = int(drywall(done).key)
    line = done.procore.commitment_lines(contract)[0]
    before = order_of(done)
    for number, amount in (("002", -1500), ("003", -500)):
        less = CommitmentLine("09-250.M", "Less board", Decimal(amount), changes_line=line)
        done.procore.add_change_order(contract, number, f"Change {number}", [less])
    deliver(done)

    after = order_of(done)
    assert after.total == before.total - 2000
    assert [each.line_id for each in after.lines] == [each.line_id for each in before.lines]
    assert after.lines[0].amount == before.lines[0].amount - 2000
    assert int(after.edit_sequence) > int(before.edit_sequence)
    all_is_well(done)


def test_a_change_order_before_its_commitment_waits_and_follows(bridge: Bridge) -> None:
    """Its commitment is not yet exported: the change is accepted, says what it waits for, and goes right after it."""
    bridge.switch_on("24-001")
    bridge.visit()
    change = bridge.find("change_order", "PO24-003 CO 001")
    assert change.state is State.READY
    assert any("order PO24-003" in each for each in change.waits_for)
    bridge.decide(decisions.accept, change)
    finish(bridge)
    assert not bridge.company.orders()
    bridge.accept_all()
    finish(bridge)

    assert order_of(bridge).total == Decimal("20000.00")
    all_is_well(bridge)


def test_a_hand_edited_order_asks_before_it_changes(done: Bridge) -> None:
    """The office raised a line: shown, asked about, and after the word the change order builds on it (rule 14)."""
    order = order_of(done)
    done.company.edit_order(order.txn_id, amounts={order.lines[1].line_id: Decimal("7000.00")})
    look(done)
    assert "6,500.00 became 7,000.00" in drywall(done).reasons[0]
    more = CommitmentLine("09-250.M", "More board", Decimal(300))
    done.procore.add_change_order(int(drywall(done).key), "002", "More board", [more])
    deliver(done)
    assert order_of(done).total == order.total + 500
    assert "changed by hand" in done.find("change_order", "PO24-003 CO 002").reasons[0]

    done.decide(decisions.agree, drywall(done))
    deliver(done)
    assert order_of(done).total == order.total + 800
    (reason,) = drywall(done).reasons
    assert "QuickBooks shows 20,800.00, Procore 20,300.00" in reason


def test_an_order_partly_received_is_never_lowered_below_it(done: Bridge) -> None:
    """Of 12,000.00 came 9,000.00: a deduction of 4,000.00 lowers the line by 3,000.00, the rest is a negative line."""
    order = order_of(done)
    first = order.lines[0].line_id
    done.company.enter_bill_on_order(order.txn_id, {first: Decimal("9000.00")}, txn_date=dt.date(2026, 3, 10))
    contract = int(drywall(done).key)
    less = CommitmentLine(
        "09-250.M", "Less board", Decimal(-4000), changes_line=done.procore.commitment_lines(contract)[0]
    )
    done.procore.add_change_order(contract, "002", "Less board", [less])
    deliver(done)

    after = order_of(done)
    assert after.total == order.total - 4000
    assert after.lines[0].amount == Decimal("9000.00")
    assert after.lines[-1].amount == Decimal("-1000.00")
    all_is_well(done)


def test_an_order_received_in_full_gets_a_second_one(done: Bridge) -> None:
    """QuickBooks takes no change of it: the reason offers a second order, which carries the change alone."""
    order = order_of(done)
    done.company.enter_bill_on_order(order.txn_id, None, txn_date=dt.date(2026, 3, 10))
    more = CommitmentLine("09-250.M", "More board", Decimal(300))
    done.procore.add_change_order(int(drywall(done).key), "002", "More board", [more])
    look(done)
    deliver(done)
    change = done.find("change_order", "PO24-003 CO 002")
    assert change.state is State.BLOCKED, states([change])
    assert "received in full" in change.reasons[0]

    done.decide(decisions.second_order, change)
    deliver(done)
    assert order_of(done).total == order.total
    assert order_of(done, "O24-003-002").total == Decimal("300.00")
    all_is_well(done)


def test_an_order_closed_in_quickbooks_is_reopened_on_a_word(done: Bridge) -> None:
    """Closed by hand with a change order waiting: a person says re-open, and one change does both."""
    order = order_of(done)
    done.company.close_order(order.txn_id)
    more = CommitmentLine("09-250.M", "More board", Decimal(300))
    done.procore.add_change_order(int(drywall(done).key), "002", "More board", [more])
    look(done)
    deliver(done)
    change = done.find("change_order", "PO24-003 CO 002")
    assert "closed" in change.reasons[0]

    done.decide(decisions.reopen_order, change)
    deliver(done)
    after = order_of(done)
    assert (after.is_closed, after.total) == (False, order.total + 300)
    all_is_well(done)


def test_a_commitment_that_ends_offers_to_close_its_order(done: Bridge) -> None:
    """Closed in Procore: flagged, closed on a word with the next visit, once, and nothing is deleted (rule 15)."""
    before = order_of(done)
    done.procore.set_commitment(int(drywall(done).key), status="Closed")
    deliver(done)
    (reason,) = drywall(done).reasons
    assert "has status Closed" in reason
    done.decide(decisions.close_order, drywall(done))
    finish(done)

    after = order_of(done)
    assert (after.is_closed, after.total, len(after.lines)) == (True, before.total, len(before.lines))
    all_is_well(done)


def test_an_order_deleted_in_quickbooks_is_not_made_anew_by_itself(done: Bridge) -> None:
    """It is noticed, flagged, and written again with its changes only after a person unlinked and accepted it."""
    done.company.delete(order_of(done).txn_id)
    look(done)
    assert "no longer in QuickBooks" in drywall(done).reasons[0]
    deliver(done)
    assert not [order for order in done.company.orders() if order.ref_number == "PO24-003"]

    done.decide(decisions.unlink, drywall(done))
    deliver(done)
    assert order_of(done).total == Decimal("20000.00")
    all_is_well(done)


def test_a_commitment_that_changes_is_followed_line_by_line(done: Bridge) -> None:
    """A raised line, a removed one and a new one: told, accepted as an update, written into the same order."""
    contract = int(drywall(done).key)
    board, studs = done.procore.commitment_lines(contract)
    before = order_of(done)
    done.procore.set_commitment_line(
        contract, board, CommitmentLine("09-250.M", "Gypsum board, 5/8 in. type X", Decimal("12500.00"))
    )
    done.procore.delete_commitment_line(contract, studs)
    done.procore.add_commitment_line(contract, CommitmentLine("06-100.M", "Wood studs", Decimal("5000.00")))
    done.pull()
    row = drywall(done)
    assert (row.state, row.update) == (State.READY, True), states([row])
    assert len(row.notes) == 3
    deliver(done)

    after = order_of(done)
    assert after.txn_id == before.txn_id
    assert after.total == before.total + 500 - 6500 + 5000
    assert {each.line_id for each in before.lines} <= {each.line_id for each in after.lines}
    all_is_well(done)


def test_budget_changes_follow_into_the_same_estimate(done: Bridge) -> None:
    """An approved budget change is offered, accepted and written by EstimateMod with every line kept (rule 8)."""
    before = estimate_of(done)
    (project,) = done.projects("24-001")
    done.procore.approve_budget_change(project, 1, {"03-300.M": Decimal("1250.50"), "09-250.M": Decimal("-200.00")})
    done.pull()
    (row,) = done.submissions(kind="budget_change")
    assert (row.state, row.amount) == (State.READY, Decimal("1050.50"))
    deliver(done)

    after = estimate_of(done)
    assert (after.txn_id, after.total) == (before.txn_id, before.total + Decimal("1050.50"))
    assert [each.line_id for each in after.lines] == [each.line_id for each in before.lines]
    all_is_well(done)


def test_a_budget_locked_again_with_other_amounts_updates_the_estimate(done: Bridge) -> None:
    """Unlocked: nothing. Locked with another amount: an update, accepted, into the same estimate."""
    before = estimate_of(done)
    (project,) = done.projects("24-001")
    done.procore.unlock_budget(project)
    deliver(done)
    done.procore.set_budget(project, {"03-300.M": Decimal("50000.00")})
    done.procore.lock_budget(project)
    done.pull()
    row = done.find("budget", "24-001")
    assert (row.state, row.update) == (State.READY, True), states([row])
    assert "50,000.00 now" in row.notes[0]
    deliver(done)

    after = estimate_of(done)
    assert after.txn_id == before.txn_id
    assert after.total == row.amount
    all_is_well(done)


def test_an_estimate_never_carries_the_file_s_markup(bridge: Bridge) -> None:
    """A company file with a default markup gets the budget as it is: proven from the reply (rule 9)."""
    prefer(bridge, "<DefaultMarkup>0.00", "<DefaultMarkup>15.00")
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    finish(bridge)
    assert estimate_of(bridge).total == bridge.find("budget", "24-001").amount
    (project,) = bridge.projects("24-001")
    bridge.procore.approve_budget_change(project, 1, {"03-300.M": Decimal("99.99"), "16-100.M": Decimal("10.00")})
    deliver(bridge)
    all_is_well(bridge)


def test_a_closed_period_is_a_state_with_its_own_words(bridge: Bridge) -> None:
    """A contract date in closed books blocks the order with the date; a later one lets it go."""
    prefer(bridge, "</AccountingPreferences>", "<ClosingDate>2026-02-28</ClosingDate></AccountingPreferences>")
    bridge.switch_on("24-001")
    bridge.visit()
    row = drywall(bridge)
    assert row.state is State.BLOCKED
    assert "closing date 2026-02-28" in row.reasons[0]
    bridge.procore.set_commitment(int(row.key), contract_date=dt.date(2026, 3, 1))
    bridge.pull()
    assert drywall(bridge).state is State.READY


def rounds(bridge: Bridge, count: int = 8) -> None:
    """Let the clock read Procore so many times, a quarter of an hour apart."""
    for _ in range(count):
        bridge.clock.pass_time(minutes=15)
        assert pull(bridge.app.kit, bridge.connection.id, asked="round").problems == []


def test_rounds_flag_what_was_taken_back_or_deleted(done: Bridge) -> None:
    """Un-approved, void and deleted after the export: the rounds notice it and say so, QuickBooks stays as it is."""
    orders, (change,) = done.submissions(kind="commitment"), done.submissions(kind="change_order")
    draft, deleted = orders[0], orders[1]
    before = done.company.snapshot()
    done.procore.set_commitment(int(draft.key), status="Draft")
    done.procore.delete_commitment(int(deleted.key))
    done.procore.set_change_order(int(change.key), status="void")
    rounds(done)
    finish(done)

    flagged = {row.key: " ".join(row.reasons) for row in done.submissions() if row.reasons}
    assert set(flagged) == {draft.key, deleted.key, change.key}
    assert "has status Draft" in flagged[draft.key]
    assert "no longer there" in flagged[deleted.key]
    assert "no longer shows it as approved" in flagged[change.key]
    assert done.company.snapshot() == before
    done.procore.set_commitment(int(draft.key), status="Approved")
    rounds(done)
    assert not done.find("commitment", draft.number).reasons


def test_a_budget_opened_and_locked_again_by_rounds_is_an_update(done: Bridge) -> None:
    """While it is open nothing is offered; locked again, what changed meanwhile waits for a person."""
    (project,) = done.projects("24-001")
    budget = done.find("budget", "")
    done.procore.unlock_budget(project)
    rounds(done, 1)
    done.procore.set_budget(project, {"09-250.M": Decimal("77000.00")})
    rounds(done)
    assert (done.find("budget", "").state, done.find("budget", "").version) == (State.SYNCED, budget.version)
    done.procore.lock_budget(project)
    rounds(done, 1)
    found = done.find("budget", "")
    assert (found.state, found.update) == (State.READY, True)
