from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import Company, Line, QuickBooksError
from qbwc_bridge.rehearsal.quickbooks.amounts import extend
from tests.rehearsal.quickbooks_kit import (
    ITEM,
    JOB,
    VENDOR,
    Clock,
    line_mod,
    one,
    po_add,
    po_line,
    po_mod,
    sample,
    send,
    status,
    stocked,
)

DAY = date(2026, 7, 1)


def estimate(lines: str, head: str = "") -> str:
    """Write an EstimateAddRq for the job."""
    return (
        f"<EstimateAddRq><EstimateAdd><CustomerRef><FullName>{JOB}</FullName></CustomerRef>{head}{lines}"
        "</EstimateAdd></EstimateAddRq>"
    )


def item(inside: str) -> str:
    """Write an estimate line with the item."""
    return f"<EstimateLineAdd><ItemRef><FullName>{ITEM}</FullName></ItemRef>{inside}</EstimateLineAdd>"


def figures(line: etree._Element) -> tuple[str | None, str | None, str | None]:
    """Give quantity, rate and amount of a reply line."""
    return line.findtext("Quantity"), line.findtext("Rate"), line.findtext("Amount")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<Quantity>3</Quantity><Rate>1.33333</Rate>", ("3", "1.33333", "4.00")),
        ("<Quantity>4</Quantity><Rate>9</Rate><Amount>10.00</Amount>", ("4", "2.50", "10.00")),
        ("<Quantity>3</Quantity><Amount>10.00</Amount>", ("3", "3.33333", "10.00")),
        ("<Amount>10.00</Amount>", ("1", "10.00", "10.00")),
        ("<Rate>7.00</Rate>", ("1", "7.00", "7.00")),
        ("", ("1", "12.50", "12.50")),
        ("<Quantity>2</Quantity>", ("2", "12.50", "25.00")),
        ("<Quantity>0</Quantity><Rate>1</Rate><Amount>0.00</Amount>", ("0", "1.00", "0.00")),
        ("<Quantity>2</Quantity><Rate>10</Rate><MarkupRatePercent>50</MarkupRatePercent>", ("2", "10.00", "30.00")),
        ("<Quantity>1</Quantity><Rate>-5</Rate>", ("1", "-5.00", "-5.00")),
    ],
)
def test_amount_wins_and_the_rest_is_computed(inside: str, expected: tuple[str, str, str]) -> None:
    """Amount beats Rate, quantity times rate is rounded to the cent, nothing given is one at the item's price."""
    company = Company(now=Clock())
    company.add_customer("Owner")
    company.add_customer("2401 Clinic", parent="Owner")
    company.add_item(ITEM, income_account="Construction Income", expense_account="Job Expenses", price=Decimal("12.50"))
    reply = one(company, estimate(item(inside)))
    assert figures(reply[0].find("EstimateLineRet")) == expected  # type: ignore[arg-type]
    assert reply.findtext("EstimateRet/TotalAmount") == expected[2]


def test_rounding_is_half_away_from_zero() -> None:
    """Half a cent goes up, and down for a negative."""
    for sign in (1, -1):
        done = extend(Decimal("0.5"), sign * Decimal("0.01"), None, price=Decimal(0), markup=None)
        assert done.amount == sign * Decimal("0.01")


def test_default_markup_of_the_file_changes_lines_without_their_own() -> None:
    """With the real file's default markup of 100 percent a line by rate doubles; one with an explicit 0 does not."""
    company = stocked()
    company.load_company(sample("rs_host_company_preferences.xml"))
    body = estimate(
        item("<Quantity>1</Quantity><Rate>10</Rate>")
        + item("<Quantity>1</Quantity><Rate>10</Rate><MarkupRatePercent>0</MarkupRatePercent>")
        + item("<Quantity>1</Quantity><Rate>10</Rate><Amount>10.00</Amount>")
    )
    lines = send(company, body, version="11.0")[0].findall("EstimateRet/EstimateLineRet")
    assert [figures(line) for line in lines] == [
        ("1", "10.00", "20.00"),
        ("1", "10.00", "10.00"),
        ("1", "5.00", "10.00"),
    ]


def test_text_lines_have_no_figures_and_amounts_need_an_item() -> None:
    """A line with only Desc is text; an amount without item is refused."""
    company = stocked()
    reply = one(company, estimate("<EstimateLineAdd><Desc>Note</Desc></EstimateLineAdd>"))
    line = reply.find("EstimateRet/EstimateLineRet")
    assert line is not None
    assert [child.tag for child in line] == ["TxnLineID", "Desc"]
    assert status(company, estimate("<EstimateLineAdd><Amount>1.00</Amount></EstimateLineAdd>")) == 3210


