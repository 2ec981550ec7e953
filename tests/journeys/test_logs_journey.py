"""The log of a visit: every line names session and connection, those about tasks the task, and none a ticket."""

import logging
import secrets
from collections.abc import Iterator

import pytest

from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.logs import Formatter
from tests.journeys.bridge import Bridge
from tests.journeys.test_clockwork import wind


class Lines(logging.Handler):
    """Keeps every line as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(Formatter(as_json=False))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of ours."""
        if record.name.startswith("qbwc_bridge"):
            self.lines.append(self.format(record))


@pytest.fixture(name="lines")
def _lines() -> Iterator[list[str]]:
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_every_line_of_a_visit_names_its_session(bridge: Bridge, lines: list[str]) -> None:
    """Connection and session are on each line from login to end, the same in one visit and others in the next."""
    bridge.switch_on("24-001")
    sessions: list[str] = []
    for _ in range(2):
        lines.clear()
        bridge.visit()
        bridge.accept_all()
        mine = [line for line in lines if "qbwc_bridge.webconnector" in line]
        assert len(mine) >= 5
        assert [line for line in mine if "connection='Bluestone'" not in line or " call='" not in line] == []
        found = {part for line in mine for part in line.split() if part.startswith("session=")}
        assert len(found) == 1
        sessions += found
    assert len(set(sessions)) == 2
    with bridge.app.kit.work() as uow:
        kept = [visit.ticket_hash for visit in uow.visits.find()]
    assert [any(f"session='{each[:8]}'" == one for each in kept) for one in sessions] == [True] * 2


def test_lines_about_a_task_name_it(bridge: Bridge, lines: list[str]) -> None:
    """Every move of a task is a line with its number and its submission; sent and answered ones say the message too."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    lines.clear()
    bridge.visit()
    with bridge.app.kit.work() as uow:
        done = [task for task in uow.tasks.find(state=TaskState.DONE) if task.submission_id]
    assert done
    for task in done:
        mine = [line for line in lines if f" task={task.id}" in line.replace("\n", " ")]
        assert [line for line in mine if f"submission={task.submission_id}" not in line] == []
        assert any("from sent to done" in line and "message=" in line for line in mine)


def test_no_ticket_and_no_context_is_left(bridge: Bridge, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No ticket is in any line, and what a call was about is gone with it."""
    tickets: list[str] = []
    real = secrets.token_urlsafe

    def drawn(size: int) -> str:
        tickets.append(real(size))
        return tickets[-1]

    monkeypatch.setattr(secrets, "token_urlsafe", drawn)
    bridge.switch_on("24-001")
    bridge.visit()
    assert len(tickets) == 1
    assert [line for line in lines if any(ticket in line for ticket in tickets)] == []
    lines.clear()
    logging.getLogger("qbwc_bridge.test").info("after")
    assert lines[-1].endswith("qbwc_bridge.test: after")


def test_lines_of_the_clockwork_name_connection_and_step(bridge: Bridge, lines: list[str]) -> None:
    """What fails in a round says whose it is and in which step."""
    clockwork = wind(bridge, pull_every_seconds="900")
    bridge.procore.fail_next(status=403, count=1000)
    clockwork.tick()
    bridge.procore.clear_faults()
    refused = [line for line in lines if "WARNING" in line]
    assert refused
    assert [line for line in refused if "connection='Bluestone'" not in line or "step='pull'" not in line] == []
