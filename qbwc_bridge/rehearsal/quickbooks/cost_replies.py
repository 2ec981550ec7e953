"""Reply elements of documents that carry cost: bills, receipts, credits, checks, charges, journals, deposits, stock."""

from collections.abc import Mapping
from decimal import Decimal

from .book import Book
from .list_replies import Maker, amount_maker, assemble
from .nodes import Node, flag, group, leaf
from .order_costs import RETS
from .order_documents import BILL_RET
from .posting import CREDIT_LINES, net
from .state import ZERO, Txn, TxnLine
from .values import money, price, quantity

Fields = dict[str, list[Node]]

_TOTALS = {
    "Bill": "AmountDue",
    "ItemReceipt": "TotalAmount",
    "VendorCredit": "CreditAmount",
    "Check": "Amount",
    "CreditCardCharge": "Amount",
    "CreditCardCredit": "Amount",
}
"""What the element of the document's total is called."""
_PENDING_SINCE = 16.0
"""Version of qbXML that tells of pending bills and checks."""


def purchase_reply(
    book: Book, txn: Txn, made: dict[str, Maker], fields: Fields, *, lines: bool, version: float, owed: Decimal
) -> Node:
    """Make the reply element of a bill, receipt, credit, check or charge; `owed` is the vendor's whole balance."""
    total = net(txn)
    made[_TOTALS[txn.kind]] = amount_maker(_TOTALS[txn.kind], total)
    if txn.kind in {"Bill", "ItemReceipt", "VendorCredit"}:
        made["VendorRef"] = lambda: book.reference("VendorRef", txn.entity_id)
        made["APAccountRef"] = lambda: book.reference("APAccountRef", txn.account_id)
        made["IsPaid"] = lambda: flag("IsPaid", total == 0)
        # What Intuit's own sample replies show as open is the vendor's whole balance, not the rest of this bill.
        made["OpenAmount"] = amount_maker("OpenAmount", owed if txn.kind == "Bill" else total)
    else:
        made["AccountRef"] = lambda: book.reference("AccountRef", txn.account_id)
        made["PayeeEntityRef"] = lambda: book.reference("PayeeEntityRef", txn.entity_id)
    if version >= _PENDING_SINCE:
        made["IsPending"] = lambda: flag("IsPending", txn.is_pending)
    if lines:
        fields["ExpenseLineRet"] = [_expense_line(book, one) for one in txn.lines if one.kind == "expense"]
        fields["ItemLineRet"] = [_item_line(book, one) for one in txn.lines if one.kind == "item"]
    return assemble(f"{txn.kind}Ret", BILL_RET if txn.kind == "Bill" else RETS[txn.kind], made, fields)


def _expense_line(book: Book, line: TxnLine) -> Node:
    return group(
        "ExpenseLineRet",
        leaf("TxnLineID", line.line_id),
        book.reference("AccountRef", line.account_id),
        leaf("Amount", money(line.amount)),
        leaf("Memo", line.memo),
        book.reference("CustomerRef", line.job_id),
        book.reference("ClassRef", line.class_id),
        leaf("BillableStatus", line.billable),
    )


def _item_line(book: Book, line: TxnLine) -> Node:
    return group(
        "ItemLineRet",
        leaf("TxnLineID", line.line_id),
        book.reference("ItemRef", line.item_id),
        leaf("Desc", line.memo),
        leaf("Quantity", quantity(line.quantity or ZERO)),
        leaf("Cost", price(line.rate or ZERO)),
        leaf("Amount", money(line.amount)),
        book.reference("CustomerRef", line.job_id),
        book.reference("ClassRef", line.class_id),
        leaf("BillableStatus", line.billable),
    )


def journal_reply(book: Book, txn: Txn, made: dict[str, Maker], fields: Fields, *, lines: bool) -> Node:
    """Make a JournalEntryRet; debit and credit lines stand in the order of the form."""
    made["IsAdjustment"] = lambda: flag("IsAdjustment", value=False)
    if lines:
        fields["Lines"] = [_journal_line(book, one) for one in txn.lines]
    return assemble("JournalEntryRet", RETS["JournalEntry"], made, fields)


