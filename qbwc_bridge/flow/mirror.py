"""QuickBooks' lists and orders as last read: replies in, rows out."""

from qbwc_bridge.domain.books import ListKind, ListRecord, TransactionLine, TransactionRecord
from qbwc_bridge.domain.money import ZERO, cents
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.replies import ListRet, TxnRet
from qbwc_bridge.ports import UnitOfWork

_KINDS: dict[str, ListKind] = {"Account": "account", "Customer": "customer", "Vendor": "vendor"}


def list_kind(result: ListRet) -> ListKind:
    """The list a record belongs to: account, customer, vendor, or item for every item type."""
    return _KINDS.get(result.kind, "item")


def keep_list_record(uow: UnitOfWork, connection: Connection, result: ListRet) -> ListRecord:
    """Store a list record as just read, and remember the newest change seen."""
    row = uow.lists.first(connection_id=connection.id, kind=list_kind(result), list_id=result.list_id)
    if row is None:
        row = ListRecord(
            connection.id,
            list_kind(result),
            result.list_id,
            "",
            "",
            "",
            is_active=True,
            edit_sequence="",
        )
        row = uow.lists.add(row)
    row.name, row.full_name, row.folded = result.name, result.full_name, fold(result.full_name)
    row.is_active, row.edit_sequence, row.sublevel = result.is_active, result.edit_sequence, result.sublevel
    row.parent_id = result.parent.list_id if result.parent else ""
    row.type = result.account_type or result.kind
    row.two_sided, row.time_modified = result.two_sided, result.time_modified
    uow.lists.save(row)
    if result.time_modified and (connection.lists_modified is None or result.time_modified > connection.lists_modified):
        connection.lists_modified = result.time_modified
    return row


def keep_transaction(
    uow: UnitOfWork, connection: Connection, result: TxnRet, *, visit_id: int | None
) -> TransactionRecord:
    """Store an estimate, purchase order or bill as just read."""
    row = uow.transactions.first(connection_id=connection.id, kind=result.kind, txn_id=result.txn_id)
    if row is None:
        row = uow.transactions.add(
            TransactionRecord(connection.id, result.kind, result.txn_id, "", "", "", "", "", ZERO)
        )
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
    row.grouped = any(node.tag.endswith("LineGroupRet") for node in result.source.children)
    row.time_modified, row.read_visit_id = result.time_modified, visit_id
    uow.transactions.save(row)
    return row


def remember_newest(connection: Connection, result: TxnRet) -> None:
    """Remember the newest change seen of orders and estimates; that of bills is known once their reading is whole."""
    known = connection.orders_modified
    if result.time_modified and (known is None or result.time_modified > known):
        connection.orders_modified = result.time_modified
