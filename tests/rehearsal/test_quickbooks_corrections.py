from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.rehearsal.quickbooks import Company, JournalLine, Line, PaycheckLine, QuickBooksError
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, po_add, send
from tests.rehearsal.quickbooks_office import (
    CLASS,
    DAY,
    OTHER_JOB,
    POSTED,
    PURCHASES,
    SALES,
    STOCK,
    enter,
    office,
)
from tests.support import DEEP

STORIES = 400 if DEEP else 40
MONEY = st.integers(2, 10**7).map(lambda cents: Decimal(cents) / 100)
AFTER = ("keep", "void", "delete", "edit", "redate", "recode item", "recode job")
COSTS = frozenset({"CostOfGoodsSold", "Expense", "OtherExpense"})
LATER = date(2026, 8, 3)


def edit(company: Company, kind: str, txn_id: str, amount: Decimal) -> None:
    """Change the amounts of a document of any kind that can be rewritten."""
    if kind in PURCHASES:
        company.edit_bill(txn_id, lines=[Line(amount, account="Fuel", job=JOB)])
    elif kind in SALES:
        company.edit_invoice(txn_id, lines=[Line(amount, item="26-100")], tax=Decimal("0.25"))
    elif kind == "JournalEntry":
        pair = [JournalLine("Fuel", debit=amount, entity=JOB), JournalLine("Checking", credit=amount)]
        company.edit_journal(txn_id, lines=pair)
    elif kind == "Paycheck":
        company.edit_paycheck(txn_id, lines=[PaycheckLine(amount, JOB, "26-100")])


def recode(company: Company, kind: str, txn_id: str, what: str) -> None:
    """Move a document to another item or job."""
    if what == "recode job":
        company.recode(txn_id, job=OTHER_JOB)
    elif kind not in {"JournalEntry", "InventoryAdjustment"}:
        company.recode(txn_id, item="26-100")


@given(story=st.lists(st.tuples(st.sampled_from(POSTED), MONEY, st.sampled_from(AFTER)), max_size=10))
@settings(max_examples=STORIES, deadline=None)
def test_ledger_balances_whatever_is_entered_and_corrected(story: list[tuple[str, Decimal, str]]) -> None:
    """Debits equal credits in every document, job costs are the cost rows with a job, and a backup keeps it all."""
    company = office()
    for kind, amount, after in story:
        txn_id = enter(company, kind, amount)
        match after:
            case "void":
                company.void(txn_id)
            case "delete":
                company.delete(txn_id)
            case "edit":
                edit(company, kind, txn_id, amount)
            case "redate":
                company.redate(txn_id, LATER)
            case "recode item" | "recode job":
                recode(company, kind, txn_id, after)
    rows = company.postings()
    for txn_id in {row.txn_id for row in rows}:
        assert sum(row.debit - row.credit for row in rows if row.txn_id == txn_id) == 0
    assert len({row.txn_id for row in rows}) == sum(after != "delete" for _, _, after in story)
    assert [row.txn_date for row in rows] == sorted(row.txn_date for row in rows)
    cost = sum((row.debit - row.credit for row in rows if row.job and row.account_type in COSTS), Decimal(0))
    assert sum(company.job_costs().values(), Decimal(0)) == cost
    copy = office()
    copy.restore(company.snapshot())
    assert copy.postings() == rows


