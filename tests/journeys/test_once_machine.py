"""What people and fate may do, in any order, and a look after each step: nothing twice, nothing unaccepted."""

import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from qbwc_bridge.domain.names import marks
from qbwc_bridge.domain.records import History, Submission
from qbwc_bridge.domain.states import ALIVE, MOVES, OUTSTANDING, TASK_MOVES, State, TaskState
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import company as companies
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.contents import included
from qbwc_bridge.rehearsal.quickbooks import EstimateView, NameView, OrderView, QuickBooksError
from tests.journeys.bridge import connected_bridge, small_company, states
from tests.journeys.crashing import Crash, CutAt, Moment, PowerCutError, forget_stored_reply
from tests.journeys.once_people import People
from tests.support import DEEP, SOAK

EXAMPLES, STEPS = (500, 40) if SOAK else (40, 30) if DEEP else (8, 15)
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
"""Without the search for lines that only failures ran: it takes minutes."""
MOST_VISITS = 15
"""Visits until nothing is left to do, all back-off waited for: every record may be sent again in each of five."""

PROCORE = (
    *("order", "line", "more_lines", "fewer_lines", "approve_order"),
    *("change", "changes", "changes", "approve_change", "budget", "budget", "lock_again"),
)
QUICKBOOKS = ("type_line", "retype", "close", "bill", "delete", "delete_name", "rename")
AMOUNTS = st.integers(1, 10**6).map(lambda cents: Decimal(cents).scaleb(-2))
WRITES = re.compile(r'<((\w+)(?:Add|Mod))Rq requestID="(\d+)">(.*?)</\1Rq>', re.DOTALL)
WRITTEN = st.sampled_from(["", "EstimateAdd", "PurchaseOrderAdd", "PurchaseOrderMod"])
ENDS = st.none() | st.integers(6, 45) | st.tuples(st.sampled_from(Moment), WRITTEN)
"""How a visit ends: by itself, at an event (two a call, six before the first request), or at a moment of a write."""
ANY = st.randoms(use_true_random=False)

EVERYTHING = "accept everything"
DECISIONS: dict[str, tuple[Callable[..., None], list[State], dict[str, str]]] = {
    "accept": (decisions.accept, [State.READY], {}),
    "take back": (decisions.take_back, [State.ACCEPTED], {}),
    "reject": (decisions.reject, [State.READY, State.FAILED], {"comment": "not like this"}),
    "retry": (decisions.retry, [State.FAILED, State.REJECTED], {}),
    "agree": (decisions.agree, [State.SYNCED, State.READY, State.BLOCKED], {}),
    "close": (decisions.close_order, [State.SYNCED], {}),
    "reopen": (decisions.reopen_order, [State.BLOCKED], {}),
    "second": (decisions.second_order, [State.BLOCKED], {}),
}
OF_KINDS = {"agree": ["budget", "commitment"], "close": ["commitment"], "reopen": ["change_order"]}
OF_KINDS["second"] = OF_KINDS["reopen"]
"""What somebody decides, about records in which states."""


