"""Review: Procore's documents and QuickBooks' lists in, submissions with states and reasons out.

Runs after every pull, every answer and every decision. It moves records between blocked, ready and accepted, and lets
an acceptance lapse when Procore changed; it never sends anything.
"""

import datetime as dt

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.procore import as_text, version
from qbwc_bridge.domain.records import BY_HAND, KINDS_IN_ORDER, Connection, Submission
from qbwc_bridge.domain.states import ON_ITS_WAY, State, TaskState
from qbwc_bridge.flow import contents, outward, standing
from qbwc_bridge.flow.changes import CHANGING
from qbwc_bridge.flow.facts import Facts
from qbwc_bridge.flow.linking import join
from qbwc_bridge.flow.moves import alive_tasks, cancel_queued, mark_of, move
from qbwc_bridge.flow.offer import Need, Offer
from qbwc_bridge.flow.offers import offers, unoffered
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.procore_links import join_made
from qbwc_bridge.ports import UnitOfWork

UPDATABLE = frozenset({"budget", "budget_change", "commitment", "change_order"})
"""Kinds whose later changes are told; lists are QuickBooks' own once linked (ACCOUNTING 4)."""

MOST_ROUNDS = 4
"""A record can wait for one that waits for one: item, order, change order; the rounds end when nothing moves."""

_NAMES = {"cost_code": "cost code", "commitment": "order"}
"""What a need is called where it is not called by its kind."""


def refresh(uow: UnitOfWork, connection: Connection, options: Options, now: dt.datetime) -> list[Submission]:
    """Bring every submission of a connection up to date; gives those that are new."""
    facts = Facts(uow, connection, options)
    common = [rules.not_visited(connection.lists_read_at), rules.multi_currency(connection.company.multi_currency)]
    fresh: list[Submission] = []
    standing.look_after(facts, now)
    offered: dict[tuple[str, str], Offer] = {}
    for _ in range(MOST_ROUNDS):
        before = {row.id: row.state for row in facts.submissions.values()}
        offered = _round(facts, common, fresh, now)
        joined = join_made(facts, now)
        if not joined and all(before.get(row.id, row.state) is row.state for row in facts.submissions.values()):
            break
    standing.look_after(facts, now)  # what was linked just now
    return fresh + outward.refresh(facts, offered, now)


def _round(
    facts: Facts, common: list[str | None], fresh: list[Submission], now: dt.datetime
) -> dict[tuple[str, str], Offer]:
    """Look at every record once; gives the offers. What moved may be what one that was looked at earlier waits for."""
    offered: dict[tuple[str, str], Offer] = {}
    for offer in offers(facts, now.astimezone(facts.options.zone).date()):
        offered[offer.kind, offer.key] = offer
        row = facts.submissions.get((offer.kind, offer.key))
        if row is None:
            row = _new(facts.uow, facts.connection, offer, now)
            facts.submissions[offer.kind, offer.key] = row
            fresh.append(row)
        if row.state is State.ARCHIVED and row.before_state is None:
            move(facts.uow, row, State.READY, now=now, why="it is offered again")
        _follow(facts, row, offer, now)
        _judge(facts, row, offer, common, now)
    for row in facts.submissions.values():
        if (row.kind, row.key) not in offered and row.kind in KINDS_IN_ORDER:
            _no_longer_offered(facts, row, now)
    return offered


def _new(uow: UnitOfWork, connection: Connection, offer: Offer, now: dt.datetime) -> Submission:
    return uow.submissions.add(
        Submission(
            connection_id=connection.id,
            kind=offer.kind,
            key=offer.key,
            number=offer.number,
            title=offer.title,
            version="",
            created_at=now,
            since=now,
            project_id=offer.project_id,
            # The same after a restore from a backup of before: what was written meanwhile is known by it.
            mark=mark_of(connection.key, offer.kind, offer.key),
        )
    )


