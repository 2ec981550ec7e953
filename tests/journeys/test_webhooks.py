"""Webhooks from the command to the touched project, and a burst of events on the real web server."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.procore.webhook_office import PUBLIC_URL, WebhookOffice, webhook_office
from tests.protocol.fakes import ask, serve_application
from tests.unit.cli_office import Office, office

EVENTS = 1000
SENDERS = 6
PROCORE_WAITS = 5
"""Seconds in which an event must be answered, or Procore sends it again."""


@pytest.fixture(name="desk")
def fixture_desk(tmp_path: Path) -> Iterator[Office]:
    """An office that Procore can reach, with project 24-001 on, and webhooks made by command."""
    with office(tmp_path, PUBLIC_URL) as made:
        made.bridge.switch_on("24-001")
        made.run("webhooks", "add", "Bluestone")
        yield made


def to(desk: Office, address: str, headers: Mapping[str, str], body: bytes) -> int:
    """Carry a delivery of Procore to the bridge, as a proxy in front of it does."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == PUBLIC_URL
    path = {"SCRIPT_NAME": "", "PATH_INFO": unquote(parts.path, "latin-1")}
    kind, authorization = headers["Content-Type"], headers["Authorization"]
    return ask(desk.bridge.wsgi, "POST", body, **path, CONTENT_TYPE=kind, HTTP_AUTHORIZATION=authorization).status


def deliver(desk: Office) -> int:
    """Let Procore send what waits; gives how many events arrived."""
    return desk.bridge.procore.deliver_events(lambda *delivery: to(desk, *delivery))


def project(desk: Office, number: str = "24-001") -> ProjectChoice:
    """A project as stored."""
    with desk.bridge.app.kit.work() as uow:
        row = uow.projects.first(connection_id=desk.bridge.connection.id, number=number)
    assert row is not None
    return row


def test_a_change_in_procore_touches_its_project(desk: Office) -> None:
    """A commitment changed in Procore is told to the real address, and its project is marked to be read again."""
    order = desk.bridge.find("commitment", "PO24-003")
    moment = desk.bridge.clock.now()
    desk.bridge.procore.set_commitment(int(order.key), title="Drywall, boards and studs")
    assert deliver(desk) == 1
    touched = project(desk).touched_at
    assert touched is not None
    assert touched > moment
    assert project(desk, "24-002").touched_at is None
    told = desk.ask("webhooks", "list", "Bluestone")
    assert told["last_event"] is not None
    assert {(each["failing"], each["discarded"]) for each in told["webhooks"]} == {(0, 0)}


def test_changes_of_the_company_touch_its_lists(desk: Office) -> None:
    """A new project and a changed vendor mark the company's lists, no project."""
    desk.bridge.procore.add_project("26-001", "Library")
    desk.bridge.procore.set_vendor(desk.bridge.procore.add_vendor("Acme Paving"), city="Oakland")
    assert deliver(desk) == 3
    with desk.bridge.app.kit.work() as uow:
        connection = uow.connections.get(desk.bridge.connection.id)
    assert connection.touched_at is not None
    assert project(desk).touched_at is None


def test_what_the_bridge_does_itself_comes_back_without_effect(desk: Office) -> None:
    """A vendor that the bridge makes in Procore is told by Procore, and touches nothing."""
    desk.bridge.app.procore(desk.bridge.connection).create_vendor("Acme Paving")
    assert deliver(desk) == 1
    with desk.bridge.app.kit.work() as uow:
        assert uow.connections.get(desk.bridge.connection.id).touched_at is None


def test_events_wait_for_a_bridge_that_is_away(desk: Office) -> None:
    """While the bridge is away nothing is lost: Procore sends again, and what it gave up is found by polling alone."""

    def away(*_delivery: object) -> int:
        raise ConnectionRefusedError

    line = CommitmentLine("09-250.M", "More board", Decimal("10.00"))
    order = int(desk.bridge.find("commitment", "PO24-003").key)
    desk.bridge.procore.add_commitment_line(order, line)
    assert desk.bridge.procore.deliver_events(away) == 0
    assert deliver(desk) == 1
    assert project(desk).touched_at is not None
    desk.bridge.procore.add_commitment_line(order, line)
    desk.bridge.procore.deliver_events(away)
    desk.bridge.clock.pass_time(hours=13)
    assert deliver(desk) == 0
    assert [each["discarded"] for each in desk.ask("webhooks", "list", "Bluestone")["webhooks"]] == [0, 1]
    before = desk.bridge.find("commitment", "PO24-003").amount
    desk.bridge.pull()
    after = desk.bridge.find("commitment", "PO24-003").amount
    assert before is not None
    assert after == before + 20


def test_after_remove_events_are_refused(desk: Office) -> None:
    """What Procore still sends after the webhooks were removed gets 401 and touches nothing."""
    hook = next(iter(desk.bridge.procore._state.hooks.values()))
    headers = {"Content-Type": "application/json", "Authorization": hook.authorization or ""}
    event = json.dumps({"company_id": desk.bridge.procore.company_id, "resource_name": "Projects"}).encode()
    assert to(desk, hook.destination_url, headers, event) == 204
    desk.run("webhooks", "remove", "Bluestone")
    assert to(desk, hook.destination_url, headers, event) == 401


def test_a_burst_is_answered_in_time(tmp_path: Path) -> None:
    """A thousand events at once on the real web server, with wrong headers between: answered in a second.

    A machine that does other work may hold a few of them up, but none for as long as Procore waits.
    """
    with webhook_office(tmp_path) as made, serve_application(made.bridge.wsgi) as url:
        answers = burst(made, urlsplit(url).port or 0)
        assert made.project().touched_at is not None
    assert sorted({status for status, _ in answers}) == [204, 401]
    assert sum(status == 204 for status, _ in answers) == EVENTS
    took = sorted(seconds for _, seconds in answers)
    most = took[len(took) * 95 // 100]
    assert most < 1, f"a twentieth of {len(took)} took longer than {most:.3f} s"
    assert took[-1] < PROCORE_WAITS, f"the slowest took {took[-1]:.3f} s"


def burst(made: WebhookOffice, port: int) -> list[tuple[int, float]]:
    """Send events of every version from several threads; gives status and seconds of each."""
    bodies = [json.dumps(made.event(version)).encode() for version in ("v2.0", "v3.0", "v4.0")]
    answers: list[tuple[int, float]] = []

    def send(share: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for number in range(share):
            for right in (True, False) if number % 10 == 0 else (True,):
                header = made.authorization if right else "Bearer wrong"
                began = time.monotonic()
                connection.request("POST", "/webhooks/procore/Bluestone", bodies[number % 3], {"Authorization": header})
                answer = connection.getresponse()
                answer.read()
                answers.append((answer.status, time.monotonic() - began))
        connection.close()

    shares = [EVENTS // SENDERS + (number < EVENTS % SENDERS) for number in range(SENDERS)]
    threads = [threading.Thread(target=send, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