class Once(People, RuleBasedStateMachine):
    """A bridge between the stand-ins; what a person accepted, and what a person deleted, is noted beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        folder = self.opened.enter_context(TemporaryDirectory())
        self.bridge = self.opened.enter_context(connected_bridge(Path(folder), small_company))
        self.company, self.procore = self.bridge.company, self.bridge.procore
        self.accepted: dict[tuple[int, str], Decimal | None] = {}
        self.to_close: set[int] = set()
        self.last_move: dict[tuple[str, int], str] = {}
        self.history_seen = 0
        real = self.company.process

        def process(text: str) -> str:
            for _, kind, task_id, body in WRITES.findall(text):
                self._was_accepted(kind, int(task_id), body)
            return real(text)

        self.company.process = process  # type: ignore[method-assign, assignment]
        self.bridge.switch_on()
        (self.project,) = self.bridge.projects("24-001")
        self.bridge.visit()
        self.vendor = int(self.bridge.submissions(kind="vendor")[0].key)
        self.orders = [int(row.key) for row in self.bridge.submissions(kind="commitment")]
        self.changes = [int(row.key) for row in self.bridge.submissions(kind="change_order")]
        self._accept_everything()

    @initialize(standing=st.sampled_from([True, True, False]))
    def begin(self, standing: bool) -> None:
        """Begin with everything accepted; in most stories it stands in QuickBooks, for changes to follow."""
        if standing:
            self._until_nothing_is_left()

    def teardown(self) -> None:
        """Let it come to rest unless it is broken already, and close what was opened."""
        with self.opened:
            if sys.exc_info()[0] is None:
                self.come_to_rest()

    # ------------------------------------------------------------ rules: few, so that none crowds the visits out

    @rule(
        act=st.sampled_from(PROCORE),
        amount=AMOUNTS,
        random=ANY,
        read=st.booleans(),
    )
    def procore_changes(self, act: str, amount: Decimal, random: Random, read: bool) -> None:
        """A project manager does something; it is read now, or with a later reading."""
        getattr(self, f"_{act}")(random, amount)
        if read:
            self.bridge.pull()

    @rule(act=st.sampled_from([EVERYTHING, EVERYTHING, *DECISIONS]), random=ANY)
    def somebody_decides(self, act: str, random: Random) -> None:
        """Somebody in the office accepts all that is ready, or decides about one record."""
        if act == EVERYTHING:
            self._accept_everything()
            return
        decision, fit, words = DECISIONS[act]
        kinds = OF_KINDS.get(act)
        rows = [row for row in self.bridge.submissions(state=fit) if kinds is None or row.kind in kinds]
        if not rows:
            return
        row = random.choice(rows)
        if act in {"accept", "retry"}:
            self._note([row])
        with suppress(Refused):  # it was sent meanwhile, which a take-back must refuse
            self.bridge.decide(decision, row, **words)
            self.to_close |= {row.id} if act == "close" else set()

    @rule(
        choice=st.sampled_from(["reopen", "second", "close"]),
        billed=st.booleans(),
        amount=AMOUNTS,
        random=ANY,
    )
    def an_order_ends(self, choice: str, billed: bool, amount: Decimal, random: Random) -> None:
        """An order ends in Procore, or in QuickBooks before a change order comes; it is read, and somebody decides."""
        rows = self.bridge.submissions(kind="commitment", state=State.SYNCED)
        orders = {order.txn_id: order for order in self.company.orders()}
        rows = [row for row in rows if row.quickbooks_id in orders]
        if not rows:
            return
        row = random.choice(rows)
        if choice == "close":
            self.procore.set_commitment(int(row.key), status="Closed")
        else:
            with suppress(QuickBooksError):
                (self._bill if billed else self._close)(orders[row.quickbooks_id])
            self._change_of(int(row.key), random, amount)
        self.bridge.pull()
        self.bridge.refresh_costs()
        self._visit_until(None)
        self.somebody_decides(choice, random)

    @rule(accepted=st.booleans(), end=ENDS, server=st.booleans(), forgets=st.booleans())
    def web_connector_visits(
        self, accepted: bool, end: int | tuple[Moment, str] | None, server: bool, forgets: bool
    ) -> None:
        """A visit, whole or cut: the PC dies, perhaps the server, and QuickBooks may lose its stored reply."""
        if accepted:
            self._accept_everything()
        self.bridge.clock.pass_time(minutes=16)
        if isinstance(end, tuple):
            Crash(self.bridge, "write", *end).visit()
        else:
            self._visit_until(end)
        if forgets:
            forget_stored_reply(self.bridge)
        if server:
            self.bridge.restart()

    @rule(act=st.sampled_from(QUICKBOOKS), random=ANY)
    def somebody_works_in_quickbooks(self, act: str, random: Random) -> None:
        """QuickBooks' own user does something to a record, unless QuickBooks refuses."""
        some: list[Any] = self._names() if act in {"delete_name", "rename"} else self._documents()
        if act not in {"delete_name", "rename", "delete"}:
            some = self.company.orders()
        if some:
            with suppress(QuickBooksError):
                getattr(self, f"_{act}")(random.choice(some))

    # ------------------------------------------------------------ what must hold

    @invariant()
    def nothing_stands_twice(self) -> None:
        """No two records in QuickBooks share a mark, a number or a name."""
        documents = self._documents()
        marked = Counter(mark for each in documents for mark in marks(each.memo))
        numbers = Counter((type(each), each.ref_number) for each in documents)
        names: Counter[str] = Counter(each.full_name for each in self._names())
        assert not [found for found in (marked, numbers, names) if any(count > 1 for count in found.values())]

    @invariant()
    def what_is_synced_is_there(self) -> None:
        """The id of every synced record is in QuickBooks, unless a person deleted it."""
        there = {each.txn_id for each in self._documents()} | {each.list_id for each in self._names()}
        there |= {each.list_id for each in self.company.items()} | self.deleted
        rows = self.bridge.submissions(state=State.SYNCED)
        assert {row.quickbooks_id for row in rows} <= there, states(rows)

    @invariant()
    def every_move_is_legal(self) -> None:
        """Each move of a task or submission is in its table and begins where the last one ended."""
        with self.bridge.app.kit.work() as uow:
            fresh = [row for row in uow.history.find(order="id") if row.id > self.history_seen]
            now: dict[tuple[str, int], str] = {("submission", row.id): row.state for row in uow.submissions.find()}
            now |= {("task", row.id): row.state for row in uow.tasks.find()}
        for move in fresh:
            self._is_legal(move)
        assert {key: now[key] for key in self.last_move} == self.last_move

    @invariant()
    def totals_are_those_accepted(self) -> None:
        """Each order and estimate has the total of what was accepted and stands in it, unless a person edited it."""
        with self.bridge.app.kit.work() as uow:
            tasks = uow.tasks.find(state=list(OUTSTANDING))
        uncertain = {getattr(task.request, "txn_id", "") for task in tasks}
        for owner, document in self._owned():
            if document.txn_id not in self.edited | uncertain:
                assert document.total == self._accepted_in(owner), states([owner])

    def come_to_rest(self) -> None:
        """Visits follow until there is nothing to do; then nothing is under way or in doubt, and each edit is told."""
        self._until_nothing_is_left()
        self.bridge.refresh_costs()
        self._until_nothing_is_left()
        rows = self.bridge.submissions(state=State.EXPORTING)
        assert not rows, states(rows)
        assert not [row for row in self.bridge.submissions() if row.choice == "close"]
        with self.bridge.app.kit.work() as uow:
            assert not uow.tasks.find(state=list(ALIVE))
            assert not uow.message_sets.find(purpose="write", answered_at=None)
        self.totals_are_those_accepted()
        for owner, document in self._owned():
            if owner.state is State.SYNCED and document.total != self._accepted_in(owner):
                assert owner.reasons, f"{owner.number}: nobody is told of {document.total}"

    def _until_nothing_is_left(self) -> None:
        for _ in range(MOST_VISITS):
            self.bridge.clock.pass_time(hours=5)
            self._confirm()
            if self.bridge.visit().outcome == "no_data":
                return
        raise AssertionError(f"it does not come to rest: {states(self.bridge.submissions())}")

    # ------------------------------------------------------------ parts

    def _owned(self) -> list[tuple[Submission, OrderView | EstimateView]]:
        """Every order and estimate with the submission whose own it is: of a second order, the change order."""
        rows = self.bridge.submissions(kind=["change_order", "commitment", "budget"])
        first = sorted(rows, key=lambda row: row.kind == "change_order", reverse=True)
        owners = {row.quickbooks_id: row for row in first if row.quickbooks_id}
        return [(owners[each.txn_id], each) for each in self._documents() if each.txn_id in owners]

    def _accepted_in(self, owner: Submission) -> Decimal:
        """What of all that stands in an order or estimate was accepted; the budget tells of changes that it holds."""
        held = included(owner) or ()
        rows = self.bridge.submissions(quickbooks_id=owner.quickbooks_id)
        apart = [row for row in rows if row.kind != "budget_change" or int(row.key) not in held]
        return sum((self.accepted[row.id, row.exported_version] or Decimal(0) for row in apart), Decimal(0))

    def _confirm(self) -> None:
        """An admin looks at an alarm, such as the newest record being deleted, and confirms the company."""
        with self.bridge.app.kit.work() as uow:
            connection = uow.connections.get(self.bridge.connection.id)
            if connection.alarm:
                companies.bind(connection)
                uow.connections.save(connection)

    def _was_accepted(self, kind: str, task_id: int, body: str) -> None:
        """A write belongs to an acceptance of just this version, and an order or estimate to its amount."""
        with self.bridge.app.kit.work() as uow:
            task = uow.tasks.get(task_id)
            rows = uow.submissions.find(id=[each for each in (task.submission_id, *task.brings) if each])
        assert task.state is TaskState.SENT
        assert rows
        if task.kind == "PurchaseOrderMod" and not task.brings:
            assert {row.id for row in rows} <= self.to_close, f"nobody had {rows[0].number} closed: {body}"
        for row in rows:
            assert (row.id, row.accepted_version) in self.accepted, f"nobody accepted {kind} {row.number}: {body}"
        if task.kind in ("EstimateAdd", "PurchaseOrderAdd"):
            amounts = map(Decimal, re.findall("<Amount>(.*?)</Amount>", body))
            assert sum(amounts) == self.accepted[rows[0].id, rows[0].accepted_version]

    def _visit_until(self, event: int | None) -> None:
        self.bridge.tap = None if event is None else CutAt(event)
        with suppress(PowerCutError):
            self.bridge.visit()
        self.bridge.tap = None
        self.company.end_session()

    def _accept_everything(self) -> None:
        self._note(self.bridge.submissions(state=State.READY))
        self.bridge.accept_all()

    def _note(self, rows: list[Submission]) -> None:
        """Note what a person sees when accepting."""
        self.accepted |= {(row.id, row.version): row.amount for row in rows}

    def _is_legal(self, move: History) -> None:
        self.history_seen = move.id
        if move.subject not in ("submission", "task"):
            return
        key = (move.subject, move.subject_id)
        begun = self.last_move.get(key)
        assert begun in (None, move.before), move
        if move.before != move.after:
            legal = MOVES[State(move.before)] if move.subject == "submission" else TASK_MOVES[TaskState(move.before)]
            assert move.after in legal, move
        self.last_move[key] = move.after

    def _documents(self) -> list[OrderView | EstimateView]:
        return [*self.company.orders(), *self.company.estimates()]

    def _names(self) -> list[NameView]:
        return [*self.company.customers(), *self.company.jobs(), *self.company.vendors()]


def test_whatever_happens_each_accepted_record_stands_once(record_property: Callable[[str, object], None]) -> None:
    """After any steps of people and fate the invariants of the machine hold, and it comes to rest."""
    run_state_machine_as_test(
        Once,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
            deadline=None,
            phases=PHASES,
        ),
    )
    record_property("figure: stories of the once machine", EXAMPLES)
