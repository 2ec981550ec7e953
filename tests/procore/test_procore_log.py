"""Every call is one line of the log, and no secret ever stands in a log or a sentence."""

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from qbwc_bridge import logs
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.problems import LONGEST_MESSAGE
from qbwc_bridge.procore.wire import ANSWER_SECONDS, CONNECT_SECONDS
from tests.procore.api import API, PROJECT, Api, budget_of, ok
from tests.procore.test_procore_errors import COST, SYNC

TYPES = "/rest/v1.0/line_item_types"
VENDORS = "/rest/v1.0/vendors"
BUDGET = f"/rest/v1.0/projects/{PROJECT}/budget"
DELETED = f"/rest/v1.1/projects/{PROJECT}/direct_costs/7"


@pytest.fixture(name="written")
def fixture_written() -> Iterator[io.StringIO]:
    """What the bridge's own log writes at its most talkative, one JSON object for each event."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    text = io.StringIO()
    logs.configure("debug", True, stream=text)
    yield text
    root.handlers[:] = handlers
    root.setLevel(level)


def events(written: io.StringIO) -> list[dict[str, Any]]:
    """Read the events about calls to Procore."""
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in lines if line["logger"] == "qbwc_bridge.procore.wire"]


def test_each_attempt_is_a_line_with_what_it_cost(written: io.StringIO) -> None:
    """Method, path, status, milliseconds, attempt and what is left of the allowance; lost answers by their kind."""
    api = Api()
    left = {"X-Rate-Limit-Remaining": "3598", "X-Rate-Limit-Limit": "3600"}
    api.on("GET", TYPES, httpx.ReadTimeout("late"), httpx.Response(502), ok([], **left))
    api.gateway().cost_types()
    token, *calls = events(written)
    assert (token["method"], token["path"], token["status"], token["level"]) == ("POST", "/oauth/token", 200, "debug")
    assert [(call["attempt"], call["level"]) for call in calls] == [(1, "info"), (2, "info"), (3, "debug")]
    assert [call.get("status") for call in calls] == [None, 502, 200]
    assert calls[0]["lost"] == "ReadTimeout"
    assert (calls[2]["calls_left"], calls[2]["calls_allowed"]) == ("3598", "3600")
    assert "calls_left" not in calls[1]
    for call in calls:
        assert (call["method"], call["path"]) == ("GET", TYPES)
        assert call["event"] == "Procore: reading the cost types of the company"
        assert isinstance(call["milliseconds"], int)
    assert "company_id" not in written.getvalue()


def test_lines_and_calls_are_as_many(written: io.StringIO) -> None:
    """No call is made without a line, whatever becomes of it, and no line stands there without a call."""
    api = Api()
    api.on("GET", VENDORS, httpx.ConnectError("refused"))
    api.on("PATCH", SYNC, httpx.Response(409), httpx.Response(429), httpx.Response(422, json={"errors": "no"}))
    api.on("GET", TYPES, httpx.Response(401), ok([]))
    gateway = api.gateway()
    for call in (gateway.vendors, lambda: gateway.sync_direct_costs(PROJECT, [COST]), gateway.cost_types):
        try:
            call()
        except ProcoreError:
            continue
    told = [(event["method"], event["path"]) for event in events(written)]
    assert told == [(request.method, request.url.path) for request in api.requests]


def test_timeouts_go_by_what_is_asked() -> None:
    """A token, a list, a single record, a write and a sync each wait as long as their kind may take."""
    api = Api()
    api.on("GET", TYPES, ok([]))
    api.on("GET", BUDGET, ok({"locked": True}))
    api.on("GET", "/rest/v1.0/budget_views", ok([]))
    api.on("PATCH", SYNC, ok({"entities": [{"id": 5, "origin_id": COST.origin_id}], "errors": []}))
    api.on("DELETE", DELETED, httpx.Response(204))
    api.on("POST", VENDORS, ok({"id": 7}))
    gateway = api.gateway()
    gateway.cost_types(), gateway.sync_direct_costs(PROJECT, [COST]), gateway.create_vendor("Acme Paving")
    gateway.delete_direct_cost(PROJECT, 7)
    with pytest.raises(ProcoreError, match="no budget view"):
        budget_of(gateway, PROJECT)
    waited = {(request.method, request.url.path): request.extensions["timeout"] for request in api.requests}
    kinds = {
        ("POST", "/oauth/token"): "token",
        ("GET", TYPES): "list",
        ("PATCH", SYNC): "sync",
        ("DELETE", DELETED): "write",
        ("POST", VENDORS): "write",
        ("GET", BUDGET): "read",
        ("GET", "/rest/v1.0/budget_views"): "list",
    }
    assert {call: times["read"] for call, times in waited.items()} == {
        call: ANSWER_SECONDS[kind]  # type: ignore[index]
        for call, kind in kinds.items()
    }
    assert {times["connect"] for times in waited.values()} == {CONNECT_SECONDS}


# ---------------------------------------------------------------- secrets

Echo = Callable[[str], httpx.Response]

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "in an address": lambda secret: f"https://x.example.com/?token={quote(secret, safe='')}&more=1",
    "in JSON in a text": lambda secret: json.dumps({"sent": secret}),
    "at the cut": lambda secret: "x" * (LONGEST_MESSAGE - 5) + secret,
    "twice": lambda secret: f"{secret} is not {secret}",
}
"""How a server may quote what it was sent."""

SHAPES: dict[str, Echo] = {
    "errors": lambda told: httpx.Response(403, json={"errors": told}),
    "fields": lambda told: httpx.Response(422, json={"errors": {"base": [told], told: ["is wrong"]}}),
    "error": lambda told: httpx.Response(400, json={"error": {"code": "x", "message": told, "details": [told]}}),
    "login": lambda told: httpx.Response(401, json={"error": "invalid_client", "error_description": told}),
    "plain": lambda told: httpx.Response(404, text=told),
    "page": lambda told: httpx.Response(500, text=f"<html>{told}</html>", headers={"Server": told}),
    "moved": lambda told: httpx.Response(302, headers={"Location": f"https://x.example.com/?{told}"}),
}


def troubles(api: Api, echo: Callable[[str, str], httpx.Response | Exception]) -> str:
    """Let whatever a server can quote be quoted, at each entrance; gives all that was told of it.

    `echo` makes the answer of what a request carried: its token and the secret.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        made = echo(request.headers.get("Authorization", "").removeprefix("Bearer "), api.client_secret)
        if isinstance(made, Exception):
            raise made
        return made

    told = ""
    for method, path in (("GET", VENDORS), ("PATCH", SYNC), ("DELETE", DELETED), ("POST", VENDORS)):
        api.on(method, path, answer)
    gateway = api.gateway()

    def without_token() -> None:
        api.on("POST", "/oauth/token", answer)
        api.gateway().check()

    calls: list[Callable[[], object]] = [
        gateway.vendors,
        lambda: gateway.sync_direct_costs(PROJECT, [COST]).errors,
        lambda: gateway.delete_direct_cost(PROJECT, 7),
        lambda: gateway.create_vendor("Acme Paving"),
        without_token,
    ]
    for call in calls:
        try:
            told += str(call())
        except ProcoreError as problem:
            told += str(problem) + "".join(traceback.format_exception(problem))
            logging.getLogger("qbwc_bridge.test").exception("it failed")
    return told


