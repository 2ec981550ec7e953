"""The .qwc file that adds the bridge to a Web Connector: written for a connection, and any such file checked.

Elements and rules: QuickBooks Web Connector Programmer's Guide 2.0, chapter 3, and the numbers of its appendix A.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from lxml import etree

from qbwc_bridge.webconnector.wsdl import PATH

OWNER_ID = "{ac60626a-8429-440a-b96a-79ff9a82d852}"
"""Stands for our product in every company file; one for all connections and versions, never to be changed."""

SUPPORT_PATH = "/support"
MAX_QWC_CHARACTERS = 100_000
"""A real file has about a thousand; more is something else."""
ADVISED_DESCRIPTION = 80
"""Characters of AppDescription that the Web Connector's window shows well."""

SAMPLE_GUIDS = frozenset({"57f3b9b1-86f1-4fcc-b1ee-566de1813d20", "90a44fb5-33d9-4815-ac85-bc87a7e7d1eb"})
"""OwnerID and FileID of Intuit's sample, copied into many published files: they collide."""

_REQUIRED = ("AppName", "AppURL", "AppDescription", "AppSupport", "UserName", "OwnerID", "FileID", "QBType")
_VALUES = {
    "QBType": ("QBFS", "QBPOS"),
    "Style": ("Document", "DocWrapped", "RPC"),
    "IsReadOnly": ("true", "false"),
    "Notify": ("true", "false"),
    "UnattendedModePref": ("umpRequired", "umpOptional"),
    "PersonalDataPref": ("pdpNotNeeded", "pdpOptional", "pdpRequired"),
}
_FREE = ("AppID", "AppDisplayName", "AppUniqueName", "AuthFlags", "CertURL", "Scheduler")
_KNOWN = frozenset({*_REQUIRED, *_VALUES, *_FREE})
_SCHEDULES = ("RunEveryNMinutes", "RunEveryNSeconds")
_GUID = re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)


@dataclass(frozen=True)
class QwcFile:
    """What differs between connections.

    `app_name` is shown to the user and must be another one for each company file; `public_url` is the setting
    PUBLIC_URL, without a path; `file_id` is a GUID in braces, drawn once per connection and kept.
    """

    app_name: str
    public_url: str
    user_name: str
    file_id: str
    description: str = "Carries budgets, commitments and job costs between Procore and QuickBooks"
    run_every_minutes: int = 15
    owner_id: str = OWNER_ID


@dataclass(frozen=True)
class Finding:
    """One thing that the check found: an error keeps the Web Connector from working, a warning is worth a look."""

    severity: Literal["error", "warning"]
    text: str


def write_qwc(file: QwcFile) -> str:
    """Give the .qwc text for a connection, ASCII only; raises ValueError for control characters in a text.

    There is no password element: the Web Connector asks for the password. IsReadOnly is left out, because with `true`
    the first registration fails (QBWC1039, QBWC1080). AppUniqueName lets a second adding replace the first.
    """
    root = etree.Element("QBWCXML")
    base = file.public_url.rstrip("/")
    for name, text in (
        ("AppName", file.app_name),
        ("AppID", ""),
        ("AppURL", base + PATH),
        ("AppDescription", file.description),
        ("AppSupport", base + SUPPORT_PATH),
        ("UserName", file.user_name),
        ("OwnerID", file.owner_id),
        ("FileID", file.file_id),
        ("QBType", "QBFS"),
        ("Notify", "false"),
        ("Style", "Document"),
        ("UnattendedModePref", "umpOptional"),
        ("PersonalDataPref", "pdpOptional"),
        ("AppUniqueName", file.app_name),
    ):
        etree.SubElement(root, name).text = text
    scheduler = etree.SubElement(root, "Scheduler")
    etree.SubElement(scheduler, "RunEveryNMinutes").text = str(file.run_every_minutes)
    body = etree.tostring(root, encoding="us-ascii", pretty_print=True, xml_declaration=False)
    return '<?xml version="1.0"?>\n' + body.decode("ascii")


def lint_qwc(text: str) -> list[Finding]:
    """Check any .qwc text; give what a Web Connector would refuse (errors) or trip over (warnings), empty when fine."""
    root = _parsed(text)
    if isinstance(root, Finding):
        return [root]
    elements = [child for child in root if isinstance(child.tag, str)]
    values: dict[str, str] = {}
    findings = []
    for element in elements:
        if element.tag in values:
            findings.append(_error(f"{element.tag} stands twice; the Web Connector takes each element once."))
        elif element.tag not in _KNOWN:
            findings.append(_warning(f"{element.tag} is not an element that the Web Connector knows."))
        values.setdefault(element.tag, (element.text or "").strip())
    for name in _REQUIRED:
        if not values.get(name):
            fault = "empty" if name in values else "missing"
            findings.append(_error(f"{name} is {fault}; the Web Connector then refuses the file (QBWC1039)."))
    if "AppID" not in values:
        findings.append(_warning("AppID is missing; it may be empty, but the guide wants the element."))
    findings += _ids(values) + _addresses(values) + _choices(values)
    findings += [finding for element in elements if element.tag == "Scheduler" for finding in _schedule(element)]
    return findings


