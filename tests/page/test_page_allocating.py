"""Mapping and ignoring from the page of job costs: the effect first, then the button that keeps it."""

import html
import re
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.flow.ledger import Ledger
from tests.page.office import EMPLOYEE, MAIN, NOW, Browser, Office

COSTS = f"/connections/{MAIN}/costs"
DECIDE = f"{COSTS}/decide"
FUEL = {"kind": "account", "quickbooks": "Job Expenses:Fuel"}


def send(browser: Browser, action: str, **form: str) -> TestResponse:
    """Send a form of the page."""
    return browser.client.post(DECIDE, data={"csrf": browser.csrf(), "action": action, **form})


def confirm(browser: Browser, page: TestResponse) -> TestResponse:
    """Press the button of the page that shows an effect."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text.split("<h1>")[1])
    (action,) = re.findall(r'<button class="main" name="action" value="([a-z_]+)">', page.text)
    shown = MultiDict((html.unescape(name), html.unescape(value)) for name, value in fields)
    shown["action"] = action
    return browser.client.post(DECIDE, data=shown)


def decisions(office: Office) -> list[Mapping]:
    """What people decided."""
    with office.kit.work() as uow:
        return uow.mappings.find()


def place(office: Office, txn_id: str) -> str:
    """Where a document's cost is now."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        found = Ledger(uow, connection, office.kit.options(connection)).allocations
        return next(each.code or each.reason for each in found if each.document.txn_id == txn_id)


def test_mapping_shows_its_effect_and_is_kept_by_a_second_button(office: Office, alice: Browser) -> None:
    """First what moves, what follows in Procore and which months are closed; nothing is kept until it is confirmed."""
    page = send(alice, "map", procore="03-300.S", **FUEL)
    assert page.status_code == 200
    assert "Account Job Expenses:Fuel will be mapped to 03-300.S" in page.text
    assert "Journal entry JE 12, 27 Feb 2026" in page.text
    assert "Budget code 03-300.S is made in 24-001" in page.text
    assert "direct costs 2 new, 0 changed, 0 removed" in page.text
    assert decisions(office) == []

    answer = confirm(alice, page)
    assert answer.headers["Location"] == COSTS
    text = alice.follow(answer).text
    assert "Account Job Expenses:Fuel is mapped to 03-300.S: 338.50 in 2 documents moved." in text
    assert "Mapped by people: 1" in text
    (kept,) = decisions(office)
    assert (kept.decided_by, kept.decided_at, place(office, "J1")) == ("Alice", NOW, "03-300.S")


def test_ignoring_keeps_its_reason_and_can_be_taken_back(office: Office, alice: Browser) -> None:
    """The list tells what, why, who, when and how much; its button opens the costs again, after their effect."""
    page = send(alice, "ignore", comment="Paid by <the> owner", **FUEL)
    assert "Because: Paid by &lt;the&gt; owner" in page.text
    text = alice.follow(confirm(alice, page)).text
    assert "Ignored, because" in text
    assert "Paid by &lt;the&gt; owner</td>" in text
    assert "Alice, <time" in text
    assert place(office, "J1") == "ignored"

    page = send(alice, "take_back", **FUEL)
    assert "Account Job Expenses:Fuel will be open again" in page.text
    assert "is open again: 338.50 in 2 documents moved." in alice.follow(confirm(alice, page)).text
    assert (decisions(office), place(office, "J1")) == ([], "unmapped")


def test_what_is_kept_is_what_was_shown(office: Office, alice: Browser) -> None:
    """When costs changed in between, the new effect is shown instead, and nothing is kept."""
    page = send(alice, "map", procore="03-300.L", **FUEL)
    with office.kit.work() as uow:
        row = uow.costs.find(txn_id="J1")[0]
        row.lines[0].amount = Decimal("999.00")
        row.settle()
        uow.costs.save(row)
    again = confirm(alice, page)
    assert "The costs changed while you looked at them." in again.text
    assert "999.00" in again.text
    assert decisions(office) == []
    assert confirm(alice, again).status_code == 303
    assert len(decisions(office)) == 1


