"""Log lines about what strangers or Procore send: the first of a kind at once, the others counted."""

import datetime as dt
import logging
import threading

from qbwc_bridge.ports import Clock

WINDOW = dt.timedelta(minutes=15)
"""For how long one line stands for all of its kind: a forgotten sender, asking each second, leaves a hundred a day."""


class Sparing:
    """Writes to `log`; kinds are few words of ours, so that nothing grows. Safe to use from several threads."""

    def __init__(self, log: logging.Logger, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[str, tuple[dt.datetime, int]] = {}

    def tell(self, kind: str, sentence: str, level: int = logging.WARNING) -> None:
        """Write the sentence, unless one of its kind was written lately; then it is counted for the next one."""
        now = self._clock.now()
        with self._lock:
            since, more = self._told.get(kind, (None, 0))
            if since is not None and dt.timedelta() <= now - since < WINDOW:
                self._told[kind] = since, more + 1
                return
            self._told[kind] = now, 0
        self._log.log(level, "%s%s", sentence, f" ({more} more of the same since the last line)" if more else "")
