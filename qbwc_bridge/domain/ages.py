"""How long ago something was, by a clock that may have been set back since."""

import datetime as dt


def due(last: dt.datetime | None, now: dt.datetime, every: dt.timedelta) -> bool:
    """Whether `every` has passed since `last`, or nothing was yet.

    A moment that lies ahead was told by a clock that was set back since: it counts like one that lies as far behind, so
    that nothing waits until the clock has caught up.
    """
    return last is None or abs(now - last) >= every
