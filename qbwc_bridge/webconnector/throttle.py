"""What wrong passwords of the Web Connector may cost, never who may come in.

The password is random, 128 bits, and checked by one keyed hash: guessing is hopeless at any speed, so nobody is locked
out, and nothing slow stands in the way. What a flood of wrong ones must not do is fill the log and keep the database
busy. So, per user name and address:

- the first PER_PAIR wrong ones in WINDOW are looked up and told in the log;
- later ones are not told, and one look-up in LOOK_AGAIN serves them all: a password that fits the hash which that
  look-up saw goes the whole way, any other gets `nvu` at once.

A corrected password passes at the first try: corrected on the PC it fits the hash that was seen; a new one given on the
server is seen by the next look-up, and a Web Connector that asks once a minute always gets one.

The slots that slow a Web Connector down stay empty (guide chapter 10). Slot 2, the postponement, wins over `nvu`: the
user would read "Update postponed by application" and never that the password is wrong. Slot 3 raises the interval that
the user chose, and would hold up the first visit after the correction. Neither stops a stranger, who reads no slots.
"""

import datetime as dt
import logging
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from qbwc_bridge.domain.addresses import network_of
from qbwc_bridge.webconnector.calls import CALLER

log = logging.getLogger("qbwc_bridge.webconnector")

WINDOW = dt.timedelta(minutes=15)
"""For how long wrong passwords are counted together: a PC with an old one, asking each minute, leaves few lines."""

PER_PAIR = 5
"""Wrong passwords of one user name from one address that are each looked up and told: a person who mistypes."""

PER_ADDRESS = 20
"""Wrong ones of all names from one address that are told: an office with a few PCs."""

LOOK_AGAIN = dt.timedelta(seconds=1)
"""How old the hash may be that a further password is compared with; one look-up a second is nothing."""

MAX_KEYS = 5_000
"""Pairs and addresses remembered, about 2.5 MB; the one untouched for longest is forgotten first."""


@dataclass(slots=True)
class _Wrong:
    """Wrong passwords since a moment; `seen` is the hash of the right one as the last look-up saw it."""

    since: dt.datetime
    seen: str
    seen_at: dt.datetime
    count: int = 0


class Throttle:
    """Counts in this process; the address is the present call's (`calls.CALLER`)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong: OrderedDict[tuple[int | None, str], _Wrong] = OrderedDict()

    def refuses(self, user_name: str, given: str, now: dt.datetime) -> bool:
        """Say whether the password with the keyed hash `given` is known to be wrong without a look-up."""
        with self._lock:
            wrong = self._wrong.get((hash(user_name), network_of(CALLER.get())))
            return (
                wrong is not None
                and wrong.count >= PER_PAIR
                and dt.timedelta() <= now - wrong.seen_at < LOOK_AGAIN
                and not secrets.compare_digest(wrong.seen, given)
            )

    def wrong(self, user_name: str, seen: str, now: dt.datetime, *, named: bool) -> None:
        """Count a wrong password that was looked up, and tell it in the log unless there were too many.

        `seen` is the keyed hash of the right one. The user name is told only where it is one of ours (`named`): who
        confuses the fields writes the password there.
        """
        address = CALLER.get()
        with self._lock:
            pair = self._counted((hash(user_name), network_of(address)), seen, now)
            place = self._counted((None, network_of(address)), "", now)
            room = min(PER_PAIR - pair.count, PER_ADDRESS - place.count)
            while len(self._wrong) > MAX_KEYS:
                self._wrong.popitem(last=False)
        if room >= 0:
            log.warning(
                "The Web Connector was refused: %s, from %s%s",
                f"wrong password for user name {user_name!r}" if named else "no connection has this user name",
                address or "an unknown address",
                "" if room else f"; more of them are not told for {WINDOW // dt.timedelta(minutes=1)} minutes",
            )

    def _counted(self, key: tuple[int | None, str], seen: str, now: dt.datetime) -> _Wrong:
        wrong = self._wrong.get(key)
        if wrong is None or not dt.timedelta() <= now - wrong.since < WINDOW:
            wrong = self._wrong[key] = _Wrong(now, seen, now)
        wrong.count, wrong.seen, wrong.seen_at = wrong.count + 1, seen, now
        self._wrong.move_to_end(key)
        return wrong
