"""Records of QuickBooks' lists as typed results: accounts, customers and jobs, vendors, items of every type."""

from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.domain.replies import ListRet, Node
from qbwc_bridge.qbxml.types import read_count, read_flag, read_moment

ITEM_TYPES = (
    "Service",
    "NonInventory",
    "OtherCharge",
    "Inventory",
    "InventoryAssembly",
    "FixedAsset",
    "Subtotal",
    "Discount",
    "Payment",
    "SalesTax",
    "SalesTaxGroup",
    "Group",
)
"""Types that ItemQuery returns (qbXML 13.0 schema)."""

LIST_RETS = frozenset({"AccountRet", "CustomerRet", "VendorRet", *(f"Item{name}Ret" for name in ITEM_TYPES)})


def list_ret(node: Node) -> ListRet:
    """Read a record of a list. Vendors and some items have no levels: their FullName is the Name.

    A one-sided item says one account and not which side it is on: it stands as the expense account, since the bridge
    asks items for nothing but costs; `two_sided` tells the difference.
    """
    name = node.value("Name")
    income, expense = _accounts(node)
    return ListRet(
        kind=node.tag.removesuffix("Ret"),
        list_id=node.value("ListID"),
        name=name,
        full_name=node.value("FullName", name),
        is_active=read_flag(node.value("IsActive")) is not False,
        edit_sequence=node.value("EditSequence"),
        time_modified=read_moment(node.value("TimeModified")),
        parent=ref(node, "ParentRef"),
        sublevel=read_count(node.value("Sublevel")),
        account_type=node.value("AccountType"),
        income_account=income,
        expense_account=expense,
        two_sided=income is not None and expense is not None,
        source=node,
    )


def ref(node: Node, path: str) -> Ref | None:
    """Read a reference; None where it is absent or empty."""
    found = node.first(path)
    if found is None:
        return None
    read = Ref(found.value("ListID"), found.value("FullName"))
    return read if read.list_id or read.full_name else None


def _accounts(node: Node) -> tuple[Ref | None, Ref | None]:
    """Income and expense account: of a two-sided item, of a stock item (cost of goods sold), of a one-sided item."""
    for income, expense in (
        ("SalesAndPurchase/IncomeAccountRef", "SalesAndPurchase/ExpenseAccountRef"),
        ("IncomeAccountRef", "COGSAccountRef"),
        ("", "SalesOrPurchase/AccountRef"),
    ):
        found = (ref(node, income) if income else None, ref(node, expense))
        if any(found):
            return found
    return None, None
