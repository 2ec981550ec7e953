from datetime import datetime

import pytest

from qbwc_bridge.rehearsal.quickbooks import Company, QuickBooksError
from tests.rehearsal.quickbooks_kit import ITEM, JOB, OFFICE, VENDOR, Clock, one, send, status, stocked


def names(company: Company, query: str, inside: str = "") -> list[str]:
    """Give the full names (or names) that a list query returns."""
    reply = one(company, f"<{query}Rq>{inside}</{query}Rq>")
    return [node.findtext("FullName") or node.findtext("Name") or "" for node in reply]


@pytest.mark.parametrize("taken", ["Owner", "OWNER", VENDOR, "Jane Doe"])
def test_customers_vendors_and_employees_share_one_name_space(taken: str) -> None:
    """A name in use by any of them, active or not, refuses a new customer and a new vendor with 3100."""
    company = stocked()
    company.add_employee("Jane Doe")
    company.set_active(VENDOR, active=False)
    for kind in ("Customer", "Vendor"):
        body = f"<{kind}AddRq><{kind}Add><Name>{taken}</Name></{kind}Add></{kind}AddRq>"
        assert status(company, body) == 3100


def test_job_names_are_unique_under_their_customer_only() -> None:
    """Two customers may have a job of the same name; one customer may not."""
    company = stocked()
    company.add_customer("Second")
    company.add_customer("2401 Clinic", parent="Second")
    with pytest.raises(QuickBooksError) as refusal:
        company.add_customer("2401 CLINIC", parent="Owner")
    assert refusal.value.status_code == 3100
    company.add_customer(VENDOR, parent="Owner")


def test_items_share_one_name_space_per_level() -> None:
    """A sub-item may have the name of a top-level item; a second one on its level may not."""
    company = stocked()
    company.add_item(f"{ITEM}:{ITEM}", income_account="Construction Income", expense_account="Job Expenses")
    with pytest.raises(QuickBooksError):
        company.add_one_sided_item(f"{ITEM}:{ITEM}", account="Construction Income")


def test_missing_parent_and_reference_have_their_codes() -> None:
    """A parent that does not exist gives 3130, any other reference 3140 with the text QuickBooks uses."""
    company = stocked()
    parent = "<ParentRef><FullName>Nobody</FullName></ParentRef>"
    job = f"<CustomerAddRq><CustomerAdd><Name>J</Name>{parent}</CustomerAdd></CustomerAddRq>"
    assert status(company, job) == 3130
    order = (
        "<EstimateAddRq><EstimateAdd><CustomerRef><FullName>Joe Smith</FullName></CustomerRef>"
        "<EstimateLineAdd><Desc>x</Desc></EstimateLineAdd></EstimateAdd></EstimateAddRq>"
    )
    reply = one(company, order)
    assert reply.get("statusCode") == "3140"
    assert reply.get("statusMessage") == (
        'There is an invalid reference to QuickBooks Customer "Joe Smith" in the Estimate.  QuickBooks error message: '
        "Invalid argument.  The specified record does not exist in the list."
    )


def test_list_id_wins_over_name_and_names_ignore_case() -> None:
    """A reference with both uses the ListID; a FullName is compared without regard to case."""
    company = stocked()
    owner = company.customers()[0].list_id
    for ref in (f"<ListID>{owner}</ListID><FullName>Wrong</FullName>", "<FullName>oWNER</FullName>"):
        name = f"J{len(company.jobs())}"
        body = (
            f"<CustomerAddRq><CustomerAdd><Name>{name}</Name><ParentRef>{ref}</ParentRef></CustomerAdd></CustomerAddRq>"
        )
        assert one(company, body).findtext("CustomerRet/FullName") == f"Owner:{name}"


def test_jobs_have_at_most_five_levels() -> None:
    """The sixth level is refused."""
    company = stocked()
    parent = "Owner"
    for level in range(4):
        parent = company.add_customer(f"L{level}", parent=parent)
    with pytest.raises(QuickBooksError):
        company.add_customer("L5", parent=parent)


