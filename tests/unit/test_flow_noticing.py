"""What people are told at once: once while it lasts, together where it is much, and never what is over."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import MailUnreachable
from qbwc_bridge.flow.company import UNCONFIRMED, WRONG
from qbwc_bridge.flow.noticing import MOST_NAMED
from qbwc_bridge.worker import mail, notice
from tests.unit.mail_office import ANN, BEN, OFFICE, MailOffice, mail_office

OTHER = f"{WRONG} is open: Harbor View Inc, expected Bluestone Development LLC. Nothing is read or written."
BRAKE = "This run would lower the cost of 24-001 by {} in Procore. Nothing was written: look."


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[MailOffice]:
    """An office without the daily mail."""
    with mail_office(tmp_path, daily_mail_at="never", approver=ANN, deputy=BEN) as made:
        yield made


def test_silence_is_told_once_and_so_is_its_end(here: MailOffice) -> None:
    """After SILENCE_ALARM_HOURS, to approver and office, not again in days of silence, and again in the next one."""
    here.clock.pass_time(hours=3, minutes=50)
    here.tick()
    assert here.post.letters == []
    for _ in range(80):
        here.clock.pass_time(hours=1)
        here.tick()
    ((letter, receivers, _),) = here.post.letters
    assert letter.subject == "Bluestone: the Web Connector has not called since Tue 10 Mar, 6:54 AM"
    assert receivers == [ANN, OFFICE]
    assert "has not called for 4 hours" in letter.opening[0]
    here.wait(minutes=1)
    here.wait(minutes=15)
    assert here.post.subjects()[1:] == ["Bluestone: the Web Connector calls again"]
    here.clock.pass_time(hours=5)
    here.tick()
    here.tick()
    assert len(here.post.letters) == 3


def test_hours_of_silence_are_a_setting_of_the_connection(here: MailOffice) -> None:
    """A PC that is off at night raises no alarm where the setting is longer than the night."""
    here.set(silence_alarm_hours="16")
    here.clock.pass_time(hours=15)
    here.tick()
    assert here.post.letters == []
    here.clock.pass_time(hours=1)
    here.tick()
    assert len(here.post.letters) == 1


def test_a_connector_that_never_called_is_not_silent(here: MailOffice) -> None:
    """Before the first visit there is nothing to miss."""
    here.change(last_contact=None)
    here.clock.pass_time(days=9)
    here.tick()
    assert here.post.letters == []


def test_another_company_is_told_with_its_name_and_so_is_its_end(here: MailOffice) -> None:
    """Once, however often it visits; a third company is news, but no sooner than hours later."""
    here.change(alarm=OTHER)
    for _ in range(10):
        here.wait(minutes=15)
    ((letter, receivers, _),) = here.post.letters
    assert letter.subject == "Bluestone: another QuickBooks company is open"
    assert letter.opening[0] == OTHER
    assert receivers == [ANN, OFFICE]
    here.change(alarm=OTHER.replace("Harbor View", "Pier Nine"))
    here.wait(minutes=15)
    assert len(here.post.letters) == 1
    here.wait(hours=4)
    assert "Pier Nine" in here.post.letters[1][0].opening[0]
    here.change(alarm="")
    here.wait(minutes=15)
    assert here.post.subjects()[2:] == ["Bluestone: QuickBooks is written again"]
    assert here.rows(holds=True) == []


def test_two_companies_that_take_turns_make_no_flood(here: MailOffice) -> None:
    """A stop that comes and goes all day is told every six hours at most, with its ends."""
    for turn in range(96):
        here.change(alarm=OTHER if turn % 2 else "")
        here.wait(minutes=15)
    assert 6 <= len(here.post.letters) <= 9
    assert here.post.subjects()[0] != here.post.subjects()[1]


def test_the_brake_is_told_once_whatever_its_figures(here: MailOffice) -> None:
    """Its question changes with each push; released it is not told, pulled again it is."""
    for amount in range(20):
        here.change(brake=BRAKE.format(f"{amount}.00"))
        here.wait(minutes=15)
    ((letter, receivers, _),) = here.post.letters
    assert letter.subject == "Bluestone: nothing is written to Procore until somebody confirms"
    assert letter.opening[0] == BRAKE.format("0.00")
    assert letter.path == "/connections/Bluestone/reconciliation"
    assert receivers == [ANN, OFFICE]
    here.change(brake="")
    here.wait(hours=2)
    assert len(here.post.letters) == 1
    here.change(brake=BRAKE.format("7.00"))
    here.wait(minutes=1)
    assert len(here.post.letters) == 2


def test_everything_at_once_is_told_each_by_itself(here: MailOffice) -> None:
    """Silence hides neither a stop nor the brake."""
    here.change(alarm=f"{UNCONFIRMED}: Elsewhere.", brake=BRAKE.format("1.00"))
    here.clock.pass_time(hours=5)
    here.tick()
    assert sorted(row.kind for row in here.rows(state="sent")) == ["brake", "silence", "stopped"]
    assert "Bluestone: nothing is written to QuickBooks" in here.post.subjects()


def test_an_alarm_that_is_over_before_it_could_be_sent_is_dropped(here: MailOffice) -> None:
    """Nobody gets yesterday's alarm, nor the news that it is over; the next one is told."""
    here.post.troubles = [MailUnreachable("The mail server does not take connections.")] * 3
    here.clock.pass_time(hours=5)
    notice(here.kit, here.id)
    with pytest.raises(MailUnreachable):
        mail(here.kit, here.id)
    here.visit()
    here.clock.pass_time(minutes=10)
    notice(here.kit, here.id)
    here.post.troubles = []
    assert mail(here.kit, here.id) == 0
    assert [row.state for row in here.rows()] == ["dropped"]
    here.clock.pass_time(hours=5)
    here.tick()
    assert len(here.post.letters) == 1