def rows_by_account(company: Company) -> dict[str, Decimal]:
    """Give debits less credits by account."""
    sums: dict[str, Decimal] = {}
    for row in company.postings():
        sums[row.account] = sums.get(row.account, Decimal(0)) + row.debit - row.credit
    return sums


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Invoice", {"Accounts Receivable": 10.5, "Construction Income": -20, "Retainage Receivable": 10}),
        ("CreditMemo", {"Accounts Receivable": -10.5, "Construction Income": 20, "Retainage Receivable": -10}),
        ("SalesReceipt", {"Undeposited Funds": 10.5, "Construction Income": -20, "Retainage Receivable": 10}),
        ("ItemReceipt", {"Accounts Payable": -20, "Job Expenses:Materials": 10, "Fuel": 10}),
        ("InventoryAdjustment", {"Job Expenses:Materials": 10, "Inventory Asset": -10}),
    ],
)
def test_each_kind_posts_where_a_bookkeeper_expects(kind: str, expected: dict[str, float]) -> None:
    """Sales go to receivables and income, retainage and tax to their accounts; receipts and stock cost the job."""
    company = office()
    enter(company, kind)
    sums = rows_by_account(company)
    tax = sums.pop("Sales Tax Payable", Decimal(0))
    assert sums == expected
    assert tax == {"Invoice": Decimal("-0.50"), "CreditMemo": Decimal("0.50"), "SalesReceipt": Decimal("-0.50")}.get(
        kind, 0
    )
    assert {row.job for row in company.postings() if row.account_type in {"Income", "CostOfGoodsSold"}} == {JOB}


def test_stock_taken_for_a_job_is_a_cost_without_item() -> None:
    """The adjustment's account gets the value under the job's name; the quantity follows from the item's cost."""
    company = office()
    enter(company, "InventoryAdjustment")
    assert company.job_costs() == {(JOB, "Job Expenses:Materials"): Decimal("10.00")}
    (cost,) = (row for row in company.postings() if row.account_type == "CostOfGoodsSold")
    assert (cost.item, cost.job, cost.class_name, cost.debit) == ("", JOB, CLASS, Decimal("10.00"))


def test_bill_with_retainage_owes_less_and_costs_the_whole() -> None:
    """A negative line on Retainage Payable lowers what is owed now, not the cost of the job."""
    company = office()
    company.enter_bill(
        VENDOR,
        [Line(Decimal("100.00"), item=ITEM, job=JOB), Line(Decimal("-10.00"), account="Retainage Payable", job=JOB)],
        txn_date=DAY,
    )
    assert company.job_costs() == {(JOB, ITEM): Decimal("100.00")}
    assert rows_by_account(company)["Accounts Payable"] == -90
    assert rows_by_account(company)["Retainage Payable"] == -10


@pytest.mark.parametrize("kind", POSTED)
def test_redating_and_recoding_move_cost_and_modify_now(kind: str) -> None:
    """Another date or job changes where the amounts count and the time of change, never the sum."""
    clock = Clock()
    company = office(clock)
    txn_id = enter(company, kind)
    before = rows_by_account(company)
    clock.forward(days=2)
    company.redate(txn_id, LATER)
    company.recode(txn_id, job=OTHER_JOB)
    rows = company.postings()
    assert {(row.txn_date, row.modified.date()) for row in rows} == {(LATER, date(2026, 7, 3))}
    assert JOB not in {row.job for row in rows}
    assert OTHER_JOB in {row.job for row in rows}
    assert rows_by_account(company) == before
    if kind not in {"JournalEntry", "InventoryAdjustment"}:
        company.recode(txn_id, item="26-100")
        assert "26-100" in {row.item for row in company.postings()}
        assert ITEM not in {row.item for row in company.postings()}


def test_recoding_one_line_leaves_the_others() -> None:
    """Lines are chosen by their ids; an unknown id or a document without items is refused and changes nothing."""
    company = office()
    bill = company.enter_bill(VENDOR, [Line(Decimal(part), item=ITEM, job=JOB) for part in ("1", "2")], txn_date=DAY)
    second = company._book.state.txns[bill].lines[1].line_id
    company.recode(bill, item="26-100", job=OTHER_JOB, line_ids=[second])
    assert company.job_costs() == {(JOB, ITEM): Decimal("1.00"), (OTHER_JOB, "26-100"): Decimal("2.00")}
    for wrong in (
        {"job": OTHER_JOB, "line_ids": ["9-9"]},
        {"item": "None Such"},
    ):
        with pytest.raises(QuickBooksError):
            company.recode(bill, **wrong)
    journal = enter(company, "JournalEntry")
    with pytest.raises(QuickBooksError, match="no line with an item"):
        company.recode(journal, item="26-100")


