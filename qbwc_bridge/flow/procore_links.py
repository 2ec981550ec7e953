"""What of Procore belongs to a job or vendor born in QuickBooks: found by name, chosen by a person, and joined."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qbwc_bridge.domain.books import ListKind, ListRecord
from qbwc_bridge.domain.names import Names, fold, near
from qbwc_bridge.domain.procore import Project, Vendor
from qbwc_bridge.domain.records import KINDS_OUTWARD, DocumentRow, Kind, ProjectChoice, Submission
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.linking import join
from qbwc_bridge.flow.moves import BRIDGE, alive_tasks, move, note
from qbwc_bridge.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Side:
    """One list of QuickBooks with what stands for its records in Procore, and the submissions that join the two."""

    records: ListKind
    joins: Literal["job", "vendor"]
    document: Literal["project", "vendor"]


SIDES: Mapping[Kind, Side] = {
    "new_project": Side("customer", "job", "project"),
    "new_vendor": Side("vendor", "vendor", "vendor"),
}
"""By the kind of submission; the kinds are those of KINDS_OUTWARD."""

_LINK_FROM = (State.BLOCKED, State.READY, State.ACCEPTED, State.FAILED)


def called(document: Project | Vendor) -> str:
    """Name a project or vendor as people do."""
    return f"{document.number} {document.name}".strip() if isinstance(document, Project) else document.name


def procore_id(row: Submission) -> str:
    """The id that a submission's record has in Procore; empty where it has none yet."""
    return str(_kept(row).get("id", ""))


def known_before(row: Submission) -> Collection[str]:
    """Ids of records of the same name that stood in Procore before the submission was written."""
    return [str(found) for found in _kept(row).get("before", ())]


def _kept(row: Submission) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.exported) if row.exported else {}
    return found


def taken(rows: Iterable[Submission], kind: Kind) -> set[str]:
    """Ids of Procore's records that belong to a record of QuickBooks already."""
    joins, found = SIDES[kind].joins, set[str]()
    for row in rows:
        if row.kind == joins and row.quickbooks_id:
            found.add(row.key)
        elif row.kind == kind and row.state is State.SYNCED:
            found.add(procore_id(row))
    return found - {""}


def same(row: Submission, document: Project | Vendor) -> bool:
    """Whether a record of Procore is just what a submission would make there."""
    number = document.number if isinstance(document, Project) else ""
    return (fold(number), fold(document.name)) == (fold(row.number), fold(row.title))


class There:
    """Projects or vendors that Procore has, among which those that may be a submission's are looked for."""

    def __init__(self, documents: Iterable[Project | Vendor]) -> None:
        self.documents = list(documents)
        self._names = Names(each.name for each in self.documents)
        self._numbered, self._named = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
        for at, each in enumerate(self.documents):
            self._named[fold(each.name)].append(at)
            if isinstance(each, Project) and each.number:
                self._numbered[fold(each.number)].append(at)

    def alike(self, row: Submission, belonging: Collection[str]) -> list[str]:
        """Names of Procore's records that may be the submission's.

        One that belongs to another record of QuickBooks (`belonging`) is another one, unless it has the same number, or
        is a vendor of the same name.
        """
        close = dict.fromkeys([fold(row.title), *map(fold, self._names.near(row.title))])
        found = {at for name in close for at in self._named.get(name, ())}
        found = {at for at in found if _identical(row, self.documents[at]) or self._is_free(at, belonging)}
        found |= set(self._numbered.get(fold(row.number), ())) if row.kind == "new_project" else set()
        return [called(self.documents[at]) for at in sorted(found)]

    def _is_free(self, at: int, belonging: Collection[str]) -> bool:
        return str(self.documents[at].id) not in belonging


def _identical(row: Submission, document: Project | Vendor) -> bool:
    if isinstance(document, Project):
        return row.number != "" and fold(document.number) == fold(row.number)
    return fold(document.name) == fold(row.title)


def link(uow: UnitOfWork, row: Submission, procore: str, *, who: str, now: dt.datetime) -> None:
    """Link what was born in QuickBooks to a project (by number, name or id) or vendor (by name or id) of Procore.

    Its job or vendor is joined with the next review, or as soon as Procore's record is used. Raises NotFound,
    WrongUsage where several are called so, Refused where one of the two is linked already.
    """
    side, named = SIDES[row.kind], f"{row.number} {row.title}".strip()
    if row.state not in _LINK_FROM:
        raise Refused(f"{named} is {row.state.replace('_', ' ')} and cannot be linked now.")
    document = _find(uow, row, procore)
    rows = uow.submissions.find(connection_id=row.connection_id, kind=[side.joins, row.kind])
    if str(document.id) in taken(rows, row.kind):
        raise Refused(f"{called(document)} is linked to a record of QuickBooks already: unlink that one first.")
    holder = next((each for each in rows if each.kind == side.joins and each.quickbooks_id == row.key), None)
    if holder:
        raise Refused(f"{named} is linked to {holder.number or holder.title} already: unlink that one first.")
    row.accepted_by = who
    stands(uow, row, document, who=who, now=now, why=f"linked: {who} chose {called(document)} in Procore")


