"""README's two commands on a machine with git, make, Python, the tools of any system, and an empty home."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import DEEP

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("git", "make")
OF_ANY_SYSTEM = ("cp", "df", "env", "mkdir", "rm", "sh", "tail", "touch", "uname", "xargs")
"""What the Makefile and git call; everything else of this machine is out of reach."""
OF_THE_NETWORK = ("PIP_", "SSL_CERT", "REQUESTS_CA_", *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"))
"""Beginnings of the variables by which this machine reaches packages."""
PYTHON = getattr(sys, "_base_executable")  # noqa: B009 - that of the environment that the tests run in
SECONDS = 1200

pytestmark = [
    pytest.mark.skipif(not DEEP, reason="it installs everything; DEEP=1 runs it"),
    pytest.mark.skipif(os.name != "posix", reason="README has other commands for Windows"),
]


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """Give the environment of such a machine; the checkout is in its home."""
    home, tools = tmp_path / "home", tmp_path / "tools"
    home.mkdir()
    tools.mkdir()
    for name in (*NEEDED, *OF_ANY_SYSTEM):
        found = shutil.which(name)
        assert found, f"{name} is missing"
        (tools / name).symlink_to(found)
    # A link to it would look for its library beside the link.
    (tools / "python3").write_text(f'#!/bin/sh\nexec "{PYTHON}" "$@"\n', encoding="utf-8")
    (tools / "python3").chmod(0o755)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(home / "qbwc-bridge")], check=True)
    network = {name: value for name, value in os.environ.items() if name.upper().startswith(OF_THE_NETWORK)}
    return {"HOME": str(home), "PATH": str(tools), "TMPDIR": str(tmp_path), **network}


def test_the_commands_of_the_readme_need_nothing_else(machine: dict[str, str]) -> None:
    """The demonstration ends equal to the cent; then the checks of the code and the unit tests pass."""
    assert "agree to the cent" in _made(machine, "demo", "ARGS=--once")
    assert " passed" in _made(machine, "test", "ARGS=tests/unit")


def _made(machine: dict[str, str], *arguments: str) -> str:
    """Run make, and give what it said."""
    done = subprocess.run(
        [f"{machine['PATH']}/make", *arguments],
        cwd=f"{machine['HOME']}/qbwc-bridge",
        env=machine,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout
