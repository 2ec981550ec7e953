"""axe finds nothing on any page: light and dark, narrow and wide."""

from typing import TYPE_CHECKING, Any

import pytest

from qbwc_bridge.statuspage.app import ADDRESSES, VIEWS
from tests.page.browsing import sign_in
from tests.page.office import MAIN, Office, fill
from tests.page.test_page_permissions import address as address_of
from tests.page.test_page_projects import direct_cost, procore
from tests.page.test_page_reconciliation import fill_proof
from tests.repository import ROOT
from tests.support import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAM = ROOT / ".axe" / "node_modules" / "axe-core" / "axe.min.js"

NO_PAGES = {"link", "healthz", "static", "cost_file", "wip_file", "reconciliation_file", "mapping_file", "qwc_file"}
"""What can be asked for and is no page: a way to sign in, files, and what programs read."""

TOLD = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .map(each => `${each.id}: ${each.nodes.map(node => node.html).join(" ")}`)"""


@pytest.fixture(name="axe")
def _axe() -> str:
    if not PROGRAM.exists():
        missing("axe (make axe)")
    return PROGRAM.read_text()


def addresses(office: Office) -> list[str]:
    """Give an address of every page, and of the states of some that look otherwise."""
    endpoints = {str(rule.endpoint) for rule in ADDRESSES.iter_rules() if "GET" in (rule.methods or ())} - NO_PAGES
    assert endpoints >= {"overview", "record", "login"}
    assert endpoints - VIEWS.keys() == {"login", "support"}
    more = [
        f"/connections/{MAIN}/submissions?kind=commitment&sort=-amount",
        f"/connections/{MAIN}/submissions?kind=vendor&q=nothing",
        f"/connections/{MAIN}/reconciliation?project=1",
        f"/connections/{MAIN}/submissions/999999",
        f"/connections/{MAIN}/mapping?kind=vendor",
        f"/connections/{MAIN}/mapping?kind=cost",
        f"/connections/{MAIN}/projects/2",
    ]
    return [*(address_of(office, endpoint) for endpoint in sorted(endpoints)), *more]


BEHIND: tuple[tuple[str, list[str], str], ...] = (
    (f"/connections/{MAIN}/projects/2", [], "Make a dry run …"),
    (f"/connections/{MAIN}/projects/1", [], "Withdraw them …"),
    (f"/connections/{MAIN}/mapping?kind=vendor", ["Choose Pacific Drywall"], "Link 1 …"),
    (f"/connections/{MAIN}/submissions?kind=commitment", ["Choose Commitment SC-014"], "Accept 1 …"),
    (f"/connections/{MAIN}/start", [], "Make a new password …"),
)
"""Pages that a form leads to: where it stands, what is ticked, and its button."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(  # noqa: PLR0917 - fixtures
    office: Office, address: str, chromium: "Browser", axe: str, scheme: Any, width: int
) -> None:
    """Whoever reads with a screen reader, a keyboard or little contrast can use every page."""
    fill_proof(office)
    procore(office, direct_cost("", "4300.00"), direct_cost("OTHER-1", "10.00"))
    office.employ("Ada", "admin")
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    found: dict[str, list[str]] = {}

    def look(path: str) -> None:
        page.goto(f"{address}{path}")
        judge(path)

    def judge(path: str) -> None:
        page.evaluate(axe)
        told = page.evaluate(TOLD)
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if told or sideways > 0:
            found[path] = [*told, *([f"{sideways} px to scroll sideways"] if sideways > 0 else [])]

    look("/login")
    sign_in(page, office, address, "Ada")
    for path in addresses(office):
        if path != "/login":
            look(path)
    for path, ticks, button in BEHIND:
        page.goto(f"{address}{path}")
        for name in ticks:
            page.get_by_label(name).check()
        page.get_by_role("button", name=button).click()
        judge(f"{path} {button}")
    with office.kit.work() as uow:
        for name in ("Kestrel", "Willow"):  # so many that each is a line
            fill(office.kit, uow, name)
    look("/")
    look(f"/connections/{MAIN}")
    assert found == {}


def test_axe_would_find_something(chromium: "Browser", axe: str) -> None:
    """An input without a name is told, so that silence means something."""
    page = chromium.new_page()
    page.set_content("<html lang='en'><title>Bad</title><main><h1>Bad</h1><input></main></html>")
    page.evaluate(axe)
    assert any(told.startswith("label") for told in page.evaluate(TOLD))
