"""QuickBooks in values: a company that answers typed requests, for the tests of the core."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.replies import LineRet, ListDeletedRet, ListRet, Reply, ReplySet, TxnDeletedRet, TxnRet
from tests.unit.documents import TODAY


@dataclass
class Desk:
    """A QuickBooks company in values: answers requests as QuickBooks would, and does what a test tells it first.

    `refuse` gives a status for a request that is not carried out, or 0; `stored` keeps the replies of message sets.
    """

    lists: dict[str, ListRet] = field(default_factory=dict)
    orders: dict[str, TxnRet] = field(default_factory=dict)
    deleted: list[ListDeletedRet | TxnDeletedRet] = field(default_factory=list)
    refuse: Callable[[qb.Request], int] = lambda _request: 0
    stored: dict[str, ReplySet] = field(default_factory=dict)
    seen: list[qb.Request] = field(default_factory=list)
    numbers: int = 0

    def __post_init__(self) -> None:
        self.add_list("Account", "Construction Income", account_type="Income")
        self.add_list("Account", "Job Expenses", account_type="CostOfGoodsSold")
        self.add_list("Customer", "Clients")

    def fresh(self, prefix: str) -> str:
        """A new id."""
        self.numbers += 1
        return f"{prefix}-{self.numbers}"

    def add_list(self, kind: str, name: str, parent: qb.Ref | None = None, **more: Any) -> ListRet:
        """Put a record into a list."""
        above = self.lists[parent.list_id].full_name + ":" if parent else ""
        shown = {"time_modified": None, "parent": parent, **more}
        made = ListRet(kind, self.fresh("L"), name, above + name, True, "1", **shown)
        self.lists[made.list_id] = made
        return made

    def add_order(self, kind: str, party: qb.Ref | None, number: str, memo: str, lines: tuple[LineRet, ...]) -> TxnRet:
        """Put an estimate or purchase order into the books."""
        amount = total(each.amount or ZERO for each in lines)
        made = TxnRet(kind, self.fresh("T"), "1", None, TODAY, number, memo, party, amount, lines)
        self.orders[made.txn_id] = made
        return made

    def order_line(self, asked: qb.PurchaseOrderLine | qb.EstimateLine, customer: qb.Ref | None) -> LineRet:
        """A line as QuickBooks keeps it; Amount wins over Rate."""
        quantity, amount = asked.quantity or Decimal(1), asked.amount or ZERO
        rate = asked.rate if asked.rate is not None and quantity * asked.rate == amount else amount / quantity
        return LineRet(
            self.fresh("TL"), asked.item, None, asked.description, quantity, rate, amount, customer, Decimal(0)
        )

    def answer(self, request_id: str, request: qb.Request) -> Reply:
        """Answer one request, carrying it out unless it is refused."""
        self.seen.append(request)
        status = self.refuse(request)
        if status:
            return Reply(request.kind, request_id, status, "Error", "No.")
        results = self._do(request)
        return Reply(request.kind, request_id, 0 if results else 1, "Info", "Status OK", results)

    def _do(self, request: qb.Request) -> tuple[Any, ...]:  # noqa: PLR0911 - a table of requests
        match request:
            case qb.AccountQuery():
                return self._listed("Account")
            case qb.CustomerQuery() | qb.VendorQuery():
                return self._listed(request.kind.removesuffix("Query"), request.full_names, request.list_ids)
            case qb.ItemQuery():
                return self._listed("Item", request.full_names, request.list_ids)
            case qb.EstimateQuery() | qb.PurchaseOrderQuery():
                return self._found(request.kind.removesuffix("Query"), request.txn_ids, request.ref_numbers)
            case qb.CustomerAdd() | qb.ItemServiceAdd():
                is_item = isinstance(request, qb.ItemServiceAdd)
                kind = "ItemService" if is_item else "Customer"
                return (self.add_list(kind, request.name, request.parent, two_sided=is_item),)
            case qb.VendorAdd():
                return (self.add_list("Vendor", request.name),)
            case qb.EstimateAdd():
                lines = tuple(self.order_line(each, None) for each in request.lines)
                return (self.add_order("Estimate", request.customer, request.ref_number, request.memo, lines),)
            case qb.PurchaseOrderAdd():
                lines = tuple(self.order_line(each, each.customer) for each in request.lines)
                return (self.add_order("PurchaseOrder", request.vendor, request.ref_number, request.memo, lines),)
            case qb.EstimateMod() | qb.PurchaseOrderMod():
                return (self._change(request),)
            case _:
                return self._names_and_deletions(request)

    def _names_and_deletions(self, request: qb.Request) -> tuple[Any, ...]:
        match request:
            case qb.ClassQuery() | qb.EmployeeQuery() | qb.OtherNameQuery():
                return self._listed(request.kind.removesuffix("Query"))
            case qb.ListDeletedQuery():
                return tuple(each for each in self.deleted if isinstance(each, ListDeletedRet))
            case qb.TxnDeletedQuery():
                return tuple(each for each in self.deleted if isinstance(each, TxnDeletedRet))
            case _:
                return ()

    def _listed(self, kind: str, names: tuple[str, ...] = (), ids: tuple[str, ...] = ()) -> tuple[ListRet, ...]:
        rows = (each for each in self.lists.values() if each.kind == kind or (kind == "Item" and "Item" in each.kind))
        folded = {fold(name) for name in names}
        if names or ids:
            return tuple(each for each in rows if fold(each.full_name) in folded or each.list_id in ids)
        return tuple(rows)

    def _found(self, kind: str, ids: tuple[str, ...], numbers: tuple[str, ...]) -> tuple[TxnRet, ...]:
        rows = (each for each in self.orders.values() if each.kind == kind)
        if ids or numbers:
            return tuple(each for each in rows if each.txn_id in ids or each.ref_number in numbers)
        return tuple(rows)

    def _change(self, request: qb.EstimateMod | qb.PurchaseOrderMod) -> TxnRet:
        old = self.orders[request.txn_id]
        assert old.edit_sequence == request.edit_sequence, "a stale EditSequence must be refused by the test's desk"
        known = {each.txn_line_id: each for each in old.lines}
        lines = [self._changed(asked, known.get(asked.txn_line_id)) for asked in request.lines] or list(old.lines)
        closed = getattr(request, "is_closed", None)
        return self.edit(
            old.txn_id,
            memo=request.memo or old.memo,
            ref_number=getattr(request, "ref_number", "") or old.ref_number,
            lines=tuple(lines),
            is_manually_closed=old.is_manually_closed if closed is None else closed,
        )

    def _changed(self, asked: qb.EstimateLine | qb.PurchaseOrderLine, kept: LineRet | None) -> LineRet:
        if kept is None:
            return self.order_line(asked, getattr(asked, "customer", None))
        made = replace(kept, description=asked.description or kept.description, item=asked.item or kept.item)
        if asked.amount is None:
            return made
        return replace(made, quantity=asked.quantity, rate=asked.rate, amount=asked.amount)

    def edit(self, txn_id: str, **changes: Any) -> TxnRet:
        """Change an estimate or order, as the bridge or somebody in the office does."""
        old = self.orders[txn_id]
        made = replace(old, edit_sequence=str(int(old.edit_sequence) + 1), **changes)
        self.orders[txn_id] = replace(made, total=total(each.amount or ZERO for each in made.lines))
        return self.orders[txn_id]
