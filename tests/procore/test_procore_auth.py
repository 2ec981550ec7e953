"""Tokens: asked for once, renewed in time, replaced when Procore takes them back."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from qbwc_bridge.errors import ProcoreError
from tests.procore.api import COMPANY, Api, body, ok

TYPES = "/rest/v1.0/line_item_types"


def test_a_token_is_renewed_at_four_fifths_of_its_life() -> None:
    """One token serves until 80 % of its life is over, then the next call gets a new one."""
    api = Api()
    api.on("GET", TYPES, ok([]))
    gateway = api.gateway()
    gateway.cost_types()
    api.clock.moment += dt.timedelta(seconds=5400 * 0.8 - 1)
    gateway.cost_types()
    assert len(api.tokens) == 1
    api.clock.moment += dt.timedelta(seconds=1)
    gateway.cost_types()
    assert len(api.tokens) == 2
    sent = [request.headers["Authorization"] for request in api.calls(TYPES)]
    assert sent == [f"Bearer {api.tokens[0]}"] * 2 + [f"Bearer {api.tokens[1]}"]


def test_a_token_without_a_life_lives_as_documented() -> None:
    """An answer that holds only the token is taken for 90 minutes."""
    api = Api()
    api.on("POST", "/oauth/token", ok({"access_token": "only"}))
    api.on("GET", TYPES, ok([]))
    gateway = api.gateway()
    for minutes in (0, 71, 2):
        api.clock.moment += dt.timedelta(minutes=minutes)
        gateway.cost_types()
    assert len(api.calls("/oauth/token")) == 2


def test_many_threads_renew_once() -> None:
    """Eight threads that find the token old at the same moment ask for one new token between them."""
    api = Api()
    api.on("GET", TYPES, ok([]))
    gateway = api.gateway()
    barrier = Barrier(8)

    def call(_: int) -> int:
        barrier.wait()
        return len(gateway.cost_types())

    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(call, range(8))) == [0] * 8
        api.clock.moment += dt.timedelta(hours=2)
    assert len(api.tokens) == 3


def test_a_token_taken_back_is_replaced_once() -> None:
    """401 on a call gets one new token and one more attempt; a second 401 is told."""
    api = Api()
    api.on("GET", TYPES, httpx.Response(401), ok([]))
    gateway = api.gateway()
    assert gateway.cost_types() == []
    assert len(api.tokens) == 2
    api.on("GET", TYPES, httpx.Response(401, json={"errors": "Unauthorized"}))
    with pytest.raises(ProcoreError, match="Unauthorized") as caught:
        gateway.cost_types()
    assert caught.value.status == 401
    assert len(api.tokens) == 3


def test_a_late_refusal_does_not_discard_the_new_token() -> None:
    """A thread that learns late that the old token is refused leaves the one alone that another thread got since."""
    tokens = (api := Api()).gateway()._client._tokens
    old = tokens.current()
    tokens.discard(old)
    new = tokens.current()
    tokens.discard(old)
    assert tokens.current() == new != old
    assert len(api.tokens) == 2


def test_the_secret_travels_in_the_body_only() -> None:
    """The token call carries the credentials in its body, and API calls carry token and company in headers."""
    api = Api()
    api.on("GET", TYPES, ok([]))
    api.gateway().cost_types()
    token, call = api.requests
    assert body(token)["client_secret"] == api.client_secret
    assert api.client_secret not in str(token.url) + str(token.headers)
    assert call.headers["Procore-Company-Id"] == str(COMPANY)
    assert api.tokens[0] not in str(call.url)


def test_an_answer_without_token_is_told_without_its_content() -> None:
    """A login host that answers something else is named, and what it answered is not quoted."""
    api = Api()
    api.on("POST", "/oauth/token", ok({"token": "abc-private"}))
    with pytest.raises(ProcoreError, match="PROCORE_LOGIN_URL") as caught:
        api.gateway().check()
    assert "abc-private" not in str(caught.value)


def test_a_company_out_of_reach_is_told() -> None:
    """The check fails with a sentence when the app does not see the company."""
    api = Api()
    api.on("GET", "/rest/v1.0/companies", ok([{"id": 1, "name": "Other"}]), ok([{"id": COMPANY, "name": "Ours"}]))
    gateway = api.gateway()
    with pytest.raises(ProcoreError, match=f"does not show company {COMPANY}"):
        gateway.check()
    gateway.check()
