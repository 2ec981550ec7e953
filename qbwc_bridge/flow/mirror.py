"""QuickBooks' lists and orders as last read: replies in, rows out."""

from collections.abc import Iterable, Iterator, Sequence

from qbwc_bridge.domain.books import ListKind, ListRecord, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.replies import ListRet, Result, TxnRet
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork

_KINDS: dict[str, ListKind] = {"Account": "account", "Customer": "customer", "Vendor": "vendor"}

LOOK_UP = 512
"""Records looked up by one statement: a page of a list."""

Orders = dict[str, TransactionRecord]
"""Transactions just kept, by TxnID."""


def list_kind(result: ListRet) -> ListKind:
    """The list a record belongs to: account, customer, vendor, or item for every item type."""
    return _KINDS.get(result.kind, "item")


def keep(scene: Scene, results: Iterable[Result]) -> Orders:
    """Store every list record and transaction as just read, whatever was asked; gives the transactions.

    Results are looked up and written together: a page of a list has hundreds.
    """
    found = list(results)
    _keep_lists(scene.uow, scene.connection, [each for each in found if isinstance(each, ListRet)])
    return _keep_transactions(scene, [each for each in found if isinstance(each, TxnRet)])


def _keep_lists(uow: UnitOfWork, connection: Connection, results: Sequence[ListRet]) -> None:
    if not results:
        return
    latest = {(list_kind(each), each.list_id): each for each in results}
    known: dict[tuple[str, str], ListRecord] = {}
    for kinds, ids in _portions(latest):
        rows = uow.lists.find(connection_id=connection.id, kind=kinds, list_id=ids)
        known.update(((row.kind, row.list_id), row) for row in rows)
    for (kind, list_id), result in latest.items():
        row = known.get((kind, list_id))
        if row:
            _fill(row, result)
            uow.lists.save(row)
        else:
            row = ListRecord(connection.id, kind, list_id, "", "", "", is_active=True, edit_sequence="")
            _fill(row, result)
            uow.lists.append(row)


def _portions(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[set[str], list[str]]]:
    """Give kinds and ids for one look-up after another; a statement with thousands of values is slow to make."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), LOOK_UP):
        portion = ordered[start : start + LOOK_UP]
        yield {kind for kind, _ in portion}, [found for _, found in portion]


def _fill(row: ListRecord, result: ListRet) -> None:
    row.name, row.full_name, row.folded = result.name, result.full_name, fold(result.full_name)
    row.is_active, row.edit_sequence, row.sublevel = result.is_active, result.edit_sequence, result.sublevel
    row.parent_id = result.parent.list_id if result.parent else ""
    row.type = result.account_type or result.kind
    row.two_sided, row.time_modified = result.two_sided, result.time_modified


def _keep_transactions(scene: Scene, results: Sequence[TxnRet]) -> Orders:
    if not results:
        return {}
    uow, connection = scene.uow, scene.connection
    latest = {(each.kind, each.txn_id): each for each in results}
    known: dict[tuple[str, str], TransactionRecord] = {}
    for kinds, ids in _portions(latest):
        rows = uow.transactions.find(connection_id=connection.id, kind=kinds, txn_id=ids)
        known.update(((row.kind, row.txn_id), row) for row in rows)
    for key, result in latest.items():
        row = known.get(key)
        if row:
            _fill_transaction(row, result, scene.visit.id)
            uow.transactions.save(row)
        else:
            row = TransactionRecord(connection.id, result.kind, result.txn_id, "", "", "", "", "", ZERO)
            _fill_transaction(row, result, scene.visit.id)
            uow.transactions.append(row)
            known[key] = row
    return {row.txn_id: row for row in known.values()}


def _fill_transaction(row: TransactionRecord, result: TxnRet, visit_id: int) -> None:
    row.edit_sequence, row.ref_number, row.memo = result.edit_sequence, result.ref_number, result.memo
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
        )
        for line in result.lines
    ]
    row.linked = list(result.linked)
    row.is_active, row.closed, row.received = result.is_active, result.is_manually_closed, result.is_fully_received
    row.grouped = result.grouped
    row.time_modified, row.read_visit_id = result.time_modified, visit_id


def remember_newest(connection: Connection, results: Sequence[Result]) -> None:
    """Remember the newest change that a reading of lists, orders or estimates showed: the next one starts there.

    Answers to writes do not count: what somebody entered between the reading and the write would never be read.
    """
    lists = [each.time_modified for each in results if isinstance(each, ListRet) and each.time_modified]
    orders = [each.time_modified for each in results if isinstance(each, TxnRet) and each.time_modified]
    connection.lists_modified = max([*lists, *filter(None, [connection.lists_modified])], default=None)
    connection.orders_modified = max([*orders, *filter(None, [connection.orders_modified])], default=None)
