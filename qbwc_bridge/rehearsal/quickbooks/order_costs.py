"""Order tables of the other documents with job cost or billing, and of job reports, from Intuit's qbXML 16.0 reference.

Bills, estimates and purchase orders are in `order_documents`; these here can be asked for, and are entered at the desk.
"""

from .order_documents import HEAD_RET, REPORT_HEAD, txn_query

FILTERS = {
    "ITEM_FILT": "( ListID+:id | FullName+:s159 | ListIDWithChildren!:id | FullNameWithChildren!:s159 )",
}

QUERIES = {
    "VendorCreditQuery": txn_query("2.0"),
    "CheckQuery": txn_query("7.0"),
    "CreditCardChargeQuery": txn_query(None),
    "CreditCardCreditQuery": txn_query(None),
    "ItemReceiptQuery": txn_query("1.0"),
    "JournalEntryQuery": txn_query(None),
    "DepositQuery": txn_query(None, numbered=False),
    "InventoryAdjustmentQuery": txn_query(None, items=True, currency=False),
    "InvoiceQuery": txn_query("1.1", "PaidStatus?:{All|PaidOnly|NotPaidOnly}"),
    "CreditMemoQuery": txn_query("1.1"),
    "SalesReceiptQuery": txn_query(None),
    "JobReportQuery": "JobReportType!:{ItemEstimatesVsActuals|ItemProfitability|JobEstimatesVsActualsDetail|"
    f"JobEstimatesVsActualsSummary|JobProfitabilityDetail|JobProfitabilitySummary}} {REPORT_HEAD} "
    "SummarizeColumnsBy?:#ColumnsBy IncludeSubcolumns?:bool",
}

_LINES = "ExpenseLineRet ItemLineRet"
_CURRENCY = "CurrencyRef ExchangeRate"
_ADDRESSES = "BillAddress BillAddressBlock ShipAddress ShipAddressBlock"
_SALES_HEAD = f"{HEAD_RET} CustomerRef ClassRef ARAccountRef TemplateRef TxnDate RefNumber {_ADDRESSES} IsPending"
_SALES_REST = (
    "PONumber TermsRef DueDate SalesRepRef FOB ShipDate ShipMethodRef Subtotal ItemSalesTaxRef SalesTaxPercentage "
    "SalesTaxTotal"
)

RETS: dict[str, list[str]] = {
    name: order.split()
    for name, order in {
        "VendorCredit": f"{HEAD_RET} VendorRef APAccountRef TxnDate CreditAmount {_CURRENCY} RefNumber Memo "
        f"ExternalGUID LinkedTxn {_LINES} OpenAmount DataExtRet",
        "Check": f"{HEAD_RET} AccountRef PayeeEntityRef RefNumber TxnDate Amount {_CURRENCY} Memo Address AddressBlock "
        f"IsPending IsToBePrinted ExternalGUID LinkedTxn {_LINES} DataExtRet",
        "CreditCardCharge": f"{HEAD_RET} AccountRef PayeeEntityRef TxnDate Amount {_CURRENCY} RefNumber Memo "
        f"ExternalGUID {_LINES} DataExtRet",
        "CreditCardCredit": f"{HEAD_RET} AccountRef PayeeEntityRef TxnDate Amount {_CURRENCY} RefNumber Memo "
        f"ExternalGUID {_LINES} DataExtRet",
        "ItemReceipt": f"{HEAD_RET} VendorRef APAccountRef TxnDate TotalAmount {_CURRENCY} RefNumber Memo ExternalGUID "
        f"LinkedTxn {_LINES} DataExtRet",
        "JournalEntry": f"{HEAD_RET} TxnDate RefNumber IsAdjustment {_CURRENCY} ExternalGUID Lines DataExtRet",
        "Deposit": f"{HEAD_RET} TxnDate DepositToAccountRef Memo DepositTotal {_CURRENCY} CashBackInfoRet ExternalGUID "
        "DepositLineRet DataExtRet",
        "InventoryAdjustment": f"{HEAD_RET} AccountRef InventorySiteRef TxnDate RefNumber CustomerRef ClassRef Memo "
        "ExternalGUID InventoryAdjustmentLineRet DataExtRet",
        "Invoice": f"{_SALES_HEAD} IsFinanceCharge {_SALES_REST} AppliedAmount BalanceRemaining {_CURRENCY} Memo "
        "IsPaid CustomerMsgRef IsToBePrinted IsToBeEmailed CustomerSalesTaxCodeRef Other ExternalGUID LinkedTxn "
        "InvoiceLineRet DataExtRet",
        "CreditMemo": f"{_SALES_HEAD} {_SALES_REST} TotalAmount CreditRemaining {_CURRENCY} Memo CustomerMsgRef "
        "IsToBePrinted IsToBeEmailed CustomerSalesTaxCodeRef Other ExternalGUID LinkedTxn CreditMemoLineRet DataExtRet",
        "SalesReceipt": f"{HEAD_RET} CustomerRef ClassRef TemplateRef TxnDate RefNumber {_ADDRESSES} IsPending "
        "CheckNumber PaymentMethodRef DueDate SalesRepRef ShipDate ShipMethodRef FOB Subtotal ItemSalesTaxRef "
        f"SalesTaxPercentage SalesTaxTotal TotalAmount {_CURRENCY} Memo CustomerMsgRef IsToBePrinted IsToBeEmailed "
        "CustomerSalesTaxCodeRef DepositToAccountRef Other ExternalGUID SalesReceiptLineRet DataExtRet",
    }.items()
}
"""Elements of each reply in schema order, by kind; `Lines` stands for a journal's debit and credit lines together."""
