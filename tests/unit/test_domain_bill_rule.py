"""Bills on orders against subcontractors' invoices: every one in one list, pairs by number, then by amount and date."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.bill_rule import NEAR, Bill, Pair, compare
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore_billing import InvoiceLine, SubcontractorInvoice
from tests.unit.documents import TODAY, cash

NUMBERS = st.sampled_from(["", "1", "A-2", "a-2", " A-2 ", "0123456789ABCDEFGHIJ", "0123456789ABCDEFGHIJK"])
DAYS = st.integers(-80, 80).map(lambda days: TODAY + dt.timedelta(days=days))
AMOUNTS = st.sampled_from(["0.00", "10.00", "10.01", "-5.00"]).map(Decimal)


def bill(number: str, amount: str | Decimal, date: dt.date = TODAY, *, at: int = 1, commitment: int = 9) -> Bill:
    """A bill on an order."""
    return Bill(f"T{at}", commitment, number, date, Decimal(amount), f"Bill {number}")


def invoice(
    number: str, amount: str | Decimal, date: dt.date | None = TODAY, *, at: int = 1, commitment: int = 9
) -> SubcontractorInvoice:
    """An approved invoice of one line."""
    lines = (InvoiceLine(Decimal(amount)),)
    return SubcontractorInvoice(at, 7, commitment, number, "approved", lines, billing_date=date)


@st.composite
def both(draw: st.DrawFn) -> tuple[list[Bill], list[SubcontractorInvoice]]:
    """Bills and invoices of two commitments, with numbers and amounts that meet."""
    orders = st.integers(8, 9)
    bills = draw(st.lists(st.builds(bill, NUMBERS, AMOUNTS, DAYS, commitment=orders), max_size=6))
    claims = draw(st.lists(st.builds(invoice, NUMBERS, AMOUNTS, st.none() | DAYS, commitment=orders), max_size=6))
    return (
        [replace(each, txn_id=f"T{at}") for at, each in enumerate(bills)],
        [replace(each, id=at) for at, each in enumerate(claims)],
    )


@given(both())
def test_each_bill_and_each_invoice_is_in_one_list(given_ones: tuple[list[Bill], list[SubcontractorInvoice]]) -> None:
    """The four lists hold every bill once and every invoice once, and no pair joins two commitments."""
    bills, invoices = given_ones
    found = compare(bills, invoices)
    pairs = [*found.agreeing, *found.differing]
    assert sorted([*(pair.bill.txn_id for pair in pairs), *(each.txn_id for each in found.bills)]) == sorted(
        each.txn_id for each in bills
    )
    assert sorted([*(pair.invoice.id for pair in pairs), *(each.id for each in found.invoices)]) == [
        each.id for each in invoices
    ]
    assert all(pair.bill.commitment_id == pair.invoice.commitment_id for pair in pairs)
    assert all(pair.difference == ZERO for pair in found.agreeing)
    assert all(pair.difference != ZERO for pair in found.differing)


@given(both())
def test_what_is_left_does_not_fit(given_ones: tuple[list[Bill], list[SubcontractorInvoice]]) -> None:
    """No bill and invoice that are left have one number, or one amount on near days."""
    found = compare(*given_ones)
    for one in found.bills:
        for other in (each for each in found.invoices if each.commitment_id == one.commitment_id):
            alone = compare([one], [other])
            assert (alone.bills, alone.invoices) == ([one], [other])


@given(both())
def test_the_order_of_what_is_given_does_not_matter(
    given_ones: tuple[list[Bill], list[SubcontractorInvoice]],
) -> None:
    """The same bills and invoices in another order give the same pairs."""
    bills, invoices = given_ones

    def pairs(found: list[Pair]) -> set[tuple[str, int]]:
        return {(pair.bill.txn_id, pair.invoice.id) for pair in found}

    one, other = compare(bills, invoices), compare(bills[::-1], invoices[::-1])
    assert pairs(one.agreeing) == pairs(other.agreeing)
    assert pairs(one.differing) == pairs(other.differing)


def test_the_number_comes_before_the_amount() -> None:
    """A bill belongs to the invoice of its number, however much another fits its amount."""
    found = compare([bill("A-2", "10.00")], [invoice("B", "10.00", at=1), invoice("a-2", "12.00", at=2)])
    assert [(pair.invoice.id, pair.difference) for pair in found.differing] == [(2, cash(-2))]
    assert [each.id for each in found.invoices] == [1]


def test_of_two_invoices_with_one_number_the_nearer_amount_wins() -> None:
    """A number that was used twice does not join a bill to the wrong amount."""
    found = compare([bill("1", "10.00")], [invoice("1", "99.00", at=1), invoice("1", "10.00", at=2)])
    assert [pair.invoice.id for pair in found.agreeing] == [2]


def test_without_a_number_amount_and_a_near_date_decide() -> None:
    """Up to 31 days apart they are of one another; further apart, or without a date, they are not."""
    near, far = TODAY + NEAR, TODAY + NEAR + dt.timedelta(days=1)
    assert compare([bill("", "10.00")], [invoice("7", "10.00", near)]).agreeing
    for date in (far, None):
        found = compare([bill("", "10.00")], [invoice("7", "10.00", date)])
        assert (len(found.bills), len(found.invoices)) == (1, 1)


def test_a_number_longer_than_quickbooks_holds_is_found() -> None:
    """QuickBooks cut the number of the bill at 20 characters; the invoice has it whole."""
    whole = "PAY-APPLICATION-2026-003"
    assert compare([bill(whole[:20], "10.00")], [invoice(whole, "10.00")]).agreeing
