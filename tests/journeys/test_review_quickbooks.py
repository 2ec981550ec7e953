"""Doubtful answers, strangers and failed readings: nothing is written twice, unseen, or asked for without end."""

import re
from decimal import Decimal

import pytest

from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import company as companies
from qbwc_bridge.flow import decisions
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.quickbooks.errors import parse_fault
from qbwc_bridge.webconnector.session import Session
from tests.journeys.bridge import Bridge, states
from tests.journeys.crashing import PowerCutError
from tests.journeys.test_calamities import deliver

MOST_ROUNDS = 60
"""Far more rounds than any of these visits needs."""


def deaf_to(bridge: Bridge, pattern: str) -> list[str]:
    """Let QuickBooks fail to read every document that matches; gives these."""
    real, heard = bridge.company.process, []

    def process(text: str) -> str:
        if re.search(pattern, text):
            heard.append(text)
            assert len(heard) < MOST_ROUNDS, "the same visit asks without end"
            raise parse_fault("made so by a test")
        return real(text)

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    return heard


def cut_after(bridge: Bridge, pattern: str) -> None:
    """Let a visit go until QuickBooks has done what matches; its answer is lost and the PC dies."""
    real = bridge.company.process

    def process(text: str) -> str:
        answer = real(text)
        if re.search(pattern, text):
            raise PowerCutError
        return answer

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    with pytest.raises(PowerCutError):
        bridge.visit()
    bridge.company.process = real  # type: ignore[method-assign]
    bridge.company.end_session()


def test_readings_that_quickbooks_cannot_read_end_the_visit(bridge: Bridge) -> None:
    """A set of queries refused as unreadable is split once; the refused one is parked and the visit ends."""
    bridge.switch_on("24-001")
    deaf_to(bridge, "EstimateQueryRq")
    visit = bridge.visit()

    assert visit.outcome in {"done", "error"}
    with bridge.app.kit.work() as uow:
        parked = uow.tasks.find(state=TaskState.PARKED)
    assert [task.kind for task in parked] == ["EstimateQuery"]


def test_orders_that_could_not_be_read_are_read_whole_next_time(bridge: Bridge) -> None:
    """As long as a list was never read nothing is offered, and the next reading of it has no window."""
    bridge.switch_on("24-001")
    bridge.company.add_vendor("Pacific Drywall")
    heard = deaf_to(bridge, "PurchaseOrderQueryRq")
    bridge.visit()
    assert heard
    assert {row.state for row in bridge.submissions()} == {State.BLOCKED}, states(bridge.submissions())
    bridge.clock.pass_time(minutes=16)
    visit = bridge.visit()

    asked = re.findall("<PurchaseOrderQueryRq.*?</PurchaseOrderQueryRq>", "".join(visit.requests), re.DOTALL)
    assert asked
    assert not [text for text in asked if "FromModifiedDate" in text]


def test_a_lost_answer_is_not_settled_in_an_older_copy(bridge: Bridge) -> None:
    """An older copy cannot prove that a write did not happen; back in the right file nothing is doubled."""
    deliver(bridge)
    budget = bridge.submissions(kind="budget")[0]
    bridge.decide(decisions.take_back, budget)
    older = bridge.company.snapshot()
    bridge.visit()
    bridge.decide(decisions.accept, budget)
    bridge.clock.pass_time(minutes=16)
    cut_after(bridge, "EstimateAddRq")
    right = bridge.company.snapshot()
    bridge.company.restore(older)
    bridge.clock.pass_time(minutes=16)
    assert "older copy" in bridge.visit().status_text
    bridge.company.restore(right)
    with bridge.app.kit.work() as uow:
        row = uow.connections.get(bridge.connection.id)
        companies.bind(row)
        uow.connections.save(row)
    bridge.clock.pass_time(minutes=16)
    bridge.visit()

    assert len(bridge.company.estimates()) == 1
    assert bridge.submissions(kind="budget")[0].state is State.SYNCED


def test_a_change_order_is_not_rebuilt_from_what_nobody_accepted(bridge: Bridge) -> None:
    """A change refused as stale is not built anew from a text that Procore changed since it was accepted."""
    deliver(bridge)
    (change,) = bridge.submissions(kind="change_order")
    real = bridge.company.process
    done: list[str] = []

    def process(text: str) -> str:
        if "PurchaseOrderModRq" in text and not done:
            done.append(text)
            bridge.procore.set_change_order(int(change.key), title="Something else altogether")
            bridge.pull()
            number = re.search(r'PurchaseOrderModRq requestID="(\d+)"', text)
            assert number
            return (
                '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><PurchaseOrderModRs requestID="'
                f'{number[1]}" statusCode="3200" statusSeverity="Error" statusMessage="stale"/></QBXMLMsgsRs></QBXML>'
            )
        return real(text)

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    bridge.visit()
    bridge.clock.pass_time(minutes=16)
    bridge.visit()

    assert done
    (row,) = bridge.submissions(kind="change_order", key=change.key)
    assert row.state is State.READY, states([row])
    (order,) = [order for order in bridge.company.orders() if order.ref_number == "PO24-003"]
    assert order.total == Decimal("18500.00")


