"""A quick way to a company file as large as a contractor's after some years: thousands of documents of every kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from .company import Company
from .counter import JournalLine, Line, PaycheckLine

KINDS = (
    "Bill",
    "Bill",
    "CreditCardCharge",
    "Bill",
    "Paycheck",
    "Bill",
    "Check",
    "Invoice",
    "Bill",
    "VendorCredit",
    "Bill",
    "JournalEntry",
    "ItemReceipt",
    "Bill",
    "CreditCardCharge",
    "Paycheck",
    "Bill",
    "Check",
    "Bill",
    "CreditCardCredit",
)
"""Kinds of documents in the order in which they come, over and over: mostly bills, as in a contractor's books."""
ACCOUNTS = ("Job Expenses:Materials", "Job Expenses:Subcontractors", "Job Expenses:Permits", "Fuel")
_HOUR = time(17, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Names:
    """FullNames that documents are entered on: jobs, service items that are bought and sold, vendors."""

    jobs: Sequence[str]
    items: Sequence[str]
    vendors: Sequence[str]


def names_of(company: Company) -> Names:
    """Give all jobs, two-sided service items and vendors that a company has."""
    items = [one.full_name for one in company.items() if one.two_sided and one.is_active]
    return Names([one.full_name for one in company.jobs()], items, [one.full_name for one in company.vendors()])


def add_names(company: Company, *, jobs: int = 12, items: int = 40, vendors: int = 30) -> Names:
    """Add a customer with jobs, items by division, and vendors, to enter documents on."""
    company.add_customer("Quarry Holdings")
    for number in range(jobs):
        company.add_customer(f"{2401 + number} Building", parent="Quarry Holdings")
    for number in range(items):
        company.add_item(
            f"{number + 1:02}-{number % 9 + 1}00",
            income_account="Construction Income",
            expense_account=ACCOUNTS[number % 3],
            description=f"Division {number + 1}",
        )
    for number in range(vendors):
        company.add_vendor(f"Supplier {number + 1}")
    return names_of(company)


def post_years(
    company: Company, names: Names, until: date, *, years: int = 5, documents: int = 25_000, lines: int = 100_000
) -> None:
    """Enter documents of mixed kinds, spread evenly over the years up to and with `until`.

    `lines` in all are shared out among the `documents`. Everything follows from these numbers: the same call makes the
    same amounts. Each document carries the time of its own day, so that it counts as entered and last modified then.
    """
    span = timedelta(days=365 * years)
    for number in range(documents):
        day = until - span + span * (number + 1) // documents
        count = max(lines * (number + 1) // documents - lines * number // documents, 1)
        with company.at(datetime.combine(day, _HOUR)):
            _enter(company, names, number, day, count)


def _amount(number: int, part: int) -> Decimal:
    return Decimal((number * 7919 + part * 104_729) % 500_000 + 100) / 100


def _enter(company: Company, names: Names, number: int, day: date, count: int) -> None:
    """Enter one document with `count` lines (a journal has one more, against the bank)."""
    kind = KINDS[number % len(KINDS)]

    def one_of(given: Sequence[str], part: int) -> str:
        return given[(number * 31 + part * 7) % len(given)]

    job = one_of(names.jobs, 0)
    amounts = [_amount(number, part) for part in range(count)]
    ref_number = f"{number + 1}"
    if kind == "JournalEntry":
        debits = [
            JournalLine(one_of(ACCOUNTS, part), debit=amount, entity=one_of(names.jobs, part))
            for part, amount in enumerate(amounts)
        ]
        against = JournalLine("Checking", credit=sum(amounts, Decimal(0)))
        company.enter_journal([*debits, against], txn_date=day, ref_number=ref_number)
    elif kind == "Paycheck":
        wages = [PaycheckLine(one, job, one_of(names.items, part)) for part, one in enumerate(amounts)]
        company.enter_paycheck(f"Crew {number % 20 + 1}", wages, txn_date=day)
    elif kind == "Invoice":
        billed = [Line(one, item=one_of(names.items, part)) for part, one in enumerate(amounts)]
        company.enter_invoice(job, billed, txn_date=day, ref_number=ref_number)
    else:
        enter: dict[str, Callable[..., str]] = {
            "Bill": company.enter_bill,
            "ItemReceipt": company.enter_item_receipt,
            "VendorCredit": company.enter_vendor_credit,
            "Check": company.enter_check,
            "CreditCardCharge": company.enter_card_charge,
            "CreditCardCredit": company.enter_card_credit,
        }
        bought = [
            Line(one, item=one_of(names.items, part), job=job)
            if part % 4
            else Line(one, account=one_of(ACCOUNTS, part), job=one_of(names.jobs, part))
            for part, one in enumerate(amounts)
        ]
        enter[kind](one_of(names.vendors, 0), bought, txn_date=day, ref_number=ref_number)
