"""Keys: the QuickBooks ids of linked projects, vendors, codes and commitments, in Procore's `origin_id` fields.

Only where WRITE_KEYS_TO_PROCORE is true. `plan` compares what shall stand there with what we know stands there; `write`
carries the difference out, with network calls between short transactions. What Procore has is read before anything is
sent: a lost answer is found so, and a key of somebody else is never written over.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from qbwc_bridge.domain.books import ProcoreKey
from qbwc_bridge.domain.keys import WORDS, Keyed, RecordKind, is_foreign, record_key
from qbwc_bridge.domain.procore import Commitment, CostCode
from qbwc_bridge.domain.records import Connection, Submission
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.flow.key_owners import There, others
from qbwc_bridge.flow.options import Options
from qbwc_bridge.ports import OpenWork, Procore, UnitOfWork

Progress = Callable[[str], None]

AGAIN_AFTER = dt.timedelta(days=1)
"""A refusal is looked at again after so long: somebody may have mended it, and each look costs calls."""

_OF_THE_MOMENT = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)

_KINDS: Mapping[str, RecordKind] = {"job": "project", "vendor": "vendor"}


@dataclass(slots=True)
class Written:
    """How many keys were written, changed or taken away, and a sentence for each that was not, told once."""

    count: int = 0
    problems: list[str] = field(default_factory=list)


def plan(uow: UnitOfWork, connection: Connection, options: Options) -> list[ProcoreKey]:
    """Bring what shall stand in Procore in line with the links; gives every row."""
    rows = {(row.kind, row.procore_id): row for row in uow.keys.find(connection_id=connection.id)}
    shall = _wanted(uow, connection, rows.values()) if options.write_keys else []
    for each in shall:
        row = rows.get((each.kind, each.procore_id))
        if row is None:
            rows[each.kind, each.procore_id] = uow.keys.add(each)
        elif (row.wanted, row.name) != (each.wanted, each.name):
            if row.wanted != each.wanted:
                row.message, row.tried_at = "", None
            row.wanted, row.name = each.wanted, each.name
            uow.keys.save(row)
    for place in rows.keys() - {(each.kind, each.procore_id) for each in shall}:
        if rows[place].wanted:
            rows[place].wanted, rows[place].message, rows[place].tried_at = "", "", None
            uow.keys.save(rows[place])
    return list(rows.values())


def write(
    work: OpenWork,
    procore: Procore,
    connection_id: int,
    options: Options,
    *,
    now: dt.datetime,
    progress: Progress,
    again: bool = False,
) -> Written:
    """Write the keys that are missing and take away those that shall not stand there.

    `again` tries what was refused before, which otherwise waits for a day.
    """
    outcome = Written()
    with work() as uow:
        connection = uow.connections.get(connection_id)
        rows = [row for row in plan(uow, connection, options) if not row.settled]
        if connection.keys_refused and not options.write_keys:
            connection.keys_refused = ""
            uow.connections.save(connection)
    due = [row for row in rows if again or row.tried_at is None or now - row.tried_at >= AGAIN_AFTER]
    if not due:
        return outcome
    there = There(procore)
    try:
        if any(row.wanted for row in due) and not _ours_alone(work, there, connection, now, outcome, again=again):
            due = [row for row in due if not row.wanted]
    except ProcoreError as problem:
        outcome.problems.append(str(problem))
        return outcome
    if due:
        progress("writing keys")
    writer = _Writer(work, there, connection.key, now, outcome)
    groups: dict[tuple[RecordKind, int], list[ProcoreKey]] = defaultdict(list)
    for row in due:
        groups[row.kind, row.project_id].append(row)
    # A key stands on one record only: all that shall go goes before any other record gets it.
    for setting in (False, True):
        for (kind, project_id), some in groups.items():
            writer.carry_out(kind, project_id, some, setting=setting)
    return outcome


def _ours_alone(
    work: OpenWork, there: There, connection: Connection, now: dt.datetime, outcome: Written, *, again: bool
) -> bool:
    """Whether no other integration owns keys in this company; looked up where it is not known of today."""
    checked = connection.keys_checked_at
    if checked is not None and now - checked < AGAIN_AFTER and not (again and connection.keys_refused):
        return not connection.keys_refused
    with work() as uow:
        choices = uow.projects.find(connection_id=connection.id)
    try:
        refused = others(there, connection.key, choices)
    except ProcoreError as problem:
        if problem.is_outage or problem.status in _OF_THE_MOMENT:
            raise
        refused = f"No key is written, because not all keys of others can be seen. {problem}"
    with work() as uow:
        row = uow.connections.get(connection.id)
        if refused and refused != row.keys_refused:
            outcome.problems.append(refused)
        row.keys_refused, row.keys_checked_at = refused, now
        uow.connections.save(row)
    return not refused


@dataclass(slots=True)
class _Writer:
    """Brings the keys of one kind in one place in line with what shall stand there."""

    work: OpenWork
    there: There
    key: str
    now: dt.datetime
    outcome: Written
    stopped: set[tuple[RecordKind, int]] = field(default_factory=set)

    def carry_out(self, kind: RecordKind, project_id: int, rows: list[ProcoreKey], *, setting: bool) -> None:
        """Take away, or set; what Procore refuses for a whole place is told once and stops no other."""
        if (kind, project_id) in self.stopped:
            return
        try:
            self._step(kind, project_id, rows, setting=setting)
        except ProcoreError as problem:
            self.stopped.add((kind, project_id))
            if problem.is_outage:
                self.outcome.problems.append(str(problem))
                return
            new = [row for row in rows if row.message != str(problem)]
            for row in rows:
                row.message, row.tried_at = str(problem), self.now
            self._store(rows)
            if new:
                self.outcome.problems.append(str(problem))

    def _step(self, kind: RecordKind, project_id: int, rows: list[ProcoreKey], *, setting: bool) -> None:
        there = self.there.of(kind, project_id)
        send: dict[Keyed, ProcoreKey] = {}
        touched: list[ProcoreKey] = []
        for row in rows:
            if row.settled or (setting and not row.wanted):
                continue
            found = there.get(row.procore_id)
            told = self._as_it_stands(row, found)
            if told or found is None or row.settled:
                self._tell(row, told)
            elif setting or found.origin_id:
                send[found], row.in_flight = row, True
            touched.append(row)
        self._store(touched)
        if send:
            self._send(kind, project_id, {found: (row, row.wanted if setting else "") for found, row in send.items()})

    def _send(self, kind: RecordKind, project_id: int, keys: Mapping[Keyed, tuple[ProcoreKey, str]]) -> None:
        outcome = self.there.procore.set_keys(kind, {found: key for found, (_, key) in keys.items()}, project_id)
        self.there.known.pop((kind, project_id), None)
        for found, (row, key) in keys.items():
            if found.id in outcome.done:
                row.written, row.in_flight = key, False
                self._tell(row, "")
                self.outcome.count += 1 if row.settled else 0
            elif found.id in outcome.errors:
                row.written, row.in_flight = found.origin_id, False
                self._tell(row, outcome.errors[found.id])
        self._store([row for row, _ in keys.values()])

    def _as_it_stands(self, row: ProcoreKey, found: Keyed | None) -> str:
        """Take in what stands there; gives why nothing is written, if so."""
        if found is None:
            if row.wanted:
                return f"Procore does not show {WORDS[row.kind]} {row.name} any more, so it gets no key."
            row.written, row.in_flight = "", False  # what is gone carries nothing
            return ""
        if is_foreign(found.origin_id, self.key):
            if row.wanted:
                return f"Another integration's key {found.origin_id} stands on {found}, so it stays there."
            row.written, row.in_flight = "", False  # not ours any more, so not ours to take away
            return ""
        row.written, row.in_flight = found.origin_id, False
        return ""

    def _tell(self, row: ProcoreKey, message: str) -> None:
        """Keep why a record has not the key that it shall have; told when it is new."""
        if message and message != row.message:
            self.outcome.problems.append(message)
        row.message, row.tried_at = message, self.now if message else None

    def _store(self, rows: Iterable[ProcoreKey]) -> None:
        kept = list(rows)
        if not kept:
            return
        with self.work() as uow:
            for row in kept:
                uow.keys.save(row)


# ---------------------------------------------------------------- what shall stand in Procore


def _wanted(uow: UnitOfWork, connection: Connection, known: Collection[ProcoreKey]) -> list[ProcoreKey]:
    """Every linked record that has a place for a key; of two linked to one record of QuickBooks the first has it."""
    linked = uow.submissions.find(connection_id=connection.id, kind=["job", "vendor", "cost_code", "commitment"])
    linked = [row for row in linked if row.quickbooks_id]
    codes = _codes(uow, connection)
    contracts = _contracts(uow, connection, linked, known)
    found: dict[tuple[RecordKind, int], ProcoreKey] = {}
    taken: set[tuple[RecordKind, str]] = set()
    for row in linked:
        kind, ids = _place(row, codes, contracts)
        wanted = record_key(connection.key, row.quickbooks_id)
        # Where several lists have the same code, no one of them is the code that QuickBooks has.
        if kind is None or len(ids) != 1 or (kind, wanted) in taken:
            continue
        taken.add((kind, wanted))
        project_id = row.project_id if row.kind == "commitment" else 0
        name = row.number or row.title
        found[kind, ids[0]] = ProcoreKey(connection.id, kind, ids[0], project_id, name, wanted)
    return list(found.values())


def _place(
    row: Submission, codes: Mapping[str, list[int]], contracts: Mapping[str, RecordKind]
) -> tuple[RecordKind | None, list[int]]:
    """The kind of Procore's records that a submission is of, and their ids."""
    if row.kind == "cost_code":
        return "cost_code", codes.get(row.key, [])
    kind = contracts.get(row.key) if row.kind == "commitment" else _KINDS[row.kind]
    return kind, [int(row.key)]


def _codes(uow: UnitOfWork, connection: Connection) -> Mapping[str, list[int]]:
    """Ids of standard cost codes by code; a code of one project alone, and one with its type, has no such place."""
    found: dict[str, list[int]] = defaultdict(list)
    for row in uow.documents.find(connection_id=connection.id, kind="cost_code", gone=False):
        if isinstance(row.document, CostCode):
            found[row.document.full_code].append(row.document.id)
    return found


def _contracts(
    uow: UnitOfWork, connection: Connection, linked: Iterable[Submission], known: Iterable[ProcoreKey]
) -> Mapping[str, RecordKind]:
    """Whether each linked commitment is a purchase order or a subcontract, by its id; asked once of each."""
    found: dict[str, RecordKind] = {str(row.procore_id): row.kind for row in known if row.project_id}
    asked = [row.key for row in linked if row.kind == "commitment" and row.key not in found]
    for row in uow.documents.find(connection_id=connection.id, kind="commitment", key=asked) if asked else ():
        if isinstance(row.document, Commitment):
            found[row.key] = "subcontract" if row.document.subcontract else "purchase_order"
    return found
