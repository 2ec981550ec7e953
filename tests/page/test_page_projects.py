"""The tab Projects: on and off, the dry run, the release after it was seen, and the withdrawal."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, cast

import pytest
from werkzeug.test import TestResponse

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.procore_billing import SubcontractorInvoice
from qbwc_bridge.domain.records import ProjectChoice
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.ports import Procore
from tests.page.office import DRYWALL, EMPLOYEE, MAIN, Browser, Office

PROJECTS = f"/connections/{MAIN}/projects"
RELEASED, OPEN = f"{PROJECTS}/1", f"{PROJECTS}/2"
CHOICES = {"costs_from": "2026-01-01", "before": "none", "po_bills": "write", "status": "approved"}


def direct_cost(key: str, amount: str) -> DirectCost:
    """A direct cost that stands in Procore, with our key, another one's, or none."""
    line = DirectCostLine(key, DRYWALL.id, Decimal(amount))
    return DirectCost(key, "invoice", "approved", dt.date(2026, 2, 26), (line,), description="By hand", id=9)


class Direct:
    """Procore as far as a dry run and a proof ask it."""

    def __init__(self, *costs: DirectCost | Exception) -> None:
        self.costs = costs

    def subcontractor_invoices(self, _project: int) -> list[SubcontractorInvoice]:
        """Give none."""
        return []

    def direct_costs(self, _project: int) -> list[DirectCost]:
        """Give what stands there, or fail."""
        for cost in self.costs:
            if isinstance(cost, Exception):
                raise cost
        return [cost for cost in self.costs if isinstance(cost, DirectCost)]


def procore(office: Office, *costs: DirectCost | Exception) -> None:
    """Let Procore answer with these direct costs."""
    office.procore = lambda _connection: cast("Procore", Direct(*costs))


def send(browser: Browser, where: str, **form: str) -> TestResponse:
    """Send a form of a project's page."""
    return browser.client.post(where, data={"csrf": browser.csrf(), **form})


def kept(office: Office, project: int) -> ProjectChoice:
    """A project as it is stored."""
    with office.kit.work() as uow:
        found = uow.projects.first(connection_id=1, project_id=project)
        assert found is not None
        return found


def test_projects_are_listed_by_how_they_take_part(office: Office, alice: Browser) -> None:
    """On, released, off: counts, words and signs, the customer above the job, the release in words, and a search."""
    text = alice.get(PROJECTS).text
    assert "24-001 <span>Maple Clinic" in text
    assert "On, costs released <b>1</b>" in text
    assert "costs from 1 Jan 2026 on, earlier ones left out" in text
    assert "Maple Clinic" not in alice.get(f"{PROJECTS}?standing=on").text
    assert "Harbor Lofts" in alice.get(f"{PROJECTS}?q=lofts").text
    assert "No project fits" in alice.get(f"{PROJECTS}?q=nothing").text
    with office.kit.work() as uow:
        for row in uow.projects.find(connection_id=1):
            uow.projects.remove(row)
    assert "No project is known yet" in alice.get(PROJECTS).text


def test_a_project_is_switched_off_and_on_again(office: Office, alice: Browser) -> None:
    """Off keeps what stands; on wants a customer that QuickBooks has, or makes it on purpose; both are remembered."""
    text = alice.follow(send(alice, f"{OPEN}/switch", to="off")).text
    assert "24-002 Harbor Lofts is off. What stands in QuickBooks and Procore stays." in text
    assert not kept(office, 2).on
    text = alice.follow(send(alice, f"{OPEN}/switch", to="on", customer="Maple Holding")).text
    assert "QuickBooks has no customer Maple Holding" in text
    assert "Did you mean Maple Holdings?" in text
    assert not kept(office, 2).on
    text = alice.follow(send(alice, f"{OPEN}/switch", to="on", customer="Harbor Group", create="yes")).text
    assert "24-002 Harbor Lofts is on, below customer Harbor Group" in text
    row = kept(office, 2)
    assert (row.on, row.customer, row.create_customer) == (True, "Harbor Group", True)
    with office.kit.work() as uow:
        said = [(entry.after, entry.who) for entry in uow.history.find(subject="project", subject_id=row.id)]
    assert said[-2:] == [("off", "Alice"), ("on", "Alice")]


