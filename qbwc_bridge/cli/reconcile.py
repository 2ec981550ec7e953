"""`reconcile`: the proof of job cost, QuickBooks and Procore side by side."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from qbwc_bridge import worker
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.file_options import file_options, give_file
from qbwc_bridge.cli.kinds import Day
from qbwc_bridge.cli.tables import facts, table
from qbwc_bridge.domain.money import ZERO, readable, total
from qbwc_bridge.files.proof import (
    AMOUNTS,
    BILL,
    EXPLAINED,
    ITEM,
    JOB,
    PENDING,
    PROJECT,
    ROW,
    UNMAPPED,
    footing_told,
    in_words,
    joined,
    proof_csv,
    sheets,
    told,
)
from qbwc_bridge.files.workbook import workbook
from qbwc_bridge.flow.bill_comparison import FINDINGS


@click.command()
@click.argument("name", required=False)
@click.option("--as-of", type=Day(), help="Costs through this date only.")
@file_options
@json_option
@pass_bridge
def reconcile(
    bridge: Bridge,
    name: str | None,
    *,
    as_of: dt.date | None,
    csv_file: Path | None,
    xlsx_file: Path | None,
    as_json: bool,
) -> None:
    """Compare job cost of released projects in QuickBooks and Procore, for connection NAME or for all.

    Each difference is explained document by document, and QuickBooks' own Profit & Loss is set against the costs that
    were read. Ends with exit code 1 when anything differs, could not be compared or has no cost code.
    """
    found = [(each, worker.reconcile(bridge.kit, each.id, as_of=as_of)) for each in bridge.connections(name)]
    result = joined(found)
    give_file(csv_file, lambda: proof_csv(result))
    give_file(xlsx_file, lambda: workbook(sheets(result), bridge.now()))
    if as_json:
        show_json(result)
    else:
        show(result)
    if result["unmapped"] or not all(each.agrees for _, each in found):
        raise click.exceptions.Exit(1)


def show(result: Mapping[str, Any]) -> None:
    """Print a proof for people."""
    for head in result["head"]:
        click.echo(f"{facts(told(head))}\n")
    for each in result["notes"]:
        say(each["note"])
    rows = result["rows"]
    if rows:
        sums = [total(row[key] for row in rows) for key in AMOUNTS]
        lines = [[row[key] for key in ROW] for row in rows]
        click.echo(table(_heads(ROW), [*lines, ["total", "", "", "", *sums]]))
    else:
        say("No released project has a cost yet.")
    _list("By project: QuickBooks' own total, what was read, Procore:", PROJECT, result["projects"])
    _footing(result)
    _list("Jobs that differ from QuickBooks' own total, by item:", ITEM, result["items"])
    differing = [row for row in result["explained"] if row["difference"] != ZERO]
    left_out = len(result["explained"]) - len(differing)
    _list("Explained, document by document:", EXPLAINED, differing)
    if left_out:
        say(f"Left out by choice: {left_out} amounts of documents; --json and --xlsx name them.")
    _bills(in_words(result["bills"]))
    _list("Pending in QuickBooks, no cost yet:", PENDING, result["pending"])
    _list("Not in the Procore budget:", UNMAPPED, result["unmapped"])
    _list("Ignored by a person's decision:", UNMAPPED, result["ignored"])
    click.echo(f"\nDifference: {readable(result['difference'])}")


def _footing(result: Mapping[str, Any]) -> None:
    for footing in result["footing"]:
        jobs = [row for row in result["jobs"] if row["connection"] == footing["connection"]]
        _list("All costs of the company, by QuickBooks' own totals:", JOB, jobs)
        click.echo(facts(footing_told(footing)))


def _bills(rows: Sequence[Mapping[str, Any]]) -> None:
    differing = [row for row in rows if row["finding"] != FINDINGS["agrees"]]
    _list("Bills on orders and Procore's subcontractor invoices:", BILL, differing)
    agreeing = len(rows) - len(differing)
    if agreeing:
        say(f"Bills that agree with their invoices: {agreeing}; --json and --xlsx name them.")


def _list(title: str, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        click.echo(f"\n{title}\n{table(_heads(keys), [[row[key] for key in keys] for row in rows])}")


def _heads(keys: Sequence[str]) -> list[str]:
    return [key.replace("_", " ") for key in keys]
