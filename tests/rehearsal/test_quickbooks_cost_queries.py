from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import Company, Line
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, one, po_add, schema, send
from tests.rehearsal.quickbooks_office import DAY, QUERIED, SALES, STOCK, enter, office
from tests.support import shared_dir

LINES = "<IncludeLineItems>true</IncludeLineItems>"
LINKED = frozenset({"Bill", "VendorCredit", "Check", "ItemReceipt", "Invoice", "CreditMemo"})
HEAD_ACCOUNTS = {
    "Bill": "Accounts Payable",
    "VendorCredit": "Accounts Payable",
    "ItemReceipt": "Accounts Payable",
    "CreditCardCharge": "Company Credit Card",
    "CreditCardCredit": "Company Credit Card",
    "InventoryAdjustment": "Job Expenses:Materials",
    "Invoice": "Accounts Receivable",
    "CreditMemo": "Accounts Receivable",
    "SalesReceipt": "Undeposited Funds",
}


def ask(company: Company, kind: str, inside: str = "", *, version: str = "16.0", **attributes: str) -> etree._Element:
    """Query one kind of document; the whole reply must fit the schema."""
    shown = "".join(f' {name}="{value}"' for name, value in attributes.items())
    reply = send(company, f"<{kind}QueryRq{shown}>{inside}</{kind}QueryRq>", version=version)
    assert schema().validate(reply.getroottree()), schema().error_log
    return reply[0]


def ids(reply: etree._Element) -> list[str]:
    """Give the TxnIDs of a reply."""
    return [ret.findtext("TxnID") or "" for ret in reply]


@pytest.mark.parametrize("kind", QUERIED)
def test_filters_find_the_document_and_only_it(kind: str) -> None:
    """Ids, number, change time, date, name and account each find a document of the kind, or miss it as they should."""
    clock = Clock()
    company = office(clock, shared_dir("qbxml-schema"))
    first = enter(company, kind)
    clock.forward(hours=2)
    second = enter(company, kind, day=date(2026, 6, 1), number="N-2")
    for other in QUERIED:
        if other != kind:
            enter(company, other)
    payee = JOB if kind in SALES | {"InventoryAdjustment", "JournalEntry"} else VENDOR
    account = HEAD_ACCOUNTS.get(kind, "Checking")
    expected = {
        "": [second, first],
        f"<TxnID>{first}</TxnID><TxnID>{second}</TxnID>": [first, second],
        "<ModifiedDateRangeFilter><FromModifiedDate>2026-07-01T10:00:00</FromModifiedDate></ModifiedDateRangeFilter>": [
            second
        ],
        "<ModifiedDateRangeFilter><ToModifiedDate>2026-07-01T10:00:00</ToModifiedDate></ModifiedDateRangeFilter>": [
            first
        ],
        "<TxnDateRangeFilter><FromTxnDate>2026-06-02</FromTxnDate></TxnDateRangeFilter>": [first],
        "<TxnDateRangeFilter><DateMacro>LastMonth</DateMacro></TxnDateRangeFilter>": [second],
        f"<EntityFilter><FullName>{payee}</FullName></EntityFilter>": [second, first],
        "<EntityFilter><FullName>Owner:2402 Depot</FullName></EntityFilter>": [],
        f"<AccountFilter><FullName>{account}</FullName></AccountFilter>": [second, first],
        "<AccountFilter><FullName>Penalties</FullName></AccountFilter>": [],
    }
    if kind != "Deposit":
        expected["<RefNumber>n-2</RefNumber>"] = [second]
        expected["<RefNumberCaseSensitive>n-2</RefNumberCaseSensitive>"] = []
        expected["<RefNumberRangeFilter><FromRefNumber>N-2</FromRefNumber></RefNumberRangeFilter>"] = [second]
    if kind == "InventoryAdjustment":
        expected[f"<ItemFilter><FullName>{STOCK}</FullName></ItemFilter>"] = [second, first]
        expected[f"<ItemFilter><FullName>{ITEM}</FullName></ItemFilter>"] = []
    for inside, found in expected.items():
        assert ids(ask(company, kind, inside)) == found, inside
    half = ask(company, kind, f"<TxnID>{first}</TxnID><TxnID>9-9</TxnID>")
    assert (half.get("statusCode"), ids(half)) == ("500", [first])


@pytest.mark.parametrize("kind", QUERIED)
def test_pages_hold_every_document_once(kind: str) -> None:
    """An iterator hands out all documents of the kind, page by page, none twice."""
    company = office()
    made = [enter(company, kind, number=str(number)) for number in range(5)]
    reply = ask(company, kind, "<MaxReturned>2</MaxReturned>", iterator="Start")
    seen = ids(reply)
    while reply.get("iteratorRemainingCount") != "0":
        name = reply.get("iteratorID") or ""
        reply = ask(company, kind, "<MaxReturned>2</MaxReturned>", iterator="Continue", iteratorID=name)
        seen += ids(reply)
    assert seen == made


