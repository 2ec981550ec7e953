"""Bad input gets one clear sentence and loses nothing."""

import datetime as dt

import pytest

from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.domain.states import ALIVE, State, TaskState
from qbwc_bridge.errors import BridgeError, ProcoreError, Refused
from qbwc_bridge.flow import company as companies
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.release_steps import release
from qbwc_bridge.qbxml.by_itself import BACK_OFF
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.webconnector.session import Session
from qbwc_bridge.webconnector.words import UNKNOWN_TICKET
from qbwc_bridge.worker import pull
from tests.journeys.bridge import COMPANY, Bridge
from tests.journeys.wire import Talk, raw_bytes


def accepted(bridge: Bridge) -> None:
    """Bring a bridge to the point where writes wait for a visit."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()


def test_an_unknown_ticket_gets_nothing_but_a_reason(bridge: Bridge) -> None:
    """A made-up ticket sees no qbXML, moves nothing, and getLastError says why."""
    accepted(bridge)
    session = Session(bridge.app.kit)

    assert not session.send_request_xml("made-up", "", "", "US", 16, 0)
    assert session.receive_response_xml("made-up", "<QBXML/>", "", "") < 0
    assert session.get_last_error("made-up") == UNKNOWN_TICKET
    assert session.close_connection("made-up")
    assert bridge.visit().outcome == "done"


def test_a_wrong_password_is_nvu(bridge: Bridge) -> None:
    """A wrong password or user name is refused as `nvu` with a ticket, and learns nothing."""
    session = Session(bridge.app.kit)

    for name, password in (("bluestone", "wrong"), ("stranger", bridge.password), ("", "")):
        ticket, word = session.authenticate(name, password)
        assert word == "nvu"
        assert ticket
        assert not session.send_request_xml(ticket, "", "", "US", 16, 0)


def test_a_second_pc_is_told_busy_until_the_lease_ends(bridge: Bridge) -> None:
    """A login during a session is busy; after the lease it takes over, and the old session is told so."""
    accepted(bridge)
    session = Session(bridge.app.kit)
    first, word = session.authenticate("bluestone", bridge.password)
    assert not word
    assert session.authenticate("bluestone", bridge.password)[1] == "busy"
    bridge.clock.pass_time(minutes=3)
    second, word = session.authenticate("bluestone", bridge.password)

    assert not word
    assert not session.send_request_xml(first, bridge.company.hcp_response(), "", "US", 16, 0)
    assert session.send_request_xml(second, bridge.company.hcp_response(), "", "US", 16, 0)


def test_another_company_gets_no_write_and_no_reading(bridge: Bridge) -> None:
    """A company of another name is neither read nor written; the alarm names both; the right one goes on."""
    accepted(bridge)
    other = Company(name="Somebody Else Inc.", now=bridge.clock.now)
    stranger = bridge.web_connector(other)
    stranger.add()
    visit = stranger.visit()

    assert "Somebody Else Inc." in visit.status_text
    assert COMPANY in visit.status_text
    assert not visit.requests
    assert not other.items()
    assert bridge.visit().outcome == "done"
    assert bridge.company.orders()
    with bridge.app.kit.work() as uow:
        assert not uow.connections.get(bridge.connection.id).alarm


def test_an_older_copy_of_the_right_company_gets_no_write(bridge: Bridge) -> None:
    """A restored backup keeps FileID and name but lacks our newest record: nothing is written before a person looks."""
    bridge.switch_on("24-001")
    bridge.visit()
    backup = bridge.company.snapshot()
    bridge.accept_all()
    bridge.visit()
    bridge.company.restore(backup)
    bridge.switch_on("24-002")
    bridge.accept_all()
    bridge.clock.pass_time(minutes=16)
    visit = bridge.visit()

    assert "older copy" in visit.status_text
    assert not bridge.company.orders()
    assert not bridge.company.items()
    with bridge.app.kit.work() as uow:
        row = uow.connections.get(bridge.connection.id)
        assert "older copy" in row.alarm
        companies.bind(row)
        uow.connections.save(row)


def test_an_unbound_company_waits_for_a_person(bridge: Bridge) -> None:
    """Without an expected name nothing is read until a person confirms the company that visited."""
    with bridge.app.kit.work() as uow:
        row = uow.connections.get(bridge.connection.id)
        row.company_name = ""
        uow.connections.save(row)
    bridge.switch_on()
    assert "confirm" in bridge.visit().status_text
    assert {row.state for row in bridge.submissions()} == {"blocked"}
    with bridge.app.kit.work() as uow:
        row = uow.connections.get(bridge.connection.id)
        companies.bind(row)
        uow.connections.save(row)
    bridge.clock.pass_time(minutes=16)

    assert bridge.visit().outcome == "done"
    assert "ready_to_export" in {row.state for row in bridge.submissions()}


def test_an_unreachable_procore_is_one_sentence(bridge: Bridge) -> None:
    """When Procore does not answer, a pull fails with one sentence and what was known stays."""
    bridge.switch_on()
    known = len(bridge.submissions())
    bridge.procore.fail_next(status=500, count=500)

    with pytest.raises(ProcoreError) as caught:
        pull(bridge.app.kit, bridge.connection.id)
    assert "\n" not in str(caught.value)
    bridge.procore.clear_faults()
    assert len(bridge.submissions()) == known
    bridge.pull()


def test_malformed_first_answer_is_asked_for_again(bridge: Bridge) -> None:
    """When the Web Connector's first answer is unreadable, the bridge asks for the facts itself."""
    bridge.switch_on("24-001")
    session = Session(bridge.app.kit)
    ticket, _ = session.authenticate("bluestone", bridge.password)
    text = session.send_request_xml(ticket, "QuickBooks Point of Sale has no such thing", "", "US", 16, 0)

    assert "CompanyQueryRq" in text
    assert session.receive_response_xml(ticket, bridge.company.process(text), "", "") < 100
    assert "CustomerQueryRq" in session.send_request_xml(ticket, "", "", "US", 16, 0)


