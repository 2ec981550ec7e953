"""`doctor`: what is wrong is named with its tool, level and project, by readings alone; one trouble hides no other."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.txn_types import PAYROLL
from qbwc_bridge.flow import checkup
from qbwc_bridge.flow.dry_run import EVERYTHING
from qbwc_bridge.procore import wire
from qbwc_bridge.rehearsal.procore import Procore
from tests.unit.cli_office import Office, office, run


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Office]:
    """An office with two projects on, one of them read and visited."""
    with office(tmp_path) as made:
        made.bridge.switch_on("24-001", "24-002")
        made.bridge.visit()
        yield made


def checks(here: Office, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """What `doctor` finds."""
    found: list[dict[str, Any]] = here.ask("doctor", *arguments, code=code)
    return found


def worse(here: Office, *arguments: str, code: int = 1) -> list[tuple[str, str, str]]:
    """Name, outcome and sentence of what is not fine."""
    found = [each for each in checks(here, *arguments, code=code) if each["outcome"] != "fine"]
    return [(each["name"], each["outcome"], f"{each['told']} {each['to_do']}") for each in found]


def ids(here: Office) -> list[int]:
    """The ids of both projects."""
    return here.bridge.projects("24-001", "24-002")


def test_everything_in_order_is_said_and_only_read(here: Office) -> None:
    """Each part has its line, exit code 0, and nothing was sent to Procore but questions."""
    del here.bridge.procore.calls[:]
    found = checks(here)
    assert {each["outcome"] for each in found} == {"fine"}, found
    names = [each["name"] for each in found]
    assert names[:3] == ["settings", "QuickBooks company", "visits"]
    for tool in ("Admin", "Budget", "Commitments", "Change Orders", "Direct Costs", "Prime Contracts", "Invoicing"):
        assert {f"24-001 {tool}", f"24-002 {tool}"} <= set(names)
    assert {"Procore company Directory", "Procore company Admin", "Procore company Portfolio", ".qwc file"} <= set(
        names
    )
    calls = [call for call in here.bridge.procore.calls if "oauth" not in call.path]
    assert {call.method for call in calls} == {"GET"}
    assert len(calls) <= 6 + 2 * 11

    told = " ".join(each["told"] for each in found)
    assert re.search(r"They hold names \d+ of at most 14,500, items \d+ of at most 14,500\.", told)
    assert "The budget is locked." in told
    assert "Its budget view is Procore Standard Budget." in told
    assert "Private ones are shown to the level Admin only" in told
    assert "shows only when something is written" in told
    assert "fine" in here.run("doctor").stdout


TOOLS = ("Admin", "Budget", "Commitments", "Change Orders", "Direct Costs", "Prime Contracts", "Invoicing")


@pytest.mark.parametrize("tool", TOOLS)
def test_a_missing_permission_is_named_with_tool_level_and_project(here: Office, tool: str) -> None:
    """Exactly that tool of that project, whatever the other project has; what is only beside costs no exit code."""
    first, _ = ids(here)
    here.bridge.procore.permit(tool, "none", project_id=first)
    beside = tool in ("Prime Contracts", "Invoicing", "Direct Costs")  # its costs are not released
    (found,) = worse(here, code=0 if beside else 1)
    assert found[:2] == (f"24-001 {tool}", "look" if beside else "broken")
    assert f"the tool {tool} in project 24-001 at level" in found[2]
    assert "403" in found[2]


@pytest.mark.parametrize("tool", ["Directory", "Admin"])
def test_a_missing_permission_of_the_company_is_named(here: Office, tool: str) -> None:
    """And the projects are looked at all the same."""
    here.bridge.procore.permit(tool, "none")
    ((name, outcome, told),) = worse(here)
    assert (name, outcome) == (f"Procore company {tool}", "broken")
    assert f"the tool {tool} of the company" in told
    assert "24-001 Budget" in [each["name"] for each in checks(here, code=1)]


def _release(here: Office) -> None:
    with here.bridge.app.kit.work() as uow:
        for choice in uow.projects.find(on=True):
            choice.release = EVERYTHING
            uow.projects.save(choice)


def test_a_direct_costs_tool_that_is_off_is_told_as_such(here: Office) -> None:
    """Broken where the costs are released; a look before that."""
    first, _ = ids(here)
    here.bridge.procore.switch_tool(first, "Direct Costs", on=False)
    ((name, outcome, told),) = worse(here, code=0)
    assert (name, outcome) == ("24-001 Direct Costs", "look")
    assert "is switched off in this project" in told
    _release(here)
    assert worse(here)[0][1] == "broken"


def test_three_tiers_several_views_and_none(here: Office) -> None:
    """What works in part is a look, the view that is used is named, and without one nothing can be read."""
    first, second = ids(here)
    here.bridge.procore.set_tiers(first, 3)
    here.bridge.procore.set_budget_views(first, "Owner's view", "Forecasting")
    here.bridge.procore.set_budget_views(second)
    found = {name: (outcome, told) for name, outcome, told in worse(here)}
    assert found["24-001 Change Orders"][0] == "look"
    assert "three tiers" in found["24-001 Change Orders"][1]
    assert found["24-002 Budget"][0] == "broken"
    assert "has no budget view" in found["24-002 Budget"][1]
    budget = next(each for each in checks(here, code=1) if each["name"] == "24-001 Budget")
    assert "Of 2 budget views Owner's view is used." in budget["told"]


def test_a_project_that_is_not_permitted_hides_no_other(here: Office) -> None:
    """Its tools are refused one by one, the other project's are fine."""
    first, _ = ids(here)
    here.bridge.procore.set_project(first, permitted=False)
    names = [name for name, _, _ in worse(here)]
    assert names
    assert all(name.startswith("24-001") for name in names)


