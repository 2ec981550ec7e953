"""Requests of every kind, with every field filled and with as few as possible."""

# ruff: noqa: RUF001 - awkward characters are what is tested

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import get_args

from qbwc_bridge.domain import quickbooks as qb

SINCE = dt.datetime(2026, 2, 3, 4, 5, 6)  # noqa: DTZ001 - QuickBooks' wall clock
DAY = dt.date(2026, 2, 3)
OWNER = "{87edaaf8-637e-4203-867f-4ba79c2f8998}"
START, NEXT = qb.Iterator(100), qb.Iterator(100, "{ee76b904-7ef8-4b83-9841-63d4715a273b}")
BY_ID, BY_NAME = qb.Ref(list_id="80000001-1646382185"), qb.Ref(full_name="Öl & Söhne:Tower <A>")
ADDRESS = qb.Address("100 Main Street\nSuite 5", "Miami", "FL", "33101")
AWKWARD = 'Smith & Sons <“Best”> – it’s 5″ wide… né à Łódź 🏗️ "x" \x07\ttab'

_ESTIMATE_LINE = qb.EstimateLine(BY_ID, "03-300 Concrete\nsecond line", Decimal(1), Decimal("12.5"), Decimal("12.50"))
_ORDER_LINE = qb.PurchaseOrderLine(
    item=BY_ID,
    description="Slab & wall",
    quantity=Decimal("1000.12345"),
    rate=Decimal("-0.00001"),
    amount=Decimal("-0.01"),
    customer=BY_NAME,
)

FULL: dict[str, qb.Request] = {
    "host": qb.HostQuery(),
    "company": qb.CompanyQuery(OWNER),
    "preferences": qb.PreferencesQuery(),
    "accounts": qb.AccountQuery(modified_from=SINCE),
    "accounts by name": qb.AccountQuery(full_names=("Job Expenses:Fuel", "Öl")),
    "customers": qb.CustomerQuery(modified_from=SINCE, iterator=START),
    "customers, next page": qb.CustomerQuery(modified_from=SINCE, iterator=NEXT),
    "customers by name": qb.CustomerQuery(full_names=("A:B", AWKWARD)),
    "customers by id": qb.CustomerQuery(list_ids=("1-1", "2-2")),
    "vendors": qb.VendorQuery(modified_from=SINCE, iterator=NEXT),
    "vendors by name": qb.VendorQuery(full_names=("A", "B")),
    "vendors by id": qb.VendorQuery(list_ids=("1-1", "2-2")),
    "items": qb.ItemQuery(modified_from=SINCE, iterator=NEXT),
    "items by name": qb.ItemQuery(full_names=("03-300:M",)),
    "items by id": qb.ItemQuery(list_ids=("1-1", "2-2")),
    "classes": qb.ClassQuery(SINCE),
    "employees": qb.EmployeeQuery(SINCE),
    "other names": qb.OtherNameQuery(SINCE),
    "list deletions": qb.ListDeletedQuery(("Account", "ItemService", "Vendor"), SINCE),
    "customer": qb.CustomerAdd(AWKWARD, company_name=AWKWARD, bill_address=ADDRESS, job_desc=AWKWARD * 3),
    "job": qb.CustomerAdd(AWKWARD * 2, BY_ID, AWKWARD, ADDRESS, AWKWARD),
    "vendor": qb.VendorAdd(
        AWKWARD, AWKWARD, ADDRESS, "305-555-0100 ext. 12345678", "a&b@example.com", AWKWARD, is_1099=True
    ),
    "item": qb.ItemServiceAdd(AWKWARD, BY_ID, BY_NAME, BY_ID, AWKWARD * 200),
    "estimate": qb.EstimateAdd(BY_NAME, DAY, "2024-000123456", "Budget [qb:K7Q2MA]", (_ESTIMATE_LINE,) * 2),
    "order": qb.PurchaseOrderAdd(BY_ID, DAY, "SC-24-001-PO-17", AWKWARD, (_ORDER_LINE,) * 2),
    "change": qb.PurchaseOrderMod(
        "30-1285640333",
        "1285640392",
        "PO +CO 1",
        (
            qb.PurchaseOrderLine(txn_line_id="32-1285640333"),
            replace(_ORDER_LINE, txn_line_id="33-1285640333"),
            replace(_ORDER_LINE, txn_line_id="-1"),
        ),
        "PO-2",
        DAY,
        is_closed=False,
    ),
    "estimate change": qb.EstimateMod(
        "30-1285640333",
        "1285640392",
        "Budget +budget change 1",
        (
            qb.EstimateLine(txn_line_id="32-1285640333"),
            replace(_ESTIMATE_LINE, txn_line_id="33-1285640333"),
            replace(_ESTIMATE_LINE, txn_line_id="-1"),
        ),
    ),
    "estimates": qb.EstimateQuery(modified_from=SINCE, iterator=NEXT),
    "estimates by id": qb.EstimateQuery(txn_ids=("1-1", "2-2")),
    "estimates by number": qb.EstimateQuery(ref_numbers=("1", "2")),
    "orders": qb.PurchaseOrderQuery(modified_from=SINCE, iterator=NEXT),
    "orders by id": qb.PurchaseOrderQuery(txn_ids=("1-1", "2-2")),
    "orders by number": qb.PurchaseOrderQuery(ref_numbers=("1", "2")),
    "bills": qb.CostQuery("BillQuery", modified_from=SINCE, iterator=NEXT),
    "bills by id": qb.CostQuery("BillQuery", txn_ids=("1-1", "2-2")),
    "costs": qb.CustomTxnDetail(("Bill", "Check", "Paycheck"), DAY, DAY),
    "costs of all dates": qb.CustomTxnDetail(("Bill",)),
    "costs from a day on": qb.CustomTxnDetail(("Bill",), from_date=DAY),
    "costs changed lately": qb.CustomTxnDetail(("Bill",), modified_from=DAY, modified_to=DAY),
    "costs changed since, of a job": qb.CustomTxnDetail(("Bill",), modified_from=DAY, job="80000001-1"),
    **{
        f"{kind}, changed": qb.CostQuery(kind, modified_from=SINCE, iterator=NEXT)
        for kind in get_args(qb.CostQueryKind)
    },
    **{f"{kind}, by id": qb.CostQuery(kind, txn_ids=("1-1", "2-2")) for kind in get_args(qb.CostQueryKind)},
    "totals by job": qb.ProfitAndLoss("ProfitAndLossByJob"),
    "all totals through a day": qb.ProfitAndLoss("ProfitAndLossStandard", DAY),
    "a job's profit": qb.JobProfitability("80000001-1"),
    "deletions": qb.TxnDeletedQuery(("Bill", "PurchaseOrder"), SINCE),
}
"""Every field filled; fields that exclude one another in examples of their own."""

