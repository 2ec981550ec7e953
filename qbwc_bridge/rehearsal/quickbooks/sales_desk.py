"""The bookkeeper's desk, sales: invoices, credit memos and sales receipts for a job."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from .counter import DocumentDesk, Line, check_amount
from .errors import invalid
from .lists import require
from .nodes import quickbooks_text
from .purchases import Draft, account_of, enter_posting
from .sales import charge_item, sales_line, tax_line
from .state import TxnLine


class SalesDesk(DocumentDesk):
    """Screen actions that bill a customer. The customer or job stands in the head and counts for every line.

    A line with an item posts to the item's income account; one with an account posts there by an other-charge item,
    which is made when the account has none. Amounts are positive as printed; retainage withheld is a negative line on
    "Retainage Receivable". `tax` is sales tax in currency units, `pending` keeps the document from posting.
    """

    def enter_invoice(
        self,
        customer: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str = "",
        memo: str = "",
        tax: Decimal = Decimal(0),
        class_name: str = "",
        pending: bool = False,
    ) -> str:
        """Enter an invoice; gives its TxnID."""
        with self._lock:
            account = account_of(self._book, "AccountsReceivable")
            draft = self._sale(
                "Invoice",
                customer,
                account,
                txn_date=txn_date,
                ref_number=ref_number,
                memo=memo,
                class_name=class_name,
                pending=pending,
            )
            return enter_posting(self._book, draft, self._sales_lines(lines, tax)).txn_id

    def enter_credit_memo(
        self,
        customer: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str = "",
        memo: str = "",
        tax: Decimal = Decimal(0),
        class_name: str = "",
        pending: bool = False,
    ) -> str:
        """Enter a credit memo (positive amounts lower what was billed); gives its TxnID."""
        with self._lock:
            account = account_of(self._book, "AccountsReceivable")
            draft = self._sale(
                "CreditMemo",
                customer,
                account,
                txn_date=txn_date,
                ref_number=ref_number,
                memo=memo,
                class_name=class_name,
                pending=pending,
            )
            return enter_posting(self._book, draft, self._sales_lines(lines, tax)).txn_id

    def enter_sales_receipt(
        self,
        customer: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        ref_number: str = "",
        memo: str = "",
        tax: Decimal = Decimal(0),
        class_name: str = "",
        pending: bool = False,
        account: str = "Undeposited Funds",
    ) -> str:
        """Enter a sale paid at once, into `account`; gives its TxnID."""
        with self._lock:
            draft = self._sale(
                "SalesReceipt",
                customer,
                account,
                txn_date=txn_date,
                ref_number=ref_number,
                memo=memo,
                class_name=class_name,
                pending=pending,
            )
            return enter_posting(self._book, draft, self._sales_lines(lines, tax)).txn_id

    def _sale(
        self,
        kind: str,
        customer: str,
        account: str,
        *,
        txn_date: date,
        ref_number: str,
        memo: str,
        class_name: str,
        pending: bool,
    ) -> Draft:
        return Draft(
            kind=kind,
            entity_id=require(self._book, ("Customer",), customer, kind).list_id,
            account_id=require(self._book, ("Account",), account, kind).list_id,
            txn_date=txn_date,
            ref_number=quickbooks_text(ref_number),
            memo=quickbooks_text(memo),
            class_id=self._class(class_name),
            is_pending=pending,
        )

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
