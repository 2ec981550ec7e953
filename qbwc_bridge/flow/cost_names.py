"""Names in reports and the records of QuickBooks' lists that they mean."""

import re
from collections.abc import Iterable, Mapping

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.ports import UnitOfWork

_ITEM_NOTE = re.compile(r" \(.*\)$", re.DOTALL)
_ACCOUNT_NUMBER = re.compile(r"(^|:)[0-9]{1,7} · ")
"""Reports write items with their description in parentheses and accounts with their number."""


class Names:
    """The lists of one connection by folded FullName and by ListID, as last read."""

    def __init__(self, uow: UnitOfWork, connection: Connection) -> None:
        def listed(kind: str) -> dict[str, ListRecord]:
            rows = uow.lists.find(connection_id=connection.id, kind=kind)
            # What is gone has had costs all the same; where another record took its name, that one is meant.
            return {row.folded: row for row in sorted(rows, key=lambda row: not row.gone)}

        self._accounts, self._items, self._classes = listed("account"), listed("item"), listed("class")
        self._jobs, self._vendors = listed("customer"), listed("vendor")
        self._vendor_ids = {row.list_id for row in self._vendors.values()}
        self._leaves = _leaves(self._jobs.values())
        self._items_by_id = {row.list_id: row for row in self._items.values()}

    def job(self, text: str) -> ListRecord | None:
        """The customer or job of a FullName."""
        return self._jobs.get(fold(text))

    def job_of(self, list_id: str) -> ListRecord | None:
        """The customer or job of a ListID."""
        return next((row for row in self._jobs.values() if row.list_id == list_id), None)

    def column(self, title: str) -> ListRecord | None:
        """The customer or job of a column's title: its FullName, or its own name where only one has it."""
        return self._jobs.get(fold(title)) or self._leaves.get(fold(title))

    def is_sum(self, title: str) -> bool:
        """Whether a column's title means the sum of a customer's columns: `Total` and its name."""
        word, _, name = title.rpartition(":")[2].partition(" ")
        return fold(word) == "total" and self.column(name) is not None

    def vendor(self, text: str) -> ListRecord | None:
        """The vendor of a name."""
        return self._vendors.get(fold(text))

    def has_vendor(self, list_id: str) -> bool:
        """Whether a ListID is a vendor's: a check's payee may be an employee or a customer too."""
        return list_id in self._vendor_ids

    def class_(self, text: str) -> ListRecord | None:
        """The class of a FullName."""
        return self._classes.get(fold(text))

    def account(self, text: str) -> tuple[str, ListRecord | None]:
        """The account of a FullName that may hold numbers, and the name without them."""
        name = _ACCOUNT_NUMBER.sub(r"\1", text)
        found = self._accounts.get(fold(name))
        return (found.full_name if found else name), found

    def item(self, text: str, among: Iterable[str] = ()) -> tuple[str, ListRecord | None]:
        """The item of a name that may be followed by its description, and the name without that.

        Names may hold parentheses themselves, so the longest one wins; first those of the document's own lines, whose
        ListIDs are `among`.
        """
        own = {row.folded: row for row in map(self._items_by_id.get, among) if row}
        for known in (own, self._items):
            name = text
            while fold(name) not in known and " (" in name:
                name = name.rpartition(" (")[0]
            if fold(name) in known:
                return name, known[fold(name)]
        return _ITEM_NOTE.sub("", text), None


def _leaves(rows: Iterable[ListRecord]) -> Mapping[str, ListRecord]:
    found: dict[str, ListRecord] = {}
    doubled: set[str] = set()
    for row in rows:
        name = fold(row.name)
        doubled |= {name} & found.keys()
        found[name] = row
    return {name: row for name, row in found.items() if name not in doubled}
