"""What the commands share: the open bridge, finding connections and records by name, output, common options."""

import codecs
import dataclasses
import datetime as dt
import enum
import getpass
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qbwc_bridge import logs
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection, ProjectChoice, Submission
from qbwc_bridge.errors import BridgeError, NotFound, Refused, WrongUsage
from qbwc_bridge.flow import work
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.settings import Settings, load_settings

if TYPE_CHECKING:
    from qbwc_bridge.bootstrap import App

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How a text begins that Windows' own programs have written as "Unicode"."""

F = TypeVar("F", bound=Callable[..., Any])
Thing = TypeVar("Thing")


class Bridge:
    """The settings and the wired program, each opened when a command first needs it; click's context object."""

    def __init__(self, overrides: Mapping[str, str]) -> None:
        self._overrides = overrides
        self.serves = False
        """Whether this is the server: nobody looks on, its log tells."""
        self._told_to_wait = False

    @cached_property
    def settings(self) -> Settings:
        """The settings; raises WrongUsage."""
        settings = load_settings(self._overrides)
        # A command tells in sentences what comes of it; lines of the log stand among them only if somebody asked.
        asked = "log_level" in settings.model_fields_set
        logs.configure(settings.log_level if asked else "warning", settings.log_json)
        return settings

    @cached_property
    def app(self) -> "App":
        """Everything wired, with the database open (made when missing)."""
        # Imported late: it brings every room, which `--help` and a wrong option need not wait for.
        from qbwc_bridge.bootstrap import open_app  # noqa: PLC0415

        return open_app(self.settings, sleep=self._wait)

    @property
    def kit(self) -> Kit:
        """What the stations are handed."""
        return self.app.kit

    def _wait(self, seconds: float) -> None:
        """Wait before Procore is asked again; a person who looks on is told so, once."""
        if not self._told_to_wait and not self.serves:
            say("Procore does not answer, or asks for a pause: waiting and trying again.")
        self._told_to_wait = True
        time.sleep(seconds)

    def now(self) -> dt.datetime:
        """The present moment in UTC."""
        return self.app.clock.now()

    def close(self) -> None:
        """Close what was opened."""
        if "app" in self.__dict__:
            self.app.close()

    def connections(self, name: str | None = None) -> list[Connection]:
        """Every connection, or the named one; raises NotFound, and Refused when there is none at all."""
        with self.kit.work() as uow:
            found = uow.connections.find()
        if not found:
            raise Refused("There is no connection yet: an admin makes one with `connection add`.")
        return [_named(found, name)] if name is not None else found

    def connection(self, name: str | None) -> Connection:
        """The named connection, or the only one; raises WrongUsage when there are several and none is named."""
        found = self.connections(name)
        if len(found) > 1:
            names = ", ".join(one.name for one in found)
            raise WrongUsage(f"There are several connections ({names}): name one with --connection.")
        return found[0]


pass_bridge = click.make_pass_decorator(Bridge)


def json_option(command: F) -> F:
    """Add `--json` as the parameter `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(command)


def connection_option(command: F) -> F:
    """Add `--connection NAME` as the parameter `name`."""
    return click.option("--connection", "name", metavar="NAME", help="The connection; needed when there are several.")(
        command
    )


def _named(connections: Iterable[Connection], name: str) -> Connection:
    found = list(connections)
    for one in found:
        if fold(one.name) == fold(name):
            return one
    raise NotFound(f"There is no connection {name}; there is {', '.join(one.name for one in found)}.")


def find_projects(uow: UnitOfWork, connection: Connection, numbers: Iterable[str]) -> list[ProjectChoice]:
    """The projects of these numbers (or Procore ids, where numbers repeat), each once, in the order given.

    Raises NotFound for an unknown one, WrongUsage where several have the number.
    """
    rows = uow.projects.find(connection_id=connection.id, order="number")
    if not rows:
        raise Refused(f"No project of {connection.name} is known yet: run `pull` first.")
    found: dict[int, ProjectChoice] = {}
    for number in numbers:
        same = [row for row in rows if fold(row.number) == fold(number)]
        same = same or [row for row in rows if str(row.project_id) == number]
        if not same:
            raise NotFound(f"Procore shows no project {number} to {connection.name}, as far as it was read.")
        if len(same) > 1:
            ids = " or ".join(str(row.project_id) for row in same)
            raise WrongUsage(f"Several projects have number {number}: name one by its Procore id, {ids}.")
        found[same[0].project_id] = same[0]
    return list(found.values())


def find_submission(uow: UnitOfWork, row_id: int, connection: Connection | None) -> Submission:
    """The submission of that id; raises NotFound, also for one of another connection than the one asked for."""
    row = uow.submissions.get(row_id)
    if connection is not None and row.connection_id != connection.id:
        raise NotFound(f"There is no submission number {row_id} in {connection.name}.")
    return row


def settle(bridge: Bridge, uow: UnitOfWork, connection_id: int) -> None:
    """Let everything that depends on a decision follow it, inside the same transaction."""
    connection = uow.connections.get(connection_id)
    work.settle(uow, connection, bridge.kit.options(connection), bridge.now())


def who() -> str:
    """Whom the history names for a command: the operating system's user."""
    try:
        return f"{getpass.getuser()} (command)"
    except (ImportError, KeyError, OSError):  # an account without a name, as containers have
        return "command"


# ---------------------------------------------------------------- input


def ask_secret(question: str, *, instead: str, twice: bool = False) -> str:
    """Ask for a secret without showing it; raises WrongUsage, naming what to do instead, where nobody can be asked."""
    try:
        with warnings.catch_warnings():
            # Without a terminal Python warns of its own source lines before it reads standard input.
            warnings.simplefilter("ignore", getpass.GetPassWarning)
            secret: str = click.prompt(question, hide_input=True, confirmation_prompt=twice, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise WrongUsage(f"{question} cannot be asked for here, since there is no terminal: {instead}.") from None
    return secret


def read_text(file: Path) -> str:
    """Give the text of a file that a person named: in UTF-8, or in UTF-16 as Windows marks it.

    Raises WrongUsage when it cannot be read or is no text.
    """
    try:
        with file.open("rb") as opened:
            marked = opened.read(2) in UTF_16_MARKS
        return file.read_text(encoding="utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUsage(f"The file {file} is no text in UTF-8: name another file.") from error
    except OSError as error:
        raise WrongUsage(f"The file {file} cannot be read: {error.strerror}.") from error


# ---------------------------------------------------------------- output


def say(sentence: str) -> None:
    """Tell a person something, on standard error."""
    click.echo(sentence, err=True)


def show_json(data: Any) -> None:
    """Print data as JSON."""
    click.echo(json_text(data))


def json_text(data: Any) -> str:
    """Give data as JSON: amounts as texts with two decimals, times in ISO 8601 with offset."""
    # ASCII only, because a pipe on Windows has the machine's old character set.
    return json.dumps(data, indent=2, default=_plain)


def each(things: Sequence[Thing], act: Callable[[Thing], None]) -> None:
    """Do something with each of several; one that is refused is told, fails the run, and does not stop the others."""
    if len(things) == 1:
        act(things[0])
        return
    failed = False
    for thing in things:
        try:
            act(thing)
        except BridgeError as problem:
            say(str(problem))
            failed = True
    if failed:
        raise click.exceptions.Exit(1)


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value:.2f}"
        case dt.datetime() | dt.date():
            return value.isoformat()
        case enum.Enum():
            return value.value
        case set() | frozenset() | tuple():
            return list(value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {part.name: getattr(value, part.name) for part in dataclasses.fields(value)}
    raise TypeError(f"no JSON for {type(value).__name__}")
