from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import Company, JournalLine, Line, PaycheckLine
from qbwc_bridge.rehearsal.quickbooks.macros import span_of
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, one, po_add, schema, send, status, stocked

COLUMNS = (
    "Amount",
    "TxnID",
    "TxnType",
    "Date",
    "Name",
    "SourceName",
    "Item",
    "Account",
    "Debit",
    "Credit",
    "ModifiedTime",
)
Table = list[dict[str, str]]


def detail(company: Company, head: str = "<ReportDateMacro>All</ReportDateMacro>", rows_by: str = "TotalOnly") -> Table:
    """Run CustomTxnDetail and give its data rows as dictionaries by column type."""
    return table(report(company, head, rows_by))


def report(company: Company, head: str, rows_by: str) -> etree._Element:
    """Run CustomTxnDetail and give its ReportRet."""
    columns = "".join(f"<IncludeColumn>{name}</IncludeColumn>" for name in COLUMNS)
    reply = one(
        company,
        "<CustomDetailReportQueryRq><CustomDetailReportType>CustomTxnDetail</CustomDetailReportType>"
        f"{head}<SummarizeRowsBy>{rows_by}</SummarizeRowsBy>{columns}</CustomDetailReportQueryRq>",
    )
    assert reply.get("statusCode") == "0", reply.get("statusMessage")
    return reply[0]


def table(ret: etree._Element) -> Table:
    """Read the data rows of a report by the types of its columns."""
    types = {node.get("colID"): node.findtext("ColType") or "" for node in ret.iter("ColDesc")}
    return [
        {types[cell.get("colID")]: cell.get("value") or "" for cell in row.iter("ColData")}
        for row in ret.iter("DataRow")
    ]


def busy() -> Company:
    """Make a company with one document of several kinds."""
    clock = Clock()
    company = stocked(clock)
    send(company, po_add("100.00"))
    day = date(2026, 7, 1)
    company.enter_bill(
        VENDOR,
        [Line(Decimal("10.00"), item=ITEM, job=JOB), Line(Decimal("5.00"), account="Fuel")],
        txn_date=date(2026, 5, 1),
        ref_number="B-1",
        memo="head",
    )
    company.enter_paycheck("Jane Doe", [PaycheckLine(Decimal("50.00"), JOB, ITEM)], txn_date=day)
    clock.forward(days=1)
    company.enter_journal(
        [
            JournalLine("Job Expenses:Fuel", debit=Decimal("3.00"), entity=JOB),
            JournalLine("Checking", credit=Decimal("3.00")),
        ],
        txn_date=day,
    )
    return company


def test_rows_agree_with_the_ledger() -> None:
    """Every posting row is there with account, sides, item, job as Name and payee as SourceName."""
    company = busy()
    rows = detail(company)
    ledger = company.postings()
    assert len(rows) == len(ledger)
    for row, posting in zip(rows, ledger, strict=True):
        assert (row["TxnID"], row["Account"], row.get("Item", "")) == (posting.txn_id, posting.account, posting.item)
        assert Decimal(row.get("Debit", 0)) == posting.debit
        assert Decimal(row.get("Credit", 0)) == posting.credit
        if posting.job:
            assert row["Name"] == posting.job
        assert row.get("SourceName", "") == posting.source_name


def test_names_on_rows_follow_the_line_and_the_head() -> None:
    """The payable row names the vendor, a line without job too; wages name the job, the bank row the employee."""
    rows = detail(busy())
    seen = [(row["TxnType"], row["Account"], row.get("Name", ""), row.get("SourceName", "")) for row in rows]
    assert seen == [
        ("Bill", "Accounts Payable", VENDOR, VENDOR),
        ("Bill", "Job Expenses:Materials", JOB, VENDOR),
        ("Bill", "Fuel", VENDOR, VENDOR),
        ("Paycheck", "Checking", "Jane Doe", "Jane Doe"),
        ("Paycheck", "Payroll Expenses", JOB, "Jane Doe"),
        ("Paycheck", "Payroll Liabilities", "Jane Doe", "Jane Doe"),
        ("JournalEntry", "Job Expenses:Fuel", JOB, JOB),
        ("JournalEntry", "Checking", "", JOB),
    ]


def test_columns_come_in_the_reports_order_and_empty_cells_are_left_out() -> None:
    """The request's order of columns does not count, and no cell has an empty value."""
    ret = report(busy(), "<ReportDateMacro>All</ReportDateMacro>", "TotalOnly")
    types = [node.findtext("ColType") for node in ret.iter("ColDesc")]
    assert types[0] == "Blank"
    assert set(types[1:]) == set(COLUMNS)
    assert tuple(types[1:]) != COLUMNS
    assert int(ret.findtext("NumColumns") or 0) == len(types)
    assert all(cell.get("value") for cell in ret.iter("ColData"))
    data = ret.find("ReportData")
    assert data is not None
    assert int(ret.findtext("NumRows") or 0) == len(data)
    assert data[-1].tag == "TotalRow"


def test_rows_by_account_have_headings_and_sums() -> None:
    """Summarized by account each account has a heading, its rows and a sum of debits and credits."""
    company = busy()
    ret = report(company, "<ReportDateMacro>All</ReportDateMacro>", "Account")
    data = ret.find("ReportData")
    assert data is not None
    headings = [row.get("value") for row in data if row.tag == "TextRow"]
    assert headings == [
        "Accounts Payable",
        "Checking",
        "Fuel",
        "Job Expenses:Fuel",
        "Job Expenses:Materials",
        "Payroll Expenses",
        "Payroll Liabilities",
    ]
    assert len([row for row in data if row.tag == "SubtotalRow"]) == len(headings)
    assert len(table(ret)) == len(company.postings())


MAY = "<FromReportDate>2026-05-01</FromReportDate><ToReportDate>2026-05-31</ToReportDate>"
SINCE = "<FromReportModifiedDate>2026-07-02</FromReportModifiedDate>"


@pytest.mark.parametrize(
    ("head", "count"),
    [
        (f"<ReportPeriod>{MAY}</ReportPeriod>", 3),
        ("<ReportDateMacro>LastMonth</ReportDateMacro>", 0),
        ("<ReportDateMacro>ThisYear</ReportDateMacro>", 8),
        ("", 5),
        ("{}<ReportAccountFilter><AccountTypeFilter>CostOfSales</AccountTypeFilter></ReportAccountFilter>", 2),
        ("{}<ReportAccountFilter><FullNameWithChildren>Job Expenses</FullNameWithChildren></ReportAccountFilter>", 2),
        ("{}<ReportAccountFilter><FullName>Fuel</FullName></ReportAccountFilter>", 1),
        ("{}<ReportEntityFilter><FullNameWithChildren>Owner</FullNameWithChildren></ReportEntityFilter>", 3),
        ("{}<ReportEntityFilter><FullName>Owner</FullName></ReportEntityFilter>", 0),
        ("{}<ReportEntityFilter><EntityTypeFilter>Employee</EntityTypeFilter></ReportEntityFilter>", 2),
        (f"{{}}<ReportItemFilter><FullName>{ITEM}</FullName></ReportItemFilter>", 2),
        ("{}<ReportTxnTypeFilter><TxnTypeFilter>Paycheck</TxnTypeFilter></ReportTxnTypeFilter>", 3),
        (f"{{}}<ReportModifiedDateRangeFilter>{SINCE}</ReportModifiedDateRangeFilter>", 2),
        ("{}<ReportPostingStatusFilter>Either</ReportPostingStatusFilter>", 10),
        ("{}<ReportPostingStatusFilter>NonPosting</ReportPostingStatusFilter>", 2),
    ],
)  # fmt: skip
def test_filters_choose_rows(head: str, count: int) -> None:
    """Period, account, entity, item, type, change date and posting status each narrow the rows."""
    assert len(detail(busy(), head.format("<ReportDateMacro>All</ReportDateMacro>"))) == count


def test_types_can_be_named_as_the_screen_does() -> None:
    """With screen words a journal is a General Journal; the rows are otherwise the same."""
    plain, spoken = busy(), Company(now=Clock(), screen_words=True)
    spoken.restore(plain.snapshot())
    assert [row.get("Debit") for row in detail(spoken)] == [row.get("Debit") for row in detail(plain)]
    assert {row["TxnType"] for row in detail(plain)} == {"Bill", "Paycheck", "JournalEntry"}
    assert {row["TxnType"] for row in detail(spoken)} == {"Bill", "Paycheck", "General Journal"}


def test_unknown_name_in_a_filter_is_refused() -> None:
    """A report filter on an entity that does not exist gets 3140."""
    body = (
        "<CustomDetailReportQueryRq><CustomDetailReportType>CustomTxnDetail</CustomDetailReportType><ReportEntityFilter>"
        "<FullName>None Such</FullName></ReportEntityFilter><SummarizeRowsBy>TotalOnly</SummarizeRowsBy>"
        "<IncludeColumn>TxnID</IncludeColumn></CustomDetailReportQueryRq>"
    )
    assert status(stocked(), body) == 3140


def profit(company: Company, kind: str, columns: str = "") -> dict[str, dict[str, Decimal]]:
    """Run a profit and loss report and give amounts by account and column title."""
    ret = one(
        company,
        f"<GeneralSummaryReportQueryRq><GeneralSummaryReportType>{kind}</GeneralSummaryReportType>"
        f"<ReportDateMacro>All</ReportDateMacro>{columns}</GeneralSummaryReportQueryRq>",
    )[0]
    titles = {}
    for node in ret.iter("ColDesc"):
        title = node.find("ColTitle")
        titles[node.get("colID")] = "" if title is None else title.get("value") or ""
    return {
        row[0].get("value") or "": {
            titles[cell.get("colID")]: Decimal(cell.get("value") or 0) for cell in list(row)[2:]
        }
        for row in ret.iter("DataRow")
    }


def test_profit_and_loss_by_job_equals_job_costs_and_standard_adds_the_rest() -> None:
    """By Job shows exactly the costs with a job; Standard shows all, by customer with a column for what has none."""
    company = busy()
    by_job = profit(company, "ProfitAndLossByJob")
    assert sum(cells[JOB] for cells in by_job.values()) == sum(company.job_costs().values())
    standard = profit(company, "ProfitAndLossStandard")
    assert sum(cells["TOTAL"] for cells in standard.values()) == Decimal("68.00")
    split = profit(company, "ProfitAndLossStandard", "<SummarizeColumnsBy>Customer</SummarizeColumnsBy>")
    assert split["Fuel"] == {"Unclassified": Decimal("5.00"), "TOTAL": Decimal("5.00")}


@pytest.mark.parametrize(
    ("macro", "span"),
    [
        ("All", (None, None)),
        ("Today", (date(2026, 7, 15), date(2026, 7, 15))),
        ("Yesterday", (date(2026, 7, 14), date(2026, 7, 14))),
        ("ThisWeek", (date(2026, 7, 12), date(2026, 7, 18))),
        ("LastWeekToDate", (date(2026, 7, 5), date(2026, 7, 8))),
        ("ThisMonthToDate", (date(2026, 7, 1), date(2026, 7, 15))),
        ("LastMonth", (date(2026, 6, 1), date(2026, 6, 30))),
        ("ThisQuarter", (date(2026, 7, 1), date(2026, 9, 30))),
        ("LastCalendarQuarterToDate", (date(2026, 4, 1), date(2026, 4, 15))),
        ("ThisFiscalYearToDate", (date(2026, 1, 1), date(2026, 7, 15))),
        ("NextYear", (date(2027, 1, 1), date(2027, 12, 31))),
        ("NextFourWeeks", (date(2026, 7, 19), date(2026, 8, 15))),
    ],
)
def test_date_macros(macro: str, span: tuple[date | None, date | None]) -> None:
    """Macros mean whole weeks from Sunday, months, quarters and years, or their part up to today."""
    assert span_of(macro, date(2026, 7, 15)) == span


def test_report_replies_fit_the_schema() -> None:
    """Both kinds of report reply validate against Intuit's schema."""
    company = busy()
    for rows_by in ("TotalOnly", "Account"):
        tree = report(company, "<ReportDateMacro>All</ReportDateMacro>", rows_by).getroottree()
        assert schema().validate(tree), schema().error_log
