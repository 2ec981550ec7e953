"""The .qwc file that adds the bridge to a Web Connector, written for one connection.

Elements and rules: QuickBooks Web Connector Programmer's Guide 2.0, chapter 3.
"""

from dataclasses import dataclass

from lxml import etree

from qbwc_bridge.errors import Refused
from qbwc_bridge.webconnector.qwc_lint import lint_qwc
from qbwc_bridge.webconnector.wsdl import PATH

OWNER_ID = "{ac60626a-8429-440a-b96a-79ff9a82d852}"
"""Stands for our product in every company file; one for all connections and versions, never to be changed."""

SUPPORT_PATH = "/support"


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


def write_qwc(file: QwcFile) -> str:
    """Give the .qwc text for a connection, ASCII only; raises Refused where a Web Connector would not take it.

    There is no password element: the Web Connector asks for the password. IsReadOnly is left out, because with `true`
    the first registration fails (QBWC1039, QBWC1080). AppUniqueName lets a second adding replace the first.
    """
    base = file.public_url.rstrip("/")
    root = etree.Element("QBWCXML")
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
        try:
            etree.SubElement(root, name).text = text
        except ValueError as error:
            raise Refused(f"{name} of the .qwc file would hold a character that XML cannot hold.") from error
    scheduler = etree.SubElement(root, "Scheduler")
    etree.SubElement(scheduler, "RunEveryNMinutes").text = str(file.run_every_minutes)
    body = etree.tostring(root, encoding="us-ascii", pretty_print=True, xml_declaration=False)
    content = b'<?xml version="1.0"?>\n' + body
    findings = lint_qwc(content)
    if findings:
        raise Refused(
            f"The Web Connector would not take this .qwc file: {' '.join(finding.text for finding in findings)}"
        )
    return content.decode("ascii")
