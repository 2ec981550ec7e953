"""The tab Mapping: what is open first, several linked or mapped at once after they were seen, and a CSV file."""

import csv
import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.domain.states import State
from tests.page.office import MAIN, NOW, Browser, Office

MAPPING = f"/connections/{MAIN}/mapping"
LINK, IMPORT, FILE = f"{MAPPING}/link", f"{MAPPING}/import", f"{MAPPING}.csv"
COSTS = f"/connections/{MAIN}/costs/decide"
PACIFIC, SMITH = "vendor:Pacific Drywall", "vendor:Smith & Sons, Inc."
GLASS = "Zoë's <Glass> & “More”"
FUEL, PAYROLL = "account:Job Expenses:Fuel", "account:Payroll Expenses"


def link(browser: Browser, form: dict[str, Any], of: str = "vendor") -> TestResponse:
    """Send the form of open jobs or vendors."""
    return browser.client.post(LINK, data={"csrf": browser.csrf(), "of": of, **form})


def send_file(browser: Browser, text: str) -> TestResponse:
    """Send a CSV file."""
    data = {"csrf": browser.csrf(), "kind": "cost", "file": (io.BytesIO(text.encode()), "mapping.csv")}
    return browser.client.post(IMPORT, data=data, content_type="multipart/form-data")


def decisions(office: Office) -> dict[str, Mapping]:
    """What people decided about names, by the name."""
    with office.kit.work() as uow:
        return {row.quickbooks: row for row in uow.mappings.find()}


def test_open_vendors_are_shown_with_what_is_nearly_the_same(alice: Browser) -> None:
    """Vendors of QuickBooks without a link, each with the vendor of Procore that it may be."""
    text = alice.get(f"{MAPPING}?kind=vendor").text
    assert 'name="procore:vendor:Pacific Drywall" list="names" value="Pacific Drywall"' in text
    assert 'name="procore:vendor:Smith &amp; Sons, Inc." list="names" value=""' in text
    assert "No name that is not linked fits" in alice.get(f"{MAPPING}?kind=vendor&q=nothing").text


def test_several_are_linked_at_once_after_they_were_seen(office: Office, alice: Browser) -> None:
    """The first press shows what would be linked, and what cannot be; the second does it."""
    form = {
        "pick": [PACIFIC, SMITH],
        f"procore:{PACIFIC}": "pacific drywall",
        f"procore:{SMITH}": "Nobody of that name",
    }
    shown = link(alice, form)
    assert shown.status_code == 200
    assert "Link 1 name" in shown.text
    assert "Procore offers no vendor Nobody of that name" in shown.text
    assert office.row("Pacific Drywall").state is not State.SYNCED

    again = {
        "pick": [PACIFIC, SMITH],
        f"procore:{PACIFIC}": "Pacific Drywall",
        f"procore:{SMITH}": GLASS,
    }
    text = alice.follow(link(alice, {**again, "confirmed": "1"})).text
    assert "2 names are linked." in text
    assert "Every vendor of QuickBooks is linked." in text
    row = office.row("Pacific Drywall")
    assert (row.state, row.accepted_by, row.quickbooks_name) == (State.SYNCED, "Alice", "Pacific Drywall")


def test_one_that_cannot_be_linked_stops_no_other(office: Office, alice: Browser) -> None:
    """Two names for one record of Procore: the first is linked, the second is told, nothing else is lost."""
    form = {"pick": [PACIFIC, SMITH], f"procore:{PACIFIC}": "Pacific Drywall", f"procore:{SMITH}": "Pacific Drywall"}
    text = alice.follow(link(alice, {**form, "confirmed": "1"})).text
    assert "1 name is linked." in text
    assert "Pacific Drywall is linked to Pacific Drywall already" in text
    assert office.row(GLASS).state is not State.SYNCED


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Choose at least one name first."),
        ({"pick": [SMITH]}, "Smith &amp; Sons, Inc.: choose what it is in Procore first."),
        ({"pick": ["vendor:Nobody"], "procore:vendor:Nobody": "Pacific Drywall", "confirmed": "1"}, "Nobody"),
    ],
)
def test_what_cannot_be_linked_is_told(office: Office, alice: Browser, form: dict[str, Any], sentence: str) -> None:
    """One sentence on the page where she was, and nothing has changed."""
    assert sentence in alice.follow(link(alice, form)).text
    assert office.row("Pacific Drywall").state is not State.SYNCED


def test_several_names_are_mapped_at_once_with_one_effect(office: Office, alice: Browser) -> None:
    """What all of them move together is shown before they are kept; one that names no code is told and left."""
    text = alice.get(f"{MAPPING}?kind=cost").text
    assert FUEL in text
    assert PAYROLL in text
    form = {"csrf": alice.csrf(), "action": "map", "from": "mapping", "pick": [FUEL, PAYROLL]}
    shown = alice.client.post(COSTS, data={**form, f"procore:{FUEL}": "03-300.M", f"procore:{PAYROLL}": "99-999.L"})
    assert "Account Job Expenses:Fuel will be mapped to 03-300.M" in shown.text
    assert "Procore has no cost code 99-999" in shown.text

    form |= {f"procore:{FUEL}": "03-300.M", f"procore:{PAYROLL}": "03-300.L"}
    shown = alice.client.post(COSTS, data=form)
    assert "2 names will be mapped" in shown.text
    assert "3,438.50" in shown.text
    (seen,) = [part.split('"')[0] for part in shown.text.split('name="seen" value="')[1:]]
    answer = alice.client.post(COSTS, data={**form, "seen": seen})
    assert answer.headers["Location"] == f"{MAPPING}?kind=cost"
    text = alice.follow(answer).text
    assert "2 names are mapped: 3,438.50 in 3 documents moved." in text
    assert "Nothing: every cost has its place." in text
    assert {name: row.procore for name, row in decisions(office).items()} == {
        "Job Expenses:Fuel": "03-300.M",
        "Payroll Expenses": "03-300.L",
    }


