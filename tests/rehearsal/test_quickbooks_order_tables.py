import csv
from collections import defaultdict
from itertools import pairwise

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import PARSE_FAULT, RequestProcessorError
from qbwc_bridge.rehearsal.quickbooks.grammar import Model
from qbwc_bridge.rehearsal.quickbooks.order import REQUESTS, known
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, document, schema, stocked
from tests.support import shared_dir

TYPES = {
    "AMTTYPE": "amt",
    "PRICETYPE": "price",
    "QUANTYPE": "qty",
    "PERCENTTYPE": "pct",
    "IDTYPE": "id",
    "BOOLTYPE": "bool",
    "DATETYPE": "date",
    "DATETIMETYPE": "dt",
    "INTTYPE": "int",
    "FLOATTYPE": "float",
    "GUIDTYPE": "guid",
    "ENUMTYPE": "enum",
    "STRTYPE": "s",
    "group": "block",
}
Rows = dict[str, list[dict[str, str]]]


def published(message: str) -> Rows:
    """Give Intuit's elements of a request for US desktop, by the path of their parent."""
    rows: Rows = defaultdict(list)
    with (shared_dir("qbxml-schema") / "elements160.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["message"] == f"{message}Rq" and "QBD" not in (row["not_in"] or "").split("|"):
                parent, _, name = row["path"].rpartition("/")
                rows[parent].append({**row, "name": name})
    return rows


def walk(model: Model, path: str, rows: Rows) -> None:
    """Compare an order table with the published one, blocks included."""
    assert list(model.fields) == [row["name"] for row in rows[path]], path
    for row in rows[path]:
        ours = model.fields[row["name"]]
        where = f"{path}/{row['name']}"
        assert ours.kind == TYPES[row["type"]], where
        if ours.kind == "s":
            assert (ours.limit or "") == (int(row["maxlen"]) if row["maxlen"] else ""), where
        if ours.kind == "enum":
            assert ours.choices == frozenset((row["enum"] or "").split("|")), where
        if ours.block is not None:
            walk(ours.block, row["path"], rows)


@pytest.mark.parametrize("message", sorted(REQUESTS))
def test_order_table_has_intuits_elements_in_intuits_order(message: str) -> None:
    """Names, order, types, lengths and enumerations of each table must be those Intuit publishes for US desktop."""
    walk(REQUESTS[message], "", published(message))


def test_every_request_of_the_schema_is_known_and_no_other() -> None:
    """A message of the schema gets a status code, any other name a refusal of the document."""
    text = (shared_dir("qbxml-schema") / "qbxmlops160.xsd").read_text(encoding="utf-8")
    names = {one.removesuffix("Rq") for one in text.split('"') if one.endswith("Rq") and one.isalnum()}
    with (shared_dir("qbxml-schema") / "elements160.tsv").open(encoding="utf-8") as file:
        documented = {line.split("\t")[0].removesuffix("Rq") for line in file if line.split("\t")[0].endswith("Rq")}
    assert all(known(one) for one in documented)
    assert not [one for one in ("Nonsense", "BillPurge", "") if known(one)]
    assert len([one for one in names if known(one)]) > 200


REF = "<{0}><FullName>{1}</FullName></{0}>"
FULL = {
    "PurchaseOrderAddRq": "<PurchaseOrderAdd>"
    + REF.format("VendorRef", VENDOR)
    + "<TxnDate>2026-07-01</TxnDate><RefNumber>PO-1</RefNumber><DueDate>2026-07-30</DueDate>"
    "<ExpectedDate>2026-07-02</ExpectedDate><FOB>x</FOB><Memo>m</Memo><VendorMsg>v</VendorMsg>"
    "<IsToBePrinted>false</IsToBePrinted><IsToBeEmailed>false</IsToBeEmailed><Other1>a</Other1><Other2>b</Other2>"
    "<PurchaseOrderLineAdd>"
    + REF.format("ItemRef", ITEM)
    + "<Desc>d</Desc><Quantity>1</Quantity><Rate>2.00</Rate><Amount>2.00</Amount>"
    + REF.format("CustomerRef", JOB)
    + "<ServiceDate>2026-07-01</ServiceDate><Other1>a</Other1><Other2>b</Other2></PurchaseOrderLineAdd>"
    "</PurchaseOrderAdd><IncludeRetElement>TxnID</IncludeRetElement>",
    "EstimateAddRq": "<EstimateAdd>"
    + REF.format("CustomerRef", JOB)
    + "<TxnDate>2026-07-01</TxnDate><RefNumber>E-1</RefNumber><IsActive>true</IsActive><PONumber>1</PONumber>"
    "<DueDate>2026-07-30</DueDate><FOB>x</FOB><Memo>m</Memo><IsToBeEmailed>false</IsToBeEmailed><Other>o</Other>"
    "<EstimateLineAdd>"
    + REF.format("ItemRef", ITEM)
    + "<Desc>d</Desc><Quantity>1</Quantity><Rate>2.00</Rate><Amount>2.00</Amount>"
    "<MarkupRatePercent>0</MarkupRatePercent><Other1>a</Other1><Other2>b</Other2></EstimateLineAdd></EstimateAdd>",
    "PurchaseOrderModRq": "<PurchaseOrderMod><TxnID>1-1</TxnID><EditSequence>1</EditSequence>"
    + REF.format("VendorRef", VENDOR)
    + "<RefNumber>PO-1</RefNumber><IsManuallyClosed>false</IsManuallyClosed><Memo>m</Memo><PurchaseOrderLineMod>"
    "<TxnLineID>-1</TxnLineID>"
    + REF.format("ItemRef", ITEM)
    + "<Desc>d</Desc><Quantity>1</Quantity><Rate>2.00</Rate><Amount>2.00</Amount>"
    + REF.format("CustomerRef", JOB)
    + "<IsManuallyClosed>false</IsManuallyClosed></PurchaseOrderLineMod></PurchaseOrderMod>",
    "EstimateModRq": "<EstimateMod><TxnID>1-1</TxnID><EditSequence>1</EditSequence>"
    + REF.format("CustomerRef", JOB)
    + "<RefNumber>E-1</RefNumber><IsActive>true</IsActive><PONumber>1</PONumber><Memo>m</Memo><EstimateLineMod>"
    "<TxnLineID>-1</TxnLineID>"
    + REF.format("ItemRef", ITEM)
    + "<Desc>d</Desc><Quantity>1</Quantity><Rate>2.00</Rate><Amount>2.00</Amount>"
    "<MarkupRatePercent>0</MarkupRatePercent></EstimateLineMod></EstimateMod>",
    "CustomerAddRq": "<CustomerAdd><Name>New</Name><IsActive>true</IsActive>"
    + REF.format("ParentRef", "Owner")
    + "<CompanyName>c</CompanyName><FirstName>f</FirstName><LastName>l</LastName><BillAddress><Addr1>1</Addr1>"
    "<City>c</City><State>CA</State><PostalCode>1</PostalCode></BillAddress><Phone>1</Phone><Email>e</Email>"
    "<AccountNumber>n</AccountNumber><JobStatus>Awarded</JobStatus><JobDesc>d</JobDesc><Notes>n</Notes></CustomerAdd>",
    "VendorAddRq": "<VendorAdd><Name>New</Name><CompanyName>c</CompanyName><VendorAddress><Addr1>1</Addr1>"
    "<City>c</City></VendorAddress><Phone>1</Phone><Email>e</Email><NameOnCheck>n</NameOnCheck>"
    "<VendorTaxIdent>12-3456789</VendorTaxIdent><IsVendorEligibleFor1099>true</IsVendorEligibleFor1099></VendorAdd>",
    "ItemServiceAddRq": "<ItemServiceAdd><Name>M</Name><IsActive>true</IsActive>"
    + REF.format("ParentRef", ITEM)
    + "<SalesAndPurchase><SalesDesc>s</SalesDesc><SalesPrice>0.00</SalesPrice>"
    + REF.format("IncomeAccountRef", "Construction Income")
    + "<PurchaseDesc>p</PurchaseDesc><PurchaseCost>0.00</PurchaseCost>"
    + REF.format("ExpenseAccountRef", "Job Expenses")
    + "</SalesAndPurchase></ItemServiceAdd>",
    "BillAddRq": "<BillAdd>"
    + REF.format("VendorRef", VENDOR)
    + "<TxnDate>2026-07-01</TxnDate><DueDate>2026-07-30</DueDate><RefNumber>B</RefNumber><Memo>m</Memo>"
    "<ExpenseLineAdd>"
    + REF.format("AccountRef", "Fuel")
    + "<Amount>1.00</Amount><Memo>m</Memo>"
    + REF.format("CustomerRef", JOB)
    + "<BillableStatus>Billable</BillableStatus></ExpenseLineAdd><ItemLineAdd>"
    + REF.format("ItemRef", ITEM)
    + "<Desc>d</Desc><Quantity>1</Quantity><Cost>1.00</Cost><Amount>1.00</Amount>"
    + REF.format("CustomerRef", JOB)
    + "</ItemLineAdd></BillAdd>",
    "CustomDetailReportQueryRq": "<CustomDetailReportType>CustomTxnDetail</CustomDetailReportType>"
    "<ReportDateMacro>All</ReportDateMacro><ReportAccountFilter><AccountTypeFilter>Bank</AccountTypeFilter>"
    "</ReportAccountFilter><ReportTxnTypeFilter><TxnTypeFilter>Bill</TxnTypeFilter></ReportTxnTypeFilter>"
    "<ReportPostingStatusFilter>Posting</ReportPostingStatusFilter><SummarizeRowsBy>TotalOnly</SummarizeRowsBy>"
    "<IncludeColumn>TxnID</IncludeColumn><ReportBasis>Accrual</ReportBasis>",
    "BillQueryRq": "<MaxReturned>5</MaxReturned><ModifiedDateRangeFilter>"
    "<FromModifiedDate>2026-01-01</FromModifiedDate><ToModifiedDate>2026-12-31</ToModifiedDate></ModifiedDateRangeFilter><EntityFilter>"
    f"<FullName>{VENDOR}</FullName></EntityFilter><PaidStatus>All</PaidStatus>"
    "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns>",
    "CustomerQueryRq": "<MaxReturned>5</MaxReturned><ActiveStatus>All</ActiveStatus>"
    "<FromModifiedDate>2026-01-01T00:00:00</FromModifiedDate><NameFilter><MatchCriterion>Contains</MatchCriterion>"
    "<Name>a</Name></NameFilter><IncludeRetElement>ListID</IncludeRetElement><OwnerID>0</OwnerID>",
}

QUERY = FULL["BillQueryRq"].replace("<PaidStatus>All</PaidStatus>", "")
UNLINKED = QUERY.replace("<IncludeLinkedTxns>true</IncludeLinkedTxns>", "<IncludeRetElement>TxnID</IncludeRetElement>")
FULL |= {
    **{f"{kind}QueryRq": QUERY for kind in ("VendorCredit", "Check", "ItemReceipt", "CreditMemo")},
    **{f"{kind}QueryRq": UNLINKED for kind in ("CreditCardCharge", "CreditCardCredit", "JournalEntry", "Deposit")},
    "SalesReceiptQueryRq": UNLINKED,
    "InvoiceQueryRq": FULL["BillQueryRq"],
    "InventoryAdjustmentQueryRq": UNLINKED.replace(
        "<IncludeLineItems>",
        f"<ItemFilter><FullName>{ITEM}</FullName></ItemFilter><RefNumberFilter><MatchCriterion>Contains"
        "</MatchCriterion><RefNumber>1</RefNumber></RefNumberFilter><IncludeLineItems>",
    ),
    "JobReportQueryRq": "<JobReportType>JobProfitabilityDetail</JobReportType><ReportDateMacro>All</ReportDateMacro>"
    "<ReportAccountFilter><AccountTypeFilter>CostOfSales</AccountTypeFilter></ReportAccountFilter>"
    f"<ReportEntityFilter><FullName>{JOB}</FullName></ReportEntityFilter>"
    "<ReportPostingStatusFilter>Posting</ReportPostingStatusFilter>"
    "<SummarizeColumnsBy>TotalOnly</SummarizeColumnsBy><IncludeSubcolumns>false</IncludeSubcolumns>",
}


@pytest.mark.parametrize("request_name", sorted(FULL))
def test_order_is_accepted_and_every_swapped_pair_refused(request_name: str) -> None:
    """The schema's order passes; swapping any two neighbours of different name refuses the whole document."""
    text = document(f"<{request_name}>{FULL[request_name]}</{request_name}>")
    answer = 'statusCode="3120"' if "Mod" in request_name else 'statusCode="0"'
    if request_name.endswith("QueryRq") and "Report" not in request_name:
        answer = 'statusCode="1"'
    assert answer in stocked().process(text)
    tree = etree.fromstring(text.encode())
    assert schema().validate(tree)
    pairs = [pair for group in tree[0].iter() for pair in pairwise(group) if pair[0].tag != pair[1].tag]
    assert len(pairs) >= 5
    for first, second in pairs:
        group = second.getparent()
        assert group is not None
        place = group.index(first)
        group.insert(place, second)
        swapped = etree.tostring(tree.getroottree(), xml_declaration=True, encoding="ascii").decode()
        with pytest.raises(RequestProcessorError) as refusal:
            stocked().process(swapped)
        assert refusal.value.hresult == PARSE_FAULT
        group.insert(place, first)
    restored = etree.tostring(tree.getroottree(), xml_declaration=True, encoding="ascii").decode()
    assert answer in stocked().process(restored)


@pytest.mark.parametrize("request_name", sorted(FULL))
def test_unknown_element_is_refused_at_every_place(request_name: str) -> None:
    """An element that the schema does not have refuses the whole document, wherever it stands."""
    tree = etree.fromstring(document(f"<{request_name}>{FULL[request_name]}</{request_name}>").encode())
    for element in list(tree.iter()):
        stranger = etree.SubElement(element, "Colour")
        text = etree.tostring(tree.getroottree(), xml_declaration=True, encoding="ascii").decode()
        with pytest.raises(RequestProcessorError):
            stocked().process(text)
        element.remove(stranger)


def test_elements_that_us_desktop_lacks_are_refused() -> None:
    """What the XSD lets pass although US desktop does not have it must be refused by our own table."""
    wrong = FULL["BillAddRq"].replace("<ExpenseLineAdd>", "<IsTaxIncluded>true</IsTaxIncluded><ExpenseLineAdd>")
    with pytest.raises(RequestProcessorError, match="IsTaxIncluded"):
        stocked().process(document(f"<BillAddRq>{wrong}</BillAddRq>"))


def test_element_newer_than_the_asked_version_is_refused() -> None:
    """IsToBeEmailed came with 6.0: a document of version 5.0 may not hold it."""
    text = f"<EstimateAddRq>{FULL['EstimateAddRq']}</EstimateAddRq>"
    with pytest.raises(RequestProcessorError, match="IsToBeEmailed"):
        stocked().process(document(text, version="5.0"))
