"""Noticing: what people must be told at once, decided from stored rows and put into the outbox in one transaction.

What lasts (silence, a stop, the brake) is told once while it lasts. Rejections are told together.
"""

import datetime as dt
from collections.abc import Iterator

from qbwc_bridge.domain import paths
from qbwc_bridge.domain.notices import Letter, Mentioned, Notice, NoticeKind
from qbwc_bridge.domain.records import Connection, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.domain.wording import KINDS, moment
from qbwc_bridge.flow.company import WRONG
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.letters import post, receivers
from qbwc_bridge.flow.views import silence
from qbwc_bridge.ports import UnitOfWork

AGAIN_AFTER = dt.timedelta(hours=6)
"""A stop or brake that comes and goes, as where two companies take turns, is told at most so often. Silence needs no
such limit: SILENCE_ALARM_HOURS is one."""

PAUSE = dt.timedelta(minutes=2)
"""A person who rejects one record after another has finished once nothing came for so long."""

LONGEST_PAUSE = dt.timedelta(minutes=15)
"""Even so the first rejection is told after this."""

REJECTIONS_OF = dt.timedelta(days=7)
"""A rejection that was not told for so long, because nobody was there to get mail, is history."""

MOST_MAILS = 2000
"""Letters about rejections that a week can have: one every two minutes of five days of twelve hours."""

MOST_NAMED = 10
"""Records named in one letter: a page of a mail."""

UNTIL_THEN = (
    "Until it calls, nothing goes to QuickBooks and no cost comes from there. Nothing is lost. A mail follows when it "
    "calls again."
)
ONE_REJECTED = "It stays where it is until it is mended: a record that changes is offered again by itself."
SEVERAL_REJECTED = "They stay where they are until they are mended: a record that changes is offered again by itself."


def notice(uow: UnitOfWork, kit: Kit, connection: Connection, now: dt.datetime) -> None:
    """Put into the outbox what must be told now; nothing is put there twice, however often this runs."""
    begun = {row.kind: row for row in uow.notices.find(connection_id=connection.id, holds=True)}
    for kind, told in _lasting(kit, connection, now):
        _look_at(uow, kit, connection, now, kind=kind, told=told, begun=begun.get(kind))
    _rejections(uow, kit, connection, now)


# ---------------------------------------------------------------- what lasts


def _lasting(kit: Kit, connection: Connection, now: dt.datetime) -> Iterator[tuple[NoticeKind, str]]:
    """What may last, with a sentence where it does."""
    yield "silence", silence(kit, connection, now)
    yield "stopped", connection.alarm
    yield "brake", connection.brake


def _look_at(
    uow: UnitOfWork,
    kit: Kit,
    connection: Connection,
    now: dt.datetime,
    *,
    kind: NoticeKind,
    told: str,
    begun: Notice | None,
) -> None:
    """Tell of one thing that may last: `told` says that it does, `begun` is the letter that told of it."""
    # Another company than before is news. The brake's figures change with each push, and are none.
    same = begun is not None and (kind != "stopped" or begun.subjects == [told])
    if begun and not told:
        _end(uow, kit, connection, begun, now)
    elif told and not same and (kind == "silence" or not _told_lately(uow, connection, kind, now)):
        to = receivers(kit, connection, kind)
        if not to:
            return
        if begun:
            begun.holds = False
            uow.notices.save(begun)
        letter = _LETTERS[kind](kit, connection, told)
        post(uow, connection, kind, now.isoformat(), letter, to=to, now=now, subjects=[told], holds=True)


def _told_lately(uow: UnitOfWork, connection: Connection, kind: NoticeKind, now: dt.datetime) -> bool:
    last = uow.notices.find(connection_id=connection.id, kind=kind, order="-decided_at", limit=1)
    return bool(last) and last[0].state != "dropped" and now - last[0].decided_at < AGAIN_AFTER


def _end(uow: UnitOfWork, kit: Kit, connection: Connection, begun: Notice, now: dt.datetime) -> None:
    """End what lasted: nobody needs an alarm any more that could not be sent, nor its end."""
    begun.holds = False
    unsent = begun.sent_at is None and begun.state in {"waiting", "given_up"}
    if unsent and begun.state == "waiting":
        begun.state = "dropped"
    uow.notices.save(begun)
    to = receivers(kit, connection, begun.kind)
    if unsent or not to or begun.kind == "brake":  # whoever released the brake knows
        return
    if begun.kind == "silence":
        post(uow, connection, "calls_again", now.isoformat(), _calls_again(kit, connection), to=to, now=now)
    else:
        letter = _goes_again(connection, begun)
        post(uow, connection, "goes_again", now.isoformat(), letter, to=to, now=now)


