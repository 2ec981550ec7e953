"""Estimates, purchase orders, bills and deletion records as typed results."""

from qbwc_bridge.domain.replies import LineRet, Node, TxnDeletedRet, TxnRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.lists import ref
from qbwc_bridge.qbxml.types import read_amount, read_date, read_flag, read_moment, read_number

TXN_RETS = frozenset({"EstimateRet", "PurchaseOrderRet", "BillRet"})

_PARTY = {"EstimateRet": "CustomerRef"}
_TOTAL = {"BillRet": "AmountDue"}
_LINES = frozenset({"EstimateLineRet", "PurchaseOrderLineRet", "ExpenseLineRet", "ItemLineRet"})
_GROUPS = frozenset({"EstimateLineGroupRet", "PurchaseOrderLineGroupRet", "ItemGroupLineRet"})
"""A group repeats the sum of the lines inside it, so only those are read (qbXML 13.0 schema)."""


def txn_ret(node: Node) -> TxnRet:
    """Read a document with its lines in order, those inside groups included.

    Amounts are in the document's currency, which is the company's, as files with several currencies are refused.
    Raises QuickBooksError naming the document when a value in it is not what the schema promises.
    """
    try:
        return TxnRet(
            kind=node.tag.removesuffix("Ret"),
            txn_id=node.value("TxnID"),
            edit_sequence=node.value("EditSequence"),
            time_modified=read_moment(node.value("TimeModified")),
            txn_date=read_date(node.value("TxnDate")),
            ref_number=node.value("RefNumber"),
            memo=node.value("Memo"),
            party=ref(node, _PARTY.get(node.tag, "VendorRef")),
            total=read_amount(node.value(_TOTAL.get(node.tag, "TotalAmount"))),
            lines=tuple(_lines(node)),
            linked=tuple((link.value("TxnID"), link.value("TxnType")) for link in node.all("LinkedTxn")),
            is_manually_closed=bool(read_flag(node.value("IsManuallyClosed"))),
            is_fully_received=bool(read_flag(node.value("IsFullyReceived"))),
            is_active=read_flag(node.value("IsActive")) is not False,
            sales_tax_total=read_amount(node.value("SalesTaxTotal")),
            source=node,
        )
    except QuickBooksError as error:
        raise QuickBooksError(f"{node.tag.removesuffix('Ret')} {node.value('TxnID')[:36]}: {error}") from error


def deleted_ret(node: Node) -> TxnDeletedRet:
    """Read a deletion record."""
    return TxnDeletedRet(
        txn_type=node.value("TxnDelType"),
        txn_id=node.value("TxnID"),
        time_deleted=read_moment(node.value("TimeDeleted")),
        ref_number=node.value("RefNumber"),
        source=node,
    )


def _lines(node: Node) -> list[LineRet]:
    found: list[LineRet] = []
    for child in node.children:
        if child.tag in _LINES:
            found.append(_line(child))
        elif child.tag in _GROUPS:
            found.extend(_lines(child))
    return found


def _line(node: Node) -> LineRet:
    return LineRet(
        txn_line_id=node.value("TxnLineID"),
        item=ref(node, "ItemRef"),
        account=ref(node, "AccountRef"),
        description=node.value("Desc") or (node.value("Memo") if node.tag == "ExpenseLineRet" else ""),
        quantity=read_number(node.value("Quantity")),
        rate=read_number(node.value("Rate") or node.value("Cost")),
        amount=read_amount(node.value("Amount")),
        customer=ref(node, "CustomerRef"),
        received_quantity=read_number(node.value("ReceivedQuantity")),
        is_manually_closed=bool(read_flag(node.value("IsManuallyClosed"))),
        source=node,
    )
