"""`python -m installer.build`: lays everything that belongs on the PC, and makes the setup program of it."""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

from installer import embedded, licences, wheels
from installer.embedded import SITE_PACKAGES, Python
from installer.errors import BuildError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LOCK = ROOT / "requirements" / "runtime.txt"
TASKS = "http://schemas.microsoft.com/windows/2004/02/mit/task"
EPOCH = "1577836800"
"""2020-01-01: the one moment that a setup tells, so that the same files give the same setup on any day."""


def main() -> int:
    """Make the setup program in dist/; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m installer.build", description="Make the setup program for Windows."
    )
    parser.add_argument("--vendor", type=Path, default=HERE / "vendor", help="folder of the embeddable Python")
    parser.add_argument("--pin", type=Path, default=HERE / "python.toml", help="file that pins the embeddable Python")
    parser.add_argument("--wheels", type=Path, help="folder of wheels for Windows, instead of fetching them")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the setup program")
    given = parser.parse_args()
    try:
        python = Python.read(given.pin)
        archive = embedded.find(python, given.vendor)
        made = build(archive, python, given.out, wheel_folder=given.wheels)
    except BuildError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{made} is made, with Python {python.version}.")
    return 0


def build(archive: Path, python: Python, out: Path, *, wheel_folder: Path | None = None) -> Path:
    """Make the setup program and the list of its files in `out`; gives the program. Raises BuildError."""
    _need_makensis()
    with tempfile.TemporaryDirectory() as beside:
        folder, tree = Path(beside) / "wheels", Path(beside) / "tree"
        if wheel_folder:
            shutil.copytree(wheel_folder, folder)
        else:
            folder.mkdir()
            wheels.fetch(LOCK.read_text(encoding="ascii"), python, folder)
        texts = licences_of(folder)
        wheels.pack_ours(ROOT, folder)
        wheels.check(folder, python)
        embedded.lay(archive, python, tree / "program")
        wheels.lay(folder, python, tree / "program" / SITE_PACKAGES)
        lay_beside(tree, texts)
        return compile_setup(tree, out, version())


def licences_of(folder: Path) -> str:
    """Give the licences of the wheels of a folder; raises BuildError where one says none."""
    try:
        return licences.texts(folder.glob("*.whl"))
    except LookupError as missing:
        raise BuildError(f"{missing.args[0]} Find out before it is shipped.") from None


def lay_beside(tree: Path, texts: str) -> None:
    """Lay what stands beside the program: the command, and the licences, Python's own with them."""
    own = next((text.read_text("utf-8") for text in (tree / "program").glob("LICENSE*")), "")
    for name, text in {
        "qbwc-bridge.cmd": (HERE / "qbwc-bridge.cmd").read_text("ascii"),
        "LICENCES.txt": f"{texts}\n{own}",
    }.items():
        (tree / name).write_text(text, encoding="utf-8", newline="\r\n")


def compile_setup(tree: Path, out: Path, of_version: str) -> Path:
    """Make one setup program of a laid tree, and the list of its files beside it; raises BuildError."""
    out.mkdir(parents=True, exist_ok=True)
    setup = out.resolve() / f"qbwc-bridge-{of_version}-setup.exe"
    size = sum(file.stat().st_size for file in tree.rglob("*") if file.is_file())
    with tempfile.TemporaryDirectory() as beside:
        task = Path(beside) / "task.xml"
        task.write_bytes(task_xml())
        values = {"VERSION": of_version, "TREE": tree.resolve(), "TASK": task, "KIB": size // 1024, "OUT": setup}
        given = [f"-D{name}={value}" for name, value in values.items()]
        done = subprocess.run(
            ["makensis", "-V2", "-WX", "-INPUTCHARSET", "UTF8", *given, str(HERE / "setup.nsi")],  # noqa: S607 - Debian's
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH},
        )
    if done.returncode:
        raise BuildError(f"makensis failed:\n{done.stdout}{done.stderr}")
    (out / f"{setup.stem}.files.txt").write_text(listing(tree), encoding="utf-8")
    return setup


def listing(tree: Path) -> str:
    """Give the SHA-256 and name of every file, in the order of their names: equal for equal contents."""
    files = sorted((file.relative_to(tree).as_posix(), file) for file in tree.rglob("*") if file.is_file())
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {name}\n" for name, file in files)


def task_xml() -> bytes:
    """Give the start-up task as Windows' own exports are: UTF-16 with its mark, without comments."""
    ET.register_namespace("", TASKS)
    task = ET.parse(HERE / "task.xml").getroot()  # noqa: S314 - our own file
    return f'<?xml version="1.0" encoding="UTF-16"?>\n{ET.tostring(task, encoding="unicode")}\n'.encode("utf-16")


def version() -> str:
    """Give the project's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _need_makensis() -> None:
    if shutil.which("makensis") is None:
        raise BuildError(
            "makensis is missing on this machine: install NSIS (on Debian: the package nsis), then try again."
        )


if __name__ == "__main__":
    sys.exit(main())