def test_recoded_line_leaves_its_order() -> None:
    """A bill's line that moves to another job no longer counts as received on the order; others leave it alone."""
    company = office()
    send(company, po_add("100.00"))
    order = company.orders()[0]
    bill = company.enter_bill_on_order(order.txn_id, txn_date=DAY, lines=[Line(Decimal(1), item=ITEM, job=JOB)])
    received = company.orders()[0]
    assert received.lines[0].received == 100
    company.recode(bill, item="26-100", line_ids=[company._book.state.txns[bill].lines[0].line_id])
    assert company.orders()[0] == received
    company.recode(bill, job=OTHER_JOB)
    assert company.orders()[0].lines[0].received == 0
    company.delete(order.txn_id)
    assert company.orders() == []


def test_paycheck_is_corrected_and_deleted() -> None:
    """New earnings replace the old ones with what is withheld; a deleted paycheck takes its cost along."""
    company = office()
    paycheck = enter(company, "Paycheck", Decimal("100.00"))
    company.edit_paycheck(paycheck, lines=[PaycheckLine(Decimal("80.00"), OTHER_JOB, ITEM)], withheld=Decimal("5.00"))
    assert company.job_costs() == {(OTHER_JOB, ITEM): Decimal("80.00")}
    assert rows_by_account(company)["Checking"] == -75
    company.edit_paycheck(paycheck, txn_date=LATER)
    assert company.job_costs(as_of=DAY) == {}
    company.delete(paycheck)
    assert company.postings() == []


def test_pending_document_posts_only_when_it_is_final() -> None:
    """A pending bill or invoice is in no ledger; once final it posts and counts as modified then."""
    clock = Clock()
    company = office(clock)
    bill = company.enter_bill(VENDOR, [Line(Decimal("5.00"), item=ITEM, job=JOB)], txn_date=DAY, pending=True)
    invoice = company.enter_invoice(JOB, [Line(Decimal("9.00"), item=ITEM)], txn_date=DAY, pending=True)
    assert company.postings() == []
    clock.forward(days=1)
    for one in (bill, invoice):
        company.post_pending(one)
        with pytest.raises(QuickBooksError, match="not pending"):
            company.post_pending(one)
    assert company.job_costs() == {(JOB, ITEM): Decimal("5.00")}
    assert {row.modified.date() for row in company.postings()} == {date(2026, 7, 2)}


def test_closed_books_hold_against_every_correction() -> None:
    """Through the closing date nothing is changed, moved in or out, voided, deleted, nor a pending bill made final."""
    company = Company(now=Clock(), closing_date=date(2026, 6, 30))
    open_book = office()
    open_book.enter_bill(VENDOR, [Line(Decimal(1), item=ITEM)], txn_date=date(2026, 6, 1), pending=True)
    old = [enter(open_book, kind, day=date(2026, 6, 1)) for kind in POSTED]
    new = enter(open_book, "Bill")
    preferences = company._book.state.preferences
    company.restore(open_book.snapshot())
    company._book.state.preferences = preferences
    before = company.postings()
    pending = next(one.txn_id for one in company._book.state.txns.values() if one.is_pending)
    attempts: list[Callable[[], None]] = [lambda: company.redate(new, date(2026, 6, 30))]
    attempts.append(lambda: company.post_pending(pending))
    for one in old:
        attempts += [
            lambda one=one: company.redate(one, LATER),  # type: ignore[misc]
            lambda one=one: company.recode(one, job=OTHER_JOB),  # type: ignore[misc]
            lambda one=one: company.void(one),  # type: ignore[misc]
            lambda one=one: company.delete(one),  # type: ignore[misc]
        ]
    for attempt in attempts:
        with pytest.raises(QuickBooksError):
            attempt()
    assert company.postings() == before


