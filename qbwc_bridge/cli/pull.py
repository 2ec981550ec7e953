"""`pull` and `refresh-costs`: Procore read now, and QuickBooks' costs with the next visit."""

import click

from qbwc_bridge import worker
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.records import Connection, Submission
from qbwc_bridge.errors import BridgeError


@click.command()
@click.argument("name", required=False)
@click.option("--whole", is_flag=True, help="Read every record again, not only what changed.")
@json_option
@pass_bridge
def pull(bridge: Bridge, name: str | None, *, whole: bool, as_json: bool) -> None:
    """Read what changed in Procore now, for connection NAME or for all; print what is new."""
    fresh: list[tuple[Connection, Submission]] = []
    failed = False
    for connection in bridge.connections(name):
        say(f"{connection.name}:")
        try:
            pulled = worker.pull(
                bridge.kit, connection.id, lambda sentence: say(f"    {sentence}"), "whole" if whole else "now"
            )
        except BridgeError as problem:
            say(f"    {problem}")
            failed = True
            continue
        for problem_text in pulled.problems:
            say(f"    {problem_text}")
            failed = True
        for notice in pulled.notices:
            say(f"    {notice}")
        say(f"    {len(pulled.new)} new records, {pulled.calls:,} calls to Procore")
        fresh += [(connection, row) for row in pulled.new]
        if not _any_on(bridge, connection):
            say("    no project is switched on: see `project list`, then `project on NUMBER`")
    if as_json:
        show_json([_facts(connection, row) for connection, row in fresh])
    elif fresh:
        rows = [(row.id, row.kind, row.number, row.title, row.amount, row.state.replace("_", " ")) for _, row in fresh]
        click.echo(table(["id", "kind", "number", "title", "amount", "state"], rows))
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("name", required=False)
@click.option(
    "--whole", is_flag=True, help="Read every date again, not only what changed; until then nothing is pushed."
)
@pass_bridge
def refresh_costs(bridge: Bridge, name: str | None, *, whole: bool) -> None:
    """Read job costs from QuickBooks with the next visit of the Web Connector, for connection NAME or for all."""
    for connection in bridge.connections(name):
        with bridge.kit.work() as uow:
            row = uow.connections.get(connection.id)
            row.costs_wanted = True
            row.costs_whole_at = None if whole else row.costs_whole_at
            uow.connections.save(row)
        all_of = " of every date" if whole else ""
        say(f"{connection.name}: the next visit of the Web Connector reads the job costs{all_of}.")


def _any_on(bridge: Bridge, connection: Connection) -> bool:
    with bridge.kit.work() as uow:
        return uow.projects.first(connection_id=connection.id, on=True) is not None


def _facts(connection: Connection, row: Submission) -> dict[str, object]:
    return {
        "id": row.id,
        "connection": connection.name,
        "kind": row.kind,
        "number": row.number,
        "title": row.title,
        "amount": row.amount,
        "state": row.state,
        "reasons": row.reasons,
    }
