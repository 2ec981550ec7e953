"""Order tables of estimates, purchase orders, bills and reports, from Intuit's qbXML 16.0 reference (US desktop)."""

_TAIL = "IncludeRetElement*:s50@4.0"

_NUMBERED = "( RefNumberFilter!=REFFILTER | RefNumberRangeFilter!=REFRANGE )?"


def txn_query(
    linked: str | None, extra: str = "", *, numbered: bool = True, items: bool = False, currency: bool = True
) -> str:
    """Write the order table of a query for one kind of document.

    `linked` is the version that brought IncludeLinkedTxns (None: it has none), `extra` stands at the end of the
    filters; `numbered`, `items` and `currency` tell whether it is filtered by number, item and currency.
    """
    numbers = "RefNumber+ | RefNumberCaseSensitive+@4.0 |" if numbered else ""
    links = f"IncludeLinkedTxns?:bool@{linked}" if linked else ""
    return (
        f"( TxnID+:id | {numbers} MaxReturned?:int ( ModifiedDateRangeFilter!=MODRANGE | TxnDateRangeFilter!=TXNRANGE "
        f")? EntityFilter?=FILT AccountFilter?=FILT {'ItemFilter?=ITEM_FILT' if items else ''} "
        f"{_NUMBERED if numbered else ''} {'CurrencyFilter?=CURRENCY_FILT@8.0' if currency else ''} {extra} )? "
        f"IncludeLineItems?:bool {links} {_TAIL} OwnerID*:guid@2.0"
    )


FILTERS = {
    "TXNRANGE": "( FromTxnDate?:date ToTxnDate?:date | DateMacro!:#DateMacro )",
    "REFFILTER": "MatchCriterion!:{StartsWith|Contains|EndsWith} RefNumber!",
    "REFRANGE": "FromRefNumber? ToRefNumber?",
    "PERIOD": "FromReportDate?:date ToReportDate?:date",
    "MODPERIOD": "FromReportModifiedDate?:date ToReportModifiedDate?:date",
    "ACCOUNT_RFILT": "( AccountTypeFilter!:#AccountTypeFilter | ListID+:id | FullName+ | ListIDWithChildren!:id | "
    "FullNameWithChildren! )",
    "ENTITY_RFILT": "( EntityTypeFilter!:{Customer|Employee|OtherName|Vendor} | ListID+:id | FullName+ | "
    "ListIDWithChildren!:id | FullNameWithChildren! )",
    "ITEM_RFILT": "( ItemTypeFilter!:#ItemTypeFilter | ListID+:id | FullName+ | ListIDWithChildren!:id | "
    "FullNameWithChildren! )",
    "TYPES": "TxnTypeFilter+:#TxnTypeFilter",
}

REPORT_HEAD = (
    "DisplayReport?:bool@3.0 ( ReportPeriod!=PERIOD | ReportDateMacro!:#ReportDateMacro )? "
    "ReportAccountFilter?=ACCOUNT_RFILT ReportEntityFilter?=ENTITY_RFILT ReportItemFilter?=ITEM_RFILT "
    "ReportClassFilter?=FILT@2.1 ReportTxnTypeFilter?=TYPES ( ReportModifiedDateRangeFilter!=MODPERIOD | "
    "ReportModifiedDateRangeMacro!:#ReportDateMacro )? ReportDetailLevelFilter?:{All|AllExceptSummary|SummaryOnly}@3.0 "
    "ReportPostingStatusFilter?:{Either|NonPosting|Posting}@3.0"
)
_BASIS = "ReportBasis?:{Accrual|Cash|None}@2.1"
_SHOWN = "{ActiveOnly|NonZero|All}"

QUERIES = {
    "EstimateQuery": txn_query("3.0"),
    "PurchaseOrderQuery": txn_query("3.0"),
    "BillQuery": txn_query("2.0", "PaidStatus?:{All|PaidOnly|NotPaidOnly}"),
    "CustomDetailReportQuery": f"CustomDetailReportType!:{{CustomTxnDetail}} {REPORT_HEAD} SummarizeRowsBy!:#RowsBy "
    "IncludeColumn+:#IncludeColumn IncludeAccounts?:{All|InUse} ReportOpenBalanceAsOf?:{ReportEndDate|Today} "
    f"{_BASIS}",
    "GeneralSummaryReportQuery": f"GeneralSummaryReportType!:#SummaryReport {REPORT_HEAD} "
    "SummarizeColumnsBy?:#ColumnsBy IncludeSubcolumns?:bool ReportCalendar?:{CalendarYear|FiscalYear|TaxYear} "
    f"ReturnRows?:{_SHOWN} ReturnColumns?:{_SHOWN} {_BASIS}",
}

