import time
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import SUPPORTED_VERSIONS, Company, Line, RequestProcessorError
from tests.rehearsal.quickbooks_kit import (
    ITEM,
    JOB,
    VENDOR,
    Clock,
    document,
    line_mod,
    one,
    po_add,
    po_mod,
    sample,
    schema,
    send,
    status,
    stocked,
)
from tests.support import shared_dir

CUSTOMERS = "rs_customer_query_sample_company.xml"


def real_company() -> Company:
    """Make a company filled from the real replies."""
    company = Company(now=Clock())
    assert company.load_customers(sample(CUSTOMERS)) == 146
    company.load_company(sample("rs_host_company_preferences.xml"))
    return company


def shape(node: etree._Element) -> tuple[str, str, list[object]]:
    """Give an element as plain values, code points 128-159 read as Windows-1252."""
    text = "".join(
        bytes([ord(char)]).decode("cp1252") if 0x80 <= ord(char) <= 0x9F else char for char in node.text or ""
    )
    return str(node.tag), "" if len(node) else text.strip(), [shape(child) for child in node]


def test_real_customers_come_back_element_for_element() -> None:
    """All 146 customers and jobs are answered with every stored element of the real reply, in its order."""
    company = real_company()
    reply = send(company, "<CustomerQueryRq><ActiveStatus>All</ActiveStatus></CustomerQueryRq>", version="11.0")
    ours = {node.findtext("ListID"): shape(node) for node in reply.iter("CustomerRet")}
    theirs = {
        node.findtext("ListID"): shape(node)
        for node in etree.fromstring(sample(CUSTOMERS).encode()).iter("CustomerRet")
    }
    assert len(ours) == 146
    assert ours == theirs
    assert schema().validate(reply.getroottree()), schema().error_log
    assert (len(company.customers()), len(company.jobs())) == (64, 82)


def test_real_customers_can_be_used_and_guarded() -> None:
    """A real job takes an estimate, its name is in use, and its changes are found by date."""
    company = real_company()
    job = company.jobs()[0]
    again = (
        f"<CustomerAddRq><CustomerAdd><Name>{job.name}</Name><ParentRef>"
        f"<FullName>{job.full_name.split(':')[0]}</FullName></ParentRef></CustomerAdd></CustomerAddRq>"
    )
    assert send(company, again, version="11.0")[0].get("statusCode") == "3100"
    estimate = (
        f"<EstimateAddRq><EstimateAdd><CustomerRef><ListID>{job.list_id}</ListID></CustomerRef><TermsRef><FullName>"
        "net 30</FullName></TermsRef><EstimateLineAdd><Desc>x</Desc></EstimateLineAdd></EstimateAdd></EstimateAddRq>"
    )
    assert send(company, estimate, version="11.0")[0].get("statusCode") == "0"
    recent = "<CustomerQueryRq><FromModifiedDate>2024-01-01</FromModifiedDate></CustomerQueryRq>"
    found = send(company, recent, version="11.0")[0]
    assert all((node.findtext("TimeModified") or "") >= "2024" for node in found)
    assert len(found) < 146


def test_real_company_answers_as_the_real_file_did() -> None:
    """Host, company and preferences are the real ones: name, versions, closing date, in the first call too."""
    company = real_company()
    real = etree.fromstring(sample("rs_host_company_preferences.xml").encode())
    ours = etree.fromstring(company.hcp_response().encode())
    for name in ("HostRet", "CompanyRet", "PreferencesRet"):
        assert [shape(node) for node in ours.iter(name)] == [shape(node) for node in real.iter(name)]
    assert company.name == "Wholesale/Distributor Sample File"
    with pytest.raises(RequestProcessorError):
        company.process(document("<HostQueryRq/>", version="13.0"))
    company.add_vendor("V")
    with pytest.raises(Exception, match="3210"):
        company.enter_bill("V", [Line(Decimal("1.00"), account="Fuel")], txn_date=date(2016, 11, 30))
    copy = Company(now=Clock())
    copy.restore(company.snapshot())
    assert copy.hcp_response() == company.hcp_response()
    assert copy.snapshot() == company.snapshot()


