"""Everything that is shipped has a licence with its text, whoever installs it."""

import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from installer import licences
from installer.licences import ELSEWHERE, Pin, licence, of_wheel, pins, texts

ALLOWED = {
    "Apache-2.0",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "LGPL-2.1",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
    "ZPL-2.1",
}
"""Licences that somebody has looked at: a new one is looked at before it is shipped."""


def wheel(folder: Path, name: str, told: str, **files: str) -> Path:
    """Make a wheel as far as its licence goes."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(
            f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{told}\n\n"
        )
        for file, content in files.items():
            made.writestr(f"{name}-1.0.dist-info/licenses/{file}", content)
    return path


def test_every_package_that_is_shipped_has_a_licence() -> None:
    """Each pin, those for Windows alone too, has a licence that was looked at, and names where its text is."""
    every = pins()
    assert {"spyne", "tzdata", "cryptography"} <= {pin.name for pin in every}
    for pin in every:
        found = licence(pin)
        assert found.expression in ALLOWED, pin
        assert found.files, pin


def test_pins_are_read_with_their_markers(tmp_path: Path) -> None:
    """As the lock files write them."""
    file = tmp_path / "runtime.txt"
    file.write_text(
        "alembic==1.2 \\\n    --hash=sha256:00\ntzdata==2026.6 ; sys_platform == 'win32' \\\n", encoding="utf-8"
    )
    assert pins(file) == [Pin("alembic", "1.2"), Pin("tzdata", "2026.6", "sys_platform == 'win32'")]


def test_what_is_told_of_packages_elsewhere_is_of_their_pinned_version() -> None:
    """A new pin of such a package must be looked at again; where one is installed, it says the same."""
    versions = {pin.name: pin.version for pin in pins()}
    for name, told in ELSEWHERE.items():
        assert all(f"-{versions[name]}.dist-info/" in file for file in told.files)
    if sys.version_info >= (3, 13):
        found = metadata.distribution("legacy-cgi")
        assert found.metadata["License-Expression"] == ELSEWHERE["legacy-cgi"].expression
        assert set(ELSEWHERE["legacy-cgi"].files) <= {str(file) for file in found.files or ()}


def test_texts_of_wheels_are_collected_in_full(tmp_path: Path) -> None:
    """A list of all, then each text under its package; what says its licence in old words is understood."""
    one = wheel(tmp_path, "one", "License-Expression: MIT", LICENSE="Permission of One", AUTHORS="Ann")
    two = wheel(tmp_path, "two", "Classifier: License :: OSI Approved :: BSD License", COPYING="Redistribution of Two")
    text = texts([two, one])
    assert "one 1.0: MIT\ntwo 1.0: BSD-3-Clause\n" in text
    assert text.index("one 1.0: MIT\n=") < text.index("Permission of One") < text.index("Redistribution of Two")
    assert of_wheel(one)[1].files == ("one-1.0.dist-info/licenses/AUTHORS", "one-1.0.dist-info/licenses/LICENSE")


@pytest.mark.parametrize(
    ("told", "files"), [("License-Expression: MIT", {}), ("License: see the file, please", {"LICENSE": "text"})]
)
def test_a_wheel_without_licence_or_text_stops_the_build(tmp_path: Path, told: str, files: dict[str, str]) -> None:
    """Nothing is shipped whose licence nobody can read."""
    with pytest.raises(LookupError, match="bare says"):
        texts([wheel(tmp_path, "bare", told, **files)])


def test_a_package_without_licence_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime dependency that nobody looked at fails, also one that is not installed here."""
    with pytest.raises(metadata.PackageNotFoundError):
        licence(Pin("no-such-package", "1.0"))
    monkeypatch.setattr(licences, "BY_CLASSIFIER", {})
    with pytest.raises(LookupError, match="jinja2"):
        licence(Pin("jinja2", "3.1.6"))
