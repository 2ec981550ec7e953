"""`webhooks`: Procore tells of changes at once, where it can reach the bridge."""

import secrets
from typing import Any

import click

from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json, who
from qbwc_bridge.cli.tables import facts, table
from qbwc_bridge.domain.records import Connection, History
from qbwc_bridge.domain.webhooks import destination
from qbwc_bridge.errors import BridgeError, Refused
from qbwc_bridge.flow import hooking
from qbwc_bridge.flow.hooking import Address, Shown
from qbwc_bridge.flow.leases import WEBHOOKS
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.procore.hooks import MOST_DELIVERIES
from qbwc_bridge.worker import station

SECRET_BYTES = 32
"""256 random bits: the header is the only proof that an event comes from Procore."""


@click.group()
def webhooks() -> None:
    """Let Procore tell of changes at once; without it every change is found all the same, only later."""


@webhooks.command()
@click.argument("name")
@click.option("--new-secret", is_flag=True, help="Draw the secret anew that Procore's events are known by.")
@pass_bridge
def add(bridge: Bridge, name: str, *, new_secret: bool) -> None:
    """Make the webhooks of connection NAME in Procore, or complete them.

    PUBLIC_URL must be an https address that Procore reaches. There is one webhook for the company and one for each
    project that is on; run it again after projects were switched on or off, or after PUBLIC_URL changed. Running it
    twice changes nothing.
    """
    connection = bridge.connection(name)
    there = destination(bridge.settings.public_url, connection.name)
    with station(bridge.kit, connection, WEBHOOKS) as work:
        with work() as uow:
            address = _address(bridge, uow, connection.id, there, new_secret=new_secret)
        done = hooking.add(work, bridge.app.hooks(connection), connection.id, address, bridge.now(), say)
        if not done.problems:
            with work() as uow:
                row = uow.connections.get(connection.id)
                row.webhook_url = there
                uow.connections.save(row)
                _note(bridge, uow, row, f"webhooks to {there}: {done.made} made, {done.removed} removed")
    for sentence in (*done.notes, *done.problems):
        say(sentence)
    counts = f"{done.made} made, {done.stood} stood already, {done.removed} removed"
    click.echo(f"Webhooks of {connection.name}: {counts}.")
    if done.problems:
        raise click.exceptions.Exit(1)


@webhooks.command(name="list")
@click.argument("name")
@json_option
@pass_bridge
def list_(bridge: Bridge, name: str, *, as_json: bool) -> None:
    """Show the webhooks of connection NAME as they stand in Procore, and how their deliveries fare.

    Ends with exit code 1 when Procore refused to show some of them.
    """
    connection = bridge.connection(name)
    shown = hooking.show(bridge.kit.work, bridge.app.hooks(connection), connection.id, _stored(bridge, connection))
    if as_json:
        show_json(
            {
                "connection": connection.name,
                "since": connection.webhooks_since,
                "last_event": connection.event_at,
                "webhooks": [_facts(each) for each in shown],
            }
        )
    else:
        zone = bridge.kit.options(connection).zone
        since, last = connection.webhooks_since, connection.event_at
        head = [
            ("on since", since.astimezone(zone) if since else "off"),
            ("last event", last.astimezone(zone) if last else "none yet"),
        ]
        rows = [list(_row(each)) for each in shown]
        heads = ["of", "webhook", "triggers", "missing", "failing", "discarded", "address"]
        click.echo(f"{facts(head)}\n\n{table(heads, rows)}")
    for sentence in _sentences(connection, shown):
        say(sentence)
    if any(each.problem for each in shown):
        raise click.exceptions.Exit(1)


@webhooks.command()
@click.argument("name")
@pass_bridge
def remove(bridge: Bridge, name: str) -> None:
    """Remove the webhooks of connection NAME from Procore; those of other programs and other bridges stay."""
    connection = bridge.connection(name)
    with station(bridge.kit, connection, WEBHOOKS) as work:
        done = hooking.remove(work, bridge.app.hooks(connection), connection.id, _stored(bridge, connection), say)
        if not done.problems:
            with work() as uow:
                row = uow.connections.get(connection.id)
                row.webhook_secret, row.webhook_url, row.webhooks_since = b"", "", None
                uow.connections.save(row)
                _note(bridge, uow, row, f"webhooks removed: {done.removed}")
    for sentence in (*done.notes, *done.problems):
        say(sentence)
    click.echo(f"Webhooks of {connection.name}: {done.removed} removed.")
    if done.problems:
        raise click.exceptions.Exit(1)


