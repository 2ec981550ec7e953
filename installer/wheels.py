"""The wheels that go into the setup program: chosen from the lock as Windows would, fetched by hash, proved whole."""

import email
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from email.message import Message
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from installer.embedded import Python
from installer.errors import BuildError

PLATFORM = "win_amd64"

FROM_SOURCE = frozenset({"spyne"})
"""What comes as source only: pure Python, packed as a wheel here."""


def windows(python: Python) -> dict[str, str]:
    """Give what the markers of requirements ask for, as that Python answers on a 64-bit PC; no extra is wanted."""
    return {
        "extra": "",
        "implementation_name": "cpython",
        "implementation_version": python.version,
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "platform_release": "10",
        "platform_system": "Windows",
        "platform_version": "10.0.0",
        "python_full_version": python.version,
        "python_version": python.minor,
        "sys_platform": "win32",
    }


def tags(python: Python) -> set[Tag]:
    """Give every tag of a wheel that this Python takes on a 64-bit PC."""
    version = tuple(int(part) for part in python.minor.split("."))
    interpreter = f"cp{python.minor.replace('.', '')}"
    return {
        *cpython_tags(version, platforms=[PLATFORM]),
        *compatible_tags(version, interpreter=interpreter, platforms=[PLATFORM]),
    }


def pins(lock: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the lock's lines that hold in that environment, without their marker, by name.

    pip would ask the markers of the machine that builds, and so leave out what only Windows needs.
    """
    found: dict[str, str] = {}
    for line in lock.replace("\\\n", " ").splitlines():
        pin, hashes, digests = line.partition(" --hash=")
        if not pin.strip() or pin.startswith("#"):
            continue
        wanted = Requirement(pin.strip())
        if wanted.marker is None or wanted.marker.evaluate(dict(environment)):
            found[canonicalize_name(wanted.name)] = f"{wanted.name}{wanted.specifier}{hashes}{digests}"
    return found


def fetch(lock: str, python: Python, folder: Path) -> None:
    """Fetch every pinned wheel into `folder`, and pack there what comes as source; raises BuildError."""
    chosen = pins(lock, windows(python))
    _pip(
        ["download", "--dest", str(folder), *_for_windows(python)],
        [line for name, line in chosen.items() if name not in FROM_SOURCE],
        folder,
    )
    _pip(
        ["wheel", "--wheel-dir", str(folder), "--no-build-isolation"],
        [line for name, line in chosen.items() if name in FROM_SOURCE],
        folder,
    )


def pack_ours(root: Path, folder: Path) -> None:
    """Build our own wheel into `folder`, from a copy that holds nothing of an earlier build; raises BuildError."""
    with tempfile.TemporaryDirectory() as beside:
        copy = Path(beside) / "source"
        for name in ("qbwc_bridge", "qbxml_templates"):
            shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(root / name, copy / name)
        run_pip(["wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), str(copy)])


def check(folder: Path, python: Python) -> None:
    """Prove that the wheels in `folder` are what Windows needs; raises BuildError with everything that is wrong.

    Each must be for this Python on a 64-bit PC, and whatever one needs there must be among them in a version it allows.
    """
    environment, fitting = windows(python), tags(python)
    versions: dict[str, Version] = {}
    wrong: list[str] = []
    wheels = sorted(folder.glob("*.whl"))
    for wheel in wheels:
        name, version, _, tagged = parse_wheel_filename(wheel.name)
        versions[name] = version
        if not tagged & fitting:
            wrong.append(f"{wheel.name} is not for Python {python.minor} on a 64-bit PC")
    for wheel in wheels:
        for need in map(Requirement, metadata(wheel).get_all("Requires-Dist", [])):
            if need.marker is not None and not need.marker.evaluate(environment):
                continue
            found = versions.get(canonicalize_name(need.name))
            if found is None or not need.specifier.contains(found, prereleases=True):
                wrong.append(f"{wheel.name} needs {need.name}{need.specifier}, and there is {found or 'none'}")
    if wrong:
        raise BuildError(f"The wheels for Windows are not whole: {'; '.join(wrong)}. Run `make lock`, then look again.")


def lay(folder: Path, python: Python, target: Path) -> None:
    """Unpack every wheel of `folder` into `target`, as pip would on the PC; raises BuildError."""
    names = [f"{name}=={version}" for name, version, *_ in (parse_wheel_filename(w.name) for w in folder.glob("*.whl"))]
    # Isolated: whatever this machine's pip is told elsewhere, no other folder of wheels is looked at.
    where = ["--isolated", "--target", str(target), "--no-index", "--find-links", str(folder)]
    run_pip(["install", "--no-deps", "--no-compile", *where, *_for_windows(python), *sorted(names)])
    # Commands of this machine's kind, which no PC could run.
    shutil.rmtree(target / "bin", ignore_errors=True)


def metadata(wheel: Path) -> "Message[str, str]":
    """Give the metadata of a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_string(opened.read(name).decode("utf-8"))


def _for_windows(python: Python) -> list[str]:
    version = ["--implementation", "cp", "--python-version", python.minor]
    return ["--only-binary", ":all:", "--platform", PLATFORM, *version]


def _pip(arguments: Sequence[str], lines: Sequence[str], folder: Path) -> None:
    """Let pip take exactly these lines of the lock, by their hashes."""
    listed = folder / "wanted.txt"
    listed.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    try:
        run_pip([*arguments, "--no-deps", "--require-hashes", "--requirement", str(listed)])
    finally:
        listed.unlink()


def run_pip(arguments: Sequence[str]) -> None:
    """Run pip; raises BuildError with the last line that it said."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no word why"]
        raise BuildError(f"pip {arguments[0]} failed: {said[-1]}")
