"""Bills drawn on orders against subcontractors' invoices (ACCOUNTING 20). Pure: bills and invoices in, pairs out.

Where bills on orders are not written to Procore, its own approved invoices stand for them: each bill must have one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore_billing import SubcontractorInvoice

NEAR = dt.timedelta(days=31)
"""A bill and an invoice of one amount belong together when their dates lie no further apart: a billing month."""

LONGEST_NUMBER = 20
"""Characters of a bill's RefNumber in QuickBooks; the tail of a longer number is not there to be compared."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a document of QuickBooks bills of one commitment: its lines that stand on the order, gross of retainage."""

    txn_id: str
    commitment_id: int
    number: str
    date: dt.date
    amount: Decimal
    called: str
    """Type, number, date and payee, as a bookkeeper finds it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A bill with its invoice."""

    bill: Bill
    invoice: SubcontractorInvoice

    @property
    def difference(self) -> Decimal:
        """The bill less the invoice."""
        return self.bill.amount - self.invoice.amount()


@dataclass(slots=True)
class Compared:
    """Every bill and every invoice, each exactly once."""

    agreeing: list[Pair] = field(default_factory=list)
    differing: list[Pair] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    """Without an invoice."""
    invoices: list[SubcontractorInvoice] = field(default_factory=list)
    """Without a bill."""


def compare(bills: Iterable[Bill], invoices: Iterable[SubcontractorInvoice]) -> Compared:
    """Join bills and invoices of the same commitment one to one: by number, then by amount and near dates."""
    found = Compared()
    billed: dict[int, list[Bill]] = defaultdict(list)
    claimed: dict[int, list[SubcontractorInvoice]] = defaultdict(list)
    for bill in bills:
        billed[bill.commitment_id].append(bill)
    for invoice in invoices:
        claimed[invoice.commitment_id].append(invoice)
    for commitment in sorted({*billed, *claimed}):
        mine, theirs = billed[commitment], claimed[commitment]
        pairs = [*_join(mine, theirs, _same_number), *_join(mine, theirs, _same_amount)]
        for pair in pairs:
            (found.differing if pair.difference != ZERO else found.agreeing).append(pair)
        found.bills += mine
        found.invoices += theirs
    return found


def _join(
    bills: list[Bill], invoices: list[SubcontractorInvoice], fits: Callable[[Bill, SubcontractorInvoice], bool]
) -> Iterator[Pair]:
    """Take pairs that fit out of both lists; of several, the nearest in amount and date first."""
    fitting = [Pair(bill, invoice) for bill in bills for invoice in invoices if fits(bill, invoice)]
    for pair in sorted(fitting, key=_distance):
        if _is_in(bills, pair.bill) and _is_in(invoices, pair.invoice):
            bills[:] = [bill for bill in bills if bill is not pair.bill]
            invoices[:] = [invoice for invoice in invoices if invoice is not pair.invoice]
            yield pair


def _is_in(rows: Sequence[object], row: object) -> bool:
    return any(each is row for each in rows)


def _same_number(bill: Bill, invoice: SubcontractorInvoice) -> bool:
    number = fold(bill.number)
    return bool(number) and number == fold(invoice.invoice_number[:LONGEST_NUMBER])


def _same_amount(bill: Bill, invoice: SubcontractorInvoice) -> bool:
    near = invoice.billing_date is not None and abs(bill.date - invoice.billing_date) <= NEAR
    return near and bill.amount == invoice.amount()


def _distance(pair: Pair) -> tuple[Decimal, int, str, int]:
    billed_on = pair.invoice.billing_date
    days = abs((pair.bill.date - billed_on).days) if billed_on else NEAR.days
    return abs(pair.difference), days, pair.bill.txn_id, pair.invoice.id