def _journal_line(book: Book, line: TxnLine) -> Node:
    return group(
        "JournalCreditLine" if line.kind in CREDIT_LINES else "JournalDebitLine",
        leaf("TxnLineID", line.line_id),
        book.reference("AccountRef", line.account_id),
        leaf("Amount", money(line.amount)),
        leaf("Memo", line.memo),
        book.reference("EntityRef", line.job_id),
        book.reference("ClassRef", line.class_id),
    )


def deposit_reply(book: Book, txn: Txn, made: dict[str, Maker], fields: Fields, *, lines: bool) -> Node:
    """Make a DepositRet; a line without a name of its own shows the payee."""
    made["DepositToAccountRef"] = lambda: book.reference("DepositToAccountRef", txn.account_id)
    made["DepositTotal"] = amount_maker("DepositTotal", net(txn))
    if lines:
        fields["DepositLineRet"] = [
            group(
                "DepositLineRet",
                leaf("TxnLineID", one.line_id),
                book.reference("EntityRef", one.job_id or txn.entity_id),
                book.reference("AccountRef", one.account_id),
                leaf("Memo", one.memo),
                book.reference("ClassRef", one.class_id),
                leaf("Amount", money(one.amount)),
            )
            for one in txn.lines
        ]
    return assemble("DepositRet", RETS["Deposit"], made, fields)


def adjustment_reply(book: Book, txn: Txn, made: dict[str, Maker], fields: Fields, *, lines: bool) -> Node:
    """Make an InventoryAdjustmentRet: the account that took the value, the job, and what each item gained or lost."""
    made["AccountRef"] = lambda: book.reference("AccountRef", txn.account_id)
    made["CustomerRef"] = lambda: book.reference("CustomerRef", txn.entity_id)
    made["ClassRef"] = lambda: book.reference("ClassRef", txn.class_id)
    if lines:
        fields["InventoryAdjustmentLineRet"] = [
            group(
                "InventoryAdjustmentLineRet",
                leaf("TxnLineID", one.line_id),
                book.reference("ItemRef", one.item_id),
                leaf("QuantityDifference", quantity(one.quantity or ZERO)),
                leaf("ValueDifference", money(one.amount)),
            )
            for one in txn.lines
        ]
    return assemble("InventoryAdjustmentRet", RETS["InventoryAdjustment"], made, fields)


def sales_reply(book: Book, txn: Txn, made: dict[str, Maker], fields: Fields, *, lines: bool) -> Node:
    """Make the reply element of an invoice, credit memo or sales receipt; nothing is ever paid on them here."""
    tax = sum((one.amount for one in txn.lines if one.kind == "tax"), ZERO)
    total = net(txn)
    amounts: Mapping[str, Decimal] = {
        "Subtotal": total - tax,
        "SalesTaxTotal": tax,
        "TotalAmount": total,
        "AppliedAmount": ZERO,
        "BalanceRemaining": total,
        "CreditRemaining": total,
    }
    made.update({name: amount_maker(name, value) for name, value in amounts.items()})
    made["CustomerRef"] = lambda: book.reference("CustomerRef", txn.entity_id)
    made["ClassRef"] = lambda: book.reference("ClassRef", txn.class_id)
    made["IsPending"] = lambda: flag("IsPending", txn.is_pending)
    made["IsFinanceCharge"] = lambda: flag("IsFinanceCharge", value=False)
    made["IsPaid"] = lambda: flag("IsPaid", total == 0)
    account = "DepositToAccountRef" if txn.kind == "SalesReceipt" else "ARAccountRef"
    made[account] = lambda: book.reference(account, txn.account_id)
    if lines:
        element = f"{txn.kind}LineRet"
        fields[element] = [_sales_line(book, element, one) for one in txn.lines if one.kind != "tax"]
    return assemble(f"{txn.kind}Ret", RETS[txn.kind], made, fields)


def _sales_line(book: Book, element: str, line: TxnLine) -> Node:
    return group(
        element,
        leaf("TxnLineID", line.line_id),
        book.reference("ItemRef", line.item_id),
        leaf("Desc", line.memo),
        leaf("Quantity", quantity(line.quantity or ZERO)),
        leaf("Rate", price(line.rate or ZERO)),
        book.reference("ClassRef", line.class_id),
        leaf("Amount", money(line.amount)),
    )
