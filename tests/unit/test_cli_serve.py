"""`serve` and its web server: what it listens on, how it stops, whom it believes."""

import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from qbwc_bridge.cli import server_lock
from qbwc_bridge.cli.web_server import WebServer, proxied
from qbwc_bridge.errors import BridgeError, WrongUsage
from qbwc_bridge.logs.files import newest_first
from qbwc_bridge.settings import load_settings
from qbwc_bridge.storage import open_database, open_vault
from tests.unit.cli_office import run

LIMIT = 2 * 1024 * 1024
FOREIGN = "Harbor cannot be served: A stored secret was encrypted with another key file"
UNNAMED = "TRUSTED_PROXIES does not name that proxy"


def hello(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answer with the length of what came."""
    body = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def port_of(server: WebServer) -> int:
    """The port of its first address."""
    return int(server.addresses[0].rpartition(":")[2])


@contextmanager
def serving(server: WebServer) -> Iterator[threading.Event]:
    """Run a server in a thread; the event stops it."""
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def ask(port: int, body: bytes = b"") -> tuple[int, bytes, str | None]:
    """Send a request; gives status, body and the Server header."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/", body)
    answer = connection.getresponse()
    found = (answer.status, answer.read(), answer.getheader("Server"))
    connection.close()
    return found


def test_server_answers_and_does_not_name_itself() -> None:
    """A body of the limit reaches the application, of a longer one only its length; no header names the server."""
    server = WebServer(hello, [("127.0.0.1", 0)], max_bytes=LIMIT)
    with serving(server):
        assert ask(port_of(server), b"x" * LIMIT) == (200, str(LIMIT).encode(), None)
        assert ask(port_of(server), b"x" * (LIMIT + 1)) == (200, b"0", None)
        assert ask(port_of(server))[0] == 200


def test_requests_under_way_are_finished_at_a_stop() -> None:
    """A stop lets a running request answer, and takes no new one."""
    entered, leave = threading.Event(), threading.Event()

    def slow(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        entered.set()
        assert leave.wait(20)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"done"]

    server = WebServer(slow, [("127.0.0.1", 0)], max_bytes=LIMIT)
    port = port_of(server)
    found: list[Any] = []
    with serving(server) as stop:
        caller = threading.Thread(target=lambda: found.append(ask(port)))
        caller.start()
        assert entered.wait(20)
        stop.set()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.05)
        else:
            pytest.fail("the server still takes connections")
        leave.set()
        caller.join(20)
    assert found[0][:2] == (200, b"done")


