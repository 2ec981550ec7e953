"""What is read of QuickBooks, in which pages and windows, and in which order among the writes."""

import datetime as dt

LIST_PAGE = 500
"""Records of a list per page: a page of 500 customers is about 1.5 MB, well below every known limit."""

TRANSACTION_PAGE = 200
"""Transactions with lines per page; the references advise 100 to 500."""

OVERLAP = dt.timedelta(minutes=65)
"""Reading windows start this long before the last change seen: an hour repeats in autumn, and clocks differ."""

COST_TYPES = (
    "Bill",
    "VendorCredit",
    "Check",
    "CreditCardCharge",
    "CreditCardCredit",
    "ItemReceipt",
    "JournalEntry",
    "Deposit",
    "InventoryAdjustment",
    "Invoice",
    "CreditMemo",
    "SalesReceipt",
)
"""Types whose posted lines are read one by one."""

PAYROLL_TYPES = ("Paycheck", "LiabilityAdjustment", "YTDAdjustment")
"""Types that are summed before anything is stored (ACCOUNTING 18)."""

DELETABLE_TYPES = COST_TYPES
"""Types asked of TxnDeletedQuery; paychecks are not among those QuickBooks remembers."""

LISTS_RANK, COSTS_RANK = 0, 99
"""Lists are read first, costs last; writes stand between, in dependency order."""
