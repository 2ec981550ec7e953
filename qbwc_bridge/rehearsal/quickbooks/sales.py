"""Invoices, credit memos and sales receipts: what their lines post to, and the sales tax."""

from decimal import Decimal

from .amounts import extend
from .book import Book
from .errors import QuickBooksError, invalid
from .lists import NAME_LIMITS, add_record
from .state import Record, TxnLine


def sales_line(book: Book, item_id: str, quantity: Decimal | None, amount: Decimal, *, memo: str | None) -> TxnLine:
    """Make a line of a sales document; it posts to the item's income account, whichever type that has.

    Raises QuickBooksError 3210 for an item that is kept in stock: this company adjusts its stock, it does not sell it.
    """
    item = book.state.records[item_id]
    if item.asset_id:
        raise invalid(f'The item "{book.full_name(item_id)}" is kept in stock and cannot be sold here.')
    done = extend(quantity, None, amount, price=item.sales_price, markup=None)
    return TxnLine(
        line_id=book.new_txn_id(),
        kind="item",
        amount=done.amount,
        item_id=item_id,
        account_id=item.income_id,
        memo=item.sales_desc if memo is None else memo,
        quantity=done.quantity,
        rate=done.rate,
    )


def charge_item(book: Book, account: Record) -> Record:
    """Give the other-charge item that posts to an account; it is made when there is none, named as the account."""
    for one in book.state.records.values():
        if one.kind == "Item" and one.item_type == "OtherCharge" and one.income_id == account.list_id:
            return one
    limit = NAME_LIMITS["Item"]
    name = account.name if book.holder("Item", "", account.name) is None else f"{account.name[: limit - 7]} charge"
    item = add_record(book, "Item", name)
    item.item_type, item.income_id = "OtherCharge", account.list_id
    return item


def tax_line(book: Book, amount: Decimal) -> TxnLine:
    """Make the sales tax of a document; raises QuickBooksError 3270 when the company has no account for it."""
    found = next((one for one in book.state.records.values() if one.special == "SalesTaxPayable"), None)
    if found is None:
        raise QuickBooksError(3270, "There is a missing posting account: sales tax payable.")
    return TxnLine(book.new_txn_id(), "tax", amount, account_id=found.list_id)
