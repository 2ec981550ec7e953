"""Small worlds for the tests of the core: Procore documents, a bridge on real SQLite, a typed QuickBooks, a Procore.

`World` runs the stations in the order of a session, on values instead of qbXML; the wire has tests of its own.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import BudgetCode, Document
from qbwc_bridge.domain.reading import OF_COMPANY, OF_PROJECT
from qbwc_bridge.domain.records import Connection, DocumentRow, History, MessageSet, Submission, Task, Visit
from qbwc_bridge.domain.replies import ReplySet
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import answers, decisions, dispatch, intake, newest, queueing, recovery, work
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.storage import open_database
from tests.unit.desk import Desk
from tests.unit.documents import (
    NOW,
    PROJECT,
    code,
    company_documents,
)

OWNER = "{57F3B9B6-86F1-4FCC-B1FF-966DE1813D20}"
LANGUAGE = Language.load(OWNER)
OPTIONS = Options(
    income_account="Construction Income", expense_account="Job Expenses", default_customer="Clients", time_zone="UTC"
)


def keep(
    uow: UnitOfWork,
    connection: Connection,
    documents: Mapping[int, Sequence[Document]],
    codes: Mapping[int, list[BudgetCode]],
    now: dt.datetime,
) -> None:
    """Keep a whole reading of Procore: documents by project (0 for the company's own), and budget codes."""
    for project_id, found in documents.items():
        kinds = OF_PROJECT if project_id else OF_COMPANY
        told = {kind: [each for each in found if intake.told_by(kind, row_of(each, project_id))] for kind in kinds}
        parts = {
            kind: intake.Part(part, listed=frozenset(row_of(each, project_id).key for each in part))
            for kind, part in told.items()
        }
        rest = [each for each in found if each not in chain.from_iterable(told.values())]
        portion = intake.Portion(project_id, now, parts, rest, codes=codes.get(project_id), whole=True)
        intake.store(uow, connection, portion, now)
    connection.pulled_at = now
    uow.connections.save(connection)


def row_of(document: Document, project_id: int) -> DocumentRow:
    """Give the row of a document that is not stored."""
    return DocumentRow(0, document.kind, str(getattr(document, "id", project_id)), document, project_id)


# ---------------------------------------------------------------- the bridge


class _UndoError(Exception):
    """Ends a transaction without keeping it."""


class World:
    """A bridge with one connection on real SQLite, a project switched on, and a clock that tests move.

    A folder that holds a world already is opened as it is.
    """

    def __init__(self, folder: Path, options: Options = OPTIONS, *, on: bool = True, customer: str = "Clients") -> None:
        self.database = open_database(f"sqlite:///{folder / 'bridge.db'}")
        self.options = options
        self.desk = Desk()
        self.now = NOW
        self.documents: dict[int, list[Document]] = {0: company_documents(), PROJECT: []}
        with self.database.work() as uow:
            known = uow.connections.first()
            self.connection_id = known.id if known else uow.connections.add(_connection()).id
        if known:
            return
        self.bring()
        with self.unit() as (uow, connection):
            choice = uow.projects.find(connection_id=connection.id)[0]
            choice.on, choice.customer, choice.create_customer = on, customer, True
            uow.projects.save(choice)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    @contextmanager
    def unit(self) -> Iterator[tuple[UnitOfWork, Connection]]:
        """One transaction with the connection in it."""
        with self.database.work() as uow:
            yield uow, uow.connections.get(self.connection_id)

    def later(self, **parts: int) -> None:
        """Let time pass."""
        self.now += dt.timedelta(**parts)

    def bring(self, *documents: Document) -> None:
        """Read Procore: the company's lists, and these documents of the project."""
        self.documents[PROJECT] = list(documents)
        codes = [code(), code(2, "09-250", "L")]
        with self.unit() as (uow, connection):
            keep(uow, connection, self.documents, {PROJECT: codes}, self.now)

    def switch(self, *, on: bool) -> None:
        """Switch the project on or off."""
        with self.unit() as (uow, _):
            (choice,) = uow.projects.find(project_id=PROJECT)
            choice.on = on
            uow.projects.save(choice)
        self.settle()

    def settle(self) -> None:
        """Review everything and queue what can go."""
        with self.unit() as (uow, connection):
            work.settle(uow, connection, self.options, self.now)

    def rows(self, **criteria: Any) -> list[Submission]:
        """Submissions as stored."""
        with self.unit() as (uow, _):
            return uow.submissions.find(**criteria)

    def row(self, kind: str, key: str | int) -> Submission:
        """One submission."""
        (found,) = self.rows(kind=kind, key=str(key))
        return found

    def tasks(self, **criteria: Any) -> list[Task]:
        """Tasks as stored."""
        with self.unit() as (uow, _):
            return uow.tasks.find(**criteria)

    def messages(self, **criteria: Any) -> list[MessageSet]:
        """Message sets as stored."""
        with self.unit() as (uow, _):
            return uow.message_sets.find(**criteria)

    def history(self) -> list[History]:
        """The whole history."""
        with self.unit() as (uow, _):
            return uow.history.find()

    def connection(self) -> Connection:
        """The connection as stored."""
        with self.unit() as (_, connection):
            return connection

    def decide(self, decision: Callable[..., None], row: Submission, **words: Any) -> None:
        """Carry a decision out, then settle."""
        with self.unit() as (uow, _):
            decision(uow, uow.submissions.get(row.id), who="Alice", now=self.now, **words)
        self.settle()

    def accept_all(self) -> None:
        """Accept everything that is ready, then settle."""
        with self.unit() as (uow, _):
            for row in decisions.in_dependency_order(uow.submissions.find(state=State.READY)):
                decisions.accept(uow, row, who="Alice", now=self.now, seen=decisions.stamp(row))
        self.settle()

    # ------------------------------------------------------------ a visit

    def begin(self) -> int:
        """Begin a visit of the confirmed company; gives its number."""
        with self.unit() as (uow, connection):
            for old in uow.visits.find(ended_at=None):
                old.ended_at = self.now
                uow.visits.save(old)
            recovery.begin(uow, connection, self.now)
            work.plan_visit(uow, connection, self.options, self.now)
            uow.connections.save(connection)
            lease = self.now + dt.timedelta(minutes=10)
            return uow.visits.add(
                Visit(connection.id, f"t{self.now}", self.now, lease, facts_read=True, writes_allowed=True)
            ).id

    @contextmanager
    def scene(self, visit_id: int) -> Iterator[Scene]:
        """One step of a visit in one transaction."""
        with self.unit() as (uow, connection):
            scene = Scene(uow, connection, uow.visits.get(visit_id), self.now, self.options.known_zone)
            yield scene
            scene.save()

    @contextmanager
    def trial(self, visit_id: int) -> Iterator[Scene]:
        """A step of a visit of which nothing is kept: one world serves many examples."""
        with suppress(_UndoError), self.scene(visit_id) as scene:
            yield scene
            raise _UndoError

    def send(self, visit_id: int) -> MessageSet | None:
        """Give the next message of a visit, stored as sent."""
        with self.scene(visit_id) as scene:
            if scene.visit.writes_allowed and recovery.anything_in_doubt(scene):
                settling = dispatch.newest_write_message(scene, LANGUAGE) or recovery.next_message(scene, LANGUAGE)
                if settling:
                    return settling
            return dispatch.next_message(scene, LANGUAGE)

    def ask(self, message: MessageSet) -> ReplySet:
        """Let QuickBooks answer a message."""
        with self.unit() as (uow, connection):
            if message.purpose == "recover":
                lost = uow.message_sets.get(message.recovers or 0)
                return self.desk.stored.get(lost.set_id, ReplySet((), 600))
            if message.purpose == "sentinel":
                return ReplySet((self.desk.answer("proof", newest.query(connection)),))
            if message.purpose == "look_up":
                waiting = uow.tasks.find(message_set_id=message.recovers, state=TaskState.IN_DOUBT)
                asked = [(task.id, recovery._look_up(uow, task)) for task in waiting]
            else:
                asked = [(task.id, task.request) for task in uow.tasks.find(message_set_id=message.id)]
        told = ReplySet(tuple(self.desk.answer(str(number), request) for number, request in asked), 0)
        if message.set_id:
            self.desk.stored[message.set_id] = told
        return told

    def receive(self, visit_id: int, message: MessageSet, told: ReplySet) -> None:
        """Apply an answer as a session does, then settle."""
        with self.scene(visit_id) as scene:
            uow = scene.uow
            sent = uow.message_sets.get(message.id)
            sent.answered_at = self.now
            uow.message_sets.save(sent)
            if sent.purpose == "sentinel":
                answers.sentinel_answered(scene, told)
            elif sent.purpose == "look_up":
                recovery.looked_up(scene, sent, told)
            elif sent.purpose == "recover" and not recovery.has_stored_reply(told):
                recovery.nothing_stored(uow, sent)
            elif sent.purpose == "recover":
                answers.apply(scene, uow.message_sets.get(sent.recovers or 0), told)
                recovery.replayed(scene, sent)
            else:
                answers.apply(scene, sent, told)
            work.heard(scene, sent)
            work.go_on(scene, lambda _connection: self.options)

    def visit(self, *, most: int = 60) -> int:
        """Let QuickBooks visit until there is nothing to send; gives the number of messages."""
        self.later(minutes=1)
        visit_id = self.begin()
        for count in range(most):
            message = self.send(visit_id)
            if message is None:
                self._close(visit_id)
                return count
            self.receive(visit_id, message, self.ask(message))
        raise AssertionError(f"the visit does not end: {message.purpose if message else ''}")

    def _close(self, visit_id: int) -> None:
        """End a visit as a session does: what its answers changed is reviewed at the latest now."""
        with self.scene(visit_id) as scene:
            if scene.connection.unsettled:
                work.settle(scene.uow, scene.connection, self.options, scene.now, visit_id=visit_id)

    def until_sent(self, kind: str) -> tuple[int, MessageSet, ReplySet]:
        """Let a visit go until QuickBooks has answered a request of that kind, and nobody heard it yet."""
        self.later(minutes=1)
        visit_id = self.begin()
        while message := self.send(visit_id):
            told = self.ask(message)
            if self.tasks(message_set_id=message.id, kind=kind):
                return visit_id, message, told
            self.receive(visit_id, message, told)
        raise AssertionError(f"no {kind} was sent")

    def refresh_lists(self) -> None:
        """Read QuickBooks' lists in a visit that has nothing else to do."""
        with self.unit() as (uow, connection):
            queueing.ask_lists(uow, connection, self.now)
        self.visit()

    def journey(self, *documents: Document) -> None:
        """Bring documents, accept them, and let QuickBooks visit until they stand there."""
        self.bring(*documents)
        if not self.connection().lists_read_at:
            self.visit()
        self.settle()
        self.accept_all()
        self.visit()

    def states(self) -> dict[str, str]:
        """State by kind and key."""
        return {f"{row.kind} {row.key}": row.state.value for row in self.rows()}

    def list_record(self, kind: Any, name: str, **more: Any) -> ListRecord:
        """Put a record straight into the mirror of QuickBooks' lists."""
        with self.unit() as (uow, connection):
            shown: dict[str, Any] = {"is_active": True, "edit_sequence": "1", **more}
            list_id = f"M{uow.lists.count() + 1}"
            return uow.lists.add(
                ListRecord(connection.id, kind, list_id, name.rpartition(":")[2], name, fold(name), **shown)
            )


def _connection() -> Connection:
    return Connection(
        name="Bluestone",
        procore_company_id=1,
        procore_client_id="client",
        procore_secret=b"",
        user_name="bluestone",
        password_hash="",
        file_id="",
        key="abcd2345",
        company=Company(name="Bluestone", qbxml_version="13.0", uses_estimates=True, uses_purchase_orders=True),
        bound_name="Bluestone",
    )