def test_edited_invoice_keeps_its_tax_unless_told() -> None:
    """New lines leave the sales tax, a new tax leaves the lines, and another customer takes the whole document."""
    company = office()
    invoice = enter(company, "Invoice")
    company.edit_invoice(invoice, lines=[Line(Decimal("7.00"), item=ITEM)], memo="m", ref_number="R")
    assert rows_by_account(company)["Accounts Receivable"] == Decimal("7.50")
    company.edit_invoice(invoice, tax=Decimal(0), customer=OTHER_JOB, txn_date=LATER)
    assert rows_by_account(company) == {"Accounts Receivable": 7, "Construction Income": -7}
    assert {row.job for row in company.postings()} == {OTHER_JOB}


def test_a_job_or_an_item_merged_away_moves_its_lines_silently() -> None:
    """After a merge the posted lines stand under the other name, yet no document counts as modified."""
    clock = Clock()
    company = office(clock)
    for kind in POSTED:
        enter(company, kind)
    stamps = [row.modified for row in company.postings()]
    costs = sum(company.job_costs().values())
    clock.forward(days=5)
    company.merge(next(one.list_id for one in company.jobs() if one.full_name == JOB), OTHER_JOB)
    company.merge(next(one.list_id for one in company.items() if one.full_name == ITEM), "26-100")
    rows = company.postings()
    assert [row.modified for row in rows] == stamps
    assert JOB not in {row.job for row in rows}
    assert ITEM not in {row.item for row in rows}
    assert {job for job, _ in company.job_costs()} == {OTHER_JOB}
    assert sum(company.job_costs().values()) == costs


@pytest.mark.parametrize(
    "enter_it",
    [
        lambda company: company.enter_invoice("None Such", [Line(Decimal(1), item=ITEM)], txn_date=DAY),
        lambda company: company.enter_invoice(JOB, [], txn_date=DAY),
        lambda company: company.enter_invoice(JOB, [Line(Decimal(-1), item=ITEM)], txn_date=DAY),
        lambda company: company.enter_invoice(JOB, [Line(Decimal(1), item=ITEM, job=JOB)], txn_date=DAY),
        lambda company: company.enter_invoice(JOB, [Line(Decimal(1), item=STOCK)], txn_date=DAY),
        lambda company: company.enter_invoice(JOB, [Line(Decimal(1))], txn_date=DAY),
        lambda company: company.enter_invoice(JOB, [Line(Decimal(1), item=ITEM)], txn_date=DAY, tax=Decimal("0.001")),
        lambda company: company.enter_inventory_adjustment("Fuel", [Line(Decimal(1), item=ITEM)], txn_date=DAY),
        lambda company: company.enter_inventory_adjustment(
            "Fuel", [Line(Decimal(1), item=STOCK, job=JOB)], txn_date=DAY
        ),
        lambda company: company.bill_receipt(enter(company, "Bill")),
        lambda company: company.edit_invoice(enter(company, "Bill"), memo="m"),
        lambda company: company.enter_bill(VENDOR, [Line(Decimal(1), item=ITEM, class_name="None")], txn_date=DAY),
    ],
)
def test_screen_refuses_what_the_form_cannot_hold(enter_it: Callable[[Company], object]) -> None:
    """Unknown names, empty or negative sales, a job on a sale's line, stock on an invoice and the like are refused."""
    with pytest.raises(QuickBooksError):
        enter_it(office())


def test_account_without_item_gets_one_charge_item() -> None:
    """The other-charge item for an account is made once, also where the account's name is an item's already."""
    company = office()
    company.add_one_sided_item("Retainage Receivable", account="Construction Income")
    for _ in range(2):
        enter(company, "Invoice")
    charges = [one.name for one in company._book.records("Item") if one.item_type == "OtherCharge"]
    assert charges == ["Retainage Receivable charge"]
    company.add_other_charge_item("Bond", account="Insurance")
    company.enter_invoice(JOB, [Line(Decimal(1), account="Insurance")], txn_date=DAY)
    assert "Bond" in {row.item for row in company.postings()}