def _follow(facts: Facts, row: Submission, offer: Offer, now: dt.datetime) -> None:
    """Take over what Procore says now; an acceptance of something else lapses (promise 3)."""
    uow = facts.uow
    found = version(offer.content)
    changed, row.version = row.version != found, found
    told = (offer.number, offer.title, offer.amount, offer.project_id)
    contract = facts.contract(row)
    known = (row.number, row.title, row.amount, row.project_id), (row.party, row.revised)
    if changed or known != (told, contract):
        row.number, row.title, row.amount, row.project_id = told
        row.party, row.revised = contract
        uow.submissions.save(row)
    if offer.contained and row.state in _MAY_BE_CONTAINED:
        _contain(facts, row, offer, now)
    elif row.state is State.SYNCED and row.kind in UPDATABLE:
        _follow_exported(uow, row, offer, now)
    elif row.update and row.state in (State.READY, State.BLOCKED) and (offer.gated or found == row.exported_version):
        why = "Procore has not released it" if offer.gated else "Procore shows again what was exported"
        row.reasons = []
        move(uow, row, State.SYNCED, now=now, why=why)
    elif not changed and not _failed_with_another(row):
        return
    elif row.state is State.ACCEPTED:
        cancel_queued(uow, row, now=now, why="changed in Procore")
        move(uow, row, State.READY, now=now, why="changed in Procore after it was accepted; please look again")
    elif row.state in (State.REJECTED, State.FAILED):
        cancel_queued(uow, row, now=now, why="changed in Procore")
        move(uow, row, State.READY, now=now, why="changed in Procore")


def _follow_exported(uow: UnitOfWork, row: Submission, offer: Offer, now: dt.datetime) -> None:
    """Offer what changed in Procore after it was exported as an update; the estimate tells of what it contains."""
    known = row.exported or not row.quickbooks_id
    if offer.contained or not known:
        if (row.exported_version, row.exported) != (row.version, as_text(offer.content)):
            row.exported_version, row.exported = row.version, as_text(offer.content)
            uow.submissions.save(row)
    elif row.version != row.exported_version and not offer.gated:
        cancel_queued(uow, row, now=now, why="changed in Procore")
        row.update, row.choice = True, ""
        move(uow, row, State.READY, now=now, why="changed in Procore after it was exported")


def _failed_with_another(row: Submission) -> bool:
    """Whether it failed while Procore changed it: what was accepted is not what would be sent again (promise 3)."""
    return row.state is State.FAILED and row.accepted_version not in ("", row.version)


_MAY_BE_CONTAINED = (State.BLOCKED, State.READY, State.ACCEPTED, State.FAILED)


def _contain(facts: Facts, row: Submission, offer: Offer, now: dt.datetime) -> None:
    """A budget change that the estimate held from the beginning is in QuickBooks already (ACCOUNTING 8)."""
    owner = facts.submissions["budget", str(row.project_id)]
    cancel_queued(facts.uow, row, now=now, why="the estimate holds it")
    facts.hold(row, owner.quickbooks_id)
    row.quickbooks_id, row.quickbooks_name = owner.quickbooks_id, owner.quickbooks_name
    row.exported_version, row.exported = row.version, as_text(offer.content)
    row.accepted_version = ""  # it was not written as a change of its own
    row.reasons, row.notes = [], []
    move(facts.uow, row, State.SYNCED, now=now, why="the estimate holds it")


def _judge(facts: Facts, row: Submission, offer: Offer, common: list[str | None], now: dt.datetime) -> None:
    """Set reasons, waits and notes, and move between blocked, ready and accepted accordingly."""
    if row.state not in (State.BLOCKED, State.READY, State.ACCEPTED):
        return
    obstacles = [reason for reason in (*common, *offer.obstacles) if reason]
    notes = [note for note in offer.notes if note]
    waits: list[str] = []
    if row.update:
        notes = _of_update(facts, row, offer, notes)
        if not row.quickbooks_id:
            obstacles.append("It was entered by hand: make the same change in QuickBooks, then mark it as done here.")
    elif offer.match:
        notes.insert(0, f"Will be linked to {offer.match_name} in QuickBooks.")
        # Several changes stand in one order or estimate; everything else stands alone.
        holder = row if row.kind in CHANGING else facts.holders.get((row.kind, offer.match), row)
        taken = rules.linked_elsewhere(offer.match_name, "" if holder is row else holder.number or holder.title)
        obstacles += [taken] if taken else []
    elif not obstacles and row.link_to != "new":
        obstacles += [reason for reason in [rules.several_matches(offer.suggestions)] if reason]
    if _direct(facts, row) and row.link_to == BY_HAND:
        notes.append("It was taken back or unlinked: direct export leaves it to a person, who accepts or links it.")
    if facts.lists_read:  # before, all that it needs is blocked for the one reason that it has itself
        for need in offer.needs:
            _judge_need(facts, need, waits, obstacles)
    if (obstacles, waits, notes) != (row.reasons, row.waits_for, row.notes):
        row.reasons, row.waits_for, row.notes = obstacles, waits, notes
        facts.uow.submissions.save(row)
    _settle(facts, row, offer, now)