def test_rejections_are_told_together_with_comment_name_and_link(here: MailOffice) -> None:
    """To the office, some minutes after the last of them, each with who and why; once."""
    ids = [here.offer(f"PO-{number}") for number in range(MOST_NAMED + 2)]
    for row_id in ids:
        here.move(row_id, State.REJECTED, comment=f"Wrong code in {row_id}")
        here.wait(minutes=1)
    assert here.post.letters == []
    here.wait(minutes=2)
    ((letter, receivers, _),) = here.post.letters
    assert letter.subject == "Bluestone: 12 records were rejected"
    assert receivers == [OFFICE]
    assert len(letter.records) == MOST_NAMED
    assert letter.left_out == 2
    assert letter.records[0].title == "Commitment PO-0 Work PO-0"
    assert letter.records[0].told == f"Alice: Wrong code in {ids[0]}"
    assert letter.records[0].path == f"/connections/Bluestone/submissions/{ids[0]}"
    here.wait(hours=1)
    assert len(here.post.letters) == 1


def test_a_record_rejected_once_more_is_told_once_more(here: MailOffice) -> None:
    """Sent again and rejected again is news; offered again before anybody was told is none."""
    row_id = here.offer("PO-1")
    here.move(row_id, State.REJECTED, comment="No")
    here.wait(seconds=30)
    here.move(row_id, State.READY)
    here.wait(minutes=10)
    assert here.post.letters == []
    here.move(row_id, State.REJECTED, comment="Still no")
    here.wait(minutes=5)
    here.move(row_id, State.READY)
    here.wait(minutes=5)
    here.move(row_id, State.REJECTED, comment="No, no")
    here.wait(minutes=5)
    assert [letter.records[0].told for letter, _, _ in here.post.letters] == ["Alice: Still no", "Alice: No, no"]
    assert here.post.subjects()[0] == "Bluestone: Commitment PO-1 was rejected"


def test_somebody_who_rejects_all_day_does_not_hold_the_mail_up(here: MailOffice) -> None:
    """After a quarter of an hour what there is is told, although more keeps coming."""
    for number in range(40):
        here.move(here.offer(f"PO-{number}"), State.REJECTED, comment="No")
        here.wait(minutes=1)
    assert 2 <= len(here.post.letters) <= 3
    here.wait(minutes=5)
    told = [record for letter, _, _ in here.post.letters for record in letter.records]
    left = sum(letter.left_out for letter, _, _ in here.post.letters)
    assert len(told) + left == 40


def test_old_rejections_are_not_dug_out_when_mail_is_set_up(here: MailOffice) -> None:
    """What nobody was told for a week is history."""
    here.set(mail_to="", approver="", deputy="")
    here.move(here.offer("PO-1"), State.REJECTED, comment="No")
    here.wait(days=6)
    here.move(here.offer("PO-2"), State.REJECTED, comment="No")
    here.wait(days=1, hours=1)
    assert here.rows() == []
    here.set(mail_to=OFFICE)
    here.wait(minutes=5)
    ((letter, _, _),) = here.post.letters
    assert [record.title for record in letter.records] == ["Commitment PO-2 Work PO-2"]


def test_what_lasts_is_told_as_soon_as_somebody_gets_mail(here: MailOffice) -> None:
    """Nobody to tell means nothing told, not told and forgotten."""
    here.set(mail_to="", approver="Alice", deputy="")
    here.change(brake=BRAKE.format("1.00"))
    here.wait(minutes=1)
    assert here.rows() == []
    here.set(approver=ANN)
    here.wait(minutes=1)
    assert [receivers for _, receivers, _ in here.post.letters] == [[ANN]]


def test_a_month_of_ticks_leaves_no_open_ends(here: MailOffice) -> None:
    """However things come and go, each beginning has at most one end, and nothing holds that is over."""
    for hour in range(24 * 14):
        here.change(alarm=OTHER if hour % 7 < 2 else "", brake="Look." if hour % 11 < 4 else "")
        if hour % 24 < 12:
            here.visit()
        here.clock.pass_time(hours=1)
        here.tick()
    here.change(alarm="", brake="")
    here.wait(minutes=1)
    rows = here.rows()
    kinds = [row.kind for row in rows]
    assert here.rows(holds=True) == []
    assert kinds.count("silence") == kinds.count("calls_again") == 14
    assert kinds.count("goes_again") <= kinds.count("stopped") <= 14 * 4
    assert len({row.mark for row in rows}) == len(rows)
    assert all(row.decided_at <= (row.sent_at or dt.datetime.max.replace(tzinfo=dt.UTC)) for row in rows)