@pytest.mark.parametrize(
    ("action", "form", "sentence"),
    [
        ("map", {**FUEL, "procore": "03-300"}, "03-300 names no cost type"),
        ("map", {**FUEL, "procore": "03-30.M"}, "Procore has no cost code 03-30"),
        ("map", {**FUEL, "procore": " "}, "Choose a cost code and cost type for Job Expenses:Fuel first"),
        ("map", {"kind": "class", "quickbooks": "Nowhere", "procore": "03-300.M"}, "QuickBooks has no class Nowhere"),
        ("ignore", {**FUEL, "comment": " "}, "Ignoring needs a comment"),
        ("take_back", FUEL, "Nothing is decided about account Job Expenses:Fuel"),
    ],
)
def test_what_cannot_be_is_told_on_the_page(
    office: Office, alice: Browser, action: str, form: dict[str, str], sentence: str
) -> None:
    """She comes back to her costs with one sentence, and nothing is kept."""
    assert sentence in alice.follow(send(alice, action, **form)).text
    assert decisions(office) == []


def test_a_transaction_type_gives_the_cost_type(office: Office, alice: Browser) -> None:
    """By its bookkeeper's name; payroll whose account has a cost code elsewhere gets it by that."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        uow.mappings.add(Mapping(connection.id, "account", "Payroll Expenses", "03-300", decided_at=NOW))
    assert "cost code 03-300, the cost type is missing" in alice.get(COSTS).text
    page = send(alice, "map", kind="type", quickbooks="payroll", procore=".L")
    assert "Transaction type Paycheck will be mapped to L" in page.text
    confirm(alice, page)
    assert place(office, "pay-2026-02-27") == "03-300.L"


def test_costs_that_are_not_read_whole_are_told(office: Office, alice: Browser) -> None:
    """While the first reading is under way, the effect is of what came so far, and says so."""
    assert "more may move" not in send(alice, "map", procore="03-300.L", **FUEL).text
    office.change(costs_whole_at=None)
    assert "not read whole yet: more may move" in send(alice, "map", procore="03-300.L", **FUEL).text


def test_only_deciders_decide(office: Office, alice: Browser, victor: Browser, charlie: Browser) -> None:
    """A viewer has no form and no right, another connection's approver sees nothing, a foreign form is refused."""
    assert 'name="procore"' in alice.get(COSTS).text
    assert 'name="procore"' not in victor.get(COSTS).text
    form = {**FUEL, "procore": "03-300.L"}
    assert send(victor, "map", **form).status_code == 403
    assert send(charlie, "map", **form).status_code == 404
    assert alice.client.post(DECIDE, data={"action": "map", **form}).status_code == 403
    assert send(alice, "map", kind="weather", quickbooks="x", procore="03-300.L").status_code == 400
    assert send(alice, "forget", **form).status_code == 400
    assert alice.get(DECIDE).status_code == 405
    assert decisions(office) == []


def test_no_effect_names_an_employee(alice: Browser) -> None:
    """A payee who is no vendor of QuickBooks is not told there either (rule 18)."""
    assert EMPLOYEE.split()[-1] not in send(alice, "map", procore="03-300.L", **FUEL).text


def test_what_stands_apart_is_shown(office: Office, alice: Browser) -> None:
    """Lines that are no cost by account, costs of unlinked jobs by job, and a code that a name is near to."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        (job,) = uow.submissions.find(connection_id=connection.id, kind="job", project_id=1)

        def post(txn_id: str, job_id: str, amount: str, account_type: str = "Expense", item: str = "") -> None:
            account, counted = account_type.replace("OtherCurrentAsset", "Retainage"), account_type == "Expense"
            line = CostLine(job_id, "x", account, account_type, item, Decimal(amount), counted=counted)
            made = CostDocument(connection.id, txn_id, "Bill", NOW.date(), ref_number=txn_id, lines=[line])
            made.settle()
            uow.costs.add(made)

        post("B70", job.quickbooks_id, "77.10", "OtherCurrentAsset")
        post("B71", "L2", "71.30")
        post("B72", job.quickbooks_id, "72.50", item="Drywal")
    text = alice.get(COSTS).text
    (no_cost,) = re.findall(r"<h2>On these jobs, but no cost</h2>.*?</section>", text, re.DOTALL)
    assert all(part in no_cost for part in ("Retainage", "Other current asset", "24-001", "77.10", "Bill B70"))
    (unlinked,) = re.findall(r"<h2>Costs of jobs without a project</h2>.*?</section>", text, re.DOTALL)
    assert all(part in unlinked for part in ("Maple Holdings", "71.30"))
    assert 'value="09-250.S" required' in text
    assert "71.30" not in text.replace(unlinked, "")
