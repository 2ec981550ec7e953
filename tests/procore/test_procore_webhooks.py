import hmac
import io
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.procore import webhooks
from qbwc_bridge.procore.events import NoJson, read_events
from tests.procore.webhook_office import VERSIONS, WebhookOffice, webhook_office
from tests.support import DEEP

NOTHING = (
    b"",
    b"{",
    b"[" * 50_000,
    b'{"company_id": ' + b"9" * 5000 + b"}",
    b"company_id=1",
    b"<a/>",
    b"\xff\xfe",
    b"NaN",
)


@pytest.fixture(name="shared", scope="module")
def fixture_shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebhookOffice]:
    """A bridge with webhooks, made once."""
    with webhook_office(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(name="office")
def fixture_office(shared: WebhookOffice) -> WebhookOffice:
    """The same, as if nothing had come yet."""
    shared.start_anew()
    return shared


def touched(office: WebhookOffice) -> tuple[bool, bool, bool]:
    """Whether project, company and last event have a moment."""
    connection = office.connection()
    return office.project().touched_at is not None, connection.touched_at is not None, connection.event_at is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_touches_the_project(office: WebhookOffice, version: str) -> None:
    """An event of each payload version notes that its project changed, and that an event came."""
    answer = office.ask(office.event(version))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert touched(office) == (True, False, True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resource", ["Projects", "Company Vendors", "Standard Cost Codes", "Line Item Types"])
def test_lists_of_the_company_touch_the_connection(office: WebhookOffice, version: str, resource: str) -> None:
    """A change in a list of the company notes that the lists changed, also where the event names a project."""
    project = "7" if version == "v4.0" else 7
    event = office.event(version, resource, project_id=project if resource == "Projects" else None)
    assert office.send(event) == 204
    assert touched(office) == (False, True, True)


def test_several_events_in_one_request_are_read(office: WebhookOffice) -> None:
    """A list of events is taken one by one; one that is strange stops no other."""
    events = [{"strange": True}, office.event("v4.0"), office.event("v2.0", "Company Vendors", project_id=None), 7]
    assert office.send(events) == 204
    assert touched(office) == (True, True, True)


@given(order=st.lists(st.integers(0, 3), min_size=1, max_size=8))
@settings(max_examples=200 if DEEP else 30, deadline=None)
def test_doubles_and_disorder_change_nothing(shared: WebhookOffice, order: list[int]) -> None:
    """Whatever order and repetition events come in, the same is touched as by each of them once."""
    shared.start_anew()
    kinds = [
        shared.event("v2.0"),
        shared.event("v4.0", "Budget Changes"),
        shared.event("v3.0", "Company Vendors", project_id=None),
        shared.event(project_id=1),
    ]
    before = shared.bridge.clock.at
    assert {shared.send(kinds[kind]) for kind in order} == {204}
    project, company = bool({0, 1} & set(order)), 2 in order
    assert touched(shared) == (project, company, project or company)
    moment = shared.project().touched_at
    assert moment is None or before < moment <= shared.bridge.clock.at


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"company_id": 1}, "of another company"),
        ({"project_id": 1}, "of an unknown project"),
        ({"project_id": "off"}, "of a project that is off"),
        ({"metadata": "ours"}, ""),
    ],
)
def test_what_is_not_ours_is_taken_and_ignored(
    office: WebhookOffice, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], told: str
) -> None:
    """Another company, an unknown project, one that is off and our own changes get 2xx, touch nothing, and are told."""
    caplog.set_level(logging.INFO)
    if changes.get("project_id") == "off":
        changes = {}
        office.change_project(on=False)
    if changes.get("metadata") == "ours":
        changes = {"metadata": {"source_application_id": office.bridge.procore.client_id}}
    for _ in range(3):
        assert office.send(office.event(**changes)) == 204
    assert touched(office) == (False, False, False)
    lines = [record.getMessage() for record in caplog.records if record.name == "qbwc_bridge.webhooks"]
    assert lines == ([f"an event for Bluestone is {told} and was ignored"] if told else [])


