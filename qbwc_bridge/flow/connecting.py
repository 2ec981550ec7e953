"""A connection is made, gets a new password, and is bound to the company that visited."""

import datetime as dt
import re
import secrets
import uuid
from collections.abc import Mapping

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection, History
from qbwc_bridge.errors import Refused, WrongUsage
from qbwc_bridge.flow import cost_readings
from qbwc_bridge.flow.company import bind, readable
from qbwc_bridge.flow.moves import token
from qbwc_bridge.ports import UnitOfWork

PASSWORD_BYTES = 16
"""128 random bits: nobody guesses them, so a keyed hash is enough to keep them by."""

KEY_LENGTH = 8
"""Of the key in everything the bridge leaves in Procore (ACCOUNTING 21)."""

LONGEST_NAME = 60


def draw_password() -> str:
    """Draw a password for the Web Connector."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def draw_file_id() -> str:
    """Draw a FileID, by which a company file is known again."""
    return f"{{{uuid.uuid4()}}}"


def make(
    uow: UnitOfWork,
    name: str,
    procore: tuple[int, str, bytes],
    password_hash: str,
    *,
    company_name: str,
    settings: Mapping[str, str],
    who: str,
    now: dt.datetime,
) -> Connection:
    """Make a connection; `procore` is the company's number, the app's client id and its secret, sealed.

    Raises WrongUsage for a name or client id that cannot be, Refused for a name that is taken.
    """
    name = good_name(name)
    company_id, client_id, secret = procore
    if any(fold(row.name) == fold(name) for row in uow.connections.find()):
        raise Refused(f"There is a connection {name} already: choose another name.")
    made = uow.connections.add(
        Connection(
            name=name,
            procore_company_id=company_id,
            procore_client_id=good_client_id(client_id),
            procore_secret=secret,
            user_name=f"{_slug(name)}-{secrets.token_hex(3)}",
            password_hash=password_hash,
            file_id=draw_file_id(),
            key=token(KEY_LENGTH),
            company_name=company_name,
            settings={key: value for key, value in settings.items() if value},
        )
    )
    note(uow, made, "made", who=who, now=now)
    return made


def set_password(uow: UnitOfWork, row: Connection, password_hash: str, *, who: str, now: dt.datetime) -> None:
    """Give the Web Connector's user another password; the old one ends at once."""
    row.password_hash = password_hash
    uow.connections.save(row)
    note(uow, row, "password changed", who=who, now=now)


def choose(uow: UnitOfWork, row: Connection, settings: Mapping[str, str], *, who: str, now: dt.datetime) -> None:
    """Keep settings of one connection, whose values were checked; an empty one brings the bridge's default back."""
    kept = {**row.settings, **settings}
    row.settings = {key: value for key, value in kept.items() if value}
    if "write_keys_to_procore" in settings:
        row.keys_refused, row.keys_checked_at = "", None  # whoever sets it wants it looked at again
    uow.connections.save(row)
    for key, value in settings.items():
        note(uow, row, f"{key} set to {value or 'the default'}", who=who, now=now)


def confirm(uow: UnitOfWork, row: Connection, *, who: str, now: dt.datetime) -> bool:
    """Bind a connection to the company that last visited; what was read for another one is read anew.

    Gives whether there was anything to confirm: where the bound company visited without an alarm nothing changes.
    Raises Refused where none has visited, and where its company cannot be served.
    """
    if row.company == Company():
        raise Refused(f"No QuickBooks company has visited {row.name} yet: run the Web Connector once on the PC.")
    if row.company.multi_currency:
        raise Refused(f"Company {row.company.name} has multi-currency switched on; this bridge cannot serve it.")
    if readable(row) and not row.alarm:
        return False
    bind(row)
    for reading in uow.readings.find(connection_id=row.id, applied_at=None):
        cost_readings.drop(uow, reading, now)
    uow.connections.save(row)
    note(uow, row, f"bound to {row.bound_name}", who=who, now=now)
    return True


def note(uow: UnitOfWork, row: Connection, why: str, *, who: str, now: dt.datetime) -> None:
    """Write a line of the connection's history."""
    uow.history.add(History(row.id, "connection", row.id, now, who, "", "", why))


def good_name(name: str) -> str:
    """Give a name for a connection with its spaces folded; raises WrongUsage for one that cannot be."""
    name = " ".join(name.split())
    if not name or not name.isprintable() or re.search(r"[,/]", name) or len(name) > LONGEST_NAME:
        raise WrongUsage(
            f"{name!r} is no name for a connection: give up to {LONGEST_NAME} characters without comma and slash."
        )
    return name


def good_company_id(text: str) -> int:
    """Give the number of a Procore company as it was typed; raises WrongUsage where it is none."""
    number = text.strip()
    if not (number.isascii() and number.isdigit() and 0 < int(number) < 2**63):
        raise WrongUsage("The company's number in Procore is a number: it stands in the addresses of its pages.")
    return int(number)


def good_client_id(text: str) -> str:
    """Give a Procore client id without spaces around it; raises WrongUsage for an empty one."""
    if not text.strip():
        raise WrongUsage("The Procore client id is empty: copy it from the app's page at Procore.")
    return text.strip()


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:20].strip("-") or "bridge"
