"""What Procore refuses of a project stands where a bookkeeper looks: overview, costs, and the project's page."""

import html

import pytest

from qbwc_bridge.domain.shown import Shown
from tests.page.office import MAIN, Office

COSTS = f"/connections/{MAIN}/costs"
WHY = "Procore refused reading the budget; the app needs the project's tool Budget, level Read Only."
OFF = "Procore refused writing direct costs; the app needs the project's tool Direct Costs, level Admin."
PART = "The project has 2 budget views; its budget is read through One."


@pytest.fixture(name="refused")
def _refused(office: Office) -> Office:
    """An office one of whose projects Procore shows in part and does not let be written."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        choice = uow.projects.first(connection_id=connection.id, project_id=1)
        assert choice is not None
        choice.shown = Shown(refused={"lock": WHY}, unwritten=OFF, partly={"views": PART})
        uow.projects.save(choice)
    return office


def page(office: Office, path: str) -> str:
    """What the approver reads."""
    return html.unescape(office.signed_in("Alice").get(path).text)


def test_the_overview_asks_for_a_person(refused: Office) -> None:
    """Both refusals are told with the project; what is only shown in part asks nobody."""
    shown = page(refused, "/")
    for sentence in (WHY, OFF):
        assert sentence in shown
    assert PART not in shown


def test_costs_and_project_tell_it(refused: Office) -> None:
    """In the project's row, and on its page with all that is shown only in part."""
    assert WHY in page(refused, COSTS)
    shown = page(refused, f"{COSTS}/1")
    for sentence in (WHY, OFF, PART):
        assert sentence in shown
    other = page(refused, f"{COSTS}/2")
    assert WHY not in other
    assert "What Procore does not show" not in other
