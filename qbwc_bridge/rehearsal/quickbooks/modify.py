"""EstimateMod and PurchaseOrderMod: edit sequence, the list of lines, and what a received or closed order forbids."""

from copy import deepcopy
from decimal import Decimal

from .book import Book
from .documents import ORDER, Form, apply_head, fill_line, is_fully_received, new_line
from .errors import QuickBooksError, gone, not_modifiable
from .nodes import Node
from .state import Txn, TxnLine
from .values import day

NEW_LINE = "-1"
"""TxnLineID of a line that is to be added."""


def modify_document(book: Book, form: Form, request: Node) -> Txn:
    """Carry out EstimateMod or PurchaseOrderMod; on a refusal nothing has changed."""
    old = find(book, form.kind, request.value("TxnID") or "")
    if request.value("EditSequence") != str(old.edit_sequence):
        raise QuickBooksError(3200, f'The provided edit sequence "{request.value("EditSequence")}" is out-of-date.')
    txn = deepcopy(old)
    _change_head(book, form, txn, request)
    if request.value("CreateChangeOrder") == "true":
        raise QuickBooksError(3250, "This feature is not enabled or not available: change orders in estimates.")
    listed = list(request.all(f"{form.kind}LineMod", f"{form.kind}LineGroupMod"))
    if listed:
        txn.lines = _change_lines(book, form, txn, listed)
    if request.value("IsManuallyClosed") == "true":
        close(txn, closed=True)
    if form is ORDER:
        _check_order(old, txn)
    book.touch(txn)
    book.state.txns[txn.txn_id] = txn
    return txn


def find(book: Book, kind: str, txn_id: str) -> Txn:
    """Give the transaction of a kind by its TxnID; raises QuickBooksError 3120."""
    txn = book.state.txns.get(txn_id)
    if txn is None or txn.kind != kind:
        raise gone(txn_id)
    return txn


def _change_head(book: Book, form: Form, txn: Txn, request: Node) -> None:
    head = request.child(form.head)
    if head is not None:
        if not (head.value("ListID") or head.value("FullName")):
            raise QuickBooksError(3190, f'The element "{form.head}" cannot be cleared.')
        entity = book.resolve(head, (form.head.removesuffix("Ref"),), form.kind, inactive=True)
        if entity.list_id != txn.entity_id and txn.links:
            raise not_modifiable(form.kind, "Other transactions are linked to it.")
        txn.entity_id = entity.list_id
    if request.has("TxnDate"):
        given = day(request.value("TxnDate"))
        if given is None:
            raise QuickBooksError(3190, 'The element "TxnDate" cannot be cleared.')
        txn.txn_date = given
    apply_head(book, txn, request)
    if request.has("IsActive"):
        txn.is_active = request.value("IsActive") != "false"
    if request.value("IsManuallyClosed") == "false":
        close(txn, closed=False)


def close(txn: Txn, *, closed: bool) -> None:
    """Close an order with all its lines, or open it again; an order received in full does not open."""
    txn.is_closed = closed
    for line in txn.lines:
        line.is_closed = closed


def _change_lines(book: Book, form: Form, txn: Txn, listed: list[Node]) -> list[TxnLine]:
    """Give the lines the document has from now on: exactly the listed ones, in the order of the list."""
    old = {one.line_id: one for one in txn.lines}
    lines: list[TxnLine] = []
    for node in listed:
        line_id = node.value("TxnLineID") or ""
        if line_id == NEW_LINE:
            lines.append(new_line(book, form, node))
            continue
        line = old.pop(line_id, None)
        if line is None:
            raise gone(line_id)
        fill_line(book, form, line, node)
        lines.append(line)
    if any(one.received for one in old.values()):
        raise not_modifiable(form.kind, "A line that has been received or billed cannot be deleted.")
    return lines


def _check_order(old: Txn, txn: Txn) -> None:
    before = {one.line_id: one for one in old.lines}
    changed = {one.line_id: _substance(one) for one in txn.lines} != {one.line_id: _substance(one) for one in old.lines}
    if changed and old.is_closed and txn.is_closed:
        raise not_modifiable(txn.kind, "The purchase order is closed.")
    if changed and is_fully_received(old):
        raise not_modifiable(txn.kind, "The purchase order has been received in full.")
    for line in txn.lines:
        was = before.get(line.line_id)
        if was is None or not was.received:
            continue
        if (line.item_id, line.job_id) != (was.item_id, was.job_id):
            raise not_modifiable(txn.kind, "Item and job of a line that has been received cannot be changed.")
        if (line.quantity or Decimal(0)) < was.received:
            raise not_modifiable(txn.kind, "The quantity of a line cannot be less than what has been received.")
    if txn.lines and all(one.is_closed for one in txn.lines if one.kind == "item"):
        txn.is_closed = any(one.kind == "item" for one in txn.lines)
    elif txn.is_closed and any(not one.is_closed for one in txn.lines if one.kind == "item"):
        txn.is_closed = False


def _substance(line: TxnLine) -> tuple[object, ...]:
    return (line.item_id, line.job_id, line.memo, line.quantity, line.rate, line.amount)