_SITES = "InventorySiteRef?:ref31@10.0 InventorySiteLocationRef?:ref31@12.0"
_ESTIMATE_MARKUP = "( MarkupRate!:price | MarkupRatePercent!:pct | PriceLevelRef!:ref31@7.0 )?"
_ESTIMATE_RATE = (
    "( Rate!:price | RatePercent!:pct )? ClassRef?:ref159 Amount?:amt "
    f"OptionForPriceRuleConflict?:{{Zero|BasePrice}}@13.0 {_SITES} SalesTaxCodeRef?:ref3 {_ESTIMATE_MARKUP}"
)
_ESTIMATE_ADDRESSES = "TemplateRef?:ref31@3.0 TxnDate?:date RefNumber?:s11 BillAddress?=ADDR ShipAddress?=ADDR@7.0 "
_ESTIMATE_REST = (
    "PONumber?:s25 TermsRef?:ref31 DueDate?:date SalesRepRef?:ref5 FOB?:s13 ItemSalesTaxRef?:ref31 Memo?:s4095 "
    "CustomerMsgRef?:ref101 IsToBeEmailed?:bool@6.0 CustomerSalesTaxCodeRef?:ref3 Other?:s29@6.0 "
    "ExchangeRate?:float@8.0"
)
_OTHERS = "Other1?:s29@6.0 Other2?:s29@6.0"
_ORDER_HEAD = (
    "ClassRef?:ref159 ( InventorySiteRef!:ref31@10.0 | ShipToEntityRef!:ref209 )? TemplateRef?:ref31@3.0 TxnDate?:date "
    "RefNumber?:s11 VendorAddress?=ADDR ShipAddress?=ADDR TermsRef?:ref31 DueDate?:date ExpectedDate?:date "
    "ShipMethodRef?:ref15 FOB?:s13"
)
_ORDER_REST = (
    "Memo?:s4095 VendorMsg?:s99 IsToBePrinted?:bool IsToBeEmailed?:bool@6.0 Other1?:s25@6.0 Other2?:s29@6.0 "
    "ExchangeRate?:float@8.0"
)
_LINE_COST = (
    "Rate?:price ClassRef?:ref159 Amount?:amt InventorySiteLocationRef?:ref31@12.0 CustomerRef?:ref209 "
    "ServiceDate?:date"
)
_BILLABLE = "BillableStatus?:{Billable|NotBillable|HasBeenBilled}@2.0"

