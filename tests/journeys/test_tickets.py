"""Tickets: random from the system's source, and of no use to who has not got one."""

import base64
import random
import secrets
from pathlib import Path

from lxml import etree

from tests.journeys.bridge import Bridge
from tests.protocol.fakes import ask, call

SAMPLES = 300
NUMBERS = "<qbXMLMajorVers>16</qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers>"


def result(bridge: Bridge, name: str, content: str) -> "etree._Element":
    """Make one call from raw bytes; gives the element with the result."""
    return ask(bridge.wsgi, "POST", call(name, content), SCRIPT_NAME="", PATH_INFO="/qbwc").result


def ticket_of(bridge: Bridge, password: str) -> str:
    """Sign in; gives the ticket."""
    content = f"<strUserName>bluestone</strUserName><strPassword>{password}</strPassword>"
    return result(bridge, "authenticate", content)[0].text or ""


def test_tickets_cannot_be_guessed_from_others_or_from_the_time(bridge: Bridge) -> None:
    """At least 128 bits, each of which changes as often as not, though Python's own generator begins anew each time."""
    tickets = []
    for _ in range(SAMPLES):
        random.seed(7)
        tickets.append(base64.urlsafe_b64decode(ticket_of(bridge, "wrong")))
    assert len(set(tickets)) == SAMPLES
    assert {len(ticket) >= 16 for ticket in tickets} == {True}
    for bit in range(8 * len(tickets[0])):
        ones = sum(ticket[bit // 8] >> bit % 8 & 1 for ticket in tickets)
        # Seven standard deviations on either side.
        assert 0.3 < ones / SAMPLES < 0.7, bit


def test_a_stranger_learns_nothing_and_disturbs_nothing(bridge: Bridge) -> None:
    """Tickets made up, empty, hashed, or given with `nvu` are all answered alike, while a visit goes on undisturbed."""
    bridge.switch_on("24-001")
    own = ticket_of(bridge, bridge.password)
    request = result(bridge, "sendRequestXML", f"<ticket>{own}</ticket>{NUMBERS}").text
    assert request
    answers = set()
    for ticket in (secrets.token_urlsafe(24), "", bridge.app.kit.hash_token(own), ticket_of(bridge, "wrong"), own[:-1]):
        given = f"<ticket>{ticket}</ticket>"
        answers.add(
            (
                result(bridge, "sendRequestXML", given + NUMBERS).text,
                result(bridge, "receiveResponseXML", f"{given}<response>x</response>").text,
                result(bridge, "connectionError", f"{given}<hresult>0x80040408</hresult>").text,
                result(bridge, "getLastError", given).text,
                result(bridge, "closeConnection", given).text,
            )
        )
    assert len(answers) == 1
    assert int(answers.pop()[1] or 0) < 0
    with bridge.app.kit.work() as uow:
        (visit,) = uow.visits.find(connection_id=bridge.connection.id, ended_at=None)
        assert (visit.last_error, visit.connection_errors) == ("", 0)
        assert uow.message_sets.find(visit_id=visit.id, answered_at=None)


def test_a_ticket_stands_in_no_file(bridge: Bridge, tmp_path: Path) -> None:
    """What is stored is its keyed hash: who reads the database or a backup cannot go on with a visit."""
    own = ticket_of(bridge, bridge.password)
    result(bridge, "sendRequestXML", f"<ticket>{own}</ticket>{NUMBERS}")

    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert [file.name for file in files if own.encode() in file.read_bytes()] == []
