"""What tests of crashes share: a bridge that can be opened many times, ways to die, and the end that must come."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from qbwc_bridge.domain.names import marks
from qbwc_bridge.domain.records import MessageSet, Purpose
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.rehearsal.procore import Procore
from qbwc_bridge.rehearsal.quickbooks import Company, EstimateView, OrderView
from tests.databases import copy_data
from tests.journeys.bridge import COMPANY, Bridge, MovedClock, connected_bridge

MOST_VISITS = 5
"""After a crash everything is settled within so few visits."""


class PowerCutError(Exception):
    """Power went off on the PC between two calls."""


class CutAt:
    """A tap that lets the n-th event of a visit be the last one; counts them when n is None."""

    def __init__(self, n: int | None) -> None:
        self.n = n
        self.events: list[tuple[str, str]] = []

    def __call__(self, call: str, moment: str) -> None:
        """Take note of an event, or end the visit."""
        self.events.append((call, moment))
        if self.n is not None and len(self.events) > self.n:
            raise PowerCutError


class Moment(Enum):
    """Where it stops."""

    BEFORE_SEND = "before its text left"
    AFTER_SEND = "before QuickBooks worked"
    WORKED = "before its answer left"
    BEFORE_COMMIT = "in the commit of its answer"
    AFTER_COMMIT = "before the progress left"


class Crash:
    """Lets a visit die at one moment of the first message of a purpose (with a text), seen from all three sides."""

    def __init__(self, bridge: Bridge, purpose: Purpose, moment: Moment, text: str = "") -> None:
        self.bridge, self.purpose, self.moment, self.text = bridge, purpose, moment, text
        self.seen = self._last_message()
        self.at_it = False
        self.work = bridge.app.kit.work

    def visit(self) -> bool:
        """Let the Web Connector visit; gives whether the visit died."""
        company, real = self.bridge.company, self.bridge.company.process

        def process(text: str) -> str:
            self._die_at(Moment.AFTER_SEND)
            answer = real(text)
            self._die_at(Moment.WORKED)
            return answer

        self.bridge.tap = self._tap
        company.process = process  # type: ignore[method-assign, assignment]
        try:
            self.bridge.visit()
        except PowerCutError:
            return True
        finally:
            self.bridge.tap = None
            company.process = real  # type: ignore[method-assign]
            company.end_session()
        return False

    def _tap(self, call: str, moment: str) -> None:
        if (call, moment) == ("sendRequestXML", "after"):
            last = self._last_message()
            self.at_it = last is not None and last != self.seen and self._is_it(last)
            self.seen = last
            self._die_at(Moment.BEFORE_SEND)
        elif (call, moment) == ("receiveResponseXML", "before") and self.at_it:
            if self.moment is Moment.BEFORE_COMMIT:
                self._set_work(self._failing_commit)
        elif call == "receiveResponseXML":
            self._set_work(self.work)
            self._die_at(Moment.BEFORE_COMMIT)
            self._die_at(Moment.AFTER_COMMIT)

    def _die_at(self, moment: Moment) -> None:
        if self.at_it and moment is self.moment:
            raise PowerCutError

    def _is_it(self, message: MessageSet) -> bool:
        return message.purpose == self.purpose and self.text in message.request_text

    def _last_message(self) -> MessageSet | None:
        with self.bridge.app.kit.work() as uow:
            found = uow.message_sets.find(order="-id", limit=1)
        return found[0] if found else None

    @contextmanager
    def _failing_commit(self, connection_id: int | None = None) -> Iterator[UnitOfWork]:
        with self.work(connection_id) as uow:
            yield uow
            raise OSError("the disk is gone")

    def _set_work(self, work: object) -> None:
        object.__setattr__(self.bridge.app.kit, "work", work)  # a frozen value everywhere else


@dataclass
class Ready:
    """A bridge whose records are accepted and wait for one visit, kept so that it can be opened many times."""

    folder: Path
    procore: Procore
    books: bytes
    made: Bridge

    def open(self, folder: Path) -> Bridge:
        """Open a copy of the database and of the company file."""
        copy_data(self.folder, folder)
        clock = MovedClock()
        clock.at = self.made.clock.at
        company = Company(name=COMPANY, now=clock.now)
        company.restore(self.books)
        bridge = Bridge(folder, self.procore, company, clock, self.made.password)
        bridge.connection = self.made.connection
        bridge.connector = bridge.web_connector(company)
        return bridge


def kept(made: Bridge) -> Ready:
    """Keep a bridge as it is now; its visits must have ended, and nothing may be done with it afterwards."""
    return Ready(made.folder, made.procore, made.company.snapshot(), made)


def made_ready(folder: Path, *numbers: str) -> Ready:
    """Make a bridge on which everything of these projects (all, when none is named) is accepted and nothing written."""
    with connected_bridge(folder) as made:
        made.switch_on(*numbers)
        made.visit()
        made.accept_all()
        return kept(made)


def state_of(bridge: Bridge) -> object:
    """What both sides look like in the end, without ids and times."""
    company = bridge.company
    orders, estimates = company.orders(), company.estimates()
    documents: list[EstimateView | OrderView] = [*orders, *estimates]
    place = {line.line_id: place for each in documents for place, line in enumerate(each.lines)}
    return (
        sorted(item.full_name for item in company.items()),
        sorted(vendor.full_name for vendor in company.vendors()),
        sorted(customer.full_name for customer in (*company.customers(), *company.jobs())),
        sorted((e.job, e.ref_number, e.total, *_lines(e)) for e in estimates),
        sorted((o.vendor, o.ref_number, o.total, o.is_closed, *_lines(o)) for o in orders),
        sorted(
            (
                (row.kind, row.key, row.state, bool(row.quickbooks_id), row.choice, row.reasons),
                sorted((key, place.get(line_id)) for key, line_id in row.line_ids.items()),
            )
            for row in bridge.submissions()
        ),
    )


def _lines(document: EstimateView | OrderView) -> list[object]:
    """Marks, and the lines in their order."""
    lines = [(line.item, line.description, line.quantity, line.rate, line.amount) for line in document.lines]
    return [len(marks(document.memo)), *lines]


def finish(bridge: Bridge) -> None:
    """Let the Web Connector come again until it finds nothing to do."""
    for _ in range(MOST_VISITS):
        bridge.clock.pass_time(minutes=16)
        if bridge.visit().outcome == "no_data":
            return
    pytest.fail("the bridge still had work after many visits")


def forget_stored_reply(bridge: Bridge) -> None:
    """Let QuickBooks lose the stored reply of the last message set: it keeps only one, here another program's."""
    bridge.company.process(
        '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError"'
        ' newMessageSetID="SOMEBODYELSE"></QBXMLMsgsRq></QBXML>'
    )
