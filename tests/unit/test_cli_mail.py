"""`mail`, and what `doctor` and `status` say of mail."""

import logging
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from qbwc_bridge.clockwork import Clockwork
from tests.journeys.bridge import connected_bridge
from tests.journeys.mail_server import Inbox, mail_server
from tests.support import free_port
from tests.unit.cli_office import Office, office


@pytest.fixture(name="inbox")
def _inbox() -> Iterator[Inbox]:
    """The office's mail server."""
    with mail_server() as made:
        yield made


@pytest.fixture(name="here")
def _here(tmp_path: Path, inbox: Inbox) -> Iterator[Office]:
    """An office with mail."""
    more = {"smtp_url": inbox.url(), "mail_from": "bridge@example.com", "mail_to": "office@example.com"}
    with connected_bridge(tmp_path, more=more) as bridge:
        made = Office(bridge)
        made.run("connection", "set", "Bluestone", "approver", "ann@example.com")
        made.run("connection", "set", "Bluestone", "deputy", "ben@example.com")
        yield made


def hold_the_brake(here: Office) -> None:
    """Something is to be mailed."""
    with here.bridge.app.kit.work() as uow:
        row = uow.connections.get(here.bridge.connection.id)
        row.brake = "Look first."
        uow.connections.save(row)


def test_a_test_mail_reaches_everybody_or_whom_it_is_for(here: Office, inbox: Inbox) -> None:
    """Approver, deputy and office in one mail; or one address alone."""
    told = here.run("mail", "test", "Bluestone").stdout
    assert "took the mail for ann@example.com, ben@example.com, office@example.com" in told
    assert "carl@example.com" in here.run("mail", "test", "bluestone", "--to", "carl@example.com").stdout
    assert [to for to, _ in inbox.taken] == [
        ["ann@example.com", "ben@example.com", "office@example.com"],
        ["carl@example.com"],
    ]
    assert inbox.subjects() == ["Bluestone: a test of the bridge's mail"] * 2
    assert "no mail address" in here.refused("mail", "test", "Bluestone", "--to", "Carl", code=2)
    assert "no connection Elsewhere" in here.refused("mail", "test", "Elsewhere")


def test_a_refused_receiver_fails_the_test(here: Office, inbox: Inbox) -> None:
    """The others are named as reached, the refused one with the server's words, and the exit code is 1."""
    inbox.refused = {"ben@example.com": "550 nobody of that name"}
    result = here.run("mail", "test", "Bluestone", code=1)
    assert "550 nobody of that name" in result.stderr
    assert "ann@example.com, office@example.com" in result.stdout


def test_without_server_or_receivers_it_says_what_to_set(tmp_path: Path, inbox: Inbox) -> None:
    """One sentence each."""
    with office(tmp_path / "none") as other:
        assert "set SMTP_URL" in other.refused("mail", "test", "Bluestone")
    more = {"smtp_url": inbox.url(), "mail_from": "bridge@example.com"}
    with connected_bridge(tmp_path / "nobody", more=more) as bridge:
        other = Office(bridge)
        assert "Nobody gets mail" in other.refused("mail", "test", "Bluestone")
        (found,) = [each for each in other.ask("doctor") if each["name"] == "mail"]
        assert (found["outcome"], found["to_do"]) == ("look", "Set MAIL_TO or APPROVER.")
    assert inbox.taken == []


def test_what_was_mailed_is_listed(here: Office, inbox: Inbox) -> None:
    """As a table and as JSON, newest first, with what became of it."""
    assert "Nothing was mailed yet" in here.run("mail", "list").stderr
    hold_the_brake(here)
    inbox.refused = {"office@example.com": "550 nobody of that name"}
    Clockwork(here.bridge.app.kit).mail_tick()
    rows = here.ask("mail", "list", "Bluestone")
    (brake,) = [row for row in rows if row["kind"] == "brake"]
    assert (brake["state"], brake["attempts"], brake["waits_for"]) == ("sent", 1, [])
    assert brake["decided_at"] <= brake["sent_at"]
    assert "550" in brake["message"]
    assert "until somebody confirms" in here.run("mail", "list").stdout


