"""A real browser: sign in, accept, reject, with script and without, narrow and wide."""

import contextlib
import re

import pytest

from qbwc_bridge.domain.states import State
from tests.page.browsing import sign_in
from tests.page.office import MAIN, Office
from tests.page.office import Browser as Visitor

with contextlib.suppress(ImportError):  # then the fixture says what is missing
    from playwright.sync_api import Browser, expect


def test_sign_in_accept_and_reject(office: Office, address: str, chromium: "Browser") -> None:
    """A bookkeeper signs in, sees what needs her, accepts two records at once and rejects one with a comment."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, office, address)
    expect(page).to_have_title(re.compile("Needs you"))

    page.get_by_role("link", name=re.compile("Ready to Export")).first.click()
    for called in ("PO-001", "SC-014"):
        page.get_by_label(f"Choose Commitment {called}").check()
    page.get_by_role("button", name="Accept 2 …").click()
    expect(page.get_by_role("heading", name="Accept 2 records")).to_be_visible()
    page.get_by_role("button", name="Accept 2 records").click()
    expect(page.get_by_role("status")).to_have_text("Accepted 2 records, 102,500.00 in all.")
    assert {office.row(called).state for called in ("PO-001", "SC-014")} == {State.ACCEPTED}

    page.get_by_role("link", name="PO-2024-000123").click()
    page.get_by_label("Comment").fill("The glass is a credit: make it a change order.")
    page.get_by_role("button", name="Reject with this comment").click()
    expect(page.get_by_role("status")).to_have_text("Rejected PO-2024-000123.")
    assert office.row("PO-2024-000123").state is State.REJECTED
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert faults == []


def test_a_record_goes_to_synced_before_her_eyes(office: Office, address: str, chromium: "Browser") -> None:
    """The page brings itself up to date: where she scrolled, what she opened stays; what she types is not touched."""
    page = chromium.new_page(viewport={"width": 1280, "height": 500})
    page.clock.install()
    sign_in(page, office, address)
    row = office.row("PO-001")
    page.goto(f"{address}/connections/{MAIN}/submissions/{row.id}")
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator(".head .state")).to_have_text(re.compile("Waiting for QuickBooks"))
    page.get_by_text("The qbXML that will be sent").click()
    page.evaluate("window.scrollTo(0, 400)")

    def settle(state: State) -> None:
        with office.kit.work() as uow:
            found = uow.submissions.get(row.id)
            found.state = state
            uow.submissions.save(found)

    settle(State.EXPORTING)
    page.clock.run_for(16_000)
    expect(page.locator(".head .state")).to_have_text(re.compile("Exporting"))
    assert page.evaluate("window.scrollY") == 400
    assert page.locator("details", has_text="The qbXML that will be sent").get_attribute("open") is not None

    settle(State.FAILED)
    page.clock.run_for(16_000)
    page.get_by_label("Comment").fill("Entered by hand, as")
    settle(State.SYNCED)
    page.clock.run_for(60_000)
    expect(page.locator(".head .state")).to_have_text(re.compile("Failed to Export"))
    expect(page.get_by_label("Comment")).to_have_value("Entered by hand, as")
    page.get_by_label("Comment").fill("")
    page.get_by_label("Comment").blur()
    page.clock.run_for(16_000)
    expect(page.locator(".head .state")).to_have_text(re.compile("Synced"))


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in(office: Office, alice: Visitor) -> None:
    """Live looks do not count as somebody being there: the session ends two hours after the last real request."""
    for _ in range(5):
        office.clock.pass_time(minutes=29)
        answer = alice.get("/", headers={"X-Live": "1"})
    assert answer.status_code == 303
    assert "/login" in answer.headers["Location"]


def test_everything_works_without_script(office: Office, address: str, chromium: "Browser") -> None:
    """Without JavaScript the same forms do the same."""
    page = chromium.new_context(java_script_enabled=False).new_page()
    sign_in(page, office, address)
    page.goto(f"{address}/connections/{MAIN}/submissions?kind=vendor")
    page.get_by_label("Choose Vendor Pacific Drywall").check()
    page.get_by_role("button", name="Accept …").click()
    page.get_by_role("button", name="Accept 1 record").click()
    assert office.row("Pacific Drywall").state is State.SYNCED


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_pages_do_not_scroll_sideways_and_words_can_be_read(
    office: Office, address: str, chromium: "Browser", scheme: str
) -> None:
    """On a phone nothing is cut off, and every state's word has a contrast of 4.5 to 1, light and dark."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, office, address)
    record = f"/connections/{MAIN}/submissions/{office.row('PO-001').id}"
    tabs = (
        f"/connections/{MAIN}/{tab}" for tab in ("wip", "reconciliation", "mapping?kind=vendor", "mapping?kind=cost")
    )
    costs = f"/connections/{MAIN}/costs"
    ledger = (costs, f"{costs}/1", f"{costs}/1/documents", f"{costs}/1/documents/1")
    for path in ("/", f"/connections/{MAIN}/submissions", record, *ledger, *tabs, "/support"):
        page.goto(address + path)
        root = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert root[0] <= root[1], path
        colours = page.eval_on_selector_all(
            ".state",
            "found => found.map(each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor])",
        )
        assert all(contrast(*pair) >= 4.5 for pair in colours), path


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours (WCAG 2, relative luminance)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Give the relative luminance of `rgb(r, g, b)`."""
    shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_costs_are_mapped_without_script(office: Office, address: str, chromium: "Browser") -> None:
    """A code chosen beside a cost, its effect looked at, and one button: no script, no sideways scrolling."""
    page = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, office, address)
    page.goto(f"{address}/connections/{MAIN}/costs")
    page.get_by_label("Cost code and cost type for Job Expenses:Fuel").fill("03-300.M")
    page.get_by_role("button", name="Map Job Expenses:Fuel").click()
    expect(page.get_by_role("heading", name="will be mapped to 03-300.M")).to_be_visible()
    assert page.locator("main").bounding_box()["width"] <= 390  # type: ignore[index]
    page.get_by_role("button", name="Map it").click()
    expect(page.get_by_role("status")).to_contain_text("338.50 in 2 documents moved")
