import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from installer import build, embedded, wheels
from installer.embedded import Python
from installer.errors import BuildError
from tests.installer.samples import make_archive, make_wheel
from tests.repository import ROOT
from tests.support import DEEP

PIN = Python.read(build.HERE / "python.toml")
LOCK = build.LOCK.read_text(encoding="ascii")


def test_the_pin_is_a_python_that_the_project_allows() -> None:
    """The pinned archive is of a Python version that pyproject.toml allows, its hash and page are whole."""
    assert re.fullmatch(r"3\.1[123]\.\d+", PIN.version)
    assert re.fullmatch(r"[0-9a-f]{64}", PIN.sha256)
    assert PIN.page == f"https://www.python.org/downloads/release/python-{PIN.version.replace('.', '')}/"


def test_without_the_archive_the_build_says_where_to_get_it(tmp_path: Path) -> None:
    """The command ends with exit code 1 and one sentence: file, page, hash, and where to lay it."""
    done = subprocess.run(
        [sys.executable, "-m", "installer.build", "--vendor", str(tmp_path), "--out", str(tmp_path / "dist")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    for told in (str(tmp_path / PIN.name), PIN.page, PIN.sha256):
        assert told in done.stderr
    assert not (tmp_path / "dist").exists()


def test_an_archive_of_another_hash_is_not_taken(tmp_path: Path) -> None:
    """One changed byte is enough, and both hashes are told."""
    archive, python = make_archive(tmp_path)
    assert embedded.find(python, tmp_path) == archive
    with archive.open("ab") as opened:
        opened.write(b"\0")
    with pytest.raises(BuildError, match=rf"has SHA-256 [0-9a-f]{{64}}, not {python.sha256}: do not use this file"):
        embedded.find(python, tmp_path)


@pytest.mark.parametrize(
    "text", ["", 'name = "python-3.13.1-amd64.exe"\nsha256 = ""\npage = ""', "name = 1", "nonsense", 'other = "1"']
)
def test_a_pin_that_names_no_python_is_told(text: str, tmp_path: Path) -> None:
    """A pin without an embeddable 64-bit Python stops the build with one sentence that names the file."""
    file = tmp_path / "python.toml"
    file.write_text(text)
    with pytest.raises(BuildError, match=re.escape(str(file))):
        Python.read(file)


def test_the_laid_python_sees_its_packages_and_nothing_else(tmp_path: Path) -> None:
    """The file that bounds the embedded Python names its library, itself and the packages."""
    archive, python = make_archive(tmp_path)
    embedded.lay(archive, python, tmp_path / "program")
    bounds = (tmp_path / "program" / "python313._pth").read_bytes()
    assert bounds == b"python313.zip\r\n.\r\nLib\\site-packages\r\n"
    assert (tmp_path / "program" / "vcruntime140.dll").read_text() == "vcruntime140.dll of the archive"


def test_the_program_runs_as_the_laid_python_runs_it(tmp_path: Path) -> None:
    """Without Python's module `site`, which the embedded one never imports, commands open settings and database."""
    paths = [str(ROOT), sysconfig.get_path("purelib")]
    start = f"import runpy, sys; sys.path += {paths!r}; runpy.run_module('qbwc_bridge', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start, "--data-dir", str(tmp_path), "user", "list", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("QBWC_BRIDGE_")},
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_an_archive_of_another_layout_is_told(tmp_path: Path) -> None:
    """Without Python's library in it, an archive is no embeddable Python, whatever it is called."""
    archive, python = make_archive(tmp_path)
    with zipfile.ZipFile(archive) as opened:
        kept = {name: opened.read(name) for name in opened.namelist() if name != "python313.dll"}
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in kept.items():
            opened.writestr(name, content)
    with pytest.raises(BuildError, match=r"holds no python313\.dll"):
        embedded.lay(archive, python, tmp_path / "program")


def test_the_lock_is_read_as_windows_would() -> None:
    """What only Windows needs is chosen, whatever this machine is, each line with its hashes and without its marker."""
    chosen = wheels.pins(LOCK, wheels.windows(PIN))
    assert {"tzdata", "legacy-cgi", "cffi", "spyne"} <= set(chosen)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+(\s+--hash=sha256:[0-9a-f]{64})+\s*", line) for line in chosen.values())
    assert "tzdata" not in wheels.pins(LOCK, wheels.windows(PIN) | {"sys_platform": "linux"})
    older = wheels.windows(Python(PIN.name.replace(PIN.version, "3.12.10"), PIN.sha256, PIN.page))
    assert "legacy-cgi" not in wheels.pins(LOCK, older)


def test_a_missing_package_of_windows_is_noticed(tmp_path: Path) -> None:
    """A wheel that needs another one on Windows only makes the set not whole; what only Linux needs does not."""
    make_wheel(
        tmp_path, "app", needs=("zones; sys_platform == 'win32'", "uvloop; sys_platform == 'linux'", "x; extra == 'x'")
    )
    with pytest.raises(BuildError, match=r"app-1\.0-py3-none-any\.whl needs zones, and there is none"):
        wheels.check(tmp_path, PIN)
    make_wheel(tmp_path, "zones")
    wheels.check(tmp_path, PIN)


@pytest.mark.parametrize(
    ("tag", "fits"),
    [
        ("py3-none-any", True),
        ("cp313-cp313-win_amd64", True),
        ("cp311-abi3-win_amd64", True),
        ("cp313-cp313-manylinux_2_17_x86_64", False),
        ("cp312-cp312-win_amd64", False),
        ("cp313-cp313-win32", False),
        ("cp313-cp313t-win_amd64", False),
    ],
)
def test_wheels_for_another_machine_are_noticed(tag: str, fits: bool, tmp_path: Path) -> None:
    """A wheel of another system, processor or Python does not get into the setup."""
    make_wheel(tmp_path, "app", tag=tag)
    if fits:
        wheels.check(tmp_path, PIN)
        return
    with pytest.raises(BuildError, match=r"is not for Python 3\.13 on a 64-bit PC"):
        wheels.check(tmp_path, PIN)


def test_a_version_that_is_not_allowed_is_noticed(tmp_path: Path) -> None:
    """A wheel that wants another version than the one that is there makes the set not whole."""
    make_wheel(tmp_path, "app", needs=("zones>=2",))
    make_wheel(tmp_path, "zones")
    with pytest.raises(BuildError, match=r"needs zones>=2, and there is 1\.0"):
        wheels.check(tmp_path, PIN)


def test_a_wheel_without_a_licence_stops_the_build(tmp_path: Path) -> None:
    """What is shipped is shipped with its licences, or not at all."""
    make_wheel(tmp_path, "silent")
    with pytest.raises(BuildError, match=r"silent says no licence\. Find out"):
        build.licences_of(tmp_path)


def test_the_list_of_files_tells_contents_and_nothing_of_the_machine(tmp_path: Path) -> None:
    """Equal contents give an equal list, in whatever order and whenever they were laid; a changed byte shows."""
    for folder, names in (("one", "ab"), ("two", "ba")):
        (tmp_path / folder / "x").mkdir(parents=True)
        for name in names:
            (tmp_path / folder / "x" / name).write_text(name)
    first = build.listing(tmp_path / "one")
    assert [line.split("  ")[1] for line in first.splitlines()] == ["x/a", "x/b"]
    assert build.listing(tmp_path / "two") == first
    (tmp_path / "two" / "x" / "a").write_text("c")
    assert build.listing(tmp_path / "two") != first


def test_the_task_is_what_windows_reads() -> None:
    """The server starts with the PC and is taken up again, under LOCAL SERVICE, never twice, without a time limit."""
    content = build.task_xml()
    assert content.startswith(b"\xff\xfe")
    task = ET.fromstring(content.decode("utf-16"))  # noqa: S314 - our own
    space = {"t": build.TASKS}

    def told(path: str) -> str | None:
        return task.findtext("/".join(f"t:{part}" for part in path.split("/")), namespaces=space)

    assert task.tag == f"{{{build.TASKS}}}Task"
    assert (told("Principals/Principal/UserId"), told("Principals/Principal/RunLevel")) == (
        "S-1-5-19",
        "LeastPrivilege",
    )
    assert told("Triggers/BootTrigger/Enabled") == told("Triggers/TimeTrigger/Enabled") == "true"
    assert told("Triggers/TimeTrigger/Repetition/Interval") == "PT5M"
    assert (told("Settings/MultipleInstancesPolicy"), told("Settings/ExecutionTimeLimit")) == ("IgnoreNew", "PT0S")
    assert told("Settings/RestartOnFailure/Interval") == "PT1M"
    assert 0 < int(told("Settings/RestartOnFailure/Count") or 0) <= 255, "Windows counts in one byte"
    assert told("Actions/Exec/Arguments") == "-m qbwc_bridge serve"


def test_no_step_of_the_setup_hands_over_a_secret() -> None:
    """No command line and no note of the setup holds a person's or Procore's secret: only the file of answers does."""
    for name in ("setup.nsi", "steps.nsh", "wizard.nsh"):
        lines = (build.HERE / name).read_text(encoding="utf-8").splitlines()
        for line in lines:
            if re.search(r"\$(AdminPassword|ClientSecret)\b", line):
                assert re.match(r"\s*!insertmacro (Field Password|Answer) ", line), f"{name}: {line}"


@pytest.mark.skipif(not DEEP, reason="fetches every wheel for Windows: only with DEEP=1")
def test_the_lock_gives_a_whole_set_of_wheels_for_windows(tmp_path: Path) -> None:
    """Everything that the bridge needs on a PC is locked, to be had as a wheel, and says under which licence."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheels.fetch(LOCK, PIN, folder)
    texts = build.licences_of(folder)
    wheels.pack_ours(ROOT, folder)
    wheels.check(folder, PIN)
    wheels.lay(folder, PIN, tmp_path / "site-packages")

    names = {path.name for path in (tmp_path / "site-packages").iterdir()}
    assert {"qbwc_bridge", "qbxml_templates", "spyne", "lxml", "tzdata"} <= names
    assert "bin" not in names
    assert len(list(folder.glob("*.whl"))) == len(wheels.pins(LOCK, wheels.windows(PIN))) + 1
    listed = [line for line in texts.partition("=" * 78)[0].splitlines() if ": " in line]
    assert len(listed) == len(wheels.pins(LOCK, wheels.windows(PIN)))
    assert not list((tmp_path / "site-packages").rglob("*.so")), "something for Linux is among them"
    next(folder.glob("tzdata-*.whl")).unlink()
    with pytest.raises(BuildError, match="needs tzdata"):
        wheels.check(folder, PIN)


def test_what_is_missing_to_compile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without makensis the build says which package brings it."""
    archive, python = make_archive(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BuildError, match="makensis is missing on this machine: install NSIS"):
        build.build(archive, python, tmp_path)
