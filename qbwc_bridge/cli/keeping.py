"""`backup`, `restore`, `rotate-key`: what an admin keeps of the database, and the key of its secrets."""

import datetime as dt
from pathlib import Path

import click

from qbwc_bridge.cli import server_lock
from qbwc_bridge.cli.common import Bridge, ask_secret, json_option, pass_bridge, say, show_json, who
from qbwc_bridge.cli.connection import procore_secret, secret_option, show_password
from qbwc_bridge.cli.db import BACKUPS
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import connecting
from qbwc_bridge.flow.restored import mark_restored
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.storage import Database, Vault, add_key, open_vault
from qbwc_bridge.storage.backup import prepared, put_in_place, write_backup
from qbwc_bridge.storage.sqlite_copy import dated

MIB = 1024 * 1024


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; it must not exist.")
@json_option
@pass_bridge
def backup(bridge: Bridge, out: Path | None, *, as_json: bool) -> None:
    """Write a copy of the whole database to one file, also while the server runs, and check that file.

    Without --out it goes into the folder `backups` of the data directory. The key file is not in it.
    """
    settings = bridge.settings
    target = out or settings.data_dir / BACKUPS / dated("backup", dt.datetime.now(dt.UTC))
    write_backup(settings.database_address(), target)
    size, key = target.stat().st_size, settings.secret_key_path()
    if as_json:
        show_json({"file": str(target), "bytes": size, "key_file": str(key)})
        return
    click.echo(str(target))
    say(f"{size / MIB:.1f} MiB, written and checked. Copy it to another machine.")
    say(f"The key file {key} is not in it: keep a copy apart. Without it `restore` asks for the Procore secrets again.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@secret_option
@click.option("--later", is_flag=True, help="Ask for no secret: `connection rotate-secret` stores each one later.")
@json_option
@pass_bridge
def restore(bridge: Bridge, file: Path, secret_file: Path | None, *, later: bool, as_json: bool) -> None:
    """Put a backup in the place of the database; the server must be stopped. What was there before is kept.

    Secrets that the key file does not open are asked for, and the Web Connector gets new passwords, printed once.
    """
    settings, now = bridge.settings, dt.datetime.now(dt.UTC)
    url, folder = settings.database_address(), settings.data_dir / BACKUPS
    with server_lock.alone(settings.data_dir, "run `restore` again", settings.database_address()):
        vault = open_vault(settings.secret_key_path())
        with prepared(file, url, folder) as database:
            locked = _locked(database, vault)
            given = {} if later else _ask(bridge, locked, secret_file)
            passwords = {row.id: connecting.draw_password() for row in locked}
            with database.work() as uow:
                mark_restored(uow, who(), now)
                _renew(uow, vault, given, passwords, now)
            kept = put_in_place(database, url, folder / dated("before-restore", now))
    if as_json:
        shown = [
            {"name": row.name, "user_name": row.user_name, "password": passwords[row.id], "secret": row.id in given}
            for row in locked
        ]
        show_json({"restored": str(file), "before": str(kept) if kept else None, "passwords": shown})
    else:
        click.echo(f"Restored from {file}.")
        for row in locked:
            show_password(row, passwords[row.id], as_json=False)
    _tell(locked, given, kept)


@click.command()
@pass_bridge
def rotate_key(bridge: Bridge) -> None:
    """Make a new key and encrypt every stored secret with it; a running server takes it up by itself.

    The former keys stay in the key file below the new one, for older backups.
    """
    path, vault = bridge.settings.secret_key_path(), bridge.app.vault
    with bridge.kit.work() as uow:
        unread = [row.name for row in uow.connections.find() if not vault.opens(row.procore_secret)]
    if unread:
        raise Refused(
            f"The key file {path} does not open the secret of {', '.join(unread)}: run `connection rotate-secret` for "
            "it first."
        )
    # The file first: whatever happens between the two, it holds the key of every secret.
    add_key(path)
    vault = open_vault(path)
    count = 0
    with bridge.kit.work() as uow:
        for row in uow.connections.find():
            row.procore_secret = vault.seal(vault.open(row.procore_secret))
            if row.webhook_secret and vault.opens(row.webhook_secret):
                row.webhook_secret = vault.seal(vault.open(row.webhook_secret))
            uow.connections.save(row)
            connecting.note(uow, row, "secrets encrypted with a new key", who=who(), now=bridge.now())
            count += 1
    click.echo(f"The secrets of {count} connections are encrypted with a new key, which stands first in {path}.")
    say("Keep a new copy of that file apart from the backups, and copy it to every other server of this database now.")


def _locked(database: Database, vault: Vault) -> list[Connection]:
    """The connections whose secrets the key file does not open."""
    with database.work() as uow:
        return [row for row in uow.connections.find(order="name") if not vault.opens(row.procore_secret)]


def _ask(bridge: Bridge, locked: list[Connection], secret_file: Path | None) -> dict[int, str]:
    """Ask for the Procore secret of each, before anything is changed."""
    if len(locked) == 1:
        say(f"The key file does not open the secrets of {locked[0].name}.")
        return {locked[0].id: procore_secret(bridge, secret_file)}
    instead = "give --later, then `connection rotate-secret` for each"
    return {row.id: ask_secret(f"Procore client secret of {row.name}", instead=instead).strip() for row in locked}


def _renew(uow: UnitOfWork, vault: Vault, given: dict[int, str], passwords: dict[int, str], now: dt.datetime) -> None:
    for row_id, password in passwords.items():
        row = uow.connections.get(row_id)
        if row_id in given:
            row.procore_secret = vault.seal(given[row_id])
        row.webhook_secret = b""
        connecting.set_password(uow, row, vault.hash_token(password), who=who(), now=now)


def _tell(locked: list[Connection], given: dict[int, str], kept: Path | None) -> None:
    if kept:
        say(f"What was there before is kept in {kept}.")
    for row in locked:
        say(f"Keep the password of {row.name} now, it is not shown again, and enter it in the Web Connector on the PC.")
        if row.id not in given:
            say(f"Procore is not reached before `connection rotate-secret {row.name}` has stored its secret.")
        if row.webhook_secret:
            say(f"Its webhooks need a new secret: run `webhooks add {row.name}`.")
    say(
        "Start the server and let the Web Connector visit: both systems are read anew, and what was written after the "
        "backup is found. What had not been sent is offered for acceptance again; nothing goes to Procore before "
        "`push --dry-run`, then `push --confirm`."
    )
