"""What a bookkeeper does to the lists of the stand-in QuickBooks, and what its queries tell of it afterwards."""

from decimal import Decimal

import pytest

from qbwc_bridge.rehearsal.quickbooks import Company, Line, QuickBooksError
from tests.rehearsal.quickbooks_kit import ITEM, JOB, VENDOR, Clock, one, po_add, send, status, stocked

ASK_DELETIONS = (
    "<ListDeletedQueryRq><ListDelType>Vendor</ListDelType><ListDelType>Class</ListDelType>{}</ListDeletedQueryRq>"
)


def named(company: Company, query: str) -> list[str]:
    """Names that a query of a list gives, inactive ones included."""
    reply = one(company, f"<{query}Rq><ActiveStatus>All</ActiveStatus></{query}Rq>")
    return [found.text or "" for found in reply.iter("Name")]


def test_employees_other_names_and_classes_are_lists_of_their_own() -> None:
    """Each query gives its own list; classes have levels."""
    company = stocked()
    company.add_employee("Robin Example")
    company.add_other_name("County Clerk")
    company.add_class("Residential")
    company.add_class("Residential:Remodel")

    assert "Robin Example" in named(company, "EmployeeQuery")
    assert named(company, "OtherNameQuery") == ["County Clerk"]
    reply = one(company, "<ClassQueryRq></ClassQueryRq>")
    assert [found.text for found in reply.iterfind("ClassRet/FullName")] == ["Residential", "Residential:Remodel"]


def test_of_an_employee_only_what_was_asked_for_is_told() -> None:
    """IncludeRetElement keeps everything else about people in QuickBooks."""
    company = stocked()
    company.add_employee("Robin Example", ssn="000-00-0000")
    whole = one(company, "<EmployeeQueryRq></EmployeeQueryRq>")
    names = one(company, "<EmployeeQueryRq><IncludeRetElement>Name</IncludeRetElement></EmployeeQueryRq>")

    assert [found.text for found in whole.iter("SSN")] == ["000-00-0000"]
    assert {found.tag for record in names for found in record} == {"Name"}


@pytest.mark.parametrize("add", [Company.add_employee, Company.add_other_name])
def test_a_vendor_may_not_have_the_name_of_an_employee_or_other_name(add: object) -> None:
    """The four lists of names share one name space."""
    company = stocked()
    assert callable(add)
    add(company, "Robin Example")

    assert status(company, "<VendorAddRq><VendorAdd><Name>ROBIN example</Name></VendorAdd></VendorAddRq>") == 3100


def test_deletions_of_lists_are_told_for_ninety_days_by_kind_and_date() -> None:
    """A deletion record has kind and id; other lists and older deletions are left out."""
    clock = Clock()
    company = stocked(clock)
    gone = company.add_vendor("Gone Supply")
    company.delete_record(company.add_class("Gone class"))
    company.delete_record(company.add_other_name("Gone name"))
    clock.forward(days=1)
    company.delete_record(gone)

    reply = one(company, ASK_DELETIONS.format(""))
    assert [found.text for found in reply.iter("ListDelType")] == ["Class", "Vendor"]
    since = f"<DeletedDateRangeFilter><FromDeletedDate>{clock():%Y-%m-%d}</FromDeletedDate></DeletedDateRangeFilter>"
    assert [found.text for found in one(company, ASK_DELETIONS.format(since)).iter("ListID")] == [gone]
    clock.forward(days=90, seconds=1)
    assert status(company, ASK_DELETIONS.format("")) == 1


def test_a_merged_vendor_leaves_its_documents_and_no_deletion_record() -> None:
    """Everything of the merged one belongs to the other one."""
    company = stocked()
    old = company.add_vendor("Old Supply")
    company.enter_bill("Old Supply", [Line(Decimal(5), item=ITEM, job=JOB)], txn_date=Clock()().date())
    company.merge(old, VENDOR)

    assert "Old Supply" not in named(company, "VendorQuery")
    assert status(company, ASK_DELETIONS.format("")) == 1
    bill = one(company, "<BillQueryRq></BillQueryRq>")
    assert [found.text for found in bill.iterfind("BillRet/VendorRef/FullName")] == [VENDOR]
    with pytest.raises(QuickBooksError):
        company.merge(VENDOR, VENDOR)


def test_a_merged_item_hands_over_its_sub_items() -> None:
    """What lay below the merged one lies below the other one, by the same ids."""
    company = stocked()
    company.add_one_sided_item("Old", account="Job Expenses")
    below = company.add_one_sided_item("Old:M", account="Job Expenses")
    company.merge("Old", ITEM)

    assert {found.list_id: found.full_name for found in company.items()}[below] == f"{ITEM}:M"


def test_a_moved_job_keeps_its_id_and_orders() -> None:
    """Moving changes the full name alone; a name in use below the new parent is refused."""
    company = stocked()
    company.add_customer("Another Owner")
    send(company, po_add("10.00"))
    job = company.jobs()[0]
    company.move(job.list_id, "Another Owner")

    (moved,) = [found for found in company.jobs() if found.list_id == job.list_id]
    assert moved.full_name == f"Another Owner:{JOB.rpartition(':')[2]}"
    order = one(company, "<PurchaseOrderQueryRq><IncludeLineItems>true</IncludeLineItems></PurchaseOrderQueryRq>")
    assert {found.text for found in order.iter("FullName")} >= {moved.full_name}
    again = company.add_customer(JOB.rpartition(":")[2], parent=JOB.rpartition(":")[0])
    with pytest.raises(QuickBooksError, match="already in use"):
        company.move(again, "Another Owner")
