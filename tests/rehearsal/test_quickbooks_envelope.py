import secrets

import pytest
from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import PARSE_FAULT, VERSION_FAULT, RequestProcessorError
from tests.rehearsal.quickbooks_kit import document, one, schema, send, status, stocked

HOST = "<HostQueryRq/>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not XML",
        document(HOST).replace('<?xml version="1.0" encoding="utf-8"?>\n', ""),
        document(HOST).replace('<?qbxml version="16.0"?>\n', ""),
        document(HOST).replace('<?qbxml version="16.0"?>', "<?qbxml?>"),
        document(HOST).replace(' onError="stopOnError"', ""),
        document(HOST).replace("stopOnError", "rollbackOnError"),
        document(HOST).replace("stopOnError", "perhaps"),
        document(HOST, color="red"),
        document(HOST, responseData="some"),
        document("<HostQueryRq>"),
        document("<HostQuery/>"),
        document("<NonsenseQueryRq/>"),
        document('<HostQueryRq iterator="Start"/>'),
        document('<CustomerQueryRq iterator="Now"/>'),
        document("<HostQueryRq>text</HostQueryRq>"),
        document("<HostQueryRq/>").replace("<QBXML>", "<!DOCTYPE a><QBXML>"),
        document("<CustomerQueryRq><FullName>a&#11;b</FullName></CustomerQueryRq>"),
        document("<CustomerQueryRq><FullName>a\x01b</FullName></CustomerQueryRq>"),
        document("<CustomerQueryRq><FullName><b/></FullName></CustomerQueryRq>"),
        document('<CustomerQueryRq><FullName a="1">b</FullName></CustomerQueryRq>'),
        document(HOST).replace("</QBXML>", "<QBXMLMsgsRq onError='stopOnError'/></QBXML>"),
        document(HOST).replace("QBXML>", "QBXMLS>"),
    ],
)
def test_document_of_wrong_form_is_refused_without_a_reply(text: str) -> None:
    """What QuickBooks cannot read or place is refused at connection level with 0x80040400."""
    with pytest.raises(RequestProcessorError) as refusal:
        stocked().process(text)
    assert refusal.value.hresult == PARSE_FAULT
    assert "parsing" in refusal.value.message


def test_unsupported_version_is_refused_with_its_own_code() -> None:
    """A version the file does not speak refuses the document with 0x80040423."""
    with pytest.raises(RequestProcessorError) as refusal:
        stocked().process(document(HOST, version="17.0"))
    assert refusal.value.hresult == VERSION_FAULT


def test_request_id_is_echoed_and_limited_to_fifty() -> None:
    """The requestID comes back as it was; one of 51 characters gets status 1060."""
    company = stocked()
    assert one(company, f'<HostQueryRq requestID="{"7" * 50}"/>').get("requestID") == "7" * 50
    assert one(company, f'<HostQueryRq requestID="{"7" * 51}"/>').get("statusCode") == "1060"


def test_requests_after_an_error_are_not_processed_when_told_to_stop() -> None:
    """Under stopOnError the rest answers 3231; under continueOnError each request stands alone."""
    add = "<VendorAddRq><VendorAdd><Name>{}</Name></VendorAdd></VendorAddRq>"
    body = add.format("Acme Supply") + add.format("Later")
    stopped, company = stocked(), stocked()
    assert [one.get("statusCode") for one in send(stopped, body)] == ["3100", "3231"]
    assert [one.get("statusCode") for one in send(company, body, onError="continueOnError")] == ["3100", "0"]
    assert [one.name for one in stopped.vendors()] == ["Acme Supply"]
    assert len(company.vendors()) == 2


def test_warning_does_not_stop_the_rest() -> None:
    """Status 500 and 1 are no errors."""
    body = "<CustomerQueryRq><FullName>None Such</FullName></CustomerQueryRq><BillQueryRq/><HostQueryRq/>"
    assert [one.get("statusCode") for one in send(stocked(), body)] == ["500", "1", "0"]


def test_known_message_that_is_not_done_gets_a_status() -> None:
    """A message of the schema that this stand-in lacks is refused by status, not at connection level."""
    assert status(stocked(), "<SalesOrderQueryRq/>") == 1030


