"""`map export` and `map import`: every decision about names as a CSV file."""

import csv
import io
import sys
from collections.abc import Mapping as Named
from pathlib import Path
from typing import Any, get_args

import click

from qbwc_bridge.cli import deciding, links
from qbwc_bridge.cli.common import Bridge, connection_option, each, pass_bridge, read_text, say
from qbwc_bridge.domain.records import Connection, MappingKind
from qbwc_bridge.errors import BridgeError, WrongUsage

KINDS: tuple[MappingKind, ...] = get_args(MappingKind)
COLUMNS = ("kind", "quickbooks", "procore", "ignored", "comment", "expense_account")
"""Of `map export` and `map import`."""


@click.command()
@connection_option
@pass_bridge
def export(bridge: Bridge, name: str | None) -> None:
    """Print what is linked, mapped and ignored as CSV, for `map import`."""
    connection = bridge.connection(name)
    with bridge.kit.work() as uow:
        rows = links.linked(uow, connection, None)
    writer = csv.DictWriter(sys.stdout, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "ignored": "yes" if row["ignored"] else ""} for row in rows)


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@connection_option
@pass_bridge
def import_(bridge: Bridge, file: Path, name: str | None) -> None:
    """Read a CSV file as `map export` writes it; lines that say nothing new are passed over."""
    connection = bridge.connection(name)
    lines = _lines(file)
    with bridge.kit.work() as uow:
        known = {_same(row) for row in links.linked(uow, connection, None)}
    fresh = [(place, line) for place, line in enumerate(lines, 2) if _same(line) not in known]

    def take(numbered: tuple[int, Named[str, str]]) -> None:
        place, line = numbered
        try:
            _take(bridge, connection, line)
        except BridgeError as problem:
            raise type(problem)(f"Line {place}: {problem}") from problem

    try:
        each(fresh, take)
    finally:
        say(f"{len(lines)} lines read, {len(lines) - len(fresh)} of them known already.")


def _lines(file: Path) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(read_text(file), newline=""), restval="")
    try:
        lines = list(reader)
    except csv.Error as error:
        raise WrongUsage(f"The file {file} cannot be read as CSV: {error}.") from error
    if not set(COLUMNS[:3]) <= set(reader.fieldnames or ()):
        raise WrongUsage(f"The file {file} lacks one of the columns {', '.join(COLUMNS[:3])} in its first line.")
    return lines


def _take(bridge: Bridge, connection: Connection, line: Named[str, str]) -> None:
    kind = next((known for known in KINDS if known == line["kind"]), None)
    if kind is None:
        raise WrongUsage(f"{line['kind']!r} is no kind; it must be one of {', '.join(KINDS)}.")
    if line.get("ignored"):
        deciding.keep(bridge, connection, deciding.ignored(kind, line["quickbooks"], line.get("comment") or ""))
    elif line["procore"] or not line.get("expense_account"):
        if kind in ("job", "vendor"):
            deciding.link(bridge, connection, kind, line["quickbooks"], line["procore"])
        else:
            deciding.keep(bridge, connection, deciding.mapped(kind, line["quickbooks"], line["procore"]))
    if kind == "item" and line.get("expense_account"):
        deciding.set_account(bridge, connection, line["quickbooks"], line["expense_account"])


def _same(row: Named[str, Any]) -> tuple[str, str, str, bool, str]:
    ignored, account = bool(row.get("ignored")), row.get("expense_account") or ""
    return (row["kind"], row["quickbooks"], row["procore"] or "", ignored, account)
