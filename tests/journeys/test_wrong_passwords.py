"""Wrong passwords against the whole bridge: cheap, silent after a while, and forgotten with the right one."""

import datetime as dt
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from qbwc_bridge.bootstrap import web_app
from qbwc_bridge.ports import OpenAnyWork, UnitOfWork
from qbwc_bridge.rehearsal.procore import demo_company
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.webconnector.throttle import PER_PAIR
from tests.journeys.bridge import COMPANY, Bridge, MovedClock
from tests.protocol.fakes import ask, call

FLOOD = 50


class StillClock(MovedClock):
    """Stands still however often it is read: a flood in one moment."""

    def now(self) -> dt.datetime:
        """Give the moment."""
        return self.at


class Counted:
    """Opens units of work and counts them."""

    def __init__(self, work: OpenAnyWork) -> None:
        self._work = work
        self.opened = 0

    def __call__(self, connection_id: int | None = None) -> AbstractContextManager[UnitOfWork]:
        """Open one."""
        self.opened += 1
        return self._work(connection_id)


@pytest.fixture(name="still")
def _still(tmp_path: Path) -> Iterator[tuple[Bridge, Counted]]:
    clock = StillClock()
    bridge = Bridge(tmp_path, demo_company(clock.now), Company(name=COMPANY, now=clock.now), clock)
    bridge.connect()
    counted = Counted(bridge.app.kit.work)
    bridge.app.kit = replace(bridge.app.kit, work=counted)
    bridge.wsgi = web_app(bridge.app)
    yield bridge, counted
    bridge.app.close()


def sign_in(bridge: Bridge, password: str, *, name: str = "bluestone", address: str = "192.0.2.7") -> tuple[str, str]:
    """Sign in as the Web Connector does; gives ticket and what next, and checks that no slot slows it down."""
    body = call("authenticate", f"<strUserName>{name}</strUserName><strPassword>{password}</strPassword>")
    answer = ask(bridge.wsgi, "POST", body, SCRIPT_NAME="", PATH_INFO="/qbwc", REMOTE_ADDR=address)
    ticket, what_next = (item.text or "" for item in answer.result)
    return ticket, what_next


def test_a_flood_of_wrong_passwords_costs_little_and_locks_nobody_out(
    still: tuple[Bridge, Counted], caplog: pytest.LogCaptureFixture
) -> None:
    """Few look-ups, few lines in the log, `nvu` and no other slot each time; the right password passes amid it."""
    bridge, counted = still
    before = counted.opened
    caplog.clear()

    assert {sign_in(bridge, secrets.token_urlsafe(16))[1] for _ in range(FLOOD)} == {"nvu"}

    assert counted.opened - before == PER_PAIR
    assert len(caplog.messages) == PER_PAIR
    assert all("from 192.0.2.7" in line for line in caplog.messages)
    assert sign_in(bridge, bridge.password)[1] != "nvu"
    assert sign_in(bridge, secrets.token_urlsafe(16))[1] == "nvu"


def test_a_password_made_new_on_the_server_passes_at_once(still: tuple[Bridge, Counted]) -> None:
    """A PC that went on with the old one, as fast as it could, recovers with its first try with the new one."""
    bridge, _ = still
    old, new = bridge.password, secrets.token_urlsafe(16)
    with bridge.app.kit.work() as uow:
        connection = uow.connections.get(bridge.connection.id)
        connection.password_hash = bridge.app.kit.hash_token(new)
        uow.connections.save(connection)
    assert {sign_in(bridge, old)[1] for _ in range(FLOOD)} == {"nvu"}

    assert sign_in(bridge, new)[1] != "nvu"


def test_a_password_made_new_in_the_midst_of_a_flood_passes_a_second_later(still: tuple[Bridge, Counted]) -> None:
    """What the throttle remembers of the right password is never older than that."""
    bridge, _ = still
    new = secrets.token_urlsafe(16)
    for _ in range(FLOOD):
        sign_in(bridge, secrets.token_urlsafe(16))
    with bridge.app.kit.work() as uow:
        connection = uow.connections.get(bridge.connection.id)
        connection.password_hash = bridge.app.kit.hash_token(new)
        uow.connections.save(connection)
    bridge.clock.pass_time(seconds=1)

    assert sign_in(bridge, bridge.password)[1] == "nvu"
    assert sign_in(bridge, new)[1] != "nvu"


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(
    still: tuple[Bridge, Counted], caplog: pytest.LogCaptureFixture
) -> None:
    """A stranger cannot learn which user names exist, and a password in the wrong field reaches no log."""
    bridge, _ = still
    answers = [sign_in(bridge, "wrong"), sign_in(bridge, bridge.password, name=bridge.password)]

    assert [what_next for _, what_next in answers] == ["nvu", "nvu"]
    assert len({len(ticket) for ticket, _ in answers}) == 1
    assert bridge.password not in caplog.text