def test_trouble_with_mail_is_a_finding_and_its_mending_is_seen(here: Office, inbox: Inbox) -> None:
    """`doctor` names the server and what waits, `status` and the page too; after a test mail what waits goes."""
    here.bridge.visit()
    (server,) = [each for each in here.ask("doctor") if each["name"] == "mail server"]
    assert server["outcome"] == "look"
    assert (
        "takes mail without signing in, without TLS. Links in mail begin with http://localhost:8085" in server["told"]
    )
    hold_the_brake(here)
    inbox.data_reply = "451 the disk is full"
    clockwork = Clockwork(here.bridge.app.kit)
    for _ in range(3):
        clockwork.mail_tick()
        here.bridge.clock.pass_time(minutes=3)
    found = {each["name"]: each for each in here.ask("doctor", code=1)}
    assert found["mail server"]["outcome"] == "look"
    assert found["mail"]["outcome"] == "broken"
    assert "451 the disk is full" in found["mail"]["told"]
    assert "mail test Bluestone" in found["mail"]["to_do"]
    assert sum("disk is full" in each["told"] for each in found.values()) == 1
    assert any("disk is full" in each for each in here.ask("status", code=1)["connections"][0]["sentences"])
    inbox.data_reply = ""
    assert "more wait" in here.run("mail", "test", "Bluestone").stdout
    clockwork.mail_tick()
    assert any("until somebody confirms" in subject for subject in inbox.subjects())
    found = {each["name"]: each for each in here.ask("doctor", code=1)}
    assert found["mail"]["told"] == ("The daily summary goes to ann@example.com. Alarms go to office@example.com too.")


def test_an_approver_of_before_who_is_no_address_is_named(here: Office) -> None:
    """Older versions took any words: they get no mail, and it is said."""
    with here.bridge.app.kit.work() as uow:
        row = uow.connections.get(here.bridge.connection.id)
        row.settings["approver"] = "Alice"
        uow.connections.save(row)
    told = [each for each in here.ask("doctor", code=1) if each["name"] == "mail"]
    assert [each["outcome"] for each in told] == ["broken", "fine"]
    assert "'Alice', which is no mail address" in told[0]["told"]
    assert "no mail address" not in here.refused("connection", "set", "Bluestone", "approver", "Alice", code=2)


def test_the_password_is_shown_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither doctor, status, mail, log, fault nor database has it, whatever goes wrong with the server."""
    caplog.set_level(logging.DEBUG)
    word = secrets.token_urlsafe(12) + "/@:"
    url = f"smtp://bridge:{quote(word, safe='')}@localhost:{free_port()}"
    more = {"smtp_url": url, "mail_from": "bridge@example.com", "mail_to": "office@example.com"}
    with connected_bridge(tmp_path, more=more) as bridge:
        here = Office(bridge)
        hold_the_brake(here)
        clockwork = Clockwork(bridge.app.kit)
        for _ in range(3):
            clockwork.mail_tick()
            bridge.clock.pass_time(minutes=5)
        outputs = [
            here.run("doctor", code=1).output,
            here.run("status", code=1).output,
            here.run("mail", "test", "Bluestone", code=1).output,
            here.run("mail", "list", "--json").output,
            here.run("connection", "show", "Bluestone", "--json").output,
            repr(bridge.app.settings),
            repr(bridge.app.kit.mail),
            caplog.text,
        ]
        assert any("does not take connections" in output for output in outputs)
        for secret in (word, quote(word, safe="")):
            assert not [output for output in outputs if secret in output]
            for file in (file for file in tmp_path.rglob("*") if file.is_file()):
                assert secret.encode() not in file.read_bytes(), file.name
