"""The posting ledger: every transaction as rows of debits and credits that always balance."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from .book import Book
from .documents import total
from .state import Txn, TxnLine

HEAD_SIGNS: dict[str, int] = {
    "Bill": -1,
    "VendorCredit": 1,
    "Check": -1,
    "CreditCardCharge": -1,
    "CreditCardCredit": 1,
    "Deposit": 1,
    "Paycheck": -1,
    "PurchaseOrder": -1,
    "Estimate": 1,
}
"""Side of the head's account: 1 is a debit, -1 a credit; the lines stand on the other side."""
CREDIT_LINES = frozenset({"credit", "withheld"})
"""Lines that stand on the credit side although the document's lines are debits."""
NON_POSTING = frozenset({"PurchaseOrder", "Estimate"})
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
    withheld = sum((one.amount for one in txn.lines if one.kind == "withheld"), Decimal(0))
    return total(txn) - 2 * withheld


def ledger(book: Book, txns: Iterable[Txn] | None = None) -> Iterator[Row]:
    """Give all rows of the given transactions (all of the file by default) by date, then number."""
    accounts = non_posting_accounts(book)
    chosen = book.state.txns.values() if txns is None else txns
    for txn in sorted(chosen, key=lambda one: (one.txn_date, one.number)):
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
    """Give the rows that post: all but those of orders and estimates."""
    return ledger(book, (one for one in book.state.txns.values() if one.kind not in NON_POSTING))


def balances(book: Book) -> dict[str, Decimal]:
    """Give balances in currency units by ListID: accounts by their nature, vendors by what is owed to them."""
    sums: dict[str, Decimal] = {}
    for row in posted(book):
        account = book.state.records[row.account_id]
        value = row.value if account.account_type in DEBIT_NATURE else -row.value
        sums[row.account_id] = sums.get(row.account_id, Decimal(0)) + value
        if account.account_type == "AccountsPayable" and row.line is None:
            sums[row.name_id] = sums.get(row.name_id, Decimal(0)) - row.value
    return sums