@pytest.mark.parametrize("kind", QUERIED)
def test_lines_come_when_asked_for(kind: str) -> None:
    """Without IncludeLineItems there are no lines; with it each line has its id, and job and class are told."""
    company = office()
    txn_id = enter(company, kind)
    (plain,) = ask(company, kind)
    (full,) = ask(company, kind, LINES)
    assert not list(plain.iter("TxnLineID"))
    assert len({node.text for node in full.iter("TxnLineID")}) == len([*full.iter("TxnLineID")]) > 0
    assert full.findtext(".//ClassRef/FullName") == "Field"
    jobs = {node.findtext("FullName") for tag in ("CustomerRef", "EntityRef") for node in full.iter(tag)}
    assert JOB in jobs
    ret_only = ask(company, kind, "<IncludeRetElement>TxnID</IncludeRetElement>")
    assert [[node.tag for node in ret] for ret in ret_only] == [["TxnID"]]
    assert ids(ret_only) == [txn_id]


TOTALS = {
    "Bill": ("AmountDue", "20.00"),
    "ItemReceipt": ("TotalAmount", "20.00"),
    "VendorCredit": ("CreditAmount", "20.00"),
    "Check": ("Amount", "20.00"),
    "CreditCardCharge": ("Amount", "20.00"),
    "CreditCardCredit": ("Amount", "20.00"),
    "Deposit": ("DepositTotal", "20.00"),
    "Invoice": ("BalanceRemaining", "10.50"),
    "CreditMemo": ("TotalAmount", "10.50"),
    "SalesReceipt": ("TotalAmount", "10.50"),
}


@pytest.mark.parametrize("kind", sorted(TOTALS))
def test_total_is_what_the_form_shows(kind: str) -> None:
    """The total is printed without sign, credits too; sales show tax apart from the lines."""
    company = office()
    enter(company, kind)
    (ret,) = ask(company, kind, LINES)
    name, amount = TOTALS[kind]
    assert ret.findtext(name) == amount
    if kind in SALES:
        assert (ret.findtext("Subtotal"), ret.findtext("SalesTaxTotal")) == ("10.00", "0.50")
        assert [node.findtext("Amount") for node in ret.iter(f"{kind}LineRet")] == ["20.00", "-10.00"]
        assert [node.findtext("ItemRef/FullName") for node in ret.iter(f"{kind}LineRet")] == [
            ITEM,
            "Retainage Receivable",
        ]


def test_invoices_are_found_by_what_is_paid() -> None:
    """Nothing is ever paid here: only a document of zero, such as a voided one, counts as paid."""
    company = office()
    first, second = enter(company, "Invoice"), enter(company, "Invoice")
    company.void(second)
    found = {
        word: ids(ask(company, "Invoice", f"<PaidStatus>{word}</PaidStatus>")) for word in ("PaidOnly", "NotPaidOnly")
    }
    assert found == {"PaidOnly": [second], "NotPaidOnly": [first]}


def test_journal_lines_stand_in_the_order_of_the_form() -> None:
    """Debits and credits are told apart by their element and keep their order."""
    company = office()
    enter(company, "JournalEntry")
    (ret,) = ask(company, "JournalEntry", LINES)
    assert [node.tag for node in ret if node.tag.endswith("Line")] == ["JournalDebitLine", "JournalCreditLine"]
    assert ret.findtext("JournalDebitLine/EntityRef/FullName") == JOB


def test_receipt_and_its_bill_are_linked_with_the_order() -> None:
    """A receipt on an order is received there and linked both ways, and stays so when it turns into the bill."""
    clock = Clock()
    company = office(clock)
    send(company, po_add("100.00"))
    order = company.orders()[0]
    receipt = company.enter_item_receipt_on_order(
        order.txn_id, {order.lines[0].line_id: Decimal("40.00")}, txn_date=DAY, ref_number="R-1"
    )
    links = f"{LINES}<IncludeLinkedTxns>true</IncludeLinkedTxns>"
    (ret,) = ask(company, "ItemReceipt", links)
    assert ret.findtext("LinkedTxn/TxnID") == order.txn_id
    assert company.orders()[0].lines[0].received == 40
    clock.forward(days=3)
    company.bill_receipt(receipt, txn_date=date(2026, 7, 3), ref_number="B-1")
    assert ids(ask(company, "ItemReceipt")) == []
    (bill,) = ask(company, "Bill", links)
    assert (bill.findtext("TxnID"), bill.findtext("TxnDate")) == (receipt, "2026-07-03")
    assert bill.findtext("RefNumber") == "B-1"
    assert (bill.findtext("TimeModified") or "").startswith("2026-07-04")
    assert bill.findtext("LinkedTxn/TxnID") == order.txn_id
    (linked,) = ask(company, "PurchaseOrder", links)
    assert (linked.findtext("LinkedTxn/TxnType"), linked.findtext("LinkedTxn/Amount")) == ("Bill", "40.00")
    assert company.job_costs() == {(JOB, ITEM): Decimal("40.00")}