@pytest.mark.parametrize(
    ("element", "text", "code"),
    [
        ("Name", "x" * 42, 3070),
        ("Name", "a:b", 3090),
        ("Name", "a\tb", 3090),
        ("Name", "", 3150),
        ("IsActive", "TRUE", 3010),
        ("CreditLimit", "1.5", 3040),
        ("CreditLimit", "1e3", 3040),
        ("JobStatus", "Begun", 3110),
        ("JobStartDate", "2026-7-1", 3020),
        ("JobStartDate", "2026-02-30", 3020),
        ("ExternalGUID", "{1}", 3065),
    ],
)
def test_value_that_does_not_convert_gets_its_status_code(element: str, text: str, code: int) -> None:
    """Each kind of wrong value has its own status code and leaves the list as it was."""
    company = stocked()
    name = "" if element == "Name" else "<Name>New</Name>"
    body = f"<CustomerAddRq><CustomerAdd>{name}<{element}>{text}</{element}></CustomerAdd></CustomerAddRq>"
    assert status(company, body) == code
    assert len(company.customers()) == 1


def test_text_is_kept_as_windows_1252_and_written_as_references() -> None:
    """Curly quotes survive as 1252 references, letters beyond 1252 become question marks, replies are ASCII."""
    company = stocked()
    name = "O&#8217;Br\u00eden \u201cA\u201d &#146; \u4e16 &amp; &lt;Co&gt;"
    body = f"<VendorAddRq><VendorAdd><Name>{name}</Name></VendorAdd></VendorAddRq>"
    reply = company.process(document(body))
    assert "<Name>O&#146;Br&#237;en &#147;A&#148; &#146; ? &amp; &lt;Co&gt;</Name>" in reply
    assert reply.isascii()
    assert company.vendors()[1].name == "O\u2019Br\u00eden \u201cA\u201d \u2019 ? & <Co>"


def test_line_breaks_are_kept_and_outer_blanks_cut() -> None:
    """Notes keep their lines; blanks around a value go."""
    body = "<VendorAddRq><VendorAdd><Name>  Two  </Name><Notes>a\n\nb</Notes></VendorAdd></VendorAddRq>"
    reply = one(stocked(), body)
    assert reply.findtext("VendorRet/Name") == "Two"
    assert reply.findtext("VendorRet/Notes") == "a\n\nb"


def test_reply_data_can_be_left_out() -> None:
    """Under includeNone an Add gives a status and no object."""
    body = "<VendorAddRq><VendorAdd><Name>Two</Name></VendorAdd></VendorAddRq>"
    assert len(send(stocked(), body, responseData="includeNone")[0]) == 0


def test_include_ret_element_keeps_only_what_it_names() -> None:
    """IncludeRetElement leaves the named elements, groups whole."""
    body = (
        "<CustomerQueryRq><FullName>Owner:2401 Clinic</FullName><IncludeRetElement>FullName</IncludeRetElement>"
        "<IncludeRetElement>ParentRef</IncludeRetElement></CustomerQueryRq>"
    )
    found = one(stocked(), body)[0]
    assert [child.tag for child in found] == ["FullName", "ParentRef"]
    assert found.findtext("ParentRef/FullName") == "Owner"


def test_company_tells_its_stamp_only_to_its_owner() -> None:
    """FileID is private: CompanyQuery shows it when OwnerID is named, the Web Connector's first call always."""
    company, owner = stocked(), "{57F3B9B1-86F1-4FCC-B1FF-966DE1813D20}"
    file_id = f"{{{secrets.token_hex(4)}-0000-4000-8000-000000000000}}"
    company.stamp(owner, file_id, app_lock="LOCKED:PC:1")
    assert one(company, "<CompanyQueryRq/>").find("CompanyRet/DataExtRet") is None
    shown = one(company, f"<CompanyQueryRq><OwnerID>{owner}</OwnerID></CompanyQueryRq>")
    assert [node.findtext("DataExtValue") for node in shown.iter("DataExtRet")] == ["LOCKED:PC:1", file_id]
    first_call = company.hcp_response()
    assert file_id in first_call
    assert schema().validate(etree.fromstring(first_call.encode()))
    company.stamp(owner, "{NEW}")
    assert file_id not in company.hcp_response()


def test_host_tells_capacities_only_when_asked() -> None:
    """ListMetaData comes with IncludeMaxCapacity and then has all nineteen lists."""
    company = stocked()
    wish = "<IncludeListMetaData><IncludeMaxCapacity>true</IncludeMaxCapacity></IncludeListMetaData>"
    asked = f"<HostQueryRq>{wish}</HostQueryRq>"
    assert one(company, "<HostQueryRq/>").find("HostRet/ListMetaData") is None
    found = one(company, asked).find("HostRet/ListMetaData")
    assert found is not None
    assert len(found) == 19
