"""Long answers of QuickBooks, made of records as a real company file gives them; sizes in characters of ASCII."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

from qbwc_bridge.rehearsal.quickbooks import Company, Line
from tests.bench.names import company_name

BRIEF = """<CustomerRet>
<ListID>8{number:07X}-1234567890</ListID>
<TimeModified>2026-03-02T00:06:42-05:00</TimeModified>
<EditSequence>1702703202</EditSequence>
<Name>{name}</Name>
<FullName>{name}</FullName>
<IsActive>true</IsActive>
<Sublevel>0</Sublevel>
</CustomerRet>
"""
"""What the bridge asks for by IncludeRetElement."""

FULL = """<CustomerRet>
<ListID>8{number:07X}-1234567890</ListID>
<TimeCreated>2019-07-29T14:24:18-05:00</TimeCreated>
<TimeModified>2026-03-02T00:06:42-05:00</TimeModified>
<EditSequence>1702703202</EditSequence>
<Name>{name}</Name>
<FullName>{name}</FullName>
<IsActive>true</IsActive>
<Sublevel>0</Sublevel>
<CompanyName>{name}</CompanyName>
<Salutation>Mrs.</Salutation>
<FirstName>Robin</FirstName>
<LastName>Example</LastName>
<BillAddress>
<Addr1>{name}</Addr1>
<Addr2>{number} Cypress Hill Road</Addr2>
<City>Bayshore</City>
<State>CA</State>
<PostalCode>94326</PostalCode>
</BillAddress>
<BillAddressBlock>
<Addr1>{name}</Addr1>
<Addr2>{number} Cypress Hill Road</Addr2>
<Addr3>Bayshore CA 94326</Addr3>
</BillAddressBlock>
<ShipToAddress>
<Name>Ship To 1</Name>
<Addr1>{name}</Addr1>
<Addr2>{number} Cypress Hill Road</Addr2>
<City>Bayshore</City>
<State>CA</State>
<PostalCode>94326</PostalCode>
<DefaultShipTo>false</DefaultShipTo>
</ShipToAddress>
<Phone>415-555-0100</Phone>
<Email>office@example.com</Email>
<Contact>Robin Example</Contact>
<AdditionalContactRef>
<ContactName>Main Phone</ContactName>
<ContactValue>415-555-0100</ContactValue>
</AdditionalContactRef>
<AdditionalContactRef>
<ContactName>Main Email</ContactName>
<ContactValue>office@example.com</ContactValue>
</AdditionalContactRef>
<ContactsRet>
<ListID>9{number:07X}-1234567890</ListID>
<TimeCreated>2020-07-26T08:46:23-05:00</TimeCreated>
<TimeModified>2020-07-26T08:46:23-05:00</TimeModified>
<EditSequence>1343306783</EditSequence>
<FirstName>Robin Example</FirstName>
</ContactsRet>
<CustomerTypeRef>
<ListID>20000-933272658</ListID>
<FullName>Residential</FullName>
</CustomerTypeRef>
<TermsRef>
<ListID>10000-933272658</ListID>
<FullName>Net 30</FullName>
</TermsRef>
<Balance>0.00</Balance>
<TotalBalance>0.00</TotalBalance>
<ItemSalesTaxRef>
<ListID>2E0000-933272656</ListID>
<FullName>San Tomas</FullName>
</ItemSalesTaxRef>
<JobStatus>InProgress</JobStatus>
<JobStartDate>2025-10-23</JobStartDate>
<JobProjectedEndDate>2026-12-11</JobProjectedEndDate>
<JobDesc>Remodel: build new counter, replace fixtures, add whirlpool.</JobDesc>
<PreferredDeliveryMethod>Email</PreferredDeliveryMethod>
</CustomerRet>
"""
"""What a real file's customers look like when nothing is left out."""

_CUSTOMERS = re.compile(r"<CustomerQueryRs requestID=\"(\d+)\".*?(/>|</CustomerQueryRs>)", re.DOTALL)
_ROWS = re.compile(r"<DataRow .*</DataRow>\n?", re.DOTALL)
_ROW_NUMBER = re.compile(r'rowNumber="\d+"')
_TXN_ID = re.compile(r'(<ColData colID="2" value=")[^"]*')


def customers(company: Company, request: str, size: int, record: str) -> tuple[str, int]:
    """Answer a request with a CustomerQuery in it by `size` characters of customers; gives their number too."""
    made, count = records(size, record)
    opening = 'statusCode="0" statusSeverity="Info" statusMessage="Status OK" iteratorRemainingCount="0"'

    def listed(found: re.Match[str]) -> str:
        return f'<CustomerQueryRs requestID="{found[1]}" {opening} iteratorID="{{1}}">{made}</CustomerQueryRs>'

    return _CUSTOMERS.sub(listed, company.process(request)), count


def records(size: int, record: str) -> tuple[str, int]:
    """Give `size` characters of records, and their number."""
    return _until(size, lambda number: record.format(number=number, name=company_name(number)))


def costs(company: Company, request: str, size: int) -> tuple[str, int]:
    """Answer a CustomTxnDetail request by `size` characters of bills on a job; gives the number of rows too.

    The stand-in answers with one bill of its own; its rows are repeated, each time with another TxnID.
    """
    job, item = company.jobs()[0].full_name, next(each.full_name for each in company.items() if ":" in each.full_name)
    line = Line(Decimal("1240.50"), item=item, job=job)
    company.enter_bill(company.vendors()[0].full_name, [line], txn_date=dt.date(2026, 3, 2), ref_number="B-1001")
    answer = company.process(request)
    rows = _ROWS.search(answer)
    assert rows
    bill = rows[0]

    def another(number: int) -> str:
        counted = iter(range(2 * number + 1, 2 * number + 3))
        return _ROW_NUMBER.sub(lambda _: f'rowNumber="{next(counted)}"', _TXN_ID.sub(rf"\g<1>{number:X}-99", bill))

    made, count = _until(size, another)
    total = f"<NumRows>{2 * count + 1}</NumRows>"
    return re.sub(r"<NumRows>\d+</NumRows>", total, answer.replace(bill, made)), 2 * count


def _until(size: int, make: Callable[[int], str]) -> tuple[str, int]:
    made: list[str] = []
    while size > 0:
        made.append(make(len(made)))
        size -= len(made[-1])
    return "".join(made), len(made)
