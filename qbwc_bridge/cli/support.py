"""`support-bundle`: everything that support asks for first, in one file that holds no secret and no cost."""

import datetime as dt
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

import qbwc_bridge
from qbwc_bridge.cli.common import Bridge, json_text, pass_bridge, say
from qbwc_bridge.cli.doctor import checks
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.files.bundle import bundle
from qbwc_bridge.files.plain import write_file
from qbwc_bridge.files.scrubbing import Scrubber
from qbwc_bridge.flow import support
from qbwc_bridge.logs import FOLDER
from qbwc_bridge.settings import Settings
from qbwc_bridge.settings.keys import SECRETS
from qbwc_bridge.settings.values import as_text

HELD = "set"
ADDRESSES = ("mail_from", "mail_to", "approver", "deputy", "database_url", "smtp_url")
"""Settings that name people or places of theirs: only whether they are set is told."""


@click.command(name="support-bundle")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write here instead of into this folder.")
@pass_bridge
def support_bundle(bridge: Bridge, out: Path | None) -> None:
    """Write a zip file for support: the log, what `doctor` finds, states, counts, versions and settings.

    No secret, no qbXML, no amount and no name of a vendor, employee, customer, job or project is in it; its README says
    what is. Look into it before you send it.
    """
    file = out or Path(f"qbwc-bridge-support-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}.zip")
    try:
        connections, scrubber = _connections(bridge)
    except BridgeError as problem:
        connections, scrubber = {"problem": str(problem)}, None
    facts = {
        "about.json": json_text(_about(bridge.settings)),
        "doctor.json": json_text([asdict(check) for check in checks(bridge, None, ())]),
        "connections.json": json_text(connections),
    }
    data_dir = bridge.settings.data_dir
    write_file(file, bundle(facts, data_dir, data_dir / FOLDER, scrubber))
    click.echo(str(file))
    say("It holds the log, versions, settings, states and counts; no secret, amount or name of a vendor or employee.")
    say("Open it and look before you send it: README.txt in it says what is where.")


def _connections(bridge: Bridge) -> tuple[Any, Scrubber]:
    with bridge.kit.work() as uow:
        rows, now = uow.connections.find(order="name"), bridge.now()
        facts = [support.about_connection(bridge.kit, uow, row, now) for row in rows]
        names = {name for row in rows for name in support.names_of(uow, row)}
        names |= {person.name for person in uow.people.find()}
        totals = uow.everywhere.totals(now)
    secrets = [value for key in SECRETS if (value := _secret(bridge.settings, key))]
    for row in rows:
        secrets += [bridge.app.vault.open(sealed) for sealed in (row.procore_secret, row.webhook_secret) if sealed]
    database = {"kind": totals.database, "schema": totals.schema, "bytes": totals.size}
    return {"database": database, "connections": facts}, Scrubber(names, secrets)


def _about(settings: Settings) -> dict[str, Any]:
    return {
        "version": qbwc_bridge.__version__,
        "python": sys.version,
        "system": platform.platform(),
        "settings": {key: _shown(settings, key) for key in Settings.model_fields},
    }


def _shown(settings: Settings, key: str) -> str:
    value = getattr(settings, key)
    if value in (None, ""):
        return ""
    return HELD if key in (*SECRETS, *ADDRESSES) else as_text(value)


def _secret(settings: Settings, key: str) -> str:
    value = getattr(settings, key)
    return value.get_secret_value() if isinstance(value, SecretStr) else ""
