"""Replies as typed results: real samples without loss, and the shapes that no public sample shows."""

import datetime as dt
from decimal import Decimal

import pytest

from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.domain.replies import CompanyRet, HostRet, ListRet, PreferencesRet, TxnDeletedRet, TxnRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.responses import parse_reply
from tests.support import shared_dir

SAMPLES = [
    "rs_bill_query_intuit_2022.xml",
    "rs_customer_query_sample_company.xml",
    "rs_error_3140_sales_order.xml",
    "rs_host_company_preferences.xml",
    "rs_purchase_order_query.xml",
    "rs_report_inventory_stock_status_pretty.xml",
    "rs_warn_500_customer_query.xml",
]


def _sample(name: str) -> str:
    return shared_dir("samples", name).read_text(encoding="utf-8")


def _reply(body: str) -> str:
    return f'<?xml version="1.0" ?><QBXML><QBXMLMsgsRs>{body}</QBXMLMsgsRs></QBXML>'


def test_every_sample_is_named() -> None:
    """No real reply of the folder is left out of these tests."""
    assert sorted(path.name for path in shared_dir("samples").glob("rs_*.xml")) == SAMPLES


def test_customers_and_jobs() -> None:
    """The sample company's 64 customers and 82 jobs are read with parents, levels and the wall clock."""
    (reply,) = parse_reply(_sample("rs_customer_query_sample_company.xml")).replies
    records = [result for result in reply.results if isinstance(result, ListRet)]
    assert (reply.name, reply.request_id, reply.status, reply.severity) == ("CustomerQuery", "1", 0, "Info")
    assert len([record for record in records if record.sublevel == 0]) == 64
    assert len([record for record in records if record.parent]) == 82
    job = next(record for record in records if record.full_name == "Abercrombie, Kristy:Family Room")
    assert job.list_id == "160000-933272658"
    assert (job.kind, job.name, job.sublevel, job.is_active) == ("Customer", "Family Room", 1, True)
    assert job.parent == Ref("150000-933272658", "Abercrombie, Kristy")
    assert (job.edit_sequence, str(job.time_modified)) == ("1702703202", "2023-12-16 00:06:42")


def test_host_company_preferences() -> None:
    """The first three replies of a real session are typed, with the FileID under its owner."""
    host, company, preferences = (reply.results[0] for reply in parse_reply(_sample(SAMPLES[3])).replies)
    assert isinstance(host, HostRet)
    assert (host.major_version, host.country, host.file_mode) == ("22", "US", "SingleUser")
    assert len(host.supported_versions) == 14
    assert isinstance(company, CompanyRet)
    assert (company.company_name, company.is_sample) == ("Wholesale/Distributor Sample File", True)
    assert (company.accountant_copy, company.dividing_date) == (False, None)
    assert company.file_id("{87EDAAF8-637E-4203-867F-4BA79C2F8998}").startswith("{CA1C3EB8")
    assert isinstance(preferences, PreferencesRet)
    assert preferences == PreferencesRet(
        uses_estimates=True,
        uses_purchase_orders=True,
        uses_classes=True,
        multi_currency=False,
        closing_date=dt.date(2016, 11, 30),
        report_basis="Accrual",
        default_markup=Decimal(100),
        personal_data=False,
    )


def test_a_purchase_order() -> None:
    """A real purchase order is read with vendor, total, line and the iterator's attributes."""
    (reply,) = parse_reply(_sample("rs_purchase_order_query.xml")).replies
    (order,) = reply.results
    assert (reply.iterator_id, reply.remaining) == ("{ee76b904-7ef8-4b83-9841-63d4715a273b}", 0)
    assert isinstance(order, TxnRet)
    assert (order.kind, order.txn_id, order.edit_sequence) == ("PurchaseOrder", "30-1285640333", "1285640392")
    assert (order.ref_number, order.txn_date, order.total) == ("1", dt.date(2010, 9, 27), Decimal("125.00"))
    assert order.party == Ref("80000006-1282647976", "Test Vendor 1")
    assert (order.is_manually_closed, order.is_fully_received, order.is_active) == (False, False, True)
    (line,) = order.lines
    assert line.item == Ref("8000000A-1283374286", "test inventory part")
    assert (line.txn_line_id, line.description) == ("32-1285640333", "test")
    assert (line.quantity, line.rate, line.amount) == (Decimal(5), Decimal("25.00"), Decimal("125.00"))
    assert (line.received_quantity, line.is_manually_closed, line.account, line.customer) == (
        Decimal(0),
        False,
        None,
        None,
    )


def test_bills() -> None:
    """Real bills are read with what is due."""
    (reply,) = parse_reply(_sample("rs_bill_query_intuit_2022.xml")).replies
    bills = [result for result in reply.results if isinstance(result, TxnRet)]
    assert [bill.total for bill in bills] == [Decimal("2000.00"), Decimal("70.00"), Decimal("50.00")]
    assert bills[1].memo.startswith("Created by Purchase Order Modify Sample for modified PO 5")
    assert {bill.kind for bill in bills} == {"Bill"}


def test_refusals_and_warnings() -> None:
    """A refusal keeps its whole message, quotes included; a warning may come without records."""
    (refused,) = parse_reply(_sample("rs_error_3140_sales_order.xml")).replies
    assert (refused.name, refused.status, refused.request_id) == ("SalesOrderAdd", 3140, "")
    assert 'QuickBooks Customer "Joe Smith" in the SalesOrder' in refused.message
    (warned,) = parse_reply(_sample("rs_warn_500_customer_query.xml")).replies
    assert (warned.status, warned.severity, warned.results) == (500, "Warn", ())


def test_items_of_every_kind() -> None:
    """Two-sided, one-sided and stock items tell their accounts; a subtotal has none; a receipt is no item."""
    body = """<ItemQueryRs requestID="3" statusCode="0" statusSeverity="Info" statusMessage="">
      <ItemServiceRet><ListID>1</ListID><Name>M</Name><FullName>03-300:M</FullName><IsActive>false</IsActive>
        <ParentRef><ListID>9</ListID></ParentRef><Sublevel>1</Sublevel><SalesAndPurchase>
        <IncomeAccountRef><ListID>i</ListID></IncomeAccountRef><ExpenseAccountRef><FullName>e</FullName>
        </ExpenseAccountRef></SalesAndPurchase></ItemServiceRet>
      <ItemNonInventoryRet><ListID>2</ListID><Name>N</Name><FullName>N</FullName><SalesOrPurchase>
        <AccountRef><ListID>a</ListID></AccountRef></SalesOrPurchase></ItemNonInventoryRet>
      <ItemInventoryRet><ListID>3</ListID><Name>P</Name><FullName>P</FullName><IncomeAccountRef><ListID>i</ListID>
        </IncomeAccountRef><COGSAccountRef><ListID>c</ListID></COGSAccountRef></ItemInventoryRet>
      <ItemSubtotalRet><ListID>4</ListID><Name>S</Name></ItemSubtotalRet>
      <ItemReceiptRet><TxnID>5</TxnID></ItemReceiptRet></ItemQueryRs>"""
    (reply,) = parse_reply(_reply(body)).replies
    service, non_inventory, inventory, subtotal = (item for item in reply.results if isinstance(item, ListRet))
    assert (service.kind, service.full_name, service.is_active) == ("ItemService", "03-300:M", False)
    assert (service.income_account, service.expense_account) == (Ref("i"), Ref("", "e"))
    assert service.two_sided
    assert (non_inventory.income_account, non_inventory.expense_account) == (None, Ref("a"))
    assert not non_inventory.two_sided
    assert (inventory.expense_account, inventory.two_sided) == (Ref("c"), True)
    assert (subtotal.full_name, subtotal.expense_account, subtotal.is_active) == ("S", None, True)
    assert isinstance(reply.results[4], TxnRet)


def test_accounts_and_vendors() -> None:
    """An account tells its type; a vendor has no levels, so its FullName is its Name."""
    body = """<AccountQueryRs requestID="1" statusCode="0"><AccountRet><ListID>a</ListID><Name>Fuel</Name>
      <FullName>Job Expenses:Fuel</FullName><AccountType>CostOfGoodsSold</AccountType></AccountRet></AccountQueryRs>
      <VendorQueryRs requestID="2" statusCode="0"><VendorRet><ListID>v</ListID><Name>V &#38; Co</Name></VendorRet>
      </VendorQueryRs>"""
    replies = parse_reply(_reply(body))
    found = replies.for_request("2")
    assert found is not None
    account, vendor = replies.replies[0].results[0], found.results[0]
    assert isinstance(account, ListRet)
    assert isinstance(vendor, ListRet)
    assert (account.account_type, account.full_name) == ("CostOfGoodsSold", "Job Expenses:Fuel")
    assert vendor.full_name == vendor.name == "V & Co"