def _error(text: str) -> Finding:
    return Finding("error", text)


def _warning(text: str) -> Finding:
    return Finding("warning", text)


def _parsed(text: str) -> "etree._Element | Finding":
    """Give the root of the text, or the one finding that makes all others senseless."""
    if len(text) > MAX_QWC_CHARACTERS:
        return _error(f"The file has more than {MAX_QWC_CHARACTERS} characters, so it is no .qwc file.")
    if "<!DOCTYPE" in text:
        return _error("The file has a DOCTYPE, which no .qwc file has.")
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(text.removeprefix("\ufeff").encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        place = f" (line {error.lineno})" if isinstance(error, etree.XMLSyntaxError) else ""
        return _error(f"The file is not well-formed XML{place}; often an & or < in a name is not escaped.")
    if root.tag != "QBWCXML":
        return _error("The root element is not QBWCXML, so the Web Connector does not take the file.")
    return root


def _ids(values: dict[str, str]) -> list[Finding]:
    """Check OwnerID and FileID."""
    findings = []
    for name in ("OwnerID", "FileID"):
        value = values.get(name, "")
        if value and not _GUID.fullmatch(value):
            findings.append(_error(f"{name} is not a GUID in braces, like {{8-4-4-4-12 hexadecimal digits}}."))
        elif value.strip("{}").lower() in SAMPLE_GUIDS:
            findings.append(_error(f"{name} is the one of Intuit's sample; two programs with it collide (QBWC1039)."))
    if values.get("OwnerID") and values.get("OwnerID", "").lower() == values.get("FileID", "").lower():
        findings.append(_warning("OwnerID and FileID are the same; one names the program, the other the company file."))
    return findings


def _addresses(values: dict[str, str]) -> list[Finding]:
    """Check AppURL and AppSupport, each alone and against one another."""
    findings = []
    hosts = []
    for name, number in (("AppURL", "QBWC1001"), ("AppSupport", "QBWC1002")):
        if not values.get(name):
            continue
        parts = _split(values[name])
        host = parts.hostname if parts else None
        if parts is None or host is None or parts.scheme not in {"http", "https"}:
            findings.append(_error(f"{name} is not a web address that begins with https:// or http://."))
            continue
        if _is_ip_address(host):
            findings.append(
                _error(f"{name} names its host by an IP address; the Web Connector wants a name ({number}).")
            )
            continue
        hosts.append(host)
        if name == "AppURL" and parts.scheme == "http" and "." in host:
            findings.append(
                _error("AppURL is not https; only localhost or a bare machine name may do without (QBWC1010).")
            )
    if len(set(hosts)) > 1:
        findings.append(_error("AppURL and AppSupport are on different hosts, which must be the same (QBWC1000)."))
    return findings


def _split(address: str) -> SplitResult | None:
    """Split an address; None when it cannot be one."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _choices(values: dict[str, str]) -> list[Finding]:
    """Check the elements that have a list of values, and the length of the description."""
    findings = []
    for name, allowed in _VALUES.items():
        if values.get(name) and values[name] not in allowed:
            number = " (QBWC1065)" if name == "QBType" else ""
            findings.append(_error(f"{name} is none of {', '.join(allowed)}{number}."))
    if values.get("QBType") == "QBPOS":
        findings.append(_warning("QBType is QBPOS, QuickBooks Point of Sale; this bridge speaks with QBFS only."))
    if values.get("IsReadOnly") == "true":
        findings.append(
            _error("IsReadOnly is true; the Web Connector then cannot write FileID into the company file and fails.")
        )
    if values.get("Style") == "RPC":
        findings.append(_warning("Style is RPC, which changes the form of every call; Document is right."))
    if len(values.get("AppDescription", "")) > ADVISED_DESCRIPTION:
        findings.append(
            _warning(
                f"AppDescription has more than {ADVISED_DESCRIPTION} characters and will be cut off in the window."
            )
        )
    return findings


def _schedule(scheduler: "etree._Element") -> list[Finding]:
    """Check the Scheduler element; its absence is fine and means that the user starts each visit."""
    entries = [child for child in scheduler if isinstance(child.tag, str)]
    if not entries or any(entry.tag not in _SCHEDULES for entry in entries):
        return [_error("Scheduler must hold RunEveryNMinutes or RunEveryNSeconds.")]
    findings = []
    if len(entries) > 1:
        findings.append(_warning("Scheduler holds more than one entry; the Web Connector takes the first."))
    value = (entries[0].text or "").strip()
    if not re.fullmatch(r"[0-9]{1,6}", value, re.ASCII) or int(value) == 0:
        findings.append(_error(f"{entries[0].tag} must be a whole number from 1."))
    return findings
