"""Detaching a connection from Procore: every key of the bridge goes, what it wrote stays; and attaching it again.

While a connection is detached nothing of it is written to Procore. Its direct costs have no keys then: a push would not
know them and would write each a second time. What stands where stays in the outbox, so attaching gives the keys back to
the very same records, and the next push looks what became of them.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.keys import (
    COMPANY_KINDS,
    CONTRACT_KINDS,
    COST_KINDS,
    Keyed,
    KeyKind,
    RecordKind,
    beginning,
    is_foreign,
)
from qbwc_bridge.domain.records import KINDS_OUTWARD, Connection, History, Kind
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable, Refused
from qbwc_bridge.flow.procore_links import procore_id
from qbwc_bridge.ports import OpenWork, Procore, UnitOfWork

Progress = Callable[[str], None]

Place = tuple[KeyKind, int]
"""A kind of records, and the project that they stand in; 0 for the company."""


@dataclass(slots=True)
class Detached:
    """How many keys were taken away or given back, and a sentence for each record where that did not succeed."""

    count: int = 0
    problems: list[str] = field(default_factory=list)


def sentence(connection: Connection) -> str:
    """Say that a connection is detached, and who ends it."""
    return (
        f"{connection.name} was detached from Procore on {connection.detached_at:%Y-%m-%d}: nothing is written there "
        f"until somebody runs `connection attach {connection.name}`."
    )


def check_attached(connection: Connection) -> None:
    """Raise Refused for a connection that was detached: its costs in Procore cannot be told from other people's."""
    if connection.detached_at:
        raise Refused(sentence(connection))


def detach(  # noqa: PLR0917 - reads in the order of its sentence
    work: OpenWork, procore: Procore, connection_id: int, now: dt.datetime, progress: Progress, who: str
) -> Detached:
    """Take away every key that begins as ours do, wherever the bridge may have left one; a repetition goes on.

    That the connection is detached is kept first: whatever fails later, nothing is written a second time.
    """
    outcome = Detached()
    with work() as uow:
        connection = uow.connections.get(connection_id)
        if not connection.detached_at:
            connection.detached_at = now
            uow.connections.save(connection)
            _note(uow, connection, now, who, "detached from Procore")
        places = _places(uow, connection)
    for kind, project_id in places:
        try:
            _clear(work, procore, connection, (kind, project_id), outcome, progress)
        except ProcoreUnreachable as problem:
            outcome.problems.append(f"{problem} Detach again when Procore answers.")
            break
        except ProcoreError as problem:
            outcome.problems.append(str(problem))
    return outcome


def _places(uow: UnitOfWork, connection: Connection) -> list[Place]:
    """Everywhere a key of ours may stand: lines before their headers, so that a header shows what is left."""
    choices = uow.projects.find(connection_id=connection.id)
    contracts = {row.project_id for row in uow.keys.find(connection_id=connection.id) if row.project_id}
    contracts |= {choice.project_id for choice in choices if choice.on and choice.active}
    costs = {row.project_id for row in uow.writebacks.find(connection_id=connection.id)}
    costs |= {choice.project_id for choice in choices if choice.release}
    return [
        *((kind, project_id) for project_id in sorted(costs) for kind in reversed(COST_KINDS)),
        *((kind, project_id) for project_id in sorted(contracts) for kind in CONTRACT_KINDS),
        *((kind, 0) for kind in COMPANY_KINDS),
    ]


def _clear(  # noqa: PLR0917 - one place of a detaching, with all that it needs
    work: OpenWork, procore: Procore, connection: Connection, place: Place, outcome: Detached, progress: Progress
) -> None:
    kind, project_id = place
    ours = [each for each in procore.keyed(kind, project_id) if each.origin_id.startswith(beginning(connection.key))]
    if not ours:
        return
    progress(f"taking {len(ours)} keys away: {kind.replace('_', ' ')}s of {project_id or 'the company'}")
    if kind in COST_KINDS:
        _remember(work, connection, project_id, ours)
    found = procore.set_keys(kind, dict.fromkeys(ours, ""), project_id)
    gone = {each.id for each in ours if each.id in found.done}
    outcome.count += len(gone)
    for each in ours:
        if each.id not in gone:
            why = found.errors.get(each.id) or f"Procore did not confirm that the key of {each} is gone."
            outcome.problems.append(why)
    if kind not in COST_KINDS:
        with work() as uow:
            for row in uow.keys.find(connection_id=connection.id, kind=kind):
                if row.procore_id in gone:
                    row.written, row.in_flight = "", False
                    uow.keys.save(row)


def _remember(work: OpenWork, connection: Connection, project_id: int, ours: Iterable[Keyed]) -> None:
    """Keep the ids of costs whose answer was lost, before the key goes by which alone they could be found."""
    with work() as uow:
        rows = {r.origin_id: r for r in uow.writebacks.find(connection_id=connection.id, project_id=project_id)}
        for each in ours:
            row = rows.get(each.origin_id) or rows.get(each.origin_id.rpartition(":")[0])
            if row is None:
                continue
            if each.kind == "direct_cost":
                row.procore_id = each.id
            else:
                row.line_ids = {**row.line_ids, each.origin_id: each.id}
            uow.writebacks.save(row)


