"""QuickBooks' lists and orders as last read: replies in, rows out."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from qbwc_bridge.domain.books import ListKind, ListRecord, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.replies import ListDeletedRet, ListRet, Result, TxnDeletedRet, TxnRet
from qbwc_bridge.flow import renaming
from qbwc_bridge.flow.readings import latest
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import Other

_KINDS: dict[str, ListKind] = {
    "Account": "account",
    "Class": "class",
    "Customer": "customer",
    "Employee": "employee",
    "OtherName": "other_name",
    "Vendor": "vendor",
}

_OFFERED_BACK = ("customer", "vendor")
"""Lists whose new records may be wanted in Procore."""

_ON_LINES = ("account", "class", "customer", "item")
"""Lists whose records posted lines refer to."""

LOOK_UP = 512
"""Records looked up by one statement: a page of a list."""

_Deleted = Mapping[tuple[str, str], dt.datetime | None]
"""When records were deleted, by list or type and id."""

Orders = dict[str, TransactionRecord]
"""Transactions just kept, by TxnID."""


def list_kind(result: ListRet) -> ListKind:
    """The list a record belongs to: account, class, customer, a list of names, or item for every item type."""
    return _KINDS.get(result.kind, "item")


def keep(scene: Scene, results: Iterable[Result]) -> Orders:
    """Store every list record and transaction as just read, whatever was asked; gives the transactions.

    Results are looked up and written together: a page of a list has hundreds. What was deleted is marked so.
    """
    found = list(results)
    _keep_lists(scene, [each for each in found if isinstance(each, ListRet)])
    orders = _keep_transactions(scene, [each for each in found if isinstance(each, TxnRet)])
    _mark_deleted(scene, found)
    return orders


def forget_unread(scene: Scene, kind: ListKind) -> None:
    """A list was read whole in this visit: what it did not show any more is gone, deleted or merged."""
    unread = scene.uow.lists.find(
        connection_id=scene.connection.id, kind=kind, gone=False, read_visit_id=Other(scene.visit.id)
    )
    for row in unread:
        _end(scene, row)


def deleted_ids(results: Iterable[Result]) -> set[str]:
    """The ListIDs and TxnIDs that deletion records name."""
    found = list(results)
    lists = {each.list_id for each in found if isinstance(each, ListDeletedRet)}
    return lists | {each.txn_id for each in found if isinstance(each, TxnDeletedRet)}


def _mark_deleted(scene: Scene, results: Sequence[Result]) -> None:
    """Mark what was deleted; a ListID is unique within its list only, and what changed later is there again."""
    lists: _Deleted = {
        (_KINDS.get(each.list_type, "item"), each.list_id): each.time_deleted
        for each in results
        if isinstance(each, ListDeletedRet)
    }
    orders: _Deleted = {
        (each.txn_type, each.txn_id): each.time_deleted for each in results if isinstance(each, TxnDeletedRet)
    }
    for kinds, ids in _portions(lists):
        for record in scene.uow.lists.find(connection_id=scene.connection.id, kind=kinds, list_id=ids, gone=False):
            if _ended(record.time_modified, lists, (record.kind, record.list_id)):
                _end(scene, record)
    # A receipt that became a bill keeps its TxnID; the mirror may have it as a receipt still.
    was_receipt: _Deleted = {("ItemReceipt", txn_id): when for (kind, txn_id), when in orders.items() if kind == "Bill"}
    orders = {**was_receipt, **orders}
    for kinds, ids in _portions(orders):
        for order in scene.uow.transactions.find(connection_id=scene.connection.id, kind=kinds, txn_id=ids, gone=False):
            if _ended(order.time_modified, orders, (order.kind, order.txn_id)):
                order.gone = True
                scene.uow.transactions.save(order)


def _end(scene: Scene, record: ListRecord) -> None:
    record.gone = True
    scene.uow.lists.save(record)
    if record.kind in _ON_LINES and record.list_id not in scene.connection.names_gone:
        scene.connection.names_gone = [*scene.connection.names_gone, record.list_id]


def _ended(modified: dt.datetime | None, deleted: _Deleted, key: tuple[str, str]) -> bool:
    """Whether a record was deleted, and not changed since."""
    when = deleted.get(key)
    return key in deleted and not (modified and when and modified > when)


def _keep_lists(scene: Scene, results: Sequence[ListRet]) -> None:
    if not results:
        return
    uow, connection = scene.uow, scene.connection
    latest = {(list_kind(each), each.list_id): each for each in results}
    known: dict[tuple[str, str], ListRecord] = {}
    for kinds, ids in _portions(latest):
        rows = uow.lists.find(connection_id=connection.id, kind=kinds, list_id=ids)
        known.update(((row.kind, row.list_id), row) for row in rows)
    renamed: list[renaming.Renamed] = []
    for (kind, list_id), result in latest.items():
        row = known.get((kind, list_id))
        if row:
            if row.full_name != result.full_name:
                renamed.append(renaming.Renamed(row, row.full_name, result.full_name))
            _fill(row, result, scene.visit.id)
            uow.lists.save(row)
        else:
            row = ListRecord(connection.id, kind, list_id, "", "", "", is_active=True, edit_sequence="")
            row.born = connection.lists_whole_at is not None and kind in _OFFERED_BACK
            _fill(row, result, scene.visit.id)
            uow.lists.append(row)
    renaming.follow(scene, renamed)


def _portions(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[set[str], list[str]]]:
    """Give kinds and ids for one look-up after another; a statement with thousands of values is slow to make."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), LOOK_UP):
        portion = ordered[start : start + LOOK_UP]
        yield {kind for kind, _ in portion}, [found for _, found in portion]


