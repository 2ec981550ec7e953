"""Reports: rows by column, and proof that none is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.replies import Reply, ReportRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.escape import escape
from qbwc_bridge.qbxml.fields import COST_COLUMNS
from qbwc_bridge.qbxml.responses import parse_reply
from tests.support import shared_dir

SAMPLE = "rs_report_inventory_stock_status_pretty.xml"


def _sample() -> str:
    return shared_dir("samples", SAMPLE).read_text(encoding="utf-8")


def _report(text: str) -> ReportRet:
    return _only(parse_reply(text).replies[0])


def _only(reply: Reply) -> ReportRet:
    (report,) = reply.results
    assert isinstance(report, ReportRet)
    return report


def _cost_report(rows: list[dict[str, str]], *, promised: int | None = None, request_id: str = "1") -> str:
    columns = "".join(
        f'<ColDesc colID="{at}"><ColTitle titleRow="1" value="x"/><ColType>{name}</ColType></ColDesc>'
        for at, name in enumerate(COST_COLUMNS, 1)
    )
    data = "".join(
        f'<DataRow rowNumber="{number}">'
        + "".join(
            f'<ColData colID="{COST_COLUMNS.index(name) + 1}" value="{escape(value)}"/>' for name, value in row.items()
        )
        + "</DataRow>"
        for number, row in enumerate(rows, 1)
    )
    return (
        f'<QBXML><QBXMLMsgsRs><CustomDetailReportQueryRs requestID="{request_id}" statusCode="0" statusSeverity="Info" '
        f'statusMessage="Status OK"><ReportRet><ReportTitle>Custom Transaction Detail</ReportTitle>'
        f"<ReportBasis>Accrual</ReportBasis><NumRows>{len(rows) if promised is None else promised}</NumRows>{columns}"
        f"<ReportData>{data}</ReportData></ReportRet></CustomDetailReportQueryRs></QBXMLMsgsRs></QBXML>"
    )


def test_a_real_report() -> None:
    """A real report gives its data rows only, cells by column, omitted cells empty."""
    report = _report(_sample())
    assert (report.title, report.basis) == ("Inventory Stock Status by Item", "Accrual")
    assert report.columns[:3] == ("Blank", "ItemDesc", "ItemVendor")
    assert list(report.cells("EarliestReceiptDate", "QuantityOnHand", "Nothing")) == [
        ["", "35", ""],
        ["", "5", ""],
        ["2010-09-27", "12", ""],
    ]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(COST_COLUMNS), st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))),
        max_size=20,
    )
)
def test_rows_survive(rows: list[dict[str, str]]) -> None:
    """Whatever the cells hold, the rows come back as they were."""
    report = _report(_cost_report(rows))
    assert report.columns == COST_COLUMNS
    assert report.rows == tuple(tuple(row.get(column, "") for column in COST_COLUMNS) for row in rows)


def test_a_cut_report_is_refused() -> None:
    """A report with fewer or more rows than it promises is refused."""
    for promised in (1, 3):
        text = _cost_report([{"TxnID": "1"}, {"TxnID": "2"}], promised=promised)
        with pytest.raises(QuickBooksError, match="with 2 rows"):
            parse_reply(text)
    headings = _sample().replace('<TextRow rowNumber="1" value="Inventory"/>', "")
    with pytest.raises(QuickBooksError, match="with 5 rows"):
        parse_reply(headings)


def test_a_report_without_rows() -> None:
    """A report that promises no row and has no data is complete and empty."""
    text = _cost_report([]).replace("<ReportData></ReportData>", "")
    assert _report(text).rows == ()
    assert _report(text).columns == COST_COLUMNS


def test_a_report_that_did_not_come() -> None:
    """Status 0 without report is refused; a query that was refused or found nothing is a reply without report."""
    reply = '<CustomDetailReportQueryRs requestID="1" statusCode="{}" statusMessage="why"/>'
    form = f"<QBXML><QBXMLMsgsRs>{reply}</QBXMLMsgsRs></QBXML>"
    with pytest.raises(QuickBooksError, match="status 0 and no report"):
        parse_reply(form.format(0))
    for status in (1, 3261):
        (told,) = parse_reply(form.format(status)).replies
        assert (told.status, told.message, told.results) == (status, "why", ())


def test_several_reports_in_one_set() -> None:
    """Each report has its own columns, rows and count."""
    first, second = _cost_report([{"TxnID": "1"}]), _cost_report([{"Date": "2"}, {"TxnID": "3"}], request_id="2")
    text = first.replace("</QBXMLMsgsRs></QBXML>", "") + second.replace("<QBXML><QBXMLMsgsRs>", "")
    found = [list(result.cells("TxnID", "Date")) for result in map(_only, parse_reply(text).replies)]
    assert found == [[["1", ""]], [["", "2"], ["3", ""]]]


def test_columns_of_the_same_type_are_told_apart() -> None:
    """In a summary by job, where every column is an Amount, cells are found by the column's titles."""
    text = """<QBXML><QBXMLMsgsRs><GeneralSummaryReportQueryRs statusCode="0"><ReportRet><ReportTitle>P</ReportTitle>
      <NumRows>1</NumRows><ColDesc colID="1"><ColTitle titleRow="1"/><ColType>Blank</ColType></ColDesc>
      <ColDesc colID="2"><ColTitle titleRow="1" value="Smith"/><ColTitle titleRow="2" value="Kitchen"/>
      <ColType>Amount</ColType></ColDesc><ColDesc colID="3"><ColTitle titleRow="1" value="Jones"/>
      <ColType>Amount</ColType></ColDesc><ColDesc colID="4"><ColTitle titleRow="1" value="Jones"/>
      <ColType>Amount</ColType></ColDesc><ReportData><DataRow rowNumber="1"><ColData colID="1" value="Fuel"/>
      <ColData colID="2" value="1.00"/><ColData colID="3" value="2.00"/><ColData colID="4" value="3.00"/></DataRow>
      </ReportData></ReportRet></GeneralSummaryReportQueryRs></QBXMLMsgsRs></QBXML>"""
    assert _report(text).columns == ("Blank", "Smith:Kitchen", "Jones#3", "Jones#4")
    assert _report(text).rows == (("Fuel", "1.00", "2.00", "3.00"),)


def test_a_cell_without_column_is_refused() -> None:
    """A cell of a column that the report does not describe is refused instead of being dropped."""
    text = _cost_report([{"TxnID": "1"}]).replace('<ColData colID="1"', '<ColData colID="99"')
    with pytest.raises(QuickBooksError, match="column '99'"):
        parse_reply(text)
