"""Records of QuickBooks' lists as typed results: accounts, classes, customers and jobs, names, items of every type."""

from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.domain.replies import ListDeletedRet, ListRet
from qbwc_bridge.qbxml.elements import fields
from qbwc_bridge.qbxml.parse import Element
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

LIST_RETS = frozenset(
    {
        *("AccountRet", "ClassRet", "CustomerRet", "EmployeeRet", "OtherNameRet", "VendorRet"),
        *(f"Item{name}Ret" for name in ITEM_TYPES),
    }
)

_TEXTS = ("ListID", "Name", "FullName", "IsActive", "EditSequence", "TimeModified", "Sublevel", "AccountType")
_REFS = ("ParentRef",)
_DELETED_TEXTS = ("ListDelType", "ListID", "TimeDeleted")


def list_ret(node: Element) -> ListRet:
    """Read a record of a list. Vendors and some items have no levels: their FullName is the Name.

    A one-sided item says one account and not which side it is on: it stands as the expense account, since the bridge
    asks items for nothing but costs; `two_sided` tells the difference.
    """
    found, refs = fields(node, _TEXTS, _REFS)
    name = found.get("Name", "")
    income, expense = _accounts(node) if node.tag.startswith("Item") else (None, None)
    return ListRet(
        kind=node.tag.removesuffix("Ret"),
        list_id=found.get("ListID", ""),
        name=name,
        full_name=found.get("FullName", name),
        is_active=read_flag(found.get("IsActive", "")) is not False,
        edit_sequence=found.get("EditSequence", ""),
        time_modified=read_moment(found.get("TimeModified", "")),
        parent=refs.get("ParentRef"),
        sublevel=read_count(found.get("Sublevel", "")),
        account_type=found.get("AccountType", ""),
        income_account=income,
        expense_account=expense,
        two_sided=income is not None and expense is not None,
    )


def list_deleted_ret(node: Element) -> ListDeletedRet:
    """Read a deletion record of a list; the name, which may be a person's, is passed over."""
    found, _ = fields(node, _DELETED_TEXTS)
    return ListDeletedRet(
        list_type=found.get("ListDelType", ""),
        list_id=found.get("ListID", ""),
        time_deleted=read_moment(found.get("TimeDeleted", "")),
    )


def _accounts(node: Element) -> tuple[Ref | None, Ref | None]:
    """Income and expense account: of a two-sided item, of a stock item (cost of goods sold), of a one-sided item."""
    for path, income, expense in (
        ("SalesAndPurchase", "IncomeAccountRef", "ExpenseAccountRef"),
        (".", "IncomeAccountRef", "COGSAccountRef"),
        ("SalesOrPurchase", "IncomeAccountRef", "AccountRef"),
    ):
        part = node.find(path)
        refs = {} if part is None else fields(part, (), (income, expense))[1]
        if refs:
            return refs.get(income), refs.get(expense)
    return None, None
