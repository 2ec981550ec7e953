"""What totals and opening costs in Procore hold through an earlier day, to be compared as of it (ACCOUNTING 21, 24)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from qbwc_bridge.domain.books import WriteBack
from qbwc_bridge.domain.money import ZERO
from qbwc_bridge.domain.procore import DirectCost


def through(costs: Iterable[DirectCost], outbox: Mapping[str, WriteBack], date: dt.date) -> list[DirectCost]:
    """Give a project's direct costs with each total or opening of ours that is dated later brought back to `date`.

    What later days brought by our own account is taken off as it stands in Procore, so that what somebody changed there
    still shows. One of which we do not know the days stays as it is.
    """
    known = {origin: row.written for origin, row in outbox.items() if row.written}
    return [_through(cost, known.get(cost.origin_id), date) for cost in costs]


def outbox_through(outbox: Mapping[str, WriteBack], date: dt.date) -> dict[str, WriteBack]:
    """Give the outbox with what was written brought back in the same way."""
    return {
        origin: replace(row, written=_through(row.written, row.written, date)) if row.written else row
        for origin, row in outbox.items()
    }


def _through(cost: DirectCost, known: DirectCost | None, date: dt.date) -> DirectCost:
    if cost.date <= date or known is None or not known.days:
        return cost
    codes = {line.budget_code_id: line.description for line in known.lines}
    later: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for day, code, amount in known.days:
        later[code] += amount if day > date else ZERO
    lines = tuple(
        replace(line, amount=line.amount - later[codes.get(line.budget_code_id, "")]) if line.origin_id else line
        for line in cost.lines
    )
    return replace(cost, date=date, lines=lines)
