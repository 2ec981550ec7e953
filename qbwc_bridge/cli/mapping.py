"""`map`: links between QuickBooks and Procore records, named as people name them."""

import csv
import io
import sys
from collections.abc import Mapping as Named
from pathlib import Path
from typing import Any, Literal

import click

from qbwc_bridge import worker
from qbwc_bridge.cli import links
from qbwc_bridge.cli.common import (
    Bridge,
    connection_option,
    each,
    json_option,
    pass_bridge,
    read_text,
    say,
    settle,
    show_json,
    who,
)
from qbwc_bridge.cli.suggestions import suggestions
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import BridgeError, WrongUsage
from qbwc_bridge.flow.ledger import Ledger

MapKind = Literal["job", "vendor", "item", "account"]
KINDS: tuple[MapKind, ...] = ("job", "vendor", "item", "account")
COLUMNS = ("kind", "quickbooks", "procore", "ignored", "comment", "expense_account")
"""Of `map export` and `map import`."""

kind_option = click.option("--kind", type=click.Choice(KINDS), required=True, help="What is linked.")
quickbooks_option = click.option("--quickbooks", required=True, metavar="TEXT", help="Full name in QuickBooks.")


@click.group(name="map")
def mapping() -> None:
    """Link QuickBooks and Procore records."""


@mapping.command(name="list")
@connection_option
@click.option("--kind", type=click.Choice(KINDS), help="Only this kind.")
@click.option("--unmapped", is_flag=True, help="Costs without a cost code; jobs or vendors without a link.")
@json_option
@pass_bridge
def list_(bridge: Bridge, name: str | None, kind: MapKind | None, *, unmapped: bool, as_json: bool) -> None:
    """List what is linked, mapped and ignored; or with --unmapped what is not."""
    rows: list[dict[str, Any]] = []
    for connection in bridge.connections(name):
        if unmapped:
            worker.settle(bridge.kit, connection.id)
        with bridge.kit.work() as uow:
            row = uow.connections.get(connection.id)
            if not unmapped:
                rows += links.linked(uow, row, kind)
            elif kind in ("job", "vendor"):
                rows += links.unlinked(uow, row, kind)
            else:
                rows += links.unmapped(Ledger(uow, row, bridge.kit.options(row)), kind)
    if as_json:
        show_json(rows)
    elif rows:
        heads = [head for head in rows[0] if head not in ("decided_at", "decided_by")]
        click.echo(table([head.replace("_", " ") for head in heads], [[row[head] for head in heads] for row in rows]))
    else:
        say(_nothing(kind, unmapped=unmapped))


def _nothing(kind: MapKind | None, *, unmapped: bool) -> str:
    if not unmapped:
        return "Nothing is linked or mapped yet."
    return f"Every {kind} of QuickBooks is linked." if kind in ("job", "vendor") else "Every cost has its code."


@mapping.command(name="set")
@kind_option
@quickbooks_option
@click.option("--procore", metavar="TEXT", help="Cost code, dot, cost type; project number; vendor name.")
@click.option(
    "--expense-account",
    metavar="TEXT",
    help="Of an item that is still to be made, and of those below it: the account for its costs; empty takes it back.",
)
@connection_option
@pass_bridge
def set_(
    bridge: Bridge,
    *,
    kind: MapKind,
    quickbooks: str,
    procore: str | None,
    expense_account: str | None,
    name: str | None,
) -> None:
    """Map an account or item to a cost code and cost type (01-500.O), link a job or vendor, or choose an account."""
    if (procore is None) == (expense_account is None) or (kind != "item" and procore is None):
        raise WrongUsage("Give --procore, or for an item --expense-account.")
    connection = bridge.connection(name)
    if procore is not None:
        _set(bridge, connection, kind, quickbooks, procore)
        click.echo(f"{kind} {quickbooks} is mapped to {procore}.")
    elif expense_account is not None:
        _set_account(bridge, connection, quickbooks, expense_account)
        click.echo(f"New items {quickbooks} get the expense account {expense_account or 'of the connection'}.")


@mapping.command()
@connection_option
@json_option
@pass_bridge
def suggest(bridge: Bridge, name: str | None, *, as_json: bool) -> None:
    """List jobs and vendors without a link and items with unmapped cost, with what in Procore is nearly the same."""
    rows: list[dict[str, Any]] = []
    for connection in bridge.connections(name):
        worker.settle(bridge.kit, connection.id)
        with bridge.kit.work() as uow:
            row = uow.connections.get(connection.id)
            rows += suggestions(uow, row, Ledger(uow, row, bridge.kit.options(row)))
    if as_json:
        show_json(rows)
    elif rows:
        shown = [[row["connection"], row["kind"], row["quickbooks"], "; ".join(row["procore"])] for row in rows]
        click.echo(table(["connection", "kind", "quickbooks", "procore"], shown))
    else:
        say("Nothing that is not linked yet is nearly the same in both systems.")


@mapping.command()
@kind_option
@quickbooks_option
@click.option("--comment", required=True, help="Why its costs stay out of Procore.")
@connection_option
@pass_bridge
def ignore(bridge: Bridge, kind: MapKind, quickbooks: str, comment: str, name: str | None) -> None:
    """Leave the costs of an account, item or unlinked job out of Procore for good, with a reason.

    `map set` takes it back.
    """
    connection = bridge.connection(name)
    _ignore(bridge, connection, kind, quickbooks, comment)
    click.echo(f"{kind} {quickbooks} is ignored.")


@mapping.command()
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


@mapping.command(name="import")
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
        _ignore(bridge, connection, kind, line["quickbooks"], line.get("comment") or "")
    elif line["procore"] or not line.get("expense_account"):
        _set(bridge, connection, kind, line["quickbooks"], line["procore"])
    if kind == "item" and line.get("expense_account"):
        _set_account(bridge, connection, line["quickbooks"], line["expense_account"])


def _set(bridge: Bridge, connection: Connection, kind: MapKind, quickbooks: str, procore: str) -> None:
    with bridge.kit.work() as uow:
        if kind in ("job", "vendor"):
            links.link(uow, connection, kind, quickbooks, procore, who=who(), now=bridge.now())
        else:
            links.map_code(uow, connection, kind, quickbooks, procore, who=who(), now=bridge.now())
        settle(bridge, uow, connection.id)


def _set_account(bridge: Bridge, connection: Connection, quickbooks: str, account: str) -> None:
    with bridge.kit.work() as uow:
        notes = links.set_account(uow, connection, quickbooks, account, who=who(), now=bridge.now())
        settle(bridge, uow, connection.id)
    for note in notes:
        say(note)


def _ignore(bridge: Bridge, connection: Connection, kind: MapKind, quickbooks: str, comment: str) -> None:
    with bridge.kit.work() as uow:
        links.ignore(uow, connection, kind, quickbooks, comment, who=who(), now=bridge.now())
        settle(bridge, uow, connection.id)


def _same(row: Named[str, Any]) -> tuple[str, str, str, bool, str]:
    ignored, account = bool(row.get("ignored")), row.get("expense_account") or ""
    return (row["kind"], row["quickbooks"], row["procore"] or "", ignored, account)
