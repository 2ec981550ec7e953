"""`project costs`: job cost to date of one project by code, by month or by document."""

import datetime as dt
from pathlib import Path

import click

from qbwc_bridge.cli.common import (
    Bridge,
    connection_option,
    find_projects,
    json_option,
    pass_bridge,
    say,
    show_json,
)
from qbwc_bridge.cli.file_options import csv_option, give_file
from qbwc_bridge.cli.kinds import Day
from qbwc_bridge.cli.tables import table
from qbwc_bridge.files.costs import COLUMNS, By, Row, cost_csv, cost_rows, sums
from qbwc_bridge.flow import work
from qbwc_bridge.flow.job_to_date import PARTS
from qbwc_bridge.flow.ledger import Ledger

LONG = ("txn_id", "key", "state", "memo")
"""Columns that the text leaves out: the lines would not fit a screen."""


@click.command()
@click.argument("number")
@click.option(
    "--by",
    type=click.Choice(["code", "month", "document"]),
    default="code",
    show_default=True,
    help="A row for each budget code, each month, or each document and code.",
)
@click.option("--as-of", type=Day(), help="Costs through this date only.")
@csv_option
@connection_option
@json_option
@pass_bridge
def costs(
    bridge: Bridge,
    /,
    number: str,
    by: By,
    name: str | None,
    *,
    as_of: dt.date | None,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """Show the job cost of a project to date, beside its budget and what is committed.

    The sums by code, by month and by document are the same.
    """
    connection = bridge.connection(name)
    work.settle_all(bridge.kit, connection.id)
    with bridge.kit.work() as uow:
        connection = uow.connections.get(connection.id)
        choice = find_projects(uow, connection, [number])[0]
        ledger = Ledger(uow, connection, bridge.kit.options(connection), as_of=as_of)
        rows = cost_rows(ledger, choice, by)
        linked = choice.project_id in ledger.jobs.values()
    give_file(csv_file, lambda: cost_csv(connection, choice, rows, by))
    if as_json:
        place = {"connection": connection.name, "project": choice.number, "name": choice.name}
        show_json({**place, "as_of": as_of, "by": by, "rows": rows, "totals": sums(rows, by)})
    else:
        _print(rows, by)
    if not linked:
        say(f"The job of project {choice.number} does not stand in QuickBooks yet, so it has no cost.")
    elif connection.costs_whole_at is None:
        say("The costs have not been read whole from QuickBooks: these figures may lack some.")


def _print(rows: list[Row], by: By) -> None:
    """Print the rows with their sums; parts of the cost that are zero throughout are left out."""
    added = sums(rows, by)
    parts = {part for part in PARTS if not added.get(part)}
    columns = [column for column in COLUMNS[by] if column not in parts and column not in LONG]
    foot = [added.get(column, "total" if place == 0 else "") for place, column in enumerate(columns)]
    lines = [[row[column] for column in columns] for row in rows]
    click.echo(table([column.replace("_", " ") for column in columns], [*lines, foot]))
