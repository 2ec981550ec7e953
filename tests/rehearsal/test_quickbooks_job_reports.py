from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import Company, Line, RequestProcessorError
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, one, schema, status
from tests.rehearsal.quickbooks_office import CLASS, DAY, OTHER_JOB, POSTED, STOCK, enter, office

COLUMNS = ("TxnID", "TxnType", "Date", "Name", "Item", "Account", "Class", "Debit", "Credit")
Rows = list[dict[str, str]]


def detail(company: Company, head: str = "") -> Rows:
    """Run CustomTxnDetail over all dates unless the head names a period; gives its data rows by column type."""
    period = "" if "ReportPeriod" in head else "<ReportDateMacro>All</ReportDateMacro>"
    columns = "".join(f"<IncludeColumn>{name}</IncludeColumn>" for name in COLUMNS)
    reply = one(
        company,
        "<CustomDetailReportQueryRq><CustomDetailReportType>CustomTxnDetail</CustomDetailReportType>"
        f"{period}{head}<SummarizeRowsBy>TotalOnly</SummarizeRowsBy>{columns}</CustomDetailReportQueryRq>",
    )
    assert schema().validate(reply.getroottree()), schema().error_log
    types = {node.get("colID"): node.findtext("ColType") or "" for node in reply.iter("ColDesc")}
    return [
        {types[cell.get("colID")]: cell.get("value") or "" for cell in row.iter("ColData")}
        for row in reply.iter("DataRow")
    ]


def everything() -> Company:
    """Make a company with one document of each kind, each entered a day after the last and dated so."""
    clock = Clock()
    company = office(clock)
    for number, kind in enumerate(POSTED):
        enter(company, kind, day=date(2026, 7, 1 + number))
        clock.forward(days=1)
    return company


def test_class_column_shows_the_class_of_each_line() -> None:
    """Every kind of document shows its class on the lines that have one; the filter on a class finds just these."""
    company = everything()
    rows = detail(company)
    assert {row["TxnType"] for row in rows if row.get("Class") == CLASS} == set(POSTED)
    wanted = f"<ReportClassFilter><FullName>{CLASS}</FullName></ReportClassFilter>"
    assert detail(company, wanted) == [row for row in rows if row.get("Class") == CLASS]


def period(first: date | None, last: date | None) -> str:
    """Write a ReportPeriod, open where a day is None."""
    low = f"<FromReportDate>{first}</FromReportDate>" if first else ""
    high = f"<ToReportDate>{last}</ToReportDate>" if last else ""
    return f"<ReportPeriod>{low}{high}</ReportPeriod>"


def test_period_may_be_open_on_one_side() -> None:
    """From a day on and up to a day, both ends included, are the two parts of all rows; one day is a period too."""
    company = everything()
    everywhere = detail(company)
    cut = date(2026, 7, 5)
    until, since = detail(company, period(None, cut)), detail(company, period(date(2026, 7, 6), None))
    assert until + since == everywhere
    assert {row["Date"] for row in detail(company, period(cut, cut))} == {cut.isoformat()}
    assert detail(company, period(None, None)) == everywhere


def test_changes_are_chosen_by_day() -> None:
    """ReportModifiedDateRangeFilter takes whole days, both ends included, and a correction moves a document into it."""
    company = everything()
    first = next(iter(detail(company)))["TxnID"]
    day = (
        "<ReportModifiedDateRangeFilter><FromReportModifiedDate>{}</FromReportModifiedDate>"
        "<ToReportModifiedDate>{}</ToReportModifiedDate></ReportModifiedDateRangeFilter>"
    )
    assert {row["TxnType"] for row in detail(company, day.format("2026-07-02", "2026-07-03"))} == set(POSTED[1:3])
    today = day.format("2026-07-14", "2026-07-14")
    assert detail(company, today) == []
    company.redate(first, DAY)
    assert {row["TxnID"] for row in detail(company, today)} == {first}