def test_the_customer_of_a_project_that_is_on_is_chosen_here(office: Office, alice: Browser) -> None:
    """What the reason of its job asks for can be done on its page, and what was typed stays where it is refused."""
    with office.kit.work() as uow:
        (job,) = uow.submissions.find(connection_id=1, kind="job", project_id=2)
        job.state, job.quickbooks_id = State.BLOCKED, ""
        uow.submissions.save(job)
    shown = alice.get(OPEN).text
    assert 'name="customer" list="customers" value="Maple Holdings"' in shown
    assert "moved below another customer" not in shown
    text = alice.follow(send(alice, f"{OPEN}/switch", to="on", customer="Maple Holding <x>")).text
    assert "choose another, or say that it shall be made there" in text
    assert 'value="Maple Holding &lt;x&gt;"' in text
    alice.follow(send(alice, f"{OPEN}/switch", to="on", customer="Harbor Group", create="yes"))
    row = kept(office, 2)
    assert (row.on, row.customer, row.create_customer) == (True, "Harbor Group", True)
    assert "moved below another customer" in alice.get(RELEASED).text


def test_a_dry_run_shows_before_and_after_and_writes_nothing(office: Office, alice: Browser) -> None:
    """Budget, committed, job cost before and after, what was typed already, what has no code, and no employee."""
    procore(office, direct_cost("", "4300.00"))
    page = send(alice, f"{RELEASED}/dry-run", **CHOICES)
    assert page.status_code == 200
    assert "after a release of costs from 1 Jan 2026 on, earlier ones left out" in page.text
    (row,) = re.findall(r'<tr><th scope="row">09-250.S</th>(.*?)</tr>', page.text)
    assert re.findall(r">([\d,.]+)<", row)[2:4] == ["4,300.00", "8,600.00"]
    assert "Typed in Procore already?" in page.text
    assert "By hand of 2026-02-26" in page.text
    assert "Not in the Procore budget, because no code is known" in page.text
    assert EMPLOYEE not in page.text
    assert kept(office, 1).dry_run


def test_costs_are_released_as_shown_and_withdrawn(office: Office, alice: Browser) -> None:
    """The button of the dry run releases with its choices; the withdrawal says first what it takes out."""
    send(alice, f"{RELEASED}/withdraw", confirmed="1")
    assert kept(office, 1).release is None
    text = alice.follow(send(alice, f"{RELEASED}/release", **CHOICES)).text
    assert "has no dry run of its present figures" in text
    procore(office)
    page = send(alice, f"{RELEASED}/dry-run", **{**CHOICES, "po_bills": "skip", "before": "opening"})
    fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.text.split("<h1>")[1]))
    text = alice.follow(alice.client.post(f"{RELEASED}/release", data=fields)).text
    assert "24-001 Maple Clinic is released: the next push writes its costs." in text
    row = kept(office, 1)
    assert row.release is not None
    assert (row.release.before, row.release.po_bills, row.released_by) == ("opening", "skip", "Alice")

    cost = direct_cost("k", "4300.00")
    with office.kit.work() as uow:
        uow.writebacks.add(WriteBack(1, 1, "k", written=cost))
    page = send(alice, f"{RELEASED}/withdraw")
    assert "takes 1 direct cost of" in page.text
    assert "4,300.00" in page.text
    assert kept(office, 1).release is not None
    text = alice.follow(send(alice, f"{RELEASED}/withdraw", confirmed="1")).text
    assert "24-001 Maple Clinic is withdrawn" in text
    assert kept(office, 1).release is None


