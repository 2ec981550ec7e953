import datetime as dt
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from threading import Barrier

from qbwc_bridge.domain.notices import Letter
from qbwc_bridge.errors import MailError, Refused
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.storage import Database, open_database
from qbwc_bridge.worker import mail, notice
from tests.unit.mail_office import MailOffice, Post

PROCESSES = 4


def test_of_many_processes_each_letter_is_sent_by_one(database: Database, database_url: str) -> None:
    """Processes on one database that decide and send at the same moments: each thing told once, on every database."""
    here = MailOffice(database, daily_mail_at="07:00")
    here.offer("PO-1")
    barrier = Barrier(PROCESSES)

    class Slow(Post):
        """A server that takes long enough for others to come by."""

        def send(
            self, letter: Letter, receivers: Sequence[str], *, mark: str, at: dt.datetime
        ) -> Mapping[str, MailError]:
            with suppress(Exception):
                Barrier(2).wait(0.05)
            return super().send(letter, receivers, mark=mark, at=at)

    post = Slow()
    with ExitStack() as stack, ThreadPoolExecutor(PROCESSES) as pool:
        opened = [open_database(database_url) for _ in range(PROCESSES)]
        for each in opened:
            stack.callback(each.close)
        kits = [replace(here.kit, work=each.work, mail=post) for each in opened]

        def run(kit: Kit) -> None:
            barrier.wait(10)
            for _ in range(3):
                notice(kit, here.id)
                with suppress(Refused):
                    mail(kit, here.id)

        for turn in range(4):
            here.change(brake="Look first." if turn % 2 == 0 else "", alarm="An older copy." if turn == 1 else "")
            here.clock.pass_time(hours=7)
            here.visit()
            list(pool.map(run, kits))
    mail(replace(here.kit, mail=post), here.id)
    rows = here.rows()
    assert {row.state for row in rows} == {"sent"}
    assert sorted(mark for _, _, mark in post.letters) == sorted(row.mark for row in rows)
    kinds = [row.kind for row in rows]
    assert {kind: kinds.count(kind) for kind in kinds} == {"brake": 2, "stopped": 1, "goes_again": 1, "summary": 2}