@pytest.mark.parametrize("kind", POSTED)
def test_type_filter_finds_each_kind(kind: str) -> None:
    """ReportTxnTypeFilter with one word gives the rows of that kind, with all words every row."""
    company = everything()
    wanted = "<ReportTxnTypeFilter>{}</ReportTxnTypeFilter>".format
    rows = detail(company)
    chosen = [row for row in rows if row["TxnType"] == kind]
    assert detail(company, wanted(f"<TxnTypeFilter>{kind}</TxnTypeFilter>")) == chosen != []
    words = "".join(f"<TxnTypeFilter>{one}</TxnTypeFilter>" for one in POSTED)
    assert detail(company, wanted(words)) == rows


def test_entity_filter_takes_ids_names_and_children() -> None:
    """A job is chosen by id or name; its customer only with children; a vendor gets the rows that name no job."""
    company = everything()
    company.enter_bill(VENDOR, [Line(Decimal(1), item=ITEM, job="Owner")], txn_date=DAY)
    job = next(one for one in company.jobs() if one.full_name == JOB)
    owner = next(one for one in company.customers() if one.full_name == "Owner")
    wanted = "<ReportEntityFilter><{0}>{1}</{0}></ReportEntityFilter>".format
    rows = detail(company)
    of_job = [row for row in rows if row.get("Name") == JOB]
    assert detail(company, wanted("ListID", job.list_id)) == detail(company, wanted("FullName", JOB)) == of_job
    assert {row["Name"] for row in detail(company, wanted("FullName", "Owner"))} == {"Owner"}
    below = detail(company, wanted("ListIDWithChildren", owner.list_id))
    assert below == detail(company, wanted("FullNameWithChildren", "Owner"))
    assert below == [row for row in rows if row.get("Name") in {"Owner", JOB}]
    assert {row["Account"] for row in detail(company, wanted("FullName", VENDOR))} >= {"Accounts Payable", "Checking"}


def test_screen_words_name_the_new_types() -> None:
    """With screen words each type has the name that the screen shows."""
    spoken = Company(now=Clock(), screen_words=True)
    spoken.restore(everything().snapshot())
    assert {row["TxnType"] for row in detail(spoken)} == {
        "Bill",
        "Check",
        "Credit",
        "Credit Card Charge",
        "Credit Card Credit",
        "Credit Memo",
        "Deposit",
        "General Journal",
        "Inventory Adjust",
        "Invoice",
        "Item Receipt",
        "Paycheck",
        "Sales Receipt",
    }


def test_pending_rows_are_non_posting() -> None:
    """A pending bill is in no report unless rows that do not post are asked for."""
    company = office()
    company.enter_bill(VENDOR, [Line(Decimal(1), item=ITEM, job=JOB)], txn_date=DAY, pending=True)
    assert detail(company) == []
    status_of = "<ReportPostingStatusFilter>{}</ReportPostingStatusFilter>".format
    assert len(detail(company, status_of("NonPosting"))) == len(detail(company, status_of("Either"))) == 2


@pytest.mark.parametrize(
    ("word", "item"), [("Service", ITEM), ("Inventory", STOCK), ("OtherCharge", "Retainage Receivable")]
)
def test_item_types_are_told_apart(word: str, item: str) -> None:
    """ItemTypeFilter finds services, stock and other charges each for themselves."""
    company = everything()
    rows = detail(company, f"<ReportItemFilter><ItemTypeFilter>{word}</ItemTypeFilter></ReportItemFilter>")
    assert {row["Item"] for row in rows} == {item}


def profit(company: Company, kind: str, head: str, columns: str = "") -> dict[str, dict[str, Decimal]]:
    """Run a profit and loss report and give amounts by account and column title."""
    reply = one(
        company,
        f"<GeneralSummaryReportQueryRq><GeneralSummaryReportType>{kind}</GeneralSummaryReportType>{head}{columns}"
        "</GeneralSummaryReportQueryRq>",
    )
    assert schema().validate(reply.getroottree()), schema().error_log
    titles = {node.get("colID"): node[0].get("value") or "" for node in reply.iter("ColDesc")}
    return {
        row[0].get("value") or "": {
            titles[cell.get("colID")]: Decimal(cell.get("value") or 0) for cell in list(row)[2:]
        }
        for row in reply.iter("DataRow")
    }


