"""The first run: from nothing to the first visit in numbered steps, each with its own check."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.storage import Database
from tests.page.office import MAIN, NOW, Browser, Office

START = f"/connections/{MAIN}/start"
NEW = "/connections/new"
FORM = {"name": "Bluestone", "company_id": "4711", "client_id": "app", "company_name": "Bluestone Development LLC"}


@pytest.fixture
def anna(office: Office) -> Browser:
    """Give the browser of Anna, who administers."""
    office.employ("Anna", "admin")
    return office.signed_in("Anna")


def send(browser: Browser, where: str = START, **form: str) -> TestResponse:
    """Send a form."""
    return browser.client.post(where, data={"csrf": browser.csrf(), **form})


def stored(office: Office) -> Connection:
    """The main connection as it is stored."""
    with office.kit.work() as uow:
        row = uow.connections.first(name=MAIN)
    assert row is not None
    return row


def standing(browser: Browser) -> dict[str, str]:
    """Give each step with its word."""
    found = re.findall(r"</span> (Done|Now|Later)</span> \d ([^<]+)</h2>", browser.get(START).text)
    return {title: word for word, title in found}


def test_from_nothing_to_a_connection(database: Database) -> None:
    """The empty overview leads to the form; what is wrong is told there; the password is shown once and works."""
    office = Office(database)
    office.employ("Anna", "admin")
    anna = office.signed_in("Anna")
    assert NEW in anna.get("/").text
    secret = office.vault.hash_token("drawn for this run")
    wrong = send(anna, NEW, **{**FORM, "company_id": "abc"}, secret=secret)
    assert wrong.status_code == 400
    assert "number in Procore is a number" in wrong.text
    assert 'value="Bluestone"' in wrong.text
    assert secret not in wrong.text
    assert "client secret is empty" in send(anna, NEW, **FORM, secret=" ").text

    page = send(anna, NEW, **FORM, secret=secret)
    assert page.status_code == 200
    user_name, password = re.findall(r"<code>([^<]+)</code></dd>", page.text)
    row = stored(office)
    assert (row.user_name, row.password_hash) == (user_name, office.kit.hash_token(password))
    assert office.vault.open(row.procore_secret) == secret
    assert page.headers["Cache-Control"] == "no-store"
    assert secret not in page.text
    assert "There is a connection Bluestone already" in send(anna, NEW, **FORM, secret=secret).text
    text = anna.get(START).text
    assert "0 of 9 steps are done" in text
    assert password not in text


def test_each_step_checks_itself(office: Office, anna: Browser) -> None:
    """What is done is ticked, the first that is not is the one to take now, the others come later."""
    found = standing(anna)
    assert found["Income and expense account for new items"] == "Done"
    assert found["Add it to the Web Connector with its password"] == "Done"
    assert found["Procore can be read"] == "Now"
    assert found["Is this your company?"] == "Done"
    office.change(pulled_at=NOW, bound_name="")
    found = standing(anna)
    assert found["Procore can be read"] == "Done"
    assert found["Is this your company?"] == "Now"
    office.change(procore_down="Procore does not know the client secret.", last_contact=None)
    assert standing(anna)["Procore can be read"] == "Now"
    assert "does not know the client secret" in anna.get(START).text


def test_accounts_are_chosen_from_what_quickbooks_has(office: Office, anna: Browser) -> None:
    """A name that QuickBooks lacks is told; the right ones are kept as QuickBooks writes them, with who and when."""
    office.change(settings={})
    text = anna.follow(send(anna, step="accounts", income_account="Job Income", expense_account="Job Expense")).text
    assert "QuickBooks has no account Job Expense" in text
    assert "Name both accounts" in anna.follow(send(anna, step="accounts", income_account="Job Income")).text
    assert stored(office).settings == {}
    anna.follow(send(anna, step="accounts", income_account="job income", expense_account="Job Expenses"))
    row = stored(office)
    assert row.settings == {"income_account": "Job Income", "expense_account": "Job Expenses"}
    with office.kit.work() as uow:
        said = uow.history.find(subject="connection", subject_id=row.id)
    assert [(each.who, each.why) for each in said][-2:] == [
        ("Anna", "income_account set to Job Income"),
        ("Anna", "expense_account set to Job Expenses"),
    ]


def test_the_company_that_was_seen_is_the_one_that_is_bound(office: Office, alice: Browser) -> None:
    """She says yes to the name and file that she saw; if another company visited meanwhile, nothing is bound."""
    seen = Company(name="Bluestone Development LLC", file_path="C:\\Books\\bluestone.qbw")
    office.change(bound_name="", company=seen)
    text = alice.get(START).text
    assert "bluestone.qbw" in text
    (said,) = re.findall(r'name="company" value="([^"]+)"', text)
    office.change(company=Company(name="Sample Rock Castle", file_path="C:\\sample.qbw"))
    assert "Another company has visited" in alice.follow(send(alice, step="company", company=said)).text
    assert stored(office).bound_name == ""
    office.change(company=seen)
    text = alice.follow(send(alice, step="company", company=said)).text
    assert "Bluestone writes to Bluestone Development LLC from the next visit on." in text
    assert stored(office).bound_name == "Bluestone Development LLC"
    office.change(bound_name="", company=Company())
    assert "No QuickBooks company has visited" in alice.follow(send(alice, step="company", company="")).text


def test_a_new_password_is_shown_once(office: Office, anna: Browser) -> None:
    """It replaces the old one at once."""
    page = send(anna, step="password")
    _, password = re.findall(r"<code>([^<]+)</code></dd>", page.text)
    assert stored(office).password_hash == office.kit.hash_token(password)
    assert password not in anna.get(START).text


def test_the_file_comes_from_the_page(office: Office, anna: Browser) -> None:
    """The download is named after the connection's user."""
    answer = anna.get(f"/connections/{MAIN}/file.qwc")
    assert f"filename=bridge-{MAIN}.qwc" in answer.headers["Content-Disposition"]
    assert b"<UserName>" in answer.data
    assert stored(office).user_name.encode() in answer.data


@pytest.mark.parametrize(
    ("where", "form"),
    [
        (NEW, {**FORM, "secret": "x"}),
        (START, {"step": "password"}),
        (START, {"step": "accounts", "income_account": "Job Income", "expense_account": "Job Expenses"}),
    ],
)
def test_only_administrators_set_up(
    office: Office, alice: Browser, victor: Browser, where: str, form: dict[str, Any]
) -> None:
    """Approvers see the steps and may say which company is theirs; passwords, accounts, files are not theirs."""
    before = stored(office)
    for browser in (alice, victor):
        assert send(browser, where, **form).status_code == 403
        assert browser.get(NEW).status_code == 403
        assert browser.get(f"/connections/{MAIN}/file.qwc").status_code == 403
        assert browser.get(START).status_code == 200
    assert send(victor, step="company", company="x").status_code == 403
    assert send(alice, step="dance").status_code == 400
    assert stored(office) == before