def _address(bridge: Bridge, uow: UnitOfWork, connection_id: int, there: str, *, new_secret: bool) -> Address:
    """Give where events go, with the secret of the connection, made and stored before Procore hears of it."""
    row = uow.connections.get(connection_id)
    vault, authorization = bridge.app.vault, ""
    if row.webhook_secret and not new_secret:
        try:
            authorization = vault.open(row.webhook_secret)
        except BridgeError:  # sealed with a lost key file: a new one serves as well
            say("The stored secret of the webhooks cannot be read any more; a new one is made.")
    fresh = not authorization
    if fresh:
        authorization = f"Bearer {secrets.token_urlsafe(SECRET_BYTES)}"
        row.webhook_secret = vault.seal(authorization)
    row.webhook_url = row.webhook_url or there
    uow.connections.save(row)
    return Address(there, authorization, former=row.webhook_url, fresh=fresh)


def _stored(bridge: Bridge, connection: Connection) -> Address:
    """Give where events of a connection go by now, or would go."""
    former = connection.webhook_url
    try:
        return Address(destination(bridge.settings.public_url, connection.name), "", former=former)
    except Refused:
        return Address(former, "", former=former)


def _facts(shown: Shown) -> dict[str, Any]:
    hook, project = shown.hook, shown.project
    return {
        "project": project.number if project else None,
        "project_id": project.project_id if project else None,
        "on": project.on if project else None,
        "webhook_id": hook.id if hook else None,
        "address": hook.destination if hook else None,
        "triggers": shown.triggers,
        "missing": [f"{one.resource}: {one.event}" for one in shown.missing],
        "failing": shown.undelivered.failing if hook else None,
        "discarded": shown.undelivered.discarded if hook else None,
        "others": [{"webhook_id": one.id, "address": one.destination} for one in shown.others],
        "problem": shown.problem,
    }


def _row(shown: Shown) -> tuple[object, ...]:
    of = _name(shown)
    if shown.hook is None:
        return of, "not shown" if shown.problem else "none", None, None, None, None, None
    lost = shown.undelivered
    counts = (_at_least(lost.failing), _at_least(lost.discarded))
    return of, str(shown.hook.id), shown.triggers, len(shown.missing), *counts, shown.hook.destination


def _name(shown: Shown) -> str:
    return f"project {shown.project.number or shown.project.project_id}" if shown.project else "the company"


def _at_least(count: int) -> str:
    return f"{count} or more" if count >= MOST_DELIVERIES else str(count)


def _sentences(connection: Connection, shown: list[Shown]) -> list[str]:
    told = [f"{_name(each)}: {each.problem}" for each in shown if each.problem]
    without = [_name(each) for each in shown if each.hook is None and not each.problem]
    incomplete = [_name(each) for each in shown if each.missing]
    off = [_name(each) for each in shown if each.hook and each.project and not each.project.on]
    if connection.webhooks_since and without:
        told.append(f"There is no webhook for {', '.join(without)}: run `webhooks add {connection.name}`.")
    if incomplete:
        told.append(
            f"Triggers are missing for {', '.join(incomplete)}: `webhooks add {connection.name}` adds what Procore has."
        )
    if off:
        told.append(f"{', '.join(off)} is off and needs none: `webhooks add {connection.name}` removes it.")
    if any(each.undelivered.failing or each.undelivered.discarded for each in shown):
        told.append(
            "Procore could not deliver some events: see that it reaches the address from the internet and gets an "
            "answer there. Polling finds what they would have told."
        )
    told += [
        f"Webhook {hook.id} of {_name(each)} leads to {hook.destination} and is left alone: another bridge's, or left "
        "from an older address; a Procore administrator can remove it."
        for each in shown
        for hook in each.others
    ]
    return told


def _note(bridge: Bridge, uow: UnitOfWork, row: Connection, why: str) -> None:
    uow.history.add(History(row.id, "connection", row.id, bridge.now(), who(), "", "", why))