def test_real_requests_are_read() -> None:
    """Intuit's own sample requests pass: the report, and the three steps of error recovery."""
    company = stocked()
    report = etree.fromstring(company.process(sample("rq_custom_detail_report.xml")).encode())
    assert report[0][0].get("statusCode") == "0"
    first = company.process(sample("rq_err_recovery_1_add_check.xml"))
    assert 'statusCode="1030"' in first
    assert company.process(sample("rq_err_recovery_2_status.xml")) == first
    assert 'messageSetStatusCode="0"' in company.process(sample("rq_err_recovery_3_clear.xml"))
    assert 'messageSetStatusCode="600"' in company.process(sample("rq_err_recovery_2_status.xml"))


def test_every_reply_of_a_whole_story_fits_the_schema() -> None:
    """Replies to adds, changes, queries, refusals and message sets validate against Intuit's schema 16.0."""
    company = stocked(schema_dir=shared_dir("qbxml-schema"))
    assert company.uses_schema
    day = date(2026, 7, 1)
    contact = (
        "<Contacts><FirstName>A</FirstName></Contacts><NameOnCheck>V</NameOnCheck>"
        "<AdditionalNotes><Note>n</Note></AdditionalNotes>"
    )
    shown = "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns>"
    story = [
        f"<VendorAddRq><VendorAdd><Name>V</Name>{contact}</VendorAdd></VendorAddRq>",
        po_add("100.00", "0", "-5"),
        "<HostQueryRq/><CompanyQueryRq/><PreferencesQueryRq/><AccountQueryRq/><ItemQueryRq/><ItemServiceQueryRq/>",
        '<CustomerQueryRq iterator="Start"><MaxReturned>1</MaxReturned></CustomerQueryRq>',
        '<VendorQueryRq metaData="MetaDataAndResponseData"/>',
        f"<BillQueryRq>{shown}</BillQueryRq><PurchaseOrderQueryRq>{shown}</PurchaseOrderQueryRq>",
        "<TxnDeletedQueryRq><TxnDelType>Bill</TxnDelType></TxnDeletedQueryRq>",
        "<ListDeletedQueryRq><ListDelType>Vendor</ListDelType></ListDeletedQueryRq>",
        "<InvoiceQueryRq/><CustomerQueryRq><FullName>None</FullName></CustomerQueryRq>",
    ]
    for number, body in enumerate(story):
        reply = send(company, body, onError="continueOnError", newMessageSetID=str(number))
        assert schema().validate(reply.getroottree()), schema().error_log
        if number == 1:
            company.enter_bill_on_order(company.orders()[0].txn_id, txn_date=day)
            company.delete(company.enter_bill(VENDOR, [Line(Decimal(1), item=ITEM, job=JOB)], txn_date=day))
            company.delete_record("V")
    line = company.orders()[0].lines[0].line_id
    reply = send(company, po_mod(company, line_mod(line, "<Quantity>1</Quantity>")))
    assert reply[0].get("statusCode") == "3170"
    assert schema().validate(reply.getroottree())


def test_schema_refuses_beside_our_tables_and_leaves_values_to_status_codes() -> None:
    """With the XSD at hand a wrong structure is still refused at connection level, a wrong value by its code."""
    company = stocked(schema_dir=shared_dir("qbxml-schema"))
    assert status(company, po_add("1.00", number="123456789012")) == 3070
    assert status(company, po_add("1.00").replace("<Amount>1.00", "<Amount>1.0")) == 3040
    with pytest.raises(RequestProcessorError, match="schema"):
        company.process(document("<InvoiceQueryRq><Nonsense/></InvoiceQueryRq>"))
    assert not Company(now=Clock(), schema_dir=shared_dir("samples")).uses_schema


@pytest.mark.parametrize("version", SUPPORTED_VERSIONS)
def test_every_version_the_host_names_is_spoken(version: str) -> None:
    """Each supported version is accepted in the qbxml instruction."""
    assert send(stocked(), "<CompanyQueryRq/>", version=version)[0].get("statusCode") == "0"


def test_hundreds_of_requests_per_second() -> None:
    """A file with 300 orders answers well over a hundred look-ups per second on a busy machine."""
    company = stocked()
    for number in range(300):
        send(company, po_add("1.00", "2.00", number=str(number)))
    begun = time.perf_counter()
    for number in range(100):
        found = one(company, f"<PurchaseOrderQueryRq><RefNumber>{number}</RefNumber></PurchaseOrderQueryRq>")
        assert len(found) == 1
    assert 100 / (time.perf_counter() - begun) > 100
