"""Entering a posting document; bills, credits, checks and card charges with their expense and item lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .about import preference
from .amounts import extend, given
from .book import Book
from .documents import enter, new_txn, purchase_account
from .errors import QuickBooksError, gone, invalid, missing_element
from .lists import kept_fields
from .modify import find
from .nodes import Node
from .posting import SALES
from .state import Txn, TxnLine
from .values import CENT, day, decimal, five

DEFAULT_DAYS = 10
"""Days until a bill is due when the preferences do not say."""
NOT_NEGATIVE = frozenset({"Bill", "ItemReceipt", "VendorCredit", "Check"}) | SALES
"""Documents whose total may not be below zero."""
_OWN_HEAD = frozenset(
    [
        "VendorRef",
        "APAccountRef",
        "TxnDate",
        "DueDate",
        "RefNumber",
        "Memo",
        "LinkToTxnID",
        "ExpenseLineAdd",
        "ItemLineAdd",
        "ItemGroupLineAdd",
    ]
)


@dataclass(frozen=True)
class Draft:
    """A posting document before it is entered: head account, payee, texts and dates."""

    kind: str
    entity_id: str
    account_id: str
    txn_date: date
    ref_number: str = ""
    memo: str = ""
    due_date: date | None = None
    class_id: str = ""
    is_pending: bool = False


def check_open(book: Book, txn_date: date) -> None:
    """Refuse a new posting document dated on or before the closing date."""
    if book.is_closed(txn_date):
        raise invalid("The transaction date is on or before the closing date of the company.")


def check_lines(kind: str, lines: Sequence[TxnLine]) -> None:
    """Refuse a document without lines, or with a total below zero where its kind may not have one."""
    if not lines:
        raise invalid("A transaction needs at least one line.")
    if kind in NOT_NEGATIVE and sum((one.amount for one in lines), Decimal(0)) < 0:
        raise invalid("The total of the transaction may not be negative.")


def due_date_of(book: Book, txn_date: date, given_date: date | None) -> date:
    """Give the day on which a bill is due: the given one, or some days after its date as the preferences say."""
    days = int(preference(book, "PurchasesAndVendorsPreferences", "DaysBillsAreDue") or DEFAULT_DAYS)
    return given_date or txn_date + timedelta(days=days)


def enter_posting(
    book: Book, draft: Draft, lines: Sequence[TxnLine], fields: dict[str, list[Node]] | None = None
) -> Txn:
    """Enter a posting document with its lines and take what comes from purchase orders as received."""
    if not draft.is_pending:
        check_open(book, draft.txn_date)
    check_lines(draft.kind, lines)
    txn = new_txn(book, draft.kind, draft.txn_date)
    txn.entity_id, txn.account_id = draft.entity_id, draft.account_id
    txn.ref_number, txn.memo = draft.ref_number, draft.memo
    txn.class_id, txn.is_pending = draft.class_id, draft.is_pending
    txn.lines = list(lines)
    txn.fields.update(fields or {})
    if draft.kind == "Bill":
        due = due_date_of(book, draft.txn_date, draft.due_date)
        txn.fields["DueDate"] = [Node("DueDate", due.isoformat())]
    enter(book, txn)
    receive(book, txn, Decimal(1))
    return txn


def receive(book: Book, txn: Txn, sign: Decimal) -> None:
    """Add (`sign` 1) or take back (-1) what a bill's lines have received on purchase orders, with the links.

    A pending document has received nothing yet.
    """
    if txn.is_pending:
        return
    touched: list[Txn] = []
    for line in txn.lines:
        order = book.state.txns.get(line.order_id)
        if order is None:
            continue
        target = next((one for one in order.lines if one.line_id == line.order_line_id), None)
        if target is not None:
            target.received = five(target.received + sign * (line.quantity or Decimal(0)))
        if order not in touched:
            touched.append(order)
    for order in touched:
        _link(order, txn.txn_id, linked=sign > 0)
        _link(txn, order.txn_id, linked=sign > 0)
        book.touch(order)


def _link(txn: Txn, other_id: str, *, linked: bool) -> None:
    if linked and other_id not in txn.links:
        txn.links.append(other_id)
    if not linked and other_id in txn.links:
        txn.links.remove(other_id)


def add_bill(book: Book, request: Node) -> Txn:
    """Carry out BillAdd."""
    vendor_ref, payable_ref = request.child("VendorRef"), request.child("APAccountRef")
    if vendor_ref is None:
        raise missing_element("VendorRef")
    vendor = book.resolve(vendor_ref, ("Vendor",), "Bill")
    payable = (
        book.resolve(payable_ref, ("Account",), "Bill").list_id if payable_ref else account_of(book, "AccountsPayable")
    )
    lines = [_request_line(book, one) for one in request.all("ExpenseLineAdd", "ItemLineAdd", "ItemGroupLineAdd")]
    for order_id in request.texts("LinkToTxnID"):
        lines += order_lines(book, find(book, "PurchaseOrder", order_id), vendor.list_id, None)
    draft = Draft(
        kind="Bill",
        entity_id=vendor.list_id,
        account_id=payable,
        txn_date=day(request.value("TxnDate")) or book.today(),
        ref_number=request.value("RefNumber") or "",
        memo=request.value("Memo") or "",
        due_date=day(request.value("DueDate")),
    )
    return enter_posting(book, draft, lines, kept_fields(book, request, _OWN_HEAD, "Bill"))


def account_of(book: Book, account_type: str) -> str:
    """Give the ListID of the first account of a type, such as AccountsPayable; raises QuickBooksError 3270."""
    found = next((one for one in book.state.records.values() if one.account_type == account_type), None)
    if found is None:
        raise QuickBooksError(3270, f"There is a missing posting account: {account_type}.")
    return found.list_id


def _request_line(book: Book, node: Node) -> TxnLine:
    group_ref = node.child("ItemGroupRef")
    if group_ref is not None:
        book.resolve(group_ref, ("ItemGroup",), "Bill line")
    if node.has("DataExt"):
        raise QuickBooksError(3121, "The owner id or the name of the data extension was not found.")
    link = node.child("LinkToTxn")
    if link is not None:
        return _linked_line(book, link, node)
    job_ref = node.child("CustomerRef")
    job_id = book.resolve(job_ref, ("Customer",), "Bill line").list_id if job_ref else ""
    class_ref = node.child("ClassRef")
    class_id = book.resolve(class_ref, ("Class",), "Bill line").list_id if class_ref else ""
    billable = node.value("BillableStatus") or ""
    if node.name == "ExpenseLineAdd":
        account = node.child("AccountRef")
        if account is None:
            raise missing_element("AccountRef")
        account_id = book.resolve(account, ("Account",), "Bill line").list_id
        amount = given(node, "Amount") or Decimal(0)
        memo = node.value("Memo") or ""
        line = expense_line(book, account_id, amount, job_id=job_id, memo=memo, billable=billable)
        line.class_id = class_id
        return line
    item = node.child("ItemRef")
    if item is None:
        raise missing_element("ItemRef")
    override = node.child("OverrideItemAccountRef")
    line = item_line(
        book,
        book.resolve(item, ("Item",), "Bill line").list_id,
        (given(node, "Quantity"), given(node, "Cost"), given(node, "Amount")),
        job_id=job_id,
        memo=node.value("Desc"),
    )
    line.billable, line.class_id = billable or ("Billable" if job_id else ""), class_id
    if override is not None:
        line.account_id = book.resolve(override, ("Account",), "Bill line").list_id
    return line


def _linked_line(book: Book, link: Node, node: Node) -> TxnLine:
    order = find(book, "PurchaseOrder", link.value("TxnID") or "")
    wanted = link.value("TxnLineID") or ""
    target = next((one for one in order.lines if one.line_id == wanted), None)
    if target is None:
        raise gone(wanted)
    amount, quantity = decimal(node.value("Amount")), decimal(node.value("Quantity"))
    if amount is None and quantity is not None:
        amount = extend(quantity, target.rate, None, price=Decimal(0), markup=None).amount
    return order_line(book, order, target, amount)


def expense_line(book: Book, account_id: str, amount: Decimal, *, job_id: str, memo: str, billable: str) -> TxnLine:
    """Make a line that posts to an account, without item."""
    line = TxnLine(book.new_txn_id(), "expense", amount, account_id=account_id, job_id=job_id, memo=memo)
    line.billable = billable or ("Billable" if job_id else "")
    return line


def item_line(
    book: Book,
    item_id: str,
    figures: tuple[Decimal | None, Decimal | None, Decimal | None],
    *,
    job_id: str,
    memo: str | None,
) -> TxnLine:
    """Make a line with an item that posts to the item's purchase account; `figures` are quantity, cost and amount."""
    item = book.state.records[item_id]
    price = item.purchase_cost if item.two_sided else item.sales_price
    done = extend(*figures, price=price, markup=None)
    return TxnLine(
        line_id=book.new_txn_id(),
        kind="item",
        amount=done.amount,
        item_id=item_id,
        account_id=purchase_account(book, item),
        job_id=job_id,
        memo=item.purchase_desc if memo is None else memo,
        quantity=done.quantity,
        rate=done.rate,
    )


