"""Replies read plainly: the standard library's tree, one look-up for each field. The fast reader must say the same."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree as ET

from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.domain.replies import (
    CompanyRet,
    HostRet,
    LineRet,
    ListDeletedRet,
    ListRet,
    PreferencesRet,
    Reply,
    ReportRet,
    Result,
    TxnDeletedRet,
    TxnRet,
)

FLAGS = {"": None, "true": True, "false": False}
LINES = {
    *("EstimateLineRet", "PurchaseOrderLineRet", "ExpenseLineRet", "ItemLineRet", "InvoiceLineRet", "DepositLineRet"),
    *("CreditMemoLineRet", "SalesReceiptLineRet", "JournalDebitLine", "JournalCreditLine"),
    "InventoryAdjustmentLineRet",
}
GROUPS = {
    *("EstimateLineGroupRet", "PurchaseOrderLineGroupRet", "ItemGroupLineRet", "InvoiceLineGroupRet"),
    *("CreditMemoLineGroupRet", "SalesReceiptLineGroupRet"),
}
DOCUMENTS = {
    **dict.fromkeys(("Estimate", "SalesReceipt", "CreditMemo", "InventoryAdjustment"), ("CustomerRef", "TotalAmount")),
    **dict.fromkeys(("PurchaseOrder", "ItemReceipt", "JournalEntry"), ("VendorRef", "TotalAmount")),
    **dict.fromkeys(("Check", "CreditCardCharge", "CreditCardCredit"), ("PayeeEntityRef", "Amount")),
    "Bill": ("VendorRef", "AmountDue"),
    "VendorCredit": ("VendorRef", "CreditAmount"),
    "Deposit": ("VendorRef", "DepositTotal"),
    "Invoice": ("CustomerRef", "Subtotal"),
}
"""Kinds of documents with the elements of their party and their total."""
UNKNOWN = {"SalesOrder"}


def plain_replies(text: str) -> list[Reply]:
    """Give the replies of a set, with results of the kinds that the bridge knows."""
    root = ET.fromstring(text.encode())  # noqa: S314 - the tests' own text
    return [_reply(element) for element in root.findall("QBXMLMsgsRs/*")]


def _reply(element: ET.Element) -> Reply:
    known = [READERS[child.tag[:-3]](child) for child in element if child.tag[:-3] not in UNKNOWN]
    return Reply(
        name=element.tag[:-2],
        request_id=_of(element, "requestID"),
        status=int(_of(element, "statusCode")),
        severity=_of(element, "statusSeverity"),
        message=_of(element, "statusMessage"),
        results=tuple(known),
        iterator_id=_of(element, "iteratorID"),
        remaining=int(_of(element, "iteratorRemainingCount") or 0),
    )


def _windows(text: str) -> str:
    return "".join(bytes([ord(c)]).decode("cp1252", "ignore") or c if "\x80" <= c <= "\x9f" else c for c in text)


def _of(element: ET.Element, attribute: str) -> str:
    return _windows(element.get(attribute, ""))


def _at(element: ET.Element, path: str) -> str:
    text = element.findtext(path, "")
    return "" if text.isspace() else _windows(text)


def _moment(element: ET.Element, path: str) -> dt.datetime | None:
    text = _at(element, path)
    return dt.datetime.fromisoformat(text[:19]) if text else None


def _date(element: ET.Element, path: str) -> dt.date | None:
    text = _at(element, path)
    return dt.date.fromisoformat(text) if text else None


def _number(element: ET.Element, path: str) -> Decimal | None:
    text = _at(element, path)
    return Decimal(text) if text else None


def _ref(element: ET.Element, path: str) -> Ref | None:
    ref = Ref(_at(element, f"{path}/ListID"), _at(element, f"{path}/FullName"))
    return ref if ref != Ref() else None


def _host(element: ET.Element) -> HostRet:
    return HostRet(
        product_name=_at(element, "ProductName"),
        major_version=_at(element, "MajorVersion"),
        country=_at(element, "Country"),
        supported_versions=tuple(_at(version, ".") for version in element.findall("SupportedQBXMLVersion")),
        file_mode=_at(element, "QBFileMode"),
    )


def _company(element: ET.Element) -> CompanyRet:
    return CompanyRet(
        company_name=_at(element, "CompanyName"),
        legal_name=_at(element, "LegalCompanyName"),
        is_sample=_at(element, "IsSampleCompany") == "true",
        accountant_copy=_at(element, "AccountantCopy/AccountantCopyExists") == "true",
        dividing_date=_date(element, "AccountantCopy/DividingDate"),
        data_ext=tuple(
            (_at(extra, "OwnerID"), _at(extra, "DataExtName"), _at(extra, "DataExtValue"))
            for extra in element.findall("DataExtRet")
        ),
    )


def _preferences(element: ET.Element) -> PreferencesRet:
    return PreferencesRet(
        uses_estimates=FLAGS[_at(element, "JobsAndEstimatesPreferences/IsUsingEstimates")],
        uses_purchase_orders=FLAGS[_at(element, "PurchasesAndVendorsPreferences/IsUsingInventory")],
        uses_classes=FLAGS[_at(element, "AccountingPreferences/IsUsingClassTracking")],
        multi_currency=FLAGS[_at(element, "MultiCurrencyPreferences/IsMultiCurrencyOn")],
        closing_date=_date(element, "AccountingPreferences/ClosingDate"),
        report_basis=_at(element, "ReportsPreferences/SummaryReportBasis"),
        default_markup=_number(element, "SalesAndCustomersPreferences/DefaultMarkup"),
        personal_data=FLAGS[_at(element, "CurrentAppAccessRights/IsPersonalDataAccessAllowed")],
    )


def _record(element: ET.Element) -> ListRet:
    sides = (
        ("SalesAndPurchase/IncomeAccountRef", "SalesAndPurchase/ExpenseAccountRef"),
        ("IncomeAccountRef", "COGSAccountRef"),
        ("nothing", "SalesOrPurchase/AccountRef"),
    )
    pairs = [(_ref(element, income), _ref(element, expense)) for income, expense in sides]
    income, expense = next((pair for pair in pairs if any(pair)), (None, None))
    return ListRet(
        kind=element.tag[:-3],
        list_id=_at(element, "ListID"),
        name=_at(element, "Name"),
        full_name=_at(element, "FullName") or _at(element, "Name"),
        is_active=_at(element, "IsActive") != "false",
        edit_sequence=_at(element, "EditSequence"),
        time_modified=_moment(element, "TimeModified"),
        parent=_ref(element, "ParentRef"),
        sublevel=int(_at(element, "Sublevel") or 0),
        account_type=_at(element, "AccountType"),
        income_account=income,
        expense_account=expense,
        two_sided=bool(income and expense),
    )


def _document(element: ET.Element) -> TxnRet:
    lines = [part for child in element for part in (child if child.tag in GROUPS else [child]) if part.tag in LINES]
    return TxnRet(
        kind=element.tag[:-3],
        txn_id=_at(element, "TxnID"),
        edit_sequence=_at(element, "EditSequence"),
        time_modified=_moment(element, "TimeModified"),
        txn_date=_date(element, "TxnDate"),
        ref_number=_at(element, "RefNumber"),
        memo=_at(element, "Memo"),
        party=_ref(element, DOCUMENTS[element.tag[:-3]][0]),
        total=_number(element, DOCUMENTS[element.tag[:-3]][1]),
        lines=tuple(map(_line, lines)),
        linked=tuple((_at(link, "TxnID"), _at(link, "TxnType")) for link in element.findall("LinkedTxn")),
        is_manually_closed=_at(element, "IsManuallyClosed") == "true",
        is_fully_received=_at(element, "IsFullyReceived") == "true",
        is_active=_at(element, "IsActive") != "false",
        sales_tax_total=_number(element, "SalesTaxTotal"),
        grouped=any(child.tag in GROUPS for child in element),
        is_pending=_at(element, "IsPending") == "true",
    )


def _line(element: ET.Element) -> LineRet:
    note = _at(element, "Memo") if element.tag == "ExpenseLineRet" else ""
    return LineRet(
        txn_line_id=_at(element, "TxnLineID"),
        item=_ref(element, "ItemRef"),
        account=_ref(element, "AccountRef"),
        description=_at(element, "Desc") or note,
        quantity=_number(element, "Quantity"),
        rate=_number(element, "Rate") if element.find("Rate") is not None else _number(element, "Cost"),
        amount=_number(element, "Amount"),
        customer=_ref(element, "CustomerRef") or _ref(element, "EntityRef"),
        received_quantity=_number(element, "ReceivedQuantity"),
        is_manually_closed=_at(element, "IsManuallyClosed") == "true",
        class_=_ref(element, "ClassRef"),
    )


def _deleted(element: ET.Element) -> TxnDeletedRet:
    return TxnDeletedRet(
        txn_type=_at(element, "TxnDelType"),
        txn_id=_at(element, "TxnID"),
        time_deleted=_moment(element, "TimeDeleted"),
        ref_number=_at(element, "RefNumber"),
    )


def _list_deleted(element: ET.Element) -> ListDeletedRet:
    return ListDeletedRet(
        list_type=_at(element, "ListDelType"),
        list_id=_at(element, "ListID"),
        time_deleted=_moment(element, "TimeDeleted"),
    )


def _report(element: ET.Element) -> ReportRet:
    """Read a report whose columns all have a ColType of their own."""
    named = {_of(column, "colID"): _at(column, "ColType") for column in element.findall("ColDesc")}
    assert max(Counter(named.values()).values(), default=1) == 1
    rows = [
        {_of(cell, "colID"): _of(cell, "value") for cell in row.findall("ColData")}
        for row in element.findall("ReportData/DataRow")
    ]
    return ReportRet(
        title=_at(element, "ReportTitle"),
        basis=_at(element, "ReportBasis"),
        columns=tuple(named.values()),
        rows=tuple(tuple(row.get(at, "") for at in named) for row in rows),
        titles=tuple(
            ":".join(filter(None, (_of(title, "value") for title in column.findall("ColTitle"))))
            for column in element.findall("ColDesc")
        ),
        labels=tuple(
            "" if about is None else _of(about, "value")
            for about in (row.find("RowData") for row in element.findall("ReportData/DataRow"))
        ),
    )


READERS: dict[str, Callable[[ET.Element], Result]] = defaultdict(
    lambda: _record,
    {
        "Host": _host,
        "Company": _company,
        "Preferences": _preferences,
        "Report": _report,
        **dict.fromkeys(DOCUMENTS, _document),
        "ListDeleted": _list_deleted,
        "TxnDeleted": _deleted,
    },
)
"""By kind; every other kind is a record of a list."""