def _of_update(facts: Facts, row: Submission, offer: Offer, notes: list[str]) -> list[str]:
    """Tell what changed since the export before all else."""
    told = contents.differences(row, offer.content, facts.code_names(row.project_id))
    return [*(f"Changed in Procore. {each}" for each in told), *notes]


def _judge_need(facts: Facts, need: Need, waits: list[str], obstacles: list[str]) -> None:
    kind, key = need
    other = facts.submissions.get(need)
    called = f"{_NAMES.get(kind, kind)} {(other.number or other.title) if other else key}"
    if other and other.quickbooks_id:
        record = facts.linked_record(other)
        if record and record.gone:
            obstacles.append(rules.need_gone(called))
        elif record and not record.is_active:
            obstacles.append(f"It needs {called}, which is inactive in QuickBooks: make it active there.")
        return
    if other and other.state in ON_ITS_WAY:
        waits.append(called)
    elif other is None:
        obstacles.append(
            f"It needs {called}, which Procore does not show to the bridge, or not so that it can be used."
        )
    elif other.state is State.SYNCED:
        obstacles.append(f"It needs {called}, which was done by hand: link that one to its QuickBooks record.")
    else:
        word = other.state.replace("_", " ")
        obstacles.append(f"It needs {called}, which is {word}: see to that one first.")


def _settle(facts: Facts, row: Submission, offer: Offer, now: dt.datetime) -> None:
    if row.state is State.BLOCKED and not row.reasons:
        move(facts.uow, row, State.READY, now=now, why="nothing stands against it")
    elif row.state is State.READY and row.reasons:
        move(facts.uow, row, State.BLOCKED, now=now, why=row.reasons[0])
    elif row.state is State.ACCEPTED and row.reasons and not _sent(facts, row):
        cancel_queued(facts.uow, row, now=now, why=row.reasons[0])
        move(facts.uow, row, State.BLOCKED, now=now, why=row.reasons[0])
    if row.state is State.READY and _direct(facts, row) and row.link_to != BY_HAND:
        # As with every acceptance, a task that was given up while the record was not accepted is over.
        cancel_queued(facts.uow, row, now=now, why="accepted anew")
        row.accepted_version, row.accepted_by, row.accepted_at = row.version, "direct export", now
        move(facts.uow, row, State.ACCEPTED, now=now, who="direct export", why="direct export is on for this kind")
    if row.state is State.ACCEPTED and offer.match and row.link_to != "new" and not _sent(facts, row):
        facts.hold(row, offer.match)
        join(facts.uow, row, offer.match, offer.match_name, now=now, why="it stands in QuickBooks already")


def _direct(facts: Facts, row: Submission) -> bool:
    return row.kind in facts.options.direct_export


def _sent(facts: Facts, row: Submission) -> bool:
    return any(task.state is not TaskState.QUEUED for task in alive_tasks(facts.uow, row))


def _no_longer_offered(facts: Facts, row: Submission, now: dt.datetime) -> None:
    """Keep a record that is offered no more with the reason; what rests goes to the archive until it is offered again.

    What stands in QuickBooks is left alone.
    """
    if row.state not in (State.READY, State.ACCEPTED, State.BLOCKED, State.FAILED):
        return
    reason, rests = unoffered(facts, row)
    if row.state is State.FAILED and not rests:
        return
    if row.state is not State.BLOCKED:
        cancel_queued(facts.uow, row, now=now, why=reason)
    if row.update:
        move(facts.uow, row, State.SYNCED, now=now, why=reason)
        return
    row.reasons, row.waits_for = [reason], []
    facts.uow.submissions.save(row)
    if rests and row.state is State.ACCEPTED:
        move(facts.uow, row, State.READY, now=now, why=reason)
    after = State.ARCHIVED if rests else State.BLOCKED
    if row.state is not after:
        # Without `before_state`, which an archive by a person has: it comes back by itself.
        move(facts.uow, row, after, now=now, why=reason)
