"""The posting ledger: every transaction as rows of debits and credits that always balance."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .book import Book
from .state import ZERO, Txn, TxnLine

HEAD_SIGNS: dict[str, int] = {
    "Bill": -1,
    "ItemReceipt": -1,
    "VendorCredit": 1,
    "Check": -1,
    "CreditCardCharge": -1,
    "CreditCardCredit": 1,
    "Deposit": 1,
    "Paycheck": -1,
    "Invoice": 1,
    "CreditMemo": -1,
    "SalesReceipt": 1,
    "InventoryAdjustment": -1,
    "PurchaseOrder": -1,
    "Estimate": 1,
}
"""Side of the head's account: 1 is a debit, -1 a credit; the lines stand on the other side."""
CREDIT_LINES = frozenset({"credit", "withheld"})
"""Lines that stand on the credit side although the document's lines are debits."""
NON_POSTING = frozenset({"PurchaseOrder", "Estimate"})
SALES = frozenset({"Invoice", "CreditMemo", "SalesReceipt"})
PAYABLES = {"Bill": 1, "ItemReceipt": 1, "VendorCredit": -1}
"""Documents of vendors that raise (1) or lower (-1) what is owed to them."""
RECEIVABLES = {"Invoice": 1, "CreditMemo": -1}
"""Documents of customers that raise (1) or lower (-1) what they owe."""
DEBIT_NATURE = frozenset(
    [
        "Bank",
        "AccountsReceivable",
        "OtherCurrentAsset",
        "FixedAsset",
        "OtherAsset",
        "CostOfGoodsSold",
        "Expense",
        "OtherExpense",
        "NonPosting",
    ]
)
"""Account types whose reports show a debit as a positive amount."""


@dataclass(frozen=True)
class Row:
    """One row of the ledger. `value` is in currency units, positive for a debit. The head's row has no line."""

    txn: Txn
    line: TxnLine | None
    account_id: str
    name_id: str
    source_id: str
    value: Decimal

    @property
    def memo(self) -> str:
        """The line's memo, on the head's row the document's."""
        return self.txn.memo if self.line is None else self.line.memo

    @property
    def class_id(self) -> str:
        """The line's class, on the head's row the document's."""
        return self.txn.class_id if self.line is None else self.line.class_id


def posts(txn: Txn) -> bool:
    """Tell whether a transaction posts: orders and estimates never do, a pending document does not yet."""
    return not txn.is_pending and txn.kind not in NON_POSTING


def in_order(txn: Txn) -> tuple[date, int]:
    """Give the place of a transaction in reports and replies: by date, then in the order of entry."""
    return (txn.txn_date, txn.number)


def rows_of(txn: Txn, non_posting: dict[str, str]) -> Iterator[Row]:
    """Give the rows of a transaction, head first; `non_posting` gives the account of orders and estimates by kind."""
    if txn.kind == "JournalEntry":
        source = next((one.job_id for one in txn.lines if one.job_id), "")
        for line in txn.lines:
            value = -line.amount if line.kind in CREDIT_LINES else line.amount
            yield Row(txn, line, line.account_id, line.job_id, source, value)
        return
    sign = HEAD_SIGNS[txn.kind]
    head_account = non_posting.get(txn.kind, txn.account_id)
    yield Row(txn, None, head_account, txn.entity_id, txn.entity_id, sign * net(txn))
    for line in txn.lines:
        if not line.account_id:
            continue
        value = line.amount if line.kind not in CREDIT_LINES else -line.amount
        yield Row(txn, line, line.account_id, line.job_id or txn.entity_id, txn.entity_id, -sign * value)


def net(txn: Txn) -> Decimal:
    """Give what the head's account gets: the lines' sum, on a paycheck less what is withheld."""
    return sum((-one.amount if one.kind == "withheld" else one.amount for one in txn.lines), ZERO)


def job_of(book: Book, row: Row) -> str:
    """Give the full name of the customer or job on a row; empty when its name is none."""
    found = book.state.records.get(row.name_id)
    return book.full_name(found.list_id) if found is not None and found.kind == "Customer" else ""


def ledger(book: Book, txns: Iterable[Txn] | None = None) -> Iterator[Row]:
    """Give all rows of the given transactions (all of the file by default) by date, then number."""
    accounts = non_posting_accounts(book)
    chosen = book.state.txns.values() if txns is None else txns
    for txn in sorted(chosen, key=in_order):
        yield from rows_of(txn, accounts)


def non_posting_accounts(book: Book) -> dict[str, str]:
    """Give the accounts that hold orders and estimates, by kind of document."""
    special = {"PurchaseOrders": "PurchaseOrder", "Estimates": "Estimate"}
    return {
        special[one.special]: one.list_id
        for one in book.state.records.values()
        if one.kind == "Account" and one.special in special
    }


def posted(book: Book) -> Iterator[Row]:
    """Give the rows that post: all but those of orders, estimates and pending documents."""
    return ledger(book, (one for one in book.state.txns.values() if posts(one)))


def account_balances(book: Book) -> dict[str, Decimal]:
    """Give the balances of accounts in currency units by ListID, by the account's nature."""
    sums: dict[str, Decimal] = {}
    for txn in book.state.txns.values():
        if posts(txn):
            for row in rows_of(txn, {}):
                sums[row.account_id] = sums.get(row.account_id, ZERO) + row.value
    return {
        one: value if book.state.records[one].account_type in DEBIT_NATURE else -value for one, value in sums.items()
    }


def name_balances(book: Book, sides: Mapping[str, int], only: Collection[str] | None = None) -> dict[str, Decimal]:
    """Give what is owed to vendors or by customers, in currency units by ListID, from the heads of their documents.

    `only` are the ListIDs that matter; None means all.
    """
    sums: dict[str, Decimal] = {}
    for txn in book.state.txns.values():
        side = sides.get(txn.kind)
        if side is not None and not txn.is_pending and (only is None or txn.entity_id in only):
            sums[txn.entity_id] = sums.get(txn.entity_id, ZERO) + side * net(txn)
    return sums
