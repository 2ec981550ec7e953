"""Enumerations and message names of qbXML 16.0 that the order tables and checks use."""

TXN_TYPES = (
    "ARRefundCreditCard|Bill|BillPaymentCheck|BillPaymentCreditCard|BuildAssembly|Charge|Check|CreditCardCharge|"
    "CreditCardCredit|CreditMemo|Deposit|Estimate|InventoryAdjustment|Invoice|ItemReceipt|JournalEntry|"
    "LiabilityAdjustment|Paycheck|PayrollLiabilityCheck|PurchaseOrder|ReceivePayment|SalesOrder|SalesReceipt|"
    "SalesTaxPaymentCheck|Transfer|VendorCredit|YTDAdjustment"
)
NEVER_DELETED = frozenset({"LiabilityAdjustment", "Paycheck", "PayrollLiabilityCheck", "Transfer", "YTDAdjustment"})
"""Types whose deletion TxnDeletedQuery has no word for."""

ENUMERATIONS = {
    "TxnTypeFilter": "All|" + TXN_TYPES,
    "TxnDelType": "|".join(one for one in TXN_TYPES.split("|") if one not in NEVER_DELETED)
    + "|TimeTracking|TransferInventory|VehicleMileage",
    "ListDelType": (
        "Account|BillingRate|Class|Currency|Customer|CustomerMsg|CustomerType|DateDrivenTerms|Employee|InventorySite|"
        "ItemDiscount|ItemFixedAsset|ItemGroup|ItemInventory|ItemInventoryAssembly|ItemNonInventory|ItemOtherCharge|"
        "ItemPayment|ItemSalesTax|ItemSalesTaxGroup|ItemService|ItemSubtotal|JobType|OtherName|PaymentMethod|"
        "PayrollItemNonWage|PayrollItemWage|PriceLevel|SalesRep|SalesTaxCode|ShipMethod|StandardTerms|ToDo|"
        "UnitOfMeasureSet|Vehicle|Vendor|VendorType|WorkersCompCode"
    ),
    "AccountType": (
        "AccountsPayable|AccountsReceivable|Bank|CostOfGoodsSold|CreditCard|Equity|Expense|FixedAsset|Income|"
        "LongTermLiability|NonPosting|OtherAsset|OtherCurrentAsset|OtherCurrentLiability|OtherExpense|OtherIncome"
    ),
    "AccountTypeFilter": (
        "AccountsPayable|AccountsReceivable|AllowedFor1099|APAndSalesTax|APOrCreditCard|ARAndAP|Asset|BalanceSheet|"
        "Bank|BankAndARAndAPAndUF|BankAndUF|CostOfSales|CreditCard|CurrentAsset|CurrentAssetAndExpense|"
        "CurrentLiability|Equity|EquityAndIncomeAndExpense|ExpenseAndOtherExpense|FixedAsset|IncomeAndExpense|"
        "IncomeAndOtherIncome|Liability|LiabilityAndEquity|LongTermLiability|NonPosting|OrdinaryExpense|"
        "OrdinaryIncome|OrdinaryIncomeAndCOGS|OrdinaryIncomeAndExpense|OtherAsset|OtherCurrentAsset|"
        "OtherCurrentLiability|OtherExpense|OtherIncome|OtherIncomeOrExpense"
    ),
    "ItemTypeFilter": (
        "AllExceptFixedAsset|Assembly|Discount|FixedAsset|Inventory|InventoryAndAssembly|NonInventory|OtherCharge|"
        "Payment|Sales|SalesTax|Service"
    ),
    "ReportDateMacro": (
        "All|Today|ThisWeek|ThisWeekToDate|ThisMonth|ThisMonthToDate|ThisQuarter|ThisQuarterToDate|ThisYear|"
        "ThisYearToDate|Yesterday|LastWeek|LastWeekToDate|LastMonth|LastMonthToDate|LastQuarter|LastQuarterToDate|"
        "LastYear|LastYearToDate|NextWeek|NextFourWeeks|NextMonth|NextQuarter|NextYear"
    ),
    "DateMacro": (
        "All|Today|ThisWeek|ThisWeekToDate|ThisMonth|ThisMonthToDate|ThisCalendarQuarter|ThisCalendarQuarterToDate|"
        "ThisFiscalQuarter|ThisFiscalQuarterToDate|ThisCalendarYear|ThisCalendarYearToDate|ThisFiscalYear|"
        "ThisFiscalYearToDate|Yesterday|LastWeek|LastWeekToDate|LastMonth|LastMonthToDate|LastCalendarQuarter|"
        "LastCalendarQuarterToDate|LastFiscalQuarter|LastFiscalQuarterToDate|LastCalendarYear|LastCalendarYearToDate|"
        "LastFiscalYear|LastFiscalYearToDate|NextWeek|NextFourWeeks|NextMonth|NextCalendarQuarter|NextCalendarYear|"
        "NextFiscalQuarter|NextFiscalYear"
    ),
    "RowsBy": (
        "Account|BalanceSheet|Class|Customer|CustomerType|Day|Employee|FourWeek|HalfMonth|IncomeStatement|ItemDetail|"
        "ItemType|Month|Payee|PaymentMethod|PayrollItemDetail|PayrollYtdDetail|Quarter|SalesRep|SalesTaxCode|"
        "ShipMethod|TaxLine|Terms|TotalOnly|TwoWeek|Vendor|VendorType|Week|Year"
    ),
    "IncludeColumn": (
        "Account|Aging|Amount|AmountDifference|AverageCost|BilledDate|BillingStatus|CalculatedAmount|Class|"
        "ClearedStatus|CostPrice|Credit|Currency|Date|Debit|DeliveryDate|DueDate|EstimateActive|ExchangeRate|FOB|"
        "IncomeSubjectToTax|Invoiced|Item|ItemDesc|LastModifiedBy|LatestOrPriorState|Memo|ModifiedTime|Name|"
        "NameAccountNumber|NameAddress|NameCity|NameContact|NameEmail|NameFax|NamePhone|NameState|NameZip|OpenBalance|"
        "OriginalAmount|PaidAmount|PaidStatus|PaidThroughDate|PaymentMethod|PayrollItem|PONumber|PrintStatus|"
        "ProgressAmount|ProgressPercent|Quantity|QuantityAvailable|QuantityOnHand|QuantityOnSalesOrder|"
        "ReceivedQuantity|RefNumber|RunningBalance|SalesRep|SalesTaxCode|SerialOrLotNumber|ShipDate|ShipMethod|"
        "SourceName|SplitAccount|SSNOrTaxID|TaxLine|TaxTableVersion|Terms|TxnID|TxnNumber|TxnType|UnitPrice|UserEdit|"
        "ValueOnHand|WageBase|WageBaseTips"
    ),
    "SummaryReport": (
        "BalanceSheetByClass|BalanceSheetPrevYearComp|BalanceSheetStandard|BalanceSheetSummary|CustomerBalanceSummary|"
        "ExpenseByVendorSummary|IncomeByCustomerSummary|InventoryStockStatusByItem|InventoryStockStatusByVendor|"
        "IncomeTaxSummary|InventoryValuationSummary|InventoryValuationSummaryBySite|LotNumberInStockBySite|"
        "PhysicalInventoryWorksheet|ProfitAndLossByClass|ProfitAndLossByJob|ProfitAndLossPrevYearComp|"
        "ProfitAndLossStandard|ProfitAndLossYTDComp|PurchaseByItemSummary|PurchaseByVendorSummary|"
        "SalesByCustomerSummary|SalesByItemSummary|SalesByRepSummary|SalesTaxLiability|SalesTaxRevenueSummary|"
        "SerialNumberInStockBySite|TrialBalance|VendorBalanceSummary"
    ),
}
ENUMERATIONS["ColumnsBy"] = ENUMERATIONS["RowsBy"].replace("TaxLine|", "")

