"""The embeddable Python that goes into the setup program: found, checked, laid, and told of its packages."""

import hashlib
import re
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from installer.errors import BuildError

SITE_PACKAGES = Path("Lib", "site-packages")
"""Where packages are laid, below the folder of python.exe."""


@dataclass(frozen=True, slots=True)
class Python:
    """One release of the embeddable Python, as installer/python.toml pins it."""

    name: str
    sha256: str
    page: str

    @classmethod
    def read(cls, file: Path) -> "Python":
        """Read the pin; raises BuildError where it is none."""
        try:
            pin = cls(**tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise BuildError(f"{file} names no Python: it must have name, sha256 and page ({error}).") from error
        if not re.fullmatch(r"python-\d+\.\d+\.\d+-embed-amd64\.zip", pin.name):
            raise BuildError(f"{file} names {pin.name}, which is no 64-bit embeddable Python.")
        return pin

    @property
    def version(self) -> str:
        """The whole version, such as 3.13.16."""
        return self.name.split("-")[1]

    @property
    def minor(self) -> str:
        """The version that wheels are made for, such as 3.13."""
        return self.version.rpartition(".")[0]


def find(python: Python, vendor: Path) -> Path:
    """Give the archive in the folder `vendor`; raises BuildError where it is missing or not the one that is pinned."""
    archive = vendor / python.name
    if not archive.is_file():
        raise BuildError(
            f'{archive} is missing: fetch the file "Windows embeddable package (64-bit)" of Python {python.version}, '
            f"{python.name}, from {python.page} and lay it there; its SHA-256 must be {python.sha256}."
        )
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != python.sha256:
        raise BuildError(
            f"{archive} has SHA-256 {found}, not {python.sha256}: do not use this file, and fetch it again from "
            f"{python.page}."
        )
    return archive


def lay(archive: Path, python: Python, program: Path) -> None:
    """Unpack the archive into the new folder `program`, and let its Python see SITE_PACKAGES.

    The file python3xx._pth makes the embedded Python look at what it names and at nothing else on the PC: no variables,
    no registry, no packages of other Pythons. Raises BuildError for an archive of another layout.
    """
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(program)
    tag = python.minor.replace(".", "")
    for needed in ("python.exe", f"python{tag}.dll", f"python{tag}.zip", f"python{tag}._pth"):
        if not (program / needed).is_file():
            raise BuildError(f"{archive} holds no {needed}: it is no embeddable Python {python.minor}.")
    paths = program / f"python{tag}._pth"
    paths.write_text(f"python{tag}.zip\r\n.\r\n{str(SITE_PACKAGES).replace('/', chr(92))}\r\n", encoding="ascii")