def test_a_port_in_use_is_one_sentence() -> None:
    """A port that another program holds is told with the setting that moves it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(BridgeError, match=r"cannot listen on 127\.0\.0\.1 port [0-9]+: .*setting LISTEN"):
            WebServer(hello, [("127.0.0.1", other.getsockname()[1])], max_bytes=LIMIT)


def test_an_address_that_the_machine_lacks_is_left_out() -> None:
    """A machine without IPv6, say, still listens on its other address; with no address left it is wrong usage."""
    foreign = ("192.0.2.1", 0)  # RFC 5737: an address of documentation, nobody's
    server = WebServer(hello, [("127.0.0.1", 0), foreign], max_bytes=LIMIT)
    assert len(server.addresses) == 1
    with serving(server):
        assert ask(port_of(server))[0] == 200
    with pytest.raises(WrongUsage, match=r"192\.0\.2\.1 is no address of this machine"):
        WebServer(hello, [foreign], max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("networks", "remote", "forwarded", "expected"),
    [
        ("", "10.0.0.1", "198.51.100.7", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.0/8", "10.0.0.1", "127.0.0.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.0/8", "192.0.2.9", "198.51.100.7", "192.0.2.9"),
        ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_only_trusted_proxies_are_believed(networks: str, remote: str, forwarded: str, expected: str) -> None:
    """The caller is the last address before the trusted ones; who is not trusted speaks for themselves only."""
    seen: dict[str, Any] = {}

    def note(environ: WSGIEnvironment, _start: StartResponse) -> list[bytes]:
        seen.update(environ)
        return []

    environ = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded, "HTTP_X_FORWARDED_PROTO": "https"}
    proxied(note, networks)({**environ, "wsgi.url_scheme": "http"}, lambda *_: lambda _data: None)
    assert seen["REMOTE_ADDR"] == expected
    assert seen["wsgi.url_scheme"] == ("https" if networks and remote.startswith("10.") else "http")


@pytest.mark.skipif(os.name != "posix", reason="signals of Linux and macOS")
def test_serve_says_where_it_listens_and_stops_cleanly(tmp_path: Path) -> None:
    """The real command prints its address, answers, keeps `db upgrade` out, and ends with 0 on SIGTERM."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("QBWC_BRIDGE_")}
    child = subprocess.Popen(
        [sys.executable, "-m", "qbwc_bridge", "--data-dir", str(tmp_path), "serve"],
        env={**environ, "QBWC_BRIDGE_LISTEN": "127.0.0.1:0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), child.stderr and child.stderr.read()
        connection = http.client.HTTPConnection("127.0.0.1", int(line.rpartition(":")[2]), timeout=20)
        connection.request("GET", "/qbwc")
        assert connection.getresponse().status == 200
        connection.close()
        assert run(tmp_path, "db", "upgrade").exit_code == 1
        child.send_signal(signal.SIGTERM)
        _, told = child.communicate(timeout=30)
    finally:
        child.kill()
        child.communicate()
    assert (child.returncode, told.splitlines()[-1]) == (0, "stopped")
    (kept,) = newest_first(tmp_path / "logs")
    assert re.search(r"version \S+ begins, at http://127.0.0.1:\d+\n(.*\n)*.* it ends\n$", kept.read_text())
    assert run(tmp_path, "db", "upgrade").exit_code == 0


def stop_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server end as soon as it runs."""
    serve_until_told = WebServer.run

    def told_at_once(server: WebServer, stop: threading.Event) -> None:
        stop.set()
        serve_until_told(server, stop)

    monkeypatch.setattr(WebServer, "run", told_at_once)


def test_hosts_of_two_environments_stop_the_start(tmp_path: Path) -> None:
    """Credentials of one environment mean nothing in another: better no server than one that asks the wrong one."""
    sandbox = {"QBWC_BRIDGE_LISTEN": "127.0.0.1:0", "QBWC_BRIDGE_PROCORE_API_URL": "https://sandbox.procore.com"}
    result = run(tmp_path, "serve", environ=sandbox)
    assert result.exit_code == 2
    assert (
        "for the production environment they are https://login.procore.com and https://api.procore.com" in result.stderr
    )


def test_a_connection_with_hosts_of_two_environments_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are served all the same."""
    secret = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    for name in ("Main Street", "Harbor"):
        asked = ("connection", "add", name, "--procore-company-id", "4711", "--procore-client-id", "client")
        assert run(tmp_path, *asked, environ=secret).exit_code == 0
    federal = "https://api.procoregov.com"
    assert run(tmp_path, "connection", "set", "Harbor", "procore_api_url", federal).exit_code == 0
    stop_at_once(monkeypatch)
    quiet = {"QBWC_BRIDGE_PULL_EVERY_SECONDS": "0", "QBWC_BRIDGE_PUSH_EVERY_SECONDS": "0"}  # it would log a failed pull
    result = run(tmp_path, "serve", environ={"QBWC_BRIDGE_LISTEN": "127.0.0.1:0", **quiet})
    assert result.exit_code == 0, result.stderr
    assert "Harbor cannot reach Procore: " in result.stderr
    assert "Main Street" not in result.stderr


def test_a_foreign_key_file_and_an_unnamed_proxy_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A further process with a key of its own, or behind a proxy that it does not know, says so at its start."""
    secret = {"QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16)}
    asked = ("connection", "add", "Harbor", "--procore-company-id", "4711", "--procore-client-id", "client")
    assert run(tmp_path, *asked, environ=secret).exit_code == 0
    stop_at_once(monkeypatch)
    quiet = {"QBWC_BRIDGE_PULL_EVERY_SECONDS": "0", "QBWC_BRIDGE_PUSH_EVERY_SECONDS": "0"}
    environ = {"QBWC_BRIDGE_LISTEN": "127.0.0.1:0", **quiet}
    before = run(tmp_path, "serve", environ=environ).stderr
    assert [words for words in (FOREIGN, UNNAMED) if words in before] == []
    open_vault(tmp_path / "another.key")
    strange = {
        "QBWC_BRIDGE_SECRET_KEY_FILE": str(tmp_path / "another.key"),
        "QBWC_BRIDGE_PUBLIC_URL": "https://bridge.example.com",
    }
    told = run(tmp_path, "serve", environ={**environ, **strange}).stderr
    assert [words for words in (FOREIGN, UNNAMED) if words in told] == [FOREIGN, UNNAMED]
    named = {"QBWC_BRIDGE_PUBLIC_URL": "https://bridge.example.com", "QBWC_BRIDGE_TRUSTED_PROXIES": "127.0.0.1"}
    assert UNNAMED not in run(tmp_path, "serve", environ={**environ, **named}).stderr


def test_an_older_database_is_upgraded_with_a_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` upgrades an older database by itself and keeps the state before; a server beside it forbids that."""
    settings = load_settings({"data_dir": str(tmp_path)}, {})
    open_database(settings.database_address()).close()
    kept = tmp_path / "backups" / "before.db"
    monkeypatch.setattr("qbwc_bridge.cli.serve.older", lambda _settings: True)
    monkeypatch.setattr("qbwc_bridge.cli.serve.upgrade_database", lambda _settings: kept)
    stop_at_once(monkeypatch)
    result = run(tmp_path, "serve", environ={"QBWC_BRIDGE_LISTEN": "127.0.0.1:0"})
    assert result.exit_code == 0, result.stderr
    assert f"the state before is kept in {kept}" in result.stderr
    with server_lock.serving(tmp_path):
        result = run(tmp_path, "serve")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "stop it, then start this one" in result.stderr