def _silence(kit: Kit, connection: Connection, told: str) -> Letter:
    last = connection.last_contact
    since = f" since {moment(last.astimezone(kit.options(connection).zone))}" if last else ""
    return Letter(
        subject=f"{connection.name}: the Web Connector has not called{since}",
        opening=(told, UNTIL_THEN),
        path=paths.overview(connection.name),
        button="Open the overview",
        urgent=True,
    )


def _calls_again(kit: Kit, connection: Connection) -> Letter:
    last = connection.last_contact
    called = f" on {moment(last.astimezone(kit.options(connection).zone))}" if last else ""
    return Letter(
        subject=f"{connection.name}: the Web Connector calls again",
        opening=(f"It called{called}. What was accepted meanwhile goes to QuickBooks with its visits.",),
        path=paths.overview(connection.name),
        button="Open the overview",
    )


def _stopped(_kit: Kit, connection: Connection, told: str) -> Letter:
    what = "another QuickBooks company is open" if told.startswith(WRONG) else "nothing is written to QuickBooks"
    return Letter(
        subject=f"{connection.name}: {what}",
        opening=(told, "A mail follows when that is over."),
        path=paths.overview(connection.name),
        button="Open the overview",
        urgent=True,
    )


def _goes_again(connection: Connection, begun: Notice) -> Letter:
    return Letter(
        subject=f"{connection.name}: QuickBooks is written again",
        opening=("What stopped it is over. It was:", *begun.subjects),
        path=paths.overview(connection.name),
        button="Open the overview",
    )


def _brake(_kit: Kit, connection: Connection, told: str) -> Letter:
    return Letter(
        subject=f"{connection.name}: nothing is written to Procore until somebody confirms",
        opening=(told, "Look at the proof of job cost, and at what changed in QuickBooks, before somebody confirms."),
        path=paths.reconciliation(connection.name),
        button="Open the reconciliation",
        urgent=True,
    )


_LETTERS = {"silence": _silence, "stopped": _stopped, "brake": _brake}


# ---------------------------------------------------------------- rejections


def _rejections(uow: UnitOfWork, kit: Kit, connection: Connection, now: dt.datetime) -> None:
    rows = uow.submissions.find(connection_id=connection.id, state=State.REJECTED)
    fresh = {_subject(row): row for row in rows if now - row.since < REJECTIONS_OF}
    if not fresh:
        return
    for told in uow.notices.find(connection_id=connection.id, kind="rejected", order="-decided_at", limit=MOST_MAILS):
        if now - told.decided_at > REJECTIONS_OF:
            break
        fresh = {subject: row for subject, row in fresh.items() if subject not in told.subjects}
    to = receivers(kit, connection, "rejected")
    if not fresh or not to:
        return
    since = [row.since for row in fresh.values()]
    if now - max(since) < PAUSE and now - min(since) < LONGEST_PAUSE:
        return
    letter = _rejected(uow, connection, list(fresh.values()))
    post(uow, connection, "rejected", now.isoformat(), letter, to=to, now=now, subjects=list(fresh))


def _subject(row: Submission) -> str:
    """Which rejection of which record: one that is rejected once more is told once more."""
    return f"{row.id} {row.since.isoformat()}"


def _rejected(uow: UnitOfWork, connection: Connection, rows: list[Submission]) -> Letter:
    rows.sort(key=lambda row: row.since)
    one = len(rows) == 1
    first = f"{KINDS[rows[0].kind][0]} {rows[0].number or rows[0].title}"
    what = f"{first} was rejected" if one else f"{len(rows)} records were rejected"
    named = rows[:MOST_NAMED]
    return Letter(
        subject=f"{connection.name}: {what}",
        opening=(ONE_REJECTED if one else SEVERAL_REJECTED,),
        path=paths.submissions(connection.name, state=State.REJECTED.value),
        button="Open what was rejected",
        records=tuple(
            Mentioned(
                title=" ".join(part for part in (KINDS[row.kind][0], row.number, row.title) if part),
                path=paths.record(connection.name, row.id),
                told=f"{_who(uow, row)}: {row.comment}",
                amount=row.amount,
            )
            for row in named
        ),
        left_out=len(rows) - len(named),
    )


def _who(uow: UnitOfWork, row: Submission) -> str:
    moves = uow.history.find(subject="submission", subject_id=row.id, order="-id", limit=MOST_NAMED)
    return next((move.who for move in moves if move.after == State.REJECTED), "Somebody")
