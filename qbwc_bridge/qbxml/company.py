"""Host, Company and Preferences replies as typed results, and the first answer of a session, which holds all three."""

import re
from collections.abc import Callable
from typing import TypeVar

from qbwc_bridge.domain.replies import CompanyRet, HostRet, PreferencesRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.elements import attribute, text_at
from qbwc_bridge.qbxml.parse import Element, parse_tree
from qbwc_bridge.qbxml.types import read_date, read_flag, read_number

_PARTS = ("HostRet", "CompanyRet", "PreferencesRet")
_INSTRUCTION = re.compile(r"<\?.*?\?>", re.DOTALL)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

Part = TypeVar("Part", HostRet, CompanyRet, PreferencesRet)
FirstAnswer = tuple[HostRet | None, CompanyRet | None, PreferencesRet | None, list[str]]


def host_ret(node: Element) -> HostRet:
    """Read a HostRet element."""
    return HostRet(
        product_name=text_at(node, "ProductName"),
        major_version=text_at(node, "MajorVersion"),
        country=text_at(node, "Country"),
        supported_versions=tuple(
            (version.text or "").strip() for version in node.iterchildren("SupportedQBXMLVersion")
        ),
        file_mode=text_at(node, "QBFileMode"),
    )


def company_ret(node: Element) -> CompanyRet:
    """Read a CompanyRet element; raises QuickBooksError when a date or boolean in it is none."""
    return CompanyRet(
        company_name=text_at(node, "CompanyName"),
        legal_name=text_at(node, "LegalCompanyName"),
        is_sample=bool(read_flag(text_at(node, "IsSampleCompany"))),
        accountant_copy=bool(read_flag(text_at(node, "AccountantCopy/AccountantCopyExists"))),
        dividing_date=read_date(text_at(node, "AccountantCopy/DividingDate")),
        data_ext=tuple(
            (text_at(extra, "OwnerID"), text_at(extra, "DataExtName"), text_at(extra, "DataExtValue"))
            for extra in node.iterchildren("DataExtRet")
        ),
    )


def preferences_ret(node: Element) -> PreferencesRet:
    """Read a PreferencesRet element. QuickBooks' one switch for inventory and purchase orders is IsUsingInventory."""
    return PreferencesRet(
        uses_estimates=read_flag(text_at(node, "JobsAndEstimatesPreferences/IsUsingEstimates")),
        uses_purchase_orders=read_flag(text_at(node, "PurchasesAndVendorsPreferences/IsUsingInventory")),
        uses_classes=read_flag(text_at(node, "AccountingPreferences/IsUsingClassTracking")),
        multi_currency=read_flag(text_at(node, "MultiCurrencyPreferences/IsMultiCurrencyOn")),
        closing_date=read_date(text_at(node, "AccountingPreferences/ClosingDate")),
        report_basis=text_at(node, "ReportsPreferences/SummaryReportBasis"),
        default_markup=read_number(text_at(node, "SalesAndCustomersPreferences/DefaultMarkup")),
        personal_data=read_flag(text_at(node, "CurrentAppAccessRights/IsPersonalDataAccessAllowed")),
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


def _typed(tag: str, nodes: dict[str, Element], problems: list[str], read: Callable[[Element], Part]) -> Part | None:
    try:
        return read(nodes[tag])
    except KeyError:
        problems.append(f"The Web Connector's first answer holds no {tag}.")
    except QuickBooksError as error:
        problems.append(f"The {tag} of the Web Connector's first answer cannot be read: {error}")
    return None


def _parts(text: str, problems: list[str]) -> dict[str, Element]:
    try:
        root = parse_tree(text)
    except QuickBooksError as error:
        problems.append(
            f"The Web Connector's first answer is not as it should be and was read as far as it goes: {error}"
        )
        return _rescued(text)
    for reply in root.iterfind("QBXMLMsgsRs/*"):
        status = attribute(reply, "statusCode") or "0"
        if status != "0":
            problems.append(f"{reply.tag} of the Web Connector's first answer has status {status[:10]}.")
    return {node.tag: node for node in root.iterfind("QBXMLMsgsRs/*/*")}


def _rescued(text: str) -> dict[str, Element]:
    """Read a malformed answer: several documents in a row, bare ampersands, control characters, a missing end.

    A part that was cut is left out: what is missing of it would count as not set.
    """
    joined = _BARE_AMPERSAND.sub("&amp;", _CONTROL.sub("", _INSTRUCTION.sub("", text)))
    try:
        root = parse_tree(f"<All>{joined}</All>", recover=True)
    except QuickBooksError:
        # Told already: this is the second reading of a text that the first one refused.
        return {}
    found: dict[str, Element] = {}
    for node in root.iter(*_PARTS):
        if f"</{node.tag}>" in joined:
            found.setdefault(node.tag, node)
    return found