def nothing_secret(api: Api, told: str) -> None:
    """Assert that neither the secret nor any token stands in a text, nor a half of one."""
    for secret in (api.client_secret, *api.tokens):
        for form in (secret, quote(secret, safe=""), secret[: len(secret) // 2], secret[len(secret) // 2 :]):
            assert form not in told


@pytest.mark.parametrize("whose", ["token", "client secret"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_secret_that_is_quoted_gets_on(
    shape: str, form: str, whose: str, written: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a server quotes of token and secret, in whatever form and shape, no sentence and no log has it."""
    caplog.set_level(logging.DEBUG)
    api = Api()

    def echo(token: str, secret: str) -> httpx.Response:
        return SHAPES[shape](FORMS[form](token if whose == "token" else secret))

    nothing_secret(api, troubles(api, echo) + written.getvalue() + caplog.text)
    assert API not in caplog.text


def test_no_secret_of_a_refused_item_gets_on(written: io.StringIO) -> None:
    """What a good answer says of the items that it refused is read like any other refusal."""
    api = Api()
    told = troubles(
        api,
        lambda token, secret: ok(
            {"entities": [], "errors": [{"origin_id": COST.origin_id, "errors": {"base": [f"{token} {secret}"]}}]}
        ),
    )
    assert "did not take" in told
    nothing_secret(api, told + written.getvalue())


@pytest.mark.parametrize("kind", [httpx.LocalProtocolError, httpx.ReadError, httpx.ConnectTimeout, httpx.DecodingError])
def test_no_secret_of_a_broken_connection_gets_into_the_log(
    kind: type[httpx.RequestError], written: io.StringIO
) -> None:
    """An error of the HTTP library may quote a header; the line of the call names its kind only."""
    api = Api()
    troubles(api, lambda token, secret: kind(f"Illegal header value {token} {secret}"))
    lines = [event for event in events(written) if event.get("lost")]
    assert {event["lost"] for event in lines} == {kind.__name__}
    nothing_secret(api, json.dumps(lines))


def test_a_token_replaced_meanwhile_is_still_taken_out() -> None:
    """A refusal may quote the token before the present one."""
    api = Api()
    api.on("GET", VENDORS, httpx.Response(401), lambda _: httpx.Response(403, json={"errors": f"not {api.tokens[0]}"}))
    with pytest.raises(ProcoreError, match=r"not \*\*\*") as caught:
        api.gateway().vendors()
    nothing_secret(api, str(caught.value))


def test_words_stay_where_a_secret_is_short() -> None:
    """A secret of a few letters, as people choose for trying, does not make holes in sentences."""
    api = Api()
    api.client_secret = "the"
    api.on("GET", VENDORS, httpx.Response(422, json={"errors": "Close the Directory"}))
    with pytest.raises(ProcoreError, match="Close the Directory"):
        api.gateway().vendors()