def _fill(row: ListRecord, result: ListRet, visit_id: int) -> None:
    row.name, row.full_name, row.folded = result.name, result.full_name, fold(result.full_name)
    row.is_active, row.edit_sequence, row.sublevel = result.is_active, result.edit_sequence, result.sublevel
    row.parent_id = result.parent.list_id if result.parent else ""
    row.type = result.account_type or result.kind
    row.two_sided, row.time_modified = result.two_sided, result.time_modified
    row.gone, row.read_visit_id = False, visit_id


def _keep_transactions(scene: Scene, results: Sequence[TxnRet]) -> Orders:
    if not results:
        return {}
    uow, connection = scene.uow, scene.connection
    # By TxnID alone: an item receipt that became a bill keeps it.
    latest = {each.txn_id: each for each in results}
    known: Orders = {}
    ids = list(latest)
    for start in range(0, len(ids), LOOK_UP):
        rows = uow.transactions.find(connection_id=connection.id, txn_id=ids[start : start + LOOK_UP])
        known.update((row.txn_id, row) for row in rows)
    for txn_id, result in latest.items():
        row = known.get(txn_id)
        if row:
            _fill_transaction(row, result, scene.visit.id)
            uow.transactions.save(row)
        else:
            row = TransactionRecord(connection.id, result.kind, result.txn_id, "", "", "", "", "", ZERO)
            _fill_transaction(row, result, scene.visit.id)
            uow.transactions.append(row)
            known[txn_id] = row
    return known


def _fill_transaction(row: TransactionRecord, result: TxnRet, visit_id: int) -> None:
    # What the postings told of this version holds: older qbXML does not say that a bill or check is pending.
    row.pending = result.is_pending or (row.pending and row.edit_sequence == result.edit_sequence)
    row.kind, row.edit_sequence = result.kind, result.edit_sequence
    row.ref_number, row.memo = result.ref_number, result.memo
    row.party_id = result.party.list_id if result.party else ""
    row.party_name = result.party.full_name if result.party else ""
    row.total, row.txn_date = cents(result.total or ZERO), result.txn_date
    row.lines = [
        TransactionLine(
            txn_line_id=line.txn_line_id,
            item_id=line.item.list_id if line.item else "",
            item_name=line.item.full_name if line.item else "",
            description=line.description,
            quantity=line.quantity,
            rate=line.rate,
            amount=cents(line.amount or ZERO),
            job_id=line.customer.list_id if line.customer else "",
            received=line.received_quantity,
            closed=line.is_manually_closed,
            account_id=line.account.list_id if line.account else "",
            class_id=line.class_.list_id if line.class_ else "",
        )
        for line in result.lines
    ]
    row.linked = list(result.linked)
    row.is_active, row.closed, row.received = result.is_active, result.is_manually_closed, result.is_fully_received
    row.grouped = result.grouped
    row.time_modified, row.read_visit_id, row.gone = result.time_modified, visit_id, False


def remember_newest(scene: Scene, results: Sequence[Result]) -> None:
    """Remember the newest change or deletion that a reading of lists and orders showed: the next one starts there.

    Answers to writes do not count: what somebody entered between the reading and the write would never be read.
    """
    connection, clock = scene.connection, (scene.now, scene.zone)
    lists = [each.time_modified for each in results if isinstance(each, ListRet)]
    orders = [each.time_modified for each in results if isinstance(each, TxnRet)]
    connection.lists_modified = latest([*lists, connection.lists_modified], *clock)
    connection.orders_modified = latest([*orders, connection.orders_modified], *clock)
    gone = [each.time_deleted for each in results if isinstance(each, ListDeletedRet)]
    ended = [each.time_deleted for each in results if isinstance(each, TxnDeletedRet)]
    connection.list_deletions_seen = latest([*gone, connection.list_deletions_seen], *clock)
    connection.order_deletions_seen = latest([*ended, connection.order_deletions_seen], *clock)
