from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.rehearsal.quickbooks import Company, JournalLine, Line, PaycheckLine, QuickBooksError
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, one, po_add, send, status, stocked
from tests.support import DEEP

DAY = date(2026, 7, 1)
STORIES = 400 if DEEP else 40
MONEY = st.integers(1, 10**7).map(lambda cents: Decimal(cents) / 100)


def line(amount: str, **given: str) -> Line:
    """Make a line for the job."""
    return Line(Decimal(amount), job=JOB, **(given or {"item": ITEM}))  # type: ignore[arg-type]


def enter(company: Company, kind: str, amount: Decimal) -> str:
    """Enter one document of a kind."""
    lines = [Line(amount, item=ITEM, job=JOB), Line(amount, account="Fuel", job=JOB)]
    payments: dict[str, Callable[..., str]] = {
        "bill": company.enter_bill,
        "credit": company.enter_vendor_credit,
        "check": company.enter_check,
        "charge": company.enter_card_charge,
        "refund": company.enter_card_credit,
        "deposit": company.enter_deposit,
    }
    if kind in payments:
        return payments[kind](VENDOR, lines, txn_date=DAY)
    if kind == "journal":
        debit = JournalLine("Job Expenses:Permits", debit=amount, entity=JOB)
        return company.enter_journal([debit, JournalLine("Checking", credit=amount)], txn_date=DAY)
    return company.enter_paycheck("Jane Doe", [PaycheckLine(amount, JOB, ITEM)], txn_date=DAY)


KINDS = ("bill", "credit", "check", "charge", "refund", "deposit", "journal", "paycheck")


@given(
    story=st.lists(
        st.tuples(st.sampled_from(KINDS), MONEY, st.sampled_from(("keep", "void", "delete", "edit"))), max_size=8
    )
)
@settings(max_examples=STORIES, deadline=None)
def test_ledger_balances_after_any_story(story: list[tuple[str, Decimal, str]]) -> None:
    """Debits equal credits per transaction and in all, whatever is entered, changed, voided or deleted."""
    company = stocked()
    for kind, amount, after in story:
        txn_id = enter(company, kind, amount)
        if after == "void":
            company.void(txn_id)
        elif after == "delete":
            company.delete(txn_id)
        elif after == "edit" and kind not in {"journal", "paycheck"}:
            company.edit_bill(txn_id, lines=[Line(amount * 2, account="Fuel", job=JOB)])
    rows = company.postings()
    for txn_id in {row.txn_id for row in rows}:
        assert sum(row.debit - row.credit for row in rows if row.txn_id == txn_id) == 0
    assert len({row.txn_id for row in rows}) == sum(after != "delete" for _, _, after in story)
    cost = sum(
        (
            row.debit - row.credit
            for row in rows
            if row.job == JOB and row.account_type in {"Expense", "CostOfGoodsSold"}
        ),
        Decimal(0),
    )
    assert sum(company.job_costs().values(), Decimal(0)) == cost
    copy = stocked()
    copy.restore(company.snapshot())
    assert copy.postings() == rows


def test_each_kind_posts_where_a_bookkeeper_expects() -> None:
    """Costs go to the item's or the line's account, the other side to payables, bank, card or payroll accounts."""
    expected = {
        "bill": ("Accounts Payable", "20.00", "Job Expenses:Materials"),
        "credit": ("Accounts Payable", "-20.00", "Job Expenses:Materials"),
        "check": ("Checking", "20.00", "Job Expenses:Materials"),
        "charge": ("Company Credit Card", "20.00", "Job Expenses:Materials"),
        "refund": ("Company Credit Card", "-20.00", "Job Expenses:Materials"),
        "deposit": ("Checking", "-20.00", "Job Expenses:Materials"),
        "paycheck": ("Checking", "8.00", "Payroll Expenses"),
    }
    for kind, (account, credit, cost_account) in expected.items():
        company = stocked()
        enter(company, kind, Decimal("10.00"))
        head, first, *_ = company.postings()
        assert (head.account, head.credit - head.debit, head.job) == (account, Decimal(credit), "")
        assert (first.account, first.item, first.job) == (cost_account, ITEM, JOB)


def test_costs_count_only_what_posted_to_cost_accounts() -> None:
    """Retainage on a job line is no cost; a later date is left out by as_of; credits lower the cost."""
    company = stocked()
    company.enter_bill(VENDOR, [line("100.00"), line("-10.00", account="Retainage Payable")], txn_date=DAY)
    company.enter_vendor_credit(VENDOR, [line("5.00")], txn_date=DAY)
    company.enter_bill(VENDOR, [line("7.00", account="Job Expenses:Fuel")], txn_date=date(2026, 8, 1))
    assert company.job_costs(as_of=DAY) == {(JOB, ITEM): Decimal("95.00")}
    assert company.job_costs()[JOB, "Job Expenses:Fuel"] == Decimal("7.00")


