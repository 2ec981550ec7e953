"""A bridge with one connection, a clock to move and a mail server in memory, for the tests of what is mailed."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.notices import Letter, Notice
from qbwc_bridge.domain.records import Connection, Kind, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import MailError
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.moves import move
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.storage import Database, open_database
from qbwc_bridge.worker import mail, notice
from tests.page.office import Clock, no_procore
from tests.storage import samples

MORNING = dt.datetime(2026, 3, 10, 14, 0, tzinfo=dt.UTC)
"""Seven in the morning of a Tuesday in Los Angeles, two days after the clocks went forward."""

OFFICE, ANN, BEN = "office@example.com", "ann@example.com", "ben@example.com"
LANGUAGE = Language.load("{0}")


@dataclass
class Post:
    """A mail server in memory (`ports.Mail`); `troubles` are raised or returned by the next letters, in turn."""

    letters: list[tuple[Letter, list[str], str]] = field(default_factory=list)
    troubles: list[MailError | Mapping[str, MailError] | Exception] = field(default_factory=list)

    def send(self, letter: Letter, receivers: Sequence[str], *, mark: str, at: dt.datetime) -> Mapping[str, MailError]:
        """Take a letter, unless trouble is due."""
        assert at.tzinfo
        trouble = self.troubles.pop(0) if self.troubles else {}
        if isinstance(trouble, Exception):
            raise trouble
        taken = [each for each in receivers if each not in trouble]
        if taken:
            self.letters.append((letter, taken, mark))
        return trouble

    def check(self) -> str:
        """Say that all is well."""
        return "It takes mail."

    def subjects(self) -> list[str]:
        """What was mailed, oldest first."""
        return [letter.subject for letter, _, _ in self.letters]


class MailOffice:
    """The bridge; `settings` are the connection's."""

    def __init__(self, database: Database, **settings: str) -> None:
        self.clock = Clock(MORNING)
        self.post = Post()
        self.kit = Kit(
            work=database.work,
            clock=self.clock,
            procore_for=no_procore,
            language=LANGUAGE,
            hash_token=str,
            defaults={"time_zone": "America/Los_Angeles"},
            mail=self.post,
        )
        bound = Company(name="Bluestone Development LLC")
        with self.kit.work() as uow:
            self.id = uow.connections.add(
                samples.connection(
                    "Bluestone",
                    bound_name=bound.name,
                    company=bound,
                    last_contact=MORNING - dt.timedelta(minutes=6),
                    settings={"mail_to": OFFICE, **settings},
                )
            ).id

    def change(self, **values: Any) -> None:
        """Change the connection's row."""
        with self.kit.work() as uow:
            row = uow.connections.get(self.id)
            for name, value in values.items():
                setattr(row, name, value)
            uow.connections.save(row)

    def set(self, **settings: str) -> None:
        """Change settings of the connection."""
        with self.kit.work() as uow:
            settings = {**uow.connections.get(self.id).settings, **settings}
        self.change(settings=settings)

    def visit(self) -> None:
        """Let the Web Connector call."""
        self.change(last_contact=self.clock.now())

    def offer(self, number: str = "PO-1", *, state: State = State.READY, kind: Kind = "commitment", **more: Any) -> int:
        """Offer a record that came into its state now; gives its id."""
        now = self.clock.now()
        with self.kit.work() as uow:
            row = samples.submission(self.id, number, kind=kind, number=number, title=f"Work {number}", **more)
            return uow.submissions.add(dataclasses.replace(row, state=state, since=now, created_at=now)).id

    def move(self, submission_id: int, state: State, **more: Any) -> None:
        """Move a record, as the stations and people do."""
        with self.kit.work() as uow:
            row: Submission = uow.submissions.get(submission_id)
            for name, value in more.items():
                setattr(row, name, value)
            move(uow, row, state, now=self.clock.now(), who="Alice")

    def tick(self) -> None:
        """Decide and send, as the clockwork does."""
        notice(self.kit, self.id)
        mail(self.kit, self.id)

    def wait(self, **parts: float) -> None:
        """Let time pass while the clockwork runs and the Web Connector calls."""
        self.clock.pass_time(**parts)
        self.visit()
        self.tick()

    def rows(self, **criteria: Any) -> list[Notice]:
        """The outbox."""
        with self.kit.work() as uow:
            return uow.notices.find(connection_id=self.id, **criteria)

    def connection(self) -> Connection:
        """The connection as stored."""
        with self.unit() as uow:
            return uow.connections.get(self.id)

    @contextmanager
    def unit(self) -> Iterator[UnitOfWork]:
        """One transaction."""
        with self.kit.work() as uow:
            yield uow


@contextmanager
def mail_office(folder: Path, **settings: str) -> Iterator[MailOffice]:
    """Open an office on a database of its own."""
    database = open_database(f"sqlite:///{folder / 'bridge.db'}")
    try:
        yield MailOffice(database, **settings)
    finally:
        database.close()
