"""httpx2 goes on with httpx: the edge's own tests pass with it, so that the change is one line (`httpclient`)."""

import os
import subprocess
import sys
from pathlib import Path

from tests.repository import ROOT
from tests.support import DEEP

HERE = Path(__file__).parent
NOT_AGAIN = (Path(__file__), HERE / "test_procore_prism.py", HERE / "test_procore_numbers.py")
"""This test itself, and those in which no call is made by the edge."""

LONG = "test_a_misbehaving_procore_changes_nothing_in_the_end"
"""A whole bridge; each single trouble of a socket is among the other tests of that module."""

A_FEW = ("test_procore_auth.py", "test_procore_errors.py", "test_procore_log.py")
"""What the quick run is content with: everything of the library that the edge touches, but no socket."""


def test_the_edge_passes_its_tests_with_httpx2() -> None:
    """Every answer, error, timeout and header is read alike, and no log of the new library tells more."""
    chosen = [HERE] if DEEP else [HERE / name for name in A_FEW]
    command = [*map(str, chosen), *(f"--ignore={path}" for path in NOT_AGAIN), "-k", f"not {LONG}"]
    environ = {**os.environ, "DEEP": "0", "SOAK": "0"}  # the counts are reached with the library that is shipped
    for name in [name for name in environ if name.startswith("PYTEST_")]:
        del environ[name]
    pytest_with_it = [sys.executable, "-m", "pytest", "-p", "tests.procore.httpx2_in_place", *command]
    done = subprocess.run(pytest_with_it, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100%" in done.stdout
