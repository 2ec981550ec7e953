"""An office with many clients: a line each, the same words and counts as each client's own page, few statements."""

import datetime as dt
import html
import re
from dataclasses import replace
from typing import Any, cast

import pytest

from qbwc_bridge.domain.notices import Letter, Notice
from qbwc_bridge.domain.quickbooks import CompanyQuery
from qbwc_bridge.domain.records import Connection, Task
from qbwc_bridge.domain.shown import Shown
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import views
from qbwc_bridge.flow.clients import Client, clients
from qbwc_bridge.flow.renewing import renew_figures
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.statuspage import overview
from tests.bench.page import counted
from tests.page.office import MAIN, NOW, OTHER, Office, fill

THIRD, FOURTH = "Kestrel & Sons", "Willow"


@pytest.fixture(name="firm")
def _firm(office: Office) -> Office:
    """Four clients."""
    assert overview.MOST_CARDS < 4
    _take_on(office, THIRD, FOURTH)
    return office


def _take_on(office: Office, *names: str) -> None:
    with office.kit.work() as uow:
        for name in names:
            fill(office.kit, uow, name)


def _page(office: Office, path: str = "/", who: str = "Alice") -> str:
    return office.signed_in(who).get(path).text


def _order(text: str) -> list[str]:
    return [html.unescape(name) for name in re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', text)]


def test_many_clients_are_a_line_each_the_worst_first(firm: Office) -> None:
    """What is stopped stands first with its sentence, what needs nobody last; each line leads to the client's page."""
    firm.change(FOURTH, alarm="Another company is open.")
    with firm.kit.work() as uow:
        calm = uow.connections.first(name=OTHER)
        assert calm is not None
        for row in uow.submissions.find(connection_id=calm.id):
            row.state, row.reasons = State.SYNCED, []
            uow.submissions.save(row)
    text = _page(firm)

    assert _order(text)[0] == FOURTH
    assert _order(text)[-1] == OTHER
    assert "<title>Stopped (" in text
    assert "Another company is open." in text
    assert "4 connections: 1 stopped, 2 need you, 1 working." in text
    assert f'href="/connections/{MAIN}/submissions?state=ready_to_export"><b>6</b>' in text
    own = _page(firm, "/connections/Kestrel%20%26%20Sons")
    assert 'aria-label="Kestrel &amp; Sons"' in own
    assert re.search(r'href="/connections/Kestrel[^"]*" aria-current="page">Overview</a>', own)


def test_hundreds_come_in_pages(firm: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each client is on one page, in the order of all; counts and the foot are of all."""
    whole = _page(firm)
    monkeypatch.setattr(overview, "LINES", 3)
    parts = [_page(firm, f"/?page={number}") for number in (1, 2)]
    assert [name for part in parts for name in _order(part)] == _order(whole)
    assert all("4 connections: 4 need you." in part for part in parts)
    feet = [re.findall(r"<tfoot>.*?</tfoot>", text, re.DOTALL) for text in (whole, *parts)]
    assert feet[0]
    assert feet == [feet[0]] * 3


def test_somebody_sees_only_their_clients(firm: Office) -> None:
    """Nobody learns the names of other clients; who sees few of them sees them whole."""
    text = _page(firm, who="Charlie")
    assert f'aria-label="{OTHER}"' in text
    assert not any(name in html.unescape(text) for name in (MAIN, THIRD, FOURTH))


def _project(uow: UnitOfWork, row: Connection, **fields: Any) -> None:
    choice = uow.projects.find(connection_id=row.id, order="number")[0]
    uow.projects.save(replace(choice, **fields))


def _letter(uow: UnitOfWork, row: Connection, **fields: Any) -> None:
    letter = Letter("A subject", ("A sentence.",), "/", "Open")
    uow.notices.add(Notice(row.id, "summary", "summary", NOW, letter, ["a@example.com"], "mark", **fields))


def _parked(uow: UnitOfWork, row: Connection) -> None:
    uow.tasks.add(Task(row.id, "CompanyQuery", CompanyQuery(), NOW, state=TaskState.PARKED))


def _doubted(uow: UnitOfWork, row: Connection) -> None:
    job = uow.submissions.find(connection_id=row.id, kind="job")[0]
    uow.connections.save(replace(row, doubted={job.quickbooks_id: "12.50", "ANOTHER": "", "NOBODY": "3.00"}))


def _updates(uow: UnitOfWork, row: Connection) -> None:
    for each in uow.submissions.find(connection_id=row.id, kind="commitment", state=State.READY)[:2]:
        each.update = True
        uow.submissions.save(each)


TROUBLES: dict[str, Any] = {
    "nothing": lambda _uow, _row: None,
    "two updates": _updates,
    "an alarm": lambda uow, row: uow.connections.save(replace(row, alarm="Wrong company.")),
    "silence": lambda uow, row: uow.connections.save(replace(row, last_contact=NOW - dt.timedelta(days=2))),
    "the brake": lambda uow, row: uow.connections.save(replace(row, brake="26 direct costs?")),
    "no visit": lambda uow, row: uow.connections.save(replace(row, last_contact=None)),
    "detached": lambda uow, row: uow.connections.save(replace(row, detached_at=NOW)),
    "a refused project": lambda uow, row: _project(uow, row, shown=Shown(refused={"lock": "Refused."})),
    "one that takes no part": lambda uow, row: _project(
        uow, row, on=False, release=None, shown=Shown(refused={"lock": "Refused."})
    ),
    "a given up reading": _parked,
    "a doubted job": _doubted,
    "mail that waits": lambda uow, row: _letter(uow, row, state="waiting", attempts=3, message="Away."),
    "mail given up": lambda uow, row: _letter(uow, row, state="given_up", message="Away."),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_line_says_what_the_clients_own_page_says(office: Office, trouble: str) -> None:
    """Word, sentences and counts of every client are those of its own page, whatever its trouble."""
    office.kit = replace(office.kit, mail=cast("Any", object()))  # only whether there is one is asked
    with office.kit.work() as uow:
        TROUBLES[trouble](uow, uow.connections.find(name=MAIN)[0])
    for number in (1, 2):
        renew_figures(office.kit, number)
    with office.kit.work() as uow:
        rows = uow.connections.find()
        lines = {line.connection.name: line for line in clients(office.kit, uow, rows, office.clock.now())}
        looks = [views.look(office.kit, uow, row, office.clock.now()) for row in rows]

    assert len(lines) == 2
    for look in looks:
        line = lines[look.connection.name]
        assert (line.word, line.needs_a_person, line.unmapped) == (look.word, look.needs_a_person, look.unmapped)
        assert (line.stops, line.questions) == (look.stops, look.questions)
        assert (line.tally.oldest_ready, line.tally.updates) == (look.oldest_ready, look.updates)
        assert _cost_difference(line) == _cost_difference(look)


def _cost_difference(found: Client | views.Look) -> bool:
    """Whether the released costs of both systems differ."""
    if isinstance(found, Client):
        return bool(found.difference)
    return any(each.difference for each in found.money if each.what == "costs")


def test_more_clients_take_no_more_statements(firm: Office) -> None:
    """The overview of eight clients runs as many statements as that of four."""
    ran = []
    for names in ((), ("Aspen", "Birch", "Cedar", "Dogwood")):
        _take_on(firm, *names)
        browser = firm.signed_in("Alice")
        browser.get("/")
        with counted() as found:
            text = browser.get("/").text
        assert len(_order(text)) == 4 + len(names)
        ran.append(len(found))
    assert ran[0] == ran[1]
