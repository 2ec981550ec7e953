"""A bookkeeper's month: the costs that the demonstration posts in QuickBooks, one of each kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from qbwc_bridge.rehearsal.quickbooks import Company, JournalLine, Line, OrderView, PaycheckLine


@dataclass(frozen=True)
class Site:
    """A job with the FullNames of items that the office uses on it."""

    job: str
    materials: str
    labor: str


def post_month(company: Company, site: Site, today: date) -> Iterator[str]:
    """Post one document of each kind on a job; gives a sentence for each. Amounts in US dollars.

    Raises QuickBooksError when QuickBooks would refuse one. The journal names an account but no item, so that its cost
    has no cost code until a person maps the account.
    """
    day = today - timedelta(days=5)
    supplier = company.vendors()[0].full_name
    company.enter_bill(
        supplier, [Line(Decimal("1240.50"), item=site.materials, job=site.job)], txn_date=day, ref_number="B-1001"
    )
    yield f"bill B-1001 of {supplier}, 1,240.50"
    order = _open_order(company, site.job)
    if order:
        line = next(line for line in order.lines if line.amount > 0)
        part = (line.amount / 4).quantize(Decimal("0.01"))
        company.enter_bill_on_order(order.txn_id, {line.line_id: part}, txn_date=day, ref_number="B-1002")
        yield f"bill B-1002 drawn on order {order.ref_number}, {part:,.2f}"
    company.enter_check(
        supplier, [Line(Decimal("310.00"), item=site.materials, job=site.job)], txn_date=day, ref_number="2041"
    )
    yield "check 2041, 310.00"
    company.enter_card_charge(supplier, [Line(Decimal("89.90"), item=site.materials, job=site.job)], txn_date=day)
    yield "card charge, 89.90"
    company.enter_vendor_credit(
        supplier, [Line(Decimal("40.50"), item=site.materials, job=site.job)], txn_date=day, ref_number="CR-7"
    )
    yield "vendor credit CR-7, (40.50)"
    fuel = Decimal("250.50")
    company.enter_journal(
        [
            JournalLine("Job Expenses:Fuel", debit=fuel, entity=site.job, memo="Fuel for the generator"),
            JournalLine("Checking", credit=fuel),
        ],
        txn_date=day,
        ref_number="J-12",
    )
    yield "journal J-12 on Job Expenses:Fuel without an item, 250.50"
    company.enter_paycheck("Site crew", [PaycheckLine(Decimal("1860.00"), job=site.job, item=site.labor)], txn_date=day)
    yield "paycheck, 1,860.00 of wages on the job"


def _open_order(company: Company, job: str) -> OrderView | None:
    """The first order on a job that is still open."""
    for order in company.orders():
        if not order.is_closed and not order.is_fully_received and any(line.job == job for line in order.lines):
            return order
    return None