def test_no_cost_has_its_place_before_costs_were_read(office: Office, alice: Browser) -> None:
    """An empty list is no good news while QuickBooks' costs were not read whole: both pages say so."""
    with office.kit.work() as uow:
        for document in uow.costs.find(connection_id=1):
            uow.costs.remove(document)
    office.change(costs_whole_at=None)
    for page in (f"{MAPPING}?kind=cost", f"/connections/{MAIN}/costs"):
        text = alice.get(page).text
        assert "QuickBooks' costs are not read whole yet" in text.replace("&#39;", "'")
        assert "every cost has its place" not in text


def test_the_file_says_everything_and_reads_back_as_nothing_new(office: Office, alice: Browser) -> None:
    """What was downloaded can be read again; a name that looks like a formula comes back as it was."""
    with office.kit.work() as uow:
        (account,) = uow.lists.find(connection_id=1, folded=fold("Job Expenses:Fuel"))
        account.full_name, account.folded = "=Fuel", fold("=Fuel")
        uow.lists.save(account)
        uow.mappings.add(Mapping(1, "account", "=Fuel", "03-300.M", decided_by="Alice", decided_at=NOW))
    answer = alice.get(FILE)
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert {row["kind"] for row in rows} == {"job", "item", "account"}
    assert next(row for row in rows if row["kind"] == "account")["quickbooks"] == "'=Fuel"
    text = alice.follow(send_file(alice, answer.data.decode())).text
    assert f"0 of {len(rows)} lines taken, {len(rows)} said nothing new." in text


def test_lines_of_a_file_are_carried_out_and_the_bad_ones_told(office: Office, alice: Browser) -> None:
    """Each line by itself: a link, a code, a reason to ignore; what cannot be is told with its line."""
    lines = [
        "kind,quickbooks,procore,ignored,comment",
        "account,Job Expenses:Fuel,03-300.M,,",
        "account,Nowhere,03-300.M,,",
        "weather,x,y,,",
        "vendor,Pacific Drywall,Pacific Drywall,,",
        "account,Payroll Expenses,,yes,paid by the owner",
    ]
    text = alice.follow(send_file(alice, "\n".join(lines))).text
    assert "3 of 5 lines taken, 0 said nothing new." in text
    assert "Line 3: QuickBooks has no account Nowhere" in text
    assert "Line 4: &#39;weather&#39; is no kind" in text
    assert office.row("Pacific Drywall").state is State.SYNCED
    kept = decisions(office)
    assert kept["Job Expenses:Fuel"].procore == "03-300.M"
    assert kept["Payroll Expenses"].comment == "paid by the owner"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "lacks one of the columns kind, quickbooks, procore"),
        (b"a,b\n1,2", "lacks one of the columns"),
        (b"\xff\xfe\x00", "The file is no text in UTF-8"),
        (b"kind,quickbooks,procore\n" + b'"' + b"x" * 200_000 + b'"', "cannot be read as CSV"),
    ],
)
def test_what_is_no_such_file_is_told(alice: Browser, content: bytes, sentence: str) -> None:
    """A wrong file changes nothing and is told in one sentence."""
    data = {"csrf": alice.csrf(), "file": (io.BytesIO(content), "x.csv")}
    answer = alice.client.post(IMPORT, data=data, content_type="multipart/form-data")
    assert sentence in alice.follow(answer).text


def test_a_viewer_looks_and_decides_nothing(office: Office, victor: Browser, charlie: Browser) -> None:
    """A viewer sees names and suggestions and may download; no form, no right; others see nothing."""
    text = victor.get(f"{MAPPING}?kind=vendor").text
    assert "Pacific Drywall" in text
    assert 'name="pick"' not in text
    assert 'type="file"' not in text
    assert victor.get(FILE).status_code == 200
    form = {"pick": [PACIFIC], f"procore:{PACIFIC}": "Pacific Drywall", "confirmed": "1"}
    assert link(victor, form).status_code == 403
    assert send_file(victor, "kind,quickbooks,procore").status_code == 403
    for path in (MAPPING, FILE):
        assert charlie.get(path).status_code == 404
    assert link(charlie, form).status_code == 404
    assert office.row("Pacific Drywall").state is not State.SYNCED


def test_a_form_that_no_page_sends_is_refused(alice: Browser) -> None:
    """Kinds mixed or unknown mean a page that is not ours."""
    assert link(alice, {"pick": [PACIFIC]}, of="job").status_code == 400
    assert link(alice, {"pick": [PACIFIC]}, of="weather").status_code == 400