@pytest.mark.parametrize("content", [{}, [], 7, None, "text", {"company_id": None}, {"company_id": "x"}, [[[]]]])
def test_json_of_a_strange_form_is_taken_and_ignored(office: WebhookOffice, content: object) -> None:
    """JSON that is no event we know gets 2xx: a refusal would let Procore hold back all later events for hours."""
    assert office.send(content) == 204
    assert touched(office) == (False, False, False)


@pytest.mark.parametrize("body", NOTHING, ids=range(len(NOTHING)))
def test_what_is_no_json_is_refused(office: WebhookOffice, body: bytes) -> None:
    """A body that was cut off, nested without end, or is no JSON at all gets 400 and touches nothing."""
    assert office.send(body) == 400
    assert touched(office) == (False, False, False)


def test_a_huge_body_is_refused_unread(office: WebhookOffice) -> None:
    """A body above the limit gets 413, and not a byte of it is read; so does a length that is none."""

    class Unread(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError(size)

    for length in (str(webhooks.MAX_EVENT_BYTES + 1), "9" * 5000, "-1", "1e3", "\u0663"):
        environ: dict[str, Any] = {"CONTENT_LENGTH": length, "wsgi.input": Unread()}
        assert office.send(**environ) == 413
    padded = office.event() | {"more": "x" * (webhooks.MAX_EVENT_BYTES - 1000)}
    assert office.send(padded) == 204


@given(
    body=st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_no_body_breaks_the_reading(body: bytes) -> None:
    """Whatever bytes come, they are events, strange JSON, or no JSON, and nothing else happens."""
    try:
        found = read_events(body)
    except NoJson:
        return
    assert all(event is None for event in found)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_answered(office: WebhookOffice, method: str) -> None:
    """Another method gets 405, whoever asks and whatever the name."""
    for name, authorization in (("Bluestone", "right"), ("Bluestone", None), ("Nobody", None)):
        answer = office.ask(b"", authorization, name, method)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_without_the_right_header_nothing_happens(office: WebhookOffice) -> None:
    """A missing, wrong, cut, longer or latin-1 header, and an unknown name, get one and the same 401."""
    right = office.authorization
    wrong = ["", "Bearer", right[:-1], right + "x", right.swapcase(), right.removeprefix("Bearer "), "Bearer é\xff"]
    answers = [office.ask(office.event(), None)]
    answers += [office.ask(office.event(), header) for header in wrong]
    answers += [office.ask(office.event(), right, name) for name in ("Nobody", "", "bluestone", "Bluestone/", "é")]
    # Not even the body is looked at.
    answers += [office.ask(body, "Bearer x") for body in (b"{", b"x" * 100_000)]
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0].status, answers[0].body) == (401, b"")
    assert touched(office) == (False, False, False)


