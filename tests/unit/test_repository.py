"""What must hold for every file of the repository, whatever it says."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repository import ROOT, repository_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

LONGEST_MODULE = 400
"""Lines. A module that wants to grow past this holds two ideas."""

# Written with one-letter classes so that this file does not find itself.
UNWANTED = {
    "the address of a package index": r"py[p]i\.org|python[h]osted|npm[j]s\.|deb\.[d]ebian|-[-](extra-)?index-url[ =]",
    "a path of one machine": r"(?<![\w.])/(wor[k]|roo[t]|op[t]/pypi)/|(?<![\w.])/hom[e]/\w|file:[/]{3}(op[t]|wor[k])",
    "unfinished work": r"\b(TOD[O]|FIXM[E]|XX[X])\b",
}


def text(path: Path) -> str | None:
    """Give the file's text, or nothing for a file that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_module_is_too_long() -> None:
    """No Python file has more lines than a reader can hold."""
    lines = {str(path): len((ROOT / path).read_bytes().splitlines()) for path in repository_files("*.py")}
    assert {path: count for path, count in lines.items() if count > LONGEST_MODULE} == {}


@pytest.mark.parametrize("what", UNWANTED)
def test_no_file_contains(what: str) -> None:
    """No file names a package index or a machine, or leaves work for later."""
    pattern = re.compile(UNWANTED[what])
    found = [
        f"{path}:{number}"
        for path in repository_files()
        for number, line in enumerate((text(ROOT / path) or "").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_every_text_file_ends_its_last_line() -> None:
    """Every text file ends with a line end and holds no carriage return, whoever's editor wrote it."""
    wrong = [
        str(path)
        for path in repository_files()
        if path.suffix != ".ps1"  # Windows' own
        and text(ROOT / path)
        and (not (content := (ROOT / path).read_bytes()).endswith(b"\n") or b"\r" in content)
    ]
    assert wrong == []


def test_templates_are_ascii() -> None:
    """The qbXML templates hold ASCII only: what QuickBooks reads is written with numeric references."""
    assert [str(p) for p in repository_files("qbxml_templates/*") if not (ROOT / p).read_bytes().isascii()] == []


def test_every_template_begins_with_a_comment() -> None:
    """Every qbXML template says in a leading comment what it asks of QuickBooks."""
    silent = [
        str(path)
        for path in repository_files("qbxml_templates/*.xml")
        if not re.match(r"\s*(\{#-?\s*\w|<!--\s*\w)", (ROOT / path).read_text(encoding="ascii"))
    ]
    assert silent == []


def test_version_is_the_newest_in_the_changelog() -> None:
    """The project's version is the one of the changelog's top entry."""
    entry = re.search(r"^## \[?v?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert entry is not None, "CHANGELOG.md has no entry of the form '## 1.2.3'"
    assert entry[1] == PROJECT["version"]


@pytest.mark.parametrize("lock", ["build", "runtime", "dev"])
def test_locked_requirements_are_pinned_and_hashed(lock: str) -> None:
    """Every line of a lock file is an exact pin with its hashes, and nothing says where to fetch it."""
    lines = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="ascii").replace("\\\n", " ").splitlines()
    marker = r"[\w.]+ [<>=!]+ '[\w.]+'"
    pin = re.compile(rf"[a-z0-9.-]+==[\w.]+( ; {marker}( and {marker})*)?(\s+--hash=sha256:[0-9a-f]{{64}})+\s*")
    assert lines
    assert [line.split(" ")[0] for line in lines if not pin.fullmatch(line)] == []


def test_lock_satisfies_the_project() -> None:
    """Every dependency of pyproject.toml is locked at a version that it allows."""
    lock = (ROOT / "requirements/runtime.txt").read_text(encoding="ascii")
    locked = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", lock, re.MULTILINE))
    wanted = [Requirement(line) for line in PROJECT["dependencies"]]
    unmet = [str(need) for need in wanted if not need.specifier.contains(locked.get(need.name, "0"), prereleases=True)]
    assert unmet == []


def imported_names(source: str) -> set[str]:
    """Give the top-level names of what Python `source` imports absolutely."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def test_every_import_is_a_declared_dependency() -> None:
    """The program imports no package that pyproject.toml does not declare, even if something else brings it."""
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    ours = {"qbwc_bridge", "qbxml_templates", *sys.stdlib_module_names}
    distributions = packages_distributions()
    undeclared = {
        f"{path} imports {name}"
        for path in repository_files("qbwc_bridge/*.py")
        for name in imported_names((ROOT / path).read_text(encoding="utf-8")) - ours
        if not declared & {canonicalize_name(dist) for dist in distributions.get(name, [])}
    }
    assert undeclared == set()


@pytest.mark.parametrize("target", ["demo", "test", "lint", "bench", "soak", "installer"])
def test_makefile_has_the_promised_target(target: str) -> None:
    """Each command that the documents promise is a target of the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
