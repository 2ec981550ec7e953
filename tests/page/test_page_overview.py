"""The overview: one word, what needs a person, and sentences that cannot be overlooked."""

import datetime as dt
import re
from dataclasses import replace

import pytest

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.reading import CompanyState
from qbwc_bridge.flow import work
from qbwc_bridge.statuspage.app import HEADERS
from qbwc_bridge.storage import Database
from tests.page.office import MAIN, NOW, OTHER, Browser, Office
from tests.page.test_page_orders import exported


def test_overview_shows_word_title_and_icon(alice: Browser) -> None:
    """What waits for a person makes the word, in title, heading and icon."""
    text = alice.get("/").text
    assert "<title>Needs you (22) · qbwc-bridge</title>" in text
    assert '/static/needs_you.svg"' in text
    assert "Bluestone Development LLC" in text
    assert "QuickBooks Enterprise Solutions 24.0" in text


def test_times_are_the_offices_with_age(alice: Browser) -> None:
    """The last visit is told in the connection's time zone, with its age, and exactly for mouse and reader."""
    text = alice.get("/").text
    assert "10:36 AM" in text
    assert "6 min ago" in text
    assert 'title="Tue 10 Mar 2026, 10:36 AM CDT"' in text
    assert "10:51 AM" in text


def test_what_needs_a_person_is_counted_with_links(alice: Browser) -> None:
    """Each count leads to the records behind it."""
    text = alice.get("/").text
    assert f'href="/connections/{MAIN}/submissions?state=ready_to_export"><b>6</b>' in text
    assert f'href="/connections/{MAIN}/submissions?state=blocked"><b>2</b>' in text
    assert f'href="/connections/{MAIN}/costs"><b>3</b>' in text
    assert "3,438.50" in text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"alarm": "Another <company> is open."}, "Another &lt;company&gt; is open."),
        ({"last_contact": NOW - dt.timedelta(days=3)}, "has not called for 3 days"),
    ],
)
def test_alarm_and_silence_stop_the_word(
    office: Office, alice: Browser, fields: dict[str, object], sentence: str
) -> None:
    """An alarm, or a Web Connector that is silent, is Stopped with its sentence, before what is well."""
    office.change(OTHER, **fields)
    text = alice.get("/").text
    assert "<title>Stopped" in text
    assert '/static/stopped.svg"' in text
    assert sentence in text
    assert text.index(f'aria-label="{OTHER}"') < text.index(f'aria-label="{MAIN}"')


def test_webhooks_are_told_once_they_are_on(office: Office, alice: Browser) -> None:
    """Since when Procore tells of changes, the last event, and projects that are only polled: told where it is on."""
    assert "Procore tells of changes" not in alice.get("/").text
    office.change(MAIN, webhooks_since=NOW - dt.timedelta(days=3))
    text = alice.get("/").text
    assert "Procore tells of changes at once since" in text
    assert "no event yet" in text
    assert "Polled only: project 24-001" in text
    assert f"webhooks add {MAIN}" in text
    office.change(MAIN, event_at=NOW - dt.timedelta(minutes=6))
    assert "last event" in alice.get("/").text


def test_brake_asks_loudly(office: Office, alice: Browser) -> None:
    """The brake's question is told."""
    office.change(brake="This run would delete 26 direct costs.")
    text = alice.get("/").text
    assert "Nothing is written to Procore until somebody confirms." in text
    assert "This run would delete 26 direct costs." in text


def test_first_day_without_a_visit(office: Office, alice: Browser) -> None:
    """A connection that was never called asks for the .qwc instead of failing."""
    office.change(last_contact=None)
    text = alice.get("/").text
    assert "no visit yet" in text
    assert "add the .qwc file" in text


def test_person_sees_their_connections_only(charlie: Browser) -> None:
    """A person limited to one connection sees nothing of the others, not even their names."""
    text = charlie.get("/").text
    assert OTHER in text
    assert MAIN not in text


def test_overview_without_connections(database: Database) -> None:
    """A new bridge says what to do, and who can."""
    office = Office(database)
    office.employ("Alice", "admin")
    office.employ("Victor", "viewer")
    text = office.signed_in("Alice").get("/").text
    assert "Working" in text
    assert 'href="/connections/new"' in text
    text = office.signed_in("Victor").get("/").text
    assert "An administrator makes one." in text
    assert 'href="/connections/new"' not in text


def test_every_page_has_the_headers(alice: Browser) -> None:
    """No page may be framed, guessed at, cached, or run foreign script; and none holds inline script or style."""
    for path in ("/", f"/connections/{MAIN}/submissions", "/support", "/nowhere"):
        answer = alice.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<script>" not in answer.text
        assert "style=" not in answer.text
        assert "<style" not in answer.text


