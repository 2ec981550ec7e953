"""What is linked between QuickBooks and Procore, what is not and may be, and the linking of a record by name."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from qbwc_bridge.domain.names import Names, fold
from qbwc_bridge.domain.records import Connection, Mapping, MappingKind, Submission
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.flow import allocating, decisions
from qbwc_bridge.flow.allocating import LISTS, SUBMISSIONS, hint, procore_name, quickbooks_name
from qbwc_bridge.ports import UnitOfWork

LinkKind = Literal["job", "vendor"]
"""What a person links by name; items are linked by what the bridge makes."""


@dataclass(frozen=True, slots=True)
class Link:
    """A name of QuickBooks' with what it is linked or mapped to in Procore, or why it is ignored."""

    kind: MappingKind
    quickbooks: str
    procore: str
    ignored: bool = False
    comment: str = ""
    expense_account: str = ""
    decided_by: str = ""
    decided_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """A job or vendor of QuickBooks that is linked to nothing, with what Procore has that is nearly the same."""

    quickbooks: str
    near: list[str]
    """Project numbers or vendor names that wait for a link, most alike first."""


def linked(uow: UnitOfWork, connection: Connection, kind: MappingKind | None = None) -> list[Link]:
    """What is linked by submissions, and what people mapped or ignored."""
    rows: list[Link] = []
    for each, submission_kind in SUBMISSIONS.items():
        if kind in (None, each):
            found = uow.submissions.find(connection_id=connection.id, kind=submission_kind)
            called = _names(uow, connection, each)
            rows += [Link(each, called(row), procore_name(row)) for row in found if row.quickbooks_id]
    for row in uow.mappings.find(connection_id=connection.id):
        if kind in (None, row.kind):
            said = row.ignored, row.comment, row.expense_account, row.decided_by, row.decided_at
            rows.append(Link(row.kind, row.quickbooks, row.procore, *said))
    return rows


def unlinked(uow: UnitOfWork, connection: Connection, kind: MappingKind) -> list[str]:
    """Active jobs, vendors or items of QuickBooks that no submission is linked to and nobody ignores, by name."""
    taken = {row.quickbooks_id for row in uow.submissions.find(connection_id=connection.id, kind=SUBMISSIONS[kind])}
    found = uow.lists.find(connection_id=connection.id, kind=LISTS[kind], gone=False, is_active=True)
    wanted = [row for row in found if row.list_id not in taken and (row.parent_id or kind != "job")]
    ignored = {fold(row.quickbooks) for row in uow.mappings.find(connection_id=connection.id, kind=kind, ignored=True)}
    return sorted(row.full_name for row in wanted if row.folded not in ignored)


def to_choose(uow: UnitOfWork, connection: Connection, row: Submission) -> tuple[list[str], list[str]]:
    """Give the names in QuickBooks that a record may be linked to: those nearly its own, most alike first, and all.

    Both are empty for records that are no job, vendor or cost code.
    """
    kind = next((each for each, submission_kind in SUBMISSIONS.items() if submission_kind == row.kind), None)
    if kind is None:
        return [], []
    free: dict[str, list[str]] = {}
    for full_name in unlinked(uow, connection, kind):
        free.setdefault(full_name.rpartition(":")[2], []).append(full_name)
    names, own = Names(free), (f"{row.number} {row.title}", row.title, procore_name(row))
    near = [full_name for text in own for name in names.near(text) for full_name in free[name]]
    return list(dict.fromkeys(near)), sorted(name for several in free.values() for name in several)


def waiting(uow: UnitOfWork, connection: Connection, kind: LinkKind) -> list[Submission]:
    """Projects or vendors of Procore that are linked to nothing in QuickBooks, in the order of their names."""
    found = uow.submissions.find(connection_id=connection.id, kind=SUBMISSIONS[kind], quickbooks_id="")
    return sorted(found, key=lambda row: fold(procore_name(row)))


def open_links(uow: UnitOfWork, connection: Connection, kind: LinkKind) -> Iterator[Open]:
    """Give what `unlinked` gives, each with the near names of Procore's that wait for a link."""
    named = {
        text: procore_name(row) or row.title
        for row in waiting(uow, connection, kind)
        for text in (f"{row.number} {row.title}", row.title)
    }
    names = Names(named)
    for name in unlinked(uow, connection, kind):
        near = names.near(name.rpartition(":")[2])
        yield Open(name, list(dict.fromkeys(named[text] for text in near)))


def link(
    uow: UnitOfWork,
    connection: Connection,
    kind: LinkKind,
    quickbooks: str,
    procore: str,
    *,
    who: str,
    now: dt.datetime,
) -> None:
    """Link the submission of a project (by number) or vendor (by name) to a record of QuickBooks.

    Raises NotFound where either is not known, Refused where it cannot be linked now.
    """
    decisions.link(uow, to_link(uow, connection, kind, procore), quickbooks, who=who, now=now)
    ignored = Mapping(connection.id, kind, quickbooks)
    if allocating.decided(uow, ignored):
        allocating.keep(uow, ignored, who=who, now=now)  # which takes it back


def to_link(uow: UnitOfWork, connection: Connection, kind: LinkKind, procore: str) -> Submission:
    """The submission that a person names by its project number or vendor name, still without a link.

    Raises NotFound, WrongUsage where several are called so, Refused where it has a link.
    """
    rows = uow.submissions.find(connection_id=connection.id, kind=SUBMISSIONS[kind])
    same = [row for row in rows if fold(procore_name(row)) == fold(procore) or row.key == procore]
    if not same:
        what = "project" if kind == "job" else "vendor"
        raise NotFound(f"Procore offers no {what} {procore}{hint(procore, [procore_name(row) for row in rows])}")
    if len(same) > 1:
        ids = " or ".join(str(row.id) for row in same)
        raise WrongUsage(f"Several are called {procore}: use `review link` with submission {ids}.")
    row = same[0]
    if row.quickbooks_id:
        linked_to = quickbooks_name(uow, row, kind)
        raise Refused(f"{procore} is linked to {linked_to} already: unlink it first with `review unlink {row.id}`.")
    return row


def _names(uow: UnitOfWork, connection: Connection, kind: MappingKind) -> Callable[[Submission], str]:
    """Give how linked submissions of a kind are called in QuickBooks today."""
    names = {row.list_id: row.full_name for row in uow.lists.find(connection_id=connection.id, kind=LISTS[kind])}
    return lambda row: names.get(row.quickbooks_id, row.quickbooks_name)