def test_lines_of_every_kind_in_order() -> None:
    """Expense, item and grouped lines come in order; a group's own total is not counted beside its lines."""
    body = """<BillQueryRs requestID="1" statusCode="0"><BillRet><TxnID>1-1</TxnID><TxnDate>2026-01-31</TxnDate>
      <AmountDue>891</AmountDue><LinkedTxn><TxnID>7-7</TxnID><TxnType>PurchaseOrder</TxnType></LinkedTxn>
      <ExpenseLineRet><TxnLineID>2</TxnLineID><AccountRef><ListID>a</ListID></AccountRef><Amount>100.00</Amount>
        <Memo>fuel</Memo><CustomerRef><ListID>j</ListID></CustomerRef></ExpenseLineRet>
      <ItemLineRet><TxnLineID>3</TxnLineID><ItemRef><ListID>i</ListID></ItemRef><Desc>a

b</Desc><Quantity>0.5</Quantity><Cost>1582</Cost><Amount>791.00</Amount></ItemLineRet>
      <ItemGroupLineRet><TxnLineID>4</TxnLineID><ItemGroupRef/><TotalAmount>0.00</TotalAmount>
        <ItemLineRet><TxnLineID>5</TxnLineID><Amount>0.00</Amount></ItemLineRet></ItemGroupLineRet>
      </BillRet></BillQueryRs>"""
    (bill,) = parse_reply(_reply(body)).replies[0].results
    assert isinstance(bill, TxnRet)
    assert (bill.total, bill.linked) == (Decimal("891.00"), (("7-7", "PurchaseOrder"),))
    assert [line.txn_line_id for line in bill.lines] == ["2", "3", "5"]
    expense, item, _ = bill.lines
    assert (expense.account, expense.description, expense.customer) == (Ref("a"), "fuel", Ref("j"))
    assert (item.description, item.rate, item.quantity) == ("a\n\nb", Decimal(1582), Decimal("0.5"))


def test_an_estimate_as_just_written() -> None:
    """The reply to an EstimateAdd gives the estimate with its tax, activity and job."""
    body = """<EstimateAddRs requestID="t5" statusCode="0" statusSeverity="Info" statusMessage="Status OK"><EstimateRet>
      <TxnID>1-1</TxnID><TimeModified>2026-07-01T10:00:00-05:00</TimeModified><EditSequence>1</EditSequence>
      <CustomerRef><ListID>j</ListID></CustomerRef><IsActive>false</IsActive><SalesTaxTotal>0.00</SalesTaxTotal>
      <TotalAmount>12.50</TotalAmount><EstimateLineRet><TxnLineID>2-1</TxnLineID><Rate>12.5</Rate>
      <Amount>12.50</Amount></EstimateLineRet></EstimateRet></EstimateAddRs>"""
    (reply,) = parse_reply(_reply(body)).replies
    (estimate,) = reply.results
    assert isinstance(estimate, TxnRet)
    assert reply.name == "EstimateAdd"
    assert (estimate.party, estimate.is_active, estimate.sales_tax_total) == (Ref("j"), False, Decimal("0.00"))
    assert estimate.lines[0].rate == Decimal("12.5")


def test_deletions() -> None:
    """A deletion record tells what was deleted and when."""
    body = """<TxnDeletedQueryRs requestID="1" statusCode="0"><TxnDeletedRet><TxnDelType>Bill</TxnDelType>
      <TxnID>1-1</TxnID><TimeCreated>2026-01-01T10:00:00-05:00</TimeCreated>
      <TimeDeleted>2026-01-02T10:00:00-05:00</TimeDeleted></TxnDeletedRet></TxnDeletedQueryRs>"""
    (deleted,) = parse_reply(_reply(body)).replies[0].results
    assert isinstance(deleted, TxnDeletedRet)
    assert (deleted.txn_type, deleted.txn_id) == ("Bill", "1-1")
    assert str(deleted.time_deleted) == "2026-01-02 10:00:00"


def test_the_state_of_a_message_set() -> None:
    """The status and ids of a set are read, an empty set with a stored-reply status included."""
    text = '<QBXML><QBXMLMsgsRs newMessageSetID="A" oldMessageSetID="B" messageSetStatusCode="600"/></QBXML>'
    replies = parse_reply(text)
    assert (replies.status, replies.replies) == (600, ())
    assert (replies.new_message_set_id, replies.old_message_set_id) == ("A", "B")
    assert parse_reply("<QBXML><QBXMLMsgsRs/></QBXML>").status is None


@pytest.mark.parametrize(
    "text",
    [
        "<QBXML/>",
        "<html><QBXMLMsgsRs/></html>",
        "<html><QBXML><QBXMLMsgsRs/></QBXML></html>",
        _reply("<BillQueryRs/>"),
        _reply('<BillQueryRs statusCode="fine"/>'),
        _reply(
            '<BillQueryRs statusCode="0"><BillRet><TxnID>7-7</TxnID><AmountDue>1.5</AmountDue></BillRet></BillQueryRs>'
        ),
    ],
)
def test_what_is_no_reply_is_refused(text: str) -> None:
    """No reply set, no status, or an impossible amount is refused with one sentence."""
    with pytest.raises(QuickBooksError):
        parse_reply(text)


def test_a_refusal_names_the_document() -> None:
    """An impossible value names the document that holds it."""
    text = _reply(
        '<BillQueryRs statusCode="0"><BillRet><TxnID>7-7</TxnID><TxnDate>soon</TxnDate></BillRet></BillQueryRs>'
    )
    with pytest.raises(QuickBooksError, match="Bill 7-7: QuickBooks answered 'soon' where a date must stand"):
        parse_reply(text)
