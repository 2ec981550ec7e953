import datetime as dt
import random

import pytest

from qbwc_bridge.domain.quickbooks import VendorAdd
from qbwc_bridge.domain.records import Task
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.flow import dispatch
from qbwc_bridge.flow.readings import COSTS_RANK, LISTS_RANK
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.storage import Database
from tests.storage import samples
from tests.storage.samples import NOW

QUEUES = 60
HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize("writes_allowed", [True, False])
def test_the_nearest_task_is_the_first_that_may_go(database: Database, *, writes_allowed: bool) -> None:
    """By rank and age, of what waits for no time, did not fail in this visit, and is no write before an open list."""
    draw = random.Random(7)  # noqa: S311 - test data
    for number in range(QUEUES):
        with database.work() as uow:
            here = samples.stored_connection(uow, f"office {number}")
            visit = uow.visits.get(samples.stored_visit(uow, here))
            visit.writes_allowed = writes_allowed
            tasks = [
                uow.tasks.add(
                    Task(
                        here,
                        "VendorAdd",
                        VendorAdd("Acme"),
                        NOW,
                        state=draw.choice([TaskState.QUEUED, TaskState.QUEUED, TaskState.DONE]),
                        not_before=draw.choice([None, None, NOW - HOUR, NOW, NOW + HOUR]),
                        failed_visit_id=draw.choice([None, None, visit.id]),
                        rank=draw.choice([LISTS_RANK, 3, 3, 5, COSTS_RANK]),
                    )
                )
                for _ in range(draw.randrange(6))
            ]
            queued = [task for task in tasks if task.state is TaskState.QUEUED]
            readings_only = not writes_allowed or any(task.rank == LISTS_RANK for task in queued)
            may_go = [
                (task.rank, task.id)
                for task in queued
                if (task.not_before or NOW) <= NOW
                and task.failed_visit_id is None
                and (task.rank in {LISTS_RANK, COSTS_RANK} or not readings_only)
            ]

            nearest = dispatch.nearest(Scene(uow, uow.connections.get(here), visit, NOW))

            assert (nearest and (nearest.rank, nearest.id)) == (min(may_go) if may_go else None)
