"""What befalls offices: backups put back on either side, refused payroll, answers that say too little."""

import re
import shutil
from decimal import Decimal

from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.release_steps import withdraw
from qbwc_bridge.rehearsal.quickbooks import Line
from qbwc_bridge.worker import push
from tests.databases import copy_data
from tests.journeys.bridge import Bridge, states
from tests.journeys.test_costs import job, posted, return_costs, there, working

__all__ = ["working"]


def deliver(bridge: Bridge) -> None:
    """Bring one project to the point where everything is accepted."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()


def once(bridge: Bridge) -> None:
    """Everything stands in QuickBooks, each record once."""
    rows = bridge.submissions()
    assert {row.state for row in rows} == {State.SYNCED}, states(rows)
    orders = [order.ref_number for order in bridge.company.orders()]
    assert sorted(orders) == sorted({*orders})
    assert len(bridge.company.estimates()) == 1
    assert {order.ref_number: order.total for order in bridge.company.orders()}["PO24-003"] == Decimal("20000.00")


def test_a_backup_of_the_bridge_put_back_doubles_nothing(bridge: Bridge) -> None:
    """A bridge that forgot its last visit finds what it wrote by its marks and names, change order included."""
    deliver(bridge)
    bridge.app.close()
    backup = bridge.folder.with_name("backup")
    copy_data(bridge.folder, backup)
    bridge.start()
    assert bridge.visit().outcome == "done"
    once(bridge)
    bridge.app.close()
    shutil.rmtree(bridge.folder)
    copy_data(backup, bridge.folder)
    bridge.start()
    for _ in range(3):
        bridge.clock.pass_time(minutes=16)
        bridge.visit()

    once(bridge)


def lying(bridge: Bridge, find: str, replace: str) -> list[str]:
    """Let QuickBooks' next answer that matches be changed; gives the list of what was changed."""
    real = bridge.company.process
    lies: list[str] = []

    def process(text: str) -> str:
        answer = real(text)
        if not lies and re.search(find, answer, re.DOTALL):
            lies.append(answer)
            return re.sub(find, replace, answer, flags=re.DOTALL)
        return answer

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    return lies


def test_a_write_that_was_done_but_not_shown_is_looked_up(bridge: Bridge) -> None:
    """Status 510 (done, but the record cannot be returned) leads to a look-up, never to a second order."""
    deliver(bridge)
    shown = r'(<PurchaseOrderAddRs[^>]*statusCode=")0("[^>]*)>.*</PurchaseOrderAddRs>'
    lies = lying(bridge, shown, r"\g<1>510\2/>")
    assert bridge.visit().outcome == "done"

    assert lies
    once(bridge)


def test_a_set_without_replies_is_looked_up(bridge: Bridge) -> None:
    """A set that comes back with status 9005 and no replies proves nothing: the records are looked up first."""
    deliver(bridge)
    shown = r"<QBXMLMsgsRs[^>]*>\s*<PurchaseOrderAddRs.*</QBXMLMsgsRs>"
    lies = lying(bridge, shown, '<QBXMLMsgsRs messageSetStatusCode="9005"></QBXMLMsgsRs>')
    assert bridge.visit().outcome == "done"

    assert lies
    once(bridge)


def test_refused_payroll_does_not_hold_the_other_costs(bridge: Bridge) -> None:
    """When QuickBooks refuses payroll (3261) the other costs are read all the same, and the refusal is shown."""
    deliver(bridge)
    bridge.visit()
    bridge.company.enter_check(
        "Smith & Sons",
        [Line(Decimal("12.00"), item="09-250:M", job=job(bridge))],
        txn_date=bridge.clock.now().date(),
        ref_number="1",
    )
    real = bridge.company.process

    def refusing(text: str) -> str:
        if "Paycheck" not in text:
            return real(text)
        number = re.search(r'requestID="(\d+)"', text)
        assert number
        return (
            '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><CustomDetailReportQueryRs requestID="'
            f'{number[1]}" statusCode="3261" statusSeverity="Error" statusMessage="No access to personal data"/>'
            "</QBXMLMsgsRs></QBXML>"
        )

    bridge.company.process = refusing  # type: ignore[method-assign, assignment]
    return_costs(bridge)
    bridge.release("24-001")
    bridge.push()

    assert there(bridge) == posted(bridge) == Decimal("12.00")
    with bridge.app.kit.work() as uow:
        (parked,) = uow.tasks.find(state="parked")
    assert "No access to personal data" in parked.message


def test_the_brake_never_holds_a_withdrawal(working: Bridge) -> None:
    """While the brake asks about one project, another one's withdrawal is carried out."""
    working.switch_on("24-002")
    working.accept_all()
    working.clock.pass_time(minutes=16)
    working.visit()
    other = working.find("job", "24-002").quickbooks_name
    bill = working.company.enter_bill(
        "Smith & Sons",
        [Line(Decimal("9000.00"), item="26-050:M", job=other)],
        txn_date=working.clock.now().date(),
        ref_number="B-77",
    )
    return_costs(working)
    working.release("24-002")
    working.push()
    working.company.delete(bill)
    return_costs(working)
    withdraw(working.app.kit, working.connection.id, working.projects("24-001")[0], who="Alice")
    outcome = push(working.app.kit, working.connection.id)

    assert "24-002" in outcome.brake
    assert not working.procore.direct_costs(working.projects("24-001")[0])
    assert working.procore.direct_costs(working.projects("24-002")[0])


def test_an_order_entered_by_hand_can_be_linked_afterwards(bridge: Bridge) -> None:
    """Done by hand, an order holds up its change order with a sentence, until it is linked to what was typed."""
    bridge.switch_on("24-001")
    bridge.visit()
    kinds = ("cost_code", "job", "vendor")
    for row in bridge.submissions(kind=kinds):
        bridge.decide(decisions.accept, row)
    bridge.visit()
    order = bridge.find("commitment", "PO24-003")
    bridge.decide(decisions.accept, order)
    lying(bridge, r'(<PurchaseOrderAddRs[^>]*statusCode=")0("[^>]*)>.*</PurchaseOrderAddRs>', r"\g<1>3210\2/>")
    bridge.clock.pass_time(minutes=16)
    bridge.visit()
    order = bridge.find("commitment", "PO24-003")
    assert order.state is State.FAILED
    bridge.decide(decisions.done, order, comment="typed in by hand")
    change = bridge.find("change_order", "PO24-003 CO 001")
    assert "link that one" in change.reasons[0]
    bridge.refresh_costs()
    bridge.clock.pass_time(minutes=16)
    bridge.visit()
    bridge.decide(decisions.link, order, quickbooks="PO24-003")

    assert bridge.find("change_order", "PO24-003").state is State.READY
