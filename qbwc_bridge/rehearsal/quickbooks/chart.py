"""What a new rehearsal company begins with: a contractor's chart of accounts, terms, and answers about itself."""

from collections.abc import Sequence
from datetime import date

from .nodes import Node, flag, group, leaf

ACCOUNTS: tuple[tuple[str, str, str], ...] = (
    ("Checking", "Bank", ""),
    ("Savings", "Bank", ""),
    ("Accounts Receivable", "AccountsReceivable", "AccountsReceivable"),
    ("Retainage Receivable", "OtherCurrentAsset", ""),
    ("Inventory Asset", "OtherCurrentAsset", "InventoryAssets"),
    ("Undeposited Funds", "OtherCurrentAsset", "UndepositedFunds"),
    ("Vehicles and Equipment", "FixedAsset", ""),
    ("Accounts Payable", "AccountsPayable", "AccountsPayable"),
    ("Company Credit Card", "CreditCard", ""),
    ("Payroll Liabilities", "OtherCurrentLiability", "PayrollLiabilities"),
    ("Retainage Payable", "OtherCurrentLiability", ""),
    ("Sales Tax Payable", "OtherCurrentLiability", "SalesTaxPayable"),
    ("Equipment Loan", "LongTermLiability", ""),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Construction Income", "Income", ""),
    ("Job Expenses", "CostOfGoodsSold", ""),
    ("Job Expenses:Equipment Rental", "CostOfGoodsSold", ""),
    ("Job Expenses:Fuel", "CostOfGoodsSold", ""),
    ("Job Expenses:Materials", "CostOfGoodsSold", ""),
    ("Job Expenses:Permits", "CostOfGoodsSold", ""),
    ("Job Expenses:Subcontractors", "CostOfGoodsSold", ""),
    ("Fuel", "Expense", ""),
    ("Insurance", "Expense", ""),
    ("Office Supplies", "Expense", ""),
    ("Payroll Expenses", "Expense", "PayrollExpenses"),
    ("Interest Income", "OtherIncome", ""),
    ("Penalties", "OtherExpense", ""),
    ("Purchase Orders", "NonPosting", "PurchaseOrders"),
    ("Estimates", "NonPosting", "Estimates"),
)
"""Full name, AccountType and SpecialAccountType of the accounts of a new company; parents stand before children."""

BARE_ACCOUNTS = frozenset({"AccountsPayable", "AccountsReceivable", "PurchaseOrders", "Estimates"})
"""Special accounts that QuickBooks makes by itself, also in an empty company."""

OTHER_LISTS: tuple[tuple[str, str], ...] = (
    ("Terms", "Due on receipt"),
    ("Terms", "Net 15"),
    ("Terms", "Net 30"),
    ("Template", "Custom Purchase Order"),
    ("Template", "Custom Estimate"),
    ("CustomerType", "Commercial"),
    ("JobType", "New Construction"),
    ("JobType", "Renovation"),
    ("VendorType", "Subcontractors"),
    ("VendorType", "Suppliers"),
)
"""Small lists that references on documents may name."""

CAPACITIES: tuple[tuple[str, int], ...] = (
    ("Account", 10000),
    ("BillingRate", 100),
    ("Class", 10000),
    ("CustomerMsg", 10000),
    ("CustomerType", 10000),
    ("Entity", 14500),
    ("Item", 14500),
    ("JobType", 10000),
    ("PaymentMethod", 10000),
    ("PayrollItem", 10000),
    ("PriceLevel", 100),
    ("SalesRep", 10000),
    ("SalesTaxCode", 10000),
    ("ShipMethod", 10000),
    ("Template", 10000),
    ("Terms", 10000),
    ("ToDo", 10000),
    ("UnitOfMeasureSet", 10000),
    ("VendorType", 10000),
)
"""Greatest numbers of entries per list in the Pro and Premier editions."""


def host(versions: Sequence[str]) -> Node:
    """Make the HostRet of a contractor's edition that speaks these qbXML versions."""
    return group(
        "HostRet",
        leaf("ProductName", "QuickBooks Desktop Premier Contractor Edition 2024"),
        leaf("MajorVersion", "34"),
        leaf("MinorVersion", "0"),
        leaf("Country", "US"),
        *(leaf("SupportedQBXMLVersion", one) for one in versions),
        flag("IsAutomaticLogin", value=False),
        leaf("QBFileMode", "SingleUser"),
    )


def company(name: str) -> Node:
    """Make the CompanyRet of a company of that name."""
    address = (leaf("Addr1", name), leaf("Addr2", "400 Quarry Road"), leaf("City", "Bayshore"), leaf("State", "CA"))
    return group(
        "CompanyRet",
        flag("IsSampleCompany", value=False),
        leaf("CompanyName", name),
        leaf("LegalCompanyName", name),
        group("Address", *address, leaf("PostalCode", "94326")),
        leaf("FirstMonthFiscalYear", "January"),
        leaf("FirstMonthIncomeTaxYear", "January"),
        leaf("CompanyType", "ContractorGeneral"),
        group("AccountantCopy", flag("AccountantCopyExists", value=False)),
    )


def preferences(closing_date: date | None) -> Node:
    """Make the PreferencesRet: estimates and inventory on, classes and currencies off, no default markup."""
    closing = closing_date.isoformat() if closing_date else None
    return group(
        "PreferencesRet",
        group(
            "AccountingPreferences",
            flag("IsUsingAccountNumbers", value=False),
            flag("IsRequiringAccounts", value=True),
            flag("IsUsingClassTracking", value=False),
            flag("IsUsingAuditTrail", value=True),
            flag("IsAssigningJournalEntryNumbers", value=True),
            leaf("ClosingDate", closing),
        ),
        group(
            "FinanceChargePreferences",
            leaf("AnnualInterestRate", "0.00"),
            leaf("MinFinanceCharge", "0.00"),
            leaf("GracePeriod", "0"),
            flag("IsAssessingForOverdueCharges", value=False),
            leaf("CalculateChargesFrom", "DueDate"),
            flag("IsMarkedToBePrinted", value=False),
        ),
        group(
            "JobsAndEstimatesPreferences",
            flag("IsUsingEstimates", value=True),
            flag("IsUsingProgressInvoicing", value=False),
            flag("IsPrintingItemsWithZeroAmounts", value=True),
        ),
        group("MultiCurrencyPreferences", flag("IsMultiCurrencyOn", value=False)),
        group(
            "PurchasesAndVendorsPreferences",
            flag("IsUsingInventory", value=True),
            leaf("DaysBillsAreDue", "30"),
            flag("IsAutomaticallyUsingDiscounts", value=False),
        ),
        group("ReportsPreferences", leaf("AgingReportBasis", "AgeFromDueDate"), leaf("SummaryReportBasis", "Accrual")),
        group(
            "SalesAndCustomersPreferences",
            leaf("DefaultMarkup", "0.00"),
            flag("IsTrackingReimbursedExpensesAsIncome", value=False),
            flag("IsAutoApplyingPayments", value=True),
        ),
        group("TimeTrackingPreferences", leaf("FirstDayOfWeek", "Monday")),
        group(
            "CurrentAppAccessRights",
            flag("IsAutomaticLoginAllowed", value=True),
            leaf("AutomaticLoginUserName", "Admin"),
            flag("IsPersonalDataAccessAllowed", value=True),
        ),
        group(
            "ItemsAndInventoryPreferences",
            flag("EnhancedInventoryReceivingEnabled", value=False),
            leaf("IsTrackingSerialOrLotNumber", "None"),
            flag("FIFOEnabled", value=False),
        ),
    )
