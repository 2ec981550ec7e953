"""Where tests find other people's reference data, what a missing part means, and how a server is waited for."""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import NoReturn

import pytest

from qbwc_bridge.rehearsal.webconnector import http_get

DEEP = os.environ.get("DEEP") == "1"
"""True in CI: larger counts, and a missing part fails instead of being skipped."""

SOAK = os.environ.get("SOAK") == "1"
"""True for `make soak`: the full counts of the issues."""


def missing(what: str) -> NoReturn:
    """Skip the test because `what` is absent, or fail where CI promises that it is there."""
    if DEEP:
        pytest.fail(f"{what} is missing, and DEEP=1 requires it")
    pytest.skip(f"{what} is missing")


def shared_dir(*parts: str) -> Path:
    """Give a path in the folder of reference data (schemas, WSDL, Procore operations, samples).

    The folder is named by QBWC_BRIDGE_TEST_DATA, else it is `shared` beside the repository.
    """
    named = os.environ.get("QBWC_BRIDGE_TEST_DATA")
    base = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    path = base.joinpath(*parts)
    if not path.exists():
        missing(f"reference data {'/'.join(parts) or 'folder'} (set QBWC_BRIDGE_TEST_DATA)")
    return path


def free_port() -> int:
    """Give a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


START_SECONDS = 120
"""How long a server may take to answer first: several may start at once, on a machine that does much else."""


def wait_until_up(child: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait until a server that was started answers; fails the test with the end of its log where it does not."""
    give_up = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < give_up:
        try:
            if http_get(f"http://127.0.0.1:{port}/qbwc") == 200:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8')[-1000:]}")
