"""The options by which a command also writes its result as a table or as an Excel workbook."""

from collections.abc import Callable
from pathlib import Path

import click

from qbwc_bridge.cli.common import F, say
from qbwc_bridge.files.plain import write_file

_FILE = click.Path(dir_okay=False, path_type=Path)


def csv_option(command: F) -> F:
    """Add `--csv FILE` as the parameter `csv_file`."""
    return click.option("--csv", "csv_file", type=_FILE, help="Write a table to this file.")(command)


def file_options(command: F) -> F:
    """Add `--csv FILE` and `--xlsx FILE` as the parameters `csv_file` and `xlsx_file`."""
    workbook = click.option("--xlsx", "xlsx_file", type=_FILE, help="Write an Excel workbook to this file.")
    return csv_option(workbook(command))


def give_file(file: Path | None, content: Callable[[], bytes]) -> None:
    """Write what `content` makes to a file, where one is asked for; raises WrongUsage when it cannot be written."""
    if file:
        write_file(file, content())
        say(f"{file} is written.")
