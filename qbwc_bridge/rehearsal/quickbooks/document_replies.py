"""Reply elements of transactions: which kind is made where, what all have in common, estimates and orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from .book import Book
from .cost_replies import adjustment_reply, deposit_reply, journal_reply, purchase_reply, sales_reply
from .documents import is_fully_received, total
from .list_replies import Maker, amount_maker, assemble
from .nodes import Node, flag, group, leaf
from .order_documents import ESTIMATE_RET, ORDER_RET
from .posting import SALES
from .state import Txn, TxnLine
from .values import money, price, quantity


@dataclass(frozen=True)
class Parts:
    """What a query wants to see of a transaction, and the version of qbXML that it speaks."""

    lines: bool = True
    links: bool = False
    version: float = 16.0


_OTHERS = {"JournalEntry": journal_reply, "Deposit": deposit_reply, "InventoryAdjustment": adjustment_reply}


def txn_reply(book: Book, txn: Txn, parts: Parts, balances: Mapping[str, Decimal]) -> Node:
    """Make the reply element of a transaction; `balances` gives open balances by vendor."""
    made = _head(txn)
    fields = dict(txn.fields)
    if parts.links:
        fields["LinkedTxn"] = [_linked(book, txn, one) for one in txn.links]
    if txn.kind == "Estimate":
        return _estimate(book, txn, parts, made, fields)
    if txn.kind == "PurchaseOrder":
        return _order(book, txn, parts, made, fields)
    if txn.kind in SALES:
        return sales_reply(book, txn, made, fields, lines=parts.lines)
    if txn.kind in _OTHERS:
        return _OTHERS[txn.kind](book, txn, made, fields, lines=parts.lines)
    owed = balances.get(txn.entity_id, Decimal(0))
    return purchase_reply(book, txn, made, fields, lines=parts.lines, version=parts.version, owed=owed)


def _head(txn: Txn) -> dict[str, Maker]:
    return {
        "TxnID": lambda: Node("TxnID", txn.txn_id),
        "TimeCreated": lambda: Node("TimeCreated", txn.created.text),
        "TimeModified": lambda: Node("TimeModified", txn.modified.text),
        "EditSequence": lambda: Node("EditSequence", str(txn.edit_sequence)),
        "TxnNumber": lambda: Node("TxnNumber", str(txn.number)),
        "TxnDate": lambda: Node("TxnDate", txn.txn_date.isoformat()),
        "RefNumber": lambda: leaf("RefNumber", txn.ref_number),
        "Memo": lambda: leaf("Memo", txn.memo),
    }


def _linked(book: Book, txn: Txn, other_id: str) -> Node:
    other = book.state.txns[other_id]
    order, bill = (txn, other) if txn.kind == "PurchaseOrder" else (other, txn)
    count = sum((one.quantity or Decimal(0) for one in bill.lines if one.order_id == order.txn_id), Decimal(0))
    return group(
        "LinkedTxn",
        leaf("TxnID", other_id),
        leaf("TxnType", other.kind),
        leaf("TxnDate", other.txn_date.isoformat()),
        leaf("RefNumber", other.ref_number),
        leaf("LinkType", "QUANTYPE"),
        leaf("Amount", money(count)),
    )


def _estimate(book: Book, txn: Txn, parts: Parts, made: dict[str, Maker], fields: dict[str, list[Node]]) -> Node:
    made["CustomerRef"] = lambda: book.reference("CustomerRef", txn.entity_id)
    made["IsActive"] = lambda: flag("IsActive", txn.is_active)
    made["Subtotal"] = amount_maker("Subtotal", total(txn))
    made["SalesTaxTotal"] = amount_maker("SalesTaxTotal", Decimal(0))
    made["TotalAmount"] = amount_maker("TotalAmount", total(txn))
    if parts.lines:
        fields["EstimateLineRet"] = [_estimate_line(book, one) for one in txn.lines]
    return assemble("EstimateRet", ESTIMATE_RET, made, fields)


def _figures(line: TxnLine) -> tuple[Node | None, Node | None, Node | None]:
    if not line.item_id:
        return None, None, None
    return (
        leaf("Quantity", quantity(line.quantity or Decimal(0))),
        leaf("Rate", price(line.rate or Decimal(0))),
        leaf("Amount", money(line.amount)),
    )


def _first(line: TxnLine, name: str) -> Node | None:
    return next(iter(line.fields.get(name, ())), None)


def _estimate_line(book: Book, line: TxnLine) -> Node:
    count, rate, amount = _figures(line)
    return group(
        "EstimateLineRet",
        leaf("TxnLineID", line.line_id),
        book.reference("ItemRef", line.item_id),
        leaf("Desc", line.memo),
        count,
        _first(line, "UnitOfMeasure"),
        rate,
        _first(line, "ClassRef"),
        amount,
        _first(line, "SalesTaxCodeRef"),
        None if line.markup is None else leaf("MarkupRatePercent", price(line.markup)),
        _first(line, "Other1"),
        _first(line, "Other2"),
    )


def _order(book: Book, txn: Txn, parts: Parts, made: dict[str, Maker], fields: dict[str, list[Node]]) -> Node:
    made["VendorRef"] = lambda: book.reference("VendorRef", txn.entity_id)
    made["TotalAmount"] = amount_maker("TotalAmount", total(txn))
    made["IsManuallyClosed"] = lambda: flag("IsManuallyClosed", txn.is_closed)
    made["IsFullyReceived"] = lambda: flag("IsFullyReceived", is_fully_received(txn))
    if parts.lines:
        fields["PurchaseOrderLineRet"] = [_order_line(book, one) for one in txn.lines]
    return assemble("PurchaseOrderRet", ORDER_RET, made, fields)


def _order_line(book: Book, line: TxnLine) -> Node:
    count, rate, amount = _figures(line)
    is_item = bool(line.item_id)
    billed = line.received >= (line.quantity or Decimal(0)) and line.received != 0
    return group(
        "PurchaseOrderLineRet",
        leaf("TxnLineID", line.line_id),
        book.reference("ItemRef", line.item_id),
        _first(line, "ManufacturerPartNumber"),
        leaf("Desc", line.memo),
        count,
        _first(line, "UnitOfMeasure"),
        rate,
        _first(line, "ClassRef"),
        amount,
        book.reference("CustomerRef", line.job_id),
        _first(line, "ServiceDate"),
        leaf("ReceivedQuantity", quantity(line.received)) if is_item else None,
        leaf("UnbilledQuantity", "0") if is_item else None,
        flag("IsBilled", billed) if is_item else None,
        flag("IsManuallyClosed", line.is_closed),
        _first(line, "Other1"),
        _first(line, "Other2"),
    )
