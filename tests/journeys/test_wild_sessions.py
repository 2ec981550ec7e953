"""Web Connectors that drop, repeat and shuffle calls, a QuickBooks that refuses sets: the right end all the same."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.flow.recovery import MOST_LOOK_UPS
from qbwc_bridge.webconnector import words
from tests.journeys.bridge import Bridge
from tests.journeys.crashing import Ready, finish, state_of
from tests.journeys.test_crashes import ready
from tests.journeys.wire import Talk, raw_bytes
from tests.support import DEEP

__all__ = ["ready"]  # the fixture

SEEDS = range(40 if DEEP else 6)
MOST_STEPS = 400
"""Steps of a wild session: an undisturbed one takes about thirty messages."""

BIG = 50_000_000
"""Characters of a very long answer."""


@pytest.fixture
def wild(ready: Ready, tmp_path: Path) -> Iterator[tuple[Talk, object]]:
    """A client of a bridge whose records are accepted, and the state that an undisturbed visit leads to."""
    undisturbed = ready.open(tmp_path / "undisturbed")
    undisturbed.visit()
    finish(undisturbed)
    wanted = state_of(undisturbed)
    undisturbed.app.close()
    bridge = ready.open(tmp_path / "wild")
    with raw_bytes(bridge) as call:
        yield Talk(bridge, call), wanted
    bridge.app.close()


@dataclass
class Wild:
    """A Web Connector without manners; what it does is drawn from a seed."""

    talk: Talk
    random: random.Random
    request: str = ""
    answer: str = ""

    def step(self) -> None:
        """Do one thing, sensible or not."""
        steps = [self.ask, self.work, self.bring, self.lose, self.mangle, self.chat, self.sign_in, self.sleep]
        step: Callable[[], None] = self.random.choices(steps, weights=[30, 30, 30, 5, 3, 5, 4, 3])[0]
        step()

    def ask(self) -> None:
        """Ask for a request, perhaps while another is out."""
        self.request = self.talk.send() or self.request

    def work(self) -> None:
        """Let QuickBooks work on the last request, perhaps a second time: it keeps what it did under the set's id."""
        if self.request:
            self.answer, self.request = self.talk.bridge.company.process(self.request), ""

    def bring(self) -> None:
        """Bring the last answer, perhaps again."""
        if self.answer:
            self.talk.receive(self.answer)

    def lose(self) -> None:
        """Forget request and answer: the PC's program was ended, and with it its session with QuickBooks."""
        self.request = self.answer = ""
        self.talk.bridge.company.end_session()

    def mangle(self) -> None:
        """Bring half an answer."""
        self.talk.receive(self.answer[: len(self.answer) // 2])

    def chat(self) -> None:
        """Make calls that nothing asked for."""
        call: Callable[[], str] = self.random.choice([self.talk.error, self.talk.close])
        call()

    def sign_in(self) -> None:
        """Sign in, perhaps inside another session."""
        self.talk.login()

    def sleep(self) -> None:
        """Let the PC sleep."""
        self.talk.bridge.clock.pass_time(minutes=self.random.choice([1, 3, 12, 30]))


@pytest.mark.parametrize("seed", SEEDS)
def test_calls_in_any_order_end_in_the_right_state(wild: tuple[Talk, object], seed: int) -> None:
    """Repeated, dropped, mangled and unasked calls: afterwards visits lead to what an undisturbed one does."""
    talk, wanted = wild
    client = Wild(talk, random.Random(seed))  # noqa: S311 - a story must be the same for the same seed
    talk.login()
    for _ in range(MOST_STEPS):
        client.step()
    talk.bridge.company.end_session()
    talk.bridge.clock.pass_time(minutes=30)
    finish(talk.bridge)
    assert state_of(talk.bridge) == wanted


def test_a_request_asked_for_twice_is_settled_before_the_next(wild: tuple[Talk, object]) -> None:
    """When a write's answer is skipped, QuickBooks is asked for its stored reply in the same visit, and goes on."""
    talk, wanted = wild
    talk.login()
    first = talk.until("Add")
    talk.bridge.company.process(first)
    second = talk.send()
    assert "<CustomerAddRq" not in second
    assert re.search(r'newMessageSetID="(\w+)" oldMessageSetID="\1"', second)
    talk.work(second)
    assert talk.to_the_end()[-1] == 100
    talk.close()
    assert state_of(talk.bridge) == wanted


def test_a_look_up_that_can_never_be_read_asks_a_person_and_holds_up_no_later_write(wild: tuple[Talk, object]) -> None:
    """A write is lost, QuickBooks forgot its reply, and no look-up can be read: that record fails, the others go."""
    talk, _ = wild
    talk.login()
    talk.until("Add")
    for _ in range(MOST_LOOK_UPS):
        talk.bridge.clock.pass_time(minutes=30)
        talk.login()
        while "FullName" not in (request := talk.send()):
            talk.work(request)
        assert talk.receive("no reply at all") < 0
        talk.close()
    finish(talk.bridge)
    rows = talk.bridge.submissions()
    assert [row for row in rows if row.state == "failed_to_export"]
    assert [row for row in rows if row.kind == "vendor" and row.state == "synced"]


def test_an_answer_before_any_request_changes_nothing(wild: tuple[Talk, object]) -> None:
    """ReceiveResponseXML out of turn is taken as nothing, and the visit goes on."""
    talk, wanted = wild
    talk.login()
    assert 0 <= talk.receive(talk.bridge.company.hcp_response()) < 100
    assert talk.to_the_end()[-1] == 100
    talk.close()
    assert state_of(talk.bridge) == wanted


# ---------------------------------------------------------------- a company reply that is none, a very long answer


@pytest.mark.parametrize("hcp", ["", "QuickBooks Point of Sale has none.", "<QBXML><QBXMLMsgsRs>", "\ufeff&#0;"])
def test_a_malformed_company_reply_is_asked_for_again(wild: tuple[Talk, object], hcp: str) -> None:
    """Without readable facts nothing is written; the bridge asks for them itself, and the visit goes on."""
    talk, wanted = wild
    talk.login()
    talk._hcp = hcp
    assert "<CompanyQueryRq" in talk.send()
    talk.work(talk.send())
    assert talk.to_the_end()[-1] == 100
    talk.close()
    assert state_of(talk.bridge) == wanted


def test_the_answer_about_the_company_is_not_taken_for_a_list(bridge: Bridge) -> None:
    """When the company is told after all while it was being asked for, its answer settles no reading of a list."""
    bridge.switch_on("24-001")
    with raw_bytes(bridge) as call:
        talk = Talk(bridge, call)
        talk.login()
        told, talk._hcp = talk._hcp, ""
        about_company = talk.send()
        talk._hcp = told
        assert "<AccountQueryRq" in talk.send()
        talk.receive(bridge.company.process(about_company))
        with bridge.app.kit.work() as uow:
            assert not uow.tasks.has(state=TaskState.DONE)
        talk.close()
    bridge.clock.pass_time(minutes=16)
    bridge.visit()
    with bridge.app.kit.work() as uow:
        assert uow.lists.has(kind="account")


def test_an_answer_that_can_never_be_read_stops_nothing_for_ever(wild: tuple[Talk, object]) -> None:
    """A list whose answer is broken each time is given up and shown as parked; the visit then goes on to the writes."""
    talk, _ = wild
    for _ in range(8):
        talk.bridge.clock.pass_time(minutes=30)
        talk.login()
        progress = 0
        while 0 <= progress < 100 and (request := talk.send()):
            broken = re.search(r"<VendorQueryRq[^>]* iterator=", request)
            progress = talk.receive("<QBXML" if broken else talk.bridge.company.process(request))
        talk.close()
    assert talk.bridge.submissions(kind="commitment", state="synced")
    with talk.bridge.app.kit.work() as uow:
        assert uow.tasks.has(kind="VendorQuery", state="parked")


@pytest.mark.skipif(not DEEP, reason="a long answer takes seconds; DEEP=1 brings it")
def test_a_very_long_answer_is_taken_in(wild: tuple[Talk, object]) -> None:
    """50 MB of records of a list are an answer like any other, and the visit goes on."""
    talk, _ = wild
    talk.login()
    request = talk.until("<VendorQueryRq")
    answer = talk.bridge.company.process(request)
    assert "<VendorQueryRs" in answer
    note = "x" * 4000
    made = "".join(
        f"<VendorRet><ListID>L{n}</ListID><TimeCreated>2026-01-01T00:00:00-08:00</TimeCreated>"
        f"<TimeModified>2026-01-01T00:00:00-08:00</TimeModified><EditSequence>1</EditSequence><Name>Vendor {n}</Name>"
        f"<IsActive>true</IsActive><Notes>{note}</Notes></VendorRet>"
        for n in range(BIG // 4200)
    )
    long = re.sub(r"(<VendorQueryRs[^>]*[^/])/?>", lambda found: found[1].rstrip("/") + ">" + made, answer, count=1)
    assert len(long) > BIG
    assert 0 <= talk.receive(long) < 100
    assert talk.to_the_end()[-1] == 100
    with talk.bridge.app.kit.work() as uow:
        assert uow.lists.count(kind="vendor") >= BIG // 4200


# ---------------------------------------------------------------- sets that QuickBooks refuses


class Picky:
    """Stands before a company and refuses every set that holds a certain text, as QuickBooks does: without a hint."""

    def __init__(self, talk: Talk, poison: str, hresult: str) -> None:
        self.talk = talk
        self.poison = poison
        self.hresult = hresult
        self.refused = 0

    def work(self, request: str) -> int:
        """Bring the answer to a request, or the refusal; gives the progress."""
        if self.poison in request:
            self.refused += 1
            return self.talk.receive("", self.hresult, "QuickBooks does not take this.")
        return self.talk.work(request)


def test_the_culprit_of_an_unreadable_set_is_found_and_the_others_go_on(wild: tuple[Talk, object]) -> None:
    """A set that QuickBooks cannot read is halved until the culprit is alone: it fails, every other record stands."""
    talk, _ = wild
    picky = Picky(talk, "Pacific Drywall", "0x80040400")
    talk.login()
    talk.to_the_end(picky.work)
    assert "1 needs you" in talk.close()
    failed = [row for row in talk.bridge.submissions() if row.state == "failed_to_export"]
    assert [row.title for row in failed] == ["Pacific Drywall"]
    assert "0x80040400" in failed[0].reasons[0]
    others = {row.title for row in talk.bridge.submissions(kind="vendor", state="synced")}
    assert len(others) == len(talk.bridge.submissions(kind="vendor")) - 1
    assert picky.refused <= len(others).bit_length() + 1, "more refusals than halving needs"


def test_a_refused_version_is_given_up_for_an_older_one(wild: tuple[Talk, object]) -> None:
    """0x80040423 for 13.0, in spite of the company's own list: an older version is agreed in the same visit."""
    talk, wanted = wild
    picky = Picky(talk, 'qbxml version="13.0"', "0x80040423")
    talk.login()
    talk.to_the_end(picky.work)
    assert picky.refused == 1
    talk.close()
    assert state_of(talk.bridge) == wanted


def test_a_quickbooks_that_speaks_no_common_version_is_told_about(wild: tuple[Talk, object]) -> None:
    """When every version is refused the visit ends with an alarm, nothing is lost, and a mended PC goes on."""
    talk, wanted = wild
    talk.login()
    picky = Picky(talk, "", "0x80040423")
    while picky.work(talk.send()) >= 0:
        assert picky.refused < 10, "it is asked without end"
    assert "understands qbXML only up to" in talk.error()
    talk.close()
    with talk.bridge.app.kit.work() as uow:
        assert "understands qbXML only up to" in uow.connections.get(talk.bridge.connection.id).alarm
        assert not uow.tasks.count(state=[TaskState.IN_DOUBT, TaskState.PARKED])
    finish(talk.bridge)
    assert state_of(talk.bridge) == wanted


def test_a_server_that_starts_anew_goes_on_with_the_visit(wild: tuple[Talk, object]) -> None:
    """A visit outlives its server: the session is in the database, and nothing of it is said to be replaced."""
    talk, wanted = wild
    talk.login()
    request = talk.until("Add")
    talk.bridge.restart()
    with raw_bytes(talk.bridge) as call:
        talk.call = call
        assert 0 <= talk.work(request) < 100
        talk.to_the_end()
        assert words.REPLACED not in talk.close()
    assert state_of(talk.bridge) == wanted
