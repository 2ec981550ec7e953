"""The ledger read for one connection: every counted line placed, judged, and what that means for Procore."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Allocation, Books, allocate, ignoring, judge, naming
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import CostCode, code_ids
from qbwc_bridge.domain.records import Connection, Mapping, ProjectChoice, Submission
from qbwc_bridge.flow.options import Options
from qbwc_bridge.ports import Linked, UnitOfWork


class Ledger:
    """Placed and judged cost lines of one connection, from stored rows alone; with `as_of` through that date.

    A `discreet` one tells payees only where QuickBooks has the vendor: others may be employees (ACCOUNTING 18).
    A project's lines are read when they are asked for, and only those of the last project are held: a large company has
    more of them than should be in memory at once.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        connection: Connection,
        options: Options,
        *,
        as_of: dt.date | None = None,
        discreet: bool = False,
    ) -> None:
        self.uow = uow
        self.connection = connection
        self.options = options
        self.as_of = as_of
        self._tell = set(uow.listing.names(connection.id, "vendor")) if discreet else None
        self.choices = {row.project_id: row for row in uow.projects.find(connection_id=connection.id)}
        linked = uow.listing.linked(connection.id, ["job", "vendor", "cost_code"])
        self.jobs = {row.quickbooks_id: row.project_id for row in linked if row.kind == "job"}
        self.vendors = {row.quickbooks_id: int(row.key) for row in linked if row.kind == "vendor"}
        self._names = {kind: uow.listing.names(connection.id, kind) for kind in ("item", "account", "class")}
        cost_codes = uow.documents.find(connection_id=connection.id, kind="cost_code")
        self._codes = {row.document.full_code for row in cost_codes if isinstance(row.document, CostCode)}
        self._items = {
            fold(self._names["item"].get(row.quickbooks_id, row.quickbooks_name)): self._code(row.key)
            for row in linked
            if row.kind == "cost_code"
        }
        self.decisions = uow.mappings.find(connection_id=connection.id)
        self._books = self._read_books(self.decisions)
        self._exported: dict[str, Submission | None] = {}
        self._ordered: dict[str, set[tuple[str, str]]] = {}
        self._placed: dict[int, list[Allocation]] = {}
        self._read: dict[int, list[CostDocument]] = {}

    @cached_property
    def orders(self) -> dict[str, Linked]:
        """The exported orders of the connection, by TxnID."""
        found = self.uow.listing.linked(self.connection.id, ["commitment", "change_order"])
        return {row.quickbooks_id: row for row in found if is_order(row)}

    @property
    def linked(self) -> list[ProjectChoice]:
        """Projects whose job is linked, by number."""
        found = (self.choices[number] for number in set(self.jobs.values()) if number in self.choices)
        return sorted(found, key=lambda row: row.number)

    def documents(self, project_id: int) -> list[CostDocument]:
        """The documents of one project, deleted ones too, under the names of today."""
        return [doc for doc in self.every_date(project_id) if self._in_time(doc)]

    def every_date(self, project_id: int) -> list[CostDocument]:
        """The same, later ones than the ledger's date too."""
        if project_id not in self._read:
            jobs = [job for job, number in self.jobs.items() if number == project_id]
            found = self.uow.costs.find(connection_id=self.connection.id, job_id=jobs) if jobs else []
            self._read = {project_id: [self._named(doc) for doc in found]}
        return self._read[project_id]

    def of_job(self, job_id: str) -> list[CostDocument]:
        """The documents of one job, of every date, without deleted ones."""
        found = self.uow.costs.find(connection_id=self.connection.id, job_id=job_id, deleted=False)
        return [self._named(doc) for doc in found]

    def document(self, txn_id: str, job_id: str) -> CostDocument | None:
        """What one transaction has for one job, of whatever date."""
        found = self.uow.costs.first(connection_id=self.connection.id, txn_id=txn_id, job_id=job_id)
        return self._named(found) if found else None

    def stands(self, txn_id: str) -> bool:
        """Whether a transaction has anything for any job."""
        return self.uow.costs.has(connection_id=self.connection.id, txn_id=txn_id, deleted=False)

    def of_project(self, project_id: int) -> list[Allocation]:
        """The placed lines of one project."""
        if project_id not in self._placed:
            self._placed = {project_id: self.place(project_id, self._books)}
        return self._placed[project_id]

    def place(self, project_id: int, books: Books) -> list[Allocation]:
        """Place and judge the lines of a project by other books than the ledger's own, such as `books_with` gives."""
        return self._judged(self.every_date(project_id), books)

    def place_some(
        self, project_id: int, documents: Iterable[CostDocument], codes: Iterable[tuple[str, str]]
    ) -> list[Allocation]:
        """Place and judge some documents of a project as they stand among all of them, which are not read.

        `codes` are the cost code and cost type of every cost of the project: a line without a type may go by them.
        """
        found = [self._named(document) for document in documents if self.jobs.get(document.job_id) == project_id]
        return self._judged(found, naming(self._books, project_id, codes))

    def _judged(self, documents: Sequence[CostDocument], books: Books) -> list[Allocation]:
        self._look_up({txn_id for document in documents for txn_id in document.order_ids})
        return [self._judge(item) for item in allocate(documents, books) if self._in_time(item.document)]

    def books_with(self, decisions: Collection[Mapping]) -> Books:
        """What allocation would know with decisions in place of earlier ones about the same records."""
        about = {(row.kind, fold(row.quickbooks)) for row in decisions}
        kept = [row for row in self.decisions if (row.kind, fold(row.quickbooks)) not in about]
        return self._read_books([*kept, *decisions])

    def ignoring(self, item: Allocation) -> tuple[str, str] | None:
        """The decision, as kind and folded name, by which a line is ignored."""
        return ignoring(item.document, item.line, self._books)

    @property
    def allocations(self) -> Iterator[Allocation]:
        """The placed lines of all linked projects, one project after the other."""
        return (item for choice in self.linked for item in self.of_project(choice.project_id))

    def place_beside(self, documents: Iterable[CostDocument]) -> list[Allocation]:
        """Say where lines of documents would belong that are not in the ledger, not judged."""
        return allocate(map(self._named, documents), self._books)

    def missing_codes(self, project_id: int, items: Iterable[Allocation] | None = None) -> list[str]:
        """Codes with cost that the project's budget does not have yet; they are made (ACCOUNTING 6).

        `items` are the project's lines as otherwise placed.
        """
        have = code_ids(self.choices[project_id].budget_codes)
        found = self.of_project(project_id) if items is None else items
        wanted = {item.code for item in found if item.code and not item.reason}
        return sorted(wanted - have.keys())

    def vanished(self) -> int:
        """Documents of linked jobs that disappeared without a deletion record."""
        gone = {"deleted": True, "deletion_known": False}
        return self.uow.costs.count(connection_id=self.connection.id, job_id=list(self.jobs), **gone)

    def being_read(self, project_id: int) -> bool:
        """Whether costs of a project are to be read whole first, because QuickBooks' own total differs from them."""
        jobs = (job for job, number in self.jobs.items() if number == project_id)
        return any(self.connection.doubted.get(job) == "" for job in jobs)

    def _named(self, document: CostDocument) -> CostDocument:
        """Give a document whose items, accounts and classes have their names of today."""
        if self._tell is not None and document.vendor_id not in self._tell:
            document.payee = ""
        for line in document.lines:
            line.item = self._names["item"].get(line.item_id, line.item)
            line.account = self._names["account"].get(line.account_id, line.account)
            line.class_name = self._names["class"].get(line.class_id, line.class_name)
        return document

    def _read_books(self, rows: Iterable[Mapping]) -> Books:
        mapped: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
        for row in rows:
            if row.procore and not row.ignored:
                mapped[row.kind][fold(row.quickbooks)] = self._code(row.procore)
        return Books(
            projects=self.jobs,
            items={**self._items, **mapped["item"]},
            accounts=mapped["account"],
            classes=mapped["class"],
            types={name: cost_type or cost_code for name, (cost_code, cost_type) in mapped["type"].items()},
            ignored=frozenset((row.kind, fold(row.quickbooks)) for row in rows if row.ignored),
            budget_codes={row.project_id: row.budget_codes for row in self.choices.values()},
            default_cost_type=self.options.default_cost_type,
        )

    def _code(self, text: str) -> tuple[str, str]:
        """Cut `03-300.M` into cost code and cost type; a cost code alone has no type, `.M` no code."""
        if text in self._codes or "." not in text:
            return text, ""
        cost_code, _, cost_type = text.rpartition(".")
        return cost_code, cost_type

    def _in_time(self, document: CostDocument) -> bool:
        return self.as_of is None or document.txn_date <= self.as_of

    def _judge(self, item: Allocation) -> Allocation:
        choice = self.choices.get(item.project_id)
        return judge(item, choice.release if choice else None, self.on_order)

    def on_order(self, item: Allocation) -> bool:
        """Whether a bill line is drawn on exactly one exported order that holds its item and job (ACCOUNTING 20)."""
        ids = item.document.order_ids
        self._look_up(ids)
        if len(ids) != 1 or self._exported[ids[0]] is None:
            return False
        return (item.line.job_id, fold(item.line.item)) in self._ordered[ids[0]]

    def _look_up(self, txn_ids: Iterable[str]) -> None:
        """Read orders that bills are drawn on: whether they were exported, and job and folded item of their lines."""
        fresh = [txn_id for txn_id in txn_ids if txn_id not in self._exported]
        if not fresh:
            return
        mine: dict[str, Any] = {"connection_id": self.connection.id}
        rows = self.uow.submissions.find(**mine, kind=["commitment", "change_order"], quickbooks_id=fresh)
        self._exported |= dict.fromkeys(fresh) | {row.quickbooks_id: row for row in rows if is_order(row)}
        names = self._names["item"]
        self._ordered |= {txn_id: set() for txn_id in fresh}
        for order in self.uow.transactions.find(**mine, kind="PurchaseOrder", txn_id=fresh):
            lines = {(line.job_id, fold(names.get(line.item_id, line.item_name))) for line in order.lines}
            self._ordered[order.txn_id] = lines

    def unlinked_bills(self, items: Iterable[Allocation]) -> list[CostDocument]:
        """Bills drawn on no order whose vendor has an exported order on that job: for a look (ACCOUNTING 20)."""
        items = list(items)
        ordered: set[tuple[str, str]] = set()
        for job in {item.line.job_id for item in items}:
            found = self.uow.listing.orders_of_job(self.connection.id, job)
            ordered |= {(vendor, job) for txn_id, vendor in found.items() if txn_id in self.orders}
        bills = {
            (item.document.txn_id, item.line.job_id): item.document
            for item in items
            if item.document.txn_type == "Bill" and not item.document.order_ids
        }
        return [bill for (_, job_id), bill in bills.items() if (bill.vendor_id, job_id) in ordered]


def is_order(row: Submission | Linked) -> bool:
    """Whether a submission stands in an order of its own: a change order does only where a person chose that."""
    return row.kind == "commitment" or (row.kind == "change_order" and row.choice == "second_order")


def several_orders(documents: Iterable[CostDocument]) -> list[CostDocument]:
    """Bills drawn on more than one order: a person decides (ACCOUNTING 20)."""
    return [doc for doc in documents if len(doc.order_ids) > 1 and not doc.deleted]


def released(choices: Iterable[ProjectChoice]) -> list[ProjectChoice]:
    """Projects whose costs may be written, by number."""
    return sorted((row for row in choices if row.release is not None), key=lambda row: row.number)
