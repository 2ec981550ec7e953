"""Mail addresses, and the address of the server that takes mail."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from qbwc_bridge.domain.addresses import is_this_machine

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
"""As HTML's input fields have it: what servers deliver to, without quotes, comments and anything beyond ASCII."""

SMTPS_PORT, SUBMISSION_PORT, RELAY_PORT = 465, 587, 25

StartTls = Literal["always", "offered", "never"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server and how to talk to it."""

    host: str
    port: int
    tls: bool
    """TLS from the first byte (smtps)."""
    starttls: StartTls
    user: str = ""
    password: str = field(default="", repr=False)


def is_mail_address(text: str) -> bool:
    """Whether a text is one mail address that can stand in a header and in an SMTP command as it is."""
    return bool(_ADDRESS.fullmatch(text))


def mail_addresses(text: str) -> list[str]:
    """Give the mail addresses in a setting, each once; what is none is left out."""
    return each_once(part.strip() for part in text.split(",") if is_mail_address(part.strip()))


def each_once(addresses: Iterable[str]) -> list[str]:
    """Give addresses in their order, each once, whatever its capitals."""
    found: dict[str, str] = {}
    for address in addresses:
        found.setdefault(address.lower(), address)
    return list(found.values())


def mail_server(url: str) -> MailServer:
    """Read smtp://HOST, smtps://USER:PASSWORD@HOST:PORT and the like; raises ValueError, which tells no password.

    A password never travels in the open: with one, STARTTLS is a must unless the server is on this machine.
    `?starttls=always` and `?starttls=never` say otherwise for servers without a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError("no mail server")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password) or not (user + password).isascii() or not (user + password).isprintable():
        raise ValueError("a user without a password, or one that SMTP cannot carry")
    starttls: StartTls = "always" if user and not is_this_machine(parts.hostname) else "offered"
    for key, value in parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)):
        if key != "starttls" or value not in {"always", "never"} or (value == "never" and starttls == "always"):
            raise ValueError("no way to talk to a mail server")
        starttls = "always" if value == "always" else "never"
    tls = parts.scheme == "smtps"
    port = SMTPS_PORT if tls else SUBMISSION_PORT if user else RELAY_PORT
    if parts.port == 0:
        raise ValueError("no port")
    return MailServer(parts.hostname, parts.port or port, tls, starttls, user, password)
