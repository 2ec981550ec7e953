"""Help, health, files, and how errors look."""

import datetime as dt
import logging
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import pytest
from werkzeug.test import Client

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.statuspage.app import status_page
from qbwc_bridge.statuspage.plain import CLOCKWORK_SILENCE
from qbwc_bridge.storage import Database
from tests.page.office import Browser, Office, quick_check, quick_hash, qwc_of


@dataclass
class Works:
    """A clockwork that stands still."""

    last_tick: dt.datetime | None = None


def test_support_needs_no_sign_in(office: Office) -> None:
    """The Web Connector's help address answers with what the bridge is and how to get help."""
    answer = office.visitor().get("/support")
    assert answer.status_code == 200
    assert "When something is wrong" in answer.text


def test_healthz_is_well_though_the_web_connector_is_silent(office: Office) -> None:
    """A silent Web Connector is no reason for 503; nothing else is told."""
    office.change(last_contact=None)
    answer = office.visitor().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "database": "ok", "clockwork": "off"})


def test_healthz_sees_a_clockwork_that_stands_still(database: Database) -> None:
    """Before its first tick and between ticks it is well; long after the last one it is not."""
    works = Works()
    office = Office(database, clockwork=works)
    assert office.visitor().get("/healthz").status_code == 200
    works.last_tick = office.clock.now()
    office.clock.pass_time(seconds=CLOCKWORK_SILENCE.total_seconds() + 1)
    answer = office.visitor().get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "failing", "database": "ok", "clockwork": "failing"})


def broken(_connection_id: int | None = None) -> AbstractContextManager[UnitOfWork]:
    """Fail as a database does that is gone."""
    raise BridgeError("The database sqlite:////srv/private/bridge.db failed: disk I/O error.")


def page_with(office: Office, work: object) -> Browser:
    """Give a browser of a page whose units of work are others."""
    kit = replace(office.kit, work=work)  # type: ignore[arg-type]
    page = status_page(
        kit,
        office.vault,
        check_password=quick_check,
        hash_password=quick_hash,
        public_url=office.public_url,
        qwc=qwc_of,
    )
    return Browser(office, Client(page))


def test_a_broken_database_is_one_sentence(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Health and pages answer 503 without saying where the database lies; the log says it."""
    browser = page_with(office, broken)
    health = browser.get("/healthz")
    assert (health.status_code, health.json) == (503, {"status": "failing", "database": "failing", "clockwork": "off"})
    page = browser.get("/")
    assert page.status_code == 503
    assert "its log says why" in page.text
    assert "private" not in page.text + health.text
    assert "disk I/O error" in caplog.text


def test_a_fault_of_ours_shows_no_trace(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is one sentence on the page; the log has the place, not the values."""
    secret = secrets.token_urlsafe()

    def fails(_connection_id: int | None = None) -> AbstractContextManager[UnitOfWork]:
        raise ValueError(secret)

    with caplog.at_level(logging.ERROR):
        answer = page_with(office, fails).get("/")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert secret not in answer.text + caplog.text
    assert "ValueError" in caplog.text


@pytest.mark.parametrize("path", ["/nowhere", "/connections", "/static/../app.py", "/static/nothing.css", "/qbwc/x"])
def test_everything_else_is_not_found(office: Office, path: str) -> None:
    """An address that is none answers 404 with a page."""
    answer = office.visitor().get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text


def test_wrong_method_is_one_sentence(office: Office) -> None:
    """A method that an address does not know gets a page."""
    answer = office.visitor().client.open("/login", method="DELETE")
    assert answer.status_code == 405
    assert "cannot be used that way" in answer.text


@pytest.mark.parametrize("name", ["page.css", "page.js", "bridge.svg", "working.svg", "needs_you.svg", "stopped.svg"])
def test_files_are_served_and_not_sent_twice(office: Office, name: str) -> None:
    """Our own files come with their kind, and not again to a browser that has them."""
    visitor = office.visitor()
    answer = visitor.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.mimetype in {"text/css", "text/javascript", "image/svg+xml"}
    assert visitor.get(f"/static/{name}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