def test_header_zero_check_reclassifies_cost() -> None:
    """A check of zero moves cost from one item to another and both rows are there."""
    company = stocked()
    company.enter_check(VENDOR, [line("50.00"), line("-50.00", item="26-100")], txn_date=DAY)
    assert company.job_costs() == {(JOB, ITEM): Decimal("50.00"), (JOB, "26-100"): Decimal("-50.00")}


def test_account_of_an_entered_line_does_not_follow_the_item() -> None:
    """The line keeps the account it posted to; that is the account the ledger shows ever after."""
    company = stocked()
    send(
        company,
        f"<BillAddRq><BillAdd><VendorRef><FullName>{VENDOR}</FullName></VendorRef><ItemLineAdd><ItemRef>"
        f"<FullName>{ITEM}</FullName></ItemRef><Amount>9.00</Amount><CustomerRef><FullName>{JOB}</FullName>"
        "</CustomerRef><OverrideItemAccountRef><FullName>Retainage Payable</FullName></OverrideItemAccountRef>"
        "</ItemLineAdd></BillAdd></BillAddRq>",
    )
    assert company.postings()[1].account == "Retainage Payable"
    assert company.job_costs() == {}


def test_bill_on_order_moves_received_quantity_and_undoes_with_the_bill() -> None:
    """A part billed shows as received by money; deleting, voiding or rewriting the bill takes it back with the link."""
    for undo in ("delete", "void", "edit"):
        company = stocked()
        send(company, po_add("100.00", "50.00"))
        order = company.orders()[0]
        first = order.lines[0].line_id
        bill = company.enter_bill_on_order(order.txn_id, {first: Decimal("25.50")}, txn_date=DAY, lines=[line("1.00")])
        changed = company.orders()[0]
        assert changed.lines[0].received == Decimal("25.5")
        assert int(changed.edit_sequence) > int(order.edit_sequence)
        assert company.job_costs() == {(JOB, ITEM): Decimal("26.50")}
        with pytest.raises(QuickBooksError):
            company.delete(order.txn_id)
        match undo:
            case "delete":
                company.delete(bill)
            case "void":
                company.void(bill)
            case _:
                company.edit_bill(bill, lines=[line("3.00")])
        assert company.orders()[0].lines[0].received == 0
        company.delete(order.txn_id)
        assert company.orders() == []


def test_lump_sum_line_is_received_in_fractions() -> None:
    """On a line of quantity 1 a bill of a third leaves a fractional receipt, and the rest closes it to the cent."""
    company = stocked()
    body = po_add("1.00").replace("<Rate>1</Rate><Amount>1.00</Amount>", "<Rate>100.00</Rate><Amount>100.00</Amount>")
    send(company, body)
    order = company.orders()[0]
    company.enter_bill_on_order(order.txn_id, {order.lines[0].line_id: Decimal("33.33")}, txn_date=DAY)
    assert company.orders()[0].lines[0].received == Decimal("0.3333")
    company.enter_bill_on_order(order.txn_id, txn_date=DAY)
    assert company.orders()[0].is_fully_received
    assert company.job_costs() == {(JOB, ITEM): Decimal("100.00")}


def test_hand_edit_of_an_order_is_a_change_like_any() -> None:
    """Amounts, texts, lines and head change; the edit sequence rises; amount lines keep rate 1."""
    company = stocked()
    company.add_vendor("Other Vendor")
    send(company, po_add("100.00", "50.00"))
    order = company.orders()[0]
    first, second = (one.line_id for one in order.lines)
    company.edit_order(
        order.txn_id,
        amounts={first: Decimal("120.00")},
        descriptions={first: "by hand"},
        removed=[second],
        added=[line("5.00", item="26-100")],
        vendor="Other Vendor",
        memo="m",
        ref_number="X",
    )
    after = company.orders()[0]
    assert (after.vendor, after.memo, after.ref_number) == ("Other Vendor", "m", "X")
    assert after.total == 125
    assert after.lines[0].rate == 1
    assert (after.lines[0].description, after.lines[1].item) == ("by hand", "26-100")
    assert after.edit_sequence != order.edit_sequence
    company.close_order(order.txn_id)
    company.reopen_order(order.txn_id)
    assert not company.orders()[0].is_closed


