"""Mail against real SMTP servers: TLS, sign-in, refusals, and servers that hang, drop and lie."""

import base64
import datetime as dt
import logging
import secrets
import socket
import threading
import time
from pathlib import Path

import pytest

from qbwc_bridge.domain import mail as addresses
from qbwc_bridge.domain.notices import Letter
from qbwc_bridge.errors import MailError, MailUnreachable
from qbwc_bridge.notices import SmtpServer, smtp
from tests.journeys.mail_server import Certificate, Script, mail_server, replies, strange_server
from tests.support import free_port

AT = dt.datetime(2026, 3, 10, 14, 0, tzinfo=dt.UTC)
LETTER = Letter("Größe: 3 things need you", ("Look.",), "/", "Open the overview")
TWO = ["ann@example.com", "ben@example.com"]
HELLO = "220 ready"
EHLO = "250-localhost\n250 SIZE 1000000"
OK = "250 OK"


@pytest.fixture(name="certificate")
def _certificate(tmp_path: Path) -> Certificate:
    """A certificate of localhost."""
    return Certificate(tmp_path)


def server(url: str, certificate: Certificate | None = None) -> SmtpServer:
    """The bridge's side of a server."""
    trust = certificate.trust() if certificate else None
    return SmtpServer(
        addresses.mail_server(url), sender="bridge@example.com", public_url="https://bridge.example.com", trust=trust
    )


def send(client: SmtpServer, to: list[str] | None = None) -> dict[str, str]:
    """Send the letter; gives sentences by refused address."""
    return {who: str(why) for who, why in client.send(LETTER, to or TWO, mark="MARK", at=AT).items()}


def test_a_letter_arrives_over_starttls_after_sign_in(certificate: Certificate) -> None:
    """The server has text and HTML, in one mail for all receivers, and saw the password over TLS alone."""
    with mail_server(user="bridge", certificate=certificate) as inbox:
        assert send(server(inbox.url(), certificate)) == {}
        ((to, message),) = inbox.taken
        assert to == TWO
        assert message["Subject"] == "Größe: 3 things need you"
        assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
        assert inbox.tls == [True]
        assert inbox.tried == [("bridge", inbox.password)]
        assert "as bridge, over TLS" in server(inbox.url(), certificate).check()
        assert len(inbox.taken) == 1


def test_a_letter_arrives_over_smtps_and_without_tls(certificate: Certificate) -> None:
    """TLS from the first byte; and none, for a relay of the office that needs no sign-in."""
    with mail_server(user="bridge", certificate=certificate, at_once=True) as inbox:
        assert send(server(inbox.url("smtps"), certificate)) == {}
        assert inbox.tls == [True]
    with mail_server() as inbox:
        assert send(server(inbox.url())) == {}
        assert inbox.tls == [False]
        assert "without signing in, without TLS" in server(inbox.url()).check()


def test_a_certificate_that_is_not_trusted_or_of_another_name_stops_everything(
    certificate: Certificate, tmp_path: Path
) -> None:
    """No letter and no password goes there, neither by STARTTLS nor by smtps."""
    other = Certificate(tmp_path, ("elsewhere.example.com",))
    for at_once, scheme in ((False, "smtp"), (True, "smtps")):
        with mail_server(user="bridge", certificate=certificate, at_once=at_once) as inbox:
            with pytest.raises(MailUnreachable, match="certificate that this machine does not trust"):
                send(server(inbox.url(scheme)))
            assert (inbox.taken, inbox.tried) == ([], [])
        with mail_server(user="bridge", certificate=other, at_once=at_once) as inbox:
            with pytest.raises(MailUnreachable, match=r"not valid for 'localhost'"):
                send(server(inbox.url(scheme), other))
            assert (inbox.taken, inbox.tried) == ([], [])


def test_without_starttls_nothing_goes_where_it_is_a_must() -> None:
    """Also where somebody in between hides the server's offer."""
    with mail_server() as inbox:
        with pytest.raises(MailUnreachable, match="offers no STARTTLS"):
            send(server(inbox.url(query="?starttls=always")))
        assert inbox.taken == []
    with strange_server(replies(HELLO, EHLO)) as port:
        client = server(f"smtp://localhost:{port}")
        client._server = addresses.MailServer("localhost", port, tls=False, starttls="always", user="me", password="w")
        with pytest.raises(MailUnreachable, match="offers no STARTTLS"):
            send(client)


def test_starttls_is_not_tried_where_it_shall_not(certificate: Certificate) -> None:
    """A relay with a certificate that nobody trusts is used as the admin says."""
    offering = f"250-localhost\n250-STARTTLS\n{OK}"
    last = replies(HELLO, offering, OK, OK, OK, "354 go", "<data>", then=lambda sock: _farewell(sock, ()))
    with strange_server(last) as port:
        assert send(server(f"smtp://localhost:{port}?starttls=never", certificate)) == {}


def test_a_wrong_password_is_told_and_never_shown(certificate: Certificate, caplog: pytest.LogCaptureFixture) -> None:
    """The sentence says where to mend it; neither it nor the log has the password in any form."""
    caplog.set_level(logging.DEBUG)
    with mail_server(user="bridge", certificate=certificate) as inbox:
        url, inbox.password = inbox.url(), secrets.token_urlsafe(12)
        word = url.partition("bridge:")[2].partition("@")[0]
        with pytest.raises(MailUnreachable, match=r"does not let the bridge sign in.*SMTP_URL") as caught:
            send(server(url, certificate))
    for form in (word, base64.b64encode(word.encode()).decode()):
        assert form not in str(caught.value) + repr(caught.value.__cause__) + caplog.text
    assert caught.value.__suppress_context__


