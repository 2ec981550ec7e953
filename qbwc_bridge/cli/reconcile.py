"""`reconcile`: the proof of job cost, QuickBooks and Procore side by side."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from qbwc_bridge import worker
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.tables import facts, table
from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.files.plain import csv_table, write_file
from qbwc_bridge.files.workbook import Sheet, write_workbook
from qbwc_bridge.flow.reconciling import Head, Reconciled

AMOUNTS = ("quickbooks", "procore", "skipped", "difference")
ROW = ("connection", "project", "cost_code", "cost_type", *AMOUNTS)
DIFFERENCES = ("quickbooks", "procore", "difference")
EXPLAINED = ("connection", "project", "cost_code", "cost_type", "document", *DIFFERENCES, "why")
UNMAPPED = ("connection", "project", "document", "account_or_item", "amount")
HEAD = ("connection", *(part.name for part in fields(Head)))
OF_HEAD = ("company", "basis", "date", "costs_read_at")
"""What of the head stands on every line of the CSV file, which has no place above its table."""
CSV = ("connection", "project", "cost_code", "cost_type", "document", "account_or_item", *AMOUNTS, "unmapped", *OF_HEAD)


FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("name", required=False)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Costs through this date only, YYYY-MM-DD.")
@click.option("--csv", "csv_file", type=FILE, help="Write a table to this file.")
@click.option("--xlsx", "xlsx_file", type=FILE, help="Write an Excel workbook to this file.")
@json_option
@pass_bridge
def reconcile(
    bridge: Bridge,
    name: str | None,
    *,
    as_of: dt.datetime | None,
    csv_file: Path | None,
    xlsx_file: Path | None,
    as_json: bool,
) -> None:
    """Compare job cost of released projects in QuickBooks and Procore, for connection NAME or for all.

    Each difference is explained document by document. Ends with exit code 1 when anything differs or has no cost code.
    """
    through = as_of.date() if as_of else None
    found = [(each, worker.reconcile(bridge.kit, each.id, as_of=through)) for each in bridge.connections(name)]
    result = joined(found)
    if csv_file:
        _write_csv(csv_file, result)
    if xlsx_file:
        write_workbook(xlsx_file, sheets(result), bridge.now())
        say(f"{xlsx_file} is written.")
    if as_json:
        show_json(result)
    else:
        _print(result)
    if result["difference"] != ZERO or result["unmapped"]:
        raise click.exceptions.Exit(1)


def joined(found: Sequence[tuple[Connection, Reconciled]]) -> dict[str, Any]:
    """Give the proofs of several connections as `reconcile --json` shows them; ignored costs stand apart."""
    result: dict[str, Any] = {key: [] for key in ("head", "rows", "explained", "unmapped", "ignored")}
    for connection, each in found:
        result["head"].append(_line(connection, each.head, HEAD))
        result["rows"] += [_line(connection, row, ROW) for row in each.proof.rows]
        result["explained"] += [_line(connection, row, EXPLAINED) for row in each.explained]
        for cost in each.proof.unmapped:
            result["ignored" if cost.ignored else "unmapped"].append(_line(connection, cost, UNMAPPED))
    result["difference"] = total(each.proof.difference for _, each in found)
    return result


def _line(connection: Connection, row: object, keys: Sequence[str]) -> dict[str, Any]:
    return {"connection": connection.name, **{key: getattr(row, key) for key in keys if key != "connection"}}


def _print(result: Mapping[str, Any]) -> None:
    for head in result["head"]:
        click.echo(f"{facts(_told(head))}\n")
    rows = result["rows"]
    if rows:
        sums = [total(row[key] for row in rows) for key in AMOUNTS]
        lines = [[row[key] for key in ROW] for row in rows]
        click.echo(table([key.replace("_", " ") for key in ROW], [*lines, ["total", "", "", "", *sums]]))
    else:
        say("No released project has a cost yet.")
    differing = [row for row in result["explained"] if row["difference"] != ZERO]
    left_out = len(result["explained"]) - len(differing)
    _list("Explained, document by document:", EXPLAINED, differing)
    if left_out:
        say(f"Left out by choice: {left_out} amounts of documents; --json and --xlsx name them.")
    _list("Not in the Procore budget:", UNMAPPED, result["unmapped"])
    _list("Ignored by a person's decision:", UNMAPPED, result["ignored"])
    click.echo(f"\nDifference: {readable(result['difference'])}")


def _list(title: str, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        heads = [key.replace("_", " ") for key in keys]
        click.echo(f"\n{title}\n{table(heads, [[row[key] for key in keys] for row in rows])}")


def _told(head: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say in words what a proof is of."""
    read = head["costs_read_at"]
    told = [
        ("Connection", head["connection"]),
        ("Company", head["company"] or "not told yet"),
        ("Company file", head["file"] or "not told"),
        ("Basis", f"{head['basis']}. {head['note']}" if head["note"] else head["basis"]),
        ("Costs", f"through {head['date']}" if head["through"] else f"of every date, on {head['date']}"),
        ("Read from QuickBooks", f"{read:%Y-%m-%d %H:%M %Z}" if read else "not yet"),
    ]
    return [(name, str(value)) for name, value in told]


def sheets(result: Mapping[str, Any]) -> list[Sheet]:
    """Give the workbook of a proof: its rows below the head, the explanations, and what stands apart."""
    head = [line for each in result["head"] for line in _told(each)]
    return [
        Sheet("Proof", ROW, AMOUNTS, result["rows"], head=head, absolute="difference"),
        Sheet("Explained", EXPLAINED, DIFFERENCES, result["explained"]),
        Sheet("Not in the budget", UNMAPPED, ["amount"], result["unmapped"]),
        Sheet("Ignored", UNMAPPED, ["amount"], result["ignored"]),
    ]


def _write_csv(file: Path, result: Mapping[str, Any]) -> None:
    heads = {head["connection"]: {key: head[key] for key in OF_HEAD} for head in result["head"]}
    lines = [*result["rows"], *({**row, "unmapped": row["amount"]} for row in result["unmapped"])]
    write_file(file, csv_table(CSV, [{**heads[line["connection"]], **line} for line in lines]))
    say(f"{file} is written.")
