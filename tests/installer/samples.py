"""Dummies of what is not in the repository: an archive laid out as the embeddable Python, and small wheels."""

import hashlib
import zipfile
from pathlib import Path

from installer.embedded import Python

VERSION = "3.13.16"
LAYOUT = ("python313.dll", "python313.zip", "vcruntime140.dll", "LICENSE.txt")


def make_archive(folder: Path, python_exe: bytes = b"MZ") -> tuple[Path, Python]:
    """Make the archive; gives it with the pin that it satisfies."""
    archive = folder / f"python-{VERSION}-embed-amd64.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("python.exe", python_exe)
        opened.writestr("python313._pth", "python313.zip\r\n.\r\n\r\n#import site\r\n")
        for name in LAYOUT:
            opened.writestr(name, f"{name} of the archive")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return archive, Python(archive.name, digest, "https://www.python.org/")


def make_wheel(
    folder: Path, name: str, *, tag: str = "py3-none-any", needs: tuple[str, ...] = (), says: str = ""
) -> Path:
    """Make a wheel of version 1.0 with one module; `says` is more of its metadata."""
    wheel = folder / f"{name}-1.0-{tag}.whl"
    told = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(wheel, "w") as opened:
        opened.writestr(f"{name}.py", "")
        opened.writestr(
            f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{says}{told}"
        )
        opened.writestr(f"{name}-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        opened.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return wheel
