"""What the ledger's lines beside the costs say of a job: what was billed, and what is held back (ACCOUNTING 25)."""

from collections.abc import Collection
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.names import fold

SALES = frozenset({"Invoice", "CreditMemo", "SalesReceipt"})
"""Documents that bill a customer."""

INCOME_ACCOUNTS = frozenset({"Income", "OtherIncome"})

ASSETS = frozenset({"AccountsReceivable", "Bank", "FixedAsset", "OtherAsset", "OtherCurrentAsset"})
LIABILITIES = frozenset({"AccountsPayable", "CreditCard", "LongTermLiability", "OtherCurrentLiability"})

RETAINAGE_WORDS = ("retain", "retention")
"""An asset or liability with one of them in its name holds retainage; Retained Earnings is neither, but equity."""


def billed(document: CostDocument) -> Decimal:
    """What a document bills, less what it credits: gross of retainage and without tax.

    Retainage posts to an asset and tax to a liability, so neither is income.
    """
    if document.deleted or document.txn_type not in SALES:
        return ZERO
    return total(-line.amount for line in document.lines if line.account_type in INCOME_ACCOUNTS)


def retainage(document: CostDocument, accounts: Collection[str] = ()) -> tuple[Decimal, Decimal]:
    """By how much a document raises what owners hold back from us, and what we hold back from subcontractors.

    `accounts` are folded FullNames of the accounts that hold retainage; without any they are known by their names.
    """
    if document.deleted:
        return ZERO, ZERO
    held = [line for line in document.lines if _holds(line, accounts)]
    receivable = total(line.amount for line in held if line.account_type in ASSETS)
    payable = total(-line.amount for line in held if line.account_type in LIABILITIES)
    return receivable, payable


def _holds(line: CostLine, accounts: Collection[str]) -> bool:
    name = fold(line.account)
    return name in accounts if accounts else any(word in name for word in RETAINAGE_WORDS)
