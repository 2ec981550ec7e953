import hashlib
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import build
from installer.embedded import Python
from tests.installer.pc import Pc, make_recorder, make_setup, need_programs
from tests.installer.samples import make_archive
from tests.support import DEEP

BRIDGE = r"program\python.exe -m qbwc_bridge"


@pytest.fixture(name="archive", scope="module")
def _archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Python, Path]:
    """An archive laid out as the embeddable Python, whose python.exe is a recorder; and the recorder."""
    need_programs()
    folder = tmp_path_factory.mktemp("python")
    recorder = make_recorder(folder)
    return *make_archive(folder, recorder.read_bytes()), recorder


@pytest.fixture(name="pc")
def _pc(tmp_path: Path, archive: tuple[Path, Python, Path]) -> Iterator[Pc]:
    pc = Pc(tmp_path / "pc", archive[2])
    try:
        yield pc
    finally:
        pc.off()


def test_same_files_give_the_same_setup(tmp_path: Path, archive: tuple[Path, Python, Path]) -> None:
    """Two builds of the same files are the same, byte by byte: whoever builds it again can compare."""
    hashes = set()
    for name in ("one", "two"):
        setup = make_setup(tmp_path / name, archive[0], archive[1], "0.1.0")
        hashes.add(hashlib.sha256(setup.read_bytes()).hexdigest())
        hashes.add(hashlib.sha256(setup.with_name("qbwc-bridge-0.1.0-setup.files.txt").read_bytes()).hexdigest())
    assert len(hashes) == 2


def in_order(calls: list[str], *wanted: str) -> None:
    """Assert that the wanted calls came in this order, whatever came between them."""
    left = iter(calls)
    for text in wanted:
        assert any(text in call for call in left), f"{text} is not in its place of {calls}"


def test_setup_installs_upgrades_and_removes(pc: Pc, tmp_path: Path, archive: tuple[Path, Python, Path]) -> None:
    """Files, task, rights, order of an upgrade, what a failed one leaves, and that a removal keeps the data."""
    versions = ("0.1.0", "0.2.0", "0.3.0") if DEEP else ("0.1.0",)
    setups = [make_setup(tmp_path, archive[0], archive[1], version) for version in versions]
    (pc.disk / "task.xml").write_bytes(build.task_xml())
    assert pc.run("schtasks", "/create", "/tn", "trial", "/xml", r"C:\task.xml") == 0, "wine's scheduler refused it"
    pc.put_recorders()

    answers = tmp_path / "answers.txt"
    answers.write_text(f"admin_name = anna\nadmin_password = {secrets.token_urlsafe(12)}\n")
    silently = ("/S", "/ANSWERS=Z:" + str(answers).replace("/", "\\"))
    it_installs(pc, setups[0], silently)
    if DEEP:
        it_upgrades(pc, setups[1], silently)
        a_failed_upgrade_leaves_the_old(pc, setups[2])
        it_removes(pc)
        refused_answers_are_told(pc, setups[0], silently)


def program(pc: Pc) -> Path:
    """Give the folder of the program."""
    return pc.disk / "Program Files" / "qbwc-bridge"


def data(pc: Pc) -> Path:
    """Give the data folder."""
    return pc.disk / "ProgramData" / "qbwc-bridge"


def installed(pc: Pc) -> str:
    """Give the version whose files are in place."""
    return (program(pc) / "program" / "Lib" / "site-packages" / "version.txt").read_text()


def it_installs(pc: Pc, setup: Path, silently: tuple[str, ...]) -> None:
    """Data folder shut, program tried and laid, task registered and started, answers taken, doctor asked."""
    assert pc.run(setup, "/S", r"/ANSWERS=C:\answers.txt") == 2, "there is no such file"
    assert not program(pc).exists()
    assert pc.run(setup, *silently) == 0
    calls = pc.calls()
    in_order(
        calls,
        r"icacls.exe C:\ProgramData\qbwc-bridge /setowner *S-1-5-32-544",
        "/inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-19:(OI)(CI)M",
        r"icacls.exe C:\ProgramData\qbwc-bridge\* /reset",
        r"program.new\python.exe -m qbwc_bridge --version",
        f"{BRIDGE} db upgrade",
        "schtasks.exe /Create /F /TN qbwc-bridge /XML",
        "schtasks.exe /Run /TN qbwc-bridge",
        f"{BRIDGE} first-run Z:",
        f"{BRIDGE} doctor",
    )
    assert not any("backup" in call for call in calls)
    assert installed(pc) == "0.1.0"
    assert {file.name for file in program(pc).iterdir()} == {
        "program", "qbwc-bridge.cmd", "LICENCES.txt", "uninstall.exe",
    }  # fmt: skip
    menu = pc.disk / "ProgramData/Microsoft/Windows/Start Menu/Programs/qbwc-bridge"
    assert "http://localhost:8085/" in (menu / "Status page.url").read_text()
    assert (menu / "Commands.lnk").read_bytes()[21] & 0x20, "the commands do not ask for an administrator"
    assert pc.registered("DisplayVersion") == "0.1.0"
    log = (data(pc) / "setup.log").read_text("utf-16")
    assert "Setup of version 0.1.0" in log
    assert "told by python.exe" in log.rpartition("doctor: exit code 0")[2]


