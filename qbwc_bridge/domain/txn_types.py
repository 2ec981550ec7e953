"""Transaction types: QuickBooks' own words in qbXML, those of its reports, and what a bookkeeper calls them."""

import re
from collections.abc import Mapping

from qbwc_bridge.domain.names import compact

PAYROLL = "Paycheck"
"""Type of the summed payroll documents."""

_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""A type without words of its own is told by the parts of its name: TransferInventory, transfer inventory."""

_CALLED: Mapping[str, str] = {
    "Bill": "bill",
    "BuildAssembly": "assembly build",
    "Check": "check",
    "CreditCardCharge": "card charge",
    "CreditCardCredit": "card credit",
    "CreditMemo": "credit memo",
    "Deposit": "deposit",
    "InventoryAdjustment": "inventory adjustment",
    "Invoice": "invoice",
    "ItemReceipt": "item receipt",
    "JournalEntry": "journal entry",
    "LiabilityAdjustment": "liability adjustment",
    PAYROLL: "payroll",
    "PayrollLiabilityCheck": "payroll liability check",
    "SalesReceipt": "sales receipt",
    "SalesTaxPaymentCheck": "sales tax payment",
    "Transfer": "transfer",
    "VendorCredit": "vendor credit",
    "YTDAdjustment": "year-to-date adjustment",
}
"""Types that can post to an account of job cost, or to another account of a job."""

TXN_TYPES = tuple(_CALLED)
"""The types that a person may name, in qbXML's words."""

_IN_REPORTS = {
    "General Journal": "JournalEntry",
    "Journal": "JournalEntry",
    "Bill Credit": "VendorCredit",
    "Credit": "VendorCredit",
    "Credit Card Charge": "CreditCardCharge",
    "Credit Card Credit": "CreditCardCredit",
    "Item Receipt": "ItemReceipt",
    "Inventory Adjust": "InventoryAdjustment",
    "Credit Memo": "CreditMemo",
    "Sales Receipt": "SalesReceipt",
}
"""Words of reports by qbXML's words; the others are the same in both."""

_BY_WORD = {
    **{compact(word): in_qbxml for word, in_qbxml in _IN_REPORTS.items()},
    **{compact(called): in_qbxml for in_qbxml, called in _CALLED.items()},
    **{compact(in_qbxml): in_qbxml for in_qbxml in _CALLED},
}


def txn_type(text: str) -> str:
    """Give a transaction type of a report in qbXML's words."""
    return _IN_REPORTS.get(text, text.replace(" ", ""))


def called_type(txn_type: str) -> str:
    """Name a transaction type as a bookkeeper does: card charge, journal entry, bill."""
    return _CALLED.get(txn_type) or _INNER_CAPITAL.sub(" ", txn_type).lower()


def known_type(text: str) -> str:
    """Find the type, in qbXML's words, of what a person typed in any of these words; empty where none is meant."""
    word = compact(text)
    return _BY_WORD.get(word) or _BY_WORD.get(word.removesuffix("s")) or ""
