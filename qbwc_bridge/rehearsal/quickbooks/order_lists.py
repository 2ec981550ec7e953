"""Order tables of host, list and list-deletion messages, from Intuit's qbXML 16.0 reference (US desktop)."""

SHARED = {
    "ADDR": "Addr1?:s41 Addr2?:s41 Addr3?:s41 Addr4?:s41@2.0 Addr5?:s41@6.0 City?:s31 State?:s21 PostalCode?:s13 "
    "Country?:s31 Note?:s41@6.0",
    "FILT": "( ListID+:id | FullName+ | ListIDWithChildren!:id | FullNameWithChildren! )",
    "CURRENCY_FILT": "( ListID+:id | FullName+:s64 )",
    "MODRANGE": "FromModifiedDate?:dt ToModifiedDate?:dt",
    "DATAEXT": "OwnerID!:guid DataExtName!:s31 DataExtValue!",
    "NAMEFILTER": "MatchCriterion!:{StartsWith|Contains|EndsWith} Name!",
    "NAMERANGE": "FromName? ToName?",
    "BALANCEFILTER": "Operator!:{LessThan|LessThanEqual|Equal|GreaterThan|GreaterThanEqual} Amount!:amt",
    "SHIPTO": "Name!:s41 Addr1?:s41 Addr2?:s41 Addr3?:s41 Addr4?:s41 Addr5?:s41 City?:s31 State?:s21 PostalCode?:s13 "
    "Country?:s31 Note?:s41 DefaultShipTo?:bool",
    "CONTACT": "ContactName!:s40 ContactValue!:s255",
    "CONTACTS": "Salutation?:s15 FirstName!:s25 MiddleName?:s5 LastName?:s25 JobTitle?:s41 "
    "AdditionalContactRef*=CONTACT",
    "NOTE": "Note!:s4095",
    "CARD": "CreditCardNumber?:s25 ExpirationMonth?:int ExpirationYear?:int NameOnCard?:s41 CreditCardAddress?:s41 "
    "CreditCardPostalCode?:s41",
    "BARCODE": "BarCodeValue?:s50 AssignEvenIfUsed?:bool AllowOverride?:bool",
    "METADATA": "IncludeMaxCapacity!:bool",
    "DELETEDRANGE": "FromDeletedDate?:dt ToDeletedDate?:dt",
}

_TAIL = "IncludeRetElement*:s50@4.0"
_OWNER = f"{_TAIL} OwnerID*:guid@2.0"


def _list_query(extra: str, tail: str = _OWNER) -> str:
    return (
        "( ListID+:id | FullName+ | MaxReturned?:int ActiveStatus?:{ActiveOnly|InactiveOnly|All} FromModifiedDate?:dt "
        f"ToModifiedDate?:dt ( NameFilter!=NAMEFILTER | NameRangeFilter!=NAMERANGE )? {extra} )? {tail}"
    )


_CLASS = "ClassFilter?=FILT@12.0"
_CURRENCY = "CurrencyFilter?=CURRENCY_FILT@8.0"
_BALANCE = f"TotalBalanceFilter?=BALANCEFILTER {_CURRENCY} {_CLASS}"

QUERIES = {
    "HostQuery": f"IncludeListMetaData?=METADATA@6.0 {_TAIL}",
    "CompanyQuery": _OWNER,
    "PreferencesQuery": _TAIL,
    "AccountQuery": _list_query(f"AccountType*:#AccountType {_CURRENCY}"),
    "CustomerQuery": _list_query(_BALANCE),
    "VendorQuery": _list_query(_BALANCE),
    "ItemQuery": _list_query(""),
    "ItemServiceQuery": _list_query(_CLASS),
    "ClassQuery": _list_query("", _TAIL),
    "EmployeeQuery": _list_query(""),
    "OtherNameQuery": _list_query(""),
    "ListDeletedQuery": f"ListDelType+:#ListDelType DeletedDateRangeFilter?=DELETEDRANGE {_TAIL}",
    "TxnDeletedQuery": f"TxnDelType+:#TxnDelType DeletedDateRangeFilter?=DELETEDRANGE {_TAIL}",
}

