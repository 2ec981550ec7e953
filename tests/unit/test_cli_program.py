"""The command line as a whole: help, exit codes, one sentence for every error."""

import datetime as dt
import secrets
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click
import pytest

from qbwc_bridge.cli import cli, tables
from qbwc_bridge.cli.common import Bridge
from qbwc_bridge.errors import BridgeError
from tests.support import free_port
from tests.unit.cli_office import run


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give every command below a group with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_every_command_has_help(tmp_path: Path) -> None:
    """Every command says in one sentence what it does, and every option what it is for; --help opens no data folder."""
    for words, command in commands(cli):
        assert command.help, words
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, (words, parameter.name)
        result = run(tmp_path / "data", *words, "--help")
        assert result.exit_code == 0, words
        assert "Usage:" in result.stdout
    assert not (tmp_path / "data").exists()


def test_showing_commands_take_json() -> None:
    """Every command that shows things offers --json."""
    shows = {"list", "show", "current", "status", "reconcile", "preview", "dry-run"}
    found = {words: {name for param in command.params for name in param.opts} for words, command in commands(cli)}
    assert not [words for words, options in found.items() if words[-1] in shows and "--json" not in options]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["project", "release", "24-001"], 2),
        (["qwc"], 2),
        (["qwc", "--check", "/no/such/file"], 2),
        (["review", "accept"], 2),
        (["review", "set", "1"], 2),
        (["pull"], 1),
        (["pull", "Nobody"], 1),
        (["review", "take-back", "7"], 1),
        (["queue", "show", "7"], 1),
        (["user", "remove", "nobody"], 1),
    ],
)
def test_exit_codes(arguments: list[str], code: int, tmp_path: Path) -> None:
    """Wrong usage ends with 2, everything that failed with 1, and standard output stays empty."""
    result = run(tmp_path, *arguments)

    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr
    assert "Traceback" not in result.stderr


ADD = ("connection", "add", "X", "--procore-client-id", "c", "--procore-company-id")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["demo", "--port", "99999999"], "'99999999' is no whole number from 0 to 65535."),
        ([*ADD, "abc"], "'abc' is no whole number of at least 1."),
        ([*ADD, "0"], "'0' is no whole number of at least 1."),
        ([*ADD, "7", "--time-zone", "Mars"], "TIME_ZONE is 'Mars' in --time-zone, but must be a time zone"),
        (["wip", "close", "X"], "Missing argument 'MONTH'."),
        (["wip", "close", "X", "March"], "'March' is not a month: write it as YYYY-MM, such as 2026-03."),
        (["reconcile", "--as-of", "3/31/26"], "'3/31/26' is not a date: write it as YYYY-MM-DD, such as 2026-03-31."),
    ],
)
def test_a_wrong_value_says_how_it_is_written(arguments: list[str], told: str, tmp_path: Path) -> None:
    """A number, date, month or time zone that is none is wrong usage, told in words of this program."""
    result = run(tmp_path, *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


@pytest.mark.parametrize("level", ["", "info"])
def test_a_procore_that_does_not_answer_is_told_without_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    """A command says once that it tries again, and shows lines of the log only where LOG_LEVEL asks for them."""
    monkeypatch.setattr("qbwc_bridge.procore.wire.PAUSES_SECONDS", (0.0, 0.0))
    nowhere = f"http://127.0.0.1:{free_port()}"
    environ = {
        "QBWC_BRIDGE_PROCORE_CLIENT_SECRET": secrets.token_urlsafe(16),
        "QBWC_BRIDGE_PROCORE_LOGIN_URL": nowhere,
        "QBWC_BRIDGE_PROCORE_API_URL": nowhere,
        "QBWC_BRIDGE_LOG_LEVEL": level,
    }
    assert run(tmp_path, *ADD, "7", environ=environ).exit_code == 0
    result = run(tmp_path, "pull", environ=environ)
    assert result.exit_code == 1
    assert result.stderr.count("trying again") == 1
    assert ("qbwc_bridge.procore.wire" in result.stderr) == bool(level)


def test_a_bad_setting_is_wrong_usage(tmp_path: Path) -> None:
    """A bad setting stops any command with its one sentence and exit code 2."""
    result = run(tmp_path, "status", environ={"QBWC_BRIDGE_PULL_EVERY_SECONDS": "often"})

    assert result.exit_code == 2
    assert result.stderr.startswith("PULL_EVERY_SECONDS is 'often' in the environment")
    assert result.stderr.count("\n") == 1


def test_a_fault_of_ours_is_one_sentence_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception shows no trace and none of its text; where it happened is kept for support."""
    secret = secrets.token_urlsafe(12)

    def broken(_bridge: Bridge, _name: str | None = None) -> None:
        raise KeyError(secret)

    monkeypatch.setattr(Bridge, "connections", broken)
    result = run(tmp_path, "pull")

    assert result.exit_code == 1
    assert "a fault of its own (KeyError in test_cli_program.py" in result.stderr
    assert result.stderr.count("\n") == 1
    kept = (tmp_path / "faults.log").read_text()
    assert "broken" in kept
    assert secret not in kept + result.output


def test_an_error_of_the_bridge_is_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A BridgeError is shown as it is, and leaves no file."""

    def refused(_bridge: Bridge, _name: str | None = None) -> None:
        raise BridgeError("The moon is full: wait.")

    monkeypatch.setattr(Bridge, "connections", refused)
    result = run(tmp_path, "pull")

    assert (result.exit_code, result.stderr) == (1, "The moon is full: wait.\n")
    assert not (tmp_path / "faults.log").exists()


def test_module_runs_as_a_program(tmp_path: Path) -> None:
    """`python -m qbwc_bridge` is the command, with its exit codes."""
    command = [sys.executable, "-m", "qbwc_bridge", "--data-dir", str(tmp_path), "connection", "show", "Nobody"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert "no connection yet" in done.stderr


def test_tables_put_amounts_to_the_right() -> None:
    """Amounts have thousands separators and stand with their digits below one another, negative ones in parentheses."""
    rows: list[list[object]] = [["a", Decimal("1234.50"), 7], ["bcd", Decimal("-3.00"), 10], ["e", None, None]]
    assert tables.table(["name", "sum", "n"], rows).splitlines() == [
        "name        sum   n",
        "----  ---------  --",
        "a     1,234.50    7",
        "bcd      (3.00)  10",
        "e",
    ]


def test_tables_cannot_steer_a_terminal() -> None:
    """Control characters in names from outside are shown as blanks."""
    assert "\x1b" not in tables.table(["name"], [["evil\x1b[2J"]]) + tables.facts([("name", "\x1b]0;title\x07")])


def test_facts_show_times_with_their_zone() -> None:
    """A moment is shown to the minute with its zone."""
    assert tables.facts([("at", dt.datetime(2026, 3, 2, 8, 30, 59, tzinfo=dt.UTC))]) == "at  2026-03-02 08:30 UTC"
