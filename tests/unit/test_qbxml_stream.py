"""The fast reader against a plain one: whatever the reply, its layout and where its text is cut, both say the same."""

# ruff: noqa: RUF001 - awkward characters are what is tested

from collections.abc import Callable
from unittest.mock import patch
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.replies import ReportRet, TxnRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml import parse
from qbwc_bridge.qbxml.fields import COST_COLUMNS
from qbwc_bridge.qbxml.lists import LIST_RETS
from qbwc_bridge.qbxml.responses import _Reader, parse_reply
from tests.support import DEEP, SOAK, shared_dir
from tests.unit.plain_replies import plain_replies

Part = tuple[str, dict[str, str], object]
"""An element to be: tag, attributes, and a text or the list of its children."""

SMALLEST_SLICE = 60
"""Characters: the first slice must hold the declaration and the root's tag."""


# ---------------------------------------------------------------- what QuickBooks may say

WORDS = st.text(st.sampled_from("abXY :.-&<>\"'\n\té’€\x92\x81😀0"), min_size=1, max_size=24) | st.just("w " * 300)
IDS = st.from_regex(r"[0-9A-F]{1,8}-[0-9]{10}", fullmatch=True)
FLAGS = st.sampled_from(["true", "false"])
COUNTS = st.integers(0, 9).map(str)
AMOUNTS = st.decimals(-(10**9), 10**9, places=2).map(str)
MOMENTS = st.datetimes().map(lambda at: at.isoformat(timespec="seconds").rjust(19, "0") + "-05:00")
DATES = st.dates().map(str)


Strategy = st.SearchStrategy[Part]
NO_MORE: st.SearchStrategy[list[Part]] = st.just([])


def leaf(tag: str, texts: st.SearchStrategy[str]) -> Strategy:
    """An element with a text."""
    return texts.map(lambda text: (tag, {}, text))


def whole(tag: str, *parts: Strategy, more: st.SearchStrategy[list[Part]] = NO_MORE) -> Strategy:
    """An element with some of these children in this order, then `more`."""
    some = st.tuples(*(st.none() | part for part in parts)).map(lambda found: [part for part in found if part])
    return st.tuples(some, more).map(lambda found: (tag, {}, [*found[0], *found[1]]))


def ref(tag: str) -> Strategy:
    """A reference, which may lack id or name or both."""
    return whole(tag, leaf("ListID", IDS), leaf("FullName", WORDS))


def record(tag: str) -> Strategy:
    """A record of a list, with things in it that the bridge does not use."""
    return whole(
        tag,
        leaf("ListID", IDS),
        leaf("TimeModified", MOMENTS),
        leaf("EditSequence", IDS),
        leaf("Name", WORDS),
        leaf("FullName", WORDS),
        leaf("IsActive", FLAGS),
        ref("ParentRef"),
        leaf("Sublevel", COUNTS),
        whole("BillAddress", leaf("Addr1", WORDS), leaf("Name", WORDS)),
        leaf("AccountType", st.sampled_from(["Bank", "CostOfGoodsSold"])),
        *(
            [
                whole("SalesOrPurchase", leaf("Desc", WORDS), ref("AccountRef")),
                whole("SalesAndPurchase", ref("IncomeAccountRef"), ref("ExpenseAccountRef")),
                ref("IncomeAccountRef"),
                ref("COGSAccountRef"),
            ]
            if tag.startswith("Item")
            else []
        ),
        leaf("Notes", WORDS),
    )


def line(tag: str) -> Strategy:
    """A line of a document."""
    return whole(
        tag,
        leaf("TxnLineID", IDS),
        ref("ItemRef"),
        ref("AccountRef"),
        leaf("Desc", WORDS),
        leaf("Memo", WORDS),
        leaf("Quantity", AMOUNTS),
        leaf("Rate", AMOUNTS),
        leaf("Cost", AMOUNTS),
        leaf("Amount", AMOUNTS),
        ref("CustomerRef"),
        ref("EntityRef"),
        ref("ClassRef"),
        leaf("ReceivedQuantity", AMOUNTS),
        leaf("IsManuallyClosed", FLAGS),
    )


