"""What stands ready is handed over once: by the process that made it ready, or never; nothing happens twice."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from qbwc_bridge.bootstrap import open_app, web_app
from qbwc_bridge.domain.records import MessageSet, Visit
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.webconnector.exchange import NEVER_LEFT
from qbwc_bridge.webconnector.ready import Ready as Shelf
from tests.journeys.bridge import START, Bridge
from tests.journeys.crashing import Ready, finish, state_of
from tests.journeys.test_crashes import ready
from tests.journeys.wire import Talk, raw_bytes

__all__ = ["ready"]  # the fixture

WRITE = "newMessageSetID="


@pytest.fixture
def talk(ready: Ready, tmp_path: Path) -> Iterator[Talk]:
    """A visit in which a write was answered: the next one stands ready."""
    bridge = ready.open(tmp_path / "bridge")
    with raw_bytes(bridge) as call:
        made = Talk(bridge, call)
        assert made.login() == [""]
        made.work(made.until(WRITE))
        while newest(bridge).purpose != "write":  # the first is looked at before others follow
            assert made.work(made.send()) < 100
        yield made
    bridge.app.close()


def newest(bridge: Bridge) -> MessageSet:
    """Give the message that was stored last."""
    with bridge.app.kit.work() as uow:
        return uow.message_sets.find(order="-id", limit=1)[0]


def task_states(bridge: Bridge, message: MessageSet) -> set[TaskState]:
    """Give the states of a message's tasks."""
    with bridge.app.kit.work() as uow:
        return {task.state for task in uow.tasks.find(message_set_id=message.id)}


def as_undisturbed(ready: Ready, folder: Path) -> object:
    """Give the state that an undisturbed visit leads to."""
    bridge = ready.open(folder)
    bridge.visit()
    finish(bridge)
    wanted = state_of(bridge)
    bridge.app.close()
    return wanted


def test_what_stands_ready_is_committed_before_it_is_handed_over(talk: Talk) -> None:
    """Text, tasks and id are stored with the answer before; handing over stores nothing more."""
    message = newest(talk.bridge)
    assert (message.answered_at, task_states(talk.bridge, message)) == (None, {TaskState.SENT})

    assert talk.send() == message.request_text
    assert newest(talk.bridge) == message


def test_it_is_handed_over_once(talk: Talk) -> None:
    """Who asks again while it is out gets no second copy: its fate is asked for."""
    first = talk.send()

    second = talk.send()

    assert WRITE in first
    assert second != first
    assert newest(talk.bridge).purpose == "recover"


def test_another_process_finds_it_in_doubt_and_the_first_lets_go_of_it(
    ready: Ready, talk: Talk, tmp_path: Path
) -> None:
    """Two on one database: the other cannot know that it never left, and the first looks before it hands over."""
    message = newest(talk.bridge)
    with ExitStack() as stack:
        other = Bridge(
            talk.bridge.folder, talk.bridge.procore, talk.bridge.company, talk.bridge.clock, talk.bridge.password
        )
        stack.callback(other.app.close)
        elsewhere = Talk(other, stack.enter_context(raw_bytes(other)))
        elsewhere.ticket = talk.ticket

        asked = elsewhere.send()

        assert newest(other).purpose == "recover"
        assert asked != message.request_text
        assert talk.send() != message.request_text
        elsewhere.close()
    finish(talk.bridge)
    assert state_of(talk.bridge) == as_undisturbed(ready, tmp_path / "undisturbed")


def test_calls_that_come_to_two_processes_in_turn_settle_without_doubt(ready: Ready, tmp_path: Path) -> None:
    """Who did not hand over the message that was answered makes none ready, so nobody finds one in doubt."""
    bridge = ready.open(tmp_path / "bridge")
    with ExitStack() as stack:
        stack.callback(bridge.app.close)
        other = Bridge(bridge.folder, bridge.procore, bridge.company, bridge.clock, bridge.password)
        stack.callback(other.app.close)
        asking, bringing = (Talk(each, stack.enter_context(raw_bytes(each))) for each in (bridge, other))
        assert asking.login() == [""]
        bringing.ticket = asking.ticket

        asking.to_the_end(bringing.work)

        with bridge.app.kit.work() as uow:
            assert uow.message_sets.find(purpose="recover") == []
        finish(bridge)
        assert state_of(bridge) == as_undisturbed(ready, tmp_path / "undisturbed")


