"""Rate windows are obeyed as the headers tell."""

import datetime as dt
from email.utils import format_datetime

import httpx
import pytest

from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.pace import Pace
from tests.procore.api import Api, FakeClock, ok

TYPES = "/rest/v1.0/line_item_types"


def reset(api: Api, seconds: int) -> str:
    """Give X-Rate-Limit-Reset so many seconds from now."""
    return str(int(api.clock.now().timestamp()) + seconds)


@pytest.mark.parametrize(("until_reset", "retry_after", "waited"), [(7, "3", 7.0), (3, "7", 7.0), (-5, "0", 1.0)])
def test_the_later_of_reset_and_retry_after_counts(until_reset: int, retry_after: str, waited: float) -> None:
    """429 is waited out until both named moments are over, at least a second."""
    api = Api()
    headers = {"X-Rate-Limit-Reset": reset(api, until_reset), "Retry-After": retry_after}
    api.on("GET", TYPES, httpx.Response(429, headers=headers, text="Too many."), ok([]))
    assert api.gateway().cost_types().found == ()
    assert api.clock.slept == [waited]


def test_a_refusal_without_headers_is_waited_out() -> None:
    """429 and 503 that name no time cost the length of the short window."""
    api = Api()
    api.on("GET", TYPES, httpx.Response(429), httpx.Response(503), ok([]))
    api.gateway().cost_types()
    assert api.clock.slept == [10.0, 10.0]


def test_503_waits_as_told() -> None:
    """503 under load carries Retry-After, in seconds or as a date."""
    api = Api()
    later = format_datetime(api.clock.now() + dt.timedelta(seconds=12), usegmt=True)
    api.on("GET", TYPES, httpx.Response(503, headers={"Retry-After": "4"}), ok([]))
    api.gateway().cost_types()
    api.on("GET", TYPES, httpx.Response(503, headers={"Retry-After": later}), ok([]))
    api.gateway().cost_types()
    assert api.clock.slept == [4.0, 8.0]


def test_the_last_allowed_call_makes_the_next_one_wait() -> None:
    """When the headers say that nothing remains, the next call waits before it is refused."""
    api = Api()
    headers = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": reset(api, 9)}
    api.on("GET", TYPES, ok([], **headers), ok([], **{"X-Rate-Limit-Remaining": "24"}))
    gateway = api.gateway()
    gateway.cost_types()
    assert api.clock.slept == []
    gateway.cost_types()
    gateway.cost_types()
    assert api.clock.slept == [9.0]


def test_a_shorter_wait_does_not_cut_a_longer_one() -> None:
    """Answers that other threads get meanwhile never bring the allowed moment forward."""
    clock = FakeClock()
    pace = Pace(clock=clock, sleep=clock.sleep)
    pace.note(httpx.Response(503, headers={"Retry-After": "30"}))
    pace.note(httpx.Response(503, headers={"Retry-After": "2"}))
    pace.wait("reading")
    assert clock.slept == [30.0]


def test_a_clock_that_is_off_does_not_change_the_wait() -> None:
    """Procore's reset is measured against Procore's own Date, so an office clock minutes off does no harm."""
    api = Api()
    theirs = api.clock.now() + dt.timedelta(minutes=5)
    headers = {"Date": format_datetime(theirs, usegmt=True), "X-Rate-Limit-Reset": str(int(theirs.timestamp()) + 6)}
    api.on("GET", TYPES, httpx.Response(429, headers=headers), ok([]))
    api.gateway().cost_types()
    assert api.clock.slept == [6.0]


def test_a_long_wait_is_told_instead_of_slept() -> None:
    """An hourly window that is used up fails at once, with the time of its end; until then no call is made."""
    api = Api()
    headers = {"X-Rate-Limit-Reset": reset(api, 3000), "Retry-After": "5"}
    api.on("GET", TYPES, httpx.Response(429, headers=headers), ok([]))
    gateway = api.gateway()
    for _ in range(2):
        with pytest.raises(ProcoreError, match="until 09:50 UTC") as caught:
            gateway.cost_types()
        assert caught.value.status == 429
    assert len(api.calls(TYPES)) == 1
    api.clock.moment += dt.timedelta(seconds=3001)
    assert gateway.cost_types().found == ()


def test_endless_refusals_end() -> None:
    """A host that refuses every attempt is not asked for ever."""
    api = Api()
    api.on("GET", TYPES, httpx.Response(429, headers={"Retry-After": "2"}, text="Slow down."))
    with pytest.raises(ProcoreError, match="Slow down") as caught:
        api.gateway().cost_types()
    assert caught.value.status == 429
    assert len(api.calls(TYPES)) == 5
