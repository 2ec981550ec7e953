"""The .qwc file: what "Add Application" reads from it and what it refuses (guide ch. 3 and appendix A)."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from lxml import etree

_NEEDED = ("AppName", "AppURL", "AppDescription", "AppSupport", "UserName", "OwnerID", "FileID", "QBType")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "IsReadOnly": ("true", "false"),
    "Notify": ("true", "false"),
    "Style": ("Document", "DocWrapped", "RPC"),
    "UnattendedModePref": ("umpRequired", "umpOptional"),
    "PersonalDataPref": ("pdpNotNeeded", "pdpOptional", "pdpRequired"),
}
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_FLAGS = re.compile(r"0[xX][0-9A-Fa-f]{1,8}")
_PERIODS = {"RunEveryNMinutes": 60, "RunEveryNSeconds": 1}
_LONGEST_PERIOD_DIGITS = 7


class QwcError(Exception):
    """A .qwc file, or the server behind it, that the Web Connector refuses; `number` is like "QBWC1039"."""

    def __init__(self, number: str, message: str) -> None:
        super().__init__(f"{number}: {message}")
        self.number = number
        self.message = message


@dataclass(frozen=True)
class Application:
    """One entry in the Web Connector's window; `run_every_seconds` is 0 when nobody set a schedule."""

    app_name: str
    app_id: str
    app_url: str
    app_description: str
    app_support: str
    user_name: str
    owner_id: str
    file_id: str
    qb_type: str = "QBFS"
    run_every_seconds: int = 0
    style: str = "Document"
    is_read_only: bool = False
    cert_url: str = ""

    @property
    def run_every_minutes(self) -> int:
        """The schedule in whole minutes, rounded up; 0 means that a person starts each update."""
        return -(-self.run_every_seconds // 60)

    @classmethod
    def parse(cls, qwc_text: str) -> Self:
        """Read the text of a .qwc file; raises QwcError with the number that the Web Connector shows."""
        root = _root(qwc_text)
        values = _values(root)
        _check_values(values)
        _check_addresses(values["AppURL"], values["AppSupport"])
        return cls(
            app_name=values["AppName"],
            app_id=values["AppID"],
            app_url=values["AppURL"],
            app_description=values["AppDescription"],
            app_support=values["AppSupport"],
            user_name=values["UserName"],
            owner_id=values["OwnerID"],
            file_id=values["FileID"],
            qb_type=values["QBType"],
            run_every_seconds=_schedule(root),
            style=values.get("Style") or "Document",
            is_read_only=values.get("IsReadOnly") == "true",
            cert_url=values.get("CertURL", ""),
        )


def _root(text: str) -> etree._Element:
    """Parse the file and give its root; the numbers 1005 and 1006 stand for a file that cannot be used."""
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.removeprefix("\ufeff").encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise QwcError("QBWC1006", f"The .qwc file is not well-formed XML: {error}") from error
    if root.tag != "QBWCXML":
        raise QwcError("QBWC1006", f"The .qwc file begins with {root.tag!s} where QBWCXML is due.")
    return root


def _values(root: etree._Element) -> dict[str, str]:
    """Collect the texts of the children; each may stand once, those we do not know are passed over."""
    values: dict[str, str] = {}
    for child in root:
        name = str(child.tag)
        if name in values:
            raise _not_added(f"{name} stands twice in the .qwc file.")
        values[name] = (child.text or "").strip()
    return values


def _check_values(values: Mapping[str, str]) -> None:
    """Refuse what is missing or outside its choices."""
    for name in (*_NEEDED, "AppID"):
        if name not in values or (name != "AppID" and not values[name]):
            raise _not_added(f"{name} is missing or empty in the .qwc file.")
    for name in ("OwnerID", "FileID"):
        if not _GUID.fullmatch(values[name]):
            raise _not_added(f"{name} is {values[name]!r}, not a GUID in braces.")
    if values["QBType"] not in {"QBFS", "QBPOS"}:
        raise QwcError("QBWC1065", f"QBType is {values['QBType']!r}; it must be QBFS or QBPOS.")
    for name, choices in _CHOICES.items():
        if name in values and values[name] not in choices:
            raise _not_added(f"{name} is {values[name]!r}; it must be one of {', '.join(choices)}.")
    if "AuthFlags" in values and not _FLAGS.fullmatch(values["AuthFlags"]):
        raise QwcError("QBWC1034", f"AuthFlags is {values['AuthFlags']!r}; it must be a hexadecimal mask like 0xF.")


def _check_addresses(app_url: str, app_support: str) -> None:
    """Refuse addresses that are not one host, are numbers, or are open http beyond this machine."""
    url, support = _address("AppURL", app_url), _address("AppSupport", app_support)
    for number, name, host in (("QBWC1001", "AppURL", url[1]), ("QBWC1002", "AppSupport", support[1])):
        if _is_ip(host):
            raise QwcError(number, f"{name} names its host by an IP address ({host}); it needs a name.")
    if url[1] != support[1]:
        raise QwcError("QBWC1000", f"AppURL is on {url[1]} but AppSupport on {support[1]}; they must share a domain.")
    if url[0] != "https" and "." in url[1]:
        raise QwcError("QBWC1010", f"AppURL is {app_url}; anything but localhost or a bare machine name needs https.")


def _address(name: str, url: str) -> tuple[str, str]:
    """Give the scheme and the host of an address, both in lower case."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _not_added(f"{name} is {url!r}, which is no web address: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise _not_added(f"{name} is {url!r}, which is no web address.")
    return parts.scheme, host


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _schedule(root: etree._Element) -> int:
    """Give the seconds between two updates, 0 without a schedule; of two periods the first one counts."""
    scheduler = root.find("Scheduler")
    if scheduler is None:
        return 0
    period = next((child for child in scheduler if child.tag in _PERIODS), None)
    text = "" if period is None else (period.text or "").strip()
    if period is None or not re.fullmatch(rf"[0-9]{{1,{_LONGEST_PERIOD_DIGITS}}}", text) or int(text) < 1:
        raise QwcError("QBWC1021", f"The Scheduler of the .qwc file gives no usable time ({text!r}).")
    return int(text) * _PERIODS[str(period.tag)]


def _not_added(message: str) -> QwcError:
    return QwcError("QBWC1039", f"The application could not be added. {message}")