def test_a_visit_that_ends_takes_it_back(ready: Ready, talk: Talk, tmp_path: Path) -> None:
    """Stopped between an answer and the next request: nothing is in doubt, the task waits in the queue as before."""
    message = newest(talk.bridge)

    talk.close()

    assert task_states(talk.bridge, message) == {TaskState.QUEUED}
    with talk.bridge.app.kit.work() as uow:
        tasks = uow.tasks.find(message_set_id=message.id)
        assert {(task.attempts, task.message) for task in tasks} == {(0, NEVER_LEFT)}
        kept = uow.message_sets.get(message.id)
        assert (kept.note, kept.answered_at is None) == (NEVER_LEFT, False)
    talk.bridge.visit()
    with talk.bridge.app.kit.work() as uow:
        assert uow.message_sets.find(purpose="recover") == []
    finish(talk.bridge)
    assert state_of(talk.bridge) == as_undisturbed(ready, tmp_path / "undisturbed")


def test_an_answer_that_comes_twice_is_not_the_answer_to_what_stands_ready(ready: Ready, tmp_path: Path) -> None:
    """The second copy changes nothing, and the next request is the one that stood ready."""
    bridge = ready.open(tmp_path / "bridge")
    with raw_bytes(bridge) as call:
        talk = Talk(bridge, call)
        talk.login()
        talk.work(talk.until(WRITE))
        answer = bridge.company.process(talk.until(WRITE))
        talk.receive(answer)
        message = newest(bridge)

        assert talk.receive(answer) >= 0

        assert task_states(bridge, message) == {TaskState.SENT}
        assert talk.send() == message.request_text
        assert talk.receive(answer) >= 0  # now that it is out, the old answer is known by its id
        assert newest(bridge) == message
    bridge.app.close()


def test_a_new_process_settles_what_the_old_one_made_ready(ready: Ready, talk: Talk, tmp_path: Path) -> None:
    """A restart between two calls of one visit: what stood ready may have left, so QuickBooks is asked."""
    talk.bridge.restart()
    with raw_bytes(talk.bridge) as call:
        talk.call = call

        talk.send()

        assert newest(talk.bridge).purpose == "recover"
    finish(talk.bridge)
    assert state_of(talk.bridge) == as_undisturbed(ready, tmp_path / "undisturbed")


def test_nobody_may_sign_in_while_it_may_leave(talk: Talk) -> None:
    """The lease is the long one from when a message stands ready: it may be out at any moment."""
    talk.bridge.clock.pass_time(minutes=5)

    assert talk.login() == ["busy"]


def test_only_its_own_visit_gets_it() -> None:
    """A late call of a visit that was replaced takes nothing from the visit that follows."""
    over, present = (Visit(1, "", START, START, id=number) for number in (1, 2))
    message, shelf = MessageSet(1, present.id, "read", "", START, id=7), Shelf()
    shelf.keep(message)

    assert (shelf.take(over), shelf.waits_for(over), shelf.waits_for(present)) == (None, False, True)
    assert (shelf.take(present), shelf.take(present)) == (message, None)


@pytest.mark.parametrize("seed", range(3))
def test_calls_that_come_to_any_process_put_little_in_doubt(ready: Ready, tmp_path: Path, seed: int) -> None:
    """Where each call goes to whichever process, a visit has one message in doubt at most, and ends as any other."""
    bridge, random = ready.open(tmp_path / "bridge"), Random(seed)  # noqa: S311 - repeatable
    other = open_app(bridge.settings, clock=bridge.clock, transport=bridge.transport())
    apps: list[WSGIApplication] = [bridge.wsgi, web_app(other)]

    def any_of_them(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return random.choice(apps)(environ, start_response)

    bridge.wsgi = any_of_them
    finish(bridge)
    with bridge.app.kit.work() as uow:
        doubted = {row.at for row in uow.history.find(subject="task") if row.after == TaskState.IN_DOUBT}
        visits = uow.visits.count()
    assert len(doubted) <= visits
    assert state_of(bridge) == as_undisturbed(ready, tmp_path / "undisturbed")
    other.close()
    bridge.app.close()
