from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache

import pytest

from qbwc_bridge.rehearsal.quickbooks import Company, add_names, names_of, post_years, posting
from qbwc_bridge.rehearsal.quickbooks.filling import KINDS
from qbwc_bridge.rehearsal.quickbooks.posting import Row
from qbwc_bridge.rehearsal.quickbooks.state import Txn
from tests.rehearsal.quickbooks_kit import Clock, one, schema

UNTIL = date(2026, 6, 30)
DOCUMENTS, LINES = 400, 1600


@cache
def backup() -> bytes:
    """Fill a company over two years and give its backup."""
    company = Company(now=Clock())
    names = add_names(company, jobs=3, items=5, vendors=4)
    post_years(company, names, UNTIL, years=2, documents=DOCUMENTS, lines=LINES)
    return company.snapshot()


def filled() -> Company:
    """Open the filled company."""
    company = Company(now=Clock())
    company.restore(backup())
    return company


def report(company: Company, head: str) -> int:
    """Run CustomTxnDetail and give the number of its data rows."""
    reply = one(
        company,
        f"<CustomDetailReportQueryRq><CustomDetailReportType>CustomTxnDetail</CustomDetailReportType>{head}"
        "<SummarizeRowsBy>TotalOnly</SummarizeRowsBy><IncludeColumn>TxnID</IncludeColumn></CustomDetailReportQueryRq>",
    )
    return len(list(reply.iter("DataRow")))


def test_years_hold_what_was_asked_for() -> None:
    """Numbers, kinds, dates and balance of the documents are as asked for, and the same call makes the same file."""
    company = filled()
    txns = list(company._book.state.txns.values())
    assert len(txns) == DOCUMENTS
    lines = sum(
        one.kind != "withheld" and not (txn.kind == "JournalEntry" and one.kind == "credit")
        for txn in txns
        for one in txn.lines
    )
    assert lines == LINES
    assert Counter(txn.kind for txn in txns) == {kind: KINDS.count(kind) * DOCUMENTS // len(KINDS) for kind in KINDS}
    assert (min(txn.txn_date for txn in txns), max(txn.txn_date for txn in txns)) == (date(2024, 7, 1), UNTIL)
    rows = company.postings()
    assert sum(row.debit - row.credit for row in rows) == 0
    assert {job for job, _ in company.job_costs()} == set(names_of(company).jobs)
    again = Company(now=Clock())
    post_years(again, add_names(again, jobs=3, items=5, vendors=4), UNTIL, years=2, documents=DOCUMENTS, lines=LINES)
    assert again.postings() == rows


def test_documents_carry_the_time_of_their_own_day() -> None:
    """What was entered in the past counts as modified then; afterwards the clock goes on as before."""
    company = filled()
    assert all(row.modified.date() == row.txn_date for row in company.postings())
    since = "<FromReportModifiedDate>2026-06-01</FromReportModifiedDate>"
    window = f"<ReportModifiedDateRangeFilter>{since}</ReportModifiedDateRangeFilter>"
    month = "<ReportPeriod><FromReportDate>2026-06-01</FromReportDate></ReportPeriod>"
    assert report(company, f"<ReportDateMacro>All</ReportDateMacro>{window}") == report(company, month) > 0
    with company.at(datetime(2020, 1, 1, 20, tzinfo=UTC)):
        company.add_vendor("Old")
    company.add_vendor("New")
    stamps = {
        ret.findtext("Name"): ret.findtext("TimeCreated") for ret in one(company, "<VendorQueryRq/>").iter("VendorRet")
    }
    assert (stamps["Old"], stamps["New"]) == ("2020-01-01T12:00:00-08:00", "2026-07-01T09:00:00-08:00")


MAY = "<ReportPeriod><FromReportDate>2026-05-01</FromReportDate><ToReportDate>2026-05-31</ToReportDate></ReportPeriod>"
CREDITS = (
    "<ReportDateMacro>All</ReportDateMacro>"
    "<ReportTxnTypeFilter><TxnTypeFilter>VendorCredit</TxnTypeFilter></ReportTxnTypeFilter>"
)


@pytest.mark.parametrize(("head", "kinds"), [(MAY, None), (CREDITS, {"VendorCredit"})])
def test_a_window_makes_the_rows_of_its_documents_only(
    monkeypatch: pytest.MonkeyPatch, head: str, kinds: set[str] | None
) -> None:
    """A report over a month or a type looks into the documents of that month or type, into no others."""
    company = filled()
    opened: list[Txn] = []
    plain = posting.rows_of

    def counted(txn: Txn, non_posting: dict[str, str]) -> Iterator[Row]:
        opened.append(txn)
        return plain(txn, non_posting)

    monkeypatch.setattr(posting, "rows_of", counted)
    assert report(company, head) > 0
    assert 0 < len(opened) < DOCUMENTS / 8
    if kinds is None:
        assert {txn.txn_date.strftime("%Y-%m") for txn in opened} == {"2026-05"}
    else:
        assert {txn.kind for txn in opened} == kinds


def test_pages_of_a_large_file_hold_every_bill_once() -> None:
    """Pages run through all bills by date; the reply of each page fits the schema."""
    company = filled()
    seen: list[str] = []
    reply = None
    while reply is None or reply.get("iteratorRemainingCount") != "0":
        turn = 'iterator="Start"' if reply is None else f'iterator="Continue" iteratorID="{reply.get("iteratorID")}"'
        inside = "<MaxReturned>50</MaxReturned><IncludeLineItems>true</IncludeLineItems>"
        reply = one(company, f"<BillQueryRq {turn}>{inside}</BillQueryRq>")
        assert schema().validate(reply.getroottree()), schema().error_log
        seen += [ret.findtext("TxnID") or "" for ret in reply]
    assert seen == [txn.txn_id for txn in company._book.txns("Bill")]
