"""Mailing: the outbox of mail goes to the mail server, letter by letter, and what became of each is kept.

A letter is marked before it is handed over and again after the answer. Where the answer is lost, by a crash or a cut
connection, SMTP has no way to ask: the letter goes again, under the same Message-ID.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from qbwc_bridge.domain.notices import Notice
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.wording import moment
from qbwc_bridge.errors import MailError, MailUnreachable
from qbwc_bridge.logs import without_values
from qbwc_bridge.ports import Clock, Mail, OpenWork, UnitOfWork, UpTo

log = logging.getLogger("qbwc_bridge.mail")

WAITS_MINUTES = (1, 5, 15, 60, 240)
"""After each failure a longer wait, the last one again and again: a server that is started anew, one that asks unknown
senders to come again (greylisting), one that somebody must mend."""

GIVE_UP_AFTER = dt.timedelta(days=3)
"""A letter that could not go for so long would tell of a world that is no more."""

TOLD_FROM = 2
"""Failures after which a person is told: the first one is often a server that asks to come again."""

ON_ITS_WAY = ("waiting", "sending")


def anything_due(uow: UnitOfWork, connection: Connection, now: dt.datetime) -> bool:
    """Whether a letter of a connection may be tried now."""
    return uow.notices.has(connection_id=connection.id, state=ON_ITS_WAY, not_before=UpTo(now))


def send(work_here: OpenWork, mail: Mail, connection_id: int, clock: Clock) -> int:
    """Send every letter whose time has come, oldest first; gives how many went to somebody.

    Whoever calls holds the lease of this station. Raises MailUnreachable once the server cannot be had: what is left
    stays in the outbox. A letter that fails otherwise does not stop the others.
    """
    with work_here() as uow:
        found = uow.notices.find(connection_id=connection_id, state=ON_ITS_WAY, not_before=UpTo(clock.now()))
    sent = 0
    for each in found:
        with work_here() as uow:
            notice = uow.notices.get(each.id)
            if not _begin(uow, notice, clock.now()):
                continue
        try:
            refused = mail.send(notice.letter, notice.receivers, mark=notice.mark, at=clock.now())
        except MailError as problem:
            _keep_failure(work_here, notice.id, problem)
            if isinstance(problem, MailUnreachable):
                raise
        except Exception as fault:  # noqa: BLE001 - one letter that cannot be written must not stop the others
            log.error("a letter could not be written: %s", without_values(fault))  # noqa: TRY400 - no values in it
            _keep_failure(work_here, notice.id, MailError("The bridge met a fault of its own; its log says where."))
        else:
            sent += len(refused) < len(notice.receivers)
            with work_here() as uow:
                _keep_answer(uow, uow.notices.get(notice.id), refused, clock.now())
    return sent


def hurry(uow: UnitOfWork, connection: Connection) -> int:
    """Let what waits for its next try go at once, as after the server was mended; gives how many letters wait."""
    found = uow.notices.find(connection_id=connection.id, state="waiting")
    for notice in found:
        notice.not_before = None
        uow.notices.save(notice)
    return len(found)


def trouble(uow: UnitOfWork, connection: Connection, zone: ZoneInfo) -> str:
    """Say what is wrong with a connection's mail, empty where nothing is: letters that wait, or the last one."""
    waiting = uow.notices.find(connection_id=connection.id, state=ON_ITS_WAY)
    last = uow.notices.find(connection_id=connection.id, state=["sent", "given_up"], order="-id", limit=1)
    return trouble_of(waiting, last[0] if last else None, zone)


def trouble_of(waiting: Iterable[Notice], last: Notice | None, zone: ZoneInfo) -> str:
    """Say the same of letters that are on their way and the last one that is not."""
    stuck = [each for each in waiting if each.attempts >= TOLD_FROM and each.message]
    if stuck:
        since = moment(stuck[0].decided_at.astimezone(zone))
        return f"Mail waits to be sent since {since}: {stuck[-1].message}"
    if last is None or not last.message:
        return ""
    nobody = last.state == "given_up"
    return f"The last mail reached {'nobody' if nobody else 'not everybody'}: {last.message}"


def _begin(uow: UnitOfWork, notice: Notice, now: dt.datetime) -> bool:
    """Mark a letter as handed over; False where it is out of date, or somebody else dealt with it."""
    if notice.state not in ON_ITS_WAY:
        return False
    if now - notice.decided_at > GIVE_UP_AFTER:
        notice.state = "sent" if notice.sent_at else "given_up"
        notice.message = notice.message or "The bridge was not running while it was fresh."
        uow.notices.save(notice)
        log.warning("mail given up, %s: %s", notice.key, notice.message)
        return False
    if notice.state == "sending":
        log.warning("mail sent again, because the answer to it was lost: %s", notice.key)
    notice.state = "sending"
    notice.attempts += 1
    wait = WAITS_MINUTES[min(notice.attempts, len(WAITS_MINUTES)) - 1]
    notice.not_before = now + dt.timedelta(minutes=wait)
    uow.notices.save(notice)
    return True


def _keep_failure(work_here: OpenWork, notice_id: int, problem: MailError) -> None:
    if not isinstance(problem, MailUnreachable):  # that one is raised, and told by whoever asked for it
        log.warning("mail could not be sent: %s", problem)
    with work_here() as uow:
        notice = uow.notices.get(notice_id)
        notice.state, notice.message = "waiting", str(problem)
        uow.notices.save(notice)


def _keep_answer(uow: UnitOfWork, notice: Notice, refused: Mapping[str, MailError], now: dt.datetime) -> None:
    """Keep who got it: those refused for now get it later, those refused for good never."""
    if len(refused) < len(notice.receivers):
        notice.sent_at = now
        log.info("mail sent: %s", notice.key)
    notice.receivers = [each for each in notice.receivers if each in refused and refused[each].passing]
    lost = [str(problem) for problem in refused.values() if not problem.passing]
    waits = [str(problem) for problem in refused.values() if problem.passing]
    notice.lost += lost
    notice.message = " ".join([*notice.lost, *waits])
    notice.state = "waiting" if notice.receivers else "sent" if notice.sent_at else "given_up"
    uow.notices.save(notice)
    for sentence in (*lost, *waits):
        log.warning("mail: %s", sentence)
