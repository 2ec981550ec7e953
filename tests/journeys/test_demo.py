"""The demonstration as a newcomer meets it: what it leaves open to try, and commands beside it."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SECONDS = 180.0
"""For the whole journey, on a slow machine too."""

PROGRAM = "from qbwc_bridge.cli import demo, main; demo.VISIT_EVERY_SECONDS = 1; main()"
"""The demonstration, whose Web Connector does not let the test wait for a minute."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it is ended by a signal")


@dataclass
class Shown:
    """A demonstration whose status page is kept open: its folder, and what it told until then."""

    folder: Path
    told: str

    def run(self, *arguments: str) -> str:
        """Run another command on its folder, as one types it beside it, and give what it printed."""
        command = [sys.executable, "-m", "qbwc_bridge", "--data-dir", str(self.folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=_environment(), timeout=60, check=True)
        return done.stdout

    def of_the_project_left(self) -> list[dict[str, Any]]:
        """Give the submissions of the project that the journey leaves unaccepted."""
        return [row for row in json.loads(self.run("review", "list", "--json")) if row["project"] == "24-003"]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("QBWC_BRIDGE_")}


@pytest.fixture(name="shown", scope="module")
def _shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-c", PROGRAM, "demo", "--data-dir", str(folder)]
    with (folder / "told").open("w+", encoding="utf-8") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT, env=_environment())
        try:
            _wait(lambda: "Ctrl-C ends" in (folder / "told").read_text(encoding="utf-8") or process.poll() is not None)
            yield Shown(folder, (folder / "told").read_text(encoding="utf-8"))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _wait(until: Any) -> None:
    give_up = time.monotonic() + SECONDS
    while not until():
        assert time.monotonic() < give_up
        time.sleep(0.2)


def test_something_is_left_to_accept_and_is_exported(shown: Shown) -> None:
    """After the journey one project waits for a person; what is accepted there is synced by a later visit."""
    assert "agree to the cent" in shown.told
    ready = [row for row in shown.of_the_project_left() if row["state"] == "ready_to_export"]
    assert {row["kind"] for row in ready} == {"job", "commitment"}
    shown.run("review", "accept", *(str(row["id"]) for row in ready))
    ids: Sequence[int] = [row["id"] for row in ready]
    _wait(lambda: {row["state"] for row in shown.of_the_project_left() if row["id"] in ids} == {"synced"})


def test_commands_beside_it_meet_its_server_and_its_stand_ins(shown: Shown) -> None:
    """Folder and addresses go together: a further link leads to its own port, and Procore is the stand-in."""
    settings = tomllib.loads((shown.folder / "bridge.toml").read_text(encoding="utf-8"))
    link = shown.run("user", "login-link", "demo")
    assert link.startswith(f"{settings['public_url']}/login/")
    assert f"{settings['public_url']}/login/" in shown.told
    assert "user login-link demo" in shown.told
    shown.run("pull")  # at login.procore.com the stand-in's client id would be refused