def test_the_header_is_compared_in_constant_time(office: WebhookOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each header is compared by the comparison that takes as long for a near miss, for unknown names as well."""
    compared: list[bytes] = []

    def spy(given: bytes, right: bytes) -> bool:
        compared.append(given)
        return hmac.compare_digest(given, right)

    monkeypatch.setattr("qbwc_bridge.procore.webhooks.secrets.compare_digest", spy)
    for name, header in (("Bluestone", office.authorization), ("Bluestone", "Bearer x"), ("Nobody", "Bearer y")):
        compared.clear()
        office.send(office.event(), header, name)
        assert set(compared) == {header.encode()}


def test_a_connection_without_webhooks_takes_no_event(office: WebhookOffice) -> None:
    """Before they are made and after they were removed every event gets 401, also with the header of before."""
    assert office.send(office.event()) == 204
    office.change_connection(webhook_secret=b"")
    assert [office.send(office.event()) for _ in range(2)] == [401, 401]
    assert office.send(office.event(), "") == 401
    office.change_connection(webhook_secret=office.bridge.app.vault.seal("Bearer new"))
    assert office.send(office.event(), "Bearer new") == 204
    assert office.send(office.event()) == 401


def test_a_secret_of_a_lost_key_stops_no_other_connection(
    office: WebhookOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """One connection's secret that cannot be read is told; events of the others come in."""
    with office.bridge.app.kit.work() as uow:
        row = uow.connections.get(office.bridge.connection.id)
        row.id, row.name, row.user_name, row.webhook_secret = 0, "Other", "other", b"sealed elsewhere"
        uow.connections.add(row)
    assert office.send(office.event()) == 204
    assert office.send(office.event(), name="Other") == 401
    assert "events for Other are refused" in caplog.text
    with office.bridge.app.kit.work() as uow:
        uow.connections.remove(row)


def test_names_with_other_letters_are_found(office: WebhookOffice) -> None:
    """A name with blanks and letters outside ASCII comes as UTF-8 in the path."""
    office.change_connection(name="Señor & Co #1")
    assert office.send(office.event(), name="Señor & Co #1") == 204


def test_refusals_are_told_sparingly_and_without_secrets(
    office: WebhookOffice, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a thousand wrong headers the log tells one, then after a while how many more; no header stands in it."""
    guess = secrets.token_urlsafe(24)
    for _ in range(1000):
        office.send(b"", f"Bearer {guess}")
    told = [record.getMessage() for record in caplog.records if record.name == "qbwc_bridge.webhooks"]
    assert 2 <= len(told) <= 6
    assert told[0] == "203.0.113.7 called Procore's webhook address with a wrong Authorization header"
    assert all("more of the same since the last line" in line for line in told[1:])
    assert guess not in caplog.text
    assert office.authorization.removeprefix("Bearer ") not in caplog.text


def test_wrong_headers_cost_one_look_a_second(office: WebhookOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guessing does not occupy the database: the secrets are read once a second, whoever knocks."""
    moment = office.bridge.clock.now()
    monkeypatch.setattr(office.bridge.clock, "now", lambda: moment)
    looks = 0
    real = office.bridge.app.kit.open

    class Counted:
        def __getattr__(self, name: str) -> Any:
            return getattr(office.bridge.app.kit, name)

        def open(self, connection_id: int | None = None) -> Any:
            nonlocal looks
            looks += 1
            return real(connection_id)

    app = webhooks.Webhooks(Counted(), office.bridge.app.vault.open)  # type: ignore[arg-type]
    monkeypatch.setattr(office.bridge, "wsgi", app)
    for _ in range(50):
        assert office.send(office.event(), "Bearer x") == 401
    assert looks == 1


def test_a_busy_database_delays_no_answer(office: WebhookOffice) -> None:
    """While the database is held, a known header is answered in time and kept later; others shall come again."""
    office.send(office.event(), "Bearer x")
    taken, free = threading.Event(), threading.Event()

    def hold() -> None:
        with office.bridge.app.kit.work():
            taken.set()
            free.wait(20)

    holder = threading.Thread(target=hold)
    event, wrong = office.event(), office.event()
    office.bridge.clock.pass_time(seconds=5)
    holder.start()
    taken.wait(20)
    began = time.monotonic()
    status = office.send(event)
    known = time.monotonic() - began
    late = office.ask(wrong, "Bearer x")
    unknown = time.monotonic() - began - known
    free.set()
    holder.join()
    assert (status, late.status, late.headers["retry-after"]) == (204, 503, "1")
    assert max(known, unknown) < 1
    for _ in range(100):
        if touched(office)[0]:
            break
        time.sleep(0.05)
    assert touched(office) == (True, False, True)


def test_a_failing_database_is_told(office: WebhookOffice, caplog: pytest.LogCaptureFixture) -> None:
    """Where the database fails, Procore is asked to come again, and the log says why."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(office.bridge.app.kit, name)

        def open(self, _connection_id: int | None = None) -> Any:
            raise BridgeError("The database cannot be reached.")

    office.bridge.wsgi = webhooks.Webhooks(Broken(), office.bridge.app.vault.open)  # type: ignore[arg-type]
    assert office.send(office.event()) == 503
    assert "The database cannot be reached." in caplog.text