def _find(uow: UnitOfWork, row: Submission, text: str) -> Project | Vendor:
    rows = uow.documents.find(connection_id=row.connection_id, kind=SIDES[row.kind].document, gone=False)
    known = [each.document for each in rows if isinstance(each.document, Project | Vendor)]
    wanted = fold(text)
    ways: tuple[Callable[[Project | Vendor], bool], ...] = (
        lambda each: isinstance(each, Project) and fold(each.number) == wanted != "",
        lambda each: wanted in (fold(each.name), fold(called(each))),
        lambda each: str(each.id) == wanted,
    )
    found = next(filter(None, ([each for each in known if fits(each)] for fits in ways)), [])
    what = SIDES[row.kind].document
    if not found:
        likely = near(text, [called(each) for each in known])
        hint = f"; did you mean {likely[0]}?" if likely else "."
        raise NotFound(f"Procore has no {what} {text}, as far as it was read{hint}")
    if len(found) > 1:
        ids = " or ".join(str(each.id) for each in found)
        raise WrongUsage(f"Several {what}s of Procore are called {text}: name one by its Procore id, {ids}.")
    return found[0]


def stands(
    uow: UnitOfWork, row: Submission, document: Project | Vendor, *, who: str, now: dt.datetime, why: str
) -> None:
    """Keep that a submission's record stands in Procore; a project is known from now on, and still switched off.

    The customer above its job becomes the one above the QuickBooks job.
    """
    side = SIDES[row.kind]
    record = uow.lists.first(connection_id=row.connection_id, kind=side.records, list_id=row.key)
    row.exported = json.dumps({"id": document.id, "name": called(document)})
    row.quickbooks_id, row.quickbooks_name = row.key, record.full_name if record else row.title
    row.exported_version, row.link_to = row.version, str(document.id)
    row.reasons, row.notes = [], []
    move(uow, row, State.SYNCED, now=now, who=who, why=why)
    know(uow, row, document, now)
    if isinstance(document, Project):
        _know_project(uow, row, document, record)


def know(uow: UnitOfWork, row: Submission, document: Project | Vendor, now: dt.datetime) -> None:
    """Keep a record of Procore that the last reading did not show yet."""
    key = str(document.id)
    if not uow.documents.has(connection_id=row.connection_id, kind=document.kind, key=key):
        uow.documents.add(DocumentRow(row.connection_id, document.kind, key, document, 0, now))


def _know_project(uow: UnitOfWork, row: Submission, document: Project, record: ListRecord | None) -> None:
    choice = uow.projects.first(connection_id=row.connection_id, project_id=document.id)
    choice = choice or uow.projects.add(
        ProjectChoice(row.connection_id, document.id, document.number, document.name, active=document.active)
    )
    if record and not choice.on and not choice.customer:
        choice.customer = record.full_name.rpartition(":")[0]
        uow.projects.save(choice)


def document_of(uow: UnitOfWork, row: Submission) -> Project | Vendor | None:
    """What stands in Procore for a submission, as last read."""
    kind = SIDES[row.kind].document
    found = uow.documents.first(connection_id=row.connection_id, kind=kind, key=procore_id(row))
    return found.document if found and isinstance(found.document, Project | Vendor) else None


def join_made(facts: Facts, now: dt.datetime) -> bool:
    """Join the jobs and vendors of what stands in Procore to the records of QuickBooks that they were made of.

    Once each: whoever unlinks one later has the last word. Gives whether any was joined now.
    """
    joined = False
    pending = [
        row
        for row in facts.submissions.values()
        if row.kind in KINDS_OUTWARD and row.state is State.SYNCED and row.link_to
    ]
    for row in pending:
        side = SIDES[row.kind]
        mine = facts.submissions.get((side.joins, row.link_to))
        if mine is None:
            continue
        record = facts.record(side.records, row.key)
        holder = facts.holders.get((side.joins, row.key))
        if mine.quickbooks_id or holder or record is None or record.gone:
            _joined(facts, row, mine, now)
        elif mine.state in _LINK_FROM and all(t.state is TaskState.QUEUED for t in alive_tasks(facts.uow, mine)):
            mine.accepted_by = row.accepted_by
            facts.holders[side.joins, row.key] = mine
            join(facts.uow, mine, row.key, record.full_name, now=now, why="it was born in QuickBooks")
            _joined(facts, row, mine, now)
            joined = True
    return joined


def _joined(facts: Facts, row: Submission, mine: Submission, now: dt.datetime) -> None:
    """Let a link be, whether this was its doing or somebody decided otherwise meanwhile."""
    row.link_to = ""
    facts.uow.submissions.save(row)
    if mine.quickbooks_id != row.key:
        named = mine.number or mine.title
        why = f"{named} is not joined to it: one of the two was linked otherwise, or has left QuickBooks"
        note(facts.uow, row, now=now, who=BRIDGE, why=why)
