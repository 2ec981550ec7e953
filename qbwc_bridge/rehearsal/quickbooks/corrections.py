"""The bookkeeper's desk, corrections: edit, void and delete documents, close orders."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

from .counter import JournalLine, Line, PaycheckLine
from .documents import ORDER
from .errors import QuickBooksError, gone, invalid
from .lists import require
from .modify import find, modify_document
from .nodes import Node, group, leaf, quickbooks_text
from .posting import NON_POSTING, SALES, posts
from .purchases import check_lines, check_open, receive
from .recoding import recoded
from .sales_desk import SalesDesk
from .state import Deleted, Txn, TxnLine
from .stock_desk import StockDesk
from .values import money

PURCHASES = frozenset(
    {"Bill", "ItemReceipt", "VendorCredit", "Check", "CreditCardCharge", "CreditCardCredit", "Deposit"}
)
"""Documents that `edit_bill` changes."""


class CorrectionDesk(SalesDesk, StockDesk):
    """Screen actions that change what has been entered."""

    def edit_bill(
        self,
        txn_id: str,
        *,
        lines: Sequence[Line] | None = None,
        txn_date: date | None = None,
        memo: str | None = None,
        ref_number: str | None = None,
    ) -> None:
        """Change a bill, receipt, check, charge, credit or deposit; new lines replace all old ones and their links."""
        with self._lock:
            txn = self._of(txn_id, PURCHASES)
            self._write(txn, None if lines is None else self._lines(lines), txn_date, memo, ref_number)

    def edit_invoice(
        self,
        txn_id: str,
        *,
        lines: Sequence[Line] | None = None,
        tax: Decimal | None = None,
        customer: str | None = None,
        txn_date: date | None = None,
        memo: str | None = None,
        ref_number: str | None = None,
    ) -> None:
        """Change an invoice, credit memo or sales receipt; new lines replace all old ones, the tax stays as it was.

        `tax` in currency units replaces the sales tax, `customer` puts the document under another customer or job.
        """
        with self._lock:
            txn = self._of(txn_id, SALES)
            old_tax = sum((one.amount for one in txn.lines if one.kind == "tax"), Decimal(0))
            replaced: list[TxnLine] | None = None
            if lines is not None or tax is not None:
                kept = [one for one in txn.lines if one.kind != "tax"]
                taxed = self._sales_lines([], old_tax if tax is None else tax)
                replaced = [*(kept if lines is None else self._sales_lines(lines, Decimal(0))), *taxed]
            entity = require(self._book, ("Customer",), customer, txn.kind).list_id if customer else txn.entity_id
            self._write(txn, replaced, txn_date, memo, ref_number)
            txn.entity_id = entity

    def edit_journal(
        self,
        txn_id: str,
        *,
        lines: Sequence[JournalLine] | None = None,
        txn_date: date | None = None,
        ref_number: str | None = None,
    ) -> None:
        """Change a journal entry; new lines replace all old ones and must balance."""
        with self._lock:
            txn = self._of(txn_id, {"JournalEntry"})
            self._write(txn, None if lines is None else self._journal_lines(lines), txn_date, None, ref_number)

    def edit_paycheck(
        self,
        txn_id: str,
        *,
        lines: Sequence[PaycheckLine] | None = None,
        txn_date: date | None = None,
        withheld: Decimal | None = None,
    ) -> None:
        """Correct a paycheck; new earnings replace the old ones, with what is withheld of them."""
        with self._lock:
            txn = self._of(txn_id, {"Paycheck"})
            self._write(txn, None if lines is None else self._wages(lines, withheld), txn_date, None, None)

    def redate(self, txn_id: str, txn_date: date) -> None:
        """Give a posting document of any kind another date."""
        with self._lock:
            txn = self._open_txn(txn_id)
            if txn.kind in NON_POSTING:
                raise gone(txn_id)
            self._write(txn, None, txn_date, None, None)

    def recode(
        self, txn_id: str, *, item: str | None = None, job: str | None = None, line_ids: Collection[str] = ()
    ) -> None:
        """Put lines of a posting document of any kind under another item or job; amounts and dates stay.

        `line_ids` chooses lines by TxnLineID; without it `item` means all that have an item, `job` all that have a job.
        The job of a sale or a stock adjustment stands in its head. A line that moves leaves its purchase order.
        """
        with self._lock:
            txn = self._open_txn(txn_id)
            if txn.kind in NON_POSTING:
                raise gone(txn_id)
            moved = recoded(
                self._book,
                txn,
                require(self._book, ("Item",), item, "line") if item else None,
                require(self._book, ("Customer",), job, "line") if job else None,
                line_ids,
            )
            leaves_order = any(new.order_id != old.order_id for new, old in zip(moved.lines, txn.lines, strict=True))
            if leaves_order:
                receive(self._book, txn, Decimal(-1))
            txn.entity_id, txn.lines = moved.entity_id, moved.lines
            if leaves_order:
                receive(self._book, txn, Decimal(1))
            self._book.touch(txn)

    def post_pending(self, txn_id: str) -> None:
        """Mark a pending document as final: from now on it posts."""
        with self._lock:
            txn = self._open_txn(txn_id)
            if not txn.is_pending:
                raise invalid("The transaction is not pending.")
            check_open(self._book, txn.txn_date)
            txn.is_pending = False
            receive(self._book, txn, Decimal(1))
            self._book.touch(txn)

    def _of(self, txn_id: str, kinds: Collection[str]) -> Txn:
        txn = self._open_txn(txn_id)
        if txn.kind not in kinds:
            raise gone(txn_id)
        return txn

    def _write(
        self, txn: Txn, lines: list[TxnLine] | None, txn_date: date | None, memo: str | None, ref_number: str | None
    ) -> None:
        """Give a document other lines, date, memo or number; None leaves each as it is. Refusals change nothing."""
        if txn_date is not None and not txn.is_pending and self._book.is_closed(txn_date):
            raise self._closed(txn)
        if lines is not None:
            check_lines(txn.kind, lines)
            receive(self._book, txn, Decimal(-1))
            txn.lines = lines
        txn.txn_date = txn_date or txn.txn_date
        txn.memo = txn.memo if memo is None else quickbooks_text(memo)
        txn.ref_number = txn.ref_number if ref_number is None else quickbooks_text(ref_number)
        self._book.touch(txn)

    def edit_order(
        self,
        txn_id: str,
        *,
        amounts: Mapping[str, Decimal] | None = None,
        descriptions: Mapping[str, str] | None = None,
        added: Sequence[Line] = (),
        removed: Sequence[str] = (),
        vendor: str | None = None,
        memo: str | None = None,
        ref_number: str | None = None,
    ) -> None:
        """Change a purchase order by hand: amounts and descriptions by TxnLineID, lines added and removed, head."""
        with self._lock:
            order = find(self._book, "PurchaseOrder", txn_id)
            new_amounts, texts = amounts or {}, descriptions or {}
            known = {one.line_id for one in order.lines}
            for one in (*new_amounts, *texts, *removed):
                if one not in known:
                    raise gone(one)
            kept = [
                group(
                    "PurchaseOrderLineMod",
                    Node("TxnLineID", one.line_id),
                    Node("Desc", quickbooks_text(texts[one.line_id])) if one.line_id in texts else None,
                    # An order by money (rate 1) stays one: a person changes its quantity along with the amount.
                    Node("Quantity", money(new_amounts[one.line_id]))
                    if one.line_id in new_amounts and one.rate == 1
                    else None,
                    Node("Amount", money(new_amounts[one.line_id])) if one.line_id in new_amounts else None,
                )
                for one in order.lines
                if one.line_id not in removed
            ]
            head = [
                self._ref("VendorRef", ("Vendor",), vendor) if vendor else None,
                None if ref_number is None else Node("RefNumber", quickbooks_text(ref_number)),
                None if memo is None else Node("Memo", quickbooks_text(memo)),
            ]
            lines = [*kept, *(self._typed_line(one) for one in added)]
            self._mod(order, *head, *(lines if amounts or texts or added or removed else []))

    def _typed_line(self, line: Line) -> Node:
        return group(
            "PurchaseOrderLineMod",
            Node("TxnLineID", "-1"),
            self._ref("ItemRef", ("Item",), line.item),
            leaf("Desc", quickbooks_text(line.memo)),
            None if line.quantity is None else Node("Quantity", str(line.quantity)),
            Node("Amount", money(line.amount)),
            self._ref("CustomerRef", ("Customer",), line.job) if line.job else None,
        )

    def _ref(self, element: str, kinds: tuple[str, ...], name: str) -> Node:
        record = require(self._book, kinds, name, "PurchaseOrder")
        return Node(element, children=(Node("ListID", record.list_id),))

    def _mod(self, order: Txn, *elements: Node | None) -> None:
        head = (Node("TxnID", order.txn_id), Node("EditSequence", str(order.edit_sequence)))
        modify_document(self._book, ORDER, group("PurchaseOrderMod", *head, *elements))

    def close_order(self, txn_id: str) -> None:
        """Close a purchase order by hand."""
        with self._lock:
            self._mod(find(self._book, "PurchaseOrder", txn_id), Node("IsManuallyClosed", "true"))

    def reopen_order(self, txn_id: str) -> None:
        """Open an order that was closed by hand."""
        with self._lock:
            self._mod(find(self._book, "PurchaseOrder", txn_id), Node("IsManuallyClosed", "false"))

    def void(self, txn_id: str) -> None:
        """Void a posting document: it stays with zero amounts; raises QuickBooksError 3185 for orders and estimates."""
        with self._lock:
            txn = self._open_txn(txn_id)
            if txn.kind in NON_POSTING:
                raise QuickBooksError(3185, f"A {txn.kind} cannot be voided.")
            receive(self._book, txn, Decimal(-1))
            for line in txn.lines:
                line.amount = Decimal(0)
                line.quantity = None if line.quantity is None else Decimal(0)
                line.order_id = line.order_line_id = ""
            txn.memo = f"VOID: {txn.memo}" if txn.memo else "VOID:"
            txn.is_void = True
            self._book.touch(txn)

    def delete(self, txn_id: str) -> None:
        """Delete a document; TxnDeletedQuery tells of it for 90 days, but has no word for paychecks."""
        with self._lock:
            txn = self._book.state.txns.get(txn_id)
            if txn is None:
                raise gone(txn_id)
            if posts(txn) and self._book.is_closed(txn.txn_date):
                raise QuickBooksError(3161, f"The {txn.kind} cannot be deleted: its date is in the closed period.")
            if txn.kind == "PurchaseOrder" and txn.links:
                raise QuickBooksError(
                    3160, "The purchase order cannot be deleted: other transactions are linked to it."
                )
            receive(self._book, txn, Decimal(-1))
            del self._book.state.txns[txn_id]
            deleted = Deleted(txn.kind, txn.txn_id, txn.created, self._book.stamp(), txn.ref_number)
            self._book.state.deleted_txns.append(deleted)

    def _open_txn(self, txn_id: str) -> Txn:
        txn = self._book.state.txns.get(txn_id)
        if txn is None:
            raise gone(txn_id)
        if posts(txn) and self._book.is_closed(txn.txn_date):
            raise self._closed(txn)
        return txn

    @staticmethod
    def _closed(txn: Txn) -> QuickBooksError:
        return QuickBooksError(
            3171, f"An attempt was made to modify a {txn.kind} with a date on or before the company's closing date."
        )