WRITES = {
    "EST_LINE": f"ItemRef?:ref Desc?:s4095 Quantity?:qty UnitOfMeasure?:s31@7.0 {_ESTIMATE_RATE} "
    f"OverrideItemAccountRef?:ref159@2.0 {_OTHERS} DataExt*=DATAEXT@5.0",
    "EST_GROUP": f"ItemGroupRef!:ref31 Quantity?:qty UnitOfMeasure?:s31@7.0 {_SITES} DataExt*=DATAEXT@5.0",
    "EST_LINE_MOD": "TxnLineID!:id ItemRef?:ref Desc?:s4095 Quantity?:qty UnitOfMeasure?:s31@7.0 "
    f"OverrideUOMSetRef?:ref31@7.0 {_ESTIMATE_RATE} {_OTHERS}",
    "EST_GROUP_MOD": "TxnLineID!:id ItemGroupRef?:ref31 Quantity?:qty UnitOfMeasure?:s31@7.0 "
    "OverrideUOMSetRef?:ref31@7.0 EstimateLineMod*=EST_LINE_MOD",
    "EstimateAdd": f"CustomerRef!:ref209 ClassRef?:ref159 {_ESTIMATE_ADDRESSES} IsActive?:bool@3.0 {_ESTIMATE_REST} "
    "ExternalGUID?:guid@9.0 ( EstimateLineAdd!=EST_LINE | EstimateLineGroupAdd!=EST_GROUP )+",
    "EstimateMod": f"TxnID!:id EditSequence!:s16 CustomerRef?:ref209 ClassRef?:ref159 {_ESTIMATE_ADDRESSES} "
    f"IsActive?:bool CreateChangeOrder?:bool {_ESTIMATE_REST} "
    "( EstimateLineMod!=EST_LINE_MOD | EstimateLineGroupMod!=EST_GROUP_MOD )*",
    "PO_LINE": "ItemRef?:ref ManufacturerPartNumber?:s31@7.0 Desc?:s4095 Quantity?:qty UnitOfMeasure?:s31@7.0 "
    f"{_LINE_COST} OverrideItemAccountRef?:ref159@2.0 {_OTHERS} DataExt*=DATAEXT@5.0",
    "PO_GROUP": "ItemGroupRef!:ref31 Quantity?:qty UnitOfMeasure?:s31@7.0 InventorySiteLocationRef?:ref31@12.0 "
    "DataExt*=DATAEXT@5.0",
    "PO_LINE_MOD": "TxnLineID!:id ItemRef?:ref ManufacturerPartNumber?:s31@7.0 Desc?:s4095 Quantity?:qty "
    f"UnitOfMeasure?:s31@7.0 OverrideUOMSetRef?:ref31@7.0 {_LINE_COST} IsManuallyClosed?:bool "
    f"OverrideItemAccountRef?:ref159 {_OTHERS}",
    "PO_GROUP_MOD": "TxnLineID!:id ItemGroupRef?:ref31 Quantity?:qty UnitOfMeasure?:s31@7.0 "
    "OverrideUOMSetRef?:ref31@7.0 PurchaseOrderLineMod*=PO_LINE_MOD",
    "PurchaseOrderAdd": f"VendorRef?:ref41 {_ORDER_HEAD} {_ORDER_REST} ExternalGUID?:guid@9.0 "
    "( PurchaseOrderLineAdd!=PO_LINE | PurchaseOrderLineGroupAdd!=PO_GROUP )+",
    "PurchaseOrderMod": f"TxnID!:id EditSequence!:s16 VendorRef?:ref41 {_ORDER_HEAD} IsManuallyClosed?:bool "
    f"{_ORDER_REST} ( PurchaseOrderLineMod!=PO_LINE_MOD | PurchaseOrderLineGroupMod!=PO_GROUP_MOD )*",
    "LINK": "TxnID!:id TxnLineID!:id",
    "BILL_EXPENSE": f"AccountRef?:ref159 Amount?:amt Memo?:s4095 CustomerRef?:ref209 ClassRef?:ref159 {_BILLABLE} "
    "SalesRepRef?:ref5@13.0 DataExt*=DATAEXT@13.0",
    "BILL_ITEM": f"ItemRef?:ref {_SITES} ( SerialNumber!:s4095@11.0 | LotNumber!:s40@11.0 )? "
    "ExpirationDateForSerialLotNumber?:s1099@16.0 Desc?:s4095 Quantity?:qty UnitOfMeasure?:s31@7.0 Cost?:price "
    f"Amount?:amt CustomerRef?:ref209 ClassRef?:ref159 {_BILLABLE} OverrideItemAccountRef?:ref159@2.0 "
    "LinkToTxn?=LINK@4.0 SalesRepRef?:ref5@13.0 DataExt*=DATAEXT@13.0",
    "BILL_GROUP": f"ItemGroupRef!:ref31 Quantity?:qty UnitOfMeasure?:s31@7.0 {_SITES} DataExt*=DATAEXT@13.0",
    "BillAdd": "VendorRef!:ref41 VendorAddress?=ADDR@13.0 APAccountRef?:ref159@2.0 TxnDate?:date DueDate?:date "
    "RefNumber?:s20 TermsRef?:ref31 Memo?:s4095 ExchangeRate?:float@8.0 ExternalGUID?:guid@9.0 LinkToTxnID*:id@4.0 "
    "ExpenseLineAdd*=BILL_EXPENSE ( ItemLineAdd!=BILL_ITEM | ItemGroupLineAdd!=BILL_GROUP )*",
}

HEAD_RET = "TxnID TimeCreated TimeModified EditSequence TxnNumber"
ESTIMATE_RET = (
    f"{HEAD_RET} CustomerRef ClassRef TemplateRef TxnDate RefNumber BillAddress BillAddressBlock ShipAddress "
    "ShipAddressBlock IsActive PONumber TermsRef DueDate SalesRepRef FOB Subtotal ItemSalesTaxRef SalesTaxPercentage "
    "SalesTaxTotal TotalAmount CurrencyRef ExchangeRate TotalAmountInHomeCurrency Memo CustomerMsgRef IsToBeEmailed "
    "CustomerSalesTaxCodeRef Other ExternalGUID LinkedTxn EstimateLineRet DataExtRet"
).split()
ORDER_RET = (
    f"{HEAD_RET} VendorRef ClassRef InventorySiteRef ShipToEntityRef TemplateRef TxnDate RefNumber VendorAddress "
    "VendorAddressBlock ShipAddress ShipAddressBlock TermsRef DueDate ExpectedDate ShipMethodRef FOB TotalAmount "
    "CurrencyRef ExchangeRate TotalAmountInHomeCurrency IsManuallyClosed IsFullyReceived Memo VendorMsg IsToBePrinted "
    "IsToBeEmailed Other1 Other2 ExternalGUID LinkedTxn PurchaseOrderLineRet DataExtRet"
).split()
BILL_RET = (
    f"{HEAD_RET} VendorRef VendorAddress APAccountRef TxnDate DueDate AmountDue CurrencyRef ExchangeRate "
    "AmountDueInHomeCurrency RefNumber IsPending TermsRef Memo IsPaid ExternalGUID LinkedTxn ExpenseLineRet "
    "ItemLineRet OpenAmount DataExtRet"
).split()