def test_full_name_may_not_pass_its_limit() -> None:
    """A customer's FullName has at most 209 characters although each name is within 41."""
    company = stocked()
    parent = company.add_customer("a" * 41)
    for _ in range(4):
        parent = company.add_customer("b" * 41, parent=parent)
    assert len(max((one.full_name for one in company.jobs()), key=len)) == 5 * 41 + 4


def test_queries_hide_inactive_records_unless_asked() -> None:
    """ActiveStatus defaults to active only, and a job goes inactive with its customer."""
    company = stocked()
    company.set_active("Owner", active=False)
    assert names(company, "CustomerQuery") == []
    assert names(company, "CustomerQuery", "<ActiveStatus>All</ActiveStatus>") == ["Owner", JOB]
    assert names(company, "CustomerQuery", "<ActiveStatus>InactiveOnly</ActiveStatus>") == ["Owner", JOB]


def test_named_query_returns_what_exists_and_warns() -> None:
    """A missing name among several gives 500 with the rest; none found gives 500 without data."""
    company = stocked()
    both = one(company, f"<CustomerQueryRq><FullName>{JOB}</FullName><FullName>Jane Doe</FullName></CustomerQueryRq>")
    assert (both.get("statusCode"), both.get("statusSeverity"), len(both)) == ("500", "Warn", 1)
    none = one(company, "<CustomerQueryRq><FullName>Jane Doe</FullName></CustomerQueryRq>")
    assert none.get("statusMessage") == (
        "The query request has not been fully completed. There was a required element "
        '("Jane Doe") that could not be found in QuickBooks.'
    )
    assert len(none) == 0


def test_filters_choose_by_name_type_and_change() -> None:
    """NameFilter, AccountType and FromModifiedDate narrow a list; nothing left is status 1."""
    clock = Clock()
    company = stocked(clock)
    starts = "<NameFilter><MatchCriterion>StartsWith</MatchCriterion><Name>26</Name></NameFilter>"
    assert names(company, "ItemQuery", starts) == ["26-100"]
    assert names(company, "AccountQuery", "<AccountType>CreditCard</AccountType>") == ["Company Credit Card"]
    clock.forward(hours=1)
    company.rename(VENDOR, "Acme Supply Co")
    since = "<FromModifiedDate>2026-07-01T09:30:00</FromModifiedDate>"
    assert names(company, "VendorQuery", since) == ["Acme Supply Co"]
    assert names(company, "ItemServiceQuery", since) == []
    assert status(company, f"<ItemServiceQueryRq>{since}</ItemServiceQueryRq>") == 1


def test_max_returned_cuts_and_lists_go_parent_before_child() -> None:
    """Records come by full name; MaxReturned gives the first of them."""
    company = stocked()
    company.add_customer("Aaron")
    assert names(company, "CustomerQuery") == ["Aaron", "Owner", JOB]
    assert names(company, "CustomerQuery", "<MaxReturned>2</MaxReturned>") == ["Aaron", "Owner"]


def test_iterator_pages_and_dies_with_the_session() -> None:
    """Pages come in order with the remaining count; after the session's end the iterator is unknown."""
    company = stocked()
    for number in range(5):
        company.add_vendor(f"V{number}")
    start = one(company, '<VendorQueryRq iterator="Start"><MaxReturned>2</MaxReturned></VendorQueryRq>')
    name = start.get("iteratorID")
    assert (len(start), start.get("iteratorRemainingCount")) == (2, "4")
    page = f'<VendorQueryRq iterator="Continue" iteratorID="{name}"><MaxReturned>3</MaxReturned></VendorQueryRq>'
    second = one(company, page)
    assert [node.findtext("Name") for node in (*start, *second)] == [VENDOR, "V0", "V1", "V2", "V3"]
    assert second.get("iteratorRemainingCount") == "1"
    company.end_session()
    assert status(company, page) == 3000
    assert status(company, f'<VendorQueryRq iterator="Stop" iteratorID="{name}"/>') == 0