MINIMAL: dict[str, qb.Request] = {
    "company, bare": qb.CompanyQuery(),
    "accounts, bare": qb.AccountQuery(),
    "customers, bare": qb.CustomerQuery(),
    "vendors, bare": qb.VendorQuery(),
    "items, bare": qb.ItemQuery(),
    "classes, bare": qb.ClassQuery(),
    "employees, bare": qb.EmployeeQuery(),
    "other names, bare": qb.OtherNameQuery(),
    "list deletions, bare": qb.ListDeletedQuery(("Class",)),
    "customer, bare": qb.CustomerAdd("A"),
    "customer, empty address": qb.CustomerAdd("A", bill_address=qb.Address()),
    "vendor, bare": qb.VendorAdd("A"),
    "vendor, not 1099": qb.VendorAdd("A", is_1099=False),
    "item, bare": qb.ItemServiceAdd("A", BY_ID, BY_ID),
    "estimate, bare": qb.EstimateAdd(
        BY_ID, DAY, "", "", (qb.EstimateLine(BY_ID, "", Decimal(0), Decimal(0), Decimal(0)),)
    ),
    "order, bare": qb.PurchaseOrderAdd(BY_ID, DAY, "", "", (qb.PurchaseOrderLine(item=BY_ID),)),
    "change, bare": qb.PurchaseOrderMod("1-1", "1", "", (qb.PurchaseOrderLine(txn_line_id="2-2"),)),
    "order, closed": qb.PurchaseOrderMod("1-1", "1", is_closed=True),
    "estimate change, bare": qb.EstimateMod("1-1", "1", "", (qb.EstimateLine(txn_line_id="2-2"),)),
    "estimates, bare": qb.EstimateQuery(),
    "orders, bare": qb.PurchaseOrderQuery(),
    "bills, bare": qb.CostQuery("BillQuery"),
    "costs, bare": qb.CustomTxnDetail(()),
    "deletions, bare": qb.TxnDeletedQuery(("Bill",)),
}

EXAMPLES = {**FULL, **MINIMAL}
