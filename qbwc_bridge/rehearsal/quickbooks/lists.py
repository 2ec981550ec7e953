"""Records of lists: adding them with QuickBooks' rules for names, and changing them as on the screen."""

from collections.abc import Collection
from decimal import Decimal

from .book import ENTITY_KINDS, Book
from .errors import QuickBooksError, invalid, missing_element, not_found
from .nodes import Node, group, leaf, quickbooks_text
from .state import Deleted, Record
from .values import decimal

MAX_LEVELS = 5
NAME_LIMITS = {"Account": 31, "Class": 31, "Item": 31}
"""Longest names in characters; every other list takes 41."""
FULL_NAME_LIMITS = {"Customer": 209, "Account": 159, "Class": 159, "Item": 159}
DEFAULT_NAME_LIMIT = 41

REF_KINDS: dict[str, tuple[str, ...]] = {
    "ItemSalesTaxRef": ("SalesTaxItem",),
    "CustomerSalesTaxCodeRef": ("SalesTaxCode",),
    "PreferredPaymentMethodRef": ("PaymentMethod",),
    "APAccountRef": ("Account",),
    "IncomeAccountRef": ("Account",),
    "ExpenseAccountRef": ("Account",),
    "OverrideItemAccountRef": ("Account",),
    "PrefillAccountRef": ("Account",),
    "PrefVendorRef": ("Vendor",),
    "ShipToEntityRef": ENTITY_KINDS,
}
"""Lists that reference elements point into, where the element's name does not say it."""

PRINTED_ADDRESSES = frozenset({"BillAddress", "ShipAddress", "VendorAddress"})
"""Addresses to which QuickBooks adds the block it prints."""
BLOCK_LINES = 5
"""An address block has at most five lines."""

_OWN_ELEMENTS = frozenset({"Name", "IsActive", "ParentRef", "SalesOrPurchase", "SalesAndPurchase", "BarCode"})
_RENAMED_IN_REPLIES = {"Contacts": "ContactsRet", "AdditionalNotes": "AdditionalNotesRet"}


def kinds_of(element: str) -> tuple[str, ...]:
    """Give the lists into which a reference element points."""
    return REF_KINDS.get(element) or (element.removesuffix("Ref"),)


def add_record(book: Book, kind: str, name: str, *, parent: Record | None = None, is_active: bool = True) -> Record:
    """Add a record under QuickBooks' rules for names; raises QuickBooksError 3090, 3070, 3100 or 3130."""
    check_name(book, kind, name, parent)
    stamp = book.stamp()
    record = Record(
        list_id=book.new_list_id(),
        kind=kind,
        name=name,
        created=stamp,
        modified=stamp,
        edit_sequence=stamp.epoch,
        parent_id=parent.list_id if parent else "",
        is_active=is_active,
    )
    book.put(record)
    return record


def check_name(book: Book, kind: str, name: str, parent: Record | None) -> None:
    """Check a name that a record of `kind` under `parent` is to have."""
    if not name:
        raise missing_element("Name")
    if ":" in name or "\t" in name or "\n" in name:
        raise QuickBooksError(
            3090,
            f'There was an error when storing "{name}" in the "Name" field.  The name has a character not allowed.',
        )
    full_name = ":".join([*(book.path(parent) if parent else []), name])
    if len(name) > NAME_LIMITS.get(kind, DEFAULT_NAME_LIMIT) or len(full_name) > FULL_NAME_LIMITS.get(kind, 10_000):
        raise QuickBooksError(3070, f'The string "{name}" in the field "Name" is too long.')
    if parent and len(book.path(parent)) >= MAX_LEVELS:
        raise invalid(f"The {kind} list has no more than {MAX_LEVELS} levels.")
    if book.holder(kind, parent.list_id if parent else "", name):
        raise QuickBooksError(3100, f'The name "{name}" of the list element is already in use.')


def parent_of(book: Book, kind: str, ref: Node | None) -> Record | None:
    """Follow a ParentRef; raises QuickBooksError 3130 when it leads nowhere."""
    if ref is None:
        return None
    value = ref.value("ListID") or ref.value("FullName") or ""
    found = book.known((kind,), value)
    if found is None or not found.is_active:
        raise QuickBooksError(
            3130,
            f'There is an invalid reference to the parent "{value}" in the {kind} list.  QuickBooks error message: '
            "Invalid argument.  The specified record does not exist in the list.",
        )
    return found


def add_from_request(book: Book, form: Node, *, kind: str) -> Record:
    """Carry out CustomerAdd, VendorAdd or ItemServiceAdd: `form` is the checked element with the fields."""
    parent = parent_of(book, kind, form.child("ParentRef"))
    fields = kept_fields(book, form, _OWN_ELEMENTS, kind)
    item = _sides(book, form) if kind == "Item" else None
    record = add_record(
        book, kind, form.value("Name") or "", parent=parent, is_active=form.value("IsActive") != "false"
    )
    record.fields = fields
    if item:
        _apply_sides(record, item)
    return record


def kept_fields(book: Book, form: Node, own: frozenset[str], where: str) -> dict[str, list[Node]]:
    """Take over the elements that are only stored: references resolved, empty ones left out."""
    fields: dict[str, list[Node]] = {}
    for node in form.children:
        if node.name in own:
            continue
        if node.name.endswith("Ref") and node.name != "AdditionalContactRef":
            list_id = book.resolve(node, kinds_of(node.name), where).list_id
            kept = book.reference(node.name, list_id)
        else:
            kept = node if node.text or node.children else None
        if kept is not None:
            fields.setdefault(_RENAMED_IN_REPLIES.get(node.name, node.name), []).append(kept)
            if node.name in PRINTED_ADDRESSES:
                fields[f"{node.name}Block"] = [address_block(f"{node.name}Block", node)]
    _shape_notes_and_contacts(book, fields)
    return fields