def test_receipt_that_became_a_bill_is_on_no_page_of_receipts() -> None:
    """A page chosen before the change leaves the document out: it is a bill by now."""
    company = office()
    receipts = [enter(company, "ItemReceipt", number=str(number)) for number in range(2)]
    first = ask(company, "ItemReceipt", "<MaxReturned>1</MaxReturned>", iterator="Start")
    company.bill_receipt(receipts[1])
    name = first.get("iteratorID") or ""
    second = ask(company, "ItemReceipt", "<MaxReturned>1</MaxReturned>", iterator="Continue", iteratorID=name)
    assert (ids(first), ids(second)) == ([receipts[0]], [])


@pytest.mark.parametrize("kind", sorted(frozenset(QUERIED) - LINKED))
def test_linked_transactions_cannot_be_asked_for_everywhere(kind: str) -> None:
    """Where the schema has no IncludeLinkedTxns the whole document is refused."""
    company = office()
    with pytest.raises(Exception, match="IncludeLinkedTxns"):
        ask(company, kind, "<IncludeLinkedTxns>true</IncludeLinkedTxns>")


@pytest.mark.parametrize("kind", ["Bill", "Check", "Invoice", "CreditMemo", "SalesReceipt"])
def test_pending_is_told_from_the_version_on_that_has_it(kind: str) -> None:
    """Version 16.0 tells of pending bills and checks, older ones only of pending sales."""
    company = office()
    lines = [Line(Decimal("5.00"), item=ITEM)]
    if kind in SALES:
        enter_it = {"Invoice": company.enter_invoice, "CreditMemo": company.enter_credit_memo}.get(
            kind, company.enter_sales_receipt
        )
        enter_it(JOB, lines, txn_date=DAY, pending=True)
    else:
        (company.enter_bill if kind == "Bill" else company.enter_check)(VENDOR, lines, txn_date=DAY, pending=True)
    (new,) = ask(company, kind)
    (old,) = ask(company, kind, version="13.0")
    assert new.findtext("IsPending") == "true"
    assert old.findtext("IsPending") == ("true" if kind in SALES else None)


@pytest.mark.parametrize("kind", QUERIED)
def test_deletion_is_remembered_by_its_type(kind: str) -> None:
    """TxnDeletedQuery tells of every kind that can be queried."""
    company = office()
    txn_id = enter(company, kind)
    company.delete(txn_id)
    reply = one(company, f"<TxnDeletedQueryRq><TxnDelType>{kind}</TxnDelType></TxnDeletedQueryRq>")
    assert (reply.findtext("TxnDeletedRet/TxnID"), reply.findtext("TxnDeletedRet/TxnDelType")) == (txn_id, kind)
    assert ids(ask(company, kind)) == []


def test_balances_follow_sales_and_purchases() -> None:
    """A customer owes what was invoiced less credits, a vendor is owed bills and receipts less credits."""
    company = office()
    for kind in QUERIED:
        enter(company, kind)
    enter(company, "Invoice", Decimal("100.00"))
    reply = one(company, "<CustomerQueryRq/>")
    balances = {ret.findtext("FullName"): (ret.findtext("Balance"), ret.findtext("TotalBalance")) for ret in reply}
    assert balances[JOB] == ("100.50", "100.50")
    assert balances["Owner"] == ("0.00", "100.50")
    assert one(company, "<VendorQueryRq/>").findtext("VendorRet/Balance") == "20.00"
    accounts = {ret.findtext("FullName"): ret.findtext("Balance") for ret in one(company, "<AccountQueryRq/>")}
    assert (accounts["Accounts Receivable"], accounts["Accounts Payable"]) == ("100.50", "20.00")


def test_items_of_each_type_are_shown_as_such() -> None:
    """ItemQuery shows service, stock and other-charge items each by its own element; ItemServiceQuery services only."""
    company = office()
    enter(company, "Invoice")
    reply = send(company, "<ItemQueryRq/><ItemServiceQueryRq/>")
    assert schema().validate(reply.getroottree()), schema().error_log
    assert {(ret.tag, ret.findtext("Name")) for ret in reply[0]} == {
        ("ItemServiceRet", ITEM),
        ("ItemServiceRet", "26-100"),
        ("ItemInventoryRet", STOCK),
        ("ItemOtherChargeRet", "Retainage Receivable"),
    }
    assert {ret.tag for ret in reply[1]} == {"ItemServiceRet"}
