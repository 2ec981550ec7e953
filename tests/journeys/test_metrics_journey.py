"""What a visit, a wrong password and a round of the clockwork leave in `/metrics`, asked over the whole program."""

import secrets

from werkzeug.test import Client

from qbwc_bridge.clockwork import Clockwork
from tests.journeys.bridge import Bridge
from tests.journeys.test_clockwork import wind
from tests.protocol.fakes import ask
from tests.unit.test_metrics import read

Series = tuple[str, tuple[str, ...]]


def figures(bridge: Bridge) -> dict[Series, float]:
    """Give every series by its name and the values of its labels."""
    bridge.clock.pass_time(minutes=1)  # what was read a moment ago is shown again
    answer = Client(bridge.wsgi).get("/metrics", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    assert answer.status_code == 200
    return {(name, tuple(labels.values())): value for name, labels, value in read(answer.text)}


def grown(before: dict[Series, float], after: dict[Series, float], name: str) -> dict[tuple[str, ...], float]:
    """Give by how much each series of a counter has grown."""
    series = {labels for each, labels in after if each == name}
    return {labels: more for labels in series if (more := after[name, labels] - before.get((name, labels), 0))}


def test_a_visit_is_counted(bridge: Bridge) -> None:
    """Calls by operation with durations, logins by outcome, what is no call at all, states, and the last contact."""
    bridge.switch_on("24-001")
    before = figures(bridge)
    bridge.visit()
    right, bridge.connector._password = bridge.connector._password, secrets.token_urlsafe(16)
    bridge.visit()
    bridge.connector._password = right
    ask(bridge.wsgi, "POST", b"<nonsense/>", SCRIPT_NAME="", PATH_INFO="/qbwc")
    after = figures(bridge)

    calls = grown(before, after, "qbwc_bridge_soap_calls_total")
    assert calls["authenticate", "answered"] == 2
    assert calls["sendRequestXML", "answered"] >= calls["receiveResponseXML", "answered"] >= 1
    assert calls["", "refused"] == 1
    assert grown(before, after, "qbwc_bridge_soap_call_seconds_count")["authenticate",] == 2
    assert grown(before, after, "qbwc_bridge_logins_total") == {("opened",): 1, ("refused",): 1}
    name = bridge.connection.name
    assert 0 < after["qbwc_bridge_seconds_since_contact", (name,)] < 3600
    assert after["qbwc_bridge_sessions_open", (name,)] == 0
    assert after["qbwc_bridge_submissions", (name, "ready_to_export")] > 0


def test_steps_and_calls_to_procore_are_counted(bridge: Bridge) -> None:
    """Rounds that ended, were refused and failed, with durations; calls by status, and what Procore allows yet."""
    clockwork = wind(bridge, pull_every_seconds="900")
    before = figures(bridge)
    bridge.procore.fail_next(status=403, count=1000)
    clockwork.tick()
    bridge.procore.clear_faults()
    bridge.clock.pass_time(minutes=16)
    clockwork.tick()
    after = figures(bridge)

    steps = grown(before, after, "qbwc_bridge_step_seconds_count")
    assert (steps["pull", "done"], steps["pull", "refused"]) == (1, 1)
    calls = grown(before, after, "qbwc_bridge_procore_calls_total")
    assert calls["GET", "200"] > calls["POST", "403"] >= 1
    assert sum(calls.values()) == sum(grown(before, after, "qbwc_bridge_procore_call_seconds_count").values())
    assert after["qbwc_bridge_procore_calls_left", (str(bridge.procore.company_id),)] >= 0


def test_a_fault_of_ours_is_counted(bridge: Bridge) -> None:
    """A step that breaks is told as failed, and the next connection is still served."""
    clockwork = Clockwork(bridge.app.kit)
    before = figures(bridge)
    assert not clockwork._try(bridge.connection, "figures", lambda _connection: 1 // 0)
    assert grown(before, figures(bridge), "qbwc_bridge_step_seconds_count") == {("figures", "failed"): 1}
