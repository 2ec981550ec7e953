"""The open company file: state, clock, ids and the index of names. Everything else works on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from .errors import QuickBooksError, not_found
from .nodes import Node, reference
from .state import Record, Stamp, State, Txn

ENTITY_KINDS = ("Customer", "Vendor", "Employee", "OtherName")
"""Lists that share one name space."""
HIERARCHIES = frozenset({"Customer", "Account", "Item", "Class", "CustomerType", "JobType", "VendorType"})
"""Lists whose full names have levels."""
FIRST_LIST_NUMBER = 0x80000000
"""List ids of files made by QuickBooks 2008 and later have the high bit set."""

Clock = Callable[[], datetime]


class Book:
    """One open company file."""

    def __init__(self, state: State, clock: Clock, *, screen_words: bool = False) -> None:
        self._clock = clock
        self.screen_words = screen_words
        self.open(state)

    def open(self, state: State) -> None:
        """Take another state, for instance a restored backup."""
        self.state = state
        self._names = {self._key(one): one.list_id for one in state.records.values()}
        self._full_names: dict[str, str] = {}

    # time and ids

    def now(self) -> datetime:
        """Give the time of the QuickBooks machine with its zone; raises ValueError when the clock has no zone."""
        moment = self._clock()
        if moment.tzinfo is None:
            raise ValueError("the clock of a rehearsal company must give times with a time zone")
        return moment

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let the clock stand at a moment, in the zone of the QuickBooks machine."""
        clock = self._clock
        there = moment.astimezone(self.now().tzinfo)
        self._clock = lambda: there
        try:
            yield
        finally:
            self._clock = clock

    def today(self) -> date:
        """Give the day of the QuickBooks machine."""
        return self.now().date()

    def stamp(self) -> Stamp:
        """Give now as QuickBooks prints it: local wall clock with the zone's standard offset, summer or not."""
        moment = self.now()
        offset = (moment.utcoffset() or timedelta()) - (moment.dst() or timedelta())
        minutes = int(offset.total_seconds()) // 60
        wall = moment.replace(tzinfo=None, microsecond=0)
        sign = "-" if minutes < 0 else "+"
        text = f"{wall.isoformat()}{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
        return Stamp(wall, text, int(moment.timestamp()))

    def epoch(self) -> int:
        """Give now as seconds since 1970, the second half of every id."""
        return int(self.now().timestamp())

    def new_list_id(self) -> str:
        """Draw a ListID."""
        self.state.last_list_number += 1
        return f"{FIRST_LIST_NUMBER + self.state.last_list_number:X}-{self.epoch()}"

    def new_txn_id(self) -> str:
        """Draw a TxnID or TxnLineID; both come from one counter."""
        self.state.last_txn_number += 1
        return f"{self.state.last_txn_number:X}-{self.epoch()}"

    def touch(self, changed: Record | Txn) -> None:
        """Mark a record as changed now; its edit sequence always rises."""
        changed.modified = self.stamp()
        changed.edit_sequence = max(changed.edit_sequence + 1, changed.modified.epoch)

    # lists

    def _key(self, record: Record) -> tuple[str, str, str]:
        return (_space(record.kind), record.parent_id, record.name.casefold())

    def put(self, record: Record) -> None:
        """Add a record to its list."""
        self.state.records[record.list_id] = record
        self._names[self._key(record)] = record.list_id

    def _forget(self, record: Record) -> None:
        """Drop a record's name from the index, and all full names, in which it may be a part."""
        self._names.pop(self._key(record), None)
        self._full_names.clear()

    def renamed(self, record: Record, name: str) -> None:
        """Give a record another name."""
        self._forget(record)
        record.name = name
        self._names[self._key(record)] = record.list_id

    def moved(self, record: Record, parent_id: str) -> None:
        """Put a record below another one."""
        self._forget(record)
        record.parent_id = parent_id
        self._names[self._key(record)] = record.list_id

    def replaced(self, list_id: str, by: str) -> None:
        """Let everything that refers to a record refer to another one."""
        for record in self.state.records.values():
            for name in ("income_id", "expense_id", "asset_id", "preferred_id"):
                if getattr(record, name) == list_id:
                    setattr(record, name, by)
        for txn in self.state.txns.values():
            for part in (txn, *txn.lines):
                for name in ("entity_id", "account_id", "class_id", "item_id", "job_id"):
                    if getattr(part, name, "") == list_id:
                        setattr(part, name, by)

    def drop(self, record: Record) -> None:
        """Take a record out of its list."""
        self._forget(record)
        del self.state.records[record.list_id]

    def holder(self, kind: str, parent_id: str, name: str) -> Record | None:
        """Give the record that holds a name in the name space of `kind` under a parent, or None."""
        found = self._names.get((_space(kind), parent_id, name.casefold()))
        return None if found is None else self.state.records[found]

    def records(self, *kinds: str) -> list[Record]:
        """Give the records of the kinds, in the order in which QuickBooks lists them: by full name, level by level."""
        chosen = [one for one in self.state.records.values() if one.kind in kinds]
        return sorted(chosen, key=lambda one: [part.casefold() for part in self.path(one)])

    def path(self, record: Record) -> list[str]:
        """Give the names from the top level down to the record."""
        names = [record.name]
        while record.parent_id:
            record = self.state.records[record.parent_id]
            names.append(record.name)
        return names[::-1]

    def full_name(self, list_id: str) -> str:
        """Give the FullName of a record, or nothing for an empty id."""
        if not list_id:
            return ""
        if list_id not in self._full_names:
            self._full_names[list_id] = ":".join(self.path(self.state.records[list_id]))
        return self._full_names[list_id]

    def children(self, record: Record) -> Iterator[Record]:
        """Give the records directly below one."""
        return (one for one in self.state.records.values() if one.parent_id == record.list_id)

    def family(self, record: Record) -> set[str]:
        """Give the ids of a record and all below it."""
        ids = {record.list_id}
        for one in self.children(record):
            ids |= self.family(one)
        return ids

    def named(self, kinds: tuple[str, ...], full_name: str) -> Record | None:
        """Find a record by FullName, without regard to case; None when there is none of these kinds."""
        levels = full_name.split(":") if HIERARCHIES & set(kinds) else [full_name]
        parent_id, found = "", None
        for name in levels:
            found = self.holder(kinds[0], parent_id, name.strip())
            if found is None:
                return None
            parent_id = found.list_id
        return found if found is not None and found.kind in kinds else None

    def known(self, kinds: tuple[str, ...], name_or_id: str) -> Record | None:
        """Find a record by ListID or FullName."""
        found = self.state.records.get(name_or_id)
        if found is not None and found.kind in kinds:
            return found
        return self.named(kinds, name_or_id)

    def resolve(self, ref: Node, kinds: tuple[str, ...], where: str, *, inactive: bool = False) -> Record:
        """Follow a reference element; ListID wins over FullName.

        `where` names document or list in the text of error 3140, which is raised when the record is missing, or is
        inactive while `inactive` does not allow it.
        """
        list_id, full_name = ref.value("ListID") or "", ref.value("FullName") or ""
        if list_id and "-" not in list_id:
            raise QuickBooksError(3000, f'The given object ID "{list_id}" in the field "{ref.name}" is invalid.')
        record = self.state.records.get(list_id) if list_id else self.named(kinds, full_name)
        if record is None or record.kind not in kinds or not (record.is_active or inactive):
            raise not_found(_spoken(kinds), list_id or full_name, where)
        return record

    def reference(self, element: str, list_id: str) -> Node | None:
        """Make a reference element to a record; nothing for an empty id."""
        return reference(element, list_id, self.full_name(list_id)) if list_id else None

    # transactions

    def txns(self, *kinds: str) -> list[Txn]:
        """Give the transactions of the kinds in the order of their numbers."""
        return [one for one in self.state.txns.values() if one.kind in kinds]

    def closing_date(self) -> date | None:
        """Give the closing date of the preferences."""
        section = self.state.preferences.child("AccountingPreferences")
        text = section.value("ClosingDate") if section else None
        return date.fromisoformat(text) if text else None

    def is_closed(self, txn_date: date) -> bool:
        """Tell whether a posting document of that date may no longer be entered or changed."""
        closing = self.closing_date()
        return closing is not None and txn_date <= closing


def _space(kind: str) -> str:
    return "Name" if kind in ENTITY_KINDS else kind


def _spoken(kinds: tuple[str, ...]) -> str:
    return kinds[0] if len(kinds) == 1 else "Entity"
