"""The bookkeeper's desk, sales: invoices, credit memos and sales receipts for a job."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Required, TypedDict, Unpack

from .counter import DocumentDesk, Line, check_amount
from .errors import invalid
from .lists import require
from .nodes import quickbooks_text
from .purchases import Draft, account_of, enter_posting
from .sales import charge_item, sales_line, tax_line
from .state import TxnLine


class Sale(TypedDict, total=False):
    """What stands in the head of a sale beside its customer.

    `tax` is sales tax in currency units, `pending` keeps the document from posting.
    """

    txn_date: Required[date]
    ref_number: str
    memo: str
    tax: Decimal
    class_name: str
    pending: bool


class SalesDesk(DocumentDesk):
    """Screen actions that bill a customer. The customer or job stands in the head and counts for every line.

    A line with an item posts to the item's income account; one with an account posts there by an other-charge item,
    which is made when the account has none. Amounts are positive as printed; retainage withheld is a negative line on
    "Retainage Receivable".
    """

    def enter_invoice(self, customer: str, lines: Sequence[Line], **sale: Unpack[Sale]) -> str:
        """Enter an invoice; gives its TxnID."""
        return self._enter("Invoice", customer, lines, "", sale)

    def enter_credit_memo(self, customer: str, lines: Sequence[Line], **sale: Unpack[Sale]) -> str:
        """Enter a credit memo (positive amounts lower what was billed); gives its TxnID."""
        return self._enter("CreditMemo", customer, lines, "", sale)

    def enter_sales_receipt(
        self, customer: str, lines: Sequence[Line], *, account: str = "Undeposited Funds", **sale: Unpack[Sale]
    ) -> str:
        """Enter a sale paid at once, into `account`; gives its TxnID."""
        return self._enter("SalesReceipt", customer, lines, account, sale)

    def _enter(self, kind: str, customer: str, lines: Sequence[Line], paid_into: str, sale: Sale) -> str:
        with self._lock:
            account = paid_into or account_of(self._book, "AccountsReceivable")
            draft = Draft(
                kind=kind,
                entity_id=require(self._book, ("Customer",), customer, kind).list_id,
                account_id=require(self._book, ("Account",), account, kind).list_id,
                txn_date=sale["txn_date"],
                ref_number=quickbooks_text(sale.get("ref_number", "")),
                memo=quickbooks_text(sale.get("memo", "")),
                class_id=self._class(sale.get("class_name", "")),
                is_pending=sale.get("pending", False),
            )
            made = self._sales_lines(lines, sale.get("tax", Decimal(0)))
            return enter_posting(self._book, draft, made).txn_id

    def _sales_lines(self, lines: Sequence[Line], tax: Decimal) -> list[TxnLine]:
        made = [self._sales_line(one) for one in lines]
        if tax:
            check_amount(tax)
            made.append(tax_line(self._book, tax))
        return made

    def _sales_line(self, line: Line) -> TxnLine:
        if bool(line.item) == bool(line.account):
            raise invalid("A line needs an item or an account, and not both.")
        if line.job or line.billable:
            raise invalid("The customer or job of a sale stands in its head.")
        check_amount(line.amount)
        if line.account:
            item = charge_item(self._book, require(self._book, ("Account",), line.account, "line"))
        else:
            item = require(self._book, ("Item",), line.item, "line")
        memo = quickbooks_text(line.memo)
        made = sales_line(self._book, item.list_id, line.quantity, line.amount, memo=memo or None)
        made.class_id = self._class(line.class_name)
        return made
