"""Wrong passwords of the Web Connector: counted per user name and address, and never in the way of the right one."""

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from qbwc_bridge.webconnector.calls import CALLER
from qbwc_bridge.webconnector.throttle import LOOK_AGAIN, MAX_KEYS, PER_ADDRESS, PER_PAIR, WINDOW, Throttle

NOW = dt.datetime(2026, 3, 10, 15, 0, tzinfo=dt.UTC)
RIGHT, WRONG = "a" * 64, "b" * 64


@contextmanager
def calling(address: str) -> Iterator[None]:
    """Make calls from an address, as the guard does."""
    told = CALLER.set(address)
    try:
        yield
    finally:
        CALLER.reset(told)


def flooded(user_name: str = "carol", times: int = PER_PAIR) -> Throttle:
    """Give a throttle that has counted so many wrong passwords at NOW."""
    throttle = Throttle()
    for _ in range(times):
        assert not throttle.refuses(user_name, WRONG, NOW)
        throttle.wrong(user_name, RIGHT, NOW, named=True)
    return throttle


def test_after_some_wrong_passwords_a_further_one_is_refused_without_a_look_up() -> None:
    """The first ones are looked up each; then what does not fit the hash just seen is refused."""
    assert not flooded(times=PER_PAIR - 1).refuses("carol", WRONG, NOW)
    assert flooded().refuses("carol", WRONG, NOW)


def test_the_right_password_is_never_refused() -> None:
    """However many wrong ones came from the same PC in the same moment."""
    throttle = flooded(times=PER_PAIR)
    for _ in range(1000):
        assert throttle.refuses("carol", WRONG, NOW)
        assert not throttle.refuses("carol", RIGHT, NOW)


@pytest.mark.parametrize("later", [LOOK_AGAIN, WINDOW, -LOOK_AGAIN])
def test_a_look_up_is_never_older_than_a_second(later: dt.timedelta) -> None:
    """So a password made new on the server is seen, also when the clock was put back."""
    throttle = flooded()

    assert not throttle.refuses("carol", WRONG, NOW + later)
    throttle.wrong("carol", WRONG, NOW + later, named=True)
    assert not throttle.refuses("carol", WRONG, NOW + later)


def test_other_names_and_addresses_are_counted_apart() -> None:
    """A stranger elsewhere, or with another name, changes nothing; addresses of one /64 are one caller."""
    with calling("2001:db8::1"):
        throttle = flooded()
        assert not throttle.refuses("dave", WRONG, NOW)
    with calling("2001:db8::2"):
        assert throttle.refuses("carol", WRONG, NOW)
    with calling("2001:db8:0:1::1"):
        assert not throttle.refuses("carol", WRONG, NOW)
    with calling("192.0.2.1"):
        assert not throttle.refuses("carol", WRONG, NOW)


def test_the_log_tells_the_first_ones_and_that_more_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """A flood leaves a few lines; the last says so; after the window it is told again."""
    throttle = Throttle()
    with calling("192.0.2.1"):
        for second in range(60):
            throttle.wrong("carol", RIGHT, NOW + second * LOOK_AGAIN, named=True)
        assert len(caplog.messages) == PER_PAIR
        assert "wrong password for user name 'carol', from 192.0.2.1" in caplog.messages[0]
        assert ["not told for 15 minutes" in line for line in caplog.messages] == [False] * (PER_PAIR - 1) + [True]
        throttle.wrong("carol", RIGHT, NOW + WINDOW, named=True)
    assert len(caplog.messages) == PER_PAIR + 1


def test_many_names_from_one_address_leave_a_few_lines_too(caplog: pytest.LogCaptureFixture) -> None:
    """And a name that is not ours is not told: it may be a password in the wrong field."""
    throttle = Throttle()
    with calling("192.0.2.1"):
        for number in range(1000):
            throttle.wrong(f"s3cret {number}", RIGHT, NOW, named=False)
    assert len(caplog.messages) == PER_ADDRESS
    assert "s3cret" not in caplog.text


def test_its_memory_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever names are tried from wherever, the oldest are forgotten."""
    caplog.set_level(logging.CRITICAL)
    throttle = Throttle()
    for number in range(MAX_KEYS):
        with calling(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"):
            throttle.wrong("x" * 1000 + str(number), RIGHT, NOW, named=False)
    assert len(throttle._wrong) == MAX_KEYS
