"""Slows down the guessing of passwords: too many wrong ones for a name, from an address, or both."""

import datetime as dt
import threading
from collections import OrderedDict

from qbwc_bridge.domain.addresses import network_of

WINDOW = dt.timedelta(minutes=15)
"""Wrong passwords of so long ago count no more."""

PER_PAIR = 5
"""Wrong passwords for one name from one address: a person who mistypes gets along with five."""

PER_ADDRESS = 20
"""From one address for all names: an office behind one address has a few people who mistype."""

PER_NAME = 50
"""For one name from all addresses: high, so that a stranger cannot easily lock somebody out."""

MAX_KEYS = 10_000
"""Names and addresses remembered, about 2 MB; the one untouched for longest is forgotten first."""

_LONGEST_NAME = 100


class Throttle:
    """Counts attempts in this process; several processes of one database count each for itself.

    An attempt is counted before its password is checked, so that many at once do not slip through together.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tries: OrderedDict[str, list[dt.datetime]] = OrderedDict()

    def enter(self, name: str, address: str, now: dt.datetime) -> int:
        """Count an attempt and give 0, or give how many seconds to wait; then it is not counted."""
        limits = _limits(name, address)
        with self._lock:
            wait = max(self._wait(key, limit, now) for key, limit in limits.items())
            if not wait:
                for key in limits:
                    self._tries.setdefault(key, []).append(now)
                    self._tries.move_to_end(key)
            while len(self._tries) > MAX_KEYS:
                self._tries.popitem(last=False)
        return wait

    def forgive(self, name: str, address: str, at: dt.datetime) -> None:
        """Take back the attempt of `at`, whose password was right, and what the same name mistyped from there."""
        pair, *others = _limits(name, address)
        with self._lock:
            self._tries.pop(pair, None)
            for key in others:
                if at in self._tries.get(key, ()):
                    self._tries[key].remove(at)

    def _wait(self, key: str, limit: int, now: dt.datetime) -> int:
        recent = [at for at in self._tries.get(key, ()) if now - at < WINDOW]
        if recent:
            self._tries[key] = recent
        else:
            self._tries.pop(key, None)
        if len(recent) < limit:
            return 0
        return int((recent[-limit] + WINDOW - now).total_seconds()) + 1


def _limits(name: str, address: str) -> dict[str, int]:
    who, where = name.casefold()[:_LONGEST_NAME], network_of(address)
    return {f"pair {where} {who}": PER_PAIR, f"address {where}": PER_ADDRESS, f"name {who}": PER_NAME}