def test_an_unreadable_answer_is_asked_for_again(bridge: Bridge) -> None:
    """A mangled answer to a write stops the visit with a sentence; the next one settles it, once."""
    accepted(bridge)
    session = Session(bridge.app.kit)
    ticket, _ = session.authenticate("bluestone", bridge.password)
    hcp = bridge.company.hcp_response()
    while "Add" not in (text := session.send_request_xml(ticket, hcp, "", "US", 16, 0)):
        session.receive_response_xml(ticket, bridge.company.process(text), "", "")
    answer = bridge.company.process(text)
    assert session.receive_response_xml(ticket, answer[: len(answer) // 2], "", "") < 0
    assert "could not be read" in session.get_last_error(ticket)
    session.close_connection(ticket)
    bridge.clock.pass_time(minutes=16)

    assert bridge.visit().outcome == "done"
    names = [item.full_name for item in bridge.company.items()]
    assert len(names) == len(set(names))
    assert bridge.company.orders()


def test_a_dialog_in_quickbooks_stops_the_visit_with_its_meaning(bridge: Bridge) -> None:
    """An HRESULT ends the visit with what it means and what to do, and the next visit goes on."""
    accepted(bridge)
    session = Session(bridge.app.kit)
    ticket, _ = session.authenticate("bluestone", bridge.password)
    session.send_request_xml(ticket, bridge.company.hcp_response(), "", "US", 16, 0)

    assert session.receive_response_xml(ticket, "", "0x80040414", "A modal dialog box is showing") < 0
    assert "dialog" in session.get_last_error(ticket)
    session.close_connection(ticket)
    bridge.clock.pass_time(minutes=16)
    assert bridge.visit().outcome == "done"


def test_costs_cannot_be_released_without_a_look(bridge: Bridge) -> None:
    """A release without a dry run of the present figures is refused with the command that helps."""
    accepted(bridge)
    bridge.visit()
    bridge.refresh_costs()
    bridge.clock.pass_time(minutes=16)
    bridge.visit()
    chosen = ReleaseChoice(dt.date(2000, 1, 1), "detail", "write")
    with pytest.raises(Refused, match="no dry run of its present figures"):
        release(bridge.app.kit, bridge.connection.id, bridge.projects("24-001")[0], chosen, who="Alice")


def test_what_procore_changed_cannot_be_accepted_unseen(bridge: Bridge) -> None:
    """An acceptance belongs to the version seen; it lapses when Procore changes before it is sent."""
    accepted(bridge)
    order = bridge.find("commitment", "PO24-003")
    line = bridge.procore.commitment_lines(int(order.key))[0]
    bridge.procore.delete_commitment_line(int(order.key), line)
    bridge.pull()
    after = bridge.find("commitment", "PO24-003")

    assert after.state == "ready_to_export"
    with pytest.raises(BridgeError, match="changed while you looked"):
        bridge.decide(decisions.accept, after, seen=decisions.stamp(order))


@pytest.mark.parametrize("hresult", ["0x80010105", ""])
@pytest.mark.parametrize("query", ["EmployeeQuery", "CheckQuery"])
def test_a_reading_at_which_quickbooks_breaks_each_time_stops_nothing_for_ever(
    bridge: Bridge, query: str, hresult: str
) -> None:
    """Whether it tells an error or dies without a word: after some visits the others go on, and the page counts it."""
    accepted(bridge)
    bridge.refresh_costs()
    with raw_bytes(bridge) as call:
        for _ in range(9):
            bridge.clock.pass_time(hours=5)
            talk, progress = Talk(bridge, call), 0
            if talk.login() != [""]:
                break
            while progress < 100 and (request := talk.send()):
                if f"<{query}Rq" not in request:
                    progress = talk.work(request)
                elif hresult:
                    progress = talk.receive("", hresult, "QuickBooks broke")
                    break
                else:
                    break
            if f"<{query}Rq" not in request or hresult:
                talk.close()
            bridge.company.end_session()
    with bridge.app.kit.work() as uow:
        broken = uow.tasks.find(kind=query, state=TaskState.PARKED)
        left = uow.tasks.count(state=[*ALIVE])
    assert [task.attempts for task in broken] == [len(BACK_OFF) + 1]
    assert not left
    assert bridge.company.orders()
    assert not bridge.submissions(state=[State.ACCEPTED, State.EXPORTING])