def test_order_needs_a_vendor_and_items_that_are_bought() -> None:
    """Without VendorRef 3150; an item that is only sold is refused, one on a cost account is taken."""
    company = stocked()
    no_vendor = po_add("1.00").replace(f"<VendorRef><FullName>{VENDOR}</FullName></VendorRef>", "")
    assert status(company, no_vendor) == 3150
    company.add_one_sided_item("Sold", account="Construction Income")
    company.add_one_sided_item("Bought", account="Job Expenses:Permits")
    assert status(company, po_add("1.00").replace(ITEM, "Sold")) == 3210
    assert status(company, po_add("1.00").replace(ITEM, "Bought")) == 0


def test_inactive_item_or_vendor_is_not_taken_on_a_new_document() -> None:
    """New documents cannot use an inactive record; a line that has it already keeps it."""
    company = stocked()
    send(company, po_add("10.00"))
    company.set_active(ITEM, active=False)
    assert status(company, po_add("1.00")) == 3140
    line = company.orders()[0].lines[0].line_id
    assert status(company, po_mod(company, line_mod(line, "<Desc>new</Desc>"))) == 0


def test_line_cannot_change_to_an_inactive_item() -> None:
    """A Mod may keep an inactive item and may not bring one in."""
    company = stocked()
    send(company, po_add("10.00"))
    company.set_active("26-100", active=False)
    line = company.orders()[0].lines[0].line_id
    swap = "<ItemRef><FullName>26-100</FullName></ItemRef>"
    assert status(company, po_mod(company, line_mod(line, swap))) == 3140


def test_number_is_not_unique_and_not_longer_than_eleven() -> None:
    """QuickBooks takes the same RefNumber twice and refuses twelve characters with 3070."""
    company = stocked()
    assert [status(company, po_add("1.00", number="12345678901")) for _ in range(2)] == [0, 0]
    assert status(company, po_add("1.00", number="123456789012")) == 3070


def test_lines_and_links_come_only_when_asked() -> None:
    """IncludeLineItems and IncludeLinkedTxns default to false in queries."""
    company = stocked()
    send(company, po_add("100.00"))
    company.enter_bill_on_order(company.orders()[0].txn_id, txn_date=DAY)
    bare = one(company, "<PurchaseOrderQueryRq/>")
    assert bare.find("PurchaseOrderRet/PurchaseOrderLineRet") is None
    assert bare.find("PurchaseOrderRet/LinkedTxn") is None
    full = one(
        company,
        "<PurchaseOrderQueryRq><IncludeLineItems>true</IncludeLineItems>"
        "<IncludeLinkedTxns>true</IncludeLinkedTxns></PurchaseOrderQueryRq>",
    )
    assert full.findtext("PurchaseOrderRet/PurchaseOrderLineRet/ReceivedQuantity") == "100"
    assert full.findtext("PurchaseOrderRet/LinkedTxn/TxnType") == "Bill"
    assert full.findtext("PurchaseOrderRet/IsFullyReceived") == "true"


def test_stale_edit_sequence_changes_nothing() -> None:
    """A Mod with an old EditSequence gets 3200; the order is as it was."""
    company = stocked()
    send(company, po_add("100.00"))
    old = company.orders()[0]
    assert status(company, po_mod(company, "<Memo>a</Memo>")) == 0
    now = company.orders()[0]
    assert status(company, po_mod(company, "<Memo>b</Memo>", sequence=old.edit_sequence)) == 3200
    assert company.orders()[0] == now
    assert int(now.edit_sequence) > int(old.edit_sequence)


def test_mod_without_lines_keeps_them_and_with_lines_is_the_new_list() -> None:
    """No line listed keeps all; one listed is the whole list: kept by id, new by -1, the rest gone, order as listed."""
    company = stocked()
    send(company, po_add("100.00", "200.00", "300.00"))
    first, second, third = (line.line_id for line in company.orders()[0].lines)
    assert status(company, po_mod(company, "<Memo>m</Memo>")) == 0
    assert company.orders()[0].total == 600
    new = po_line("50.00").replace("PurchaseOrderLineAdd>", "PurchaseOrderLineMod>")
    new = new.replace("<PurchaseOrderLineMod>", "<PurchaseOrderLineMod><TxnLineID>-1</TxnLineID>")
    assert status(company, po_mod(company, line_mod(third) + line_mod(first) + new)) == 0
    order = company.orders()[0]
    assert [line.amount for line in order.lines] == [300, 100, 50]
    assert [line.line_id for line in order.lines[:2]] == [third, first]
    assert order.lines[2].line_id not in {"-1", second}


