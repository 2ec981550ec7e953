"""Estimates, purchase orders, documents that may carry job cost, and deletion records as typed results."""

from qbwc_bridge.domain.replies import LineRet, TxnDeletedRet, TxnRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.elements import fields, text_at
from qbwc_bridge.qbxml.parse import Element
from qbwc_bridge.qbxml.types import read_amount, read_date, read_flag, read_moment, read_number

TXN_RETS = frozenset(
    [
        *("EstimateRet", "PurchaseOrderRet", "BillRet", "VendorCreditRet", "CheckRet", "CreditCardChargeRet"),
        *("CreditCardCreditRet", "ItemReceiptRet", "JournalEntryRet", "DepositRet", "InventoryAdjustmentRet"),
        *("InvoiceRet", "CreditMemoRet", "SalesReceiptRet"),
    ]
)

_PAYEE = dict.fromkeys(("CheckRet", "CreditCardChargeRet", "CreditCardCreditRet"), "PayeeEntityRef")
_CUSTOMER = dict.fromkeys(
    ("EstimateRet", "InvoiceRet", "CreditMemoRet", "SalesReceiptRet", "InventoryAdjustmentRet"), "CustomerRef"
)
_PARTY = {**_PAYEE, **_CUSTOMER}
_TOTAL = {
    "BillRet": "AmountDue",
    "VendorCreditRet": "CreditAmount",
    "DepositRet": "DepositTotal",
    "InvoiceRet": "Subtotal",
    **dict.fromkeys(_PAYEE, "Amount"),
}
_LINES = (
    *("EstimateLineRet", "PurchaseOrderLineRet", "ExpenseLineRet", "ItemLineRet", "InvoiceLineRet"),
    *("CreditMemoLineRet", "SalesReceiptLineRet", "JournalDebitLine", "JournalCreditLine", "DepositLineRet"),
    "InventoryAdjustmentLineRet",
)
_TEXTS = (
    *("TxnID", "EditSequence", "TimeModified", "TxnDate", "RefNumber", "Memo", "TotalAmount", "AmountDue"),
    *("IsManuallyClosed", "IsFullyReceived", "IsActive", "SalesTaxTotal", "CreditAmount", "DepositTotal", "Subtotal"),
    *("Amount", "IsPending"),
)
_LINE_TEXTS = (
    "TxnLineID",
    "Desc",
    "Memo",
    "Quantity",
    "Rate",
    "Cost",
    "Amount",
    "ReceivedQuantity",
    "IsManuallyClosed",
)
_LINE_REFS = ("ItemRef", "AccountRef", "CustomerRef", "EntityRef", "ClassRef")
_DELETED_TEXTS = ("TxnDelType", "TxnID", "TimeDeleted", "RefNumber")
_GROUPS = (
    *("EstimateLineGroupRet", "PurchaseOrderLineGroupRet", "ItemGroupLineRet", "InvoiceLineGroupRet"),
    *("CreditMemoLineGroupRet", "SalesReceiptLineGroupRet"),
)
"""A group repeats the sum of the lines inside it, so only those are read (qbXML 13.0 schema)."""


def txn_ret(node: Element) -> TxnRet:
    """Read a document with its lines in order, those inside groups included.

    Amounts are in the document's currency, which is the company's, as files with several currencies are refused.
    Raises QuickBooksError naming the document when a value in it is not what the schema promises.
    """
    kind, party = node.tag.removesuffix("Ret"), _PARTY.get(node.tag, "VendorRef")
    found, refs = fields(node, _TEXTS, (party,))
    txn_id = found.get("TxnID", "")
    try:
        return TxnRet(
            kind=kind,
            txn_id=txn_id,
            edit_sequence=found.get("EditSequence", ""),
            time_modified=read_moment(found.get("TimeModified", "")),
            txn_date=read_date(found.get("TxnDate", "")),
            ref_number=found.get("RefNumber", ""),
            memo=found.get("Memo", ""),
            party=refs.get(party),
            total=read_amount(found.get(_TOTAL.get(node.tag, "TotalAmount"), "")),
            lines=tuple(_line(line) for line in node.iter(*_LINES)),
            linked=tuple((text_at(link, "TxnID"), text_at(link, "TxnType")) for link in node.iterchildren("LinkedTxn")),
            is_manually_closed=bool(read_flag(found.get("IsManuallyClosed", ""))),
            is_fully_received=bool(read_flag(found.get("IsFullyReceived", ""))),
            is_active=read_flag(found.get("IsActive", "")) is not False,
            sales_tax_total=read_amount(found.get("SalesTaxTotal", "")),
            grouped=next(node.iterchildren(*_GROUPS), None) is not None,
            is_pending=bool(read_flag(found.get("IsPending", ""))),
        )
    except QuickBooksError as error:
        raise QuickBooksError(f"{kind} {txn_id[:36]}: {error}") from error


def deleted_ret(node: Element) -> TxnDeletedRet:
    """Read a deletion record."""
    found, _ = fields(node, _DELETED_TEXTS)
    return TxnDeletedRet(
        txn_type=found.get("TxnDelType", ""),
        txn_id=found.get("TxnID", ""),
        time_deleted=read_moment(found.get("TimeDeleted", "")),
        ref_number=found.get("RefNumber", ""),
    )


def _line(node: Element) -> LineRet:
    found, refs = fields(node, _LINE_TEXTS, _LINE_REFS)
    return LineRet(
        txn_line_id=found.get("TxnLineID", ""),
        item=refs.get("ItemRef"),
        account=refs.get("AccountRef"),
        description=found.get("Desc") or (found.get("Memo", "") if node.tag == "ExpenseLineRet" else ""),
        quantity=read_number(found.get("Quantity", "")),
        rate=read_number(found.get("Rate") or found.get("Cost", "")),
        amount=read_amount(found.get("Amount", "")),
        customer=refs.get("CustomerRef") or refs.get("EntityRef"),
        received_quantity=read_number(found.get("ReceivedQuantity", "")),
        is_manually_closed=bool(read_flag(found.get("IsManuallyClosed", ""))),
        class_=refs.get("ClassRef"),
    )
