"""Names that were changed in QuickBooks: what lies below a renamed record, and what people chose by the old name."""

from collections.abc import Sequence
from dataclasses import dataclass

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import fold
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.qbxml.types import fit_name

_DECIDED = {"account": "account", "class": "class", "customer": "job", "item": "item", "vendor": "vendor"}
"""The kind of a decision on a record of a list."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A record with its FullName before and after."""

    record: ListRecord
    before: str
    after: str


def follow(scene: Scene, renamed: Sequence[Renamed]) -> None:
    """Carry new names on: a customer chosen by name must not be made again under its old one (ACCOUNTING 4)."""
    found = list(renamed)
    level = list(renamed)
    while level:
        level = _below(scene, level)
        found += level
    names: dict[tuple[str, str], str] = {(each.record.kind, fold(each.before)): each.after for each in found}
    if any(kind == "customer" for kind, _ in names):
        for choice in scene.uow.projects.find(connection_id=scene.connection.id):
            for name in (choice.customer, fit_name("customer", choice.customer)):
                choice.customer = names.get(("customer", fold(name)), choice.customer)
            scene.uow.projects.save(choice)
    _carry_decisions(scene, names)


def _carry_decisions(scene: Scene, names: dict[tuple[str, str], str]) -> None:
    """Where costs of a name belong, that it is ignored, and which account new items get."""
    for kind, decided in _DECIDED.items():
        if any(each == kind for each, _ in names):
            for decision in scene.uow.mappings.find(connection_id=scene.connection.id, kind=decided):
                decision.quickbooks = names.get((kind, fold(decision.quickbooks)), decision.quickbooks)
                scene.uow.mappings.save(decision)
    if any(kind == "account" for kind, _ in names):
        for decision in scene.uow.mappings.find(connection_id=scene.connection.id, kind="item"):
            account = decision.expense_account
            decision.expense_account = names.get(("account", fold(account)), account)
            scene.uow.mappings.save(decision)


def _below(scene: Scene, renamed: Sequence[Renamed]) -> list[Renamed]:
    """Rename what lies one level below in the mirror: QuickBooks changes its FullName without touching its time."""
    found = []
    for above in renamed:
        below = scene.uow.lists.find(
            connection_id=scene.connection.id, kind=above.record.kind, parent_id=above.record.list_id, gone=False
        )
        for row in below:
            before, row.full_name = row.full_name, f"{above.after}:{row.name}"
            if before != row.full_name:
                row.folded = fold(row.full_name)
                scene.uow.lists.save(row)
                found.append(Renamed(row, before, row.full_name))
    return found