def address_block(name: str, address: Node) -> Node:
    """Make the address as it is printed: street lines, then city, state and postal code, then the country."""
    lines = [one.text for one in address.children if one.name.startswith("Addr") and one.text]
    city, state, code = (address.value(one) or "" for one in ("City", "State", "PostalCode"))
    place = ", ".join(part for part in (city, f"{state} {code}".strip()) if part)
    lines += [one for one in (place, address.value("Country") or "") if one]
    return group(name, *(leaf(f"Addr{number}", text) for number, text in enumerate(lines[:BLOCK_LINES], start=1)))


def _shape_notes_and_contacts(book: Book, fields: dict[str, list[Node]]) -> None:
    """Give notes and contacts the parts that only QuickBooks knows: ids, dates, edit sequences."""
    if "AdditionalNotesRet" in fields:
        day = Node("Date", book.today().isoformat())
        fields["AdditionalNotesRet"] = [
            Node("AdditionalNotesRet", children=(Node("NoteID", str(number)), day, *one.children))
            for number, one in enumerate(fields["AdditionalNotesRet"])
        ]
    if "ContactsRet" in fields:
        stamp = book.stamp()
        fields["ContactsRet"] = [
            Node(
                "ContactsRet",
                children=(
                    Node("ListID", book.new_list_id()),
                    Node("TimeCreated", stamp.text),
                    Node("TimeModified", stamp.text),
                    Node("EditSequence", str(stamp.epoch)),
                    *one.children,
                ),
            )
            for one in fields["ContactsRet"]
        ]


def _sides(book: Book, form: Node) -> dict[str, object]:
    """Read the accounts, prices and descriptions of an item."""
    both = form.child("SalesAndPurchase")
    one = both or form.child("SalesOrPurchase") or Node("SalesOrPurchase")
    account = "IncomeAccountRef" if both else "AccountRef"
    income = one.child(account)
    expense = one.child("ExpenseAccountRef")
    if income is None or (both and expense is None):
        raise QuickBooksError(3270, "There is a missing posting account in the item.")
    preferred = one.child("PrefVendorRef")
    income_id = book.resolve(income, ("Account",), "Item").list_id
    return {
        "two_sided": both is not None,
        "income_id": income_id,
        "expense_id": book.resolve(expense, ("Account",), "Item").list_id if expense else "",
        "preferred_id": book.resolve(preferred, ("Vendor",), "Item").list_id if preferred else "",
        "sales_desc": one.value("SalesDesc") or one.value("Desc") or "",
        "purchase_desc": one.value("PurchaseDesc") or "",
        "sales_price": decimal(one.value("SalesPrice")) or decimal(one.value("Price")) or Decimal(0),
        "purchase_cost": decimal(one.value("PurchaseCost")) or Decimal(0),
    }


def _apply_sides(record: Record, sides: dict[str, object]) -> None:
    for name, value in sides.items():
        setattr(record, name, value)


def rename(book: Book, record: Record, name: str) -> None:
    """Give a record another name as on the screen; its ListID stays."""
    clean = quickbooks_text(name)
    if clean.casefold() != record.name.casefold():
        parent = book.state.records[record.parent_id] if record.parent_id else None
        check_name(book, record.kind, clean, parent)
    book.renamed(record, clean)
    book.touch(record)


def move(book: Book, record: Record, parent: Record | None) -> None:
    """Put a record below another one, or with None at the top, as by dragging it on the screen."""
    check_name(book, record.kind, record.name, parent)
    book.moved(record, parent.list_id if parent else "")
    book.touch(record)


def merge_record(book: Book, record: Record, into: Record) -> None:
    """Merge a record into another one of its list: everything that used it uses the other one.

    Unlike a deletion, a merge leaves no deletion record. What lies below the record moves below the other one.
    """
    if record.kind != into.kind or record is into:
        raise invalid("Only two records of one list can be merged.")
    for child in list(book.children(record)):
        move(book, child, into)
    book.replaced(record.list_id, into.list_id)
    book.drop(record)
    book.touch(into)


def set_active(book: Book, record: Record, *, active: bool) -> None:
    """Make a record active or inactive; what lies below it goes inactive with it."""
    record.is_active = active
    book.touch(record)
    if not active:
        for one in book.children(record):
            set_active(book, one, active=False)


def delete_record(book: Book, record: Record, used: Collection[str]) -> None:
    """Delete a record that nothing uses; `used` are ids in use. Raises QuickBooksError 3160 otherwise."""
    if record.list_id in used or any(True for _ in book.children(record)):
        raise QuickBooksError(3160, f'The object "{record.name}" cannot be deleted: it is in use.')
    kind = f"Item{record.item_type}" if record.kind == "Item" else record.kind
    label = book.full_name(record.list_id)
    book.state.deleted_records.append(Deleted(kind, record.list_id, record.created, book.stamp(), label))
    book.drop(record)


def require(book: Book, kinds: tuple[str, ...], name_or_id: str, where: str, *, inactive: bool = False) -> Record:
    """Find a record by ListID or FullName for a screen action; raises QuickBooksError 3140."""
    record = book.known(kinds, quickbooks_text(name_or_id))
    if record is None or not (record.is_active or inactive):
        raise not_found("Entity" if len(kinds) > 1 else kinds[0], name_or_id, where)
    return record
