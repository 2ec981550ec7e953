"""The newest record that we wrote: while it is there, the company file is no older copy.

That is promise 2 (docs/architecture.md, Once 5).
"""

from collections.abc import Collection

from qbwc_bridge.domain.quickbooks import CustomerQuery, ItemQuery, Request, VendorQuery, query_of
from qbwc_bridge.domain.records import Connection, Kind, Submission
from qbwc_bridge.domain.replies import ListRet, Result, TxnRet
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.mirror import list_kind
from qbwc_bridge.flow.scene import Scene

_RECORDS: dict[Kind, str] = {
    "cost_code": "Item",
    "job": "Customer",
    "vendor": "Vendor",
    "budget": "Estimate",
    "budget_change": "Estimate",
    "commitment": "PurchaseOrder",
    "change_order": "PurchaseOrder",
}

PROOF = "proof"
"""The requestID of that query: no number of a task."""

MOST_TRIED = 20
"""Records tried after the newest one was deleted: more than people delete between two visits."""


def remember(connection: Connection, result: ListRet | TxnRet) -> None:
    """Take note of what was just written."""
    connection.newest_write = _called(result)


def is_it(connection: Connection, result: Result) -> bool:
    """Whether what QuickBooks shows is that record."""
    return isinstance(result, ListRet | TxnRet) and _called(result) == connection.newest_write


def _called(result: ListRet | TxnRet) -> str:
    if isinstance(result, ListRet):
        return f"{list_kind(result).capitalize()}:{result.list_id}"
    return f"{result.kind}:{result.txn_id}"


def query(connection: Connection) -> Request:
    """The query that reads it back."""
    kind, _, found = connection.newest_write.partition(":")
    match kind:
        case "Customer":
            return CustomerQuery(list_ids=(found,))
        case "Vendor":
            return VendorQuery(list_ids=(found,))
        case "Item":
            return ItemQuery(list_ids=(found,))
        case _:
            return query_of(kind, found)


def forget(scene: Scene, deleted: Collection[str]) -> None:
    """Trust another record once QuickBooks itself says that the newest one was deleted: an older copy cannot know."""
    if scene.connection.newest_write.partition(":")[2] not in deleted:
        return
    rows = scene.uow.submissions.find(
        connection_id=scene.connection.id, state=State.SYNCED, order="-since", limit=MOST_TRIED
    )
    trusted = (f"{_RECORDS[row.kind]}:{row.quickbooks_id}" for row in rows if _stands(scene, row))
    scene.connection.newest_write = next(trusted, "")


def _stands(scene: Scene, row: Submission) -> bool:
    """Whether a record that was accepted, and so perhaps written, is still in QuickBooks as far as it was read."""
    if not row.quickbooks_id or not row.accepted_by or row.kind not in _RECORDS:
        return False
    criteria = {"connection_id": scene.connection.id, "gone": False}
    if row.kind in ("cost_code", "job", "vendor"):
        return scene.uow.lists.has(list_id=row.quickbooks_id, **criteria)
    return scene.uow.transactions.has(txn_id=row.quickbooks_id, **criteria)
