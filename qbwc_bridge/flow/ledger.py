"""The ledger read for one connection: every counted line placed, judged, and what that means for Procore."""

import datetime as dt
from collections.abc import Iterable

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.costs import Allocation, Books, allocate, judge
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import CostCode
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.flow.options import Options
from qbwc_bridge.ports import UnitOfWork


class Ledger:
    """Placed and judged cost lines of one connection, from stored rows alone; with `as_of` through that date."""

    def __init__(
        self, uow: UnitOfWork, connection: Connection, options: Options, *, as_of: dt.date | None = None
    ) -> None:
        self.uow = uow
        self.connection = connection
        self.options = options
        self.as_of = as_of
        self.choices = {row.project_id: row for row in uow.projects.find(connection_id=connection.id)}
        submissions = uow.submissions.find(
            connection_id=connection.id, kind=["job", "vendor", "cost_code", "commitment"]
        )
        synced = [row for row in submissions if row.quickbooks_id]
        self.jobs = {row.quickbooks_id: row.project_id for row in synced if row.kind == "job"}
        self.vendors = {row.quickbooks_id: int(row.key) for row in synced if row.kind == "vendor"}
        self.orders = {row.quickbooks_id for row in synced if row.kind == "commitment"}
        self._names = {row.list_id: row.full_name for row in uow.lists.find(connection_id=connection.id, kind="item")}
        cost_codes = uow.documents.find(connection_id=connection.id, kind="cost_code")
        self._codes = {row.document.full_code for row in cost_codes if isinstance(row.document, CostCode)}
        self._items = {
            fold(self._names.get(row.quickbooks_id, row.quickbooks_name)): self._code(row.key)
            for row in synced
            if row.kind == "cost_code"
        }
        self.all_documents = uow.costs.find(connection_id=connection.id)
        self.documents = [doc for doc in self.all_documents if as_of is None or doc.txn_date <= as_of]
        self.allocations = [self._judge(item) for item in allocate(self.documents, self._books())]

    def of_project(self, project_id: int) -> list[Allocation]:
        """The placed lines of one project."""
        return [item for item in self.allocations if item.project_id == project_id]

    def missing_codes(self, project_id: int) -> list[str]:
        """Codes with cost that the project's budget does not have yet; they are made (ACCOUNTING 6)."""
        have = {code.code for code in self.choices[project_id].budget_codes}
        wanted = {item.code for item in self.of_project(project_id) if item.code and not item.reason}
        return sorted(wanted - have)

    def vanished(self) -> int:
        """Documents that disappeared without a deletion record."""
        return sum(1 for doc in self.documents if doc.deleted and not doc.deletion_known)

    def _books(self) -> Books:
        rows = self.uow.mappings.find(connection_id=self.connection.id)
        mapped = [row for row in rows if row.procore and not row.ignored]
        accounts = {fold(row.quickbooks): self._code(row.procore) for row in mapped if row.kind == "account"}
        items = {fold(row.quickbooks): self._code(row.procore) for row in mapped if row.kind == "item"}
        return Books(
            projects=self.jobs,
            items={**self._items, **items},
            accounts=accounts,
            ignored=frozenset((row.kind, fold(row.quickbooks)) for row in rows if row.ignored),
            budget_codes={row.project_id: row.budget_codes for row in self.choices.values()},
            default_cost_type=self.options.default_cost_type,
        )

    def _code(self, text: str) -> tuple[str, str]:
        """Cut `03-300.M` into cost code and cost type; a text that is a cost code itself has no type."""
        if text in self._codes:
            return text, ""
        cost_code, _, cost_type = text.rpartition(".")
        return (cost_code, cost_type) if cost_code else (text, "")

    def _judge(self, item: Allocation) -> Allocation:
        choice = self.choices.get(item.project_id)
        return judge(item, choice.release if choice else None, self.on_order)

    def on_order(self, item: Allocation) -> bool:
        """Whether a bill line is drawn on exactly one exported order that holds its item and job (ACCOUNTING 20)."""
        exported = [order for order in item.document.order_ids if order in self.orders]
        if len(exported) != 1 or len(item.document.order_ids) != 1:
            return False
        order = self.uow.transactions.first(connection_id=self.connection.id, kind="PurchaseOrder", txn_id=exported[0])
        lines = order.lines if order else []
        return any(
            line.job_id == item.line.job_id
            and fold(self._names.get(line.item_id, line.item_name)) == fold(item.line.item)
            for line in lines
        )


def several_orders(documents: Iterable[CostDocument]) -> list[CostDocument]:
    """Bills drawn on more than one order: a person decides (ACCOUNTING 20)."""
    return [doc for doc in documents if len(doc.order_ids) > 1 and not doc.deleted]


def released(choices: Iterable[ProjectChoice]) -> list[ProjectChoice]:
    """Projects whose costs may be written, by number."""
    return sorted((row for row in choices if row.release is not None), key=lambda row: row.number)
