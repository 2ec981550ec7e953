"""What Procore hides is kept with its project and told where people look: no list looks empty for want of a right."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge import worker
from qbwc_bridge.domain.reading import CHANGE_ORDERS, LOCK, PRIME_CONTRACTS
from qbwc_bridge.domain.shown import Shown
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import views
from tests.journeys.bridge import START, Bridge
from tests.unit.cli_office import Office, office


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Office]:
    """An office whose project is not switched on yet."""
    with office(tmp_path) as made:
        made.bridge.pull()
        yield made


def shown(bridge: Bridge, number: str = "24-001") -> Shown:
    """What is kept with a project."""
    with bridge.app.kit.work() as uow:
        choice = uow.projects.first(number=number)
    assert choice is not None
    return choice.shown


def questions(bridge: Bridge) -> str:
    """What status and overview tell."""
    with bridge.app.kit.work() as uow:
        connection = uow.connections.get(bridge.connection.id)
        return " ".join(views.look(bridge.app.kit, uow, connection, bridge.clock.now()).questions)


@pytest.mark.parametrize("tool", ["Budget", "Commitments", "Change Orders"])
def test_a_project_that_cannot_be_read_is_no_project_with_nothing_to_do(here: Office, tool: str) -> None:
    """Its job waits with the reason, pull, project list and status say it; once permitted, everything is offered."""
    bridge = here.bridge
    (project,) = bridge.projects("24-001")
    bridge.procore.permit(tool, "none", project_id=project)
    here.run("project", "on", "24-001", "--customer", "Bluestone Clients", "--create-customer")
    assert f"the project's tool {tool}" in here.run("pull", code=1).stderr
    bridge.visit()
    job = bridge.find("job", "24-001")
    assert job.state is State.BLOCKED
    assert f"the project's tool {tool}" in " ".join(job.reasons)
    assert f"the project's tool {tool}" in shown(bridge).unread
    assert f"the project's tool {tool}" in here.run("project", "list").stdout
    assert "Project 24-001: Procore refused" in questions(bridge)

    bridge.procore.permit(tool, "admin", project_id=project)
    assert bridge.pull() == []
    assert shown(bridge) == Shown()
    assert bridge.find("job", "24-001").state is State.READY
    assert bridge.submissions(kind="commitment")
    assert "Procore refused" not in questions(bridge)


def test_what_was_read_before_says_that_it_may_be_old(here: Office) -> None:
    """A right that is taken away later is a note on each record of the project, and blocks none of them."""
    bridge = here.bridge
    bridge.switch_on("24-001", "24-002")
    bridge.visit()
    (project,) = bridge.projects("24-001")
    before = {row.id: row.state for row in bridge.submissions()}
    bridge.procore.permit("Budget", "none", project_id=project)
    (told,) = bridge.pull()
    assert "the project's tool Budget" in told
    assert {row.id: row.state for row in bridge.submissions()} == before
    mine = [row for row in bridge.submissions() if row.project_id == project]
    assert all("nothing newer of it is known" in " ".join(row.notes) for row in mine)
    others = [row for row in bridge.submissions() if row.project_id != project]
    assert not any("nothing newer" in " ".join(row.notes) for row in others)


def test_a_refusal_stays_until_the_very_thing_can_be_read(here: Office) -> None:
    """A later reading of other lists takes it not away; the next one of that list does, without anything else."""
    bridge = here.bridge
    bridge.switch_on("24-001")
    (project,) = bridge.projects("24-001")
    bridge.procore.permit("Change Orders", "none", project_id=project)
    assert bridge.pull()
    assert set(shown(bridge).refused) == {CHANGE_ORDERS}
    bridge.procore.permit("Budget", "none", project_id=project)
    assert bridge.pull()
    assert set(shown(bridge).refused) == {LOCK, CHANGE_ORDERS}
    bridge.procore.permit("Budget", "admin", project_id=project)
    assert bridge.pull()
    assert set(shown(bridge).refused) == {CHANGE_ORDERS}
    bridge.procore.permit("Change Orders", "admin", project_id=project)
    assert bridge.pull() == []
    assert shown(bridge) == Shown()


def test_the_owner_s_contracts_that_are_hidden_hold_nothing_up(here: Office) -> None:
    """They are told with the project, no longer once they are shown."""
    bridge = here.bridge
    bridge.switch_on("24-001")
    (project,) = bridge.projects("24-001")
    bridge.procore.permit("Prime Contracts", "none", project_id=project)
    assert bridge.pull() == []
    assert "the project's tool Prime Contracts" in shown(bridge).partly[PRIME_CONTRACTS]
    assert shown(bridge).unread == ""
    bridge.procore.permit("Prime Contracts", "admin", project_id=project)
    assert bridge.pull() == []
    assert shown(bridge) == Shown()


def test_an_outage_is_no_refusal(here: Office) -> None:
    """What passes by itself is told by pull and leaves no word with the project."""
    bridge = here.bridge
    bridge.switch_on("24-001")
    bridge.procore.fail_next(status=500, count=9, path_contains="/budget")
    assert bridge.pull()
    assert shown(bridge) == Shown()


def test_a_project_that_is_taken_from_the_app_is_told(here: Office) -> None:
    """It is on, and Procore does not show it any more."""
    bridge = here.bridge
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.procore.set_project(bridge.projects("24-001")[0], permitted=False)
    assert bridge.pull()
    assert "permit it to the bridge's app" in shown(bridge).unread
    assert "permit it to the bridge's app" in questions(bridge)


def test_what_is_shown_in_part_is_told_and_fails_nothing(here: Office) -> None:
    """Three tiers and several budget views: told by pull and project list, exit code 0, also where nothing is new."""
    bridge = here.bridge
    bridge.switch_on("24-001")
    (project,) = bridge.projects("24-001")
    bridge.procore.set_tiers(project, 3)
    bridge.procore.set_budget_views(project, "One", "Two")
    for told in (here.run("pull", "--whole").stderr, here.run("pull").stderr):
        assert "24-001: The project has 2 budget views" in told
        assert "three tiers" in told
    assert len(shown(bridge).notices) == 2
    assert "three tiers" in here.run("project", "list").stdout
    facts = {row["number"]: row["refused"] for row in here.ask("project", "list")}
    assert len(facts["24-001"]) == 2
    assert facts["24-002"] == []


def test_a_code_that_only_a_project_has_is_noted(here: Office) -> None:
    """Its item is offered all the same, with a word about where the code comes from."""
    bridge = here.bridge
    (project,) = bridge.projects("24-003")
    bridge.procore.unlock_budget(project)
    bridge.procore.add_project_cost_code(project, "03-999", "Cellar")
    bridge.procore.set_budget(project, {"03-999.M": Decimal(500)})
    bridge.procore.lock_budget(project)
    bridge.switch_on("24-003")
    bridge.visit()
    found = {row.key: row for row in bridge.submissions(kind="cost_code")}
    assert "Only a project has this cost code" in " ".join(found["03-999"].notes)
    assert found["03-999"].title == "Cellar"
    assert [key for key, row in found.items() if "Only a project" in " ".join(row.notes)] == ["03-999"]


def test_a_direct_costs_tool_that_is_off_is_kept_with_the_project(here: Office) -> None:
    """A push that Procore refuses as a whole is told on status and project until one succeeds."""
    bridge = here.bridge
    bridge.switch_on("24-001")
    for _ in range(2):
        bridge.visit()
        bridge.accept_all()
    bridge.visit()
    bridge.company.enter_bill_on_order(bridge.company.orders()[0].txn_id, None, txn_date=START.date())
    bridge.refresh_costs()
    bridge.visit()
    bridge.release("24-001")
    (project,) = bridge.projects("24-001")
    bridge.procore.switch_tool(project, "Direct Costs", on=False)
    (told,) = worker.push(bridge.app.kit, bridge.connection.id).problems
    assert "the project's tool Direct Costs, level Admin" in told
    assert shown(bridge).unwritten == told
    assert told in questions(bridge)
    assert bridge.pull() == []
    assert shown(bridge).unwritten == told
    bridge.procore.switch_tool(project, "Direct Costs", on=True)
    bridge.push()
    assert shown(bridge) == Shown()
    assert bridge.difference() == 0
