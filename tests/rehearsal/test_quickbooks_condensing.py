from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.rehearsal.quickbooks import Company, Line
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, one, po_add, schema, send, status
from tests.rehearsal.quickbooks_office import DAY, POSTED, enter, office
from tests.support import DEEP

STORIES = 200 if DEEP else 25
CUT = date(2026, 6, 15)
DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(POSTED), st.integers(2, 10**6), st.integers(-100, 60)), min_size=1, max_size=12
)


def by_month_and_account(company: Company) -> dict[tuple[int, int, str], Decimal]:
    """Give debits less credits by month and account, zeros left out."""
    sums: dict[tuple[int, int, str], Decimal] = {}
    for row in company.postings():
        key = (row.txn_date.year, row.txn_date.month, row.account)
        sums[key] = sums.get(key, Decimal(0)) + row.debit - row.credit
    return {key: value for key, value in sums.items() if value}


@given(documents=DOCUMENTS)
@settings(max_examples=STORIES, deadline=None)
def test_condensing_keeps_the_accounts_and_loses_the_jobs(documents: list[tuple[str, int, int]]) -> None:
    """Every month and account keeps its sum; up to the day only journals without names remain, later documents all."""
    company = office()
    for kind, cents, days in documents:
        enter(company, kind, Decimal(cents) / 100, CUT + timedelta(days=days))
    before = by_month_and_account(company)
    later = [row for row in company.postings() if row.txn_date > CUT]
    company.condense(CUT)
    rows = company.postings()
    assert by_month_and_account(company) == before
    assert [row for row in rows if row.txn_date > CUT] == later
    old = [row for row in rows if row.txn_date <= CUT]
    assert {(row.txn_type, row.job, row.item, row.class_name) for row in old} <= {("JournalEntry", "", "", "")}
    assert company.job_costs(as_of=CUT) == {}
    months = {(row.txn_date.year, row.txn_date.month) for row in old}
    assert len({row.txn_id for row in old}) == len(months)
    words = "".join(f"<TxnDelType>{kind}</TxnDelType>" for kind in POSTED if kind != "Paycheck")
    assert status(company, f"<TxnDeletedQueryRq>{words}</TxnDeletedQueryRq>") == 1


def test_summary_is_dated_at_the_end_of_its_month_and_made_now() -> None:
    """The journal of a whole month stands on its last day, that of the cut month on the day itself; both are new."""
    clock = Clock()
    company = office(clock)
    enter(company, "Bill", day=date(2026, 2, 3))
    enter(company, "Check", day=date(2026, 6, 1))
    clock.forward(days=4)
    company.condense(CUT)
    reply = one(company, "<JournalEntryQueryRq><IncludeLineItems>true</IncludeLineItems></JournalEntryQueryRq>")
    assert schema().validate(reply.getroottree()), schema().error_log
    assert [ret.findtext("TxnDate") for ret in reply] == ["2026-02-28", "2026-06-15"]
    assert {(ret.findtext("TimeModified") or "")[:10] for ret in reply} == {"2026-07-05"}
    assert not list(reply.iter("EntityRef"))


def test_what_is_still_open_survives() -> None:
    """Open orders, estimates in use, pending bills, and an order on which a later bill draws all stay; done ones go."""
    company = office()
    for number, day in (("OPEN", CUT), ("DONE", CUT), ("DRAWN", DAY)):
        send(
            company, po_add("100.00", number=number).replace("<RefNumber>", "<TxnDate>2026-05-01</TxnDate><RefNumber>")
        )
        if number != "OPEN":
            company.enter_bill_on_order(company.orders()[-1].txn_id, txn_date=day)
    line = f"<EstimateLineAdd><ItemRef><FullName>{ITEM}</FullName></ItemRef></EstimateLineAdd>"
    for active in ("true", "false"):
        send(
            company,
            f"<EstimateAddRq><EstimateAdd><CustomerRef><FullName>{JOB}</FullName></CustomerRef>"
            f"<TxnDate>2026-05-01</TxnDate><IsActive>{active}</IsActive>{line}</EstimateAdd></EstimateAddRq>",
        )
    pending = company.enter_bill(VENDOR, [Line(Decimal(1), item=ITEM, job=JOB)], txn_date=CUT, pending=True)
    company.condense(CUT)
    assert [order.ref_number for order in company.orders()] == ["OPEN", "DRAWN"]
    assert [one.is_active for one in company.estimates()] == [True]
    shown = "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns>"
    replies = send(company, f"<BillQueryRq>{shown}</BillQueryRq><PurchaseOrderQueryRq>{shown}</PurchaseOrderQueryRq>")
    assert {ret.findtext("TxnID") for ret in replies[0]} > {pending}
    assert len(replies[0]) == 2
    assert schema().validate(replies.getroottree()), schema().error_log


def test_condensing_an_empty_span_changes_nothing() -> None:
    """Before the first document there is nothing to condense."""
    company = office()
    enter(company, "Invoice")
    before = company.snapshot()
    company.condense(date(2020, 1, 1))
    assert company.snapshot() == before
