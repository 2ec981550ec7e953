"""Power cuts of the server: its files as they were at random moments, and a kill, each end as if nothing had been.

A stopped process has its files as a dead one leaves them, half of a call included; so one visit gives many cuts. What
the disk itself would lose of unsynced writes cannot be shown here: SQLite's `synchronous = FULL` is for that.
"""

import datetime as dt
import os
import secrets
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from subprocess import Popen

import pytest

from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import Application, WebConnector, http_post
from qbwc_bridge.storage.backup import write_backup
from qbwc_bridge.webconnector.qwc import QwcFile, write_qwc
from tests.databases import address_of, copy_data, of_the_file
from tests.journeys.bridge import COMPANY, Bridge, MovedClock
from tests.journeys.crashing import Ready, finish, state_of
from tests.journeys.test_kill import server
from tests.journeys.test_restore import restore, settled
from tests.support import DEEP, free_port

CUTS = 8 if DEEP else 1
"""Moments at which the files are taken; a last one is the kill."""
BACKUPS = 3 if DEEP else 1
EVENTS = 40
"""About as many beginnings and ends of calls has the visit."""
LATEST = 0.02
"""Seconds after such an event: calls take about as long, so most moments lie in the middle of one."""
SILENT = 3
"""Seconds without an event after which the visit must be over."""
RUN = secrets.token_hex(4)
"""Each run has other moments; a failure names it."""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="it is seen in /proc that a process stands"
)


@contextmanager
def stopped(child: "Popen[bytes]") -> Iterator[None]:
    """Let a process stand still, in the middle of whatever it does."""
    child.send_signal(signal.SIGSTOP)
    # The state stands behind the name, which is in brackets.
    while Path(f"/proc/{child.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "T":
        time.sleep(0.001)
    try:
        yield
    finally:
        child.send_signal(signal.SIGCONT)


class Moments:
    """Random moments of a visit, in the order in which they come."""

    def __init__(self, count: int) -> None:
        self._events = threading.Semaphore(0)
        self._random = Random(RUN)  # noqa: S311 - not for secrets
        self._apart = EVENTS // count

    def tap(self, _call: str, _moment: str) -> None:
        """Take note of an event of the visit."""
        self._events.release()

    def wait(self) -> None:
        """Wait for the next moment; the third and later ones lie behind the login."""
        for _ in range(self._random.randint(3, self._apart)):
            if not self._events.acquire(timeout=SILENT):
                break  # the visit has ended
        time.sleep(self._random.uniform(0, LATEST))


def visited(
    ready: Ready, folder: Path, moments: Moments, meanwhile: Callable[["Popen[bytes]", Company], None]
) -> Company:
    """Let a real server be visited once while something else happens; gives the company file as it was left."""
    bridge = ready.open(folder)
    bridge.app.close()
    port = free_port()
    qwc = write_qwc(QwcFile("qbwc-bridge", f"http://localhost:{port}", "bluestone", ready.made.connection.file_id))
    with server(folder, port) as child:
        post = http_post(f"http://127.0.0.1:{port}/qbwc")
        connector = WebConnector(
            Application.parse(qwc), ready.made.password, bridge.company, post, now=bridge.clock.now,
            sleep=time.sleep, tap=moments.tap,
        )  # fmt: skip
        other = threading.Thread(target=meanwhile, args=(child, bridge.company))
        other.start()
        connector.visit()
        other.join(60)
        assert not other.is_alive()
        post.close()
    bridge.company.end_session()
    return bridge.company


def reopened(ready: Ready, folder: Path, books: bytes) -> Bridge:
    """Start on files as they were, beside the company file of that moment."""
    clock = MovedClock()
    clock.at = dt.datetime.now(dt.UTC)  # the server that died had the real one
    company = Company(name=COMPANY, now=clock.now)
    company.restore(books)
    bridge = Bridge(folder, ready.procore, company, clock, ready.made.password)
    bridge.connection = ready.made.connection
    bridge.connector = bridge.web_connector(company)
    return bridge


@of_the_file
def test_files_as_they_were_at_any_moment_end_the_same(
    ready: Ready, wanted: object, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Nothing is written twice, nothing is lost, whenever the power went off; the last time by a kill."""
    cuts: list[bytes] = []
    moments = Moments(CUTS + 1)

    def cut(child: "Popen[bytes]", company: Company) -> None:
        for number in range(CUTS):
            moments.wait()
            with stopped(child):
                shutil.copytree(tmp_path / "data", tmp_path / f"cut-{number}")
                cuts.append(company.snapshot())
        moments.wait()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()

    company, open_ones = visited(ready, tmp_path / "data", moments, cut), list[bool]()
    for folder, books in [
        *((f"cut-{number}", books) for number, books in enumerate(cuts)),
        ("data", company.snapshot()),
    ]:
        bridge = reopened(ready, tmp_path / folder, books)
        open_ones += [bool(_sent(bridge))]
        finish(bridge)
        assert state_of(bridge) == wanted, f"{folder} of run {RUN}"
        bridge.app.close()
    assert len(cuts) == CUTS
    assert any(open_ones) or not DEEP, "nothing was on its way at any of so many"
    record_property("figure: power cuts", len(open_ones))
    record_property("figure: power cuts while something was on its way to QuickBooks", sum(open_ones))


def _sent(bridge: Bridge) -> int:
    """How many tasks were out."""
    with bridge.app.kit.work() as uow:
        return uow.tasks.count(state=TaskState.SENT)


def test_a_backup_taken_in_a_visit_restores_to_a_state_that_recovers(
    ready: Ready, wanted: object, tmp_path: Path
) -> None:
    """The visit went on after the backup; what it wrote is found, and the rest is written, each record once."""
    moments = Moments(BACKUPS)

    def keep(_child: "Popen[bytes]", _company: Company) -> None:
        for number in range(BACKUPS):
            moments.wait()
            write_backup(address_of(tmp_path / "data"), tmp_path / f"backup-{number}.db")

    books = visited(ready, tmp_path / "data", moments, keep).snapshot()
    for number in range(BACKUPS):
        folder = tmp_path / f"restored-{number}"
        copy_data(tmp_path / "data", folder)
        bridge = reopened(ready, folder, books)
        restore(bridge, tmp_path / f"backup-{number}.db")
        settled(bridge)
        assert state_of(bridge)[:5] == wanted[:5], f"backup {number} of run {RUN}"  # type: ignore[index]
        assert {row.state for row in bridge.submissions()} == {State.SYNCED}
        bridge.app.close()
