"""What a transaction changed of all that figures of the ledger are made of: marks that change with it.

Every write goes through the stores, so none can be forgotten by whoever makes it. A mark that changed for nothing costs
a reckoning; one that did not change would leave a wrong figure on the page. So what is not known to be harmless counts.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from sqlalchemy import BindParameter, Executable, bindparam, select, text

from qbwc_bridge.storage import statements, tables
from qbwc_bridge.storage.driver import Values

EVERY = ""
"""The mark of what concerns every project."""

_LISTED = frozenset({"account", "class", "item", "vendor"})
_OF_ALL = frozenset({"job", "vendor", "cost_code"})
_ORDERS = frozenset({"commitment", "change_order"})
_CHOSEN = frozenset({"number", "name", "on", "active", "release", "budget_codes"})
_JOINED = frozenset({"quickbooks_id", "quickbooks_name", "key", "project_id", "number", "choice"})

Change = Mapping[str, Any]
Look = Callable[[Any, Change | None, Change], None]


class Touched:
    """The marks of one transaction, by connection."""

    def __init__(self) -> None:
        self._scopes: dict[int, set[str]] = defaultdict(set)
        self._orders: dict[int, set[str]] = defaultdict(set)

    def look_at(self, table: str) -> Look | None:
        """Give what must be told of each row of a table that is written; None where nothing hangs on them.

        It takes the row, with None where the row is new or removed, else the columns that change and all as they were.
        """
        look = _LOOKS.get(table)
        return partial(look, self) if look else None

    def write(
        self,
        fetch: Callable[[Executable, Values], list[Sequence[Any]]],
        change: Callable[[Executable, Sequence[Values]], int],
    ) -> None:
        """Count up the marks; an order that was joined or parted concerns the jobs on its lines."""
        for connection_id, txn_ids in self._orders.items():
            if not txn_ids:
                continue
            values = {"connection_id": connection_id, **statements.numbered("txn_id", sorted(txn_ids))}
            for (lines,) in fetch(_orders(statements.places(sorted(txn_ids))), values):
                self._scopes[connection_id] |= _jobs(json.loads(lines))
        rows = [
            {"connection_id": connection_id, "scope": scope}
            for connection_id, scopes in self._scopes.items()
            for scope in sorted(scopes)
        ]
        if rows:
            change(_COUNT, rows)
        self._scopes.clear()
        self._orders.clear()

    def _mark(self, row: Any, *scopes: str) -> None:
        self._scopes[row.connection_id].update(scopes)

    def look_at_cost(self, row: Any, changes: Change | None, before: Change) -> None:
        """A document of the ledger; which reading showed it is of no account."""
        if changes is None or changes.keys() - {"reading_id"}:
            self._mark(row, f"job {row.job_id}", f"job {before.get('job_id', row.job_id)}")

    def look_at_document(self, row: Any, changes: Change | None, before: Change) -> None:
        """What Procore said; when it was seen is of no account."""
        if changes is None or changes.keys() - {"seen_at", "stamp"}:
            projects = {row.project_id, before.get("project_id", row.project_id)} - {0}
            self._mark(row, *(f"project {each}" for each in projects))
            if row.kind == "cost_code":
                self._mark(row, EVERY)

    def look_at_submission(self, row: Any, changes: Change | None, before: Change) -> None:
        """What is joined to which record of QuickBooks."""
        if changes is None and not row.quickbooks_id:
            return
        if changes is not None and not changes.keys() & _JOINED:
            return
        if row.kind in _OF_ALL:
            self._mark(row, EVERY)
        elif row.kind in _ORDERS:
            self._mark(row, f"project {row.project_id}", f"project {before.get('project_id', row.project_id)}")
            self._orders[row.connection_id] |= {row.quickbooks_id, before.get("quickbooks_id", "")} - {""}

    def look_at_transaction(self, row: Any, changes: Change | None, before: Change) -> None:
        """A purchase order: bills may be drawn on its lines."""
        if row.kind == "PurchaseOrder" and (
            changes is None or changes.keys() & {"lines", "gone", "party_id", "txn_id"}
        ):
            self._mark(row, *(f"job {line.job_id}" for line in row.lines))
            self._scopes[row.connection_id] |= _jobs(json.loads(before.get("lines", "[]")))

    def look_at_listed(self, row: Any, changes: Change | None, _before: Change) -> None:
        """A name of a list."""
        if row.kind in _LISTED and (changes is None or changes.keys() & {"full_name", "list_id"}):
            self._mark(row, EVERY)

    def look_at_choice(self, row: Any, changes: Change | None, _before: Change) -> None:
        """What people chose for a project."""
        if changes is None or changes.keys() & _CHOSEN:
            self._mark(row, f"project {row.project_id}")

    def look_at_of_project(self, row: Any, _changes: Change | None, _before: Change) -> None:
        """What belongs to one project, whatever of it changed."""
        self._mark(row, f"project {row.project_id}")

    def look_at_of_all(self, row: Any, _changes: Change | None, _before: Change) -> None:
        """What concerns every project, whatever of it changed."""
        self._mark(row, EVERY)


_LOOKS: Mapping[str, Callable[[Touched, Any, Change | None, Change], None]] = {
    "cost_document": Touched.look_at_cost,
    "document": Touched.look_at_document,
    "submission": Touched.look_at_submission,
    "transaction_record": Touched.look_at_transaction,
    "list_record": Touched.look_at_listed,
    "project_choice": Touched.look_at_choice,
    "write_back": Touched.look_at_of_project,
    "proof_kept": Touched.look_at_of_project,
    "mapping": Touched.look_at_of_all,
    "month_close": Touched.look_at_of_all,
}


def _jobs(lines: Iterable[Mapping[str, Any]]) -> set[str]:
    return {f"job {line['job_id']}" for line in lines}


@cache
def _orders(places: int) -> Executable:
    table = tables.transaction_record
    several: list[BindParameter[str]] = [bindparam(f"txn_id_{place}") for place in range(places)]
    mine = (table.c.connection_id == bindparam("connection_id"), table.c.kind == "PurchaseOrder")
    return select(table.c.lines).where(*mine, table.c.txn_id.in_(several))


# PostgreSQL and SQLite say it in the same words; SQLAlchemy has them for each of the two apart.
_COUNT = text(
    "INSERT INTO ledger_mark (connection_id, scope, count) VALUES (:connection_id, :scope, 1) "
    "ON CONFLICT (connection_id, scope) DO UPDATE SET count = ledger_mark.count + 1"
)
