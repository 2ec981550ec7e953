"""Moves, leases and options: every change of state is checked and leaves one row of history."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qbwc_bridge.domain.quickbooks import VendorAdd
from qbwc_bridge.domain.records import Submission, Task
from qbwc_bridge.domain.states import MOVES, TASK_MOVES, State, TaskState
from qbwc_bridge.errors import ImpossibleMove
from qbwc_bridge.flow.leases import give_back, take
from qbwc_bridge.flow.moves import cancel_queued, move, move_task, note, token
from qbwc_bridge.flow.options import options
from tests.support import DEEP
from tests.unit.documents import NOW
from tests.unit.factories import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A bridge."""
    made = World(tmp_path)
    yield made
    made.close()


def new_row(world: World) -> int:
    """Store a submission; gives its id."""
    with world.unit() as (uow, connection):
        row = Submission(connection.id, "vendor", f"V{uow.submissions.count()}", "1", "Vendor", "", NOW, NOW)
        return uow.submissions.add(row).id


def new_task(world: World, submission_id: int | None = None) -> int:
    """Store a task; gives its id."""
    with world.unit() as (uow, connection):
        return uow.tasks.add(Task(connection.id, "VendorAdd", VendorAdd("x"), NOW, submission_id=submission_id)).id


class Walk(RuleBasedStateMachine):
    """A random walk of a submission and a task: the table of moves is the only way."""

    world: World

    @initialize()
    def start(self) -> None:
        """Begin with a new submission and a new task."""
        self.row, self.task = new_row(self.world), new_task(self.world)
        self.path: list[tuple[str, str]] = []
        self.task_path: list[tuple[str, str]] = []

    @rule(after=st.sampled_from(State))
    def step(self, after: State) -> None:
        """Ask for any move."""
        with self.world.unit() as (uow, _):
            row = uow.submissions.get(self.row)
            before = row.state
            if after in MOVES[before]:
                move(uow, row, after, now=NOW, who="Alice", why="asked")
                self.path.append((before, after))
                return
            with pytest.raises(ImpossibleMove):
                move(uow, row, after, now=NOW)

    @rule(after=st.sampled_from(TaskState))
    def task_step(self, after: TaskState) -> None:
        """The same for the task."""
        with self.world.unit() as (uow, _):
            task = uow.tasks.get(self.task)
            before = task.state
            if after in TASK_MOVES[before]:
                move_task(uow, task, after, now=NOW)
                self.task_path.append((before, after))
                return
            with pytest.raises(ImpossibleMove):
                move_task(uow, task, after, now=NOW)

    @invariant()
    def history_tells_every_step(self) -> None:
        """Each move made one row with from, to, when and who; a refused move none, and the state is the last one."""
        with self.world.unit() as (uow, _):
            rows = uow.history.find(subject="submission", subject_id=self.row)
            tasks = uow.history.find(subject="task", subject_id=self.task)
            assert [(each.before, each.after) for each in rows] == self.path
            assert [(each.before, each.after) for each in tasks] == self.task_path
            assert {(each.at, each.who, each.why) for each in rows} <= {(NOW, "Alice", "asked")}
            assert uow.submissions.get(self.row).state == (self.path[-1][1] if self.path else State.BLOCKED)


def test_random_walks_stay_on_the_table(world: World) -> None:
    """Whatever is asked for, only moves of the table happen, each with one row of history."""
    walk = type("WalkHere", (Walk,), {"world": world})
    case = walk.TestCase  # type: ignore[attr-defined]
    case.settings = settings(max_examples=100 if DEEP else 12, stateful_step_count=20)
    case().runTest()


def test_a_synced_record_is_no_update_and_waits_for_nothing(world: World) -> None:
    """Reaching QuickBooks ends what stood before it."""
    number = new_row(world)
    with world.unit() as (uow, _):
        row = uow.submissions.get(number)
        row.update, row.waits_for = True, ["job 1"]
        move(uow, row, State.SYNCED, now=NOW)

    with world.unit() as (uow, _):
        row = uow.submissions.get(number)
        assert (row.update, row.waits_for, row.since) == (False, [], NOW)


def test_cancelling_touches_only_what_was_not_sent(world: World) -> None:
    """Queued and parked tasks end; what was sent goes on."""
    number = new_row(world)
    tasks = [new_task(world, number) for _ in range(3)]
    with world.unit() as (uow, _):
        move_task(uow, uow.tasks.get(tasks[1]), TaskState.SENT, now=NOW)
        move_task(uow, uow.tasks.get(tasks[2]), TaskState.SENT, now=NOW)
        move_task(uow, uow.tasks.get(tasks[2]), TaskState.PARKED, now=NOW)
        cancel_queued(uow, uow.submissions.get(number), now=NOW, why="because")

    with world.unit() as (uow, _):
        states = [uow.tasks.get(task).state for task in tasks]
        assert states == [TaskState.CANCELLED, TaskState.SENT, TaskState.CANCELLED]
        assert uow.tasks.get(tasks[0]).done_at == NOW
        assert uow.tasks.get(tasks[0]).message == "because"


def test_a_note_changes_no_state(world: World) -> None:
    """What happened without a move is told too."""
    number = new_row(world)
    with world.unit() as (uow, _):
        note(uow, uow.submissions.get(number), now=NOW, who="Alice", why="looked")
        (found,) = uow.history.find(subject="submission")
        assert (found.before, found.after, found.why) == ("blocked", "blocked", "looked")


@given(st.integers(1, 24))
def test_tokens_are_base32_of_that_length(length: int) -> None:
    """Marks and message set ids hold capital letters and 2 to 7 only."""
    assert set(token(length)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    assert len(token(length)) == length


# ---------------------------------------------------------------- leases and options


def test_a_lease_keeps_others_out_until_it_ends(world: World) -> None:
    """Its holder may renew it, others wait until it is given back or ran out."""
    with world.unit() as (uow, connection):

        def get(holder: str, at: dt.datetime, station: str = "push") -> bool:
            return take(uow, connection.id, station, holder, at, 60)

        assert get("a", NOW)
        assert not get("b", NOW)
        assert get("b", NOW, "pull")
        assert get("a", NOW + dt.timedelta(seconds=30))
        assert not get("b", NOW + dt.timedelta(seconds=89))
        assert get("b", NOW + dt.timedelta(seconds=90))
        give_back(uow, connection.id, "push", "a")
        assert not get("a", NOW + dt.timedelta(seconds=91))
        give_back(uow, connection.id, "push", "b")
        assert get("a", NOW + dt.timedelta(seconds=91))


def test_a_connection_chooses_over_the_defaults(world: World) -> None:
    """A connection's own setting wins, an empty one does not count, and both fall back to the promised defaults."""
    connection = world.connection()
    connection.settings = {"item_policy": "code", "time_zone": "", "direct_export": "vendor,cost_code"}
    found = options(connection, {"item_policy": "code_and_type", "time_zone": "Europe/Paris", "estimates": "false"})

    assert not found.by_type
    assert found.zone.key == "Europe/Paris"
    assert found.direct_export == {"vendor", "cost_code"}
    assert not found.estimates
    nothing = options(world.connection(), {})
    assert (nothing.amount_lines, nothing.change_lines, nothing.estimates) == ("amount_as_quantity", "new_line", True)
