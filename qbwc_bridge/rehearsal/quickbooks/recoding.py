"""Moving the lines of a posted document to another item or job."""

from collections.abc import Collection
from copy import deepcopy

from .book import Book
from .documents import purchase_account
from .errors import gone, invalid
from .posting import SALES
from .state import Record, Txn, TxnLine

HEAD_JOBS = SALES | {"InventoryAdjustment"}
"""Documents whose job stands in the head."""


def recoded(book: Book, txn: Txn, item: Record | None, job: Record | None, line_ids: Collection[str]) -> Txn:
    """Give a copy of a document with the chosen lines under another item or job; None leaves it as it is.

    Raises QuickBooksError 3120 for a line that it does not have, 3210 when no line can be moved so.
    """
    made = deepcopy(txn)
    for line_id in set(line_ids) - {one.line_id for one in made.lines}:
        raise gone(line_id)
    chosen = [one for one in made.lines if not line_ids or one.line_id in line_ids]
    if item is not None:
        _to_item(book, made, [one for one in chosen if one.item_id], item)
    if job is not None and made.kind in HEAD_JOBS:
        made.entity_id = job.list_id
    elif job is not None:
        moved = [one for one in chosen if one.kind not in {"withheld", "tax"} and (line_ids or one.job_id)]
        if not moved:
            raise invalid("The transaction has no line with a job.")
        for one in moved:
            one.job_id = job.list_id
            one.order_id = one.order_line_id = ""
    return made


def _to_item(book: Book, txn: Txn, lines: list[TxnLine], item: Record) -> None:
    if not lines:
        raise invalid("The transaction has no line with an item.")
    if bool(item.asset_id) != (txn.kind == "InventoryAdjustment") and txn.kind in HEAD_JOBS:
        raise invalid(f'The item "{item.name}" cannot stand on this kind of transaction.')
    for one in lines:
        one.item_id = item.list_id
        one.order_id = one.order_line_id = ""
        if txn.kind in SALES:
            one.account_id = item.income_id
        elif one.kind == "item":
            one.account_id = purchase_account(book, item)