def document(tag: str, of_line: tuple[str, ...], group: str) -> Strategy:
    """A document with lines, groups of lines and links."""
    lines = st.one_of(*map(line, of_line))
    grouped = whole(group, leaf("TxnLineID", IDS), leaf("TotalAmount", AMOUNTS), more=st.lists(lines, max_size=2))
    linked = whole("LinkedTxn", leaf("TxnID", IDS), leaf("TxnType", st.just("PurchaseOrder")))
    return whole(
        tag,
        leaf("TxnID", IDS),
        leaf("TimeModified", MOMENTS),
        leaf("EditSequence", IDS),
        ref("VendorRef"),
        ref("CustomerRef"),
        leaf("TxnDate", DATES),
        leaf("RefNumber", WORDS),
        leaf("AmountDue", AMOUNTS),
        leaf("TotalAmount", AMOUNTS),
        leaf("SalesTaxTotal", AMOUNTS),
        leaf("IsActive", FLAGS),
        leaf("IsManuallyClosed", FLAGS),
        leaf("IsFullyReceived", FLAGS),
        leaf("IsPending", FLAGS),
        ref("PayeeEntityRef"),
        leaf("CreditAmount", AMOUNTS),
        leaf("DepositTotal", AMOUNTS),
        leaf("Subtotal", AMOUNTS),
        leaf("Amount", AMOUNTS),
        leaf("Memo", WORDS),
        more=st.lists(lines | grouped | linked, max_size=4),
    )


@st.composite
def report(draw: st.DrawFn) -> Part:
    """A report with a row count that is right, headings and totals included."""
    columns = draw(st.lists(st.sampled_from(COST_COLUMNS), unique=True))
    rows: list[Part] = []
    for kind in draw(st.lists(st.sampled_from(["DataRow", "DataRow", "TextRow", "TotalRow"]), max_size=6)):
        told = draw(st.dictionaries(st.integers(1, len(columns)), WORDS)) if columns else {}
        cells: list[Part] = [("ColData", {"colID": str(at), "value": text}, "") for at, text in told.items()]
        rows.append((kind, {"rowNumber": "1"}, [("RowData", {"rowType": "item", "value": "x"}, ""), *cells]))
    described: list[Part] = [
        ("ColDesc", {"colID": str(at)}, [("ColTitle", {"titleRow": "1", "value": column}, ""), ("ColType", {}, column)])
        for at, column in enumerate(columns, 1)
    ]
    head: list[Part] = [("ReportTitle", {}, draw(WORDS)), ("NumRows", {}, str(len(rows)))]
    return ("ReportRet", {}, [*head, *described, ("ReportData", {}, rows)])


RECORDS = st.one_of(
    st.sampled_from(sorted(LIST_RETS)).flatmap(record),
    document("EstimateRet", ("EstimateLineRet",), "EstimateLineGroupRet"),
    document("PurchaseOrderRet", ("PurchaseOrderLineRet",), "PurchaseOrderLineGroupRet"),
    document("BillRet", ("ExpenseLineRet", "ItemLineRet"), "ItemGroupLineRet"),
    st.sampled_from(["CheckRet", "CreditCardChargeRet", "CreditCardCreditRet", "VendorCreditRet"]).flatmap(
        lambda tag: document(tag, ("ExpenseLineRet", "ItemLineRet"), "ItemGroupLineRet")
    ),
    document("InvoiceRet", ("InvoiceLineRet",), "InvoiceLineGroupRet"),
    document("CreditMemoRet", ("CreditMemoLineRet",), "CreditMemoLineGroupRet"),
    document("JournalEntryRet", ("JournalDebitLine", "JournalCreditLine"), "ItemGroupLineRet"),
    document("DepositRet", ("DepositLineRet",), "ItemGroupLineRet"),
    whole(
        "TxnDeletedRet",
        leaf("TxnDelType", st.just("Bill")),
        leaf("TxnID", IDS),
        leaf("TimeDeleted", MOMENTS),
        leaf("RefNumber", WORDS),
    ),
    whole("SalesOrderRet", leaf("TxnID", IDS), more=st.lists(line("SalesOrderLineRet"), max_size=2)),
    report(),
)


@st.composite
def replies(draw: st.DrawFn) -> str:
    """The text of a set of replies, in any layout, spelt in ASCII with references or not."""
    layout = draw(st.sampled_from(["", "\n", "\n\t", "\r\n", " " * 700, "<!-- no --> ", "\n<?no?>"]))

    def text(part: Part) -> str:
        tag, attributes, inside = part
        told = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        if isinstance(inside, list):
            return f"<{tag}{told}>{layout}{''.join(text(child) + layout for child in inside)}</{tag}>"
        return f"<{tag}{told}>{escape(str(inside))}</{tag}>" if inside else f"<{tag}{told}/>"

    answers: list[Part] = [
        (
            f"{name}Rs",
            {
                "requestID": str(at),
                "statusCode": draw(st.sampled_from(["0", "1", "500"])),
                "statusMessage": draw(WORDS),
                "iteratorRemainingCount": draw(COUNTS),
            },
            draw(st.lists(RECORDS, max_size=5)),
        )
        for at, name in enumerate(draw(st.lists(st.sampled_from(["CustomerQuery", "BillAdd"]), max_size=3)))
    ]
    written = f'<?xml version="1.0" ?>\n<QBXML>{layout}{text(("QBXMLMsgsRs", {}, answers))}{layout}</QBXML>'
    return written.encode("ascii", "xmlcharrefreplace").decode() if draw(st.booleans()) else written


