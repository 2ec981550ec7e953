"""Names that were changed in QuickBooks: what lies below a renamed record, and what people chose by the old name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import History, MappingKind
from qbwc_bridge.flow import allocating
from qbwc_bridge.flow.cost_history import QUICKBOOKS
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.qbxml.types import fit_name

_DECIDED: dict[str, MappingKind] = {
    "account": "account",
    "class": "class",
    "customer": "job",
    "item": "item",
    "vendor": "vendor",
}
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


def _carry_decisions(scene: Scene, names: Mapping[tuple[str, str], str]) -> None:
    """Where costs of a name belong, that it is ignored, and which account new items get."""
    for kind, decided in _DECIDED.items():
        after = {before: name for (of, before), name in names.items() if of == kind}
        if after:
            _carry_kind(scene, decided, after)
    if any(kind == "account" for kind, _ in names):
        for decision in scene.uow.mappings.find(connection_id=scene.connection.id, kind="item"):
            account = decision.expense_account
            decision.expense_account = names.get(("account", fold(account)), account)
            scene.uow.mappings.save(decision)


def _carry_kind(scene: Scene, decided: MappingKind, after: Mapping[str, str]) -> None:
    """Carry the decisions of one kind on, given the new name by the folded old one.

    The names change together, since one may be what another was. Who held a new name and has none himself was deleted
    or merged: what was decided about it ends.
    """
    kept = scene.uow.mappings.find(connection_id=scene.connection.id, kind=decided)
    moved = {fold(after[fold(row.quickbooks)]): row for row in kept if fold(row.quickbooks) in after}
    ended = [row for row in kept if fold(row.quickbooks) in moved and fold(row.quickbooks) not in after]
    for row in [*moved.values(), *ended]:
        scene.uow.mappings.remove(row)  # at once, so that no new row meets an old one of its name
    for row in moved.values():
        scene.uow.mappings.append(replace(row, quickbooks=after[fold(row.quickbooks)], id=0))
    for row in ended:
        why = f"{decided} {row.quickbooks} is the name of another record now, whose own decision holds"
        entry = History(row.connection_id, "map", row.id, scene.now, QUICKBOOKS, allocating.said(row), "", why)
        scene.uow.history.append(entry)


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
