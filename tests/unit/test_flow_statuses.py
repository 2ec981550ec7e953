"""What happens next after every status code: to the task, to its record, and what the person reads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from qbwc_bridge.domain.records import MessageSet, Task
from qbwc_bridge.domain.replies import Reply, ReplySet
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import answers
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.qbxml.by_itself import BACK_OFF, MAX_REBUILDS
from qbwc_bridge.qbxml.meanings import WHO
from qbwc_bridge.qbxml.status_codes import STATUS_CODES
from qbwc_bridge.qbxml.statuses import Reaction, meaning
from tests.support import DEEP
from tests.unit.documents import budget, change_order, commitment
from tests.unit.factories import World
from tests.unit.test_flow_queue import accepted

UNKNOWN = (777, 4711, -1)
MACROS = range(9101, 9199)
"""A hundred numbers with one row; both ends stand for them outside CI."""
CODES = [*(int(code) for code in STATUS_CODES if DEEP or int(code) not in MACROS), *UNKNOWN]

PEOPLE = "|".join(re.escape(words) for who, words in WHO.items() if who != "nobody")
"""Who can mend something, as the sentences name them."""

GONE = (0, 1, 500, 3120)
"""Answers by which an order that is asked for by its TxnID is no longer there."""


@dataclass
class Out:
    """A world in which a message is out whose answer has not come; `told` is the answer that would carry it out."""

    world: World
    visit: int
    message: MessageSet
    told: ReplySet
    kind: str

    def answer(self, scene: Scene, status: int, *, shown: bool = False, attempts: int = 1) -> Task:
        """Apply an answer that gives that status for each of its requests; gives the task in question."""
        (task,) = scene.uow.tasks.find(message_set_id=self.message.id, kind=self.kind)
        task.attempts = attempts
        scene.uow.tasks.save(task)
        replies = [self._reply(each, status, shown=shown) for each in self.told.replies]
        answers.apply(scene, self.message, ReplySet(tuple(replies), 0))
        return scene.uow.tasks.get(task.id)

    @staticmethod
    def _reply(done: Reply, status: int, *, shown: bool) -> Reply:
        return replace(done, status=status, message="It said so.", results=done.results if shown else ())


def _out(world: World, kind: str) -> Out:
    """Bring a world to where the first request of that kind is out."""
    visit = 0
    for _ in range(3):
        world.later(minutes=16)
        visit = world.begin()
        while message := world.send(visit):
            told = world.ask(message)
            if world.tasks(message_set_id=message.id, kind=kind):
                return Out(world, visit, message, told, kind)
            world.receive(visit, message, told)
    raise AssertionError(f"no {kind} went out")


def _opened(tmp_path_factory: pytest.TempPathFactory, kind: str) -> Iterator[Out]:
    world = World(tmp_path_factory.mktemp("world"))
    if not kind.endswith("Query"):
        accepted(world, budget(), commitment(1), change_order(11, 1))
    yield _out(world, kind)
    world.close()


@pytest.fixture(
    scope="module", params=["VendorAdd", "ItemServiceAdd", "CustomerAdd", "EstimateAdd", "PurchaseOrderAdd"]
)
def add(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Out]:
    """A new record of a list, or a new transaction, is out."""
    yield from _opened(tmp_path_factory, request.param)


@pytest.fixture(scope="module")
def mod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Out]:
    """A change of an order is out."""
    yield from _opened(tmp_path_factory, "PurchaseOrderMod")


@pytest.fixture(scope="module", params=["VendorQuery", "EstimateQuery", "PurchaseOrderQuery"])
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Out]:
    """The first reading of the lists and orders is out."""
    yield from _opened(tmp_path_factory, request.param)


@pytest.fixture(scope="module")
def order_reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Out]:
    """The order of a change order is asked for by its TxnID."""
    world = World(tmp_path_factory.mktemp("world"))
    world.journey(commitment(1))
    accepted(world, commitment(1), change_order(11, 1))
    world.later(minutes=16)
    visit = world.begin()
    while message := world.send(visit):
        told = world.ask(message)
        if any(task.submission_id for task in world.tasks(message_set_id=message.id)):
            break
        world.receive(visit, message, told)
    assert message
    yield Out(world, visit, message, told, "PurchaseOrderQuery")
    world.close()


def state_of(scene: Scene, task: Task) -> State:
    """The state of the record that a task serves."""
    assert task.submission_id
    return scene.uow.submissions.get(task.submission_id).state


def failed_with_words(scene: Scene, task: Task, status: int) -> None:
    """The task is parked, the record failed, and the person reads what QuickBooks said and who mends it."""
    assert task.submission_id
    row = scene.uow.submissions.get(task.submission_id)
    assert (task.state, row.state) == (TaskState.PARKED, State.FAILED)
    (told,) = row.reasons
    names_who(told, status)


def names_who(told: str, status: int) -> None:
    """A sentence has the cause, QuickBooks' words, the number and who can mend it, and promises nothing more."""
    known = meaning(status)
    assert known.means in told
    assert "It said so." in told
    assert f"({status})" in told
    assert re.search(PEOPLE, told), told
    assert WHO[known.who] in told or known.who == "nobody", told
    if known.reaction in (Reaction.RETRY, Reaction.RESEND, Reaction.REFRESH, Reaction.LOOK_UP):
        assert "retry it here" in told, told
    assert not re.search("Nothing to do|tries again|sent again|sends them again|looks the records up", told), told


