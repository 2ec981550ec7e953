"""`connection`: one Procore company joined to one QuickBooks company file."""

from pathlib import Path
from typing import Any

import click

from qbwc_bridge.cli.common import (
    Bridge,
    ask_secret,
    json_option,
    pass_bridge,
    read_text,
    say,
    settle,
    show_json,
    who,
)
from qbwc_bridge.cli.detaching import attach, detach
from qbwc_bridge.cli.kinds import Number
from qbwc_bridge.cli.tables import facts, table
from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.flow import connecting
from qbwc_bridge.flow.views import company_facts
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.settings import CONNECTION_KEYS, connection_value

OWN_COLUMN = "company_name"
"""The one key of `connection set` that is a column of its own."""


secret_option = click.option(
    "--procore-client-secret-file",
    "secret_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the client secret; without it QBWC_BRIDGE_PROCORE_CLIENT_SECRET is read, or it is asked for.",
)


@click.group()
def connection() -> None:
    """Join a Procore company to a QuickBooks company file."""


@connection.command()
@click.argument("name")
@click.option(
    "--procore-company-id",
    type=Number(1),
    required=True,
    help="The company's number in Procore's addresses.",
)
@click.option("--procore-client-id", required=True, help="Client id of the data connection app.")
@secret_option
@click.option("--company-name", default="", help="The QuickBooks company that binds by itself at its first visit.")
@click.option("--default-customer", default="", help="QuickBooks customer above the jobs.")
@click.option("--direct-export", default="", metavar="KIND,...", help="Kinds that go without a person's acceptance.")
@click.option("--income-account", default="", help="Income account of cost code items.")
@click.option("--expense-account", default="", help="Expense account of cost code items: a cost of goods sold account.")
@click.option("--item-policy", type=click.Choice(["code_and_type", "code"]), help="Items per cost code and cost type.")
@click.option("--default-cost-type", default="", help="Cost type of costs that nothing else gives one.")
@click.option("--time-zone", default="", help="The office's time zone.")
@json_option
@pass_bridge
def add(  # noqa: PLR0917 - click passes them by name
    bridge: Bridge,
    /,
    name: str,
    procore_company_id: int,
    procore_client_id: str,
    secret_file: Path | None,
    company_name: str,
    *,
    as_json: bool,
    **own: str | None,
) -> None:
    """Make a connection; print the Web Connector's user name and password, once."""
    name = connecting.good_name(name)
    connecting.good_client_id(procore_client_id)  # said before a secret is asked for
    chosen = {
        key: connection_value(key, value or "", source=f"--{key.replace('_', '-')}") for key, value in own.items()
    }
    sealed = bridge.app.vault.seal(procore_secret(bridge, secret_file))
    password = connecting.draw_password()
    with bridge.kit.work() as uow:
        made = connecting.make(
            uow,
            name,
            (procore_company_id, procore_client_id, sealed),
            bridge.kit.hash_token(password),
            company_name=connection_value(OWN_COLUMN, company_name),
            settings=chosen,
            who=who(),
            now=bridge.now(),
        )
    show_password(made, password, as_json=as_json)
    say(f"Keep the password now, it is not shown again. Next: `qwc {name}` writes the file for the Web Connector.")


@connection.command()
@click.argument("name")
@pass_bridge
def confirm(bridge: Bridge, name: str) -> None:
    """Bind a connection to the QuickBooks company that last visited."""
    found = bridge.connection(name)
    with bridge.kit.work() as uow:
        row = uow.connections.get(found.id)
        changed = connecting.confirm(uow, row, who=who(), now=bridge.now())
        if changed:
            settle(bridge, uow, row.id)
    bound = row.bound_name or "a company without a name"
    if not changed:
        click.echo(f"{row.name} is bound to {bound} already, and nothing waits to be confirmed: nothing was changed.")
        return
    click.echo(f"{row.name} is bound to {bound}.")
    say("The next visit of the Web Connector reads its lists: press Update Selected, or wait for it.")


@connection.command(name="list")
@json_option
@pass_bridge
def list_(bridge: Bridge, *, as_json: bool) -> None:
    """List every connection."""
    with bridge.kit.work() as uow:
        rows = [_facts(row) for row in uow.connections.find(order="name")]
    if as_json:
        show_json(rows)
    elif rows:
        heads = ("name", "user_name", "procore_company_id", "bound_name", "last_contact", "alarm")
        click.echo(table(heads, [[row[head] or None for head in heads] for row in rows]))
    else:
        say("There is no connection yet: an admin makes one with `connection add`.")


@connection.command()
@click.argument("name")
@json_option
@pass_bridge
def show(bridge: Bridge, name: str, *, as_json: bool) -> None:
    """Show a connection with the settings that hold for it; its secrets are shown nowhere."""
    row = bridge.connection(name)
    holds = {**dict.fromkeys(CONNECTION_KEYS, ""), **bridge.kit.defaults, **row.settings}
    holds[OWN_COLUMN] = row.company_name
    if as_json:
        show_json({**_facts(row), "company": row.company, "settings": holds, "own_settings": sorted(row.settings)})
        return
    told = [(name.lower(), value) for name, value in company_facts(row.company)]
    click.echo(facts([*((key.replace("_", " "), value) for key, value in _facts(row).items()), *told]))
    rows = [(key, value, key in row.settings or (key == OWN_COLUMN and bool(value))) for key, value in holds.items()]
    click.echo("\n" + table(["setting", "value", "of this connection"], rows))