def order_lines(book: Book, order: Txn, vendor_id: str, amounts: dict[str, Decimal] | None) -> list[TxnLine]:
    """Make the bill lines for an order: the given amount per TxnLineID, or all that is open on it when None."""
    if order.entity_id != vendor_id:
        raise invalid("The purchase order is of another vendor.")
    if order.is_closed:
        raise QuickBooksError(570, "The transaction cannot be linked: it is closed.")
    targets = {one.line_id: one for one in order.lines}
    if amounts is None:
        return [order_line(book, order, one, None) for one in order.lines if _is_open(one)]
    for line_id in amounts:
        if line_id not in targets:
            raise gone(line_id)
    return [order_line(book, order, targets[line_id], amount) for line_id, amount in amounts.items()]


def _is_open(line: TxnLine) -> bool:
    return line.kind == "item" and not line.is_closed and (line.quantity or Decimal(0)) > line.received


def order_line(book: Book, order: Txn, target: TxnLine, amount: Decimal | None) -> TxnLine:
    """Make the bill line that bills `amount` of an order's line, or all that is open on it."""
    ordered = target.quantity or Decimal(0)
    rate = target.rate or Decimal(0)
    open_quantity = ordered - target.received
    open_amount = target.amount if not target.received else (open_quantity * rate).quantize(CENT)
    billed = open_amount if amount is None else amount
    by_money = five(billed / rate) if rate else Decimal(0)
    received = open_quantity if billed == open_amount else by_money
    class_ref = next(iter(target.fields.get("ClassRef", ())), None)
    return TxnLine(
        line_id=book.new_txn_id(),
        kind="item",
        amount=billed,
        item_id=target.item_id,
        account_id=target.account_id,
        job_id=target.job_id,
        class_id=(class_ref.value("ListID") or "") if class_ref else "",
        memo=target.memo,
        quantity=received,
        rate=five(billed / received) if received else rate,
        billable="Billable" if target.job_id else "",
        order_id=order.txn_id,
        order_line_id=target.line_id,
    )
