"""The documentation is true: made pages are fresh, commands are real, links lead somewhere, nothing is left out."""

import re
import shlex
from functools import cache

import click
import pytest

from qbwc_bridge.cli.main import cli
from qbwc_bridge.cli.wip import Wip
from qbwc_bridge.domain.costs import MAX_DELETIONS, MAX_LOWERING, MAX_LOWERING_SHARE
from qbwc_bridge.domain.states import MOVES, TASK_MOVES, State, TaskState
from qbwc_bridge.metrics import METRICS
from qbwc_bridge.procore.tools import tool_of
from qbwc_bridge.qbxml.connector_codes import CONNECTOR_CODES, HRESULTS
from qbwc_bridge.qbxml.status_codes import STATUS_CODES
from qbwc_bridge.settings import CONNECTION_KEYS, Settings
from qbwc_bridge.settings.values import as_text
from qbwc_bridge.statuspage import words
from tests import make_docs, told_states
from tests.procore.operations import USED
from tests.repository import ROOT, repository_files

HAND_WRITTEN = (
    "install-windows.md",
    "set-up.md",
    "keeping.md",
    "servers.md",
    "day-to-day.md",
    "mail.md",
    *make_docs.PAGES,
)
"""Pages that show commands to people; README.md comes on top."""

READ_BY_MEANS_OF = {
    "database_url": r"settings\.database_address\(",
    "secret_key_file": r"settings\.secret_key_path\(",
    "listen": r"settings\.listen_addresses\(",
    "pull_every_seconds": r'f"\{name\}_every_seconds"',
    "push_every_seconds": r'f"\{name\}_every_seconds"',
    "test_data": r"QBWC_BRIDGE_TEST_DATA",
}
"""Settings that are read by another way than their own name."""


@cache
def text(name: str) -> str:
    """Give a page of docs/, its index, or README.md."""
    if name == "index":
        name = "docs/README.md"
    folder = ROOT if name.endswith("README.md") else ROOT / "docs"
    return (folder / name).read_text(encoding="utf-8")


def commands_in(name: str) -> list[str]:
    """Give every `qbwc-bridge ...` line and span of a page, without the first word."""
    lines = re.findall(r"^ {4,}qbwc-bridge (.+)$", text(name), re.MULTILINE)
    spans = re.findall(r"`qbwc-bridge ([^`]+)`", text(name))
    return [line.strip() for line in (*lines, *(" ".join(span.split()) for span in spans)) if line.strip() != "..."]


def command_of(line: str) -> tuple[click.Command, click.Context, list[str]]:
    """Find the command of a line, and the words that are left for it; raises where the command is not real."""
    command: click.Command = cli
    context = click.Context(cli, info_name="qbwc-bridge")
    left = shlex.split(line)
    while isinstance(command, click.Group) and not {"--help", "--version"} & set(left[:1]):
        left = command.in_full(left) if isinstance(command, Wip) else left
        _, left, _ = command.make_parser(context).parse_args(left)
        assert left, f"{line}: names a group of commands, none of them"
        found = command.get_command(context, left[0])
        assert found is not None, f"{line}: there is no command {left[0]}"
        command, context, left = found, click.Context(found, info_name=left[0], parent=context), left[1:]
    return command, context, left


def resolve(line: str) -> dict[str, object]:
    """Let click's own parser read a line, without running it; gives the values by parameter.

    Raises where a command, option or choice is not real. A value in capitals stands for one of the reader's.
    """
    command, context, left = command_of(line)
    if "--help" in left or "--version" in left:
        return {}
    given, superfluous, _ = command.make_parser(context).parse_args(left)
    assert superfluous == [], f"{line}: takes no {superfluous}"
    for param in command.params:
        value = given.get(param.name or "")
        checked = isinstance(param.type, click.Choice | click.DateTime | type(click.INT))
        for each in value if isinstance(value, tuple) else (value,):
            if checked and isinstance(each, str) and not each.isupper():
                param.type.convert(each, param, context)
    return given


@pytest.mark.parametrize("name", make_docs.PAGES)
def test_made_page_is_fresh(name: str) -> None:
    """A page that is made from the code says what the code says now (else: python -m tests.make_docs)."""
    assert text(name) == make_docs.page(name)


@pytest.mark.parametrize("name", ["README.md", *HAND_WRITTEN])
def test_commands_shown_are_real(name: str) -> None:
    """Every command shown to people exists, with the options and choices it is shown with."""
    lines = commands_in(name)
    assert lines or name in {"README.md", "licences.md"}
    for line in lines:
        if name == "commands.md" and re.search(r"[A-Z]\.\.\.|\[", line):
            continue  # a usage line as click writes it
        resolve(line)


@pytest.mark.parametrize(
    "line",
    [
        "connection ad NAME",
        "connection add NAME --procore-company 1",
        "project release 24-001 --before never",
        "project on 24-001 --customer",
        "push --to Procore",
        "status more",
    ],
)
def test_unreal_commands_are_found(line: str) -> None:
    """The check of commands refuses a wrong name, option, choice, missing value or superfluous word."""
    with pytest.raises((AssertionError, click.UsageError)):
        resolve(line)


