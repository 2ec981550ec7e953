"""The bookkeeper's desk, goods: item receipts, their bills, and adjustments of stock for a job."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from .counter import DocumentDesk, Line, check_amount
from .errors import invalid
from .lists import require
from .modify import find
from .nodes import Node, quickbooks_text
from .purchases import Draft, check_open, due_date_of, enter_posting
from .state import TxnLine
from .values import five


class StockDesk(DocumentDesk):
    """Screen actions on goods: what came without a bill yet, and what left the stock."""

    def enter_item_receipt(
        self, vendor: str, lines: Sequence[Line], *, txn_date: date, ref_number: str = "", memo: str = ""
    ) -> str:
        """Enter goods received without a bill; the cost posts already now. Gives the TxnID."""
        with self._lock:
            draft = self._vendor_draft("ItemReceipt", vendor, txn_date, ref_number=ref_number, memo=memo)
            return enter_posting(self._book, draft, self._lines(lines)).txn_id

    def enter_item_receipt_on_order(
        self,
        order_txn_id: str,
        amounts: Mapping[str, Decimal] | None = None,
        *,
        txn_date: date,
        ref_number: str = "",
        lines: Sequence[Line] = (),
    ) -> str:
        """Enter goods received on a purchase order; gives the TxnID. Parameters are those of `enter_bill_on_order`."""
        with self._lock:
            return self._on_order("ItemReceipt", order_txn_id, amounts, lines, txn_date=txn_date, ref_number=ref_number)

    def bill_receipt(
        self,
        txn_id: str,
        *,
        txn_date: date | None = None,
        ref_number: str | None = None,
        memo: str | None = None,
        due_date: date | None = None,
    ) -> None:
        """Turn an item receipt into its bill: the same TxnID and lines under another type, modified now."""
        with self._lock:
            txn = find(self._book, "ItemReceipt", txn_id)
            check_open(self._book, txn.txn_date)
            check_open(self._book, txn_date or txn.txn_date)
            txn.kind = "Bill"
            txn.txn_date = txn_date or txn.txn_date
            txn.ref_number = txn.ref_number if ref_number is None else quickbooks_text(ref_number)
            txn.memo = txn.memo if memo is None else quickbooks_text(memo)
            due = due_date_of(self._book, txn.txn_date, due_date)
            txn.fields["DueDate"] = [Node("DueDate", due.isoformat())]
            self._book.touch(txn)

    def enter_inventory_adjustment(
        self,
        account: str,
        lines: Sequence[Line],
        *,
        txn_date: date,
        customer: str = "",
        ref_number: str = "",
        memo: str = "",
        class_name: str = "",
    ) -> str:
        """Adjust the stock; gives the TxnID.

        A line is an inventory item with the change of its value as amount: negative takes goods out, and then `account`
        (with `customer`, a job, as its name) gets the cost. Without quantity the item's cost tells how many.
        """
        with self._lock:
            kind = "InventoryAdjustment"
            draft = Draft(
                kind=kind,
                entity_id=require(self._book, ("Customer",), customer, kind).list_id if customer else "",
                account_id=require(self._book, ("Account",), account, kind).list_id,
                txn_date=txn_date,
                ref_number=quickbooks_text(ref_number),
                memo=quickbooks_text(memo),
                class_id=self._class(class_name),
            )
            return enter_posting(self._book, draft, [self._stock_line(one) for one in lines]).txn_id

    def _stock_line(self, line: Line) -> TxnLine:
        item = require(self._book, ("Item",), line.item, "InventoryAdjustment line")
        if not item.asset_id:
            raise invalid(f'The item "{line.item}" is not kept in stock.')
        if line.account or line.job or line.class_name or line.memo:
            raise invalid("Account, job, class and memo of an adjustment stand in its head.")
        check_amount(line.amount)
        count = line.quantity
        if count is None:
            count = five(line.amount / item.purchase_cost) if item.purchase_cost else Decimal(0)
        made = TxnLine(self._book.new_txn_id(), "item", line.amount, item_id=item.list_id, account_id=item.asset_id)
        made.quantity = count
        return made
