"""The bridge between the stand-ins, and what its people find in their mail: a real SMTP server has it."""

import datetime as dt
import logging
import re
import threading
from collections.abc import Iterator
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import pytest

from qbwc_bridge import worker
from qbwc_bridge.bootstrap import open_app
from qbwc_bridge.clockwork import Clockwork
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.rehearsal.procore import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import Company, PaycheckLine
from qbwc_bridge.worker import close_month, push
from tests.journeys.bridge import PUBLIC_URL, Bridge, connected_bridge
from tests.journeys.cost_year import two_projects
from tests.journeys.mail_server import Inbox, mail_server
from tests.journeys.test_cost_calamities import LABOR, bill, held, job
from tests.journeys.test_cost_year import visit
from tests.protocol.fakes import ask

EMPLOYEE, WAGE = "Wilhelmina Obscura", Decimal("731.37")


@pytest.fixture(name="inbox")
def _inbox() -> Iterator[Inbox]:
    """The office's mail server."""
    with mail_server() as made:
        yield made


@pytest.fixture(name="here")
def _here(tmp_path: Path, inbox: Inbox) -> Iterator[Bridge]:
    """Two projects with a bill each, read, and a mail server; the next daily mail is hours away."""
    more = {"smtp_url": inbox.url(), "mail_from": "bridge@example.com", "mail_to": "office@example.com"}
    with connected_bridge(tmp_path, two_projects, more=more) as bridge:
        bridge.switch_on()
        bridge.visit()
        bridge.accept_all()
        bridge.visit()
        for number in ("24-001", "24-002"):
            bill(bridge, number, "1000.00")
        visit(bridge)
        with bridge.app.kit.work() as uow:
            row = uow.connections.get(bridge.connection.id)
            row.settings["approver"] = "ann@example.com"
            row.summed_up_on = bridge.clock.now().date()
            uow.connections.save(row)
        yield bridge


def tick(bridge: Bridge, *, until: dt.timedelta = dt.timedelta()) -> None:
    """Let time pass, and the clockwork look after the mail."""
    bridge.clock.at += until
    Clockwork(bridge.app.kit).mail_tick()


def plain(message: EmailMessage) -> str:
    """The text of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return " ".join(content.split())


def test_a_rejected_record_silence_and_the_brake_are_mailed(here: Bridge, inbox: Inbox) -> None:
    """From Procore's record to the mail with its link, which leads to that record on the page."""
    tick(here)
    assert inbox.taken == []
    here.release("24-001", "24-002")
    here.push()
    backup = here.company.snapshot()
    bill(here, "24-001", "44.00")
    visit(here)
    here.push()
    here.company.restore(backup)
    here.clock.pass_time(hours=1)
    bill(here, "24-002", "5.00")
    visit(here)
    question = held(here)
    tick(here)
    assert inbox.subjects() == ["Bluestone: nothing is written to Procore until somebody confirms"]
    assert question.partition(".")[0] in plain(inbox.taken[0][1])
    assert sorted(inbox.taken[0][0]) == ["ann@example.com", "office@example.com"]

    vendor = here.procore.add_vendor("Pacific Drywall")
    lines = [CommitmentLine("03-300.M", "Boards", Decimal("18500.00"))]
    here.procore.add_purchase_order(here.projects("24-001")[0], "PO-9", "Drywall", vendor, lines)
    here.pull()
    row = here.find("commitment", "PO-9")
    here.decide(decisions.reject, row, comment="Wrong name: ask Ben")
    tick(here, until=dt.timedelta(minutes=3))
    to, message = inbox.taken[1]
    assert to == ["office@example.com"]
    assert "Alice: Wrong name: ask Ben" in plain(message)
    link = f"{PUBLIC_URL}/connections/Bluestone/submissions/{row.id}"
    assert link in plain(message)
    assert ask(here.wsgi, "GET", b"", PATH_INFO=link.removeprefix(PUBLIC_URL)).status == 303

    tick(here, until=dt.timedelta(hours=5))
    tick(here, until=dt.timedelta(hours=5))
    assert inbox.subjects()[2].startswith("Bluestone: the Web Connector has not called since ")
    here.visit()
    tick(here)
    assert inbox.subjects()[3] == "Bluestone: the Web Connector calls again"
    assert len(inbox.taken) == 4