def test_without_a_date_costs_of_every_date_are_released(office: Office, alice: Browser) -> None:
    """The dry run of a form without a date says so, and its button releases them one by one, as it showed them."""
    procore(office)
    page = send(alice, f"{OPEN}/dry-run", **{**CHOICES, "costs_from": "", "before": "opening"})
    assert "after a release of costs of every date" in page.text
    fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.text.split("<h1>")[1]))
    alice.client.post(f"{OPEN}/release", data=fields)
    release = kept(office, 2).release
    assert release is not None
    assert (release.costs_from, release.before, release.po_bills) == (dt.date.min, "detail", "write")
    assert "costs of every date" in alice.get(OPEN).text


def test_bills_on_orders_have_no_answer_beforehand(office: Office, alice: Browser) -> None:
    """Nobody releases costs that count twice without having said so: the form begins empty and is refused so."""
    assert '<select id="po_bills" name="po_bills" required>\n<option value="">' in alice.get(OPEN).text
    procore(office)
    for act in ("dry-run", "release"):
        answer = send(alice, f"{OPEN}/{act}", **{**CHOICES, "po_bills": ""})
        assert answer.status_code == 400
        assert "Say what becomes of bills on exported purchase orders" in answer.text
    assert kept(office, 2).release is None


def test_what_another_integration_wrote_asks_for_a_word(office: Office, alice: Browser) -> None:
    """Its costs would count twice: the release is refused until the person says that both shall stand."""
    procore(office, direct_cost("OTHER-1", "1.00"))
    page = send(alice, f"{OPEN}/dry-run", **CHOICES)
    assert 'name="beside_others"' in page.text
    text = alice.follow(send(alice, f"{OPEN}/release", **CHOICES)).text
    assert "What both write counts twice" in text
    assert kept(office, 2).release is None
    send(alice, f"{OPEN}/release", **CHOICES, beside_others="yes")
    assert kept(office, 2).release is not None


def test_what_cannot_be_read_is_told(office: Office, alice: Browser) -> None:
    """Procore's refusal, or costs that are not read whole, end in one sentence on the project's page."""
    procore(office, ProcoreError("Procore refuses the direct costs: Direct Costs is not an active tool.", status=403))
    text = alice.follow(send(alice, f"{OPEN}/dry-run", **CHOICES)).text
    assert "Procore refuses the direct costs" in text
    office.change(costs_whole_at=None)
    assert "are not read whole yet" in alice.follow(send(alice, f"{OPEN}/dry-run", **CHOICES)).text


@pytest.mark.parametrize(
    "form",
    [{"before": "never"}, {"po_bills": "both"}, {"status": "gone"}, {"costs_from": "yesterday"}],
)
def test_choices_that_no_page_offers_are_refused(alice: Browser, form: dict[str, str]) -> None:
    """A form that is not ours changes nothing."""
    assert send(alice, f"{OPEN}/dry-run", **{**CHOICES, **form}).status_code == 400


def test_one_project_shows_what_it_exports(alice: Browser, victor: Browser) -> None:
    """Records by kind and state, each leading to its list; a viewer has no button."""
    text = alice.get(RELEASED).text
    assert "What it exports" in text
    assert "kind=commitment" in text
    assert "Withdraw them" in text
    text = victor.get(RELEASED).text
    assert "<button" not in text.split("<main")[1]


@pytest.mark.parametrize("act", ["switch", "dry-run", "release", "withdraw"])
def test_only_deciders_decide(office: Office, alice: Browser, victor: Browser, charlie: Browser, act: str) -> None:
    """A viewer has no right, another connection's approver finds nothing, foreign forms are refused."""
    form: dict[str, Any] = {**CHOICES, "to": "off", "confirmed": "1"}
    before = kept(office, 1)
    assert send(victor, f"{RELEASED}/{act}", **form).status_code == 403
    assert send(charlie, f"{RELEASED}/{act}", **form).status_code == 404
    assert alice.client.post(f"{RELEASED}/{act}", data=form).status_code == 403
    assert send(alice, f"{PROJECTS}/77/{act}", **form).status_code == 404
    assert send(alice, f"{OPEN}/switch", to="sideways").status_code == 400
    assert alice.get(f"{RELEASED}/{act}").status_code == 405
    assert kept(office, 1) == before
