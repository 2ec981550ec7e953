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
        return len(gateway.cost_types().found)

    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(call, range(8))) == [0] * 8
        api.clock.moment += dt.timedelta(hours=2)
    assert len(api.tokens) == 3


@pytest.mark.parametrize("life", [None, 0, -5, "soon", [], "", True])
def test_a_life_that_cannot_be_is_the_documented_one(life: object) -> None:
    """Whatever stands in `expires_in`, the token is used, and replaced in time."""
    api = Api()
    api.on("POST", "/oauth/token", ok({"access_token": "only-this", "expires_in": life}))
    api.on("GET", TYPES, ok([]))
    gateway = api.gateway()
    for minutes in (0, 71, 2):
        api.clock.moment += dt.timedelta(minutes=minutes)
        gateway.cost_types()
    assert len(api.calls("/oauth/token")) == 2


@pytest.mark.parametrize(("life", "seconds"), [(7200, 5760), ("5400", 4320), (10**30, 69_120)])
def test_a_life_that_is_told_counts(life: object, seconds: int) -> None:
    """Four fifths of what the answer says, as number or text, at most of a day."""
    api = Api()
    api.on("POST", "/oauth/token", ok({"access_token": "only-this", "expires_in": life}))
    tokens = api.gateway()._client._tokens
    tokens.current()
    assert tokens._renew_after == api.clock.now() + dt.timedelta(seconds=seconds)


def test_many_refused_threads_renew_once() -> None:
    """Eight threads whose token is taken back in the middle of their calls get one new token between them."""
    api, barrier = Api(), Barrier(8)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] != f"Bearer {api.tokens[0]}":
            return ok([])
        barrier.wait(10)  # each of them has sent the old token before any is refused
        return httpx.Response(401, json={"errors": "Unauthorized"})

    api.on("GET", TYPES, answer)
    gateway = api.gateway()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: len(gateway.cost_types().found), range(8))) == [0] * 8
    assert len(api.tokens) == 2
    assert len(api.calls(TYPES)) == 16


def test_threads_that_wait_for_a_token_share_its_fate() -> None:
    """While one thread asks for a token, again and again, the others ask for none beside it."""
    api, asking, most = Api(), [0], [0]
    token = api._token

    def slow(request: httpx.Request) -> httpx.Response:
        asking[0] += 1
        most[0] = max(most[0], asking[0])
        answer = token(request) if len(api.calls("/oauth/token")) > 3 else httpx.Response(502)
        asking[0] -= 1
        return answer

    api.on("POST", "/oauth/token", slow)
    api.on("GET", TYPES, ok([]))
    gateway = api.gateway()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: len(gateway.cost_types().found), range(8))) == [0] * 8
    assert (most[0], len(api.tokens)) == (1, 1)


@pytest.mark.parametrize("hours", [-30, 30])
def test_a_clock_that_is_corrected_costs_a_call_at_most(hours: int) -> None:
    """Set back, the bridge believes in a token that has ended, and 401 renews it; set forward, it renews early."""
    api = Api()
    api.on("GET", TYPES, ok([]), httpx.Response(401), ok([]))
    gateway = api.gateway()
    gateway.cost_types()
    api.clock.moment += dt.timedelta(hours=hours)
    assert gateway.cost_types().found == ()
    assert len(api.tokens) == (2 if hours < 0 else 3)


def test_the_login_host_may_have_another_day() -> None:
    """The life of a token counts from our own asking: what the answer says of its making is not looked at."""
    api = Api()
    api.on("POST", "/oauth/token", ok({"access_token": "only-this", "expires_in": 5400, "created_at": 7}))
    api.on("GET", TYPES, ok([]))
    gateway = api.gateway()
    gateway.cost_types(), gateway.cost_types()
    assert len(api.calls("/oauth/token")) == 1


def test_a_token_taken_back_is_replaced_once() -> None:
    """401 on a call gets one new token and one more attempt; a second 401 is told."""
    api = Api()
    api.on("GET", TYPES, httpx.Response(401), ok([]))
    gateway = api.gateway()
    assert gateway.cost_types().found == ()
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


@pytest.mark.parametrize("told", [{"token": "abc-private"}, {"access_token": ""}, {"access_token": "abc-private\n"}])
def test_an_answer_without_token_is_told_without_its_content(told: dict[str, str]) -> None:
    """A login host that answers something else is named, and what it answered is not quoted."""
    api = Api()
    api.on("POST", "/oauth/token", ok(told))
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
