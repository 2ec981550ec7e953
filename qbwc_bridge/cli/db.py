"""`db`: the schema of the database."""

import datetime as dt
from pathlib import Path

import click

from qbwc_bridge.cli import server_lock
from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.settings import Settings
from qbwc_bridge.storage import backup, version
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
        found = version.current(engine)
    finally:
        engine.dispose()
    if as_json:
        show_json({"current": found, "needed": version.head()})
    else:
        click.echo(found or "empty")
        say(f"This program needs version {version.head()}.")


@db.command()
@pass_bridge
def upgrade(bridge: Bridge) -> None:
    """Bring an older database to the version of this program; the server must be stopped."""
    settings = bridge.settings
    with server_lock.alone(settings.data_dir, "run `db upgrade` again", settings.database_address()):
        kept = upgrade_database(settings)
    if kept:
        say(f"The state before is kept in {kept}.")
    click.echo(f"The database has version {version.head()}.")


@db.command()
@click.argument("url")
@pass_bridge
def move(bridge: Bridge, url: str) -> None:
    """Copy everything to the empty database URL, from SQLite to PostgreSQL or back; the server must be stopped.

    Every table is compared afterwards. The old database stays; an SQLite file gets another name, which nothing uses.
    """
    settings = bridge.settings
    with server_lock.alone(settings.data_dir, "run `db move` again", settings.database_address()):
        rows = backup.move(settings.database_address(), url)
        click.echo(f"{rows} rows were copied, and every table is the same in both.")
        aside = backup.put_aside(settings.database_address(), dt.datetime.now(dt.UTC))
    where = f": it is {aside} now" if aside else ""
    say(
        "Now set DATABASE_URL to the new address (QBWC_BRIDGE_DATABASE_URL, or database_url in bridge.toml) before the "
        f"server starts. The old database must not be used again{where}. The key file stays the same."
    )


def upgrade_database(settings: Settings) -> Path | None:
    """Bring the database to this program's version; gives the file that holds the state before, if one was needed.

    Raises Refused for a database of a newer program.
    """
    return backup.upgrade(settings.database_address(), settings.data_dir / BACKUPS, dt.datetime.now(dt.UTC))


def older(settings: Settings) -> bool:
    """Say whether the database is of an older program; raises Refused for one of a newer program."""
    engine = open_engine(settings.database_address())
    try:
        return version.needs_upgrade(engine)
    finally:
        engine.dispose()