def attach(  # noqa: PLR0917 - reads in the order of its sentence
    work: OpenWork, procore: Procore, connection_id: int, now: dt.datetime, progress: Progress, who: str
) -> Detached:
    """Give direct costs and their lines their keys back; other records get theirs with the next push.

    Nothing is written where a key of another integration stands on one of ours (Refused). What is no longer in Procore
    is written anew by the next push. The connection stays detached while something is refused.
    """
    outcome = Detached()
    with work() as uow:
        connection = uow.connections.get(connection_id)
        if not connection.detached_at:
            raise Refused(f"{connection.name} is not detached from Procore.")
        rows = uow.writebacks.find(connection_id=connection_id)
    projects = sorted({row.project_id for row in rows})
    mine = {number: [row for row in rows if row.project_id == number] for number in projects}
    there = {
        (kind, number): {each.id: each for each in procore.keyed(kind, number)}
        for number in projects
        for kind in COST_KINDS
    }
    keys = {place: _keys(place[0], mine[place[1]], found) for place, found in there.items()}
    taken = [each for wanted in keys.values() for each in wanted if is_foreign(each.origin_id, connection.key)]
    if taken:
        raise Refused(
            f"Another integration has put its keys on {len(taken)} direct costs of the bridge, such as {taken[0]} with "
            f"{taken[0].origin_id}: {connection.name} stays detached until those keys are gone."
        )
    for (kind, number), wanted in keys.items():
        missing = {each: key for each, key in wanted.items() if each.origin_id != key}
        if missing:
            progress(f"giving {len(missing)} keys back in project {number}")
            found = procore.set_keys(kind, missing, number)
            outcome.count += len(found.done)
            outcome.problems += [
                found.errors.get(each.id) or f"Procore did not confirm the key of {each}."
                for each in missing
                if each.id not in found.done
            ]
    with work() as uow:
        for row in rows:
            _look_again(uow, row, there["direct_cost", row.project_id])
        for key in uow.keys.find(connection_id=connection_id):
            key.in_flight = True  # what stands there now is read before anything is sent
            uow.keys.save(key)
        if not outcome.problems:
            connection = uow.connections.get(connection_id)
            connection.detached_at = connection.keys_checked_at = None
            uow.connections.save(connection)
            _note(uow, connection, now, who, "attached to Procore again")
    return outcome


def _keys(kind: KeyKind, rows: Iterable[WriteBack], found: dict[int, Keyed]) -> dict[Keyed, str]:
    """The key that each record of ours had, by what stands there of it now."""
    if kind == "direct_cost":
        had = {row.procore_id: row.origin_id for row in rows if row.procore_id is not None}
    else:
        had = {number: key for row in rows if row.procore_id is not None for key, number in row.line_ids.items()}
    return {found[number]: key for number, key in had.items() if number in found}


def _look_again(uow: UnitOfWork, row: WriteBack, there: dict[int, Keyed]) -> None:
    """Let the next push see what became of a direct cost while nobody but people touched it."""
    if row.procore_id is not None and row.procore_id not in there:
        row.procore_id, row.written, row.line_ids = None, None, {}
    row.in_flight = row.procore_id is not None
    uow.writebacks.save(row)


# ---------------------------------------------------------------- the table of links


@dataclass(frozen=True, slots=True)
class Link:
    """A record of Procore with what it is in QuickBooks, and the key that the bridge left on it, if any."""

    kind: str
    procore_id: str
    number: str
    name: str
    quickbooks_id: str
    quickbooks_name: str
    key: str


COLUMNS = ("kind", "procore_id", "number", "name", "quickbooks_id", "quickbooks_name", "key")


def links(uow: UnitOfWork, connection: Connection) -> list[Link]:
    """Every link that the bridge knows: linked records by their kinds, then its direct costs."""
    rows = [row for row in uow.submissions.find(connection_id=connection.id, order="kind") if row.quickbooks_id]
    keys = _keys_of(uow, connection)
    found = []
    for row in rows:
        there = procore_id(row) if row.kind in KINDS_OUTWARD else row.key
        key = keys.get((row.kind, row.number if row.kind == "cost_code" else there), "")
        found.append(Link(row.kind, there, row.number, row.title, row.quickbooks_id, row.quickbooks_name, key))
    for cost in uow.writebacks.find(connection_id=connection.id):
        if cost.procore_id is not None:
            txn_id = cost.origin_id.removeprefix(beginning(connection.key)).partition(":")[0]
            stands = cost.written or cost.wanted
            number, name = (stands.invoice_number, stands.description) if stands else ("", "")
            found.append(Link("direct_cost", str(cost.procore_id), number, name, txn_id, "", cost.origin_id))
    return found


_SUBMISSIONS: dict[RecordKind, Kind] = {
    "project": "job",
    "vendor": "vendor",
    "cost_code": "cost_code",
    "purchase_order": "commitment",
    "subcontract": "commitment",
}


def _keys_of(uow: UnitOfWork, connection: Connection) -> dict[tuple[str, str], str]:
    """The keys that stand in Procore, or did until it was detached, by kind of submission and its key or code."""
    found: dict[tuple[str, str], str] = {}
    for row in uow.keys.find(connection_id=connection.id):
        place = row.name if row.kind == "cost_code" else str(row.procore_id)
        found[_SUBMISSIONS[row.kind], place] = row.written or (row.wanted if connection.detached_at else "")
    return found


def _note(uow: UnitOfWork, connection: Connection, now: dt.datetime, who: str, why: str) -> None:
    uow.history.add(History(connection.id, "connection", connection.id, now, who, "", "", why))