def test_counts_come_with_meta_data() -> None:
    """MetaDataOnly gives the count and no data."""
    reply = one(stocked(), '<CustomerQueryRq metaData="MetaDataOnly"/>')
    assert (reply.get("retCount"), len(reply)) == ("2", 0)


def test_rename_and_deactivate_keep_the_id_and_raise_the_sequence() -> None:
    """ListID stays, EditSequence strictly rises even within one second, the FullName of jobs follows."""
    company = stocked(Clock())
    before = one(company, f"<CustomerQueryRq><FullName>{JOB}</FullName></CustomerQueryRq>")[0]
    owner = company.customers()[0].list_id
    sequences = []
    for number in range(3):
        company.rename(owner, f"Owner {number}")
        found = one(company, f"<CustomerQueryRq><ListID>{owner}</ListID></CustomerQueryRq>")[0]
        sequences.append(int(found.findtext("EditSequence") or 0))
    assert sequences == sorted(set(sequences))
    assert company.jobs()[0].full_name == "Owner 2:2401 Clinic"
    assert company.jobs()[0].list_id == before.findtext("ListID")


def test_deleted_record_is_remembered_and_one_in_use_refused() -> None:
    """Deleting gives a ListDeletedRet; an item on an order cannot be deleted."""
    company = stocked()
    vendor = company.add_vendor("Gone")
    company.delete_record(vendor)
    reply = one(company, "<ListDeletedQueryRq><ListDelType>Vendor</ListDelType></ListDeletedQueryRq>")
    assert reply.findtext("ListDeletedRet/ListID") == vendor
    with pytest.raises(QuickBooksError) as refusal:
        company.delete_record("Owner")
    assert refusal.value.status_code == 3160


@pytest.mark.parametrize(
    ("moment", "printed"),
    [
        (datetime(2026, 7, 1, 9, tzinfo=OFFICE), "2026-07-01T09:00:00-08:00"),
        (datetime(2026, 1, 1, 9, tzinfo=OFFICE), "2026-01-01T09:00:00-08:00"),
    ],
)
def test_times_are_local_with_the_standard_offset_all_year(moment: datetime, printed: str) -> None:
    """The printed clock is the wall's, its offset the winter's; the edit sequence is the true second."""
    company = Company(now=Clock(moment))
    company.add_vendor("V")
    found = one(company, "<VendorQueryRq/>")[0]
    assert found.findtext("TimeModified") == printed
    assert found.findtext("EditSequence") == str(int(moment.timestamp()))


def test_item_replies_show_both_sides_or_one() -> None:
    """A two-sided item has SalesAndPurchase with both accounts, a one-sided item SalesOrPurchase."""
    company = stocked()
    company.add_one_sided_item("Survey", account="Construction Income")
    two, _, single = send(company, "<ItemQueryRq/>")[0]
    assert two.findtext("SalesAndPurchase/ExpenseAccountRef/FullName") == "Job Expenses:Materials"
    assert single.findtext("SalesOrPurchase/AccountRef/FullName") == "Construction Income"
    assert single.find("SalesAndPurchase") is None


def test_address_comes_back_with_its_printed_block() -> None:
    """An address given at Add is returned with the block that QuickBooks makes of it."""
    body = (
        "<VendorAddRq><VendorAdd><Name>V</Name><VendorAddress><Addr1>1 Elm St</Addr1><City>Bayshore</City>"
        "<State>CA</State><PostalCode>94326</PostalCode></VendorAddress></VendorAdd></VendorAddRq>"
    )
    assert one(stocked(), body).findtext("VendorRet/VendorAddressBlock/Addr2") == "Bayshore, CA 94326"
