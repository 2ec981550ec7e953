"""A Windows PC for the tests of the setup program: a folder of wine's, without screen or network.

Python, schtasks and icacls are recorders (recorder.nsi): they note how they were called, and fail when told to.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from installer import build, embedded
from installer.embedded import SITE_PACKAGES, Python
from tests.repository import ROOT
from tests.support import missing

RECORDER = ROOT / "tests" / "installer" / "recorder.nsi"
RUN_SECONDS = 300
"""How long one setup may take on a loaded machine."""


def need_programs() -> None:
    """Skip the test, or fail it in CI, where makensis or wine is absent."""
    for program in ("makensis", "wine", "wineserver"):
        if shutil.which(program) is None:
            missing(program)


def make_recorder(folder: Path) -> Path:
    """Make the recorder; gives the program."""
    made = folder / "recorder.exe"
    subprocess.run(["makensis", "-V1", f"-DOUT={made}", str(RECORDER)], check=True)
    return made


def make_setup(folder: Path, archive: Path, python: Python, version: str) -> Path:
    """Make the setup of a version that consists of the archive and of one file with its number."""
    tree = folder / version
    embedded.lay(archive, python, tree / "program")
    (tree / "program" / SITE_PACKAGES).mkdir(parents=True)
    (tree / "program" / SITE_PACKAGES / "version.txt").write_text(version)
    build.lay_beside(tree, f"licences of {version}")
    return build.compile_setup(tree, folder / "dist", version)


class Pc:
    """A PC with Windows 10, as wine shows it."""

    def __init__(self, folder: Path, recorder: Path) -> None:
        self.disk = folder / "drive_c"
        self._environ = {
            name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}
        }
        self._environ |= {
            "WINEPREFIX": str(folder),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # No offers to fetch Mono and Gecko, no entries in this machine's menus.
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
        }
        self.run("wineboot", "--init")
        self.run("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f")
        self._recorder = recorder
        self.wait()  # services that belong to the making must not end under what comes next

    def put_recorders(self) -> None:
        """Let recorders take the places of Windows' own tools."""
        for name in ("schtasks.exe", "icacls.exe"):
            shutil.copy(self._recorder, self.disk / "windows" / "system32" / name)
        self._environ["WINEDLLOVERRIDES"] += ";schtasks.exe,icacls.exe=n"

    def run(self, program: str | Path, *arguments: str, environ: Mapping[str, str] | None = None) -> int:
        """Run a program to its end; gives its exit code."""
        done = subprocess.run(
            ["wine", str(program), *arguments],
            env=self._environ | dict(environ or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=RUN_SECONDS,
            check=False,
        )
        return done.returncode

    def fail_on(self, *texts: str) -> None:
        """Let every call fail from now on whose command line contains one of these texts."""
        (self.disk / "failing.txt").write_text("".join(f"{text}\r\n" for text in texts))

    def calls(self) -> list[str]:
        """Give the calls since the last time, without quotes."""
        noted = self.disk / "calls.txt"
        lines = noted.read_text("cp1252").replace('"', "").splitlines()
        noted.unlink()
        return [line.strip() for line in lines]

    def registered(self, value: str) -> str:
        """Give a value of the entry under Installed apps; empty where there is none."""
        key = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\qbwc-bridge"
        file = self.disk / "told.reg"
        file.unlink(missing_ok=True)
        self.run("reg", "export", key, r"C:\told.reg", "/y")
        lines = file.read_text("utf-16").splitlines() if file.exists() else []
        found = [line.partition("=")[2].strip('"') for line in lines if line.startswith(f'"{value}"=')]
        return found[0] if found else ""

    def wait(self) -> None:
        """Wait until everything that runs on this PC has ended."""
        subprocess.run(["wineserver", "--wait"], env=self._environ, check=False, timeout=RUN_SECONDS)

    def off(self) -> None:
        """End everything that runs on this PC, and on no other."""
        subprocess.run(["wineserver", "--kill"], env=self._environ, check=False)
        self.wait()