def test_a_server_that_echoes_the_password_is_not_quoted() -> None:
    """Whatever the server says about it, plainly or as it was carried."""
    word = secrets.token_urlsafe(12)
    carried = base64.b64encode(f"\0me\0{word}".encode()).decode()
    ehlo = "250-localhost\n250 AUTH PLAIN"
    said = f"535 no: {word} and {carried} and {base64.b64encode(word.encode()).decode()}"
    with strange_server(replies(HELLO, ehlo, said)) as port, pytest.raises(MailUnreachable, match="hidden") as caught:
        send(server(f"smtp://me:{word}@127.0.0.1:{port}"))
    assert not any(form in str(caught.value) for form in (word, carried, base64.b64encode(word.encode()).decode()))


def test_one_refused_receiver_and_the_others_get_it() -> None:
    """Who is unknown and who shall come later are told apart."""
    with mail_server() as inbox:
        inbox.refused = {TWO[0]: "550 nobody of that name", "carl@example.com": "450 come again"}
        client = server(inbox.url())
        found = client.send(LETTER, [*TWO, "carl@example.com"], mark="MARK", at=AT)
        assert {who: why.passing for who, why in found.items()} == {TWO[0]: False, "carl@example.com": True}
        assert "does not take mail for ann@example.com (550 nobody of that name)" in str(found[TWO[0]])
        assert [to for to, _ in inbox.taken] == [[TWO[1]]]
        assert set(send(client, [TWO[0]])) == {TWO[0]}
        assert len(inbox.taken) == 1


def test_a_refused_letter_is_told_with_the_servers_words() -> None:
    """A refusal of the whole letter, for good or for now."""
    with mail_server() as inbox:
        for reply, passing in (("554 unwanted\x1b[31m words", False), ("451 busy", True)):
            inbox.data_reply = reply
            with pytest.raises(MailError, match=f"refuses the mail .{reply[:3]}") as caught:
                send(server(inbox.url()))
            assert not isinstance(caught.value, MailUnreachable)
            assert caught.value.passing is passing
            assert str(caught.value).isprintable()
    told = r"refuses mail from bridge@example\.com, which is MAIL_FROM"
    with strange_server(replies(HELLO, EHLO, "553 not you", OK)) as port, pytest.raises(MailError, match=told):
        send(server(f"smtp://127.0.0.1:{port}"))


def slowly(sock: socket.socket) -> None:
    """Send a sign now and then and never end the line."""
    for _ in range(200):
        sock.sendall(b"2")
        time.sleep(0.05)


def silent(sock: socket.socket) -> None:
    """Say nothing."""
    sock.recv(1)
    time.sleep(2)


STRANGE: dict[str, tuple[Script, str]] = {
    "silent": (silent, "gave no answer within"),
    "dripping": (slowly, "did not come to an end within"),
    "closes at once": (lambda sock: sock.close(), "broke the connection off"),
    "is closed": (replies("554 no service"), "does not want to talk"),
    "speaks HTTP": (replies("HTTP/1.1 400 Bad Request"), "broke the connection off|does not want to talk"),
    "hangs after the greeting": (replies(HELLO, then=silent), "gave no answer within"),
    "drips after the greeting": (replies(HELLO, EHLO, then=slowly), "did not come to an end within"),
    "drops in the letter": (replies(HELLO, EHLO, OK, OK, OK, "354 go"), "broke the connection off"),
    "hangs after the letter": (
        replies(HELLO, EHLO, OK, OK, OK, "354 go", "<data>", then=lambda _sock: time.sleep(2)),
        "gave no answer within",
    ),
    "drops after the letter": (replies(HELLO, EHLO, OK, OK, OK, "354 go", "<data>"), "broke the connection off"),
    "endless line": (lambda sock: sock.sendall(b"2" * 100_000), "does not want to talk|broke the connection off"),
}


@pytest.mark.parametrize("how", STRANGE)
def test_a_strange_server_costs_bounded_time_and_one_sentence(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs, drips, drops or speaks something else: an error that says so, soon, and no thread is left."""
    monkeypatch.setattr(smtp, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(smtp, "WHOLE_SECONDS", 1.5)
    script, told = STRANGE[how]
    with strange_server(script) as port:
        begun = time.monotonic()
        with pytest.raises(MailUnreachable, match=told) as caught:
            send(server(f"smtp://127.0.0.1:{port}"))
        assert time.monotonic() - begun < 4
    assert str(caught.value).startswith(f"The mail server 127.0.0.1:{port} ")
    assert not [each for each in threading.enumerate() if each.name == "mail deadline"]


def test_a_letter_that_was_taken_is_taken_whatever_the_farewell() -> None:
    """A server that drops or grumbles at QUIT makes no second mail."""
    for last in ((), ("500 what?",)):
        said = replies(HELLO, EHLO, OK, OK, OK, "354 go", "<data>", then=lambda sock, last=last: _farewell(sock, last))  # type: ignore[misc]
        with strange_server(said) as port:
            assert send(server(f"smtp://127.0.0.1:{port}")) == {}


def _farewell(sock: socket.socket, last: tuple[str, ...]) -> None:
    sock.sendall(b"250 taken\r\n")
    for answer in last:
        sock.recv(100)
        sock.sendall(answer.encode() + b"\r\n")


def test_a_server_that_is_not_there() -> None:
    """A closed port, and a name that nobody knows."""
    with pytest.raises(MailUnreachable, match="does not take connections"):
        send(server(f"smtp://127.0.0.1:{free_port()}"))
    with pytest.raises(MailUnreachable, match=r"cannot be found|cannot be reached"):
        send(server("smtp://no-such-host.invalid"))
