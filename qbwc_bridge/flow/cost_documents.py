"""The documents behind a figure: one entry for each document, code and reason, with what became of it in Procore."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal, get_args

from qbwc_bridge.domain.books import CostDocument, WriteBack
from qbwc_bridge.domain.costs import OPENING, Allocation, Reason, dotted, holds_total, origin_id, told_payee
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.domain.txn_types import PAYROLL, called_type
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.planned import Code
from qbwc_bridge.flow.pushing import UNCONFIRMED
from qbwc_bridge.flow.releasing import wanted
from qbwc_bridge.ports import UnitOfWork

State = Literal["written", "pending", "refused", "not_released", "skipped", "before", "unmapped", "ignored"]
STATES: tuple[State, ...] = get_args(State)
LEFT_OUT: tuple[State, ...] = ("skipped", "before")
OPEN: tuple[State, ...] = ("pending", "refused")
"""What shall stand in Procore and does not, or not as it is now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one document has on one code, for one reason; the entries of a figure add up to it."""

    document: CostDocument
    cost_code: str
    cost_type: str
    amount: Decimal
    state: State
    why: str
    """What became of it in Procore, in words."""
    origin_id: str
    """The key of the direct cost that it is written in; empty while nothing is released."""

    @property
    def code(self) -> str:
        """Cost code, dot, cost type; empty for what has none."""
        return dotted(self.cost_code, self.cost_type)

    @property
    def date(self) -> dt.date:
        """The document's."""
        return self.document.txn_date


def entries(ledger: Ledger, choice: ProjectChoice) -> list[Entry]:
    """Give the entries of one project, the newest document first; no other project is read."""
    fate = Fate(ledger, choice)
    amounts: dict[tuple[int, Code, Reason], Decimal] = {}
    items: dict[tuple[int, Code, Reason], Allocation] = {}
    for item in ledger.of_project(choice.project_id):
        key = item.document.id, (item.cost_code, item.cost_type), item.reason
        amounts[key] = amounts.get(key, ZERO) + item.line.amount
        items.setdefault(key, item)
    found = [fate.entry(item, amounts[key]) for key, item in items.items()]
    return sorted(found, key=lambda each: (each.document.txn_date, each.document.id), reverse=True)


class Fate:
    """What became in Procore of the costs of one project, as far as the bridge knows without asking Procore."""

    def __init__(self, ledger: Ledger, choice: ProjectChoice) -> None:
        self._ledger = ledger
        self._choice = choice
        self._release = choice.release
        # What stands in Procore is of every date, so it is compared with costs of every date.
        self._whole = ledger if ledger.as_of is None else Ledger(ledger.uow, ledger.connection, ledger.options)
        rows = ledger.uow.writebacks.find(connection_id=choice.connection_id, project_id=choice.project_id)
        self.outbox: dict[str, WriteBack] = {row.origin_id: row for row in rows}

    @cached_property
    def due(self) -> dict[str, DirectCost]:
        """What shall stand there."""
        return wanted(self._whole, self._choice, self._release).costs if self._release else {}

    def entry(self, item: Allocation, amount: Decimal) -> Entry:
        """Say of a placed line, with all that its document has beside it, what became of it."""
        origin = self._origin(item)
        state, why = self._told(item.reason, origin)
        return Entry(item.document, item.cost_code, item.cost_type, amount, state, why, origin)

    def to_remove(self) -> list[DirectCost]:
        """Direct costs that stand in Procore though the ledger has nothing for them now."""
        items = self._whole.of_project(self._choice.project_id) if self._release else []
        due = {self._origin(item) for item in items if not item.reason}
        return [row.written for origin, row in self.outbox.items() if row.written and origin not in due]

    def _origin(self, item: Allocation) -> str:
        ledger = self._ledger
        return (
            origin_id(item, ledger.connection.key, self._release, ledger.options.actuals_sink) if self._release else ""
        )

    def _told(self, reason: Reason, origin: str) -> tuple[State, str]:
        release = self._release
        match reason:
            case "unmapped":
                return "unmapped", "Not in the Procore budget: its account or item has no cost code"
            case "ignored":
                return "ignored", "Ignored by a person's decision"
            case "skipped":
                return "skipped", "Left out: the bill is drawn on an exported order"
            case "before":
                return "before", f"Left out: before the cut-off {release.costs_from if release else ''}"
        if release is None:
            return "not_released", "Not released"
        return self._pushed(origin)

    def _pushed(self, origin: str) -> tuple[State, str]:
        row = self.outbox.get(origin)
        opening = ", in the opening costs" if f":{OPENING}:" in origin else ""
        opening = ", in the total to date" if holds_total(origin) else opening
        if row and row.message:
            unsure = row.message == UNCONFIRMED
            return ("pending", row.message) if unsure else ("refused", f"Refused by Procore: {row.message}")
        if row and row.in_flight:
            return "pending", "No answer came to its writing: the next push looks it up"
        if row and row.written and row.written == self.due.get(origin):
            return "written", f"In Procore{opening}"
        held = ": nothing is written until somebody confirms" if self._ledger.connection.brake else ""
        if row and row.written:
            return "pending", f"Changed since it was written{opening}{held or ': the next push brings it'}"
        return "pending", f"Not pushed yet{opening}{held}"


# ---------------------------------------------------------------- words


def called(document: CostDocument) -> str:
    """Name a document by type and number, payroll by its pay date; nobody's name is in it."""
    if document.txn_type == PAYROLL:
        return "Payroll"
    return f"{called_type(document.txn_type).capitalize()} {document.ref_number}".strip()


def called_with_payee(document: CostDocument) -> str:
    """Name a document with its payee only where QuickBooks has the vendor: any other may be an employee (rule 18)."""
    if document.txn_type == PAYROLL:
        return f"Payroll of {document.txn_date.day} {document.txn_date:%b %Y}"
    return f"{called(document)} {told_payee(document)}".strip()


class Discretion:
    """Takes the names of employees out of texts that people typed: no page and no file tells them."""

    def __init__(self, uow: UnitOfWork, connection: Connection) -> None:
        employees = uow.lists.find(connection_id=connection.id, kind="employee")
        self._employees = _any_of(row.full_name for row in employees)

    def text(self, text: str, document: CostDocument) -> str:
        """Give a text of a document without employees' names, and without a payee that is no vendor."""
        own = _any_of([] if told_payee(document) else [document.payee])
        for names in (self._employees, own):
            text = names.sub("(name left out)", text) if names and text else text
        return text


def _any_of(names: Iterable[str]) -> re.Pattern[str] | None:
    found = sorted({re.escape(name.strip()) for name in names if name.strip()}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)", re.IGNORECASE) if found else None