def missing(line: str) -> list[str | None]:
    """Give the required options and arguments that a line lacks."""
    given = resolve(line)
    there = {
        name for name, value in given.items() if isinstance(value, str | bool) or (isinstance(value, tuple) and value)
    }
    return [param.name for param in command_of(line)[0].params if param.required and param.name not in there]


@pytest.mark.parametrize("name", ["set-up.md", "day-to-day.md", "mail.md", "settings.md"])
def test_whole_lines_have_what_is_required(name: str) -> None:
    """A command on a line of its own, to be typed as it stands, lacks no required option and no argument."""
    lines = re.findall(r"^ {4,}qbwc-bridge (.+)$", text(name), re.MULTILINE)
    assert lines
    assert {line: missing(line) for line in lines if missing(line)} == {}


def test_missing_parts_are_found() -> None:
    """The check of whole lines misses neither an option nor an argument."""
    assert missing("project release 24-001 --before opening --po-bills skip") == ["costs_from"]
    assert missing("connection confirm") == ["name"]
    assert missing("review retry") == ["ids"]


def test_every_command_is_described() -> None:
    """Each command and group has a heading and a sentence in commands.md."""
    headings = re.findall(r"^##+ (.+)$", text("commands.md"), re.MULTILINE)
    assert headings == make_docs.paths()
    made = text("commands.md").partition(make_docs.MARKER)[2]
    entries = re.split(r"^##+ .+$", made, flags=re.MULTILINE)[1:]
    assert [heading for heading, entry in zip(headings, entries, strict=True) if not re.search(r"\w\.", entry)] == []


def test_every_setting_is_described() -> None:
    """Each setting has its heading with a default, and each key of a connection is named."""
    made = text("settings.md").partition("## Every setting")[2]
    entries = dict(re.findall(r"^### ([A-Z_]+)\n(.+?)(?=^##|\Z)", made, re.MULTILINE | re.DOTALL))
    assert list(entries) == [key.upper() for key in Settings.model_fields]
    assert [key for key, entry in entries.items() if "- Default: " not in entry or "- Must be " not in entry] == []
    assert [key for key in CONNECTION_KEYS if key not in made] == []


def test_every_metric_is_described() -> None:
    """Each metric has its heading with meaning, kind and labels, and those that the page names are real."""
    made = text("metrics.md").partition(make_docs.MARKER)[2]
    entries = dict(re.findall(r"^### (\w+)\n(.+?)(?=^##|\Z)", made, re.MULTILINE | re.DOTALL))
    assert list(entries) == [metric.name for metric in METRICS]
    for metric in METRICS:
        assert re.search(r"\w\.\n", entries[metric.name])
        assert [label for label in metric.labels if f"`{label}`" not in entries[metric.name]] == []
    named = {name.removesuffix("_count") for name in re.findall(r"qbwc_bridge_\w+", text("metrics.md"))}
    assert named == set(entries)


def test_every_setting_has_an_effect() -> None:
    """Each setting is read by something outside of the settings."""
    sources = "\n".join(
        (ROOT / path).read_text(encoding="utf-8")
        for path in repository_files("qbwc_bridge/*.py", "tests/support.py")
        if not path.as_posix().startswith(("qbwc_bridge/settings/", "qbwc_bridge/rehearsal/"))
    )
    unread = set()
    for key in Settings.model_fields:
        own_name = rf'settings\.{key}\b|get\("{key}"|defaults\["{key}"\]|connection, "{key}"'
        if not re.search(READ_BY_MEANS_OF.get(key, own_name), sources):
            unread.add(key)
    assert unread == set()


def told_numbers(form: str) -> set[str]:
    """Give the numbers that headings of troubles.md name, in the form of one table."""
    found: set[str] = set()
    for heading in re.findall(r"^### (.+)$", text("troubles.md"), re.MULTILINE):
        for part in heading.split(", "):
            ends = [end.removeprefix(form) for end in part.split(" to ") if re.fullmatch(rf"{form}[0-9A-F]+", end)]
            found |= set(ends) if len(ends) < 2 else {str(each) for each in range(int(ends[0]), int(ends[1]) + 1)}
    return found


@pytest.mark.parametrize(("form", "table"), [("", STATUS_CODES), ("0x", HRESULTS), ("QBWC", CONNECTOR_CODES)])
def test_every_number_is_described(form: str, table: dict[str, object]) -> None:
    """Every number that the bridge knows is in troubles.md, and no other."""
    assert told_numbers(form) == set(table)


def test_every_state_is_told() -> None:
    """Each word of a state that the page shows is a heading of the bookkeeper's page."""
    headings = set(re.findall(r"^### (.+)$", text("day-to-day.md"), re.MULTILINE))
    assert {words.STATES[state].word for state in State} | {words.UPDATE.word} <= headings
    assert words.DIFFERS.word in text("day-to-day.md")
    assert [look.word for look in words.WORDS.values() if f"**{look.word}**" not in text("day-to-day.md")] == []