def test_what_quickbooks_told_of_the_company_is_shown(office: Office, alice: Browser) -> None:
    """Edition, features, closing date and version are on the page, and what was not told says so."""
    office.change(
        company=Company(
            name="Bluestone Development LLC",
            product="QuickBooks Enterprise Solutions 24.0",
            country="US",
            qbxml_version="13.0",
            uses_estimates=True,
            uses_purchase_orders=False,
            multi_currency=None,
            closing_date=dt.date(2025, 12, 31),
            report_basis="Accrual",
            file_path=r"C:\Books\Bluestone.qbw",
        )
    )
    text = alice.get("/").text
    for name, value in [
        ("Edition", "QuickBooks Enterprise Solutions 24.0"),
        ("qbXML spoken", "13.0"),
        ("Estimates", "on"),
        ("Purchase orders", "off"),
        ("Multi-currency", "not told"),
        ("Closing date", "31 Dec 2025"),
        ("Reports on", "accrual basis"),
        ("Company file", r"C:\Books\Bluestone.qbw"),
    ]:
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text


def test_an_outage_of_procore_is_told_without_alarm(office: Office, alice: Browser) -> None:
    """That Procore was away is said on the page, and needs nobody: it passes by itself."""
    before = alice.get("/").text.partition("<title>")[2].partition("</title>")[0]
    office.change(procore_down="Procore is out of order (503).")
    text = alice.get("/").text
    assert "Procore is out of order (503)." in text
    assert f"<title>{before}</title>" in text


def test_a_round_that_takes_long_is_told_without_alarm(office: Office, alice: Browser) -> None:
    """Where Procore allows too few calls for the clock, the page says how long a round takes."""
    slow = "Procore allows 30 calls an hour; a whole round takes 6 minutes."
    assert slow not in alice.get("/").text
    with office.kit.work() as uow:
        connection = uow.connections.find(name=MAIN)[0]
        projects = uow.projects.count(connection_id=connection.id, on=True, active=True)
    assert projects
    office.change(settings={"pull_every_seconds": str(60 * projects)}, reading=CompanyState(hourly_limit=30))
    assert slow.replace("6", str(6 * projects)) in alice.get("/").text


def test_money_of_both_systems_stands_side_by_side(office: Office, alice: Browser) -> None:
    """Budgets, commitments and released costs with their differences; what has an order in QuickBooks counts once."""
    text = alice.get("/").text.split("Harbor View Development")[0]
    (committed,) = re.findall(r">Committed, revised</th>(.*?)</tr>", text)
    before = re.findall(r">([\d,.()]+)<", committed)
    assert before[1:] == ["0.00", f"({before[0]})"]
    exported(office, "PO-001")
    text = alice.get("/").text.split("Harbor View Development")[0]
    (committed,) = re.findall(r">Committed, revised</th>(.*?)</tr>", text)
    assert re.findall(r">([\d,.()]+)<", committed)[1] == "19,000.00"
    assert "Job cost of released projects" in text


def test_what_happened_lately_is_said_with_verbs(office: Office, alice: Browser) -> None:
    """Exported or linked, newest first, and when the job costs were read."""
    row = exported(office, "PO-001")
    text = " ".join(alice.get("/").text.split())
    lately = text[text.index("<h3>Lately</h3>") : text.index("</ul>", text.index("<h3>Lately</h3>"))]
    lines = [" ".join(re.sub(r"<time.*?</time>|<[^>]+>", "", each).split()) for each in lately.split("<li>")[1:]]
    assert lines[0] == f"linked commitment {row.number} 18,500.00"
    assert lines[1] == "read the job costs"
    assert len(lines) == 5
    assert all(each.startswith("exported ") for each in lines[2:])


def test_all_is_well_only_where_it_is(office: Office, alice: Browser) -> None:
    """A connection without a record that waits is not called well while something stops it or is asked."""
    with office.kit.work() as uow:
        made = uow.connections.get(1)
        uow.connections.add(
            replace(made, id=0, name="Fresh", user_name="fresh", key="k", file_id="f", last_contact=None)
        )

    def card() -> str:
        return alice.get("/").text.split('class="card" aria-label="Fresh"')[1].split("</section>")[0]

    assert "The Web Connector has not called yet" in card()
    assert "All is well" not in card()
    office.change("Fresh", last_contact=NOW)
    assert "Nothing. All is well." in card()


def test_each_connection_leads_to_its_tabs(alice: Browser, charlie: Browser) -> None:
    """From the first page every tab is one click away: of the only connection as usual, of several on each card."""
    alone = charlie.get("/").text
    assert alone.count('<nav class="tabs"') == 1
    assert 'aria-current="page">Overview</a>' in alone
    both = alice.get("/").text
    for name in (MAIN, OTHER.replace(" ", "%20")):
        assert f'href="/connections/{name}/projects"' in both
        assert f'href="/connections/{name}/wip"' in both
    assert ">Overview</a>" not in both


def test_projects_that_were_switched_off_need_nobody(office: Office, alice: Browser) -> None:
    """Neither their records nor their costs count, and the records say under Archived why they rest."""
    with office.kit.work() as uow:
        connection = uow.connections.get(1)
        for row in uow.projects.find(connection_id=1):
            row.on, row.release = False, None
            uow.projects.save(row)
        work.settle(uow, connection, office.kit.options(connection), NOW)
    text = alice.get("/").text.split('class="card" aria-label="Bluestone"')[1].split("</section>")[0]
    assert "Nothing. All is well." in text
    resting = alice.get(f"/connections/{MAIN}/submissions?state=archived").text
    assert "Project 24-001 is switched off for export" in resting
    assert "Nothing that is switched on needs it at present." in resting
