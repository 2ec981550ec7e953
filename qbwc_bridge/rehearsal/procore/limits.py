"""Procore's two windows of calls, an hour and a spike of ten seconds, and the headers that tell of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

HOUR_SECONDS = 3600
SPIKE_SECONDS = 10


@dataclass
class _Window:
    limit: int
    seconds: int
    used: int = 0
    ends: float = 0.0

    def turn(self, at: float) -> None:
        if at >= self.ends:
            self.used = 0
            self.ends = at + self.seconds

    @property
    def left(self) -> int:
        return self.limit - self.used


class Limits:
    """Counts calls in both windows; a window begins with its first call."""

    def __init__(self, *, now: Callable[[], datetime], hourly: int, spike: int) -> None:
        self._now = now
        self._windows = (_Window(limit=hourly, seconds=HOUR_SECONDS), _Window(limit=spike, seconds=SPIKE_SECONDS))

    def take(self) -> int | None:
        """Count one call; give None, or the seconds to wait when a window is used up (that call is not counted)."""
        at = self._turned()
        waits = [window.ends - at for window in self._windows if window.left <= 0]
        if waits:
            return max(1, ceil(max(waits)))
        for window in self._windows:
            window.used += 1
        return None

    def headers(self) -> dict[str, str]:
        """Give the X-Rate-Limit headers of the window nearest to its end."""
        self._turned()
        nearest = min(self._windows, key=lambda window: (window.left, -window.ends))
        return {
            "X-Rate-Limit-Limit": str(nearest.limit),
            "X-Rate-Limit-Remaining": str(max(0, nearest.left)),
            "X-Rate-Limit-Reset": str(ceil(nearest.ends)),
        }

    def _turned(self) -> float:
        at = self._now().timestamp()
        for window in self._windows:
            window.turn(at)
        return at
