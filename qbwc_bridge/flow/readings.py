"""What is read of QuickBooks, in which pages and windows, and in which order among the writes."""

import datetime as dt
from collections.abc import Iterable

from qbwc_bridge.domain import ages
from qbwc_bridge.domain.books import ListKind
from qbwc_bridge.domain.quickbooks import (
    AccountQuery,
    ClassQuery,
    CustomerQuery,
    EmployeeQuery,
    EstimateQuery,
    ItemQuery,
    Iterator,
    ListDeletedQuery,
    OtherNameQuery,
    PurchaseOrderQuery,
    Request,
    TxnDeletedQuery,
    VendorQuery,
)
from qbwc_bridge.domain.records import Connection, Task

LIST_PAGE = 500
"""Records of a list per page: a page of 500 customers is about 1.5 MB, well below every known limit."""

TRANSACTION_PAGE = 200
"""Transactions with lines per page; the references advise 100 to 500."""

OVERLAP = dt.timedelta(minutes=65)
"""Reading windows start this long before the last change seen: an hour repeats in autumn, and clocks differ."""

CLOCKS_APART = dt.timedelta(hours=26)
"""No zone is further ahead of UTC than 14 hours, and a clock may be somewhat wrong: for an office of unknown zone."""

LISTS_WHOLE_EVERY = dt.timedelta(days=1)
"""How often the lists are read whole, in a visit that has other work: merged records leave no deletion record."""

LISTS: dict[type[Request], ListKind] = {
    AccountQuery: "account",
    ClassQuery: "class",
    CustomerQuery: "customer",
    EmployeeQuery: "employee",
    ItemQuery: "item",
    OtherNameQuery: "other_name",
    VendorQuery: "vendor",
}
"""Which list a query reads."""

UNREAD = "Nothing is written before QuickBooks' lists and orders are read."

OPTIONAL = (ClassQuery, EmployeeQuery, OtherNameQuery, ListDeletedQuery, TxnDeletedQuery)
"""What a user, an edition or a company may be without: where it is refused it stays unknown, and stops nothing."""

LIST_TYPES = (
    *("Account", "Class", "Customer", "Employee", "OtherName", "Vendor"),
    *("ItemService", "ItemNonInventory", "ItemOtherCharge", "ItemInventory", "ItemInventoryAssembly", "ItemFixedAsset"),
    *("ItemSubtotal", "ItemDiscount", "ItemPayment", "ItemSalesTax", "ItemSalesTaxGroup", "ItemGroup"),
)
"""Types asked of ListDeletedQuery."""

ORDER_TYPES = ("Estimate", "PurchaseOrder")
"""Types whose deletions are asked along with the lists."""

LISTS_RANK, COSTS_RANK = 0, 99
"""Lists are read first, costs last; writes stand between, in dependency order."""


def must_be_known(task: Task) -> bool:
    """Whether a task reads orders or estimates, without which nothing is written: one may stand there already.

    QuickBooks takes the same number twice, but every name only once: lists that cannot be read stop nothing for ever.
    """
    own = task.rank == LISTS_RANK and task.submission_id is None
    return own and isinstance(task.request, EstimateQuery | PurchaseOrderQuery)


def whole_due(connection: Connection, now: dt.datetime) -> bool:
    """Whether the lists should be read whole."""
    return ages.due(connection.lists_whole_at, now, LISTS_WHOLE_EVERY)


def list_queries(connection: Connection, now: dt.datetime) -> tuple[Request, ...]:
    """Give the queries that read lists, orders and what was deleted: everything first, later what changed."""
    since = None if whole_due(connection, now) else since_then(connection.lists_modified)
    orders = since_then(connection.orders_modified)
    return (
        AccountQuery(modified_from=since),
        CustomerQuery(modified_from=since, iterator=Iterator(LIST_PAGE)),
        VendorQuery(modified_from=since, iterator=Iterator(LIST_PAGE)),
        ItemQuery(modified_from=since, iterator=Iterator(LIST_PAGE)),
        ClassQuery(modified_from=since),
        EmployeeQuery(modified_from=since),
        OtherNameQuery(modified_from=since),
        ListDeletedQuery(LIST_TYPES, deleted_from=since_then(connection.list_deletions_seen)),
        EstimateQuery(modified_from=orders, iterator=Iterator(TRANSACTION_PAGE)),
        PurchaseOrderQuery(modified_from=orders, iterator=Iterator(TRANSACTION_PAGE)),
        TxnDeletedQuery(ORDER_TYPES, deleted_from=since_then(connection.order_deletions_seen)),
    )


def since_then(seen: dt.datetime | None) -> dt.datetime | None:
    """Begin of a window after the last change seen; None reads everything."""
    return seen - OVERLAP if seen else None


def latest(
    moments: Iterable[dt.datetime | None], now: dt.datetime, zone: dt.tzinfo | None = None
) -> dt.datetime | None:
    """Give the greatest moment of QuickBooks' clock; one that the office's clock cannot show yet does not count.

    A PC whose clock was ahead for one entry must not hide later changes behind a time to come. Where the clock of the
    office is in another `zone` than that of the PC, or was set back, less counts, and more is read again.
    """
    end = (now.astimezone(zone) + OVERLAP if zone else now + CLOCKS_APART).replace(tzinfo=None)
    return max((moment for moment in moments if moment and moment <= end), default=None)


def window(request: Request) -> dt.datetime | None:
    """Begin of a query's window; None where it reads everything."""
    if isinstance(request, ListDeletedQuery | TxnDeletedQuery):
        return request.deleted_from
    found: dt.datetime | None = getattr(request, "modified_from", None)
    return found
