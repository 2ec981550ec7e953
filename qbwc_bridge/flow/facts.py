"""Everything the stations need to know of one connection, read once and indexed."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from functools import cached_property
from typing import Any

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.books import ListKind, ListRecord, TransactionRecord
from qbwc_bridge.domain.money import cents
from qbwc_bridge.domain.names import Names, beginnings, fold, marks
from qbwc_bridge.domain.procore import (
    Budget,
    BudgetCode,
    ChangeOrder,
    Commitment,
    CostCode,
    Document,
    PrimeChange,
    Project,
    Vendor,
)
from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.domain.records import Connection, DocumentRow, Kind, ProjectChoice, Submission
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.options import Options
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.qbxml.types import fit_name

LISTS_OF: dict[str, ListKind] = {"cost_code": "item", "job": "customer", "vendor": "vendor"}
"""Which list of QuickBooks the record of a submission stands on."""

_SHARED_NAMES: dict[ListKind, str] = {
    "customer": "customer",
    "vendor": "vendor",
    "employee": "employee",
    "other_name": "name on the Other Names list",
}
"""Lists that share one name space, with what people call their records."""


class Facts:
    """One connection's submissions, documents and QuickBooks lists within one transaction.

    With `project_id` only what is of that project or of none: enough to look at one of its records, and quick where a
    connection has many projects.
    """

    def __init__(
        self, uow: UnitOfWork, connection: Connection, options: Options, *, project_id: int | None = None
    ) -> None:
        self.uow = uow
        self.connection = connection
        self.options = options
        self._mine: dict[str, Any] = {"connection_id": connection.id}
        self._mine |= {"project_id": [0, project_id]} if project_id else {}
        self.submissions = {(row.kind, row.key): row for row in uow.submissions.find(**self._mine)}
        self._own_names: dict[tuple[str, str], tuple[dict[str, str], Names]] = {}
        self.projects = {row.project_id: row for row in uow.projects.find(**self._mine)}

    @property
    def lists_read(self) -> bool:
        """Whether QuickBooks' lists were read: before, nothing is known to be missing there (ACCOUNTING 2)."""
        return self.connection.lists_read_at is not None

    @cached_property
    def documents(self) -> dict[tuple[str, str], DocumentRow]:
        """What Procore listed last, by kind and key; what is gone is left out."""
        rows = self.uow.documents.find(**self._mine, gone=False)
        return {(row.kind, row.key): row for row in rows}

    @cached_property
    def _records(self) -> dict[tuple[str, str], ListRecord]:
        rows = self.uow.lists.find(connection_id=self.connection.id)
        return {(row.kind, row.list_id): row for row in rows}

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], ListRecord]:
        return {(row.kind, row.folded): row for row in self._records.values() if not row.gone}

    @cached_property
    def _names(self) -> dict[tuple[str, str], list[str]]:
        names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self._by_name.values():
            names[row.kind, row.parent_id].append(row.full_name)
        return names

    @cached_property
    def _transactions(self) -> dict[str, list[TransactionRecord]]:
        rows: dict[str, list[TransactionRecord]] = defaultdict(list)
        kinds = ["Estimate", "PurchaseOrder"]
        for row in self.uow.transactions.find(connection_id=self.connection.id, kind=kinds, gone=False):
            rows[row.kind].append(row)
        return rows

    @cached_property
    def _by_txn_id(self) -> dict[tuple[str, str], TransactionRecord]:
        return {(row.kind, row.txn_id): row for rows in self._transactions.values() for row in rows}

    def record(self, kind: str, list_id: str) -> ListRecord | None:
        """A list record by ListID, also one that is gone."""
        return self._records.get((kind, list_id))

    def named(self, kind: str, full_name: str) -> ListRecord | None:
        """A list record by FullName, case and spaces folded."""
        return self._by_name.get((kind, fold(full_name)))

    def was_named(self, kind: str, full_name: str) -> bool:
        """Whether any record of a list has that FullName, also one that is gone."""
        return (kind, fold(full_name)) in self._ever_named

    @cached_property
    def _ever_named(self) -> set[tuple[str, str]]:
        return {(row.kind, row.folded) for row in self._records.values()}

    def linked_record(self, row: Submission) -> ListRecord | None:
        """The list record that a submission is linked to, as last read, also one that is gone."""
        kind = LISTS_OF.get(row.kind)
        return self.record(kind, row.quickbooks_id) if kind and row.quickbooks_id else None

    def is_gone(self, row: Submission) -> bool:
        """Whether the list record that a submission is linked to is no longer in QuickBooks."""
        record = self.linked_record(row)
        return record is not None and record.gone

    def name_holder(self, name: str) -> str:
        """What holds a name of the space that customers, vendors, employees and other names share; empty if nothing."""
        return next((word for kind, word in _SHARED_NAMES.items() if self.named(kind, name)), "")

    @cached_property
    def items_by_beginning(self) -> dict[str, list[ListRecord]]:
        """Items by every code that their own name begins with."""
        found: dict[str, list[ListRecord]] = defaultdict(list)
        for row in self._by_name.values():
            if row.kind == "item":
                for begin in beginnings(row.name):
                    found[begin].append(row)
        return found

    @cached_property
    def _item_accounts(self) -> dict[str, str]:
        rows = self.uow.mappings.find(connection_id=self.connection.id, kind="item")
        return {fold(row.quickbooks): row.expense_account for row in rows if row.expense_account}

    def expense_account(self, path: str) -> str:
        """The expense account of a new item: chosen for it, for an item above it, or for the connection."""
        while path:
            chosen = self._item_accounts.get(fold(path))
            if chosen:
                return chosen
            path = path.rpartition(":")[0]
        return self.options.expense_account

    def customer_above(self, choice: ProjectChoice) -> ListRecord | None:
        """The customer chosen for a project, as typed or as QuickBooks' limits make of it."""
        return self.named("customer", choice.customer) or self.named("customer", fit_name("customer", choice.customer))

    def names_under(self, kind: str, parent_id: str) -> list[str]:
        """FullNames of the records below a parent (an empty id: of the top level)."""
        return self._names.get((kind, parent_id), [])

    def own_names_under(self, kind: str, parent_id: str) -> tuple[dict[str, str], Names]:
        """FullNames by own names, without the records above: a long one would make all below it look alike."""
        if (kind, parent_id) not in self._own_names:
            own = {name.rpartition(":")[2]: name for name in self.names_under(kind, parent_id)}
            self._own_names[kind, parent_id] = own, Names(own)
        return self._own_names[kind, parent_id]

    def transactions(self, kind: str) -> list[TransactionRecord]:
        """Estimates or purchase orders as last read, without those that are gone."""
        return self._transactions[kind]

    @cached_property
    def by_mark(self) -> dict[str, TransactionRecord]:
        """Estimates and purchase orders by the marks in their memos: what the bridge itself once wrote."""
        rows = (row for rows in self._transactions.values() for row in rows)
        return {token: row for row in rows for token in marks(row.memo)}

    def transaction(self, kind: str, txn_id: str) -> TransactionRecord | None:
        """One of them by TxnID."""
        return self._by_txn_id.get((kind, txn_id))

    @cached_property
    def _standing_in(self) -> dict[str, list[Submission]]:
        found: dict[str, list[Submission]] = defaultdict(list)
        for row in self.submissions.values():
            if row.quickbooks_id:
                found[row.quickbooks_id].append(row)
        return found

    def hold(self, row: Submission, quickbooks_id: str) -> None:
        """Take note that a submission is about to be joined to a record of QuickBooks."""
        self.holders[row.kind, quickbooks_id] = row
        self._standing_in.setdefault(quickbooks_id, []).append(row)

    def standing_in(self, quickbooks_id: str) -> list[Submission]:
        """The submissions that stand in a record of QuickBooks: a commitment with its change orders, for example."""
        return [row for row in self._standing_in.get(quickbooks_id, ()) if row.quickbooks_id == quickbooks_id]

    def find(self, kind: str, key: str) -> Document | None:
        """A Procore document."""
        row = self.documents.get((kind, key))
        return row.document if row else None

    def contract(self, row: Submission) -> tuple[str, Decimal | None]:
        """The vendor of a commitment or change order as Procore calls it, and of a commitment its revised amount."""
        found = self.find(row.kind, row.key)
        if isinstance(found, Commitment):
            return found.vendor_name, cents(found.revised)
        order = self.find("commitment", str(found.commitment_id)) if isinstance(found, ChangeOrder) else None
        return (order.vendor_name if isinstance(order, Commitment) else ""), None

    def code_names(self, project_id: int) -> dict[int, str]:
        """The project's budget codes as people call them, by id."""
        choice, budget = self.projects.get(project_id), self.budget(project_id)
        codes = [*(choice.budget_codes if choice else ()), *(row.code for row in (budget.rows if budget else ()))]
        return {code.id: code.code for code in codes}

    def synced(self, kind: Kind, key: str) -> Submission | None:
        """The submission of that record if the record stands in QuickBooks; of a list record, if it is not gone."""
        row = self.submissions.get((kind, key))
        return row if row and row.quickbooks_id and not self.is_gone(row) else None

    @cached_property
    def holders(self) -> dict[tuple[str, str], Submission]:
        """Which submission is joined to a QuickBooks record, by kind and id; change orders share their order's."""
        rows = (row for row in self.submissions.values() if row.quickbooks_id)
        return {(row.kind, row.quickbooks_id): row for row in rows}

    def project_document(self, project_id: int) -> Project | None:
        """The Procore project."""
        row = self.documents.get(("project", str(project_id)))
        return row.document if row and isinstance(row.document, Project) else None

    def vendor_document(self, vendor_id: int) -> Vendor | None:
        """The Procore vendor."""
        row = self.documents.get(("vendor", str(vendor_id)))
        return row.document if row and isinstance(row.document, Vendor) else None

    @cached_property
    def cost_codes(self) -> dict[str, CostCode]:
        """Standard cost codes by full code."""
        rows = (row.document for row in self.documents.values())
        return {code.full_code: code for code in rows if isinstance(code, CostCode)}

    def budget(self, project_id: int) -> Budget | None:
        """The project's budget."""
        row = self.documents.get(("budget", str(project_id)))
        return row.document if row and isinstance(row.document, Budget) else None

    @cached_property
    def _contracts(self) -> dict[int, tuple[list[Commitment], list[ChangeOrder]]]:
        """Commitments and change orders by project."""
        found: dict[int, tuple[list[Commitment], list[ChangeOrder]]] = defaultdict(lambda: ([], []))
        for row in self.documents.values():
            if isinstance(row.document, Commitment):
                found[row.document.project_id][0].append(row.document)
            elif isinstance(row.document, ChangeOrder):
                found[row.document.project_id][1].append(row.document)
        return found

    def commitments(self, project_id: int) -> list[Commitment]:
        """The project's purchase orders and subcontracts."""
        return self._contracts[project_id][0]

    def prime_changes(self, project_id: int) -> list[PrimeChange]:
        """The project's prime change orders."""
        return self._prime_changes.get(project_id, [])

    @cached_property
    def _prime_changes(self) -> dict[int, list[PrimeChange]]:
        found: dict[int, list[PrimeChange]] = defaultdict(list)
        for row in self.documents.values():
            if isinstance(row.document, PrimeChange):
                found[row.document.project_id].append(row.document)
        return found

    def change_orders(self, project_id: int) -> list[ChangeOrder]:
        """The project's commitment change orders."""
        return self._contracts[project_id][1]

    def of_project(self, project_id: int) -> list[Document]:
        """The project's budget, commitments and change orders."""
        budget = self.budget(project_id)
        return [*([budget] if budget else []), *self.commitments(project_id), *self.change_orders(project_id)]

    @cached_property
    def _changes_of(self) -> dict[str, list[Submission]]:
        found: dict[str, list[Submission]] = defaultdict(list)
        for row in self.submissions.values():
            document = self.find(row.kind, row.key) if row.kind == "change_order" else None
            if isinstance(document, ChangeOrder):
                found[str(document.commitment_id)].append(row)
        return found

    @cached_property
    def _budget_changes(self) -> dict[int, list[Submission]]:
        found: dict[int, list[Submission]] = defaultdict(list)
        for row in self.submissions.values():
            if row.kind == "budget_change":
                found[row.project_id].append(row)
        return found

    def budget_changes(self, project_id: int) -> list[Submission]:
        """The submissions of a budget's changes, oldest first."""
        return self._budget_changes.get(project_id, [])

    def changes_of(self, commitment_key: str) -> list[Submission]:
        """The submissions of a commitment's change orders, oldest first."""
        return self._changes_of.get(commitment_key, [])

    @cached_property
    def orders_by_number(self) -> dict[tuple[str, str], list[TransactionRecord]]:
        """Purchase orders that no commitment or second order is, by vendor ListID and folded RefNumber."""
        ours = {row.quickbooks_id for row in self.submissions.values() if row.kind in ("commitment", "change_order")}
        found: dict[tuple[str, str], list[TransactionRecord]] = defaultdict(list)
        for order in self.transactions("PurchaseOrder"):
            if order.txn_id not in ours:
                found[order.party_id, fold(order.ref_number)].append(order)
        return found

    def projects_on(self) -> list[ProjectChoice]:
        """Projects that take part, by number."""
        return sorted((row for row in self.projects.values() if row.on and row.active), key=lambda row: row.number)

    def item_key(self, code: BudgetCode) -> str:
        """Key of the cost code submission whose item a budget code uses."""
        return code.code if self.options.by_type else code.cost_code

    def item_for(self, code: BudgetCode) -> Ref:
        """The item of a budget code; raises Refused where it is not in QuickBooks, or no longer."""
        row = self.synced("cost_code", self.item_key(code))
        if row is None:
            raise Refused(f"The item of cost code {code.code} is not in QuickBooks, or no longer.")
        return Ref(list_id=row.quickbooks_id)

    def item_path(self, submission_key: str, cost_code: str, cost_type: str) -> str:
        """FullName that a cost code's item has or will have: `03-300`, or `03-300:M` below its parent."""
        parent = self.submissions.get(("cost_code", cost_code))
        top = (parent.quickbooks_name if parent else "") or self.leaf(parent, cost_code)
        if not cost_type:
            return top
        return f"{top}:{self.leaf(self.submissions.get(('cost_code', submission_key)), cost_type)}"

    @staticmethod
    def leaf(submission: Submission | None, name: str) -> str:
        """An item's own name: as a person chose it, else fitted to QuickBooks' limit."""
        return fit_name("item", submission.name if submission and submission.name else name)


def job_ref(facts: Facts, row: Submission) -> Ref:
    """The job of a submission's project; raises Refused while it is not in QuickBooks."""
    job = facts.synced("job", str(row.project_id))
    if job is None:
        raise Refused(f"The job of {row.number} is not in QuickBooks yet.")
    return Ref(list_id=job.quickbooks_id)


def vendor_ref(facts: Facts, commitment: Commitment) -> Ref:
    """The vendor of a commitment; raises Refused while Procore names none, or it is not in QuickBooks."""
    missing = rules.no_vendor(commitment)
    if missing:
        raise Refused(missing)
    vendor = facts.synced("vendor", str(commitment.vendor_id))
    if vendor is None:
        raise Refused(f"The vendor of {commitment.number} is not in QuickBooks yet.")
    return Ref(list_id=vendor.quickbooks_id)


def accepted_on(facts: Facts, row: Submission) -> dt.date:
    """The day of acceptance in the office's time zone (ACCOUNTING 12)."""
    return (row.accepted_at or row.since).astimezone(facts.options.zone).date()
