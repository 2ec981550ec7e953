"""What the company says of itself: host, company and preferences, and the stamp of the Web Connector."""

from dataclasses import replace
from decimal import Decimal

from .book import Book
from .chart import CAPACITIES
from .nodes import Node, group, leaf


def host_reply(book: Book, request: Node) -> list[Node]:
    """Answer HostQuery; list capacities are added when they are asked for."""
    host = book.state.host
    wanted = request.child("IncludeListMetaData")
    if wanted is None or wanted.value("IncludeMaxCapacity") != "true":
        return [host]
    limits = (group(f"{name}MetaData", leaf("MaxCapacity", str(limit))) for name, limit in CAPACITIES)
    kept = (one for one in host.children if one.name != "ListMetaData")
    return [replace(host, children=(*kept, group("ListMetaData", *limits)))]


def company_reply(book: Book, request: Node) -> list[Node]:
    """Answer CompanyQuery; data extensions come only of the owners that OwnerID names."""
    owners = {one.upper() for one in request.texts("OwnerID")}
    company = book.state.company
    shown = (
        one for one in company.children if one.name != "DataExtRet" or (one.value("OwnerID") or "").upper() in owners
    )
    return [replace(company, children=tuple(shown))]


def stamp(book: Book, owner_id: str, name: str, value: str) -> None:
    """Write a private text of an owner into the company record, over an older one of that name."""
    company = book.state.company
    kept = [one for one in company.children if not (_is_extension(one, owner_id, name))]
    extension = group(
        "DataExtRet",
        leaf("OwnerID", owner_id),
        leaf("DataExtName", name),
        leaf("DataExtType", "STR255TYPE"),
        leaf("DataExtValue", value),
    )
    book.state.company = replace(company, children=(*kept, extension))


def _is_extension(node: Node, owner_id: str, name: str) -> bool:
    return (
        node.name == "DataExtRet"
        and (node.value("OwnerID") or "").upper() == owner_id.upper()
        and node.value("DataExtName") == name
    )


def preference(book: Book, section: str, name: str) -> str:
    """Give the text of one preference, empty when the file does not state it."""
    found = book.state.preferences.child(section)
    return (found.value(name) or "") if found else ""


def switch_on_classes(book: Book) -> None:
    """Turn class tracking on in the preferences, as a person does before the first class can be used."""
    preferences = book.state.preferences
    on = Node("IsUsingClassTracking", "true")

    def switched(section: Node) -> Node:
        if section.name != "AccountingPreferences":
            return section
        return replace(section, children=tuple(on if one.name == on.name else one for one in section.children))

    book.state.preferences = replace(preferences, children=tuple(switched(one) for one in preferences.children))


def default_markup(book: Book) -> Decimal:
    """Give the percentage that estimate lines carry unless they say otherwise."""
    return Decimal(preference(book, "SalesAndCustomersPreferences", "DefaultMarkup") or 0)


def versions(book: Book) -> tuple[str, ...]:
    """Give the qbXML versions this QuickBooks speaks."""
    return tuple(book.state.host.texts("SupportedQBXMLVersion"))
