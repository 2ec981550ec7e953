"""`mail`: proves that mail arrives, and shows what was mailed."""

from typing import Any

import click

from qbwc_bridge.cli.common import Bridge, json_option, pass_bridge, say, show_json
from qbwc_bridge.cli.tables import table
from qbwc_bridge.domain import paths
from qbwc_bridge.domain.mail import each_once, is_mail_address
from qbwc_bridge.domain.notices import Letter, Notice, NoticeKind
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import Refused, WrongUsage
from qbwc_bridge.flow import mailing
from qbwc_bridge.flow.letters import MARK_LENGTH, receivers
from qbwc_bridge.flow.moves import token

MOST_SHOWN = 50
"""The newest letters, more than a screen."""

NO_SERVER = "No mail is sent: set SMTP_URL and MAIL_FROM, then start the server again."


@click.group()
def mail() -> None:
    """Try the mail, and see what was mailed."""


@mail.command()
@click.argument("name")
@click.option("--to", "to", metavar="ADDRESS", help="Send it there, instead of to everybody who gets mail.")
@pass_bridge
def test(bridge: Bridge, name: str, to: str | None) -> None:
    """Send a short mail to everybody who gets mail about connection NAME: MAIL_TO, APPROVER and DEPUTY.

    After it went, mail that waits for its next try goes at once.
    """
    connection = bridge.connections(name)[0]
    server = bridge.kit.mail
    if server is None:
        raise Refused(NO_SERVER)
    if to is not None and not is_mail_address(to):
        raise WrongUsage(f"{to} is no mail address.")
    everybody = [to] if to else _everybody(bridge, connection)
    if not everybody:
        raise Refused(f"Nobody gets mail about {connection.name}: set MAIL_TO or APPROVER, or name somebody with --to.")
    refused = server.send(_letter(connection), everybody, mark=token(MARK_LENGTH), at=bridge.now())
    for problem in refused.values():
        say(str(problem))
    taken = [address for address in everybody if address not in refused]
    if taken:
        click.echo(f"The mail server took the mail for {', '.join(taken)}. Look whether it arrived.")
        with bridge.kit.work() as uow:
            waiting = mailing.hurry(uow, connection)
        if waiting:
            click.echo(f"{waiting} more wait and go now, if the server runs.")
    if refused:
        raise click.exceptions.Exit(1)


@mail.command(name="list")
@click.argument("name", required=False)
@json_option
@pass_bridge
def list_(bridge: Bridge, name: str | None, *, as_json: bool) -> None:
    """Show the newest mail about connection NAME or all: what it was, and what became of it."""
    rows = []
    for connection in bridge.connections(name):
        with bridge.kit.work() as uow:
            found = uow.notices.find(connection_id=connection.id, order="-id", limit=MOST_SHOWN)
        rows += [_facts(connection, row) for row in found]
    rows.sort(key=lambda row: row["decided_at"], reverse=True)
    if as_json:
        show_json(rows[:MOST_SHOWN])
    elif rows:
        heads = ["connection", "kind", "decided_at", "state", "subject", "message"]
        click.echo(table(heads, [[row[head] for head in heads] for row in rows[:MOST_SHOWN]]))
    else:
        say("Nothing was mailed yet.")


def _facts(connection: Connection, row: Notice) -> dict[str, Any]:
    return {
        "connection": connection.name,
        "kind": row.kind,
        "decided_at": row.decided_at,
        "state": row.state,
        "subject": row.letter.subject,
        "attempts": row.attempts,
        "sent_at": row.sent_at,
        "waits_for": row.receivers,
        "message": row.message,
    }


def _everybody(bridge: Bridge, connection: Connection) -> list[str]:
    kinds: tuple[NoticeKind, ...] = ("summary", "rejected", "silence")
    found = [receivers(bridge.kit, connection, kind, escalated=True) for kind in kinds]
    return each_once(address for addresses in found for address in addresses)


def _letter(connection: Connection) -> Letter:
    return Letter(
        subject=f"{connection.name}: a test of the bridge's mail",
        opening=("Somebody tried whether mail of the bridge arrives. It does. Nothing needs to be done.",),
        path=paths.overview(connection.name),
        button="Open the overview",
    )
