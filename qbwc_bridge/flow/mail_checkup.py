"""The check-up of mail: the server, and for each connection who gets it and what did not go."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from qbwc_bridge.domain.addresses import is_this_machine
from qbwc_bridge.domain.checkup import Check
from qbwc_bridge.domain.mail import each_once, is_mail_address
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import MailError
from qbwc_bridge.flow import mailing
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.letters import receivers

NAME = "mail"


def server_check(kit: Kit, public_url: str) -> Check:
    """Greet the mail server and sign in, without sending anything; links in mail begin with `public_url`."""
    if kit.mail is None:
        return Check("mail server", "fine", "No mail is sent: SMTP_URL is not set.")
    try:
        told = kit.mail.check()
    except MailError as problem:
        return Check("mail server", "broken", str(problem), "Mend it, then try with `mail test`.")
    if is_this_machine(urlsplit(public_url).hostname or ""):
        told = f"{told} Links in mail begin with {public_url}, which nobody reaches from another machine."
        return Check("mail server", "look", told, "Set PUBLIC_URL to the address by which people reach the bridge.")
    return Check("mail server", "fine", told)


def mail_checks(kit: Kit, connection: Connection) -> Iterator[Check]:
    """Tell who gets mail about a connection, and what did not go."""
    if kit.mail is None:
        return
    place = connection.name
    for key, value in (
        ("approver", kit.setting(connection, "approver")),
        ("deputy", kit.setting(connection, "deputy")),
    ):
        for part in (each.strip() for each in value.split(",")):
            if part and not is_mail_address(part):
                told = f"{key.upper()} is {part!r}, which is no mail address and gets no mail."
                yield Check(NAME, "broken", told, f"`connection set {place} {key} ADDRESS`.", place)
    daily = receivers(kit, connection, "summary")
    alarms = receivers(kit, connection, "silence")
    if not daily:
        told, to_do = "Nobody gets mail about it.", "Set MAIL_TO or APPROVER."
        yield Check(NAME, "look", told, to_do, place)
        return
    with kit.work(connection.id) as uow:
        wrong = mailing.trouble(uow, connection, kit.options(connection).zone)
    if wrong:
        yield Check(NAME, "broken", wrong, f"Mend it, then try with `mail test {place}`.", place)
        return
    others = [address for address in each_once(alarms) if address not in daily]
    also = f" Alarms go to {', '.join(others)} too." if others else ""
    yield Check(NAME, "fine", f"The daily summary goes to {', '.join(daily)}.{also}", "", place)