@connection.command(name="set")
@click.argument("name")
@click.argument("key", metavar="KEY")
@click.argument("value")
@pass_bridge
def set_(bridge: Bridge, name: str, key: str, value: str) -> None:
    """Set KEY for one connection; an empty VALUE brings the bridge's default back.

    Keys are the settings marked so in the documentation, and income_account, expense_account, default_customer,
    company_name, direct_export.
    """
    key = key.lower()
    checked = connection_value(key, value)
    found = bridge.connection(name)
    with bridge.kit.work() as uow:
        row = uow.connections.get(found.id)
        if key == OWN_COLUMN:
            row.company_name = checked
            uow.connections.save(row)
            _note(bridge, uow, row, f"{key} set to {checked or 'the default'}")
        else:
            connecting.choose(uow, row, {key: checked}, who=who(), now=bridge.now())
        settle(bridge, uow, row.id)
    click.echo(f"{row.name}: {key} is {checked or 'the default'}.")


@connection.command()
@click.argument("name")
@json_option
@pass_bridge
def rotate_password(bridge: Bridge, name: str, *, as_json: bool) -> None:
    """Make a new Web Connector password and print it, once; the old one ends at once."""
    found = bridge.connection(name)
    password = connecting.draw_password()
    with bridge.kit.work() as uow:
        row = uow.connections.get(found.id)
        connecting.set_password(uow, row, bridge.kit.hash_token(password), who=who(), now=bridge.now())
    show_password(row, password, as_json=as_json)
    say("Keep the password now, it is not shown again. Enter it in the Web Connector on the PC.")


@connection.command()
@click.argument("name")
@click.option("--procore-client-id", default="", help="Client id, where that changed too.")
@secret_option
@pass_bridge
def rotate_secret(bridge: Bridge, name: str, procore_client_id: str, secret_file: Path | None) -> None:
    """Store a new Procore client secret; a running server uses it with its next call."""
    found = bridge.connection(name)
    sealed = bridge.app.vault.seal(procore_secret(bridge, secret_file))
    with bridge.kit.work() as uow:
        row = uow.connections.get(found.id)
        row.procore_secret, row.procore_client_id = sealed, procore_client_id or row.procore_client_id
        uow.connections.save(row)
        _note(bridge, uow, row, "Procore secret changed")
    say(f"Stored. `pull {row.name}` tries it.")
    if procore_client_id and procore_client_id != found.procore_client_id and row.webhook_url:
        say(f"Webhooks of the former app may stay in Procore: see `webhooks list {row.name}`.")


@connection.command()
@click.argument("name")
@pass_bridge
def rotate_ids(bridge: Bridge, name: str) -> None:
    """Draw a new FileID, so that a copy of the company file can be told apart; then it is confirmed anew."""
    found = bridge.connection(name)
    with bridge.kit.work() as uow:
        row = uow.connections.get(found.id)
        row.file_id = connecting.draw_file_id()
        row.bound_name = row.bound_file_id = ""
        # The company that visited last has the old FileID: it must not be confirmed by mistake.
        row.company, row.costs_wanted = Company(), True
        uow.connections.save(row)
        _note(bridge, uow, row, "new FileID")
    click.echo(f"{row.name} has FileID {row.file_id}.")
    say(
        f"Remove the application from the Web Connector, add the file that `qwc {row.name}` writes, press Update "
        f"Selected, then run `connection confirm {row.name}`."
    )


@connection.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_bridge
def remove(bridge: Bridge, name: str, *, yes: bool) -> None:
    """Forget a connection with everything the bridge knows of it; QuickBooks and Procore keep what was written."""
    found = bridge.connection(name)
    with bridge.kit.work() as uow:
        written = sum(1 for row in uow.writebacks.find(connection_id=found.id) if row.written)
    if written:
        say(f"{written} direct costs of the bridge stay in Procore; `project withdraw` and a push would remove them.")
    if found.webhook_url:
        say(f"Its webhooks stay in Procore, and their events are refused; `webhooks remove {found.name}` removes them.")
    if not yes:
        click.confirm(f"Forget connection {found.name} and its whole history?", abort=True, err=True)
    with bridge.kit.work() as uow:
        uow.connections.remove(uow.connections.get(found.id))
    click.echo(f"{found.name} is removed.")


connection.add_command(detach)
connection.add_command(attach)


def _facts(row: Connection) -> dict[str, Any]:
    return {
        "name": row.name,
        "user_name": row.user_name,
        "file_id": row.file_id,
        "procore_company_id": row.procore_company_id,
        "procore_client_id": row.procore_client_id,
        "company_name": row.company_name,
        "bound_name": row.bound_name,
        "last_company": row.company.name,
        "last_contact": row.last_contact,
        "pulled_at": row.pulled_at,
        "pushed_at": row.pushed_at,
        "alarm": row.alarm,
        "brake": row.brake,
        "keys_refused": row.keys_refused,
        "detached_at": row.detached_at,
        "procore_down": row.procore_down,
        "webhooks_since": row.webhooks_since,
        "last_event": row.event_at,
    }


def show_password(row: Connection, password: str, *, as_json: bool) -> None:
    """Print user name and password of a connection, which is done once."""
    if as_json:
        show_json({"name": row.name, "user_name": row.user_name, "password": password})
    else:
        click.echo(facts([("connection", row.name), ("user name", row.user_name), ("password", password)]))


def procore_secret(bridge: Bridge, file: Path | None) -> str:
    """Give the client secret of a file, of the setting, or as a person types it; raises WrongUsage."""
    given = bridge.settings.procore_client_secret
    if file:
        secret = read_text(file).strip()
    elif given:
        secret = given.get_secret_value().strip()
    else:
        secret = ask_secret("Procore client secret", instead="give --procore-client-secret-file").strip()
    if not secret:
        raise WrongUsage("The Procore client secret is empty: copy it from the app's page at Procore.")
    return secret


def _note(bridge: Bridge, uow: UnitOfWork, row: Connection, why: str) -> None:
    connecting.note(uow, row, why, who=who(), now=bridge.now())
