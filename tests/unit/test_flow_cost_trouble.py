"""Trouble in readings of costs: no cost is lost, counted twice or taken out of Procore unasked."""

from collections.abc import Callable
from typing import Any

import pytest

from qbwc_bridge.domain.quickbooks import CustomTxnDetail, JobProfitability, ProfitAndLoss, Request
from qbwc_bridge.domain.replies import Reply, ReplySet
from qbwc_bridge.flow import cost_readings
from tests.unit.documents import PROJECT
from tests.unit.factories import World
from tests.unit.test_flow_cost_readings import NOON, books, first_reading
from tests.unit.test_flow_costs import template, world

__all__ = ["template", "world"]  # the fixtures

Answer = Callable[[Request], tuple[Any, ...] | int]
"""What QuickBooks shows for a request, or the status with which it refuses it."""


def visit(world: World, answer: Answer, *, ask: bool = True) -> list[Request]:
    """Read costs in a visit; gives what was asked about costs."""
    with world.unit() as (uow, connection):
        # Else the empty answers to lists would tell that all names are gone.
        connection.lists_whole_at, connection.lists_modified = world.now, NOON
        if ask:
            cost_readings.ask(uow, connection, world.now)
    number = world.begin()
    asked: list[Request] = []
    while message := world.send(number):
        replies = []
        for task in world.tasks(message_set_id=message.id):
            found = answer(task.request) if task.reading_id else ()
            status, shown = (found, ()) if isinstance(found, int) else (0, found)
            replies.append(Reply(task.kind, str(task.id), status, "", "", shown))
            asked += [task.request] if task.reading_id else []
        world.receive(number, message, ReplySet(tuple(replies), 0))
    return asked


def but(answer: Answer, kind: type[Request], status: int) -> Answer:
    """The same QuickBooks, which refuses one kind of request."""
    return lambda request: status if isinstance(request, kind) else answer(request)


@pytest.mark.parametrize("status", [1, 500, 3250, 3261, 3262])
def test_a_job_report_that_is_refused_stops_no_reading(world: World, status: int) -> None:
    """Job Profitability only explains a difference: a company without it has its costs read all the same."""
    first_reading(world)
    world.later(hours=2)
    visit(world, but(books({"T1": "12.00"}, sequence="2", total="99.00"), JobProfitability, status))

    job = world.row("job", PROJECT).quickbooks_id
    assert world.connection().doubted == {job: "87.00"}
    with world.unit() as (uow, _):
        assert [row.cost_cents for row in uow.costs.find()] == [1200]


@pytest.mark.parametrize("kind", [CustomTxnDetail, ProfitAndLoss])
@pytest.mark.parametrize("status", [2, 500, 3250, 3261])
def test_a_report_without_content_ends_no_cost(world: World, kind: type[Request], status: int) -> None:
    """Whatever the status says: rows that were not shown prove nothing, and the ledger stays as it is."""
    first_reading(world)
    world.later(hours=2)
    visit(world, but(books({"T1": "12.00"}, sequence="2"), kind, status))

    with world.unit() as (uow, connection):
        assert [(row.cost_cents, row.deleted) for row in uow.costs.find()] == [(1000, False)]
        assert "" not in connection.doubted.values()
