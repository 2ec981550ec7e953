"""What is kept only for a time: qbXML as it went over the wire, and history of what no longer stands."""

import datetime as dt
from collections.abc import Callable

from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.ports import Ageing

PORTION = 500
"""Rows looked at in one transaction: some milliseconds, for which a visit can wait."""

Step = Callable[[Ageing, dt.datetime, int], int | None]


def keep_house(kit: Kit, stopped: Callable[[], bool]) -> None:
    """Let go of what is older than KEEP_QBXML_DAYS and KEEP_HISTORY_DAYS, in portions; it may be stopped."""
    now = kit.clock.now()
    _through(kit, now - dt.timedelta(days=kit.keep_qbxml_days), stopped, _texts)
    _through(kit, now - dt.timedelta(days=kit.keep_history_days), stopped, _history)


def _through(kit: Kit, before: dt.datetime, stopped: Callable[[], bool], step: Step) -> None:
    after: int | None = 0
    while after is not None and not stopped():
        with kit.work() as uow:
            after = step(uow.ageing, before, after)


def _texts(ageing: Ageing, before: dt.datetime, after: int) -> int | None:
    return ageing.empty_texts(before, after=after, rows=PORTION)


def _history(ageing: Ageing, before: dt.datetime, after: int) -> int | None:
    return ageing.drop_history(before, after=after, rows=PORTION)
