"""`push`: pending actuals of released projects, and accepted projects and vendors of QuickBooks, go to Procore now."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import click

from qbwc_bridge import worker
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.flow import keys, work, writeback
from qbwc_bridge.flow.closes import closed_until
from qbwc_bridge.flow.detaching import sentence


@dataclass(frozen=True, slots=True)
class Change:
    """A direct cost that a push makes, changes or removes; amounts before and after."""

    connection: str
    project: str
    does: str
    date: str
    description: str
    before: Decimal
    after: Decimal


class _Undo(Exception):  # noqa: N818 - no error: it ends a transaction that shall leave nothing behind
    """Ends the transaction of a preview without a trace."""


@click.command()
@click.argument("name", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.option("--confirm", is_flag=True, help="Let the brake pass this once, after looking.")
@json_option
@pass_bridge
def push(bridge: Bridge, name: str | None, *, dry_run: bool, confirm: bool, as_json: bool) -> None:
    """Write to Procore now, for connection NAME or for all: pending actuals, and accepted new projects and vendors."""
    results = [_push(bridge, each, dry_run=dry_run, confirm=confirm) for each in bridge.connections(name)]
    if as_json:
        show_json(results)
    else:
        for result in results:
            _print(result, dry_run=dry_run)
    if any(result["brake"] or result["problems"] for result in results):
        raise click.exceptions.Exit(1)


def preview(bridge: Bridge, connection: Connection, *, confirm: bool) -> tuple[list[Change], str]:
    """Give what a push would change, and the brake's question; nothing is kept."""
    work.settle_all(bridge.kit, connection.id)
    changes: list[Change] = []
    question = ""
    try:
        with bridge.kit.work() as uow:
            row = uow.connections.get(connection.id)
            closed = closed_until(uow, row)
            question = writeback.plan(uow, row, bridge.kit.options(row), confirmed=confirm, closed=closed)
            numbers = {choice.project_id: choice.number for choice in uow.projects.find(connection_id=row.id)}
            for pending in uow.writebacks.find(connection_id=row.id):
                changes += _change(connection, numbers.get(pending.project_id, ""), pending)
            raise _Undo  # noqa: TRY301 - the transaction must see it
    except _Undo:
        return sorted(changes, key=lambda change: (change.project, change.date, change.description)), question


def _change(connection: Connection, project: str, row: WriteBack) -> list[Change]:
    if row.wanted == row.written and not row.in_flight:
        return []
    cost = row.wanted or row.written
    if cost is None:
        return []
    does = "remove" if row.wanted is None else "change" if row.written else "add"
    before = row.written.amount() if row.written else ZERO
    after = row.wanted.amount() if row.wanted else ZERO
    return [Change(connection.name, project, does, str(cost.date), cost.description, before, after)]


def _push(bridge: Bridge, connection: Connection, *, dry_run: bool, confirm: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"connection": connection.name, "changes": [], "written": 0, "deleted": 0, "unchanged": 0}
    result |= {"made": 0, "keys": 0, "problems": [], "brake": "", "detached": ""}
    if connection.detached_at:
        return {**result, "detached": sentence(connection)}
    try:
        planned, result["brake"] = preview(bridge, connection, confirm=confirm)
        if dry_run:
            if result["brake"]:  # show what it asks about
                planned, _ = preview(bridge, connection, confirm=True)
            with bridge.kit.work() as uow:
                accepted = uow.submissions.count(
                    connection_id=connection.id, kind=KINDS_OUTWARD, state=[State.ACCEPTED, State.EXPORTING]
                )
            return {**result, "changes": planned, "made": accepted, "keys": _keys(bridge, connection)}
        pushed = worker.push(
            bridge.kit,
            connection.id,
            confirmed=confirm,
            progress=lambda step: say(f"{connection.name}: {step}"),
            again=True,
        )
        still, _ = preview(bridge, connection, confirm=confirm)
        result["changes"] = [change for change in planned if change not in still]
    except BridgeError as problem:  # one connection never stops the others
        return {**result, "problems": [str(problem)]}
    return {
        **result,
        "written": pushed.written,
        "deleted": pushed.deleted,
        "unchanged": pushed.unchanged,
        "made": pushed.made,
        "keys": pushed.keys,
        "problems": pushed.problems,
        "brake": pushed.brake,
    }


def _keys(bridge: Bridge, connection: Connection) -> int:
    """How many keys a push would write, change or take away, as far as the bridge knows."""
    try:
        with bridge.kit.work() as uow:
            row = uow.connections.get(connection.id)
            count = sum(1 for each in keys.plan(uow, row, bridge.kit.options(row)) if not each.settled)
            raise _Undo  # noqa: TRY301 - the transaction must see it
    except _Undo:
        return count


def _print(result: dict[str, Any], *, dry_run: bool) -> None:
    if result["detached"]:
        say(result["detached"])
        return
    if result["changes"]:
        heads = ["project", "does", "date", "direct cost", "before", "after"]
        rows = [(c.project, c.does, c.date, c.description, c.before, c.after) for c in result["changes"]]
        click.echo(table(heads, rows))
    for problem in result["problems"]:
        say(problem)
    if result["brake"]:
        say(result["brake"])
    if result["made"]:
        would = "would be made" if dry_run else "made"
        click.echo(f"{result['connection']}: {result['made']} projects and vendors {would} in Procore.")
    if result["keys"]:
        would = "would be written" if dry_run else "written"
        click.echo(f"{result['connection']}: {result['keys']} keys {would}, changed or taken away in Procore.")
    if dry_run:
        click.echo(f"{result['connection']}: {len(result['changes'])} direct costs would change; nothing was written.")
    elif not result["brake"]:
        click.echo(
            f"{result['connection']}: {result['written']} direct costs written, {result['deleted']} deleted, "
            f"{result['unchanged']} unchanged."
        )
