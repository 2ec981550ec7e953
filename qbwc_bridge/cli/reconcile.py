"""`reconcile`: the proof of job cost, QuickBooks and Procore side by side."""

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from qbwc_bridge import worker
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.flow.proof import Proof

AMOUNTS = ("quickbooks", "procore", "skipped", "difference")
ROW = ("connection", "project", "cost_code", "cost_type", *AMOUNTS)
UNMAPPED = ("connection", "project", "document", "account_or_item", "amount")
CSV = ("connection", "project", "cost_code", "cost_type", "document", "account_or_item", *AMOUNTS, "unmapped")


@click.command()
@click.argument("name", required=False)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Costs through this date only, YYYY-MM-DD.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write a table to this file.")
@json_option
@pass_bridge
def reconcile(
    bridge: Bridge, name: str | None, *, as_of: dt.datetime | None, csv_file: Path | None, as_json: bool
) -> None:
    """Compare job cost of released projects in QuickBooks and Procore, for connection NAME or for all.

    Ends with exit code 1 when anything differs or has no cost code.
    """
    through = as_of.date() if as_of else None
    found = [(each, worker.reconcile(bridge.kit, each.id, as_of=through)) for each in bridge.connections(name)]
    result = joined(found)
    if csv_file:
        _write_csv(csv_file, result)
    if as_json:
        show_json(result)
    else:
        _print(result)
    if result["difference"] != ZERO or result["unmapped"]:
        raise click.exceptions.Exit(1)


def joined(found: Sequence[tuple[Connection, Proof]]) -> dict[str, Any]:
    """Give the proofs of several connections as `reconcile --json` shows them; ignored costs stand apart."""
    rows: list[dict[str, Any]] = []
    unmapped: list[dict[str, Any]] = []
    ignored: list[dict[str, Any]] = []
    for connection, proof in found:
        rows += [{"connection": connection.name, **{key: getattr(row, key) for key in ROW[1:]}} for row in proof.rows]
        for cost in proof.unmapped:
            facts = {"connection": connection.name, **{key: getattr(cost, key) for key in UNMAPPED[1:]}}
            (ignored if cost.ignored else unmapped).append(facts)
    difference = total(proof.difference for _, proof in found)
    return {"rows": rows, "unmapped": unmapped, "ignored": ignored, "difference": difference}


def _print(result: Mapping[str, Any]) -> None:
    rows = result["rows"]
    if rows:
        sums = [total(row[key] for row in rows) for key in AMOUNTS]
        lines = [[row[key] for key in ROW] for row in rows]
        click.echo(table([key.replace("_", " ") for key in ROW], [*lines, ["total", "", "", "", *sums]]))
    else:
        say("No released project has a cost yet.")
    for title, key in (("Not in the Procore budget:", "unmapped"), ("Ignored by a person's decision:", "ignored")):
        if result[key]:
            lines = [[row[head] for head in UNMAPPED] for row in result[key]]
            click.echo(f"\n{title}\n{table([head.replace('_', ' ') for head in UNMAPPED], lines)}")
    click.echo(f"\nDifference: {readable(result['difference'])}")


def _write_csv(file: Path, result: Mapping[str, Any]) -> None:
    lines = [*result["rows"], *({**row, "unmapped": row["amount"]} for row in result["unmapped"])]
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(CSV)
            writer.writerows([[_cell(line.get(head, "")) for head in CSV] for line in lines])
    except OSError as error:
        raise WrongUsage(f"The file {file} cannot be written: {error.strerror}.") from error
    say(f"{file} is written.")


def _cell(value: str | Decimal) -> str:
    """Write an amount plainly, and a text so that no spreadsheet takes it for a formula."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