def test_unknown_line_or_order_is_refused_whole() -> None:
    """A TxnLineID or TxnID that does not exist gets 3120, and nothing of the Mod stays."""
    company = stocked()
    send(company, po_add("100.00"))
    before = company.orders()
    line = before[0].lines[0].line_id
    body = "<Memo>changed</Memo>" + line_mod(line, "<Amount>1.00</Amount>") + line_mod("9-9")
    assert status(company, po_mod(company, body)) == 3120
    assert company.orders() == before
    wrong = po_mod(company, "").replace(before[0].txn_id, "FF-1")
    assert status(company, wrong) == 3120


def test_given_elements_change_a_line_and_the_others_stay() -> None:
    """A new rate recomputes the amount, a new item brings its own description, an empty amount cannot clear."""
    company = stocked()
    send(company, po_add("100.00"))
    line = company.orders()[0].lines[0].line_id
    assert status(company, po_mod(company, line_mod(line, "<Rate>2</Rate>"))) == 0
    assert company.orders()[0].total == 200
    assert status(company, po_mod(company, line_mod(line, "<Amount></Amount>"))) == 3190
    swap = "<ItemRef><FullName>26-100</FullName></ItemRef>"
    assert status(company, po_mod(company, line_mod(line, swap))) == 0
    changed = company.orders()[0].lines[0]
    assert (changed.item, changed.description, changed.job) == ("26-100", "26-100", JOB)
    assert changed.amount == 0


def test_received_lines_cannot_shrink_below_or_leave_or_change() -> None:
    """What a bill has received stays: below it, without it, with another item or job the Mod gets 3170."""
    company = stocked()
    send(company, po_add("100.00", "50.00"))
    first, second = (line.line_id for line in company.orders()[0].lines)
    company.enter_bill_on_order(company.orders()[0].txn_id, {first: Decimal("60.00")}, txn_date=DAY)
    for body in (
        line_mod(first, "<Quantity>59.99</Quantity>") + line_mod(second),
        line_mod(second),
        line_mod(first, "<ItemRef><FullName>26-100</FullName></ItemRef>") + line_mod(second),
        line_mod(first, "<CustomerRef><FullName>Owner</FullName></CustomerRef>") + line_mod(second),
    ):
        assert status(company, po_mod(company, body)) == 3170
    assert status(company, po_mod(company, line_mod(first, "<Quantity>60</Quantity>"))) == 0
    assert company.orders()[0].is_fully_received


def test_closed_or_fully_received_order_takes_no_new_lines() -> None:
    """A closed order must be opened first; one received in full stays refused."""
    company = stocked()
    send(company, po_add("100.00"))
    order = company.orders()[0]
    new = line_mod("-1", f"<ItemRef><FullName>{ITEM}</FullName></ItemRef><Amount>5.00</Amount>")
    body = line_mod(order.lines[0].line_id) + new
    company.close_order(order.txn_id)
    assert company.orders()[0].is_closed
    assert status(company, po_mod(company, body)) == 3170
    assert status(company, po_mod(company, "<IsManuallyClosed>false</IsManuallyClosed>" + body)) == 0
    assert company.orders()[0].total == 105
    company.enter_bill_on_order(order.txn_id, txn_date=DAY)
    kept = "".join(line_mod(line.line_id) for line in company.orders()[0].lines)
    assert status(company, po_mod(company, kept + new)) == 3170


def test_closing_every_line_closes_the_order() -> None:
    """IsManuallyClosed on all lines closes the head; on one of two it does not."""
    company = stocked()
    send(company, po_add("1.00", "2.00"))
    first, second = (line.line_id for line in company.orders()[0].lines)
    closed = "<IsManuallyClosed>true</IsManuallyClosed>"
    send(company, po_mod(company, line_mod(first, closed) + line_mod(second)))
    assert not company.orders()[0].is_closed
    send(company, po_mod(company, line_mod(first) + line_mod(second, closed)))
    assert company.orders()[0].is_closed


def test_estimate_mod_changes_lines_and_activity() -> None:
    """EstimateMod follows the same rules; IsActive false puts the estimate aside."""
    company = stocked()
    send(company, estimate(item("<Amount>10.00</Amount>") + item("<Amount>20.00</Amount>"), "<RefNumber>E</RefNumber>"))
    before = company.estimates()[0]
    body = (
        f"<EstimateModRq><EstimateMod><TxnID>{before.txn_id}</TxnID><EditSequence>{before.edit_sequence}</EditSequence>"
        "<IsActive>false</IsActive><Memo>m</Memo>"
        f"<EstimateLineMod><TxnLineID>{before.lines[1].line_id}</TxnLineID><Amount>25.00</Amount></EstimateLineMod>"
        "</EstimateMod></EstimateModRq>"
    )
    assert status(company, body) == 0
    after = company.estimates()[0]
    assert after.total == 25
    assert (after.is_active, after.memo, after.ref_number) == (False, "m", "E")


