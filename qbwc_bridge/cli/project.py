"""`project`: which projects take part, and the release of their costs."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, get_args

import click

from qbwc_bridge.cli import dry_run as dry_runs
from qbwc_bridge.cli.common import (
    Bridge,
    F,
    connection_option,
    each,
    find_projects,
    json_option,
    pass_bridge,
    say,
    settle,
    show_json,
    who,
)
from qbwc_bridge.cli.kinds import Day
from qbwc_bridge.cli.project_costs import costs
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.money import ZERO, readable
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Before, Connection, CostStatus, PoBills, ProjectChoice, ReleaseChoice
from qbwc_bridge.errors import Refused, WrongUsage
from qbwc_bridge.flow import release_steps, taking_part
from qbwc_bridge.ports import UnitOfWork


@click.group()
def project() -> None:
    """Switch projects on and off, and release their costs."""


project.add_command(costs)


@project.command(name="list")
@connection_option
@json_option
@pass_bridge
def list_(bridge: Bridge, name: str | None, *, as_json: bool) -> None:
    """List the projects that Procore shows."""
    rows: list[dict[str, Any]] = []
    connections = bridge.connections(name)
    with bridge.kit.work() as uow:
        for connection in connections:
            found = uow.projects.find(connection_id=connection.id, order="number")
            rows += [_facts(connection, row) for row in found]
    if as_json:
        show_json(rows)
    elif rows:
        heads = ("connection", "number", "name", "on", "customer", "released", "costs_from")
        click.echo(table([head.replace("_", " ") for head in heads], [[row[head] for head in heads] for row in rows]))
        for row in rows:
            for sentence in row["refused"] if row["on"] or row["released"] else ():
                click.echo(f"{row['number'] or row['name']}: {sentence}")
    else:
        say("No project is known yet: run `pull` first.")


@project.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every active project.")
@click.option("--customer", default="", help="QuickBooks customer above the job; the connection's default otherwise.")
@click.option("--create-customer", is_flag=True, help="Make that customer in QuickBooks if it is not there.")
@connection_option
@pass_bridge
def on(
    bridge: Bridge, /, numbers: Sequence[str], customer: str, name: str | None, *, every: bool, create_customer: bool
) -> None:
    """Let projects take part: their jobs, budgets, commitments and change orders are offered."""
    connection = bridge.connection(name)
    with bridge.kit.work() as uow:
        rows = _chosen(uow, connection, numbers, every=every, only_on=False)
        given = " ".join(customer.split())
        options = bridge.kit.options(connection)
        if len(rows) > 1 and given and fold(given) != fold(options.default_customer):
            raise WrongUsage(
                f"Customer {given} is given for {len(rows)} projects at once: switch them on one by one, or "
                f"make it the default with `connection set {connection.name} default_customer`."
            )
        for row in rows:
            taking_part.switch_on(
                uow, connection, options, row, customer=given, create=create_customer, who=who(), now=bridge.now()
            )
        settle(bridge, uow, connection.id)
    for row in rows:
        click.echo(f"{row.number} {row.name} is on, below customer {row.customer}.")
    say("`pull` reads them now; otherwise the server does within a minute, unless its clock for that is off.")
    if connection.webhooks_since and not all(row.hooked for row in rows):
        say(f"They are polled; after `webhooks add {connection.name}` Procore tells of changes in them at once.")


@project.command()
@click.argument("number")
@connection_option
@pass_bridge
def off(bridge: Bridge, number: str, name: str | None) -> None:
    """Let a project no longer take part; what stands in QuickBooks and Procore stays."""
    connection = bridge.connection(name)
    with bridge.kit.work() as uow:
        row = find_projects(uow, connection, [number])[0]
        taking_part.switch_off(uow, row, who=who(), now=bridge.now())
        settle(bridge, uow, connection.id)
    click.echo(f"{row.number} {row.name} is off.")
    if row.release:
        say(f"Its costs are still released; `project withdraw {row.number}` takes them out of Procore.")
    if row.hooked:
        say(f"Its webhook stays in Procore, and its events are ignored; `webhooks add {connection.name}` removes it.")


def _release_options(*, required: bool) -> Callable[[F], F]:
    """Add the choices of a release and the projects it is of; a dry run may leave them to their defaults."""
    # A default of None, too, would make the option optional.
    written: dict[str, Any] = {} if required else {"default": "write", "show_default": True}
    options = [
        click.argument("numbers", metavar="NUMBER...", nargs=-1),
        click.option("--all", "every", is_flag=True, help="Every project that is on."),
        click.option(
            "--costs-from",
            type=Day(),
            required=required,
            help="Cut-off date." + ("" if required else " Costs of every date otherwise."),
        ),
        click.option(
            "--before",
            type=click.Choice(get_args(Before)),
            required=required,
            help="Costs before the cut-off: one opening line per budget code, in detail, or not at all."
            + ("" if required else " In detail otherwise."),
        ),
        click.option(
            "--po-bills",
            type=click.Choice(get_args(PoBills)),
            required=required,
            help="Bills drawn on exported orders: write them, or leave them to Procore's subcontractor invoices.",
            **written,
        ),
        click.option(
            "--status",
            type=click.Choice(get_args(CostStatus)),
            default="approved",
            show_default=True,
            help="Status of the direct costs in Procore.",
        ),
    ]

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@project.command()
@_release_options(required=False)
@connection_option
@json_option
@pass_bridge
def dry_run(  # noqa: PLR0917 - click passes them by name
    bridge: Bridge,
    /,
    numbers: Sequence[str],
    costs_from: dt.date | None,
    before: Before | None,
    po_bills: PoBills,
    status: CostStatus,
    name: str | None,
    *,
    every: bool,
    as_json: bool,
) -> None:
    """Show what Procore's budget shows before and after a release: of all costs, or with the choices that you name."""
    if before and not costs_from:
        raise WrongUsage("--before needs --costs-from: it says what happens with older costs.")
    chosen = ReleaseChoice(costs_from or dt.date.min, before or "detail", po_bills, status)
    connection = bridge.connection(name)
    with bridge.kit.work() as uow:
        rows = _chosen(uow, connection, numbers, every=every, only_on=True)
    shown: list[dict[str, Any]] = []

    def show(row: ProjectChoice) -> None:
        found = release_steps.try_release(bridge.kit, connection.id, row.project_id, chosen)
        if as_json:
            shown.append({"connection": connection.name, **dry_runs.facts(found)})
        else:
            click.echo(dry_runs.text(found))

    try:
        each(rows, show)
    finally:
        if as_json:
            show_json(shown)


