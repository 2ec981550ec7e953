"""kill -9 of the real server between any two calls of a session: the visits after a new start end the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.webconnector import Application, WebConnector, http_post
from qbwc_bridge.webconnector.qwc import QwcFile, write_qwc
from tests.databases import address_of
from tests.journeys.crashing import MOST_VISITS, PowerCutError, Ready, state_of
from tests.support import DEEP, free_port, wait_until_up

LEASE_SECONDS = 1
"""So short that a new login need not wait long; a fifth of it between requests."""
PARTS = 4 if DEEP else 1
"""The boundaries are dealt out to so many tests, which run side by side."""
SAMPLE = 2
"""Kills per part outside CI."""


@contextmanager
def server(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the real server on a data folder until the block ends; it may be dead by then."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("QBWC_BRIDGE_")} | {
        "QBWC_BRIDGE_DATABASE_URL": address_of(folder),
        "QBWC_BRIDGE_LISTEN": f"127.0.0.1:{port}",
        "QBWC_BRIDGE_PUBLIC_URL": f"http://localhost:{port}",
        "QBWC_BRIDGE_SESSION_LEASE_SECONDS": str(LEASE_SECONDS),
        "QBWC_BRIDGE_PULL_EVERY_SECONDS": "0",
        "QBWC_BRIDGE_PUSH_EVERY_SECONDS": "0",
        "QBWC_BRIDGE_COSTS_EVERY_SECONDS": "0",
    }
    command = [sys.executable, "-m", "qbwc_bridge", "--data-dir", str(folder), "serve"]
    with (folder / "serve.log").open("ab") as log:
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_up(child, port, folder / "serve.log")
        yield child
    finally:
        child.kill()
        child.wait()


def kill_at(ready: Ready, folder: Path, event: int | None) -> tuple[object, int]:
    """Let one visit run until that event, kill the server there, start it again, let visits follow.

    Gives the end state and how many events the first visit had. None: nothing is killed.
    """
    bridge = ready.open(folder)
    port, events = free_port(), 0
    qwc = write_qwc(QwcFile("qbwc-bridge", f"http://localhost:{port}", "bluestone", ready.made.connection.file_id))

    def visit(child: "subprocess.Popen[bytes]", last: int | None) -> str:
        nonlocal events
        events = 0

        def tap(_call: str, _moment: str) -> None:
            nonlocal events
            events += 1
            if last is not None and events > last:
                child.send_signal(signal.SIGKILL)
                child.wait()
                raise PowerCutError

        post = http_post(f"http://127.0.0.1:{port}/qbwc")
        connector = WebConnector(
            Application.parse(qwc), ready.made.password, bridge.company, post, now=bridge.clock.now,
            sleep=time.sleep, tap=tap,
        )  # fmt: skip
        try:
            return connector.visit().outcome
        except PowerCutError:
            bridge.company.end_session()
            return "killed"
        finally:
            post.close()

    bridge.app.close()
    if event is not None:
        with server(folder, port) as child:
            assert visit(child, event) == "killed"
        time.sleep(LEASE_SECONDS + 0.1)
    with server(folder, port) as child:
        counts = []
        for _ in range(MOST_VISITS):
            outcome = visit(child, None)
            counts.append(events)
            if outcome == "no_data":
                break
            time.sleep(0.3)
        else:
            pytest.fail("the bridge still had work after many visits")
    bridge.start()
    try:
        return state_of(bridge), counts[0]
    finally:
        bridge.app.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_a_server_killed_between_any_two_calls_loses_and_doubles_nothing(
    ready: Ready, tmp_path: Path, part: int
) -> None:
    """Nothing is written twice, nothing is lost, and the end state is that of an undisturbed visit."""
    wanted, count = kill_at(ready, tmp_path / "undisturbed", None)
    mine = list(range(part, count, PARTS))
    for event in mine if DEEP else mine[part :: max(1, len(mine) // SAMPLE)][:SAMPLE]:
        state, _ = kill_at(ready, tmp_path / f"killed-{event}", event)

        assert state == wanted, f"killed at event {event}"
