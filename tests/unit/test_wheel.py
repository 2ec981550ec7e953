"""The wheel carries everything that the program needs: code, templates, page, migrations."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.repository import ROOT, repository_files
from tests.support import DEEP


@pytest.mark.skipif(not DEEP, reason="builds a wheel: only with DEEP=1")
def test_wheel_carries_every_file(tmp_path: Path) -> None:
    """Every file of qbwc_bridge/ and qbxml_templates/ is in the wheel, and no test is."""
    source = tmp_path / "source"
    for path in repository_files():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, source / path)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run(
        [*build, "--wheel-dir", str(tmp_path), str(source)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("qbwc_bridge-*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {path.as_posix() for path in repository_files("qbwc_bridge/*", "qbxml_templates/*")}
    assert packed == wanted
    assert any(name.startswith("qbxml_templates/") and name.endswith(".xml") for name in packed)
