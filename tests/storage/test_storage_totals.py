"""What monitors are told of the database: the counts of its rows, by a few statements."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Executable

from qbwc_bridge.domain.quickbooks import CompanyQuery
from qbwc_bridge.domain.records import Submission, Task, Visit
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import watching
from qbwc_bridge.storage import Database
from qbwc_bridge.storage.driver import Driver, Values
from qbwc_bridge.storage.version import head
from tests.storage import samples

NOW = dt.datetime(2026, 3, 10, 15, 0, tzinfo=dt.UTC)
SOON = NOW + dt.timedelta(minutes=1)


def fill(database: Database, connections: int) -> None:
    """Store connections with rows in every state, each one row more than the one before."""
    with database.work() as uow:
        for place in range(connections):
            row_id = uow.connections.add(samples.connection(f"No. {place}")).id
            for count in range(place + 1):
                for number, state in enumerate(State):
                    row = Submission(row_id, "vendor", f"{state}{count}", "", "", "1", NOW, NOW, state=state)
                    row.update = number % 2 == 0
                    uow.submissions.append(row)
                for task_state in TaskState:
                    uow.tasks.append(Task(row_id, "x", CompanyQuery(), NOW, state=task_state))
                uow.visits.add(Visit(row_id, "a", NOW, SOON))
            uow.visits.add(Visit(row_id, "b", NOW, SOON, ended_at=NOW))
            uow.visits.add(Visit(row_id, "c", NOW, NOW))


def test_totals_are_those_of_the_rows(database: Database) -> None:
    """Each connection's own rows by state; ended tasks and visits, and those whose lease is over, are not open."""
    fill(database, 3)
    with database.work() as uow:
        found = uow.everywhere.totals(NOW)
        ids = [row.id for row in uow.connections.find()]
    open_states = set(TaskState) - {TaskState.DONE, TaskState.CANCELLED}
    for place, row_id in enumerate(ids, 1):
        assert found.submissions[row_id] == dict.fromkeys(State, place)
        assert found.tasks[row_id] == dict.fromkeys(open_states, place)
        assert found.sessions[row_id] == place
        assert set(found.mail[row_id].values()) == {0}
    assert found.schema == head()
    assert found.size > 10_000


def test_as_many_statements_for_one_as_for_many(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a monitor asks costs a constant number of statements, whatever the number of connections."""
    asked: list[str] = []
    real = Driver.fetch

    def fetch(self: Driver, statement: Executable, values: Values) -> list[Sequence[Any]]:
        asked.append(str(statement))
        return real(self, statement, values)

    monkeypatch.setattr(Driver, "fetch", fetch)
    counts = []
    for more in (1, 9):
        fill_more(database, more)
        asked.clear()
        with database.work() as uow:
            watching.figures(uow, NOW)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 5


def fill_more(database: Database, count: int) -> None:
    """Store further connections without rows."""
    with database.work() as uow:
        for place in range(count):
            uow.connections.add(samples.connection(f"{count}-{place}"))