def it_upgrades(pc: Pc, setup: Path, silently: tuple[str, ...]) -> None:
    """Stop, backup by the old program, replace, upgrade of the database, start; the answers are not needed again."""
    (data(pc) / "bridge.db").write_text("kept")
    assert pc.run(setup, *silently) == 0
    calls = pc.calls()
    in_order(
        calls,
        r"program.new\python.exe -m qbwc_bridge --version",
        "schtasks.exe /Change /TN qbwc-bridge /DISABLE",
        "schtasks.exe /End /TN qbwc-bridge",
        rf"{BRIDGE} backup --out C:\ProgramData\qbwc-bridge\backups\before-0.2.0-",
        f"{BRIDGE} db upgrade",
        "schtasks.exe /Create /F /TN qbwc-bridge /XML",
        "schtasks.exe /Run /TN qbwc-bridge",
    )
    assert not any("first-run" in call for call in calls)
    assert (installed(pc), pc.registered("DisplayVersion")) == ("0.2.0", "0.2.0")
    assert not (program(pc) / "program.old").exists()


def a_failed_upgrade_leaves_the_old(pc: Pc, setup: Path) -> None:
    """When backup or database upgrade fails, the old version is in place and runs again, and the log says why.

    So it is after a setup that was cut off between taking the old program away and putting the new one there.
    """
    for step, before_it in (("backup --out", "/End"), ("db upgrade", "backup --out")):
        pc.fail_on(step)
        if step == "db upgrade":
            (program(pc) / "program").rename(program(pc) / "program.old")
        assert pc.run(setup, "/S") == 2
        calls = pc.calls()
        in_order(calls, "/DISABLE", before_it, step, "/Change /TN qbwc-bridge /ENABLE", "/Run /TN qbwc-bridge")
        assert not any("/Create" in call for call in calls)
        assert (installed(pc), pc.registered("DisplayVersion")) == ("0.2.0", "0.2.0")
        assert not list(program(pc).glob("program.*"))
        log = (data(pc) / "setup.log").read_text("utf-16")
        assert re.search(r"It fails on purpose\.\s", log.rpartition("Given up.")[2]), "nobody is told why"
    pc.fail_on()


def it_removes(pc: Pc) -> None:
    """Task, program, menu and entry go; the data stay."""
    assert pc.run(program(pc) / "uninstall.exe", "/S") == 0
    pc.wait()  # a copy of it in the folder for temporary files does the work, so that nothing of it stays
    in_order(pc.calls(), "/DISABLE", "/End", "schtasks.exe /Delete /F /TN qbwc-bridge")
    assert not program(pc).exists()
    assert not (pc.disk / "ProgramData/Microsoft/Windows/Start Menu/Programs/qbwc-bridge").exists()
    assert pc.registered("DisplayVersion") == ""
    assert (data(pc) / "bridge.db").read_text() == "kept"
    assert (data(pc) / "backups").is_dir()


def refused_answers_are_told(pc: Pc, setup: Path, silently: tuple[str, ...]) -> None:
    """Everything is installed, the exit code says that the answers were not taken, and the log says why."""
    (data(pc) / "bridge.db").unlink()
    pc.fail_on("first-run")
    assert pc.run(setup, *silently) == 3
    in_order(pc.calls(), "/Run /TN qbwc-bridge", "first-run Z:", f"{BRIDGE} doctor")
    assert installed(pc) == "0.1.0"
    assert "First run: exit code 1. told by python.exe\nIt fails on purpose." in (data(pc) / "setup.log").read_text(
        "utf-16"
    )
