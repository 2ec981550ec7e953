"""The stand-in QuickBooks company: qbXML in, qbXML out, and the desk of a bookkeeper beside it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from threading import RLock

from lxml import etree

from . import about, backup, chart, message_sets
from .book import Book, Clock
from .condensing import condense
from .corrections import CorrectionDesk
from .desk import ListDesk
from .dispatch import run_all
from .envelope import read_document
from .lists import add_record
from .loading import load_company, load_customers
from .paging import Iterators
from .replies import Reply, document_text, reply_text
from .state import State
from .views import (
    EstimateView,
    ItemView,
    NameView,
    OrderView,
    Posting,
    estimate_view,
    item_views,
    job_cost_sums,
    name_views,
    order_view,
    posting_views,
)

SUPPORTED_VERSIONS = (
    "1.0", "1.1", "2.0", "2.1", "3.0", "4.0", "4.1", "5.0", "6.0", "7.0", "8.0", "9.0", "10.0", "11.0", "12.0", "13.0",
    "14.0", "15.0", "16.0",
)  # fmt: skip
SCHEMA_FILE = "qbxmlops160.xsd"


class Company(ListDesk, CorrectionDesk):
    """One open company file in memory; safe to use from several threads.

    `process` is the SDK's side: qbXML in and out. The desk is a person's side: lists (`add_...`, `rename`, `merge`),
    documents (`enter_...`), corrections (`edit_...`, `redate`, `recode`, `void`, `delete`, `bill_receipt`,
    `post_pending`), and what happens to whole files (`snapshot`, `restore`, `condense`). `postings`, `job_costs` and
    the lists show what is in it.

    `now` gives the time of the QuickBooks machine with its zone. `schema_dir` may hold Intuit's XSDs; if
    qbxmlops160.xsd is there, requests are checked against it besides our own order tables. `empty` leaves out the
    contractor's chart of accounts. `closing_date` closes the books up to and with that day. `screen_words` lets reports
    name transaction types as the screen does ("General Journal") instead of as the schema does ("JournalEntry"); which
    of the two a real file gives is not published.
    """

    def __init__(
        self,
        *,
        now: Clock,
        name: str = "Bluestone Development LLC",
        schema_dir: Path | None = None,
        empty: bool = False,
        closing_date: date | None = None,
        supported_versions: Sequence[str] = SUPPORTED_VERSIONS,
        screen_words: bool = False,
    ) -> None:
        self._lock = RLock()
        self._iterators = Iterators()
        self._schema = _schema(schema_dir)
        state = State(chart.host(supported_versions), chart.company(name), chart.preferences(closing_date))
        self._book = Book(state, now, screen_words=screen_words)
        self._furnish(empty=empty)

    def _furnish(self, *, empty: bool) -> None:
        for full_name, account_type, special in chart.ACCOUNTS:
            if not empty or special in chart.BARE_ACCOUNTS:
                self.add_account(full_name, account_type)
                record = self._book.named(("Account",), full_name)
                if record is not None:
                    record.special = special
        if not empty:
            for kind, name in chart.OTHER_LISTS:
                add_record(self._book, kind, name)

    @property
    def name(self) -> str:
        """The company's name as CompanyQuery gives it."""
        return self._book.state.company.value("CompanyName") or ""

    @property
    def uses_schema(self) -> bool:
        """Tell whether Intuit's XSD is used besides our own order tables."""
        return self._schema is not None

    def process(self, qbxml: str) -> str:
        """Carry out one request document (qbXML text) and give the reply document.

        Raises RequestProcessorError when the document cannot be read, breaks the schema's order or asks for a version
        of qbXML that is not supported.
        """
        with self._lock:
            document = read_document(qbxml, about.versions(self._book), self._schema)
            return message_sets.answer(self._book, document, lambda: run_all(self._book, self._iterators, document))

    def end_session(self) -> None:
        """End the QuickBooks session: open iterators die."""
        with self._lock:
            self._iterators.clear()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let the QuickBooks machine's clock stand at a moment (with zone) for what is entered meanwhile."""
        with self._lock, self._book.at(moment):
            yield

    # filling it from a real file

    def load_customers(self, reply_xml: str) -> int:
        """Add the customers and jobs of a real CustomerQuery reply; gives their number."""
        with self._lock:
            return load_customers(self._book, reply_xml)

    def load_company(self, hcp_reply_xml: str) -> None:
        """Take host, company and preferences of a real file: from now on they are the answers to these queries."""
        with self._lock:
            load_company(self._book, hcp_reply_xml)

    def stamp(self, owner_id: str, file_id: str, *, app_lock: str | None = None) -> None:
        """Write FileID (and perhaps AppLock) into the company record, as the Web Connector does."""
        with self._lock:
            if app_lock is not None:
                about.stamp(self._book, owner_id, "AppLock", app_lock)
            about.stamp(self._book, owner_id, "FileID", file_id)

    def hcp_response(self) -> str:
        """Give host, company and preferences in one reply document, as the Web Connector hands it over."""
        with self._lock:
            state = self._book.state
            replies = (
                ("HostQuery", state.host),
                ("CompanyQuery", state.company),
                ("PreferencesQuery", state.preferences),
            )
            return document_text(
                reply_text(message, str(number), Reply([node])) for number, (message, node) in enumerate(replies)
            )

    # backup

    def snapshot(self) -> bytes:
        """Make a backup of the company file, stored message-set reply and FileID included."""
        with self._lock:
            return backup.save(self._book.state)

    def restore(self, data: bytes) -> None:
        """Open a backup in place of the present company; raises ValueError when the bytes are none."""
        with self._lock:
            self._book.open(backup.load(data))
            self._iterators.clear()

    def condense(self, through: date) -> None:
        """Condense the file as QuickBooks' utility does: what is dated through that day vanishes without a trace.

        Posting transactions leave no deletion record; one journal entry per month, with a line per account and without
        jobs, takes their place. Open orders, estimates in use and pending documents stay.
        """
        with self._lock:
            condense(self._book, through)

    # what is in it

    def postings(self) -> list[Posting]:
        """Give the posting ledger by date."""
        with self._lock:
            return posting_views(self._book)

    def job_costs(self, *, as_of: date | None = None) -> dict[tuple[str, str], Decimal]:
        """Give costs in currency units by job and item (or account): what posted to cost accounts through `as_of`."""
        with self._lock:
            return job_cost_sums(self._book, as_of)

    def orders(self) -> list[OrderView]:
        """Give the purchase orders in the order of entry."""
        with self._lock:
            return [order_view(self._book, one) for one in self._book.txns("PurchaseOrder")]

    def estimates(self) -> list[EstimateView]:
        """Give the estimates in the order of entry."""
        with self._lock:
            return [estimate_view(self._book, one) for one in self._book.txns("Estimate")]

    def jobs(self) -> list[NameView]:
        """Give the jobs: customers below a customer."""
        with self._lock:
            return [one for one in name_views(self._book, "Customer") if ":" in one.full_name]

    def customers(self) -> list[NameView]:
        """Give the customers without their jobs."""
        with self._lock:
            return [one for one in name_views(self._book, "Customer") if ":" not in one.full_name]

    def vendors(self) -> list[NameView]:
        """Give the vendors."""
        with self._lock:
            return name_views(self._book, "Vendor")

    def accounts(self) -> list[NameView]:
        """Give the accounts."""
        with self._lock:
            return name_views(self._book, "Account")

    def items(self) -> list[ItemView]:
        """Give the service items."""
        with self._lock:
            return item_views(self._book)


def _schema(folder: Path | None) -> etree.XMLSchema | None:
    path = None if folder is None else folder / SCHEMA_FILE
    return etree.XMLSchema(etree.parse(path)) if path is not None and path.is_file() else None
