"""`db`: the schema of the database."""

import datetime as dt
from pathlib import Path

import click

from qbwc_bridge.cli import server_lock
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.settings import Settings
from qbwc_bridge.storage import migrate
from qbwc_bridge.storage.engine import open_engine

BACKUPS = "backups"
"""Folder in the data directory."""


@click.group()
def db() -> None:
    """See to the database."""


@db.command()
@json_option
@pass_bridge
def current(bridge: Bridge, *, as_json: bool) -> None:
    """Show the version of the database and the one that this program needs."""
    engine = open_engine(bridge.settings.database_address())
    try:
        version = migrate.current(engine)
    finally:
        engine.dispose()
    if as_json:
        show_json({"current": version, "needed": migrate.head()})
    else:
        click.echo(version or "empty")
        say(f"This program needs version {migrate.head()}.")


@db.command()
@pass_bridge
def upgrade(bridge: Bridge) -> None:
    """Bring an older database to the version of this program; the server must be stopped."""
    with server_lock.alone(bridge.settings.data_dir, "run `db upgrade` again"):
        kept = upgrade_database(bridge.settings)
    if kept:
        say(f"The state before is kept in {kept}.")
    click.echo(f"The database has version {migrate.head()}.")


def upgrade_database(settings: Settings) -> Path | None:
    """Bring the database to this program's version; gives the file that holds the state before, if one was needed.

    PostgreSQL is backed up by its own means. Raises Refused for a database of a newer program.
    """
    engine = open_engine(settings.database_address())
    try:
        return migrate.upgrade(engine, backup=settings.data_dir / BACKUPS, now=dt.datetime.now(dt.UTC))
    finally:
        engine.dispose()


def older(settings: Settings) -> bool:
    """Say whether the database is of an older program; raises Refused for one of a newer program."""
    engine = open_engine(settings.database_address())
    try:
        return migrate.needs_upgrade(engine)
    finally:
        engine.dispose()