STOPS: dict[str, tuple[str, Callable[[Procore], None]]] = {
    "sign-in": ("Procore sign-in", lambda procore: procore.fail_next(status=401, count=9, path_contains="/oauth")),
    "company": ("Procore company", lambda procore: procore.fail_next(status=403, path_contains="/companies")),
    "away": ("Procore sign-in", lambda procore: procore.fail_next(status=500, count=99)),
}


@pytest.mark.parametrize("stop", STOPS)
def test_what_keeps_everything_else_from_being_looked_at_is_named(
    here: Office, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    """No token, no company, no answer: one broken check, and none that pretends to know more."""
    monkeypatch.setattr(wire, "PAUSES_SECONDS", ())
    here.bridge.restart()
    here.desk.__dict__.update(app=here.bridge.app)
    name, trouble = STOPS[stop]
    trouble(here.bridge.procore)
    assert [each[:2] for each in worse(here)] == [(name, "broken")]


def test_hosts_of_two_environments_are_named(here: Office) -> None:
    """Before any call goes out."""
    here.run("connection", "set", "Bluestone", "procore_login_url", "https://login.procore.com")
    here.run("connection", "set", "Bluestone", "procore_api_url", "https://sandbox.procore.com")
    ((name, outcome, told),) = worse(here)
    assert (name, outcome) == ("Procore addresses", "broken")
    assert "different environments" in told


def test_many_projects_are_looked_at_in_part_and_it_is_said_which(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bounded number of calls; the others can be named."""
    monkeypatch.setattr(checkup, "MOST_PROJECTS", 1)
    found = checks(here)
    told = next(each for each in found if each["name"] == "Procore projects")
    assert told["told"].startswith("1 of 2 projects")
    assert "--project 24-002" in told["to_do"]
    assert not any(each["name"].startswith("24-002") for each in found)
    named = checks(here, "Bluestone", "--project", "24-002")
    assert any(each["name"] == "24-002 Budget" for each in named)
    assert not any(each["name"].startswith("24-001") for each in named)
    assert "goes with the NAME" in here.refused("doctor", "--project", "24-001", code=2)
    assert "no project 99-999" in here.refused("doctor", "Bluestone", "--project", "99-999")


@pytest.mark.parametrize(
    ("accounts", "outcome", "said"),
    [
        ((), "fine", "No paycheck is on a job"),
        (("Payroll Expenses",), "look", "Paychecks on jobs post to Payroll Expenses."),
        (("Payroll Expenses", "Payroll Taxes"), "fine", "job costing of paychecks is on"),
    ],
)
def test_payroll_is_judged_by_the_accounts_on_jobs(
    here: Office, accounts: tuple[str, ...], outcome: str, said: str
) -> None:
    """QuickBooks does not tell it: a single account may mean that employer taxes are on no job (rule 18)."""
    here.bridge.refresh_costs()
    here.bridge.visit()
    lines = [CostLine("J", "Job", account, "Expense", "", Decimal(100), counted=True) for account in accounts]
    with here.bridge.app.kit.work() as uow:
        mine = here.bridge.connection.id
        if lines:
            uow.costs.add(CostDocument(mine, "pay-2026-03-06", PAYROLL, dt.date(2026, 3, 6), lines=lines, job_id="J"))
    (payroll,) = [each for each in checks(here) if each["name"] == "payroll"]
    assert payroll["outcome"] == outcome
    assert said in payroll["told"]
    assert bool(payroll["to_do"]) is (outcome == "look")


def test_what_waits_for_a_person_is_broken(here: Office) -> None:
    """The brake, and a Web Connector that is silent."""
    with here.bridge.app.kit.work() as uow:
        row = uow.connections.get(here.bridge.connection.id)
        row.brake = "Would you look?"
        uow.connections.save(row)
    here.bridge.clock.pass_time(hours=30)
    found = worse(here)
    assert ("waits for a person", "broken", "Would you look? ") in found
    assert [outcome for name, outcome, _ in found if name == "visits"] == ["broken"]


def test_before_the_first_visit_nothing_is_broken(tmp_path: Path) -> None:
    """A fresh connection is told what comes next; an empty data folder too."""
    with office(tmp_path / "one") as made:
        found = {each["name"]: each for each in made.ask("doctor")}
        assert found["visits"]["outcome"] == "look"
        assert found["Procore projects"]["outcome"] == "look"
    (tmp_path / "two").mkdir()
    result = run(tmp_path / "two", "doctor")
    assert result.exit_code == 0
    assert "There is no connection yet" in result.stdout


def test_bad_settings_and_a_database_of_another_version_are_findings(tmp_path: Path) -> None:
    """They are told like everything else, and end the run."""
    result = run(tmp_path, "doctor", environ={"QBWC_BRIDGE_PULL_EVERY_SECONDS": "often"})
    assert (result.exit_code, result.stdout.count("broken")) == (1, 1)
    assert "PULL_EVERY_SECONDS" in result.stdout
    (tmp_path / "bridge.db").write_text("this is no database, whatever its name says")
    result = run(tmp_path, "doctor")
    assert result.exit_code == 1
    assert "broken  database" in result.stdout
