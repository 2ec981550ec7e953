"""Filling the company from replies of a real company file: customers and jobs, host, company and preferences."""

from datetime import datetime

from lxml import etree

from .book import HIERARCHIES, Book
from .lists import kinds_of
from .nodes import Node, quickbooks_text
from .state import Record, Stamp

_OWN = frozenset(
    ("ListID", "TimeCreated", "TimeModified", "EditSequence", "Name", "FullName", "IsActive", "ParentRef", "Sublevel")
)
_WALL = len("2024-01-31T12:00:00")


def read_reply(text: str) -> etree._Element:
    """Parse a reply document and give its QBXMLMsgsRs; raises ValueError when it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(text.encode("utf-8"), parser)
    found = root if root.tag == "QBXMLMsgsRs" else root.find("QBXMLMsgsRs")
    if found is None:
        raise ValueError("this is not a qbXML reply document: QBXMLMsgsRs is missing")
    return found


def node_of(element: etree._Element) -> Node:
    """Turn an element of a reply into a value."""
    children = tuple(node_of(one) for one in element)
    return Node(str(element.tag), "" if children else quickbooks_text(element.text or ""), children)


def load_customers(book: Book, text: str) -> int:
    """Add the customers and jobs of a CustomerQuery reply; gives their number."""
    pending = [node_of(one) for one in read_reply(text).iter("CustomerRet")]
    pending.sort(key=lambda one: int(one.value("Sublevel") or 0))  # parents before their jobs
    for node in pending:
        parent = node.child("ParentRef")
        record = Record(
            list_id=node.value("ListID") or "",
            kind="Customer",
            name=node.value("Name") or "",
            created=_stamp(node.value("TimeCreated")),
            modified=_stamp(node.value("TimeModified")),
            edit_sequence=int(node.value("EditSequence") or 0),
            parent_id=(parent.value("ListID") or "") if parent else "",
            is_active=node.value("IsActive") != "false",
        )
        for child in node.children:
            if child.name not in _OWN:
                record.fields.setdefault(child.name, []).append(child)
                _note_reference(book, child)
        book.put(record)
    return len(pending)


def _stamp(text: str | None) -> Stamp:
    shown = text or "1970-01-01T00:00:00+00:00"
    return Stamp(datetime.fromisoformat(shown[:_WALL]), shown, int(datetime.fromisoformat(shown).timestamp()))


def _note_reference(book: Book, node: Node) -> None:
    """Make sure that a record of a small list (terms, types, tax codes) exists to which a real record refers."""
    list_id, full_name = node.value("ListID"), node.value("FullName")
    if not (node.name.endswith("Ref") and list_id and full_name) or list_id in book.state.records:
        return
    kind = kinds_of(node.name)[0]
    parent_id = ""
    levels = full_name.split(":") if kind in HIERARCHIES else [full_name]
    for depth, name in enumerate(levels):
        found = book.holder(kind, parent_id, name)
        if found is None:
            stamp = book.stamp()
            last = depth == len(levels) - 1
            found = Record(
                list_id if last else book.new_list_id(), kind, name, stamp, stamp, stamp.epoch, parent_id=parent_id
            )
            book.put(found)
        parent_id = found.list_id


def load_company(book: Book, text: str) -> None:
    """Take what a real company file says of itself; sections that the reply lacks stay as they were."""
    reply = read_reply(text)
    for element in reply.iter("HostRet"):
        book.state.host = node_of(element)
    for element in reply.iter("CompanyRet"):
        book.state.company = node_of(element)
    for element in reply.iter("PreferencesRet"):
        book.state.preferences = node_of(element)
