"""The licences of what is shipped: for docs/licences.md from what is installed, for the setup program from its wheels.

The texts themselves are not kept in the repository: each wheel brings its own, and `texts` collects them at build time.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path, PurePosixPath

REQUIREMENTS = Path(__file__).parent.parent / "requirements" / "runtime.txt"

BY_CLASSIFIER: Mapping[str, str] = {
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Zope Public License": "ZPL-2.1",
}
"""What packages say that name no licence in SPDX's words."""

_PIN = re.compile(r"^([a-z0-9.-]+)==(\S+?)(?: *; *(.*?))? *\\?$", re.MULTILINE)
_TEXT = re.compile(r"^(licen[cs]es?|copying|notice|authors)\b", re.IGNORECASE)
_SPDX = re.compile(r"[A-Za-z0-9.+-]+(?: (?:OR|AND|WITH) [A-Za-z0-9.+-]+)*")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package that the bridge runs on; `marker` says where, empty for everywhere."""

    name: str
    version: str
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Licence:
    """What a package says of its licence, in SPDX's words, and the files of its wheel that hold the text."""

    expression: str
    files: tuple[str, ...]


ELSEWHERE: Mapping[str, Licence] = {
    "legacy-cgi": Licence("PSF-2.0", ("legacy_cgi-2.6.4.dist-info/licenses/LICENSE",)),
    "tzdata": Licence(
        "Apache-2.0",
        (
            "tzdata-2026.6.dist-info/licenses/LICENSE",
            "tzdata-2026.6.dist-info/licenses/licenses/LICENSE_APACHE",
        ),
    ),
}
"""Packages that are not on every machine, as their wheels say."""


def pins(file: Path = REQUIREMENTS) -> list[Pin]:
    """Give every package of a locked list."""
    return [Pin(*found) for found in _PIN.findall(file.read_text(encoding="utf-8"))]


def licence(pin: Pin) -> Licence:
    """Give the licence of a package that is installed here, or as ELSEWHERE has it; raises LookupError without one."""
    if pin.name in ELSEWHERE:
        return ELSEWHERE[pin.name]
    found = metadata.distribution(pin.name)
    names = sorted(path.as_posix() for path in found.files or ())
    return _read(pin.name, Parser().parsestr(found.read_text("METADATA") or ""), names)


def of_wheel(wheel: Path) -> tuple[Pin, Licence, str]:
    """Give what a wheel is, its licence, and the texts in full; raises LookupError where it brings none."""
    with zipfile.ZipFile(wheel) as opened:
        names = sorted(opened.namelist())
        about = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        told = Parser().parsestr(opened.read(about).decode())
        found = _read(str(told["Name"]), told, names)
        bodies = [opened.read(name).decode(errors="replace").strip() for name in found.files]
    return Pin(str(told["Name"]), str(told["Version"])), found, "\n\n".join(bodies)


def texts(wheels: Iterable[Path]) -> str:
    """Give LICENCES.txt for what is shipped as these wheels: a list, then every text in full.

    Raises LookupError for a wheel without a licence or without its text.
    """
    every = [of_wheel(wheel) for wheel in sorted(wheels)]
    lines = [f"{pin.name} {pin.version}: {found.expression}" for pin, found, _ in every]
    parts = ["This program is shipped with these libraries, unchanged. Their licences follow the list.\n", *lines]
    for pin, found, body in every:
        parts += ["", "=" * 78, f"{pin.name} {pin.version}: {found.expression}", "=" * 78, "", body]
    return "\n".join([*parts, ""])


def _read(name: str, told: Message, names: Iterable[str]) -> Licence:
    expression = next(_expressions(told), "")
    files = tuple(path for path in names if _is_text(PurePosixPath(path)))
    if not expression or not files:
        raise LookupError(f"{name} says {'no licence' if not expression else 'where no text of its licence is'}.")
    return Licence(expression, files)


def _expressions(told: Message) -> Iterator[str]:
    """Give what a package calls its licence, the clearest word first."""
    for header in ("License-Expression", "License"):
        text = " ".join(str(told.get(header) or "").split())
        text = "ZPL-2.1" if text == "ZPL 2.1" else text
        if _SPDX.fullmatch(text):
            yield text
    for classifier in told.get_all("Classifier") or ():
        if classifier in BY_CLASSIFIER:
            yield BY_CLASSIFIER[classifier]


def _is_text(path: PurePosixPath) -> bool:
    inside = any(part.endswith(".dist-info") for part in path.parts[:1])
    return inside and bool(_TEXT.match(path.name))
