"""Estimates and purchase orders: what an Add or Mod does to head and lines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .about import default_markup, preference
from .amounts import extend, given, markup_of
from .book import Book
from .errors import QuickBooksError, invalid, missing_element
from .lists import kept_fields
from .nodes import Node, reference
from .state import Record, Txn, TxnLine
from .values import day

COST_TYPES = frozenset({"CostOfGoodsSold", "Expense", "OtherExpense"})
"""Account types whose postings are costs."""

_OWN_LINE = frozenset(
    [
        "ItemRef",
        "Desc",
        "Quantity",
        "Rate",
        "RatePercent",
        "Amount",
        "MarkupRate",
        "MarkupRatePercent",
        "CustomerRef",
        "OverrideItemAccountRef",
        "TxnLineID",
        "IsManuallyClosed",
        "OptionForPriceRuleConflict",
    ]
)
_OWN_HEAD = frozenset(
    [
        "TxnID",
        "EditSequence",
        "CustomerRef",
        "VendorRef",
        "TxnDate",
        "RefNumber",
        "Memo",
        "IsActive",
        "IsManuallyClosed",
        "CreateChangeOrder",
        "EstimateLineAdd",
        "EstimateLineMod",
        "EstimateLineGroupAdd",
        "EstimateLineGroupMod",
        "PurchaseOrderLineAdd",
        "PurchaseOrderLineMod",
        "PurchaseOrderLineGroupAdd",
        "PurchaseOrderLineGroupMod",
    ]
)


@dataclass(frozen=True)
class Form:
    """How one kind of document works: its element names, head reference, template and the item's side it uses."""

    kind: str
    head: str
    template: str
    feature: tuple[str, str]
    price: Callable[[Record], Decimal]
    describe: Callable[[Record], str]
    account: Callable[[Book, Record], str]

    @property
    def line(self) -> str:
        """Words for a line of this document in error texts."""
        return f"{self.kind} line"


def purchase_account(book: Book, item: Record) -> str:
    """Give the account that buying an item posts to; raises QuickBooksError 3210 for an item that is only sold."""
    if item.asset_id:
        return item.asset_id
    if item.two_sided:
        return item.expense_id
    if book.state.records[item.income_id].account_type in COST_TYPES:
        return item.income_id
    raise invalid(f'The item "{book.full_name(item.list_id)}" is not set up to be purchased.')


ESTIMATE = Form(
    kind="Estimate",
    head="CustomerRef",
    template="Custom Estimate",
    feature=("JobsAndEstimatesPreferences", "IsUsingEstimates"),
    price=lambda item: item.sales_price,
    describe=lambda item: item.sales_desc,
    account=lambda _book, item: item.income_id,
)
ORDER = Form(
    kind="PurchaseOrder",
    head="VendorRef",
    template="Custom Purchase Order",
    feature=("PurchasesAndVendorsPreferences", "IsUsingInventory"),
    price=lambda item: item.purchase_cost if item.two_sided else item.sales_price,
    describe=lambda item: item.purchase_desc if item.two_sided else item.sales_desc,
    account=purchase_account,
)


def new_txn(book: Book, kind: str, txn_date: date) -> Txn:
    """Begin a transaction; it is not in the file until `enter` puts it there."""
    stamp = book.stamp()
    return Txn(book.new_txn_id(), kind, stamp, stamp, stamp.epoch, 0, txn_date)


def enter(book: Book, txn: Txn) -> Txn:
    """Put a finished transaction into the file under the next number."""
    book.state.last_document_number += 1
    txn.number = book.state.last_document_number
    book.state.txns[txn.txn_id] = txn
    return txn


def add_document(book: Book, form: Form, request: Node) -> Txn:
    """Carry out EstimateAdd or PurchaseOrderAdd."""
    if preference(book, *form.feature) == "false":
        raise QuickBooksError(3250, f"This feature is not enabled or not available: {form.kind}.")
    head = request.child(form.head)
    if head is None:
        raise missing_element(form.head)
    txn = new_txn(book, form.kind, day(request.value("TxnDate")) or book.today())
    txn.entity_id = book.resolve(head, (form.head.removesuffix("Ref"),), form.kind).list_id
    template = book.named(("Template",), form.template)
    if template is not None:
        txn.fields["TemplateRef"] = [reference("TemplateRef", template.list_id, template.name)]
    if form is ORDER:
        txn.fields["ExpectedDate"] = [Node("ExpectedDate", txn.txn_date.isoformat())]
    txn.is_active = request.value("IsActive") != "false"
    apply_head(book, txn, request)
    lines = f"{form.kind}LineAdd"
    txn.lines = [new_line(book, form, one) for one in request.all(lines, f"{form.kind}LineGroupAdd")]
    return enter(book, txn)


