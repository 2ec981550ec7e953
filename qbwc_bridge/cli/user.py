"""`user`: people who may sign in to the status page."""

import sys

import click

from qbwc_bridge.cli.common import Bridge, ask_secret, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.people import Person, Role
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.ports import UnitOfWork

SHORTEST_PASSWORD = 10
"""Characters; length is what makes a person's password hard to guess."""

stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.group()
def user() -> None:
    """Manage who may sign in to the status page."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(["admin", "approver", "viewer"]), required=True, help="What they may do.")
@click.option("--connection", "names", default="", metavar="NAME,...", help="Connections they see; all by default.")
@stdin_option
@pass_bridge
def add(bridge: Bridge, name: str, role: Role, names: str, *, password_stdin: bool) -> None:
    """Add a person; the password is asked for."""
    name = good_name(name)  # said before a password is asked for
    connections = [bridge.connection(part.strip()).name for part in names.split(",") if part.strip()]
    password_hash = _password_hash(password_stdin=password_stdin)
    with bridge.kit.work() as uow:
        person = new_person(uow, name, role, password_hash, connections)
    click.echo(f"{person.name} may sign in as {role}.")


def good_name(name: str) -> str:
    """Give a person's name as it is kept; raises WrongUsage for one that cannot be typed."""
    name = name.strip()
    if not name or not name.isprintable():
        raise WrongUsage("A person needs a name that can be typed.")
    return name


def new_person(uow: UnitOfWork, name: str, role: Role, password_hash: str, connections: list[str]) -> Person:
    """Add a person and give it; raises WrongUsage for a name that cannot be typed, Refused where somebody has it."""
    name = good_name(name)
    for row in uow.people.find():
        if fold(row.name) == fold(name):
            raise Refused(f"There is a person {row.name} already.")
    person = Person(name, role, password_hash, connections)
    uow.people.add(person)
    return person


@user.command(name="list")
@json_option
@pass_bridge
def list_(bridge: Bridge, *, as_json: bool) -> None:
    """List everybody."""
    with bridge.kit.work() as uow:
        rows = uow.people.find(order="name")
    if as_json:
        show_json([{"name": row.name, "role": row.role, "connections": row.connections} for row in rows])
    elif rows:
        click.echo(
            table(["name", "role", "connections"], [[r.name, r.role, ", ".join(r.connections) or "all"] for r in rows])
        )
    else:
        say("Nobody may sign in yet: an admin adds people with `user add`.")


@user.command()
@click.argument("name")
@stdin_option
@pass_bridge
def set_password(bridge: Bridge, name: str, *, password_stdin: bool) -> None:
    """Set somebody's password anew; everything they are signed in with ends."""
    with bridge.kit.work() as uow:
        _person(uow, name)
    password_hash = _password_hash(password_stdin=password_stdin)
    with bridge.kit.work() as uow:
        row = _person(uow, name)
        row.password_hash = password_hash
        row.session_version += 1
        uow.people.save(row)
    click.echo(f"{row.name} has a new password.")


@user.command()
@click.argument("name")
@pass_bridge
def remove(bridge: Bridge, name: str) -> None:
    """Remove a person; everything they are signed in with ends."""
    with bridge.kit.work() as uow:
        row = _person(uow, name)
        uow.people.remove(row)
    click.echo(f"{row.name} may not sign in any more.")


@user.command()
@click.argument("name")
@pass_bridge
def login_link(bridge: Bridge, name: str) -> None:
    """Print an address that signs somebody in: once, within five minutes, in a browser on this machine."""
    from qbwc_bridge.statuspage.signin import make_login_link  # noqa: PLC0415 - the page, which no other command needs

    with bridge.kit.work() as uow:
        row = _person(uow, name)
    click.echo(bridge.settings.public_url + make_login_link(bridge.kit, bridge.app.vault, row.name))


def _person(uow: UnitOfWork, name: str) -> Person:
    for row in uow.people.find():
        if fold(row.name) == fold(name):
            return row
    raise NotFound(f"There is no person {name}: see `user list`.")


def _password_hash(*, password_stdin: bool) -> str:
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = ask_secret("Password", instead="give --password-stdin", twice=True)
    return hashed(password)


def hashed(password: str) -> str:
    """Give the hash of a person's new password; raises WrongUsage for a short one."""
    from qbwc_bridge.storage import hash_password  # noqa: PLC0415 - the database's room, which --help need not wait for

    if len(password) < SHORTEST_PASSWORD:
        raise WrongUsage(f"The password is too short: give at least {SHORTEST_PASSWORD} characters.")
    return hash_password(password)
