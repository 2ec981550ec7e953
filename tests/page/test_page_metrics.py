"""`/metrics`: who is shown it, what it says, and what it never says."""

import datetime as dt
import secrets
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from werkzeug.test import Client, TestResponse

from qbwc_bridge.cli.web_server import proxied
from qbwc_bridge.metrics import CONTENT_TYPE
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.statuspage.monitoring import FRESH, Monitoring
from tests.page.office import MAIN, OTHER, Office
from tests.page.test_page_plain import Works, broken

HERE = {"REMOTE_ADDR": "127.0.0.1"}
THERE = {"REMOTE_ADDR": "192.0.2.7"}


def ask(office: Office, call: dict[str, str], *, token: str = "") -> TestResponse:
    """Ask for the figures as a monitor does; `call` holds its address and headers."""
    headers = {name: value for name, value in call.items() if name != "REMOTE_ADDR"}
    environ = {"REMOTE_ADDR": call["REMOTE_ADDR"]}
    return Client(Monitoring(office.kit, token=token)).get("/", environ_overrides=environ, headers=headers)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1"])
def test_this_machine_is_shown_figures(office: Office, address: str) -> None:
    """Without a token the machine itself sees them, in Prometheus' format, and nobody may keep them."""
    answer = ask(office, {"REMOTE_ADDR": address})
    assert (answer.status_code, answer.content_type) == (200, CONTENT_TYPE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "qbwc_bridge_database_up 1" in answer.text
    assert f'qbwc_bridge_sessions_open{{connection="{MAIN}"}} 0' in answer.text
    assert f'qbwc_bridge_submissions{{connection="{OTHER}",state="synced"}}' in answer.text


@pytest.mark.parametrize(
    "call",
    [
        THERE,
        {"REMOTE_ADDR": ""},
        {**HERE, "X-Forwarded-For": "192.0.2.7"},
        {**HERE, "X-Forwarded-For": "127.0.0.1, 192.0.2.7"},
        {**HERE, "X-Forwarded-For": "192.0.2.7, 127.0.0.1"},
        {**HERE, "X-Real-IP": "127.0.0.1"},
        {**HERE, "Forwarded": "for=127.0.0.1"},
        {**HERE, "Via": "1.1 proxy"},
        {**HERE, "Host": "bridge.example.com"},
        {**HERE, "Host": "localhost.example.com:8085"},
        {**HERE, "Host": "[::1"},
    ],
)
def test_others_are_shown_nothing(office: Office, call: dict[str, str]) -> None:
    """Another machine, also one behind a proxy that nobody trusts, or a page that leads a browser here, gets 403."""
    for token in ("", secrets.token_urlsafe(16)):
        answer = ask(office, call, token=token)
        assert answer.status_code == 403
        assert "qbwc_bridge_" not in answer.text


def test_behind_a_trusted_proxy_the_forwarded_address_counts(office: Office) -> None:
    """With TRUSTED_PROXIES the caller is whom the proxy names: this machine is shown figures, another is not."""
    client = Client(proxied(Monitoring(office.kit), "127.0.0.1/32,192.0.2.0/24"))
    for caller, status in (("198.51.100.7", 403), ("127.0.0.1", 200), ("198.51.100.7, 127.0.0.1", 403)):
        answer = client.get("/", environ_overrides=HERE, headers={"X-Forwarded-For": caller})
        assert answer.status_code == status
    answer = client.get("/", environ_overrides=THERE, headers={"X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == 403


def test_whoever_has_the_token_is_shown_figures(office: Office) -> None:
    """METRICS_TOKEN as bearer opens it from everywhere; another token, scheme or none does not."""
    token = secrets.token_urlsafe(16)
    given = {f"Bearer {token}": 200, f"bearer  {token}": 200, f"Bearer {token}x": 403, f"Basic {token}": 403}
    given |= {"Bearer": 403, "Bearer ": 403, "Bearer ü": 403, token: 403}
    for header, status in given.items():
        assert ask(office, {**THERE, "Authorization": header}, token=token).status_code == status
    assert ask(office, {**THERE, "Authorization": "Bearer "}).status_code == 403


def test_no_other_address_and_no_other_method(office: Office) -> None:
    """What stands below /metrics is nothing, and it is only read."""
    client = Client(Monitoring(office.kit))
    assert client.get("/x", environ_overrides=HERE).status_code == 404
    assert client.post("/", environ_overrides=HERE).status_code == 405


def test_no_amount_name_or_secret_is_told(office: Office) -> None:
    """Names of vendors, projects and people, amounts and secrets stay out, in figures and labels alike."""
    told = ask(office, HERE).text
    with office.kit.work() as uow:
        rows = uow.submissions.find()
        names = {text for row in rows for text in (row.title, row.party, row.quickbooks_name, row.number)}
        names |= {f"{row.amount:.2f}" for row in rows if row.amount}
        names |= {row.name for row in uow.projects.find()} | {row.full_name for row in uow.lists.find()}
        names |= {row.name for row in uow.people.find()}
        names |= {text for row in uow.connections.find() for text in (row.user_name, row.password_hash, row.key)}
    assert len(names) > 30
    assert [name for name in names if len(name) > 3 and name in told] == []


def test_a_database_that_is_gone_is_told(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Its own figures are left out, what the process counted stays, and the log says why."""
    gone = Monitoring(replace(office.kit, work=broken), clockwork=Works(office.clock.now()))
    answer = Client(gone).get("/", environ_overrides=HERE)
    assert answer.status_code == 200
    assert "qbwc_bridge_database_up 0" in answer.text
    assert "qbwc_bridge_clockwork_seconds_since_tick 0.0" in answer.text
    assert "qbwc_bridge_submissions" not in answer.text
    assert "private" not in answer.text
    assert "disk I/O error" in caplog.text


def test_the_database_is_not_asked_for_each_call(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A swarm of monitors reads it once in FRESH; time that goes back makes nothing stale for ever."""
    opened: list[dt.datetime] = []

    def work(connection_id: int | None = None) -> AbstractContextManager[UnitOfWork]:
        opened.append(office.clock.now())
        return office.kit.work(connection_id)

    client = Client(Monitoring(replace(office.kit, work=work)))
    monkeypatch.setattr(office.clock, "at", office.clock.now())
    for seconds, count in ((0, 1), (1, 1), (FRESH.total_seconds(), 2), (-3600, 3)):
        office.clock.pass_time(seconds=seconds)
        client.get("/", environ_overrides=HERE)
        assert len(opened) == count