def test_another_company_and_its_leaving_are_mailed(here: Bridge, inbox: Inbox) -> None:
    """By name, once, however often it visits."""
    stranger = here.web_connector(Company(name="Harbor View Inc", now=here.clock.now))
    stranger.add()
    for _ in range(3):
        here.clock.pass_time(minutes=15)
        here.refresh_costs()
        stranger.visit()
        tick(here)
    ((to, message),) = inbox.taken
    assert message["Subject"] == "Bluestone: another QuickBooks company is open"
    assert "Harbor View Inc" in plain(message)
    assert sorted(to) == ["ann@example.com", "office@example.com"]
    visit(here)
    tick(here)
    assert inbox.subjects()[1:] == ["Bluestone: QuickBooks is written again"]


def test_the_summary_has_proof_and_closed_months_and_no_wage(
    here: Bridge, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Difference, last reconciliation and changed months in figures; no employee, paycheck or wage anywhere."""
    caplog.set_level(logging.DEBUG)
    here.release("24-001")
    here.push()
    here.difference()
    close_month(here.app.kit, here.connection.id, dt.date(2026, 2, 28), who="Ann")
    here.clock.pass_time(hours=1)
    wages = [PaycheckLine(WAGE, job=job(here, "24-001"), item=LABOR)]
    here.company.enter_paycheck(EMPLOYEE, wages, txn_date=dt.date(2026, 2, 20))
    bill(here, "24-001", "61.00", days=30)
    visit(here)
    assert push(here.app.kit, here.connection.id).brake
    tick(here, until=dt.timedelta(hours=2))
    here.clock.at = dt.datetime(2026, 3, 11, 14, 0, tzinfo=dt.UTC)
    here.visit()
    tick(here)
    message = next(message for _, message in inbox.taken if "need" in message["Subject"])
    text = plain(message)
    assert message["To"] == "ann@example.com"
    assert "Documents changed in closed months: February 2026: 2 (2 new)" in text
    assert re.search(r"Last reconciliation: \w+ 10 Mar, \d+:\d\d AM", text)
    assert f"Difference between QuickBooks and Procore: {61 + WAGE:.2f}" in text
    assert PUBLIC_URL in text
    for _, each in inbox.taken:
        for word in (EMPLOYEE, "Obscura", "Paycheck", "731.37"):
            assert word not in str(each)
    assert EMPLOYEE not in caplog.text
    with here.app.kit.work() as uow:
        assert all("731.37" not in str(row.letter) for row in uow.notices.find())
    before = len(inbox.taken)
    here.clock.at += dt.timedelta(hours=24)
    here.visit()
    tick(here)
    assert "new)" not in plain(inbox.taken[-1][1])
    assert len(inbox.taken) == before + 1


def test_all_is_well_is_mailed_when_nothing_waits(here: Bridge, inbox: Inbox) -> None:
    """Both systems agree and nobody is needed: one calm mail in a week."""
    here.release("24-001", "24-002")
    here.push()
    assert here.difference() == 0
    for row in here.submissions(state=[State.READY, State.BLOCKED]):
        here.decide(decisions.archive, row)
    for day in range(11, 20):
        here.clock.at = dt.datetime(2026, 3, day, 15, 0, tzinfo=dt.UTC)
        here.visit()
        tick(here)
    assert inbox.subjects() == ["Bluestone: all is well", "Bluestone: all is well"]
    assert "Difference between QuickBooks and Procore: 0.00" in plain(inbox.taken[0][1])


def test_two_processes_send_each_letter_once(here: Bridge, inbox: Inbox) -> None:
    """Two bridges on one database look and send at the same moments: each mail comes once."""
    other = open_app(here.settings, clock=here.clock, transport=here.transport())
    works = [Clockwork(here.app.kit), Clockwork(other.kit)]
    for turn in range(6):
        with here.app.kit.work() as uow:
            row = uow.connections.get(here.connection.id)
            row.brake = "Look first." if turn % 2 == 0 else ""
            uow.connections.save(row)
        here.clock.pass_time(hours=7)
        here.visit()
        barrier = threading.Barrier(2)

        def both(work: Clockwork, barrier: threading.Barrier = barrier) -> None:
            barrier.wait(10)
            for _ in range(3):
                work.mail_tick()

        threads = [threading.Thread(target=both, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    other.close()
    tick(here)
    ids = [str(message["Message-ID"]) for _, message in inbox.taken]
    assert len(ids) == len(set(ids))
    with here.app.kit.work() as uow:
        rows = uow.notices.find()
    assert {row.state for row in rows} == {"sent"}
    assert len(rows) == len(ids)
    assert [row.kind for row in rows].count("brake") == 3


def test_the_clockworks_own_thread_mails(here: Bridge, inbox: Inbox) -> None:
    """The server's clockwork looks after the mail by itself, also while a pull takes its time, and stops cleanly."""
    with here.app.kit.work() as uow:
        row = uow.connections.get(here.connection.id)
        row.brake = "Look first."
        uow.connections.save(row)
    clockwork = Clockwork(here.app.kit)
    clockwork.tick = lambda: threading.Event().wait(1)  # type: ignore[method-assign, assignment]
    clockwork.start()
    for _ in range(100):
        if inbox.taken:
            break
        threading.Event().wait(0.05)
    clockwork.stop(10)
    assert len(inbox.taken) == 1
    assert not [each for each in threading.enumerate() if each.name in {"clockwork", "mail"}]


def test_a_server_that_is_away_is_left_alone_for_a_while(here: Bridge, inbox: Inbox) -> None:
    """One connection's try is enough: the others do not wait for the same silence one after the other."""
    with here.app.kit.work() as uow:
        row = uow.connections.get(here.connection.id)
        row.brake = "Look first."
        uow.connections.save(row)
        second = uow.connections.get(here.connection.id)
    with here.app.kit.work() as uow:
        second.id, second.name, second.user_name = 0, "Second", "second"
        uow.connections.add(second)
    inbox.refused = {}
    inbox.data_reply = "421 too many mails from you"
    clockwork = Clockwork(here.app.kit)
    clockwork.mail_tick()
    with here.app.kit.work() as uow:
        assert [row.attempts for row in uow.notices.find()] == [1, 1]
    inbox.data_reply = ""
    here.clock.pass_time(minutes=2)
    clockwork.mail_tick()
    assert len(inbox.taken) == 2


def test_a_fault_with_one_connections_notices_stops_no_other_and_does_not_spin(
    here: Bridge, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, tried again after minutes, and the other connection's alarm goes out."""
    with here.app.kit.work() as uow:
        row = uow.connections.get(here.connection.id)
        row.brake = "Look first."
        uow.connections.save(row)
    with here.app.kit.work() as uow:
        row.id, row.name, row.user_name = 0, "Second", "second"
        second = uow.connections.add(row).id

    def faulty(kit: Kit, connection_id: int) -> None:
        if connection_id != second:
            raise KeyError("a fault")
        worker.notice(kit, connection_id)

    monkeypatch.setattr("qbwc_bridge.clockwork.notice", faulty)
    works = Clockwork(here.app.kit)
    for _ in range(10):
        works.mail_tick()
    assert len(inbox.taken) == 1
    assert caplog.text.count("notices of Bluestone failed unexpectedly") == 1
    here.clock.pass_time(minutes=6)
    works.mail_tick()
    assert caplog.text.count("notices of Bluestone failed unexpectedly") == 2
