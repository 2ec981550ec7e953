"""Reply elements of lists: AccountRet, ClassRet, CustomerRet, EmployeeRet, OtherNameRet, VendorRet, and items."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from .book import Book
from .nodes import Node, flag, group, leaf
from .order_lists import (
    ACCOUNT_RET,
    CLASS_RET,
    CUSTOMER_RET,
    EMPLOYEE_RET,
    ITEM_INVENTORY_RET,
    ITEM_OTHER_CHARGE_RET,
    ITEM_SERVICE_RET,
    OTHER_NAME_RET,
    VENDOR_RET,
)
from .state import Record
from .values import money, price

Maker = Callable[[], Node | None]

NAMES_ONLY = {"Class": CLASS_RET, "Employee": EMPLOYEE_RET, "OtherName": OTHER_NAME_RET}
"""Lists without accounts and balances."""


def assemble(name: str, order: Sequence[str], made: Mapping[str, Maker], fields: Mapping[str, list[Node]]) -> Node:
    """Put a reply element together in schema order: computed elements first choice, stored ones else."""
    children: list[Node] = []
    for element in order:
        if element in made:
            node = made[element]()
            if node is not None:
                children.append(node)
        elif element in fields:
            children.extend(fields[element])
    return Node(name, children=tuple(children))


def _head(book: Book, record: Record) -> dict[str, Maker]:
    return {
        "ListID": lambda: Node("ListID", record.list_id),
        "TimeCreated": lambda: Node("TimeCreated", record.created.text),
        "TimeModified": lambda: Node("TimeModified", record.modified.text),
        "EditSequence": lambda: Node("EditSequence", str(record.edit_sequence)),
        "Name": lambda: Node("Name", record.name),
        "FullName": lambda: Node("FullName", book.full_name(record.list_id)),
        "IsActive": lambda: flag("IsActive", record.is_active),
        "ParentRef": lambda: book.reference("ParentRef", record.parent_id),
        "Sublevel": lambda: Node("Sublevel", str(len(book.path(record)) - 1)),
    }


Balances = Mapping[str, Decimal]


def record_reply(book: Book, record: Record, balances: Balances) -> Node:
    """Make the reply element of a record; `balances` gives open balances in currency units by ListID."""
    made = _head(book, record)
    balance = balances.get(record.list_id, Decimal(0))
    if record.kind == "Account":
        total = sum((balances.get(one, Decimal(0)) for one in book.family(record)), Decimal(0))
        made["AccountType"] = lambda: Node("AccountType", record.account_type)
        made["SpecialAccountType"] = lambda: leaf("SpecialAccountType", record.special)
        made["Balance"] = lambda: Node("Balance", money(balance))
        made["TotalBalance"] = lambda: Node("TotalBalance", money(total))
        return assemble("AccountRet", ACCOUNT_RET, made, record.fields)
    if record.kind == "Item":
        return _item(book, record, made)
    if record.kind == "Customer":
        whole = sum((balances.get(one, Decimal(0)) for one in book.family(record)), Decimal(0)) if balances else balance
        for name, value in (("Balance", balance), ("TotalBalance", whole)):
            if name not in record.fields:
                made[name] = amount_maker(name, value)
        if "JobStatus" not in record.fields:
            made["JobStatus"] = lambda: Node("JobStatus", "None")
        return assemble("CustomerRet", CUSTOMER_RET, made, record.fields)
    if record.kind in NAMES_ONLY:
        return assemble(f"{record.kind}Ret", NAMES_ONLY[record.kind], made, record.fields)
    made["Balance"] = amount_maker("Balance", balance)
    return assemble("VendorRet", VENDOR_RET, made, record.fields)


def amount_maker(name: str, value: Decimal) -> Maker:
    """Give what makes an element with an amount in currency units."""
    return lambda: Node(name, money(value))


def _item(book: Book, record: Record, made: dict[str, Maker]) -> Node:
    if record.item_type == "Inventory":
        made["SalesDesc"] = lambda: leaf("SalesDesc", record.sales_desc)
        made["SalesPrice"] = lambda: leaf("SalesPrice", price(record.sales_price))
        made["IncomeAccountRef"] = lambda: book.reference("IncomeAccountRef", record.income_id)
        made["PurchaseDesc"] = lambda: leaf("PurchaseDesc", record.purchase_desc)
        made["PurchaseCost"] = lambda: leaf("PurchaseCost", price(record.purchase_cost))
        made["COGSAccountRef"] = lambda: book.reference("COGSAccountRef", record.expense_id)
        made["AssetAccountRef"] = lambda: book.reference("AssetAccountRef", record.asset_id)
        return assemble("ItemInventoryRet", ITEM_INVENTORY_RET, made, record.fields)
    made["SalesOrPurchase"] = lambda: None if record.two_sided else _one_side(book, record)
    made["SalesAndPurchase"] = lambda: _both_sides(book, record) if record.two_sided else None
    order = ITEM_SERVICE_RET if record.item_type == "Service" else ITEM_OTHER_CHARGE_RET
    return assemble(f"Item{record.item_type}Ret", order, made, record.fields)


def _one_side(book: Book, record: Record) -> Node:
    return group(
        "SalesOrPurchase",
        leaf("Desc", record.sales_desc),
        leaf("Price", price(record.sales_price)),
        book.reference("AccountRef", record.income_id),
    )


def _both_sides(book: Book, record: Record) -> Node:
    return group(
        "SalesAndPurchase",
        leaf("SalesDesc", record.sales_desc),
        leaf("SalesPrice", price(record.sales_price)),
        book.reference("IncomeAccountRef", record.income_id),
        leaf("PurchaseDesc", record.purchase_desc),
        leaf("PurchaseCost", price(record.purchase_cost)),
        book.reference("ExpenseAccountRef", record.expense_id),
        book.reference("PrefVendorRef", record.preferred_id),
    )
