"""Host, Company and Preferences replies as typed results, and the first answer of a session, which holds all three."""

import re
from collections.abc import Callable
from typing import TypeVar

from qbwc_bridge.domain.replies import CompanyRet, HostRet, Node, PreferencesRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.parse import parse_document, stream_document
from qbwc_bridge.qbxml.types import read_date, read_flag, read_number

_PARTS = ("HostRet", "CompanyRet", "PreferencesRet")
_INSTRUCTION = re.compile(r"<\?.*?\?>", re.DOTALL)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

Part = TypeVar("Part", HostRet, CompanyRet, PreferencesRet)
FirstAnswer = tuple[HostRet | None, CompanyRet | None, PreferencesRet | None, list[str]]


def host_ret(node: Node) -> HostRet:
    """Read a HostRet element."""
    return HostRet(
        product_name=node.value("ProductName"),
        major_version=node.value("MajorVersion"),
        country=node.value("Country"),
        supported_versions=tuple(version.text.strip() for version in node.all("SupportedQBXMLVersion")),
        file_mode=node.value("QBFileMode"),
        source=node,
    )


def company_ret(node: Node) -> CompanyRet:
    """Read a CompanyRet element; raises QuickBooksError when a date or boolean in it is none."""
    return CompanyRet(
        company_name=node.value("CompanyName"),
        legal_name=node.value("LegalCompanyName"),
        is_sample=bool(read_flag(node.value("IsSampleCompany"))),
        accountant_copy=bool(read_flag(node.value("AccountantCopy/AccountantCopyExists"))),
        dividing_date=read_date(node.value("AccountantCopy/DividingDate")),
        data_ext=tuple(
            (extra.value("OwnerID"), extra.value("DataExtName"), extra.value("DataExtValue"))
            for extra in node.all("DataExtRet")
        ),
        source=node,
    )


def preferences_ret(node: Node) -> PreferencesRet:
    """Read a PreferencesRet element. QuickBooks' one switch for inventory and purchase orders is IsUsingInventory."""
    return PreferencesRet(
        uses_estimates=read_flag(node.value("JobsAndEstimatesPreferences/IsUsingEstimates")),
        uses_purchase_orders=read_flag(node.value("PurchasesAndVendorsPreferences/IsUsingInventory")),
        uses_classes=read_flag(node.value("AccountingPreferences/IsUsingClassTracking")),
        multi_currency=read_flag(node.value("MultiCurrencyPreferences/IsMultiCurrencyOn")),
        closing_date=read_date(node.value("AccountingPreferences/ClosingDate")),
        report_basis=node.value("ReportsPreferences/SummaryReportBasis"),
        default_markup=read_number(node.value("SalesAndCustomersPreferences/DefaultMarkup")),
        personal_data=read_flag(node.value("CurrentAppAccessRights/IsPersonalDataAccessAllowed")),
        source=node,
    )


def parse_hcp(text: str) -> FirstAnswer:
    """Read strHCPResponse, which the Web Connector sends once per session: (host, company, preferences, problems).

    What is missing or unreadable is None and told in `problems`, one sentence each. A malformed answer is read as far
    as it goes (one was seen in the field; for Point of Sale it is a plain sentence). Never raises.
    """
    problems: list[str] = []
    nodes = _parts(text, problems)
    host = _typed("HostRet", nodes, problems, host_ret)
    company = _typed("CompanyRet", nodes, problems, company_ret)
    preferences = _typed("PreferencesRet", nodes, problems, preferences_ret)
    return host, company, preferences, problems


def _typed(tag: str, nodes: dict[str, Node], problems: list[str], read: Callable[[Node], Part]) -> Part | None:
    try:
        return read(nodes[tag])
    except KeyError:
        problems.append(f"The Web Connector's first answer holds no {tag}.")
    except QuickBooksError as error:
        problems.append(f"The {tag} of the Web Connector's first answer cannot be read: {error}")
    return None


def _parts(text: str, problems: list[str]) -> dict[str, Node]:
    try:
        root = parse_document(text)
    except QuickBooksError as error:
        problems.append(
            f"The Web Connector's first answer is not as it should be and was read as far as it goes: {error}"
        )
        return _rescued(text)
    found: dict[str, Node] = {}
    for messages in root.all("QBXMLMsgsRs"):
        for reply in messages.children:
            status = dict(reply.attributes).get("statusCode", "0")
            if status != "0":
                problems.append(f"{reply.tag} of the Web Connector's first answer has status {status[:10]}.")
            found.update((node.tag, node) for node in reply.children if node.tag in _PARTS)
    return found


def _rescued(text: str) -> dict[str, Node]:
    """Read a malformed answer: several documents in a row, bare ampersands, control characters, a missing end."""
    joined = _BARE_AMPERSAND.sub("&amp;", _CONTROL.sub("", _INSTRUCTION.sub("", text)))
    found: dict[str, Node] = {}
    try:
        for node, _ in stream_document(f"<All>{joined}</All>", lambda tag, _depth: tag in _PARTS, recover=True):
            found.setdefault(node.tag, node)
    except QuickBooksError:
        # Told already: this is the second reading of a text that the first one refused.
        return found
    return found
