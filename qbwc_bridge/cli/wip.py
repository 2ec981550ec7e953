"""`wip`: the work-in-progress schedule of each job, and closing a month with it."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from qbwc_bridge import worker
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json, who
from qbwc_bridge.cli.file_options import file_options, give_file
from qbwc_bridge.cli.kinds import Day, Month
from qbwc_bridge.cli.tables import facts, table
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.files.wip import Named, told, wip_csv, wip_data, wip_workbook
from qbwc_bridge.flow.closes import last_day, name_of

SHOWN = ("revised_contract", "estimated_cost", "estimated_profit", "cost_to_date", "percent_complete")
BILLED = ("earned", "billed", "overbilled", "underbilled", "backlog", "last_percent")
"""The columns of the screen; files and --json have all of them."""

CHANGED = ("project", "document", "closed_month", "cost", "billed", "what_changed")


class Wip(click.Group):
    """`wip` itself shows the schedule: what is no command of the group is the name of a connection."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `show` take what names no command."""
        return super().parse_args(ctx, self.in_full(args))

    def in_full(self, args: list[str]) -> list[str]:
        """Give the words of a line with the command that is meant."""
        named = args and (args[0] in self.commands or args[0] == "--help")
        return args if named else ["show", *args]


@click.group(cls=Wip)
def wip() -> None:
    """Show what each job has earned against what was billed: `wip [NAME]` is short for `wip show [NAME]` here."""


@wip.command()
@click.argument("name", required=False)
@click.option("--as-of", type=Day(), help="Costs and billings through this date.")
@file_options
@json_option
@pass_bridge
def show(
    bridge: Bridge,
    name: str | None,
    *,
    as_of: dt.date | None,
    csv_file: Path | None,
    xlsx_file: Path | None,
    as_json: bool,
) -> None:
    """Show the work-in-progress schedule of all linked jobs, for connection NAME or for all.

    Costs and billings come from QuickBooks as last read, contracts, budgets and forecasts from Procore as last pulled.
    Ends with exit code 1 while QuickBooks' costs were not read whole yet.
    """
    found: list[Named] = []
    problems: list[str] = []
    for each in bridge.connections(name):
        try:
            found.append((each.name, worker.wip(bridge.kit, each.id, as_of=as_of)))
        except BridgeError as problem:  # one connection never stops the others
            problems.append(str(problem))
    _give(bridge, found, csv_file, xlsx_file, as_json=as_json)
    for sentence in problems:
        say(sentence)
    if problems:
        raise click.exceptions.Exit(1)


@wip.command()
@click.argument("name")
@click.argument("month", type=Month())
@click.option("--again", is_flag=True, help="Close the last closed month anew, with the figures of today.")
@file_options
@json_option
@pass_bridge
def close(
    bridge: Bridge,
    name: str,
    month: dt.date,
    *,
    again: bool,
    csv_file: Path | None,
    xlsx_file: Path | None,
    as_json: bool,
) -> None:
    """Close MONTH (YYYY-MM) of connection NAME: its schedule through the last day is stored and stays as it is.

    Later entries dated into the month are shown as changed after close, and no cost of it goes to Procore before a
    person confirms.
    """
    (connection,) = bridge.connections(name)
    day = last_day(month)
    made = worker.close_month(bridge.kit, connection.id, day, who=who(), again=again)
    say(f"{name_of(day)} of {connection.name} is closed.")
    _give(bridge, [(connection.name, made)], csv_file, xlsx_file, as_json=as_json)


def _give(
    bridge: Bridge, found: Sequence[Named], csv_file: Path | None, xlsx_file: Path | None, *, as_json: bool
) -> None:
    if found:
        give_file(csv_file, lambda: wip_csv(found))
        give_file(xlsx_file, lambda: wip_workbook(found, bridge.now()))
    if as_json:
        show_json(wip_data(found))
        return
    for at, each in enumerate(found):
        click.echo("\n" * bool(at), nl=False)
        _print(each)


def _print(each: Named) -> None:
    name, made = each
    click.echo(f"{facts(told(name, made))}\n")
    if not made.rows:
        say("No project's job stands in QuickBooks yet.")
        return
    for title, columns in (("Contract and cost", SHOWN), ("Earned and billed", BILLED)):
        lines: list[list[Any]] = [
            [row.number, row.name, *(getattr(row, key) for key in columns), "loss" if row.is_loss else ""]
            for row in made.rows
        ]
        sums = ["total", "", *(getattr(made.totals, key, None) for key in columns), ""]
        heads = ["project", "name", *(key.replace("_", " ") for key in columns), ""]
        click.echo(f"{title}:\n{table(heads, [*lines, sums])}\n")
    for row in made.rows:
        note = f" {row.note}" if row.note else ""
        click.echo(f"{row.number}: {row.source}.{note}")
    if made.changed:
        lines = [[getattr(row, key) for key in CHANGED] for row in made.changed]
        click.echo(f"\nChanged after close:\n{table([key.replace('_', ' ') for key in CHANGED], lines)}")
