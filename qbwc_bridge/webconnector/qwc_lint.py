"""The check of any .qwc file: what a Web Connector would refuse, or trip over.

Elements and rules: QuickBooks Web Connector Programmer's Guide 2.0, chapter 3, and the numbers of its appendix A.
"""

import difflib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from lxml import etree

MAX_QWC_BYTES = 100_000
"""A real file has about a thousand; more is something else."""
ADVISED_DESCRIPTION = 80
"""Characters of AppDescription that the Web Connector's window shows well."""
ALL_EDITIONS = 0xF
"""AuthFlags: one bit each for Simple Start, Pro, Premier, Enterprise (guide, chapter 3)."""

COLLIDING_GUIDS = {
    "57f3b9b1-86f1-4fcc-b1ee-566de1813d20": "the one of Intuit's sample",
    "90a44fb5-33d9-4815-ac85-bc87a7e7d1eb": "the one of Intuit's sample",
    "00000000-0000-0000-0000-000000000000": "all zeros",
}
"""OwnerID and FileID copied into many published files, and the one that stands for no file at all."""

REQUIRED = ("AppName", "AppURL", "AppDescription", "AppSupport", "UserName", "OwnerID", "FileID", "QBType")
USUAL_ORDER = ("AppName", "AppID", *REQUIRED[1:])
"""The order of Intuit's own files. The guide allows any; a warning helps where an old Web Connector refuses a file."""
VALUES = {
    "QBType": ("QBFS", "QBPOS"),
    "Style": ("Document", "DocWrapped", "RPC"),
    "IsReadOnly": ("true", "false"),
    "Notify": ("true", "false"),
    "UnattendedModePref": ("umpRequired", "umpOptional"),
    "PersonalDataPref": ("pdpNotNeeded", "pdpOptional", "pdpRequired"),
}
SCHEDULES = ("RunEveryNMinutes", "RunEveryNSeconds")
KNOWN = (*USUAL_ORDER, *VALUES, "AppDisplayName", "AppUniqueName", "AuthFlags", "CertURL", "Scheduler")

_GUID = re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[\s<>\"{}|\\^`\x00-\x20\x7f]|%(?![0-9a-fA-F]{2})")
"""What no web address holds (RFC 3986)."""
_HOST = re.compile(r"[\w.~-]+")
"""A host's name; letters outside ASCII are fine, Windows turns them into punycode."""


@dataclass(frozen=True)
class Finding:
    """One thing that the check found: an error keeps the Web Connector from working, a warning is worth a look."""

    severity: Literal["error", "warning"]
    text: str


def lint_qwc(content: bytes) -> list[Finding]:
    """Check any .qwc file; give what a Web Connector would refuse (errors) or trip over (warnings), empty when fine.

    The content may be in any encoding that XML allows; its declaration says which.
    """
    root = _parsed(content)
    if isinstance(root, Finding):
        return [root]
    elements = list(root)
    values: dict[str, str] = {}
    for element in elements:
        values.setdefault(element.tag, (element.text or "").strip())
    return [
        *_elements(elements),
        *_missing(values),
        *_ids(values),
        *_addresses(values),
        *_choices(values),
        *_texts(values),
        *(finding for element in elements if element.tag == "Scheduler" for finding in _schedule(element)),
    ]


def _error(text: str) -> Finding:
    return Finding("error", text)


def _warning(text: str) -> Finding:
    return Finding("warning", text)


def _parsed(content: bytes) -> "etree._Element | Finding":
    """Give the root of the file, or the one finding that makes all others senseless."""
    if len(content) > MAX_QWC_BYTES:
        return _error(f"The file has more than {MAX_QWC_BYTES} bytes, so it is no .qwc file.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        return _error(
            f"The file is not well-formed XML (line {error.lineno}); often an & or < in a name is not escaped, or the "
            "encoding is not the declared one."
        )
    if root.getroottree().docinfo.internalDTD is not None:
        return _error("The file has a DOCTYPE, which no .qwc file has.")
    if root.tag != "QBWCXML":
        return _error("The root element is not a plain QBWCXML, so the Web Connector does not take the file.")
    return root


def _elements(elements: "list[etree._Element]") -> Iterator[Finding]:
    """Check the elements as such: known, once, in the usual order, plain text inside."""
    names = [element.tag for element in elements]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield _error(f"{name} stands twice; the Web Connector takes each element once.")
    for name in dict.fromkeys(name for name in names if name not in KNOWN):
        if "password" in name.lower():
            advice = " Take it out and change the password: the Web Connector asks for it, and a file is read by many."
        else:
            near = difflib.get_close_matches(name, KNOWN, n=1)
            advice = f" Perhaps {near[0]} is meant." if near else ""
        yield _warning(f"{name} is not an element that the Web Connector knows.{advice}")
    for element in elements:
        if element.tag in KNOWN and element.tag != "Scheduler" and len(element):
            yield _error(f"{element.tag} holds another element where only text belongs.")
    usual = [name for name in dict.fromkeys(names) if name in USUAL_ORDER]
    for name, due in zip(usual, sorted(usual, key=USUAL_ORDER.index), strict=True):
        if name != due:
            yield _warning(f"{name} stands where Intuit's files have {due}; the guide allows any order of elements.")
            return


