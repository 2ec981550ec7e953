"""An office that enters documents of every kind: what the tests of cost queries, corrections and reports share."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from qbwc_bridge.rehearsal.quickbooks import Company, JournalLine, Line, PaycheckLine
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, stocked

DAY = date(2026, 7, 1)
OTHER_JOB = "Owner:2402 Depot"
STOCK = "Pipe"
CLASS = "Field"
QUERIED = (
    "Bill",
    "VendorCredit",
    "Check",
    "CreditCardCharge",
    "CreditCardCredit",
    "ItemReceipt",
    "JournalEntry",
    "Deposit",
    "InventoryAdjustment",
    "Invoice",
    "CreditMemo",
    "SalesReceipt",
)
"""Kinds of posting documents that a transaction query can show."""
POSTED = (*QUERIED, "Paycheck")
SALES = frozenset({"Invoice", "CreditMemo", "SalesReceipt"})
PURCHASES = frozenset(QUERIED) - SALES - {"JournalEntry", "InventoryAdjustment"}


def office(clock: Clock | None = None, schema_dir: Path | None = None) -> Company:
    """Make a company with two jobs, a class, two service items and one in stock."""
    company = stocked(clock, schema_dir)
    company.add_customer("2402 Depot", parent="Owner")
    company.add_class(CLASS)
    company.add_inventory_item(
        STOCK, income_account="Construction Income", cogs_account="Job Expenses:Materials", cost=Decimal("2.50")
    )
    return company


def enter(company: Company, kind: str, amount: Decimal = Decimal("10.00"), day: date = DAY, number: str = "N-1") -> str:
    """Enter one document of a kind for the job with a class; costs and bills `amount` by item and by account."""
    lines = [Line(amount, item=ITEM, job=JOB, class_name=CLASS), Line(amount, account="Fuel", job=JOB)]
    match kind:
        case "JournalEntry":
            debit = JournalLine("Job Expenses:Permits", debit=amount, entity=JOB, class_name=CLASS)
            return company.enter_journal(
                [debit, JournalLine("Checking", credit=amount)], txn_date=day, ref_number=number
            )
        case "Paycheck":
            return company.enter_paycheck("Jane Doe", [PaycheckLine(amount, JOB, ITEM, CLASS)], txn_date=day)
        case "InventoryAdjustment":
            return company.enter_inventory_adjustment(
                "Job Expenses:Materials",
                [Line(-amount, item=STOCK)],
                txn_date=day,
                customer=JOB,
                ref_number=number,
                class_name=CLASS,
            )
        case "Deposit":
            return company.enter_deposit(VENDOR, lines, txn_date=day)
    if kind in SALES:
        sales: dict[str, Callable[..., str]] = {
            "Invoice": company.enter_invoice,
            "CreditMemo": company.enter_credit_memo,
            "SalesReceipt": company.enter_sales_receipt,
        }
        billed = [
            Line(amount * 2, item=ITEM, class_name=CLASS),
            Line(-amount, account="Retainage Receivable", memo="kept back"),
        ]
        return sales[kind](JOB, billed, txn_date=day, ref_number=number, tax=Decimal("0.50"))
    purchases: dict[str, Callable[..., str]] = {
        "Bill": company.enter_bill,
        "VendorCredit": company.enter_vendor_credit,
        "Check": company.enter_check,
        "CreditCardCharge": company.enter_card_charge,
        "CreditCardCredit": company.enter_card_credit,
        "ItemReceipt": company.enter_item_receipt,
    }
    return purchases[kind](VENDOR, lines, txn_date=day, ref_number=number)