def in_doubt(scene: Scene, task: Task) -> None:
    """Whether it was written is not known: it is looked up, and nothing is sent again before."""
    assert (task.state, state_of(scene, task)) == (TaskState.IN_DOUBT, State.EXPORTING)


def tried_again(out: Out, scene: Scene, task: Task) -> None:
    """It waits for a later visit and is under way still."""
    assert (task.state, task.failed_visit_id) == (TaskState.QUEUED, out.visit)
    assert state_of(scene, task) is State.EXPORTING


@pytest.mark.parametrize("status", CODES)
def test_after_the_answer_to_a_new_record(add: Out, status: int) -> None:
    """A list record or transaction is adopted, looked up, sent again or left to a person, as its row says."""
    reaction = meaning(status).reaction
    with add.world.trial(add.visit) as scene:
        task = add.answer(scene, status)
        if reaction in (Reaction.DONE, Reaction.LOOK_UP):
            in_doubt(scene, task)
        elif reaction in (Reaction.RETRY, Reaction.RESEND):
            tried_again(add, scene, task)
        else:
            failed_with_words(scene, task, status)
    with add.world.trial(add.visit) as scene:
        failed_with_words(scene, add.answer(scene, status, attempts=len(BACK_OFF) + 1), status)


@pytest.mark.parametrize("status", [code for code in CODES if meaning(code).reaction is Reaction.DONE])
def test_a_new_record_that_is_shown_is_ours(add: Out, mod: Out, status: int) -> None:
    """Done, with or without a note: what QuickBooks shows is adopted, change of an order included."""
    for out in (add, mod):
        with out.world.trial(out.visit) as scene:
            task = out.answer(scene, status, shown=True)
            assert (task.state, state_of(scene, task)) == (TaskState.DONE, State.SYNCED)


@pytest.mark.parametrize("status", CODES)
def test_after_the_answer_to_a_change(mod: Out, status: int) -> None:
    """A change of an order goes as a new record does, except that one refused as stale is read and built again."""
    reaction = meaning(status).reaction
    with mod.world.trial(mod.visit) as scene:
        task = mod.answer(scene, status)
        if reaction in (Reaction.DONE, Reaction.LOOK_UP):
            in_doubt(scene, task)
        elif reaction in (Reaction.RETRY, Reaction.RESEND):
            tried_again(mod, scene, task)
        elif reaction is Reaction.REFRESH:
            assert (task.state, state_of(scene, task)) == (TaskState.CANCELLED, State.EXPORTING)
            (order,) = scene.uow.transactions.find(kind="PurchaseOrder")
            assert order.read_visit_id is None
        else:
            failed_with_words(scene, task, status)


@pytest.mark.parametrize("status", CODES)
def test_after_the_last_answer_to_a_change(mod: Out, status: int) -> None:
    """Nothing is tried for ever: after so many tries, or so many changes built anew, a person is asked."""
    with mod.world.trial(mod.visit) as scene:
        if meaning(status).reaction is Reaction.REFRESH:
            for _ in range(MAX_REBUILDS):
                (sent,) = scene.uow.tasks.find(message_set_id=mod.message.id)
                earlier = replace(sent, id=0, message_set_id=None, state=TaskState.CANCELLED, status_code=status)
                scene.uow.tasks.add(earlier)
        failed_with_words(scene, mod.answer(scene, status, attempts=len(BACK_OFF) + 1), status)


@pytest.mark.parametrize("status", CODES)
def test_after_the_answer_to_a_reading_of_a_list(reading: Out, status: int) -> None:
    """A list is read, asked for again, or given up with words; an edition without a feature has none of its records."""
    reaction = meaning(status).reaction
    documents = reading.kind != "VendorQuery"
    has_none = documents and status in (1030, 3250)
    hides = documents and status in (501, 510)
    with reading.world.trial(reading.visit) as scene:
        task = reading.answer(scene, status)
        if has_none or (reaction in (Reaction.DONE, Reaction.NOTHING_FOUND) and not hides):
            assert task.state is TaskState.DONE
        elif reaction in (Reaction.RETRY, Reaction.RESEND):
            assert (task.state, task.failed_visit_id) == (TaskState.QUEUED, reading.visit)
        else:
            assert task.state is TaskState.PARKED
            assert task.message == meaning(status).told("It said so.", str(status))


@pytest.mark.parametrize("status", CODES)
def test_after_the_answer_to_the_reading_of_an_order(order_reading: Out, status: int) -> None:
    """Without its order a change order is tried again or fails with the true reason: gone only where it is gone."""
    out = order_reading
    with out.world.trial(out.visit) as scene:
        task = out.answer(scene, status)
        if meaning(status).reaction in (Reaction.RETRY, Reaction.RESEND):
            assert (task.state, state_of(scene, task)) == (TaskState.QUEUED, State.ACCEPTED)
        else:
            failed_with_words(scene, task, status)
            assert (answers.DOCUMENT_GONE in task.message) == (status in GONE)
