"""The daily letter: at most one for a day of the office, none where nothing waits, and once a week that all is well."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, CostLine, MonthClose
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import MailUnreachable
from qbwc_bridge.flow.summing_up import MOST_NAMED
from qbwc_bridge.storage import open_database
from qbwc_bridge.worker import mail, notice
from tests.unit.mail_office import ANN, BEN, MORNING, OFFICE, MailOffice, mail_office

ZONE = ZoneInfo("America/Los_Angeles")


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[MailOffice]:
    """An office with approver and deputy, an hour before the daily mail."""
    with mail_office(tmp_path, approver=ANN, deputy=BEN) as made:
        made.clock.pass_time(hours=-1)
        made.visit()
        yield made


def test_it_tells_counts_dollars_age_and_links(here: MailOffice) -> None:
    """By kind and state, blocked ones too; the failed and the oldest by name, each with its link."""
    here.clock.pass_time(days=-2)
    old = here.offer("PO-1", amount=Decimal("18500.00"))
    here.offer("VE-1", kind="vendor", state=State.BLOCKED, reasons=["Two vendors in QuickBooks have this name."])
    here.clock.pass_time(days=1)
    here.offer("PO-2", amount=Decimal("-20.50"))
    failed = here.offer(
        "CO-1", kind="change_order", state=State.FAILED, amount=Decimal("3200.00"), reasons=["No (3140)."]
    )
    here.offer("OK-1", state=State.SYNCED)
    here.wait(days=1, hours=1)
    ((letter, receivers, _),) = here.post.letters
    assert letter.subject == "Bluestone: 4 things need you"
    assert receivers == [ANN]
    lines = [(each.count, each.what, each.amount, each.oldest, each.path) for each in letter.waiting]
    at = "/connections/Bluestone/submissions"
    assert lines == [
        (
            1,
            "Change orders, Failed to Export",
            Decimal("3200.00"),
            "1 day",
            f"{at}?state=failed_to_export&kind=change_order",
        ),
        (
            2,
            "Commitments, Ready to Export",
            Decimal("18479.50"),
            "2 days",
            f"{at}?state=ready_to_export&kind=commitment",
        ),
        (1, "Vendors, Blocked", None, "2 days", f"{at}?state=blocked&kind=vendor"),
    ]
    assert [each.path for each in letter.records][:2] == [f"{at}/{failed}", f"{at}/{old}"]
    assert letter.records[0].told == "Failed to Export for 1 day: No (3140)."
    facts = dict(letter.facts)
    assert facts["QuickBooks company"] == "Bluestone Development LLC"
    assert facts["Last visit"] == "Tue 10 Mar, 7:00 AM"
    assert facts["Exported or linked in the last 7 days"] == "1 record"
    assert not letter.urgent


def test_the_deputy_is_told_once_something_waits_too_long(here: MailOffice) -> None:
    """Blocked, failed or ready for ESCALATE_AFTER_DAYS; not before, and no more once it is dealt with."""
    row_id = here.offer("PO-1", state=State.BLOCKED)
    here.offer("PO-2")
    for _ in range(5):
        here.wait(hours=1)
        here.wait(hours=23)
    assert [receivers for _, receivers, _ in here.post.letters] == [[ANN], [ANN], [ANN], [ANN, BEN], [ANN, BEN]]
    assert any("has waited for 3 days: the deputy" in told for told in here.post.letters[3][0].opening)
    here.move(row_id, State.READY)
    here.set(escalate_after_days="9")
    here.wait(hours=1)
    assert here.post.letters[5][1] == [ANN]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ({"brake": "26 direct costs would go."}, "The question whether to write to Procore has waited for 3 days"),
        ({"alarm": "Another company is open."}, "A connection that is stopped has waited for 3 days"),
    ],
)
def test_a_stop_or_a_question_for_days_is_told_to_the_deputy(here: MailOffice, trouble: Any, told: str) -> None:
    """What is no record has an age as well: since it was told first."""
    here.change(**trouble)
    for _ in range(4):
        here.wait(hours=1)
        here.wait(hours=23)
    daily = [(letter, receivers) for letter, receivers, _ in here.post.letters if "needs" in letter.subject]
    assert [receivers for _, receivers in daily] == [[ANN], [ANN], [ANN], [ANN, BEN]]
    assert any(line.startswith(told) for line in daily[-1][0].opening)


def test_a_cost_without_a_code_for_days_is_told_to_the_deputy(here: MailOffice) -> None:
    """A cost that is not in the Procore budget waits since a reading saw it; with a code it waits no more."""
    job = here.offer("24-001", kind="job", state=State.SYNCED, quickbooks_id="J1", project_id=1)
    assert job
    line = CostLine("J1", "Job", "Fuel", "Expense", "", Decimal("12.50"), counted=True)
    with here.unit() as uow:
        uow.projects.add(ProjectChoice(here.id, 1, "24-001", "Maple Clinic", on=True))
        document = CostDocument(here.id, "T1", "Check", dt.date(2026, 3, 1), lines=[line], changed_at=here.clock.now())
        document.settle()
        uow.costs.add(document)
    for _ in range(4):
        here.wait(hours=1)
        here.wait(hours=23)
    assert [receivers for _, receivers, _ in here.post.letters] == [[ANN], [ANN], [ANN], [ANN, BEN]]
    opening = here.post.letters[-1][0].opening
    assert any(each.startswith("A cost that is not in the Procore budget has waited for 3 days") for each in opening)


def test_without_an_approver_the_office_gets_it(here: MailOffice) -> None:
    """And without anybody nobody does, which stops nothing."""
    here.offer("PO-1")
    here.set(approver="")
    here.wait(hours=1)
    assert here.post.letters[0][1] == [OFFICE]
    here.set(mail_to="")
    here.wait(days=1)
    assert len(here.post.letters) == 1
    assert here.connection().summed_up_on == dt.date(2026, 3, 11)


def test_all_is_well_once_a_week(here: MailOffice) -> None:
    """The first day tells that mail works, then every seventh day without a summary."""
    here.wait(hours=1)
    for _ in range(23):
        here.wait(days=1)
    sent = [row.decided_at.astimezone(ZONE).date().day for row in here.rows(kind="all_well")]
    assert sent == [10, 17, 24, 31]
    assert set(here.post.subjects()) == {"Bluestone: all is well"}
    assert here.rows(kind="summary") == []
    here.offer("PO-1")
    here.wait(days=1)
    assert here.post.subjects()[-1] == "Bluestone: 1 thing needs you"


def test_a_stop_stands_in_the_subject(here: MailOffice) -> None:
    """With its sentence first."""
    here.change(alarm="The file is an older copy.", brake="Look first.")
    here.wait(hours=1)
    letter = next(letter for letter, _, _ in here.post.letters if "stopped" in letter.subject)
    assert letter.subject == "Bluestone: stopped, and 2 things need you"
    assert letter.opening[:2] == ("The file is an older copy.", "Look first.")
    assert letter.urgent


def test_many_records_are_counted_and_some_named(here: MailOffice) -> None:
    """A letter stays short, whatever waits."""
    for number in range(100):
        here.offer(f"PO-{number}")
    here.wait(hours=1)
    letter = here.post.letters[0][0]
    assert (len(letter.records), letter.left_out) == (MOST_NAMED, 100 - MOST_NAMED)
    assert letter.waiting[0].count == 100


# ---------------------------------------------------------------- when


def days_of(here: MailOffice) -> list[int]:
    """The days of the office that have a daily letter."""
    return [int(row.key[-2:]) for row in here.rows(kind=["summary", "all_well"])]


def test_it_comes_at_its_time_in_the_offices_zone(here: MailOffice) -> None:
    """Not a minute before; what comes up later in the day waits for the next one."""
    here.wait(minutes=59)
    assert days_of(here) == []
    here.wait(minutes=1)
    assert days_of(here) == [10]
    here.offer("PO-1")
    here.wait(hours=10)
    assert days_of(here) == [10]
    here.wait(hours=14)
    assert days_of(here) == [10, 11]
    assert here.rows()[-1].kind == "summary"


def test_a_bridge_that_was_off_mails_later_that_day_and_makes_up_for_no_other(here: MailOffice) -> None:
    """Started in the evening it mails for that day; of the days before nothing."""
    here.offer("PO-1")
    here.wait(hours=3 * 24 + 12)
    assert days_of(here) == [13]
    here.wait(hours=4)
    assert days_of(here) == [13]


def test_a_changed_time_makes_no_second_one(here: MailOffice) -> None:
    """Earlier, later, in another zone or `never`: one for a day at most."""
    here.offer("PO-1")
    here.wait(hours=2)
    for changed in ({"daily_mail_at": "09:30"}, {"daily_mail_at": "00:00"}, {"time_zone": "Asia/Tokyo"}):
        here.set(**changed)
        here.wait(hours=1)
    here.set(time_zone="America/Los_Angeles", daily_mail_at="12:00")
    here.wait(minutes=30)
    assert len(set(days_of(here))) == len(days_of(here))
    here.set(daily_mail_at="never")
    here.wait(days=3)
    assert max(days_of(here)) <= 11


def test_the_nights_when_clocks_change(tmp_path: Path) -> None:
    """A time that does not exist comes an hour later, one that comes twice counts once."""
    for number, (night, at, first) in enumerate(
        [
            (dt.date(2026, 3, 8), "02:30", dt.datetime(2026, 3, 8, 10, 30, tzinfo=dt.UTC)),
            (dt.date(2026, 11, 1), "01:30", dt.datetime(2026, 11, 1, 8, 30, tzinfo=dt.UTC)),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        with mail_office(folder, daily_mail_at=at) as here:
            here.clock.at = dt.datetime.combine(night, dt.time(0, 1), ZONE).astimezone(dt.UTC)
            here.change(summed_up_on=night - dt.timedelta(days=1))
            here.visit()
            here.offer("PO-1")
            for _ in range(12 * 20):
                here.wait(minutes=5)
            (row,) = here.rows(kind="summary")
            assert first <= row.decided_at < first + dt.timedelta(minutes=5)


def test_a_clock_that_was_far_ahead_does_not_silence_it(here: MailOffice) -> None:
    """What was decided in a wrong future does not count, and a day that had its letter gets no second one."""
    here.offer("PO-1")
    here.wait(hours=1)
    right = here.clock.at
    here.wait(days=1700, hours=2)
    here.clock.at = right
    here.wait(hours=1)
    assert days_of(here)[0] == 10
    assert len(days_of(here)) == 2
    here.wait(days=1)
    assert days_of(here)[2:] == [11]
    assert here.rows()[-1].state == "sent"


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["offer", "block", "settle", "nothing", "off", "set", "zone"]),
            st.integers(1, 30 * 60),
        ),
        max_size=25,
    )
)
@settings(max_examples=25)
def test_at_most_one_a_day_and_none_for_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """For any history of submissions, pauses and changed times: one for a day, a summary only where one waits."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('days') / 'bridge.db'}")
    here = MailOffice(database)
    waiting: set[int] = set()
    for number, (step, minutes) in enumerate(steps):
        if step in {"offer", "block"}:
            waiting.add(here.offer(f"PO-{number}", state=State.READY if step == "offer" else State.BLOCKED))
        elif step == "settle":
            for row_id in waiting:
                here.move(row_id, State.SYNCED)
            waiting.clear()
        elif step == "set":
            here.set(daily_mail_at=f"{minutes % 24:02d}:{minutes % 60:02d}")
        elif step == "zone":
            here.set(time_zone=["America/Los_Angeles", "America/New_York", "UTC", "Asia/Tokyo"][minutes % 4])
        if step == "off":
            here.clock.pass_time(minutes=minutes)
            continue
        before = len(here.rows(kind="summary"))
        here.wait(minutes=minutes)
        here.tick()
        assert len(here.rows(kind="summary")) == before or waiting
    rows = here.rows(kind=["summary", "all_well"])
    days = [row.key.rpartition(" ")[2] for row in rows]
    assert len(set(days)) == len(days)
    assert all(row.state == "sent" for row in rows)
    assert len(here.post.letters) == len(here.rows(state="sent"))
    wells = [dt.date.fromisoformat(day) for day, row in zip(days, rows, strict=True) if row.kind == "all_well"]
    assert all((later - earlier).days >= 5 for earlier, later in pairwise(wells))
    database.close()


def test_a_newer_one_takes_the_place_of_one_that_could_not_go(here: MailOffice) -> None:
    """After a day without the mail server people get today's figures alone."""
    here.offer("PO-1")
    here.post.troubles = [MailUnreachable("It is away.")]
    here.clock.pass_time(hours=1)
    here.visit()
    notice(here.kit, here.id)
    with pytest.raises(MailUnreachable):
        mail(here.kit, here.id)
    here.wait(days=1)
    assert [(row.key, row.state) for row in here.rows(kind="summary")] == [
        ("summary 2026-03-10", "dropped"),
        ("summary 2026-03-11", "sent"),
    ]
    assert len(here.post.letters) == 1


def test_closed_months_without_costs_say_nothing(here: MailOffice) -> None:
    """A connection that has no costs yet has no proof to tell of."""
    with here.unit() as uow:
        uow.closes.add(MonthClose(here.id, dt.date(2026, 2, 28), MORNING, "Ann"))
    here.offer("PO-1")
    here.wait(hours=1)
    facts = dict(here.post.letters[0][0].facts)
    assert "Last reconciliation" not in facts
    assert not any("closed" in name for name in facts)