def test_queries_filter_by_number_payee_date_and_change() -> None:
    """RefNumber, EntityFilter, TxnDateRange and ModifiedDateRange narrow; the payee never means the line's job."""
    clock = Clock()
    company = stocked(clock)
    send(company, po_add("1.00", number="A-1"))
    clock.forward(days=2)
    send(company, po_add("2.00", number="a-2"))

    def found(inside: str) -> list[str | None]:
        return [
            node.findtext("RefNumber")
            for node in one(company, f"<PurchaseOrderQueryRq>{inside}</PurchaseOrderQueryRq>")
        ]

    assert found("<RefNumber>A-2</RefNumber>") == ["a-2"]
    assert found("<RefNumberCaseSensitive>A-2</RefNumberCaseSensitive>") == []
    assert found(f"<EntityFilter><FullName>{VENDOR}</FullName></EntityFilter>") == ["A-1", "a-2"]
    assert found(f"<EntityFilter><FullName>{JOB}</FullName></EntityFilter>") == []
    assert found("<TxnDateRangeFilter><FromTxnDate>2026-07-02</FromTxnDate></TxnDateRangeFilter>") == ["a-2"]
    assert found("<TxnDateRangeFilter><DateMacro>Today</DateMacro></TxnDateRangeFilter>") == ["a-2"]
    window = "<FromModifiedDate>{}</FromModifiedDate><ToModifiedDate>{}</ToModifiedDate>"
    changed = "<ModifiedDateRangeFilter>{}</ModifiedDateRangeFilter>"
    assert found(changed.format(window.format("2026-07-01T09:00:00", "2026-07-01"))) == ["A-1"]
    assert found(changed.format(window.format("2026-07-01T09:00:01", "2026-07-04"))) == ["a-2"]
    assert found(changed.format(window.format("2026-07-01T16:00:00+00:00", "2026-07-02"))) == ["A-1"]


def test_bill_by_request_links_its_order_and_posts() -> None:
    """BillAdd with LinkToTxnID bills what is open; LinkToTxn bills a part of one line."""
    company = stocked()
    send(company, po_add("100.00"))
    order = company.orders()[0]
    link = f"<LinkToTxn><TxnID>{order.txn_id}</TxnID><TxnLineID>{order.lines[0].line_id}</TxnLineID></LinkToTxn>"
    head = f"<BillAddRq><BillAdd><VendorRef><FullName>{VENDOR}</FullName></VendorRef>"
    assert status(company, f"{head}<ItemLineAdd><Amount>40.00</Amount>{link}</ItemLineAdd></BillAdd></BillAddRq>") == 0
    assert company.orders()[0].lines[0].received == 40
    assert status(company, f"{head}<LinkToTxnID>{order.txn_id}</LinkToTxnID></BillAdd></BillAddRq>") == 0
    assert company.orders()[0].is_fully_received
    assert company.job_costs() == {(JOB, ITEM): Decimal("100.00")}


def test_closing_date_refuses_postings_and_lets_orders_pass() -> None:
    """Bills on or before the closing date are refused at entry, change and deletion; orders and estimates pass."""
    company = stocked()
    bill = company.enter_bill(VENDOR, [Line(Decimal("1.00"), account="Fuel")], txn_date=date(2026, 6, 30))
    closed = Company(now=Clock(), closing_date=date(2026, 6, 30))
    closed.restore(company.snapshot())
    closed.load_company(
        "<QBXML><QBXMLMsgsRs><PreferencesQueryRs><PreferencesRet><AccountingPreferences>"
        "<ClosingDate>2026-06-30</ClosingDate></AccountingPreferences></PreferencesRet></PreferencesQueryRs>"
        "</QBXMLMsgsRs></QBXML>"
    )
    codes = []
    for action in (
        lambda: closed.enter_bill(VENDOR, [Line(Decimal("1.00"), account="Fuel")], txn_date=date(2026, 6, 30)),
        lambda: closed.edit_bill(bill, memo="x"),
        lambda: closed.void(bill),
        lambda: closed.delete(bill),
    ):
        with pytest.raises(QuickBooksError) as refusal:
            action()
        codes.append(refusal.value.status_code)
    assert codes == [3210, 3171, 3171, 3161]
    early = po_add("1.00").replace("<RefNumber>", "<TxnDate>2026-06-01</TxnDate><RefNumber>")
    assert status(closed, early) == 0
