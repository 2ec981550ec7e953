"""Spyne can be imported on each Python that we support, and only through the one module that mends it."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

import qbwc_bridge.webconnector
from tests.protocol.fakes import application, call, post

ROOT = Path(qbwc_bridge.webconnector.__file__).resolve().parents[2]


def test_the_soap_edge_imports_without_a_warning() -> None:
    """A fresh interpreter with warnings as errors imports it, on this Python."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import qbwc_bridge.webconnector.app"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_only_one_module_imports_spyne() -> None:
    """An import of spyne elsewhere could come first and fail on Python 3.12."""
    importers = {
        path.name
        for path in (ROOT / "qbwc_bridge").rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if line.strip().startswith(("import spyne", "from spyne"))
    }

    assert importers == {"spyne_compat.py"}


def test_spyne_uses_the_real_six() -> None:
    """The copy inside spyne is never loaded, on no version of Python."""
    import six  # type: ignore[import-untyped]  # noqa: PLC0415 - after spyne

    import qbwc_bridge.webconnector.spyne_compat  # noqa: PLC0415

    assert qbwc_bridge.webconnector.spyne_compat.Application
    assert sys.modules["spyne.util.six"] is six


def test_a_call_collects_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spyne's collection after a call stays switched off: in a large process it costs more than the call."""
    import spyne.context  # noqa: PLC0415 - after the module that mends it

    collected: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append("all"))
    monkeypatch.setattr(spyne.context, "_LAST_GC_RUN", 0.0)

    assert post(application(), call("serverVersion")).status == 200
    assert collected == []
