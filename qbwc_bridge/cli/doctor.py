"""`doctor`: looks whether everything is in order, and says what to do where it is not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

import click

from qbwc_bridge.cli.common import Bridge, find_projects, json_option, pass_bridge, show_json
from qbwc_bridge.cli.machine_checks import disk_check, server_checks, sleep_checks
from qbwc_bridge.domain.checkup import Check
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import BridgeError, KeyFileError, Refused, WrongUsage
from qbwc_bridge.files.plain import printable
from qbwc_bridge.flow.checkup import connection_checks, procore_checks
from qbwc_bridge.flow.mail_checkup import mail_checks, server_check
from qbwc_bridge.webconnector.public_address import public_address_checks
from qbwc_bridge.webconnector.qwc_lint import lint_qwc

MEGABYTE = 1_000_000

Looking = Callable[[Bridge, Connection, Sequence[int]], Iterable[Check]]


@click.command()
@click.argument("name", required=False)
@click.option("--project", "numbers", multiple=True, metavar="NUMBER", help="Look at this project; may be repeated.")
@json_option
@pass_bridge
def doctor(bridge: Bridge, name: str | None, numbers: Sequence[str], *, as_json: bool) -> None:
    """Check this machine, server, public address, visits, .qwc file, mail, and access to Procore; say what to do.

    For connection NAME or for all. Procore is only read. Ends with exit code 1 when something needs a person.
    """
    if numbers and name is None:
        raise WrongUsage("--project goes with the NAME of a connection.")
    found = []
    for check in checks(bridge, name, numbers):
        found.append(check)
        if not as_json:
            _print(check)
    if as_json:
        show_json([asdict(check) for check in found])
    if any(check.outcome == "broken" for check in found):
        raise click.exceptions.Exit(1)


def checks(bridge: Bridge, name: str | None, numbers: Sequence[str]) -> Iterator[Check]:
    """Give every check in the order of what the next one needs; what fails early leaves the later ones out."""
    try:
        yield Check("settings", "fine", f"Every setting is good; the data is in {bridge.settings.data_dir}.")
    except WrongUsage as problem:
        yield Check("settings", "broken", str(problem))
        return
    try:
        with bridge.kit.work() as uow:
            count = uow.connections.count()
    except KeyFileError as problem:
        yield Check("key file", "broken", str(problem))
        return
    except BridgeError as problem:
        yield Check("database", "broken", str(problem))
        return
    yield from _machine(bridge)
    if not count:
        told = "There is no connection yet."
        yield Check("connections", "look", told, "An admin makes one with `connection add`.")
    for connection in bridge.connections(name) if count else ():
        yield from _of_connection(bridge, connection, numbers)
    yield server_check(bridge.kit, bridge.settings.public_url)


def _machine(bridge: Bridge) -> Iterator[Check]:
    """Look at what all connections share: database, disk, server, public address, and whether the PC sleeps."""
    settings, now = bridge.settings, bridge.now()
    with bridge.kit.work() as uow:
        found = uow.everywhere.totals(now)
    told = f"It opens and is of this version ({found.database}, schema {found.schema}, {found.size / MEGABYTE:.1f} MB)."
    yield Check("database", "fine", told)
    yield disk_check(settings.data_dir)
    yield from server_checks(settings.listen_addresses())
    yield from public_address_checks(settings.public_url, now)
    yield from sleep_checks()


def _of_connection(bridge: Bridge, connection: Connection, numbers: Sequence[str]) -> Iterator[Check]:
    """One connection's trouble never hides another's."""
    with bridge.kit.work() as uow:
        ids = [row.project_id for row in find_projects(uow, connection, numbers)] if numbers else []
    for looking in LOOKINGS:
        try:
            yield from looking(bridge, connection, ids)
        except BridgeError as problem:
            yield Check("check-up", "broken", str(problem), "", connection.name)


def _known(bridge: Bridge, connection: Connection, _ids: Sequence[int]) -> Iterator[Check]:
    yield from connection_checks(bridge.kit, connection)


def _qwc(bridge: Bridge, connection: Connection, _ids: Sequence[int]) -> Iterator[Check]:
    name, place = ".qwc file", connection.name
    try:
        findings = lint_qwc(bridge.app.qwc(connection).encode())
    except Refused as refusal:
        yield Check(name, "broken", str(refusal), "Correct PUBLIC_URL, then write the file again.", place)
        return
    for finding in findings:
        yield Check(name, "broken" if finding.severity == "error" else "look", finding.text, "", place)
    if not findings:
        yield Check(name, "fine", f"`qwc {place}` writes a file that the Web Connector takes.", "", place)


def _procore(bridge: Bridge, connection: Connection, ids: Sequence[int]) -> Iterator[Check]:
    yield from procore_checks(bridge.kit, connection, ids)


def _mail(bridge: Bridge, connection: Connection, _ids: Sequence[int]) -> Iterator[Check]:
    yield from mail_checks(bridge.kit, connection)


LOOKINGS: tuple[Looking, ...] = (_known, _qwc, _procore, _mail)
"""What is looked at for each connection; each gives its checks, whatever the others found."""


def _print(check: Check) -> None:
    where = f"{check.connection}, " if check.connection else ""
    click.echo(f"{check.outcome:<6}  {where}{printable(check.name)}: {printable(check.told)}")
    if check.to_do:
        click.echo(f"        What to do: {printable(check.to_do)}")
