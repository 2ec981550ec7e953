"""What one setting may be: types that check a value, and say what it must be."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from qbwc_bridge.domain.mail import is_mail_address, mail_server
from qbwc_bridge.domain.notices import NEVER
from qbwc_bridge.domain.records import KINDS_IN_ORDER

DAY = 86_400
SHORTEST_TOKEN = 16
"""Characters of a token that nobody guesses, drawn at random."""
SCHEMA = "qbxmlops160.xsd"


@dataclass(frozen=True, slots=True)
class Must:
    """What a value must be, as the second half of the sentence "KEY must be ..."."""

    text: str


def _digits(value: object) -> object:
    """Let whole numbers through as written; `1_000`, `1e3` and `true` are none, whatever Python thinks."""
    if not re.fullmatch(r"[0-9]{1,12}", str(value).strip(), re.ASCII):
        raise ValueError("no whole number")
    return int(str(value))


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("no address")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.port == 0:
        raise ValueError("more than an address")
    return value.rstrip("/")


def _procore_address(value: str) -> str:
    address = _address(value)
    host = urlsplit(address).hostname or ""
    if address.startswith("http:") and host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise ValueError("secrets would travel in the open")
    return address


def _mail_server(value: SecretStr) -> SecretStr:
    mail_server(value.get_secret_value())
    return value


def _database(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("no database")
    return value


def _token(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < SHORTEST_TOKEN:
        raise ValueError("too short")
    return value


def listen_address(text: str) -> tuple[str, int]:
    """Split `127.0.0.1:8085` or `[::1]:8085` into address and port; raises ValueError."""
    host, colon, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = str(ipaddress.IPv6Address(host[1:-1]))
    elif ":" in host or not re.fullmatch(r"[A-Za-z0-9.-]+", host):
        raise ValueError("no address")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) or int(port) > 65_535:  # noqa: PLR2004 - the last port
        raise ValueError("no port")
    return host, int(port)


def _listen(value: str) -> str:
    for part in value.split(","):
        listen_address(part)
    return value


def zone(value: str) -> str:
    """Give the name of a time zone that exists; raises ValueError."""
    # ZoneInfo raises OSError for names of folders and ValueError for paths that leave its own.
    try:
        return ZoneInfo(value).key
    except (KeyError, OSError) as error:
        raise ValueError("no time zone") from error


def _zone_or_none(value: str) -> str:
    return zone(value) if value else ""


def _mail_addresses(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    if value and not all(map(is_mail_address, parts)):
        raise ValueError("no mail address")
    return ",".join(parts)


def _mail_address(value: str) -> str:
    if value and not is_mail_address(value.strip()):
        raise ValueError("no mail address")
    return value.strip()


def _time_of_day(value: str) -> str:
    if value != NEVER and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value, re.ASCII):
        raise ValueError("no time of day")
    return value


def _networks(value: str) -> str:
    for part in value.split(",") if value else ():
        ipaddress.ip_network(part.strip())
    return value


def _folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("no folder")
    return value


def _schemas(value: Path) -> Path:
    if not (value / SCHEMA).is_file():
        raise ValueError("no schemas")
    return value


def _kinds(value: str) -> str:
    kinds = [part.strip() for part in value.split(",") if part.strip()]
    if not set(kinds) <= set(KINDS_IN_ORDER):
        raise ValueError("no kind")
    return ",".join(kinds)


def _line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("control characters")
    return value.strip()


Count = Annotated[int, BeforeValidator(_digits)]
Line = Annotated[str, AfterValidator(_line), Must("one line of text")]
Kinds = Annotated[str, AfterValidator(_kinds)]
Address = Annotated[
    str, AfterValidator(_address), Must("an address without a path, such as https://bridge.example.com")
]
ProcoreAddress = Annotated[
    str, AfterValidator(_procore_address), Must("an address that begins with https://, such as https://api.procore.com")
]
Listen = Annotated[str, AfterValidator(_listen), Must("addresses with ports, such as 127.0.0.1:8085,[::1]:8085")]
DatabaseUrl = Annotated[
    SecretStr, AfterValidator(_database), Must("sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME")
]
Secret = Annotated[SecretStr, Must("a text")]
Token = Annotated[SecretStr, AfterValidator(_token), Must(f"{SHORTEST_TOKEN} or more random characters")]
SmtpUrl = Annotated[
    SecretStr, AfterValidator(_mail_server), Must("smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT")
]
MailAddress = Annotated[str, AfterValidator(_mail_address), Must("one mail address such as bridge@example.com")]
MailAddresses = Annotated[
    str, AfterValidator(_mail_addresses), Must("mail addresses such as ann@example.com, separated by commas")
]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day), Must(f"a time of day such as 07:00, or {NEVER}")]
Zone = Annotated[str, AfterValidator(_zone_or_none), Must("a time zone such as America/Chicago")]
Networks = Annotated[str, AfterValidator(_networks), Must("IP addresses or networks, separated by commas")]
Folder = Annotated[Path, AfterValidator(_folder), Must("a folder that exists")]
SchemaFolder = Annotated[Path, AfterValidator(_schemas), Must(f"a folder that holds {SCHEMA}")]
Clock = Annotated[Count, Field(ge=0, le=7 * DAY)]


def as_text(value: object) -> str:
    """Write a value as `bridge.toml` and the environment would: true, false, plain numbers, lists with commas."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