def _missing(values: Mapping[str, str]) -> Iterator[Finding]:
    """Check that nothing needed is left out."""
    for name in REQUIRED:
        if not values.get(name):
            fault = "empty" if name in values else "missing"
            yield _error(f"{name} is {fault}; the Web Connector then refuses the file (QBWC1039).")
    if "AppID" not in values:
        yield _warning("AppID is missing; it may be empty, but the guide wants the element.")


def _ids(values: Mapping[str, str]) -> Iterator[Finding]:
    """Check OwnerID, FileID and AppID."""
    for name in ("OwnerID", "FileID"):
        value = values.get(name, "")
        what = COLLIDING_GUIDS.get(value.strip("{}").lower())
        if value and not _GUID.fullmatch(value):
            yield _error(f"{name} is not a GUID in braces, like {{8-4-4-4-12 hexadecimal digits}}.")
        elif what:
            yield _error(f"{name} is {what}; two programs with it collide (QBWC1039).")
    owner, file = (values.get(name, "").lower() for name in ("OwnerID", "FileID"))
    if owner and owner == file:
        yield _warning("OwnerID and FileID are the same; one names the program, the other the company file.")
    if set(values.get("AppID", "")) & {"{", "}"}:
        yield _warning("AppID holds braces; it is plain text or empty, no GUID.")


def _addresses(values: Mapping[str, str]) -> Iterator[Finding]:
    """Check AppURL, AppSupport and CertURL, each alone, and the first two against one another."""
    hosts = set()
    for name, number in (("AppURL", " (QBWC1001)"), ("AppSupport", " (QBWC1002)"), ("CertURL", "")):
        if not values.get(name):
            continue
        parts = _split(values[name])
        host = parts.hostname if parts else None
        if parts is None or host is None:
            yield _error(f"{name} is not a web address that begins with https:// or http://.")
            continue
        if _is_ip_address(host):
            yield _error(f"{name} names its host by an IP address; the Web Connector wants a name{number}.")
            continue
        if parts.username is not None:
            yield _error(f"{name} holds a user name, which belongs in UserName; a password belongs in no file.")
        if name != "CertURL":
            hosts.add(host)
        if name == "AppURL" and parts.scheme == "http" and "." in host:
            yield _error("AppURL is not https; only localhost or a bare machine name may do without (QBWC1010).")
    if len(hosts) > 1:
        yield _error("AppURL and AppSupport are on different hosts, which must be the same (QBWC1000).")


def _split(address: str) -> SplitResult | None:
    """Split a web address; None when it is none."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or parts.port == 0 or _NO_ADDRESS.search(address):
            return None
    except ValueError:
        return None
    host = parts.hostname or ""
    return parts if _is_ip_address(host) or _HOST.fullmatch(host) else None


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _choices(values: Mapping[str, str]) -> Iterator[Finding]:
    """Check the elements that have a list of values."""
    for name, allowed in VALUES.items():
        value = values.get(name)
        # An empty QBType is told as such already, and an empty Style means Document.
        if value is None or value in allowed or (not value and name in {"QBType", "Style"}):
            continue
        number = " (QBWC1065)" if name == "QBType" else ""
        yield _error(f"{name} is none of {', '.join(allowed)}{number}.")
    if values.get("QBType") == "QBPOS":
        yield _warning("QBType is QBPOS, QuickBooks Point of Sale; this bridge speaks with QBFS only.")
    if values.get("IsReadOnly") == "true":
        yield _error("IsReadOnly is true; the Web Connector then cannot write FileID into the company file and fails.")
    if values.get("Style") == "RPC":
        yield _warning("Style is RPC, which changes the form of every call; Document is right.")
    flags = values.get("AuthFlags")
    if flags is not None and not (re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}", flags) and int(flags, 16) <= ALL_EDITIONS):
        yield _error("AuthFlags is no hexadecimal number from 0x0 to 0xF (QBWC1034).")


def _texts(values: Mapping[str, str]) -> Iterator[Finding]:
    """Check what the Web Connector shows."""
    if len(values.get("AppDescription", "")) > ADVISED_DESCRIPTION:
        yield _warning(
            f"AppDescription has more than {ADVISED_DESCRIPTION} characters and will be cut off in the window."
        )


def _schedule(scheduler: "etree._Element") -> Iterator[Finding]:
    """Check the Scheduler element; its absence is fine and means that the user starts each visit."""
    entries = list(scheduler)
    if not entries or any(entry.tag not in SCHEDULES for entry in entries):
        yield _error("Scheduler must hold RunEveryNMinutes or RunEveryNSeconds.")
        return
    if len(entries) > 1:
        yield _warning("Scheduler holds more than one entry; the Web Connector takes the first.")
    value = (entries[0].text or "").strip()
    if not re.fullmatch(r"[0-9]{1,6}", value, re.ASCII) or int(value) == 0:
        yield _error(f"{entries[0].tag} must be a whole number from 1.")
