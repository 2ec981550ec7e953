"""The bookkeeper's desk, lists: what a person does on QuickBooks' screen with accounts, names and items."""

from decimal import Decimal
from threading import RLock

from .about import switch_on_classes
from .book import ENTITY_KINDS, Book
from .errors import QuickBooksError, gone, missing_element
from .lists import add_record, delete_record, merge_record, move, parent_of, rename, require, set_active
from .nodes import Node, quickbooks_text
from .state import Record, TxnLine
from .words import ENUMERATIONS


class ListDesk:
    """Screen actions on lists. Names may be given as FullName or ListID; refusals are QuickBooksError."""

    _book: Book
    _lock: RLock

    def add_account(self, full_name: str, account_type: str) -> str:
        """Add an account below its parent (which must exist and be of the same type); gives its ListID."""
        with self._lock:
            if account_type not in ENUMERATIONS["AccountType"].split("|"):
                raise QuickBooksError(3110, f'The enumerated value "{account_type}" in "AccountType" is unknown.')
            record = self._add_below("Account", full_name)
            record.account_type = account_type
            return record.list_id

    def add_customer(self, name: str, *, parent: str | None = None, is_active: bool = True) -> str:
        """Add a customer, or with `parent` a job; gives its ListID."""
        with self._lock:
            above = parent_of(self._book, "Customer", _ref(self._book, parent)) if parent else None
            return add_record(self._book, "Customer", quickbooks_text(name), parent=above, is_active=is_active).list_id

    def add_vendor(self, name: str, *, is_active: bool = True) -> str:
        """Add a vendor; gives its ListID."""
        with self._lock:
            return add_record(self._book, "Vendor", quickbooks_text(name), is_active=is_active).list_id

    def add_employee(self, name: str, *, ssn: str = "") -> str:
        """Add an employee; gives its ListID."""
        with self._lock:
            record = add_record(self._book, "Employee", quickbooks_text(name))
            first, _, last = record.name.rpartition(" ")
            known = {"FirstName": first, "LastName": last, "SSN": ssn}
            record.fields = {element: [Node(element, text)] for element, text in known.items() if text}
            return record.list_id

    def add_other_name(self, name: str) -> str:
        """Add a name to the Other Names list; gives its ListID."""
        with self._lock:
            return add_record(self._book, "OtherName", quickbooks_text(name)).list_id

    def add_class(self, full_name: str) -> str:
        """Add a class below its parent, which must exist; gives its ListID. Class tracking is on from then on."""
        with self._lock:
            switch_on_classes(self._book)
            return self._add_below("Class", full_name).list_id

    def add_item(
        self,
        full_name: str,
        *,
        income_account: str,
        expense_account: str,
        description: str = "",
        price: Decimal = Decimal(0),
        cost: Decimal = Decimal(0),
    ) -> str:
        """Add a two-sided service item; gives its ListID. Price and cost in currency units."""
        with self._lock:
            income = require(self._book, ("Account",), income_account, "Item").list_id
            expense = require(self._book, ("Account",), expense_account, "Item").list_id
            record = self._add_below("Item", full_name)
            record.two_sided, record.income_id, record.expense_id = True, income, expense
            record.sales_desc = record.purchase_desc = quickbooks_text(description)
            record.sales_price, record.purchase_cost = price, cost
            return record.list_id

    def add_one_sided_item(
        self, full_name: str, *, account: str, description: str = "", price: Decimal = Decimal(0)
    ) -> str:
        """Add a service item that is only sold or only bought; gives its ListID. Price in currency units."""
        with self._lock:
            account_id = require(self._book, ("Account",), account, "Item").list_id
            record = self._add_below("Item", full_name)
            record.income_id, record.sales_desc, record.sales_price = account_id, quickbooks_text(description), price
            return record.list_id

    def add_other_charge_item(self, full_name: str, *, account: str, description: str = "") -> str:
        """Add an other-charge item that posts to any account, for instance to retainage; gives its ListID."""
        list_id = self.add_one_sided_item(full_name, account=account, description=description)
        self._book.state.records[list_id].item_type = "OtherCharge"
        return list_id

    def add_inventory_item(
        self,
        full_name: str,
        *,
        income_account: str,
        cogs_account: str,
        asset_account: str = "Inventory Asset",
        description: str = "",
        cost: Decimal = Decimal(0),
    ) -> str:
        """Add an item that is kept in stock; gives its ListID. Cost per unit in currency units."""
        with self._lock:
            asset = require(self._book, ("Account",), asset_account, "Item").list_id
            list_id = self.add_item(
                full_name,
                income_account=income_account,
                expense_account=cogs_account,
                description=description,
                cost=cost,
            )
            record = self._book.state.records[list_id]
            record.item_type, record.asset_id = "Inventory", asset
            return list_id

    def _add_below(self, kind: str, full_name: str) -> Record:
        above, _, name = quickbooks_text(full_name).rpartition(":")
        parent = parent_of(self._book, kind, Node("ParentRef", children=(Node("FullName", above),))) if above else None
        if not name:
            raise missing_element("Name")
        return add_record(self._book, kind, name, parent=parent)

    def rename(self, list_id: str, new_name: str) -> None:
        """Give a record another name; its ListID stays."""
        with self._lock:
            rename(self._book, self._record(list_id), new_name)

    def move(self, list_id: str, parent: str) -> None:
        """Put a record below another one of its list, an empty name: at the top."""
        with self._lock:
            record = self._record(list_id)
            above = require(self._book, (record.kind,), parent, record.kind, inactive=True) if parent else None
            move(self._book, record, above)

    def merge(self, list_id: str, into: str) -> None:
        """Merge a record into another one of its list; no deletion record tells of it."""
        with self._lock:
            record = self._record(list_id)
            merge_record(self._book, record, require(self._book, (record.kind,), into, record.kind, inactive=True))

    def set_active(self, list_id: str, active: bool) -> None:  # noqa: FBT001  (the agreed form of this call)
        """Make a record active or inactive."""
        with self._lock:
            set_active(self._book, self._record(list_id), active=active)

    def delete_record(self, list_id: str) -> None:
        """Delete a record that nothing uses; raises QuickBooksError 3160 when something does."""
        with self._lock:
            used = {
                one
                for txn in self._book.state.txns.values()
                for one in (txn.entity_id, txn.account_id, txn.class_id, *_used(txn.lines))
            } | {
                one
                for record in self._book.state.records.values()
                for one in (record.income_id, record.expense_id, record.asset_id, record.preferred_id)
            }
            delete_record(self._book, self._record(list_id), used)

    def _record(self, list_id: str) -> Record:
        record = self._book.state.records.get(list_id)
        if record is None:
            record = next(
                (
                    found
                    for kinds in (ENTITY_KINDS, ("Item",), ("Account",))
                    for one in kinds
                    if (found := self._book.named((one,), list_id))
                ),
                None,
            )
        if record is None:
            raise gone(list_id)
        return record


def _used(lines: list[TxnLine]) -> list[str]:
    return [one for line in lines for one in (line.item_id, line.account_id, line.job_id, line.class_id)]


def _ref(book: Book, name_or_id: str) -> Node:
    element = "ListID" if name_or_id in book.state.records else "FullName"
    return Node("ParentRef", children=(Node(element, quickbooks_text(name_or_id)),))
