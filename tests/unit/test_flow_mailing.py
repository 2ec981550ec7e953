"""The outbox of mail: nothing lost, nothing sent twice that can be known, nothing in the way of other letters."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from qbwc_bridge.domain.notices import Letter
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import MailError, MailUnreachable, Refused
from qbwc_bridge.flow import mailing, noticing, summing_up
from qbwc_bridge.flow.leases import MAIL, take
from qbwc_bridge.flow.mailing import WAITS_MINUTES
from qbwc_bridge.flow.views import look
from qbwc_bridge.worker import LEASE_SECONDS, mail, notice
from tests.unit.mail_office import ANN, BEN, OFFICE, MailOffice, Post, mail_office

AWAY = MailUnreachable("The mail server mail.example.com:25 does not take connections.")
LATER = MailError("It says: come again later.", passing=True)
NEVER = MailError("It knows nobody of that name.")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[MailOffice]:
    """An office whose brake holds: one letter is due."""
    with mail_office(tmp_path, daily_mail_at="never", approver=ANN) as made:
        made.change(brake="Look first.")
        yield made


def try_to_mail(here: MailOffice) -> None:
    """Let the clockwork try once, whatever comes of it."""
    notice(here.kit, here.id)
    with suppress(MailError):
        mail(here.kit, here.id)


def trouble(here: MailOffice) -> str:
    """What page and status say of mail."""
    with here.unit() as uow:
        return look(here.kit, uow, uow.connections.get(here.id), here.clock.now()).unsent


class KilledError(BaseException):
    """The process dies here."""


class Deadly(Post):
    """A mail server during whose answer the process dies, once."""

    dies = True

    def send(self, letter: Letter, receivers: Sequence[str], *, mark: str, at: dt.datetime) -> Mapping[str, MailError]:
        """Take the letter, and let the process die before it can note that."""
        answer = super().send(letter, receivers, mark=mark, at=at)
        if self.dies:
            self.dies = False
            raise KilledError
        return answer


def test_a_crash_between_deciding_and_sending_loses_nothing(here: MailOffice) -> None:
    """What was decided is in the database, and the next process sends it, once."""
    notice(here.kit, here.id)
    assert [row.state for row in here.rows()] == ["waiting"]
    here.post = Post()
    here.kit = replace(here.kit, mail=here.post)
    here.tick()
    here.tick()
    assert len(here.post.letters) == 1


def test_a_crash_while_deciding_decides_nothing(here: MailOffice) -> None:
    """The letter and the knowledge that it was decided are kept together or not at all."""

    def decide_and_die() -> None:
        with here.unit() as uow:
            connection = uow.connections.get(here.id)
            summing_up.sum_up(uow, here.kit, connection, here.clock.now())
            noticing.notice(uow, here.kit, connection, here.clock.now())
            assert uow.notices.count() == 2
            raise KilledError

    here.set(daily_mail_at="07:00")
    with pytest.raises(KilledError):
        decide_and_die()
    assert here.rows() == []
    assert here.connection().summed_up_on is None
    here.set(daily_mail_at="never")
    here.tick()
    assert len(here.post.letters) == 1


def test_a_lost_answer_is_the_one_case_of_a_second_mail(here: MailOffice) -> None:
    """After a crash at that very moment the letter goes again, with the same mark, and then never more."""
    deadly = Deadly()
    here.kit = replace(here.kit, mail=deadly)
    notice(here.kit, here.id)
    with pytest.raises(KilledError):
        mail(here.kit, here.id)
    assert [row.state for row in here.rows()] == ["sending"]
    assert mail(here.kit, here.id) == 0
    for _ in range(5):
        here.clock.pass_time(minutes=20)
        mail(here.kit, here.id)
    assert len(deadly.letters) == 2
    assert deadly.letters[0][2] == deadly.letters[1][2]
    assert [row.state for row in here.rows()] == ["sent"]


def test_a_server_that_is_away_is_tried_again_with_growing_waits(here: MailOffice) -> None:
    """After a minute, five, a quarter of an hour, an hour, four hours; from the second time on it is said."""
    here.post.troubles = [AWAY] * 6
    tried = []
    for minute in range(8 * 60):
        left = len(here.post.troubles)
        try_to_mail(here)
        if len(here.post.troubles) < left:
            tried.append(minute)
            assert bool(trouble(here)) == (len(tried) > 1)
        here.clock.pass_time(minutes=1)
        here.visit()
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert waits == list(WAITS_MINUTES)[: len(waits)]
    assert len(waits) == len(WAITS_MINUTES)
    assert trouble(here) == f"Mail waits to be sent since Tue 10 Mar, 7:00 AM: {AWAY}"
    here.post.troubles = []
    here.wait(hours=5)
    assert len(here.post.letters) == 1
    assert trouble(here) == ""


def test_after_three_days_it_is_given_up_and_said(here: MailOffice) -> None:
    """Old news is no news; a later letter that arrives ends the trouble."""
    here.post.troubles = [AWAY] * 200
    for _ in range(3 * 24 + 6):
        here.clock.pass_time(hours=1)
        here.visit()
        try_to_mail(here)
    assert [row.state for row in here.rows()] == ["given_up"]
    assert trouble(here) == f"The last mail reached nobody: {AWAY}"
    here.post.troubles = []
    here.change(brake="")
    here.wait(hours=1)
    here.change(brake="Once more.")
    here.wait(hours=1)
    assert (len(here.post.letters), trouble(here)) == (1, "")


def test_one_receiver_who_is_refused_does_not_keep_it_from_others(here: MailOffice) -> None:
    """Who is unknown is told of and not tried again; who shall come later gets it later, and nobody gets it twice."""
    here.set(approver=f"{ANN},{BEN}")
    here.post.troubles = [{ANN: NEVER, BEN: LATER}]
    here.tick()
    assert [receivers for _, receivers, _ in here.post.letters] == [[OFFICE]]
    here.wait(minutes=2)
    assert [receivers for _, receivers, _ in here.post.letters] == [[OFFICE], [BEN]]
    (row,) = here.rows()
    assert (row.state, row.receivers, row.message) == ("sent", [], str(NEVER))
    assert trouble(here) == f"The last mail reached not everybody: {NEVER}"
    here.wait(days=1)
    assert len(here.post.letters) == 2


def test_when_everybody_is_refused_for_good_it_is_said(here: MailOffice) -> None:
    """Nobody got it, and nobody is asked again."""
    here.post.troubles = [{ANN: NEVER, OFFICE: NEVER}]
    here.tick()
    here.wait(hours=1)
    assert here.post.letters == []
    assert [row.state for row in here.rows()] == ["given_up"]
    assert trouble(here).startswith("The last mail reached nobody: ")


def test_a_letter_that_cannot_be_written_does_not_stop_the_next(here: MailOffice) -> None:
    """A fault of ours with one letter is kept with it, without its words; the others go."""
    here.change(alarm="The file is an older copy.")
    here.post.troubles = [KeyError("a name"), {}]
    here.tick()
    assert [row.state for row in here.rows()] == ["waiting", "sent"]
    assert "fault of its own" in here.rows()[0].message
    here.wait(minutes=2)
    assert len(here.post.letters) == 2


def test_a_refused_letter_does_not_stop_the_next_but_a_server_away_does(here: MailOffice) -> None:
    """Content that is refused concerns one letter, a silent server all."""
    here.change(alarm="The file is an older copy.")
    here.post.troubles = [MailError("It refuses the mail (554 unwanted).")]
    here.tick()
    assert [row.state for row in here.rows()] == ["waiting", "sent"]
    here.post.troubles = [AWAY, {}]
    here.move(here.offer("PO-1"), State.REJECTED, comment="No")
    here.clock.pass_time(minutes=5)
    here.visit()
    try_to_mail(here)
    assert len(here.post.troubles) == 1
    assert [row.attempts for row in here.rows()] == [2, 1, 0]


def test_what_waits_goes_at_once_after_the_server_was_mended(here: MailOffice) -> None:
    """`mail test` hurries it; what is on its way is left alone."""
    here.post.troubles = [AWAY] * 4
    for _ in range(40):
        here.clock.pass_time(minutes=1)
        here.visit()
        try_to_mail(here)
    assert here.post.letters == []
    here.post.troubles = []
    assert mail(here.kit, here.id) == 0
    with here.unit() as uow:
        assert mailing.hurry(uow, uow.connections.get(here.id)) == 1
    assert mail(here.kit, here.id) == 1


def test_another_process_that_sends_is_left_alone(here: MailOffice) -> None:
    """While somebody holds the lease nothing is sent; one who lost it stores nothing more."""
    notice(here.kit, here.id)
    with here.unit() as uow:
        assert take(uow, here.id, MAIL, "other", here.clock.now(), LEASE_SECONDS)
    assert mail(here.kit, here.id) == 0
    here.clock.pass_time(seconds=LEASE_SECONDS + 1)
    assert mail(here.kit, here.id) == 1


def test_a_process_that_stood_still_writes_nothing_over(here: MailOffice) -> None:
    """It comes back after its lease went to another, who sent the letter again: the row is the other's."""
    notice(here.kit, here.id)

    class Slow(Post):
        def send(
            self, letter: Letter, receivers: Sequence[str], *, mark: str, at: dt.datetime
        ) -> Mapping[str, MailError]:
            here.clock.pass_time(seconds=LEASE_SECONDS + 1)
            with here.unit() as uow:
                assert take(uow, here.id, MAIL, "other", here.clock.now(), LEASE_SECONDS)
            return super().send(letter, receivers, mark=mark, at=at)

    with pytest.raises(Refused, match="under way already"):
        mail(replace(here.kit, mail=Slow()), here.id)
    assert [row.state for row in here.rows()] == ["sending"]


def test_without_a_mail_server_nothing_is_sent(here: MailOffice) -> None:
    """No server is no trouble."""
    here.kit = replace(here.kit, mail=None)
    notice(here.kit, here.id)
    assert mail(here.kit, here.id) == 0
    assert trouble(here) == ""