OTHER_MESSAGES = frozenset(
    f"{stem}{verb}"
    for verb, stems in {
        "Add": "ARRefundCreditCard Account Alert BillPaymentCheck BillPaymentCreditCard BillingRate BuildAssembly "
        "Charge Check Class CreditCardCharge CreditCardCredit CreditMemo Currency CustomerMsg CustomerType "
        "DataEventSubscription DataExt DataExtDef DateDrivenTerms Deposit Employee InventoryAdjustment InventorySite "
        "Invoice ItemDiscount ItemFixedAsset ItemGroup ItemInventory ItemInventoryAssembly ItemNonInventory "
        "ItemOtherCharge ItemPayment ItemReceipt ItemSalesTax ItemSalesTaxGroup ItemSubtotal JobType JournalEntry "
        "Lead ListDisplay OtherName PaymentMethod PriceLevel ReceivePayment SalesOrder SalesReceipt SalesRep "
        "SalesTaxCode SalesTaxPaymentCheck ShipMethod SpecialAccount SpecialItem StandardTerms TimeTracking ToDo "
        "Transfer TransferInventory TxnDisplay UnitOfMeasureSet Vehicle VehicleMileage VendorCredit VendorType "
        "WorkersCompCode PayrollItemWage",
        "Mod": "Account Bill BillPaymentCheck BuildAssembly Charge Check Class ClearedStatus CreditCardCharge "
        "CreditCardCredit CreditMemo Currency Customer DataExt DataExtDef Deposit Employee InventoryAdjustment "
        "InventorySite Invoice ItemDiscount ItemFixedAsset ItemGroup ItemInventory ItemInventoryAssembly "
        "ItemNonInventory ItemOtherCharge ItemPayment ItemReceipt ItemSalesTax ItemSalesTaxGroup ItemService "
        "ItemSubtotal JournalEntry Lead ListDisplay OtherName Preferences PriceLevel ReceivePayment SalesOrder "
        "SalesReceipt SalesRep SalesTaxCode SalesTaxPaymentCheck TimeTracking ToDo Transfer TransferInventory "
        "TxnDisplay Vehicle Vendor VendorCredit WorkersCompCode",
        "Query": "ARRefundCreditCard AccountTaxLineInfo AgingReport Alert BarCode BillPaymentCheck "
        "BillPaymentCreditCard BillToPay BillingRate BudgetSummaryReport BuildAssembly Charge Class "
        "CompanyActivity Currency CustomSummaryReport CustomerMsg CustomerType DataExtDef DateDrivenTerms "
        "Employee Entity Form1099CategoryAccountMapping GeneralDetailReport InventorySite "
        "ItemAssembliesCanBuild ItemDiscount ItemFixedAsset ItemGroup ItemInventory ItemInventoryAssembly "
        "ItemNonInventory ItemOtherCharge ItemPayment ItemSalesTax ItemSalesTaxGroup ItemSites ItemSubtotal "
        "JobType Lead OtherName Paycheck PaymentMethod PayrollDetailReport PayrollItemNonWage PayrollItemWage "
        "PayrollSummaryReport PriceLevel ReceivePayment ReceivePaymentToDeposit SalesOrder SalesRep "
        "SalesTaxCode SalesTaxPayable SalesTaxPaymentCheck ShipMethod StandardTerms Template Terms TimeReport "
        "TimeTracking ToDo Transaction Transfer TransferInventory UnitOfMeasureSet Vehicle VehicleMileage "
        "VendorType WorkersCompCode",
        "Del": "DataExt DataExtDef List Txn",
        "Void": "Txn",
        "Merge": "List",
    }.items()
    for stem in stems.split()
)
"""Messages that the schema knows and this stand-in does not do; they get status 1030."""