def test_every_state_is_in_the_reference() -> None:
    """Each state of a submission and of a task has its heading in states.md, with each move that the code allows."""
    assert set(told_states.SUBMISSIONS) == set(State)
    assert set(told_states.TASKS) == set(TaskState)
    made = text("states.md").partition(make_docs.MARKER)[2]
    entries = dict(re.findall(r"^### \w+: (\w+)\n(.+?)(?=^##|\Z)", made, re.MULTILINE | re.DOTALL))
    for before, after in (*MOVES.items(), *TASK_MOVES.items()):
        assert set(re.findall(r"`([a-z_]+)`", entries[before].partition("- Next: ")[2])) == set(map(str, after))


def test_every_page_is_in_the_index() -> None:
    """docs/README.md names every page of the folder, and by a link where it is there."""
    pages = {path.name for path in repository_files("docs/*.md")} - {"README.md"}
    assert [page for page in sorted(pages) if page not in text("index")] == []
    assert [page for page in sorted(pages) if f"`{page}`" in text("index")] == []


def test_every_threat_has_tests_that_exist() -> None:
    """Each row of the threat model has four cells, and every test that it names is there."""
    rows = re.findall(r"^\| (.+) \|$", text("threat-model.md"), re.MULTILINE)
    threats = [row.split(" | ") for row in rows if row.count(" | ") == 3 and not row.startswith(("threat", "---"))]
    assert len(threats) > 20
    for cells in threats:
        named = re.findall(r"`(\w+/\w+\.py)(?:::(\w+))?`", cells[2])
        assert named, cells[0]
        for file, test in named:
            content = (ROOT / "tests" / file).read_text(encoding="utf-8")
            assert f"def {test}(" in content if test else "def test_" in content, (file, test)


def test_limits_of_the_brake_are_told() -> None:
    """The figures of the brake in the bookkeeper's page are those of the code."""
    page = " ".join(text("day-to-day.md").split())
    assert f"more than {MAX_DELETIONS} direct costs" in page
    assert f"more than {MAX_LOWERING_SHARE * 100:.0f} % and more than {MAX_LOWERING}" in page


def test_operations_of_procore_are_told() -> None:
    """set-up.md lists exactly the operations that the bridge calls, and says how many."""
    told = re.findall(r"^\| ([A-Z]+) (/\S+) \|", text("set-up.md"), re.MULTILINE)
    assert set(told) == USED
    assert len(told) == len(USED)
    assert f"uses {len(USED)} operations" in text("set-up.md")


def test_everything_that_is_taken_for_granted_has_its_test() -> None:
    """Each row of the page about the sandbox has a number, a claim, its evidence, a test, and what happens else."""
    rows = [re.split(r" \| ", row) for row in re.findall(r"^\| (\d.+) \|$", text("procore-sandbox.md"), re.MULTILINE)]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert [row for row in rows if len(row) != 5 or not all(cell.strip() for cell in row)] == []


def test_permissions_asked_for_are_those_that_calls_need() -> None:
    """The table of set-up.md names every tool that a call of the bridge needs, and no other."""
    told = re.findall(
        r"^\| (company|project)(?: and project)? \| ([A-Z][\w ]+) \| ([A-Z][\w ]+) \|", text("set-up.md"), re.MULTILINE
    )
    needed = {tool_of(path.replace("{company_id}", "1")) for _, path in USED} - {None}
    assert {(scope, name) for scope, name, _ in told} == {(tool.scope, tool.name) for tool in needed if tool}


def anchors(page: str) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere() -> None:
    """Every link of a document to a file of the repository or a heading of it exists."""
    broken = []
    for path in repository_files("*.md"):
        content = (ROOT / path).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", content):
            file, _, anchor = target.partition("#")
            if file.startswith(("http://", "https://", "mailto:")):
                continue
            there = (ROOT / path.parent / file) if file else ROOT / path
            if not there.exists() or (anchor and anchor not in anchors(there.read_text(encoding="utf-8"))):
                broken.append(f"{path}: {target}")
    assert broken == []


def test_no_document_names_a_machine() -> None:
    """No document holds a path, a default or a time that belongs to the machine it was written on."""
    here = re.escape(str(ROOT))
    machine = re.compile(
        rf"{here}|(?<![\w.])/(tmp|home|root|work|Users)/|[A-Z]:\\|20\d\d-\d\d-\d\dT\d\d", re.IGNORECASE
    )
    assert [str(p) for p in repository_files("*.md") if machine.search((ROOT / p).read_text(encoding="utf-8"))] == []
    default = as_text(Settings.model_fields["data_dir"].get_default(call_default_factory=True))
    assert default not in text("settings.md").partition(make_docs.MARKER)[2]


def test_made_pages_are_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made does not depend on the machine's folders, settings, time zone or terminal."""
    before = {name: make_docs.page(name) for name in make_docs.PAGES}
    monkeypatch.setenv("QBWC_BRIDGE_DATA_DIR", "elsewhere")
    monkeypatch.setenv("XDG_DATA_HOME", "elsewhere")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("COLUMNS", "40")
    assert {name: make_docs.page(name) for name in make_docs.PAGES} == before
