"""Closed months: which there are, until when the books are closed, and closing one (ACCOUNTING 22, 25)."""

import calendar
import datetime as dt
from collections.abc import Sequence

from qbwc_bridge.domain.books import MonthClose
from qbwc_bridge.domain.money import readable
from qbwc_bridge.domain.records import Connection, History
from qbwc_bridge.domain.wip import WipRow, wip_totals
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.options import Options
from qbwc_bridge.ports import UnitOfWork


def last_day(month: dt.date) -> dt.date:
    """The last day of the month in which a date lies."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def closes(uow: UnitOfWork, connection: Connection) -> list[MonthClose]:
    """The closed months of a connection, oldest first."""
    return uow.closes.find(connection_id=connection.id, order="month")


def last_before(uow: UnitOfWork, connection: Connection, date: dt.date) -> MonthClose | None:
    """The newest month that was closed and ended before a date."""
    return next((row for row in reversed(closes(uow, connection)) if row.month < date), None)


def closed_until(uow: UnitOfWork, connection: Connection) -> dt.date | None:
    """Until when the books are closed: by QuickBooks' closing date or by the last closed month, whichever is later."""
    newest = _newest(uow, connection)
    known = (connection.company.closing_date, newest.month if newest else None)
    return max((date for date in known if date), default=None)


def _newest(uow: UnitOfWork, connection: Connection) -> MonthClose | None:
    return next(iter(uow.closes.find(connection_id=connection.id, order="-month", limit=1)), None)


def check(
    uow: UnitOfWork, connection: Connection, options: Options, month: dt.date, *, now: dt.datetime, again: bool
) -> None:
    """Raise Refused, with the reason, where a month cannot be closed; `month` is its last day.

    With `again` the last closed month is closed anew: no earlier one, since later months refer to it.
    """
    called = name_of(month)
    newest = _newest(uow, connection)
    if month >= now.astimezone(options.zone).date():
        raise Refused(f"{called} is not over yet: close it after {month}.")
    if newest and month < newest.month:
        raise Refused(f"{called} lies before {name_of(newest.month)}, which is closed already: it stays as it is.")
    if newest and month == newest.month and not again:
        closed = f"{newest.closed_at.astimezone(options.zone):%Y-%m-%d}, by {newest.closed_by}"
        raise Refused(f"{called} was closed on {closed}: say that it shall be closed again, with the figures of today.")
    if again and not (newest and month == newest.month):
        raise Refused(f"{called} is not closed yet, so that it cannot be closed again: close it once.")
    read = connection.costs_read_at
    if read is None or read.astimezone(options.zone).date() <= month:
        raise Refused(
            f"The costs of {connection.name} were last read from QuickBooks before {called} was over: ask for them "
            "with `refresh-costs`, let the Web Connector visit, then close it."
        )


def keep(
    uow: UnitOfWork, connection: Connection, month: dt.date, rows: Sequence[WipRow], *, who: str, now: dt.datetime
) -> MonthClose:
    """Store the schedule of a month, in place of one that was stored for it; the history tells both."""
    row = uow.closes.first(connection_id=connection.id, month=month)
    before = _told(row) if row else ""
    if row:
        row.closed_at, row.closed_by, row.rows = now, who, list(rows)
        uow.closes.save(row)
    else:
        row = uow.closes.add(MonthClose(connection.id, month, now, who, list(rows)))
    why = f"{name_of(month)} was closed {'again' if before else 'with its work-in-progress schedule'}"
    uow.history.append(History(connection.id, "connection", connection.id, now, who, before, _told(row), why))
    return row


def name_of(month: dt.date) -> str:
    """Name a month: March 2026."""
    return f"{calendar.month_name[month.month]} {month.year}"


def _told(row: MonthClose) -> str:
    sums = wip_totals(row.rows)
    told = [
        f"{name} {readable(amount)}"
        for name, amount in (
            ("cost to date", sums.cost_to_date),
            ("earned", sums.earned),
            ("overbilled", sums.overbilled),
            ("underbilled", sums.underbilled),
        )
    ]
    return f"{row.month:%Y-%m}: {', '.join(told)}"