# ---------------------------------------------------------------- both readers agree


@settings(max_examples=3000 if SOAK else 500 if DEEP else 60, suppress_health_check=[HealthCheck.too_slow])
@given(replies(), st.integers(SMALLEST_SLICE, 3000))
def test_both_readers_agree(text: str, size: int) -> None:
    """Every field of every result is what a plain reading finds, wherever the slices of the text end."""
    with patch.object(parse, "_SLICE", size):
        assert list(parse_reply(text).replies) == plain_replies(text)


@pytest.mark.parametrize("size", [100, 1000, 64 * 1024])
def test_both_readers_agree_on_samples(size: int) -> None:
    """Every real reply is read as a plain reading finds it, amounts with two decimals, nothing left out."""
    for path in shared_dir("samples").glob("rs_*.xml"):
        text = path.read_text(encoding="utf-8")
        with patch.object(parse, "_SLICE", size):
            assert list(parse_reply(text).replies) == plain_replies(text)


# ---------------------------------------------------------------- little is held


def _customers(count: int) -> str:
    one = "<CustomerRet><ListID>1</ListID><Name>A</Name><BillAddress><Addr1>x</Addr1></BillAddress></CustomerRet>"
    return f'<CustomerQueryRs statusCode="0">{one * count}</CustomerQueryRs>'


def _unknown(count: int) -> str:
    one = "<SalesOrderRet><TxnID>1</TxnID></SalesOrderRet>"
    return f'<SalesOrderQueryRs statusCode="0">{one * count}</SalesOrderQueryRs>'


def _rows(count: int) -> str:
    row = '<DataRow><ColData colID="1" value="x"/><ColData colID="1" value="y"/></DataRow>'
    head = f'<NumRows>{count}</NumRows><ColDesc colID="1"><ColType>TxnID</ColType></ColDesc>'
    body = f"<ReportRet>{head}<ReportData>{row * count}</ReportData></ReportRet>"
    return f'<CustomDetailReportQueryRs statusCode="0">{body}</CustomDetailReportQueryRs>'


def _answers(count: int) -> str:
    return '<CustomerAddRs statusCode="0"><CustomerRet><ListID>1</ListID></CustomerRet></CustomerAddRs>' * count


@pytest.mark.parametrize("body", [_customers, _unknown, _rows, _answers])
def test_no_more_is_held_than_was_just_read(body: Callable[[int], str]) -> None:
    """What is complete is dropped: after each slice a handful of elements is left, however long the reply is."""
    text = f"<QBXML><QBXMLMsgsRs>{body(20_000)}</QBXMLMsgsRs></QBXML>"
    reader, most, steps = _Reader(), 0, 0
    for root, complete in parse.grow(text):
        reader.take(root[0], whole=complete)
        most, steps = max(most, sum(1 for _ in root.iter())), steps + 1
    assert steps > 10
    assert most < 30


def test_texts_that_come_again_are_held_once() -> None:
    """Equal cells of a report are one text in memory."""
    (table,) = parse_reply(f"<QBXML><QBXMLMsgsRs>{_rows(300)}</QBXMLMsgsRs></QBXML>").replies[0].results
    assert isinstance(table, ReportRet)
    assert len({id(cell) for row in table.rows for cell in row}) == 1


# ---------------------------------------------------------------- bounds


def _nested(depth: int, *, closed: bool) -> str:
    inside = "<a>" * depth + ("</a>" * depth + "<b/>" if closed else "")
    end = "</CustomerRet></CustomerQueryRs></QBXMLMsgsRs></QBXML>" if closed else ""
    return f'<QBXML><QBXMLMsgsRs><CustomerQueryRs statusCode="0"><CustomerRet>{inside}{end}'


@pytest.mark.parametrize("depth", [parse.MAX_DEPTH, 1000, 5000])
@pytest.mark.parametrize("closed", [True, False])
def test_deep_records_are_refused(depth: int, closed: bool) -> None:
    """A record with too many elements inside one another is refused, whether they are closed again or not."""
    assert parse_reply(_nested(parse.MAX_DEPTH - 4, closed=True)).replies
    with pytest.raises(QuickBooksError, match=r"deep|depth"):
        parse_reply(_nested(depth, closed=closed))


def test_a_field_of_many_megabytes_is_read() -> None:
    """Within the bounds a single long text is read: libxml2's own limit of 10 MB does not apply."""
    memo = "x" * 11_000_000
    text = f'<QBXML><QBXMLMsgsRs><BillAddRs statusCode="0"><BillRet><Memo>{memo}</Memo></BillRet></BillAddRs>'
    (bill,) = parse_reply(f"{text}</QBXMLMsgsRs></QBXML>").replies[0].results
    assert isinstance(bill, TxnRet)
    assert bill.memo == memo
