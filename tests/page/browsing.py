"""A real browser for tests of the page."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server

from tests.page.office import Office
from tests.support import missing

try:
    from playwright.sync_api import Browser, Page, sync_playwright
except ImportError:
    playwright_is_there = False
else:
    playwright_is_there = True


@contextmanager
def served(office: Office) -> Iterator[str]:
    """Serve an office's page on a free port of this machine; gives its address."""
    server = make_server("127.0.0.1", 0, office.page, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """Serve the page of the usual office."""
    with served(office) as found:
        yield found


@pytest.fixture
def chromium() -> "Iterator[Browser]":
    """Start the system's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not playwright_is_there or found is None:
        missing("a browser for tests (playwright and Chromium)")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(page: "Page", office: Office, address: str, name: str = "Alice") -> None:
    """Sign somebody in by the form."""
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(office.passwords[name])
    page.get_by_role("button", name="Sign in").click()