def test_a_stored_reply_that_cannot_be_read_is_looked_up(bridge: Bridge) -> None:
    """An answer that is malformed in QuickBooks' own store does not hold all later work for ever."""
    deliver(bridge)
    real = bridge.company.process

    def process(text: str) -> str:
        answer = real(text)
        return answer[: len(answer) // 2] if "<VendorAddRs" in answer else answer

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    for _ in range(4):
        bridge.visit()
        bridge.clock.pass_time(minutes=16)

    assert {row.state for row in bridge.submissions()} == {State.SYNCED}, states(bridge.submissions())


def test_a_stranger_s_preferences_take_no_acceptance_away(bridge: Bridge) -> None:
    """Another company that visits decides nothing about what was accepted for the bound one."""
    deliver(bridge)
    before = {row.id: row.state for row in bridge.submissions()}
    other = Company(name="Somebody Else Inc.", now=bridge.clock.now)
    real = other.hcp_response
    found = real()
    told = re.sub(r"(<IsUsingInventory>|<IsEstimatesEnabled>|<IsUsingEstimates>)true", r"\1false", found)
    assert told != found, found
    other.hcp_response = lambda: told  # type: ignore[method-assign]
    stranger = bridge.web_connector(other)
    stranger.add()
    stranger.visit()
    bridge.pull()

    assert {row.id: row.state for row in bridge.submissions()} == before, states(bridge.submissions())


def test_a_late_answer_after_the_look_up_still_counts(bridge: Bridge) -> None:
    """A write that a look-up did not find yet, but whose answer comes late, is not sent again."""
    deliver(bridge)
    session = Session(bridge.app.kit)
    ticket, _ = session.authenticate("bluestone", bridge.password)
    hcp = bridge.company.hcp_response()
    while "EstimateAddRq" not in (text := session.send_request_xml(ticket, hcp, "", "US", 16, 0)):
        session.receive_response_xml(ticket, bridge.company.process(text), "", "")
    bridge.clock.pass_time(minutes=30)
    second, word = session.authenticate("bluestone", bridge.password)
    assert not word
    while "EstimateQueryRq" not in (asked := session.send_request_xml(second, hcp, "", "US", 16, 0)) or (
        "RefNumber" not in asked
    ):
        session.receive_response_xml(second, bridge.company.process(asked), "", "")
    nothing_yet = bridge.company.process(asked)
    late = bridge.company.process(text)
    session.receive_response_xml(second, nothing_yet, "", "")
    session.receive_response_xml(ticket, late, "", "")
    while asked := session.send_request_xml(second, hcp, "", "US", 16, 0):
        if session.receive_response_xml(second, bridge.company.process(asked), "", "") == 100:
            break

    assert len(bridge.company.estimates()) == 1
    assert bridge.submissions(kind="budget")[0].state is State.SYNCED


def test_a_doubt_that_quickbooks_never_settles_goes_to_a_person(bridge: Bridge) -> None:
    """When QuickBooks refuses every look-up of a lost write, a person is asked, and the other records go on."""
    deliver(bridge)
    cut_after(bridge, "EstimateAddRq")
    real = bridge.company.process

    def process(text: str) -> str:
        if "oldMessageSetID" in text:
            return '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs messageSetStatusCode="9002"></QBXMLMsgsRs></QBXML>'
        if "RefNumber" in text and (number := re.search(r'EstimateQueryRq requestID="(\d+)"', text)):
            return (
                '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><EstimateQueryRs requestID="'
                f'{number[1]}" statusCode="3260" statusSeverity="Error" statusMessage="no"/></QBXMLMsgsRs></QBXML>'
            )
        return real(text)

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    for _ in range(8):
        bridge.clock.pass_time(minutes=16)
        bridge.visit()

    assert bridge.submissions(kind="budget")[0].state is State.FAILED
    assert len(bridge.company.estimates()) == 1
    rest = [row for row in bridge.submissions() if row.kind != "budget"]
    assert {row.state for row in rest} == {State.SYNCED}, states(rest)