def apply_head(book: Book, txn: Txn, request: Node) -> None:
    """Take over the head's elements that are given; an empty text clears its field."""
    if request.value("ExchangeRate"):
        raise QuickBooksError(3250, "This feature is not enabled or not available: multiple currencies.")
    if request.has("RefNumber"):
        txn.ref_number = request.value("RefNumber") or ""
    if request.has("Memo"):
        txn.memo = request.value("Memo") or ""
    for node in request.children:
        if node.name not in _OWN_HEAD:
            txn.fields.pop(node.name, None)
            txn.fields.pop(f"{node.name}Block", None)
    txn.fields.update(kept_fields(book, request, _OWN_HEAD, txn.kind))


def new_line(book: Book, form: Form, node: Node) -> TxnLine:
    """Make a line from a LineAdd or from a LineMod marked -1."""
    group_ref = node.child("ItemGroupRef")
    if group_ref is not None:
        book.resolve(group_ref, ("ItemGroup",), form.line)
    line = TxnLine(book.new_txn_id(), "text", Decimal(0))
    fill_line(book, form, line, node)
    return line


def fill_line(book: Book, form: Form, line: TxnLine, node: Node) -> None:
    """Take over a line's elements that are given; what is left out keeps its value, a new item brings its own."""
    new_item = _take_item(book, form, line, node)
    if node.has("Desc"):
        line.memo = node.value("Desc") or ""
    job = node.child("CustomerRef")
    if job is not None:
        cleared = not (job.value("ListID") or job.value("FullName"))
        line.job_id = "" if cleared else book.resolve(job, ("Customer",), form.line).list_id
    override = node.child("OverrideItemAccountRef")
    if override is not None:
        line.account_id = book.resolve(override, ("Account",), form.line).list_id
    for one in node.children:
        if one.name not in _OWN_LINE:
            line.fields.pop(one.name, None)
    if node.has("DataExt"):
        raise QuickBooksError(3121, "The owner id or the name of the data extension was not found.")
    line.fields.update(kept_fields(book, node, _OWN_LINE, form.line))
    if node.has("IsManuallyClosed"):
        line.is_closed = node.value("IsManuallyClosed") == "true"
    _take_amounts(book, form, line, node, new_item=new_item)


def _take_item(book: Book, form: Form, line: TxnLine, node: Node) -> bool:
    ref = node.child("ItemRef")
    if ref is None:
        return False
    item = book.resolve(ref, ("Item",), form.line, inactive=True)
    if item.list_id == line.item_id:
        return False
    if not item.is_active:
        book.resolve(ref, ("Item",), form.line)  # only a line that has the item already may keep an inactive one
    line.kind, line.item_id = "item", item.list_id
    line.account_id = form.account(book, item)
    line.memo = form.describe(item)
    line.quantity, line.rate, line.markup = None, None, None
    return True


def _take_amounts(book: Book, form: Form, line: TxnLine, node: Node, *, new_item: bool) -> None:
    quantity, rate, amount = (given(node, name) for name in ("Quantity", "Rate", "Amount"))
    if node.has("RatePercent"):
        raise invalid("A percentage rate is only allowed on items that are priced by percentage.")
    if not line.item_id:
        if any(one for one in (quantity, rate, amount)):
            raise invalid("A line with an amount must have an item.")
        return
    markup = markup_of(node, rate or line.rate)
    if form is ESTIMATE and markup is None and new_item:
        markup = default_markup(book) or None
    if not new_item and quantity is None and rate is None and amount is None and markup is None:
        return
    line.markup = line.markup if markup is None else markup
    done = extend(
        line.quantity if quantity is None else quantity,
        line.rate if rate is None else rate,
        amount,
        price=form.price(book.state.records[line.item_id]),
        markup=line.markup,
    )
    line.quantity, line.rate, line.amount = done.quantity, done.rate, done.amount


def total(txn: Txn) -> Decimal:
    """Give the sum of a document's line amounts in currency units."""
    return sum((one.amount for one in txn.lines), Decimal(0))


def is_fully_received(txn: Txn) -> bool:
    """Tell whether every line of an order has been billed in full."""
    items = [one for one in txn.lines if one.kind == "item"]
    return any(one.received for one in items) and all(one.received >= (one.quantity or Decimal(0)) for one in items)