def test_deletions_are_remembered_for_ninety_days_but_not_paychecks() -> None:
    """TxnDeletedQuery tells of bills for 90 days; a deleted paycheck leaves no trace."""
    clock = Clock()
    company = stocked(clock)
    bill, paycheck = enter(company, "bill", Decimal("1.00")), enter(company, "paycheck", Decimal("10.00"))
    company.delete(bill)
    company.delete(paycheck)
    query = "<TxnDeletedQueryRq><TxnDelType>Bill</TxnDelType><TxnDelType>Check</TxnDelType>{}</TxnDeletedQueryRq>"
    assert one(company, query.format("")).findtext("TxnDeletedRet/TxnID") == bill
    since = "<DeletedDateRangeFilter><FromDeletedDate>2026-07-02</FromDeletedDate></DeletedDateRangeFilter>"
    assert status(company, query.format(since)) == 1
    clock.forward(days=89)
    assert status(company, query.format("")) == 0
    clock.forward(days=2)
    assert status(company, query.format("")) == 1


def test_void_keeps_the_document_at_zero() -> None:
    """A voided bill stays with amounts of zero and a memo that says so; orders cannot be voided."""
    company = stocked()
    bill = enter(company, "bill", Decimal("10.00"))
    company.void(bill)
    shown = one(company, "<BillQueryRq><IncludeLineItems>true</IncludeLineItems></BillQueryRq>")[0]
    assert (shown.findtext("AmountDue"), shown.findtext("Memo")) == ("0.00", "VOID:")
    assert set(company.job_costs().values()) == {Decimal("0.00")}
    send(company, po_add("1.00"))
    with pytest.raises(QuickBooksError) as refusal:
        company.void(company.orders()[0].txn_id)
    assert refusal.value.status_code == 3185


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Line(Decimal("1.00"))],
        [Line(Decimal("1.00"), item=ITEM, account="Fuel")],
        [Line(Decimal("1.001"), item=ITEM)],
        [Line(Decimal("1.00"), item="None Such")],
        [Line(Decimal("1.00"), item=ITEM, job="None Such")],
        [Line(Decimal("-1.00"), item=ITEM)],
    ],
)
def test_screen_refuses_what_quickbooks_refuses(lines: list[Line]) -> None:
    """A bill without lines, with a wrong name, a third decimal or a negative total is not entered."""
    company = stocked()
    with pytest.raises(QuickBooksError):
        company.enter_bill(VENDOR, lines, txn_date=DAY)
    assert company.postings() == []


def test_journal_must_balance() -> None:
    """A journal entry out of balance is refused."""
    lines = [JournalLine("Fuel", debit=Decimal("2.00")), JournalLine("Checking", credit=Decimal("1.00"))]
    with pytest.raises(QuickBooksError, match="balance"):
        stocked().enter_journal(lines, txn_date=DAY)


def test_fuel_is_two_accounts() -> None:
    """The chart has Fuel as an overhead expense and below Job Expenses as job cost, and names tell them apart."""
    names = [one.full_name for one in stocked().accounts()]
    assert {"Fuel", "Job Expenses:Fuel", "Retainage Payable", "Payroll Liabilities"} <= set(names)


def test_empty_company_has_only_what_quickbooks_makes_itself() -> None:
    """Without the contractor's chart only the special accounts exist."""
    company = Company(now=Clock(), empty=True)
    assert [one.name for one in company.accounts()] == [
        "Accounts Payable",
        "Accounts Receivable",
        "Estimates",
        "Purchase Orders",
    ]
    assert company.vendors() == company.jobs() == []
    assert company.items() == []


def test_same_story_gives_the_same_bytes() -> None:
    """The company is deterministic: two runs of one story give equal backups."""
    backups = []
    for _ in range(2):
        company = stocked(Clock())
        send(company, po_add("1.00"))
        enter(company, "bill", Decimal("2.00"))
        backups.append(company.snapshot())
    assert backups[0] == backups[1]


def test_bytes_that_are_no_backup_are_refused() -> None:
    """Restoring something else raises ValueError and leaves the company as it was."""
    company = stocked()
    for data in (b"", b"{}", b'{"format": 1, "company": []}', b'{"format": 99}'):
        with pytest.raises(ValueError, match=r".+"):
            company.restore(data)
    assert company.vendors()[0].name == VENDOR


def test_many_threads_leave_one_consistent_file() -> None:
    """Requests and entries from several threads neither lose nor double anything."""
    company = stocked()

    def work(number: int) -> None:
        assert status(company, po_add("1.00", number=str(number))) == 0
        enter(company, KINDS[number % len(KINDS)], Decimal("3.00"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(40)))
    orders = company.orders()
    assert sorted(int(one.ref_number) for one in orders) == list(range(40))
    ids = [one.txn_id for one in orders] + [part.line_id for one in orders for part in one.lines]
    assert len(set(ids)) == len(ids)
    assert sum(row.debit - row.credit for row in company.postings()) == 0
