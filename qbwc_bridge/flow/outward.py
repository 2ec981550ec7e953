"""Outward: jobs and vendors that were born in QuickBooks are offered to Procore, one submission each, by ListID.

A person decides whether each is made there, linked, or left out; `making` writes what was accepted. What Procore or
`map ignore` claims already is not offered.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import cached_property

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import fold, number_and_name
from qbwc_bridge.domain.procore import Project, Vendor, version
from qbwc_bridge.domain.records import KINDS_OUTWARD, Kind, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.moves import MARK_LENGTH, move, token
from qbwc_bridge.flow.offer import Offer
from qbwc_bridge.flow.procore_links import SIDES, There, taken

_JUDGED = (State.BLOCKED, State.READY, State.ACCEPTED)


class Claims:
    """What is said of QuickBooks' jobs and vendors already: by links, by offers to QuickBooks, and by `map ignore`."""

    def __init__(self, facts: Facts, offered: Iterable[Offer]) -> None:
        self.facts = facts
        self._to_quickbooks = offered

    @cached_property
    def _ignored(self) -> set[tuple[str, str]]:
        rows = self.facts.uow.mappings.find(connection_id=self.facts.connection.id, ignored=True)
        return {(row.kind, fold(row.quickbooks)) for row in rows}

    @cached_property
    def _offers(self) -> dict[tuple[str, str], Offer]:
        """Offers to QuickBooks that match or suggest a record, by kind and by its ListID or folded name."""
        found: dict[tuple[str, str], Offer] = {}
        for offer in self._to_quickbooks:
            if offer.kind in ("job", "vendor"):
                for name in filter(None, [offer.match, *map(fold, offer.suggestions)]):
                    found[offer.kind, name] = offer
        return found

    @cached_property
    def there(self) -> dict[Kind, There]:
        """Procore's projects and vendors as last read, by the kind of submission that may be one of them."""
        rows = [row.document for row in self.facts.documents.values()]
        return {
            kind: There(each for each in rows if isinstance(each, Project | Vendor) and each.kind == side.document)
            for kind, side in SIDES.items()
        }

    @cached_property
    def taken(self) -> dict[Kind, set[str]]:
        """Ids of Procore's projects and vendors that belong to a record of QuickBooks."""
        return {kind: taken(self.facts.submissions.values(), kind) for kind in KINDS_OUTWARD}

    def away(self, kind: Kind, record: ListRecord | None) -> str:
        """Why a record is nothing to offer; empty where it is."""
        left = rules.left_quickbooks(record)
        if left or record is None:
            return left or ""
        joins = SIDES[kind].joins
        holder = self.facts.holders.get((joins, record.list_id))
        if holder:
            return f"It is linked to {holder.number or holder.title} in Procore."
        return "It is ignored, as the list of mappings shows." if (joins, record.folded) in self._ignored else ""

    def wanted_by(self, kind: Kind, record: ListRecord) -> Offer | None:
        """The project or vendor of Procore that is offered to QuickBooks and will be, or may be, linked to a record."""
        joins = SIDES[kind].joins
        return self._offers.get((joins, record.list_id)) or self._offers.get((joins, record.folded))


def refresh(facts: Facts, offered: Mapping[tuple[str, str], Offer], now: dt.datetime) -> list[Submission]:
    """Offer what was born in QuickBooks and judge what was offered before; gives the submissions that are new.

    `offered` is what Procore offers to QuickBooks at present.
    """
    claims = Claims(facts, offered.values())
    born = facts.uow.lists.find(
        connection_id=facts.connection.id, kind=["customer", "vendor"], born=True, gone=False, is_active=True
    )
    fresh = []
    for record in born:
        kind: Kind = "new_project" if record.kind == "customer" else "new_vendor"
        known = (kind, record.list_id) in facts.submissions
        if known or (record.kind == "customer" and not record.parent_id):
            continue
        if not claims.away(kind, record) and not claims.wanted_by(kind, record):
            fresh.append(_new(facts, kind, record, now))
    for row in [row for row in facts.submissions.values() if row.kind in KINDS_OUTWARD]:
        _look(claims, row, now)
    return fresh


def _new(facts: Facts, kind: Kind, record: ListRecord, now: dt.datetime) -> Submission:
    row = facts.uow.submissions.add(
        Submission(
            connection_id=facts.connection.id,
            kind=kind,
            key=record.list_id,
            number="",
            title=record.name,
            version="",
            created_at=now,
            since=now,
            mark=token(MARK_LENGTH),
        )
    )
    facts.submissions[kind, record.list_id] = row
    return row


def _look(claims: Claims, row: Submission, now: dt.datetime) -> None:
    """Bring one submission up to date; what is written or being written is left alone."""
    if row.state in (State.SYNCED, State.EXPORTING):
        return
    record = claims.facts.record(SIDES[row.kind].records, row.key)
    away = claims.away(row.kind, record)
    if away or record is None:
        _put_aside(claims.facts, row, away, now)
        return
    if row.state is State.ARCHIVED and row.before_state is None:
        move(claims.facts.uow, row, State.READY, now=now, why="there is again something to decide")
    _follow(claims.facts, row, record, now)
    if row.state in _JUDGED:
        _judge(claims, row, record, now)


def _put_aside(facts: Facts, row: Submission, why: str, now: dt.datetime) -> None:
    """Archive what nobody has to decide any more; a rejected one stays so, and one that a person archived too."""
    if row.state in (State.REJECTED, State.ARCHIVED):
        return
    row.reasons, row.notes = [why], []
    if row.state is State.ACCEPTED:
        move(facts.uow, row, State.READY, now=now, why=why)
    # Without `before_state`, which an archive by a person has: it comes back by itself.
    move(facts.uow, row, State.ARCHIVED, now=now, why=why)


def _follow(facts: Facts, row: Submission, record: ListRecord, now: dt.datetime) -> None:
    """Take over what QuickBooks says now; an acceptance of something else lapses (promise 3)."""
    number, name = number_and_name(record.name) if row.kind == "new_project" else ("", record.name)
    found = version([number, name])
    if found == row.version:
        return
    before, row.version = row.version, found
    row.number, row.title = number, name
    facts.uow.submissions.save(row)
    if before and row.state in (State.ACCEPTED, State.REJECTED, State.FAILED):
        move(facts.uow, row, State.READY, now=now, why="renamed in QuickBooks; please look again")


def _judge(claims: Claims, row: Submission, record: ListRecord, now: dt.datetime) -> None:
    facts, obstacles = claims.facts, [rules.procore_not_read(claims.facts.connection.pulled_at)]
    offer = claims.wanted_by(row.kind, record)
    if offer and (offer.match or row.link_to != "new"):
        word = "will be linked to it" if offer.match else "may be this one"
        obstacles.append(f"{offer.number or offer.title} in Procore {word}: see to that {offer.kind} first.")
    elif row.link_to != "new":
        likely = claims.there[row.kind].alike(row, claims.taken[row.kind])
        obstacles.append(rules.several_in_procore(SIDES[row.kind].document, likely))
    reasons, notes = [reason for reason in obstacles if reason], [f"It stands in QuickBooks as {record.full_name}."]
    if (reasons, notes) != (row.reasons, row.notes):
        row.reasons, row.notes = reasons, notes
        facts.uow.submissions.save(row)
    if reasons and row.state is not State.BLOCKED:
        move(facts.uow, row, State.BLOCKED, now=now, why=reasons[0])
    elif not reasons and row.state is State.BLOCKED:
        move(facts.uow, row, State.READY, now=now, why="nothing stands against it")
