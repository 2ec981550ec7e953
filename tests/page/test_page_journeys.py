"""A bookkeeper's days in a real browser, with a picture of each page that she passes.

Pictures are kept in the folder that SCREENSHOTS names; those in docs/walk are some of them, with fewer colours.
"""

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import work
from qbwc_bridge.flow.moves import move
from qbwc_bridge.storage import Database
from tests.page.browsing import served, sign_in
from tests.page.office import MAIN, NOW, Office
from tests.page.test_page_projects import direct_cost, procore
from tests.page.test_page_reconciliation import fill_proof

with contextlib.suppress(ImportError):  # then the fixture says what is missing
    from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

HERE = f"/connections/{MAIN}"
WINDOW: "ViewportSize" = {"width": 1100, "height": 600}
"""Small enough that pictures of it can be read beside a text."""


def picture(page: "Page", name: str) -> None:
    """Keep what the browser shows, where somebody wants to look at it later."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        # As high as the page, or what sticks to the window's edge would cover a row.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": WINDOW["width"], "height": height})
        page.screenshot(path=Path(folder) / f"{name}.png")
        page.set_viewport_size(WINDOW)


def test_the_first_run(database: Database, chromium: "Browser") -> None:
    """From an empty bridge to a company that is bound: she never needs a command."""
    office = Office(database)
    office.employ("Ada", "admin")
    with served(office) as address:
        page = chromium.new_page(viewport=WINDOW)
        sign_in(page, office, address, "Ada")
        set_up(page, office)


def set_up(page: "Page", office: Office) -> None:
    """Take the steps that a browser can take, while the Web Connector does its own."""
    picture(page, "first-run-1-empty")
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_label("Name, such as").fill(MAIN)
    page.get_by_label("The company's number in Procore").fill("4711")
    page.get_by_label("Client id").fill("app")
    page.get_by_label("Its client secret").fill(office.vault.hash_token("drawn for this run"))
    page.get_by_role("button", name="Make the connection").click()
    expect(page.get_by_role("heading", name=f"{MAIN} is made")).to_be_visible()
    picture(page, "first-run-2-password")
    page.get_by_role("link", name="I have kept it: go on").click()
    expect(page.get_by_text("0 of 9 steps are done")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download bluestone-.*qwc")).click()
    assert download.value.suggested_filename.endswith(".qwc")
    page.get_by_label("Income account").fill("Job Income")
    page.get_by_label("Expense account").fill("Job Expenses")
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_role("status")).to_contain_text("New items sell to Job Income")

    office.change(
        last_contact=NOW, pulled_at=NOW, company=Company(name="Bluestone Development LLC", product="Enterprise 24.0")
    )
    page.reload()
    picture(page, "first-run-3-company")
    page.get_by_role("button", name="Yes, write to this company").click()
    expect(page.get_by_role("status")).to_contain_text("writes to Bluestone Development LLC")
    expect(page.locator("[aria-current=step]")).to_contain_text("Switch on your first project")
    picture(page, "first-run-4-project")


def test_a_rejected_record_is_sent_again(office: Office, address: str, chromium: "Browser") -> None:
    """She rejects with a comment, the comment stands on the record, and one button offers it again."""
    page = chromium.new_page(viewport=WINDOW)
    sign_in(page, office, address)
    page.goto(f"{address}{HERE}/submissions/{office.row('SC-014').id}")
    picture(page, "record")
    page.get_by_label("Comment").fill("The retainage line is missing.")
    page.get_by_role("button", name="Reject with this comment").click()
    expect(page.locator(".head .state")).to_have_text(re.compile("Rejected"))
    expect(page.get_by_text("The retainage line is missing.").first).to_be_visible()
    picture(page, "rejected")
    page.get_by_role("button", name="Offer again").click()
    expect(page.locator(".head .state")).to_have_text(re.compile("Ready to Export"))
    assert office.row("SC-014").state is State.READY


def test_a_failed_record_is_mended(office: Office, address: str, chromium: "Browser") -> None:
    """The overview leads to what failed; the reason says what to do; sent again, it waits for QuickBooks."""
    number = office.row("PO-001").id
    with office.kit.work() as uow:
        row = uow.submissions.get(number)
        for state in (State.ACCEPTED, State.EXPORTING, State.FAILED):
            move(uow, row, state, now=NOW, why="tried")
        row.reasons = ["QuickBooks says that the item 09-250.S is inactive: make it active there, then send it again."]
        row.accepted_version = row.version
        uow.submissions.save(row)
        connection = uow.connections.get(row.connection_id)
        work.settle(uow, connection, office.kit.options(connection), NOW)
    page = chromium.new_page(viewport=WINDOW)
    sign_in(page, office, address)
    picture(page, "overview")
    page.get_by_role("link", name=re.compile("Failed to Export")).first.click()
    picture(page, "failed")
    page.get_by_role("link", name="PO-001").click()
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".head .state")).to_have_text(re.compile("Waiting for QuickBooks"))
    picture(page, "sent-again")


def test_names_are_linked_and_costs_mapped(office: Office, address: str, chromium: "Browser") -> None:
    """Several at once: ticked, counted on the button, seen once more, done."""
    page = chromium.new_page(viewport=WINDOW)
    sign_in(page, office, address)
    page.goto(f"{address}{HERE}/mapping?kind=vendor")
    page.get_by_label("Choose Pacific Drywall").check()
    picture(page, "mapping-vendors")
    page.get_by_role("button", name="Link 1 …").click()
    page.get_by_role("button", name="Link 1 name").click()
    expect(page.get_by_role("status")).to_have_text("1 name is linked.")
    page.get_by_role("link", name="Items and accounts").click()
    page.get_by_label("Choose all names").check()
    page.get_by_label("Cost code and cost type for Job Expenses:Fuel").fill("03-300.M")
    page.get_by_label("Cost code and cost type for Payroll Expenses").fill("03-300.L")
    picture(page, "mapping-costs")
    page.get_by_role("button", name="Map 2 …").click()
    expect(page.get_by_role("heading", name="2 names will be mapped")).to_be_visible()
    picture(page, "mapping-effect")
    page.get_by_role("button", name="Map 2 names").click()
    expect(page.get_by_role("status")).to_contain_text("3,438.50 in 3 documents moved")


def test_costs_are_released_and_proven(office: Office, address: str, chromium: "Browser") -> None:
    """A dry run with its figures, the release, then the proof of both systems down to its documents."""
    fill_proof(office)
    procore(office, direct_cost("", "77.00"))
    page = chromium.new_page(viewport=WINDOW)
    sign_in(page, office, address)
    page.goto(f"{address}{HERE}/projects")
    picture(page, "projects")
    page.get_by_role("link", name=re.compile("24-002")).click()
    page.get_by_label("Costs from this date on").fill("2026-01-01")
    page.get_by_label("Bills on exported purchase orders").select_option("write")
    page.get_by_role("button", name="Make a dry run …").click()
    expect(page.get_by_role("heading", name=re.compile("Dry run"))).to_be_visible()
    picture(page, "dry-run")
    page.get_by_role("button", name="Release the costs of 24-002").click()
    expect(page.get_by_role("status")).to_contain_text("24-002 Harbor Lofts is released")
    page.get_by_role("link", name="Reconciliation").click()
    page.get_by_role("button", name="Compare with Procore now").click()
    expect(page.get_by_role("status")).to_contain_text("Procore was read for the proof just now.")
    page.get_by_role("link", name="24-001", exact=True).click()
    expect(page.locator("#project")).to_contain_text("Why the bridge and Procore differ")
    picture(page, "reconciliation")


def test_roles_see_what_is_theirs(office: Office, address: str, chromium: "Browser") -> None:
    """A viewer sees the same figures and no button; signing out ends it."""
    page = chromium.new_page(viewport=WINDOW)
    sign_in(page, office, address, "Victor")
    for path in ("/submissions", f"/submissions/{office.row('PO-001').id}", "/mapping", "/projects/1", "/costs"):
        page.goto(f"{address}{HERE}{path}")
        assert page.locator("main button:not(form[role=search] button)").count() == 0, path
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{address}{HERE}/costs")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