_PERSON = "CompanyName?:s41 Salutation?:s15 FirstName?:s25 MiddleName?:s5 LastName?:s25 JobTitle?:s41@12.0"
_REACH = (
    "Phone?:s21 AltPhone?:s21 Fax?:s21 Email?:s1023 Cc?:s1023@12.0 Contact?:s41 AltContact?:s41 "
    "AdditionalContactRef*=CONTACT@12.0 Contacts*=CONTACTS@12.0"
)

ADDS = {
    "SALES_OR_PURCHASE": "Desc?:s4095 ( Price!:price | PricePercent!:pct )? AccountRef?:ref159",
    "SALES_AND_PURCHASE": "SalesDesc?:s4095 SalesPrice?:price IncomeAccountRef?:ref159 PurchaseDesc?:s4095 "
    "PurchaseCost?:price ExpenseAccountRef?:ref159 PrefVendorRef?:ref41",
    "CustomerAdd": f"Name!:s41 IsActive?:bool ClassRef?:ref159@12.0 ParentRef?:ref {_PERSON} BillAddress?=ADDR "
    f"ShipAddress?=ADDR ShipToAddress*=SHIPTO@12.0 {_REACH} CustomerTypeRef?:ref159 TermsRef?:ref31 SalesRepRef?:ref5 "
    "OpenBalance?:amt OpenBalanceDate?:date SalesTaxCodeRef?:ref3 ItemSalesTaxRef?:ref31 ResaleNumber?:s15 "
    "AccountNumber?:s99 CreditLimit?:amt PreferredPaymentMethodRef?:ref31@3.0 CreditCardInfo?=CARD@3.0 "
    "JobStatus?:{Awarded|Closed|InProgress|None|NotAwarded|Pending} JobStartDate?:date JobProjectedEndDate?:date "
    "JobEndDate?:date JobDesc?:s99 JobTypeRef?:ref159 Notes?:s4095@3.0 AdditionalNotes*=NOTE@12.0 "
    "PreferredDeliveryMethod?:{None|Email|Fax}@12.0 PriceLevelRef?:ref31@4.0 ExternalGUID?:guid@8.0 "
    "CurrencyRef?:ref64@8.0",
    "VendorAdd": f"Name!:s41 IsActive?:bool ClassRef?:ref159@12.0 {_PERSON} VendorAddress?=ADDR ShipAddress?=ADDR@11.0 "
    f"{_REACH} NameOnCheck?:s41 AccountNumber?:s99 Notes?:s4095@3.0 AdditionalNotes*=NOTE@12.0 VendorTypeRef?:ref159 "
    "TermsRef?:ref31 CreditLimit?:amt VendorTaxIdent?:s15 IsVendorEligibleFor1099?:bool OpenBalance?:amt "
    "OpenBalanceDate?:date BillingRateRef?:ref31@6.0 ExternalGUID?:guid@8.0 PrefillAccountRef*:ref159@8.0 "
    "CurrencyRef?:ref64@8.0",
    "ItemServiceAdd": "Name!:s31 BarCode?=BARCODE@12.0 IsActive?:bool ClassRef?:ref159@12.0 ParentRef?:ref "
    "UnitOfMeasureSetRef?:ref31@7.0 SalesTaxCodeRef?:ref3 ( SalesOrPurchase!=SALES_OR_PURCHASE | "
    "SalesAndPurchase!=SALES_AND_PURCHASE ) ExternalGUID?:guid@8.0",
}

