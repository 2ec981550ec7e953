"""What the tests of the stand-in QuickBooks share: a clock, a company with a few names, and a way to send requests."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

from lxml import etree

from qbwc_bridge.rehearsal.quickbooks import Company
from tests.support import shared_dir

OFFICE = ZoneInfo("America/Los_Angeles")
JOB = "Owner:2401 Clinic"
VENDOR = "Acme Supply"
ITEM = "03-300"


@dataclass
class Clock:
    """A clock that moves only when told."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 7, 1, 9, 0, tzinfo=OFFICE))

    def __call__(self) -> datetime:
        """Give the present moment."""
        return self.moment

    def forward(self, **span: float) -> None:
        """Move on by a timedelta's arguments."""
        zone: tzinfo = self.moment.tzinfo or UTC
        self.moment = (self.moment.astimezone(UTC) + timedelta(**span)).astimezone(zone)


@cache
def schema() -> etree.XMLSchema:
    """Give Intuit's schema 16.0."""
    return etree.XMLSchema(etree.parse(shared_dir("qbxml-schema") / "qbxmlops160.xsd"))


def sample(name: str) -> str:
    """Give the text of a real reply."""
    return Path(shared_dir("samples", name)).read_text(encoding="utf-8")


def stocked(clock: Clock | None = None, schema_dir: Path | None = None) -> Company:
    """Make a company with a customer, a job, a vendor and two items."""
    company = Company(now=clock or Clock(), schema_dir=schema_dir)
    company.add_customer("Owner")
    company.add_customer("2401 Clinic", parent="Owner")
    company.add_vendor(VENDOR)
    for name in (ITEM, "26-100"):
        company.add_item(
            name, income_account="Construction Income", expense_account="Job Expenses:Materials", description=name
        )
    return company


def document(body: str, *, version: str = "16.0", **attributes: str) -> str:
    """Wrap requests in an envelope."""
    given = {"onError": "stopOnError", **attributes}
    head = "".join(f" {name}={quoteattr(value)}" for name, value in given.items())
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="{version}"?>\n'
        f"<QBXML><QBXMLMsgsRq{head}>{body}</QBXMLMsgsRq></QBXML>"
    )


def send(company: Company, body: str, *, version: str = "16.0", **attributes: str) -> etree._Element:
    """Send requests and give the parsed QBXMLMsgsRs."""
    return etree.fromstring(company.process(document(body, version=version, **attributes)).encode())[0]


def one(company: Company, body: str) -> etree._Element:
    """Send one request and give its reply element."""
    return send(company, body)[0]


def status(company: Company, body: str) -> int:
    """Send one request and give its status code."""
    return int(one(company, body).get("statusCode") or -1)


def po_line(amount: str, *, item: str = ITEM, extra: str = "") -> str:
    """Write a purchase order line for the job, by money."""
    return (
        f"<PurchaseOrderLineAdd><ItemRef><FullName>{item}</FullName></ItemRef><Quantity>{amount}</Quantity>"
        f"<Rate>1</Rate><Amount>{amount}</Amount><CustomerRef><FullName>{JOB}</FullName></CustomerRef>{extra}"
        "</PurchaseOrderLineAdd>"
    )


def po_add(*amounts: str, number: str = "PO-1") -> str:
    """Write a PurchaseOrderAddRq with a line per amount."""
    lines = "".join(po_line(one) for one in amounts)
    return (
        f"<PurchaseOrderAddRq><PurchaseOrderAdd><VendorRef><FullName>{VENDOR}</FullName></VendorRef>"
        f"<RefNumber>{number}</RefNumber>{lines}</PurchaseOrderAdd></PurchaseOrderAddRq>"
    )


def po_mod(company: Company, body: str, *, sequence: str | None = None) -> str:
    """Write a PurchaseOrderModRq for the company's first order."""
    order = company.orders()[0]
    return (
        f"<PurchaseOrderModRq><PurchaseOrderMod><TxnID>{order.txn_id}</TxnID>"
        f"<EditSequence>{sequence or order.edit_sequence}</EditSequence>{body}</PurchaseOrderMod></PurchaseOrderModRq>"
    )


def line_mod(line_id: str, inside: str = "") -> str:
    """Write a PurchaseOrderLineMod."""
    return f"<PurchaseOrderLineMod><TxnLineID>{line_id}</TxnLineID>{inside}</PurchaseOrderLineMod>"