def test_profit_and_loss_has_every_kind_and_keeps_to_its_period() -> None:
    """By Job agrees with the job costs to the cent, and two periods that meet add up to the whole."""
    company = everything()
    company.recode(enter(company, "Invoice"), job=OTHER_JOB)
    costs: dict[str, Decimal] = {}
    for (job, _), amount in company.job_costs().items():
        costs[job] = costs.get(job, Decimal(0)) + amount
    whole = profit(company, "ProfitAndLossByJob", period(None, None))
    income = whole.pop("Construction Income")
    assert {job: sum(cells.get(job, Decimal(0)) for cells in whole.values()) for job in costs} == costs
    assert income == {JOB: Decimal("20.00"), OTHER_JOB: Decimal("20.00"), "TOTAL": Decimal("40.00")}
    by_customer = "<SummarizeColumnsBy>Customer</SummarizeColumnsBy>"
    cut = date(2026, 7, 6)
    parts = [
        profit(company, "ProfitAndLossStandard", span, by_customer)
        for span in (period(None, cut), period(date(2026, 7, 7), None))
    ]
    total = profit(company, "ProfitAndLossStandard", period(None, None), by_customer)
    for account, cells in total.items():
        assert sum(part.get(account, {}).get("TOTAL", Decimal(0)) for part in parts) == cells["TOTAL"]


JOB_FILTER = f"<ReportEntityFilter><FullName>{JOB}</FullName></ReportEntityFilter>"


def job_report(company: Company, head: str = "<ReportDateMacro>All</ReportDateMacro>") -> etree._Element:
    """Run JobProfitabilityDetail and give its ReportRet."""
    reply = one(
        company,
        f"<JobReportQueryRq><JobReportType>JobProfitabilityDetail</JobReportType>{head}{JOB_FILTER}</JobReportQueryRq>",
    )
    assert schema().validate(reply.getroottree()), schema().error_log
    return reply[0]


def figures(ret: etree._Element) -> list[tuple[str, str, str | None, str, str, str]]:
    """Give kind, label, RowData and the three amounts of each row with cells."""
    data = ret.find("ReportData")
    rows = []
    for row in data if data is not None else ():
        cells = {cell.get("colID"): cell.get("value") or "" for cell in row.iter("ColData")}
        about = row.find("RowData")
        if cells:
            full = None if about is None else about.get("value")
            rows.append((str(row.tag), cells["1"], full, cells["2"], cells["3"], cells["4"]))
    return rows


def test_job_report_has_a_row_per_item_and_one_without() -> None:
    """Costs and revenue stand per item under the item's type, what has no item in a row of its own, and a total."""
    ret = job_report(everything())
    assert ret.findtext("ReportBasis") == "Accrual"
    assert [node.findtext("ColType") for node in ret.iter("ColDesc")] == [
        "Blank",
        "Amount",
        "Amount",
        "AmountDifference",
    ]
    assert figures(ret) == [
        ("DataRow", ITEM, ITEM, "20.00", "20.00", "0.00"),
        ("SubtotalRow", "Total Service", None, "20.00", "20.00", "0.00"),
        ("DataRow", "No item", None, "30.00", "0.00", "-30.00"),
        ("TotalRow", "TOTAL", None, "50.00", "20.00", "-30.00"),
    ]


def test_job_report_shows_parents_with_their_own_amount_as_other() -> None:
    """A parent is a heading; its own amount is labelled Other; RowData has the whole path, the label the short name."""
    company = office()
    company.add_item(f"{ITEM}:Footings", income_account="Construction Income", expense_account="Job Expenses:Materials")
    lines = [Line(Decimal("3.00"), item=f"{ITEM}:Footings", job=JOB), Line(Decimal("4.00"), item=ITEM, job=JOB)]
    company.enter_bill(VENDOR, lines, txn_date=DAY)
    ret = job_report(company)
    assert [row.get("value") for row in ret.iter("TextRow")] == ["Service", ITEM]
    assert [row[:4] for row in figures(ret)] == [
        ("DataRow", "Footings", f"{ITEM}:Footings", "3.00"),
        ("DataRow", f"{ITEM} - Other", ITEM, "4.00"),
        ("SubtotalRow", f"Total {ITEM}", ITEM, "7.00"),
        ("SubtotalRow", "Total Service", None, "7.00"),
        ("TotalRow", "TOTAL", None, "7.00"),
    ]


