"""`connection detach` and `attach`: the bridge's keys leave Procore with a table of links, and come back."""

from dataclasses import asdict
from pathlib import Path

import click

from qbwc_bridge import worker
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json, who
from qbwc_bridge.cli.file_options import csv_option, give_file
from qbwc_bridge.files.plain import csv_table
from qbwc_bridge.flow.detaching import COLUMNS, Detached, Link, links


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@csv_option
@json_option
@pass_bridge
def detach(bridge: Bridge, name: str, csv_file: Path | None, *, yes: bool, as_json: bool) -> None:
    """Remove every key that the bridge left in Procore, and write a table of links.

    What the bridge wrote stays there; nothing more is written until `connection attach`. Without --csv the table is
    printed.
    """
    connection = bridge.connection(name)
    if not yes:
        click.confirm(
            f"Take every key of {connection.name} out of Procore? Its direct costs stay, as if people had typed them, "
            "and nothing more is written there",
            abort=True,
            err=True,
        )
    with bridge.kit.work() as uow:
        found = links(uow, uow.connections.get(connection.id))
    # Written before anything is taken away: a file that cannot be written must not cost the links.
    give_file(csv_file, lambda: _table(found))
    outcome = worker.detach(bridge.kit, connection.id, who=who(), progress=lambda step: say(f"{name}: {step}"))
    if as_json:
        show_json({"removed": outcome.count, "problems": outcome.problems, "links": found})
    elif not csv_file:
        click.echo(_table(found).decode("utf-8-sig"), nl=False)
    _tell(outcome, f"{connection.name}: {outcome.count} keys are taken out of Procore, {len(found)} links are told.")


@click.command()
@click.argument("name")
@json_option
@pass_bridge
def attach(bridge: Bridge, name: str, *, as_json: bool) -> None:
    """Give a detached connection's direct costs their keys back, so that pushes go on where they ended."""
    connection = bridge.connection(name)
    outcome = worker.attach(bridge.kit, connection.id, who=who(), progress=lambda step: say(f"{name}: {step}"))
    if as_json:
        show_json({"given_back": outcome.count, "problems": outcome.problems})
    _tell(outcome, f"{connection.name}: {outcome.count} keys are given back; the next push goes on.")


def _table(found: list[Link]) -> bytes:
    return csv_table(COLUMNS, map(asdict, found))


def _tell(outcome: Detached, done: str) -> None:
    for problem in outcome.problems:
        say(problem)
    say(done)
    if outcome.problems:
        say("What is told above is left: repeat the command once it is mended.")
        raise click.exceptions.Exit(1)
