"""The crash matrix: each kind of write, cut at each moment, once and twice, by each death, leaves one known record."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

import pytest

from qbwc_bridge.domain.records import Purpose, Submission
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.rehearsal.quickbooks import EstimateView, OrderView
from tests.journeys.bridge import Bridge, connected_bridge, small_company, states
from tests.journeys.crash_writes import ESTIMATE, ORDER, WRITES, Write
from tests.journeys.crashing import Crash, Moment, Ready, finish, forget_stored_reply, kept, state_of
from tests.support import DEEP, SOAK

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
"""Names this run, so that CI deals out other cases each time."""
DOUBLES = None if SOAK else 4 if DEEP else 1
"""How many of each kind of write crash twice; None: all of them. In CI each crashes once in every way."""


def server_dies(bridge: Bridge) -> None:
    """The server starts anew."""
    bridge.restart()


def pc_dies(_bridge: Bridge) -> None:
    """The server lives on and waits for a PC that is gone."""


def quickbooks_forgets(bridge: Bridge) -> None:
    """The server starts anew, and QuickBooks has no stored reply any more."""
    bridge.restart()
    forget_stored_reply(bridge)


DEATHS = (server_dies, pc_dies, quickbooks_forgets)


@dataclass(frozen=True)
class Case:
    """A crash at a moment of the write, perhaps a second one at a moment of a message of the visit that recovers."""

    moment: Moment
    death: Callable[[Bridge], None]
    again: tuple[Purpose, Moment] | None = None

    def __str__(self) -> str:
        second = f", then in {self.again[0]} {self.again[1].value}" if self.again else ""
        return f"{self.death.__name__} {self.moment.value}{second}"


HARDEST = Case(Moment.WORKED, quickbooks_forgets)
"""It was written, and only looking it up can tell."""


def _cases() -> tuple[list[Case], list[Case]]:
    """Every case that can happen, crashing once and crashing twice."""
    singles = [Case(moment, death) for death in DEATHS for moment in Moment]
    doubles = [
        Case(first.moment, first.death, (step, moment))
        for first in singles
        for step in _recovery(first)
        for moment in Moment
    ]
    return singles, doubles


def _recovery(case: Case) -> tuple[Purpose, ...]:
    """The messages by which the visit after a crash settles it."""
    if case.moment is Moment.AFTER_COMMIT:
        return ()
    if case.moment in (Moment.BEFORE_SEND, Moment.AFTER_SEND):
        return ("recover", "look_up", "write")
    return ("recover", "look_up") if case.death is quickbooks_forgets else ("recover",)


@cache
def _dealt(write: Write) -> list[Case]:
    """The cases of a kind of write in this run: all, or a sample, of which the double ones rotate in CI.

    Outside CI each kind of write meets the hardest single one, and one of the others that are dealt out in turn.
    """
    singles, doubles = _cases()
    place = WRITES.index(write)
    random = Random(f"{RUN if DEEP else ''}{write.name}")  # noqa: S311 - not for secrets
    return [
        *(singles if DEEP else [HARDEST, singles[place % len(singles)]]),
        *(random.sample(doubles, DOUBLES) if DOUBLES else doubles),
    ]


def play(bridge: Bridge, write: Write, case: Case) -> None:
    """Let it crash as the case says, then let visits follow until nothing is left to do."""
    assert Crash(bridge, "write", case.moment, write.request).visit()
    case.death(bridge)
    if case.again:
        bridge.clock.pass_time(minutes=16)
        assert Crash(bridge, *case.again).visit()
        case.death(bridge)
    finish(bridge)


def check(bridge: Bridge, write: Write, targets: list[Submission]) -> None:
    """Exactly one record or change in QuickBooks, ids stored, states right, nothing left to do or to ask."""
    rows = bridge.submissions()
    done = [row for row in rows if row.id in {each.id for each in targets}]
    assert done
    assert {row.state for row in done} == {State.SYNCED}, states(rows)
    assert not [row for row in done if row.exported_version != row.version or row.update]
    assert not [row.reasons for row in rows if row.state is State.SYNCED and row.reasons]
    assert not [row.choice for row in rows if row.choice]
    for row in rows:
        if row.state is State.SYNCED:
            _stands_once(bridge, row)
    stand = [(ESTIMATE, str(each.total), len(each.lines), False) for each in bridge.company.estimates()]
    stand += [(ORDER, str(each.total), len(each.lines), each.is_closed) for each in bridge.company.orders()]
    assert tuple(sorted(stand)) == write.stand
    with bridge.app.kit.work() as uow:
        assert {task.state for task in uow.tasks.find()} <= {TaskState.DONE, TaskState.CANCELLED}
        assert not uow.message_sets.find(purpose="write", answered_at=None)


def _stands_once(bridge: Bridge, row: Submission) -> None:
    """The record that a submission names stands once in QuickBooks; of a document, all of it is known and agreed to."""
    company = bridge.company
    named = {each.list_id: each.full_name for each in (*company.jobs(), *company.vendors())}
    named |= {each.list_id: each.full_name for each in company.items()}
    documents: list[EstimateView | OrderView] = [*company.estimates(), *company.orders()]
    if row.kind in ("job", "vendor", "cost_code"):
        assert [list_id for list_id, name in named.items() if name == row.quickbooks_name] == [row.quickbooks_id]
        return
    (found,) = [each for each in documents if row.mark in each.memo]
    assert found.memo.count(row.mark) == 1
    assert found.txn_id == row.quickbooks_id
    owners = bridge.submissions(kind=["budget", "commitment"], quickbooks_id=found.txn_id)
    for owner in owners:
        assert owner.agreed
        agreed = [(line.txn_line_id, line.amount, line.description) for line in owner.agreed.lines]
        assert agreed == [(line.line_id, line.amount, line.description) for line in found.lines]
    assert found.total == sum(each.amount or 0 for each in bridge.submissions(quickbooks_id=found.txn_id))
    _lines_are_known(row, found)


def _lines_are_known(row: Submission, found: EstimateView | OrderView) -> None:
    """Each line of Procore has a line of its own there; only a deduction may be all in another one's."""
    content = json.loads(row.exported)
    wanted = {line["id"] for line in content.get("lines", ()) if Decimal(line["amount"]) > 0}
    wanted |= set(content["amounts"]) if row.kind == "budget" else set()
    assert wanted <= set(row.line_ids)
    assert len({row.line_ids[key] for key in wanted}) == len(wanted)
    assert set(row.line_ids.values()) <= {line.line_id for line in found.lines}


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
def test_a_write_that_crashed_stands_once_and_is_known(
    write: Write, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Whatever dies at whatever moment, once or twice: one record, its ids stored, nothing left open."""
    ready, targets, wanted = _prepared(write, tmp_path)
    for number, case in enumerate(_dealt(write)):
        bridge = ready.open(tmp_path / str(number))
        try:
            play(bridge, write, case)
            check(bridge, write, targets)
            assert state_of(bridge) == wanted
        except BaseException as problem:
            problem.add_note(f"{write.name}: {case}")
            raise
        finally:
            bridge.app.close()
    record_property("figure: crash matrix, cases", len(_dealt(write)))


def _prepared(write: Write, folder: Path) -> tuple[Ready, list[Submission], object]:
    """A bridge on which exactly that write is accepted, its submissions, and the state after an undisturbed visit."""
    with connected_bridge(folder / "ready", small_company) as made:
        write.prepare(made)
        targets = [row for row in made.submissions() if row.state is State.ACCEPTED or row.choice == "close"]
        ready = kept(made)
    undisturbed = ready.open(folder / "undisturbed")
    finish(undisturbed)
    check(undisturbed, write, targets)
    wanted = state_of(undisturbed)
    undisturbed.app.close()
    return ready, targets, wanted


def test_the_matrix_is_as_large_as_promised() -> None:
    """All cases are far more than the two hundred that the promise needs, and CI plays at least so many."""
    singles, doubles = _cases()
    assert (len(singles) + len(doubles)) * len(WRITES) > 1000
    assert sum(len(_dealt(write)) for write in WRITES) >= (200 if DEEP else 30)