@project.command()
@_release_options(required=True)
@click.option(
    "--beside-others", is_flag=True, help="Also where another integration wrote direct costs: both then stand there."
)
@connection_option
@pass_bridge
def release(  # noqa: PLR0917 - click passes them by name
    bridge: Bridge,
    /,
    numbers: Sequence[str],
    costs_from: dt.date,
    before: Before,
    po_bills: PoBills,
    status: CostStatus,
    name: str | None,
    *,
    every: bool,
    beside_others: bool,
) -> None:
    """Release the costs of projects to Procore, after a dry run of the present figures."""
    connection = bridge.connection(name)
    chosen = ReleaseChoice(costs_from, before, po_bills, status)
    with bridge.kit.work() as uow:
        rows = _chosen(uow, connection, numbers, every=every, only_on=True)

    def let_go(row: ProjectChoice) -> None:
        twice = release_steps.release(
            bridge.kit, connection.id, row.project_id, chosen, who=who(), beside_others=beside_others
        )
        click.echo(f"{row.number} {row.name} is released: the next push writes its costs.")
        if twice != ZERO:
            say(
                f"{row.number}: {readable(twice)} of bills on exported orders are written as direct costs; a budget "
                "view that adds committed and direct costs counts them twice."
            )

    each(rows, let_go)


@project.command()
@click.argument("number")
@connection_option
@pass_bridge
def withdraw(bridge: Bridge, number: str, name: str | None) -> None:
    """Take a release back: the next push removes everything that the bridge wrote into the project."""
    connection = bridge.connection(name)
    with bridge.kit.work() as uow:
        row = find_projects(uow, connection, [number])[0]
    if row.release is None:
        raise Refused(f"The costs of project {row.number} are not released.")
    release_steps.withdraw(bridge.kit, connection.id, row.project_id, who=who())
    click.echo(f"{row.number} {row.name} is withdrawn: the next push removes what the bridge wrote.")


def _chosen(
    uow: UnitOfWork, connection: Connection, numbers: Sequence[str], *, every: bool, only_on: bool
) -> list[ProjectChoice]:
    if every == bool(numbers):
        raise WrongUsage("Give either project numbers or --all.")
    if numbers:
        return find_projects(uow, connection, numbers)
    find_projects(uow, connection, [])  # says so where none is known
    rows = [row for row in uow.projects.find(connection_id=connection.id, order="number") if row.active]
    return [row for row in rows if row.on] if only_on else rows


def _facts(connection: Connection, row: ProjectChoice) -> dict[str, Any]:
    chosen = row.release
    return {
        "connection": connection.name,
        "number": row.number,
        "name": row.name,
        "project_id": row.project_id,
        "active": row.active,
        "on": row.on,
        "customer": row.customer,
        "create_customer": row.create_customer,
        "released": chosen is not None,
        "released_at": row.released_at if chosen else None,
        "released_by": row.released_by if chosen else "",
        "costs_from": chosen.costs_from if chosen else None,
        "before": chosen.before if chosen else None,
        "po_bills": chosen.po_bills if chosen else None,
        "status": chosen.status if chosen else None,
        "refused": row.shown.sentences,
    }