def test_job_report_agrees_with_the_job_costs() -> None:
    """The costs of its data rows are the costs of the job, whatever has been entered."""
    company = everything()
    company.add_item(f"{ITEM}:Footings", income_account="Construction Income", expense_account="Job Expenses:Materials")
    company.recode(enter(company, "Check"), item=f"{ITEM}:Footings")
    costs = sum(amount for (job, _), amount in company.job_costs().items() if job == JOB)
    rows = figures(job_report(company))
    assert sum(Decimal(row[3]) for row in rows if row[0] == "DataRow") == costs
    assert rows[-1][3] == f"{costs:.2f}"


def test_job_report_of_a_customer_takes_its_jobs_along_when_asked() -> None:
    """FullNameWithChildren sums a customer and all its jobs; the plain name is the customer alone."""
    company = everything()
    company.recode(enter(company, "Bill"), job=OTHER_JOB)
    body = (
        "<JobReportQueryRq><JobReportType>JobProfitabilityDetail</JobReportType><ReportDateMacro>All</ReportDateMacro>"
        "<ReportEntityFilter><{0}>Owner</{0}></ReportEntityFilter></JobReportQueryRq>"
    )
    whole = figures(one(company, body.format("FullNameWithChildren"))[0])[-1]
    assert whole[3] == f"{sum(company.job_costs().values()):.2f}"
    assert figures(one(company, body.format("FullName"))[0]) == []


def test_basis_of_a_job_report_cannot_be_asked_for() -> None:
    """The schema has no ReportBasis in a job report: the document is refused."""
    with pytest.raises(RequestProcessorError, match="ReportBasis"):
        job_report(office(), "<ReportBasis>Accrual</ReportBasis>")


def test_job_report_covers_the_fiscal_year_unless_told() -> None:
    """Without period last year's costs are missing; the macro All has them; a period keeps to its days."""
    company = office()
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 7, 2)):
        company.enter_bill(VENDOR, [Line(Decimal("1.00"), item=ITEM, job=JOB)], txn_date=day)
    assert figures(job_report(company, ""))[-1][3] == "1.00"
    assert figures(job_report(company))[-1][3] == "3.00"
    assert figures(job_report(company, period(date(2026, 1, 1), None)))[-1][3] == "2.00"
    assert job_report(company, period(None, date(2020, 1, 1))).find("ReportData") is None


@pytest.mark.parametrize(
    ("kind", "inside", "code"),
    [
        ("JobProfitabilityDetail", "", 3150),
        (
            "JobProfitabilityDetail",
            "<ReportEntityFilter><EntityTypeFilter>Customer</EntityTypeFilter></ReportEntityFilter>",
            3210,
        ),
        (
            "JobProfitabilityDetail",
            f"<ReportEntityFilter><FullName>{JOB}</FullName><FullName>Owner</FullName></ReportEntityFilter>",
            3210,
        ),
        (
            "JobProfitabilityDetail",
            f"<ReportEntityFilter><FullName>{VENDOR}</FullName></ReportEntityFilter>",
            3210,
        ),
        ("JobProfitabilityDetail", f"{JOB_FILTER}<SummarizeColumnsBy>Month</SummarizeColumnsBy>", 3250),
        ("ItemProfitability", JOB_FILTER, 3250),
    ],
)
def test_job_report_is_about_one_job(kind: str, inside: str, code: int) -> None:
    """Without exactly one customer or job it is refused, and so are reports that this company does not have."""
    assert (
        status(office(), f"<JobReportQueryRq><JobReportType>{kind}</JobReportType>{inside}</JobReportQueryRq>") == code
    )
