"""What `doctor` says of the machine: disk, server, sleep, clock, and the whole of it in one run."""

import datetime as dt
import json
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from qbwc_bridge.bootstrap import open_app, web_app
from qbwc_bridge.cli import machine_checks
from qbwc_bridge.cli.machine_checks import disk_check, server_checks, sleep_checks
from qbwc_bridge.cli.web_server import WebServer
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow import checkup
from qbwc_bridge.settings import load_settings
from qbwc_bridge.statuspage.plain import CLOCKWORK_SILENCE
from tests.storage import samples
from tests.support import free_port
from tests.unit.cli_office import run

LOOPBACK = "127.0.0.1"


@pytest.mark.parametrize(("free", "outcome"), [(6.0, "fine"), (4.9, "look"), (0.4, "broken")])
def test_little_room_is_told_before_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, outcome: str
) -> None:
    """Five gigabytes are worth a look, half a gigabyte needs somebody now; the room is named."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=int(free * machine_checks.GIB)))
    found = disk_check(tmp_path)
    assert (found.outcome, bool(found.to_do)) == (outcome, outcome != "fine")
    assert f"{free} GB are free" in found.told


def test_a_disk_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    """A folder that cannot be looked at is told as such."""
    assert disk_check(tmp_path / "gone").outcome == "broken"


class _Other(BaseHTTPRequestHandler):
    """Another program: it answers, but not as the bridge does."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"welcome")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_server_is_known_by_its_answer(tmp_path: Path) -> None:
    """Running well, not well, another program in its place, and nobody: each is told apart."""
    nobody = (LOOPBACK, free_port())
    (found,) = server_checks([nobody])
    assert (found.outcome, "Start it" in found.to_do) == ("look", True)

    app = open_app(load_settings({"data_dir": str(tmp_path)}, environ={}))
    works = SimpleNamespace(last_tick=None)
    server = WebServer(web_app(app, works), [(LOOPBACK, 0)], max_bytes=1000)  # type: ignore[arg-type]
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    here = (LOOPBACK, int(server.addresses[0].rpartition(":")[2]))
    try:
        # The other address may be of a family that this machine lacks.
        assert [check.outcome for check in server_checks([nobody, here])] == ["fine"]
        works.last_tick = app.clock.now() - 2 * CLOCKWORK_SILENCE
        (found,) = server_checks([here])
        assert (found.outcome, "not well" in found.told) == ("broken", True)
    finally:
        stop.set()
        thread.join()
        app.close()

    other = ThreadingHTTPServer((LOOPBACK, 0), _Other)
    thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        (found,) = server_checks([(LOOPBACK, other.server_address[1])])
        assert (found.outcome, "LISTEN" in found.to_do) == ("broken", True)
    finally:
        other.shutdown()
        other.server_close()
        thread.join()


def powercfg(mains: int, battery: int) -> str:
    """Give what Windows prints, here in German: its words depend on the language, its numbers do not."""
    return (
        "GUID des Energieschemas: 381b4222-f694-41f0-9685-ff5bb260df2e  (Ausbalanciert)\n"
        "  GUID der Untergruppe: 238c9fa8-0aad-41ed-83f4-97be242c8f20  (Energie sparen)\n"
        "    Mögliche Einstellung (Minimum): 0x00000000\n    Mögliche Einstellung (Maximum): 0xffffffff\n"
        f"    Index der aktuellen Wechselstromeinstellung: {mains:#010x}\n"
        f"    Index der aktuellen Gleichstromeinstellung: {battery:#010x}\n"
    )


@pytest.mark.parametrize(
    ("printed", "outcome", "told"),
    [
        (powercfg(0, 600), "fine", "never falls asleep"),
        (powercfg(1800, 0), "broken", "after 30 minutes"),
        ("", "look", "does not say"),
    ],
)
def test_a_pc_that_falls_asleep_is_told(printed: str, outcome: str, told: str) -> None:
    """On mains it must never sleep; on battery it may. Where Windows does not say, somebody shall look."""
    (found,) = sleep_checks("win32", lambda _: printed)
    assert (found.outcome, told in found.told, bool(found.to_do)) == (outcome, True, outcome != "fine")


def test_only_windows_is_asked_about_sleep() -> None:
    """Elsewhere nothing is run and nothing told; a program that is missing is no fault."""

    def never(_command: object) -> str:
        raise AssertionError("a program was run")

    assert list(sleep_checks("linux", never)) == []
    assert machine_checks.run(["there-is-no-such-program"]) == ""
    assert machine_checks.run([sys.executable, "-c", "print(7)"]).strip() == "7"


@pytest.mark.parametrize(
    ("seconds", "outcome", "told"),
    [(0, "fine", "agree"), (60, "fine", "agree"), (61, "look", "behind"), (-700, "broken", "ahead of")],
)
def test_a_wrong_clock_is_told(seconds: int, outcome: str, told: str) -> None:
    """More than a minute off is worth a look, ten minutes need somebody; which way it goes is named."""
    connection: Connection = samples.connection("Bluestone")
    (found,) = checkup._clock(connection, dt.timedelta(seconds=seconds))
    assert (found.outcome, told in found.told) == (outcome, True)
    assert list(checkup._clock(connection, None)) == []


def test_the_whole_run_says_each_in_lines_to_paste(tmp_path: Path) -> None:
    """Settings, database with its version, disk, server, address, mail: as text with what to do, and as JSON."""
    port = free_port()
    environ = {"QBWC_BRIDGE_LISTEN": f"127.0.0.1:{port}", "QBWC_BRIDGE_PUBLIC_URL": f"http://localhost:{port}"}
    found = json.loads(run(tmp_path, "doctor", "--json", environ=environ).stdout)
    names = [check["name"] for check in found if check["name"] != "sleep"]
    assert names == ["settings", "database", "disk", "server", "public address", "connections", "mail server"]
    assert [check["name"] for check in found if check["outcome"] == "look" and not check["to_do"]] == []
    text = run(tmp_path, "doctor", environ=environ).stdout
    assert "fine    database: It opens and is of this version (sqlite, schema 00" in text
    assert f"look    server: No server answers at 127.0.0.1:{port}." in text
    assert all(sign.isprintable() or sign == "\n" for sign in text)
