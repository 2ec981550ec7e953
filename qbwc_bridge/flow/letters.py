"""Who gets which letter, and putting it into the outbox of mail."""

import datetime as dt
from collections.abc import Sequence

from qbwc_bridge.domain.mail import each_once, mail_addresses
from qbwc_bridge.domain.notices import Letter, Notice, NoticeKind
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.moves import token
from qbwc_bridge.ports import UnitOfWork

MARK_LENGTH = 20
"""Random base32 characters, 100 bits: no two letters share a Message-ID."""

DAILY: tuple[NoticeKind, ...] = ("summary", "all_well")
"""At most one of these goes out on a day."""


def receivers(kit: Kit, connection: Connection, kind: NoticeKind, *, escalated: bool = False) -> list[str]:
    """Give the mail addresses of those who get a kind of letter.

    The daily one is the approver's, and the deputy's too once something waits for long. A rejection is for the office,
    which mends it in Procore. What stands still is for both.
    """
    office = mail_addresses(kit.setting(connection, "mail_to"))
    approver = mail_addresses(kit.setting(connection, "approver"))
    deputy = mail_addresses(kit.setting(connection, "deputy"))
    if kind in DAILY:
        return each_once([*(approver or office), *(deputy if escalated else [])])
    if kind == "rejected":
        return each_once(office or approver)
    return each_once([*approver, *office])


def post(
    uow: UnitOfWork,
    connection: Connection,
    kind: NoticeKind,
    key: str,
    letter: Letter,
    *,
    to: Sequence[str],
    now: dt.datetime,
    subjects: Sequence[str] = (),
    holds: bool = False,
) -> None:
    """Put a letter into the outbox; the database refuses a second one of the same key."""
    uow.notices.append(
        Notice(
            connection_id=connection.id,
            kind=kind,
            key=f"{kind} {key}",
            decided_at=now,
            letter=letter,
            receivers=list(to),
            mark=token(MARK_LENGTH),
            subjects=list(subjects),
            holds=holds,
        )
    )