CUSTOMER_RET = [
    "ListID",
    "TimeCreated",
    "TimeModified",
    "EditSequence",
    "Name",
    "FullName",
    "IsActive",
    "ClassRef",
    "ParentRef",
    "Sublevel",
    "CompanyName",
    "Salutation",
    "FirstName",
    "MiddleName",
    "LastName",
    "JobTitle",
    "BillAddress",
    "BillAddressBlock",
    "ShipAddress",
    "ShipAddressBlock",
    "ShipToAddress",
    "Phone",
    "AltPhone",
    "Fax",
    "Email",
    "Cc",
    "Contact",
    "AltContact",
    "AdditionalContactRef",
    "ContactsRet",
    "CustomerTypeRef",
    "TermsRef",
    "SalesRepRef",
    "Balance",
    "TotalBalance",
    "SalesTaxCodeRef",
    "ItemSalesTaxRef",
    "ResaleNumber",
    "AccountNumber",
    "CreditLimit",
    "PreferredPaymentMethodRef",
    "CreditCardInfo",
    "JobStatus",
    "JobStartDate",
    "JobProjectedEndDate",
    "JobEndDate",
    "JobDesc",
    "JobTypeRef",
    "Notes",
    "AdditionalNotesRet",
    "PreferredDeliveryMethod",
    "PriceLevelRef",
    "ExternalGUID",
    "CurrencyRef",
    "DataExtRet",
]
VENDOR_RET = [
    "ListID",
    "TimeCreated",
    "TimeModified",
    "EditSequence",
    "Name",
    "IsActive",
    "ClassRef",
    "CompanyName",
    "Salutation",
    "FirstName",
    "MiddleName",
    "LastName",
    "JobTitle",
    "VendorAddress",
    "VendorAddressBlock",
    "ShipAddress",
    "Phone",
    "AltPhone",
    "Fax",
    "Email",
    "Cc",
    "Contact",
    "AltContact",
    "AdditionalContactRef",
    "ContactsRet",
    "NameOnCheck",
    "AccountNumber",
    "Notes",
    "AdditionalNotesRet",
    "VendorTypeRef",
    "TermsRef",
    "CreditLimit",
    "VendorTaxIdent",
    "IsVendorEligibleFor1099",
    "Balance",
    "BillingRateRef",
    "ExternalGUID",
    "PrefillAccountRef",
    "CurrencyRef",
    "DataExtRet",
]
ITEM_SERVICE_RET = [
    "ListID",
    "TimeCreated",
    "TimeModified",
    "EditSequence",
    "Name",
    "FullName",
    "BarCodeValue",
    "IsActive",
    "ClassRef",
    "ParentRef",
    "Sublevel",
    "UnitOfMeasureSetRef",
    "SalesTaxCodeRef",
    "SalesOrPurchase",
    "SalesAndPurchase",
    "ExternalGUID",
    "DataExtRet",
]
ITEM_OTHER_CHARGE_RET = [one for one in ITEM_SERVICE_RET if one != "UnitOfMeasureSetRef"]
ITEM_INVENTORY_RET = [
    *ITEM_SERVICE_RET[: ITEM_SERVICE_RET.index("SalesTaxCodeRef") + 1],
    "SalesDesc",
    "SalesPrice",
    "IncomeAccountRef",
    "PurchaseDesc",
    "PurchaseCost",
    "COGSAccountRef",
    "AssetAccountRef",
]
CLASS_RET = [
    "ListID",
    "TimeCreated",
    "TimeModified",
    "EditSequence",
    "Name",
    "FullName",
    "IsActive",
    "ParentRef",
    "Sublevel",
]
EMPLOYEE_RET = [
    "ListID",
    "TimeCreated",
    "TimeModified",
    "EditSequence",
    "Name",
    "IsActive",
    "FirstName",
    "LastName",
    "SSN",
]
"""What this stand-in knows of an employee; the schema has fifty elements."""
OTHER_NAME_RET = ["ListID", "TimeCreated", "TimeModified", "EditSequence", "Name", "IsActive"]
ACCOUNT_RET = [
    "ListID",
    "TimeCreated",
    "TimeModified",
    "EditSequence",
    "Name",
    "FullName",
    "IsActive",
    "ParentRef",
    "Sublevel",
    "AccountType",
    "SpecialAccountType",
    "AccountNumber",
    "BankNumber",
    "Desc",
    "Balance",
    "TotalBalance",
    "TaxLineInfoRet",
    "CashFlowClassification",
    "CurrencyRef",
    "DataExtRet",
]
